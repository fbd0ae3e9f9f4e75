"""Decisions beside the records of a run: refused, told or applied, and never in its way."""

from __future__ import annotations

import json
import runpy
import shutil
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.cli import main
from sightline.errors import UsageError
from streamgaze_task.pipeline.config import read_config
from streamgaze_task.pipeline.outdated import (
    NOT_MADE,
    Outdated,
    all_outdated,
    check_new,
    outdated_of,
)
from streamgaze_task.pipeline.records import Judged, LabelledFixation
from streamgaze_task.pipeline.review.applying import CHANGED, GONE
from streamgaze_task.pipeline.review.decisions import Decision, Decisions, merge, write_decisions
from streamgaze_task.pipeline.review.rows import seen_digest
from streamgaze_task.pipeline.run import sources_of, task_of

small = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("small_recordings.py"))))
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished run; read-only."""
    path = small.copy(small.made(tmp_path_factory), tmp_path_factory.mktemp("whole") / "raw")
    assert main(["gaze", "run", str(path)]) == 0
    return path


def tasks_of(path):
    """Its recordings."""
    config = read_config(path)
    return [task_of(config, source) for source in sources_of(config)]


def task_named(tasks, name):
    """One of them."""
    return next(task for task in tasks if task.source.recording_id == name)


def said(record, recording_id, verdict, **more):
    """What Anna says of a record."""
    asked = isinstance(record, Judged)
    kind, number = ("question", record.question.id) if asked else ("fixation", record.number)
    at = "2026-11-21T10:00:00.000Z"
    settings = {"at": at, "seen": seen_digest(record), "reviewer": "anna", **more}
    return Decision(kind, recording_id, number, verdict=verdict, **settings)


def file_of(*decisions):
    """What one file says."""
    return Decisions("rendered-gaze", "", "anna", decisions)


def told_of(tasks, *decisions, before=()):
    """What taking them over tells."""
    new = file_of(*decisions)
    merged = merge([file_of(*before), new])
    return check_new(tasks, [(Path("anna.json"), new)], merged, now=NOW)


def first_with(task, *, points):
    """A question of that kind."""
    return next(one for one in task.read("judged", Judged) if bool(one.question.points) == points)


UNFIT = {
    "options": (False, {"wrong": ("a", "b", "B ")}, "4 different ones"),
    "no points": (False, {"points": ((20, True),)}, "has test points, and no other has"),
    "at nothing": (True, {"points": ((0, True),)}, "must lie after"),
    "after the video": (True, {"points": ((41, True),)}, "not after 40 s"),
    "text": (True, {"text": "\u200b"}, "1 to 1000 characters"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_an_edit_that_cannot_be_applied_is_refused_by_name(whole, what):
    """With file, record and what is wrong; and what to do."""
    tasks = tasks_of(whole)
    task = next(
        each
        for each in tasks
        if any(bool(one.question.points) == UNFIT[what][0] for one in each.read("judged", Judged))
    )
    points, edits, words = UNFIT[what]
    record = first_with(task, points=points)
    with pytest.raises(UsageError) as caught:
        told_of(tasks, said(record, task.source.recording_id, "edit", edits=edits))
    found = str(caught.value)
    assert found.startswith(f"anna.json: the edit of question {record.question.id} of ")
    assert words in found
    assert "decide about that record again" in found


def test_a_name_that_is_none_is_refused(whole):
    """As a labeller's would be."""
    tasks = tasks_of(whole)
    label = task_named(tasks, small.TABLE).read("labels", LabelledFixation)[0]
    with pytest.raises(UsageError, match="'the object' is no name of an object"):
        told_of(tasks, said(label, small.TABLE, "edit", edits={"gazed": "the object"}))


def test_what_will_not_be_applied_is_told_with_why(whole):
    """What was decided, too; what fits is not."""
    tasks = tasks_of(whole)
    label = task_named(tasks, small.TABLE).read("labels", LabelledFixation)[0]
    fits = said(label, small.TABLE, "edit", edits={"gazed": "violin"})
    assert told_of(tasks, fits) == ""
    told = told_of(
        tasks,
        fits,
        said(label, small.TABLE, "edit", edits={"gazed": "horn"}, seen="0" * 64),
        Decision("question", small.TABLE, "x/oie/9", "1" * 64, "reject", fits.at),
        said(label, "../../x\x1b", "reject"),
    )
    edit = f'fixation {label.number} of {small.TABLE}, edit to {{"gazed": "horn"}} by anna'
    assert told.splitlines() == [
        "3 decisions are not applied:",
        f"  {edit}: {CHANGED}",
        f"  question x/oie/9 of {small.TABLE}, reject by nobody: {GONE}",
        f"  fixation {label.number} of ../../x\\x1b, reject by anna: {NOT_MADE}",
    ]


def test_a_date_in_the_future_is_told(whole):
    """Beyond a day: clocks and time zones differ. Those taken over before are looked at, too."""
    tasks = tasks_of(whole)
    first, second, *_ = task_named(tasks, small.TABLE).read("labels", LabelledFixation)
    soon = said(first, small.TABLE, "accept", at="2026-11-22T11:59:00+00:00")
    late = said(second, small.TABLE, "reject", at="9999-12-31T23:59:59Z")
    assert told_of(tasks, soon) == ""
    told = told_of(tasks, soon, before=[late])
    assert "1 decisions are dated in the future" in told
    assert f"fixation {second.number} of {small.TABLE}, reject by anna, 9999-12-31" in told


def test_a_run_goes_on_without_what_it_cannot_apply(whole, tmp_path):
    """Decisions of an earlier version, of which nobody knew: noted, with why; the rest is applied.

    A later decision about a record that this run changed is none of what is told as outdated.
    """
    shutil.copytree(whole.parent, tmp_path / "raw", copy_function=shutil.copy2)
    path = tmp_path / "raw" / whole.name
    tasks = tasks_of(path)
    task = task_named(tasks, small.TABLE)
    label = task.read("labels", LabelledFixation)[0]
    kept = [one for one in task.read("judged", Judged) if one.question.answer and not one.dropped]
    good, bad = kept[:2]
    decided = (
        said(label, small.TABLE, "edit", edits={"gazed": "the object"}),
        said(good, small.TABLE, "reject"),
        said(bad, small.TABLE, "edit", edits={"wrong": ("a", "a", "a")}),
        said(label, "gone", "reject"),
    )
    write_decisions(tasks[0].config.decisions, file_of(*decided))
    assert main(["gaze", "run", str(path)]) == 0
    noted = {one.id: one for one in outdated_of(task)}
    assert noted.keys() == {str(label.number), bad.question.id}
    assert "is no name of an object" in noted[str(label.number)].why
    assert "4 different ones" in noted[bad.question.id].why
    assert [one.why for one in all_outdated(tasks)][2:] == [NOT_MADE]
    now = {one.question.id: one for one in task.read("judged", Judged)}
    assert now[good.question.id].dropped == "review"
    assert now[bad.question.id].question == bad.question
    later = said(good, small.TABLE, "accept", reviewer="ben", at="2026-11-21T11:00:00Z")
    told = told_of(tasks, later, before=decided)
    assert told.startswith("3 decisions are not applied:\n")
    assert good.question.id not in told


def test_notes_of_an_earlier_version_are_read(whole, tmp_path):
    """They said less."""
    shutil.copytree(whole.parent, tmp_path / "raw", copy_function=shutil.copy2)
    task = task_named(tasks_of(tmp_path / "raw" / whole.name), small.TABLE)
    row = {"kind": "fixation", "id": "3", "verdict": "reject", "reviewer": "anna"}
    task.path("outdated").parent.mkdir(parents=True, exist_ok=True)
    task.path("outdated").write_text('{"key": ""}\n' + json.dumps(row) + "\n", encoding="utf-8")
    (found,) = outdated_of(task)
    assert found == Outdated("fixation", "3", "reject", "anna", small.TABLE)
    assert found.text() == f"fixation 3 of {small.TABLE}, reject: {CHANGED}"
