"""Which recordings a folder holds: each video with the files that its gaze is read from."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import DatasetError, UsageError
from streamgaze_task.cameras import Camera, camera_of
from streamgaze_task.pipeline.recordings.formats import Format, format_of
from streamgaze_task.pipeline.recordings.holoassist import camera_from
from streamgaze_task.pipeline.recordings.patterns import (
    ID,
    MAX_FILES,
    fitting,
    safe_names,
    stays_inside,
)
from streamgaze_task.pipeline.recordings.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from streamgaze_task.pipeline.recordings.spec import RecordingsSettings

__all__ = ("Found", "Source", "find", "missing", "survey")

VIDEO_SUFFIXES = (".mp4", ".mkv", ".mov", ".avi")
_SHOWN = 5


@dataclass(frozen=True)
class Found:
    """What a folder holds."""

    sources: tuple[Source, ...]
    """Recordings that can be read, sorted by id."""
    notes: tuple[str, ...]
    """Whatever was left out and why: videos without gaze, gaze and actions without a video, a
    second file for what one is taken for, links out of the folder; sorted."""


@dataclass(frozen=True)
class _Files:
    """The files that fit the patterns."""

    first: Mapping[str, dict[str, Path]]
    """Role -> name of the recording -> the file that is taken; one file plays one role."""
    twins: dict[str, Path]
    """Name -> a second video that may as well be another recording."""
    taken: set[Path]
    """All that fit."""


def find(settings: RecordingsSettings, base: Path) -> tuple[Source, ...]:
    """The recordings of a folder, sorted by id; see :func:`survey` for what was left out.

    Raises:
        UsageError, DatasetError: as :func:`survey`.
    """
    return survey(settings, base).sources


def missing(settings: RecordingsSettings, base: Path) -> tuple[str, ...]:
    """What of a folder was left out, in words; see :func:`survey`.

    Raises:
        UsageError, DatasetError: as :func:`survey`.
    """
    return survey(settings, base).notes


def survey(settings: RecordingsSettings, base: Path) -> Found:
    """What a folder of recordings holds.

    Args:
        settings: which folder, and how it is laid out.
        base: what relative folders start from.

    Raises:
        UsageError: the folder is missing, `only` names a recording that is not there, or two
            recordings have one name.
        DatasetError: it holds no recording.
    """
    folder = base / Path(settings.folder).expanduser()
    if not folder.is_dir():
        raise UsageError(f"recordings must lie in a folder, but {folder} is none")
    notes: list[str] = []
    files = _by_name(folder, settings.patterns(), notes)
    sources = _sources(settings, files, notes)
    notes.extend(_no_actions(folder, settings.patterns()["actions"], files.taken))
    if not sources:
        raise _nothing(settings, folder, notes)
    return Found(_chosen(settings, sources), tuple(sorted(notes)))


def _by_name(folder: Path, patterns: Mapping[str, tuple[str, ...]], notes: list[str]) -> _Files:
    """Which file is taken for what: of several the first, by the order of the patterns."""
    files = _Files({role: {} for role in patterns}, {}, set())
    for role, pattern in ((role, one) for role, listed in patterns.items() for one in listed):
        own: set[Path] = set()
        for name, path in _fitting(folder, role, pattern):
            if path in files.taken:
                continue
            if len(files.taken) >= MAX_FILES:
                raise DatasetError(f"{folder} has more than {MAX_FILES} files that fit")
            files.taken.add(path)
            if not stays_inside(path, folder):
                notes.append(f"{path}: not read, because it is a link out of {folder}")
                continue
            own.add(path)
            first = files.first[role].setdefault(_key(role, pattern, name), path)
            if first != path:
                notes.append(f"{path}: not read, because {first.relative_to(folder)} is taken")
            if role == "video" and first in own and not _is_same_film(first, path):
                files.twins.setdefault(name, path)
    return files


def _fitting(folder: Path, role: str, pattern: str) -> Iterable[tuple[str, Path]]:
    """The files that fit; of videos mp4 first, which need not be made into one."""
    found = fitting(folder, pattern)
    if role != "video":
        return found
    videos = [one for one in found if one[1].suffix.lower() in VIDEO_SUFFIXES]
    return sorted(videos, key=lambda one: VIDEO_SUFFIXES.index(one[1].suffix.lower()))


def _is_same_film(one: Path, other: Path) -> bool:
    """Whether it is the same file, or beside it in another container (``a.mp4`` and ``a.mov``)."""
    beside = one.with_suffix("") == other.with_suffix("")
    return one == other or (beside and one.suffix.lower() != other.suffix.lower())


def _key(role: str, pattern: str, name: str) -> str:
    """Actions may be one file for all recordings: then they have no name."""
    return "" if role == "actions" and "{id}" not in pattern else name


def _sources(settings: RecordingsSettings, found: _Files, notes: list[str]) -> list[Source]:
    known, files = format_of(settings.format), found.first
    videos = files["video"]
    safe = safe_names(sorted(videos))
    sources = []
    for name in sorted(videos):
        roles = _gaze_roles(known, files, name)
        if roles is None:
            notes.append(
                f"{videos[name]}: left out, because there is {_lacking(known, files, name)}"
            )
        elif name in found.twins:
            raise UsageError(
                f"two recordings are called {name}: {videos[name]} and {found.twins[name]}",
                next_step="rename one of them, or give files: patterns that fit one of them",
            )
        else:
            sources.append(_source(settings, files, name, safe[name], roles))
    notes.extend(_without_video(known, files))
    return sorted(sources, key=lambda source: source.recording_id)


def _gaze_roles(
    known: Format, files: Mapping[str, Mapping[str, Path]], name: str
) -> tuple[str, ...] | None:
    """The roles of all its gaze files; None when no alternative is whole."""
    whole = [
        role
        for roles in known.gaze_roles
        if all(name in files[role] for role in roles)
        for role in roles
    ]
    return tuple(whole) or None


def _lacking(known: Format, files: Mapping[str, Mapping[str, Path]], name: str) -> str:
    wanted = [
        " and ".join(role for role in roles if name not in files[role])
        for roles in known.gaze_roles
    ]
    return f"no {', or no '.join(wanted)}"


def _without_video(known: Format, files: Mapping[str, Mapping[str, Path]]) -> list[str]:
    lonely: dict[str, Path] = {}
    for role in (role for roles in known.gaze_roles for role in roles):
        for name, path in files[role].items():
            if name not in files["video"]:
                lonely.setdefault(name, path)
    actions = [p for name, p in files["actions"].items() if name and name not in files["video"]]
    return [f"{path}: left out, because there is no video" for path in (*lonely.values(), *actions)]


def _no_actions(folder: Path, patterns: Sequence[str], taken: set[Path]) -> Iterator[str]:
    """What lies in folders that hold one file of actions a recording, and fits nothing."""
    looked: dict[str, list[str]] = {}
    for pattern in patterns:
        place, _, name = pattern.rpartition("/")
        if place and ID in name and not any(mark in place for mark in (ID, "*")):
            looked.setdefault(place, []).append(pattern)
    for place, listed in looked.items():
        if stays_inside(folder / place, folder):
            files = [p for p in (folder / place).glob("[!.]*") if p.is_file() and p not in taken]
            if names := sorted(path.name for path in files):
                more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
                yield (
                    f"{folder / place}: {', '.join(names[:_SHOWN])}{more} not read, because "
                    f"actions are looked for in {', '.join(listed)}"
                )


def _source(
    settings: RecordingsSettings,
    files: Mapping[str, Mapping[str, Path]],
    name: str,
    recording_id: str,
    roles: tuple[str, ...],
) -> Source:
    known = format_of(settings.format)
    intrinsics = files.get("intrinsics", {}).get(name)
    return Source(
        recording_id=recording_id,
        name=name,
        format=known.name,
        category=settings.category or known.category,
        source=settings.camera or known.source,
        camera=_camera(settings, known, intrinsics),
        video=files["video"][name],
        gaze=tuple(files[role][name] for role in roles),
        roles=roles,
        actions=files["actions"].get(name) or files["actions"].get(""),
        table=settings.table(),
        eye_distance_metres=settings.eye_distance_metres,
        max_gap_seconds=settings.max_gap_seconds,
    )


def _camera(settings: RecordingsSettings, known: Format, intrinsics: Path | None) -> Camera:
    """What the user says, else the recording's own intrinsics, else the format's camera."""
    usual = camera_of(settings.camera or known.source)
    if settings.hfov_degrees is not None:
        return Camera(
            settings.hfov_degrees, aspect=usual.aspect, name="own", origin="the configuration"
        )
    if settings.camera or intrinsics is None:
        return usual
    return camera_from(intrinsics) or usual


def _chosen(settings: RecordingsSettings, sources: Sequence[Source]) -> tuple[Source, ...]:
    known = {source.recording_id for source in sources}
    for wanted in settings.only:
        if wanted not in known:
            near = difflib.get_close_matches(wanted, known, n=_SHOWN) or sorted(known)[:_SHOWN]
            raise UsageError(
                f"only ({wanted!r}) must name a recording of {settings.folder}, but there is none",
                next_step=f"for example: {', '.join(near)}",
            )
    chosen = set(settings.only) or known
    return tuple(source for source in sources if source.recording_id in chosen)


def _nothing(settings: RecordingsSettings, folder: Path, notes: Sequence[str]) -> DatasetError:
    looked = "; ".join(
        f"{role}: {', '.join(patterns)}"
        for role, patterns in settings.patterns().items()
        if role != "actions"
    )
    more = f" ({'; '.join(sorted(notes)[:_SHOWN])})" if notes else ""
    return DatasetError(
        f"{folder} must hold recordings of the format {settings.format}, but holds none{more}",
        next_step=f"looked for {looked}; give files: where they lie elsewhere",
    )
