"""One rank as a process: its output is read as it comes, and it cannot outlive its starter.

Deliberate: the rank dies with its starter through PR_SET_PDEATHSIG, which the kernel keeps even
when the starter is killed by SIGKILL. It is set by a small program that then becomes the command
(the setting survives exec), because Python code between fork and exec may deadlock where the
starter has threads, and torch brings some. A rank has a session of its own, so that the terminal's
Ctrl-C comes to the starter alone, which hands it on once.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import re
import signal
import subprocess
import sys
import termios
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TAIL_LINES = 12
"""How much of a rank's last output an error repeats."""

_TAIL_CHARACTERS = 16_384
_BLOCK = 65_536
_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

_BECOME = """
import ctypes, os, signal, sys
prctl = getattr(ctypes.CDLL(None), "prctl", None)
if prctl is not None:
    prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""
"""Die with the parent (1 is PR_SET_PDEATHSIG), unless it is dead already; become the command."""


class RankProcess:
    """A started rank.

    Args:
        rank: its number over all machines.
        command: program and arguments.
        environment: the whole of it.
        terminal: file descriptor of the terminal that its output goes to, so that it draws its
            progress bars; None gives it a pipe.
        log: file that gets all of its output; None keeps the end of it only.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self,
        rank: int,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        terminal: int | None = None,
        log: Path | None = None,
    ) -> None:
        self.rank = rank
        self.log = log
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._end = ""
        self._log: IO[bytes] | None = None
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            self._log = log.open("wb", buffering=0)
        self.output, theirs = os.pipe() if terminal is None else os.openpty()
        os.set_blocking(self.output, False)
        self.match_size()
        # -I -S: the small program needs nothing that is installed. PLW1509 and S603: no shell.
        become = [sys.executable, "-I", "-S", "-c", _BECOME, str(os.getpid()), *command]
        try:
            self._process = subprocess.Popen(  # noqa: S603 (our own list, no shell)
                become,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
            )
        except BaseException:  # an interrupt too must leave no open end; raised again
            self.close()
            raise
        finally:
            os.close(theirs)

    @property
    def pid(self) -> int:
        """Process id, which is its process group's as well."""
        return self._process.pid

    def status(self) -> int | None:
        """None while it runs; then its exit status, or minus the signal that ended it."""
        status = self._process.poll()
        if status:
            # What a dead rank has started would be left behind.
            self._signal_group(signal.SIGKILL)
        return status

    def read(self) -> str | None:
        """The output that has come since the last call; None when there is no more to come."""
        try:
            block = os.read(self.output, _BLOCK)
        except BlockingIOError:
            return ""
        except OSError:  # a terminal whose other side is closed
            block = b""
        text = self._decoder.decode(block, final=not block)
        self._end = (self._end + text)[-_TAIL_CHARACTERS:]
        if self._log is not None:
            try:
                self._log.write(block)
            except OSError:  # a full disk must not end the run: the answers matter more
                self._log.close()
                self._log = None
        return text if block or text else None

    def tail(self) -> str:
        """The last lines of its output, without colours."""
        lines = _TERMINAL_CODES.sub("", self._end).splitlines()
        return "\n".join([line for line in lines if line.strip()][-TAIL_LINES:])

    def send(self, number: int) -> None:
        """Send a signal to the rank itself; what it has started is its own affair."""
        if self._process.poll() is None:
            self._process.send_signal(number)

    def match_size(self) -> None:
        """Give its terminal, if it has one, the size of ours."""
        if self._terminal is not None:
            with contextlib.suppress(OSError):
                size = fcntl.ioctl(self._terminal, termios.TIOCGWINSZ, bytes(8))
                fcntl.ioctl(self.output, termios.TIOCSWINSZ, size)

    def kill(self) -> None:
        """End it and what it has started, at once."""
        if self._process.poll() is None:
            self._signal_group(signal.SIGKILL)
            self._process.wait()

    def close(self) -> None:
        """Give the files back."""
        os.close(self.output)
        if self._log is not None:
            self._log.close()

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def told(status: int) -> str:
    """How a rank ended, in words: ``ended with status 3``, ``was killed by SIGKILL``."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"was killed by {name}"
