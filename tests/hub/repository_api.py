"""Accounts and repositories."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from .cards import front_matter, problems
from .errors import HubError
from .files import lfs_facts
from .messages import Answer
from .repositories import KINDS
from .uploads import page_of

if TYPE_CHECKING:
    from .accounts import Identity
    from .messages import Place, Request
    from .repositories import Commit, Repository
    from .server import LocalHub
    from .state import State


def whoami(hub: LocalHub, request: Request, _: Place) -> Answer:
    """GET whoami-v2."""
    return Answer(hub.state.accounts.whoami(request.who))


def validate_yaml(_hub: LocalHub, request: Request, _: Place) -> Answer:
    """POST validate-yaml: what a commit of this README.md would be refused for."""
    errors, warnings = problems(request.body.json()["content"])
    listed = {
        "errors": [{"message": text} for text in errors],
        "warnings": [{"message": text} for text in warnings],
    }
    if errors:
        raise HubError(400, "Invalid metadata in README.md.", more=listed)
    return Answer(listed)


def create(hub: LocalHub, request: Request, _: Place) -> Answer:
    """POST repos/create."""
    user = hub.state.require_token(request.who)
    asked = request.body.json()
    kind, owner = asked.get("type") or "model", asked.get("organization") or user
    name = f"{owner}/{asked['name']}"
    if kind not in KINDS:
        raise HubError(400, f"unknown type {kind!r}")
    if hub.state.accounts.rights(user, owner) not in ("admin", "write"):
        text = f"You don't have the rights to create a {kind} under the namespace"
        raise HubError(403, f'{text} "{owner}"')
    with hub.state.lock:
        if there := hub.state.repositories.get((kind, name)):
            url = {"url": page_of(request.host, there)}
            raise HubError(409, f"You already created this {kind} repo", more=url)
        made = hub.state.create(kind, name, user, private=_is_private(asked, default=False))
    facts = {"url": page_of(request.host, made), "name": name, "id": _identifier(made)}
    return Answer(facts)


def delete(hub: LocalHub, request: Request, _: Place) -> Answer:
    """DELETE repos/delete."""
    user = hub.state.require_token(request.who)
    asked = request.body.json()
    name = f"{asked.get('organization') or user}/{asked['name']}"
    with hub.state.lock:
        repository = hub.state.find(asked.get("type") or "model", name, request.who)
        hub.state.require_writer(repository, request.who)
        hub.state.delete(repository)
    return Answer({})


def listing(hub: LocalHub, request: Request, place: Place) -> Answer:
    """GET models, datasets or spaces."""
    author, search = request.one("author"), request.one("search")
    rows = [
        _facts(hub.state, repository, repository.resolve("main"), request)
        for repository in hub.state.repositories.values()
        if repository.kind == place.kind
        and (not author or repository.owner == author)
        and search in repository.name
        and _visible(hub.state, repository, request.who)
    ]
    limit = int(request.one("limit") or 0)
    return Answer(rows[:limit] if limit else rows)


def info(hub: LocalHub, request: Request, place: Place) -> Answer:
    """GET a repository, at a revision."""
    repository = hub.state.find(place.kind, place.name, request.who)
    facts = _facts(hub.state, repository, repository.resolve(place.revision), request)
    if wanted := request.query.get("expand", request.query.get("expand[]")):
        facts = {key: facts[key] for key in ("_id", "id", *wanted) if key in facts}
    return Answer(facts)


def settings(hub: LocalHub, request: Request, place: Place) -> Answer:
    """PUT settings: visibility and gate."""
    with hub.state.lock:
        repository = hub.state.find(place.kind, place.name, request.who)
        hub.state.require_writer(repository, request.who)
        asked = request.body.json()
        if asked.get("gated", False) not in ("auto", "manual", False):
            raise HubError(400, "gated must be auto, manual or false")
        repository.private = _is_private(asked, default=repository.private)
        repository.gated = asked.get("gated", repository.gated)
        hub.state.save(repository)
    return Answer({"private": repository.private, "gated": repository.gated})


def auth_check(hub: LocalHub, request: Request, place: Place) -> Answer:
    """GET auth-check: whether this one may read, or write."""
    repository = hub.state.find(place.kind, place.name, request.who)
    hub.state.require_content(repository, request.who)
    if place.path:
        hub.state.require_writer(repository, request.who)
    return Answer({})


def grant(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST user-access-request/grant: let a user into a gated repository."""
    with hub.state.lock:
        repository = hub.state.find(place.kind, place.name, request.who)
        hub.state.require_writer(repository, request.who)
        user = request.body.json()["user"]
        if not repository.gated or user in repository.granted:
            raise HubError(400, f"{user} has access already")
        repository.granted.append(user)
        hub.state.save(repository)
    return Answer({})


# Facts.


def _facts(
    state: State, repository: Repository, commit: Commit, request: Request
) -> dict[str, Any]:
    siblings = [_sibling(path, entry, request) for path, entry in sorted(commit.tree.items())]
    facts = {
        "_id": _identifier(repository),
        "id": repository.name,
        "author": repository.owner,
        "sha": commit.sha,
        "lastModified": commit.date,
        "createdAt": repository.created,
        "private": repository.private,
        "gated": repository.gated,
        "disabled": False,
        "tags": [],
        "downloads": 0,
        "likes": 0,
        "siblings": siblings,
        "usedStorage": repository.stored_bytes(),
    }
    if card := _card(state, commit):
        facts["cardData"] = card
    return facts | ({"modelId": repository.name} if repository.kind == "model" else {})


def _sibling(path: str, entry: Any, request: Request) -> dict[str, Any]:
    facts: dict[str, Any] = {"rfilename": path}
    if request.flag("blobs"):
        facts |= {"size": entry.size, "blobId": entry.oid}
        facts |= {"lfs": lfs_facts(entry, "sha256")} if entry.lfs else {}
    return facts


def _card(state: State, commit: Commit) -> dict[str, Any] | None:
    entry = commit.tree.get("README.md")
    return front_matter(state.read(entry).decode("utf-8")) if entry else None


def _identifier(repository: Repository) -> str:
    text = f"{repository.kind} {repository.name}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _is_private(asked: dict[str, Any], *, default: bool) -> bool:
    if "visibility" in asked:
        return bool(asked["visibility"] == "private")
    return bool(asked.get("private", default))


def _visible(state: State, repository: Repository, who: Identity) -> bool:
    try:
        state.find(repository.kind, repository.name, who)
    except HubError:
        return False
    return True
