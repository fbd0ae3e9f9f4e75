"""The whole of it: recordings in, a release and a report out; and what reviewers do in between."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from filelock import FileLock

from sightline.errors import DatasetError, UsageError
from sightline.fields import shown
from sightline.staging import file_sha256
from streamgaze_task.pipeline import gaze_store, lines
from streamgaze_task.pipeline.config import digest
from streamgaze_task.pipeline.facts import RecordingFacts
from streamgaze_task.pipeline.known import scanpath_of
from streamgaze_task.pipeline.quality.baselines import baselines, read_qa
from streamgaze_task.pipeline.quality.judging import NOT_CHOSEN
from streamgaze_task.pipeline.recordings.find import missing
from streamgaze_task.pipeline.records import Judged, LabelledFixation
from streamgaze_task.pipeline.release import ReleaseRecording, write_release
from streamgaze_task.pipeline.release_seal import WrittenFile, broken, seal
from streamgaze_task.pipeline.report import RunReport, facts_of
from streamgaze_task.pipeline.reporting.page import report_page
from streamgaze_task.pipeline.review.build import write_page
from streamgaze_task.pipeline.review.decisions import (
    Decisions,
    merge,
    read_decisions,
    write_decisions,
)
from streamgaze_task.pipeline.review.recording import ReviewRecording
from streamgaze_task.pipeline.run import pending, run_stages, sources_of, task_of
from streamgaze_task.pipeline.stages import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from streamgaze_task.pipeline.config import Config
    from streamgaze_task.pipeline.stage import Task

REPORT = "report.json"
REPORT_PAGE = "report.html"
_RELEASE_VERSION = 2
_MOST_NAMED = 3


def make_benchmark(
    config: Config,
    *,
    workers: int,
    until: str,
    skip_failed: bool,
    progress: Progress,
) -> RunReport:
    """Run everything up to a stage; what is finished is not made again.

    Raises:
        UsageError: the configuration names no recording, or `out` cannot be written to.
        DatasetError: every recording failed.
    """
    sources = sources_of(config)
    _make_room(config)
    outcome = run_stages(config, sources, workers=workers, until=until, progress=progress)
    good = [source for source in sources if source.recording_id not in outcome.failed]
    if not good:
        first = next(iter(outcome.failed.items()))
        raise DatasetError(f"all {len(sources)} recordings failed; {first[0]}: {first[1]}")
    tasks = [task_of(config, source) for source in good]
    facts = facts_of(tasks, until)
    facts["files_left_aside"] = _left_aside(config)
    made, said = until == NAMES[-1] and (skip_failed or not outcome.failed), ""
    if made:
        said = _release(config, tasks, progress)
        facts["baselines"] = baselines(read_qa(config.out / "release"))
    report = RunReport(config.name, config.out, facts, dict(outcome.failed), made, said)
    each = {task.source.recording_id: facts_of([task], until) for task in tasks}
    _write_report(config, report, report_page(report, each))
    return report


def _left_aside(config: Config) -> list[str]:
    """Videos without gaze and gaze without video, in words."""
    base = config.path.parent
    return [note for settings in config.recordings for note in missing(settings, base)]


def _make_room(config: Config) -> None:
    try:
        (config.work / "locks").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"out must be a folder to write to: {error}") from error


def _release(config: Config, tasks: Sequence[Task], progress: Progress) -> str:
    """Write the release, unless there is one from the same files; returns what to tell of it."""
    out, mark = config.out / "release", config.work / "release.json"
    made_from = [
        [file_sha256(task.path(stage)) for stage in ("recordings", "episodes", "judged")]
        for task in tasks
    ]
    key = digest((_RELEASE_VERSION, config.seed, made_from))
    with FileLock(config.work / "locks" / "release.lock"):
        written = _sealed(mark, key)
        changed = broken(out, written)
        if written and not changed:
            return ""
        mark.unlink(missing_ok=True)
        write_release(
            out, [_recording(task) for task in tasks], seed=config.seed, progress=progress
        )
        lines.write(mark, {"key": key}, seal(out))
    return _again(changed)


def _sealed(mark: Path, key: str) -> list[WrittenFile]:
    """What the release of that key consisted of; nothing where there is no such release."""
    if lines.header_of(mark) != {"key": key}:
        return []
    try:
        return lines.read(mark, WrittenFile)
    except DatasetError:
        return []


def _again(changed: Sequence[str]) -> str:
    if not changed:
        return ""
    more = f" and {len(changed) - _MOST_NAMED:,} more" if len(changed) > _MOST_NAMED else ""
    return (
        f"the release was made again, because files of it had been changed or removed: "
        f"{', '.join(changed[:_MOST_NAMED])}{more}"
    )


def _recording(task: Task) -> ReleaseRecording:
    facts = task.read("recordings", RecordingFacts)[0]
    path = gaze_store.path_of(task.config, facts.recording_id)
    return ReleaseRecording(
        scanpath=scanpath_of(task),
        source=facts.source,
        video=task.source.video,
        gaze=gaze_store.read(path).table(),
        questions=tuple(one.question for one in task.read("judged", Judged) if not one.dropped),
    )


def _write_report(config: Config, report: RunReport, page: str) -> None:
    text = json.dumps(report.as_json(), indent=1, ensure_ascii=False) + "\n"
    # Two runs may end at once.
    with FileLock(config.work / "locks" / "report.lock"):
        for name, content in ((REPORT_PAGE, page), (REPORT, text)):
            unfinished = config.out / f".{name}"
            unfinished.write_text(content, "utf-8")
            unfinished.replace(config.out / name)


def plan_text(config: Config) -> str:
    """What a run would make, for ``--dry-run``."""
    sources = sources_of(config)
    counts: dict[str, int] = {}
    for stage, _ in pending(config, sources):
        counts[stage] = counts.get(stage, 0) + 1
    told = [f"{config.name}: {len(sources)} recording(s), rules: {config.method}"]
    told += [f"  {source.recording_id}  {source.format}  {source.video.name}" for source in sources]
    told += [f"  {note}" for note in _left_aside(config)]
    told += [f"  {stage}: {count} to make" for stage, count in counts.items()]
    told.append(f"would write: {config.work} and {config.out / 'release'}")
    return "\n".join(told) + "\n"


def write_review(config: Config, out: Path, *, only: Sequence[str], progress: Progress) -> str:
    """Write the review page; returns what to tell.

    Raises:
        UsageError: `only` names a recording that there is not.
        DatasetError: the run has not come that far.
    """
    sources = {source.recording_id: source for source in sources_of(config)}
    for name in only:
        if name not in sources:
            raise UsageError(f"--only ({name}) must be of: {', '.join(sources)}")
    kept = config.work / "clips"
    _make_room(config)
    # Pages of one benchmark share their clips, so one is written after the other.
    with FileLock(config.work / "locks" / "review.lock"):
        tasks = [task_of(config, sources[name]) for name in (only or sources)]
        records = [_to_review(task, kept) for task in tasks]
        facts = write_page(out, records, name=config.name, progress=progress)
        for folder in kept.iterdir():
            if folder.name not in sources:
                shutil.rmtree(folder)
    return f"{facts.text()}\nopen {out / 'index.html'}; then: sightline gaze merge ...\n"


def _to_review(task: Task, kept: Path) -> ReviewRecording:
    facts = task.read("recordings", RecordingFacts)[0]
    path = gaze_store.path_of(task.config, facts.recording_id)
    return ReviewRecording(
        recording_id=facts.recording_id,
        video=task.source.video,
        gaze=gaze_store.read(path).table(),
        camera=facts.camera,
        fixations=tuple(task.read("labels", LabelledFixation)),
        # Those that were good but not needed would only make the page longer.
        questions=tuple(one for one in task.read("judged", Judged) if one.dropped != NOT_CHOSEN),
        clips=kept / facts.recording_id,
        video_digest=facts.video_digest,
    )


def merge_decisions(config: Config, paths: Sequence[Path], *, dry_run: bool) -> str:
    """Take over reviewers' decisions, with those taken over before; returns what to tell.

    Raises:
        UsageError: a file is no such file, or is about another benchmark.
    """
    _make_room(config)
    # Two merges at once would each lose what the other took over.
    with FileLock(config.work / "locks" / "decisions.lock"):
        merged = _merged(config, paths)
        if not dry_run:
            write_decisions(config.decisions, merged)
    return f"{merged.text()}\nnext: sightline gaze run {config.path}\n"


def _merged(config: Config, paths: Sequence[Path]) -> Decisions:
    known = [config.decisions] if config.decisions.is_file() else []
    decided = [read_decisions(path) for path in (*known, *paths)]
    for path, one in zip((*known, *paths), decided, strict=True):
        if one.name and one.name != config.name:
            raise UsageError(
                f"{path} has decisions about {shown(one.name)}, but {config.path.name} makes "
                f"{shown(config.name)}",
                next_step="give the configuration of which the page was made",
            )
    return merge(decided)
