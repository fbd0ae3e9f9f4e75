"""What a written release consists of, so that a file that is changed or lost later is noticed.

A run tells by the keys of its files whether the release must be made again. That says nothing of
the release itself, which people open, edit and copy: so each of its files is written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.staging import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

VIDEOS = "videos/"
"""Where the files lie that are known by size and time. They are too large to be read at every run,
and most are hard links: whoever writes into such a recording changes the time of both."""


@dataclass(frozen=True)
class WrittenFile:
    """One file of a release as it was written."""

    name: str
    """Relative to the release, with ``/``."""
    size: int
    """Bytes."""
    mark: str
    """SHA-256 in hex; of a video its time of modification, ns."""


def seal(release: Path) -> list[WrittenFile]:
    """All files of a release as they are now, by name."""
    paths = sorted(path for path in release.rglob("*") if path.is_file())
    return [_written(release, path.relative_to(release).as_posix()) for path in paths]


def broken(release: Path, files: Iterable[WrittenFile]) -> list[str]:
    """Names of the files that are gone or differ. What was put beside them is not looked at."""
    return [one.name for one in files if not _is_whole(release, one)]


def _is_whole(release: Path, file: WrittenFile) -> bool:
    try:
        # A size that differs spares the reading.
        same_size = (release / file.name).stat().st_size == file.size
        return same_size and _written(release, file.name) == file
    except OSError:
        return False


def _written(release: Path, name: str) -> WrittenFile:
    path = release / name
    found = path.stat()
    is_video = name.startswith(VIDEOS)
    mark = str(found.st_mtime_ns) if is_video else file_sha256(path)
    return WrittenFile(name, found.st_size, mark)
