"""The arguments of the model, and of one generation."""

from __future__ import annotations

import math

import pytest

from sightline.errors import UsageError
from sightline.models.settings import Generation, ModelSettings, cut, generation


def test_settings_are_read_from_model_args():
    """What lmms-eval parsed becomes one checked record; its own arguments are left out."""
    arguments = {"pretrained": "a/b", "dtype": "float16", "max_batch_size": 4, "device": None}
    settings = ModelSettings.from_arguments(arguments)
    assert settings == ModelSettings(pretrained="a/b", dtype="float16")


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("revision=1234567", "revision", "1234567"),
        ("adapter=7", "adapter", "7"),
        ("system_prompt=Be brief.", "system_prompt", "Be brief."),
        ("prefetch_bytes=2e9", "prefetch_bytes", 2_000_000_000),
        ("batch_size=8", "batch_size", 8),
        ("fps=2", "fps", 2),
        ("enable_thinking=true", "enable_thinking", True),
        ("enable_thinking=False", "enable_thinking", False),
        ("quantize=4bit", "quantize", "4bit"),
        ("device_map=balanced", "device_map", "balanced"),
        ("thinking=keep", "thinking", "keep"),
        ("too_long=shrink_images", "too_long", "shrink_images"),
    ],
)
def test_what_is_typed_is_what_is_meant(text, name, expected):
    """lmms-eval's parser makes numbers of all that looks like one; names stay names."""
    utils = pytest.importorskip("lmms_eval.utils")
    arguments = utils.simple_parse_args_string(f"pretrained=a/b,{text}")
    value = getattr(ModelSettings.from_arguments(arguments), name)
    assert value == expected
    assert type(value) is type(expected)


def test_the_batch_size_comes_as_a_text():
    """lmms-eval hands over --batch_size as it was typed."""
    assert ModelSettings.from_arguments({"pretrained": "x", "batch_size": "4"}).batch_size == 4


@pytest.mark.parametrize("value", [12e4567, 12e3])
def test_a_commit_that_was_read_as_a_number_is_refused(value):
    """Its digits are lost: 12e4567 became infinity."""
    with pytest.raises(UsageError, match=r"revision was read as the number .*\n.*more digits"):
        ModelSettings.from_arguments({"pretrained": "x", "revision": value})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "must name a checkpoint"),
        ({"pretrained": ""}, "must name a checkpoint"),
        ({"pixels": 3}, "has no pixels; it has pretrained, revision, dtype"),
        ({"trust_remote_code": True}, "no code from a checkpoint is run"),
        ({"max_frames": 0}, r"max_frames \(0\) must be a whole number >= 1"),
        ({"max_pixels": "big"}, r"max_pixels \('big'\) must be a whole number >= 1"),
        ({"workers": True}, r"workers \(True\) must be a whole number >= 1"),
        ({"prefetch_bytes": 1.5}, r"prefetch_bytes \(1.5\) must be a whole number >= 1"),
        ({"batch_size": "auto"}, r"batch_size \('auto'\) must be a whole number >= 1"),
        ({"fps": "fast"}, r"fps \('fast'\) must be a number > 0"),
        ({"fps": math.inf}, r"fps \(inf\) must be a number > 0"),
        ({"fps": math.nan}, r"fps \(nan\) must be a number > 0"),
        ({"max_errors": -1}, r"max_errors \(-1\) must be a whole number >= 0"),
        ({"dtype": "fp16"}, r"dtype \('fp16'\) must be auto or bfloat16 or float16"),
        ({"device_map": "cuda:0"}, r"device_map \('cuda:0'\) must be auto or balanced or seq"),
        ({"quantize": 4}, r"quantize \(4\) must be 4bit or 8bit"),
        ({"thinking": "off"}, r"thinking \('off'\) must be apart or keep"),
        ({"too_long": "cut"}, r"too_long \('cut'\) must be refuse or shrink_images"),
        ({"enable_thinking": "yes"}, r"enable_thinking \('yes'\) must be true or false"),
        ({"enable_thinking": 1}, r"enable_thinking \(1\) must be true or false"),
        ({"system_prompt": ""}, r"system_prompt \(''\) must be a text that is not empty"),
        ({"device_map": "auto", "device": "cpu"}, "cannot both be set"),
        ({"adapter_revision": "v2"}, r"adapter_revision \(v2\) needs an adapter"),
        ({"min_pixels": 9, "max_pixels": 8}, r"min_pixels \(9\) must not be above max_pixels"),
    ],
)
def test_arguments_that_cannot_work_are_refused(arguments, expected):
    """The message names the argument and what is expected."""
    given = {"pretrained": "x", **arguments} if arguments else {}
    with pytest.raises(UsageError, match=expected):
        ModelSettings.from_arguments(given)


@pytest.mark.parametrize(
    ("kwargs", "samples"),
    [
        ({}, False),
        ({"temperature": 0}, False),
        ({"temperature": 0.7}, True),
        ({"temperature": 0, "do_sample": True}, False),
        ({"temperature": 0.7, "do_sample": False}, False),
        ({"do_sample": True}, True),
    ],
    ids=["nothing", "zero", "warm", "zero wins", "told greedy", "told to sample"],
)
def test_when_tokens_are_drawn(kwargs, samples):
    """Greedy, unless a temperature above 0 or do_sample asks for more."""
    assert generation(kwargs).samples is samples


def test_options_reach_the_model_as_they_are():
    """What the task sets is passed on; a greedy answer switches off the checkpoint's sampling."""
    drawn = generation({"max_new_tokens": 5, "temperature": 0.7, "top_p": 0.9, "num_beams": 1})
    assert drawn.options == {
        "max_new_tokens": 5,
        "temperature": 0.7,
        "top_p": 0.9,
        "num_beams": 1,
        "do_sample": True,
    }
    greedy = generation({"max_gen_toks": 7})
    assert greedy.options == {
        "max_new_tokens": 7,
        "do_sample": False,
        "temperature": None,
        "top_p": None,
        "top_k": None,
    }


@pytest.mark.parametrize(
    ("until", "expected"),
    [(None, ()), (["\n\n"], ()), ("END", ("END",)), (["a", "", "b"], ("a", "b")), ([], ())],
    ids=["none", "the host's own", "a word", "a list", "empty"],
)
def test_what_ends_an_answer(until, expected):
    """The list that lmms-eval fills in by itself counts as none: it would cut reasoning."""
    assert generation({"until": until}).until == expected


def test_an_answer_is_cut_at_the_first_end():
    """The earliest of several strings ends it."""
    assert cut("B because END of\nstory", ("\n", "END")) == "B because "
    assert cut("B", ("END",)) == "B"


def test_defaults_of_a_generation():
    """Nothing ends an answer by default."""
    assert Generation({"do_sample": False}).until == ()
