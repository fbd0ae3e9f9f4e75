"""The authors' release of StreamGaze -> the dataset that ``load_dataset`` opens.

Parquet and media are written directly, part by part: finished parts survive a kill, and the same
release gives the same bytes. ``load_dataset`` opens the dataset by its README.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.building import (
    RESERVE_BYTES,
    SKIP_HINT,
    build_key,
    columns_of,
    finished,
    only_one,
    write_facts,
)
from sightline.errors import BrokenReleaseError, DatasetError
from sightline.parquet import RowGroup, write_config, write_table
from sightline.progress import progress_bar
from sightline.release import open_release
from sightline.staging import Staging, check_room
from streamgaze_task import columns
from streamgaze_task.release import recovered
from streamgaze_task.release.gaze import TableReader, gaze_facts, gaze_kinds, look_at
from streamgaze_task.release.layout import PATTERNS
from streamgaze_task.release.media import collect, not_kept
from streamgaze_task.release.opened import OpenedRelease, opened, without_broken
from streamgaze_task.release.report import BuildReport
from streamgaze_task.release.rows import (
    BUILDER_VERSION,
    Content,
    build_facts,
    card,
    question_row,
    video_row,
)
from streamgaze_task.release.times import media_problems, overlay_problems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.errors import Problem
    from sightline.progress import Progress
    from streamgaze_task.release.media import MediaFacts
    from streamgaze_task.release.records import Record

_AGAIN = "get the release again"


def build(
    release: str | Path,
    out: Path,
    *,
    skip_broken: bool = False,
    no_gaze_recovery: bool = False,
    progress: bool | None = None,
) -> BuildReport:
    """Build the dataset from a release. A second call with the same release does nothing.

    Reading the gaze out of the overlay videos runs in further processes, which import the calling
    script anew: call this under ``if __name__ == "__main__"``.

    Args:
        release: folder with the authors' files, or ``org/name[@revision]`` on the Hub.
        out: folder to make; it must not exist, or be empty, or hold this same dataset.
        skip_broken: leave questions with problems out and list them, instead of refusing.
        no_gaze_recovery: do not read the gaze out of overlay videos where no table has it.
        progress: show a progress bar; None means when standard error is a terminal.

    Raises:
        BrokenReleaseError: the release has problems; all of them are listed.
        ReleaseError: the release cannot be found or downloaded.
        DatasetError: `out` holds something else.
        SightlineError: the disk is full; finished parts are kept for the next call.
    """
    out = Path(out).expanduser().absolute()
    options = {"no_gaze_recovery": no_gaze_recovery}
    with only_one(out), progress_bar(show=progress) as bar:
        found = open_release(release, patterns=PATTERNS, progress=bar)
        facts = finished(out, found, version=BUILDER_VERSION, skip_broken=skip_broken)
        if facts is not None:
            _check_options(out, facts, options)
            return BuildReport(out, built=False, facts=facts)
        staging = Staging(out, build_key(found, [BUILDER_VERSION, options]))
        work = _Build(opened(found), staging, bar, recovery=not no_gaze_recovery)
        facts = work.run(skip_broken=skip_broken)
        staging.finish()
    return BuildReport(out, built=True, facts=facts)


def check(
    release: str | Path, *, no_gaze_recovery: bool = False, progress: bool | None = None
) -> BuildReport:
    """Check a whole release, every video included, and report; nothing is written.

    The gaze in the overlay videos is not read: the report says which videos a build would read.

    Args:
        release: folder with the authors' files, or ``org/name[@revision]`` on the Hub.
        no_gaze_recovery: as for :func:`build`.
        progress: show a progress bar; None means when standard error is a terminal.

    Raises:
        BrokenReleaseError: the release has problems; all of them are listed.
        ReleaseError: the release cannot be found or downloaded.
    """
    with progress_bar(show=progress) as bar:
        source = opened(open_release(release, patterns=PATTERNS, progress=bar))
        media, problems = _inspect(source, bar)
        if problems:
            raise BrokenReleaseError(problems, next_step=_next_step(problems))
        kinds = gaze_kinds(source.gaze, media, recovery=not no_gaze_recovery)
        reader = TableReader(source.gaze, media)
        gaze = {video_id: look_at(reader, video_id, kind) for video_id, kind in kinds.items()}
        content = Content(source, source.checked.records, media, gaze)
        facts = build_facts(content, (), {"no_gaze_recovery": no_gaze_recovery})
        return BuildReport(None, built=False, facts=facts)


class _Build:
    """One run of a build: problems gather while its steps find them."""

    def __init__(
        self, source: OpenedRelease, staging: Staging, bar: Progress, *, recovery: bool
    ) -> None:
        self._source = source
        self._staging = staging
        self._bar = bar
        self._recovery = recovery
        self._records: Sequence[Record] = source.checked.records
        self._problems: list[Problem] = []

    def run(self, *, skip_broken: bool) -> dict[str, Any]:
        """Write all parts; returns the facts of ``build.json``."""
        found: Sequence[Problem] = self._source.problems
        if found and (_concerns_all(found) or not skip_broken):
            _, problems = _inspect(self._source, self._bar)
            raise BrokenReleaseError(problems, next_step=_next_step(problems))
        self._leave_out(found, skip_broken=skip_broken)
        media = self._write_videos()
        found = [*media.problems, *media_problems(self._records, media)]
        self._leave_out(found, skip_broken=skip_broken)
        gaze, faults = self._write_gaze(media)
        self._leave_out(overlay_problems(self._records, faults), skip_broken=skip_broken)
        return self._write_tables(Content(self._source, self._records, media, gaze))

    def _leave_out(self, found: Sequence[Problem], *, skip_broken: bool) -> None:
        """Go on without the questions that have problems, if that was asked for and can be."""
        self._problems += found
        if found and (_concerns_all(found) or not skip_broken):
            kept = f"finished parts are kept in {self._staging.folder.name}"
            raise BrokenReleaseError(found, next_step=f"{_next_step(found)}; {kept}")
        self._records = without_broken(self._records, found)
        if not self._records:
            raise BrokenReleaseError(self._problems, next_step=f"no question is left; {_AGAIN}")

    def _write_videos(self) -> MediaFacts:
        need = self._source.media_bytes - self._staging.finished_bytes + RESERVE_BYTES
        check_room(self._staging.out.parent, need)
        media = collect(self._source.release, self._staging.part, self._bar)
        for part in self._staging.parts:
            if part.name not in media.names:
                self._staging.forget(part.name)
        return media

    def _write_gaze(self, media: MediaFacts) -> tuple[dict[str, Any], dict[str, str]]:
        """The `gaze` config; facts per video, and why an overlay could not be read."""
        kinds = gaze_kinds(self._source.gaze, media, recovery=self._recovery)
        recovering = [video_id for video_id, kind in kinds.items() if kind == "recovered"]
        jobs = recovered.plan(recovering, media, self._staging.folder)
        faults = recovered.recover_all(jobs, self._bar)
        files = {job.video_id: job for job in jobs}
        reader = TableReader(self._source.gaze, media)

        def group(video_id: str, kind: str) -> RowGroup:
            def read() -> tuple[Mapping[str, Sequence[Any]], Any]:
                job = files.get(video_id)
                table = reader.read(video_id, kind) if job is None else recovered.load(job)
                return table.columns(video_id), gaze_facts(table)

            return RowGroup(video_id, 1, read)

        groups = [group(*item) for item in kinds.items() if item[0] not in faults]
        self._bar.start("gaze", len(groups))
        gaze = write_config(
            self._staging,
            "gaze",
            columns.features()["gaze"],
            groups,
            shard_bytes=len(groups) + 1,
            advance=self._bar.advance,
        )
        return gaze, faults

    def _write_tables(self, content: Content) -> dict[str, Any]:
        features = columns.features()
        questions = [question_row(content, record) for record in content.records]
        write_table(self._staging, "questions", features["questions"], columns_of(questions))
        videos = [video_row(content, video_id) for video_id in content.media.ids("original")]
        write_table(self._staging, "videos", features["videos"], columns_of(videos))
        options = {"no_gaze_recovery": not self._recovery}
        facts = build_facts(content, self._problems, options)
        return write_facts(self._staging, card(facts), facts)


def _inspect(source: OpenedRelease, bar: Progress) -> tuple[MediaFacts, list[Problem]]:
    """Read all videos and keep none; everything that is wrong."""
    with not_kept() as keep:
        media = collect(source.release, keep, bar)
    found = media_problems(source.checked.records, media)
    return media, [*source.problems, *media.problems, *found]


def _concerns_all(problems: Sequence[Problem]) -> bool:
    """Whether something is wrong with the release as a whole."""
    return any(problem.sample is None for problem in problems)


def _next_step(problems: Sequence[Problem]) -> str:
    return _AGAIN if _concerns_all(problems) else SKIP_HINT


def _check_options(out: Path, facts: Mapping[str, Any], options: Mapping[str, bool]) -> None:
    """Refuse a finished dataset that was built with other switches."""
    built = facts.get("options")
    if built != options:
        raise DatasetError(
            f"{out} was built with other switches: {built}, not {dict(options)}",
            next_step="choose another --out, or move what is there away",
        )
