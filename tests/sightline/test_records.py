"""Scores go to JSON and come back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.records import Outcome, Response, Score

outcomes = st.sampled_from(Outcome)
scores = st.builds(
    Score,
    question_id=st.text(),
    answer=st.sampled_from("ABCDEF"),
    option_count=st.integers(2, 6),
    outcome=outcomes,
    predictions=st.dictionaries(st.text(), st.none() | st.sampled_from("ABCDEF")),
    outcomes=st.dictionaries(st.text(), outcomes),
    slices=st.dictionaries(st.text(), st.text()),
    cluster=st.text(),
    error=st.none() | st.text(),
    details=st.dictionaries(st.text(), st.none() | st.integers() | st.text()),
)


@given(scores)
def test_a_score_survives_json(score):
    """as_dict, JSON and from_dict change nothing."""
    assert Score.from_dict(json.loads(json.dumps(score.as_dict()))) == score


def test_unknown_keys_are_ignored_and_optional_ones_may_be_absent():
    """Files of later versions, and without error and details, can still be read."""
    row = {
        "question_id": "question_0001",
        "answer": "A",
        "option_count": 4,
        "outcome": "right",
        "predictions": {"official": "A"},
        "outcomes": {"official": "right"},
        "slices": {},
        "cluster": "clip",
        "later": 1,
    }
    score = Score.from_dict(row)
    assert (score.outcome, score.error, score.details) == (Outcome.RIGHT, None, {})


def test_a_missing_field_and_an_unknown_outcome_are_told():
    """The reader learns which field, or which outcome, is wrong."""
    with pytest.raises(KeyError, match="question_id"):
        Score.from_dict({})
    row = Score("q", "A", 4, Outcome.RIGHT, {}, {}, {}, "c").as_dict() | {"outcome": "perhaps"}
    with pytest.raises(ValueError, match="'perhaps' is not a valid Outcome"):
        Score.from_dict(row)


def test_a_response_has_no_error_by_default():
    """Only the id and the text are needed."""
    assert Response("q", "B").error is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("B", None),
        ("I saw a [sightline error] B", None),
        ("[sightline error] OSError: no frame", "OSError: no frame"),
        ("[sightline error]", "the backend gave no reason"),
        (
            "[LMMS_EVAL_REQUEST_FAILED after 5 retries] x",
            "[LMMS_EVAL_REQUEST_FAILED after 5 retries] x",
        ),
        ("[LMMS_EVAL_BUDGET_EXCEEDED]", "[LMMS_EVAL_BUDGET_EXCEEDED]"),
    ],
)
def test_text_of_a_backend(text, error):
    """A failed sample is told from an answer by the mark in front of it."""
    response = Response.from_text("question_0001", text)
    assert response.error == error
    assert response.text == (text if error is None else None)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Response("q", "A"), None),
        (Response("q", None, error="no memory"), "no memory"),
        (Response("q", None), "the response has neither a text nor an error"),
    ],
)
def test_a_response_says_why_there_is_no_text(response, reason):
    """Even when its producer forgot to."""
    assert response.reason == reason
