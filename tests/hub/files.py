"""Reading: trees, facts about paths, contents."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from .errors import HubError, no_entry
from .messages import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .messages import Place, Request
    from .repositories import Commit, Entry, Repository
    from .server import LocalHub

_EXPANDED_PAGE = 50


def tree(hub: LocalHub, request: Request, place: Place) -> Answer:
    """GET tree: what a folder holds, page by page."""
    repository = hub.state.find(place.kind, place.name, request.who)
    commit = repository.resolve(place.revision)
    rows = tree_rows(commit.tree, place.path.strip("/"), recursive=request.flag("recursive"))
    if not rows and place.path.strip("/"):
        raise no_entry(f'{place.path} does not exist on "{place.revision}"')
    expand = request.flag("expand")
    page = min(hub.tree_page, _EXPANDED_PAGE) if expand else hub.tree_page
    shown, headers = paged(request, rows, int(request.one("limit") or page))
    if expand:
        shown = [row | _last_commit(repository, commit, row["path"]) for row in shown]
    return Answer(shown, headers=headers)


def paths_info(hub: LocalHub, request: Request, place: Place) -> Answer:
    """POST paths-info: the same rows for chosen paths; what is not there is left out."""
    repository = hub.state.find(place.kind, place.name, request.who)
    commit = repository.resolve(place.revision)
    form = request.form()
    known = {row["path"]: row for row in tree_rows(commit.tree, "", recursive=True)}
    rows = [known[p.strip("/")] for p in form.get("paths", []) if p.strip("/") in known]
    if str(form.get("expand", [""])[0]).lower() in ("1", "true"):
        rows = [row | _last_commit(repository, commit, row["path"]) for row in rows]
    return Answer(rows)


def paged(request: Request, rows: list[Any], page: int) -> tuple[list[Any], dict[str, str]]:
    """One page of rows, and the Link to the next one."""
    start = int(request.one("cursor") or 0)
    if start + page >= len(rows):
        return rows[start : start + page], {}
    query = {key: values[-1] for key, values in request.query.items()}
    query["cursor"] = str(start + page)
    link = f'<{request.host}{request.path}?{urlencode(query)}>; rel="next"'
    return rows[start : start + page], {"Link": link}


def tree_rows(tree: Mapping[str, Entry], folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    """Files and folders in a folder, sorted by path."""
    base = f"{folder}/" if folder else ""
    rows, folders = [], set()
    for path, entry in tree.items():
        if not path.startswith(base):
            continue
        parts = path[len(base) :].split("/")
        depth = len(parts) if recursive else min(2, len(parts))
        folders |= {base + "/".join(parts[:count]) for count in range(1, depth)}
        if recursive or len(parts) == 1:
            rows.append(_file_row(path, entry))
    rows += [_folder_row(tree, path) for path in folders]
    return sorted(rows, key=lambda row: str(row["path"]))


def _file_row(path: str, entry: Entry) -> dict[str, Any]:
    row = {"type": "file", "oid": entry.oid, "size": entry.size, "path": path}
    return row | ({"lfs": lfs_facts(entry, "oid")} if entry.lfs else {})


def lfs_facts(entry: Entry, name: str) -> dict[str, Any]:
    """What is told about a large file; `name` is what its sha256 is called there."""
    pointer = len(f"version https://git-lfs.github.com/spec/v1\noid sha256:\nsize {entry.size}\n")
    return {name: entry.sha256, "size": entry.size, "pointerSize": pointer + 64}


def _folder_row(tree: Mapping[str, Entry], folder: str) -> dict[str, Any]:
    inside = sorted(f"{p} {e.oid}" for p, e in tree.items() if p.startswith(f"{folder}/"))
    oid = hashlib.sha1("\n".join(inside).encode(), usedforsecurity=False).hexdigest()
    return {"type": "directory", "oid": oid, "size": 0, "path": folder}


def _last_commit(repository: Repository, commit: Commit, path: str) -> dict[str, Any]:
    """The commit that last changed a file or a folder."""

    def state(tree: Mapping[str, Entry]) -> list[tuple[str, Entry]]:
        return [(p, e) for p, e in sorted(tree.items()) if p == path or p.startswith(f"{path}/")]

    last = commit
    for step in repository.history(commit):
        if state(step.tree) != state(commit.tree):
            break
        last = step
    return {"lastCommit": {"id": last.sha, "title": last.title, "date": last.date}}


def resolve(hub: LocalHub, request: Request, place: Place) -> Answer:
    """GET resolve: a file, or where it lies."""
    commit, entry = _find(hub, request, place)
    headers = _file_headers(commit, entry, place.path)
    if not hub.redirect_lfs:
        return Answer(file=hub.state.blobs.path(entry.sha256), headers=headers)
    if not entry.lfs:
        cache = f"/api/resolve-cache/{place.kind}s/{place.name}/{commit.sha}/{quote(place.path)}"
        return Answer(data=b"", status=307, headers=headers | {"Location": cache})
    signature = hub.state.accounts.sign("GET", place.kind, place.name, entry.sha256)
    there = f"/_cdn/{place.kind}s/{place.name}/{entry.sha256}/{quote(place.path)}"
    # Another host name: the client takes the headers of this answer, and sends no token there.
    location = f"{_other_host(request.host)}{there}?signature={signature}"
    return Answer(data=b"", status=302, headers=headers | {"Location": location})


def resolve_here(hub: LocalHub, request: Request, place: Place) -> Answer:
    """GET resolve-cache: a small file at a commit."""
    commit, entry = _find(hub, request, place)
    headers = _file_headers(commit, entry, place.path)
    return Answer(file=hub.state.blobs.path(entry.sha256), headers=headers)


def cdn(hub: LocalHub, request: Request, place: Place) -> Answer:
    """GET _cdn: a large file, for whoever has the address."""
    signature = hub.state.accounts.sign("GET", place.kind, place.name, place.sha256)
    if request.one("signature") != signature:
        raise HubError(403, "Access denied")
    headers = {"ETag": f'"{place.sha256}"', "Content-Disposition": _disposition(place.path)}
    return Answer(file=hub.state.blobs.path(place.sha256), headers=headers)


def _find(hub: LocalHub, request: Request, place: Place) -> tuple[Commit, Entry]:
    repository = hub.state.find(place.kind, place.name, request.who)
    hub.state.require_content(repository, request.who)
    commit = repository.resolve(place.revision)
    entry = commit.tree.get(place.path)
    if entry is None:
        # With the commit: the client remembers that this one has no such file.
        raise no_entry(X_Repo_Commit=commit.sha)
    return commit, entry


def _file_headers(commit: Commit, entry: Entry, path: str) -> dict[str, str]:
    headers = {
        "X-Repo-Commit": commit.sha,
        "ETag": f'"{entry.etag}"',
        "Content-Disposition": _disposition(path),
    }
    linked = {"X-Linked-Etag": f'"{entry.etag}"', "X-Linked-Size": str(entry.size)}
    return headers | (linked if entry.lfs else {})


def _disposition(path: str) -> str:
    filename = path.rsplit("/", 1)[-1]
    return f"inline; filename*=UTF-8''{quote(filename, safe='')}"


def _other_host(host: str) -> str:
    if "127.0.0.1" in host:
        return host.replace("127.0.0.1", "localhost")
    return host.replace("localhost", "127.0.0.1")
