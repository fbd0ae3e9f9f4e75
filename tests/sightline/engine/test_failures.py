"""Counting the replies that are errors."""

from __future__ import annotations

import threading

import pytest

from sightline.engine.failures import Failures, all_failed, reason
from sightline.errors import EvaluationError


def test_one_more_than_allowed_stops_the_run_and_names_the_first(caplog):
    """Each is told when it happens."""
    failures = Failures(2)
    failures.add("task q1", "OSError: gone")
    failures.add("task q2", "ValueError: bent")
    with pytest.raises(EvaluationError) as caught:
        failures.add("task q3", "OSError: gone too")
    assert caught.value.message == (
        "3 samples failed, more than max_errors=2; the first: task q1: OSError: gone"
    )
    assert "max_errors" in caught.value.next_step
    assert failures.count == 3
    assert [record.getMessage() for record in caplog.records] == [
        "sightline: task q1 failed: OSError: gone",
        "sightline: task q2 failed: ValueError: bent",
        "sightline: task q3 failed: OSError: gone too",
    ]


def test_none_allowed_means_the_first_stops_it():
    """And every later one, in whatever thread."""
    failures = Failures(0)
    for _ in range(2):
        with pytest.raises(EvaluationError, match="the first: a: b"):
            failures.add("a", "b")


def test_threads_are_all_counted():
    """A server's replies come in many."""
    failures = Failures(10_000)

    def work():
        for _ in range(500):
            failures.add("a", "b")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures.count == 2000


def test_a_reason_is_one_line():
    """Whatever the library wrote."""
    assert reason(ValueError("two\n   lines\t")) == "ValueError: two lines"
    assert reason(OSError()) == "OSError: no message"


def test_every_one_failed_is_an_error_of_its_own():
    """However many are allowed: such a run has nothing to score."""
    assert all_failed(3, "q1: OSError: gone").message == (
        "every one of the 3 samples failed; the first: q1: OSError: gone"
    )
