"""Branches, tags, pull requests and history: the names in a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import HubError, no_revision
from .files import paged
from .messages import Answer

if TYPE_CHECKING:
    from .messages import Place, Request
    from .repositories import Repository
    from .server import LocalHub

_COMMITS_PAGE = 50


def refs(hub: LocalHub, request: Request, place: Place) -> Answer:
    """GET refs: branches and tags, and pull requests if asked for."""
    repository = hub.state.find(place.kind, place.name, request.who)
    requests = {n: s for n, s in repository.branches.items() if n.startswith("refs/pr/")}
    branches = {n: s for n, s in repository.branches.items() if n not in requests}
    found: dict[str, list[dict[str, str]]] = {
        "branches": [_ref(n, f"refs/heads/{n}", sha) for n, sha in branches.items()],
        "converts": [],
        "tags": [_ref(n, f"refs/tags/{n}", sha) for n, sha in repository.tags.items()],
    }
    if request.flag("include_prs"):
        found["pullRequests"] = [
            _ref(n.removeprefix("refs/pr/"), n, sha) for n, sha in requests.items()
        ]
    return Answer(found)


def _ref(name: str, ref: str, sha: str) -> dict[str, str]:
    return {"name": name, "ref": ref, "targetCommit": sha}


def commits(hub: LocalHub, request: Request, place: Place) -> Answer:
    """GET commits: the newest first, page by page."""
    repository = hub.state.find(place.kind, place.name, request.who)
    rows = [
        {
            "id": commit.sha,
            "title": commit.title,
            "message": commit.message,
            "date": commit.date,
            "authors": [{"user": commit.user, "avatar": ""}],
        }
        for commit in repository.history(repository.resolve(place.revision))
    ]
    shown, headers = paged(request, rows, _COMMITS_PAGE)
    return Answer(shown, headers=headers)


def create_branch(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST branch: from main, or from `startingPoint`."""
    with hub.state.lock:
        repository = _writable(hub, request, place)
        if place.revision.startswith("refs/"):
            raise HubError(400, f"Invalid reference for a branch: {place.revision}")
        if place.revision in repository.branches:
            raise HubError(409, f"Reference already exists: refs/heads/{place.revision}")
        start = request.body.json().get("startingPoint") or "main"
        repository.branches[place.revision] = repository.resolve(start).sha
        hub.state.save(repository)
    return Answer({})


def delete_branch(hub: LocalHub, request: Request, place: Place) -> Answer:
    """DELETE branch; main stays."""
    with hub.state.lock:
        repository = _writable(hub, request, place)
        if place.revision == "main" or place.revision.startswith("refs/"):
            raise HubError(403, f"Cannot delete branch {place.revision}")
        _remove(repository.branches, place.revision)
        hub.state.save(repository)
    return Answer({})


def create_tag(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST tag: a name for a revision."""
    with hub.state.lock:
        repository = _writable(hub, request, place)
        tag = request.body.json()["tag"]
        if tag in repository.tags:
            raise HubError(409, f"Tag reference exists already: refs/tags/{tag}")
        repository.tags[tag] = repository.resolve(place.revision).sha
        hub.state.save(repository)
    return Answer({})


def delete_tag(hub: LocalHub, request: Request, place: Place) -> Answer:
    """DELETE tag."""
    with hub.state.lock:
        repository = _writable(hub, request, place)
        _remove(repository.tags, place.revision)
        hub.state.save(repository)
    return Answer({})


def _remove(names: dict[str, str], name: str) -> None:
    if name not in names:
        raise no_revision(name)
    del names[name]


def _writable(hub: LocalHub, request: Request, place: Place) -> Repository:
    repository = hub.state.find(place.kind, place.name, request.who)
    hub.state.require_writer(repository, request.who)
    return repository
