"""Responses and scores out of files, as every benchmark's readers take them."""

import pytest

from sightline.errors import ResponsesError
from sightline.records import ERROR_MARK, Outcome, Response, Score
from sightline.run_files import known_question, once, response_again, response_of, text_of


def scored(question_id="q", outcome=Outcome.RIGHT, error=None, **details):
    """A score of one question."""
    return Score(question_id, "A", 4, outcome, {"p": "A"}, {"p": outcome}, {}, "v", error, details)


@pytest.mark.parametrize(
    ("row", "response"),
    [
        ({"text": "B"}, Response("q", "B")),
        ({"text": f"{ERROR_MARK}out of memory"}, Response("q", None, error="out of memory")),
        ({"text": "B", "error": 3}, Response("q", None, error="3")),
        ({}, Response("q", None, error="the record has no response")),
    ],
)
def test_a_response_is_text_or_the_reason_why_there_is_none(row, response):
    """An error outranks a text; nothing at all is an error too."""
    assert response_of("q", row, "file, line 1") == response


def test_what_is_no_text_is_refused_with_its_place():
    """Responses and fields alike."""
    with pytest.raises(ResponsesError, match="line 1: the response must be text, but is int"):
        response_of("q", {"text": 3}, "file, line 1")
    with pytest.raises(ResponsesError, match=r"line 1: question_id \(None\) must be text"):
        text_of({}, "question_id", "file, line 1")


def test_a_score_gives_its_response_back():
    """Missing stays missing and an error an error, even without its reason."""
    assert response_again(scored(response="B"), "x") == Response("q", "B")
    assert response_again(scored(outcome=Outcome.MISSING), "x") is None
    failed = response_again(scored(outcome=Outcome.ERROR), "x")
    assert failed == Response("q", None, error="the reason was not kept")
    with pytest.raises(ResponsesError, match=r"x: response \(None\) must be text"):
        response_again(scored(), "x")


def test_a_question_is_known_or_refused():
    """The message lists some that are."""
    assert known_question({"q": 1}, "q", "x") == 1
    with pytest.raises(ResponsesError, match=r"x: question \('r'\) is not in the dataset, .*: q"):
        known_question({"q": 1}, "r", "x")


def test_no_question_comes_twice():
    """The doubles are named."""
    one, two = scored("a"), scored("b")
    assert once([one, two]) == (one, two)
    with pytest.raises(ResponsesError, match="but a came more than once"):
        once([one, two, scored("a")])
