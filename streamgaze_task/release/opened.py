"""A release, opened: its questions checked, its tables looked through, its videos not yet read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.archives import JUNK
from sightline.errors import BrokenReleaseError, Problem
from sightline.release import read_json
from streamgaze_task.release.check import check_documents
from streamgaze_task.release.gaze import find_tables
from streamgaze_task.release.layout import source_by_file, source_by_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.release import Release
    from streamgaze_task.release.gaze import GazeSources
    from streamgaze_task.release.media import MediaFacts
    from streamgaze_task.release.records import Checked, Record


@dataclass(frozen=True)
class OpenedRelease:
    """A release, with everything that can be known without its videos."""

    release: Release
    """Where it comes from, with checksums."""
    checked: Checked
    """Its questions."""
    gaze: GazeSources
    """Its tables."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the task files."""
        return tuple(self.checked.problems)

    @property
    def media_bytes(self) -> int:
        """About how many bytes its videos have: they hardly shrink in an archive."""
        tables = (".json", ".csv", ".parquet")
        return sum(file.size for file in self.release.files if not file.name.endswith(tables))

    def source(self, video_id: str, media: MediaFacts) -> tuple[str | None, str]:
        """Where a video comes from, and what told it: archive, table, name or nothing."""
        by_archive = media.original(video_id)["source"]
        by_table = source_by_file(self.gaze.source(video_id) or "")
        by_name = source_by_pattern(video_id)
        told = (("archive", by_archive), ("table", by_table), ("name", by_name))
        return next(((found, how) for how, found in told if found), (None, "nothing"))


def opened(release: Release) -> OpenedRelease:
    """Read the task files and look through the tables.

    A file that is no JSON is a problem of the release as a whole; the others are checked all the
    same.

    Raises:
        BrokenReleaseError: there is no task file at all.
    """
    names = [f.name for f in release.files if f.name.endswith(".json") and not JUNK.search(f.name)]
    if not names:
        missing = Problem("qa/*.json", "is missing: the release has no task file")
        raise BrokenReleaseError([missing], next_step="give the folder that holds `qa`")
    documents: dict[str, Any] = {}
    problems = [
        Problem(name, f"must be in the release once, but is there {count} times")
        for name, count in Counter(map(_base, names)).items()
        if count > 1
    ]
    for name in names:
        document, found = _document(release, name)
        problems += found
        if not found:
            documents[_base(name)] = document
    checked = check_documents(documents)
    checked.problems = [*problems, *checked.problems]
    if not checked.records and not checked.problems:
        checked.problems.append(Problem("qa/*.json", "must have questions, but has none"))
    return OpenedRelease(release, checked, find_tables(release))


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _document(release: Release, name: str) -> tuple[Any, tuple[Problem, ...]]:
    try:
        return read_json(release.path(name)), ()
    except BrokenReleaseError as error:
        return None, error.problems


def without_broken(records: Iterable[Record], problems: Iterable[Problem]) -> list[Record]:
    """The questions that no problem names."""
    broken = {problem.sample for problem in problems}
    return [record for record in records if record.id not in broken]
