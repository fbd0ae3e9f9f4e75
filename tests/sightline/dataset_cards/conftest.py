"""One tiny built dataset of each benchmark, for the tests of cards."""

from __future__ import annotations

import copy
import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tiny_mmsi(tmp_path_factory) -> Path:
    """A MMSI-Video-Bench dataset of four questions."""
    from mmsi_video.builder import build

    tiny = SimpleNamespace(**runpy.run_path(str(_TESTS / "tiny_release.py")))
    folder = tmp_path_factory.mktemp("tiny-mmsi")
    build(tiny.make_release(folder / "release"), folder / "dataset")
    return folder / "dataset"


@pytest.fixture(scope="session")
def tiny_streamgaze(tmp_path_factory) -> Path:
    """A StreamGaze dataset of three videos, with fixations as its gaze."""
    from streamgaze_task.builder import build

    tiny = SimpleNamespace(**runpy.run_path(str(_TESTS / "tiny_streamgaze.py")))
    folder = tmp_path_factory.mktemp("tiny-streamgaze")
    tables = {source: tiny.metadata(video, centre=True) for video, source in tiny.VIDEOS.items()}
    release = tiny.make(folder / "release", metadata=tables)
    build(release, folder / "dataset", no_gaze_recovery=True)
    return folder / "dataset"


@pytest.fixture(params=["mmsi", "streamgaze"])
def built(request) -> Path:
    """The dataset of either benchmark; nobody writes into it."""
    folder: Path = request.getfixturevalue(f"tiny_{request.param}")
    return folder


@pytest.fixture
def told() -> Callable[[Path], Any]:
    """Folder -> its rules, and a copy of its facts that may be changed."""
    from sightline.dataset_rules import rules_of

    def read(folder: Path) -> tuple[Any, dict[str, Any]]:
        facts = json.loads((folder / "build.json").read_text())
        return rules_of(folder, facts), copy.deepcopy(facts)

    return read
