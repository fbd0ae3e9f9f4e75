"""Starts the ranks of one machine and watches them until all have ended.

torchrun and accelerate end every rank as soon as one is lost. Here the others finish: each answer
is on disk, so a rerun asks only what the lost rank left. A rank that makes no more progress after
that is stopped, see :mod:`sightline.launching.patience`; the model itself raises much
earlier, when it has asked its share and a peer is gone.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.launching.meeting import meeting_place, rank_variables
from sightline.launching.patience import Patience, Progress, overdue
from sightline.launching.rank_process import RankProcess, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sightline.launching.meeting import Address

TICK = 0.2
"""Seconds between two looks at the ranks while they are silent."""

PASSED_ON = "sightline: "
"""Lines of the other ranks that start with it are shown too; the rest of them goes to the log."""

LONGEST_LINE = 4096
"""Characters kept of a line of theirs that has no end yet: a progress bar has none."""

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Ended:
    """How the ranks of this machine ended."""

    statuses: Mapping[int, int]
    """Rank, counted over all machines -> exit status, or minus the signal that ended it; in the
    order in which they ended."""
    tails: Mapping[int, str]
    """Rank -> the last lines of its output."""
    stopped: Mapping[int, str]
    """Rank -> why we stopped it; those that ended by themselves are not in it."""
    signal: int | None
    """The signal that asked us to end, SIGPIPE when stderr was closed; None when none came."""

    @property
    def died(self) -> list[int]:
        """The ranks that ended by themselves, and not with status 0; the first first."""
        return [
            rank for rank, status in self.statuses.items() if status and rank not in self.stopped
        ]


def launch(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    ranks: int,
    nodes: int = 1,
    node_rank: int = 0,
    main_address: Address | None = None,
    answers: Path | None = None,
    logs: Path | None = None,
    patience: Patience | None = None,
) -> Ended:
    """Run a command once per rank, until all of them have ended.

    The output of this machine's first rank goes to stderr as it comes, with a terminal of its own
    when stderr is one; of the others, the lines that start with PASSED_ON. On Ctrl-C, SIGTERM and
    SIGHUP, each handed on once, the ranks may end cleanly; a second one ends them at once. No rank
    outlives this call or this process.

    Args:
        command: program and arguments, the same for all ranks.
        environment: the whole of it; the variables that torch.distributed reads are added when
            there is more than one rank on all machines together.
        ranks: processes on this machine, at least 1.
        nodes: machines, at least 1.
        node_rank: which of them this one is, from 0.
        main_address: host and port of node 0, where the ranks find each other; None takes a free
            port of this machine, for one node.
        answers: folder in which the ranks write their answers: what shows that they make progress.
        logs: folder for the whole output of the ranks that are not shown; None keeps its end.
        patience: how long to wait for ranks that make no progress.

    Raises:
        OSError: a rank cannot be started.
    """
    started: list[RankProcess] = []
    with _stop_signals() as asked, meeting_place(main_address) as address:
        try:
            for local in range(ranks):
                rank = node_rank * ranks + local
                own = rank_variables(local, ranks, nodes, node_rank, address)
                terminal = sys.stderr.fileno() if local == 0 and _on_terminal() else None
                log = logs / f"rank-{rank}.log" if logs is not None and local else None
                whole = {**environment, **own}
                started.append(RankProcess(rank, command, whole, terminal=terminal, log=log))
            return _Watch(started, answers, patience or Patience(), asked).until_ended()
        finally:
            for process in started:
                process.kill()
                process.close()


class _Watch:
    """The ranks of this machine from their start to their end."""

    def __init__(
        self,
        ranks: Sequence[RankProcess],
        answers: Path | None,
        patience: Patience,
        asked: list[int],
    ) -> None:
        self._ranks = {process.rank: process for process in ranks}
        self._first = ranks[0]
        self._patience = patience
        self._asked = asked
        self._obeyed = 0
        self._deadline: float | None = None
        self._progress = Progress(answers)
        self._ends: dict[int, tuple[int, float]] = {}
        self._stopped: dict[int, str] = {}
        self._screen = _Screen(asked)
        self._unfinished = dict.fromkeys(self._ranks, "")
        self._selector = selectors.DefaultSelector()
        for process in ranks:
            self._selector.register(process.output, selectors.EVENT_READ, process)

    def until_ended(self) -> Ended:
        with self._selector:
            next_look = 0.0
            while running := [self._ranks[r] for r in self._ranks if r not in self._ends]:
                for key, _ in self._selector.select(TICK):
                    self._pass_on(key.data)
                now = time.monotonic()
                for process in running:
                    self._note_end(process, now)
                self._obey(now)
                if now >= next_look:
                    next_look = now + 1.0
                    self._first.match_size()
                    self._screen.say_waiting()
                    self._progress.look(now)
                    self._stop_the_lost(now)
        self._screen.say_waiting()
        statuses = {rank: status for rank, (status, _) in self._ends.items()}
        tails = {rank: process.tail() for rank, process in self._ranks.items()}
        return Ended(statuses, tails, self._stopped, self._asked[0] if self._asked else None)

    def _pass_on(self, process: RankProcess) -> bool:
        """Show what a rank has said; whether there may be more."""
        text = process.read()
        if text is None:
            with contextlib.suppress(KeyError):
                self._selector.unregister(process.output)
            return False
        if process is self._first:
            self._screen.show(text)
            return bool(text)
        *lines, rest = (self._unfinished[process.rank] + text).split("\n")
        self._unfinished[process.rank] = rest[-LONGEST_LINE:]
        for line in lines:
            if line.startswith(PASSED_ON):
                self._screen.say_once(f"[rank {process.rank}] ", line.rstrip())
        return bool(text)

    def _note_end(self, process: RankProcess, now: float) -> None:
        status = process.status()
        if status is None:
            return
        while self._pass_on(process):
            pass
        self._ends[process.rank] = (status, now)
        others = len(self._ranks) - len(self._ends)
        if status and others and not self._asked and process.rank not in self._stopped:
            tail = "" if process is self._first else process.tail()
            self._screen.say(
                f"sightline: rank {process.rank} {told(status)}; {others} other(s) go on with "
                f"their share, then the run ends{'; its last lines:' if tail else ''}"
            )
            if tail:
                self._screen.say(tail)

    def _obey(self, now: float) -> None:
        """Hand a first signal on; end everything on a second, or when the time is over."""
        if len(self._asked) > self._obeyed:
            number, self._obeyed = self._asked[-1], len(self._asked)
            if self._deadline is not None:
                self._kill("a second signal came")
                return
            self._deadline = now + self._patience.clean_end
            name = signal.Signals(number).name
            self._screen.say(f"sightline: {name}: ending after what is in flight; again: at once")
            for process in self._ranks.values():
                process.send(number if number == signal.SIGINT else signal.SIGTERM)
        elif self._deadline is not None and now > self._deadline:
            self._kill(f"it did not end within {self._patience.clean_end:.0f} s of the signal")

    def _stop_the_lost(self, now: float) -> None:
        reason = overdue(now, self._ends, self._progress, self._patience)
        if reason is not None and self._deadline is None:
            self._kill(reason)

    def _kill(self, reason: str) -> None:
        for rank, process in self._ranks.items():
            if rank not in self._ends and rank not in self._stopped:
                self._stopped[rank] = reason
                self._screen.say(f"sightline: rank {rank} is stopped: {reason}")
                process.kill()


class _Screen:
    """Stderr, shared by the first rank and by what we say between its lines.

    Args:
        asked: gets a SIGPIPE when stderr has been closed: nobody watches the run any more.
    """

    def __init__(self, asked: list[int]) -> None:
        self._asked = asked
        self._open = True
        self._at_start = True
        self._said: set[str] = set()
        self._waiting: list[str] = []

    def show(self, text: str) -> None:
        if not (text and self._open):
            return
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            self._open = False
            self._asked.append(signal.SIGPIPE)
        self._at_start = text.endswith("\n")
        if self._at_start and self._waiting:
            self.say_waiting()

    def say(self, line: str) -> None:
        self.show(f"{'' if self._at_start else os.linesep}{line}\n")

    def say_once(self, mark: str, line: str) -> None:
        """Ranks that meet the same end tell the same; once is enough.

        It waits until the first rank has ended its line, or until it is said in any case.
        """
        if line not in self._said:
            self._said.add(line)
            self._waiting.append(mark + line)
            if self._at_start:
                self.say_waiting()

    def say_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            self.say(line)


def _on_terminal() -> bool:
    try:
        return os.isatty(sys.stderr.fileno())
    except (OSError, ValueError):  # stderr is not a file: a test, a notebook
        return False


@contextlib.contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Collect the signals that ask us to end, in the order in which they come."""
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {number: signal.getsignal(number) for number in _STOP_SIGNALS}
    # What is ignored (nohup, a background job) stays ignored.
    ours = [number for number, handler in before.items() if handler != signal.SIG_IGN]
    try:
        for number in ours:
            signal.signal(number, lambda got, _: asked.append(got))
        yield asked
    finally:
        for number in ours:
            signal.signal(number, before[number])
