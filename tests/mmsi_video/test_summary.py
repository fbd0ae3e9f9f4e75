"""Scores -> report -> table."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmsi_video import categories, scoring, summary
from sightline.errors import ResponsesError
from sightline.records import Response

runs = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "scored_runs.py")))
SPLIT = runs.published_split()


@pytest.fixture(scope="module")
def full():
    """Every published question answered with A, under Uniform-50."""
    return summary.summarise(
        runs.answered(SPLIT, protocol="Uniform-50", profile="frames"), SPLIT, model="org/tiny"
    )


def test_one_pass_has_every_published_slice(full):
    """13 types, 5 categories, 4 levels, 4 columns, 3 difficulties, 3 sub-benchmarks."""
    sizes = {axis: len(members) for axis, members in full["slices"].items()}
    assert sizes == {
        "type": 13,
        "category": 5,
        "level": 4,
        "column": 4,
        "difficulty": 3,
        "robot": 2,
        "grounding": 2,
        "indoor_scene_perception": 3,
    }
    assert full["slices"]["column"]["planning_and_prediction"]["expected"] == 206
    totals = {axis: part["expected"] for axis, part in full["sub_benchmarks"].items()}
    assert totals == {"robot": 204, "grounding": 335, "indoor_scene_perception": 523}
    assert {m: p["expected"] for m, p in full["slices"]["difficulty"].items()} == {
        "hard": 327,
        "medium": 400,
        "easy": 379,
    }


def test_the_headline_is_the_official_parser_in_percent(full):
    """277 of 1,106 answers are A; four options make a chance of 25 %."""
    assert full["overall"] == full["parsers"]["official"]
    assert full["overall"]["right"] == 277
    assert full["overall"]["accuracy"] == pytest.approx(100 * 277 / 1106, abs=1e-4)
    assert (full["overall"]["chance"], full["unit"]) == (25.0, "percent")
    assert full["comparable"]
    assert full["published_questions"]
    assert not full["partial"]
    assert (full["protocol"], full["profile"], full["model"]) == (
        "Uniform-50",
        "frames",
        "org/tiny",
    )


def test_the_report_is_json(full):
    """It survives json without change."""
    assert json.loads(json.dumps(full, allow_nan=False)) == full


def test_every_slice_has_the_accuracy_of_every_parser():
    """`**A**` is a failure for the official parser only."""
    report = summary.summarise(runs.answered(SPLIT, "**A**"), SPLIT)
    part = report["slices"]["type"]["Planning"]
    assert part["failure_rate"] == 100
    assert part["parsers"]["official"]["accuracy"] == 0
    assert part["parsers"]["easi"] == part["parsers"]["strict"]
    assert part["parsers"]["easi"]["accuracy"] == 25


def test_disagreement_counts_responses_with_different_letters():
    """One of two responses is read by two parsers only; a missing one is no response."""
    scores = [
        scoring.score(SPLIT[0], Response("question_0000", "A")),
        scoring.score(SPLIT[1], Response("question_0001", "(A)")),
        scoring.score(SPLIT[2], None),
    ]
    assert summary.disagreement(scores) == {
        "responses": 2,
        "share": 50.0,
        "pairs": {"official/easi": 50.0, "official/strict": 50.0, "easi/strict": 0.0},
    }
    assert summary.disagreement([])["share"] is None


def test_a_partial_run_keeps_the_denominator_and_is_not_comparable():
    """100 answers of 1,106: 1,006 are missing, in the slices too."""
    report = summary.summarise(
        runs.answered(SPLIT[:100], protocol="Uniform-50"), SPLIT, model="tiny"
    )
    assert report["partial"]
    assert not report["comparable"]
    assert (report["overall"]["expected"], report["overall"]["missing"]) == (1106, 1006)
    assert report["slices"]["type"]["Planning"]["missing"] == 124
    text = summary.render(report, width=100)
    assert "PARTIAL RUN: 1,006 of 1,106 questions were never answered" in text
    assert "published, NOT COMPARABLE:" in text


def test_the_published_number_stands_for_the_published_questions():
    """Without the questions, 1,106 brings the published size of every slice."""
    report = summary.summarise(runs.answered(SPLIT[:100]), 1106)
    assert report["slice_sizes_known"]
    assert report["slices"]["type"]["Planning"]["expected"] == 124
    assert report["sub_benchmarks"]["robot"]["expected"] == 204
    assert report["overall"]["missing"] == 1006
    assert not report["comparable"]


def test_another_number_leaves_the_slices_to_the_file_and_says_so():
    """60 questions of some other release: their slices are not known."""
    report = summary.summarise(runs.answered(SPLIT[:10]), 60)
    assert not report["slice_sizes_known"]
    assert report["overall"]["missing"] == 50
    assert report["slices"]["type"][SPLIT[0].slices["type"]]["expected"] == 10
    assert "slices count only the questions in the file" in unwrapped(report)


def test_more_questions_of_a_type_than_published_are_another_release():
    """100 questions of a type that has 70: 1,106 is only a number then."""
    name = categories.TYPES[-1].name
    other = [runs.sample(i, type=name) for i in range(100)]
    report = summary.summarise(runs.answered(other), 1106)
    assert not report["slice_sizes_known"]
    assert not report["published_questions"]


def unwrapped(report):
    """The rendered report on one line."""
    return " ".join(summary.render(report).split())


def test_another_release_is_told_to_be_meaningless_to_compare():
    """Twenty made-up questions under Uniform-50."""
    other = [runs.sample(i) for i in range(20)]
    text = unwrapped(summary.summarise(runs.answered(other), other, protocol="Uniform-50"))
    assert "NOT THE PUBLISHED QUESTIONS: this run is on 20 other questions" in text
    assert "comparing with them is meaningless" in text


def test_another_setting_has_no_published_row():
    """Native video is compared with nothing; human and chance stay."""
    report = summary.summarise(runs.answered(SPLIT), SPLIT, protocol="native")
    text = unwrapped(report)
    assert "the paper has no setting 'native', only Uniform-50 and Sufficient-Coverage" in text
    assert "Gemini" not in text
    assert "Human" in text
    assert not report["comparable"]


@pytest.mark.parametrize(
    ("setting", "there", "absent"),
    [
        ("Uniform-50", "Gemini 3 Pro", "the questions are missing"),
        ("Sufficient-Coverage", "QwenVL3-8B: Cells do not fit", "GPT-5"),
    ],
)
def test_only_rows_of_the_same_setting_are_shown(setting, there, absent):
    """With the notes on the faulty ones."""
    text = unwrapped(summary.summarise(runs.answered(SPLIT), SPLIT, protocol=setting))
    assert there in text
    assert absent not in text
    assert "published:" in text


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(full, width):
    """And the columns that matter are there at any width."""
    lines = summary.render(full, width=width).split("\n")
    assert max(map(len, lines)) <= width
    header = next(line for line in lines if "Spatial" in line)
    assert "All" in header
    assert ("Indoor" in header) == (width >= 120)
    assert lines[-1] == ""


def test_the_table_at_eighty_columns_shows_the_recovered_counts(full):
    """Name, right answers, average and the four columns fit."""
    text = summary.render(full, width=80)
    assert "> tiny                         277/1106  25.05" in text
    assert "  Gemini 2.5 Flash (Thinking)  389/1106  35.17     36.2" in text
    assert "  Seed-1.6-vision *             249/714  34.87" in text


def test_failed_questions_and_guessing_are_named():
    """An error is not a wrong answer; an interval that holds chance is called so."""
    scores = [scoring.score(SPLIT[0], Response("question_0000", None, error="boom"))]
    text = unwrapped(summary.summarise(scores, SPLIT[:1], notes=["Look here."]))
    assert "The run failed on 1 question(s)" in text
    assert "this could be guessing" in text
    assert "! Look here." in text
    assert "No response to read." in text
    assert "setting not stated: this run" in text


def test_a_result_below_chance_is_no_guessing():
    """Many responses without a letter are told as what they are."""
    scores = [scoring.score(sample, Response(sample.id, "hm")) for sample in SPLIT]
    text = unwrapped(summary.summarise(scores, SPLIT))
    assert "! Worse than guessing. 100.0 % of the questions have no letter" in text
    assert "this could be guessing" not in text


def test_a_split_without_questions_is_shown_with_dashes():
    """Nothing is divided by zero."""
    report = summary.summarise([], [])
    assert report["overall"]["accuracy"] is None
    assert "- % right (0 of 0)" in unwrapped(report)


def test_a_long_or_hostile_model_name_does_not_break_the_table():
    """It is cut, and escape sequences are not sent to the terminal."""
    name = "org/" + "\x1b[31m" + "very" * 20
    text = summary.render(summary.summarise(runs.answered(SPLIT[:2]), 2, model=name), width=80)
    assert "\x1b" not in text
    assert max(map(len, text.split("\n"))) <= 80


def test_doubles_strangers_and_too_few_expected_are_refused():
    """Nothing is dropped to make the numbers fit."""
    scores = runs.answered(SPLIT[:2])
    with pytest.raises(ResponsesError, match="question_0000 came more than once"):
        summary.summarise([scores[0], scores[0]], 1106)
    with pytest.raises(ResponsesError, match="not in the split: question_0001"):
        summary.summarise(scores, SPLIT[:1])
    with pytest.raises(ValueError, match="must be at least the number of scores"):
        summary.summarise(scores, 1)


def test_runs_of_several_settings_say_all_of_them():
    """Mixed details are joined, so that no published row matches."""
    scores = runs.answered(SPLIT[:1], protocol="a") + runs.answered(SPLIT[1:2], protocol="b")
    assert summary.summarise(scores, 2)["protocol"] == "a + b"
