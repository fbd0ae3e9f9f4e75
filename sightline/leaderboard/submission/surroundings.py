"""What packing finds out about this machine: versions of libraries, and its hardware."""

from __future__ import annotations

import os
import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = (
    "sightline", "lmms-eval", "transformers", "torch", "torchvision", "accelerate", "datasets",
    "huggingface_hub", "av", "pillow", "numpy", "openai", "peft", "bitsandbytes", "decord",
    "opencv-python-headless",
)  # fmt: skip
"""Libraries that can change what a model is shown or says."""


def libraries() -> dict[str, str]:
    """Versions of :data:`LIBRARIES`, and of Python; those that are not installed are left out."""
    found = {"python": platform.python_version(), **{n: _version(n) for n in LIBRARIES}}
    return {name: said for name, said in found.items() if said is not None}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def hardware() -> dict[str, Any]:
    """Processor, number of its cores, system, and the accelerators that torch sees."""
    return {
        "cpu": _processor(),
        "cpus": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "gpus": _accelerators(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def _accelerators() -> list[str]:
    try:
        cuda = import_module("torch").cuda
        return [str(cuda.get_device_name(index)) for index in range(cuda.device_count())]
    except (ImportError, OSError, RuntimeError, AssertionError):
        # No torch, or a driver that does not fit it: packing needs neither.
        return []
