"""What the engine is told of MMSI-Video-Bench's questions before anything is decoded."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from mmsi_video.benchmark import BENCHMARK
from mmsi_video.builder import build
from mmsi_video.tasks import describing, hooks

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "tiny_release.py")))

FRAMES = {"profile": "frames", "rule": "official", "task_specific": True}
NATIVE = {"profile": "native", "rule": None, "max_frames": None, "task_specific": True}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four questions; the second has a reference image, the third two clips."""
    out = tmp_path_factory.mktemp("describing")
    build(tiny.make_release(out / "release"), out / "dataset")
    return out / "dataset"


@pytest.fixture(autouse=True)
def _dataset(folder, monkeypatch):
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(folder))


def load(**settings):
    """The documents, after lmms-eval has built their requests."""
    docs = list(hooks.process_docs(None))
    block = {"task": "t", "max_frames": 50, **FRAMES, **settings}
    for doc in docs:
        hooks.doc_to_text(doc, block)
    return docs, block


def test_the_benchmark_names_the_function():
    """The engine finds it through the record."""
    docs, _ = load()
    assert BENCHMARK.call("describe", docs[0]) == hooks.describe(docs[0])


def test_a_question_is_described_as_it_is_shown():
    """Images, pixels and text are those of the message; the clips are the group."""
    docs, block = load(max_frames=3)
    for doc in docs:
        asked = hooks.describe(doc)
        items = [item for m in hooks.doc_to_messages(doc, block) for item in m["content"]]
        texts = [item["text"] for item in items if item["type"] == "text"]
        assert asked.question_id == doc["id"]
        assert asked.group == "|".join(clip["clip_id"] for clip in doc["clips"])
        assert asked.position == 0.0
        assert asked.frames == sum(item["type"] == "image" for item in items)
        assert asked.characters == sum(map(len, texts))


def test_pixels_are_those_of_the_clips_and_of_reference_images():
    """The tiny clips are 16x16, the reference image is 8x8."""
    docs, _ = load()
    assert [hooks.describe(doc).pixels for doc in docs[:3]] == [1024, 1024 + 64, 2 * 1024]


def test_the_hash_is_that_of_the_record():
    """What is reused is what a samples line calls equal input."""
    docs, _ = load()
    for doc in docs:
        record = hooks.process_results(doc, ["A"])[hooks.METRIC]
        assert hooks.describe(doc).message_hash == record["details"]["message_hash"]


def test_other_settings_are_another_protocol_and_other_frames_another_hash():
    """Nothing is reused across them."""
    seen = set()
    for settings in ({}, {"max_frames": 3}, {"rule": "linspace"}, {"task": "u"}):
        docs, _ = load(**settings)
        seen.add(hooks.describe(docs[0]).protocol)
    assert len(seen) == 4
    few, many = (hooks.describe(load(max_frames=n)[0][0]).message_hash for n in (3, 50))
    assert few != many


def test_the_protocol_has_the_version_of_the_task_file():
    """The one that lmms-eval records."""
    docs, _ = load()
    template = Path(hooks.__file__).with_name("_default_template_yaml").read_text(encoding="utf-8")
    plain = yaml.safe_load(template.replace("!function", ""))
    told = json.loads(hooks.describe(docs[0]).protocol)
    assert told["version"] == plain["metadata"]["version"] == describing.version()
    assert (told["max_frames"], told["protocol"]) == (50, "Uniform-50")


def test_a_clip_as_it_is_counts_by_its_released_frames():
    """The model samples it; how long it is can be told."""
    docs, _ = load(**NATIVE)
    asked = hooks.describe(docs[2])
    assert (asked.frames, asked.pixels) == (8, 2 * 1024)


def test_a_list_of_frames_counts_its_frames():
    """One video item, three images."""
    docs, _ = load(profile="llava_video", max_frames=3)
    asked = hooks.describe(docs[0])
    assert (asked.frames, asked.pixels) == (3, 3 * 256)


def test_pixels_that_nobody_knows_are_none(folder, tmp_path, monkeypatch):
    """A dataset without its list of videos can still be evaluated."""
    copy = shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("videos"))
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(copy))
    docs, _ = load()
    assert hooks.describe(docs[0]).pixels == 0


def test_a_broken_reference_image_has_no_size_and_harms_nothing():
    """The error comes when it is shown."""
    docs, _ = load()
    broken = {**docs[1], "ref_images": [{"bytes": b"no image", "path": "a.png"}]}
    assert hooks.describe(broken).pixels == 0


@pytest.mark.parametrize(
    "change",
    [
        {"task_prompt": "no mark of the clip"},
        {"clips": None},
        {"ref_images": None},
        {"user_prompt": "an <image> too many"},
        {"sightline_run": "another process's"},
    ],
)
def test_a_broken_document_is_not_described(change):
    """None, so nothing of it is ever used again; what is wrong is said when it is asked."""
    docs, _ = load()
    assert hooks.describe({**docs[0], **change}) is None


def test_a_document_whose_settings_nobody_told_is_not_described():
    """Describing comes after lmms-eval has built the requests."""
    assert hooks.describe(hooks.process_docs(None)[0]) is None


def test_nothing_is_decoded(monkeypatch):
    """Thousands of documents are described before the first is asked."""
    docs, _ = load()
    monkeypatch.setattr(hooks, "_reader", lambda _: pytest.fail("frames were read"))
    assert all(hooks.describe(doc) for doc in docs)
