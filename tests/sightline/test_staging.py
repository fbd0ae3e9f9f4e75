from __future__ import annotations

import errno
import hashlib
import os
from types import SimpleNamespace

import pytest

from sightline import staging as staging_module
from sightline.errors import SightlineError, UsageError
from sightline.staging import PartFile, Staging, check_room, new_folder


def _writes(data, facts=None, calls=None):
    def make(file):
        if calls is not None:
            calls.append(data)
        file.write(data)
        return facts or {}

    return make


def test_nothing_appears_before_the_end(tmp_path):
    """The parts are beside OUT until all are finished."""
    staging = Staging(tmp_path / "out", "0123456789abcdef-more")
    staging.part("a/b.txt", "k", _writes(b"hello"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.partial-0123456789abcdef"]
    staging.finish()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert [p.name for p in (tmp_path / "out").rglob("*") if p.is_file()] == ["b.txt"]


def test_a_part_knows_its_size_and_checksum(tmp_path):
    """They are computed while the bytes pass."""
    part = Staging(tmp_path / "out", "k").part("x", "k", _writes(b"hello", {"n": 1}))
    assert (part.size, part.sha256, part.facts) == (
        5,
        hashlib.sha256(b"hello").hexdigest(),
        {"n": 1},
    )


@pytest.mark.parametrize(
    ("spoil", "made_again"),
    [
        (lambda _: None, []),
        (lambda folder: (folder / "x").write_bytes(b"hellO"), [b"hello"]),
        (lambda folder: (folder / "x").unlink(), [b"hello"]),
        (lambda folder: (folder / "journal.jsonl").unlink(), [b"hello"]),
        (lambda folder: (folder / "journal.jsonl").write_text('{"name": "x", "ke'), [b"hello"]),
    ],
    ids=["whole", "changed", "lost", "no-journal", "journal-cut-short"],
)
def test_only_a_part_that_is_whole_is_taken_over(tmp_path, spoil, made_again):
    """Size, checksum and journal decide; everything else is made again."""
    first = Staging(tmp_path / "out", "k")
    first.part("x", "k", _writes(b"hello", {"n": 1}))
    spoil(first.folder)
    calls: list[bytes] = []
    second = Staging(tmp_path / "out", "k")
    part = second.part("x", "k", _writes(b"hello", {"n": 1}, calls))
    assert calls == made_again
    assert part.facts == {"n": 1}
    third = Staging(tmp_path / "out", "k")
    third.part("x", "k", _writes(b"hello", {"n": 1}, calls))
    assert calls == made_again


def test_another_key_makes_the_part_again(tmp_path):
    """The key names what a part is made from."""
    calls: list[bytes] = []
    Staging(tmp_path / "out", "k").part("x", "one", _writes(b"1", calls=calls))
    Staging(tmp_path / "out", "k").part("x", "two", _writes(b"2", calls=calls))
    assert calls == [b"1", b"2"]


def test_a_maker_that_fails_leaves_no_part(tmp_path):
    """The error passes, and what was half written is not in the result."""

    def fail(file):
        file.write(b"half")
        raise RuntimeError("no")

    staging = Staging(tmp_path / "out", "k")
    with pytest.raises(RuntimeError, match="no"):
        staging.part("x", "k", fail)
    staging.part("y", "k", _writes(b"whole"))
    staging.finish()
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["y"]


def test_a_part_that_is_no_longer_asked_for_is_removed(tmp_path):
    """An earlier plan leaves nothing behind."""
    Staging(tmp_path / "out", "k").part("old/x", "k", _writes(b"1"))
    staging = Staging(tmp_path / "out", "k")
    staging.part("y", "k", _writes(b"2"))
    staging.finish()
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["y"]


def test_something_that_appeared_at_out_is_never_replaced(tmp_path):
    """The finished parts stay where they are, and the message says what to do."""
    staging = Staging(tmp_path / "out", "k")
    staging.part("x", "k", _writes(b"1"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(SightlineError, match="must not exist or be empty") as caught:
        staging.finish()
    assert "move it away and rename out.partial-k to out" in str(caught.value)
    assert (tmp_path / "out/mine.txt").read_text() == "mine"
    assert (tmp_path / "out.partial-k/x").read_bytes() == b"1"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_said_so_and_finished_parts_stay(tmp_path, monkeypatch, code):
    """No space, no quota and a size limit read the same."""
    staging = Staging(tmp_path / "out", "k")
    staging.part("x", "k", _writes(b"1"))

    def full(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(PartFile, "write", full)
    with pytest.raises(SightlineError, match=r"the disk is full: .* while writing into") as caught:
        staging.part("y", "k", _writes(b"2"))
    assert "run the same command again: finished parts are kept" in str(caught.value)
    monkeypatch.undo()
    calls: list[bytes] = []
    Staging(tmp_path / "out", "k").part("x", "k", _writes(b"1", calls=calls))
    assert calls == []


def test_a_disk_that_is_too_small_is_noticed_before_the_work(tmp_path, monkeypatch):
    """The message says how much is needed and how much is free."""
    usage = SimpleNamespace(disk_usage=lambda _: SimpleNamespace(free=1000))
    monkeypatch.setattr(staging_module, "shutil", usage)
    check_room(tmp_path, 1000)
    with pytest.raises(SightlineError, match="needs 2,000 bytes more, but 1,000 are free"):
        check_room(tmp_path, 2000)


def test_a_new_folder_appears_whole_or_not_at_all(tmp_path):
    """What goes wrong inside leaves nothing behind, and is passed on."""
    out = tmp_path / "deep" / "out"

    def fail():
        with new_folder(out) as folder:
            (folder / "half").write_text("x")
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fail()
    assert list(out.parent.iterdir()) == []
    with new_folder(out) as folder:
        (folder / "whole").write_text("x")
        assert not out.exists()
    assert [path.name for path in out.iterdir()] == ["whole"]
    with pytest.raises(UsageError, match="is not an empty folder"), new_folder(out):
        pytest.fail("it is not entered")
