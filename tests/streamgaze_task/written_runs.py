"""What runs leave behind, written to files: a dataset, samples, the authors' result folders."""

import json
import runpy
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq

from streamgaze_task.scoring import METRIC
from streamgaze_task.task_names import BY_CODE
from streamgaze_task.timestamps import stamp

runs = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "streamgaze_runs.py")))
SAMPLES = runs.split(each=3)
ASKED = runs.requests(SAMPLES)


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
