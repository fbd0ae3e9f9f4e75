"""Clients for tests: the real ones in processes of their own, and a plain HTTP one."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def environment(url: str, home: Path, token: str | None = None, **more: str) -> dict[str, str]:
    """The environment of a client: this Hub, caches of its own, no setting of the caller's.

    Args:
        url: The Hub.
        home: Becomes HF_HOME: downloads and tokens of no other test are seen.
        token: Becomes HF_TOKEN; without it the client is anonymous.
        more: Further variables; they win.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    mine = {
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    }
    return kept | mine | ({"HF_TOKEN": token} if token else {}) | more


def run_client(
    url: str, home: Path, code: str, *arguments: str, token: str | None = None, **more: str
) -> Any:
    """Run Python code in a process of its own; returns what it prints last, read as JSON.

    Raises:
        AssertionError: It failed; with what it wrote to stderr.
    """
    command = [sys.executable, "-c", code, *arguments]
    variables = environment(url, home, token, **more)
    done = subprocess.run(
        command, env=variables, capture_output=True, text=True, check=False, timeout=1800
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


@dataclass(frozen=True)
class Reply:
    """An answer, without any interpretation."""

    status: int
    """HTTP status."""
    headers: http.client.HTTPMessage
    """As they came."""
    body: bytes
    """As it came."""

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def ask(
    url: str,
    method: str,
    path: str,
    body: bytes | Iterable[bytes] | dict[str, Any] | None = None,
    *,
    token: str | None = None,
    **headers: str,
) -> Reply:
    """One request, in this process, following nothing and repeating nothing.

    Args:
        url: The Hub.
        method: HTTP method.
        path: With the query; or a whole address, of which the host is not used.
        body: A dictionary is sent as JSON, an iterable in chunks.
        token: Sent as Authorization.
        headers: With `_` for `-`.
    """
    parts = urlsplit(url)
    target = path if path.startswith("/") else path.split("/", 3)[3].join(("/", ""))
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.request(method, target, data, sent)
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
