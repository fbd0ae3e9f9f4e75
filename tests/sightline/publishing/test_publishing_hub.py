"""The way to the Hub: what is read from it, and what one commit does to it."""

from __future__ import annotations

import hashlib
import json
import runpy
import traceback
from pathlib import Path

import huggingface_hub.constants
import pytest

from sightline.errors import PublishError
from sightline.publishing import hub as hub_module
from sightline.publishing import sending
from sightline.publishing.failures import Patience, passes, sentence, translated
from sightline.publishing.hub import Hub
from sightline.publishing.plan import git_blob_oid
from sightline.publishing.records import Job, LocalFile, Plan
from sightline.publishing.sending import send

local = runpy.run_path(str(Path(__file__).parents[2] / "hub/load.py"))["hub"]

NAME = "org/bench"
# What huggingface_hub 2.4 says to its own HTTP library; it is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


class Bar:
    """A progress that remembers."""

    def __init__(self):
        self.total = self.done = 0

    def start(self, _what, total):
        """Add to the whole."""
        self.total += total

    def advance(self, done):
        """Add to what is done."""
        self.done += done


@pytest.fixture
def running(tmp_path, monkeypatch):
    """A Hub with an organisation of two."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    with local.LocalHub(tmp_path / "hub") as server:
        server.organisation("org", members=["alice", "bob"])
        yield server
        huggingface_hub.close_session()


@pytest.fixture
def hub(running):
    """The way there of one of them, who does not wait."""
    return Hub(endpoint=running.url, token=running.token("alice"), patience_seconds=0)


def put(folder: Path, **contents: bytes) -> dict[str, LocalFile]:
    """Files with these contents; ``__`` in a name is a ``/``, ``_`` before the last part a dot."""
    found = {}
    for key, content in contents.items():
        name = key.replace("__", "/")[::-1].replace("_", ".", 1)[::-1]
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        found[name] = LocalFile(name, path, len(content), digest)
    return found


def plan(added=(), changed=(), deleted=()):
    """A plan that does this."""
    return Plan(tuple(added), tuple(changed), tuple(deleted), (), (), ())


def commit(hub, files, state, todo, progress=None, **more):
    """Do it, on main unless told otherwise."""
    chosen = {
        "title": "Publish",
        "description": "",
        "revision": "main",
        "create_pr": False,
    }
    return send(hub, Job(NAME, todo, files, state, **{**chosen, **more}), progress or Bar())


def test_user_is_who_the_token_says(hub):
    """By whoami."""
    assert hub.user() == "alice"


def test_a_repository_that_is_not_there_has_no_state(hub):
    """It is no error: publishing makes it."""
    state = hub.state(NAME)
    assert (state.exists, state.head, state.files, state.facts) == (False, None, None, None)


def test_a_private_repository_of_others_is_like_none(running, hub, tmp_path):
    """The Hub does not tell strangers."""
    running.add("zoe/secret", tmp_path, private=True)
    assert not hub.state("zoe/secret").exists


def test_state_holds_files_facts_tags_and_visibility_of_one_commit(running, hub, tmp_path):
    """Large files by SHA-256, small ones by git."""
    folder = tmp_path / "data"
    files = put(folder, build_json=b'{"benchmark": "x"}', media__a_mp4=b"\0" * 999)
    head = running.add(NAME, folder, tag="v1", private=True)
    running.tree_page = 1  # every file on a page of its own
    state = hub.state(NAME)
    assert (state.exists, state.private, state.head) == (True, True, head)
    assert state.tags == {"v1": head}
    assert state.facts == {"benchmark": "x"}
    video = state.files["media/a.mp4"]
    assert (video.size, video.sha256) == (999, files["media/a.mp4"].sha256)
    text = state.files["build.json"]
    assert (text.sha256, text.oid) == (None, git_blob_oid(files["build.json"].path))
    assert set(state.files) == {".gitattributes", "build.json", "media/a.mp4"}


def test_a_branch_that_is_not_there_shows_main(running, hub, tmp_path):
    """From which it is made, once."""
    put(tmp_path / "data", a_txt=b"x")
    head = running.add(NAME, tmp_path / "data")
    state = hub.state(NAME, "next")
    assert state.head is None
    assert "a.txt" in state.files
    hub.branch(NAME, "next", None)
    hub.branch(NAME, "next", None)
    assert hub.state(NAME, "next").head == head


def test_a_tag_is_no_branch(running, hub, tmp_path):
    """A commit would have to move it."""
    running.add(NAME, tmp_path / "hub" / "blobs", tag="v1")
    with pytest.raises(PublishError, match="v1 is a tag"):
        hub.state(NAME, "v1")


@pytest.mark.parametrize("content", [b"[1]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_facts_that_are_no_object_are_none(running, hub, tmp_path, content):
    """Anybody may have written the file."""
    put(tmp_path / "data", build_json=content)
    running.add(NAME, tmp_path / "data")
    assert hub.state(NAME).facts is None


def test_facts_that_are_too_large_are_not_read(running, hub, tmp_path, monkeypatch):
    """Its size is known before."""
    monkeypatch.setattr(hub_module, "FACTS_LIMIT_BYTES", 10)
    put(tmp_path / "data", build_json=b'{"a": "bcdefghi"}')
    running.add(NAME, tmp_path / "data")
    assert hub.state(NAME).facts is None
    assert not running.log.records("/resolve/")


def test_read_gives_content_up_to_a_limit(running, hub, tmp_path):
    """Small files and large ones."""
    put(tmp_path / "data", a_txt=b"hello", b_mp4=b"\0" * 5)
    head = running.add(NAME, tmp_path / "data")
    assert hub.read(NAME, head, "a.txt", 5) == b"hello"
    with pytest.raises(PublishError, match="more than 4 bytes"):
        hub.read(NAME, head, "a.txt", 4)
    with pytest.raises(PublishError, match="does not have a file"):
        hub.read(NAME, head, "c.txt", 4)
    state = hub.state(NAME)
    for name, content in (("a.txt", b"hello"), ("b.mp4", b"\0" * 5)):
        assert hub.sha256(state, name, 10) == hashlib.sha256(content).hexdigest()


def test_fetch_writes_into_the_folder_and_no_cache(running, hub, tmp_path):
    """Nothing else appears beside the files."""
    put(tmp_path / "data", questions__test_parquet=b"PAR1" * 100, a_txt=b"x")
    head = running.add(NAME, tmp_path / "data")
    bar = Bar()
    out = tmp_path / "out"
    found = hub.fetch(NAME, head, ["questions/test.parquet", "a.txt"], out, bar)
    assert found == [out / "questions/test.parquet", out / "a.txt"]
    assert [path.read_bytes() for path in found] == [b"PAR1" * 100, b"x"]
    assert bar.done == bar.total == 401
    assert sum(path.is_file() for path in out.rglob("*")) == 2


@pytest.mark.parametrize("name", ["../a", "/etc/a", "a/../../b", "a\\..\\b", ""])
def test_fetch_never_leaves_the_folder(running, hub, tmp_path, name):
    """Names come from the network."""
    head = running.add(NAME, tmp_path / "hub" / "blobs")
    with pytest.raises(PublishError, match="leave its folder"):
        hub.fetch(NAME, head, [name], tmp_path / "out", Bar())
    assert not (tmp_path / "out").exists()


def test_create_leaves_what_is_there(running, hub):
    """Also whether it is private."""
    hub.create(NAME, private=True)
    hub.create(NAME, private=False)
    assert running.repository(NAME).private


def test_a_tag_is_set_once_and_never_moved(running, hub, tmp_path):
    """People cite it."""
    first = running.add(NAME, tmp_path / "hub" / "blobs")
    second = running.commit(NAME, "bob", {"a.txt": b"x"})
    hub.tag(NAME, "v1", first, "one")
    hub.tag(NAME, "v1", first, "one")
    with pytest.raises(PublishError, match="has a tag v1 already"):
        hub.tag(NAME, "v1", second, "two")
    assert running.repository(NAME).tags == {"v1": first}


def test_one_commit_adds_changes_and_deletes_and_leaves_the_rest(running, hub, tmp_path):
    """And says what it is in plain text."""
    put(tmp_path / "old", a_txt=b"old", gone_txt=b"x", mine_txt=b"theirs")
    before = running.add(NAME, tmp_path / "old")
    files = put(tmp_path / "new", a_txt=b"new", media__v_mp4=b"\1" * 3000, empty_txt=b"")
    bar = Bar()
    todo = plan(["empty.txt", "media/v.mp4"], ["a.txt"], ["gone.txt"])
    made = commit(hub, files, hub.state(NAME), todo, bar, title="T", description="D\n<b>x</b>")
    assert made.oid == running.head(NAME)
    assert (made.pull_request, made.revision) == (None, "main")
    assert made.oid in made.url
    after = running.files(NAME)
    expected = {name: file.sha256 for name, file in files.items()}
    assert {name: after[name] for name in files} == expected
    assert set(after) == {*files, "mine.txt", ".gitattributes"}
    record = running.repository(NAME).commits[made.oid]
    assert (record.parent, record.title, record.message) == (before, "T", "D\n<b>x</b>")
    assert bar.done == bar.total == 3003
    assert len(running.log.records("/commit/")) == 1


def test_a_pull_request_leaves_the_branch(running, hub, tmp_path):
    """Its commit can be read by its own reference."""
    running.add(NAME, tmp_path / "hub" / "blobs")
    before = running.files(NAME)
    files = put(tmp_path / "new", v_mp4=b"\1" * 30)
    made = commit(hub, files, hub.state(NAME), plan(["v.mp4"]), create_pr=True)
    assert made.revision == "refs/pr/1"
    assert made.pull_request.endswith("/discussions/1")
    assert running.files(NAME) == before
    assert "v.mp4" in running.files(NAME, "refs/pr/1")
    assert hub.resolve(NAME, made.revision) == made.oid


def test_what_is_there_is_not_sent_again(running, hub, tmp_path):
    """The Hub knows contents by their SHA-256."""
    running.add(NAME, tmp_path / "hub" / "blobs")
    files = put(tmp_path / "new", a_mp4=b"\1" * 5000, b_mp4=b"\2" * 7000)
    commit(hub, {"a.mp4": files["a.mp4"]}, hub.state(NAME), plan(["a.mp4"]))
    running.log.clear()
    commit(hub, files, hub.state(NAME), plan(["b.mp4", "a.mp4"]))
    assert running.log.received("/_lfs/", "PUT") == 7000


def test_batches_are_bounded_in_files_and_bytes(tmp_path, monkeypatch):
    """A file larger than a batch goes alone."""
    monkeypatch.setattr(sending, "BATCH_FILES", 3)
    monkeypatch.setattr(sending, "BATCH_BYTES", 100)
    sizes = [10, 10, 10, 10, 95, 300, 1]
    files = [LocalFile(str(i), tmp_path, size, "") for i, size in enumerate(sizes)]
    found = [[file.size for file in batch] for batch in sending._batches(files)]
    assert found == [[10, 10, 10], [10], [95], [300], [1]]


def test_the_hubs_gitignore_leaves_nothing_out(running, hub, tmp_path):
    """The local Hub keeps none, so what is asked for is what is tested."""
    put(tmp_path / "old", a_txt=b"old")
    running.add(NAME, tmp_path / "old")
    asked = []
    upload = hub.api.preupload_lfs_files

    def spied(*arguments, **more):
        asked.append(more.get("gitignore_content"))
        upload(*arguments, **more)

    hub.api.preupload_lfs_files = spied
    commit(hub, put(tmp_path / "new", v_mp4=b"\1"), hub.state(NAME), plan(["v.mp4"]))
    assert asked == ["", None]
    assert len(running.log.records("/preupload/")) == 1


def test_environment_is_the_same_account(running, hub):
    """And the token is in no repr."""
    assert hub.environment() == {"HF_ENDPOINT": running.url, "HF_TOKEN": hub._token}
    assert hub._token not in repr(hub) + repr(vars(hub)["patience"])


def test_state_is_json_of_strangers(running, hub, tmp_path):
    """Nothing in it is acted upon here."""
    put(tmp_path / "data", build_json=json.dumps({"files": {"../x": 1}}).encode())
    running.add(NAME, tmp_path / "data")
    assert hub.state(NAME).facts == {"files": {"../x": 1}}


@pytest.mark.parametrize("token", ["hf_a\nb", "hf_\x01", "hf_ü", "hf_ a"])
def test_a_token_that_cannot_be_one_is_not_shown_by_the_http_library(token):
    """It would put it into its complaint."""
    with pytest.raises(PublishError) as caught:
        Hub(token=token)
    assert token not in "".join(traceback.format_exception(caught.value))


def test_other_errors_are_not_dressed_up():
    """A fault of ours must look like one."""
    with pytest.raises(KeyError), translated(NAME):
        raise KeyError("x")
    assert sentence(ValueError("x"), NAME) is None
    assert not passes(ValueError("x"))


def test_patience_lets_through_what_does_not_pass():
    """At once."""
    tries = []
    with pytest.raises(KeyError):
        Patience(999).ask(lambda: tries.append(1) or {}["x"])
    assert tries == [1]


def test_a_client_that_another_thread_closed_is_a_lost_connection():
    """All uploads share one, and huggingface_hub closes it when one of them fails."""
    closed = RuntimeError("Cannot send a request, as the client has been closed.")
    wrapped = RuntimeError("Error while uploading 'a.mp4' to the Hub.")
    wrapped.__cause__ = closed
    assert passes(closed)
    assert passes(wrapped)
    assert sentence(wrapped, "org/name") is not None
    assert not passes(RuntimeError("something of ours"))
    assert sentence(RuntimeError("something of ours"), "org/name") is None
