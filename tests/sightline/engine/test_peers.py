"""Ranks that are real processes: what they tell each other, and how a lost one is noticed."""

from __future__ import annotations

import runpy
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.engine.peers import Peers

ranks = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "engine_rank.py")))

pytestmark = pytest.mark.slow  # torch is imported once


@pytest.fixture(scope="module")
def nursery():
    """Where ranks are born."""
    with ranks.Nursery() as nursery:
        yield nursery


def test_alone_there_is_nobody_to_ask():
    """Also where torch.distributed is not initialised."""
    for peers in (Peers.alone(), Peers.connect()):
        assert (peers.rank, peers.world_size) == (0, 1)
        assert peers.gather({"a": 1}) == [{"a": 1}]


@pytest.mark.parametrize("size", [1, 3_000_000])
def test_every_rank_hears_all_ranks_in_their_order(nursery, tmp_path, size):
    """Small values and megabytes, again and again."""
    told = nursery.run(tmp_path, ranks=4, jobs=0, gather=size)
    assert told["codes"] == [0] * 4
    assert told["replies"] == {
        rank: [[size, 2 * size, 3 * size, 4 * size]] * 3 for rank in range(4)
    }


@pytest.mark.parametrize("lost", [0, 1, 3])
def test_when_a_rank_is_killed_the_others_finish_their_shares_and_then_end(nursery, tmp_path, lost):
    """Not with 0, and within seconds of the slowest; they say who is missing."""
    told = nursery.run(
        tmp_path,
        ranks=4,
        jobs=60,
        seconds=0.01,
        slower=4,
        hold={"ranks": [lost]},  # so it is killed before it is done
        blow={"after": 8, "ranks": [lost], "signal": signal.SIGKILL},
    )
    assert told["codes"] == [1 if rank != lost else -9 for rank in range(4)]
    for rank, said in enumerate(told["errors"]):
        assert ("RankLostError: " in said) == (rank != lost)
        if rank != lost:
            assert f"rank {lost} (process " in said
            assert "next: see why in its own output, then run the same command again" in said
    done = ranks.on_disk(tmp_path / "answers")
    shares = ranks.shares(60, 4)
    for rank in range(4):
        if rank != lost:
            assert shares[rank] <= set(done)
    assert max(told["seconds"]) < 600
    later = nursery.run(tmp_path, ranks=2, jobs=60)
    assert later["codes"] == [0, 0]
    assert len(later["replies"]) == 60
    assert not set(later["asked"]) & set(done)


def test_a_rank_that_dies_before_the_first_word_is_noticed(nursery, tmp_path):
    """Nobody waits for the time limit of a collective call."""
    told = nursery.run(tmp_path, ranks=4, jobs=20, die_early=2)
    assert told["codes"] == [1, 1, -9, 1]
    assert max(told["seconds"]) < 600


def test_a_rank_that_fails_tells_the_others(nursery, tmp_path):
    """So they know why, and not only that it is gone."""
    told = nursery.run(tmp_path, ranks=2, jobs=20, fails=1)
    assert told["codes"] == [1, 1]
    assert (
        "EvaluationError: rank 1 failed: RuntimeError: the device is on fire" in told["errors"][0]
    )
    assert "RuntimeError: the device is on fire" in told["errors"][1]
    assert ranks.shares(20, 2)[0] <= set(ranks.on_disk(tmp_path / "answers"))


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_rank_that_waits_for_others_can_be_stopped(nursery, tmp_path, number, code):
    """It ends at once, by the interpreter's own end; the other one finishes its share."""
    told = nursery.run(
        tmp_path,
        ranks=2,
        jobs=20,
        teardown=True,
        hold={"ranks": [1], "file": "ended-0"},
        blow={"after": 19, "answered": 19, "delay": 0.3, "ranks": [0], "signal": number},
    )
    assert told["codes"] == [code, 1]
    assert (
        f"sightline: stopped by {number.name}; 10 answers of this process are kept in "
        in (told["errors"][0])
    )
    assert len(ranks.on_disk(tmp_path / "answers")) == 20


def test_a_rank_that_is_waited_for_is_named(nursery, tmp_path):
    """Which one, and since when: it may hang."""
    hold = {"ranks": [1], "file": "stderr-0", "says": "sightline: waiting for rank 1 (process "}
    told = nursery.run(tmp_path, ranks=3, jobs=9, hold=hold, say_after=0.2)
    assert told["codes"] == [0, 0, 0]
    assert "sightline: waiting for rank 1 (process " in told["errors"][0]
