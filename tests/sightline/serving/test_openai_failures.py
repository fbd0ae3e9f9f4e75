"""The same backend when things go wrong: what is tried again, what stops the run, and how."""

from __future__ import annotations

import random
import runpy
import threading
import time
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("openai", reason="needs sightline[eval]")

from sightline.errors import EvaluationError, UsageError
from sightline.serving import failures

TESTS = Path(__file__).parents[2]
local = SimpleNamespace(**runpy.run_path(str(TESTS / "openai_server.py")))
asking_code = SimpleNamespace(**runpy.run_path(str(TESTS / "openai_asking.py")))
Asking, job, messages_of = asking_code.Asking, asking_code.job, asking_code.messages_of
Failure = local.Failure
LONG = 300.0
"""Seconds after which a test gives up; machines may be slow."""


@pytest.fixture
def server():
    """A server that answers at once."""
    with local.running() as running:
        yield running


def until(condition):
    """Wait for something that threads do."""
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def refuse_when_all_are_there(server, count):
    """One request is refused for good, as soon as so many are in flight."""
    server.fail(Failure(404, "gone"))
    ask = server.failure

    def failure(body, authorization):
        found = ask(body, authorization)
        if found is not None:
            until(lambda: server.asked >= count)
        return found

    server.failure = failure


# What may pass


@pytest.mark.parametrize(
    "failure",
    [
        Failure(429), Failure(500), Failure(503), Failure(408), Failure(409),
        Failure(dropped=True), Failure(empty=True),
    ],
    ids=["429", "500", "503", "408", "409", "dropped", "empty"],
)  # fmt: skip
def test_what_may_pass_is_asked_again(server, failure):
    """Twice in vain, then answered; the reply tells."""
    server.fail(failure, failure)
    replies = Asking(server).ask([job(0)])
    assert replies[0].error is None
    assert replies[0].details == {"tries": 3}
    assert server.asked == 3


def test_a_server_that_hangs_is_asked_again(server):
    """After the timeout."""
    server.fail(Failure(200, hangs=LONG))
    replies = Asking(server, timeout=0.2, retries=1000).ask([job(0)])
    assert replies[0].error is None
    assert replies[0].details["tries"] > 1  # on a slow machine a later try may be late as well


def test_retries_end(server):
    """Then the sample is an error that says why, how often, and how large the request was."""
    server.always = Failure(503, "overloaded")
    replies = Asking(server, retries=2).ask([job(0), job(1)])
    for reply in replies.values():
        assert reply.text == ""
        assert "HTTP 503" in reply.error
        assert "overloaded" in reply.error
        assert "0 images, 0.0 MB, 3 tries" in reply.error
    assert server.asked == 6


def test_no_server_at_all(server):
    """A connection that nobody takes is an error of its samples, after the retries."""
    url = server.url
    with local.running() as other:
        url = other.url
    replies = Asking(SimpleNamespace(url=url), retries=1).ask([job(0)])
    assert "Connection error" in replies[0].error
    assert "2 tries" in replies[0].error


def test_retry_after_holds_for_all(server):
    """Nobody asks before the time that the server named, and then the work goes on."""
    server.fail(Failure(429, headers={"Retry-After": "0.5"}))
    begun, times = time.monotonic(), []
    ask = server.failure

    def timed(body, authorization):
        times.append(time.monotonic() - begun)
        return ask(body, authorization)

    server.failure = timed
    Asking(server, concurrency=1).ask([job(n) for n in range(5)])
    assert len(times) == 6
    assert times[1] - times[0] >= 0.5


def test_retry_after_in_its_three_forms():
    """Seconds, milliseconds, a date; nonsense is no word."""
    now = 1_000_000.0
    headers = {"retry-after": formatdate(now + 30, usegmt=True)}
    assert failures._seconds(headers, now) == pytest.approx(30, abs=1)
    assert failures._seconds({"retry-after": "7"}, now) == 7
    assert failures._seconds({"retry-after-ms": "1500", "retry-after": "9"}, now) == 1.5
    for word in ("soon", "", "-3"):
        assert not failures._seconds({"retry-after": word}, now)


def test_pauses_grow_and_scatter():
    """Within the doubling limit, never less than the server says, never without end."""
    draw = random.Random(0)  # noqa: S311 (chance, no secret)
    for attempt in range(12):
        pauses = [failures.pause(attempt, None, backoff=1.0, draw=draw) for _ in range(200)]
        limit = min(2.0**attempt, failures.LONGEST_WAIT)
        assert 0 <= min(pauses) < max(pauses) <= limit
        assert max(pauses) > 0.8 * limit
    told = [failures.pause(9, 3.0, backoff=1.0, draw=draw) for _ in range(50)]
    assert 3.0 <= min(told) <= max(told) <= 4.0
    assert failures.pause(0, 1e9, backoff=1.0, draw=draw) <= failures.LONGEST_TOLD_WAIT + 1


# What does not pass


def test_a_refused_request_is_the_error_of_its_sample(server):
    """A prompt that is too long is not asked again; the others are answered."""
    server.context = 100
    long = {3: "x" * 4000}

    def messages(asked):
        text = f"question {asked.doc_id} {long.get(asked.doc_id, '')}"
        return [{"role": "user", "content": [{"type": "text", "text": text}]}]

    replies = Asking(server, messages=messages).ask([job(n) for n in range(6)])
    assert server.asked == 6
    assert "HTTP 400" in replies[3].error
    assert "maximum context length is 100 tokens" in replies[3].error
    assert all(replies[n].error is None for n in (0, 1, 2, 4, 5))


def test_a_body_that_is_too_large_says_its_size(server):
    """Images and megabytes, since that is what the user can change."""
    server.fail(Failure(413, "Request Entity Too Large"))
    picture = {"type": "image", "url": "data:image/png;base64," + "A" * 2_000_000}
    ask = Asking(server, messages=lambda _: [{"role": "user", "content": [picture] * 2}])
    assert "HTTP 413" in ask.ask([job(0)])[0].error
    assert "(2 images, 4.0 MB)" in ask.replies[0].error


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("no frame")])
def test_a_sample_that_cannot_be_prepared(server, error):
    """Is an error with its reason; nobody is asked for it."""

    def messages(asked):
        if asked.doc_id == 1:
            raise error
        return messages_of(asked)

    replies = Asking(server, messages=messages).ask([job(n) for n in range(3)])
    assert replies[1].error == f"{type(error).__name__}: {error}"
    assert server.asked == 2


def test_a_mistake_in_the_code_stops_the_run(server):
    """It would otherwise count as an error of every sample."""

    def messages(_):
        raise KeyError("mistake")

    with pytest.raises(KeyError, match="mistake"):
        Asking(server, messages=messages).ask([job(n) for n in range(3)])


def test_a_generation_that_no_server_can_do_stops_the_run(server):
    """Before anything was asked."""
    with pytest.raises(UsageError, match="num_beams"):
        Asking(server).ask([job(0, num_beams=4)])
    assert server.asked == 0


def test_a_wrong_key_stops_the_run_at_once(server):
    """In one message that does not show the key, though the server repeats it."""
    server.key = "right"
    asking = Asking(server, api_key="sk-wrong-one", concurrency=4)
    with pytest.raises(UsageError, match="refuses this account") as raised:
        asking.ask([job(n) for n in range(300)])
    assert "sk-wrong-one" not in str(raised.value) + str(asking.lines)
    assert "HTTP 401" in str(raised.value)
    assert server.asked <= 4
    assert asking.replies == {}


def test_an_unknown_model_stops_the_run_at_once(server):
    """And the message has those that the server knows."""
    server.models = ("alpha", "beta")
    with pytest.raises(UsageError, match="does not know model 'm'; it has: alpha, beta"):
        Asking(server, concurrency=2).ask([job(n) for n in range(300)])
    assert server.asked <= 2


def test_an_account_without_money_stops_the_run(server):
    """429 says so by its code: no waiting mends it."""
    server.always = Failure(429, "You exceeded your current quota", "insufficient_quota")
    with pytest.raises(UsageError, match="exceeded your current quota"):
        Asking(server, concurrency=2).ask([job(n) for n in range(100)])
    assert server.asked <= 2


# How it ends


def test_what_done_raises_stops_the_run(server):
    """The engine counts failures; when it has enough, the rest is not asked."""
    seen = []

    def done(_, reply):
        seen.append(reply)
        if len(seen) == 3:
            raise EvaluationError("too many")

    asking = Asking(server, concurrency=2)
    with pytest.raises(EvaluationError, match="too many"):
        asking.backend.ask([job(n) for n in range(200)], done)
    assert server.asked < 100


def test_answers_on_their_way_are_kept():
    """When a run stops, those who wait for an answer get it, within the grace; then no more."""
    with local.running(seconds=0.3) as server:
        refuse_when_all_are_there(server, 4)
        asking = Asking(server, concurrency=4, grace=LONG)
        with pytest.raises(UsageError):
            asking.ask([job(n) for n in range(50)])
        assert len(asking.replies) == server.asked - 1 >= 3


def test_a_server_that_hangs_does_not_keep_the_run_from_ending():
    """Nor is a reply told after `ask` has ended."""
    late, answered, compute = threading.Event(), [], local.OpenAIServer.computed
    with local.running() as server:

        def computed(messages):
            assert late.wait(LONG)
            answered.append(messages)
            return compute(server, messages)

        server.computed = computed
        refuse_when_all_are_there(server, 4)
        asking = Asking(server, concurrency=4, grace=0.05)
        with pytest.raises(UsageError):
            asking.ask([job(n) for n in range(50)])
        assert answered == []
        late.set()
        until(lambda: len(answered) == server.asked - 1)
        time.sleep(0.2)
        assert asking.replies == {}


def test_an_interrupt_ends_it(server):
    """Ctrl-C while everybody waits for the server's pause."""
    server.always = Failure(429, headers={"Retry-After": "60"})
    asking = Asking(server)

    def interrupt():
        import _thread

        while not server.asked:
            time.sleep(0.01)
        time.sleep(0.1)
        _thread.interrupt_main()

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        asking.ask([job(n) for n in range(10)])
