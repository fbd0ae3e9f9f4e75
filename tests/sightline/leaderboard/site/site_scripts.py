"""Runs one of the site's scripts outside of a page: in Node, or in Chromium where there is none."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_SECONDS = 600


def value_of(script: str, expression: str, folder: Path, given: str = "") -> Any:
    """What an expression is after a script of the site was loaded; plain JSON.

    Args:
        script: its name: ``compare.js``.
        expression: JavaScript.
        folder: an empty one.
        given: JavaScript that stands before the script.
    """
    asset = files("sightline.leaderboard.site") / "assets" / script
    source = f"{given}\n{asset.read_text(encoding='utf-8')}\n"
    if node := shutil.which("node"):
        path = folder / "script.js"
        path.write_text(f"{source}console.log(JSON.stringify({expression}));", encoding="utf-8")
        return json.loads(_output([node, str(path)]))
    if chromium := shutil.which("chromium"):
        path = folder / "page.html"
        ended = f'document.body.textContent = "@" + JSON.stringify({expression}) + "@";'
        path.write_text(f"<body><script>{source}{ended}</script></body>", encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'p'}"]
        page = _output([chromium, *flags, "--dump-dom", path.as_uri()])
        found = re.search("@(.*)@", page, re.DOTALL)
        assert found, page
        return json.loads(html.unescape(found[1]))
    pytest.skip("neither node nor chromium is on the PATH to run the site's scripts")


def _output(command: list[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=True
    )
    return done.stdout
