"""Outcomes, groups, intervals and paired tests."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.accuracy import Outcome, accuracy, complete, grouped, paired
from sightline.errors import ResponsesError
from sightline.intervals import clustered_error, effective_size, sign_test, wilson
from sightline.records import Score


def make(number, outcome=Outcome.RIGHT, *, options=4, cluster=None, **slices):
    """One score."""
    return Score(
        question_id=f"q{number}",
        answer="A",
        option_count=options,
        outcome=outcome,
        predictions={},
        outcomes={"strict": Outcome.RIGHT},
        slices=slices,
        cluster=cluster or f"v{number}",
    )


def test_every_outcome_is_counted_and_none_leaves_the_denominator():
    """Five outcomes, one each: accuracy 1/5, failures 3/5."""
    result = accuracy([make(i, outcome) for i, outcome in enumerate(Outcome)])
    counts = (result.right, result.wrong, result.unparsed, result.missing, result.error)
    assert counts == (1, 1, 1, 1, 1)
    assert (result.expected, result.accuracy, result.failure_rate) == (5, 0.2, 0.6)
    assert result.bounds == (0.2, 0.4)


def test_questions_without_a_score_are_missing():
    """Two of ten answered, both right: 20 %, between 20 % and 100 %."""
    result = accuracy([make(0), make(1)], expected=10)
    assert (result.missing, result.accuracy, result.bounds) == (8, 0.2, (0.2, 1.0))


def test_fewer_expected_than_scored_is_refused():
    """The denominator cannot shrink below what is there."""
    with pytest.raises(ValueError, match=r"expected \(1\) must be at least the number of scores"):
        accuracy([make(0), make(1)], expected=1)


def test_chance_is_the_mean_of_one_over_the_options():
    """Four and five options: (1/4 + 1/5) / 2; an accuracy at chance is adjusted to 0."""
    result = accuracy([make(0, options=4), make(1, Outcome.WRONG, options=5)])
    assert result.chance == pytest.approx(0.225)
    assert result.chance_adjusted == pytest.approx((0.5 - 0.225) / 0.775)


def test_nothing_expected_is_nan_and_not_an_error():
    """An empty slice has no accuracy and the widest interval."""
    result = accuracy([])
    assert math.isnan(result.accuracy)
    assert math.isnan(result.chance)
    assert result.interval == (0.0, 1.0)


def test_another_parser_has_its_own_outcomes():
    """The headline is wrong, the strict parser right; an unknown parser is named."""
    scores = [make(0, Outcome.WRONG)]
    assert accuracy(scores).right == 0
    assert accuracy(scores, parser="strict").right == 1
    with pytest.raises(ValueError, match=r"parser \('lax'\) must be one of: strict"):
        accuracy(scores, parser="lax")
    with pytest.raises(ValueError, match="must be one of: none"):
        accuracy([replace(scores[0], outcomes={})], parser="lax")


def test_grouped_keeps_the_order_and_the_empty_members():
    """Every member is there, questions off the axis are left out."""
    scores = [make(0, type="b"), make(1, Outcome.WRONG, type="b"), make(2, other="x")]
    groups = grouped(scores, "type", ("a", "b"), expected={"b": 4})
    assert list(groups) == ["a", "b"]
    assert (groups["a"].expected, groups["b"].expected, groups["b"].right) == (0, 4, 1)


@pytest.mark.parametrize("name", ["all", "Overall"])
def test_grouped_guards_the_names_of_the_whole(name):
    """A member must not be called like the whole."""
    with pytest.raises(ValueError, match="must not have a member called"):
        grouped([], "type", (name,))


def test_grouped_refuses_an_unknown_member():
    """A score is never dropped because its slice is misspelt."""
    with pytest.raises(ValueError, match=r"q0: type \('c'\) must be one of \['a', 'b'\]"):
        grouped([make(0, type="c")], "type", ("a", "b"))


def test_complete_adds_what_is_missing_in_the_order_of_the_split():
    """Two of three questions were answered."""
    split = [make(i, Outcome.MISSING) for i in range(3)]
    done = complete([make(2), make(0)], split)
    assert [(s.question_id, s.outcome.value) for s in done] == [
        ("q0", "right"),
        ("q1", "missing"),
        ("q2", "right"),
    ]


def test_complete_refuses_doubles_and_strangers():
    """Both are listed, neither is dropped."""
    with pytest.raises(ResponsesError, match="q1 came more than once"):
        complete([make(1), make(1)], [make(1)])
    with pytest.raises(ResponsesError, match=r"7 scored .* q1, q2, q3, q4, q5 and 2 more"):
        complete([make(i) for i in range(8)], [make(0)])


# Wilson intervals as printed by R: binom.test-free, prop.test(x, n, correct = FALSE)$conf.int
@pytest.mark.parametrize(
    ("right", "size", "low", "high"),
    [(0, 10, 0.0, 0.277533), (5, 10, 0.236593, 0.763407), (332, 1106, 0.273868, 0.327846)],
)
def test_wilson_against_known_values(right, size, low, high):
    """The score interval of three well known cases."""
    assert wilson(right / size, size) == pytest.approx((low, high), abs=2e-4)


def test_one_question_a_video_is_plain_wilson():
    """Without clusters the headline interval is the plain one."""
    scores = [make(i, Outcome.RIGHT if i % 3 else Outcome.WRONG) for i in range(30)]
    result = accuracy(scores)
    assert result.interval == pytest.approx(result.wilson)


def test_ten_copies_of_a_question_are_worth_one():
    """Fully dependent questions: the effective size is about the number of videos."""
    clusters = [[bool(i % 2)] * 10 for i in range(20)]
    assert effective_size(clusters) == pytest.approx(20, rel=0.06)


def test_clusters_never_make_the_interval_narrower():
    """Questions that balance out within a video are still only as good as independent ones."""
    assert effective_size([[True, False]] * 10) == 20


def test_one_video_and_no_variation_count_the_videos():
    """Where dependence cannot be measured, nothing is claimed beyond the videos."""
    assert effective_size([[True, False, True]]) == 1
    assert effective_size([[True, True], [True]]) == 2
    assert effective_size([]) == 0


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=30))
def test_the_interval_holds_the_share_and_is_never_narrower_than_plain(clusters):
    """Any outcomes in any clusters."""
    flat = [hit for cluster in clusters for hit in cluster]
    share, size = sum(flat) / len(flat), effective_size(clusters)
    assert 0 < size <= len(flat) + 1e-9
    inner, outer = wilson(share, len(flat)), wilson(share, size)
    assert 0 <= outer.low <= share + 1e-12
    assert share - 1e-12 <= outer.high <= 1
    assert outer.high - outer.low >= inner.high - inner.low - 1e-9


def test_paired_counts_the_questions_that_changed():
    """One run has three more right, the other one: 4 of 10 changed, difference 0.2."""
    first = [make(i, Outcome.RIGHT if i < 5 else Outcome.WRONG) for i in range(10)]
    second = [make(i, Outcome.RIGHT if i in {0, 1, 9} else Outcome.WRONG) for i in range(10)]
    result = paired(first, list(reversed(second)))
    assert (result.only_first, result.only_second) == (3, 1)
    assert result.difference == pytest.approx(0.2)
    assert result.p_value == result.p_value_clusters == pytest.approx(0.625)
    assert result.standard_error == pytest.approx(0.2)


def test_paired_by_video():
    """Ten changed questions of one video are one piece of evidence, not ten."""
    first = [make(i, cluster="v") for i in range(10)]
    second = [make(i, Outcome.WRONG, cluster="v") for i in range(10)]
    result = paired(first, second)
    assert result.p_value < 0.01
    assert result.p_value_clusters == 1
    assert math.isnan(result.standard_error)


def test_paired_refuses_other_questions_and_doubles():
    """Both runs must be on the same questions, once each."""
    with pytest.raises(ResponsesError, match=r"differ in 2 \(q0, q1\) and have 1 and 1"):
        paired([make(0)], [make(1)])
    with pytest.raises(ResponsesError, match="differ in 0"):
        paired([make(0)], [make(0), make(0)])
    with pytest.raises(ResponsesError, match="have 2 and 2 scores"):
        paired([make(0), make(0)], [make(0), make(0)])


@pytest.mark.parametrize(
    ("ups", "downs", "p"), [(0, 0, 1.0), (5, 5, 1.0), (5, 0, 0.0625), (10, 2, 0.038574)]
)
def test_sign_test_against_known_values(ups, downs, p):
    """Two-sided exact binomial values."""
    assert sign_test(ups, downs) == pytest.approx(p, abs=1e-6)


def test_sign_test_of_many():
    """Thousands of changes do not overflow."""
    assert 0 < sign_test(3000, 2800) < 0.01


def test_clustered_error_of_single_questions_is_the_usual_one():
    """With one value a cluster it is the sample standard deviation over sqrt(n)."""
    values = [1, 0, -1, 1, 1, 0]
    mean = sum(values) / 6
    usual = math.sqrt(sum((v - mean) ** 2 for v in values) / 5 / 6)
    assert clustered_error([[v] for v in values]) == pytest.approx(usual)
