"""In processes of their own: it cannot be taken back."""

import platform
import subprocess
import sys

import pytest

from sightline.engine import memory

WORK = """
import sys, threading
from pathlib import Path
from sightline.engine.memory import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()

def work():
    for _ in range(3):
        block = b"x" * (200 << 20)
        del block

thread = threading.Thread(target=work)
thread.start()
thread.join()
status = Path("/proc/self/status").read_text()
print(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
"""


def resident(how):
    """Kilobytes of a process whose thread used 200 MB and freed them."""
    command = [sys.executable, "-c", WORK, how]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_what_a_thread_frees_is_kept():
    """Without it the memory goes back; with it, also a thread's stays, once and not three times."""
    assert resident("leave") < 100_000
    assert 200_000 < resident("keep") < 300_000


@pytest.mark.parametrize("name", [None, "musl 1.2"])
def test_another_c_library_is_left_alone(monkeypatch, name):
    """There is nothing to set, and nothing breaks."""
    monkeypatch.setattr(memory.os, "confstr", lambda _: name)
    assert memory.keep_freed_memory() is False


def test_a_system_without_mallopt_is_left_alone(monkeypatch):
    """As macOS has none."""
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    assert memory.keep_freed_memory() is False
