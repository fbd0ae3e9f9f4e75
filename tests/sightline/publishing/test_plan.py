from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.publishing.plan import bytes_to_send, git_blob_oid, ours, plan, record_of, unread
from sightline.publishing.records import LocalFile, RemoteFile, RemoteState

NAMES = ("README.md", "build.json", "eval.yaml", "media/a.mp4", "media/b.mp4", "notes.md")
names_and_contents = st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=2))


def _sha256(content):
    return hashlib.sha256(content).hexdigest()


def _oid(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324 (git's)


def _local(files):
    """Files whose contents stand in `path`, so that nothing is read from a disk."""
    return {
        name: LocalFile(name, Path(content.hex()), len(content), _sha256(content))
        for name, content in files.items()
    }


def _blob(file):
    return _oid(bytes.fromhex(file.path.name))


def _remote(files, record=None, facts=None):
    """A repository; videos are large files there. `record` is what build.json says was put in."""
    listed = {
        name: {"bytes": len(content), "sha256": _sha256(content)}
        for name, content in (record or {}).items()
        if name != "build.json"
    }
    return RemoteState(
        repository="org/bench",
        exists=True,
        head="0" * 40,
        files={
            name: RemoteFile(
                name,
                len(content),
                _oid(content),
                _sha256(content) if name.endswith(".mp4") else None,
            )
            for name, content in files.items()
        },
        facts=facts if record is None else {"files": listed},
        tags={},
    )


def _plan(local, there, record=None, facts=None):
    """The plan with the digests that a publisher would have read."""
    files, remote = _local(local), _remote(there, record, facts)
    digests = {name: _sha256(there[name]) for name in unread(files, remote, _blob)}
    return plan(files, remote, _blob, digests)


@given(names_and_contents, names_and_contents, names_and_contents)
def test_every_file_has_one_fate_and_only_what_the_record_lists_goes_away(local, there, record):
    """Whatever three states: local, on the Hub, and by the record."""
    found = _plan(local, there, record)
    assert sorted((*found.added, *found.changed, *found.same)) == sorted(local)
    for name in found.deleted:
        assert name not in local
        assert name == "build.json" or record[name] == there[name]
    assert not set(found.left) & {*local, *found.deleted, *found.conflicts}
    applied = {name: there[name] for name in there if name not in found.deleted}
    applied.update({name: local[name] for name in (*found.added, *found.changed)})
    stays = set(found.left) | (set(found.conflicts) - set(local))
    assert applied == local | {name: there[name] for name in stays}


@given(names_and_contents, names_and_contents, names_and_contents)
def test_what_somebody_else_wrote_is_never_replaced_without_a_conflict(local, there, record):
    """A changed file that is no conflict is exactly as the record says, or is the record."""
    record_is_there = "build.json" in there
    for name in set((found := _plan(local, there, record)).changed) - set(found.conflicts):
        assert record_is_there
        assert name == "build.json" or record[name] == there[name]


@given(names_and_contents)
def test_publishing_the_same_again_does_nothing(files):
    """With and without a record."""
    for record in (None, files):
        found = _plan(files, files, record)
        assert found.empty
        assert not found.conflicts
        assert found.same == tuple(sorted(files))


def test_everything_is_new_in_a_repository_that_is_not_there():
    """No files, no facts, nothing to compare."""
    local = _local({"README.md": b"a", "media/a.mp4": b"bc"})
    found = plan(local, RemoteState("org/bench", exists=False), _blob)
    assert found.added == ("README.md", "media/a.mp4")
    assert not found.conflicts
    assert bytes_to_send(found, local) == 3


def test_a_file_of_ours_that_is_no_longer_wanted_goes_away():
    """Large and small ones, as long as they are as we left them."""
    there = {"build.json": b"r", "eval.yaml": b"e", "media/a.mp4": b"a", "media/b.mp4": b"b"}
    found = _plan({"build.json": b"R", "media/b.mp4": b"b"}, there, there)
    assert found.deleted == ("eval.yaml", "media/a.mp4")
    assert found.changed == ("build.json",)
    assert found.same == ("media/b.mp4",)
    assert not found.conflicts


def test_what_others_put_there_stays():
    """Their notes, the Hub's attributes, results of evaluations."""
    others = {".gitattributes": b"x", "notes.md": b"n", ".eval_results/a.yaml": b"v"}
    there = {"build.json": b"r", "media/a.mp4": b"a", **others}
    found = _plan({"build.json": b"R"}, there, {"media/a.mp4": b"a"})
    assert found.left == tuple(sorted(others))
    assert found.deleted == ("media/a.mp4",)
    assert not found.conflicts


@pytest.mark.parametrize("name", ["README.md", "media/a.mp4"])
def test_a_file_that_somebody_changed_is_a_conflict(name):
    """Replaced where we have another content, left where we have none, the same where equal."""
    there, record = {"build.json": b"r", name: b"theirs"}, {name: b"before"}
    wanted = _plan({"build.json": b"r", name: b"new"}, there, record)
    assert (wanted.changed, wanted.conflicts) == ((name,), (name,))
    unwanted = _plan({"build.json": b"r"}, there, record)
    assert (unwanted.deleted, unwanted.left, unwanted.conflicts) == ((), (), (name,))
    equal = _plan({"build.json": b"r", name: b"theirs"}, there, record)
    assert equal.empty
    assert not equal.conflicts


def test_the_same_size_does_not_hide_a_change_of_a_small_file():
    """Only its content tells; `unread` asks for it, and one that is not told is a conflict."""
    local, there = {"build.json": b"r", "README.md": b"new"}, {"build.json": b"r"}
    found = _plan(local, {**there, "README.md": b"abx"}, {"README.md": b"abc"})
    assert found.conflicts == ("README.md",)
    untold = plan(
        _local(local), _remote({**there, "README.md": b"abc"}, {"README.md": b"abc"}), _blob
    )
    assert untold.conflicts == ("README.md",)
    told = _plan(local, {**there, "README.md": b"abc"}, {"README.md": b"abc"})
    assert told.changed == ("README.md",)
    assert not told.conflicts


def test_only_small_files_of_ours_that_would_go_are_read_from_the_hub():
    """Not large ones, not equal ones, not those of another size, not those of others."""
    record = {
        "README.md": b"old",
        "eval.yaml": b"same",
        "croissant.json": b"gone",
        "card.png": b"four",
        "media/a.mp4": b"a",
    }
    there = {**record, "build.json": b"r", "notes.md": b"n", "card.png": b"fives"}
    local = _local({"README.md": b"new", "eval.yaml": b"same", "media/a.mp4": b"b"})
    assert unread(local, _remote(there, record), _blob) == ("README.md", "croissant.json")


def test_no_local_file_is_read_without_need():
    """Git's name is asked only of files that have the size of a small one on the Hub."""
    local = {"README.md": b"a", "eval.yaml": b"bb", "media/a.mp4": b"c", "new.png": b"d"}
    there = {"README.md": b"x", "eval.yaml": b"y", "media/a.mp4": b"z"}
    asked = []

    def blob(file):
        asked.append(file.name)
        return _blob(file)

    found = plan(_local(local), _remote(there), blob)
    assert found.changed == ("README.md", "eval.yaml", "media/a.mp4")
    assert asked == ["README.md"]


def test_a_file_that_somebody_removed_is_not_put_back_in_silence():
    """Somebody may have had to take a recording down."""
    record = {"media/a.mp4": b"a"}
    found = _plan({"build.json": b"r", "media/a.mp4": b"a"}, {"build.json": b"r"}, record)
    assert found.added == ("media/a.mp4",)
    assert found.conflicts == ("media/a.mp4",)
    assert _plan({"build.json": b"r"}, {"build.json": b"r"}, record).empty


def test_in_a_repository_without_our_record_every_other_content_is_a_conflict():
    """The Hub's own attributes are not; nothing is deleted."""
    there = {"README.md": b"by hand", ".gitattributes": b"x", "data.csv": b"1"}
    found = _plan({"README.md": b"card", ".gitattributes": b"y", "build.json": b"r"}, there)
    assert found.conflicts == ("README.md",)
    assert found.changed == (".gitattributes", "README.md")
    assert found.left == ("data.csv",)
    assert not found.deleted


def _entry(content=b"a", **other):
    return {"bytes": len(content), "sha256": _sha256(content), **other}


@pytest.mark.parametrize(
    "facts",
    [
        None,
        {},
        {"files": None},
        {"files": ["media/a.mp4"]},
        {"files": "media/a.mp4"},
        {"files": {"media/a.mp4": None}},
        {"files": {"media/a.mp4": []}},
        {"files": {"media/a.mp4": {"bytes": 1}}},
        {"files": {"media/a.mp4": _entry(sha256=5)}},
        {"files": {"media/a.mp4": _entry(sha256=None)}},
        {"files": {"media/a.mp4": _entry(sha256="a" * 63)}},
        {"files": {"media/a.mp4": _entry(bytes="1")}},
        {"files": {"media/a.mp4": _entry(), "../x": _entry()}},
        {"files": {"media/a.mp4": _entry(), "media/../../x": _entry()}},
        {"files": {"media/a.mp4": _entry(), "/etc/passwd": _entry()}},
        {"files": {"media/a.mp4": _entry(), "media//x": _entry()}},
        {"files": {"media/a.mp4": _entry(), "media\\x": _entry()}},
        {"files": {"media/a.mp4": _entry(), "": _entry()}},
        {"files": {"media/a.mp4": _entry(), ".gitattributes": _entry(b"x")}},
        {"files": {"media/a.mp4": _entry(), ".eval_results/x.yaml": _entry(b"x")}},
        {"files": {"media/a.mp4": _entry(), "build.json": _entry(b"r")}},
        {"files": {"media/a.mp4": _entry(), 5: _entry()}},
    ],
)
def test_a_record_that_we_cannot_have_written_is_no_record(facts):
    """Nothing is deleted, and everything of another content is somebody else's."""
    there = {"build.json": b"r", "media/a.mp4": b"a", ".gitattributes": b"x"}
    assert record_of(_remote(there, facts=facts)) is None
    assert ours(_remote(there, facts=facts)) == frozenset()
    found = _plan({}, there, facts=facts)
    assert found.deleted == ()
    assert found.left == tuple(sorted(there))
    found = _plan({"build.json": b"R", "media/a.mp4": b"b"}, there, facts=facts)
    assert found.conflicts == ("build.json", "media/a.mp4")


def test_a_record_names_files_as_they_are(tmp_path):
    """Git's own name of a file, and the record that a publication leaves."""
    file = tmp_path / "file"
    for content in (b"", b"one\r\ntwo\n", bytes(3 << 20)):
        file.write_bytes(content)
        told = subprocess.run(
            ["git", "hash-object", "--no-filters", str(file)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert git_blob_oid(file) == told.stdout.strip()
    there = {"build.json": b"r", "media/a.mp4": b"a"}
    assert record_of(_remote(there, there)) == {"media/a.mp4": (1, _sha256(b"a"))}
    assert ours(_remote(there, there)) == {"build.json", "media/a.mp4"}
