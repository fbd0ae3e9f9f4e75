"""Which runs a folder holds: the newest complete one, every setting of it, and what is not."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.errors import SubmissionError
from sightline.leaderboard.submission.runs import is_limited, read_runs, survey

toy = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "leaderboard_fixtures.py")))
BOARD = toy.toy_board()
DATE = "20261121_233055"


def dated(folder, date):
    """The files of the toy's run under another date."""
    for path in sorted(folder.glob(f"{DATE}_*")):
        path.rename(path.with_name(path.name.replace(DATE, date)))


def told(found):
    """All findings as one text."""
    return "\n".join(one.line() for one in found.findings)


@pytest.mark.parametrize("setting", ["toy_plain", "toy_wide"])
def test_every_task_of_a_setting_makes_one_run(tmp_path, setting):
    """One task or a group of them; token counts of the lines go with the scores."""
    written = toy.toy_run(tmp_path / "org__toy", setting=setting)
    (run,) = read_runs(tmp_path, BOARD)
    assert (run.benchmark, run.setting, run.folder) == ("toy", setting, written.folder)
    assert [one.question_id for one in run.scores] == [one.question_id for one in written.scores]
    assert run.scores[0].details["input_tokens"] == 100
    assert run.scores[0].details["output_tokens"] == 2
    assert run.dataset == toy.DATASET
    assert run.results["model_name"] == "org/toy-1b"
    assert not is_limited(run)


def test_a_task_that_is_the_same_counts_as_the_setting(tmp_path):
    """`mmsi_video` is `mmsi_video_u50` by another name."""
    toy.toy_run(tmp_path, toy.toy_scores(task="toy"))
    (run,) = read_runs(tmp_path, BOARD)
    assert run.setting == "toy_plain"


def test_the_model_folder_and_a_file_of_the_run_name_it_too(tmp_path):
    """Whatever people copy from the screen."""
    home = tmp_path / "org__toy"
    toy.toy_run(home)
    for named in (home, home / f"{DATE}_results.json", home / f"{DATE}_samples_toy_plain.jsonl"):
        assert len(read_runs(named, BOARD)) == 1


def test_the_newest_run_is_taken_and_another_by_its_date(tmp_path):
    """By date, written as in file names or as in run ids."""
    toy.toy_run(tmp_path, toy.toy_scores("A"))
    dated(tmp_path, "20261120_000000")
    toy.toy_run(tmp_path, toy.toy_scores("B"))
    assert read_runs(tmp_path, BOARD)[0].scores[0].details["response"] == "B"
    older = read_runs(tmp_path, BOARD, date="20261120-000000")
    assert older[0].scores[0].details["response"] == "A"
    with pytest.raises(SubmissionError, match="has no run of 20200101_000000") as refused:
        read_runs(tmp_path, BOARD, date="20200101_000000")
    assert "20261120_000000" in refused.value.next_step


def test_a_limited_run_gives_way_to_an_older_whole_one_and_is_told(tmp_path):
    """Alone, it is taken: packing refuses it."""
    toy.toy_run(tmp_path, toy.toy_scores(["A", "B"]), config={"limit": 2})
    (partial,) = read_runs(tmp_path, BOARD)
    assert is_limited(partial)
    toy.toy_run(tmp_path / "whole")
    dated(tmp_path / "whole", "20261101_000000")
    for path in (tmp_path / "whole").iterdir():
        path.rename(tmp_path / path.name)
    (tmp_path / "whole").rmdir()
    found = survey(tmp_path, [BOARD])
    assert len(found.runs[0].scores) == 6
    assert f"the run of {DATE} was left aside: it asked some" in told(found)
    assert f"--run {DATE}" in told(found)


def test_a_missing_task_is_named(tmp_path):
    """A group without one of its samples files is no setting."""
    toy.toy_run(tmp_path, setting="toy_wide")
    (tmp_path / f"{DATE}_samples_toy_wide_still.jsonl").unlink()
    with pytest.raises(SubmissionError, match="there are no samples of toy_wide_still"):
        read_runs(tmp_path, BOARD)


def test_a_lost_rank_is_told(tmp_path):
    """Fewer lines than documents: the results are not whole."""
    toy.toy_run(tmp_path)
    path = tmp_path / f"{DATE}_samples_toy_plain.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(SubmissionError, match=r"must have 6 samples, but .* has 5"):
        read_runs(tmp_path, BOARD)


def test_a_run_that_did_not_end_is_told(tmp_path):
    """Samples without results."""
    toy.toy_run(tmp_path)
    (tmp_path / f"{DATE}_results.json").unlink()
    with pytest.raises(SubmissionError, match=r"results\.json is missing: the run did not end"):
        read_runs(tmp_path, BOARD)


def test_another_protocol_is_no_submission_to_the_setting(tmp_path):
    """The task's settings were changed on the command line."""
    toy.toy_run(tmp_path, toy.toy_scores(protocol="wider"))
    with pytest.raises(SubmissionError, match="its protocol is plain, but the run followed wider"):
        read_runs(tmp_path, BOARD)


def test_upstreams_own_samples_are_refused(tmp_path):
    """lmms-eval has tasks of the same names; their lines carry no score of ours."""
    toy.toy_run(tmp_path)
    path = tmp_path / f"{DATE}_samples_toy_plain.jsonl"
    path.write_text('{"doc_id": 0, "target": "A", "filtered_resps": "A"}\n')
    with pytest.raises(SubmissionError, match="it is no line of a task of ours"):
        read_runs(tmp_path, BOARD)


@pytest.mark.parametrize("name", ["question_0001.json", "responses-0.jsonl"])
def test_responses_that_tell_nothing_of_their_run_are_refused(tmp_path, name):
    """The next step names what works."""
    (tmp_path / name).write_text("{}")
    with pytest.raises(SubmissionError, match="only a run of our tasks") as refused:
        read_runs(tmp_path, BOARD)
    assert "sightline eval" in refused.value.next_step


def test_what_is_no_run_is_refused(tmp_path):
    """An empty folder, and none."""
    with pytest.raises(SubmissionError, match="holds no results of lmms-eval"):
        read_runs(tmp_path, BOARD)
    with pytest.raises(SubmissionError, match="must be the folder of a run"):
        read_runs(tmp_path / "gone", BOARD)


def test_several_models_must_be_told_apart(tmp_path):
    """Which one, the user must say."""
    for name in ("org__a", "org__b"):
        toy.toy_run(tmp_path / name)
    with pytest.raises(SubmissionError, match="has 2 folders of them"):
        read_runs(tmp_path, BOARD)


def test_tasks_of_nobody_and_second_runs_are_told(tmp_path):
    """Beside a whole setting they are no reason to stop."""
    toy.toy_run(tmp_path)
    same = tmp_path / f"{DATE}_samples_toy_plain.jsonl"
    for task in ("mmlu", "toy"):
        (tmp_path / f"{DATE}_samples_{task}.jsonl").write_bytes(same.read_bytes())
    found = survey(tmp_path, [BOARD])
    assert len(found.runs) == 1
    assert "task mmlu belongs to no setting" in told(found)
    assert "toy is another run of toy_plain, and was left aside" in told(found)


def test_a_question_twice_and_two_datasets_are_refused(tmp_path):
    """One response a question, one dataset a setting."""
    toy.toy_run(tmp_path, [*toy.toy_scores(), toy.toy_scores()[0]])
    with pytest.raises(SubmissionError, match="q-0 came more than once"):
        read_runs(tmp_path, BOARD)
    toy.toy_run(tmp_path / "wide", setting="toy_wide")
    path = tmp_path / "wide" / f"{DATE}_results.json"
    record = json.loads(path.read_text())
    record["configs"]["toy_wide_still"]["metadata"]["dataset"] = {"origin": "another"}
    path.write_text(json.dumps(record))
    with pytest.raises(SubmissionError, match="run on several datasets"):
        read_runs(tmp_path / "wide", BOARD)
