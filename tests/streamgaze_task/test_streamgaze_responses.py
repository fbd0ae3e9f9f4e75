"""What runs leave behind, read back and scored again."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.errors import DatasetError, ResponsesError
from sightline.records import ERROR_MARK, Response
from streamgaze_task import responses, summary
from streamgaze_task.scoring import METRIC, score

written = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("written_runs.py"))))
runs, SAMPLES, ASKED = written.runs, written.SAMPLES, written.ASKED


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A dataset of three questions a task."""
    return written.write_dataset(tmp_path_factory.mktemp("data"), SAMPLES)


def test_our_responses_of_two_ranks(tmp_path, built):
    """Text, error and what is never asked; further fields become details."""
    written.write_lines(
        tmp_path / "responses-0.jsonl",
        [
            {"question_id": "nfi-0000", "text": "A", "frame_indices": [0, 2]},
            {"question_id": "gta-0001@3", "text": f"{ERROR_MARK}out of memory"},
        ],
    )
    rows = [{"question_id": "oaa-0000@0", "text": None, "error": "no file"}]
    written.write_lines(tmp_path / "responses-1.jsonl", rows)
    run = responses.read_run(tmp_path, built)
    assert [one.outcome.value for one in run.scores] == ["right", "error", "error"]
    assert [one.error for one in run.scores] == [None, "out of memory", "no file"]
    assert run.scores[0].details["frame_indices"] == [0, 2]
    report = summary.score_file(tmp_path, dataset=built, protocol="text/grid-32", model="m")
    assert (report["overall"]["expected"], report["overall"]["missing"]) == (54, 51)
    assert (report["model"], report["gaze_prompt"]) == ("m", "text")


def test_our_responses_need_the_dataset(tmp_path):
    """They hold no answers, and the message says what to add."""
    path = written.write_lines(tmp_path / "responses.jsonl", [{"question_id": "q", "text": "A"}])
    with pytest.raises(ResponsesError, match="without answers\n  next: add --dataset"):
        responses.read_run(path)


def test_a_request_that_is_not_in_the_dataset_or_comes_twice_is_refused(tmp_path, built):
    """With the line."""
    path = written.write_lines(
        tmp_path / "responses.jsonl", [{"question_id": "gta-0000", "text": "A"}]
    )
    with pytest.raises(ResponsesError, match=r"line 1: question \('gta-0000'\) is not in the"):
        responses.read_run(path, built)
    written.write_lines(path, [{"question_id": "nfi-0000", "text": "A"}] * 2)
    with pytest.raises(ResponsesError, match="nfi-0000 came more than once"):
        responses.read_run(path, built)


def test_our_samples_are_scored_again_from_what_is_inside(tmp_path):
    """Up to ten files are one run; stale predictions do not count; no dataset is needed."""
    folder = written.write_run(tmp_path / "org__tiny", gaze_prompt="visual", sampling="grid")
    path = folder / "20260101_120000_samples_streamgaze_nfi.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0][METRIC]["predictions"]["reference"] = "D"
    written.write_lines(path, lines)
    run = responses.read_run(tmp_path)
    expected = [r for r in ASKED if r.sample.task in ("gta", "nfi")]
    told = {one.question_id: one for one in runs.answered(expected)}
    assert {one.question_id for one in run.scores} == set(told)
    assert all(one.predictions == told[one.question_id].predictions for one in run.scores)
    assert run.expected == {"nfi": 3, "gta": 15}
    assert (run.model, run.notes) == ("org__tiny", ())
    report = summary.score_file(tmp_path)
    assert (report["gaze_prompt"], report["model"]) == ("visual", "org__tiny")
    assert report["tasks_absent"][0] == "otp"


def test_the_stated_number_of_requests_is_the_denominator(tmp_path, built):
    """One line of three; with the dataset all requests of the task, and no other task."""
    path = written.write_run(tmp_path / "m") / "20260101_120000_samples_streamgaze_gta.jsonl"
    written.write_lines(path, [json.loads(line) for line in path.read_text().splitlines()][:4])
    assert responses.read_run(path).expected == {"gta": 15}
    run = responses.read_run(path, built)
    assert [request.id for request in run.expected] == [
        request.id for request in ASKED if request.sample.task == "gta"
    ]
    report = summary.score_file(path, dataset=built)
    assert (report["tasks"]["gta"]["missing"], len(report["tasks_absent"])) == (11, 9)


@pytest.mark.parametrize("stated", [{}, {"expected": 2}, {"expected": "3"}])
def test_samples_that_do_not_tell_their_number_need_the_dataset(tmp_path, built, stated):
    """Never just those that are here."""
    asked = [request for request in ASKED if request.sample.task == "nfi"]
    path = written.write_lines(tmp_path / "a.jsonl", written.ours(runs.answered(asked, **stated)))
    with pytest.raises(ResponsesError, match=r"nfi do not tell how many .*\n  next: add --dataset"):
        responses.read_run(path)
    assert len(responses.read_run(path, built).expected) == 3


def test_samples_that_state_two_numbers_need_the_dataset(tmp_path):
    """A file of two runs."""
    asked = [request for request in ASKED if request.sample.task == "nfi"]
    scores = runs.answered(asked[:2], expected=3) + runs.answered(asked[2:], expected=4)
    path = written.write_lines(tmp_path / "a.jsonl", written.ours(scores))
    with pytest.raises(ResponsesError, match=r"\(3, 4; 3 are here\)"):
        responses.read_run(path)


def test_a_folder_with_two_gaze_prompts_or_two_dates_is_refused_and_files_are_not(tmp_path):
    """Both runs are named; a list of files is taken as it is."""
    folder = written.write_run(written.write_run(tmp_path / "m"), way="streamgaze_text")
    with pytest.raises(
        ResponsesError, match=r"samples of 2 runs: streamgaze in m, streamgaze_text in m"
    ):
        responses.read_run(folder)
    files = sorted(folder.glob("*streamgaze_text_*.jsonl"))
    assert responses.read_run(files).expected == {"nfi": 3, "gta": 15}
    for file in files:
        file.rename(folder / file.name.replace("1200", "1300").replace("_text", ""))
    with pytest.raises(ResponsesError, match="several samples files of one task: 20260101_120000"):
        responses.read_run(folder)


def test_samples_of_two_models_are_not_one_run(tmp_path):
    """The folders are named."""
    written.write_run(tmp_path / "a")
    written.write_run(tmp_path / "b")
    with pytest.raises(ResponsesError, match="streamgaze in a, streamgaze in b"):
        responses.read_run(tmp_path)


def test_missing_and_failed_samples_stay_so(tmp_path):
    """Scoring again cannot turn them into answers."""
    scores = [
        score(ASKED[0], None, details={"expected": 3}),
        score(ASKED[1], Response(ASKED[1].id, None, error="boom"), details={"expected": 3}),
    ]
    path = written.write_lines(tmp_path / "a.jsonl", written.ours(scores))
    assert [(o.outcome.value, o.error) for o in responses.read_run(path).scores] == [
        ("missing", None),
        ("error", "boom"),
    ]


def test_another_datasets_samples_are_refused(tmp_path, built):
    """By answer, and by the times of a test point."""
    other = runs.sample("nfi", 0, answer="C").requests()
    path = written.write_lines(tmp_path / "a.jsonl", written.ours(runs.answered(other)))
    with pytest.raises(ResponsesError, match=r"line 1: .* nfi-0000 .* answer 'C' and 'A'"):
        responses.read_run(path, built)
    later = runs.sample("gta", 0, points=runs.points(first=152.0)).requests()
    written.write_lines(path, written.ours(runs.answered(later)))
    with pytest.raises(ResponsesError, match="of gta-0000@0 is not what the dataset says"):
        responses.read_run(path, built)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "perhaps"}, "'perhaps' is not a valid Outcome"),
        ({"details": {}}, "KeyError\\('options'\\)"),
        ({"details": {"options": ["a", "b"]}}, "KeyError\\('released_answer'\\)"),
        ({"slices": {}}, "KeyError\\('task'\\)"),
        ({"slices": {"task": "new"}}, "'new'"),
        ({"slices": {"task": ["nfi"]}}, "unhashable"),
        ({"answer": "Z"}, "must be the letter"),
        ({"predictions": 5}, "TypeError"),
    ],
)
def test_a_damaged_sample_is_told_with_its_line(tmp_path, change, message):
    """Each field that scoring relies on is checked."""
    lines = written.ours(runs.answered(ASKED[:2], expected=3))
    lines[1][METRIC] |= change
    path = written.write_lines(tmp_path / "a.jsonl", lines)
    with pytest.raises(ResponsesError, match=f"(?s)line 2: .*{message}"):
        responses.read_run(path)


def test_a_sample_without_its_response_is_told(tmp_path):
    """It was answered, but the text is gone."""
    lines = written.ours(runs.answered(ASKED[:1], expected=3))
    del lines[0][METRIC]["details"]["response"]
    path = written.write_lines(tmp_path / "a.jsonl", lines)
    with pytest.raises(ResponsesError, match=r"line 1: response \(None\) must be text"):
        responses.read_run(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        (b'{"a": 1}\n', "keys \\['a'\\] are neither"),
        (b"[1]\n", "line 1: must be an object, but is list"),
        (b'{"question_id": "q"', "line 1: not JSON"),
    ],
)
def test_an_unreadable_file_is_told_with_its_line(tmp_path, text, message):
    """Empty, foreign, cut short."""
    path = tmp_path / "file.jsonl"
    path.write_bytes(text)
    with pytest.raises(ResponsesError, match=message):
        responses.read_run(path)


def test_no_run_or_two_kinds_of_run_in_a_folder(tmp_path, built):
    """What is there is counted; empty samples files are no run either."""
    with pytest.raises(ResponsesError, match="must hold one run: it has 0 responses"):
        responses.read_run(tmp_path)
    written.write_run(tmp_path)
    written.write_results(tmp_path)
    with pytest.raises(ResponsesError, match=r"2 samples file.* and 2 result file"):
        responses.read_run(tmp_path)
    empty = [written.write_lines(tmp_path / "x_samples_streamgaze_nfi.jsonl", [])]
    with pytest.raises(ResponsesError, match="no line at all"):
        responses.read_run(empty, built)
    with pytest.raises(DatasetError, match=r"has no \*\.parquet with rows"):
        responses.read_run(tmp_path, tmp_path / "none")
