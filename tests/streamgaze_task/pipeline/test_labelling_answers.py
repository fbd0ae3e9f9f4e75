"""JSON out of what models write, and records out of JSON; every text is a stranger's."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task.pipeline.labelling import answers
from streamgaze_task.pipeline.labelling.answers import (
    read_gazed,
    read_outside,
    read_view,
    verdict_reader,
)
from streamgaze_task.pipeline.labelling.prompts import SHAPES
from streamgaze_task.pipeline.labelling.repair import (
    LONGEST,
    UnreadableError,
    find_object,
)
from streamgaze_task.pipeline.records import SeenObject

CUP = {"name": "Cup", "caption": "A red cup.", "attributes": {"color": "red"}}
GOOD = {"gazed": CUP, "beside": [{"name": "plate"}], "caption": "A table.", "sure": True}
READ = answers.GazedAnswer(
    SeenObject("cup", "A red cup.", {"color": "red"}), (SeenObject("plate"),), "A table.", sure=True
)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GOOD),
        f"```json\n{json.dumps(GOOD, indent=2)}\n```",
        f"Sure! Here it is:\n\n{json.dumps(GOOD)}\n\nI hope this {{helps}}.",
        f"I am to fill in {SHAPES['gazed']}. So: {json.dumps(GOOD)}",
        f"[{json.dumps(GOOD)}]",
        json.dumps(GOOD).replace("}]", "},]").replace('"sure": true', '"sure": True,'),
        str(GOOD),
        json.dumps(GOOD).replace('"A red cup."', '"A red cup.",,'),
        json.dumps(GOOD).replace('"gazed"', "gazed").replace('"beside"', "'beside'"),
        json.dumps(GOOD).replace('"sure": true', '"sure": "yes"'),
        json.dumps(GOOD).replace('}], "caption"', '], "caption"'),
        json.dumps(GOOD).replace("A table.", "A\ttable.\n").replace("\\t", "\t"),
        "\ufeff" + json.dumps(GOOD),
        json.dumps(GOOD).replace('"', "\u201c", 1).replace('"', "\u201d", 1),
    ],
)
def test_one_answer_in_many_wrappings(text):
    """Fences, words around it, Python's spelling, commas, quotes: all mean the same."""
    assert read_gazed(text) == READ


def test_quotes_inside_a_text_and_apostrophes_are_kept():
    """A quote ends a text only where JSON goes on."""
    text = (
        """{'gazed': {'name': 'cup', 'caption': 'It's the "big" one'}, 'beside': [], 'sure': no}"""
    )
    read = read_gazed(text)
    assert read.gazed == SeenObject("cup", 'It\'s the "big" one')
    assert not read.sure


@pytest.mark.parametrize("kept", range(10, len(json.dumps(GOOD))))
def test_an_answer_that_was_cut_off_is_never_sure_and_never_invents(kept):
    """Wherever it ends, what is read stood there."""
    text = json.dumps(GOOD)[:kept]
    try:
        read = read_gazed(text)
    except UnreadableError:
        return
    assert not read.sure
    assert read.gazed in (READ.gazed, SeenObject("cup"), SeenObject("cup", "A red cup."), None)
    assert read.beside in ((), READ.beside)
    assert read.caption in ("", READ.caption)


def test_a_list_that_was_cut_off_keeps_what_was_there():
    """Where half a list helps it is kept, and marked."""
    read = read_outside('{"outside": [{"name": "pan"}, {"name": "po')
    assert [thing.name for thing in read.outside] == ["pan"]
    assert not read.whole
    with pytest.raises(UnreadableError, match="its end is missing"):
        read_view('{"seen": ["cup", "pa')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON object"),
        ("I see a cup.", "no JSON object"),
        ("{}", "no JSON object with gazed"),
        ('{"seen": []}', "no JSON object with gazed"),
        ('{"gazed": null}', "lacks sure, beside"),
        (json.dumps(GOOD).replace("}],", "},"), "no JSON object with gazed"),
        ('{"gazed": null, "beside": {"a": 1}, "sure": true}', "beside must be a list"),
        ('{"gazed": 7, "beside": [], "sure": true}', "gazed must be an object or null"),
        ('{"gazed": null, "beside": [], "sure": "perhaps"}', "sure must be true or false"),
        (
            '{"gazed": {"name": "what stands left of the big sink"}, "beside": [], "sure": true}',
            "one or two words",
        ),
    ],
)
def test_what_is_no_answer_says_why(text, reason):
    """The reason is told to the labeller."""
    with pytest.raises(UnreadableError, match=reason):
        read_gazed(text)


@pytest.mark.parametrize("gazed", [None, {"name": "unknown"}, {"name": ""}, {"name": None}, "n/a"])
def test_that_nobody_can_tell_is_an_answer(gazed):
    """Null, and the words that mean it."""
    assert read_gazed(json.dumps({**GOOD, "gazed": gazed})).gazed is None


def test_each_name_counts_once_and_never_what_is_gazed_at():
    """After unifying, and without what has no name."""
    beside = ["plates", {"name": "a plate"}, {"name": "CUP"}, "fridge", 5, None, {"x": 1}]
    read = read_gazed(json.dumps({**GOOD, "beside": beside}))
    assert [thing.name for thing in read.beside] == ["plate", "refrigerator"]


def test_only_known_attributes_with_short_values_are_kept():
    """Whatever else a model adds."""
    given = {"Colour": "Gray", "shape": "unknown", "price": "low", "size": 7, "usage": "x" * 99,
             "state": "<i>open</i>", "material": ["wood"]}  # fmt: skip
    read = read_gazed(json.dumps({**GOOD, "gazed": {"name": "cup", "attributes": given}}))
    assert read.gazed.attributes == {"color": "grey", "state": "open"}


def test_a_view_names_nothing_twice():
    """What is in view is not partly in view."""
    read = read_view('{"seen": ["cups", "pan"], "partly": ["cup", "table", "Table"]}')
    assert read == answers.ViewAnswer(("cup", "pan"), ("table",))
    assert read_view('{"seen": []}') == answers.ViewAnswer((), ())


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ("B", 1),
        ("b.", 1),
        ("(C)", 2),
        ("A. a cup", 0),
        ("the pan", 2),
        (None, None),
        ("none", None),
    ],
)
def test_a_verdict_names_an_option_by_letter_or_words(said, option):
    """As models write it."""
    read = verdict_reader(["a cup", "a jar", "The pan"])
    verdict = read(json.dumps({"valid": "true", "option": said, "reason": "seen\x00 there"}))
    assert verdict == answers.Verdict(valid=True, option=option, reason="seen there")


@pytest.mark.parametrize("said", ["D", "a cup or a jar", 7, ["A"]])
def test_a_verdict_for_no_option_is_none(said):
    """Two options, or one that is not there."""
    with pytest.raises(UnreadableError, match="letter of an option"):
        verdict_reader(["a cup", "a jar", "pan"])(json.dumps({"valid": True, "option": said}))


HOSTILE = [
    "<script>alert(1)</script>" * 1000,
    "{" * 100_000,
    "[" * 100_000,
    '{"gazed":' * 50_000,
    '{"gazed": ' + "[" * 5000 + "]" * 5000 + "}",
    "{'a':" * 20_000,
    '{"gazed": null, "beside": [' + '{"name": "cup"},' * 600_000,
    '"' * 100_000,
    "{'" * 50_000,
    '{"gazed": "' + "\\" * 99_999,
    '{"gazed": ' + "9" * 60_000 + "}",
    '{"gazed": NaN, "beside": Infinity}',
    "\x00" * 70_000,
    '{"\ud800": "\udfff"}',
    "{" + " " * 10_000_000,
    '{"a" ' * 20_000,
    "{:::]]]}}}{,,,",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_answers_are_refused_or_read_but_do_no_harm(text):
    """Long, deep, endless or no text at all."""
    for read in (read_gazed, read_outside, read_view, verdict_reader(["a", "b"])):
        with suppress(UnreadableError):
            read(text)


@given(st.text(max_size=300) | st.text(alphabet="{}[]\"':,\\ agzed", max_size=200))
def test_any_text_is_read_or_refused(text):
    """Nothing else is raised."""
    try:
        find_object(text, ("gazed",))
    except UnreadableError:
        pass
    else:
        assert "gazed" in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=20,
    )
)
def test_json_is_read_as_it_is(value):
    """What needs no repair is not repaired."""
    text = json.dumps({"gazed": value})
    assert find_object(f"so: {text} .", ("gazed",)).value == {"gazed": value}


def test_markup_and_control_characters_of_an_answer_are_gone():
    """Names and captions are shown to people and models."""
    hostile = {"name": "<img src=x onerror=alert(1)>cup\x1b[2J\ud800", "caption": "a\x00b\ud800\nc"}
    read = read_gazed(json.dumps({**GOOD, "gazed": hostile}))
    assert read.gazed.caption == "ab c"
    assert "<" not in read.gazed.name
    assert "\x1b" not in read.gazed.name
    read.gazed.name.encode()
    read.gazed.caption.encode()


def test_lists_and_captions_have_an_end():
    """A model that repeats itself fills no disk."""
    many = [{"name": f"thing{k}x", "caption": "word " * 3000} for k in range(100)]
    read = read_outside(json.dumps({"outside": many})[: LONGEST - 2])
    assert len(read.outside) <= answers.MOST_THINGS
    read = read_outside(json.dumps({"outside": [f"thing{k}x" for k in range(900)]}))
    assert len(read.outside) == answers.MOST_THINGS
    assert len(read_gazed(json.dumps({**GOOD, "caption": "word " * 3000})).caption) <= 1000
