"""The `evaluate` module gives the numbers of the report."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mmsi_video
from mmsi_video import metric

FOLDER = Path(mmsi_video.__file__).parent / "metrics" / "mmsi_video_accuracy"
OPTIONS = [["left", "right", "up", "down"], ["left", "right", "up", "down", "back"]] * 2
RESPONSES = ["The answer is B", "**C**", "dunno", None]
ANSWERS = ["B", "C", "A", "D"]


def test_the_numbers_of_plain_lists():
    """One right by the official parser, two by the others; the unanswered one counts."""
    result = metric.compute(RESPONSES, ANSWERS, options=OPTIONS)
    assert (result["accuracy"], result["accuracy_official"]) == (25.0, 25.0)
    assert result["accuracy_easi"] == result["accuracy_strict"] == 50.0
    assert [result[name] for name in ("expected", "right", "unparsed", "missing")] == [4, 1, 2, 1]
    assert (result["failure_rate"], result["chance"]) == (75.0, 22.5)
    assert result["slices"] == {}


def test_types_ids_and_clusters_add_slices_and_widen_the_interval():
    """question_0051 is in Robot: Manipulation; four questions on one video are one."""
    kinds = ["Planning", "Prediction", "(Cross-Video) Memory Update", "Planning"]
    ids = ["question_0051", "question_0000", "question_0001", "question_0002"]
    result = metric.compute(
        RESPONSES, ANSWERS, options=OPTIONS, types=kinds, ids=ids, clusters=["v"] * 4
    )
    assert result["slices"]["type"]["Planning"] == {"accuracy": 50.0, "expected": 2}
    assert result["slices"]["robot"]["Manipulation"]["expected"] == 1
    low, high = result["interval"]
    assert high - low > 60


def test_without_options_chance_is_unknown():
    """The strict parser then takes A to F."""
    result = metric.compute(["F"], ["F"])
    assert (result["chance"], result["accuracy_strict"]) == (None, 100.0)


def test_lists_of_other_lengths_double_ids_and_unknown_types_are_refused():
    """Each message names the argument."""
    with pytest.raises(ValueError, match=r"references \(1\) must be as many"):
        metric.compute(["A", "B"], ["A"])
    with pytest.raises(ValueError, match="ids must differ"):
        metric.compute(["A", "B"], ["A", "B"], ids=["q", "q"])
    with pytest.raises(KeyError, match="must be one of"):
        metric.compute(["A"], ["A"], types=["new"])


@pytest.mark.slow
def test_evaluate_loads_the_module_and_gives_the_same(tmp_path):
    """In a fresh interpreter, offline, with an empty cache."""
    code = (
        "import sys, json, evaluate; "
        f"m = evaluate.load({str(FOLDER)!r}); "
        f"print(json.dumps(m.compute(predictions={RESPONSES!r}, references={ANSWERS!r}, "
        f"options={OPTIONS!r})))"
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
    import json

    assert json.loads(done.stdout) == metric.compute(RESPONSES, ANSWERS, options=OPTIONS)
