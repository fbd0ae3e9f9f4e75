from __future__ import annotations

import hashlib
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import BrokenReleaseError, ReleaseError
from sightline.release import open_release, read_json

hub = runpy.run_path(str(Path(__file__).parents[1] / "hub/load.py"))["hub"]
NAMES = ("a.json", "b.zip")
OPEN = """
import sys
from sightline.errors import SightlineError
from sightline.release import open_release
try:
    release = open_release(sys.argv[1], files=("a.json", "b.zip"))
    print(release.repository, release.revision, [f.path.read_bytes() for f in release.files])
except SightlineError as error:
    print(type(error).__name__, error)
"""


def _folder(path, a=b"[]", b=b"zip"):
    path.mkdir()
    (path / "a.json").write_bytes(a)
    (path / "b.zip").write_bytes(b)
    return path


def _open_in_a_process(spec, url, home):
    command = [sys.executable, "-c", OPEN, spec]
    environment = hub.environment(url, home)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_folder_is_a_release_with_checksums(tmp_path):
    """No revision, but every byte is named."""
    release = open_release(_folder(tmp_path / "r"), files=NAMES)
    assert (release.repository, release.revision) == (None, None)
    assert release.path("b.zip") == tmp_path / "r/b.zip"
    assert release.as_dict()["files"]["b.zip"] == {
        "bytes": 3,
        "sha256": hashlib.sha256(b"zip").hexdigest(),
    }
    assert str(tmp_path) not in json.dumps(release.as_dict())


def test_all_missing_files_of_a_folder_are_named(tmp_path):
    """One error for all of them."""
    with pytest.raises(BrokenReleaseError, match=r"2 problem\(s\)") as caught:
        open_release(tmp_path, files=NAMES)
    assert "a.json: is missing from the release folder" in str(caught.value)
    assert "b.zip: is missing from the release folder" in str(caught.value)


@pytest.mark.parametrize("spec", ["./nowhere", "/nowhere/at/all", "a/b/c", "x", "a b/c"])
def test_what_is_neither_folder_nor_repository_is_refused(spec):
    """The message says what it must be."""
    with pytest.raises(ReleaseError, match="there is no such folder"):
        open_release(spec, files=NAMES)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_json_that_is_whole_is_read(tmp_path_factory, value):
    """Any value comes back."""
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    assert read_json(path) == value


def test_json_numbers_that_are_none_become_none(tmp_path):
    """Tables exported by pandas hold NaN where there is nothing."""
    (tmp_path / "a.json").write_text("[NaN, Infinity, -Infinity, 1e999, 1.5]")
    assert read_json(tmp_path / "a.json") == [None, None, None, None, 1.5]


def test_json_with_a_byte_order_mark_is_read(tmp_path):
    """Editors on Windows write one."""
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf[1]")
    assert read_json(tmp_path / "a.json") == [1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[\n {"id": "x"},\n {"id": "y', "a.json line 3 column 9: .* [(]the file was cut short"),
        (b'[{"id": "x"}, ', "a.json line 1 column 15: .* [(]the file was cut short"),
        (b"", "a.json line 1 column 1: is not whole JSON"),
        (b"[1, 2}", "a.json line 1 column 6: is not whole JSON: Expecting"),
        (b"[\xff]", "a.json: must be UTF-8 text, but byte 1 is not"),
        (b"[" * 100_000, "a.json: is not usable JSON"),
        (b"9" * 5000, "a.json: is not usable JSON"),
    ],
    ids=["in-text", "in-list", "empty", "wrong-bracket", "not-utf8", "too-deep", "huge-number"],
)
def test_broken_json_is_told_with_its_place(tmp_path, content, message):
    """Line and column where there is one."""
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(BrokenReleaseError, match=message):
        read_json(tmp_path / "a.json")


def test_json_that_is_too_large_is_not_read(tmp_path):
    """The size decides, before a byte is read."""
    (tmp_path / "a.json").write_bytes(b"[1, 2, 3]")
    with pytest.raises(BrokenReleaseError, match="must have at most 8 bytes, but has 9"):
        read_json(tmp_path / "a.json", limit=8)


@pytest.fixture(scope="module")
def local_hub(tmp_path_factory):
    """A Hub with one dataset at two revisions, a gated one and an incomplete one."""
    root = tmp_path_factory.mktemp("repositories")
    with hub.LocalHub() as running:
        running.commits = {
            tag: running.add("org/bench", _folder(root / tag, b=tag.encode()), tag=tag)
            for tag in ("v1", "v2", "main")
        }
        running.add("org/gated", root / "v1", gated=True)
        (root / "half").mkdir()
        (root / "half/a.json").write_text("[]")
        running.add("org/half", root / "half")
        yield running


@pytest.mark.parametrize(
    ("spec", "tag"), [("org/bench", "main"), ("org/bench@v1", "v1"), ("org/bench@v2", "v2")]
)
def test_a_revision_of_a_repository_is_resolved_to_its_commit(local_hub, tmp_path, spec, tag):
    """Every file comes from that one commit."""
    out = _open_in_a_process(spec, local_hub.url, tmp_path)
    assert out == f"org/bench {local_hub.commits[tag]} {[b'[]', tag.encode()]}\n"


def test_a_full_commit_that_is_in_the_cache_needs_no_network(local_hub, tmp_path):
    """The second call asks nobody."""
    spec = f"org/bench@{local_hub.commits['v1']}"
    first = _open_in_a_process(spec, local_hub.url, tmp_path)
    assert _open_in_a_process(spec, "http://127.0.0.1:9", tmp_path) == first


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "org/nothing",
            "ReleaseError there is no dataset org/nothing on the Hub, or it is private",
        ),
        ("org/bench@v9", "ReleaseError org/bench has no revision 'v9'"),
        ("org/gated", "ReleaseError org/gated is gated: its authors want you to accept"),
        ("org/half", "b.zip: is missing from org/half"),
    ],
    ids=["unknown", "revision", "gated", "incomplete"],
)
def test_what_the_hub_refuses_is_said_in_our_words(local_hub, tmp_path, spec, message):
    """Each case says what to do next."""
    out = _open_in_a_process(spec, local_hub.url, tmp_path)
    assert message in out
    assert "next: " in out


def test_no_network_is_told_at_once_with_a_way_out(tmp_path):
    """A closed port on loopback is as good as a pulled plug."""
    out = _open_in_a_process("org/bench", "http://127.0.0.1:9", tmp_path)
    assert out.startswith("ReleaseError the Hub cannot be reached for org/bench: ")
    assert "download the files elsewhere and give their folder with --release" in out


def _many(folder):
    for name in (
        "qa/b.json",
        "qa/a.json",
        "qa/deeper/c.json",
        "qa/x.txt",
        "b.zip",
        ".git/qa/d.json",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


PATTERNS = ("qa/*.json", "*.zip", "nothing/*")


def test_patterns_take_what_is_there(tmp_path):
    """Sorted by name, no folder deeper than the pattern says."""
    release = open_release(_many(tmp_path), patterns=PATTERNS)
    assert [file.name for file in release.files] == ["b.zip", "qa/a.json", "qa/b.json"]


def test_a_file_that_is_asked_for_by_name_and_pattern_comes_once(tmp_path):
    """Names come first, in their order."""
    release = open_release(_many(tmp_path), files=("qa/b.json",), patterns=PATTERNS)
    assert [file.name for file in release.files] == ["qa/b.json", "b.zip", "qa/a.json"]


def test_a_folder_in_which_nothing_fits_is_a_release_without_files(tmp_path):
    """It is the builder that knows what must be there."""
    assert open_release(tmp_path, patterns=PATTERNS).files == ()


def test_folders_of_a_release_may_be_links(tmp_path):
    """Large videos often lie on another disk; links that lead nowhere are no files."""
    _many(tmp_path / "elsewhere")
    (tmp_path / "r").mkdir()
    (tmp_path / "r/qa").symlink_to(tmp_path / "elsewhere/qa")
    (tmp_path / "r/gone.zip").symlink_to(tmp_path / "gone")
    release = open_release(tmp_path / "r", patterns=PATTERNS)
    assert [file.name for file in release.files] == ["qa/a.json", "qa/b.json"]


def test_a_pattern_is_no_regular_expression(tmp_path):
    """A dot is a dot."""
    (tmp_path / "axjson").write_text("")
    assert open_release(tmp_path, patterns=("a.json", "*.json")).files == ()


def test_patterns_on_the_hub_take_what_its_page_lists(tmp_path):
    """The same files as from a folder, from one commit."""
    with hub.LocalHub() as running:
        commit = running.add("org/many", _many(tmp_path / "many"))
        program = OPEN.replace('files=("a.json", "b.zip")', f"patterns={PATTERNS!r}")
        command = [sys.executable, "-c", program, "org/many"]
        environment = hub.environment(running.url, tmp_path / "home")
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"org/many {commit} [b'b.zip', b'qa/a.json', b'qa/b.json']\n"


def test_patterns_need_the_hub_even_when_the_commit_is_in_the_cache(tmp_path):
    """What else fits only the Hub can say; without a network that is told at once."""
    with hub.LocalHub() as running:
        commit = running.add("org/many", _many(tmp_path / "many"))
        program = OPEN.replace('files=("a.json", "b.zip")', f"patterns={PATTERNS!r}")
        command = [sys.executable, "-c", program, f"org/many@{commit}"]
        for url in (running.url, "http://127.0.0.1:9"):
            environment = hub.environment(url, tmp_path / "home")
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=True
            )
    assert done.stdout.startswith("ReleaseError the Hub cannot be reached for org/many: ")
