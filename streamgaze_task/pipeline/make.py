"""The whole of it: recordings in, a release and a report out; and what reviewers do in between."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from filelock import FileLock

from sightline.errors import DatasetError, UsageError
from sightline.fields import shown
from sightline.staging import file_sha256
from streamgaze_task.pipeline import gaze_store
from streamgaze_task.pipeline.config import digest
from streamgaze_task.pipeline.facts import RecordingFacts
from streamgaze_task.pipeline.known import scanpath_of
from streamgaze_task.pipeline.outdated import all_outdated, check_new
from streamgaze_task.pipeline.quality.baselines import baselines, read_qa
from streamgaze_task.pipeline.quality.judging import NOT_CHOSEN
from streamgaze_task.pipeline.recordings.find import missing
from streamgaze_task.pipeline.records import Judged, LabelledFixation
from streamgaze_task.pipeline.release import ReleaseRecording, write_release
from streamgaze_task.pipeline.release_seal import broken, files_of, named
from streamgaze_task.pipeline.report import REPORT, REPORT_PAGE, RunReport, facts_of
from streamgaze_task.pipeline.reporting.page import report_page
from streamgaze_task.pipeline.review.build import write_page
from streamgaze_task.pipeline.review.decisions import (
    Decisions,
    merge,
    read_decisions,
    write_decisions,
)
from streamgaze_task.pipeline.review.recording import ReviewRecording
from streamgaze_task.pipeline.run import (
    forget_problems,
    pending,
    run_stages,
    sources_of,
    task_of,
)
from streamgaze_task.pipeline.stages import NAMES
from streamgaze_task.pipeline.workplace import (
    claimed,
    ready,
    refuse_to_replace,
    release_lock,
    telling,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from streamgaze_task.pipeline.config import Config
    from streamgaze_task.pipeline.stage import Task

_RELEASE_VERSION = 2
_CLIP = re.compile(r"\.?[0-9a-f]{32}\.(mp4|jpg)")
"""Names of what `cutting` keeps."""


def make_benchmark(
    config: Config,
    *,
    workers: int,
    until: str,
    skip_failed: bool,
    progress: Progress,
) -> RunReport:
    """Run everything up to a stage; what is finished is not made again.

    A release is written when no recording failed, or that is allowed, and a question is left. An
    earlier release then stays as it is, which is told: it is whole, and may have taken days.

    Raises:
        UsageError: the configuration names no recording, `out` cannot be written to or has files
            that a run would replace and no run wrote, or another configuration is at work there.
        DatasetError: every recording failed.
    """
    sources = sources_of(config)
    refuse_to_replace(config, sources)
    with claimed(config):
        outcome = run_stages(config, sources, workers=workers, until=until, progress=progress)
        good = [source for source in sources if source.recording_id not in outcome.failed]
        if not good:
            first = next(iter(outcome.failed.items()))
            raise DatasetError(f"all {len(sources)} recordings failed; {first[0]}: {first[1]}")
        tasks = [task_of(config, source) for source in good]
        facts = facts_of(tasks, until)
        facts["files_left_aside"] = _left_aside(config)
        if "outdated_decisions" in facts:
            unapplied = [one.text() for one in all_outdated(tasks)]
            facts |= {"outdated_decisions": len(unapplied), "decisions_not_applied": unapplied}
        wanted = until == NAMES[-1]
        empty = wanted and not any(task["kept"] for task in facts["questions"].values())
        made, said = wanted and not empty and (skip_failed or not outcome.failed), ""
        if made:
            said = _release(config, tasks, progress)
            facts["baselines"] = baselines(read_qa(config.out / "release"))
        elif wanted and (config.out / "release").exists():
            said = f"{config.out / 'release'} is of an earlier run, and not of this one"
        report = RunReport(
            config.name, config.out, facts, dict(outcome.failed), made, said, empty=empty
        )
        each = {task.source.recording_id: facts_of([task], until) for task in tasks}
        _write_report(config, report, report_page(report, each))
    return report


def forget(config: Config) -> str:
    """Let the next run ask again what a labeller failed to answer; returns what to tell."""
    with claimed(config):
        count = forget_problems(config, sources_of(config))
    return f"{count} file(s) with unanswered queries will be made again\n"


def _left_aside(config: Config) -> list[str]:
    """Videos without gaze and gaze without video, in words."""
    base = config.path.parent
    return [note for settings in config.recordings for note in missing(settings, base)]


def _release(config: Config, tasks: Sequence[Task], progress: Progress) -> str:
    """Write the release, unless there is one from the same files; returns what to tell of it."""
    out = config.out / "release"
    made_from = [
        [file_sha256(task.path(stage)) for stage in ("recordings", "episodes", "judged")]
        for task in tasks
    ]
    key = digest((_RELEASE_VERSION, config.seed, made_from))
    with release_lock(config):
        written = files_of(out, key)
        changed = broken(out, written)
        if written and not changed:
            return ""
        recordings = [_recording(task) for task in tasks]
        write_release(out, recordings, seed=config.seed, progress=progress, key=key)
    if not changed:
        return ""
    return (
        "the release was made again, because files of it had been changed or removed: "
        f"{named(changed)}"
    )


def _recording(task: Task) -> ReleaseRecording:
    facts = task.read("recordings", RecordingFacts)[0]
    path = gaze_store.path_of(task.config, facts.recording_id)
    return ReleaseRecording(
        scanpath=scanpath_of(task),
        source=facts.source,
        video=task.source.video,
        gaze=gaze_store.read(path),
        questions=tuple(one.question for one in task.read("judged", Judged) if not one.dropped),
    )


def _write_report(config: Config, report: RunReport, page: str) -> None:
    text = json.dumps(report.as_json(), indent=1, ensure_ascii=False) + "\n"
    # Two runs may end at once.
    with FileLock(config.work / "locks" / "report.lock"):
        for name, content in ((REPORT, text), (REPORT_PAGE, page)):
            unfinished = config.out / f".{name}"
            # Names of files need not be texts; in JSON this is half a surrogate pair's escape.
            unfinished.write_text(content, "utf-8", errors="backslashreplace")
            unfinished.replace(config.out / name)


def plan_text(config: Config) -> str:
    """What a run would make, for ``--dry-run``; what it would refuse is refused.

    Raises:
        UsageError: as :func:`make_benchmark`, but for another configuration that is at work.
    """
    sources = sources_of(config)
    refuse_to_replace(config, sources)
    with telling(config.out):
        counts = Counter(stage for stage, _ in pending(config, sources))
    told = [f"{config.name}: {len(sources)} recording(s), rules: {config.method}"]
    told += [f"  {source.text()}" for source in sources]
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
    # Pages of one benchmark share their clips, so one is written after the other.
    with claimed(config), FileLock(config.work / "locks" / "review.lock"):
        tasks = [task_of(config, sources[name]) for name in (only or sources)]
        records = [_to_review(task, kept) for task in tasks]
        facts = write_page(out.absolute(), records, name=config.name, progress=progress)
        for folder in kept.iterdir():
            if folder.name not in sources and folder.is_dir():
                _forget_clips(folder)
    return f"{facts.text()}\nopen {out / 'index.html'}; then: sightline gaze merge ...\n"


def _forget_clips(folder: Path) -> None:
    """Away with the clips of a recording that is no more, and nothing else."""
    for path in folder.iterdir():
        if _CLIP.fullmatch(path.name):
            path.unlink()
    with suppress(OSError):  # it holds something that is not ours
        folder.rmdir()


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
        UsageError: a file is no such file, is about another benchmark, or has an edit that cannot
            be applied.
    """
    with telling(config.out):
        ready(config)
        # Two merges at once would each lose what the other took over.
        with FileLock(config.work / "locks" / "decisions.lock"):
            merged, told = _merged(config, paths)
            if not dry_run:
                write_decisions(config.decisions, merged)
    return f"{merged.text()}\n{told}next: sightline gaze run {config.path}\n"


def _merged(config: Config, paths: Sequence[Path]) -> tuple[Decisions, str]:
    """All decisions together, and what to tell of those that are new."""
    known = [config.decisions] if config.decisions.is_file() else []
    decided = [read_decisions(path) for path in (*known, *paths)]
    for path, one in zip((*known, *paths), decided, strict=True):
        if one.name != config.name:
            raise UsageError(
                f"{path} has decisions about {shown(one.name)}, but {config.path.name} makes "
                f"{shown(config.name)}",
                next_step="give the configuration of which the page was made",
            )
    merged = merge(decided)
    tasks = [task_of(config, source) for source in sources_of(config)]
    new = zip(paths, decided[len(known) :], strict=True)
    return merged, check_new(tasks, new, merged)
