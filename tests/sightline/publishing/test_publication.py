from __future__ import annotations

import errno
import hashlib
import json
import os
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from datasets import load_dataset
from hypothesis import given
from hypothesis import strategies as st

from sightline.checking import opened
from sightline.checking.opened import open_dataset
from sightline.checking.run import check_dataset
from sightline.errors import DatasetError
from sightline.findings import failed
from sightline.media_choice import MediaChoice
from sightline.parquet import ClipReader
from sightline.progress import Silent
from sightline.publishing.publication import changes_of, publication
from sightline.publishing.records import Wish

small = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("small_datasets.py"))))

NONE, ALL = MediaChoice(included=False), MediaChoice(included=True)
SCANNET = MediaChoice(included=True, sources=frozenset({"scannet"}))
TABLES = {f"{name}/test-00000-of-00001.parquet" for name in ("frames", "questions", "videos")}
GENERATED = {"README.md", "assets/seen.png", "build.json", "croissant.json", "eval.yaml"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A MMSI-Video-Bench dataset, to be copied."""
    return small.mmsi(tmp_path_factory.mktemp("built") / "mmsi")


@pytest.fixture
def dataset(built, tmp_path):
    """A copy that a test may spoil."""
    return small.copied(built, tmp_path / "mmsi")


@pytest.fixture(autouse=True)
def _plain_cards(request, monkeypatch):
    if "real" not in request.node.name:
        small.plain_cards(monkeypatch)


@pytest.mark.parametrize(
    ("media", "recordings", "frames", "said"),
    [
        (NONE, [], None, "none"),
        (SCANNET, ["scannet/a"], 4, ["scannet"]),
        (
            MediaChoice(included=True, sources=frozenset({"ego4d", "unknown"})),
            ["ego4d/b", "ego4d/c", "nowhere/d"],
            12,
            ["ego4d", "unknown"],
        ),
        (ALL, ["ego4d/b", "ego4d/c", "nowhere/d", "scannet/a"], 16, "all"),
    ],
    ids=["none", "one-source", "two", "all"],
)
def test_a_publication_holds_what_was_chosen_and_nothing_else(
    dataset, media, recordings, frames, said
):
    """All of it stands in build.json, with sizes and checksums; strays stay where they are."""
    (dataset / "questions/notes.txt").write_text("mine")
    (dataset / "media/videos/new.mp4").write_bytes(b"not built")
    before = json.loads((dataset / "build.json").read_text())["files"]
    whole = {name: one["sha256"] for name, one in before.items() if name.endswith(".parquet")}
    with small.published(dataset, media) as made:
        tables = TABLES if frames else TABLES - {"frames/test-00000-of-00001.parquet"}
        names = tables | GENERATED | {f"media/videos/{name}.mp4" for name in recordings}
        found = small.tree(made.folder)
        assert set(found) == set(made.files) == names
        assert list(made.files) == sorted(names)
        for name, file in made.files.items():
            assert (file.name, file.path) == (name, made.folder / name)
            digest = hashlib.sha256(found[name]).hexdigest()
            assert (file.size, file.sha256) == (len(found[name]), digest)
        facts = json.loads(found["build.json"])
        assert facts == made.facts
        assert facts["files"] == {
            name: {"bytes": file.size, "sha256": file.sha256}
            for name, file in made.files.items()
            if name != "build.json"
        }
        rows = {"questions": 4, "frames": frames, "videos": 4}
        assert facts["rows"] == {name: count for name, count in rows.items() if count}
        assert facts["publication"] == {
            "repository": "org/mmsi",
            "media": said,
            "changes": [],
            "pictures": ["assets/seen.png"],
            "built": {
                name: sha256
                for name, sha256 in whole.items()
                if facts["files"].get(name, {}).get("sha256") != sha256
            },
        }
        assert bool(facts["publication"]["built"]) is (said != "all")
    assert not made.folder.exists()


def test_what_the_builder_knew_stays(dataset):
    """The release, the survey and what was left out are facts of the published dataset, too."""
    before = json.loads((dataset / "build.json").read_text())
    with small.published(dataset, SCANNET) as made:
        for name in set(before) - {"files", "rows"}:
            assert made.facts[name] == before[name]


def test_pictures_and_cards_see_the_publication_and_not_the_dataset(dataset):
    """No contact sheet can show a recording that is not published."""
    with small.published(dataset, SCANNET, changes="first\nedition") as made:
        seen = json.loads((made.folder / "assets/seen.png").read_text())
        assert seen == [["media/videos/scannet/a.mp4"], {"questions": 4, "frames": 4, "videos": 4}]
        card = json.loads((made.folder / "README.md").read_text().partition("\n")[2])
        assert card["publication"]["changes"] == ["first edition"]
        assert card["publication"]["pictures"] == ["assets/seen.png"]
        assert set(card["files"]) == set(made.files) & {*TABLES, *seen[0], "assets/seen.png"}
        assert "evaluation_framework: lmms-eval" in (made.folder / "eval.yaml").read_text()


def test_pictures_that_are_left_out_are_in_no_file(dataset):
    """Neither frames nor reference images of another source, whatever file one looks into."""
    release = ClipReader(dataset / "frames")
    frames = {key: list(map(bytes, release.read(key))) for key in release.keys}
    everything = b"".join(small.content(dataset, SCANNET).values())
    (shown,) = (images for key, images in frames.items() if key.startswith("scannet"))
    others = [image for images in frames.values() for image in images if image not in shown]
    others += [small.reference("ref/e.jpg"), small.reference("ref/both.jpg")]
    assert not [image for image in others if image in everything]
    assert all(image in everything for image in [*shown, small.reference("ref/s.jpg")])


def test_the_same_wish_gives_the_same_bytes_everywhere(dataset, tmp_path):
    """So publishing again finds nothing to do, though the folder was moved and looked at."""
    first = small.content(dataset, SCANNET, changes="first edition")
    previous = json.loads(first["build.json"])
    assert small.content(dataset, SCANNET, previous, changes="first edition") == first
    assert small.content(dataset, SCANNET, previous) == first
    moved = tmp_path / "elsewhere" / "other name"
    moved.parent.mkdir()
    dataset.rename(moved)
    for path in moved.rglob("*"):
        os.utime(path, (1, 1))
    assert small.content(moved, SCANNET, previous) == first
    again = json.loads(small.content(moved, SCANNET, previous, changes="second")["build.json"])
    assert again["publication"]["changes"] == ["first edition", "second"]
    assert str(tmp_path) not in repr(first)


def test_what_was_published_can_be_published_again(dataset, tmp_path):
    """From a folder that was downloaded: the same bytes, and no more than it holds."""
    down = tmp_path / "down"
    with small.published(dataset, SCANNET) as made:
        shutil.copytree(made.folder, down)
    first = small.tree(down)
    assert small.content(down, SCANNET) == first
    assert set(first) - set(small.content(down, NONE)) == {
        "frames/test-00000-of-00001.parquet",
        "media/videos/scannet/a.mp4",
    }
    ego4d = MediaChoice(included=True, sources=frozenset({"ego4d", "scannet"}))
    for media, lacking in ((ALL, "ego4d, unknown"), (ego4d, "ego4d")):
        words = f"was published without the recordings of {lacking}, so"
        with pytest.raises(DatasetError, match=words) as caught:
            small.content(down, media)
        assert "publish from the folder that `sightline build` made" in str(caught.value)


def test_streamgaze_keeps_its_gaze(tmp_path):
    """Nothing of it must be written anew: without recordings the tables are the same files."""
    folder = small.streamgaze(tmp_path / "streamgaze")
    egtea = MediaChoice(included=True, sources=frozenset({"egtea"}))
    for media, recordings in ((NONE, 0), (egtea, 2), (ALL, 6)):
        with small.published(folder, media) as made:
            assert made.facts["rows"] == {"questions": 13, "videos": 3, "gaze": 6}
            names = [name for name in made.files if name.startswith("media/")]
            assert len(names) == recordings
            for name in {*made.files} - GENERATED:
                assert (made.folder / name).samefile(folder / name)


@pytest.mark.parametrize("refusal", [None, errno.EXDEV, errno.EPERM, errno.EMLINK])
def test_the_dataset_is_left_as_it_was(dataset, monkeypatch, refusal):
    """Files are linked where that is possible, else copied, and never written to."""

    def no_link(*_, **__):
        raise OSError(refusal, os.strerror(refusal))

    if refusal is not None:
        monkeypatch.setattr(os, "link", no_link)
    before = small.traces(dataset)
    with small.published(dataset, SCANNET) as made:
        name = "media/videos/scannet/a.mp4"
        assert (made.folder / name).samefile(dataset / name) == (refusal is None)
        assert (made.folder / name).read_bytes() == (dataset / name).read_bytes()
        selected = made.folder / "questions/test-00000-of-00001.parquet"
        assert not selected.samefile(dataset / "questions/test-00000-of-00001.parquet")
    assert small.traces(dataset) == before
    assert small.beside(dataset) == [".mmsi.lock"]


def test_checksums_that_a_check_has_made_are_not_made_again(dataset, monkeypatch):
    """Recordings weigh hundreds of GB: each is read once."""
    checked = open_dataset(dataset)
    sums = {name: checked.sha256(name) for name in checked.files}
    read = []
    monkeypatch.setattr(opened, "file_sha256", lambda path, _: read.append(path) or "0" * 64)
    with publication(Wish(dataset, "o/n", ALL), None, Silent(), opened=checked) as made:
        assert read == []
        for name in {*made.files} - GENERATED:
            assert made.files[name].sha256 == sums[name]


def test_a_failure_afterwards_removes_the_publication_and_is_passed_on(dataset):
    """An upload that broke leaves nothing behind; its errors are not taken for those of a disk."""
    error = PermissionError(errno.EACCES, "the Hub says no")
    with pytest.raises(PermissionError) as caught, small.published(dataset, SCANNET):
        raise error
    assert caught.value is error
    assert small.beside(dataset) == [".mmsi.lock"]


@pytest.mark.parametrize("media", [NONE, SCANNET, ALL], ids=["none", "one-source", "all"])
def test_a_publication_with_its_real_card_is_a_dataset(dataset, tmp_path, media):
    """The check finds no error, each config opens by the card, and it is the same each time."""
    with small.published(dataset, media, changes="first edition") as made:
        assert not failed(check_dataset(made.folder))
        for config, count in made.facts["rows"].items():
            for streaming in (False, True):
                # A cache of its own: `datasets` tells local folders by their path alone.
                cache = str(tmp_path / "cache" / config)
                rows = load_dataset(
                    str(made.folder), config, split="test", streaming=streaming, cache_dir=cache
                )
                key = made.rules.config(config).key[0]
                assert len(list(rows.select_columns([key]))) == count
        if not media.included:
            with pytest.raises(ValueError, match="'frames' not found"):
                load_dataset(str(made.folder), "frames", cache_dir=str(tmp_path / "cache"))
        first = small.tree(made.folder)
    assert small.content(dataset, media, json.loads(first["build.json"])) == first


@pytest.mark.parametrize(
    "previous",
    [None, {}, {"publication": None}, {"publication": {"changes": "x"}}, {"publication": []}],
)
def test_changes_of_a_strange_build_file_are_none(previous):
    """It stands on the Hub, where others write too."""
    assert changes_of(previous, "") == []
    assert changes_of(previous, " a\n b ") == ["a b"]


@given(told=st.lists(st.one_of(st.text(), st.integers())), line=st.text())
def test_a_line_is_told_once(told, line):
    """Telling the same again changes nothing, and no line is lost."""
    previous = {"publication": {"changes": told}}
    once = changes_of(previous, line)
    kept = [text for text in told if isinstance(text, str)]
    assert once[: len(kept)] == kept
    assert changes_of({"publication": {"changes": once}}, line) == once
    assert once[len(kept) :] in ([], [" ".join(line.split())])
