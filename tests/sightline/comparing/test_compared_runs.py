"""Two runs put side by side: what is refused, what is counted, what is said of each slice."""

import json
import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.accuracy import accuracy
from sightline.comparing.forest import forest, scale, ticks
from sightline.comparing.headline import Formulas
from sightline.comparing.pairs import pair_up
from sightline.comparing.report_facts import run_report
from sightline.comparing.sides import Side
from sightline.comparing.slices import compare
from sightline.comparing.tables import comparison_blocks
from sightline.comparing.verdict import verdict
from sightline.errors import ResponsesError, SightlineError, UsageError
from sightline.leaderboard.board import Headline
from sightline.records import Outcome
from sightline.tables import render

TOY = runpy.run_path(str(Path(__file__).parents[2] / "leaderboard_fixtures.py"))
PARSERS = TOY["PARSERS"]


def scores(rights, videos=20, **changes):
    """Scores of the toy: question i is right where `rights` says so, on one of some videos."""
    made = []
    for number, right in enumerate(rights):
        old = TOY["toy_scores"]()[number % 5]
        outcome = Outcome.RIGHT if right else Outcome.WRONG
        made.append(
            replace(
                old,
                question_id=f"q-{number:03d}",
                answer="A",
                outcome=outcome,
                predictions=dict.fromkeys(PARSERS, "A" if right else "B"),
                outcomes=dict.fromkeys(PARSERS, outcome),
                cluster=f"v-{number % videos}",
                **changes,
            )
        )
    return made


def summarise(listed, _setting, _model):
    """The toy's report of any questions, which its own board does not know."""
    return {"overall": accuracy(listed, parser="first").as_percent(), "slices": {}}


def side(listed, name="org/one", setting="toy_plain", **changes):
    """A run of the toy."""
    fields = {
        "name": name,
        "source": f"{name}.jsonl",
        "board": TOY["toy_board"](summarise=summarise, cells=lambda _: {}),
        "scores": tuple(listed),
    }
    board = changes.get("board", fields["board"])
    return Side(setting=board.setting(setting), **(fields | changes))


def compared(first, second, **options):
    """Both runs compared, few draws."""
    return compare(first, second, pair_up(first, second, **options), draws=500)


HALF = [number % 2 == 0 for number in range(60)]
MORE = [number % 2 == 0 or number % 3 == 0 for number in range(60)]


def test_the_better_run_is_told_in_words_and_numbers():
    """10 questions more are right in A and none less: + 16.7 points, every test is sure."""
    found = compared(side(scores(MORE), "org/big"), side(scores(HALF), "org/small"))
    one = found.headline
    assert (one.only_first, one.only_second, one.questions, one.videos) == (10, 0, 60, 20)
    assert one.difference == pytest.approx(100 * 10 / 60)
    assert 0 < one.low < one.difference < one.high
    assert one.p_mcnemar == pytest.approx(2 / 2**10)
    assert one.p_sign == pytest.approx(2 / 2**10)
    assert one.p_value < 0.01
    assert one.p_holm is None
    assert verdict(found)[0].startswith("A is better by 16.7 points (95 % interval +")
    assert "A (org/big) 66.7 %, B (org/small) 50.0 %" in verdict(found)[0]
    assert [flip.right for flip in found.flips] == ["A"] * 10


def test_swapped_runs_say_the_opposite():
    """Everything of B against A is the mirror image of A against B."""
    big, small = side(scores(MORE), "org/big"), side(scores(HALF), "org/small")
    there, back = compared(big, small), compared(small, big)
    for a, b in zip((there.headline, *there.slices), (back.headline, *back.slices), strict=True):
        assert (a.member, a.p_value, a.p_holm, a.p_mcnemar, a.p_sign, a.note) == (
            b.member,
            b.p_value,
            b.p_holm,
            b.p_mcnemar,
            b.p_sign,
            b.note,
        )
        assert a.difference == -b.difference
        assert (a.only_first, a.only_second) == (b.only_second, b.only_first)
        if a.low is not None:
            assert (a.low, a.high) == pytest.approx((-b.high, -b.low))
    assert verdict(back)[0].startswith("B is better by 16.7 points (95 % interval +")


def test_a_run_against_itself_differs_nowhere():
    """Difference 0, no flip, no test: it says so and gives no number."""
    same = side(scores(HALF))
    found = compared(same, same)
    for one in (found.headline, *found.slices):
        assert one.difference == 0
        assert one.p_value is None
        assert not one.differs
        assert one.note == "no question is right in one run only"
    assert found.flips == ()
    assert found.names == ("org/one (A)", "org/one (B)")
    assert "no question is right in one run only" in verdict(found)[0]


def test_small_slices_and_few_videos_say_so_instead_of_a_number():
    """Nine questions: no test. Sixty questions on four videos: no interval, no proof possible."""
    few = compared(side(scores(MORE[:9])), side(scores(HALF[:9])))
    assert few.headline.note == "n = 9: too few to test"
    assert few.headline.p_value is few.headline.low is None
    found = compared(side(scores(MORE, videos=4)), side(scores(HALF, videos=4)))
    assert found.headline.low is None
    assert found.headline.p_value >= 2 / 2**4 * 0.5
    assert "4 videos: too few for an interval, or for any test" in found.headline.note
    assert verdict(found)[0].startswith("No difference is shown (p =")


def test_corrected_p_values_count_a_slice_with_the_same_questions_once():
    """Axes kind and size, two members each: at most four tests, none corrected downwards."""
    found = compared(side(scores(MORE)), side(scores(HALF)))
    tested = [one for one in found.slices if one.p_value is not None]
    assert found.tests == len(tested) == 4
    assert all(one.p_value <= one.q_value <= one.p_holm for one in tested)
    twice = [
        {**one.slices, "size": {"moving": "small"}.get(one.slices["kind"], "large")}
        for one in scores(MORE)
    ]
    both = [
        side([replace(one, slices=of) for one, of in zip(scores(rights), twice, strict=True)])
        for rights in (MORE, HALF)
    ]
    found = compared(*both)
    assert len(found.slices) == 4
    assert found.tests == 2


def test_a_question_that_one_run_lacks_is_missing_and_counts():
    """B was stopped after 50 of 60: the denominator stays 60, and it is told."""
    found = compared(side(scores(MORE)), side(scores(HALF)[:50], "org/two"))
    assert found.headline.questions == 60
    assert found.headline.second == pytest.approx(100 * 25 / 60)
    (note,) = found.notes
    assert note.startswith("B (org/two) is a partial run: 10 of 60 questions are missing in it")
    assert {flip.second for flip in found.flips[-5:]} == {"missing"}


def test_questions_that_neither_run_has_are_told():
    """The samples say 80, 60 are here: a reader must know; with the split they are counted."""
    first, second = side(scores(MORE), stated=80), side(scores(HALF), stated=80)
    assert "80 questions; 20 of them are in neither run" in compared(first, second).notes[0]
    split = scores([False] * 80)
    found = compared(replace(first, split=tuple(split)), replace(second, split=tuple(split)))
    assert found.headline.questions == 80


def test_other_questions_are_refused():
    """None shared, or the same id with another key: two versions of a dataset."""
    first = side(scores(MORE))
    other = [replace(one, question_id=f"other-{one.question_id}") for one in scores(HALF)]
    with pytest.raises(ResponsesError, match="share none"):
        pair_up(first, side(other))
    changed = [replace(one, answer="C") for one in scores(HALF)]
    with pytest.raises(ResponsesError, match=r"60 differ in key, options, slices or video: q-000"):
        pair_up(first, side(changed))
    twice = [*scores(HALF), scores(HALF)[0]]
    with pytest.raises(ResponsesError, match="came more than once"):
        pair_up(first, side(twice))


def test_another_setting_is_refused_unless_it_is_asked_for():
    """The same model with more frames: allowed by name only, and with a loud note."""
    first, wide = side(scores(MORE)), side(scores(HALF), setting="toy_wide")
    with pytest.raises(UsageError, match=r"A was shown 'Plain' and B 'Wide'[\s\S]*across-settings"):
        pair_up(first, wide)
    found = compared(first, wide, across_settings=True)
    assert found.notes[0].startswith("TWO SETTINGS: A was shown 'Plain' and B 'Wide'.")
    assert found.names == ("org/one, Plain", "org/one, Wide")
    assert found.settings == ("Plain", "Wide")


def test_another_benchmark_is_refused():
    """No flag allows it."""
    other = side(scores(HALF), board=TOY["toy_board"](benchmark="else", title="Else"))
    with pytest.raises(UsageError, match="A is of Toy and B of Else"):
        pair_up(side(scores(MORE)), other, across_settings=True)


def mean_of_kinds(listed, _setting, _model):
    """A report whose headline is the mean of the two kinds."""
    shares = []
    for kind in ("moving", "still"):
        own = [one.outcome is Outcome.RIGHT for one in listed if one.slices["kind"] == kind]
        shares.append(100 * sum(own) / len(own))
    return {"overall": {"accuracy": sum(shares) / 2, "interval": [0.0, 100.0]}, "slices": {}}


def test_a_headline_that_is_a_mean_over_an_axis_is_compared_as_one():
    """Three in five questions move: their mean is not the share of questions, and it is found."""
    board = TOY["toy_board"](summarise=mean_of_kinds, cells=lambda _: {})
    found = compared(side(scores(MORE), board=board), side(scores(HALF), board=board))
    assert found.mean_over == "Kind"
    assert found.headline.first == pytest.approx(found.accuracies[0].value)
    assert found.headline.second == pytest.approx(found.accuracies[1].value)
    plain = compared(side(scores(MORE)), side(scores(HALF)))
    assert plain.mean_over is None
    assert plain.headline.first == pytest.approx(plain.accuracies[0].value)


def test_a_headline_of_another_kind_is_an_error_and_not_a_wrong_number():
    """Nothing is guessed."""
    board = TOY["toy_board"](
        summarise=lambda *_: {}, headline=lambda _: Headline(12.3, None, None), cells=lambda _: {}
    )
    with pytest.raises(SightlineError, match="neither a share of the questions nor a mean"):
        Formulas.of(board, board.settings[0], scores(HALF))


def test_the_terminal_table_fits_narrow_and_wide():
    """No line is wider than asked; the verdict and the flips are there, control signs are not."""
    found = compared(
        side(scores(MORE), "org/\x1b[31mred\x07"), side(scores(HALF), "org/two" + "o" * 90)
    )
    for width in (60, 80, 140):
        text = render(comparison_blocks(found, flips=3), width=width)
        assert max(map(len, text.split("\n"))) <= width
        assert "A is better by 16.7 points" in " ".join(text.split())
        assert "the first 3 of 10" in text
        assert "\x1b" not in text


def test_everything_is_plain_json():
    """--json holds what was computed, no nan and no tuple of ours."""
    found = compared(side(scores(MORE)), side(scores(HALF)))
    again = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert again["headline"]["difference"] == pytest.approx(100 * 10 / 60)
    assert len(again["flips"]) == 10


def test_the_forest_plot_holds_every_interval():
    """The scale is as wide as the widest interval, zero in its middle."""
    found = compared(side(scores(MORE)), side(scores(HALF)))
    span = scale(found.slices)
    ends = [end for one in found.slices for end in (one.low, one.high) if end is not None]
    assert len(ends) >= 2
    assert span >= max(map(abs, ends))
    assert 0 in ticks(span)
    assert ticks(span) == [-tick for tick in reversed(ticks(span))]
    drawn = forest(found.slices, title='<b>"title"')
    assert drawn.count("<circle") == len(found.slices)
    assert "<b>" not in drawn


def test_a_report_counts_letters_failures_and_parts():
    """Six questions: A four times, one unreadable, one that failed."""
    listed = TOY["toy_scores"](["A", "A", "A", "Answer: A", "no idea", None])
    listed = [
        replace(one, details={**one.details, "frame_indices": [[0] * (1 + number)]})
        for number, one in enumerate(listed)
    ]
    board = TOY["toy_board"]()
    made = Side("org/one", "one.jsonl", board, board.settings[0], tuple(listed), stated=6)
    report = run_report(made)
    assert report.counts == {"right": 1, "wrong": 3, "unparsed": 1, "missing": 0, "error": 1}
    first = report.letters[0]
    assert (first.letter, first.keys, first.chosen, first.right) == ("A", 2, 4, 1)
    assert sum(part.questions for part in report.parts["frames"]) == 6
    assert [one.label for one in report.parts["frames"]] == ["1", "2", "3", "4", "5", "6"]
    assert "options" not in report.parts
    assert {one.kind: one.text for one in report.examples} == {
        "unparsed": "no idea",
        "error": "out of memory",
    }
    assert report.longest[0].text == "Answer: A"
    assert report.parsers["alone"] < report.parsers["first"] or report.disagreement["share"] > 0
    assert [row.kind for row in report.published[:2]] == ["people", "chance"]
