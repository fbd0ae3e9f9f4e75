"""Whether ``load_dataset`` finds what is meant: tried, and nothing outside is asked for it."""

from __future__ import annotations

import runpy
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.checking import tables

changed = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("changed_tables.py"))))


def found(dataset):
    """Errors and warnings, as lines."""
    return changed.lines(tables.check, dataset)


def test_nothing_is_asked_of_the_network_or_cached(built, monkeypatch):
    """Neither a connection nor a file in the caches."""
    from datasets import config

    def refuse(*_):
        raise AssertionError("a connection was asked for")

    def cached():
        return sorted(Path(config.HF_CACHE_HOME).rglob("*"))

    monkeypatch.setattr(socket.socket, "connect", refuse)
    before = cached()
    assert found(built) == []
    assert cached() == before


def with_card(dataset, old, new):
    """The card with something else in it."""
    path = dataset / "README.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("path: frames/test-*", "path: frames/train-*", "frames: load_dataset must find 1"),
        ("path: frames/test-*", "path: videos/test-*", "frames: load_dataset must find"),
        ("split: test", "split: train", "files of the split test, but finds {'train': 1}"),
        ("config_name: frames", "config_name: pictures", "frames: load_dataset cannot open it"),
        ("path: frames/test-*", "path: https://example.org/test-*", "was not tried"),
        ("path: frames/test-*", "path: hf://datasets/a/b/test-*", "was not tried"),
        ("path: frames/test-*", "path: ../other/test-*", "was not tried"),
        ("path: frames/test-*", "path: /etc/passwd", "was not tried"),
        ("path: frames/test-*", "path: zip://a::b", "was not tried"),
        ("config_name: frames", "config_name: [frames", "was not tried"),
        ("configs:", "configs: &a [*a]\nothers:", "was not tried"),
        ("---\n", "--\n", "load_dataset"),
    ],
)
def test_cards_that_mislead(dataset, old, new, words):
    """What the card says of configs is tried, as far as it stays inside the dataset."""
    with_card(dataset, old, new)
    lines = found(dataset)
    assert any(words in line for line in lines), lines


def test_no_card_is_no_crash(dataset):
    """That there is none is told by the card's own check too."""
    (dataset / "README.md").unlink()
    assert any("load_dataset" in line for line in found(dataset))
    (dataset / "README.md").write_bytes(b"---\n\xff\xfe: 1\n---\n")
    assert any("load_dataset" in line for line in found(dataset))


def test_stale_features_in_the_card(dataset):
    """They would win over the footers."""
    info = "dataset_info:\n- config_name: videos\n  features:\n  - name: fps\n    dtype: string\n"
    with_card(dataset, "configs:", f"{info}configs:")
    (line,) = found(dataset)
    assert line.startswith("error    videos: the card's `dataset_info` says other features")
