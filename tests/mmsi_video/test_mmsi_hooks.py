"""What lmms-eval gets from the hooks of MMSI-Video-Bench's tasks."""

import argparse
import hashlib
import io
import json
import math
import re
import runpy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from mmsi_video import categories, columns
from mmsi_video.profiles import profiles
from mmsi_video.tasks import hooks
from sightline.errors import DatasetError, EvaluationError, UsageError
from sightline.records import ERROR_MARK, Score

task_files = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("task_files.py"))))
TASKS, block = task_files.TASKS, task_files.block

HINT = "the-hint-nobody-may-see-"
"""Every question's hint starts with it; what follows is its id."""

CLIPS = {"a/walk": 4, "b/room": 7, "c/hall": 120}
"""Clip id -> number of frames."""

QUESTIONS = (
    # id, type, clips, user prompt, number of reference images, answer
    ("question_0000", "Planning", ("a/walk",), "<video>\nWhere next?", 0, "A"),
    ("question_0001", "Prediction", ("c/hall",), "<video> What follows <image>?", 1, "B"),
    (
        "question_0002",
        "(Cross-Video) Memoery Update",
        ("a/walk", "b/room"),
        "<image><video> and <video><image>: what changed?",
        2,
        "C",
    ),
    ("question_0003", "Planning", ("a/walk",), "<video>\nAnd then?", 0, "D"),
)


def frame_bytes(clip_id, index):
    """The JPEG file of a frame; its colour names clip and index."""
    shade = (60 * sorted(CLIPS).index(clip_id), 2 * index, 90)
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), shade).save(buffer, format="JPEG", quality=90)
    return buffer.getvalue()


def reference_bytes(ordinal):
    """The PNG file of a reference image."""
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), (255, 40 * ordinal, 0)).save(buffer, format="PNG")
    return buffer.getvalue()


def clip_row(clip_id):
    """A clip as the `questions` config has it."""
    return {
        "clip_id": clip_id,
        "video_path": f"media/videos/{clip_id}.mp4",
        "start_seconds": 6.0,
        "end_seconds": 6.0 + CLIPS[clip_id],
        "base_fps": 1.0,
        "frame_count": CLIPS[clip_id],
        "frames_sha256": hashlib.sha256(clip_id.encode()).hexdigest(),
    }


def question_row(question):
    """A row of the `questions` config."""
    question_id, kind, clips, user_prompt, images, answer = question
    files = [reference_bytes(i) for i in range(images)]
    return {
        **dict.fromkeys(("difficulty", "robot", "grounding", "indoor_scene_perception")),
        **categories.slices(question_id, kind),
        "id": question_id,
        "ori_question": user_prompt.replace("<video>", ""),
        "options": [f"{letter}. option {letter}" for letter in "ABCD"],
        "ground_truth": answer,
        "hint": HINT + question_id,
        "system_prompt": "Each frame shows its time.",
        "task_prompt": "Look: ",
        "user_prompt": user_prompt,
        "format_prompt": " Answer with one letter.",
        "clips": [clip_row(clip_id) for clip_id in clips],
        "ref_images": [{"bytes": file, "path": f"{i}.png"} for i, file in enumerate(files)],
        "ref_image_paths": [f"{i}.png" for i in range(images)],
        "ref_image_sha256": [hashlib.sha256(file).hexdigest() for file in files],
        "extra": json.dumps({"note": HINT}),
    }


def frame_rows(clip_id):
    """The rows of a clip in the `frames` config."""
    return [
        {
            "clip_id": clip_id,
            "index": i,
            "frame_path": f"{clip_id}/{i}.jpg",
            "timestamp_seconds": 6.0 + i,
            "image": {"bytes": frame_bytes(clip_id, i), "path": None},
        }
        for i in range(CLIPS[clip_id])
    ]


def write(folder, features, groups):
    """Write one config, a row group per group."""
    folder.mkdir(parents=True)
    arrow = features.arrow_schema
    with pq.ParquetWriter(folder / "test-00000-of-00001.parquet", arrow) as writer:
        for rows in groups:
            writer.write_table(pa.Table.from_pylist(rows, schema=arrow))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four hand-written questions over three clips, as the builder lays a dataset out."""
    out = tmp_path_factory.mktemp("dataset")
    features = columns.features()
    write(out / "questions", features["questions"], [[question_row(q) for q in QUESTIONS]])
    write(out / "frames", features["frames"], [frame_rows(clip_id) for clip_id in sorted(CLIPS)])
    for clip_id in CLIPS:
        path = out / "media" / "videos" / f"{clip_id}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"these tests only name it")
    return out


@pytest.fixture
def docs(folder, monkeypatch):
    """The questions as lmms-eval gets them from us."""
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(folder))
    return hooks.process_docs(None)


# The documents


def test_all_questions(docs):
    """The pointer is replaced by every question of the dataset, in its order."""
    assert docs["id"] == [question[0] for question in QUESTIONS]


def test_documents_have_no_hint(docs):
    """The hint is not read, so nobody can print or log it."""
    assert not {"hint", "extra"} & set(docs.column_names)
    assert HINT not in str(docs.remove_columns("ref_images").to_list())


def test_single_input(folder, monkeypatch):
    """The single-input task has the questions with one video and no reference image."""
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(folder))
    assert hooks.process_docs_single_input(None)["id"] == ["question_0000", "question_0003"]


def test_single_input_without_questions(tmp_path, monkeypatch):
    """A dataset without such questions is refused, not run over nothing."""
    features = columns.features()["questions"]
    write(tmp_path / "questions", features, [[question_row(QUESTIONS[1])]])
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(tmp_path))
    with pytest.raises(DatasetError, match="has 1 questions, but none for this task"):
        hooks.process_docs_single_input(None)


def test_dataset_without_our_columns(tmp_path, monkeypatch):
    """Questions that our builder did not write are refused."""
    (tmp_path / "questions").mkdir()
    pq.write_table(pa.table({"id": ["q"]}), tmp_path / "questions" / "test.parquet")
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(tmp_path))
    with pytest.raises(DatasetError, match="must hold questions as `sightline build` writes them"):
        hooks.process_docs(None)


# The messages


def media(messages, kind):
    """The media of one kind, in reading order."""
    return [item["url"] for item in messages[0]["content"] if item["type"] == kind]


def test_messages_hold_the_right_pixels(docs):
    """Images stand in the order of the marks, each with the pixels of its own frame or file."""
    messages = hooks.doc_to_messages(docs[2], block("mmsi_video"))
    images = media(messages, "image")
    assert len(images) == 1 + 4 + 7 + 1
    colours = [image.convert("RGB").getpixel((5, 5)) for image in images]
    assert colours[0] == (255, 0, 0)
    assert colours[-1] == (255, 40, 0)
    for index, (red, green, _) in enumerate(colours[1:5]):
        assert (red, green) == pytest.approx((0, 2 * index), abs=4)
    for index, (red, green, _) in enumerate(colours[5:12]):
        assert (red, green) == pytest.approx((60, 2 * index), abs=4)


def test_caps(docs):
    """Uniform-50 shows 50 of 120 frames, Sufficient-Coverage all of them, plus the reference."""
    assert len(media(hooks.doc_to_messages(docs[1], block("mmsi_video")), "image")) == 51
    assert len(media(hooks.doc_to_messages(docs[1], block("mmsi_video_sc")), "image")) == 121


def test_native_messages(docs, folder):
    """The native task names one existing mp4 per clip."""
    paths = media(hooks.doc_to_messages(docs[2], block("mmsi_video_native")), "video")
    assert paths == [str(folder / "media/videos" / f"{name}.mp4") for name in ("a/walk", "b/room")]


def test_doc_to_text_is_unique_and_grouped_by_clip(docs):
    """Sorted by it, questions on one clip follow each other; no two are alike."""
    texts = [hooks.doc_to_text(doc, block("mmsi_video")) for doc in docs]
    assert len(set(texts)) == len(texts)
    ids = [re.findall(r"question_\d+", text)[0] for text in sorted(texts)]
    assert ids.index("question_0003") == ids.index("question_0000") + 1
    assert texts[0].endswith(
        "Each frame shows its time.\nLook: <video>\nWhere next? Answer with one letter."
    )


def test_simple_models_are_refused(docs):
    """A simple model would get text and images apart, which is another prompt."""
    with pytest.raises(UsageError, match="simple models cannot keep frames"):
        hooks.doc_to_visual(docs[0], block("mmsi_video"))


def shown_texts(task, doc, kwargs):
    """Every text that a run of the task shows, logs or returns."""
    messages = hooks.doc_to_messages(doc, kwargs)
    yield from (item["text"] for m in messages for item in m["content"] if item["type"] == "text")
    yield hooks.doc_to_text(doc, kwargs)
    yield hooks.doc_to_target(doc)
    yield json.dumps(hooks.process_results(doc, ["B"]))
    yield str({key: value for key, value in doc.items() if key != "ref_images"})
    assert kwargs["task"] == task


@pytest.mark.parametrize("name", TASKS)
def test_hint_never_leaks(name, folder, monkeypatch):
    """No text of any task under any profile holds the hint of any question."""
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(folder))
    monkeypatch.setenv("LMMS_IMAGE_ENCODE_FORMAT", "JPEG")
    process = TASKS[name]["process_docs"].rpartition(".")[2]
    rows = getattr(hooks, process)(None)
    for profile in profiles().values():
        if profile.detail is not None:
            monkeypatch.setenv("SIGHTLINE_IMAGE_DETAIL", profile.detail)
        else:
            monkeypatch.delenv("SIGHTLINE_IMAGE_DETAIL", raising=False)
        cap = (None, None) if profile.video == "file" else (50, "official")
        kwargs = {**block(name), "profile": profile.name, "max_frames": cap[0], "rule": cap[1]}
        for doc in rows:
            assert not [text for text in shown_texts(name, doc, kwargs) if HINT in text]


# The results


def answered(docs, task, responses):
    """The records of the first responses, scored in threads as lmms-eval does."""
    rows = list(docs)
    for doc in rows:
        hooks.doc_to_text(doc, block(task))
    with ThreadPoolExecutor(4) as threads:
        found = threads.map(
            lambda pair: hooks.process_results(*pair)[hooks.METRIC],
            [(doc, [text]) for doc, text in zip(rows, responses, strict=False)],
        )
        return list(found)


def test_score_record(docs):
    """A record tells how the question was shown, what was said and what became of it."""
    record = answered(docs, "mmsi_video", ["Answer: A", "Answer: A"])[1]
    score = Score.from_dict(json.loads(json.dumps(record)))
    assert (score.question_id, score.answer, score.outcome.value) == ("question_0001", "B", "wrong")
    assert record["score"] == 0.0
    details = score.details
    assert details["response"] == "Answer: A"
    assert details["task"] == "mmsi_video"
    assert details["protocol"] == "Uniform-50"
    assert details["profile"] == "frames"
    assert (details["max_frames"], details["rule"]) == (50, "official")
    assert len(details["frame_indices"][0]) == 50
    assert re.fullmatch("[0-9a-f]{64}", details["message_hash"])
    assert list(details["dataset_checksums"]) == ["questions/test-00000-of-00001.parquet"]


def test_right_answer_is_a_hundred(docs):
    """The per-sample score has the scale of the metric, so that standard errors fit."""
    assert answered(docs, "mmsi_video", ["A"])[0]["score"] == 100.0


def test_failed_sample_is_an_error(docs):
    """A text that starts with the mark is no answer, and its reason is kept."""
    record = answered(docs, "mmsi_video", [f"{ERROR_MARK}OutOfMemory: frame 3"])[0]
    assert (record["outcome"], record["error"]) == ("error", "OutOfMemory: frame 3")
    assert record["details"]["response"] is None


def test_failed_request_of_an_api_backend_is_an_error(docs):
    """lmms-eval's API backends answer with a mark of their own when all retries have failed."""
    text = "[LMMS_EVAL_REQUEST_FAILED after 5 retries] Answer: A"
    record = answered(docs, "mmsi_video", [text])[0]
    assert (record["outcome"], record["error"]) == ("error", text)


def test_failure_without_a_reason(docs):
    """A bare mark, stripped by lmms-eval, is an error too."""
    record = answered(docs, "mmsi_video", [ERROR_MARK.strip()])[0]
    assert (record["outcome"], record["error"]) == ("error", "the backend gave no reason")


def test_two_tasks_in_one_run(folder, monkeypatch):
    """Rows remember their own task's settings when two tasks are loaded together."""
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(folder))
    small, large = hooks.process_docs(None), hooks.process_docs(None)
    first = answered(small, "mmsi_video", ["A"] * 2)
    second = answered(large, "mmsi_video_sc", ["A"] * 2)
    assert hooks.process_results(small[1], ["A"])[hooks.METRIC] == first[1]
    assert second[1]["details"]["max_frames"] == 300
    assert first[1]["details"]["message_hash"] != second[1]["details"]["message_hash"]


def test_result_before_settings(docs):
    """A result for a task whose settings were never seen is refused."""
    with pytest.raises(EvaluationError, match="was scored before lmms-eval called doc_to_text"):
        hooks.process_results(docs[0], ["A"])


def test_aggregate_over_the_split(docs, capsys, tmp_path):
    """The headline is in percent of the split, and the report lies beside the results."""
    items = answered(docs, "mmsi_video", ["A", "B", "A", "A"])
    args = argparse.Namespace(output_path=str(tmp_path), model_args="pretrained=org/name,x=1")
    assert hooks.aggregate(items, args) == 50.0
    path = tmp_path / "org__name" / "mmsi_video_report.json"
    assert json.loads(path.read_text(encoding="utf-8"))
    assert str(path) in capsys.readouterr().out


def test_partial_run_counts_the_missing(docs, capsys):
    """Questions that were not asked count as missing, not as absent."""
    items = answered(docs, "mmsi_video", ["A"])
    assert hooks.aggregate(items) == 25.0
    assert capsys.readouterr().out


def test_standard_errors_are_of_the_headline(docs):
    """lmms-eval finds scores for its standard errors in a whole run, and none in a partial one."""
    whole = answered(docs, "mmsi_video", ["A"] * 4)
    hooks.aggregate(whole)
    assert [item["score"] for item in whole] == [100.0, 0.0, 0.0, 0.0]
    partial = answered(docs, "mmsi_video", ["A"] * 3)
    hooks.aggregate(partial)
    assert not any("score" in item for item in partial)


def test_results_survive_a_full_disk(docs, tmp_path, capsys):
    """A report that cannot be saved is told, and the headline still reaches lmms-eval."""
    items = answered(docs, "mmsi_video", ["A"] * 4)
    (tmp_path / "file").write_text("no folder")
    args = argparse.Namespace(output_path=str(tmp_path / "file"), model_args="pretrained=m")
    assert math.isclose(hooks.aggregate(items, args), 25.0)
    assert "the report could not be saved" in capsys.readouterr().out


def test_aggregate_of_a_strange_task(docs):
    """Scores of a task that was not loaded here are refused."""
    items = answered(docs, "mmsi_video", ["A"])
    items[0]["details"] = {**items[0]["details"], "task": "other"}
    with pytest.raises(EvaluationError, match=r"task \('other'\) was not loaded in this process"):
        hooks.aggregate(items)
