"""`sightline prepare` for MMSI-Video-Bench: every frame and clip that its tasks show is here.

Nothing is decoded ahead: frames are JPEG files inside the dataset, read where they lie, and the
clips of the native tasks go to the model as they are.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from mmsi_video.benchmark import BENCHMARK
from mmsi_video.questions import read_questions, single_input
from mmsi_video.tasks.settings import read_settings
from sightline.errors import DatasetError
from sightline.lmms.source import resolve
from sightline.parquet_reader import ClipReader
from sightline.preparing import PrepareReport
from sightline.sampling import proportional_indices

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mmsi_video.schema import Sample
    from mmsi_video.tasks.settings import Settings
    from sightline.frame_store import FrameStore
    from sightline.lmms.source import DatasetSource
    from sightline.progress import Progress


def prepare(
    tasks: Sequence[str],
    store: FrameStore,
    *,
    workers: int,
    dry_run: bool,
    progress: Progress,
) -> PrepareReport:
    """See that all media of some tasks are here, and fetch clips that lie on the Hub.

    Args:
        tasks: names of tasks.
        store: not needed: no frame of this benchmark is decoded from a video.
        workers: not needed, either.
        dry_run: whether clips on the Hub are only counted.
        progress: what is told how far it is.

    Raises:
        DatasetError: there is no dataset.
    """
    del store, workers
    source = resolve(BENCHMARK)
    samples = read_questions(source.folder)
    frames: dict[str, set[int]] = {}
    clips: dict[str, None] = {}
    for task in tasks:
        asked, settings = _asked(task, samples)
        if settings.max_frames is None:
            clips.update((clip.video_path, None) for one in asked for clip in one.clips)
        for sample in asked:
            for clip, indices in zip(sample.clips, _indices(sample, settings), strict=False):
                frames.setdefault(clip.clip_id, set()).update(indices)
    problems = _missing_frames(source.folder, frames)
    notes = [_of_frames(frames)] if frames else []
    if clips:
        told, lost = _clips(source, clips, dry_run=dry_run, progress=progress)
        notes.append(told)
        problems += lost
    return PrepareReport(BENCHMARK.title, dry_run, notes=tuple(notes), problems=tuple(problems))


def _asked(task: str, samples: Iterable[Sample]) -> tuple[list[Sample], Settings]:
    """The questions of a task and how they are shown, as its YAML file says."""
    text = (files("mmsi_video") / "tasks" / f"{task}.yaml").read_text(encoding="utf-8")
    task_file = yaml.load(text, _Loader)  # noqa: S506 (a safe loader that calls nothing)
    settings = read_settings(task_file["lmms_eval_specific_kwargs"]["default"])
    alone = str(task_file.get("process_docs", "")).endswith("single_input")
    return [one for one in samples if not alone or single_input(one)], settings


class _Loader(yaml.SafeLoader):
    """Reads lmms-eval's files; a function in them is only named."""


def _name(loader: _Loader, node: Any) -> str:
    return str(loader.construct_scalar(node))


_Loader.add_constructor("!function", _name)


def _indices(sample: Sample, settings: Settings) -> list[list[int]]:
    if settings.max_frames is None or settings.rule is None:
        return []
    counts = [clip.frame_count for clip in sample.clips]
    return proportional_indices(counts, settings.max_frames, rule=settings.rule)


def _missing_frames(folder: Path, wanted: dict[str, set[int]]) -> list[str]:
    if not wanted:
        return []
    reader = ClipReader(folder / "frames")
    problems = []
    for clip, indices in sorted(wanted.items()):
        there = reader.row_count(clip) if clip in reader else 0
        if max(indices, default=-1) >= there:
            problems.append(
                f"clip {clip} must have frame {max(indices)}, but the dataset has {there} of it"
            )
    return problems


def _of_frames(frames: dict[str, set[int]]) -> str:
    count = sum(map(len, frames.values()))
    return (
        f"{count:,} frames of {len(frames):,} clips are read out of the dataset: nothing to decode"
    )


def _clips(
    source: DatasetSource, clips: Iterable[str], *, dry_run: bool, progress: Progress
) -> tuple[str, list[str]]:
    """Fetch clips that are not here; what that came to, and what could not be had."""
    paths = sorted(clips)
    away = [path for path in paths if not (source.folder / path).is_file()]
    fetch = [] if dry_run or source.repository is None else away
    problems = []
    progress.start("fetching clips", len(fetch))
    for path in fetch if source.repository else away:
        try:
            source.media(path)
        except DatasetError as error:
            problems.append(error.message)
        progress.advance(1)
    done = f"{len(away):,} to be downloaded" if dry_run else f"{len(fetch):,} downloaded"
    return f"{len(paths):,} clips for models that decode themselves, {done}", problems
