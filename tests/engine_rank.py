"""Ranks of a run without a model, as real processes that can be killed.

``Nursery`` starts one process that imports torch once and forks the ranks of each run from there;
each rank does what a run does: connects, opens the answers of a folder, asks, writes its replies.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

IDENTITY = {"model": "echo", "revision": "1"}
LONG = 300
"""Seconds after which nothing is waited for any more; machines may be slow."""


def job(number: int, **changes: Any):
    """One of the jobs that these runs ask."""
    from sightline.engine.jobs import Asked, Job

    told = {
        "question_id": f"q{number:04d}",
        "group": f"video{number // 7}",
        "position": float(number % 7),
        "message_hash": f"hash{number}",
        "protocol": "echo-1",
        "frames": 1 + number % 5,
        "pixels": 0,
        "characters": 20,
    }
    asked = Asked(**{**told, **{name: changes.pop(name) for name in told if name in changes}})
    whole = {"task": "echo", "split": "test", "doc_id": number, "repeat": 0, "order": ""}
    return Job(**{**whole, "generation": {"max_new_tokens": 8}, **changes}, asked=asked)


def jobs_of(rank: int, ranks: int, count: int) -> list:
    """As lmms-eval deals out documents: in turn."""
    return [job(number) for number in range(rank, count, ranks)]


def shares(count: int, ranks: int) -> list[set[str]]:
    """Per rank the keys of what it asks in a fresh run."""
    from sightline.engine.plan import make_plan
    from sightline.engine.plan import shares as divided

    plan = make_plan([(IDENTITY, jobs_of(rank, ranks, count)) for rank in range(ranks)])
    division = divided(list(plan.work.values()), [], ranks)
    return [{asked.key(IDENTITY) for asked in share} for share in division]


def reply_to(asked):
    """What the model here says: it depends on the job alone."""
    from sightline.engine.jobs import Reply

    text = f"answer to {asked.place}, é, repeat {asked.repeat} " + "x" * (asked.doc_id % 90)
    return Reply(text, thinking="hm", input_tokens=asked.doc_id, details={"shrunk": [1, 2]})


class Echo:
    """Asks at once; notes each asking in a file before it is answered.

    Args:
        notes: that file.
        seconds: that each answer takes.
        fail_at: the place of a job at which it fails.
        hold: (place of a job, what must be true before it is asked); from the end if negative.
    """

    identity = IDENTITY

    def __init__(
        self,
        notes: Path,
        seconds: float = 0.0,
        fail_at: int | None = None,
        hold: tuple[int, Callable[[], bool]] | None = None,
    ) -> None:
        self._notes = notes
        self._seconds = seconds
        self._fail_at = fail_at
        self._hold = hold

    def ask(self, jobs, done) -> None:
        """One after the other."""
        for number, asked in enumerate(jobs):
            if number == self._fail_at:
                raise RuntimeError("the device is on fire")
            if self._hold and number == self._hold[0] % len(jobs):
                wait_until(self._hold[1])
            note(self._notes, f"{asked.key(IDENTITY)}\n")
            time.sleep(self._seconds)
            done(asked, reply_to(asked))


def note(path: Path, text: str) -> None:
    """Append in one piece."""
    place = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(place, text.encode())
    os.close(place)


def on_disk(folder: Path) -> list[str]:
    """The keys in all whole lines of a folder of answers."""
    keys = []
    for path in folder.glob("answers-*.jsonl"):
        for line in path.read_bytes().split(b"\n")[:-1]:
            with suppress(ValueError):
                keys.append(json.loads(line)["key"])
    return keys


def rank_main(order: dict[str, Any], rank: int) -> None:
    """A whole run of one rank, as far as it gets."""
    from torch import distributed

    from sightline.engine.answers import AnswerLog
    from sightline.engine.peers import Peers
    from sightline.engine.session import answer_all

    folder, ranks = Path(order["folder"]), order["ranks"]
    if ranks > 1:
        store = distributed.FileStore(order["store"], ranks)
        distributed.init_process_group("gloo", store=store, rank=rank, world_size=ranks)
    peers = Peers.connect()
    if order.get("gather"):
        told = [peers.gather("x" * (rank + 1) * order["gather"]) for _ in range(3)]
        sizes = [[len(text) for text in texts] for texts in told]
        note(folder / "replies", json.dumps([rank, sizes]) + "\n")
        return
    if order.get("die_early") == rank:
        os.kill(os.getpid(), signal.SIGKILL)
    if order.get("largest_file"):
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest_file"], most))
    if order.get("torn"):
        tear_writes()
    if order.get("say_after"):
        sys.modules[Peers.__module__].SAY_AFTER = order["say_after"]
    seconds = order.get("seconds", 0.0) * (order.get("slower", 1) if rank else 1)
    fail_at = 3 if order.get("fails") == rank else None
    jobs = jobs_of(rank, ranks, order["jobs"])
    with AnswerLog.open(Path(order.get("answers", folder / "answers"))) as log:
        if order.get("meet"):
            wait_until(lambda: len(list(log.folder.glob("answers-*.jsonl"))) >= order["meet"])
        backend = Echo(folder / "asked", seconds, fail_at, hold_of(order, rank))
        replies = answer_all(jobs, backend, log=log, peers=peers, max_errors=0)
    for asked, reply in zip(jobs, replies, strict=True):
        note(folder / "replies", json.dumps([asked.doc_id, reply.as_dict()]) + "\n")


def hold_of(order: dict[str, Any], rank: int) -> tuple[int, Callable[[], bool]] | None:
    """At which of its jobs a rank waits, and for what; "killed" never comes."""
    hold = order.get("hold")
    if not hold or rank not in hold["ranks"]:
        return None
    path = Path(order["folder"]) / hold.get("file", "killed")
    return hold.get("at", -1), lambda: path.exists() and hold.get("says", "") in path.read_text()


def tear_writes() -> None:
    """Answers are written in two pieces, with time in between to be killed."""
    from sightline.engine.answers import AnswerLog

    whole = AnswerLog._write

    def torn(self: AnswerLog, data: bytes) -> None:
        self._file.write(data[: len(data) // 2])
        time.sleep(0.001)
        whole(self, data[len(data) // 2 :])

    AnswerLog._write = torn


def fork_rank(order: dict[str, Any], rank: int) -> int:
    """The process of one rank; its standard error goes to a file of the folder."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        errors = os.open(Path(order["folder"]) / f"stderr-{rank}", os.O_WRONLY | os.O_CREAT)
        os.dup2(errors, 2)
        rank_main(order, rank)
        code = 0
    except SystemExit as stop:
        code = stop.code
    except BaseException:  # noqa: BLE001 (a child must never come back from here)
        traceback.print_exc()
        code = 1
    if order.get("teardown"):
        sys.exit(code)  # the interpreter's own end, as in a run
    sys.stderr.flush()
    os._exit(code)


def run(order: dict[str, Any]) -> dict[str, Any]:
    """Run all ranks of an order, and do to them what it says; how they ended, and when."""
    folder = Path(order["folder"])
    pids = [fork_rank(order, rank) for rank in range(order["ranks"])]
    blow = order.get("blow")
    if blow:
        wait_until(lambda: len(read_lines(folder / "asked")) >= blow["after"])
        wait_until(lambda: len(on_disk(folder / "answers")) >= blow.get("answered", 0))
        time.sleep(blow.get("delay", 0.0))
        for rank in blow["ranks"]:
            os.kill(pids[rank], blow["signal"])
        if order.get("stop_others"):
            # As a launcher does when it sees that one is gone.
            for rank in {*range(len(pids))} - {*blow["ranks"]}:
                os.kill(pids[rank], signal.SIGTERM)
    struck = time.monotonic()
    ends = {}
    while len(ends) < len(pids):
        pid, status = os.wait()
        ends[pid] = (os.waitstatus_to_exitcode(status), time.monotonic() - struck)
        (folder / f"ended-{pids.index(pid)}").touch()
    return {
        "codes": [ends[pid][0] for pid in pids],
        "seconds": [ends[pid][1] for pid in pids],
    }


def wait_until(true: Callable[[], bool]) -> None:
    """Until it is; where that never comes, the test will tell."""
    end = time.monotonic() + LONG
    while not true() and time.monotonic() < end:
        time.sleep(0.0005)


class Nursery:
    """Runs orders in the process that forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(self, folder: Path, *, ranks: int, jobs: int, **more: Any) -> dict[str, Any]:
        """One run; see :func:`run` and :func:`rank_main` for what an order may say.

        Returns:
            Exit codes and seconds by rank; keys asked; document -> reply of ranks that ended well.
        """
        (folder / "answers").mkdir(parents=True, exist_ok=True)
        for path in [*folder.glob("ended-*"), *map(folder.joinpath, ("asked", "replies", "store"))]:
            path.unlink(missing_ok=True)
        order = {"folder": str(folder), "ranks": ranks, "jobs": jobs, **more}
        order["store"] = str(folder / "store")
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        told["asked"] = read_lines(folder / "asked")
        told["replies"] = dict(map(json.loads, read_lines(folder / "replies")))
        told["errors"] = [(folder / f"stderr-{rank}").read_text() for rank in range(ranks)]
        for rank in range(ranks):
            (folder / f"stderr-{rank}").unlink()
        return told


def read_lines(path: Path) -> list[str]:
    """Of a file that may not be there."""
    return path.read_text().splitlines() if path.exists() else []


def main() -> None:
    """Obey orders, one JSON line each, until there are no more."""
    sys.path.remove(str(Path(__file__).parent))  # where "sightline" are its tests
    import torch.distributed  # noqa: F401 (as below)

    import sightline.engine.session  # noqa: F401 (imported before forking)

    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
