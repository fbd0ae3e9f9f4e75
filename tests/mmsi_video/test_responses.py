"""What runs leave behind, read back and scored again."""

import json
import runpy
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmsi_video import responses, summary
from mmsi_video.scoring import score
from sightline.errors import DatasetError, ResponsesError
from sightline.records import ERROR_MARK, Response

runs = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "scored_runs.py")))
SAMPLES = [runs.sample(number) for number in range(8)]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A dataset of eight questions; the last one has a reference image."""
    folder = tmp_path_factory.mktemp("data")
    write_dataset(folder, [*SAMPLES[:7], runs.sample(7, ref_image_sha256=("0" * 64,))])
    return folder


def write_dataset(folder, samples):
    """The columns that scoring reads, and one that it must not."""
    rows = []
    for sample in samples:
        row = asdict(sample)
        row["ori_question"], row["ground_truth"] = row.pop("question"), row.pop("answer")
        row["hint"] = "secret"
        rows.append(row)
    (folder / "questions").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "questions" / "test-00000.parquet")


def write_lines(path, rows):
    """A JSONL file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def ours(scores):
    """Lines of lmms-eval's samples file as our tasks fill it."""
    return [{"doc_id": 0, responses.METRIC: {**one.as_dict(), "score": 0.0}} for one in scores]


def upstream(samples, **changes):
    """Lines of upstream's own tasks: no question id."""
    return [
        {
            "doc_id": index,
            "target": sample.answer,
            "filtered_resps": ["Answer: A"],
            "input": f"You see frames. Watch <image><image>{sample.user_prompt}",
        }
        | changes
        for index, sample in enumerate(samples)
    ]


def official(folder, samples, **changes):
    """The authors' result folder; `changes` are put into every record."""
    folder.mkdir(parents=True)
    for sample in samples:
        record = {
            "id": sample.id,
            "type": sample.type,
            "ground_truth": sample.answer,
            "options": list(sample.options),
            "ori_question": sample.user_prompt,
            "video_list": [{"path": "a.mp4", "start": 3.0, "end": 9.0}],
            "response": "Answer: A",
        }
        (folder / f"{sample.id}.json").write_text(json.dumps(record | changes), encoding="utf-8")
    return folder


def test_our_responses_of_two_ranks(tmp_path, built):
    """Text, error and what is never answered; further fields become details."""
    rows = [
        {"question_id": "question_0000", "text": "A", "frame_indices": [0, 2]},
        {"question_id": "question_0004", "text": f"{ERROR_MARK}out of memory"},
    ]
    write_lines(tmp_path / "responses-0.jsonl", rows)
    write_lines(
        tmp_path / "responses-1.jsonl",
        [{"question_id": "question_0002", "text": None, "error": "no file"}],
    )
    run = responses.read_run(tmp_path, built)
    assert [one.outcome.value for one in run.scores] == ["right", "error", "error"]
    assert [one.error for one in run.scores] == [None, "out of memory", "no file"]
    assert run.scores[0].details["frame_indices"] == [0, 2]
    report = summary.score_file(tmp_path, dataset=built, protocol="Uniform-50", model="m")
    assert (report["overall"]["expected"], report["overall"]["missing"]) == (8, 5)
    assert (report["model"], report["protocol"]) == ("m", "Uniform-50")


def test_our_responses_need_the_dataset(tmp_path):
    """They hold no answers, and the message says what to add."""
    path = write_lines(tmp_path / "responses-0.jsonl", [{"question_id": "q", "text": "A"}])
    with pytest.raises(ResponsesError, match="without answers\n  next: add --dataset"):
        responses.read_run(path)


def test_our_samples_are_scored_again_from_what_is_inside(tmp_path):
    """Stale predictions do not count; no dataset is needed; the folder names the model."""
    scores = runs.answered(SAMPLES, "(A)", protocol="Uniform-50", expected=8)
    lines = ours(scores)
    lines[0][responses.METRIC]["predictions"]["strict"] = "D"
    path = write_lines(tmp_path / "org__tiny" / "1_samples_mmsi_video.jsonl", lines)
    run = responses.read_run(path)
    assert list(run.scores) == scores
    assert (run.expected, run.model, run.notes) == (8, "org__tiny", ())
    assert responses.read_run(tmp_path).scores == run.scores
    assert summary.score_file(path)["protocol"] == "Uniform-50"


def test_missing_and_failed_samples_stay_so(tmp_path):
    """Scoring again cannot turn them into answers."""
    scores = [
        score(SAMPLES[0], None),
        score(SAMPLES[1], Response("question_0001", None, error="boom")),
    ]
    path = write_lines(tmp_path / "1_samples_mmsi_video.jsonl", ours(scores))
    assert [(o.outcome.value, o.error) for o in responses.read_run(path).scores] == [
        ("missing", None),
        ("error", "boom"),
    ]


def test_without_a_dataset_the_denominator_is_the_published_one(tmp_path):
    """Eight answers of 1,106, and the table says so."""
    path = write_lines(tmp_path / "1_samples_mmsi_video.jsonl", ours(runs.answered(SAMPLES)))
    run = responses.read_run(path)
    assert run.expected == 1106
    assert "No dataset was given" in run.notes[0]
    assert "8 of them are in this file" in " ".join(
        summary.render(summary.score_file(path)).split()
    )


def test_a_whole_published_run_needs_no_note_and_more_is_refused(tmp_path):
    """1,106 questions are all; 1,107 cannot be."""
    split = runs.published_split()
    path = write_lines(tmp_path / "1_samples_mmsi_video.jsonl", ours(runs.answered(split)))
    assert responses.read_run(path).notes == ()
    extra = runs.answered([*split, runs.sample(1106)])
    path = write_lines(tmp_path / "2_samples_mmsi_video.jsonl", ours(extra))
    with pytest.raises(ResponsesError, match="1107 questions are more than the published 1106"):
        responses.read_run(path)


def test_a_dataset_sets_the_denominator_of_our_samples(tmp_path, built):
    """Two of eight; the single-input task has the seven without reference image."""
    path = tmp_path / "1_samples_mmsi_video.jsonl"
    write_lines(path, ours(runs.answered(SAMPLES[:2])))
    assert len(responses.read_run(path, built).expected) == 8
    single = runs.answered(SAMPLES[:2], task="mmsi_video_single_input")
    write_lines(path, ours(single))
    without = [s for s in SAMPLES[:7] if "Cross-Video" not in s.type]
    assert [s.id for s in responses.read_run(path, built).expected] == [s.id for s in without]


def test_another_datasets_samples_are_refused(tmp_path, built):
    """By answer and by id, with the line."""
    other = [runs.sample(0, answer="C")]
    path = write_lines(tmp_path / "1_samples_mmsi_video.jsonl", ours(runs.answered(other)))
    with pytest.raises(ResponsesError, match=r"line 1: .* question_0000 has answer 'C', .* 'A'"):
        responses.read_run(path, built)
    path = write_lines(path, ours(runs.answered([runs.sample(99)])))
    with pytest.raises(ResponsesError, match=r"question \('question_0099'\) is not in the dataset"):
        responses.read_run(path, built)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "perhaps"}, "'perhaps' is not a valid Outcome"),
        ({"details": {}}, "KeyError\\('options'\\)"),
        ({"details": {"options": "AB", "response": "A"}}, "must be a list"),
        ({"details": {"options": ["a", 1], "response": "A"}}, "must be texts"),
        ({"details": {"options": ["a"], "response": "A"}}, "one of 1 options"),
        ({"details": {"options": ["a", "b"], "response": 3}}, r"response \(3\) must be text"),
        ({"answer": "Z"}, "answer \\('Z'\\) must be the letter"),
        ({"answer": None}, "answer \\(None\\) must be text"),
        ({"slices": {"type": "new"}}, "slice 'type' has no member 'new'"),
        ({"slices": None}, "TypeError"),
        ({"predictions": 5}, "TypeError"),
    ],
)
def test_a_damaged_sample_is_told_with_its_line(tmp_path, change, message):
    """Each field that scoring relies on is checked."""
    lines = ours(runs.answered(SAMPLES[:2]))
    lines[1][responses.METRIC] |= change
    path = write_lines(tmp_path / "1_samples_mmsi_video.jsonl", lines)
    with pytest.raises(ResponsesError, match=f"(?s)line 2: .*{message}"):
        responses.read_run(path)


def test_upstream_samples_are_matched_by_position(tmp_path, built):
    """The raw response is preferred to the one that lmms-eval stripped of its thoughts."""
    rows = upstream(SAMPLES)
    rows[1]["resps"] = [["<think>A</think> Answer: B"]]
    rows[2]["filtered_resps"] = "C"
    path = write_lines(tmp_path / "m" / "1_samples_mmsi_video_sc.jsonl", rows[:3])
    run = responses.read_run(path, built)
    assert [one.question_id[-1] for one in run.scores] == ["0", "1", "2"]
    assert run.scores[1].details["response"] == "<think>A</think> Answer: B"
    assert [one.outcome.value for one in run.scores] == ["right"] * 3
    assert (run.protocol, run.model, len(run.expected)) == ("Sufficient-Coverage", "m", 8)


def test_upstreams_single_input_task_is_matched_inside_its_subset(tmp_path, built):
    """Its first line is the first question without reference image and not cross-video."""
    path = tmp_path / "1_samples_mmsi_video_single_input.jsonl"
    write_lines(path, upstream(SAMPLES[:7]))
    run = responses.read_run(path, built)
    assert len(run.scores) == len(run.expected) == 7
    assert run.protocol == "native"


def test_an_upstream_file_of_no_known_task_says_no_protocol(tmp_path, built):
    """A renamed file is still read."""
    path = write_lines(tmp_path / "renamed.jsonl", upstream(SAMPLES))
    assert responses.read_run(path, built).protocol is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"doc_id": 8}, r"doc_id \(8\) must be in \[0, 8\)"),
        ({"doc_id": "1"}, r"doc_id \('1'\)"),
        ({"target": "E"}, "has answer 'E', the dataset says 'A'"),
        ({"input": "another question"}, "the prompt is not that of question_0000"),
        ({"filtered_resps": [7]}, "the response must be text, but is int"),
        ({"doc_id": 0, "target": "A"}, "question_0000 came more than once"),
    ],
)
def test_upstream_samples_of_another_order_are_refused(tmp_path, built, change, message):
    """Position, answer and prompt are all checked."""
    rows = upstream(SAMPLES[:1]) * 2
    rows[1] = rows[1] | change
    path = write_lines(tmp_path / "1_samples_mmsi_video.jsonl", rows)
    with pytest.raises(ResponsesError, match=message):
        responses.read_run(path, built)


def test_upstream_samples_without_prompt_or_response(tmp_path, built):
    """No prompt: only the answer is checked. No response: an error, not a wrong answer."""
    path = tmp_path / "1_samples_mmsi_video.jsonl"
    write_lines(path, upstream(SAMPLES[:1], input=None, filtered_resps=None))
    assert responses.read_run(path, built).scores[0].error == "the record has no response"
    write_lines(path, upstream(SAMPLES[:1]))
    with pytest.raises(ResponsesError, match="no question ids"):
        responses.read_run(path)


def test_the_official_folder_with_and_without_dataset(tmp_path, built):
    """Setting and model come from the folder's names; a missing file stays in the denominator."""
    folder = official(tmp_path / "Uniform-50" / "Qwen", SAMPLES[:3])
    alone = responses.read_run(folder)
    assert (alone.protocol, alone.model, alone.expected) == ("Uniform-50", "Qwen", 1106)
    assert alone.scores[0].cluster == "a.mp4[3.0,9.0]"
    assert alone.scores[0].slices == SAMPLES[0].slices
    whole = summary.score_file(folder, dataset=built)
    assert (whole["overall"]["expected"], whole["overall"]["missing"]) == (8, 5)


def test_the_official_folder_reads_options_from_the_question(tmp_path):
    """Records of the release may have no options field."""
    folder = official(tmp_path / "any" / "Qwen", SAMPLES[:1], options=None)
    run = responses.read_run(folder)
    assert run.scores[0].option_count == 4
    assert run.protocol is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "question_0009"}, r"id \('question_0009'\) must be 'question_0000'"),
        ({"type": "new"}, "cannot be scored on its own: KeyError"),
        ({"video_list": None}, "cannot be scored on its own: TypeError"),
        ({"options": [], "ori_question": "Where?"}, "cannot be .* of one of 0 options"),
    ],
)
def test_a_broken_official_record_is_named(tmp_path, change, message):
    """The file stands in the message."""
    folder = official(tmp_path / "Uniform-50" / "Qwen", SAMPLES[:1], **change)
    with pytest.raises(ResponsesError, match=f"question_0000.json: {message}"):
        responses.read_run(folder)


def test_an_official_record_of_another_dataset_is_refused(tmp_path, built):
    """The answers differ."""
    folder = official(tmp_path / "Qwen", SAMPLES[:1], ground_truth="D")
    with pytest.raises(ResponsesError, match="has answer 'D', the dataset says 'A'"):
        responses.read_run(folder, built)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b'{"a": 1}\n', "keys \\['a'\\] are neither"),
        (b"[1]\n", "line 1: must be an object, but is list"),
        (b'\n{"question_id": "q"', "line 2: not JSON"),
        (b"\xff\n", "line 1: not JSON"),
        (b"[" * 200_000, "line 1: not JSON"),
    ],
)
def test_an_unreadable_file_is_told_with_its_line(tmp_path, text, message):
    """Empty, foreign, cut short, not UTF-8, nested without end."""
    path = tmp_path / "file.jsonl"
    path.write_bytes(text)
    with pytest.raises(ResponsesError, match=message):
        responses.read_run(path)


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    """Memory stays bounded whatever the file."""
    monkeypatch.setattr("sightline.jsonl.LARGEST", 100)
    path = tmp_path / "file.jsonl"
    path.write_bytes(b'{"a": "' + b"x" * 200 + b'"}')
    with pytest.raises(ResponsesError, match="line 1: longer than 100 bytes"):
        responses.read_run(path)


def test_a_folder_must_hold_one_run(tmp_path):
    """None and several are told; several are named."""
    with pytest.raises(ResponsesError, match="must hold one run: it has 0 responses"):
        responses.read_run(tmp_path)
    for name in ("1_samples_mmsi_video.jsonl", "2_samples_mmsi_video.jsonl"):
        write_lines(tmp_path / "m" / name, [])
    with pytest.raises(ResponsesError, match=r"(?s)2 samples file.*1_samples_mmsi_video\.jsonl"):
        responses.read_run(tmp_path)


def test_a_path_that_is_not_there(tmp_path):
    """A missing file and an unreadable record are our errors, not tracebacks."""
    with pytest.raises(ResponsesError, match="cannot be opened: No such file"):
        responses.read_run(tmp_path / "none.jsonl")
    (tmp_path / "question_0000.json").mkdir()
    with pytest.raises(ResponsesError, match="cannot be opened: Is a directory"):
        responses.read_run(tmp_path)


def test_a_response_line_without_id_text_is_refused(tmp_path, built):
    """The id must be text."""
    path = write_lines(tmp_path / "responses.jsonl", [{"question_id": 3, "text": "A"}])
    with pytest.raises(ResponsesError, match=r"line 1: question_id \(3\) must be text"):
        responses.read_run(path, built)


def test_a_folder_that_is_no_dataset_is_refused(tmp_path):
    """Without questions, with a broken file, and with other columns."""
    path = write_lines(tmp_path / "responses.jsonl", [{"question_id": "q", "text": "A"}])
    with pytest.raises(DatasetError, match=r"questions has no \*\.parquet with rows"):
        responses.read_run(path, tmp_path)
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match="cannot be read"):
        responses.read_run(path, tmp_path)
    pq.write_table(pa.table({"id": ["q"]}), tmp_path / "questions" / "a.parquet")
    with pytest.raises(DatasetError, match="cannot be read"):
        responses.read_run(path, tmp_path)
