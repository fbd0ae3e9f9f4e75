"""`sightline publish` as a user meets it: exit status, words, and what the Hub holds then."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("matplotlib", reason="needs sightline[publish]")
pytestmark = pytest.mark.slow

tools = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("publish_commands.py"))))
hub, small = tools.hub, tools.small

TEXT, FULL = "org/text", "org/full"
LOAD = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
name = sys.argv[1]
found = {"default": load_dataset(name, split="test").num_rows}
for config in get_dataset_config_names(name):
    for streaming in (False, True):
        data = load_dataset(name, config, split="test", streaming=streaming)
        data = data.remove_columns([n for n in ("image", "ref_images") if n in data.features])
        found[config] = found.get(config, []) + [sum(1 for _ in data)]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A dataset, and a Hub that has it: public without recordings, with tag v1; private with."""
    root = tmp_path_factory.mktemp("before")
    folder = small.mmsi(root / "mmsi")
    with hub.LocalHub(root / "hub") as running:
        running.organisation("org", members=["alice", "bob"])
        alice = tools.Somebody(running, root / "home")
        said = alice.done(folder, TEXT, "--tag", "v1")
        assert f"v1 names {running.head(TEXT)}" in said
        alice.done(folder, FULL, "--include-media")
    return SimpleNamespace(folder=folder, hub=root / "hub")


@pytest.fixture
def running(before, tmp_path):
    """That Hub, to be changed."""
    shutil.copytree(before.hub, tmp_path / "hub")
    with hub.LocalHub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def alice(running, tmp_path):
    """Who published there."""
    return tools.Somebody(running, tmp_path / "home")


@pytest.fixture
def folder(before, tmp_path):
    """The dataset, to be spoilt."""
    return small.copied(before.folder, tmp_path / "mmsi")


def refused(alice, folder, *more, status=1, token=None, sends=False):
    """A command that ends so, with a next step; the Hub is as it was, and what it said."""
    held = tools.holding(alice.running)
    alice.running.log.clear()
    ended = alice.publish(folder, *more, token=token)
    assert ended.status == status, ended.out + ended.err
    assert tools.holding(alice.running) == held
    assert sends or not tools.asked_to_write(alice.running)
    assert "mmsi.publication" not in small.beside(folder)
    last = ended.err.strip().splitlines()
    assert last[-1].startswith("  next: "), ended.err
    return ended


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ((FULL, "--benchmark", "streamgaze"), 2, ("one of mmsi-video", "give the other folder")),
        ((TEXT, "--include-media"), 2, ("org/text is public: recordings", "make it private")),
        (
            ("org/new", "--include-media", "--public"),
            1,
            ("what would be sent has 3 errors, ", "mend what is listed above"),
        ),
        ((TEXT, "--sources", "ego4d"), 2, ("without --include-media none", "add --include-media")),
        ((FULL, "--include-media", "--sources", " , "), 2, ("names no source", "give the names")),
        (
            (FULL, "--include-media", "--sources", "ego4d,imax"),
            2,
            (
                "sources (imax) must be among those of MMSI-Video-Bench",
                "give --sources names of this list",
            ),
        ),
        ((TEXT, "--private"), 2, ("but org/text is public", "make it private on its page")),
        ((TEXT, "--revision", "v1"), 1, ("v1 is a tag of org/text", "choose another --revision")),
        (
            (TEXT, "--tag", "v1", "--changes", "why"),
            1,
            ("org/text has a tag v1 already", "choose another --tag"),
        ),
        (("org", "--dry-run"), 2, ("the repository ('org') must be ORG/NAME", "as org/name")),
        (("a/b/c", "--dry-run"), 2, ("the repository ('a/b/c') must be ORG/NAME", "as org/name")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_a_command_may_not_ask_for(alice, folder, arguments, status, words):
    """The Hub is not even asked to write."""
    ended = refused(alice, folder, *arguments, status=status)
    assert not [each for each in words if each not in ended.err], ended.err


def test_a_dataset_with_errors(alice, folder):
    """All are listed, each with its place and its mend, and nothing is sent."""
    (folder / "media/videos/ego4d/b.mp4").write_bytes(b"\0" * 928)
    (folder / "mmsi.py").write_text("print('I am a loading script')\n")
    card = folder / "README.md"
    card.write_text(card.read_text().replace("---\n", "---\nlicense: mit\nlicense: mit\n", 1))
    ended = refused(alice, folder, FULL, "--include-media", "--changes", "why")
    errors = [line for line in ended.out.splitlines() if line.startswith("error")]
    assert all(" -> " in line for line in errors)
    for words in ("media/videos/ego4d/b.mp4", "mmsi.py", "README.md"):
        assert any(words in line for line in errors), ended.out
    assert f"{folder} has {len(errors)} errors, 1 warning; nothing was sent" in ended.err
    assert "sightline check" in ended.err


@pytest.mark.parametrize(
    ("credential", "what", "mend"),
    [
        ("hf_" + "x" * 34, "the Hub does not accept the token", "hf auth login"),
        ("", "the Hub wants to know who asks, and there is no token", "HF_TOKEN"),
        ("hf_no token", "the token for the Hub has characters that no token has", "copy it again"),
        ("read", "this account or token may not do that on org/text", "--create-pr"),
    ],
    ids=["wrong", "none", "broken", "read-only"],
)
def test_a_token_that_is_of_no_use(alice, folder, credential, what, mend):
    """It is said what is wrong with it, and it is not shown."""
    if credential == "read":
        credential = alice.running.token("alice", role="read")
    ended = refused(alice, folder, TEXT, "--changes", "why", token=credential, sends=True)
    assert what in ended.err
    assert mend in ended.err


def test_a_streamgaze_dataset_without_gaze(alice, tmp_path):
    """Its table of gaze is empty: a file, and no config that load_dataset would stumble at."""
    from streamgaze_task.builder import build

    folder = tmp_path / "streamgaze"
    build(
        small.tiny_streamgaze.make(tmp_path / "release"),
        folder,
        no_gaze_recovery=True,
        progress=False,
    )
    said = alice.done(folder, "org/gaze", "--include-media")
    assert "read back and compared: 13 rows of `questions`, 3 rows of `videos`; " in said
    assert "gaze/test-00000-of-00001.parquet" in alice.running.files("org/gaze")
    loaded = alice.run("-c", LOAD, "org/gaze")
    assert loaded.status == 0, loaded.err
    assert json.loads(loaded.out.splitlines()[-1]) == {
        "default": 13,
        "questions": [13, 13],
        "videos": [3, 3],
    }
    assert "nothing to do" in alice.done(folder, "org/gaze", "--include-media")


def test_a_card_that_somebody_edited_on_the_hub(alice, folder):
    """Theirs stays until --overwrite; a file of others stays whatever is asked for."""
    running = alice.running
    ours = running.read(FULL, "README.md")
    running.commit(FULL, "bob", {"README.md": ours + b"\nBob's words.\n", "notes.txt": b"Bob's"})
    ended = refused(alice, folder, FULL, "--include-media")
    assert "README.md was changed on the Hub by somebody else" in ended.out
    assert "1 file(s) of org/full were not put there by us, or were changed since" in ended.err
    assert "--overwrite" in ended.err
    said = alice.done(folder, FULL, "--include-media", "--overwrite")
    assert "notes.txt is not ours and stays" in said
    assert running.read(FULL, "README.md") == ours
    assert running.read(FULL, "notes.txt") == b"Bob's"


def test_a_pull_request(alice, folder):
    """The branch stays as it is; once it is merged there is nothing to do."""
    running = alice.running
    before = running.files(TEXT)
    said = alice.done(folder, TEXT, "--create-pr", "--changes", "a better card")
    assert f"{running.url}/datasets/{TEXT}/discussions/1" in said
    assert running.files(TEXT) == before
    assert b"a better card" in running.read(TEXT, "README.md", "refs/pr/1")
    running.merge(TEXT, 1, "bob")
    assert "nothing to do" in alice.done(folder, TEXT)


def test_a_branch_that_is_not_there_yet(alice, folder):
    """It is made, with a difference to main or without; main stays, and a new tag is set."""
    running = alice.running
    main = running.head(TEXT)
    said = alice.done(folder, TEXT, "--revision", "next", "--changes", "why", "--tag", "v2")
    assert f"v2 names {running.head(TEXT, 'next')}" in said
    assert running.head(TEXT, "v2") == running.head(TEXT, "next") != main
    said = alice.done(folder, TEXT, "--revision", "same", "--tag", "v3")
    assert "nothing to do" in said
    assert running.head(TEXT, "same") == running.head(TEXT, "v3") == running.head(TEXT) == main
    assert running.head(TEXT, "v1") == main
    assert "v1 names" in alice.done(folder, TEXT, "--tag", "v1"), "where it is already"


def test_a_gated_dataset(alice, folder):
    """Whoever has not been let in can neither publish nor load it, and is told so."""
    running = alice.running
    repository = running.repository(TEXT)
    repository.gated, repository.granted = "manual", ["bob"]
    zoe = tools.Somebody(running, alice.home.with_name("zoe"), name="zoe")
    ended = refused(zoe, folder, TEXT)
    assert "org/text is gated, and this account has not been let in" in ended.err
    assert "ask for access" in ended.err
    loaded = zoe.start("-c", LOAD, TEXT)
    assert "gated" in loaded.communicate(timeout=tools.LONG)[1]
    assert loaded.returncode == 1
    bob = tools.Somebody(running, alice.home.with_name("bob"), name="bob")
    loaded = bob.run("-c", LOAD, TEXT)
    assert loaded.status == 0, loaded.err
    assert json.loads(loaded.out.splitlines()[-1])["default"] == 4
