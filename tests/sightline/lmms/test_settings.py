"""The arguments of the model, and of one generation."""

from __future__ import annotations

import pytest

from sightline.errors import UsageError
from sightline.lmms.settings import Generation, ModelSettings, cut, generation


def test_settings_are_read_from_model_args():
    """What lmms-eval parsed becomes one checked record; its own arguments are left out."""
    arguments = {"pretrained": "a/b", "dtype": "float16", "batch_size": 4, "device": None}
    settings = ModelSettings.from_arguments(arguments)
    assert settings == ModelSettings(pretrained="a/b", dtype="float16")


def test_a_revision_of_digits_stays_a_name():
    """lmms-eval makes numbers of digits; a commit may consist of them."""
    settings = ModelSettings.from_arguments({"pretrained": "a/b", "revision": 1234567})
    assert settings.revision == "1234567"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "must name a checkpoint"),
        ({"pretrained": "x", "pixels": 3}, "has no pixels; it has pretrained, revision, dtype"),
        ({"pretrained": "x", "trust_remote_code": True}, "no code from a checkpoint is run"),
        ({"pretrained": "x", "max_frames": 0}, r"max_frames \(0\) must be a whole number >= 1"),
        (
            {"pretrained": "x", "max_pixels": "big"},
            r"max_pixels \('big'\) must be a whole number >= 1",
        ),
        ({"pretrained": "x", "fps": "fast"}, r"fps \('fast'\) must be a number > 0"),
        ({"pretrained": "x", "max_errors": -1}, r"max_errors \(-1\) must be a whole number >= 0"),
    ],
    ids=["nothing", "unknown", "remote code", "zero", "word", "rate", "negative"],
)
def test_arguments_that_cannot_work_are_refused(arguments, expected):
    """The message names the argument and what is expected."""
    with pytest.raises(UsageError, match=expected):
        ModelSettings.from_arguments(arguments)


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
