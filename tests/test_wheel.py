"""The wheel holds what the code reads at run time."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_wheel_holds_tasks_data_and_types(tmp_path):
    """YAML, JSON, CSV, cards and py.typed of every package are in it, and no test is."""
    # A copy, because building leaves a folder behind in the tree.
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "*.egg-info", "demo-output"))
    command = [sys.executable, "-m", "pip", "wheel", str(tree), "--no-deps", "--quiet"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    packages = ("sightline", "mmsi_video", "streamgaze_task")
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in packages
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= names, f"not in the wheel: {sorted(wanted - names)}"
    assert not [name for name in names if name.startswith("tests/")]


def test_no_file_of_the_project_names_a_machine():
    """No path of a machine and no address of a package index is in any tracked file."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    # A folder called work inside another one is fine, as in benchmark/work/labels.
    folders = r"(?:^|[^A-Za-z0-9_.])/(?:wor" + r"k|roo" + "t)/"
    forbidden = re.compile(f"{folders}|index-" + "url|extra-" + "index", re.MULTILINE)
    found = []
    for name in listed:
        text = (ROOT / name).read_text(encoding="utf-8", errors="ignore")
        found += [f"{name}: {word}" for word in forbidden.findall(text)]
    assert found == []
