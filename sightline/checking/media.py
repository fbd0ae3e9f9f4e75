"""Whether every medium that rows name is there as they say, and none that must not be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sightline.checking.allowed import allowed
from sightline.checking.columns import chunks, shown, text_columns
from sightline.checking.gathered import Gathered
from sightline.checking.pictures import check_pictures
from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.checking.columns import Row
    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config, MediaFile
    from sightline.progress import Progress

FOLDER = "media"
"""Where the files lie that rows name."""

_REBUILD = "build the dataset again"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class _Named:
    """A file that a row names."""

    name: str
    """Its path inside the dataset."""
    sha256: Any
    """What the row says of it, hex."""
    size: Any
    """What the row says of it, bytes."""
    where: str
    """The row and its column, for people."""


@dataclass
class _Found:
    """What was gathered on the way."""

    findings: Gathered = field(default_factory=Gathered)
    """What is wrong."""
    present: list[_Named] = field(default_factory=list)
    """Named, there, and of the right size: still to be read."""
    named: set[str] = field(default_factory=set)
    """All names, right or wrong."""
    unread: bool = False
    """Whether some rows could not be read: more files may be named."""


def check(dataset: OpenedDataset, progress: Progress) -> Iterator[Finding]:
    """Find what is wrong with the media.

    Args:
        dataset: the dataset.
        progress: told the bytes that are read.
    """
    found = _Found()
    for config in dataset.rules.configs:
        media = [file for file in dataset.rules.media if file.config == config.name]
        if media:
            yield from _look_through(dataset, config, media, found)
        yield from check_pictures(dataset, config)
    _check_bytes(dataset, found, progress)
    _check_strays(dataset, found)
    yield from found.findings


def _look_through(
    dataset: OpenedDataset, config: Config, media: list[MediaFile], found: _Found
) -> Iterator[Finding]:
    for item in chunks(dataset, config, text_columns(config), "the media that it names"):
        if isinstance(item, Finding):
            found.unread = True
            yield item
            continue
        for row in item.rows():
            wanted = allowed(dataset, config, row.values)
            for file in media:
                _check_named(dataset, row, file, found, wanted=wanted)


def _check_named(
    dataset: OpenedDataset, row: Row, file: MediaFile, found: _Found, *, wanted: bool
) -> None:
    """One file that a row names, as far as the folder's listing goes."""
    name, where, tell = row.values[file.path], row.where(file.path), found.findings
    if name is None:
        if row.values[file.sha256] is not None or row.values[file.size] is not None:
            what = f"names no file, but {file.sha256} or {file.size} speaks of one"
            tell.error("facts without a file", what, _REBUILD, where)
        return
    if not safe(name):
        what = f"must be a path inside {FOLDER}/, but is {shown(name)}"
        tell.error("paths that lead elsewhere", what, _REBUILD, where)
        return
    found.named.add(name)
    if not wanted:
        if name in dataset.files:
            what = f"{shown(name)} is there, but its source is not among those passed on"
            tell.error("media that must not be there", what, "take it out, or allow it", where)
        return
    stated = _Named(name, row.values[file.sha256], row.values[file.size], where)
    if name not in dataset.files:
        kind = "is no regular file" if name in dataset.links else "is not there"
        tell.error("missing media", f"{shown(name)} {kind}", _REBUILD, where)
    elif not _SHA256.fullmatch(str(stated.sha256)):
        what = f"{file.sha256} must be a SHA-256, but is {shown(stated.sha256)}"
        tell.error("media without a checksum", what, _REBUILD, where)
    elif stated.size != dataset.files[name]:
        what = f"{shown(name)} has {dataset.files[name]} bytes, and the row says {stated.size}"
        tell.error("media of another size", what, _REBUILD, where)
    else:
        found.present.append(stated)


def safe(name: object) -> bool:
    """Whether a path lies inside ``media/`` on every system."""
    if not isinstance(name, str) or "\\" in name or not name.isprintable():
        return False
    first, *rest = name.split("/")
    return first == FOLDER and bool(rest) and not any(part in {"", ".", ".."} for part in rest)


def _check_bytes(dataset: OpenedDataset, found: _Found, progress: Progress) -> None:
    progress.start("media", sum(dataset.files[file.name] for file in found.present))
    for file in found.present:
        try:
            digest = dataset.sha256(file.name, progress)
        except OSError as error:
            what = f"{shown(file.name)} cannot be read: {error.strerror or error}"
            found.findings.error("unreadable media", what, _REBUILD, file.where)
            continue
        if digest != file.sha256:
            what = f"{shown(file.name)} has the SHA-256 {digest}, and the row says {file.sha256}"
            found.findings.error("media of other content", what, _REBUILD, file.where)


def _check_strays(dataset: OpenedDataset, found: _Found) -> None:
    """Files that no row names; nothing is said where some rows could not be read."""
    if found.unread:
        return
    for name in dataset.files:
        if name.startswith(f"{FOLDER}/") and name not in found.named:
            what = "stray file: no row names it"
            found.findings.warning("stray files", what, "take it out", shown(name))
