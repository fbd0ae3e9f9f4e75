"""A release, opened and checked: its records, its archives and everything wrong with them."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmsi_video.release.check import Record, check_records
from mmsi_video.release.media import (
    FRAMES,
    IMAGES,
    VIDEOS,
    ClipSource,
    MediaFacts,
    clip_bytes,
    fault_problems,
    missing,
    plan_clips,
    probe_video,
    read_clip,
    read_image,
)
from sightline.archives import Archive, Limits
from sightline.errors import BrokenReleaseError, Problem, ReleaseError
from sightline.release import Release, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mmsi_video.release.check import Video
    from sightline.progress import Progress

ANNOTATIONS = "mmsivideo.json"
FILES = (ANNOTATIONS, "videos.zip", "frames.zip", "ref_images.zip")
"""The files of a release."""

LIMITS = {
    FRAMES: Limits(member_bytes=64 << 20),
    IMAGES: Limits(member_bytes=256 << 20),
    VIDEOS: Limits(member_bytes=8 << 30),
}
"""Far above what a frame, a reference image or a clip of some minutes needs."""


@dataclass(frozen=True)
class OpenedRelease:
    """A release whose archives are open."""

    release: Release
    """Where it comes from, with checksums."""
    archives: Mapping[str, Archive]
    """Folder of the release -> its archive."""
    records: tuple[Record, ...]
    """The questions without a problem in the annotation file itself."""
    clips: Mapping[Video, ClipSource]
    """Each video of these questions -> its clip."""
    problems: tuple[Problem, ...]
    """What is wrong with the records, with the archives as such, and which files are missing."""

    def inspect(self, progress: Progress) -> list[Problem]:
        """Read all media that the questions need, and return what is wrong inside them."""
        return fault_problems(self.records, self.clips, self.read_media(self.records, progress))

    def read_media(self, records: Sequence[Record], progress: Progress) -> MediaFacts:
        """What is inside the media of some questions; nothing is written or kept."""
        facts = MediaFacts()
        clips, videos = needed_clips(records, self.clips), needed_videos(records)
        progress.start("checking media", self.media_bytes(records))
        for clip in clips:
            found = read_clip(self.archives[FRAMES], clip, facts)
            if found is not None:
                facts.clips[clip.clip_id] = found[1]
            progress.advance(clip_bytes(self.archives[FRAMES], clip))
        for path in videos:
            self._read_video(path, facts)
            progress.advance(self.size(VIDEOS, path))
        self.read_images(records, facts)
        return facts

    def read_images(self, records: Sequence[Record], facts: MediaFacts) -> None:
        """Read the reference images of some questions into the facts."""
        for path in sorted({path for record in records for path in record.ref_images}):
            if path in self.archives[IMAGES]:
                try:
                    facts.images[path] = read_image(self.archives[IMAGES], path)
                except ReleaseError as error:
                    facts.faults[IMAGES, path] = [("", error.message)]

    def media_bytes(self, records: Sequence[Record]) -> int:
        """Bytes of the frames and videos of some questions."""
        frames = sum(
            clip_bytes(self.archives[FRAMES], clip) for clip in needed_clips(records, self.clips)
        )
        return frames + sum(self.size(VIDEOS, path) for path in needed_videos(records))

    def size(self, folder: str, path: str) -> int:
        """Bytes of a file in an archive, unpacked; 0 when it is not there."""
        member = self.archives[folder].find(path)
        return member.size if member is not None else 0

    def _read_video(self, path: str, facts: MediaFacts) -> None:
        archive = self.archives[VIDEOS]
        if path not in archive:
            return
        try:
            with tempfile.TemporaryFile() as file:
                archive.copy(path, file)
                file.seek(0)
                facts.videos[path] = probe_video(file, path)
        except ReleaseError as error:
            facts.faults[VIDEOS, path] = [("", error.message)]


@contextmanager
def opened(release: Release) -> Iterator[OpenedRelease]:
    """Open a release and check what can be checked without reading the media.

    Raises:
        BrokenReleaseError: the annotation file is no JSON.
    """
    archives = {
        folder: Archive(release.path(f"{folder}.zip"), folder=folder, limits=limits)
        for folder, limits in LIMITS.items()
    }
    try:
        problems = [problem for archive in archives.values() for problem in archive.problems]
        try:
            document = read_json(release.path(ANNOTATIONS))
        except BrokenReleaseError as error:
            raise BrokenReleaseError([*error.problems, *problems]) from error
        records, found = check_records(document, file=ANNOTATIONS)
        problems += found
        for record in records:
            problems += missing(record, archives)
        yield OpenedRelease(release, archives, tuple(records), plan_clips(records), tuple(problems))
    finally:
        for archive in archives.values():
            archive.close()


def without_broken(records: Iterable[Record], problems: Iterable[Problem]) -> list[Record]:
    """The records that no problem names."""
    broken = {problem.sample for problem in problems}
    return [record for record in records if record.id not in broken]


def needed_clips(records: Iterable[Record], clips: Mapping[Video, ClipSource]) -> list[ClipSource]:
    """The clips of some questions, once each, sorted by clip id."""
    found = {clips[video].clip_id: clips[video] for record in records for video in record.videos}
    return [found[clip_id] for clip_id in sorted(found)]


def needed_videos(records: Iterable[Record]) -> list[str]:
    """The mp4 paths of some questions, once each, sorted."""
    return sorted({video.path for record in records for video in record.videos})
