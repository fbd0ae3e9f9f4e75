"""Runs that are killed at any point and started again, on real processes."""

from __future__ import annotations

import json
import random
import runpy
import signal
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

ranks = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "engine_rank.py")))

pytestmark = pytest.mark.slow

JOBS = 400


@pytest.fixture(scope="module")
def nursery():
    """Where ranks are born."""
    with ranks.Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="module")
def undisturbed(nursery, tmp_path_factory):
    """The replies of a run that nobody touched."""
    told = nursery.run(tmp_path_factory.mktemp("undisturbed"), ranks=1, jobs=JOBS)
    assert told["codes"] == [0]
    assert len(told["replies"]) == JOBS
    return told["replies"]


def check_asked(told, before, after, count):
    """Nothing is asked that was on disk, and only what was in flight is not on it now."""
    asked = told["asked"]
    assert len(set(asked)) == len(asked)
    assert not set(asked) & set(before)
    assert len(set(asked) - set(after)) <= count


@pytest.mark.parametrize("count", [1, 2, 4])
def test_killed_at_twenty_random_points_it_gives_the_replies_of_an_undisturbed_run(
    nursery, undisturbed, tmp_path, count
):
    """One rank or all of them; lines are torn by kills, and the ranks differ from run to run."""
    chance = random.Random(count)  # noqa: S311 (not for secrets)
    folder = tmp_path / "answers"
    kills = []
    for number in range(20):
        before = ranks.on_disk(folder) if number else []
        # Some of these runs have other numbers of ranks: so may a rerun.
        now = count if number % 5 else chance.choice([1, 2, 4])
        victims = range(now) if chance.random() < 0.5 else [chance.randrange(now)]
        blow = {
            "after": chance.randrange(1, 4),
            "delay": chance.random() * 0.004,
            "ranks": list(victims),
            "signal": signal.SIGKILL,
        }
        told = nursery.run(
            tmp_path,
            ranks=now,
            jobs=JOBS,
            seconds=0.002,
            stop_others=True,
            torn=True,
            hold={"ranks": list(range(now)), "at": 4},  # so it is killed before it is done
            blow=blow,
        )
        kills.append(told["codes"].count(-9))
        check_asked(told, before, ranks.on_disk(folder), now)
    assert all(kills), "every run was killed before it was done"
    before = ranks.on_disk(folder)
    told = nursery.run(tmp_path, ranks=count, jobs=JOBS)
    assert told["codes"] == [0] * count
    assert told["replies"] == undisturbed
    check_asked(told, before, ranks.on_disk(folder), 0)
    assert len(before) + len(told["asked"]) == JOBS


@pytest.mark.parametrize("count", [1, 2, 4])
def test_any_number_of_ranks_gives_the_same_replies(nursery, undisturbed, tmp_path, count):
    """Asked, and found again."""
    for asked in (JOBS, 0):
        told = nursery.run(tmp_path, ranks=count, jobs=JOBS)
        assert told["codes"] == [0] * count
        assert told["replies"] == undisturbed
        assert len(told["asked"]) == asked


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_signal_to_all_ranks_ends_them_cleanly(nursery, undisturbed, tmp_path, number, code):
    """Their last lines are whole, and each says what it keeps and how to go on."""
    told = nursery.run(
        tmp_path,
        ranks=2,
        jobs=JOBS,
        seconds=0.002,
        torn=True,
        teardown=True,
        hold={"ranks": [0, 1], "at": 100},
        blow={"after": 30, "ranks": [0, 1], "signal": number},
    )
    assert told["codes"] == [code, code]
    lines = [
        len(path.read_bytes().splitlines()) for path in sorted((tmp_path / "answers").iterdir())
    ]
    assert sum(lines) == len(ranks.on_disk(tmp_path / "answers")) >= 28
    for said in told["errors"]:
        [line] = [line for line in said.splitlines() if "stopped by" in line]
        start = f"sightline: stopped by {number.name}; "
        assert line in [
            f"{start}{count} answers of this process are kept in {tmp_path}/answers; run the same "
            "command again to go on"
            for count in lines
        ]
        assert "Traceback" not in said
    for path in (tmp_path / "answers").iterdir():
        assert path.read_bytes().endswith(b"\n")
    told = nursery.run(tmp_path, ranks=2, jobs=JOBS)
    assert told["replies"] == undisturbed
    assert len(told["asked"]) == JOBS - sum(lines)


def test_a_disk_that_is_full_ends_the_run_and_costs_one_answer(nursery, undisturbed, tmp_path):
    """After there is room again the same file goes on, on a line of its own."""
    told = nursery.run(tmp_path, ranks=2, jobs=JOBS, largest_file=6000)
    assert told["codes"] == [1, 1]
    assert "must take the answers, but cannot be written to: File too large" in told["errors"][0]
    assert "next: free space there" in told["errors"][0]
    [first, *_] = sorted((tmp_path / "answers").iterdir())
    assert first.stat().st_size == 6000
    before = ranks.on_disk(tmp_path / "answers")
    assert 10 < len(before) < JOBS
    told = nursery.run(tmp_path, ranks=2, jobs=JOBS)
    assert told["codes"] == [0, 0]
    assert told["replies"] == undisturbed
    check_asked(told, before, ranks.on_disk(tmp_path / "answers"), 0)


def test_two_runs_at_once_share_a_folder(nursery, undisturbed, tmp_path):
    """Each keeps its own files whole; a third run asks nothing."""
    shared = str(tmp_path / "answers")
    told = {}

    def work(name, own):
        told[name] = own.run(tmp_path / name, ranks=2, jobs=JOBS, answers=shared, meet=4)

    with ranks.Nursery() as second:
        threads = [
            threading.Thread(target=work, args=("one", nursery)),
            threading.Thread(target=work, args=("two", second)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [told[name]["replies"] for name in ("one", "two")] == [undisturbed] * 2
    files = list((tmp_path / "answers").iterdir())
    assert len(files) == 4
    for path in files:
        for line in path.read_bytes().splitlines():
            json.loads(line)
    third = nursery.run(tmp_path / "three", ranks=1, jobs=JOBS, answers=shared)
    assert third["asked"] == []
    assert third["replies"] == undisturbed
