"""Raw recordings -> questions -> release -> dataset -> lmms-eval: one command each."""

from __future__ import annotations

import json
import os
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.lmms import results
from streamgaze_task.rendering.raw.recordings import RECORDINGS
from streamgaze_task.task_names import CODES, TASKS

small = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("small_recordings.py"))))

pytestmark = pytest.mark.slow

VIDEOS = {recording.recording_id for recording in RECORDINGS}


def asked(release):
    """Code of a task -> its questions in a release."""
    return {
        task.code: [
            {**question, "video": entry["video_path"]}
            for entry in json.loads((release / "qa" / f"{task.file}.json").read_text())
            for question in entry["questions"]
        ]
        for task in TASKS
    }


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """`gaze recordings` and `gaze run` of all formats; one question a task and recording."""
    folder = tmp_path_factory.mktemp("all-formats") / "raw"
    small.run("gaze", "recordings", folder)
    small.change(
        folder / "config.yaml",
        questions={"most_per_recording": 1},
        views={"every_seconds": 2.0},
    )
    small.run("gaze", "run", folder / "config.yaml", "--workers", 2)
    return folder / "benchmark/release"


@pytest.fixture(scope="module")
def dataset(release, tmp_path_factory):
    """`sightline build streamgaze` of it."""
    out = tmp_path_factory.mktemp("built") / "dataset"
    small.run("build", "streamgaze", "--release", release, "--out", out)
    return out


def test_all_formats_are_in_the_release_and_every_task_is_asked(release):
    """Five data sets, EGTEA in both versions of its gaze; all ten kinds of questions."""
    assert {path.stem for path in (release / "videos/original_video").iterdir()} == VIDEOS
    questions = asked(release)
    assert all(questions[code] for code in CODES), {k: len(v) for k, v in questions.items()}
    about = {Path(each["video"]).stem for own in questions.values() for each in own}
    assert about == VIDEOS


def test_every_question_is_answered_by_lmms_eval(release, dataset, tiny_model, tmp_path):
    """`sightline eval` on the built dataset: a result for each question and test point."""
    pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
    words = ["eval", "--tasks", "streamgaze", "--output", tmp_path, "--model-args"]
    words += [f"pretrained={tiny_model('qwen2_5_vl')},device=cpu"]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setitem(os.environ, "STREAMGAZE_DATASET", str(dataset))
        said = small.run(*words)
    found = list(tmp_path.rglob("*_results.json"))
    assert len(found) == 1, said.stdout + said.stderr
    finished = results.check(found[0], [f"streamgaze_{code}" for code in CODES])
    wanted = {
        code: sum(len(each.get("test_info", (each,))) for each in own)
        for code, own in asked(release).items()
    }
    assert finished.failed == 0
    assert finished.documents == sum(wanted.values())
    for code in CODES:
        lines = Path(finished.samples[f"streamgaze_{code}"]).read_text("utf-8").splitlines()
        assert len(lines) == wanted[code], code


def test_the_published_rules_end_in_a_release_too(tmp_path_factory, tmp_path):
    """`method: reference` on the same kind of recordings; `sightline build` reads it."""
    path = small.copy(small.made(tmp_path_factory), tmp_path / "raw")
    small.change(path, method="reference", labeller={"kind": "rendered"})
    small.run("gaze", "run", path, "--workers", 2)
    made = path.parent / "benchmark/release"
    assert sum(map(len, asked(made).values())) > 0
    said = small.run("build", "streamgaze", "--release", made, "--dry-run").stdout
    assert "that cannot be used: 0" in said
