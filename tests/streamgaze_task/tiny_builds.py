"""Tiny releases built, refused and looked at, as several tests do it."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from sightline.errors import BrokenReleaseError
from streamgaze_task.builder import build, check
from streamgaze_task.questions import read_samples

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "tiny_streamgaze.py")))

EGTEA = next(iter(tiny.VIDEOS))
OIE = "present_object_identification_easy"


def tree(folder):
    """Every file of a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(out, config="questions"):
    """The rows of a config."""
    return pq.read_table(out / f"{config}/test-00000-of-00001.parquet").to_pylist()


def built_without_gaze(tmp_path, **changes):
    """A dataset without recovered gaze, of a release with these changes; and the report."""
    report = quick_build(tiny.make(tmp_path / "r", **changes), tmp_path / "out")
    return tmp_path / "out", report


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The tiny release."""
    return tiny.make(tmp_path_factory.mktemp("streamgaze") / "release")


@pytest.fixture(scope="module")
def built(release, tmp_path_factory):
    """The dataset built from it, with recovered gaze."""
    out = tmp_path_factory.mktemp("streamgaze") / "out"
    assert build(release, out).built
    return out


def ids(out):
    """The ids of its questions."""
    return [sample.id for sample in read_samples(out)]


def quick_build(release, out, **options):
    """A build that recovers no gaze."""
    return build(release, out, no_gaze_recovery=True, **options)


def refusal(release, out):
    """The text of the refusal, the same from build and check; nothing may be at out."""
    with pytest.raises(BrokenReleaseError) as caught:
        quick_build(release, out)
    assert not out.exists()
    with pytest.raises(BrokenReleaseError) as checked:
        check(release)
    text = str(caught.value)
    assert text.partition("\n  next:")[0] == str(checked.value).partition("\n  next:")[0]
    return text


def spoilt(folder, kind="egtea_original", data=b"", **changes):
    """A release in which the first video is something else."""
    media = tiny.media()
    media[kind][f"{EGTEA}.mp4"] = data
    return tiny.make(folder, media=media, **changes)


def about(video, *questions, file=OIE):
    """Task files with these questions only."""
    return {file: [tiny.entry(video, *questions)]}
