"""Datasets that each check is tried on: whole ones, made once a module, and copies to break."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

changed = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("changed_tables.py"))))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A whole dataset; copy it before changing it."""
    return changed.build_mmsi(tmp_path_factory.mktemp("mmsi"))


@pytest.fixture(scope="module")
def built_gaze(tmp_path_factory):
    """The other benchmark's."""
    return changed.build_streamgaze(tmp_path_factory.mktemp("streamgaze"))


@pytest.fixture
def dataset(built, tmp_path):
    """A dataset to be broken."""
    return Path(shutil.copytree(built, tmp_path / "dataset"))


@pytest.fixture
def gaze_dataset(built_gaze, tmp_path):
    """The other benchmark's, to be broken."""
    return Path(shutil.copytree(built_gaze, tmp_path / "dataset"))
