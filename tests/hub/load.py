"""Gives a test file the Hub as one package, whatever way the tests are imported.

Tests are no package, and helper modules are run by their path. The Hub has several modules, so it
is put into `sys.modules` once, under the name `local_hub`.
"""

import importlib.util
import sys
from pathlib import Path

_NAME = "local_hub"

if _NAME not in sys.modules:
    spec = importlib.util.spec_from_file_location(_NAME, Path(__file__).parent / "__init__.py")
    if spec is None or spec.loader is None:
        raise ImportError(_NAME)
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)

hub = sys.modules[_NAME]
