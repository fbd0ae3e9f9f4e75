"""``build.json`` against the files, and its own types."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.checking import recorded
from sightline.checking.opened import open_dataset
from sightline.progress import Silent


@pytest.fixture
def folder(built, tmp_path):
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(built, tmp_path / "dataset"))


class Counted:
    """A progress that adds up."""

    def __init__(self):
        self.total = self.done = 0

    def start(self, what, total):
        """A step of that size begins."""
        assert what == "checksums"
        self.total += total

    def advance(self, done):
        """That much is done."""
        self.done += done


def found(dataset):
    """Place -> (severity, what) of all findings."""
    findings = list(recorded.check(dataset, Silent()))
    assert all(one.line().isprintable() for one in findings)
    return {one.where: (one.severity, one.what) for one in findings}


def changed(folder, **facts):
    """The dataset with other facts; None takes one out."""
    opened = open_dataset(folder)
    merged = {**opened.facts, **facts}
    return replace(opened, facts={key: value for key, value in merged.items() if value is not None})


def test_a_built_dataset_is_as_recorded(built):
    """Every file is read once, and the progress is told each byte."""
    opened, counted = open_dataset(built), Counted()
    assert list(recorded.check(opened, counted)) == []
    recorded_bytes = sum(entry["bytes"] for entry in opened.facts["files"].values())
    assert counted.done == counted.total == recorded_bytes > 0


def test_every_change_of_a_file_is_told(folder):
    """Missing, shorter, of other content, unknown: all at once."""
    table, *videos = sorted(open_dataset(folder).facts["files"], key=lambda name: "media/" in name)
    assert len(videos) >= 3
    (folder / "README.md").unlink()
    (folder / "questions" / "test-00000-of-00001.parquet").write_bytes(b"PAR1")
    video = next((folder / "media" / "videos").rglob("*.mp4"))
    video.write_bytes(bytes([video.read_bytes()[0] ^ 1]) + video.read_bytes()[1:])
    (folder / "notes.txt").write_text("mine")
    (folder / ".gitattributes").write_text("*.parquet filter=lfs")
    held = found(open_dataset(folder))
    assert {where: severity for where, (severity, _) in held.items()} == {
        "README.md": "error",
        "questions/test-00000-of-00001.parquet": "error",
        video.relative_to(folder).as_posix(): "error",
        "notes.txt": "warning",
    }
    assert "not there" in held["README.md"][1]
    assert "4 bytes" in held["questions/test-00000-of-00001.parquet"][1]
    assert "content" in held[video.relative_to(folder).as_posix()][1]
    assert table


KEYS = ("release", "rows", "skipped", "problems", "survey", "files")
WRONG = (None, 7, "x", [1], [[[[]]]], True, {"a": -1}, {"a": [1]})


@pytest.mark.parametrize(
    ("key", "value"),
    # A survey may hold anything.
    [(k, v) for k in KEYS for v in WRONG if not (k == "survey" and isinstance(v, dict))],
)
def test_every_fact_must_be_of_its_type(built, key, value):
    """And a missing one is told."""
    held = found(changed(built, **{key: value}))
    assert held
    assert all(
        where.startswith(f"build.json {key}") or "/" in where or "." in where for where in held
    )
    assert any(where.startswith(f"build.json {key}") for where in held)


@pytest.mark.parametrize(
    ("name", "entry", "words"),
    [
        ("../outside", {"bytes": 1, "sha256": "0" * 64}, "without '..'"),
        ("/etc/passwd", {"bytes": 1, "sha256": "0" * 64}, "relative"),
        ("a//b", {"bytes": 1, "sha256": "0" * 64}, "relative"),
        ("C:/x", {"bytes": 1, "sha256": "0" * 64}, "relative"),
        ("a\\b", {"bytes": 1, "sha256": "0" * 64}, "relative"),
        ("a\0b", {"bytes": 1, "sha256": "0" * 64}, "relative"),
        ("build.json", {"bytes": 1, "sha256": "0" * 64}, "own checksum"),
        ("README.md", {"bytes": -1, "sha256": "0" * 64}, "at least 0"),
        ("README.md", {"bytes": True, "sha256": "0" * 64}, "at least 0"),
        ("README.md", {"bytes": 1.5, "sha256": "0" * 64}, "at least 0"),
        ("README.md", {"bytes": 1, "sha256": "A" * 64}, "64 hex"),
        ("README.md", {"bytes": 1, "sha256": None}, "64 hex"),
        ("README.md", {"bytes": 1}, "64 hex"),
        ("README.md", [], "an object"),
        ("README.md", {"bytes": 10**4000, "sha256": "0" * 64}, "but build.json says"),
    ],
)
def test_entries_of_files_that_cannot_be(built, name, entry, words):
    """Nothing outside of the folder is ever looked at."""
    files = {**open_dataset(built).facts["files"], name: entry}
    held = found(changed(built, files=files))
    assert any(words in what for _, what in held.values())
    assert {severity for severity, _ in held.values()} == {"error"}


def test_a_config_that_nobody_knows(built):
    """In the counts of rows."""
    rows = {**open_dataset(built).facts["rows"], "extra": 3}
    assert "no such config" in found(changed(built, rows=rows))["build.json rows.extra"][1]


@pytest.mark.parametrize(
    ("publication", "places"),
    [
        ({"repository": "org/name", "media": "none", "changes": ["first"]}, set()),
        ({"repository": "org/name", "pictures": ["assets/a.png"]}, {"pictures"}),
        ({"repository": "name", "changes": "first"}, {"repository", "changes"}),
        ({"repository": "../../x/y", "pictures": [1]}, {"repository", "pictures"}),
        ([], {None}),
    ],
)
def test_what_publishing_adds(built, publication, places):
    """Its types, and the pictures of the card."""
    held = found(changed(built, publication=publication))
    wanted = {f"build.json publication{f'.{place}' if place else ''}" for place in places}
    assert set(held) == wanted


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    facts=st.dictionaries(
        st.sampled_from(
            ["release", "rows", "skipped", "problems", "survey", "files", "publication"]
        ),
        json_values,
    )
)
def test_no_build_json_stops_the_check(built, facts):
    """Whatever its values are."""
    opened = open_dataset(built)
    for one in recorded.check(replace(opened, facts={**opened.facts, **facts}), Silent()):
        json.dumps(one.line()).encode("utf-8")
