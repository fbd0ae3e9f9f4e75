"""Whatever goes wrong: a sentence, a next step, and a repository in its old or its new state."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import runpy
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

import huggingface_hub.constants
import pytest

from sightline.errors import PublishError
from sightline.progress import Silent
from sightline.publishing import reading, sending
from sightline.publishing.hub import Hub
from sightline.publishing.records import Job, LocalFile, Plan
from sightline.publishing.sending import send

local = runpy.run_path(str(Path(__file__).parents[2] / "hub/load.py"))["hub"]

NAME = "org/bench"
CARD = b"---\nlicense: mit\n---\nA card.\n"
_sleep = time.sleep
# What huggingface_hub 2.4 says to its own HTTP library; it is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def running(tmp_path, monkeypatch):
    """A Hub with one dataset; nobody waits long for it."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(time, "sleep", lambda seconds: _sleep(min(seconds, 0.01)))
    monkeypatch.setattr(sending, "BATCH_FILES", 1)
    old = tmp_path / "old"
    old.mkdir()
    (old / "README.md").write_bytes(CARD)
    (old / "gone.txt").write_bytes(b"x")
    with local.LocalHub(tmp_path / "hub") as server:
        server.organisation("org", members=["alice", "bob"])
        server.add(NAME, old)
        yield server
        huggingface_hub.close_session()


@pytest.fixture
def files(tmp_path):
    """What is to be published."""
    contents = {
        "README.md": CARD + b"More.\n",
        "a.mp4": b"\1" * 400_000,
        "b.mp4": b"\2" * 500_000,
        "build.json": b"{}",
    }
    (tmp_path / "new").mkdir()
    found = {}
    for name, content in contents.items():
        path = tmp_path / "new" / name
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        found[name] = LocalFile(name, path, len(content), digest)
    return found


def restart(running):
    """Start it again, once the thread that stops it is done."""
    for _ in range(12_000):
        with contextlib.suppress(OSError):
            running.start()
            return
        _sleep(0.05)


def account(running, user="alice", role="write", seconds=0.0, told=None):
    """The way there of a user."""
    lines = [] if told is None else told
    token = running.token(user, role)
    return Hub(endpoint=running.url, token=token, patience_seconds=seconds, tell=lines.append)


def publish(hub, files, state=None, **more):
    """Put the files there and take one away, in one commit."""
    plan = Plan(("a.mp4", "b.mp4", "build.json"), ("README.md",), ("gone.txt",), (), (), ())
    chosen = {"revision": "main", "create_pr": False, **more}
    state = state or hub.state(NAME)
    texts = {"title": "Publish", "description": "all"}
    return send(hub, Job(NAME, plan, files, state, **texts, **chosen), Silent())


def wanted(files):
    """What the repository holds afterwards."""
    return {name: file.sha256 for name, file in files.items()}


def held(running, revision="main"):
    """What it holds, but for what the Hub itself puts there."""
    found = running.files(NAME, revision)
    found.pop(".gitattributes")
    return found


def commits(running):
    """How many the repository has."""
    return len(running.repository(NAME).commits)


@contextmanager
def refused(running, match):
    """It fails with these words, and the repository is as it was."""
    before, head, count = running.files(NAME), running.head(NAME), commits(running)
    with pytest.raises(PublishError, match=match) as caught:
        yield caught
    assert (running.files(NAME), running.head(NAME), commits(running)) == (before, head, count)
    assert caught.value.next_step
    assert NAME in str(caught.value)


def test_a_server_that_dies_in_mid_upload_and_comes_back_is_waited_for(running, files):
    """And what it has already is not sent again."""
    told = []
    hub = account(running, seconds=120)
    hub.patience.tell = lambda line: (told.append(line), restart(running))
    running.fail(
        local.Fault("/_lfs/", "PUT", skip=1, drop_request_after=200_000, then=running.stop)
    )
    assert publish(hub, files).oid == running.head(NAME)
    assert held(running) == wanted(files)
    assert told[0].startswith("the Hub cannot be reached; waiting 1 s")
    first = [record for record in running.log.records("/_lfs/", "PUT") if record.status == 200]
    assert sorted(record.received for record in first) == [400_000, 500_000]


def test_a_server_that_stays_away_costs_only_what_was_not_sent(running, files):
    """The message counts it, and the same command goes on there."""
    fault = local.Fault("/_lfs/", "PUT", skip=1, drop_request_after=9, then=running.stop)
    running.fail(fault)
    state = account(running).state(NAME)
    with refused(running, "2 of 4 files need not be sent again") as caught:
        publish(account(running), files, state)
    assert "cannot be reached" in caught.value.message
    assert "nothing was changed on org/bench" in caught.value.message
    restart(running)
    running.log.clear()
    publish(account(running), files)
    assert running.log.received("/_lfs/", "PUT") == 500_000
    assert held(running) == wanted(files)


def test_too_many_requests_are_waited_for_as_long_as_the_hub_says(running, files):
    """Where huggingface_hub itself does not."""
    told = []
    running.fail(local.Fault("/commit/", status=429, retry_after=7, times=2))
    publish(account(running, seconds=100, told=told), files)
    assert told == ["the Hub answers 429; waiting 7 s"] * 2
    assert held(running) == wanted(files)


def test_nobody_waits_longer_than_agreed(running, files):
    """An hour is not waited for."""
    running.fail(local.Fault("/commit/", status=429, retry_after=3600, times=99))
    with refused(running, "allows no more requests.*nothing was changed"):
        publish(account(running, seconds=100), files)


@pytest.mark.parametrize("path", ["/preupload/", "objects/batch", "/_lfs/", "/commit/", "validate"])
@pytest.mark.parametrize("status", [500, 503])
def test_a_hub_that_is_not_well_for_a_while(running, files, path, status):
    """Each kind of request, eight times: more than huggingface_hub tries."""
    running.fail(local.Fault(path, status=status, times=8))
    publish(account(running, seconds=300), files)
    assert held(running) == wanted(files)
    assert commits(running) == 3


@pytest.mark.parametrize("path", ["/preupload/", "objects/batch", "/_lfs/", "validate", "verify"])
def test_a_hub_that_stays_unwell(running, files, path):
    """Before the commit it is known that nothing happened."""
    running.fail(local.Fault(path, status=502, times=999))
    with refused(running, "the Hub answers 502.*nothing was changed on org/bench"):
        publish(account(running), files)


@pytest.mark.parametrize("create_pr", [False, True])
def test_a_commit_whose_answer_got_lost_is_not_made_twice(running, files, create_pr):
    """It is looked for first."""
    running.fail(local.Fault("/commit/", "POST", lose_answer=True))
    before = commits(running)
    made = publish(account(running, seconds=60), files, create_pr=create_pr)
    assert commits(running) == before + 1
    assert len(running.repository(NAME).discussions) == int(create_pr)
    assert made.revision == ("refs/pr/1" if create_pr else "main")
    assert bool(made.pull_request) == create_pr
    assert running.head(NAME, made.revision) == made.oid
    assert held(running, made.revision) == wanted(files)


def test_a_commit_that_may_have_been_made_is_called_so(running, files):
    """When the Hub went away for good with its answer."""
    running.fail(local.Fault("/commit/", lose_answer=True, then=running.stop))
    with pytest.raises(PublishError, match="as it was or has the whole new commit"):
        publish(account(running), files)
    assert held(running) == wanted(files)


def test_a_commit_whose_answer_cannot_be_read(running, files):
    """The library stumbles over it, and the commit is there."""
    hub = account(running)
    create = hub.api.create_commit

    def stumbling(*arguments, **more):
        create(*arguments, **more)
        raise KeyError("commitOid")

    hub.api.create_commit = stumbling
    assert publish(hub, files).oid == running.head(NAME)
    assert held(running) == wanted(files)


def test_somebody_elses_commit_in_between(running, files):
    """Whose it is, the plan was not made for it."""
    state = account(running).state(NAME)
    running.commit(NAME, "bob", {"README.md": CARD + b"Bob's.\n"})
    match = f"moved from {state.head[:12]} to {running.head(NAME)[:12]}; nothing of this"
    with refused(running, match):
        publish(account(running), files, state)


def test_somebody_elses_commit_after_a_lost_request(running, files):
    """It is not taken for ours."""
    running.fail(
        local.Fault(
            "/commit/",
            drop_request_after=100,
            then=lambda: running.commit(NAME, "bob", {"bob.txt": b"b"}),
        )
    )
    with pytest.raises(PublishError, match="nothing of this was committed"):
        publish(account(running, seconds=60), files)
    assert set(held(running)) == {"README.md", "gone.txt", "bob.txt"}


def test_a_token_that_is_none_of_the_hubs(running, files):
    """It is told how to get one."""
    hub = account(running)
    state = hub.state(NAME)
    running.revoke(hub._token)
    with pytest.raises(PublishError, match="does not accept the token") as caught:
        hub.user()
    assert "hf auth login" in caught.value.next_step
    with refused(running, "does not accept the token"):
        publish(hub, files, state)
    with refused(running, "does not accept the token"):
        hub.state(NAME)


def test_no_token_at_all(running, monkeypatch):
    """Who publishes must be somebody."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(PublishError, match="there is no token") as caught:
        Hub(endpoint=running.url).user()
    assert "HF_TOKEN" in caught.value.next_step


@pytest.mark.parametrize(
    ("user", "role", "words"),
    [("alice", "read", "write token"), ("zoe", "write", "may not do that on org/bench")],
)
def test_an_account_that_may_not_write(running, files, user, role, words):
    """It learns of pull requests."""
    with refused(running, words) as caught:
        publish(account(running, user, role), files)
    assert "--create-pr" in caught.value.next_step


def test_a_gated_repository_without_access(running, tmp_path):
    """Its files cannot be read, so there is nothing to compare with."""
    (tmp_path / "old/build.json").write_text("{}")
    running.add(NAME, tmp_path / "old", gated=True)
    zoe = account(running, "zoe")
    with refused(running, "gated, and this account has not been let in"):
        zoe.state(NAME)
    with refused(running, "gated, and this account"):
        zoe.fetch(NAME, running.head(NAME), ["README.md"], tmp_path / "out", Silent())
    assert account(running).state(NAME).exists


def test_a_private_repository_of_others(running, files, tmp_path):
    """It is like none."""
    state = account(running).state(NAME)
    running.add(NAME, tmp_path / "old", private=True)
    with refused(running, "no dataset org/bench, or this account may not see it"):
        publish(account(running, "zoe"), files, state)


def test_storage_that_is_used_up(running, files):
    """With the Hub's own words."""
    running.quota("org", 1000)
    with refused(running, "storage on the Hub is used up: .*storage limit reached"):
        publish(account(running), files)


def test_a_commit_that_is_too_large(running, files):
    """It is not tried again."""
    running.fail(local.Fault("/commit/", status=413, message="too many parameters"))
    with refused(running, "too large: .*too many parameters"):
        publish(account(running, seconds=60), files)


def test_a_card_that_the_hub_refuses_is_refused_before_anything_is_sent(running, files):
    """Gigabytes are not sent for a commit that cannot be made."""
    content = b"---\nlicense: [\n---\n"
    files["README.md"].path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    files["README.md"] = LocalFile("README.md", files["README.md"].path, len(content), digest)
    with refused(running, "the Hub refused the request"):
        publish(account(running), files)
    assert not running.log.records("/_lfs/|/preupload/|/commit/")


@pytest.mark.parametrize("name", ["a/b/c", "org/..", "org/a b", "org/--x"])
def test_a_name_that_is_none(running, name):
    """It is not sent to the Hub."""
    with pytest.raises(PublishError, match="no name of a repository") as caught:
        account(running).state(name)
    assert "org/name" in caught.value.next_step


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:9", "http://hub.invalid", "nonsense", "http://["]
)
@pytest.mark.usefixtures("running")
def test_no_network(endpoint):
    """One that was never reached is not waited for, however patient we are."""
    told = []
    hub = Hub(endpoint=endpoint, token="hf_x", patience_seconds=999, tell=told.append)  # noqa: S106
    with pytest.raises(PublishError, match="cannot be reached") as caught:
        hub.state(NAME)
    assert "HF_ENDPOINT" in caught.value.next_step
    assert not told


def test_offline(running, monkeypatch):
    """The user said so."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PublishError, match="HF_HUB_OFFLINE"):
        account(running).state(NAME)


def test_a_disk_that_is_full(running, monkeypatch, tmp_path):
    """While old tables are downloaded."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(reading, "write", full)
    with refused(running, "the disk is full"):
        head = running.head(NAME)
        account(running).fetch(NAME, head, ["gone.txt"], tmp_path / "out", Silent())


def test_a_download_that_breaks_is_begun_again(running, tmp_path):
    """The file appears when it is whole."""
    running.fail(local.Fault("/resolve/", drop_response_after=10))
    out = tmp_path / "out"
    hub = account(running, seconds=60)
    hub.fetch(NAME, running.head(NAME), ["README.md"], out, Silent())
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {"README.md": CARD}


def test_a_file_that_changes_between_plan_and_upload(running, files):
    """Also one of the same size: what counts is what was sent."""
    files["a.mp4"].path.write_bytes(b"\3" * 400_000)
    with refused(running, "a.mp4 was changed while"):
        publish(account(running), files)


@pytest.mark.parametrize("name", ["README.md", "a.mp4"])
@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"other")])
def test_a_file_that_changes_after_it_was_sent(running, files, spoil, name):
    """The commit would not be what was checked."""
    running.fail(local.Fault("/_lfs/", "PUT", skip=1, before=lambda: spoil(files[name].path)))
    with refused(running, f"{name} was changed while"):
        publish(account(running), files)


def test_the_token_is_in_no_text_even_when_the_server_echoes_it(running, files, caplog):
    """Neither in the message nor in what led to it nor in the log."""
    told = []
    hub = account(running, told=told, seconds=5)
    running.fail(local.Fault("/commit/", status=500, message=f"no {hub._token}!"))
    running.fail(local.Fault("/commit/", status=400, message=f"no {hub._token}!"))
    with refused(running, "no <token>!") as caught:
        publish(hub, files)
    shown = "".join(traceback.format_exception(caught.value))
    assert "BadRequestError" in shown
    assert hub._token not in shown + repr(caught.value) + repr(hub) + caplog.text + repr(told)
