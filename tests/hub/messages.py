"""A request as the routes see it, and an answer as they give it."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from .blobs import PIECE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from io import BufferedIOBase
    from pathlib import Path

    from .accounts import Identity


class ConnectionCutError(ConnectionError):
    """A body ended before its length, or a fault cut it."""


class Body:
    """A request's body, read in pieces, once. Counts what came."""

    def __init__(self, stream: BufferedIOBase, headers: Message, cut: int | None) -> None:
        self.received = 0
        self.length = int(headers.get("Content-Length") or 0)
        self.chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
        self._stream, self._cut = stream, cut
        self._pieces = self._read_chunks() if self.chunked else self._read(self.length)

    def pieces(self) -> Iterator[bytes]:
        """What is left of it.

        Raises:
            ConnectionCutError: The client went away, or a fault wants that.
        """
        return self._pieces

    def read(self) -> bytes:
        """All of it; for small ones."""
        return b"".join(self._pieces)

    def json(self) -> Any:
        """As JSON; an empty body is an empty object."""
        return json.loads(self.read() or b"{}")

    def lines(self) -> Iterator[bytes]:
        """Line by line, from disk when it is large."""
        with tempfile.SpooledTemporaryFile(PIECE) as file:
            for piece in self._pieces:
                file.write(piece)
            file.seek(0)
            yield from file

    def drain(self) -> None:
        """Read what nobody wanted, so that the connection can be used again."""
        for _ in self._pieces:
            pass

    def _read(self, count: int) -> Iterator[bytes]:
        while count:
            wanted = min(count, PIECE)
            if self._cut is not None:
                wanted = min(wanted, self._cut - self.received)
                if wanted <= 0:
                    raise ConnectionCutError("cut by a fault")
            piece = self._stream.read(wanted)
            if not piece:
                raise ConnectionCutError("the client went away")
            self.received += len(piece)
            count -= len(piece)
            yield piece

    def _read_chunks(self) -> Iterator[bytes]:
        while True:
            line = self._stream.readline()
            if not line:
                raise ConnectionCutError("the client went away")
            try:
                size = int(line.split(b";")[0], 16)
            except ValueError as error:
                raise ConnectionCutError("not in chunks") from error
            yield from self._read(size)
            self._stream.readline()
            if not size:
                return


@dataclass(frozen=True)
class Place:
    """What an address names, unquoted; what it does not name is as here."""

    kind: str = "model"
    """dataset, model or space."""
    name: str = ""
    """`owner/name`."""
    revision: str = "main"
    """Branch, tag, pull request or commit."""
    path: str = ""
    """In the repository."""
    sha256: str = ""
    """Of a large file."""
    number: int = 0
    """Of a discussion."""


@dataclass(frozen=True)
class Request:
    """What a route needs to know."""

    method: str
    """HTTP method."""
    path: str
    """As it came: quoted, without the query."""
    query: dict[str, list[str]]
    """Parsed."""
    headers: Message
    """Of the request."""
    body: Body
    """Not yet read."""
    who: Identity
    """Who asks."""
    host: str
    """`http://127.0.0.1:port`, as the client calls us."""

    def flag(self, name: str) -> bool:
        """Whether a query parameter is set to something true."""
        return self.query.get(name, [""])[-1].lower() in ("1", "true")

    def one(self, name: str, default: str = "") -> str:
        """A query parameter."""
        return self.query.get(name, [default])[-1]

    def form(self) -> dict[str, list[str]]:
        """The body, a form or JSON, as lists of strings."""
        data = self.body.read()
        if "json" not in self.headers.get("Content-Type", ""):
            return parse_qs(data.decode())
        values = json.loads(data or b"{}")
        return {k: v if isinstance(v, list) else [v] for k, v in values.items()}


@dataclass(frozen=True)
class Answer:
    """What a route answers."""

    value: Any = None
    """Sent as JSON, unless `file` or `data` is given."""
    status: int = 200
    """HTTP status."""
    headers: dict[str, str] = field(default_factory=dict)
    """Further headers."""
    file: Path | None = None
    """A file to send, or the part of it that the client asks for."""
    data: bytes | None = None
    """Bytes to send as they are."""
    content_type: str = "application/json; charset=utf-8"
    """Of JSON."""
