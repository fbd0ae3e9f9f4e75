"""The checks of a checkpoint before a run: its family, its context, its memory."""

from __future__ import annotations

import json
import runpy
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from mmsi_video.benchmark import BENCHMARK
from mmsi_video.builder import build
from sightline.findings import Finding
from sightline.preflight import context, memory, model, requests
from sightline.preflight.machine import Gpu

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "tiny_release.py")))
GPU = Gpu("0", "GPU-a", "NVIDIA X", 80 << 30, 70 << 30, "1.0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A dataset of four questions with frames of 16x16."""
    out = tmp_path_factory.mktemp("doctor-model")
    build(tiny.make_release(out / "release"), out / "dataset")
    return out / "dataset"


@pytest.fixture
def asking(folder, monkeypatch):
    """What the official task asks."""
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(folder))
    made = requests.look(BENCHMARK, "mmsi_video", model="sightline", seconds=None)
    return [one for one in made if not isinstance(one, Finding)]


def known(path, **arguments):
    """A checkpoint that could be read."""
    [found] = [
        one
        for one in model.load({"pretrained": str(path), **arguments})
        if not isinstance(one, Finding)
    ]
    return found


def with_context(path, tmp_path, tokens):
    """A copy of a checkpoint with another context."""
    copy = shutil.copytree(path, tmp_path / f"context-{tokens}")
    config = json.loads((copy / "config.json").read_text())
    config["text_config"]["max_position_embeddings"] = tokens
    (copy / "config.json").write_text(json.dumps(config))
    return copy


def findings(made):
    """The findings among what a check yields."""
    return [one for one in made if isinstance(one, Finding)]


@pytest.mark.parametrize("family", ["qwen2_5_vl", "internvl", "llava_onevision"])
def test_the_estimate_of_tokens_is_what_the_model_will_get(tiny_model, asking, family):
    """The longest prompt of the task, counted by the code of the run."""
    from mmsi_video.tasks import hooks
    from sightline.models import inputs

    checkpoint = known(tiny_model(family))
    found = context.estimate(checkpoint, asking[0])
    block = requests.configuration(BENCHMARK, "mmsi_video")["lmms_eval_specific_kwargs"]["default"]
    real = []
    for doc in hooks.process_docs(None):
        hooks.doc_to_text(doc, block)
        prompt = inputs.read_prompt(hooks.doc_to_messages(doc, block), max_frames=1)
        real.append(int(inputs.tensors(prompt, checkpoint.processor)["input_ids"].shape[1]))
    assert found.prompt == pytest.approx(max(real), rel=0.1)
    assert found.answer == 10_000


def test_a_prompt_that_fits_is_well(tiny_model, asking):
    """The tiny checkpoint has room for 32,768 tokens."""
    [finding] = findings(context.check(known(tiny_model("qwen2_5_vl")), asking))
    assert finding.severity == "ok"
    assert "of 32,768" in finding.what


def test_a_prompt_that_cannot_fit_is_an_error(tiny_model, asking, tmp_path):
    """The answer alone is longer than the context: no image size helps."""
    path = with_context(tiny_model("qwen2_5_vl"), tmp_path, 5000)
    [finding] = findings(context.check(known(path), asking))
    assert finding.severity == "error"
    assert "a model with a longer context" in finding.mend


def test_the_mend_of_a_long_prompt_makes_it_fit(tiny_model, asking, tmp_path):
    """What the error proposes is tried: with it the same prompt is well."""
    many = [_large(asking[0])]
    path = with_context(tiny_model("qwen2_5_vl"), tmp_path, 600)
    [finding] = findings(context.check(known(path), many))
    assert finding.severity == "error"
    pixels = int(finding.mend.partition("max_pixels=")[2].split()[0])
    [mended] = findings(context.check(known(path, max_pixels=pixels), many))
    assert mended.severity == "ok"
    [shrunk] = findings(context.check(known(path, too_long="shrink_images"), many))
    assert shrunk.severity == "note"
    assert "images shrink" in shrunk.what


def _large(one):
    """The task with frames of 640x480, 50 a request, and short answers."""
    grown = tuple(
        replace(asked, frames=50, pixels=50 * 640 * 480, question_id=f"large-{number}")
        for number, asked in enumerate(one.described)
    )
    return replace(one, described=grown, generation={"max_new_tokens": 100})


def test_a_task_of_videos_is_not_guessed_at(tiny_model, folder, monkeypatch):
    """Only the model knows how many frames it takes."""
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(folder))
    made = requests.look(BENCHMARK, "mmsi_video_native", model="sightline", seconds=None)
    native = [one for one in made if not isinstance(one, Finding)]
    [finding] = findings(context.check(known(tiny_model("qwen2_5_vl")), native))
    assert (finding.severity, "videos" in finding.what) == ("note", True)


def test_a_family_that_cannot_take_a_task_is_an_error(tiny_model, asking, monkeypatch):
    """With the words of whoever checks it."""
    from sightline.errors import UsageError
    from sightline.models import families

    def refuses(*_):
        raise UsageError("it takes no images", next_step="take another")

    checkpoint = known(tiny_model("qwen2_5_vl"))
    assert list(model.check_family(checkpoint, asking)) == []
    monkeypatch.setattr(families, "check", refuses)
    [finding] = model.check_family(checkpoint, asking)
    assert (finding.severity, finding.mend) == ("error", "take another")
    assert finding.what == "mmsi_video: it takes no images"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({}, "must name a checkpoint"),
        ({"pretrained": "nowhere/at-all"}, "cannot be read"),
        ({"pretrained": "x", "no_such_setting": 1}, "has no no_such_setting"),
    ],
)
def test_a_checkpoint_that_cannot_be_read_is_an_error(arguments, what):
    """A wrong name, a wrong place."""
    [finding] = model.load(arguments)
    assert finding.severity == "error"
    assert what in finding.what


def test_a_checkpoint_of_text_only_is_an_error(tmp_path):
    """It loads, but it sees nothing."""
    from transformers import LlamaConfig

    LlamaConfig(num_hidden_layers=1).save_pretrained(tmp_path)
    made = list(model.load({"pretrained": str(tmp_path)}))
    assert [one.severity for one in made] == ["error"]


def test_without_torch_the_doctor_says_so(tiny_model, monkeypatch):
    """It does not fail to start."""
    monkeypatch.setattr(model.importlib.util, "find_spec", lambda _: None)
    [finding] = model.load({"pretrained": str(tiny_model("qwen2_5_vl"))})
    assert finding.severity == "error"
    assert "needs torch, transformers, accelerate" in finding.what


def test_weights_and_cache_are_added_up(tiny_model):
    """Weights by their files, in the type that they are loaded in."""
    path = tiny_model("qwen2_5_vl")
    stored = (path / "model.safetensors").stat().st_size
    assert memory.weight_bytes(known(path)) == stored
    assert memory.weight_bytes(known(path, dtype="bfloat16")) == stored / 2
    assert memory.weight_bytes(known(path, quantize="8bit")) == stored / 4
    # Keys and values, 2 layers, 2 heads of 16, 4 bytes each.
    assert memory.cache_bytes_per_token(known(path)) == 2 * 2 * 2 * 16 * 4


@pytest.mark.parametrize(
    ("tokens", "gpus", "severity"),
    [
        (1000, [GPU], "ok"),
        (10**9, [GPU], "error"),
        (10**9, [], "note"),
    ],
)
def test_memory_is_compared_with_the_fullest_gpu(tiny_model, tokens, gpus, severity):
    """A model whose cache is larger than the GPU is refused; on the CPU it is only told."""
    checkpoint = known(tiny_model("qwen2_5_vl"))
    [finding] = memory.check(checkpoint, tokens, gpus, on_cpu=not gpus)
    assert finding.severity == severity


def test_weights_that_are_nowhere_are_a_note(tiny_model, tmp_path):
    """A folder without safetensors."""
    copy = shutil.copytree(tiny_model("qwen2_5_vl"), tmp_path / "copy")
    (copy / "model.safetensors").unlink()
    [finding] = memory.check(known(copy), 10, [GPU], on_cpu=False)
    assert finding.severity == "note"
