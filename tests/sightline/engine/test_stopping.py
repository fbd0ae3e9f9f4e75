"""Ctrl-C and SIGTERM."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from sightline.engine.stopping import Stopped, stop_cleanly, uninterrupted

BOTH = pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)


def kept():
    """What the line says."""
    return "3 answers kept"


@BOTH
def test_a_signal_stops_at_once_with_its_exit_code_and_one_line(number, code, capsys):
    """Nothing after it is done, and the handlers from before are back."""
    before = signal.getsignal(number)
    after = []

    def work():
        with stop_cleanly(kept):
            signal.raise_signal(number)
            after.append("more")

    with pytest.raises(Stopped) as stopped:
        work()
    assert after == []
    assert stopped.value.code == code
    assert signal.getsignal(number) is before
    shown = capsys.readouterr()
    assert shown.err == f"sightline: stopped by {number.name}; 3 answers kept\n"
    assert shown.out == ""


def test_a_host_that_catches_exceptions_does_not_catch_a_stop():
    """lmms-eval prints whatever Exception it catches, and ends with 0."""

    def host():
        try:
            with stop_cleanly(kept):
                signal.raise_signal(signal.SIGTERM)
        except Exception:  # noqa: BLE001 (that is what the host does)
            pytest.fail("caught")

    with pytest.raises(SystemExit):
        host()


@BOTH
def test_a_block_is_finished_before_the_stop(number, code):
    """And so are the blocks around it."""
    done = []

    def work():
        with stop_cleanly(kept), uninterrupted():
            with uninterrupted():
                signal.raise_signal(number)
                done.append("inner")
            done.append("outer")
        done.append("after")

    with pytest.raises(Stopped) as stopped:
        work()
    assert stopped.value.code == code
    assert done == ["inner", "outer"]


def test_a_stop_that_somebody_swallowed_comes_again_after_the_next_block():
    """An exception in a callback or a finaliser of a library is printed and lost."""
    done = []

    def work():
        with stop_cleanly(kept):
            try:
                signal.raise_signal(signal.SIGTERM)
            except BaseException:  # noqa: BLE001 (the library that does so)
                done.append("swallowed")
            with uninterrupted():
                done.append("next")
            done.append("after")

    with pytest.raises(Stopped):
        work()
    assert done == ["swallowed", "next"]


def test_a_failure_in_the_block_gives_way_to_the_stop():
    """It stays to be seen as the context."""

    def work():
        with stop_cleanly(kept), uninterrupted():
            signal.raise_signal(signal.SIGINT)
            raise ValueError("disk full")

    with pytest.raises(Stopped) as stopped:
        work()
    assert isinstance(stopped.value.__context__, ValueError)


def test_inside_each_other_only_one_tells(capsys):
    """And a later run in the same process is not stopped by what stopped the first."""
    with pytest.raises(Stopped), stop_cleanly(lambda: "outer"), stop_cleanly(lambda: "inner"):
        signal.raise_signal(signal.SIGTERM)
    assert capsys.readouterr().err == "sightline: stopped by SIGTERM; inner\n"
    with stop_cleanly(kept), uninterrupted():
        pass
    assert capsys.readouterr().err == ""


def test_an_ignored_signal_stays_ignored(capsys):
    """A run under nohup, or in the background of a script."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_cleanly(kept):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == ""


def test_in_another_thread_it_does_nothing():
    """Python would refuse a handler there."""
    seen = []

    def work():
        before = signal.getsignal(signal.SIGTERM)
        with stop_cleanly(kept), uninterrupted():
            seen.append(signal.getsignal(signal.SIGTERM) is before)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True]


@BOTH
def test_a_second_signal_ends_the_process_unless_it_is_the_first_again(number, code, monkeypatch):
    """A launcher passes on what the terminal has sent already."""
    ends = []
    monkeypatch.setattr("sightline.engine.stopping.os._exit", ends.append)

    def work():
        with stop_cleanly(kept), uninterrupted():
            monkeypatch.setattr("sightline.engine.stopping.SAME_STOP", 1000.0)
            signal.raise_signal(number)
            signal.raise_signal(number)
            assert ends == []
            monkeypatch.setattr("sightline.engine.stopping.SAME_STOP", -1.0)
            signal.raise_signal(number)
            assert ends == [code]

    with pytest.raises(Stopped):
        work()


STUBBORN = """
import time
from sightline.engine import stopping
stopping.SAME_STOP = 0.0
with stopping.stop_cleanly(lambda: "kept"), stopping.uninterrupted():
    print("ready", flush=True)
    while stopping._Main.number is None:
        time.sleep(0.01)
    print("stopping", flush=True)
    time.sleep(600)
"""


@BOTH
def test_a_process_that_does_not_come_to_an_end_is_ended_by_the_second_signal(number, code):
    """Whatever it is at."""
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == b"stopping\n"
        process.send_signal(number)
        assert process.wait(500) == code
