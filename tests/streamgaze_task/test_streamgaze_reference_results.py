"""The authors' result folders, matched with a dataset and scored."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from sightline.errors import DatasetError, ResponsesError
from sightline.jsonl import read_list
from streamgaze_task import responses, summary
from streamgaze_task.task_names import BY_CODE

written = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("written_runs.py"))))
runs, SAMPLES, ASKED = written.runs, written.SAMPLES, written.ASKED


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A dataset of three questions a task."""
    return written.write_dataset(tmp_path_factory.mktemp("data"), SAMPLES)


def test_the_references_results_are_matched_with_the_dataset(tmp_path, built):
    """The model's folder, what it says of the gaze, and everything that is missing."""
    folder = written.write_results(tmp_path / "Qwen25VL" / "results_viz", said="Yes, A")
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
    folder = written.write_results(tmp_path / "GPT4o" / "results", codes=("oie",))
    run = responses.read_run(folder / f"{BY_CODE['oie'].file}_output.json", built)
    assert [request.sample.task for request in run.expected] == ["oie"] * 3
    assert run.protocol.startswith("not stated/")
    assert any("`results` too" in note for note in run.notes)


def test_a_missing_video_stays_in_the_denominator(tmp_path, built):
    """An entry without predictions and test points without a response are missing."""
    folder = written.write_results(tmp_path / "m" / "results", said=None)
    report = summary.score_file(folder, dataset=built)
    assert report["tasks"]["nfi"]["missing"] == 3
    assert report["tasks"]["gta"]["missing"] == 15
    assert report["as_published_script"]["accuracy"] is None


def test_one_blank_is_the_wrappers_exception_and_no_text_is_none(tmp_path, built):
    """An error with its reason; what is empty or no text is read as the authors' scorer does."""
    folder = tmp_path / "m" / "results"
    for said, outcome in ((" ", "error"), ("", "unparsed"), (["A"], "right")):
        written.write_results(folder, said=said, codes=("nfi",))
        first = responses.read_run(folder, built).scores[0]
        assert first.outcome.value == outcome
        assert ("one blank" in (first.error or "")) == (said == " ")
    entry = written.reference_entry(SAMPLES[0], "A")
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
    folder = written.write_results(tmp_path / "m" / "results", codes=())
    own = [sample for sample in SAMPLES if sample.task == "nfi"]
    entries = [written.reference_entry(sample, "A") for sample in own[:1]]
    write_entries(folder, "nfi", entries)
    assert summary.score_file(folder, dataset=built)["tasks"]["nfi"]["missing"] == 2
    entries += [written.reference_entry(sample, "A") for sample in own[1:]]
    entries += [written.reference_entry(runs.sample("nfi", 3), "A"), {"questions": []}]
    write_entries(folder, "nfi", entries)
    run = responses.read_run(folder, built)
    assert len(run.scores) == 3
    assert any("1 question(s) of the files are not in the dataset" in note for note in run.notes)


def test_test_points_without_a_label_are_asked_and_not_counted(tmp_path, built):
    """As in the authors' scorer."""
    entry = written.reference_entry(runs.sample("gta", 0), "Yes")
    tests = entry["questions"][0]["test_info"]
    tests.insert(1, {"realtime": "00:01", "response": "No"})
    del tests[-1]["response"]
    folder = written.write_results(tmp_path / "m" / "results", codes=())
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
    folder = written.write_results(tmp_path / "m" / "results", codes=(code,), **changes)
    with pytest.raises(ResponsesError, match=rf"\[0\]\.questions\[0\].*{message}"):
        responses.read_run(folder, built)


@pytest.mark.parametrize("video", [{"video_path": "other.mp4"}, {"video_path": 3}, {}])
def test_results_on_another_video_are_refused(tmp_path, built, video):
    """The folder of the video does not matter, its name does."""
    entry = written.reference_entry(SAMPLES[0], "A")
    del entry["video_path"]
    folder = written.write_results(tmp_path / "m" / "results", codes=())
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
    folder = written.write_results(tmp_path / "m" / "results", codes=())
    write_entries(folder, "nfi", document)
    with pytest.raises(ResponsesError, match=f"_output.json.*{message}"):
        responses.read_run(folder, built)


def test_a_broken_prediction_is_named(tmp_path, built):
    """It must be an object, on the same question."""
    entry = written.reference_entry(SAMPLES[0], "A")
    folder = written.write_results(tmp_path / "m" / "results", codes=())
    write_entries(folder, "nfi", [entry | {"model_predictions": ["A"]}])
    with pytest.raises(ResponsesError, match=r"model_predictions\[0\]: must be an object"):
        responses.read_run(folder, built)
    other = [{"question": "Another?", "model_prediction": "A"}]
    write_entries(folder, "nfi", [entry | {"model_predictions": other}])
    with pytest.raises(ResponsesError, match="the question is another one"):
        responses.read_run(folder, built)


def test_results_of_two_runs_no_dataset_or_no_known_task_file(tmp_path, built):
    """Each message says what to do."""
    written.write_results(tmp_path / "m" / "results")
    with pytest.raises(ResponsesError, match=r"does not tell all that was asked.*\n.*--dataset"):
        responses.read_run(tmp_path / "m")
    written.write_results(tmp_path / "m" / "results_viz")
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
    folder = written.write_dataset(tmp_path / "data", SAMPLES[:1])
    path = folder / "questions" / "test-00000.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["release_file"]), path)
    results = written.write_results(tmp_path / "m" / "results", codes=("nfi",), samples=SAMPLES[:1])
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
