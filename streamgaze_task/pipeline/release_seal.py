"""What a written release consists of: what is changed or lost is noticed, only ours is replaced.

A run tells by the keys of its files whether the release must be made again. That says nothing of
the release itself, which people open, edit and copy: so each of its files is written down, in
``work/`` beside it. A file that is not written down is somebody's, and is never deleted.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.archives import JUNK
from sightline.errors import DatasetError, UsageError
from sightline.staging import file_sha256
from streamgaze_task.pipeline import lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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


_MOST_NAMED = 3


def note_of(release: Path) -> Path:
    """Where it is written down what a release consists of, and under which key it was made."""
    return release.parent / "work" / f"{release.name}.json"


def named(names: list[str]) -> str:
    """The first of some files, and how many more there are, in words."""
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"


def files_of(release: Path, key: str | None = None) -> list[WrittenFile]:
    """What was written down of a release; nothing where it was made under another key.

    Args:
        release: its folder.
        key: names everything that it was made from; None: whatever it was.
    """
    note = note_of(release)
    if key is not None and lines.header_of(note) != {"key": key}:
        return []
    try:
        return lines.read(note, WrittenFile)
    except DatasetError:
        return []


def refuse_strange(release: Path) -> None:
    """Refuse to replace what no run wrote; files of a run that were edited count as its own.

    Raises:
        UsageError: there is such a file; the message names it.
    """
    strange = _strange(release)
    if strange:
        raise UsageError(
            f"{release} would be replaced, but no run wrote what is there: {named(strange)}",
            next_step="move it away, or give another `out` in the configuration",
        )


def _strange(release: Path) -> list[str]:
    beside = [] if note_of(release).is_file() else [*filter(os.path.lexists, _beside(release))]
    if release.is_symlink() or (release.exists() and not release.is_dir()):
        return [release.name]
    known = {one.name for one in files_of(release)}
    # What file managers leave in every folder that somebody looks into is nobody's.
    foreign = [one for one in _names(release) if one not in known and not JUNK.search(one)]
    return [*foreign, *(one.name for one in beside)]


def _names(release: Path) -> list[str]:
    """All files below a folder, links included, by name."""
    found = release.rglob("*")
    paths = sorted(path for path in found if path.is_symlink() or not path.is_dir())
    return [path.relative_to(release).as_posix() for path in paths]


def _beside(release: Path) -> tuple[Path, Path]:
    """Where a release is written, and where the earlier one lies while they change places."""
    return release.with_name(f".{release.name}-new"), release.with_name(f".{release.name}-old")


@contextmanager
def replacing(release: Path, key: str) -> Iterator[Path]:
    """A folder that, once it is filled, takes the place of an earlier release at once.

    Killed at any moment, the same once more ends well. One process at a time.

    Args:
        release: the folder to make.
        key: names everything that it is made from.

    Raises:
        UsageError: what lies there is no run's, or something cannot be written.
    """
    new, old = _beside(release)
    refuse_strange(release)
    note, before = note_of(release), {one.name: one for one in files_of(release)}
    try:
        # From here on a folder beside it is ours.
        lines.write(note, {"key": ""}, before.values())
        _bring_back(release)
        yield new
        made = seal(new)
        # From here on each of the two may be what lies there.
        lines.write(note, {"key": ""}, (before | {one.name: one for one in made}).values())
        if release.exists():
            release.replace(old)
        new.replace(release)
        lines.write(note, {"key": key}, made)
    except OSError as error:
        raise UsageError(
            f"cannot write to {release}: {error}",
            next_step="free some space there, or give another `out` in the configuration",
        ) from error
    finally:
        _bring_back(release)


def _bring_back(release: Path) -> None:
    """The earlier release where there is no other; then away with what lies beside it."""
    new, old = _beside(release)
    if old.exists() and not release.exists():
        old.replace(release)
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)


def seal(release: Path) -> list[WrittenFile]:
    """All files of a release as they are now, by name."""
    return [_written(release, name) for name in _names(release)]


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
