"""The `evaluate` module gives the numbers of the report."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import streamgaze_task
from streamgaze_task import metric

FOLDER = Path(streamgaze_task.__file__).parent / "metrics" / "streamgaze_accuracy"
RESPONSES = ["A person looks at it, so C.", "B", "dunno", None, "Yes, now", "No"]
ANSWERS = ["C", "B", "A", "D", "NO", "yes"]
TASKS = ["oie", "OI-E", "nfi", "nfi", "gta", "GTA"]
OPTIONS = [["cup", "pan", "jar", "box"]] * 4 + [[], []]


def test_the_numbers_of_plain_lists():
    """Three tasks of two requests; the one that was never answered counts."""
    result = metric.compute(RESPONSES, ANSWERS, TASKS, options=OPTIONS)
    assert result["tasks"] == {
        "nfi": {"accuracy": 0, "expected": 2},
        "oie": {"accuracy": 50, "expected": 2},
        "gta": {"accuracy": 50, "expected": 2},
    }
    assert result["accuracy"] == result["accuracy_reference"] == pytest.approx(100 / 3, abs=1e-3)
    assert result["accuracy_strict"] == pytest.approx(100 / 3, abs=1e-3)
    assert result["micro"] == pytest.approx(100 / 3, abs=1e-3)
    assert result["families"]["present"] == {"accuracy": 50, "expected": 2}
    assert [result[name] for name in ("expected", "unparsed", "missing")] == [6, 1, 1]
    assert result["chance"] == pytest.approx(100 / 3, abs=1e-3)
    assert set(result["alerts"]) == {"gta", "together"}
    assert result["alerts"]["gta"]["recall"] == 0


def test_without_options_chance_is_unknown():
    """The strict parser then takes A to F."""
    result = metric.compute(["F"], ["F"], ["sr"])
    assert (result["chance"], result["accuracy_strict"], result["alerts"]) == (None, 100, {})


def test_videos_widen_the_interval():
    """Requests on one video are one observation."""
    many = ["A", "A", "B", "B"] * 10
    apart = metric.compute(many, ["A"] * 40, ["oar"] * 40)["interval"]
    together = metric.compute(
        many, ["A"] * 40, ["oar"] * 40, videos=["v" if r == "A" else "w" for r in many]
    )["interval"]
    assert together[1] - together[0] > apart[1] - apart[0]


def test_lists_of_other_lengths_unknown_tasks_and_answers_are_refused():
    """Each message names the argument."""
    with pytest.raises(ValueError, match=r"references \(1\) must be as many"):
        metric.compute(["A", "B"], ["A"], ["oie", "oie"])
    with pytest.raises(ValueError, match=r"task \('new'\) must be one of: nfi"):
        metric.compute(["A"], ["A"], ["new"])
    with pytest.raises(ValueError, match=r"answer \('A'\) must be YES or NO"):
        metric.compute(["A"], ["A"], ["gta"])


@pytest.mark.slow
def test_evaluate_loads_the_module_and_gives_the_same(tmp_path):
    """In a fresh interpreter, offline, with an empty cache."""
    code = (
        "import sys, json, evaluate; "
        f"m = evaluate.load({str(FOLDER)!r}); "
        f"print(json.dumps(m.compute(predictions={RESPONSES!r}, references={ANSWERS!r}, "
        f"tasks={TASKS!r}, options={OPTIONS!r})))"
    )
    quiet = {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | quiet,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found == metric.compute(RESPONSES, ANSWERS, TASKS, options=OPTIONS)
