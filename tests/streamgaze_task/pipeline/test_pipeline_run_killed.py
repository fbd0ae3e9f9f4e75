"""Runs that are killed, or run beside each other, end with the bytes of one that was left alone."""

from __future__ import annotations

import json
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

small = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("small_recordings.py"))))

pytestmark = pytest.mark.slow

DIES = """
import os, signal, sys
from pathlib import Path
from sightline.progress import Silent
from streamgaze_task.pipeline import lines, make, release
from streamgaze_task.pipeline.config import read_config
from streamgaze_task.pipeline.labelling.log import AnswerLog

where, after = sys.argv[2], int(sys.argv[3])
count = 0

def die_in_time(*_):
    global count
    count += 1
    if count > after:
        os.killpg(0, signal.SIGKILL)

def dying(function):
    def call(*words, **names):
        die_in_time()
        return function(*words, **names)
    return call

def dying_write(write):
    def written(records):
        yield from records
        die_in_time()  # all lines are written, and the file has not its name yet
    def call(path, header, records):
        return write(path, header, written(records) if header.get("stage") == where else records)
    return call

if where == "answers":
    AnswerLog.add = dying(AnswerLog.add)
elif where == "gaze":
    from streamgaze_task.pipeline import gaze_store
    gaze_store.write = dying(gaze_store.write)
elif where == "release":
    release.link_or_copy = dying(release.link_or_copy)
elif where == "report":
    make._write_report = dying(make._write_report)
else:
    lines.write = dying_write(lines.write)
make.make_benchmark(
    read_config(Path(sys.argv[1])), workers=1, until="release", skip_failed=False,
    progress=Silent(),
)
"""
"""Runs a configuration and kills its process group somewhere."""


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Recordings of which nothing is made yet; read-only."""
    return small.made(tmp_path_factory)


@pytest.fixture(scope="module")
def undisturbed(raw, tmp_path_factory):
    """What a run makes that nobody disturbs: its files, and how many answers it asked for."""
    path = small.copy(raw, tmp_path_factory.mktemp("undisturbed") / "raw")
    small.run("gaze", "run", path)
    out = path.parent / "benchmark"
    return small.contents(out), small.answers(out)


def die(path, where, after):
    """Run a configuration until it kills itself there, after so many times."""
    done = subprocess.run(
        [sys.executable, "-c", DIES, str(path), where, str(after)],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("where", "after"),
    [
        *((stage, 1) for stage in small.STAGES),
        ("gaze", 0),
        ("answers", 7),
        ("release", 1),
        ("report", 0),
    ],
)
def test_a_killed_run_goes_on_to_the_same_bytes(raw, undisturbed, tmp_path, where, after):
    """At any stage, and while the release is written; no answer is asked for twice."""
    path = small.copy(raw, tmp_path / "raw")
    die(path, where, after)
    out = path.parent / "benchmark"
    finished = set(small.contents(out))
    assert not {"report.json", f"work/{where}/{small.TABLE}.jsonl"} & finished
    before = small.times(out)
    small.run("gaze", "run", path)
    contents, answers = undisturbed
    assert small.changed(contents, small.contents(out)) == set()
    assert small.answers(out) == answers
    whole = {name for name in finished if name.startswith("work/") and "/." not in name}
    whole = {name for name in whole if not name.startswith("work/answers/")}
    again = {name for name in whole if small.times(out)[name] != before[name]}
    # What a release consists of is noted before, and again when it is there.
    assert again <= {"work/release.json", *(f"work/gaze/{each}.parquet" for each in small.VIDEOS)}


def test_killed_again_and_again_it_still_ends_the_same(raw, undisturbed, tmp_path):
    """Five kills in a row, in the midst of answers, each of which gets a little further."""
    path = small.copy(raw, tmp_path / "raw")
    for where, after in (("answers", 3), ("answers", 4), ("labels", 1), ("answers", 2)):
        die(path, where, after)
    log = next((path.parent / "benchmark/work/answers").glob("*.jsonl"))
    with log.open("ab") as file:  # killed within a line
        file.write(b'{"asked": "half')
    die(path, "release", 0)
    small.run("gaze", "run", path)
    contents, _ = undisturbed
    differ = small.changed(contents, small.contents(path.parent / "benchmark"))
    assert differ <= {f"work/answers/{log.name}"}  # the torn line stays


def test_two_processes_make_what_one_makes(raw, undisturbed, tmp_path):
    """Every file: release, report, and all of all stages."""
    path = small.copy(raw, tmp_path / "raw")
    small.run("gaze", "run", path, "--workers", 2)
    contents, answers = undisturbed
    assert small.changed(contents, small.contents(path.parent / "benchmark")) == set()
    assert small.answers(path.parent / "benchmark") == answers


def test_two_runs_at_once_do_not_collide(raw, undisturbed, tmp_path):
    """Both end well, and what they made together is what one makes."""
    path = small.copy(raw, tmp_path / "raw")
    both = [
        subprocess.Popen(
            small.command("gaze", "run", path),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [each.communicate(timeout=1800)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    contents, answers = undisturbed
    assert small.changed(contents, small.contents(path.parent / "benchmark")) == set()
    assert small.answers(path.parent / "benchmark") == answers


KILLS_A_WORKER = """
import multiprocessing, os, signal, sys, threading, time
from pathlib import Path

def kill_one(work):
    while not any(work.glob("recordings/*.jsonl")):
        time.sleep(0.001)
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)

if __name__ == "__main__":
    from sightline.cli import main
    path = Path(sys.argv[1])
    threading.Thread(target=kill_one, args=(path.parent / "benchmark/work",), daemon=True).start()
    sys.exit(main(["gaze", "run", str(path), "--workers", "2"]))
"""


def test_a_killed_worker_is_told_and_the_same_command_goes_on(raw, undisturbed, tmp_path):
    """As when memory runs out: no traceback, and nothing is lost."""
    path = small.copy(raw, tmp_path / "raw")
    script = tmp_path / "kills.py"
    script.write_text(KILLS_A_WORKER)
    done = subprocess.run(
        [sys.executable, str(script), str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode not in (0, -signal.SIGKILL), done.stdout
    assert "a process died at" in done.stderr
    assert "fewer --workers" in done.stderr
    assert "Traceback" not in done.stderr
    small.run("gaze", "run", path)
    assert small.changed(undisturbed[0], small.contents(path.parent / "benchmark")) == set()


def test_the_report_says_what_a_run_left_out(raw, tmp_path):
    """A release without a broken recording says so, and goes away from nothing else."""
    path = small.copy(raw, tmp_path / "raw")
    (path.parent / "raw_gaze_dataset" / small.VIDEOS[small.TABLE]).write_bytes(b"no video")
    done = small.run("gaze", "run", path, "--workers", 2, "--skip-failed", check=False)
    report = json.loads((path.parent / "benchmark/report.json").read_text())
    assert done.returncode == 1
    assert (set(report["failed"]), report["released"]) == ({small.TABLE}, True)
    assert "Traceback" not in done.stdout + done.stderr


ENDS = """
import multiprocessing, os, signal, sys
from streamgaze_task.pipeline.processes import _pool

if __name__ == "__main__":
    pool = _pool(2)
    for _ in pool.map(abs, range(8)):
        pass
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    os.kill(os.getpid(), int(sys.argv[1]))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_the_process_that_started_them(tmp_path, how):
    """However it ended; they would keep a model in memory while they wait for work."""
    script = tmp_path / "ends.py"
    script.write_text(ENDS)
    command = [sys.executable, str(script), str(int(how))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        pids = [int(word) for word in parent.stdout.readline().split()]
        parent.stdout.close()
        assert parent.wait(600) == -how
    assert len(pids) >= 2
    until = time.monotonic() + 600  # a worker may still be starting
    while any(map(is_alive, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(is_alive, pids))


def is_alive(pid):
    """Whether a process runs, and not only waits to be buried."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


INTERRUPTED = """
import os, signal, sys, threading, time
from pathlib import Path

def end(how, after):
    time.sleep(after)
    os.killpg(0, how) if how == signal.SIGINT else os.kill(os.getpid(), how)

if __name__ == "__main__":
    from sightline.cli import main
    path, how, after = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    from streamgaze_task.pipeline import processes
    submitted, started = processes.submitted, []

    def watched(*words):
        if not started:
            started.append(threading.Thread(target=end, args=(how, after), daemon=True))
            started[0].start()
        return submitted(*words)

    processes.submitted = watched
    sys.exit(main(["gaze", "run", str(path), "--workers", "2"]))
"""


@pytest.mark.parametrize("after", [0, 0.1, 0.4, 0.8, 1.6])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_told_in_one_line(raw, undisturbed, tmp_path, how, after):
    """Also while workers are starting: no traceback of theirs, nothing said to be leaked."""
    path = small.copy(raw, tmp_path / "raw")
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED)
    done = subprocess.run(
        [sys.executable, str(script), str(path), str(int(how)), str(after)],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    said = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == 130, done.stderr
    assert said[-1] == "sightline: interrupted; run the same command again to go on"
    assert "Traceback" not in done.stderr
    assert "leaked" not in done.stderr
    if after > 1:
        small.run("gaze", "run", path)
        assert small.changed(undisturbed[0], small.contents(path.parent / "benchmark")) == set()
