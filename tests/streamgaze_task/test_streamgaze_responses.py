"""What runs leave behind, read back and scored again."""

import json
import runpy
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sightline.errors import DatasetError, ResponsesError
from sightline.jsonl import read_list
from sightline.records import ERROR_MARK, Response
from streamgaze_task import responses, summary
from streamgaze_task.scoring import METRIC, score
from streamgaze_task.task_names import BY_CODE
from streamgaze_task.timestamps import stamp

runs = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "streamgaze_runs.py")))
SAMPLES = runs.split(each=3)
ASKED = runs.requests(SAMPLES)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A dataset of three questions a task."""
    return write_dataset(tmp_path_factory.mktemp("data"), SAMPLES)


def write_dataset(folder, samples):
    """The columns that scoring reads, in two files."""
    rows = []
    for sample in samples:
        row = asdict(sample)
        row["test_points"] = row.pop("points")
        row["release_file"] = f"{BY_CODE[sample.task].file}.json"
        row["release_entry"] = int(sample.id[-4:])
        row["release_question"] = 0
        rows.append(row)
    (folder / "questions").mkdir(parents=True)
    schema = pa.Table.from_pylist(rows).schema
    for number, part in enumerate((rows[:5], rows[5:])):
        table = pa.Table.from_pylist(part, schema=schema)
        pq.write_table(table, folder / "questions" / f"test-0000{number}.parquet")
    return folder


def write_lines(path, rows):
    """A JSONL file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def ours(scores):
    """Lines of lmms-eval's samples file as our tasks fill it."""
    return [{"doc_id": 0, METRIC: {**one.as_dict(), "score": 0.0}} for one in scores]


def write_run(folder, way="streamgaze", codes=("nfi", "gta"), **details):
    """One samples file a task."""
    for code in codes:
        asked = [request for request in ASKED if request.sample.task == code]
        scores = runs.answered(asked, expected=len(asked), **details)
        write_lines(folder / f"20260101_120000_samples_{way}_{code}.jsonl", ours(scores))
    return folder


def reference_entry(sample, said, **changes):
    """One entry of a result file; without anything said its video was not found."""
    question = {"question": sample.question, "time_stamp": stamp(sample.time_seconds)}
    entry = {"video_path": f"some/where/{sample.cluster}.mp4", "questions": [question]}
    if sample.points:
        question["test_info"] = [
            {"realtime": point.realtime, "type": point.label} for point in sample.points
        ]
        for test in question["test_info"] if said is not None else ():
            test["response"] = said
    else:
        question |= {"answer": sample.released_answer, "options": list(sample.options)}
        if said is not None:
            entry["model_predictions"] = [{"question": sample.question, "model_prediction": said}]
    question.update(changes)
    return entry


def write_results(folder, said="A", codes=("nfi", "gta"), samples=SAMPLES, **changes):
    """The authors' result folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for code in codes:
        entries = [reference_entry(s, said, **changes) for s in samples if s.task == code]
        path = folder / f"{BY_CODE[code].file}_output.json"
        path.write_text(json.dumps(entries), encoding="utf-8")
    return folder


def test_our_responses_of_two_ranks(tmp_path, built):
    """Text, error and what is never asked; further fields become details."""
    write_lines(
        tmp_path / "responses-0.jsonl",
        [
            {"question_id": "nfi-0000", "text": "A", "frame_indices": [0, 2]},
            {"question_id": "gta-0001@3", "text": f"{ERROR_MARK}out of memory"},
        ],
    )
    rows = [{"question_id": "oaa-0000@0", "text": None, "error": "no file"}]
    write_lines(tmp_path / "responses-1.jsonl", rows)
    run = responses.read_run(tmp_path, built)
    assert [one.outcome.value for one in run.scores] == ["right", "error", "error"]
    assert [one.error for one in run.scores] == [None, "out of memory", "no file"]
    assert run.scores[0].details["frame_indices"] == [0, 2]
    report = summary.score_file(tmp_path, dataset=built, protocol="text/grid-32", model="m")
    assert (report["overall"]["expected"], report["overall"]["missing"]) == (54, 51)
    assert (report["model"], report["gaze_prompt"]) == ("m", "text")


def test_our_responses_need_the_dataset(tmp_path):
    """They hold no answers, and the message says what to add."""
    path = write_lines(tmp_path / "responses.jsonl", [{"question_id": "q", "text": "A"}])
    with pytest.raises(ResponsesError, match="without answers\n  next: add --dataset"):
        responses.read_run(path)


def test_a_request_that_is_not_in_the_dataset_or_comes_twice_is_refused(tmp_path, built):
    """With the line."""
    path = write_lines(tmp_path / "responses.jsonl", [{"question_id": "gta-0000", "text": "A"}])
    with pytest.raises(ResponsesError, match=r"line 1: question \('gta-0000'\) is not in the"):
        responses.read_run(path, built)
    write_lines(path, [{"question_id": "nfi-0000", "text": "A"}] * 2)
    with pytest.raises(ResponsesError, match="nfi-0000 came more than once"):
        responses.read_run(path, built)


def test_our_samples_are_scored_again_from_what_is_inside(tmp_path):
    """Up to ten files are one run; stale predictions do not count; no dataset is needed."""
    folder = write_run(tmp_path / "org__tiny", gaze_prompt="visual", sampling="grid")
    path = folder / "20260101_120000_samples_streamgaze_nfi.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0][METRIC]["predictions"]["reference"] = "D"
    write_lines(path, lines)
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
    path = write_run(tmp_path / "m") / "20260101_120000_samples_streamgaze_gta.jsonl"
    write_lines(path, [json.loads(line) for line in path.read_text().splitlines()][:4])
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
    path = write_lines(tmp_path / "a.jsonl", ours(runs.answered(asked, **stated)))
    with pytest.raises(ResponsesError, match=r"nfi do not tell how many .*\n  next: add --dataset"):
        responses.read_run(path)
    assert len(responses.read_run(path, built).expected) == 3


def test_samples_that_state_two_numbers_need_the_dataset(tmp_path):
    """A file of two runs."""
    asked = [request for request in ASKED if request.sample.task == "nfi"]
    scores = runs.answered(asked[:2], expected=3) + runs.answered(asked[2:], expected=4)
    path = write_lines(tmp_path / "a.jsonl", ours(scores))
    with pytest.raises(ResponsesError, match=r"\(3, 4; 3 are here\)"):
        responses.read_run(path)


def test_a_folder_with_two_gaze_prompts_or_two_dates_is_refused_and_files_are_not(tmp_path):
    """Both runs are named; a list of files is taken as it is."""
    folder = write_run(write_run(tmp_path / "m"), way="streamgaze_text")
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
    write_run(tmp_path / "a")
    write_run(tmp_path / "b")
    with pytest.raises(ResponsesError, match="streamgaze in a, streamgaze in b"):
        responses.read_run(tmp_path)


def test_missing_and_failed_samples_stay_so(tmp_path):
    """Scoring again cannot turn them into answers."""
    scores = [
        score(ASKED[0], None, details={"expected": 3}),
        score(ASKED[1], Response(ASKED[1].id, None, error="boom"), details={"expected": 3}),
    ]
    path = write_lines(tmp_path / "a.jsonl", ours(scores))
    assert [(o.outcome.value, o.error) for o in responses.read_run(path).scores] == [
        ("missing", None),
        ("error", "boom"),
    ]


def test_another_datasets_samples_are_refused(tmp_path, built):
    """By answer, and by the times of a test point."""
    other = runs.sample("nfi", 0, answer="C").requests()
    path = write_lines(tmp_path / "a.jsonl", ours(runs.answered(other)))
    with pytest.raises(ResponsesError, match=r"line 1: .* nfi-0000 .* answer 'C' and 'A'"):
        responses.read_run(path, built)
    later = runs.sample("gta", 0, points=runs.points(first=152.0)).requests()
    write_lines(path, ours(runs.answered(later)))
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
    lines = ours(runs.answered(ASKED[:2], expected=3))
    lines[1][METRIC] |= change
    path = write_lines(tmp_path / "a.jsonl", lines)
    with pytest.raises(ResponsesError, match=f"(?s)line 2: .*{message}"):
        responses.read_run(path)


def test_a_sample_without_its_response_is_told(tmp_path):
    """It was answered, but the text is gone."""
    lines = ours(runs.answered(ASKED[:1], expected=3))
    del lines[0][METRIC]["details"]["response"]
    path = write_lines(tmp_path / "a.jsonl", lines)
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
    write_run(tmp_path)
    write_results(tmp_path)
    with pytest.raises(ResponsesError, match=r"2 samples file.* and 2 result file"):
        responses.read_run(tmp_path)
    empty = [write_lines(tmp_path / "x_samples_streamgaze_nfi.jsonl", [])]
    with pytest.raises(ResponsesError, match="no line at all"):
        responses.read_run(empty, built)
    with pytest.raises(DatasetError, match=r"has no \*\.parquet with rows"):
        responses.read_run(tmp_path, tmp_path / "none")


def test_the_references_results_are_matched_with_the_dataset(tmp_path, built):
    """The model's folder, what it says of the gaze, and everything that is missing."""
    folder = write_results(tmp_path / "Qwen25VL" / "results_viz", said="Yes, A")
    for place in (folder, folder.parent):
        run = responses.read_run(place, built)
        assert (run.model, run.protocol) == ("Qwen25VL", "visual/the model's published wrapper")
        assert len(run.scores) == 18
        assert len(run.expected) == len(ASKED)
        assert "No result file for past_object_transition_prediction," in run.notes[0]
    report = summary.score_file(folder, dataset=built)
    assert (report["overall"]["expected"], report["overall"]["missing"]) == (54, 36)
    assert report["tasks"]["nfi"]["right"] == 1
    assert report["as_published_script"]["tasks"] == {"nfi": 33.3333, "gta": 60}


def test_one_result_file_is_measured_against_its_task(tmp_path, built):
    """The other tasks are not in the run; `results` does not tell the gaze prompt."""
    folder = write_results(tmp_path / "GPT4o" / "results", codes=("oie",))
    run = responses.read_run(folder / f"{BY_CODE['oie'].file}_output.json", built)
    assert [request.sample.task for request in run.expected] == ["oie"] * 3
    assert run.protocol.startswith("not stated/")
    assert any("`results` too" in note for note in run.notes)


def test_a_missing_video_stays_in_the_denominator(tmp_path, built):
    """An entry without predictions and test points without a response are missing."""
    folder = write_results(tmp_path / "m" / "results", said=None)
    report = summary.score_file(folder, dataset=built)
    assert report["tasks"]["nfi"]["missing"] == 3
    assert report["tasks"]["gta"]["missing"] == 15
    assert report["as_published_script"]["accuracy"] is None


def test_one_blank_is_the_wrappers_exception_and_no_text_is_none(tmp_path, built):
    """An error with its reason; what is empty or no text is read as the authors' scorer does."""
    folder = tmp_path / "m" / "results"
    for said, outcome in ((" ", "error"), ("", "unparsed"), (["A"], "right")):
        write_results(folder, said=said, codes=("nfi",))
        first = responses.read_run(folder, built).scores[0]
        assert first.outcome.value == outcome
        assert ("one blank" in (first.error or "")) == (said == " ")
    entry = reference_entry(SAMPLES[0], "A")
    entry["model_predictions"][0]["model_prediction"] = None
    write_entries(folder, "nfi", [entry])
    assert responses.read_run(folder, built).scores[0].error == "the record has no response"


def write_entries(folder, code, entries):
    """One result file."""
    path = folder / f"{BY_CODE[code].file}_output.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def test_an_interrupted_file_and_questions_that_the_dataset_left_out(tmp_path, built):
    """The end that is not there is missing; what was not built is told and skipped."""
    folder = write_results(tmp_path / "m" / "results", codes=())
    own = [sample for sample in SAMPLES if sample.task == "nfi"]
    entries = [reference_entry(sample, "A") for sample in own[:1]]
    write_entries(folder, "nfi", entries)
    assert summary.score_file(folder, dataset=built)["tasks"]["nfi"]["missing"] == 2
    entries += [reference_entry(sample, "A") for sample in own[1:]]
    entries += [reference_entry(runs.sample("nfi", 3), "A"), {"questions": []}]
    write_entries(folder, "nfi", entries)
    run = responses.read_run(folder, built)
    assert len(run.scores) == 3
    assert any("1 question(s) of the files are not in the dataset" in note for note in run.notes)


def test_test_points_without_a_label_are_asked_and_not_counted(tmp_path, built):
    """As in the authors' scorer."""
    entry = reference_entry(runs.sample("gta", 0), "Yes")
    tests = entry["questions"][0]["test_info"]
    tests.insert(1, {"realtime": "00:01", "response": "No"})
    del tests[-1]["response"]
    folder = write_results(tmp_path / "m" / "results", codes=())
    write_entries(folder, "gta", [entry])
    run = responses.read_run(folder, built)
    assert [one.question_id for one in run.scores] == [f"gta-0000@{i}" for i in range(4)]


@pytest.mark.parametrize(
    ("code", "changes", "message"),
    [
        ("nfi", {"question": "Another?"}, "is not nfi-0000 of the dataset: the question is"),
        ("nfi", {"question": None}, "the question is another one"),
        ("nfi", {"time_stamp": "09:59"}, "the time stamp is '09:59'"),
        ("nfi", {"time_stamp": "soon"}, r"time stamp \('soon'\) must be MM:SS"),
        ("nfi", {"answer": "D"}, "the answer is 'D'"),
        ("gta", {"test_info": []}, "is not gta-0000 of the dataset: the test points differ"),
        ("gta", {"test_info": 3}, "test_info must be a list, but is int"),
        ("gta", {"test_info": [3]}, "must be an object, but is int"),
        ("gta", {"test_info": [{"type": 1}]}, r"time stamp \('None'\)"),
    ],
)
def test_results_of_another_release_are_refused(tmp_path, built, code, changes, message):
    """Question, time, answer and test points are all checked; the entry is named."""
    folder = write_results(tmp_path / "m" / "results", codes=(code,), **changes)
    with pytest.raises(ResponsesError, match=rf"\[0\]\.questions\[0\].*{message}"):
        responses.read_run(folder, built)


@pytest.mark.parametrize("video", [{"video_path": "other.mp4"}, {"video_path": 3}, {}])
def test_results_on_another_video_are_refused(tmp_path, built, video):
    """The folder of the video does not matter, its name does."""
    entry = reference_entry(SAMPLES[0], "A")
    del entry["video_path"]
    folder = write_results(tmp_path / "m" / "results", codes=())
    write_entries(folder, "nfi", [entry | video])
    with pytest.raises(ResponsesError, match="the video is"):
        responses.read_run(folder, built)
    write_entries(folder, "nfi", [entry | {"video": "x/video-0.mp4"}])
    assert len(responses.read_run(folder, built).scores) == 1


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"a": 1}, "must be a list, but is dict"),
        ([3], r"\[0\]: must be an object, but is int"),
        ([{"questions": 3}], r"\[0\]: questions must be a list"),
        ([{"questions": [3]}], r"questions\[0\]: must be an object"),
        ([{"questions": [], "model_predictions": {}}], "model_predictions must be a list"),
    ],
)
def test_a_broken_result_file_is_named(tmp_path, built, document, message):
    """With the entry."""
    folder = write_results(tmp_path / "m" / "results", codes=())
    write_entries(folder, "nfi", document)
    with pytest.raises(ResponsesError, match=f"_output.json.*{message}"):
        responses.read_run(folder, built)


def test_a_broken_prediction_is_named(tmp_path, built):
    """It must be an object, on the same question."""
    entry = reference_entry(SAMPLES[0], "A")
    folder = write_results(tmp_path / "m" / "results", codes=())
    write_entries(folder, "nfi", [entry | {"model_predictions": ["A"]}])
    with pytest.raises(ResponsesError, match=r"model_predictions\[0\]: must be an object"):
        responses.read_run(folder, built)
    other = [{"question": "Another?", "model_prediction": "A"}]
    write_entries(folder, "nfi", [entry | {"model_predictions": other}])
    with pytest.raises(ResponsesError, match="the question is another one"):
        responses.read_run(folder, built)


def test_results_of_two_runs_no_dataset_or_no_known_task_file(tmp_path, built):
    """Each message says what to do."""
    write_results(tmp_path / "m" / "results")
    with pytest.raises(ResponsesError, match=r"does not tell all that was asked.*\n.*--dataset"):
        responses.read_run(tmp_path / "m")
    write_results(tmp_path / "m" / "results_viz")
    with pytest.raises(ResponsesError, match=r"results of one run, but has 2: .*\n.*name one of"):
        responses.read_run(tmp_path / "m", built)
    with pytest.raises(ResponsesError, match="but has 2"):
        responses.read_run(tmp_path, built)
    path = tmp_path / "vispeak_past_output.json"
    path.write_text("[]")
    with pytest.raises(ResponsesError, match="is of no task file of the dataset, which has past_"):
        responses.read_run(path, built)


def test_a_dataset_without_places_cannot_match_results(tmp_path):
    """It says to build again."""
    folder = write_dataset(tmp_path / "data", SAMPLES[:1])
    path = folder / "questions" / "test-00000.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["release_file"]), path)
    results = write_results(tmp_path / "m" / "results", codes=("nfi",), samples=SAMPLES[:1])
    with pytest.raises(DatasetError, match="does not tell where its questions stand"):
        responses.read_run(results, folder)


def test_a_list_file_is_read_within_bounds(tmp_path, monkeypatch):
    """Not there, no JSON, too long."""
    path = tmp_path / "list.json"
    with pytest.raises(ResponsesError, match="cannot be opened: No such file"):
        read_list(path)
    path.write_text("[1", encoding="utf-8")
    with pytest.raises(ResponsesError, match="not JSON"):
        read_list(path)
    monkeypatch.setattr("sightline.jsonl.LARGEST_LIST", 3)
    path.write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(ResponsesError, match="longer than 3 bytes"):
        read_list(path)
