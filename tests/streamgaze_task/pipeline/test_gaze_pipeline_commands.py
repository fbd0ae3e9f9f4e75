"""`sightline gaze recordings|run|review|merge|baselines`: their words, ends and decisions."""

from __future__ import annotations

import json
import runpy
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.cli import main
from streamgaze_task.pipeline.command import STAGES
from streamgaze_task.pipeline.lines import read
from streamgaze_task.pipeline.records import Judged, LabelledFixation
from streamgaze_task.pipeline.review.decisions import Decision, Decisions, write_decisions
from streamgaze_task.pipeline.review.rows import seen_digest
from streamgaze_task.pipeline.stages import NAMES

small = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("small_recordings.py"))))

COMMANDS = ("recordings", "run", "review", "merge", "baselines")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished run; read-only."""
    path = small.copy(small.made(tmp_path_factory), tmp_path_factory.mktemp("whole") / "raw")
    assert main(["gaze", "run", str(path)]) == 0
    return path.parent


@pytest.fixture
def run(whole, tmp_path):
    """A copy of the finished run; its configuration."""
    shutil.copytree(whole, tmp_path / "raw", copy_function=shutil.copy2)
    return tmp_path / "raw/config.yaml"


def said(capsys, *words):
    """Status of a command, and all that it said, as one line."""
    status = main(["gaze", *map(str, words)])
    told = capsys.readouterr()
    return status, " ".join((told.out + told.err).split())


# --- words and ends -----------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command, capsys):
    """And the example is of that command."""
    with pytest.raises(SystemExit) as ended:
        main(["gaze", command, "--help"])
    told = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"example:\n  sightline gaze {command} " in told


def test_the_overview_names_them_all(capsys):
    """With a line for each."""
    with pytest.raises(SystemExit):
        main(["gaze", "--help"])
    told = capsys.readouterr().out
    first = {line.split()[0] for line in told.splitlines() if line.startswith("    ")}
    assert set(COMMANDS) <= first


def test_the_stages_of_the_command_are_those_of_the_run():
    """The command line does not import them."""
    assert STAGES == NAMES


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "{empty}/none.yaml"), "cannot be read"),
        (("run", "{raw}", "--workers", "0"), "--workers (0) must be >= 1"),
        (("review", "{raw}", "--out", "{empty}/page", "--only", "nobody"), "--only (nobody)"),
        (("review", "{raw}", "--out", "{folder}"), "not an empty folder"),
        (("merge", "{raw}", "{empty}/none.json"), "none.json cannot be read"),
        (("merge", "{raw}", "{raw}"), "must be JSON"),
        (("baselines", "{empty}"), "has no qa/*.json"),
        (("recordings", "{folder}"), "not an empty folder"),
        (("recordings", "{empty}/new", "--seconds", "1"), "seconds (1.0) must be from 5"),
    ],
)
def test_what_cannot_work_ends_with_a_status_and_a_reason(run, tmp_path, capsys, words, told):
    """On one line, without a traceback; nothing is written."""
    empty = tmp_path / "empty"
    empty.mkdir()
    places = {"empty": empty, "raw": run, "folder": run.parent}
    before = small.times(run.parent)
    status, text = said(capsys, *(word.format(**places) for word in words))
    assert status != 0
    assert told in text
    assert "Traceback" not in text
    assert small.times(run.parent) == before
    assert list(empty.iterdir()) == []


def test_merging_before_a_run_says_to_run_first(tmp_path_factory, tmp_path, capsys):
    """There can be no decisions yet."""
    path = small.copy(small.made(tmp_path_factory), tmp_path / "raw")
    status, text = said(capsys, "merge", path, path)
    assert status != 0
    assert "nothing of this configuration was made yet next: sightline gaze run" in text


def test_baselines_of_a_release(run, capsys):
    """A table of the tasks that it has."""
    status, text = said(capsys, "baselines", run.parent / "benchmark/release")
    assert status == 0
    assert "OI-E" in text


# --- decisions ----------------------------------------------------------------------------------


def labels_of(path, recording_id):
    """Labels of a run."""
    return read(small.of_stage(path.parent / "benchmark", "labels", recording_id), LabelledFixation)


def judged_of(path, recording_id):
    """Questions of a run, with what dropped them."""
    return read(small.of_stage(path.parent / "benchmark", "judged", recording_id), Judged)


def decision(record, recording_id, verdict, **more):
    """What a person says of a record."""
    kind, number = (
        ("question", record.question.id)
        if isinstance(record, Judged)
        else (
            "fixation",
            record.number,
        )
    )
    at = "2026-11-21T10:00:00.000Z"
    settings = {"seen": seen_digest(record), "reviewer": "anna", **more}
    return Decision(kind, recording_id, number, verdict=verdict, at=at, **settings)


def merge_and_run(path, *decisions):
    """Take decisions over, and run again."""
    file = path.parent / "decisions-anna.json"
    write_decisions(file, Decisions("rendered-gaze", "", "anna", decisions))
    assert main(["gaze", "merge", str(path), str(file)]) == 0
    assert main(["gaze", "run", str(path)]) == 0
    return json.loads((path.parent / "benchmark/report.json").read_text())


def test_another_name_of_an_object_reaches_episodes_and_questions(run):
    """And nothing of the other recordings but what needs the words of all."""
    out = run.parent / "benchmark"
    before = small.times(out)
    one = labels_of(run, small.TABLE)[0]
    report = merge_and_run(run, decision(one, small.TABLE, "edit", edits={"gazed": "violin"}))
    episodes = small.rows(small.of_stage(out, "episodes", small.TABLE))
    (found,) = [episode for episode in episodes if one.number in episode["fixations"]]
    assert found["gazed"]["name"] == "violin"
    told = small.of_stage(out, "questions", small.TABLE).read_text()
    assert "violin" in told
    after = small.times(out)
    again = {name for name in after if after[name] != before.get(name)}
    early = {f"work/{stage}/{each}.jsonl" for stage in small.STAGES[:5] for each in small.VIDEOS}
    assert again & early == {f"work/episodes/{small.TABLE}.jsonl"}
    assert report["outdated_decisions"] == 0


def test_a_rejected_question_leaves_the_release(run):
    """Only its own recording's file is made again, and the release."""
    out = run.parent / "benchmark"
    before = small.times(out)
    one = next(each for each in judged_of(run, small.TABLE) if not each.dropped)
    report = merge_and_run(run, decision(one, small.TABLE, "reject", note="blurred"))
    (now,) = [each for each in judged_of(run, small.TABLE) if each.question.id == one.question.id]
    assert (now.dropped, now.reason) == ("review", "blurred")
    assert report["questions"][one.question.task]["dropped"]["review"] == 1
    assert report["outdated_decisions"] == 0
    asked = [json.loads(path.read_text()) for path in (out / "release/qa").glob("*.json")]
    assert sum(map(len, asked)) == sum(task["kept"] for task in report["questions"].values())
    after = small.times(out)
    again = {name for name in after if after[name] != before.get(name)}
    others = {each for each in small.VIDEOS if each != small.TABLE}
    assert not {n for n in again if n.startswith("work/") and Path(n).stem in others}


def test_an_edited_question_is_not_outdated_by_its_own_edit(run):
    """It counts as applied, in every later run too."""
    one = next(each for each in judged_of(run, small.TABLE) if each.question.answer)
    edits = {"answer": "an accordion"}
    report = merge_and_run(run, decision(one, small.TABLE, "edit", edits=edits))
    (now,) = [each for each in judged_of(run, small.TABLE) if each.question.id == one.question.id]
    assert now.question.answer == "an accordion"
    assert report["outdated_decisions"] == 0
    assert main(["gaze", "run", str(run)]) == 0
    assert json.loads((run.parent / "benchmark/report.json").read_text()) == report


def test_decisions_that_no_longer_hold_are_counted_and_not_applied(run, capsys):
    """What the person saw has changed since; the run says how many there are."""
    label, one = labels_of(run, small.TABLE)[0], judged_of(run, small.EGTEA)[0]
    before = judged_of(run, small.EGTEA)
    report = merge_and_run(
        run,
        decision(label, small.TABLE, "edit", edits={"gazed": "violin"}, seen="0" * 64),
        decision(one, small.EGTEA, "reject", seen="1" * 64),
    )
    assert report["outdated_decisions"] == 2
    assert "2 decisions of reviewers not applied" in " ".join(capsys.readouterr().out.split())
    assert judged_of(run, small.EGTEA) == before
    assert (
        "violin"
        not in small.of_stage(run.parent / "benchmark", "episodes", small.TABLE).read_text()
    )
    (run.parent / "benchmark/decisions.json").unlink()
    assert main(["gaze", "run", str(run)]) == 0
    report = json.loads((run.parent / "benchmark/report.json").read_text())
    assert report["outdated_decisions"] == 0


def test_a_merge_that_is_only_tried_writes_nothing(run, capsys):
    """It says what the files hold."""
    file = run.parent / "decisions-anna.json"
    one = decision(labels_of(run, small.TABLE)[0], small.TABLE, "accept")
    write_decisions(file, Decisions("rendered-gaze", "", "anna", (one,)))
    status, text = said(capsys, "merge", run, file, "--dry-run")
    assert (status, "1 decisions by anna" in text) == (0, True)
    assert not (run.parent / "benchmark/decisions.json").exists()


def test_decisions_about_another_benchmark_are_refused(run, capsys):
    """Ids of two benchmarks may be alike."""
    file = run.parent / "decisions-anna.json"
    one = decision(labels_of(run, small.TABLE)[0], small.TABLE, "accept")
    write_decisions(file, Decisions("kitchen", "", "anna", (one,)))
    status, text = said(capsys, "merge", run, file)
    assert status == 2
    assert "decisions about 'kitchen'" in text
    assert not (run.parent / "benchmark/decisions.json").exists()


def test_decisions_without_a_benchmarks_name_are_refused(run, capsys):
    """They would be taken over, and then no others with them."""
    file = run.parent / "decisions-anna.json"
    write_decisions(file, Decisions("", "", "anna", ()))
    status, text = said(capsys, "merge", run, file)
    assert status == 2
    assert "has decisions about ''" in text
    assert "next: give the configuration" in text
    assert not (run.parent / "benchmark/decisions.json").exists()


# --- a labeller that does not answer ------------------------------------------------------------


def write_garbage(path):
    """Answers that are none, however often one asks."""
    keys = [f"{key}{more}" for key, _ in small.answer_lines() for more in ("", *AGAIN)]
    lines = [json.dumps({"key": key, "text": "I see."}) for key in keys]
    path.write_text("\n".join(lines) + "\n")


AGAIN = [f"/again/{number}" for number in range(1, 5)]


def test_no_question_left_is_no_release(tmp_path_factory, tmp_path, capsys):
    """The status says so, and the report where everything was lost; then it is asked again."""
    path = small.copy(small.made(tmp_path_factory), tmp_path / "raw")
    answers = path.parent / "answers.jsonl"
    good = answers.read_text()
    write_garbage(answers)
    status, text = said(capsys, "run", path)
    out = path.parent / "benchmark"
    report = json.loads((out / "report.json").read_text())
    assert status == 1
    assert not (out / "release").exists()
    assert report["released"] is False
    assert "no question is left, so there is no release" in text
    assert "next: sightline build" not in text
    labels, views = (sum(report[name].values()) for name in ("label_problems", "view_problems"))
    assert labels > 0
    assert views == report["views"] > 0
    told = f"no answer that could be used for {labels} labels and {views} views"
    assert told in text
    assert "--retry-problems" in text
    page = (out / "report.html").read_text()
    assert told in page
    assert "--retry-problems" in page
    assert "No question is left" in page
    answers.write_text(good)
    text = small.run("gaze", "run", path, "--retry-problems").stdout  # this process keeps answers
    assert "next: sightline build" in text
    assert "no answer that" not in text


def test_an_earlier_release_stays_and_is_not_taken_for_this_one(run, capsys):
    """It is whole; the run says of which one it is."""
    release = run.parent / "benchmark/release"
    before = small.contents(release)
    write_garbage(run.parent / "answers.jsonl")
    status, text = said(capsys, "run", run)
    assert status == 1
    assert "release is of an earlier run, and not of this one" in text
    assert small.contents(release) == before


def test_decisions_that_cannot_be_applied_are_not_taken_over(run, capsys):
    """Nothing of the file is; it is named with the record."""
    file = run.parent / "decisions-anna.json"
    label = labels_of(run, small.TABLE)[0]
    one = next(each for each in judged_of(run, small.TABLE) if each.question.answer)
    bad = decision(one, small.TABLE, "edit", edits={"wrong": ("a", "a", "a")})
    good = decision(label, small.TABLE, "accept")
    write_decisions(file, Decisions("rendered-gaze", "", "anna", (good, bad)))
    for more in ((), ("--dry-run",)):
        status, text = said(capsys, "merge", run, file, *more)
        assert status == 2
        assert f"decisions-anna.json: the edit of question {one.question.id} of" in text
        assert "4 different ones" in text
        assert not (run.parent / "benchmark/decisions.json").exists()


def test_what_is_outdated_is_listed_before_it_is_taken_over(run, capsys):
    """And by the report of the run; a date in the future, too."""
    file = run.parent / "decisions-anna.json"
    label = labels_of(run, small.TABLE)[0]
    old = decision(label, small.TABLE, "edit", edits={"gazed": "violin"}, seen="0" * 64)
    elsewhere = decision(label, "renamed", "reject")
    late = replace(decision(label, small.TABLE, "accept"), at="9999-12-31T23:59:59Z")
    write_decisions(file, Decisions("rendered-gaze", "", "anna", (old, elsewhere, late)))
    status, text = said(capsys, "merge", run, file, "--dry-run")
    assert status == 0
    assert "2 decisions are not applied:" in text
    assert f"of {small.TABLE}, edit to {{" in text
    assert "of renamed, reject by anna: nothing was made" in text
    assert "1 decisions are dated in the future" in text
    assert said(capsys, "merge", run, file)[0] == 0
    assert main(["gaze", "run", str(run)]) == 0
    report = json.loads((run.parent / "benchmark/report.json").read_text())
    assert report["outdated_decisions"] == 2
    assert [("violin" in one, "renamed" in one) for one in report["decisions_not_applied"]] == [
        (True, False),
        (False, True),
    ]
