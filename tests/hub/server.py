"""The Hub as a test sees it."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .connection import Connection
from .discussions import merge_into_main
from .faults import Armed, Fault, Faults
from .log import Log
from .state import State
from .upload_rules import GITATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .repositories import Repository


class _Server(ThreadingHTTPServer):
    """Threads, and the connections that are open, so that they can be cut."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, handler: type[Connection]) -> None:
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        """Cut every connection."""
        for connection in [*self.open]:
            with contextlib.suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)


class LocalHub:
    """A Hub on a free port of loopback; a context manager that stops it.

    Args:
        root: Where it keeps everything; a folder of a former one goes on with its content. None:
            a folder that goes away with it.
        redirect_lfs: Answer `resolve` as the real one does: large files lie elsewhere (302 to
            another host name), small ones behind a relative 307.
    """

    def __init__(self, root: Path | None = None, *, redirect_lfs: bool = False) -> None:
        self._temporary = None if root else tempfile.TemporaryDirectory(prefix="local-hub-")
        self.state = State(Path(self._temporary.name) if self._temporary else Path(root or "."))
        self.redirect_lfs = redirect_lfs
        self.tree_page = 1000
        """Rows of a tree in one answer."""
        self.log = Log()
        self.faults = Faults()
        self.crashes: list[Exception] = []
        """Faults of this stand-in; leaving the context raises the first one."""
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        """HF_ENDPOINT; the same after a stop and a start."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> LocalHub:  # noqa: PYI034 (typing.Self is younger than Python 3.10)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._temporary:
            self._temporary.cleanup()
        if self.crashes:
            raise AssertionError("the local Hub itself is broken") from self.crashes[0]

    def start(self) -> None:
        """Listen, on the port of the first time."""
        if self._server is not None:
            return
        handler = type("BoundConnection", (Connection,), {"hub": self})
        self._server = _Server(self._port, handler)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """Cut all connections and listen no more. What was answered is kept."""
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self._server = None
        server.shutdown()
        thread.join()
        server.server_close()
        server.cut()
        self.log.settle()

    # Who there is.

    def token(self, user: str, role: str = "write") -> str:
        """A token of a user; with the role `read` it may not write."""
        with self.state.lock:
            token = self.state.accounts.issue(user, role)
            self.state.save_accounts()
        return token

    def revoke(self, token: str) -> None:
        """The token is known no more."""
        with self.state.lock:
            del self.state.accounts.tokens[token]
            self.state.save_accounts()

    def organisation(self, name: str, members: Iterable[str] | Mapping[str, str] = ()) -> None:
        """An organisation; its members write, unless a mapping says admin, write or read."""
        roles = dict(members) if isinstance(members, Mapping) else dict.fromkeys(members, "write")
        with self.state.lock:
            self.state.accounts.organisations[name] = roles
            self.state.save_accounts()

    def quota(self, owner: str, size: int | None) -> None:
        """How many bytes all repositories of an owner may hold; None: any."""
        with self.state.lock:
            self.state.accounts.quotas.pop(owner, None)
            if size is not None:
                self.state.accounts.quotas[owner] = size
            self.state.save_accounts()

    # What goes wrong.

    def fail(self, fault: Fault) -> Armed:
        """Arm a fault; `happened` of the answer tells how often it did."""
        return self.faults.arm(fault)

    # What is in it: as somebody with all rights, past the network.

    def add(
        self,
        name: str,
        folder: Path,
        *,
        tag: str = "main",
        gated: bool = False,
        private: bool = False,
        repo_type: str = "dataset",
    ) -> str:
        """Make a folder the whole content of a repository, on main or under a tag.

        The repository is made when it is not there. The first content is main's too.

        Returns:
            The commit.
        """
        files = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        with self.state.lock:
            repository, fresh = self._made(name, repo_type)
            repository.private, repository.gated = private, "manual" if gated else False
            sources = {".gitattributes": GITATTRIBUTES} | files
            rules = GITATTRIBUTES.decode()
            tree = {path: self.state.keep(path, one, rules) for path, one in sources.items()}
            user = repository.owner
            head = repository.resolve("main")
            commit = self.state.commit(repository, head, tree, user=user, title=f"Add {tag}")
            if fresh or tag == "main":
                repository.branches["main"] = commit.sha
            if tag != "main":
                repository.tags[tag] = commit.sha
            self.state.save(repository)
        return commit.sha

    def commit(
        self,
        name: str,
        user: str,
        files: Mapping[str, bytes | None],
        *,
        revision: str = "main",
        title: str = "Somebody else's commit",
        repo_type: str = "dataset",
    ) -> str:
        """Commit as a user: contents by path, None to delete. Returns the commit."""
        with self.state.lock:
            repository, _ = self._made(name, repo_type)
            tree = dict(repository.resolve(revision).tree)
            rules = self.state.rules(tree)
            for path, data in files.items():
                if data is None:
                    del tree[path]
                else:
                    tree[path] = self.state.keep(path, data, rules)
            return self.state.advance(repository, revision, tree, user, title).sha

    def merge(self, name: str, number: int, user: str, *, repo_type: str = "dataset") -> str:
        """Merge a pull request as a user; returns the commit on main."""
        with self.state.lock:
            repository = self.repository(name, repo_type)
            return merge_into_main(self.state, repository, number, user).sha

    def read(
        self, name: str, path: str, revision: str = "main", *, repo_type: str = "dataset"
    ) -> bytes:
        """A file's content."""
        commit = self.repository(name, repo_type).resolve(revision)
        return self.state.read(commit.tree[path])

    def files(
        self, name: str, revision: str = "main", *, repo_type: str = "dataset"
    ) -> dict[str, str]:
        """Every file of a revision with the sha256 of its content."""
        commit = self.repository(name, repo_type).resolve(revision)
        return {path: entry.sha256 for path, entry in sorted(commit.tree.items())}

    def head(self, name: str, revision: str = "main", *, repo_type: str = "dataset") -> str:
        """The commit of a revision."""
        return self.repository(name, repo_type).resolve(revision).sha

    def repository(self, name: str, repo_type: str = "dataset") -> Repository:
        """A repository with all its settings, names, commits and discussions.

        Raises:
            KeyError: There is none.
        """
        return self.state.repositories[repo_type, name]

    def _made(self, name: str, kind: str) -> tuple[Repository, bool]:
        there = self.state.repositories.get((kind, name))
        if there is not None:
            return there, False
        return self.state.create(kind, name, name.split("/", maxsplit=1)[0], private=False), True
