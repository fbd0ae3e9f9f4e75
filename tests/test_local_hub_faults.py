"""Faults on demand, a stop and a start: what the real client makes of them."""

import runpy
import threading
import time
from importlib.metadata import version
from pathlib import Path

import pytest

hub = runpy.run_path(str(Path(__file__).parent / "hub/load.py"))["hub"]

since_2 = pytest.mark.skipif(
    version("huggingface_hub").startswith("1."), reason="huggingface_hub 1.x tries less often again"
)
# The waits between two tries are not what is tested here.
CLIENT = """
import json, sys, time
from pathlib import Path
from huggingface_hub import *
slept = []
time.sleep = slept.append
api = HfApi()
kind = {"repo_type": "dataset"}
def said(call, *arguments, **more):
    try:
        return repr(call(*arguments, **more))
    except Exception as error:  # which one it is, is what the test asks
        while isinstance(error, RuntimeError) and error.__cause__:
            error = error.__cause__
        status = getattr(getattr(error, "response", None), "status_code", None)
        return [type(error).__name__, status, " ".join(str(error).split())]
def put(path, data, **more):
    return said(api.upload_file, path_or_fileobj=data, path_in_repo=path, repo_id="org/x",
                **kind, **more)
def tell(*values):
    print(json.dumps(values))
"""
SIZE = 3_000_000
BIG = "b'0123456789' * 300_000"


@pytest.fixture
def org(local_hub):
    """A Hub with one dataset of alice's."""
    local_hub.organisation("org", members=["alice"])
    local_hub.alice = local_hub.token("alice")
    local_hub.commit("org/x", "alice", {"f.txt": b"1", "m/a.mp4": b"0123456789" * 300_000})
    return local_hub


def run(org, home, code):
    """Code after the prelude, as alice."""
    return hub.run_client(org.url, home, CLIENT + code, token=org.alice)


@since_2
def test_a_busy_hub_is_asked_again(org, tmp_path):
    """500 and 503 with growing waits, 429 with the wait that it names, in either header."""
    broken = org.fail(hub.Fault(method="PUT", path="^/_lfs/", status=500, times=2))
    limited = org.fail(hub.Fault(path="/preupload/", status=429, retry_after=7))
    later = org.fail(hub.Fault(path="/objects/batch$", status=503, retry_after=3))
    told = run(org, tmp_path, f"tell(put('v.mp4', {BIG} + b'v')[:2], slept)")
    assert told == ["Co", [8.0, 4.0, 1, 2]]
    assert [fault.happened for fault in (broken, limited, later)] == [2, 1, 1]
    assert org.log.received("^/_lfs/") == 3 * (SIZE + 1)
    assert [r.status for r in org.log.records("^/_lfs/")] == [500, 500, 200]
    reply_of = {r.status for r in org.log.records("/preupload/")}
    assert reply_of == {429, 200}


@since_2
def test_what_does_not_get_better_is_told_in_the_end(org, tmp_path):
    """Six tries, then the status; nothing was committed. Facts are asked for once."""
    org.fail(hub.Fault(method="PUT", path="^/_lfs/", status=500, times=99))
    org.fail(hub.Fault(path="/api/datasets/org/x$", status=429, retry_after=9, times=99))
    before = org.head("org/x")
    code = f"tell(put('v.mp4', {BIG} + b'v'), said(api.dataset_info, 'org/x'))"
    upload, info = run(org, tmp_path, code)
    assert upload[:2] == ["HfHubHTTPError", 500]
    assert info[:2] == ["HfHubHTTPError", 429]
    assert "reached your 'api' rate limit. Retry after 9 seconds (0/500 requests" in info[2]
    assert (org.head("org/x"), len(org.log.records("^/_lfs/"))) == (before, 6)


@since_2
def test_a_connection_is_cut_in_mid_upload(org, tmp_path):
    """The client sends it again; the half of it is nowhere."""
    cut = org.fail(hub.Fault(method="PUT", path="^/_lfs/", drop_request_after=1_000_000))
    assert run(org, tmp_path, f"tell(put('v.mp4', {BIG} + b'v')[:2])") == ["Co"]
    first, second = org.log.records("^/_lfs/")
    assert (cut.happened, first.status, first.received) == (1, None, 1_000_000)
    assert (second.status, second.received) == (200, SIZE + 1)
    assert not list(org.state.root.glob("blobs/.draft-*"))


@since_2
def test_a_connection_is_cut_in_mid_download(org, tmp_path):
    """The client goes on where it was after an early end, and gives up after a reset."""
    org.commit("org/x", "alice", {"long.mp4": b"0123456789" * 1_200_000})
    path = r"resolve/.*long\.mp4$"
    org.fail(hub.Fault(method="GET", path=path, drop_response_after=11_000_000))
    code = """
data = Path(hf_hub_download("org/x", "long.mp4", **kind)).read_bytes()
tell(len(data), data == b"0123456789" * 1_200_000)
"""
    assert run(org, tmp_path / "end", code) == [12_000_000, True]
    first, second = org.log.records(path, "GET")
    assert (first.sent, first.status) == (11_000_000, 200)
    # It keeps whole pieces of 10 MiB.
    assert (second.status, second.range) == (206, "bytes=10485760-")
    assert second.sent == 12_000_000 - 10_485_760
    org.fail(hub.Fault(method="GET", path=path, drop_response_after=1_000_000, reset=True))
    code = 'tell(said(hf_hub_download, "org/x", "long.mp4", **kind)[0])'
    assert run(org, tmp_path / "reset", code) == ["ReadError"]


def test_a_commit_whose_answer_is_lost_was_made(org, tmp_path):
    """The client sees an error and does not repeat it; with the parent it would be a 412."""
    before = org.head("org/x")
    org.fail(hub.Fault(path="/commit/main$", lose_answer=True))
    code = f"""
first = put("g.txt", b"2", parent_commit="{before}")
tell(first[0], put("h.txt", b"3", parent_commit="{before}"))
"""
    first, second = run(org, tmp_path, code)
    assert first == "RemoteProtocolError"
    assert second[:2] == ["HfHubHTTPError", 412]
    assert org.read("org/x", "g.txt") == b"2"
    assert [r.status for r in org.log.records("/commit/main$")] == [None, 412]


def test_somebody_else_commits_just_before(org, tmp_path):
    """A commit that named its parent is refused, one that did not is put on top."""

    def other():
        org.commit("org/x", "alice", {"other.txt": b"0"}, title="before you")

    org.fail(hub.Fault(path="/commit/main$", before=other))
    parent = org.head("org/x")
    code = f"""
tell(put("g.txt", b"2", parent_commit="{parent}"), put("g.txt", b"2")[:2])
"""
    refused, made = run(org, tmp_path, code)
    assert refused[:2] == ["HfHubHTTPError", 412]
    assert made == "Co"
    assert {"other.txt", "g.txt"} <= set(org.files("org/x"))
    titles = [
        c.title for c in org.repository("org/x").history(org.repository("org/x").resolve("main"))
    ]
    assert titles[1] == "before you"


def test_faults_can_wait_for_their_turn(org):
    """`skip` lets requests pass; a fault that is used up is none; the first that matches wins."""
    armed = org.fail(hub.Fault(method="GET", path="/api/datasets", status=503, skip=1, times=2))
    other = org.fail(hub.Fault(path="/api/datasets", status=500, times=1))
    asked = [hub.ask(org.url, "GET", "/api/datasets/org/x").status for _ in range(5)]
    assert asked == [500, 503, 503, 200, 200]
    assert (armed.happened, other.happened) == (2, 1)


def test_a_stopped_hub_goes_on_where_it_was(org, tmp_path):
    """The same address; repositories, names, tokens and uploads are there, in a new server too."""
    org.fail(hub.Fault(path="/commit/main$", status=500))
    code = f"""
tell(put("v.mp4", {BIG} + b"v")[:2], said(api.create_tag, "org/x", tag="v1", **kind))
"""
    assert run(org, tmp_path, code) == [["HfHubHTTPError", 500], "None"]
    url, head = org.url, org.head("org/x", "v1")
    org.stop()
    with pytest.raises(ConnectionRefusedError):
        hub.ask(url, "GET", "/api/datasets/org/x")
    org.start()
    assert org.url == url
    org.log.clear()
    assert run(org, tmp_path, f"tell(put('v.mp4', {BIG} + b'v')[:2])") == ["Co"]
    assert org.log.received("^/_lfs/") == 0
    org.stop()
    with hub.LocalHub(org.state.root) as again:
        assert again.head("org/x", "v1") == head
        assert again.files("org/x") == org.files("org/x")
        who = hub.ask(again.url, "GET", "/api/whoami-v2", token=org.alice).json()
        assert (who["name"], who["orgs"][0]["name"]) == ("alice", "org")


@since_2
def test_a_hub_that_dies_in_mid_upload_and_comes_back(org, tmp_path):
    """The client waits, sends what was lost again, and the commit is made once."""
    died = threading.Event()

    def die():
        org.stop()
        died.set()

    org.fail(hub.Fault(method="PUT", path="^/_lfs/", drop_request_after=500_000, then=die))

    def revive():
        assert died.wait(600)
        time.sleep(0.5)
        org.start()

    reviver = threading.Thread(target=revive)
    reviver.start()
    code = CLIENT.replace("time.sleep = slept.append\n", "")
    code += f"tell(put('v.mp4', {BIG} + b'v')[:2])"
    told = hub.run_client(org.url, tmp_path, code, token=org.alice)
    reviver.join()
    assert told == ["Co"]
    assert [r.status for r in org.log.records("^/_lfs/")] == [None, 200]
    assert len(org.log.records("/commit/main$")) == 1
    assert org.repository("org/x").resolve("main").tree["v.mp4"].size == SIZE + 1


def test_a_fault_of_the_stand_in_itself_is_no_fault_of_the_hub(tmp_path, monkeypatch):
    """It is a 500 for the client, and an error of the test."""
    running = hub.LocalHub(tmp_path / "hub")
    monkeypatch.setattr(running.state, "find", None)
    with pytest.raises(AssertionError, match="the local Hub itself is broken"), running:
        assert hub.ask(running.url, "GET", "/api/datasets/org/x").status == 500
