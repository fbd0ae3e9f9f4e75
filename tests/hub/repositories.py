"""A repository: its commits, and the names that point to them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .errors import HubError, no_revision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KINDS = ("dataset", "model", "space")
_SHORT = re.compile(r"[0-9a-f]{7,39}")


def now() -> str:
    """This moment, as the Hub writes it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass(frozen=True)
class Entry:
    """One file at one commit."""

    sha256: str
    """Of the content."""
    oid: str
    """What git calls it: of the content, or of the pointer to a large file."""
    size: int
    """Bytes of the content."""
    lfs: bool
    """Whether it is kept as a large file."""

    @property
    def etag(self) -> str:
        """What tells a client whether its copy is this one."""
        return self.sha256 if self.lfs else self.oid


@dataclass(frozen=True)
class Commit:
    """One state of a repository."""

    sha: str
    """40 hex digits."""
    parent: str | None
    """None: the first one."""
    tree: Mapping[str, Entry]
    """Path -> file."""
    title: str
    """First line of its message."""
    message: str
    """The rest of it."""
    user: str
    """Who made it."""
    date: str
    """When."""


@dataclass
class Discussion:
    """A discussion, or a pull request."""

    number: int
    """From 1 in each repository."""
    title: str
    """One line."""
    author: str
    """User."""
    pull_request: bool
    """Whether it has a branch `refs/pr/<number>`."""
    status: str = "open"
    """draft, open, closed or merged."""
    base: str = ""
    """The commit that a pull request started from."""
    created: str = field(default_factory=now)
    """When."""
    merged_as: str | None = None
    """The commit on main."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """What happened in it, as the Hub tells it."""


@dataclass
class Repository:
    """A dataset, model or space."""

    kind: str
    """dataset, model or space."""
    name: str
    """`owner/name`."""
    private: bool = False
    """Whether only its owners see it."""
    gated: str | bool = False
    """False, or how access is granted: `auto` or `manual`."""
    created: str = field(default_factory=now)
    """When."""
    granted: list[str] = field(default_factory=list)
    """Users who may read a gated one."""
    branches: dict[str, str] = field(default_factory=dict)
    """Branch or `refs/pr/<number>` -> commit."""
    tags: dict[str, str] = field(default_factory=dict)
    """Tag -> commit."""
    discussions: list[Discussion] = field(default_factory=list)
    """In order of their numbers."""
    commits: dict[str, Commit] = field(default_factory=dict)
    """By sha; never removed."""

    @property
    def owner(self) -> str:
        """User or organisation."""
        return self.name.split("/")[0]

    def resolve(self, revision: str) -> Commit:
        """The commit of a branch, tag, pull request or (short) sha."""
        for names in (self.branches, self.tags):
            if revision in names:
                return self.commits[names[revision]]
        if revision in self.commits:
            return self.commits[revision]
        if _SHORT.fullmatch(revision):
            found = [sha for sha in self.commits if sha.startswith(revision)]
            if len(found) == 1:
                return self.commits[found[0]]
        raise no_revision(revision)

    def record(
        self,
        parent: str | None,
        tree: Mapping[str, Entry],
        user: str,
        title: str,
        message: str = "",
    ) -> Commit:
        """Add a commit; no name points to it yet."""
        lines = [f"{path} {entry.sha256}" for path, entry in sorted(tree.items())]
        unique = [
            self.kind,
            self.name,
            self.created,
            parent,
            len(self.commits),
            title,
            user,
            *lines,
        ]
        text = "\n".join(str(line) for line in unique)
        sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        commit = Commit(sha, parent, dict(tree), title, message, user, now())
        self.commits[sha] = commit
        return commit

    def history(self, commit: Commit) -> Iterator[Commit]:
        """A commit, its parent, and so on."""
        step: Commit | None = commit
        while step is not None:
            yield step
            step = self.commits[step.parent] if step.parent else None

    def discussion(self, number: int) -> Discussion:
        """By its number."""
        if not 1 <= number <= len(self.discussions):
            raise HubError(404, "Discussion not found")
        return self.discussions[number - 1]

    def stored_bytes(self) -> int:
        """Bytes of all contents of all commits, each once."""
        sizes = {e.sha256: e.size for c in self.commits.values() for e in c.tree.values()}
        return sum(sizes.values())

    def facts(self) -> dict[str, Any]:
        """Everything but the commits, for the disk."""
        kept = {name: value for name, value in vars(self).items() if name != "commits"}
        return kept | {"discussions": [asdict(d) for d in self.discussions]}
