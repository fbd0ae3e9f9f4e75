import gc
import threading
import time
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.engine.prefetch import ahead

LONG = 300.0
"""Seconds after which a test gives up waiting."""


class Meter:
    """Makes things of given sizes, and counts what is alive."""

    def __init__(self, sizes=None, wait=None):
        self.sizes, self.wait = sizes, wait
        self.lock = threading.Lock()
        self.begun, self.finished, self.most_at_once, self.now = [], [], 0, 0

    def __call__(self, item):
        """Make one."""
        with self.lock:
            self.begun.append(item)
            self.now += 1
            self.most_at_once = max(self.most_at_once, self.now)
        if self.wait is not None:
            assert self.wait.wait(LONG)
        with self.lock:
            self.now -= 1
            self.finished.append(item)
        return self.sizes[item] if self.sizes else item


def until(condition):
    """Wait for something that threads do."""
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.001)


def names():
    """Our threads that live."""
    return [t.name for t in threading.enumerate() if t.name.startswith("sightline-prepare")]


def run(make, items, *, workers=2, budget=10**9, size=lambda _: 1):
    """The pool with a large budget."""
    return ahead(make, items, workers=workers, budget_bytes=budget, size=size)


@pytest.mark.parametrize("workers", [1, 2, 7])
@pytest.mark.parametrize("count", [0, 1, 5, 50])
def test_results_come_in_the_order_of_the_items(workers, count):
    """Each once, whatever thread made it; no thread is left."""

    def make(item):
        time.sleep(0.002 * (item % 3 == 0))
        return item * item

    results = list(run(make, range(count), workers=workers))
    assert [(one.item, one.result()) for one in results] == [(i, i * i) for i in range(count)]
    assert names() == []


def test_an_exception_comes_at_its_turn():
    """The items after it are made all the same."""

    def make(item):
        if item == 1:
            raise ValueError("broken one")
        return item

    first, second, third = run(make, range(3))
    assert (first.result(), third.result()) == (0, 2)
    assert second.made is None
    for _ in range(2):
        with pytest.raises(ValueError, match="broken one"):
            second.result()


def test_an_exception_of_size_is_one_of_its_item():
    """Nobody waits for ever."""

    def size(made):
        raise TypeError(f"no size for {made}")

    (one,) = run(str, [1], size=size)
    with pytest.raises(TypeError, match="no size for 1"):
        one.result()


def test_even_the_end_of_a_thread_is_delivered():
    """SystemExit in a thread would otherwise leave the caller waiting."""

    def make(_):
        raise SystemExit(3)

    (one,) = run(make, [1])
    assert isinstance(one.error, SystemExit)


def test_none_is_a_result():
    """What was made may be None."""
    assert [one.result() for one in run(lambda _: None, [1, 2])] == [None, None]


@given(
    st.lists(st.integers(1, 10), min_size=1, max_size=25),
    st.integers(1, 40),
    st.integers(1, 4),
)
@settings(deadline=None, max_examples=50)
def test_memory_stays_within_the_budget(sizes, budget, workers):
    """What is made but not taken never exceeds the budget, unless it is one item alone."""
    sizes = sorted(sizes, reverse=True)  # the first is the largest: no later one is a surprise
    held, lock, most = set(), threading.Lock(), []

    def make(place):
        with lock:
            held.add(place)
            most.append((sum(sizes[i] for i in held), len(held)))
        return sizes[place]

    results = ahead(make, range(len(sizes)), workers=workers, budget_bytes=budget, size=int)
    for place, one in enumerate(results):
        # Handed out before we can count it: only our count is late, never the pool's.
        with lock:
            held.discard(place)
        assert one.result() == sizes[place]
    slack = sizes[0]
    assert all(total <= budget + slack or count == 1 for total, count in most)


def test_a_full_budget_stops_the_pool_until_something_is_taken():
    """Budget for three: three are made, then one more each time."""
    meter = Meter()
    results = run(meter, range(9), budget=3)
    assert next(results).item == 0
    for taken in range(1, 6):
        until(lambda taken=taken: len(meter.finished) == taken + 3)
        time.sleep(0.01)
        assert len(meter.begun) == taken + 3
        assert next(results).item == taken
    results.close()


def test_an_item_larger_than_the_budget_is_made_alone():
    """One always goes on."""
    meter = Meter(sizes=[5] * 6)
    taken = [one.item for one in run(meter, range(6), workers=4, budget=1, size=int)]
    assert taken == list(range(6))
    assert meter.most_at_once == 1


def test_the_first_is_made_alone_and_then_all_workers_work():
    """Before the first size is known nobody can tell how many fit."""
    gate = threading.Event()
    meter = Meter(wait=gate)
    results = run(meter, range(8), workers=3)
    consumer = threading.Thread(target=lambda: list(results))
    consumer.start()
    until(lambda: meter.begun == [0])
    time.sleep(0.01)
    assert meter.begun == [0]
    gate.set()
    consumer.join(LONG)
    assert sorted(meter.finished) == list(range(8))


@pytest.mark.parametrize("how", ["close", "exception", "dropped"])
def test_a_caller_that_stops_stops_the_pool(how):
    """Nothing more is begun and no thread is left."""
    meter = Meter()
    results = run(meter, range(1000), budget=4)
    next(results)
    if how == "close":
        results.close()
    elif how == "exception":
        with pytest.raises(KeyError):
            _fail_on_the_first(results)
    del results
    gc.collect()
    until(lambda: names() == [])
    assert len(meter.begun) <= 8


def _fail_on_the_first(results):
    with_results = iter(results)
    try:
        for _ in with_results:
            raise KeyError
    finally:
        with_results.close()


def test_stopping_waits_for_what_is_being_made():
    """Afterwards nobody works on the caller's files any more."""
    begun, gate = threading.Event(), threading.Event()
    meter = Meter()

    def make(item):
        if item:
            begun.set()
            assert gate.wait(LONG)
        return meter(item)

    results = run(make, range(10), workers=2)
    next(results)
    assert begun.wait(LONG)
    closing = threading.Thread(target=results.close)
    closing.start()
    time.sleep(0.02)
    assert closing.is_alive()
    gate.set()
    closing.join(LONG)
    assert names() == []
    assert len(meter.finished) <= 3


def test_what_was_taken_is_not_kept():
    """A sample's memory is free as soon as the caller lets go of it, also while the pool runs."""

    class Made:
        pass

    results = run(lambda _: Made(), range(5))
    made = weakref.ref(next(results).result())
    until(lambda: made() is None)
    results.close()


def test_what_waits_is_dropped_when_the_caller_stops():
    """Also what was ready."""

    class Made:
        pass

    alive = []

    def make(_):
        made = Made()
        alive.append(weakref.ref(made))
        return made

    results = run(make, range(5))
    next(results)
    until(lambda: len(alive) == 5)
    results.close()
    assert all(one() is None for one in alive)


@pytest.mark.parametrize("name", ["workers", "budget_bytes"])
def test_a_pool_of_nothing_is_refused(name):
    """At the call, not at the first result."""
    with pytest.raises(ValueError, match=rf"{name} \(0\) must be at least 1"):
        ahead(str, [1], **{"workers": 1, "budget_bytes": 1, "size": int, name: 0})


def test_the_items_may_be_any_iterable():
    """An exception of the iterable itself comes at the call."""

    def broken():
        yield 1
        raise RuntimeError("no more items")

    assert [one.item for one in run(str, (i for i in range(3)))] == [0, 1, 2]
    with pytest.raises(RuntimeError, match="no more items"):
        run(str, broken())
