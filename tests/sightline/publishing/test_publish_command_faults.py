"""`sightline publish` when something goes wrong in the middle: the old state or the new, and why.

Whatever broke, the same command given again goes on, and sends only what is not there yet.
"""

from __future__ import annotations

import runpy
import signal
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("matplotlib", reason="needs sightline[publish]")
pytestmark = pytest.mark.slow

tools = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("publish_commands.py"))))
hub, small = tools.hub, tools.small

NAME = "org/bench"
WHOLE = (NAME, "--include-media")
LITTLE_ROOM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
from sightline.cli import main
sys.exit(main(["publish", *sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A dataset with six videos of about 100 kB."""
    return small.streamgaze(tmp_path_factory.mktemp("built") / "bench")


@pytest.fixture
def folder(built, tmp_path):
    """A copy of it, to be spoilt."""
    return small.copied(built, tmp_path / "bench")


@pytest.fixture
def running(tmp_path):
    """A Hub with a private, empty repository, which others may write to as well."""
    (tmp_path / "nothing").mkdir()
    with hub.LocalHub(tmp_path / "hub") as running:
        running.organisation("org", members=["alice", "bob"])
        running.add(NAME, tmp_path / "nothing", private=True)
        yield running


@pytest.fixture
def alice(running, tmp_path):
    """Who publishes there."""
    return tools.Somebody(running, tmp_path / "home")


def goes_on(alice, folder, held):
    """After a command that broke: nothing was changed; again, and all of it is there, sent once."""
    running = alice.running
    assert tools.holding(running) == held
    assert "bench.publication" not in small.beside(folder)
    said = alice.done(folder, *WHOLE)
    assert "committed" in said
    assert "read back and compared" in said
    sent = tools.large_files_sent(running)
    assert len(set(sent)) == len(sent), "nothing was sent twice"
    assert len(running.repository(NAME).commits) == len(held[NAME][3]) + 1
    return said


def test_the_server_dies_in_mid_upload_and_comes_back(alice, folder):
    """It is waited for, and the command ends well by itself; nothing is sent twice."""
    running = alice.running

    def die():
        running.stop()
        threading.Timer(1.0, tools.restart, [running]).start()

    running.fail(hub.Fault("/_lfs/", "PUT", skip=2, drop_request_after=100, then=die))
    goes_on(alice, folder, tools.holding(running))


def test_the_hub_asks_to_be_left_alone_for_a_moment(alice, folder):
    """The user sees what is waited for; then it goes on."""
    running = alice.running
    armed = running.fail(hub.Fault("/commit/", status=429, retry_after=2, times=2))
    ended = alice.publish(folder, *WHOLE)
    assert ended.status == 0, ended.err
    assert ended.err.count("the Hub answers 429; waiting 2 s") == armed.happened == 2
    assert "gaze/test-00000-of-00001.parquet" in running.files(NAME)


def test_the_hub_refuses_in_mid_upload(alice, folder):
    """The message has its words; the same command sends what is missing, and only that."""
    running = alice.running
    held = tools.holding(running)
    running.fail(hub.Fault("/_lfs/", "PUT", skip=3, times=99, status=403, message="no such bucket"))
    ended = alice.publish(folder, *WHOLE)
    assert ended.status == 1
    assert f"nothing was changed on {NAME}" in ended.err
    assert "  next: " in ended.err
    sent = tools.large_files_sent(running)
    assert len(sent) == 3
    running.faults.armed.clear()
    goes_on(alice, folder, held)
    assert len(tools.large_files_sent(running)) > len(sent)


def test_somebody_commits_just_before(alice, folder):
    """Their commit stands, alone; the next command shows the plan upon it."""
    running = alice.running
    theirs = []
    slip_in = lambda: theirs.append(running.commit(NAME, "bob", {"bob.txt": b"b"}))  # noqa: E731
    running.fail(hub.Fault("/commit/", "POST", before=slip_in))
    ended = alice.publish(folder, *WHOLE)
    assert ended.status == 1
    assert f"somebody else changed {NAME} in the meantime" in ended.err
    assert "nothing of this was committed" in ended.err
    assert "run the same command again to see the new plan" in ended.err
    assert running.head(NAME) == theirs[0]
    assert "bob.txt is not ours and stays" in goes_on(alice, folder, tools.holding(running))
    assert running.read(NAME, "bob.txt") == b"b"


def test_no_room_on_this_machine(alice, folder):
    """A limit that the system keeps; the dataset is as it was."""
    held, traces = tools.holding(alice.running), small.traces(folder)
    ended = alice.run("-c", LITTLE_ROOM, str(folder), *WHOLE)
    assert ended.status == 1
    assert "the disk is full" in ended.err
    assert "free some space and run the same command again" in ended.err
    assert not tools.asked_to_write(alice.running)
    assert small.traces(folder) == traces
    goes_on(alice, folder, held)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_the_command_is_stopped_in_mid_upload(alice, folder, number):
    """Nobody sees anything of it; the same command goes on where it was."""
    running = alice.running
    held = tools.holding(running)
    gate = tools.Gate(running, path="/_lfs/", method="PUT", skip=2, times=99)
    process = alice.start(*tools.PUBLISH, str(folder), *WHOLE)
    gate.wait()
    tools.wait_for_large_files(running, 2)  # the two before it are sent by threads of their own
    process.send_signal(number)
    if number == signal.SIGKILL:
        process.wait(tools.LONG)
    gate.open()
    ended = alice.ended(process)
    if number == signal.SIGINT:
        assert ended.status == 130
        assert "interrupted; run the same command again to go on" in ended.err
        assert "bench.publication" not in small.beside(folder)
    else:
        assert ended.status == -number
    sent = len(tools.large_files_sent(running))
    assert sent >= 2
    said = alice.publish(folder, *WHOLE, "--dry-run").out
    assert f"{NAME} (main, private): 15 files added" in said
    goes_on(alice, folder, held)
    assert len(tools.large_files_sent(running)) > sent


def test_two_commands_at_once(alice, folder):
    """One waits for the other, sees what it did, and finds nothing to do: one commit."""
    running = alice.running
    held = tools.holding(running)
    gate = tools.Gate(running, path="/_lfs/", method="PUT")
    first = alice.start(*tools.PUBLISH, str(folder), *WHOLE, "--changes", "first")
    gate.wait()
    second = alice.start(*tools.PUBLISH, str(folder), *WHOLE)
    said = second.stderr.readline()
    assert "another build or publication" in said
    assert "waiting for it" in said
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(0.2)
    gate.open()
    ended = alice.ended(first)
    assert ended.status == 0, ended.err
    assert "committed" in ended.out
    ended = alice.ended(second)
    assert ended.status == 0, ended.err
    assert "nothing to do" in ended.out
    assert len(running.repository(NAME).commits) == len(held[NAME][3]) + 1
    assert b"first" in running.read(NAME, "README.md")
