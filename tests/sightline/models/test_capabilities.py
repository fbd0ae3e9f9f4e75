"""Quantised checkpoints: for real where a library is here, the right words where it is not."""

from __future__ import annotations

import importlib.util
import json
from types import SimpleNamespace

import pytest

from sightline.errors import UsageError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny Qwen2.5-VL."""
    from sightline.tiny_models import make_tiny_model

    return make_tiny_model("qwen2_5_vl", tmp_path_factory.mktemp("checkpoint") / "model")


def loaded(folder, **settings):
    """The checkpoint with these settings."""
    from sightline.models.checkpoint import load
    from sightline.models.settings import ModelSettings

    return load(ModelSettings(str(folder), **settings), rank=0, world_size=1)


def answer(checkpoint):
    """One letter, by the model."""
    from sightline.models.generating import Ready, generate
    from sightline.models.inputs import read_prompt, tensors
    from sightline.models.settings import generation

    prompt = read_prompt([{"role": "user", "content": "Which one?"}], max_frames=1)
    inputs = tensors(prompt, checkpoint.processor)
    (reply,) = generate(checkpoint, [Ready(inputs, generation({"max_new_tokens": 3}), 0)])
    assert reply.error is None
    return reply.text


def kinds(checkpoint):
    """Class names of the text model's first projection and of its weights."""
    layer = checkpoint.model.model.language_model.layers[0].self_attn.q_proj
    return type(layer).__name__, type(layer.weight).__name__


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("4bit", (True, False)), ("8bit", (False, True))],
)
def test_quantising_hands_over_the_right_config(monkeypatch, wanted, expected):
    """bitsandbytes, by the number of bits."""
    from sightline.models import capabilities

    monkeypatch.setattr(capabilities, "_is_installed", lambda _: True)
    config = capabilities.quantization(wanted, SimpleNamespace())["quantization_config"]
    assert (config.load_in_4bit, config.load_in_8bit) == expected
    assert capabilities.quantization(None, SimpleNamespace()) == {}


@pytest.mark.parametrize("method", ["bitsandbytes", "torchao", "quanto", "gptq", "awq", "hqq"])
def test_a_missing_library_is_named(monkeypatch, method):
    """For a checkpoint that is quantised: the method, the package, the line that installs it."""
    from sightline.models import capabilities

    monkeypatch.setattr(capabilities, "_is_installed", lambda _: False)
    config = SimpleNamespace(quantization_config={"quant_method": method})
    package = capabilities.QUANTIZERS[method][1]
    with pytest.raises(
        UsageError, match=f"quantised by {method}, which needs the package"
    ) as caught:
        capabilities.quantization(None, config)
    assert caught.value.next_step == f"pip install {package}"


def test_what_is_quantised_is_not_quantised_again():
    """The message says by what it is."""
    from sightline.models import capabilities

    config = SimpleNamespace(quantization_config={"quant_method": "fp8"})
    with pytest.raises(UsageError, match=r"quantised already, by fp8\n.*leave quantize out"):
        capabilities.quantization("4bit", config)
    assert capabilities.quantization(None, config) == {}


def test_whether_a_package_is_here():
    """A part of a package that is missing is missing too."""
    from sightline.models.capabilities import _is_installed

    assert _is_installed("torch")
    assert not _is_installed("nowhere_at_all")
    assert not _is_installed("nowhere_at_all.part")


def test_a_method_that_cannot_run_here_is_refused(folder, tmp_path):
    """The library's own reason is passed on, as one error and not as a crash."""
    import shutil

    copy = shutil.copytree(folder, tmp_path / "copy")
    config = json.loads((copy / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "eetq"}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(UsageError, match="must be one that transformers"):
        loaded(copy)


@pytest.mark.skipif(not importlib.util.find_spec("bitsandbytes"), reason="needs bitsandbytes")
def test_quantised_while_loading(folder):
    """8-bit weights by bitsandbytes, which runs on the CPU too; another identity."""
    checkpoint = loaded(folder, quantize="8bit")
    assert kinds(checkpoint)[0] == "Linear8bitLt"
    assert len(answer(checkpoint)) == 1
    assert checkpoint.identity != loaded(folder).identity


@pytest.mark.skipif(not importlib.util.find_spec("bitsandbytes"), reason="needs bitsandbytes")
def test_a_checkpoint_in_8_bits_is_loaded_as_it_is(folder, tmp_path):
    """Saved by transformers, with its quantization_config."""
    checkpoint = loaded(folder, quantize="8bit")
    checkpoint.model.save_pretrained(tmp_path)
    checkpoint.processor.save_pretrained(tmp_path)
    again = loaded(tmp_path)
    assert kinds(again)[0] == "Linear8bitLt"
    assert answer(again) == answer(checkpoint)
