"""Media of a dataset: those that rows name, and no others."""

from __future__ import annotations

import os
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.checking import media
from sightline.checking.pictures import has_bytes

changed = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("changed_tables.py"))))
FILE = "videos/test-00000-of-00001.parquet"


def found(dataset, **rules):
    """Errors and warnings, as lines."""
    return changed.lines(media.check, dataset, **rules)


def only(lines, *words):
    """The one line; it has all these words."""
    assert len(lines) == 1, lines
    for word in words:
        assert word in lines[0], lines[0]


def clip(dataset, number):
    """One of its videos."""
    return dataset / f"media/videos/src/clip{number}.mp4"


def test_all_faults_at_once(dataset):
    """Each with its row."""
    clip(dataset, 0).unlink()
    clip(dataset, 1).write_bytes(clip(dataset, 1).read_bytes() + b"more")
    data = bytearray(clip(dataset, 2).read_bytes())
    data[-1] ^= 1
    clip(dataset, 2).write_bytes(data)
    (dataset / "media/videos/src/other.mp4").write_bytes(b"")
    lines = found(dataset)
    for line, place, words in zip(
        lines,
        (*(f"error    {FILE} row {i} " for i in range(3)), "warning  media/videos/src/other.mp4"),
        ("is not there", "and the row says", "has the SHA-256", "stray file: no row names it"),
        strict=True,
    ):
        assert line.startswith(place)
        assert words in line


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_links_are_no_media(dataset, tmp_path):
    """Whatever they lead to."""
    shutil.move(clip(dataset, 0), tmp_path / "kept.mp4")
    clip(dataset, 0).symlink_to(tmp_path / "kept.mp4")
    only(found(dataset), "clip0.mp4 is no regular file")


HOSTILE = [
    "",
    "media",
    "media/",
    "media//a.mp4",
    "media/../build.json",
    "media/./a.mp4",
    "../media/a.mp4",
    "/etc/passwd",
    "/media/a.mp4",
    "media\\a.mp4",
    "C:/media/a.mp4",
    "build.json",
    "media2/a.mp4",
    "media/a\n.mp4",
    "media/\x1b[2J.mp4",
    "media/\x00.mp4",
    "https://example.org/media/a.mp4",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_paths_that_lead_elsewhere(dataset, name):
    """Are told and not followed."""
    changed.change(dataset, "videos", lambda read: read[0].update(video_path=name))
    lines = found(dataset)
    assert f"{FILE} row 0" in lines[0]
    assert "must be a path inside media/, but is " in lines[0]
    assert "\x1b" not in lines[0]
    only(lines[1:], "warning  media/videos/src/clip0.mp4: stray file")


@given(st.text(max_size=20), st.lists(st.sampled_from(["media", "a", "..", ".", "", "b/c", "\\"])))
def test_safe_paths_stay_inside(text, parts):
    """Whatever the path, where it leads is inside, or it is refused."""
    for name in (text, "/".join(parts), f"media/{text}"):
        if media.safe(name):
            whole = os.path.normpath(os.path.join("/data/set", name))  # noqa: PTH118 (lexical)
            assert whole == f"/data/set/{name}"
            assert whole.startswith("/data/set/media/")


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("sha256", None, "sha256 must be a SHA-256, but is None"),
        ("sha256", "", "sha256 must be a SHA-256, but is ''"),
        ("sha256", "A" * 64, "sha256 must be a SHA-256"),
        ("sha256", "0" * 64, "has the SHA-256"),
        ("bytes", None, "and the row says None"),
        ("bytes", -1, "and the row says -1"),
        ("bytes", 2**62, "and the row says 4611686018427387904"),
    ],
)
def test_facts_of_media(dataset, column, value, words):
    """Size and checksum are those of the file."""
    changed.change(dataset, "videos", lambda read: read[1].update({column: value}))
    only(found(dataset), f"{FILE} row 1", words)


def test_null_names_no_file(gaze_dataset):
    """An overlay may be missing, and then nothing speaks of it."""
    nothing = {"overlay_path": None, "overlay_sha256": None, "overlay_bytes": None}
    read = changed.change(gaze_dataset, "videos", lambda read: read[0].update(nothing))
    name = f"media/videos/overlay/{read[0]['video_id']}.mp4"
    only(found(gaze_dataset), f"warning  {name}: stray file")
    (gaze_dataset / name).unlink()
    assert found(gaze_dataset) == []
    changed.change(gaze_dataset, "videos", lambda read: read[0].update(overlay_bytes=7))
    only(found(gaze_dataset), "names no file, but overlay_sha256 or overlay_bytes speaks of one")


def test_media_are_hashed_once(built):
    """Other checks ask for the same checksums; the bar reaches its end all the same."""
    from sightline.checking.opened import open_dataset

    opened, told = open_dataset(built), []
    bar = SimpleNamespace(start=lambda what, total: told.append([what, total]), advance=None)
    bar.advance = lambda done: told[-1].append(int(done))
    for _ in range(2):
        assert list(media.check(opened, bar)) == []
    total = sum(size for name, size in opened.files.items() if name.startswith("media/"))
    assert [(what, whole) for what, whole, *_ in told] == [("media", total)] * 2
    assert [sum(done) for _, _, *done in told] == [total] * 2


def test_unreadable_media(built):
    """A file that goes away meanwhile, as a disk that fails, is a finding."""
    from sightline.checking.opened import open_dataset
    from sightline.progress import Silent

    opened = open_dataset(built)

    def fail(*_):
        raise OSError(5, "Input/output error")

    broken = SimpleNamespace(
        **{name: getattr(opened, name) for name in ("rules", "files", "links", "media", "folder")},
        tables=opened.tables,
        sha256=fail,
    )
    lines = [finding.line() for finding in media.check(broken, Silent())]
    assert len(lines) == 4
    assert all("cannot be read: Input/output error" in line for line in lines)


def test_tables_that_cannot_be_read_make_no_strays(dataset):
    """Their rows may name what lies there."""
    changed.table(dataset, "videos").write_bytes(b"PAR1 nothing PAR1")
    only(found(dataset), f"error    {FILE}: the media that it names cannot be checked")


# What is left out


def by_clip(config, row):
    """Clip 0 is open, the others are not."""
    if config == "questions":
        return frozenset().union(*(by_clip("frames", clip) for clip in row["clips"]))
    name = row.get("clip_id") or row["video_path"]
    return frozenset({"open" if "clip0" in name else "closed"})


def without(dataset, media_choice, *, files=(), frames=(), pictures=()):
    """Say that media are left out; take these files, frames of clips and pictures of rows out."""
    changed.change_facts(dataset, publication={"media": media_choice})
    for number in files:
        clip(dataset, number).unlink()
    gone = {f"src/clip{number}" for number in frames}
    changed.change(dataset, "frames", lambda read: [r for r in read if r["clip_id"] not in gone])

    def clear(read):
        for row in pictures:
            read[row]["ref_images"] = []

    changed.change(dataset, "questions", clear)


def test_everything_that_must_not_be_there_is_told(dataset):
    """Files, rows that are nothing but media, and pictures in rows that stay."""
    without(dataset, ["open"])
    lines = found(dataset, sources_of=by_clip)
    rows = [line for line in lines if "row" in line]
    assert len(rows) == len(lines) == 3 + 12 + 1
    assert sum("is there, but its source is not among those" in line for line in lines) == 3
    assert sum("is of a source that is not passed on" in line for line in lines) == 12
    (picture,) = (line for line in lines if "has pictures" in line)
    assert "questions/test-00000-of-00001.parquet row 1 (question_0001) ref_images" in picture


def test_what_is_allowed_must_be_there(dataset):
    """And is all there is."""
    without(dataset, ["open"], files=(1, 2, 3), frames=(1, 2, 3), pictures=(1,))
    assert found(dataset, sources_of=by_clip) == []
    clip(dataset, 0).unlink()
    only(found(dataset, sources_of=by_clip), "clip0.mp4 is not there")


def test_no_media_at_all(dataset):
    """Neither of known nor of unknown sources."""
    without(dataset, "none", pictures=(1,))
    shutil.rmtree(dataset / "frames")
    lines = found(dataset)
    assert len(lines) == 4
    assert all("its source is not among those" in line for line in lines)
    shutil.rmtree(dataset / "media")
    assert found(dataset) == []


def test_unknown_sources_are_not_allowed_by_name(dataset):
    """A row that tells no source is not passed on, and neither is one that rules fall over."""

    def broken(config, row):
        raise KeyError(config, row)

    without(dataset, ["open"], frames=range(4), pictures=(1,))
    shutil.rmtree(dataset / "frames")
    lines = found(dataset, sources_of=broken)
    assert len(lines) == 4
    assert all("its source is not among those" in line for line in lines)


def test_null_sources_of_the_real_rules(gaze_dataset):
    """A question whose video is null falls to nobody's lot."""
    changed.change_facts(gaze_dataset, publication={"media": ["egtea"]})
    changed.change(gaze_dataset, "videos", lambda read: read[0].update(source=None))
    assert len(found(gaze_dataset)) == 6 - 2 * (_sources(gaze_dataset).count("egtea"))


def _sources(dataset):
    """Sources of the videos."""
    import pyarrow.parquet as pq

    return pq.read_table(changed.table(dataset, "videos"))["source"].to_pylist()


def test_has_bytes():
    """A picture, a list of them, and nothing."""
    assert has_bytes({"bytes": b"x", "path": None})
    assert has_bytes([None, {"bytes": b"", "path": "a"}, {"bytes": b"x"}])
    assert has_bytes(b"x")
    for value in (None, [], [None], {"bytes": None, "path": "a.jpg"}, {"bytes": b""}, {}):
        assert not has_bytes(value)
