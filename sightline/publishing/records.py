"""What the steps of publishing hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sightline.media_choice import MediaChoice


@dataclass(frozen=True)
class Wish:
    """What a user wants published, and where."""

    folder: Path
    """The built dataset; it is never written to."""
    repository: str
    """``org/name`` of a dataset on the Hub."""
    media: MediaChoice
    """Which recordings go along."""
    revision: str = "main"
    """The branch; one that is not there is made from ``main``."""
    tag: str | None = None
    """A name for the new commit; never moved when it is there."""
    create_pr: bool = False
    """Open a pull request instead of writing to the branch."""
    private: bool | None = None
    """Whether a new repository is private; None: private when media go along. False is also what
    lets media into a public repository."""
    overwrite: bool = False
    """Replace files that somebody else changed on the Hub since they were published."""
    framework: str = "lmms-eval"
    """``evaluation_framework`` of ``eval.yaml``; the Hub lists only frameworks that it knows."""
    changes: str = ""
    """A line for the card's list of changes and the commit's description; may be empty."""


@dataclass(frozen=True)
class LocalFile:
    """A file that is to stand in the repository."""

    name: str
    """Path in the repository."""
    path: Path
    """Where it lies now."""
    size: int
    """Bytes."""
    sha256: str
    """SHA-256, hex."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that stands in the repository."""

    name: str
    """Path in the repository."""
    size: int
    """Bytes."""
    oid: str
    """Git's name of the file's blob, hex: of the content itself, or of its LFS pointer."""
    sha256: str | None
    """SHA-256 of the content where the Hub tells it (LFS files); None for small text files."""


@dataclass(frozen=True)
class RemoteState:
    """A repository as it is now."""

    repository: str
    """``org/name``."""
    exists: bool
    """Whether it is there at all."""
    private: bool = False
    """Whether only some may see it."""
    head: str | None = None
    """Commit of the branch, 40 hex digits; None where repository or branch are not there. A branch
    that is not there yet shows the files of ``main``, from which it will be made."""
    files: Mapping[str, RemoteFile] | None = None
    """Path -> file; None when there is no repository."""
    facts: Mapping[str, Any] | None = None
    """Its ``build.json``, which says what we published there; None without one."""
    tags: Mapping[str, str] | None = None
    """Tag -> commit."""


@dataclass(frozen=True)
class Plan:
    """What one commit would do. Names are paths in the repository, sorted."""

    added: tuple[str, ...]
    """Files that are not there yet."""
    changed: tuple[str, ...]
    """Files whose content is another one."""
    deleted: tuple[str, ...]
    """Files that we published earlier, as they are still, and that are no longer wanted."""
    same: tuple[str, ...]
    """Files that stay as they are."""
    left: tuple[str, ...]
    """Files of others, which are never touched."""
    conflicts: tuple[str, ...]
    """Files of ours that somebody else changed or removed on the Hub, and files of others under a
    name that we need: also in `changed` or `added`, or in no other list where they are no longer
    wanted."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.added or self.changed or self.deleted)


@dataclass(frozen=True)
class Job:
    """One commit that is to be made."""

    repository: str
    """``org/name``."""
    plan: Plan
    """What it does."""
    local: Mapping[str, LocalFile]
    """The files that it adds or changes, by name."""
    state: RemoteState
    """What it is made upon."""
    title: str
    """Its first line."""
    description: str
    """The rest."""
    revision: str
    """The branch."""
    create_pr: bool
    """Whether it opens a pull request."""

    @property
    def files(self) -> list[LocalFile]:
        """What is added or changed."""
        return [self.local[name] for name in sorted({*self.plan.added, *self.plan.changed})]

    @property
    def parent(self) -> str:
        """The commit that it is made upon."""
        if self.state.head is None:
            raise ValueError("a commit needs a branch: make it, and look at the state again")
        return self.state.head


@dataclass(frozen=True)
class Commit:
    """A commit that was made."""

    oid: str
    """40 hex digits."""
    url: str
    """Its page."""
    pull_request: str | None = None
    """Page of the pull request; None for a commit to the branch."""
    revision: str = "main"
    """Where it can be read: the branch, or ``refs/pr/N``."""
