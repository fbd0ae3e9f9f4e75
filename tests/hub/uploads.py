"""Uploads: how a file is to be sent, and the large ones themselves."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from .blobs import WrongContentError
from .changes import checked_path
from .errors import HubError
from .messages import Answer
from .upload_rules import is_large

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .messages import Place, Request
    from .repositories import Entry, Repository
    from .server import LocalHub
    from .state import State

PULL_REQUEST = re.compile(r"refs/pr/(\d+)")
_LFS_JSON = "application/vnd.git-lfs+json; charset=utf-8"


def page_of(host: str, repository: Repository) -> str:
    """The address of a repository's page."""
    prefix = "" if repository.kind == "model" else f"{repository.kind}s/"
    return f"{host}/{prefix}{repository.name}"


def preupload(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST preupload: per file, how to send it, and what is there now."""
    repository = hub.state.find(place.kind, place.name, request.who)
    require_committer(hub.state, repository, request, place.revision)
    tree = repository.resolve(place.revision).tree
    rules = hub.state.rules(tree)
    return Answer({"files": [_mode(tree, one, rules) for one in request.body.json()["files"]]})


def _mode(tree: Mapping[str, Entry], file: dict[str, Any], rules: str) -> dict[str, Any]:
    path, entry = checked_path(file["path"]), tree.get(file["path"])
    sample = base64.b64decode(file.get("sample") or "")
    large = is_large(path, file["size"], sample, rules)
    mode = {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}
    return mode | ({"oid": entry.etag} if entry else {})


def require_committer(state: State, repository: Repository, request: Request, revision: str) -> str:
    """A pull request may come from everybody, and its author may go on with it."""
    if request.flag("create_pr"):
        return state.require_token(request.who)
    found = PULL_REQUEST.fullmatch(revision)
    if found and request.who.user == repository.discussion(int(found[1])).author:
        return state.require_token(request.who)
    return state.require_writer(repository, request.who)


# Large files.


def lfs_batch(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST objects/batch: where to send what is not there yet."""
    repository = hub.state.find(place.kind, place.name, request.who)
    hub.state.require_token(request.who)
    asked = request.body.json()
    with hub.state.lock:
        missing = [o for o in asked["objects"] if not hub.state.has_object(repository, o["oid"])]
        if asked.get("operation") == "upload":
            hub.state.require_room(repository, sum(o["size"] for o in missing))
    objects = [_lfs_actions(hub, request, repository, one) for one in asked["objects"]]
    return Answer({"transfer": "basic", "objects": objects}, content_type=_LFS_JSON)


def _lfs_actions(
    hub: LocalHub, request: Request, repository: Repository, wanted: dict[str, Any]
) -> dict[str, Any]:
    oid, size = wanted["oid"], wanted["size"]
    facts: dict[str, Any] = {"oid": oid, "size": size}
    if not re.fullmatch(r"[0-9a-f]{64}", oid) or not isinstance(size, int) or size < 1:
        return facts | {"error": {"code": 422, "message": "not a sha256 and a size"}}
    if hub.state.has_object(repository, oid):
        if hub.state.blobs.path(oid).stat().st_size != size:
            return facts | {"error": {"code": 422, "message": "the size of this oid is another"}}
        return facts
    signature = hub.state.accounts.sign("PUT", repository.kind, repository.name, oid, size)
    there = f"/_lfs/{repository.kind}s/{repository.name}/{oid}?size={size}&signature={signature}"
    verify = f"{page_of(request.host, repository)}.git/info/lfs/objects/verify"
    actions = {"upload": {"href": request.host + there}, "verify": {"href": verify}}
    return facts | {"actions": actions}


def lfs_put(hub: LocalHub, request: Request, place: Place) -> Answer:
    """PUT: a large file, kept when it is what it should be."""
    size = request.one("size")
    if request.one("signature") != hub.state.accounts.sign(
        "PUT", place.kind, place.name, place.sha256, size
    ):
        raise HubError(403, "SignatureDoesNotMatch")
    if not request.body.chunked and request.body.length != int(size):
        raise HubError(400, f"{size} bytes were announced, {request.body.length} come")
    try:
        hub.state.blobs.put(request.body.pieces(), place.sha256)
    except WrongContentError as error:
        raise HubError(400, f"BadDigest: {error}") from error
    with hub.state.lock:
        repository = hub.state.repositories.get((place.kind, place.name))
        if repository is None:
            raise HubError(404, "NoSuchBucket")
        hub.state.add_object(repository, place.sha256)
    return Answer(data=b"", headers={"ETag": f'"{place.sha256}"'})


def lfs_verify(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST objects/verify: that a large file arrived."""
    repository = hub.state.find(place.kind, place.name, request.who)
    asked = request.body.json()
    if not hub.state.has_object(repository, asked["oid"]):
        raise HubError(404, "this object was never uploaded")
    if hub.state.blobs.path(asked["oid"]).stat().st_size != asked["size"]:
        raise HubError(422, "this object has another size")
    return Answer({}, content_type=_LFS_JSON)
