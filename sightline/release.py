"""An authors' release: a folder, or a dataset repository on the Hub at a fixed revision.

The files are used where they lie: a folder is never written to, files of the Hub stay in its
cache. Every file gets a SHA-256, because a dataset says from which bytes it was built.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.errors import BrokenReleaseError, Problem, ReleaseError
from sightline.hub.errors import Asked, is_hub_error, translated
from sightline.hub.pinned import COMMIT, REPOSITORY
from sightline.progress import Progress, Silent
from sightline.staging import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "JSON_LIMIT_BYTES",
    "Release",
    "ReleaseFile",
    "is_hub_error",
    "open_release",
    "read_json",
]

JSON_LIMIT_BYTES = 1 << 29
"""Largest JSON file that is read into memory (a real one has a few MB)."""


@dataclass(frozen=True)
class ReleaseFile:
    """One file of a release."""

    name: str
    """Its name in the release."""
    path: Path
    """Where it lies on this machine."""
    size: int
    """Bytes."""
    sha256: str
    """SHA-256, in hex."""


@dataclass(frozen=True)
class Release:
    """An authors' release that was found, with all the files asked for."""

    repository: str | None
    """``org/name`` on the Hub; None for a folder."""
    revision: str | None
    """The full commit of the repository; None for a folder."""
    files: tuple[ReleaseFile, ...]
    """In the order in which they were asked for."""

    def path(self, name: str) -> Path:
        """Where the file of that name lies."""
        return next(file.path for file in self.files if file.name == name)

    def as_dict(self) -> dict[str, Any]:
        """The release as plain JSON types, without any path of this machine."""
        return {
            "repository": self.repository,
            "revision": self.revision,
            "files": {
                file.name: {"bytes": file.size, "sha256": file.sha256} for file in self.files
            },
        }


def open_release(
    spec: str | Path,
    *,
    files: Sequence[str] = (),
    patterns: Sequence[str] = (),
    progress: Progress | None = None,
) -> Release:
    """Find a release and compute its checksums.

    Args:
        spec: a folder, or ``org/name`` or ``org/name@revision`` of a dataset on the Hub.
        files: names of the files that it must have.
        patterns: names with ``*`` (which is any part of one name, never a ``/``) of the files
            that are taken where they are there; they come after `files`, sorted by name.
        progress: told about the bytes that are read for the checksums.

    Raises:
        BrokenReleaseError: files are missing; the message names all of them.
        ReleaseError: there is no such folder or repository, or the Hub cannot be asked.
    """
    progress = progress or Silent()
    folder = Path(spec).expanduser()
    found = REPOSITORY.fullmatch(str(spec))
    if folder.is_dir():
        repository, revision = None, None
        files = [*files, *_matching(_names(folder, patterns), files, patterns)]
        paths = _in_folder(folder, files)
    elif isinstance(spec, str) and found:
        repository = found["name"]
        revision, files, paths = _from_hub(repository, found["revision"], files, patterns)
    else:
        raise ReleaseError(
            f"release ({spec}) must be a folder or `org/name[@revision]`; there is no such folder",
            next_step="check the spelling of --release",
        )
    progress.start("checksums", sum(path.stat().st_size for path in paths))
    return Release(
        repository,
        revision,
        tuple(
            ReleaseFile(name, path, path.stat().st_size, file_sha256(path, progress.advance))
            for name, path in zip(files, paths, strict=True)
        ),
    )


def read_json(path: Path, *, limit: int = JSON_LIMIT_BYTES) -> Any:
    """The value in a JSON file. ``NaN`` and infinities, which are no JSON, become None.

    Raises:
        BrokenReleaseError: it is too large, cut short or no JSON; the message says where.
    """
    size = path.stat().st_size
    if size > limit:
        message = f"must have at most {limit:,} bytes, but has {size:,}"
        raise BrokenReleaseError([Problem(path.name, message)])
    where, message = path.name, ""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
    except UnicodeDecodeError as error:
        message = f"must be UTF-8 text, but byte {error.start} is not"
    except json.JSONDecodeError as error:
        where = f"{path.name} line {error.lineno} column {error.colno}"
        cut = error.msg.startswith("Unterminated") or error.pos >= len(text.rstrip()) - 1
        end = " (the file was cut short?)" if cut else ""
        message = f"is not whole JSON: {error.msg} at character {error.pos} of {len(text)}{end}"
    except (ValueError, RecursionError) as error:
        message = f"is not usable JSON: {error}"
    raise BrokenReleaseError(
        [Problem(where, message)], next_step="get the file again and compare its checksum"
    )


def _finite(text: str) -> float | None:
    number = float(text)
    return number if abs(number) != float("inf") else None


def _names(folder: Path, patterns: Sequence[str]) -> set[str]:
    """The files that may fit; only their folders are looked into, also where one is a link."""
    found = (path for pattern in patterns for path in folder.glob(pattern))
    return {path.relative_to(folder).as_posix() for path in found if path.is_file()}


def _matching(names: Iterable[str], files: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """The names that a pattern fits, sorted, without those that are listed anyway."""
    parts = [[re.escape(piece) for piece in pattern.split("*")] for pattern in patterns]
    whole = re.compile("|".join("[^/]*".join(pieces) for pieces in parts) or r"(?!)")
    return sorted(name for name in names if whole.fullmatch(name) and name not in files)


def _in_folder(folder: Path, files: Sequence[str]) -> list[Path]:
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise BrokenReleaseError(
            [Problem(name, "is missing from the release folder") for name in missing],
            next_step=f"put all of {', '.join(files)} into {folder}, the archives as they are",
        )
    return [folder / name for name in files]


def _from_hub(
    repository: str, revision: str | None, files: Sequence[str], patterns: Sequence[str]
) -> tuple[str, Sequence[str], list[Path]]:
    """The full commit, the names of the files, and where they lie in the Hub's cache."""
    asked = Asked(
        repository,
        revision,
        error=ReleaseError,
        where=" of --release",
        otherwise=", or download the files elsewhere and give their folder with --release",
    )
    with translated(asked):
        # What else fits a pattern only the Hub can say.
        cached = [] if patterns else _cached(repository, revision, files)
        if cached:
            return str(revision), files, cached
        return _download(asked, files, patterns)


def _cached(repository: str, revision: str | None, files: Sequence[str]) -> list[Path]:
    """The files in the Hub's cache, when a full commit was asked for and all are there."""
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 (heavy; folders need none)

    if revision is None or not COMMIT.fullmatch(revision):
        return []
    found = [
        try_to_load_from_cache(repository, name, revision=revision, repo_type="dataset")
        for name in files
    ]
    paths = [Path(path) for path in found if isinstance(path, str)]
    return paths if len(paths) == len(files) else []


def _download(
    asked: Asked, files: Sequence[str], patterns: Sequence[str]
) -> tuple[str, Sequence[str], list[Path]]:
    from huggingface_hub import HfApi, hf_hub_download  # noqa: PLC0415 (heavy, as above)

    # First of all, because it fails at once without a network; downloads retry for 20 s.
    info = HfApi().dataset_info(asked.repository, revision=asked.revision)
    listed = {file.rfilename for file in info.siblings or ()}
    _check_listed(asked.at, listed, files)
    files = [*files, *_matching(listed, files, patterns)]
    paths = [
        Path(hf_hub_download(asked.repository, name, repo_type="dataset", revision=info.sha))
        for name in files
    ]
    return str(info.sha), files, paths


def _check_listed(at: str, listed: set[str], files: Sequence[str]) -> None:
    missing = [name for name in files if name not in listed]
    if missing:
        raise BrokenReleaseError(
            [Problem(name, f"is missing from {at}") for name in missing],
            next_step="choose another revision: org/name@revision",
        )
