"""Ranks that die, hang, are stopped or outlive their starter; small programs act as ranks."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.launching import launch as launching
from sightline.launching.launch import launch
from sightline.launching.meeting import interface_towards, meeting_place, rank_variables
from sightline.launching.patience import Patience
from sightline.launching.rank_process import told

SHORT = Patience(silence=2.0, ended=1.0, clean_end=1.0)
LONG = Patience(silence=300.0, ended=300.0, clean_end=300.0)
"""For ranks that end by themselves: machines may be slow."""

RANK = """
import os, signal, sys, time
from pathlib import Path
rank = int(os.environ.get("RANK", "0"))
here = Path(sys.argv[1])
(here / f"new-{rank}").write_text(str(os.getpid()))
(here / f"new-{rank}").rename(here / f"pid-{rank}")
def wait_for(name):
    while not (here / name).exists():
        time.sleep(0.02)
def answer(number, every):
    with (here / "answers" / f"answers-{rank}.jsonl").open("a") as file:
        for _ in range(number):
            time.sleep(every)
            file.write("{}\\\\n")
            file.flush()
"""


def code(body: str) -> str:
    """A rank's program: `body` may use rank, here, answer(number, every) and wait_for(file)."""
    return RANK.replace("\\\\n", "\\n") + body


@pytest.fixture
def ranks(tmp_path):
    """Launch small programs; the ranks' answers are in a folder of their own."""
    (tmp_path / "answers").mkdir()

    def start(body, count=2, **options):
        options = {"answers": tmp_path / "answers", "patience": LONG, **options}
        command = [sys.executable, "-c", code(body), str(tmp_path)]
        return launch(command, dict(os.environ), ranks=count, **options)

    return start


def gone(pid: int) -> bool:
    """Whether a process is no more (a zombie is not, either), within a minute."""
    for _ in range(600):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


def test_each_rank_knows_its_place(ranks, capfd):
    """The numbers are those of all machines; the port is one and free."""
    body = "sys.stdout.write(' '.join(['sightline: I', *(os.environ[n] for n in sys.argv[2:])])"
    body += " + chr(10)); sys.stdout.flush()"
    names = ["RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR"]
    body = body.replace("sys.argv[2:]", str(names))
    ended = ranks(body, nodes=3, node_rank=2, main_address=("node0", 29500))
    assert ended.statuses == {4: 0, 5: 0}
    said = capfd.readouterr().err
    assert "sightline: I 4 6 0 2 node0\n" in said
    assert "[rank 5] sightline: I 5 6 1 2 node0\n" in said
    assert rank_variables(0, 1, 1, 0, ("a", 1)) == {}


def test_one_rank_alone_is_told_nothing(ranks, capfd):
    """So lmms-eval runs as if it had been started by hand."""
    ranks("print('I am', os.environ.get('RANK'), os.environ.get('MASTER_PORT'))", count=1)
    assert "I am None None" in capfd.readouterr().err


def test_the_first_rank_is_shown_whole_the_others_in_a_log(ranks, tmp_path, capfd):
    """Of the others, our own lines are shown, each once: all ranks tell the same at the end."""
    body = "print(f'plain {rank}'); print('sightline: same'); print(f'sightline: own {rank}')"
    ended = ranks(body, count=3, logs=tmp_path / "logs")
    said = capfd.readouterr().err
    assert "plain 0\n" in said
    assert "plain 1" not in said
    assert said.count("] sightline: same") == 1
    assert "[rank 1] sightline: own 1\n" in said
    assert (tmp_path / "logs" / "rank-1.log").read_text().startswith("plain 1\n")
    assert ended.tails[2] == "plain 2\nsightline: same\nsightline: own 2"


def test_other_ranks_do_not_cut_a_line_of_the_first(capsys):
    """They wait for its end; a progress bar, which has none, holds them up for a second only."""
    screen = launching._Screen([])
    screen.show("half a ")
    screen.say_once("[rank 1] ", "sightline: x")
    screen.show("line\n")
    screen.show("bar 50 %")
    screen.say_once("[rank 1] ", "sightline: y")
    screen.say_waiting()
    said = capsys.readouterr().err
    assert said == "half a line\n[rank 1] sightline: x\nbar 50 %\n[rank 1] sightline: y\n"


def test_characters_cut_by_a_block_survive(ranks, capfd):
    """Output comes in blocks of bytes; a letter may lie on the border."""
    ranks("print('x' + 'ä' * 70_000 + 'end')", count=1)
    said = capfd.readouterr().err
    assert "x" + "ä" * 70_000 + "end" in said


def test_a_rank_that_dies_is_told_at_once_and_the_others_finish(
    ranks, tmp_path, capfd, monkeypatch
):
    """However long they take, as long as they answer."""
    answers = tmp_path / "answers" / "answers-0.jsonl"

    def now():
        return 1.5 * len(answers.read_text()) if answers.exists() else 0.0

    # Each answer takes 4.5 s by this clock, longer than half of the silence that is borne.
    monkeypatch.setattr(launching, "time", SimpleNamespace(monotonic=now))
    body = "print('last words', rank, flush=True)\n"
    body += "if rank == 1: os.kill(os.getpid(), signal.SIGKILL)\n"
    body += "if rank == 0: answer(8, 0.3)\n"
    ended = ranks(body, patience=Patience(silence=8.0))
    assert ended.statuses == {1: -signal.SIGKILL, 0: 0}
    assert ended.died == [1]
    assert ended.stopped == {}
    assert len((tmp_path / "answers" / "answers-0.jsonl").read_text().splitlines()) == 8
    said = capfd.readouterr().err
    assert "sightline: rank 1 was killed by SIGKILL; 1 other(s) go on" in said
    assert said.index("go on") < said.index("last words 1")


def test_a_rank_that_hangs_after_a_death_is_stopped(ranks, tmp_path):
    """It has answered until then; what it waits for never comes."""
    body = "if rank == 1: wait_for('answered'); sys.exit(3)\n"
    body += "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nanswer(2, 0.3)\n"
    body += "(here / 'answered').touch(); time.sleep(600)"
    ended = ranks(body, patience=SHORT)
    assert ended.statuses == {1: 3, 0: -signal.SIGKILL}
    assert ended.died == [1]
    assert "another rank died, and for" in ended.stopped[0]
    assert len((tmp_path / "answers" / "answers-0.jsonl").read_text().splitlines()) == 2


def test_a_rank_that_waits_for_one_that_left_is_stopped(ranks):
    """Status 0 is no proof of success: lmms-eval exits so after an error that it swallowed."""
    ended = ranks("time.sleep(600 * rank)", patience=SHORT)
    assert ended.statuses == {0: 0, 1: -signal.SIGKILL}
    assert "ended before the others" in ended.stopped[1]


def test_what_a_dead_rank_started_goes_too(ranks, tmp_path):
    """Workers of a rank are of its process group."""
    body = "import subprocess; child = subprocess.Popen(['sleep', '600'])\n"
    body += "(here / 'child').write_text(str(child.pid)); sys.exit(1)"
    ranks(body, count=1)
    assert gone(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_handed_on_once(ranks, tmp_path, capfd, number):
    """The ranks end cleanly, in their time."""
    body = "got = []\n"
    body += (
        "for n in (signal.SIGINT, signal.SIGTERM): signal.signal(n, lambda n, _: got.append(n))\n"
    )
    body += "(here / f'ready-{rank}').touch()\n"
    body += "while not got: time.sleep(0.05)\n"
    body += "time.sleep(0.5); print('sightline: got', rank, got); sys.exit(7)"
    before = signal.getsignal(number)
    send_when(tmp_path, "ready", number)
    ended = ranks(body)
    assert signal.getsignal(number) is before
    assert ended.signal == number
    assert sorted(ended.statuses.items()) == [(0, 7), (1, 7)]
    handed = 2 if number == signal.SIGINT else 15
    said = capfd.readouterr().err
    assert f"got 0 [{handed}]" in said
    assert f"got 1 [{handed}]" in said
    assert "go on with their share" not in said


@pytest.mark.parametrize("times", [1, 2], ids=["the time is over", "a second one"])
def test_ranks_that_do_not_end_are_ended(ranks, tmp_path, times):
    """A user who asks twice need not wait, and nobody waits for ever."""
    body = "signal.signal(signal.SIGINT, lambda *_: (here / f'told-{rank}').touch())\n"
    body += "(here / f'ready-{rank}').touch()\ntime.sleep(600)"
    send_when(tmp_path, "ready", signal.SIGINT)
    if times == 2:
        send_when(tmp_path, "told", signal.SIGINT)
    limit = 1.0 if times == 1 else 500.0
    ended = ranks(body, patience=Patience(clean_end=limit))
    assert set(ended.statuses.values()) == {-signal.SIGKILL}
    assert ("second" in ended.stopped[0]) == (times == 2)


def send_when(here: Path, what: str, number: int) -> None:
    """Signal this process from a thread, once two ranks have made their files of this name."""

    def send():
        while len(list(here.glob(f"{what}-*"))) < 2:
            time.sleep(0.05)
        os.kill(os.getpid(), number)

    threading.Thread(target=send, daemon=True).start()


STARTER = """
import os, sys
from sightline.launching.launch import launch
launch([sys.executable, "-c", sys.argv[1], sys.argv[2]], dict(os.environ), ranks=2)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_ranks_die_with_their_starter(tmp_path, number):
    """Even where it had no chance to end them."""
    body = code("time.sleep(600)")
    starter = subprocess.Popen([sys.executable, "-c", STARTER, body, str(tmp_path)])
    wait_for(lambda: len(list(tmp_path.glob("pid-*"))) == 2)
    pids = [int(path.read_text()) for path in tmp_path.glob("pid-*")]
    starter.send_signal(number)
    starter.wait()
    assert all(gone(pid) for pid in pids)


def test_a_closed_stderr_ends_the_run(tmp_path):
    """As with `| head`: nobody reads it any more, so the ranks are asked to end."""
    body = code("while True: print('x' * 100, flush=True); time.sleep(0.1)")
    reader, writer = os.pipe()
    starter = subprocess.Popen([sys.executable, "-c", STARTER, body, str(tmp_path)], stderr=writer)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    starter.wait(timeout=600)
    assert all(gone(int(path.read_text())) for path in tmp_path.glob("pid-*"))


def wait_for(condition) -> None:
    """Poll; an endless wait is the test's failure by its content."""
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("the ranks did not start")


def test_an_error_of_ours_leaves_no_rank(ranks, tmp_path, monkeypatch):
    """Whatever happens while we watch."""

    def broken(*_):
        raise KeyError

    monkeypatch.setattr(launching._Watch, "_obey", broken)
    with pytest.raises(KeyError):
        ranks("(here / 'x').touch(); time.sleep(600)")
    assert all(gone(int(path.read_text())) for path in tmp_path.glob("pid-*"))


def test_a_command_that_does_not_exist_is_a_dead_rank():
    """It is no reason to hang."""
    ended = launch(["/no/such/program"], dict(os.environ), ranks=1)
    assert ended.statuses == {0: 1}
    assert "No such file" in ended.tails[0]


def test_on_a_terminal_the_first_rank_has_one(tmp_path):
    """So its progress bars are drawn, in the width of the user's window."""
    body = "print(sys.stderr.isatty(), os.get_terminal_size(2).columns)"
    ours, theirs = pty.openpty()
    subprocess.run(["stty", "cols", "77", "rows", "20"], stdin=theirs, check=True)
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, code(body), str(tmp_path)], stderr=theirs
    )
    os.close(theirs)
    said = b""
    # The other side is closed when they have ended: then reading fails.
    with contextlib.suppress(OSError):
        while select.select([ours], [], [], 300)[0]:
            said += os.read(ours, 1000)
    starter.wait()
    os.close(ours)
    assert b"True 77" in said


def test_started_from_a_thread_it_works_too(ranks):
    """Signals are for the main thread only; everything else is as before."""
    found = []
    thread = threading.Thread(target=lambda: found.append(ranks("sys.exit(2)")))
    thread.start()
    thread.join()
    assert set(found[0].statuses.values()) == {2}


def test_ends_in_words():
    """A signal by its name, also where there is none."""
    assert told(3) == "ended with status 3"
    assert told(-9) == "was killed by SIGKILL"
    assert told(-60) == "was killed by signal 60"


def test_the_port_is_held_and_can_be_listened_on():
    """Nobody else gets it by chance, while rank 0 may have it."""
    from torch import distributed

    with meeting_place(None) as (host, port):
        store = distributed.TCPStore(host, port, is_master=True, wait_for_workers=False)
        store.set("a", "b")
        assert store.get("a") == b"b"


def test_the_interface_towards_another_machine():
    """By its name; None where there is no way to tell."""
    assert interface_towards(("127.0.0.1", 1)) == "lo"
    assert interface_towards(("no.such.host.invalid", 1)) is None
