"""Which dataset a task reads: a folder, a Hub repository at a revision, or our own build.

The environment variable of the benchmark decides (``MMSI_VIDEO_DATASET``). Unset means: the build
of the authors' release under ``$HF_HOME/sightline/``, made on first use by one process while the
others wait.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import threading
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sightline.errors import BrokenReleaseError, DatasetError, SightlineError, UsageError
from sightline.hub.errors import Asked
from sightline.hub.pinned import REPOSITORY, HubDataset, inside, on_hub
from sightline.lmms.needed_media import check_media
from sightline.media_left_out import read_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sightline.benchmarks import Benchmark

_WITHOUT_MEDIA = ("README.md", "build.json", "questions/*", "frames/*", "videos/*", "gaze/*")
"""What is downloaded at once; clips under ``media/`` come one by one, when asked for."""
_PINNED = ("questions/*.parquet", "build.json")
"""What is hashed on every run. ``build.json`` pins the media, which are too big to read again."""
_RELEASE_MARKS = ("*.zip", "mmsivideo.json", "qa/*.json")
"""Files by which an authors' release is told from a built dataset."""

_log = logging.getLogger(__name__)
_resolved: dict[tuple[str, str], DatasetSource] = {}
_resolving = threading.Lock()


@dataclass(frozen=True)
class DatasetSource:
    """A built dataset, ready to read."""

    folder: Path
    """Where it lies: ``questions/*.parquet`` and ``frames/*.parquet`` are there."""
    origin: str
    """What it was asked for by: the folder, ``org/name@revision``, or the release it was built
    from."""
    revision: str | None
    """Commit on the Hub; None for a folder."""
    checksums: Mapping[str, str]
    """File, relative to the folder -> SHA-256 of its bytes."""
    repository: str | None = None
    """``org/name`` on the Hub, from which missing media are fetched; None for a folder."""

    def as_dict(self) -> dict[str, Any]:
        """What results.json says about the dataset."""
        return {
            "origin": self.origin,
            "revision": self.revision,
            "checksums": dict(self.checksums),
        }

    def media(self, relative_path: str) -> Path:
        """A media file, downloaded first when the dataset lives on the Hub.

        Args:
            relative_path: with forward slashes, inside the dataset: ``media/videos/x.mp4``.

        Raises:
            DatasetError: the path leaves the folder, or there is no such file.
        """
        local = self.folder.joinpath(*inside(relative_path).parts)
        if local.is_file():
            return local
        if self.repository is None:
            raise DatasetError(
                f"the dataset in {self.folder} has no file {relative_path}",
                next_step="build it again, with the release's media",
            )
        return self._download(relative_path)

    def _download(self, relative_path: str) -> Path:
        asked = Asked(str(self.repository), self.revision)
        return HubDataset(asked.repository, str(self.revision), asked).file(relative_path)


def resolve(benchmark: Benchmark) -> DatasetSource:
    """The dataset that this process evaluates on; found once, then remembered.

    Raises:
        DatasetError: there is none, or it is not a built dataset; the message says what to do.
    """
    wanted = os.environ.get(benchmark.dataset_variable, "").strip()
    with _resolving:
        key = (benchmark.name, wanted)
        if key not in _resolved:
            _resolved[key] = _find(benchmark, wanted)
        return _resolved[key]


def pinned(found: Iterable[tuple[Benchmark, DatasetSource]]) -> dict[str, str]:
    """The environment in which other processes read the very same commits.

    A branch may move between two processes that look it up.

    Returns:
        Environment variable -> ``org/name@commit``; none for folders, which have no commit.
    """
    return {
        benchmark.dataset_variable: f"{source.repository}@{source.revision}"
        for benchmark, source in found
        if source.repository is not None
    }


def _find(benchmark: Benchmark, wanted: str) -> DatasetSource:
    if not wanted:
        return _built_on_first_use(benchmark)
    folder = Path(wanted).expanduser()
    if folder.is_dir():
        return _source(benchmark, folder.resolve(), origin=str(folder))
    match = REPOSITORY.fullmatch(wanted)
    if match is None:
        raise DatasetError(
            f"{benchmark.dataset_variable} ({wanted!r}) must be a folder that exists, or a dataset "
            "on the Hub: org/name or org/name@revision",
            next_step=f"check the path, or unset {benchmark.dataset_variable}",
        )
    return _from_hub(benchmark, match["name"], match["revision"])


def _from_hub(benchmark: Benchmark, repository: str, revision: str | None) -> DatasetSource:
    at = f"{repository}@{revision}" if revision else repository
    asked = Asked(
        repository,
        revision,
        before=f"{benchmark.dataset_variable}={at}: it is no folder here, and as a Hub dataset it "
        "cannot be read: ",
        where=f" of {benchmark.dataset_variable}",
        otherwise=f", or set {benchmark.dataset_variable} to a folder",
    )
    hub = on_hub(asked)
    return _source(
        benchmark, _snapshot(hub), origin=hub.origin, revision=hub.commit, repository=repository
    )


def _snapshot(hub: HubDataset) -> Path:
    """The folder in the Hub's cache with everything but media; fetched where it is not whole."""
    here = hub.cached("build.json")
    if here is not None and _is_whole(here.parent):
        return here.parent
    return hub.folder(_WITHOUT_MEDIA)


def _is_whole(folder: Path) -> bool:
    """Whether everything but media is there, by the list in ``build.json``; no list, no proof."""
    files = read_facts(folder / "build.json").get("files")
    if not isinstance(files, dict) or not files:
        return False
    needed = [name for name in files if any(fnmatch(name, one) for one in _WITHOUT_MEDIA)]
    return all((folder / name).is_file() for name in ["README.md", *needed])


def _source(
    benchmark: Benchmark,
    folder: Path,
    *,
    origin: str,
    revision: str | None = None,
    repository: str | None = None,
) -> DatasetSource:
    """The record of a folder, after a check that it is a built dataset."""
    if not is_built(folder):
        raise _not_built(benchmark, folder, origin)
    check_media(benchmark, folder, origin)
    files = sorted(path for pattern in _PINNED for path in folder.glob(pattern))
    sums = {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
    return DatasetSource(folder, origin, revision, MappingProxyType(sums), repository)


def is_built(folder: Path) -> bool:
    """Whether a folder holds a built dataset, as far as its questions tell."""
    return any(folder.glob("questions/*.parquet"))


def _not_built(benchmark: Benchmark, folder: Path, origin: str) -> DatasetError:
    if any(True for pattern in _RELEASE_MARKS for _ in folder.glob(pattern)):
        return DatasetError(
            f"{benchmark.dataset_variable} ({origin}) must be a built dataset, but this is an "
            "authors' release",
            next_step=f"sightline build {benchmark.name} --release {origin} --out DATASET, then "
            f"set {benchmark.dataset_variable}=DATASET",
        )
    names = sorted(path.name for path in folder.iterdir())
    shown = ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")  # noqa: PLR2004 (one line)
    return DatasetError(
        f"{benchmark.dataset_variable} ({origin}) must be a built dataset, with "
        f"questions/*.parquet in it, but it holds: {shown or 'nothing'}",
        next_step=f"make one: sightline build {benchmark.name} --release RELEASE --out DATASET",
    )


def _built_on_first_use(benchmark: Benchmark) -> DatasetSource:
    """The build of the authors' release in the cache, made now when it is not there."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 (start-up of the command line)

    out = default_folder(benchmark)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Not the builder's own lock file: that one may be taken again inside.
        lock = FileLock(f"{out}.first-use.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            _log.warning("sightline: waiting for another process that builds %s", out)
            lock.acquire()
    except OSError as error:
        raise DatasetError(
            f"{benchmark.dataset_variable} is not set, and {out.parent} cannot be written: {error}",
            next_step=f"set {benchmark.dataset_variable}, or HF_HOME to a folder that you own",
        ) from error
    try:
        if not (is_built(out) and (out / "build.json").is_file()):
            _build(benchmark, out)
    finally:
        lock.release()
    return _source(benchmark, out, origin=f"build of {benchmark.release}")


def default_folder(benchmark: Benchmark) -> Path:
    """Where the build of the authors' release is kept: below ``$HF_HOME/sightline``."""
    home = os.environ.get("HF_HOME")
    if not home:
        # As huggingface_hub does, which may have read the environment long ago.
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        home = str(Path(base) / "huggingface")
    release = re.sub(r"[^\w.-]+", "--", benchmark.release)
    return Path(home).expanduser() / "sightline" / benchmark.name / release


def _build(benchmark: Benchmark, out: Path) -> None:
    _log.warning(
        "sightline: %s is not set; building %s from %s, once",
        benchmark.dataset_variable,
        out,
        benchmark.release,
    )
    try:
        benchmark.call("build", benchmark.release, out)
    except BrokenReleaseError as error:
        raise DatasetError(
            f"{benchmark.dataset_variable} is not set, and the release {benchmark.release} cannot "
            f"be built as it is:\n{error}",
            next_step=f"sightline build {benchmark.name} --release {benchmark.release} "
            f"--skip-broken --out DATASET, then set {benchmark.dataset_variable}=DATASET",
        ) from error
    except (SightlineError, OSError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise DatasetError(
            f"{benchmark.dataset_variable} is not set, and the release {benchmark.release} could "
            f"not be built: {error}",
            next_step=f"set {benchmark.dataset_variable} to a built dataset (a folder, or org/name "
            f"on the Hub); without a network, a small one is made by "
            f"`sightline sample {benchmark.name} RELEASE` and "
            f"`sightline build {benchmark.name} --release RELEASE --out DATASET`",
        ) from error


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
