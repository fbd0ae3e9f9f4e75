"""Questions, gaze and videos -> a release in the authors' layout, for `sightline build`.

The layout is that of daeunni/StreamGaze's release: ``qa/`` with ten JSON files, ``metadata/`` with
the episodes, ``videos/original_video/``; and ``gaze/``, which theirs has not: the samples
themselves, so that nothing must be read back from overlay videos.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.choices import LETTERS
from streamgaze_task.pipeline.questions.rules import OPTIONS, chance
from streamgaze_task.pipeline.release_seal import replacing
from streamgaze_task.release.layout import ABILITIES, METADATA_COLUMNS
from streamgaze_task.task_names import TASKS
from streamgaze_task.timestamps import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.gaze_samples import GazeSamples
    from streamgaze_task.pipeline.records import Episode, Question, SeenObject
    from streamgaze_task.pipeline.scanpath import Scanpath
    from streamgaze_task.task_names import TaskName

_FOLDERS = ("qa", "metadata", "gaze", "videos/original_video")


@dataclass(frozen=True)
class ReleaseRecording:
    """One recording as the release needs it."""

    scanpath: Scanpath
    source: str
    """Name of its camera: which table it stands in."""
    video: Path
    gaze: GazeTable | GazeSamples
    questions: tuple[Question, ...]
    """Those that stay, in order."""


def write_release(
    out: Path,
    recordings: Sequence[ReleaseRecording],
    *,
    seed: int,
    progress: Progress,
    key: str = "",
) -> None:
    """Write a release; it takes the place of an earlier one at once.

    One process at a time: what another was writing counts as left by a kill, and is removed.

    Args:
        out: the folder. What is written is noted in ``work/`` beside it.
        recordings: by id.
        seed: decides the order of options.
        progress: told about every recording.
        key: names everything that it is made from.

    Raises:
        UsageError: the folder holds what no run wrote, or cannot be written.
    """
    with replacing(out, key) as folder:
        _write(folder, recordings, seed, progress)


def _write(
    folder: Path, recordings: Sequence[ReleaseRecording], seed: int, progress: Progress
) -> None:
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True)
    questions = [question for recording in recordings for question in recording.questions]
    categories = {each.scanpath.recording_id: each.scanpath.category for each in recordings}
    for task in TASKS:
        asked = [question for question in questions if question.task == task.code]
        text = json.dumps(entries(asked, task, categories, seed), indent=1, ensure_ascii=False)
        (folder / "qa" / f"{task.file}.json").write_text(text + "\n", encoding="utf-8")
    for source in sorted({recording.source for recording in recordings}):
        own = [recording for recording in recordings if recording.source == source]
        text = metadata([recording.scanpath for recording in own])
        (folder / "metadata" / f"{source}.csv").write_text(text, encoding="utf-8")
        _write_gaze(folder / "gaze" / f"{source}.parquet", own)
    progress.start("copying videos", len(recordings))
    for recording in recordings:
        name = f"{recording.scanpath.recording_id}.mp4"
        link_or_copy(recording.video, folder / "videos" / "original_video" / name)
        progress.advance(1)


def link_or_copy(file: Path, target: Path) -> None:
    """The same file under another name, or a copy with its time where file systems differ."""
    try:
        # Resolved: a second name of a link would lead nowhere from here.
        os.link(file.resolve(), target)
    except OSError:
        shutil.copy2(file, target)


_GROUP_ROWS = 1 << 16
"""Of a row group: 36 minutes of 30 samples a second."""
_GAZE = pa.schema(
    {
        "video_id": pa.string(),
        "seconds": pa.float64(),
        "x": pa.float64(),
        "y": pa.float64(),
        "valid": pa.bool_(),
    }
)


def _write_gaze(path: Path, recordings: Sequence[ReleaseRecording]) -> None:
    # A dictionary of numbers that hardly repeat would need far more memory than they do.
    with pq.ParquetWriter(path, _GAZE, compression="zstd", use_dictionary=["video_id"]) as file:
        for each in recordings:
            # Some rows at a time: all together would fill the memory.
            for begin in range(0, max(len(each.gaze), 1), _GROUP_ROWS):
                rows = slice(begin, begin + _GROUP_ROWS)
                file.write_table(_gaze_rows(each.gaze, rows, each.scanpath.recording_id))


def _gaze_rows(gaze: GazeTable | GazeSamples, rows: slice, video_id: str) -> pa.Table:
    """Some rows as the release has them; what is not valid has no place."""
    valid = gaze.valid[rows]
    # Adding 0 turns a negative zero into the other one, which has other bytes.
    places = [pa.array(column[rows] + 0.0, mask=~valid) for column in (gaze.x, gaze.y)]
    ids = pa.array([video_id] * len(valid), pa.string())
    columns = [ids, pa.array(gaze.seconds[rows]), *places, pa.array(valid)]
    return pa.Table.from_arrays(columns, schema=_GAZE)


def entries(
    asked: Sequence[Question], task: TaskName, categories: dict[str, str], seed: int
) -> list[dict[str, Any]]:
    """The entries of one file; every letter is right equally often, give or take one."""
    rng = chance(seed, task.code, "letters")
    letters = [k % OPTIONS for k in range(len(asked))]
    places = rng.sample(letters, len(letters))
    made = []
    for question, place in zip(asked, places, strict=True):
        wrong = rng.sample(question.wrong, len(question.wrong))
        # By the published rules a question may have fewer options.
        body = (
            _choice(question, wrong, place % (len(wrong) + 1))
            if question.answer
            else _alert(question)
        )
        start, end = question.span_seconds
        made.append(
            {
                "response_time": f"[{stamp(start)} - {stamp(end)}]",
                "questions": [
                    {
                        "task_type": task.task_types[0],
                        **body,
                        "required_ability": ABILITIES[task.code],
                    }
                ],
                "video_categories": categories[question.recording_id],
                "video_path": f"{question.recording_id}.mp4",
            }
        )
    return made


def _choice(question: Question, wrong: list[str], place: int) -> dict[str, Any]:
    words = [*wrong[:place], question.answer, *wrong[place:]]
    return {
        "question": question.text.replace("{options}", "{" + ", ".join(words) + "}"),
        "time_stamp": stamp(question.asked_seconds),
        "answer": LETTERS[place],
        "options": [f"{letter}. {text}" for letter, text in zip(LETTERS, words, strict=False)],
        **question.extras,
    }


def _alert(question: Question) -> dict[str, Any]:
    points = [
        {
            "realtime": stamp(point.seconds),
            "type": int(point.alert),
            "input_video_clip": [0, point.seconds],
        }
        for point in question.points
    ]
    return {
        "question": question.text,
        "time_stamp": stamp(question.asked_seconds),
        **question.extras,
        "test_info": points,
    }


def metadata(scanpaths: Iterable[Scanpath]) -> str:
    """The episodes as the CSV that the authors' pipeline reads again (its step 3)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, METADATA_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for scanpath in scanpaths:
        writer.writerows(_row(scanpath, episode) for episode in scanpath.episodes)
    return text.getvalue()


def _row(scanpath: Scanpath, episode: Episode) -> dict[str, str]:
    actions = [
        action.text
        for action in scanpath.actions
        if action.start_seconds < episode.end_seconds and action.end_seconds > episode.start_seconds
    ]
    return {
        "video_name": scanpath.recording_id,
        "source_file": f"{scanpath.recording_id}_fixation_merged_filtered_v2.csv",
        "fixation_ids": str(list(episode.fixations)),
        "episode_start_time": f"{episode.start_seconds:.3f}",
        "episode_end_time": f"{episode.end_seconds:.3f}",
        "duration": f"{episode.end_seconds - episode.start_seconds:.3f}",
        "representative_object": str(_told(episode.gazed) if episode.gazed else {}),
        "other_objects_in_cropped_area": str([_told(thing) for thing in episode.beside]),
        "other_objects_outside_fov": str([_told(thing) for thing in episode.outside]),
        "captions": str(list(episode.captions)),
        "action_captions": json.dumps(actions, ensure_ascii=False),
    }


def _told(thing: SeenObject) -> dict[str, str]:
    return {"object_identity": thing.name, "detailed_caption": thing.caption}
