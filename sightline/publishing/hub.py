"""The way to the Hub: everything that publishing asks of it, and nothing else in publishing does.

Reading never touches the caches of huggingface_hub or datasets, so that what is said of a
repository is what it holds now. Writing is one commit (`sightline.publishing.sending`).
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from huggingface_hub import HfApi, errors, get_token

from sightline.building import BUILD_FILE
from sightline.errors import PublishError
from sightline.publishing import reading
from sightline.publishing.failures import Patience, translated
from sightline.publishing.records import RemoteState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from sightline.publishing.records import RemoteFile

FACTS_LIMIT_BYTES = 16 << 20
"""Largest ``build.json`` that is read from the Hub."""


class Hub:
    """A Hub and the account that asks it.

    Args:
        endpoint: its address; None: HF_ENDPOINT, or the public Hub.
        token: what proves the account; None: HF_TOKEN or what `hf auth login` stored.
        patience_seconds: how long a Hub that is not well is waited for, each time.
        tell: told what is waited for; None: the log.

    Raises:
        PublishError: the token cannot be one.
    """

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        token: str | None = None,
        patience_seconds: float = 120.0,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._token = reading.usable(token or get_token())
        self.api = HfApi(endpoint=endpoint, token=token)
        """What talks to it."""
        self.patience = Patience(patience_seconds)
        """Who waits for it."""
        if tell is not None:
            self.patience.tell = tell

    @property
    def endpoint(self) -> str:
        """Its address."""
        return str(self.api.endpoint)

    def environment(self) -> dict[str, str]:
        """What another process needs to be the same account on the same Hub; keep it secret."""
        found = {"HF_ENDPOINT": self.endpoint}
        return {**found, "HF_TOKEN": self._token} if self._token else found

    @contextmanager
    def talking(self, repository: str, stands: str | Callable[[], str] = "") -> Iterator[None]:
        """Turn what goes wrong within into a `PublishError`; see `translated`."""
        with translated(repository, stands=stands, token=self._token):
            yield

    def user(self) -> str:
        """The account's name.

        Raises:
            PublishError: there is no token, or the Hub does not accept it.
        """
        with self.talking("the Hub"):
            return str(self.patience.ask(self.api.whoami)["name"])

    def state(self, repository: str, revision: str = "main") -> RemoteState:
        """What a repository holds now, all of it at one commit.

        Args:
            repository: ``org/name``.
            revision: a branch; of one that is not there, the head is None and the files are those
                of ``main``.

        Raises:
            PublishError: the Hub refuses, or `revision` is a tag.
        """
        with self.talking(repository):
            try:
                info = self.patience.ask(lambda: self.api.dataset_info(repository))
            except errors.RepositoryNotFoundError as error:
                if isinstance(error, errors.GatedRepoError):
                    raise
                return RemoteState(repository, exists=False)
            branches, tags = self._refs(repository)
        head = branches.get(revision)
        if head is None and revision in tags:
            raise PublishError(
                f"{revision} is a tag of {repository}, and a commit needs a branch; nothing was "
                "changed",
                next_step="choose another --revision",
            )
        commit = head or branches.get("main") or info.sha
        files = self.files(repository, commit) if commit else {}
        facts = None
        if BUILD_FILE in files and files[BUILD_FILE].size <= FACTS_LIMIT_BYTES:
            facts = _object(self.read(repository, str(commit), BUILD_FILE, FACTS_LIMIT_BYTES))
        return RemoteState(repository, True, bool(info.private), head, files, facts, tags)  # noqa: FBT003 (in the record's order)

    def resolve(self, repository: str, revision: str) -> str:
        """The commit, 40 hex digits, of a branch, a tag, a commit or ``refs/pr/N``.

        Raises:
            PublishError: there is no such revision.
        """
        with self.talking(repository):
            return self.patience.ask(lambda: reading.head_of(self.api, repository, revision))

    def files(self, repository: str, commit: str) -> dict[str, RemoteFile]:
        """Every file of a commit, by its path.

        Raises:
            PublishError: the Hub refuses.
        """
        with self.talking(repository):
            return self.patience.ask(lambda: reading.listing(self.api, repository, commit))

    def read(self, repository: str, commit: str, name: str, limit: int) -> bytes:
        """The content of a file.

        Args:
            repository: ``org/name``.
            commit: or another revision.
            name: its path.
            limit: bytes.

        Raises:
            PublishError: it is not there, or is larger than the limit.
        """
        with self.talking(repository):
            return self.patience.ask(
                lambda: b"".join(reading.content(self.api, repository, commit, name, limit))
            )

    def sha256(self, state: RemoteState, name: str, limit: int) -> str:
        """SHA-256 of one of a state's files, which is read where the Hub does not tell it.

        Raises:
            PublishError: as `read`.
        """
        known = (state.files or {})[name].sha256
        if known is not None:
            return known
        content = self.read(state.repository, state.head or "main", name, limit)
        return hashlib.sha256(content).hexdigest()

    def fetch(
        self,
        repository: str,
        commit: str,
        names: Sequence[str],
        folder: Path,
        progress: Progress,
    ) -> list[Path]:
        """Download files of a commit into a folder, under their own paths, past every cache.

        Returns:
            Where they lie, in the order of `names`.

        Raises:
            PublishError: one is not there, the network fails, or the disk is full.
        """
        there = self.files(repository, commit)
        progress.start("download", sum(there[name].size for name in names if name in there))
        paths = [folder.joinpath(*reading.inside(repository, name)) for name in names]
        with self.talking(repository):
            for name, path in zip(names, paths, strict=True):
                path.parent.mkdir(parents=True, exist_ok=True)
                self._download(repository, commit, name, path)
                progress.advance(path.stat().st_size)
        return paths

    def create(self, repository: str, *, private: bool) -> None:
        """Make a dataset repository; one that is there stays as it is.

        Raises:
            PublishError: the account may not.
        """
        with self.talking(repository, f"{repository} was not made"):
            self.patience.ask(
                lambda: self.api.create_repo(
                    repository, repo_type="dataset", private=private, exist_ok=True
                )
            )

    def branch(self, repository: str, name: str, commit: str | None) -> None:
        """Make a branch at a commit, or at ``main``; one that is there stays as it is.

        Raises:
            PublishError: the account may not.
        """
        with self.talking(repository):
            self.patience.ask(
                lambda: self.api.create_branch(
                    repository, branch=name, revision=commit, repo_type="dataset", exist_ok=True
                )
            )

    def tag(self, repository: str, name: str, commit: str, message: str) -> None:
        """Give a commit a name; a tag is never moved.

        Raises:
            PublishError: the tag is at another commit, or the account may not.
        """
        stands = f"the tag {name} was not set; the files of {repository} are as they were"

        def set_it() -> None:
            at = self._refs(repository)[1].get(name)
            if at is None:
                self.api.create_tag(
                    repository, tag=name, tag_message=message, revision=commit, repo_type="dataset"
                )
            elif at != commit:
                raise PublishError(
                    f"{repository} has a tag {name} already, at {at[:12]} and not at "
                    f"{commit[:12]}; {stands}",
                    next_step="choose another --tag; tags are never moved",
                )

        with self.talking(repository, stands):
            self.patience.ask(set_it)

    def _refs(self, repository: str) -> tuple[dict[str, str], dict[str, str]]:
        """Branches and tags, each with its commit."""
        refs = self.patience.ask(lambda: self.api.list_repo_refs(repository, repo_type="dataset"))
        return (
            {ref.name: ref.target_commit for ref in refs.branches},
            {ref.name: ref.target_commit for ref in refs.tags},
        )

    def _download(self, repository: str, commit: str, name: str, path: Path) -> None:
        self.patience.ask(
            lambda: reading.write(path, reading.content(self.api, repository, commit, name))
        )


def _object(content: bytes) -> dict[str, Any] | None:
    """The JSON object that a stranger wrote; None when it is something else."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
