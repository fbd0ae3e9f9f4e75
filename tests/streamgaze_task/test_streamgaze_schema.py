"""The record of a question and what it makes a model be asked."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from streamgaze_task.schema import Request, Sample, TestPoint, Video

VIDEO = Video("OP01", "egtea", "media/a.mp4", None, "0", None, 300.0, 640, 480, "none", None)
POINTS = (TestPoint("01:00", 60.0, 0, 0), TestPoint("01:30", 90.0, 1, None))


def _sample(task: str, **changes) -> Sample:
    options = () if task in {"gta", "oaa"} else ("A. a", "B. b", "C. c", "D. d", "E. e")
    values = {"answer": None if not options else "C", "released_answer": "C", "time_seconds": 100.0}
    return Sample(f"{task}-0001", task, "?", options, video=VIDEO, **(values | changes))


@pytest.mark.parametrize(("task", "start"), [("nfi", 0.0), ("oie", 40.0), ("fap", 40.0)])
def test_a_question_is_one_request_with_its_familys_window(task, start):
    """Past from the start, present the last 60 seconds, both up to the question's time."""
    (request,) = _sample(task).requests()
    assert request.window == (start, 100.0)
    assert (request.id, request.answer, request.option_count) == (f"{task}-0001", "C", 5)
    assert request.point is None
    assert request.slices == {"task": task, "family": _sample(task).name.family}


def test_a_proactive_question_is_one_request_per_test_point():
    """Each is asked with the video from its start up to the point, not to the question's time."""
    first, second = _sample("gta", points=POINTS, answer=None).requests()
    assert (first.id, second.id) == ("gta-0001@0", "gta-0001@1")
    assert (first.window, second.window) == ((0.0, 60.0), (0.0, 90.0))
    assert (first.answer, second.answer) == ("NO", "YES")
    assert first.option_count == 2
    assert second.point == POINTS[1]
    assert second.cluster == "OP01"


def test_a_row_gives_the_sample_back():
    """Columns that a Sample does not need may be there."""
    sample = _sample("oaa", points=POINTS, answer=None, first_appearance_seconds=88.0)
    row = asdict(sample)
    row["test_points"] = row.pop("points")
    row["options"] = list(row["options"])
    assert Sample.from_row({**row, "extra": "{}"}) == sample
    assert Request(sample, 1).point is sample.points[1]
