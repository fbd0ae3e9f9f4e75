"""Which function answers which address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from . import commits, discussions, files, names, repository_api, uploads
from .errors import HubError, not_found
from .messages import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from .messages import Answer, Request
    from .server import LocalHub

_KIND = r"(?P<kind>model|dataset|space)s"
_NAME = r"(?P<name>[^/]+/[^/]+)"
_REVISION = r"(?P<revision>[^/]+)"
_SHA256 = r"(?P<sha256>[0-9a-f]{64})"
_PLACE = rf"/(?:(?P<kind>dataset|space)s/)?{_NAME}"
_API = rf"/api/{_KIND}/{_NAME}"

_Serve: TypeAlias = "Callable[[LocalHub, Request, Place], Answer]"

_TABLE: tuple[tuple[str, str, _Serve], ...] = (
    ("GET", r"/api/whoami-v2", repository_api.whoami),
    ("POST", r"/api/validate-yaml", repository_api.validate_yaml),
    ("POST", r"/api/repos/create", repository_api.create),
    ("DELETE", r"/api/repos/delete", repository_api.delete),
    ("GET", rf"/api/{_KIND}", repository_api.listing),
    ("GET", _API, repository_api.info),
    ("GET", rf"{_API}/revision/{_REVISION}", repository_api.info),
    ("PUT", rf"{_API}/settings", repository_api.settings),
    ("GET", rf"{_API}/auth-check(?:/(?P<path>write))?", repository_api.auth_check),
    ("POST", rf"{_API}/user-access-request/grant", repository_api.grant),
    ("GET", rf"{_API}/refs", names.refs),
    ("GET", rf"{_API}/commits/{_REVISION}", names.commits),
    ("POST", rf"{_API}/branch/{_REVISION}", names.create_branch),
    ("DELETE", rf"{_API}/branch/{_REVISION}", names.delete_branch),
    ("POST", rf"{_API}/tag/{_REVISION}", names.create_tag),
    ("DELETE", rf"{_API}/tag/{_REVISION}", names.delete_tag),
    ("GET", rf"{_API}/tree/{_REVISION}(?:/(?P<path>.*))?", files.tree),
    ("POST", rf"{_API}/paths-info/{_REVISION}", files.paths_info),
    ("GET", rf"{_PLACE}/resolve/{_REVISION}/(?P<path>.+)", files.resolve),
    ("GET", rf"/api/resolve-cache/{_KIND}/{_NAME}/{_REVISION}/(?P<path>.+)", files.resolve_here),
    ("GET", rf"/_cdn/{_KIND}/{_NAME}/{_SHA256}/(?P<path>.+)", files.cdn),
    ("POST", rf"{_API}/preupload/{_REVISION}", uploads.preupload),
    ("POST", rf"{_API}/commit/{_REVISION}", commits.commit),
    ("POST", rf"{_PLACE}\.git/info/lfs/objects/batch", uploads.lfs_batch),
    ("POST", rf"{_PLACE}\.git/info/lfs/objects/verify", uploads.lfs_verify),
    ("PUT", rf"/_lfs/{_KIND}/{_NAME}/{_SHA256}", uploads.lfs_put),
    ("GET", rf"{_API}/discussions", discussions.listing),
    ("POST", rf"{_API}/discussions", discussions.create),
    ("GET", rf"{_API}/discussions/(?P<number>\d+)", discussions.details),
    ("POST", rf"{_API}/discussions/(?P<number>\d+)/comment", discussions.comment),
    ("POST", rf"{_API}/discussions/(?P<number>\d+)/status", discussions.change_status),
    ("POST", rf"{_API}/discussions/(?P<number>\d+)/merge", discussions.merge),
)
_ROUTES = tuple((method, re.compile(pattern), serve) for method, pattern, serve in _TABLE)


def answer(hub: LocalHub, request: Request) -> Answer:
    """The answer to a request.

    Raises:
        HubError: What is refused, and 404 for an address that is not in the table.
    """
    wanted = "GET" if request.method == "HEAD" else request.method
    known = False
    for method, pattern, serve in _ROUTES:
        if not (found := pattern.fullmatch(request.path)):
            continue
        known = True
        if method == wanted:
            return _served(serve, hub, request, _place(found))
    if known:
        raise HubError(405, "Method not allowed")
    if re.fullmatch(rf"/api/{_KIND}/[^/]+(/revision/.*|/tree/.*)?", request.path):
        # A dataset without an owner: there are none here.
        raise not_found(anonymous=request.who.user is None)
    raise HubError(404, f"Sorry, we can't find the page you are looking for: {request.path}")


def _served(serve: _Serve, hub: LocalHub, request: Request, place: Place) -> Answer:
    try:
        return serve(hub, request, place)
    except HubError as error:
        # For a client at https:// the address is enough to take this for an absent repository;
        # at http:// it looks at the code alone.
        if error.status == 401 and place.name and not error.code:
            error.code = "RepoNotFound"
        raise


def _place(found: re.Match[str]) -> Place:
    texts = {key: unquote(text) for key, text in found.groupdict().items() if text}
    number = int(texts.pop("number", 0))
    return Place(**texts, number=number)
