"""Commits: all of it, or nothing."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .changes import Put, Remove, apply
from .discussions import open_pull_request, tell_commit
from .errors import HubError, no_revision
from .messages import Answer
from .upload_rules import LARGE
from .uploads import PULL_REQUEST, page_of, require_committer

if TYPE_CHECKING:
    from .messages import Place, Request
    from .repositories import Commit, Entry, Repository
    from .server import LocalHub
    from .state import State


@dataclass(frozen=True)
class _Asked:
    """What a request wants to commit."""

    header: dict[str, Any]
    """Summary, description, parentCommit."""
    operations: list[tuple[str, dict[str, Any]]]
    """Key and value of each line after it; contents are kept already, under `entry`."""


def commit(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST commit."""
    state = hub.state
    repository = state.find(place.kind, place.name, request.who)
    user = require_committer(state, repository, request, place.revision)
    asked = _read(state, request)
    with state.lock:
        parent = _parent(repository, place.revision, asked, create_pr=request.flag("create_pr"))
        changes = [_change(state, repository, *one) for one in asked.operations]
        tree = apply(parent.tree, changes)
        title, message = asked.header["summary"], asked.header.get("description", "")
        new = state.commit(repository, parent, tree, user=user, title=title, message=message)
        number = _publish(repository, place.revision, new, request, user)
        state.save(repository)
    return Answer(_told(request.host, repository, new, number))


def _read(state: State, request: Request) -> _Asked:
    """The lines of a commit; small contents are put away one by one, and no memory is filled."""
    header: dict[str, Any] = {}
    operations = []
    for line in request.body.lines():
        one = json.loads(line)
        key, value = one["key"], one["value"]
        if key == "header":
            header = value
            continue
        if key == "file":
            value = {"path": value["path"], "entry": _regular(state, value)}
        operations.append((key, value))
    if not header.get("summary"):
        raise HubError(400, "A commit needs a header with a summary.")
    return _Asked(header, operations)


def _regular(state: State, value: dict[str, Any]) -> Entry:
    try:
        data = base64.b64decode(value["content"], validate=True)
    except binascii.Error as error:
        raise HubError(400, f"{value['path']} is not base64: {error}") from error
    if len(data) > LARGE:
        text = "Your push was rejected because it contains files larger than 10 MiB."
        raise HubError(400, f"{text} Offending file: {value['path']}")
    return state.entry(state.blobs.put([data]), lfs=False)


def _parent(repository: Repository, revision: str, asked: _Asked, *, create_pr: bool) -> Commit:
    """What the commit is put on.

    Raises:
        HubError: 412, the branch is not where the client believes it to be.
    """
    if not create_pr and revision not in repository.branches:
        raise no_revision(revision)
    head = repository.resolve(revision)
    expected = asked.header.get("parentCommit")
    if expected is None:
        return head
    if create_pr:
        return repository.resolve(expected)
    if not head.sha.startswith(expected):
        raise HubError(412, "A commit has happened since. Please refresh and try again.")
    return head


def _change(state: State, repository: Repository, key: str, value: dict[str, Any]) -> Put | Remove:
    if key == "file":
        return Put(value["path"], value["entry"])
    if key == "lfsFile":
        return Put(value["path"], _large(state, repository, value))
    if key in ("deletedFile", "deletedFolder"):
        return Remove(value["path"], folder=key == "deletedFolder")
    raise HubError(400, f"Unknown operation in a commit: {key!r}")


def _large(state: State, repository: Repository, value: dict[str, Any]) -> Entry:
    sha256 = value["oid"]
    if not re.fullmatch(r"[0-9a-f]{64}", sha256) or not state.has_object(repository, sha256):
        text = (
            "Your push was rejected because an LFS pointer pointed to a file that does not exist."
        )
        raise HubError(400, f"{text} Offending file: {value['path']}")
    entry = state.entry(sha256, lfs=True)
    # A copy on the Hub names no size.
    if value.get("size", entry.size) != entry.size:
        raise HubError(400, f"{value['path']} has {entry.size} bytes, not {value['size']}")
    return entry


def _publish(
    repository: Repository, revision: str, new: Commit, request: Request, user: str
) -> int | None:
    if request.flag("create_pr"):
        return open_pull_request(repository, new, user, new.title, new.message).number
    repository.branches[revision] = new.sha
    if found := PULL_REQUEST.fullmatch(revision):
        tell_commit(repository.discussion(int(found[1])), new)
    return None


def _told(host: str, repository: Repository, new: Commit, number: int | None) -> dict[str, Any]:
    page = page_of(host, repository)
    facts = {"success": True, "commitOid": new.sha, "commitUrl": f"{page}/commit/{new.sha}"}
    pull_request = {"pullRequestUrl": f"{page}/discussions/{number}"} if number else {}
    return facts | {"hookOutput": ""} | pull_request
