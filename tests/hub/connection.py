"""One connection: reads requests, lets faults happen, sends answers, keeps the log."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from .accounts import Identity
from .blobs import PIECE
from .errors import HubError
from .log import Record
from .messages import Answer, Body, ConnectionCutError, Request
from .ranges import UnsatisfiableError, wanted_part
from .routes import answer

if TYPE_CHECKING:
    from pathlib import Path

    from .faults import Fault
    from .server import LocalHub


class Connection(BaseHTTPRequestHandler):
    """What a client has open to us."""

    protocol_version = "HTTP/1.1"
    # Headers and body are two writes; the client must not wait for the second.
    disable_nagle_algorithm = True
    hub: LocalHub

    def log_message(self, *_: Any) -> None:
        """Say nothing; there is a log."""

    def handle_one_request(self) -> None:
        """One request, in the log from its first line on."""
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError):
            # The other side is gone, or `stop` closed our streams.
            self.close_connection = True
        finally:
            self.hub.log.end(None)

    def do_GET(self) -> None:
        """Any method: handle it, and log what went over the wire."""
        self.hub.log.begin()
        url = urlsplit(self.path)
        path = unquote(url.path)
        fault = self.hub.faults.of(self.command, path)
        self._body = Body(self.rfile, self.headers, fault.drop_request_after)
        self._status: int | None = None
        self._sent, self._who = 0, Identity()
        try:
            self._serve(url.path, url.query, fault)
        except ConnectionError:
            if fault.then is not None:
                fault.then()
            self._cut(fault)
        finally:
            asked = (self.command, path, url.query, self._status, self._who.user)
            moved = (self._body.received, self._sent, self.headers.get("Range"))
            self.hub.log.end(Record(*asked, *moved))

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 (names of the base class)

    def _serve(self, path: str, query: str, fault: Fault) -> None:
        if fault.before is not None:
            fault.before()
        if fault.drop_request_after is not None:
            self._body.drain()
            raise ConnectionCutError("the body was shorter than the fault wants")
        try:
            given = self._answer(path, query, fault)
        except HubError as error:
            given = _refusal(error)
        self._body.drain()
        if fault.lose_answer:
            raise ConnectionCutError("cut by a fault")
        self._send(given, fault.drop_response_after)

    def _answer(self, path: str, query: str, fault: Fault) -> Answer:
        self._who = self.hub.state.accounts.identify(self.headers.get("Authorization"))
        if fault.status is not None:
            raise HubError(fault.status, fault.message, headers=fault.headers())
        parsed = parse_qs(query, keep_blank_values=True)
        host = f"http://{self.headers.get('Host', 'localhost')}"
        request = Request(self.command, path, parsed, self.headers, self._body, self._who, host)
        try:
            return answer(self.hub, request)
        except (HubError, ConnectionError):
            raise
        except Exception as error:  # whatever it is, it is a fault of this stand-in
            # A fault of this stand-in must fail the test, and not look like one of the Hub's.
            self.hub.crashes.append(error)
            raise HubError(500, f"the local Hub is broken: {error!r}") from error

    # Sending.

    def _send(self, given: Answer, cut: int | None) -> None:
        headers = {"X-Request-Id": f"local-{id(given):x}", **given.headers}
        if given.file is not None:
            self._send_file(given.file, given.status, headers, cut)
            return
        data = given.data
        if data is None:
            data = json.dumps(given.value).encode()
            headers.setdefault("Content-Type", given.content_type)
        self._start(given.status, headers, len(data))
        if self.command != "HEAD":
            part = data if cut is None else data[:cut]
            self.wfile.write(part)
            self._sent += len(part)
            if cut is not None:
                raise ConnectionCutError("cut by a fault")

    def _send_file(self, file: Path, status: int, headers: dict[str, str], cut: int | None) -> None:
        size = file.stat().st_size
        headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"} | headers
        try:
            part = wanted_part(self.headers.get("Range"), size)
        except UnsatisfiableError:
            self._start(416, headers | {"Content-Range": f"bytes */{size}"}, 0)
            return
        first, end = part or (0, size)
        if part:
            status, headers["Content-Range"] = 206, f"bytes {first}-{end - 1}/{size}"
        self._start(status, headers, end - first)
        if self.command != "HEAD":
            self._stream(file, first, end if cut is None else min(end, first + cut))
            if cut is not None:
                raise ConnectionCutError("cut by a fault")

    def _stream(self, path: Path, first: int, end: int) -> None:
        with path.open("rb") as file:
            file.seek(first)
            while first < end:
                piece = file.read(min(PIECE, end - first))
                self.wfile.write(piece)
                self._sent += len(piece)
                first += len(piece)

    def _start(self, status: int, headers: dict[str, str], length: int) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(length)}).items():
            self.send_header(name, value.replace("\n", " "))
        self.end_headers()
        self._status = status

    def _cut(self, fault: Fault) -> None:
        """Close in the middle."""
        self.close_connection = True
        with contextlib.suppress(OSError):  # it is closed already
            if fault.reset:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                # At once, whoever else has it open: an orderly end must not come first.
                os.close(self.connection.detach())
            else:
                self.connection.shutdown(socket.SHUT_RDWR)


def _refusal(error: HubError) -> Answer:
    headers = {"X-Error-Message": error.message, **error.headers}
    if error.code:
        headers["X-Error-Code"] = error.code
    return Answer({"error": error.message, **error.more}, error.status, headers)
