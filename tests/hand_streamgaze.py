"""A StreamGaze dataset written by hand, without release or builder: stamped videos, known gaze.

Every frame shows its own number (see ``stamped_video.py``), so that a test can read off a model's
input which frames it is made of.
"""

from __future__ import annotations

import hashlib
import runpy
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from streamgaze_task import columns
from streamgaze_task.gaze import GazeTable
from streamgaze_task.task_names import BY_CODE, CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

stamped = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("stamped_video.py"))))

SIZE = (200, 160)
"""Width and height of every video, pixels."""

CAUSAL = {"options": {"tune": "zerolatency", "qp": "20"}}
"""An encoder that knows nothing of the frames to come: what it writes of a frame does not depend
on how the video goes on."""


@dataclass(frozen=True)
class Stream:
    """One video of the dataset."""

    clean: Mapping[str, Any] = field(default_factory=lambda: {"fps": 10, "seconds": 12.0})
    """Arguments of write_stamped for the clean video."""
    overlay: Mapping[str, Any] | None = None
    """Those of the overlay video; None when the release has none."""
    gaze: GazeTable | None = None
    """Its gaze; None when there is none."""
    source: str | None = None
    """Where it comes from."""


def resting(seconds: float, *, poison_from: float | None = None, rate: float = 10) -> GazeTable:
    """A gaze that rests where no number is hidden; from `poison_from` on somewhere else."""
    rows = [k / rate for k in range(round(seconds * rate))]
    future = [poison_from is not None and at >= poison_from for at in rows]
    return GazeTable.from_columns(
        {
            "seconds": rows,
            "duration_seconds": [1 / rate] * len(rows),
            "x": [0.9 if poisoned else 0.4 for poisoned in future],
            "y": [0.1 if poisoned else 0.5 for poisoned in future],
            "kind": ["samples"] * len(rows),
        }
    )


def question(code: str, number: int, video: str, seconds: float, **changes: Any) -> dict[str, Any]:
    """A row of the `questions` config, without its video. Proactive: points at 0, half, `seconds`.

    Args:
        code: of the task.
        number: of the question within it.
        video: id of its video.
        seconds: when it is asked; for a proactive question its last test point.
        changes: columns to replace.
    """
    proactive = BY_CODE[code].family == "proactive"
    times = [0.0, seconds / 2, seconds] if proactive else []
    points = [
        {"realtime": "00:00", "seconds": at, "label": i % 2, "already_seen": int(i > 0)}
        for i, at in enumerate(times)
    ]
    row = {
        **dict.fromkeys(columns.features()["questions"]),
        "id": f"{code}-{number:04d}",
        "task": code,
        "task_name": BY_CODE[code].title,
        "family": BY_CODE[code].family,
        "question": f"Question {number} of {code}?",
        "options": [] if proactive else ["A. cup", "B. pan", "C. knife", "D. jar"],
        "answer": None if proactive else "ABCD"[number % 4],
        "released_answer": None if proactive else "ABCD"[number % 4],
        "time_seconds": 0.0 if proactive else seconds,
        "video": video,
        "test_points": points,
        "first_appearance_seconds": seconds / 2 if proactive else None,
    }
    return {**row, **changes}


def questions(video: str, times: Sequence[float], codes: Sequence[str] = CODES) -> list[Any]:
    """A question of every task at every time."""
    return [
        question(code, number, video, seconds)
        for code in codes
        for number, seconds in enumerate(times)
    ]


def make(out: Path, streams: Mapping[str, Stream], rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write the dataset; `rows` name their video by its id."""
    videos = {name: _video(out, name, stream) for name, stream in streams.items()}
    features = columns.features()
    _write(out, "questions", features, [[{**row, "video": videos[row["video"]]} for row in rows]])
    tables = [
        stream.gaze.columns(name) for name, stream in streams.items() if stream.gaze is not None
    ]
    _write(out, "gaze", features, [_rows(table) for table in tables])
    (out / "build.json").write_text("{}\n", encoding="utf-8")
    return out


def _video(out: Path, name: str, stream: Stream) -> dict[str, Any]:
    paths, sums = {}, {}
    for kind, options in (("original", stream.clean), ("overlay", stream.overlay)):
        if options is None:
            paths[kind], sums[kind] = None, None
            continue
        paths[kind] = f"media/videos/{kind}/{name}.mp4"
        path = out / paths[kind]
        path.parent.mkdir(parents=True, exist_ok=True)
        stamped.write_stamped(path, size=SIZE, **CAUSAL, **options)
        sums[kind] = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "video_id": name,
        "source": stream.source,
        "video_path": paths["original"],
        "overlay_path": paths["overlay"],
        "sha256": sums["original"],
        "overlay_sha256": sums["overlay"],
        "duration_seconds": 12.0,
        "width": SIZE[0],
        "height": SIZE[1],
        "gaze": stream.gaze.kind if stream.gaze is not None else "none",
        "gaze_sha256": stream.gaze.sha256() if stream.gaze is not None else None,
    }


def _rows(table: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def _write(
    out: Path, config: str, features: Mapping[str, Any], groups: Sequence[list[Any]]
) -> None:
    """Write one config, a row group per group."""
    (out / config).mkdir(parents=True)
    schema = features[config].arrow_schema
    with pq.ParquetWriter(out / config / "test-00000-of-00001.parquet", schema) as writer:
        for rows in groups:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
