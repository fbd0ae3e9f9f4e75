"""A dataset on the Hub at one commit: which files it has, and their bytes, whole or in part.

A branch or a tag is looked up once per process, so that everything a process reads is of one
commit. Whole files lie in the Hub's own cache; parts of files are not kept.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError
from sightline.hub.errors import Asked, translated

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = re.compile(r"(?P<name>\w[\w.-]*/\w[\w.-]*)(?:@(?P<revision>\w[\w./-]*))?", re.ASCII)
"""How people write a dataset on the Hub: ``org/name`` or ``org/name@revision``."""

COMMIT = re.compile(r"[0-9a-f]{40}")
"""A full commit, which never means anything else later."""

_PARTIAL = 206
_CUT = "RemoteProtocolError"
"""What the HTTP library raises when a connection ends in the middle of an answer."""
_commits: dict[tuple[str, str | None], str] = {}
_looking_up = threading.Lock()


@dataclass(frozen=True)
class HubDataset:
    """A dataset on the Hub at one commit."""

    repository: str
    """``org/name``."""
    commit: str
    """The full commit, 40 hex digits."""
    asked: Asked = field(repr=False)
    """What was asked for, for messages."""

    @property
    def origin(self) -> str:
        """``org/name@commit``."""
        return f"{self.repository}@{self.commit}"

    def cached(self, name: str) -> Path | None:
        """A file of this commit in the cache; None where it is not, nobody is asked.

        Args:
            name: with forward slashes, inside the dataset.
        """
        from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 (heavy; folders: none)

        found = try_to_load_from_cache(
            self.repository, name, revision=self.commit, repo_type="dataset"
        )
        return Path(found) if isinstance(found, str) else None

    def file(self, name: str) -> Path:
        """A whole file, from the cache or fetched into it.

        Args:
            name: with forward slashes, inside the dataset.

        Raises:
            DatasetError: there is no such file, or the Hub cannot be read.
        """
        from huggingface_hub import hf_hub_download  # noqa: PLC0415 (heavy; folders need none)

        with translated(replace(self.asked, file=name)):
            return Path(
                hf_hub_download(self.repository, name, repo_type="dataset", revision=self.commit)
            )

    def folder(self, patterns: Sequence[str]) -> Path:
        """The folder in the cache with some of the files, those that it lacks fetched into it.

        Args:
            patterns: names inside the dataset, with ``*`` for anything: ``questions/*``.

        Raises:
            DatasetError: the Hub cannot be read.
        """
        from huggingface_hub import snapshot_download  # noqa: PLC0415 (heavy; folders need none)

        with translated(self.asked):
            return Path(
                snapshot_download(
                    self.repository,
                    repo_type="dataset",
                    revision=self.commit,
                    allow_patterns=list(patterns),
                )
            )

    def sizes(self, folder: str) -> dict[str, int]:
        """The files directly in a folder of the dataset, sorted by name; none where it is not.

        Returns:
            Name inside the dataset -> bytes.

        Raises:
            DatasetError: the Hub cannot be read.
        """
        from huggingface_hub import HfApi  # noqa: PLC0415 (heavy; folders need none)
        from huggingface_hub.errors import EntryNotFoundError  # noqa: PLC0415 (as above)
        from huggingface_hub.hf_api import RepoFile  # noqa: PLC0415 (as above)

        with translated(self.asked):
            try:
                found = list(
                    HfApi().list_repo_tree(
                        self.repository, folder, repo_type="dataset", revision=self.commit
                    )
                )
            except EntryNotFoundError:
                return {}
        return dict(sorted((one.path, one.size) for one in found if isinstance(one, RepoFile)))

    def part(self, name: str, start: int, end: int) -> bytes:
        """Some bytes of a file, by one request; they are not kept.

        Args:
            name: with forward slashes, inside the dataset.
            start: the first byte.
            end: the one after the last, above `start`.

        Raises:
            DatasetError: there are not so many, or the Hub cannot be read.
        """
        from huggingface_hub import hf_hub_url  # noqa: PLC0415 (as above)

        utils: Any = importlib.import_module("huggingface_hub.utils")
        url = hf_hub_url(self.repository, name, repo_type="dataset", revision=self.commit)
        # Compressed on the way, the bytes would be others than the range says.
        wanted = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        with translated(replace(self.asked, file=name)):
            response = _got(url, {**utils.build_hf_headers(), **wanted})
            utils.hf_raise_for_status(response)
        data: bytes = response.content
        if response.status_code != _PARTIAL:  # a proxy that knows no ranges sends the whole file
            data = data[start:end]
        if len(data) != end - start:
            raise DatasetError(
                f"{name} of {self.origin}: bytes {start} to {end} were asked for, "
                f"but {len(data)} came",
                next_step="try again; if it stays so, the file on the Hub is not whole",
            )
        return data


def _got(url: str, headers: dict[str, str]) -> Any:
    """The answer to a GET; huggingface_hub asks again after most hiccups, but 1.0 not after all."""
    from huggingface_hub import constants  # noqa: PLC0415 (heavy; folders need none)

    utils: Any = importlib.import_module("huggingface_hub.utils")
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    try:
        return utils.http_backoff("GET", url, headers=headers, timeout=timeout)
    except Exception as error:  # the HTTP library is known by name only, see is_hub_error
        if type(error).__name__ != _CUT:
            raise
    return utils.http_backoff("GET", url, headers=headers, timeout=timeout)


def on_hub(asked: Asked) -> HubDataset:
    """The dataset at the commit that a branch, a tag or a commit means.

    The Hub is asked once per process, and not at all for a full commit. With ``HF_HUB_OFFLINE`` a
    branch or a tag means the commit that it meant when it was last downloaded. Without a network,
    or without access, nothing is taken from the cache silently: it may be outdated by years.

    Raises:
        DatasetError: there is no such dataset or revision, or the Hub cannot be read.
    """
    if asked.revision is not None and COMMIT.fullmatch(asked.revision):
        return HubDataset(asked.repository, asked.revision, asked)
    key = asked.repository, asked.revision
    with _looking_up:
        if key not in _commits:
            with translated(asked):
                _commits[key] = _look_up(asked)
        return HubDataset(asked.repository, _commits[key], asked)


def _look_up(asked: Asked) -> str:
    from huggingface_hub import HfApi, constants  # noqa: PLC0415 (heavy; folders need none)

    if constants.HF_HUB_OFFLINE and (known := _last_known(asked)) is not None:
        return known
    info = HfApi().dataset_info(asked.repository, revision=asked.revision, expand=["sha"])
    if info.sha is None or not COMMIT.fullmatch(info.sha):
        raise DatasetError(f"the Hub does not say which commit {asked.at} is")
    if _last_known(asked) != info.sha:
        _remember(asked)
    return info.sha


def _remember(asked: Asked) -> None:
    """Have the Hub's cache note what a branch or a tag means, for a time without a network.

    It does so only when something is downloaded by that name; everything else is by the commit.
    """
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 (as above)
    from huggingface_hub.errors import EntryNotFoundError  # noqa: PLC0415 (as above)

    with contextlib.suppress(EntryNotFoundError):  # no card: then only the commit works offline
        hf_hub_download(asked.repository, "README.md", repo_type="dataset", revision=asked.revision)


def _last_known(asked: Asked) -> str | None:
    """The commit that a branch or tag meant at the last download of any of these files."""
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 (as above)

    for name in ("README.md", "build.json"):
        found = try_to_load_from_cache(
            asked.repository, name, revision=asked.revision or "main", repo_type="dataset"
        )
        if isinstance(found, str):
            return Path(found).parent.name
    return None


def inside(relative_path: str) -> PurePosixPath:
    """A path inside a dataset, checked: strangers write them.

    Args:
        relative_path: with forward slashes: ``media/videos/x.mp4``.

    Raises:
        DatasetError: it leaves the dataset.
    """
    path = PurePosixPath(relative_path)
    unsafe = path.is_absolute() or ".." in path.parts or not path.parts
    if unsafe or "\\" in relative_path or "\0" in relative_path or ":" in path.parts[0]:
        raise DatasetError(f"media path ({relative_path!r}) must stay inside the dataset")
    return path
