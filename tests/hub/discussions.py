"""Discussions and pull requests."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from .changes import conflicts, merged
from .errors import HubError
from .messages import Answer
from .repositories import Discussion, now

if TYPE_CHECKING:
    from .messages import Place, Request
    from .repositories import Commit, Repository
    from .server import LocalHub
    from .state import State

_PAGE = 50


def listing(hub: LocalHub, request: Request, place: Place) -> Answer:
    """GET discussions: page by page, newest first."""
    repository = hub.state.find(place.kind, place.name, request.who)
    wanted_type, status = request.one("type", "all"), request.one("status", "all")
    rows = [
        _facts(repository, one)
        for one in reversed(repository.discussions)
        if wanted_type in ("all", "pull_request" if one.pull_request else "discussion")
        and status in ("all", one.status, "open" if one.status == "draft" else "closed")
        and request.one("author", one.author) == one.author
    ]
    start = int(request.one("p") or 0) * _PAGE
    shown = rows[start : start + _PAGE]
    return Answer({"discussions": shown, "count": len(rows), "start": start})


def details(hub: LocalHub, request: Request, place: Place) -> Answer:
    """GET discussions/N: one, with its events."""
    repository = hub.state.find(place.kind, place.name, request.who)
    found = repository.discussion(place.number)
    facts = _facts(repository, found) | {"events": found.events}
    if found.pull_request:
        changes = {"base": "refs/heads/main", "mergeCommitId": found.merged_as}
        facts |= {"changes": changes, "filesWithConflicts": _conflicts(repository, found)}
        facts |= {"diff": _diff(repository, found)} if request.flag("diff") else {}
    return Answer(facts)


def create(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST discussions: a new one; a pull request starts as a draft without changes."""
    user = hub.state.require_token(request.who)
    with hub.state.lock:
        repository = hub.state.find(place.kind, place.name, request.who)
        asked = request.body.json()
        title, text = asked["title"], asked.get("description", "")
        if asked.get("pullRequest"):
            head = repository.resolve("main")
            made = open_pull_request(repository, head, user, title, text, draft=True)
        else:
            made = _open(repository, Discussion(0, title, user, pull_request=False), text)
        hub.state.save(repository)
    return Answer({"num": made.number, "pullRequest": made.pull_request})


def comment(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST comment."""
    user = hub.state.require_token(request.who)
    with hub.state.lock:
        repository = hub.state.find(place.kind, place.name, request.who)
        event = _comment(repository.discussion(place.number), user, request.body.json()["comment"])
        hub.state.save(repository)
    return Answer({"newMessage": event})


def change_status(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST status: open or closed."""
    with hub.state.lock:
        repository = hub.state.find(place.kind, place.name, request.who)
        found = repository.discussion(place.number)
        user = hub.state.require_token(request.who)
        if user != found.author:
            hub.state.require_writer(repository, request.who)
        asked = request.body.json()
        if asked["status"] not in ("open", "closed") or found.status == "merged":
            raise HubError(400, f"a {found.status} discussion cannot become {asked['status']}")
        if asked.get("comment"):
            _comment(found, user, asked["comment"])
        event = _status(found, user, asked["status"])
        hub.state.save(repository)
    return Answer({"newStatus": event})


def merge(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST merge: a pull request becomes a commit on main."""
    with hub.state.lock:
        repository = hub.state.find(place.kind, place.name, request.who)
        user = hub.state.require_writer(repository, request.who)
        new = merge_into_main(hub.state, repository, place.number, user)
    return Answer({"success": True, "mergeCommitId": new.sha})


def merge_into_main(state: State, repository: Repository, number: int, user: str) -> Commit:
    """Put what a pull request changes on top of main, wherever that is now.

    Raises:
        HubError: 400, it is not open; 409, main changed the same files.
    """
    found = repository.discussion(number)
    if not found.pull_request or found.status != "open":
        raise HubError(400, f"This is not an open pull request: it is {found.status}")
    if clashes := _conflicts(repository, found):
        listed = ", ".join(clashes)
        raise HubError(409, f"This pull request has merge conflicts in {listed}")
    base, ours, theirs = _sides(repository, found)
    tree = merged(base.tree, ours.tree, theirs.tree)
    new = state.advance(repository, "main", tree, user, f"{found.title} (#{number})")
    found.merged_as = new.sha
    _status(found, user, "merged")
    state.save(repository)
    return new


def open_pull_request(
    repository: Repository, head: Commit, user: str, title: str, text: str, *, draft: bool = False
) -> Discussion:
    """A new one whose branch is at a commit; it starts from that commit's parent."""
    base = head.sha if draft else head.parent or head.sha
    made = Discussion(
        0, title, user, pull_request=True, status="draft" if draft else "open", base=base
    )
    _open(repository, made, text)
    repository.branches[f"refs/pr/{made.number}"] = head.sha
    if not draft:
        tell_commit(made, head)
    return made


def tell_commit(discussion: Discussion, commit: Commit) -> None:
    """An event: somebody committed to a pull request."""
    data = {"subject": commit.title, "oid": commit.sha}
    discussion.events.append(_event(discussion, commit.user, "commit", data))


def _open(repository: Repository, made: Discussion, text: str) -> Discussion:
    made.number = len(repository.discussions) + 1
    repository.discussions.append(made)
    _comment(made, made.author, text)
    return made


def _comment(discussion: Discussion, user: str, text: str) -> dict[str, Any]:
    latest = {"raw": text, "html": text, "updatedAt": now(), "author": {"name": user}}
    data = {"edited": False, "hidden": False, "latest": latest, "history": []}
    event = _event(discussion, user, "comment", data)
    discussion.events.append(event)
    return event


def _status(discussion: Discussion, user: str, status: str) -> dict[str, Any]:
    discussion.status = status
    event = _event(discussion, user, "status-change", {"status": status})
    discussion.events.append(event)
    return event


def _event(discussion: Discussion, user: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    identifier = hashlib.sha256(
        f"{discussion.number} {discussion.created} {len(discussion.events)}".encode()
    ).hexdigest()[:24]
    author = {"name": user, "fullname": user, "type": "user"}
    return {"id": identifier, "type": kind, "createdAt": now(), "author": author, "data": data}


def _facts(repository: Repository, discussion: Discussion) -> dict[str, Any]:
    return {
        "num": discussion.number,
        "title": discussion.title,
        "author": {"name": discussion.author, "fullname": discussion.author, "type": "user"},
        "createdAt": discussion.created,
        "status": discussion.status,
        "isPullRequest": discussion.pull_request,
        "pinned": False,
        "repo": {"name": repository.name, "type": repository.kind},
    }


def _sides(repository: Repository, discussion: Discussion) -> tuple[Commit, Commit, Commit]:
    head = repository.resolve(f"refs/pr/{discussion.number}")
    return repository.commits[discussion.base], repository.resolve("main"), head


def _conflicts(repository: Repository, discussion: Discussion) -> list[str]:
    base, ours, theirs = _sides(repository, discussion)
    if discussion.status == "merged":
        return []
    return conflicts(base.tree, ours.tree, theirs.tree)


def _diff(repository: Repository, discussion: Discussion) -> str:
    """Which files a pull request changes; no lines."""
    base, _, theirs = _sides(repository, discussion)
    changed = sorted(
        path for path in {*base.tree, *theirs.tree} if base.tree.get(path) != theirs.tree.get(path)
    )
    return "".join(f"diff --git a/{path} b/{path}\n" for path in changed)
