"""Somebody who types `sightline publish`: every command a process of its own, against a local Hub.

What a Hub holds is looked at past the network, so a test can say that nothing at all was changed.
"""

from __future__ import annotations

import contextlib
import runpy
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_HERE = Path(__file__).parent
hub = runpy.run_path(str(_HERE.parents[1] / "hub/load.py"))["hub"]
small = SimpleNamespace(**runpy.run_path(str(_HERE / "small_datasets.py")))

LONG = 600
"""Seconds after which a test gives up; machines may be slow."""
PUBLISH = ("-m", "sightline.cli", "publish")


@dataclass
class Somebody:
    """A user with a token, a home and a Hub."""

    running: Any
    """The Hub."""
    home: Path
    """Of the user: caches."""
    name: str = "alice"
    """A member of `org`."""
    tokens: set[str] = field(default_factory=set)
    """Every one that was used: none may be shown."""

    def start(self, *command: str, token: str | None = None) -> subprocess.Popen[str]:
        """Start Python with these arguments.

        Args:
            command: what stands behind `python`.
            token: another one than the user's own; "" is none.
        """
        token = self.running.token(self.name) if token is None else token
        self.tokens |= {token} - {""}
        return subprocess.Popen(
            [sys.executable, *command],
            env=hub.environment(self.running.url, self.home, token),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self, process: subprocess.Popen[str]) -> SimpleNamespace:
        """How a process ended: status, out, err."""
        out, err = process.communicate(timeout=LONG)
        assert not [token for token in self.tokens if token in out + err]
        assert "Traceback" not in err, err
        return SimpleNamespace(status=process.returncode, out=out, err=err)

    def run(self, *command: str, token: str | None = None) -> SimpleNamespace:
        """Start Python, and wait for it."""
        return self.ended(self.start(*command, token=token))

    def publish(self, folder: Path, *more: str, token: str | None = None) -> SimpleNamespace:
        """`sightline publish FOLDER ...`."""
        return self.run(*PUBLISH, str(folder), *more, token=token)

    def done(self, folder: Path, *more: str) -> str:
        """`sightline publish FOLDER ...`, which must go well; what it says."""
        ended = self.publish(folder, *more)
        assert ended.status == 0, ended.out + ended.err
        return str(ended.out)


def holding(running: Any) -> dict[str, Any]:
    """All that a Hub holds: per dataset what one can see of it."""
    return {
        name: (
            one.private,
            dict(one.branches),
            dict(one.tags),
            sorted(one.commits),
            len(one.discussions),
            {branch: running.files(name, branch) for branch in one.branches},
        )
        for (_, name), one in running.state.repositories.items()
    }


def asked_to_write(running: Any) -> list[str]:
    """What a Hub was asked for but to be read."""
    return [one.path for one in running.log.records() if one.method not in ("GET", "HEAD")]


def large_files_sent(running: Any, *, settled: bool = True) -> list[str]:
    """Paths of the large files that arrived whole, in their order."""
    records = running.log.records("/_lfs/", "PUT", settled=settled)
    return [one.path for one in records if one.status == 200]


def wait_for_large_files(running: Any, count: int) -> None:
    """Until so many large files arrived whole, while others are held."""
    for _ in range(20 * LONG):
        if len(large_files_sent(running, settled=False)) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"{large_files_sent(running)} came, not {count}")


def restart(running: Any) -> None:
    """Start it again, once the thread that stops it is done."""
    for _ in range(20 * LONG):
        with contextlib.suppress(OSError):
            running.start()
            return
        time.sleep(0.05)


class Gate:
    """Holds a request until it is opened.

    Args:
        running: the Hub.
        fault: what else happens with the request, and which one it is; ``path`` at least.
    """

    def __init__(self, running: Any, **fault: Any) -> None:
        self._here, self._open = threading.Event(), threading.Event()
        running.fail(hub.Fault(before=self._hold, **fault))

    def _hold(self) -> None:
        self._here.set()
        self._open.wait(LONG)

    def wait(self) -> None:
        """Until the request is there."""
        assert self._here.wait(LONG), "it never came"

    def open(self) -> None:
        """Let it pass."""
        self._open.set()
