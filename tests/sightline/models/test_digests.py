"""What a folder of weights holds, as one number."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from sightline.errors import UsageError
from sightline.models import digests
from sightline.models.digests import default_memory, folder_digest


@pytest.fixture
def folder(tmp_path):
    """A checkpoint's files, as far as names matter."""
    made = tmp_path / "model"
    (made / "additional_chat_templates").mkdir(parents=True)
    (made / "shards").mkdir()
    (made / "checkpoint-500").mkdir()
    files = {
        "config.json": "{}",
        "chat_template.jinja": "{{ messages }}",
        "additional_chat_templates/short.jinja": "short",
        "tokenizer.model": "pieces",
        "merges.txt": "a b",
        "model.safetensors": "0123456789" * 1000,
        "shards/1.safetensors": "shard",
        "model.safetensors.index.json": json.dumps({"weight_map": {"w": "shards/1.safetensors"}}),
        "README.md": "words",
        "training_args.bin": "pickle",
        "checkpoint-500/model.safetensors": "older",
    }
    for name, text in files.items():
        (made / name).write_text(text)
    return made


@pytest.fixture
def settled(monkeypatch):
    """Every file counts as old enough to be remembered."""
    monkeypatch.setattr(digests, "SETTLED_SECONDS", -1.0)


def wait_for_a_tick(path, probe):
    """Until the file system's clock has gone on since a file was written: a change is seen."""
    while True:
        probe.write_text("")
        if probe.stat().st_ctime_ns > path.stat().st_ctime_ns:
            return


@pytest.mark.parametrize(
    "name",
    [
        "config.json", "chat_template.jinja", "additional_chat_templates/short.jinja",
        "tokenizer.model", "merges.txt", "model.safetensors", "shards/1.safetensors",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("settled")
def test_every_byte_counts(folder, tmp_path, name):
    """One byte, in the same length, with the time of modification put back."""
    before = folder_digest(folder, memory=tmp_path / "memory")
    path = folder / name
    about = path.stat()
    wait_for_a_tick(path, tmp_path / "probe")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert path.stat().st_mtime_ns == about.st_mtime_ns
    assert folder_digest(folder, memory=tmp_path / "memory") != before


@pytest.mark.parametrize(
    "name", ["README.md", "training_args.bin", "checkpoint-500/model.safetensors"]
)
def test_what_is_never_loaded_does_not_count(folder, tmp_path, name):
    """Notes, pickles, and the checkpoints of a training below the folder."""
    before = folder_digest(folder, memory=tmp_path / "memory")
    (folder / name).write_text("another")
    assert folder_digest(folder, memory=tmp_path / "memory") == before


def test_names_count(folder, tmp_path):
    """The same contents under another name are another checkpoint; a new file is one too."""
    before = folder_digest(folder, memory=tmp_path / "memory")
    (folder / "merges.txt").rename(folder / "vocab.txt")
    renamed = folder_digest(folder, memory=tmp_path / "memory")
    (folder / "special_tokens_map.json").write_text("{}")
    assert len({before, renamed, folder_digest(folder, memory=tmp_path / "memory")}) == 3


def test_the_place_does_not_count(folder, tmp_path):
    """A copy elsewhere is the same checkpoint."""
    copy = shutil.copytree(folder, tmp_path / "elsewhere" / "copy")
    memory = tmp_path / "memory"
    assert folder_digest(copy, memory=memory) == folder_digest(folder, memory=memory)


@pytest.mark.usefixtures("settled")
def test_a_file_is_read_once(folder, tmp_path, monkeypatch):
    """The second start looks its digest up, and reads only what has changed."""
    read = []

    def noted(path, real=digests._sha256):
        read.append(path.name)
        return real(path)

    monkeypatch.setattr(digests, "_sha256", noted)
    memory = tmp_path / "memory"
    first = folder_digest(folder, memory=memory)
    count = len(read)
    assert folder_digest(folder, memory=memory) == first
    assert (count, len(read)) == (8, 8)
    (folder / "config.json").write_text("{ }")
    assert folder_digest(folder, memory=memory) != first
    assert read[count:] == ["config.json"]


def test_a_file_that_just_changed_is_not_remembered(folder, tmp_path, monkeypatch):
    """A second change within the file system's tick would look the same."""
    monkeypatch.setattr(digests, "SETTLED_SECONDS", 600.0)  # this machine may be slow
    folder_digest(folder, memory=tmp_path / "memory")
    assert list((tmp_path / "memory").glob("*.json")) == []


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("text", ["", "[]", "{", '{"told": 3}', "\x00"])
def test_a_broken_memory_is_made_anew(folder, tmp_path, text):
    """What a killed process or another version left there changes nothing."""
    memory = tmp_path / "memory"
    before = folder_digest(folder, memory=memory)
    for note in memory.glob("*.json"):
        note.write_text(text)
    assert folder_digest(folder, memory=memory) == before


def test_no_memory_is_needed(folder, tmp_path):
    """Where nothing can be written, files are read each time."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a folder")
    assert folder_digest(folder, memory=blocked) == folder_digest(folder, memory=tmp_path / "m")


@pytest.mark.parametrize("text", ["{", "{}", json.dumps({"weight_map": {"w": "gone.safetensors"}})])
def test_an_index_that_cannot_be_followed_is_refused(folder, tmp_path, text):
    """Broken JSON, no map, or a file that is not there."""
    (folder / "model.safetensors.index.json").write_text(text)
    with pytest.raises(UsageError, match="cannot be read"):
        folder_digest(folder, memory=tmp_path / "memory")


def test_digests_are_remembered_below_hf_home(monkeypatch, tmp_path):
    """Where everything that can be made again is kept."""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert default_memory() == tmp_path / "sightline" / "digests"
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert str(default_memory()) == "/cache/huggingface/sightline/digests"
