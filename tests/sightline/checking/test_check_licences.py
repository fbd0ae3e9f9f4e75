"""Whose recordings are there, and whether they may be passed on."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from mmsi_video.builder import build
from mmsi_video.dataset_rules import rules
from sightline.checking import licences
from sightline.checking.licences import media_counts, source_findings
from sightline.checking.opened import open_dataset
from sightline.media_choice import MediaChoice
from sightline.progress import Silent

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "tiny_release.py")))
ALL, NONE = MediaChoice(included=True), MediaChoice(included=False)


def some(*names):
    """The recordings of these sources."""
    return MediaChoice(included=True, sources=frozenset(names))


def records():
    """Four questions: two clips of ScanNet, one of ScanNet++, one of ARKitScenes."""
    made = [tiny.record(i) for i in range(4)]
    folders = ("scannet", "scannet", "scannetpp", "arkitscenes")
    for i, (item, folder) in enumerate(zip(made, folders, strict=True)):
        for video in item["video_list"]:
            owner = folder if video["path"].endswith(f"clip{i}.mp4") else "scannet"
            video["path"] = video["path"].replace("src", owner)
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The dataset of those questions."""
    out = tmp_path_factory.mktemp("licences")
    build(tiny.make_release(out / "release", records()), out / "dataset")
    return out / "dataset"


@pytest.fixture
def folder(built, tmp_path):
    """A copy of it that a test may spoil."""
    import shutil

    return Path(shutil.copytree(built, tmp_path / "dataset"))


def publish(folder, media):
    """Say in ``build.json`` that the dataset was published with these media."""
    path = folder / "build.json"
    facts = json.loads(path.read_text())
    facts["publication"] = {"repository": "org/name", "media": media}
    path.write_text(json.dumps(facts))


def told(folder):
    """Severity and first words of every finding."""
    findings = list(licences.check(open_dataset(folder), Silent()))
    return [(one.severity, " ".join(one.what.split()[:4])) for one in findings]


def test_recordings_are_counted_by_source(built):
    """A clip that two questions ask about is one recording."""
    assert media_counts(open_dataset(built)) == {"scannet": 2, "scannet++": 1, "arkitscenes": 1}


def test_a_built_folder_gives_notes(built):
    """To keep a dataset for oneself is fine; the terms are worth knowing."""
    assert told(built) == [
        ("note", "2 recordings of ScanNet:"),
        ("note", "1 recording of ARKitScenes"),
        ("note", "1 recording of ScanNet++:"),
    ]


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (
            "all",
            [
                ("warning", "2 recordings of ScanNet:"),
                ("note", "1 recording of ARKitScenes"),
                ("warning", "1 recording of ScanNet++:"),
            ],
        ),
        (
            ["scannet", "scannet++", "arkitscenes"],
            [
                ("warning", "2 recordings of ScanNet:"),
                ("note", "1 recording of ARKitScenes"),
                ("warning", "1 recording of ScanNet++:"),
            ],
        ),
        (
            ["arkitscenes"],
            [
                ("note", "1 recording of ARKitScenes"),
                ("error", "2 recording(s) of ScanNet"),
                ("error", "1 recording(s) of ScanNet++"),
            ],
        ),
        (
            "none",
            [
                ("error", "1 recording(s) of ARKitScenes"),
                ("error", "2 recording(s) of ScanNet"),
                ("error", "1 recording(s) of ScanNet++"),
            ],
        ),
    ],
)
def test_a_publication_is_held_to_its_choice(folder, media, expected):
    """What it holds beyond the choice is an error."""
    publish(folder, media)
    assert told(folder) == expected


def test_annotations_alone_give_nothing(folder):
    """Rows about videos that are not there are no recordings."""
    publish(folder, "none")
    for path in (folder / "media").rglob("*.mp4"):
        path.unlink()
    (folder / "frames" / "test-00000-of-00001.parquet").unlink()
    questions = folder / "questions" / "test-00000-of-00001.parquet"
    table = pq.read_table(questions)
    at = table.schema.get_field_index("ref_images")
    empty = [[] for _ in range(table.num_rows)]
    import pyarrow as pa

    emptied = table.set_column(at, table.schema.field(at), pa.array(empty, table.schema.types[at]))
    pq.write_table(emptied, questions)
    assert told(folder) == []


def test_frames_and_reference_images_are_recordings_too(folder):
    """A still picture is a copy as well."""
    publish(folder, "none")
    for path in (folder / "media").rglob("*.mp4"):
        path.unlink()
    assert media_counts(open_dataset(folder)) == {"scannet": 2, "scannet++": 1, "arkitscenes": 1}
    (folder / "frames" / "test-00000-of-00001.parquet").unlink()
    # The second question alone has a reference image; its clip is of ScanNet.
    assert media_counts(open_dataset(folder)) == {"scannet": 1}


def severities(counts, media, *, public):
    """Of the pure function."""
    return [one.severity for one in source_findings(rules(), counts, media, public=public)]


@pytest.mark.parametrize(
    ("name", "media", "public", "expected"),
    [
        ("scannet", ALL, True, ["error"]),
        ("scannet", ALL, False, ["warning"]),
        ("scannet", some("scannet"), True, ["warning"]),
        ("scannet", some("scannet"), False, ["warning"]),
        ("scannet", some("arkitscenes"), True, []),
        ("scannet", NONE, True, []),
        ("ovis", ALL, True, ["error"]),
        ("ovis", some("ovis"), True, ["warning"]),
        ("unknown", ALL, True, ["error"]),
        ("unknown", ALL, False, ["warning"]),
        ("unknown", some("unknown"), True, ["warning"]),
        ("of the future", ALL, True, ["error"]),
        ("arkitscenes", ALL, True, ["note"]),
        ("arkitscenes", some("arkitscenes"), True, ["note"]),
    ],
)
def test_what_may_be_passed_on(name, media, public, expected):
    """In public only what its licence allows, or what is named on somebody's own word."""
    assert severities({name: 3}, media, public=public) == expected


def test_a_source_that_nobody_knows_cannot_be_named():
    """The known ones are listed."""
    (finding,) = source_findings(rules(), {}, some("scanet"), public=False)
    assert finding.severity == "error"
    assert "scanet" in finding.what
    assert "scannet++" in finding.mend


def test_a_named_source_says_who_must_have_agreed():
    """With its terms and where they stand."""
    (finding,) = source_findings(rules(), {"waymo": 1}, some("waymo"), public=True)
    assert "owners must have agreed" in finding.what
    assert "https://waymo.com/open/terms/" in finding.what


def test_faulty_tables_are_left_to_their_own_check(folder):
    """No bytes, no columns or other types: nothing is counted, and nothing stops."""
    (folder / "questions" / "test-00000-of-00001.parquet").write_bytes(b"PAR1 no more")
    (folder / "frames" / "test-00000-of-00001.parquet").write_bytes(b"")
    videos = folder / "videos" / "test-00000-of-00001.parquet"
    pq.write_table(pq.read_table(videos).select(["fps"]), videos)
    assert media_counts(open_dataset(folder)) == {}


def test_rows_that_tell_no_source_are_of_an_unknown_one(built):
    """Whatever `sources_of` makes of them."""
    opened = open_dataset(built)

    def stumbles(config, row):
        raise KeyError(config, row)

    broken = replace(opened, rules=replace(opened.rules, sources_of=stumbles))
    assert set(media_counts(broken)) == {"unknown"}
