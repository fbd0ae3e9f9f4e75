"""All that the Hub knows, in a folder: accounts, repositories, contents."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .accounts import Accounts, Identity
from .blobs import Blobs, git_oid, pieces_of, write_json
from .cards import check_card
from .errors import HubError, not_found
from .repositories import Commit, Discussion, Entry, Repository
from .upload_rules import GITATTRIBUTES, is_large

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class State:
    """Accounts, repositories and contents; every change is on disk before it is answered.

    Whoever changes something holds `lock`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock = threading.RLock()
        self.blobs = Blobs(root / "blobs")
        self.accounts = self._read_accounts()
        self.repositories = {(r.kind, r.name): r for r in self._read_repositories()}

    # Who may do what.

    def find(self, kind: str, name: str, who: Identity) -> Repository:
        """A repository that this one may know of.

        Raises:
            HubError: 401 or 404, RepoNotFound.
        """
        repository = self.repositories.get((kind, name))
        rights = self.accounts.rights(who.user, name.split("/", maxsplit=1)[0])
        if repository is None or (repository.private and rights is None):
            raise not_found(anonymous=who.user is None)
        return repository

    def require_content(self, repository: Repository, who: Identity) -> None:
        """That this one may read files.

        Raises:
            HubError: 401 or 403, GatedRepo.
        """
        if not repository.gated or who.user in repository.granted:
            return
        if self.accounts.rights(who.user, repository.owner):
            return
        text = f"Access to {repository.kind} {repository.name} is restricted"
        if who.user is None:
            more = "You must have access to it and be authenticated to access it. Please log in."
            raise HubError(401, f"{text}. {more}", "GatedRepo")
        more = (
            f"and you are not in the authorized list. Visit /{repository.name} to ask for access."
        )
        raise HubError(403, f"{text} {more}", "GatedRepo")

    def require_token(self, who: Identity) -> str:
        """That somebody with a token that may write asks; returns the user.

        Raises:
            HubError: 401 or 403.
        """
        if who.user is None:
            raise HubError(401, "Invalid username or password.")
        if who.role != "write":
            raise HubError(403, "Forbidden: you must use a write token to upload to a repository.")
        return who.user

    def require_writer(self, repository: Repository, who: Identity) -> str:
        """That this one may change the repository itself; returns the user.

        Raises:
            HubError: 401 or 403.
        """
        user = self.require_token(who)
        if self.accounts.rights(user, repository.owner) not in ("admin", "write"):
            more = "pass `create_pr=1` as a query parameter to create a Pull Request"
            raise HubError(403, f"Forbidden: {more}")
        return user

    def require_room(self, repository: Repository, more: int) -> None:
        """That the owner may store so many bytes more.

        Raises:
            HubError: 403, with the real Hub's words.
        """
        limit = self.accounts.quotas.get(repository.owner)
        if limit is None:
            return
        mine = [r for r in self.repositories.values() if r.owner == repository.owner]
        if sum(r.stored_bytes() for r in mine) + more > limit:
            kind = "Private" if repository.private else "Public"
            advice = "please upgrade your plan to increase your storage limit"
            raise HubError(403, f"{kind} repository storage limit reached, {advice}.")

    # Contents.

    def keep(self, path: str, source: bytes | Path, gitattributes: str) -> Entry:
        """Take a file in, as a large one if the rules say so."""
        sha256 = self.blobs.put([source] if isinstance(source, bytes) else pieces_of(source))
        size = self.blobs.path(sha256).stat().st_size
        with self.blobs.path(sha256).open("rb") as file:
            sample = file.read(512)
        return self.entry(sha256, lfs=is_large(path, size, sample, gitattributes))

    def entry(self, sha256: str, *, lfs: bool) -> Entry:
        """A content that is here, as a file of a repository."""
        path = self.blobs.path(sha256)
        size = path.stat().st_size
        if lfs:
            spec = "version https://git-lfs.github.com/spec/v1"
            pointer = f"{spec}\noid sha256:{sha256}\nsize {size}\n".encode()
            return Entry(sha256, git_oid([pointer], len(pointer)), size, lfs=True)
        return Entry(sha256, git_oid(pieces_of(path), size), size, lfs=False)

    def read(self, entry: Entry) -> bytes:
        """A whole file; for small ones."""
        return self.blobs.path(entry.sha256).read_bytes()

    def rules(self, tree: Mapping[str, Entry]) -> str:
        """The .gitattributes of a tree."""
        entry = tree.get(".gitattributes")
        return self.read(entry).decode("utf-8", "replace") if entry else ""

    def has_object(self, repository: Repository, sha256: str) -> bool:
        """Whether a large file was uploaded to this repository, committed or not."""
        return (self._folder(repository) / "objects" / sha256).exists()

    def add_object(self, repository: Repository, sha256: str) -> None:
        """It was."""
        marker = self._folder(repository) / "objects" / sha256
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()

    # Changes.

    def create(self, kind: str, name: str, user: str, *, private: bool) -> Repository:
        """A new repository with its first commit.

        Raises:
            HubError: 409, it is there.
        """
        if (kind, name) in self.repositories:
            raise HubError(409, f"You already created this {kind} repo")
        repository = Repository(kind, name, private=private)
        entry = self.entry(self.blobs.put([GITATTRIBUTES]), lfs=False)
        first = repository.record(None, {".gitattributes": entry}, user, "initial commit")
        repository.branches["main"] = first.sha
        self.repositories[kind, name] = repository
        self.save(repository)
        return repository

    def delete(self, repository: Repository) -> None:
        """Take a repository away."""
        del self.repositories[repository.kind, repository.name]
        shutil.rmtree(self._folder(repository))

    def advance(
        self, repository: Repository, branch: str, tree: Mapping[str, Entry], user: str, title: str
    ) -> Commit:
        """A commit on top of a branch; all or nothing.

        Raises:
            HubError: 400 for a card that is none, 403 for want of room.
        """
        head = repository.resolve(branch)
        commit = self.commit(repository, head, tree, user=user, title=title)
        repository.branches[branch] = commit.sha
        self.save(repository)
        return commit

    def commit(
        self,
        repository: Repository,
        parent: Commit,
        tree: Mapping[str, Entry],
        *,
        user: str,
        title: str,
        message: str = "",
    ) -> Commit:
        """A checked commit that no name points to yet, not saved.

        Raises:
            HubError: 400 for a card that is none, 403 for want of room.
        """
        card = tree.get("README.md")
        if card and card != parent.tree.get("README.md"):
            check_card(self.read(card))
        known = {e.sha256 for c in repository.commits.values() for e in c.tree.values()}
        new = {e.sha256: e.size for e in tree.values() if e.sha256 not in known}
        self.require_room(repository, sum(new.values()))
        for entry in tree.values():
            if entry.lfs:
                self.add_object(repository, entry.sha256)
        return repository.record(parent.sha, tree, user, title, message)

    # The disk.

    def save(self, repository: Repository) -> None:
        """Write a repository: new commits first, then what points to them."""
        folder = self._folder(repository)
        for commit in repository.commits.values():
            path = folder / "commits" / f"{commit.sha}.json"
            if not path.exists():
                write_json(path, asdict(commit))
        write_json(folder / "repository.json", repository.facts())

    def save_accounts(self) -> None:
        """Write tokens, organisations and limits."""
        write_json(self.root / "accounts.json", self.accounts.as_dict())

    def _folder(self, repository: Repository) -> Path:
        name = repository.name.replace("/", "--")
        return self.root / "repositories" / repository.kind / name

    def _read_accounts(self) -> Accounts:
        path = self.root / "accounts.json"
        return Accounts(**json.loads(path.read_text())) if path.exists() else Accounts()

    def _read_repositories(self) -> list[Repository]:
        found = sorted(self.root.glob("repositories/*/*/repository.json"))
        return [_read_repository(path) for path in found]


def _read_repository(path: Path) -> Repository:
    facts: dict[str, Any] = json.loads(path.read_text())
    facts["discussions"] = [Discussion(**one) for one in facts["discussions"]]
    repository = Repository(**facts)
    # Made before the commit was pointed to; one that nothing points to would change nothing.
    for file in sorted((path.parent / "commits").glob("*.json")):
        values = json.loads(file.read_text())
        tree = {name: Entry(**entry) for name, entry in values.pop("tree").items()}
        commit = Commit(tree=tree, **values)
        repository.commits[commit.sha] = commit
    return repository
