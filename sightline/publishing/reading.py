"""Single requests to the Hub, and what is made of their answers: no patience, no translation."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from huggingface_hub import get_session, hf_hub_url
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import (  # type: ignore[attr-defined] # they load lazily
    build_hf_headers,
    hf_raise_for_status,
)

from sightline.errors import PublishError
from sightline.publishing.records import RemoteFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from huggingface_hub import HfApi

_CHUNK = 1 << 20


def head_of(api: HfApi, repository: str, revision: str) -> str:
    """The commit, 40 hex digits, of a branch, a tag, a commit or ``refs/pr/N``."""
    return str(api.dataset_info(repository, revision=revision).sha)


def listing(api: HfApi, repository: str, commit: str) -> dict[str, RemoteFile]:
    """Every file of a commit, by its path."""
    entries = api.list_repo_tree(repository, recursive=True, revision=commit, repo_type="dataset")
    return {entry.path: _remote(entry) for entry in entries if isinstance(entry, RepoFile)}


def pull_requests(api: HfApi, repository: str) -> dict[str, str]:
    """``refs/pr/N`` -> its head, for all of a repository."""
    refs = api.list_repo_refs(repository, repo_type="dataset", include_pull_requests=True)
    return {ref.ref: ref.target_commit for ref in refs.pull_requests or ()}


def content(
    api: HfApi, repository: str, commit: str, name: str, limit: int | None = None
) -> Iterator[bytes]:
    """A file piece by piece, past every cache.

    Raises:
        PublishError: it is larger than the limit, in bytes.
    """
    url = hf_hub_url(repository, name, repo_type="dataset", revision=commit, endpoint=api.endpoint)
    done = 0
    with get_session().stream("GET", url, headers=build_hf_headers(token=api.token)) as response:
        hf_raise_for_status(response)
        for piece in response.iter_bytes(_CHUNK):
            done += len(piece)
            if limit is not None and done > limit:
                raise PublishError(
                    f"{name} of {repository} has more than {limit:,} bytes; nothing was changed",
                    next_step="look at that file on the Hub",
                )
            yield piece


def _remote(entry: RepoFile) -> RemoteFile:
    digest = None if entry.lfs is None else entry.lfs.sha256
    return RemoteFile(entry.path, entry.size, entry.blob_id, digest)


def inside(repository: str, name: str) -> tuple[str, ...]:
    """The parts of a path that stays where it is put."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise PublishError(
            f"{repository} lists a file {name!r}, which would leave its "
            "folder; nothing was changed",
            next_step="look at that repository: nobody makes such a file by accident",
        )
    return parts


def write(path: Path, pieces: Iterable[bytes]) -> None:
    """Put pieces into a file that appears when it is whole."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    with unfinished.open("wb") as file:
        file.writelines(pieces)
    unfinished.replace(path)


def usable(token: str | None) -> str | None:
    """The token. What is none must not reach the HTTP library, whose complaint would show it."""
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise PublishError(
            "the token for the Hub has characters that no token has; nothing was changed",
            next_step="copy it again: `hf auth login`, or HF_TOKEN",
        )
    return token or None
