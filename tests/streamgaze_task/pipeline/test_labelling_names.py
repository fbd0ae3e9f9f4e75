"""One name for one kind of thing."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamgaze_task.pipeline.labelling.names import (
    LONGEST_NAME,
    unified,
    unified_value,
)
from streamgaze_task.rendering.kinds import COLOURS, KINDS, SHAPES


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Cup", "cup"),
        ("a_cup", "cup"),
        ("The  Cutting-Board", "cutting-board"),
        ("cutting_boards", "cutting board"),
        ("Chopping Board", "cutting board"),
        ("some tomatoes", "tomato"),
        ("knives", "knife"),
        ("boxes", "box"),
        ("dishes", "dish"),
        ("berries", "berry"),
        ("cookies", "cookie"),
        ("vases", "vase"),
        ("a pair of scissors", "scissors"),
        ("glasses", "glasses"),
        ("glass", "glass"),
        ("gas", "gas"),
        ("fridges", "refrigerator"),
        ("bag of chips", "bag of chip"),
        ("man_wearing_blue_jeans", "man wearing blue jeans"),
        ("woman_wearing_red_shirts", "woman wearing red shirt"),
        ("men", "man"),
        ("<b>cup</b>", "cup"),
        ("chef\u2019s knife", "knife"),
        ("\uff23\uff35\uff30", "cup"),
        ("Tasse \u00e0 th\u00e9", "tasse \u00e0 th\u00e9"),
    ],
)
def test_names_are_unified(written, name):
    """Case, underscores, articles, plurals, synonyms."""
    assert unified(written) == name


@pytest.mark.parametrize(
    "written",
    ["", "...", "none", "N/A", "Unknown", "an object", "\x00\x07", "\ud800", "x" * 49, "-'-",
     "one two three four five six seven", "a" * 10**6, "word " * 10**5],
)  # fmt: skip
def test_what_is_no_name_is_empty(written):
    """Nothing, sentences, and what says that there is none."""
    assert unified(written) == ""


@given(st.text(max_size=80) | st.text(alphabet="aesiox'- _<>y", max_size=40))
@example("00-S")
@example("cup-xes")
def test_a_unified_name_stays_as_it_is(written):
    """For any text."""
    name = unified(written)
    assert unified(name) == name
    assert len(name) <= LONGEST_NAME
    assert name == name.strip()
    assert all(char.isalnum() or char in " -'" for char in name)
    assert unified_value(unified_value(written)) == unified_value(written)


def test_the_table_is_in_order():
    """Each word once, and the first of a group stands for all."""
    text = (files("streamgaze_task") / "data" / "synonyms.json").read_text(encoding="utf-8")
    for kind, change in (("names", unified), ("values", unified_value)):
        groups = json.loads(text)[kind]
        words = [word for group in groups for word in group]
        assert len(words) == len(set(words)), "a word stands twice"
        for first, *others in groups:
            assert change(first) == first
            assert {change(other) for other in others} == {first}
    assert unified("fridge") == "refrigerator"


def test_the_things_of_the_rendered_world_keep_their_names():
    """Or its truth could not be compared."""
    assert [unified(name) for name in KINDS] == list(KINDS)
    assert [unified_value(value) for value in (*COLOURS, *SHAPES)] == [*COLOURS, *SHAPES]
