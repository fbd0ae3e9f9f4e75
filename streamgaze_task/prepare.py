"""`sightline prepare` for StreamGaze: every frame that its tasks will show, decoded ahead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError
from sightline.lmms.source import resolve
from sightline.preparing import FilePlan, PrepareReport, each, file_plan, fill, those_that_fit
from streamgaze_task import messages
from streamgaze_task.benchmark import BENCHMARK
from streamgaze_task.questions import read_gaze, read_samples
from streamgaze_task.tasks.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sightline.frame_store import FrameStore
    from sightline.lmms.source import DatasetSource
    from sightline.progress import Progress
    from streamgaze_task.schema import Request


class _NotHereError(DatasetError):
    """A video lies on the Hub only."""


@dataclass(frozen=True)
class _Job:
    """What is asked about one video."""

    asked: tuple[tuple[Request, Settings], ...]
    fetch: bool
    """Whether a video that lies on the Hub is downloaded."""


@dataclass(frozen=True)
class _Planned:
    """The files whose frames are shown of one video."""

    files: tuple[FilePlan, ...]
    not_here: frozenset[str]
    """Files that lie on the Hub."""
    problems: tuple[str, ...]


def prepare(
    tasks: Sequence[str],
    store: FrameStore,
    *,
    workers: int,
    dry_run: bool,
    progress: Progress,
) -> PrepareReport:
    """Decode the frames of all requests of some tasks, and keep them.

    Args:
        tasks: names of tasks, no groups.
        store: where frames are kept.
        workers: how many processes decode.
        dry_run: whether only to say what is to do; then nothing is downloaded or decoded.
        progress: what is told how far it is.

    Raises:
        DatasetError: there is no dataset.
    """
    jobs = _jobs(tasks, fetch=not dry_run)
    progress.start("reading times", len(jobs))
    planned = []
    for one in each(_plan, jobs, store, workers=workers):
        progress.advance(1)
        planned.append(one)
    files = sorted((file for one in planned for file in one.files), key=lambda file: file.path)
    not_here = sorted({name for one in planned for name in one.not_here})
    problems = sorted(problem for one in planned for problem in one.problems)
    fit, left = those_that_fit(files, store.budget_bytes)
    kept = 0
    if not dry_run:
        kept, failed = fill(fit, store, workers=workers, progress=progress)
        problems += failed
    return PrepareReport(
        title=BENCHMARK.title,
        dry_run=dry_run,
        videos=len(files),
        frames=sum(len(file.indices) for file in files),
        missing=sum(file.missing for file in files),
        missing_bytes=sum(file.missing_bytes for file in files),
        decoded=kept,
        notes=tuple(_notes(left, not_here, store)),
        problems=tuple(problems),
    )


def _notes(left: Sequence[FilePlan], not_here: Sequence[str], store: FrameStore) -> list[str]:
    notes = []
    if left:
        notes.append(
            f"{len(left):,} video file(s) do not fit into {store.budget_bytes / 1e9:,.2f} GB "
            "beside the others; a run decodes them. SIGHTLINE_FRAME_STORE_BYTES raises the cap"
        )
    if not_here:
        notes.append(
            f"{len(not_here):,} video file(s) are to be downloaded; their frames are not counted"
        )
    return notes


def _jobs(tasks: Sequence[str], *, fetch: bool) -> list[_Job]:
    """What is asked about each video, in the order of the videos."""
    entries = BENCHMARK.entries()
    samples = read_samples(resolve(BENCHMARK).folder)
    asked: dict[str, list[tuple[Request, Settings]]] = {}
    for task in tasks:
        code = entries[task]["test_split"]
        settings = read_settings(entries[task]["lmms_eval_specific_kwargs"]["default"])
        for sample in samples:
            if sample.task == code:
                shown = asked.setdefault(sample.cluster, [])
                shown += [(request, settings) for request in sample.requests()]
    return [_Job(tuple(asked[video]), fetch) for video in sorted(asked)]


def _plan(job: _Job, store: FrameStore) -> _Planned:
    """The files whose frames are shown; a request that cannot be shown is a problem."""
    media = _media(store, fetch=job.fetch)
    wanted: dict[Path, tuple[str | None, set[int]]] = {}
    not_here, problems = set(), set()
    for request, settings in job.asked:
        view = _looked(request, settings, media)
        if isinstance(view, _NotHereError):
            not_here.add(view.message)
        elif isinstance(view, Exception):
            problems.add(getattr(view, "message", str(view)))
        else:
            found = wanted.setdefault(view.file, (messages.released_sha256(view), set()))
            found[1].update(view.indices)
    files = [file_plan(store, path, sorted(shown), sha) for path, (sha, shown) in wanted.items()]
    return _Planned(tuple(files), frozenset(not_here), tuple(problems))


def _looked(
    request: Request, settings: Settings, media: messages.Media
) -> messages.Look | DatasetError | OSError | ValueError:
    """Which frames a request is shown, or why it cannot be shown."""
    try:
        return messages.look(request, settings, media)
    except (DatasetError, OSError, ValueError) as error:
        return error


def _media(store: FrameStore, *, fetch: bool) -> messages.Media:
    source = _source()

    def path(relative: str) -> Path:
        if not fetch and source.repository and not (source.folder / relative).is_file():
            raise _NotHereError(relative)
        return source.media(relative)

    def gaze(video_id: str) -> Any:
        return read_gaze(source.folder, video_id)

    return messages.Media(frames=store, path=path, gaze=gaze)


@cache
def _source() -> DatasetSource:
    return resolve(BENCHMARK)
