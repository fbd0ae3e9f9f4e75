"""The videos of a release: found in archives or folders, copied and measured once each.

A tar is streamed, so all its videos are taken in one pass, in the order in which they lie in it.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from sightline.archives import JUNK, Archive, Limits
from sightline.errors import DatasetError, Problem, ReleaseError
from sightline.staging import Part, PartFile
from sightline.tar_archives import TarArchive
from streamgaze_task.release.layout import Kind, is_video, kind_of_video, source_by_file
from streamgaze_task.release.records import video_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sightline.progress import Progress
    from sightline.release import Release, ReleaseFile

    Make = Callable[[PartFile], Mapping[str, Any]]
    Keep = Callable[[str, str, Make], Part]

LIMITS = Limits(member_bytes=16 << 30)
"""Far above what an hour of video needs."""

_COPY_BYTES = 4 << 20


@dataclass(frozen=True)
class VideoFile:
    """One video of a release, to be copied when its turn comes."""

    kind: Kind
    """Clean, or with the gaze drawn in."""
    video_id: str
    """Its name without suffix and folders."""
    place: str
    """Where it lies, for people."""
    key: str
    """Names its bytes."""
    source: str | None
    """Where it comes from, if its archive's name tells."""
    size: int
    """Bytes."""
    copy: Callable[[IO[bytes]], object]
    """Writes it to an open file; raises ReleaseError when it is damaged."""


@dataclass
class MediaFacts:
    """What was found."""

    videos: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """(kind, video id) -> what :func:`measure` says, and sha256, bytes, source and place."""
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    """(kind, video id) of what cannot be used -> why."""
    problems: list[Problem] = field(default_factory=list)
    """What is wrong with archives as such."""
    broken_off: bool = False
    """Whether an archive could not be read to its end: videos may be missing for that reason."""
    repeated: int = 0
    """Videos that are there once more, with the same bytes."""
    others: Counter[str] = field(default_factory=Counter)
    """Suffix of files in the archives that are no mp4 -> how many."""

    def ids(self, kind: Kind) -> list[str]:
        """The usable videos of a kind, sorted."""
        return sorted(video_id for found, video_id in self.videos if found == kind)

    @property
    def orphans(self) -> list[str]:
        """Overlays without a usable clean video; they are left out."""
        return [
            video_id
            for video_id in self.ids("overlay")
            if ("original", video_id) not in self.videos
        ]

    @property
    def names(self) -> set[str]:
        """Where the videos lie that the dataset has."""
        orphans = set(self.orphans)
        return {
            media_name(*where)
            for where in self.videos
            if where[0] == "original" or where[1] not in orphans
        }

    def original(self, video_id: str) -> dict[str, Any]:
        """What is known of a usable clean video."""
        return self.videos["original", video_id]

    def overlay(self, video_id: str) -> dict[str, Any] | None:
        """What is known of its overlay copy; None without a usable one."""
        return self.videos.get(("overlay", video_id))


def media_name(kind: str, video_id: str) -> str:
    """Where a video lies in the dataset."""
    return f"media/videos/{kind}/{video_id}.mp4"


def collect(release: Release, keep: Keep, progress: Progress) -> MediaFacts:
    """Read every video of a release once.

    Args:
        release: the release.
        keep: makes one file, as ``Staging.part`` does; :func:`not_kept` gives one that forgets it.
        progress: told the bytes.
    """
    facts = MediaFacts()
    files = [file for file in release.files if _media(file.name)]
    progress.start("videos", sum(file.size for file in files))
    for video in _videos(files, facts):
        _take(video, keep, facts)
        progress.advance(video.size)
    return facts


@contextmanager
def not_kept() -> Iterator[Keep]:
    """Makes files as ``Staging.part`` does and removes each at once: for checks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"

        def keep(name: str, key: str, make: Make) -> Part:
            with PartFile(path) as file:
                facts = make(file)
            path.unlink()
            return Part(name, key, file.size, file.sha256, dict(facts))

        yield keep


def measure(path: Path, place: str) -> dict[str, Any]:
    """What a video's packets say about it, as plain JSON types.

    Raises:
        ReleaseError: it is no mp4 that can be decoded, or it ends early.
    """
    from sightline import video  # noqa: PLC0415 (brings PyAV: only a build opens videos)

    try:
        found = video.scan(path, name=place)
    except DatasetError as error:
        raise ReleaseError(error.message) from error
    if found.truncated:
        raise ReleaseError(
            f"{place} must be a whole mp4, but its data ends at {found.duration_seconds:.1f} s"
        )
    return {
        "first_seconds": found.pts_seconds[0],
        "duration_seconds": found.duration_seconds,
        "frame_count": found.frame_count,
        "fps": found.fps,
        "width": found.width,
        "height": found.height,
        "rotation": found.rotation,
        "variable_rate": found.variable_rate,
    }


def _media(name: str) -> bool:
    if JUNK.search(name):
        return False
    return is_video(name) or name.endswith((".tar", ".tar.gz", ".tgz", ".zip"))


def _videos(files: list[ReleaseFile], facts: MediaFacts) -> Iterator[VideoFile]:
    for file in files:
        if is_video(file.name):
            yield _unpacked(file)
        elif file.name.endswith(".zip"):
            yield from _in_zip(file, facts)
        else:
            yield from _in_tar(file, facts)


def _unpacked(file: ReleaseFile) -> VideoFile:
    def copy(target: IO[bytes]) -> None:
        with file.path.open("rb", buffering=0) as stream:
            while chunk := stream.read(_COPY_BYTES):
                target.write(chunk)

    kind = kind_of_video("", file.name)
    return VideoFile(kind, video_id_of(file.name), file.name, file.sha256, None, file.size, copy)


def _in_tar(file: ReleaseFile, facts: MediaFacts) -> Iterator[VideoFile]:
    archive = TarArchive(file.path, limits=LIMITS)
    for member in archive.members():
        if is_video(member.name):
            yield _member(file, member.name, member.size, member.copy)
        else:
            facts.others[Path(member.name).suffix] += 1
    facts.problems += archive.problems
    facts.broken_off |= not archive.readable


def _in_zip(file: ReleaseFile, facts: MediaFacts) -> Iterator[VideoFile]:
    with Archive(file.path, limits=LIMITS) as archive:
        facts.problems += archive.problems
        facts.broken_off |= not archive.readable
        if not archive.readable:
            return
        with zipfile.ZipFile(file.path) as directory:
            names = [info.filename for info in directory.infolist() if not info.is_dir()]
        for name in names:
            member = archive.find(name)
            if member is None or JUNK.search(name):
                continue
            if is_video(name):
                yield _member(file, name, member.size, partial(archive.copy, name))
            else:
                facts.others[Path(name).suffix] += 1


def _member(
    file: ReleaseFile, name: str, size: int, copy: Callable[[IO[bytes]], object]
) -> VideoFile:
    return VideoFile(
        kind=kind_of_video(file.name, name),
        video_id=video_id_of(name),
        place=f"{file.path.name}:{name!r}",
        key=hashlib.sha256(f"{file.sha256} {name}".encode()).hexdigest(),
        source=source_by_file(file.name),
        size=size,
        copy=copy,
    )


def _take(video: VideoFile, keep: Keep, facts: MediaFacts) -> None:
    """Copy and measure one video, unless one of that name was there before."""
    where = (video.kind, video.video_id)
    if where in facts.videos or where in facts.faults:
        _compare(video, facts)
        return

    def make(file: PartFile) -> dict[str, Any]:
        video.copy(cast("IO[bytes]", file))
        return measure(file.path, video.place)

    try:
        part = keep(media_name(*where), video.key, make)
    except ReleaseError as error:
        facts.faults[where] = error.message
    else:
        facts.videos[where] = {
            **part.facts,
            "sha256": part.sha256,
            "bytes": part.size,
            "source": video.source,
            "place": video.place,
        }


def _compare(video: VideoFile, facts: MediaFacts) -> None:
    """A second video of one name: fine when it has the same bytes."""
    where = (video.kind, video.video_id)
    digest = _Digest()
    try:
        video.copy(cast("IO[bytes]", digest))
    except ReleaseError as error:
        facts.faults[where] = error.message
        facts.videos.pop(where, None)
        return
    known = facts.videos.get(where)
    if known is not None and known["sha256"] == digest.sha256:
        facts.repeated += 1
        return
    other = known["place"] if known is not None else facts.faults[where]
    facts.faults[where] = f"{video.place} is another video of the same name as {other}"
    facts.videos.pop(where, None)


class _Digest:
    """A file to write to that keeps nothing but the checksum."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return len(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()
