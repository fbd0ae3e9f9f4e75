"""A read-only stand-in for the Hub on loopback: datasets at revisions, public, gated or absent.

It answers what huggingface_hub and datasets ask for downloads: repository info, file trees and
`resolve` with ranges. Clients are started in processes of their own with :func:`environment`,
because huggingface_hub reads its settings when it is imported.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path  # noqa: TC003 (dataclasses resolve it)
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_API = re.compile(r"/api/datasets/([^/]+/[^/]+)(?:/(revision|tree|paths-info)/([^/]+)(?:/(.*))?)?")
_RESOLVE = re.compile(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass
class Repository:
    """One dataset: its commits, and names for them."""

    files: dict[str, dict[str, Path]]
    """Commit -> path in the repository -> file on this machine."""
    names: dict[str, str]
    """Branch or tag -> commit."""
    gated: bool = False


class HubError(Exception):
    """An answer that is no 200: status, text and the code that decides the client's exception."""

    def __init__(self, status: int, text: str, code: str) -> None:
        super().__init__(text)
        self.status, self.text, self.code = status, text, code


class LocalHub:
    """A Hub on a free port; a context manager that stops it."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> LocalHub:  # noqa: PYI034 (typing.Self is younger than Python 3.10)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, name: str, folder: Path, *, tag: str = "main", gated: bool = False) -> str:
        """Commit a folder to a dataset under a branch or tag; returns the commit."""
        files = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        content = "".join(f"{path} {sha256(file)}\n" for path, file in files.items())
        commit = hashlib.sha1(content.encode(), usedforsecurity=False).hexdigest()
        repository = self.repositories.setdefault(name, Repository({}, {}, gated))
        repository.files[commit] = files
        repository.names[tag] = commit
        repository.names.setdefault("main", commit)
        return commit

    def find(self, name: str, revision: str) -> tuple[Repository, str]:
        """The repository and the commit of a revision."""
        repository = self.repositories.get(name)
        if repository is None:
            raise HubError(404, "Repository not found", "RepoNotFound")
        commit = repository.names.get(revision, revision)
        if commit not in repository.files:
            raise HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return repository, commit


def environment(url: str, home: Path, **more: str) -> dict[str, str]:
    """The environment of a client process: this Hub, caches of its own, no token, nothing else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return kept | {
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        **more,
    }


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _entry(path: str, file: Path) -> dict[str, Any]:
    size, digest = file.stat().st_size, sha256(file)
    lfs = {"oid": digest, "size": size, "pointerSize": 134}
    return {"type": "file", "oid": digest[:40], "size": size, "path": path, "lfs": lfs}


def _tree(files: dict[str, Path], folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    base = f"{folder.strip('/')}/" if folder.strip("/") else ""
    inside = {path: file for path, file in files.items() if path.startswith(base)}
    if not inside:
        raise HubError(404, f"{folder} does not exist", "EntryNotFound")
    rows, folders = [], set()
    for path, file in inside.items():
        parts = path[len(base) :].split("/")
        depth = len(parts) if recursive else min(2, len(parts))
        folders |= {base + "/".join(parts[:i]) for i in range(1, depth)}
        if recursive or len(parts) == 1:
            rows.append(_entry(path, file))
    rows += [{"type": "directory", "oid": "0" * 40, "size": 0, "path": name} for name in folders]
    return sorted(rows, key=lambda row: str(row["path"]))


def _handler(hub: LocalHub) -> type[BaseHTTPRequestHandler]:  # noqa: C901 (six short methods)
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            hub.requests.append(f"{self.command} {url.path}")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                self._route(url.path, parse_qs(url.query), parse_qs(body.decode()))
            except HubError as error:
                headers = {"X-Error-Code": error.code, "X-Error-Message": error.text}
                self._json(error.status, {"error": error.text}, headers)

        do_HEAD = do_POST = do_GET  # noqa: N815 (the base class looks for these names)

        def _route(self, path: str, query: dict[str, list[str]], form: dict[str, Any]) -> None:
            if found := _RESOLVE.fullmatch(path):
                self._resolve(found[1], unquote(found[2]), unquote(found[3]))
            elif found := _API.fullmatch(path):
                repository, commit = hub.find(found[1], unquote(found[3] or "main"))
                files = repository.files[commit]
                if found[2] == "tree":
                    recursive = query.get("recursive", [""])[0].lower() in ("1", "true")
                    answer: Any = _tree(files, unquote(found[4] or ""), recursive=recursive)
                elif found[2] == "paths-info":
                    answer = [_entry(p, files[p]) for p in form.get("paths", ()) if p in files]
                else:
                    siblings = [{"rfilename": name} for name in files]
                    gated = "manual" if repository.gated else False
                    answer = {"id": found[1], "sha": commit, "siblings": siblings}
                    answer |= {"private": False, "gated": gated, "tags": [], "downloads": 0}
                self._json(200, answer)
            else:
                raise HubError(404, f"no such route: {path}", "EntryNotFound")

        def _resolve(self, name: str, revision: str, path: str) -> None:
            repository, commit = hub.find(name, revision)
            if repository.gated:
                raise HubError(401, f"Access to dataset {name} is restricted.", "GatedRepo")
            file = repository.files[commit].get(path)
            # The commit is needed even with a 404: the client remembers that there is no file.
            headers = {"X-Repo-Commit": commit}
            if file is None:
                headers |= {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"}
                self._json(404, {"error": "Entry not found"}, headers)
                return
            data = file.read_bytes()
            headers |= {"ETag": f'"{sha256(file)}"', "Accept-Ranges": "bytes"}
            status, part = 200, data
            if found := _RANGE.fullmatch(self.headers.get("Range") or ""):
                first, last = int(found[1]), int(found[2] or len(data) - 1)
                status, part = 206, data[first : last + 1]
                headers["Content-Range"] = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
            self._send(status, part, headers | {"Content-Type": "application/octet-stream"})

        def _json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
            more = {"Content-Type": "application/json", **(headers or {})}
            self._send(status, json.dumps(value).encode(), more)

        def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

    return Handler
