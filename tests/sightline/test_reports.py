"""What reports of every benchmark say alike."""

from sightline.records import Outcome, Score
from sightline.reports import common_detail, disagreement, number, short_name


def scored(first, second, **details):
    """A score by two parsers."""
    said = {"a": first, "b": second}
    outcomes = dict.fromkeys(said, Outcome.WRONG)
    return Score("q", "A", 4, Outcome.WRONG, said, outcomes, {}, "v", None, details)


def test_numbers_have_their_decimals_or_are_a_dash():
    """One decimal unless told otherwise."""
    assert (number(12.345), number(12.345, 2), number(None)) == ("12.3", "12.35", "-")


def test_a_name_loses_its_organisation_and_is_cut():
    """A path that ends in a slash keeps its last folder."""
    assert short_name("org/model/") == "model"
    assert short_name("/") == "/"
    assert short_name("m" * 40) == "m" * 24 + "..."


def test_details_agree_are_joined_or_say_nothing():
    """In alphabetical order."""
    assert common_detail([scored("A", "A", k="x"), scored("A", "A")], "k") == "x"
    assert common_detail([scored("A", "A", k="y"), scored("A", "A", k="x")], "k") == "x + y"
    assert common_detail([scored("A", "A")], "k") is None


def test_disagreement_is_over_the_responses_that_were_read():
    """A missing one is none."""
    scores = [scored("A", "B", response="x"), scored("A", "A", response="y"), scored("A", None)]
    assert disagreement(scores, ("a", "b")) == {
        "responses": 2,
        "share": 50.0,
        "pairs": {"a/b": 50.0},
    }
    assert disagreement([], ("a", "b"))["share"] is None
