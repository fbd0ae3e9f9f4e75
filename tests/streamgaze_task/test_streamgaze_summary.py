"""Scores -> report -> tables."""

import json
import math
import random
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import ResponsesError
from sightline.intervals import Z_95, clustered_error, wilson
from sightline.records import Response
from streamgaze_task import summary
from streamgaze_task.aggregates import Stratum, mean_of_means, unweighted_mean
from streamgaze_task.scoring import score
from streamgaze_task.task_names import CODES

runs = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "streamgaze_runs.py")))
SPLIT = runs.split(each=4)
ASKED = runs.requests(SPLIT)
CHOICES = [request for request in ASKED if request.point is None]


@pytest.fixture(scope="module")
def full():
    """Every request answered with A and with "Yes"."""
    details = {"gaze_prompt": "visual", "sampling": "grid", "protocol": "visual/grid-32"}
    return summary.summarise(runs.answered(ASKED, **details), ASKED, model="org/tiny")


def unwrapped(report):
    """The rendered report on one line."""
    return " ".join(summary.render(report).split())


def test_one_pass_has_every_task_family_and_mean(full):
    """Ten tasks in the paper's order, three families, four named means."""
    assert tuple(full["tasks"]) == CODES
    assert {f: part["tasks"] for f, part in full["families"].items()} == {
        "past": ["nfi", "otp", "sr", "gsm"],
        "present": ["oie", "oih", "oar", "fap"],
        "proactive": ["gta", "oaa"],
    }
    assert tuple(full["aggregates"]) == tuple(summary.AGGREGATES)
    assert (full["tasks"]["nfi"]["expected"], full["tasks"]["gta"]["expected"]) == (4, 20)
    assert (full["questions"], full["overall"]["expected"]) == (40, 72)
    assert full["families"]["proactive"]["expected"] == 40


def test_the_headline_is_the_unweighted_mean_of_the_ten_tasks(full):
    """Eight tasks at 25 %, two at 60 %: 32 %; families 36.67 %; by requests 44.44 %."""
    assert full["headline"] == "mean_of_tasks"
    assert full["headline_parser"] == "reference"
    shares = {name: part["accuracy"] for name, part in full["aggregates"].items()}
    assert shares["mean_of_tasks"] == full["overall"]["accuracy"] == pytest.approx(32)
    assert shares["mean_of_choice_tasks"] == pytest.approx(25)
    assert shares["mean_of_families"] == pytest.approx((25 + 25 + 60) / 3, abs=1e-3)
    assert shares["micro"] == pytest.approx(100 * (8 + 24) / 72, abs=1e-3)
    chance = {name: part["chance"] for name, part in full["aggregates"].items()}
    assert chance["mean_of_tasks"] == pytest.approx(30)
    assert chance["mean_of_families"] == pytest.approx(100 / 3, abs=1e-3)
    assert chance["micro"] == pytest.approx((32 * 25 + 40 * 50) / 72, abs=1e-3)
    assert (full["gaze_prompt"], full["sampling"]) == ("visual", "grid")
    assert (full["protocol"], full["model"]) == ("visual/grid-32", "org/tiny")


def test_every_part_has_chance_majority_and_every_parser(full):
    """A is as frequent as any letter; "yes" is due at three of five points."""
    part = full["tasks"]["oie"]
    assert (part["chance"], part["majority"]) == (25, {"answer": "A", "accuracy": 25})
    assert full["tasks"]["gta"]["majority"] == {"answer": "YES", "accuracy": 60}
    for whole in (*full["tasks"].values(), *full["families"].values()):
        assert set(whole["parsers"]) == {"reference", "strict"}
        assert whole["interval"][0] <= whole["accuracy"] <= whole["interval"][1]
    assert set(full["aggregates"]["mean_of_families"]["parsers"]) == {"reference", "strict"}


def test_the_report_is_json(full):
    """It survives json without change."""
    assert json.loads(json.dumps(full, allow_nan=False)) == full


def test_parsers_differ_and_their_disagreement_is_counted():
    """The article is option A for the reference parser only."""
    report = summary.summarise(runs.answered(CHOICES, "A pan, so the answer is B."), CHOICES)
    assert report["tasks"]["oie"]["parsers"]["reference"]["accuracy"] == 25
    assert report["aggregates"]["micro"]["parsers"]["strict"]["accuracy"] == 25
    assert report["disagreement"]["share"] == 100
    assert report["disagreement"]["pairs"] == {"reference/strict": 100}


def test_missing_requests_never_leave_the_denominator():
    """A video that was not there counts in its tasks, the means and the alerts."""
    there = [request for request in ASKED if request.cluster != "video-0"]
    report = summary.summarise(runs.answered(there), ASKED)
    assert report["partial"]
    assert not report["comparable"]
    assert (report["overall"]["expected"], report["overall"]["missing"]) == (72, 36)
    assert report["tasks"]["nfi"]["missing"] == 2
    assert report["alerts"]["gta"]["published"]["points"] == 20
    assert report["alerts"]["gta"]["published"]["by"]["strict"]["accuracy"] == 30
    text = unwrapped(report)
    assert "PARTIAL RUN: 36 of 72 requests were never answered" in text
    assert "NOT COMPARABLE" in text


def test_the_number_of_the_authors_script_is_told_apart():
    """It drops unanswered past and present questions, but not test points, and absent tasks."""
    asked = [r for r in ASKED if r.sample.task in ("nfi", "otp", "gta")]
    first = [r for r in asked if r.sample.id in ("nfi-0000", "gta-0000")]
    report = summary.summarise(runs.answered(first), asked)
    assert report["as_published_script"] == {"accuracy": 57.5, "tasks": {"nfi": 100, "gta": 15}}
    assert report["overall"]["accuracy"] == pytest.approx((25 + 0 + 15) / 3, abs=1e-3)
    assert "evaluate_results.py leaves unanswered questions out and would print 57.5" in unwrapped(
        report
    )
    assert summary.summarise([], asked)["as_published_script"] == {"accuracy": None, "tasks": {}}


def test_tasks_that_are_not_in_the_split_are_named_and_not_averaged_silently():
    """One task alone is its own mean, and says that it is not the benchmark's."""
    asked = [request for request in ASKED if request.sample.task == "oih"]
    report = summary.summarise(runs.answered(asked), asked)
    assert report["overall"]["accuracy"] == 25
    assert len(report["tasks_absent"]) == 9
    assert not report["comparable"]
    assert set(report["families"]) == {"present"}
    text = unwrapped(report)
    assert "NOT ALL TASKS: NFI, OTP, SR, GSM, OI-E, OAR, FAP, GTA, OAA are not in this run" in text
    assert "Alerts, in percent" not in text


def test_a_number_per_task_is_a_denominator_too():
    """What nobody listed counts as missing, and the report says what leaves it out."""
    asked = [request for request in ASKED if request.sample.task in ("nfi", "gta")]
    report = summary.summarise(runs.answered(asked), {"nfi": 8, "gta": 20})
    assert report["tasks"]["nfi"]["missing"] == report["unlisted"] == 4
    assert report["overall"]["accuracy"] == pytest.approx((12.5 + 60) / 2, abs=1e-3)
    assert "4 requests are known by their number only" in unwrapped(report)
    with pytest.raises(ValueError, match=r"expected nfi \(3\) must be at least the number of"):
        summary.summarise(runs.answered(asked), {"nfi": 3, "gta": 20})
    with pytest.raises(ValueError, match="is of task 'gta', of which none is expected"):
        summary.summarise(runs.answered(asked), {"nfi": 4})


def test_an_unlisted_task_has_no_chance_and_no_majority():
    """Nothing is divided by zero."""
    report = summary.summarise([], {"nfi": 8, "oie": 0})
    assert (report["tasks"]["nfi"]["chance"], report["tasks"]["nfi"]["majority"]) == (None, None)
    assert report["overall"]["accuracy"] == 0
    assert report["tasks"]["oie"]["accuracy"] is None
    assert report["aggregates"]["micro"]["chance"] is None
    assert "No response to read." in unwrapped(report)


def test_an_empty_split_is_shown_with_dashes():
    """No task, no mean."""
    report = summary.summarise([], [])
    assert report["overall"]["accuracy"] is None
    assert "- % is the unweighted mean of 0 task(s)" in unwrapped(report)


def test_doubles_and_strangers_are_refused():
    """Nothing is dropped to make the numbers fit."""
    scores = runs.answered(CHOICES[:2])
    with pytest.raises(ResponsesError, match="nfi-0000 came more than once"):
        summary.summarise([scores[0], scores[0]], CHOICES)
    with pytest.raises(ResponsesError, match="not in the split: nfi-0001"):
        summary.summarise(scores, CHOICES[:1])


def test_settings_come_from_the_call_the_details_or_are_not_stated():
    """A protocol of two words names gaze prompt and sampling; mixed details are joined."""
    given_ = summary.summarise([], CHOICES, protocol="text/grid-32")
    assert (given_["gaze_prompt"], given_["sampling"]) == ("text", "grid-32")
    assert "run with the gaze prompt 'visual', this run with 'text'" in unwrapped(given_)
    bare = summary.summarise([], CHOICES, protocol="mine")
    assert (bare["protocol"], bare["gaze_prompt"]) == ("mine", "not stated")
    mixed = runs.answered(CHOICES[:1], sampling="a") + runs.answered(CHOICES[1:2], sampling="b")
    assert summary.summarise(mixed, CHOICES)["sampling"] == "a + b"


def test_only_the_published_questions_with_the_published_gaze_prompt_are_comparable(monkeypatch):
    """As many questions as published, of all ten tasks, all answered, shown with the overlay."""
    monkeypatch.setattr("streamgaze_task.summary.PUBLISHED_QUESTIONS", len(SPLIT))
    report = summary.summarise(runs.answered(ASKED, gaze_prompt="visual"), ASKED)
    assert report["published_questions"]
    assert report["comparable"]
    assert "published:" in unwrapped(report)
    other = summary.summarise(runs.answered(ASKED, gaze_prompt="text"), ASKED)
    assert not other["comparable"]
    assert not summary.summarise(runs.answered(ASKED[1:]), ASKED)["comparable"]
    more = [runs.sample("nfi", number) for number in range(4, 8)]
    nine = runs.requests([*runs.split(each=4, codes=CODES[:9]), *more])
    report = summary.summarise(runs.answered(nine, gaze_prompt="visual"), nine)
    assert report["questions"] == len(SPLIT)
    assert not report["published_questions"]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_no_line_is_wider_than_the_terminal(full, width):
    """And the first columns are there at any width."""
    lines = summary.render(full, width=width).split("\n")
    assert max(map(len, lines)) <= width
    means = next(line for line in lines if "Past" in line)
    assert "Mean" in means
    assert "Proact." in means
    tasks = next(line for line in lines if "NFI" in line)
    assert ("OAA" in tasks) == (width >= 100)
    assert lines[-1] == ""


def test_the_tables_show_people_models_prompts_readings_and_constants(full):
    """With the faults of the published rows in words."""
    text = summary.render(full, width=100)
    flat = " ".join(text.split())
    for words in (
        "Human *",
        "> tiny 32.00 25.0 25.0 25.0 60.0 44.4",
        "GPT-4o * 53.5 57.4",
        "Kangaroo 7B ^ *",
        "gaze prompt salience 45.4 - 39.4 54.6 38.6",
        "GTA, published (12 of 20 due)",
        "OAA, already seen (12 of 20 due)",
        'always "no"',
        "majority answer",
    ):
        assert words in flat, words
    assert "GTA and OAA of the published rows are not comparable with any run" in flat
    assert "^ MiniCPM-V 8B, Kangaroo 7B, Dispider 7B: the published wrapper ignores" in flat
    assert "NOT THE PUBLISHED QUESTIONS: this run is on 40 listed questions" in flat


def test_points_without_a_first_appearance_are_told():
    """Their number stands under the alerts."""
    sample = runs.sample("gta", 0, first_appearance_seconds=None)
    blind = tuple(type(p)(p.realtime, p.seconds, p.label, None) for p in runs.points())
    asked = runs.requests([type(sample)(**{**sample.__dict__, "points": blind})])
    text = unwrapped(summary.summarise(runs.answered(asked), asked))
    assert "5 test point(s) do not tell the first appearance." in text


def test_failed_requests_guessing_and_notes_are_named():
    """An error is not a wrong answer; an interval that holds chance is called so."""
    scores = [score(CHOICES[0], Response("nfi-0000", None, error="boom"))]
    text = unwrapped(summary.summarise(scores, CHOICES[:1], notes=["Look here."], source="a file"))
    assert "The run failed on 1 request(s)" in text
    assert "this could be guessing" in text
    assert "! Look here." in text
    assert "Read from a file." in text
    assert "this run. Gaze prompt: not stated; sampling: not stated." in text


def test_a_result_below_or_above_chance_is_no_guessing():
    """Many responses without a letter are told as what they are."""
    many = [runs.sample("oie", number) for number in range(60)]
    asked = runs.requests(many)
    worse = unwrapped(summary.summarise(runs.answered(asked, "hm"), asked))
    assert "! Worse than guessing. 100.0 % of the requests have no readable answer" in worse
    right = [score(r, Response(r.id, r.answer)) for r in asked]
    better = unwrapped(summary.summarise(right, asked))
    assert "guessing" not in better


def test_a_long_or_hostile_model_name_does_not_break_the_tables():
    """It is cut, and escape sequences are not sent to the terminal."""
    name = "org/" + "\x1b[31m" + "very" * 20
    report = summary.summarise(runs.answered(CHOICES), CHOICES, model=name)
    text = summary.render(report, width=80)
    assert "\x1b" not in text
    assert max(map(len, text.split("\n"))) <= 80


def strata(seed):
    """Three tasks on forty videos whose questions hang together."""
    rng = random.Random(seed)  # noqa: S311 (a test's data)
    lean = {f"v{v}": rng.gauss(0, 1) for v in range(40)}
    return [
        Stratum(
            {
                name: [rng.random() < 1 / (1 + math.exp(-base - effect)) for _ in range(size)]
                for name, effect in lean.items()
                if (size := rng.randint(low, high))
            }
        )
        for base, low, high in ((0, 1, 6), (1, 0, 3), (-1, 2, 12))
    ]


def test_the_interval_of_a_mean_agrees_with_a_bootstrap_of_the_videos():
    """The same spread as drawing the forty videos anew, within a tenth."""
    parts = strata(3)
    found = unweighted_mean(parts)
    rng = random.Random(4)  # noqa: S311 (as above)
    means = []
    for _ in range(600):
        drawn = [f"v{rng.randrange(40)}" for _ in range(40)]
        shares = []
        for part in parts:
            hits = [hit for name in drawn for hit in part.hits.get(name, [])]
            shares.append(sum(hits) / len(hits))
        means.append(sum(shares) / 3)
    centre = sum(means) / len(means)
    spread = math.sqrt(sum((m - centre) ** 2 for m in means) / len(means))
    assert found.share == pytest.approx(sum(part.share for part in parts) / 3)
    half = (found.interval.high - found.interval.low) / 2
    assert half / Z_95 == pytest.approx(spread, rel=0.1)


def test_one_task_has_the_interval_of_its_clustered_error():
    """Wilson at the size of a plain sample with that variance, never above the requests."""
    hits = {"v": [True, True, True], "w": [False, False], "x": [True, False], "y": [False]}
    found = unweighted_mean([Stratum(hits)])
    size = 0.5 * 0.5 / clustered_error(list(hits.values())) ** 2
    assert found.interval == pytest.approx(wilson(0.5, size))
    even = {f"v{number}": [True, False] for number in range(9)} | {"w": [True]}
    assert unweighted_mean([Stratum(even)]).interval == pytest.approx(wilson(10 / 19, 19))


def test_a_mean_without_any_variation_counts_the_videos():
    """Dependence cannot be measured there, so none of it is denied."""
    same = Stratum({"v": [True] * 9, "w": [True] * 9})
    assert unweighted_mean([same]).interval == pytest.approx(wilson(1, 2))
    split_ = [Stratum({"v": [True] * 9, "w": [True]}), Stratum({"v": [False], "w": [False]})]
    assert unweighted_mean(split_).interval == pytest.approx(wilson(0.5, 2))


def test_means_leave_out_what_is_empty_and_know_when_there_is_nothing():
    """An empty task has no share; no task at all has no mean."""
    half, empty = Stratum({"v": [True, False], "w": [False, True]}), Stratum({})
    assert unweighted_mean([half, empty]).share == 0.5
    assert mean_of_means([[half], [empty], []]).share == 0.5
    nothing = unweighted_mean([])
    assert math.isnan(nothing.share)
    assert nothing.interval == (0, 1)


def test_unlisted_requests_count_as_not_right_on_videos_of_their_own():
    """They lower the share and do not pretend to be certain."""
    part = Stratum({"v": [True] * 4}, unlisted=4)
    assert (part.size, part.share) == (8, 0.5)
    found = unweighted_mean([part])
    assert found.interval.low < 0.5 < found.interval.high


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=60))
def test_an_interval_holds_its_mean_and_stays_in_range(rows):
    """Whatever the videos."""
    hits = {}
    for video, hit in rows:
        hits.setdefault(f"v{video}", []).append(hit)
    found = mean_of_means([[Stratum(hits)], [Stratum({"v0": [True, False]})]])
    assert 0 <= found.interval.low <= found.share + 1e-9
    assert found.share - 1e-9 <= found.interval.high <= 1
