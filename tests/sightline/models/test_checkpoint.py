"""Loading a checkpoint, and what its answers depend on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings

import pytest

from sightline.errors import UsageError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny Qwen2.5-VL."""
    from sightline.tiny_models import make_tiny_model

    return make_tiny_model("qwen2_5_vl", tmp_path_factory.mktemp("checkpoint") / "model")


@pytest.fixture
def copy(folder, tmp_path):
    """The same, to be changed."""
    return shutil.copytree(folder, tmp_path / "copy")


def loaded(folder, *, rank=0, world_size=1, **settings):
    """The checkpoint with these settings."""
    from sightline.models.checkpoint import load
    from sightline.models.settings import ModelSettings

    return load(ModelSettings(str(folder), **settings), rank=rank, world_size=world_size)


def scores(checkpoint):
    """What the model thinks of the next token, after a fixed text."""
    import torch

    inputs = checkpoint.tokenizer("Which one? A. this B. that", return_tensors="pt")
    with torch.inference_mode():
        logits = checkpoint.model(**inputs.to(checkpoint.device)).logits
    return logits[0, -1].float()


def make_adapter(folder, out, seed=0, **more):
    """A LoRA adapter as peft saves it, with weights that change answers."""
    peft = pytest.importorskip("peft")
    import torch
    from transformers import AutoModelForImageTextToText

    torch.manual_seed(seed)
    base = AutoModelForImageTextToText.from_pretrained(folder)
    config = peft.LoraConfig(
        r=4, target_modules=["q_proj", "v_proj", "down_proj"], init_lora_weights=False, **more
    )
    with warnings.catch_warnings():
        # Its own wrapper, which we do not use, asks transformers for an attribute of old.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        model = peft.get_peft_model(base, config)
    model.save_pretrained(out)
    return out, model.eval()


def change(path, byte=-1):
    """Another value of one byte, in place."""
    data = bytearray(path.read_bytes())
    data[byte] ^= 1
    path.write_bytes(data)


def test_a_checkpoint_is_loaded_in_its_own_type(folder):
    """On the CPU, ready to answer, with its family known."""
    import torch

    checkpoint = loaded(folder)
    assert not checkpoint.model.training
    assert (checkpoint.device.type, checkpoint.dtype) == ("cpu", torch.float32)
    assert checkpoint.family.name == "qwen2_5_vl"
    assert checkpoint.image_size is None
    assert checkpoint.apart
    assert not loaded(folder, thinking="keep").apart


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float32"])
def test_another_type_on_request(folder, name):
    """The weights are in it, and the record says so."""
    checkpoint = loaded(folder, dtype=name)
    assert str(checkpoint.dtype) == f"torch.{name}" == str(checkpoint.model.dtype)
    assert checkpoint.identity["dtype"] == name


@pytest.mark.parametrize("name", ["sdpa", "eager"])
def test_attention_on_request(folder, name):
    """The implementation reaches all parts of the model."""
    checkpoint = loaded(folder, attn_implementation=name)
    assert set(checkpoint.identity["attention"].values()) == {name}
    assert checkpoint.model.config.text_config._attn_implementation == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("flash", "it is not known"),
        ("kernels-community/flash-attn", "it is not known"),
        ("paged|eager", "it is not known"),
        ("flash_attention_2", "the package flash_attn is not installed"),
        ("flex_attention", "does not support"),
    ],
)
def test_attention_that_cannot_work_is_refused(folder, name, expected):
    """With the names of those that do; code from the Hub is not run."""
    with pytest.raises(UsageError, match=expected) as caught:
        loaded(folder, attn_implementation=name)
    assert caught.value.next_step == "leave it out, or use one of: sdpa, eager"


def test_flash_attention_on_the_cpu_is_refused(folder, monkeypatch):
    """Installed or not, it needs a GPU."""
    from sightline.models import capabilities

    monkeypatch.setattr(capabilities, "_is_installed", lambda _: True)
    with pytest.raises(UsageError, match="it needs a GPU"):
        loaded(folder, attn_implementation="flash_attention_2", device="cpu")


@pytest.mark.parametrize("name", ["auto", "balanced", "sequential"])
def test_a_map_of_devices(folder, name):
    """One rank may spread its model; the answers are the same."""
    checkpoint = loaded(folder, device_map=name)
    assert checkpoint.device == checkpoint.model.device
    assert scores(checkpoint).equal(scores(loaded(folder)))
    assert checkpoint.identity == loaded(folder).identity


def test_a_map_of_devices_is_for_one_rank(folder):
    """Several would each take all devices."""
    with pytest.raises(UsageError, match=r"device_map \(auto\) .* 2 ranks.*\n.*one process"):
        loaded(folder, device_map="auto", world_size=2)


@pytest.mark.parametrize(
    ("device", "world_size", "expected"),
    [("cuda:0", 2, "every rank on one device"), ("gpu", 1, "no device of torch")],
)
def test_devices_that_cannot_work_are_refused(folder, device, world_size, expected):
    """Several ranks need a device each; a name must be one."""
    with pytest.raises(UsageError, match=expected):
        loaded(folder, device=device, world_size=world_size)


def test_several_ranks_may_share_the_cpu(folder):
    """Each has a whole model, and the same identity."""
    first, second = (loaded(folder, device="cpu", rank=r, world_size=2) for r in (0, 1))
    assert first.identity == second.identity
    assert scores(first).equal(scores(second))


def test_pixel_limits(folder, tmp_path):
    """They are the processor's `size`; one that has none refuses them."""
    from sightline.tiny_models import make_tiny_model

    assert loaded(folder, max_pixels=9408).image_size["longest_edge"] == 9408
    other = make_tiny_model("llava_onevision", tmp_path / "other")
    with pytest.raises(UsageError, match=r"has no pixel limits\n.*leave them out"):
        loaded(other, max_pixels=9408)


def test_pickles_are_not_loaded(copy):
    """A pickle can run anything: the message says what to do instead."""
    import torch

    (copy / "model.safetensors").unlink()
    torch.save({}, copy / "pytorch_model.bin")
    with pytest.raises(UsageError, match=r"a pickle can run code.*save_pretrained"):
        loaded(copy)


def test_code_of_a_checkpoint_is_not_run(copy, tmp_path):
    """An architecture that comes as a file next to the weights is refused."""
    config = json.loads((copy / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config"}}
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Config: pass\n")
    with pytest.raises(UsageError, match="must be one that transformers' AutoConfig loads"):
        loaded(copy)
    assert not (tmp_path / "ran").exists()


def test_a_checkpoint_that_is_not_whole_is_refused(copy):
    """The library would fill in random weights, and only say so."""
    from safetensors.torch import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    lost = next(name for name in weights if "q_proj.weight" in name)
    del weights[lost]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UsageError, match=r"lacks 1 weights of .*q_proj.weight.*random ones"):
        loaded(copy)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_file_that_was_cut_is_refused(copy, name):
    """A download that broke off is no crash."""
    path = copy / name
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UsageError, match="must be one that transformers"):
        loaded(copy)


@pytest.mark.parametrize("name", ["nobody/nothing", "./nothing", "no such name"])
def test_a_checkpoint_that_is_not_there_is_refused(name):
    """Neither a folder nor, offline, a Hub id."""
    with pytest.raises(UsageError, match="must be a folder, or a Hub id"):
        loaded(name)


def test_a_folder_has_no_revision(folder):
    """Ignoring it would answer with another state than was asked for."""
    with pytest.raises(UsageError, match=r"is a folder, which has no revision \(v2\)"):
        loaded(folder, revision="v2")


def test_an_adapter_changes_answers_as_peft_does(folder, tmp_path):
    """The same numbers as the model that peft made; another seed, other numbers."""
    import torch

    out, model = make_adapter(folder, tmp_path / "adapter")
    plain, with_adapter = loaded(folder), loaded(folder, adapter=str(out))
    inputs = plain.tokenizer("Which one? A. this B. that", return_tensors="pt")
    with torch.inference_mode():
        expected = model(**inputs).logits[0, -1]
    assert torch.equal(scores(with_adapter), expected)
    assert not torch.equal(scores(plain), expected)
    assert not with_adapter.model.training
    assert with_adapter.dtype == plain.dtype


def test_an_adapter_is_part_of_the_identity(folder, tmp_path):
    """By its content: a copy is the same, a changed byte or another adapter is not."""
    pytest.importorskip("peft")
    out, _ = make_adapter(folder, tmp_path / "one")
    other, _ = make_adapter(folder, tmp_path / "other", seed=1)
    again = shutil.copytree(out, tmp_path / "copy")
    names = [None, str(out), str(other), str(again)]
    plain, first, second, copied = (loaded(folder, adapter=name).identity for name in names)
    assert first == copied
    assert plain != first != second
    change(again / "adapter_model.safetensors")
    assert loaded(folder, adapter=str(again)).identity != first


def test_adapters_that_cannot_work_are_refused(folder, tmp_path):
    """Of another model, of another kind, as a pickle, empty: each message says what is wrong."""
    peft = pytest.importorskip("peft")
    import torch
    from safetensors.torch import load_file, save_file

    def broken(name, change):
        made = shutil.copytree(good, tmp_path / name)
        change(made / "adapter_model.safetensors", made / "adapter_config.json")
        with pytest.raises(UsageError) as caught:
            loaded(folder, adapter=str(made))
        return caught.value.message

    def renamed(weights, _):
        tensors = load_file(weights)
        save_file({k.replace("layers", "blocks"): v for k, v in tensors.items()}, weights)

    def pickled(weights, _):
        torch.save(load_file(weights), weights.with_suffix(".bin"))
        weights.unlink()

    def edited(**values):
        def edit(_, config):
            config.write_text(json.dumps({**json.loads(config.read_text()), **values}))

        return edit

    good, _ = make_adapter(folder, tmp_path / "good")
    assert "have no counterpart" in broken("renamed", renamed)
    assert "adapter_model.safetensors" in broken("pickled", pickled)
    assert "peft_type (IA3) is not LORA" in broken("kind", edited(peft_type="IA3"))
    assert "nowhere" in broken("targets", edited(target_modules=["nowhere"]))
    assert "there is no adapter_config.json" in broken("bare", lambda _, config: config.unlink())
    assert peft.__version__


def test_an_adapter_without_peft(folder, tmp_path, monkeypatch):
    """The message has the line that installs it."""
    from sightline.models import adapters

    monkeypatch.setattr(adapters, "is_peft_available", lambda: False)
    with pytest.raises(UsageError, match=r"pip install '\.\[lora\]'"):
        loaded(folder, adapter=str(tmp_path))


@pytest.mark.parametrize("with_model", [False, True])
def test_an_adapter_is_no_model(folder, copy, tmp_path, with_model):
    """The library would fetch the model that the adapter names, whatever that is now."""
    out, _ = make_adapter(folder, tmp_path / "adapter")
    if with_model:
        shutil.copytree(out, copy, dirs_exist_ok=True)
        out = copy
    with pytest.raises(UsageError, match=r"is an adapter\n.*pretrained=MODEL,adapter="):
        loaded(out)


@pytest.mark.parametrize(
    "name",
    ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
     "processor_config.json", "chat_template.jinja"],
)  # fmt: skip
def test_every_file_is_part_of_the_identity(copy, name):
    """A blank at its end is enough."""
    before = loaded(copy).identity
    (copy / name).write_text((copy / name).read_text() + " ")
    assert loaded(copy).identity != before


def test_one_byte_of_the_weights_is_part_of_the_identity(copy):
    """And a copy of the folder is the same model."""
    before = loaded(copy).identity
    again = shutil.copytree(copy, copy.parent / "again")
    assert loaded(again).identity == before
    change(again / "model.safetensors")
    assert loaded(again).identity != before


def test_settings_that_answers_depend_on_are_part_of_the_identity(folder):
    """Each of them makes another identity; where and how fast makes none."""
    before = loaded(folder).identity
    assert json.loads(json.dumps(before)) == before
    assert str(folder) not in json.dumps(before)
    changes = [
        {"dtype": "bfloat16"}, {"attn_implementation": "eager"}, {"min_pixels": 4000},
        {"max_pixels": 9000}, {"max_frames": 8}, {"fps": 1.0}, {"seed": 1},
        {"system_prompt": "Be brief."}, {"thinking": "keep"}, {"enable_thinking": False},
        {"enable_thinking": True}, {"too_long": "shrink_images"},
    ]  # fmt: skip
    seen = [json.dumps(loaded(folder, **change).identity) for change in changes]
    assert len({json.dumps(before), *seen}) == len(changes) + 1
    for other in ({"batch_size": 8}, {"workers": 7}, {"prefetch_bytes": 9}, {"max_errors": 0},
                  {"answers": "x"}, {"device": "cpu"}):  # fmt: skip
        assert loaded(folder, **other).identity == before


HUB = """
import json, shutil, sys
from pathlib import Path
from sightline.errors import UsageError
from sightline.models.checkpoint import load
from sightline.models.settings import ModelSettings

home, name = Path(sys.argv[1]), sys.argv[2]
cache = home / "hub" / "models--org--tiny"
found = []
for revision in sys.argv[3:]:
    try:
        found.append(load(ModelSettings(name, revision=revision), rank=0, world_size=1).identity["model"])
    except UsageError as error:
        found.append(error.message)
print("FOUND", json.dumps(found))
"""  # noqa: E501 (a program)


def test_a_hub_id_is_known_by_its_commit(folder, tmp_path):
    """A branch that moves is another model; its name and its commit are the same one."""
    old, new = "1" * 40, "2" * 40
    cache = tmp_path / "hub" / "models--org--tiny"
    for commit in (old, new):
        shutil.copytree(folder, cache / "snapshots" / commit)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(new)
    (cache / "refs" / "v1").write_text(old)
    program = [sys.executable, "-W", "ignore", "-c", HUB, str(tmp_path), "org/tiny"]
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [*program, "main", "v1", old, "gone"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    *models, refusal = json.loads(line.removeprefix("FOUND "))
    expected = [{"repository": "org/tiny", "commit": commit} for commit in (new, old, old)]
    assert models == expected
    assert "must be a folder, or a Hub id" in refusal
