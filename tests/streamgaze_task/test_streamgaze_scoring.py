"""Two parsers and the outcome of one request."""

import json
import runpy
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.records import Outcome, Response, Score
from streamgaze_task import scoring
from streamgaze_task.items import Item
from streamgaze_task.parsers import reference
from streamgaze_task.scoring import PARSERS, extract_alert, extract_choice, score_alert

TESTS = Path(__file__).parents[1]
runs = SimpleNamespace(**runpy.run_path(str(TESTS / "streamgaze_runs.py")))
RECORDED = TESTS / "conformance" / "streamgaze_reference_cases.json"
CASES = json.loads(RECORDED.read_text(encoding="utf-8"))["cases"]
CHOICE = runs.sample("oie", 1).requests()[0]  # B
BEFORE, AFTER = runs.sample("gta", 0).requests()[1:3]  # NO, YES


def test_the_reference_parser_equals_the_original_on_recorded_responses():
    """Letters, whole texts, and the two words, with Unicode's word boundaries and casing."""
    assert len(CASES) == 200
    for case in CASES:
        said = reference.alert(case["response"])
        assert reference.compared(case["response"]) == case["compared"], case
        assert (said in ("YES", reference.BOTH)) == case["alert"], case
        assert (said in ("NO", reference.BOTH)) == case["silence"], case


def test_no_answer_at_all_is_the_empty_text():
    """As in the original, which takes None for it."""
    assert reference.compared(None) == reference.compared("  ") == ""


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("A person looks at the pot, so C", "A"),
        ("I'd say C", "D"),
        ("The answer is a pot (C)", "A"),
        ("Not A; C", "A"),
        ("_B_", None),
        ("b", "B"),
        ("E. fork", None),
        ("the cup", None),
        ("", None),
    ],
)
def test_the_reference_letter_keeps_the_published_faults(response, letter):
    """The first word A to D of the upper-cased text, articles and contractions included."""
    assert extract_choice(response) == letter


@pytest.mark.parametrize(
    ("response", "said"),
    [
        ("Yes", "YES"),
        ("I do not know", "NO"),
        ("cannot tell", "NO"),
        ("in her eyes", "YES"),
        ("Yes, now it is visible", "YES/NO"),
        ("maybe", None),
        ("", None),
    ],
)
def test_the_reference_alert_keeps_the_published_faults(response, said):
    """Both words count inside other words too."""
    assert extract_alert(response) == said


@pytest.mark.parametrize("should_alert", [True, False])
def test_a_response_with_both_words_is_right_for_both_labels(should_alert):
    """A fault of the original that is kept: a verbose model gains."""
    response = "Yes, now it is visible"
    assert score_alert(response, should_alert=should_alert) is Outcome.RIGHT
    strict = score_alert(response, should_alert=should_alert, parser="strict")
    assert strict is (Outcome.RIGHT if should_alert else Outcome.WRONG)


@pytest.mark.parametrize(
    ("response", "said"),
    [
        # the first word
        ("Yes", "YES"),
        ("no.", "NO"),
        ("YES!", "YES"),
        ("'Yes'", "YES"),
        ("**No**", "NO"),
        ("- No", "NO"),
        ("\uff39\uff45\uff53", "YES"),
        ("Yes, now it is visible", "YES"),
        ("No, I cannot see it", "NO"),
        ("no plate is visible", "NO"),
        ("No, both hands are empty", "NO"),
        ("Yes, there is no doubt", "YES"),
        ("Yes.\nYes.", "YES"),
        # thoughts and fields
        ("<think>Yes</think>No", "NO"),
        ("<answer>Yes</answer> no", "YES"),
        ("<answer>no</answer> no: <answer>Yes</answer>", "YES"),
        ("<|begin_of_box|>No<|end_of_box|>", "NO"),
        (r"\boxed{\text{Yes}}", "YES"),
        ('{"answer": "no"}', "NO"),
        ("{'answer': 'no'}", "NO"),
        ('{"answer": no}', "NO"),
        ('```json\n{"alert": "Yes", "why": "no"}\n```', "YES"),
        ("<answer>unclear</answer> Yes", None),
        ('{"answer": null}', None),
        # statements
        ("The answer is yes.", "YES"),
        ("I think the answer is no, since", "NO"),
        ("**Answer:** No", "NO"),
        ("The plate appears.\n\nYes", "YES"),
        # both, neither, doubt
        ("Yes and no", None),
        ("Yes/No", None),
        ("Yes or No", None),
        ("Yes\nNo", None),
        ("No. Wait, yes.", None),
        ("No, I have not seen it yet. Yes", None),
        ("No. The answer is yes", None),
        ("both", None),
        ("Neither yes nor no", None),
        ("Maybe yes", None),
        ("Yes, perhaps", None),
        ("Yes, but I am not sure", None),
        ("Yes?", None),
        # words that only begin so, and running text
        ("No idea", None),
        ("No doubt it is there", None),
        ("No. 5 plates", None),
        ("No-one is there", None),
        ("Yesterday", None),
        ("now", None),
        ("Not yet", None),
        ("I see the plate", None),
        ("The plate is there, so yes", None),
        ("", None),
    ],
)
def test_strict_reads_what_is_said_and_never_guesses(response, said):
    """The first word, a line, a statement or a field; doubt and contradiction are no answer."""
    assert extract_alert(response, parser="strict") == said


def test_strict_reads_both_ends_of_a_very_long_response():
    """The middle of it cannot be an answer."""
    talk = "I see the plate. " * 10_000
    assert extract_alert(f"{talk}\nYes", parser="strict") == "YES"
    assert extract_alert(f"Yes. {talk}", parser="strict") == "YES"
    assert extract_alert(talk, parser="strict") is None


@pytest.mark.parametrize(
    "piece",
    ["yes ", "no, ", "answer is ", "<answer>", "boxed{", '"answer": ', "(*", "\n", "not a "],
)
@pytest.mark.parametrize("parser", PARSERS)
def test_a_megabyte_of_alerts_is_read_in_linear_time(parser, piece):
    """A hostile response cannot hold up a run."""
    response = piece * (1_000_000 // len(piece))
    start = time.perf_counter()
    extract_alert(response, parser=parser)
    extract_choice(response, parser=parser, options=runs.OPTIONS)
    assert time.perf_counter() - start < 60  # quadratic would be hours


def test_strict_choices_know_the_options():
    """Words stand for a letter, an option has up to ten letters, and E is none of four."""
    assert extract_choice("The answer is pan.", parser="strict", options=runs.OPTIONS) == "B"
    assert extract_choice("A person looks, so C.", parser="strict", options=runs.OPTIONS) == "C"
    assert extract_choice("E", parser="strict", options=runs.OPTIONS) is None
    assert extract_choice("E", parser="strict", options=[*runs.OPTIONS, "E. fork"]) == "E"


@given(st.text() | st.sampled_from(["yes", "no", "A", "B"]), st.sampled_from(PARSERS))
def test_any_response_gives_a_known_answer_or_none(response, parser):
    """No text breaks a parser."""
    letter = extract_choice(response, parser=parser, options=runs.OPTIONS)
    assert letter is None or letter in ("A", "B", "C", "D")
    assert extract_alert(response, parser=parser) in (None, "YES", "NO", "YES/NO")


def test_an_unknown_parser_is_named_with_those_there_are():
    """For both kinds of answers."""
    for extract in (extract_choice, extract_alert):
        with pytest.raises(ValueError, match=r"'lax'\) must be one of: reference, strict"):
            extract("B", parser="lax")


def test_a_score_holds_every_parser_and_the_reference_outcome():
    """The article is option A for the headline; the strict parser reads B."""
    one = scoring.score(CHOICE, Response("oie-0001", "A pan. The answer is B."), details={"k": 1})
    assert one.predictions == {"reference": "A", "strict": "B"}
    assert one.outcome is one.outcomes["reference"] is Outcome.WRONG
    assert one.outcomes["strict"] is Outcome.RIGHT
    assert (one.question_id, one.answer, one.option_count) == ("oie-0001", "B", 4)
    assert one.slices == {"task": "oie", "family": "present"}
    assert one.cluster == "video-0"
    assert one.details == {
        "k": 1,
        "options": list(runs.OPTIONS),
        "released_answer": "B",
        "response": "A pan. The answer is B.",
    }


def test_the_score_of_a_test_point_holds_its_label_and_times():
    """Enough to judge it by the other reading without the dataset."""
    one = scoring.score(AFTER, Response("gta-0000@2", "Yes"))
    assert (one.question_id, one.answer, one.option_count) == ("gta-0000@2", "YES", 2)
    assert one.outcome is Outcome.RIGHT
    assert one.details == {
        "options": [],
        "released_answer": None,
        "label": 1,
        "already_seen": 1,
        "point_seconds": 142.0,
        "first_appearance_seconds": 142.0,
        "response": "Yes",
    }


@pytest.mark.parametrize(
    ("request_", "response", "outcome", "error"),
    [
        (CHOICE, Response("q", "B"), Outcome.RIGHT, None),
        (CHOICE, Response("q", "C"), Outcome.WRONG, None),
        (CHOICE, Response("q", ""), Outcome.UNPARSED, None),
        (BEFORE, Response("q", "No"), Outcome.RIGHT, None),
        (BEFORE, Response("q", "Yes"), Outcome.WRONG, None),
        (AFTER, Response("q", "hm"), Outcome.UNPARSED, None),
        (CHOICE, None, Outcome.MISSING, None),
        (AFTER, None, Outcome.MISSING, None),
        (AFTER, Response("q", None, error="out of memory"), Outcome.ERROR, "out of memory"),
        (
            CHOICE,
            Response("q", None),
            Outcome.ERROR,
            "the response has neither a text nor an error",
        ),
    ],
)
def test_every_outcome_of_a_choice_and_of_a_test_point(request_, response, outcome, error):
    """By both parsers, and the reason is kept."""
    one = scoring.score(request_, response)
    assert set(one.outcomes.values()) == {one.outcome} == {outcome}
    assert one.error == error


def test_the_key_is_read_by_the_same_rule_as_a_response():
    """A key in words is read for its letter; without a letter the texts themselves are compared."""
    wordy = runs.sample("oie", 1, released_answer="The answer is a pan").requests()[0]
    assert scoring.score(wordy, Response("q", "A")).outcome is Outcome.RIGHT
    assert scoring.score(wordy, Response("q", "B")).outcomes["strict"] is Outcome.RIGHT
    fifth = runs.sample("oie", 1, options=(*runs.OPTIONS, "E. fork"), answer="E")
    fifth = Item.of(fifth.requests()[0])
    fifth = Item(**{**fifth.__dict__, "released_answer": "E"})
    right = scoring.score(fifth, Response("q", "e"))
    assert (right.outcome, right.predictions["reference"]) == (Outcome.RIGHT, "E")
    assert scoring.score(fifth, Response("q", "E. fork")).outcome is Outcome.UNPARSED


@pytest.mark.parametrize("request_", [CHOICE, BEFORE, AFTER])
def test_a_score_can_be_scored_again_from_its_json(request_):
    """The item inside is the item of the dataset."""
    one = scoring.score(request_, Response(request_.id, "No"))
    again = Score.from_dict(json.loads(json.dumps(one.as_dict())))
    item = Item.of_score(again)
    assert item == Item.of(request_)
    assert Item.of(item) is item
    assert scoring.score(item, Response(request_.id, "No")) == one


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": 3}, r"id \(3\) must be text"),
        ({"task": "new"}, "task \\('new'\\) must be one of: nfi"),
        ({"options": ("a", 1)}, "must be texts"),
        ({"options": ("a",)}, "one of 1 options"),
        ({"answer": "Z"}, "must be the letter"),
        ({"answer": "AB"}, "must be the letter"),
        ({"released_answer": 3}, r"released_answer \(3\) must be text"),
    ],
)
def test_a_damaged_choice_is_refused(change, message):
    """Each field that scoring relies on is checked."""
    with pytest.raises((TypeError, ValueError), match=message):
        Item(**{**Item.of(CHOICE).__dict__, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": "A"}, r"answer \('A'\) must be YES or NO"),
        ({"already_seen": 2}, r"already_seen \(2\)"),
        ({"point_seconds": None}, r"point_seconds \(None\) must be a number"),
        ({"point_seconds": float("nan")}, r"point_seconds \(nan\) must be a number"),
        ({"first_appearance_seconds": "02:22"}, "first_appearance_seconds"),
    ],
)
def test_a_damaged_test_point_is_refused(change, message):
    """Each field that the alerts rely on is checked."""
    with pytest.raises((TypeError, ValueError), match=message):
        Item(**{**Item.of(AFTER).__dict__, **change})


def test_options_of_a_score_must_be_a_list():
    """A text would be taken for its characters."""
    one = scoring.score(CHOICE, None).as_dict()
    one["details"]["options"] = "ABCD"
    with pytest.raises(TypeError, match="must be a list"):
        Item.of_score(Score.from_dict(one))
