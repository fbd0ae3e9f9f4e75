"""The backend of --model sightline_openai against a server on loopback: order, replies, counts."""

from __future__ import annotations

import runpy
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("openai", reason="needs sightline[eval]")

TESTS = Path(__file__).parents[2]
local = SimpleNamespace(**runpy.run_path(str(TESTS / "openai_server.py")))
asking_code = SimpleNamespace(**runpy.run_path(str(TESTS / "openai_asking.py")))
Asking, job, messages_of = asking_code.Asking, asking_code.job, asking_code.messages_of


@pytest.fixture
def server():
    """A server that answers at once."""
    with local.running() as running:
        yield running


def numbers(server):
    """The jobs in the order in which the server saw them."""
    return [int(body["messages"][-1]["content"][0]["text"].split()[1]) for body in server.bodies]


# What is asked


def test_every_job_is_answered_once(server):
    """With the server's answer to it, and its token counts."""
    replies = Asking(server).ask([job(n) for n in range(40)])
    assert sorted(replies) == list(range(40))
    for number, reply in replies.items():
        assert reply.error is None
        sent = [{"role": "user", "content": [{"type": "text", "text": f"question {number}"}]}]
        assert reply.text == local.answer_of(sent)
        assert reply.input_tokens > 0
        assert (reply.output_tokens, dict(reply.details)) == (1, {})
        assert reply.seconds > 0
    assert server.asked == 40


def test_no_jobs(server):
    """A rank may have nothing to do; nobody is asked and nothing is said."""
    asking = Asking(server)
    assert asking.ask([]) == {}
    assert (server.asked, asking.lines) == (0, [])


def answer_when_all_are_there(server, count):
    """No request is answered before so many are in flight, once; a slow machine takes its time."""
    all_there, compute = threading.Event(), server.computed

    def computed(messages):
        if server.most_in_flight >= count:
            all_there.set()
        all_there.wait(60)
        return compute(messages)

    server.computed = computed


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_so_many_requests_are_in_flight(concurrency):
    """All places are used, and never one more."""
    with local.running(seconds=0.03) as server:
        answer_when_all_are_there(server, concurrency)
        Asking(server, concurrency=concurrency).ask([job(n) for n in range(30)])
        assert server.most_in_flight == concurrency


def test_one_at_a_time_keeps_the_order(server):
    """Exactly, whatever the groups."""
    jobs = [job(n, f"video {n % 3}") for n in range(12)]
    Asking(server, concurrency=1, per_group=0).ask(jobs)
    assert numbers(server) == list(range(12))


def test_a_video_is_asked_about_one_after_the_other():
    """So each request finds its predecessor's frames in the server's cache; nobody idles."""
    jobs = [job(10 * video + n, f"video {video}") for video in range(8) for n in range(6)]
    with local.running(seconds=0.02) as server:
        answer_when_all_are_there(server, 4)
        Asking(server, concurrency=4).ask(jobs)
        assert server.most_in_flight == 4
    seen = numbers(server)
    for video in range(6):  # the last ones share the places that are left over
        assert [n for n in seen if n // 10 == video] == [10 * video + n for n in range(6)]


def test_preparing_does_not_hold_up_the_server():
    """Messages are made in several threads at a time, while others wait for the server."""
    both = threading.Barrier(2)

    def slow(asked):
        both.wait(60)  # in vain, and an error, where one prepares alone
        return messages_of(asked)

    with local.running() as server:
        Asking(server, messages=slow, concurrency=4).ask([job(n) for n in range(20)])
        assert server.asked == 20


def test_identity_names_the_encoding(server):
    """And neither the key nor how many are asked at a time."""
    identity = Asking(server, api_key="sk-secret").backend.identity
    assert identity["encoding"] == "jpeg-q95-444"
    assert "sk-secret" not in str(identity)


# What comes back


def test_thinking_stands_apart(server):
    """As vLLM's reasoning parsers give it, with its tokens."""
    server.thinking = "Let me see."
    (reply,) = Asking(server).ask([job(0)]).values()
    assert reply.thinking == "Let me see."
    assert reply.text in "ABCD"
    assert reply.reasoning_tokens == len("Let me see.")


def test_thinking_that_the_server_left_in(server):
    """Is taken out by whoever knows its marks."""
    (reply,) = Asking(server, split=lambda text: ("hm", text * 2)).ask([job(0)]).values()
    assert (reply.thinking, len(reply.text)) == ("hm", 2)


def test_an_answer_cut_short_says_so(server):
    """finish_reason length is in the record."""
    server.finish_reason = "length"
    (reply,) = Asking(server).ask([job(0)]).values()
    assert reply.details == {"finish_reason": "length"}


def test_stop_strings_are_no_part_of_the_answer(server):
    """Even of a server that does not know them."""
    (reply,) = Asking(server).ask([job(0, until=list("ABCD"))]).values()
    assert reply.text == ""
    assert server.bodies[0]["stop"] == list("ABCD")


def test_the_hit_rate_is_told():
    """Cached tokens are in each record, and their share in the last line."""
    frames = [{"type": "image", "url": f"data:image/png;base64,{n}AAA"} for n in range(5)]

    def messages(asked):
        text = {"type": "text", "text": f"question {asked.doc_id}"}
        return [{"role": "user", "content": [*frames, text]}]

    with local.running(cache_blocks=1000) as server:
        asking = Asking(server, messages=messages, concurrency=1)
        replies = asking.ask([job(n, "video") for n in range(4)])
        assert [replies[n].details["cached_tokens"] for n in asking.order] == [0, 448, 448, 448]
        share = 100 * server.hit_rate
    assert 70 < share < 75
    assert f"{share:.1f} % from the server's prefix cache" in asking.lines[-1]
    assert "4 answers, 0 retries" in asking.lines[-1]


def test_azure_asks_for_the_deployment(server):
    """Its address has the model's name."""
    base = server.url.removesuffix("/v1")
    replies = Asking(server, base_url=base, azure_openai=True, azure_version="v7", api_key="k").ask(
        [job(0)]
    )
    assert replies[0].error is None
    assert server.paths == ["/openai/deployments/m/chat/completions?api-version=v7"]
