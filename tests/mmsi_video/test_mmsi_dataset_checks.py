"""What a MMSI-Video-Bench dataset must keep beyond its tables."""

from __future__ import annotations

import hashlib
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from mmsi_video import dataset_checks

_TESTS = Path(__file__).parents[1]
changed = SimpleNamespace(**runpy.run_path(str(_TESTS / "sightline/checking/changed_tables.py")))
FILE = "test-00000-of-00001.parquet"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A whole dataset; copy it before changing it."""
    return changed.build_mmsi(tmp_path_factory.mktemp("mmsi"))


@pytest.fixture
def folder(built, tmp_path):
    """A dataset to be broken."""
    return Path(shutil.copytree(built, tmp_path / "folder"))


def found(folder, **rules):
    """Errors and warnings, as lines."""
    return changed.lines(dataset_checks.check, folder, **rules)


def only(lines, *words):
    """The one line; it has all these words."""
    assert len(lines) == 1, lines
    for word in words:
        assert word in lines[0], lines[0]


def edit(folder, config, row, **values):
    """Change columns of one row."""
    changed.change(folder, config, lambda read: read[row].update(values))


def test_whole_dataset_has_no_fault(built):
    """And its rules name these checks."""
    from mmsi_video.dataset_rules import rules

    assert "mmsi_video.dataset_checks:check" in rules().more_checks
    assert found(built) == []


@pytest.mark.slow
def test_rendered_dataset_has_no_fault(dataset):
    """All question types, several clips, reference images."""
    assert found(dataset) == []


# Frames


def test_other_pixels(folder):
    """Every question that has the clip is told: the checksum names its input."""
    rows = pq.read_table(changed.table(folder, "frames")).to_pylist()
    other = {**rows[0]["image"], "bytes": rows[1]["image"]["bytes"]}
    edit(folder, "frames", 0, image=other)
    lines = found(folder)
    assert [line.split(": ")[0] for line in lines] == [
        f"error    questions/{FILE} row 0 (question_0000) clips[0].frames_sha256",
        f"error    questions/{FILE} row 2 (question_0002) clips[1].frames_sha256",
    ]
    digests = [hashlib.sha256(row["image"]["bytes"]).digest() for row in rows[1:4]]
    digest = hashlib.sha256(digests[0] + b"".join(digests)).hexdigest()
    assert all(f"must be {digest}" in line for line in lines)


def test_missing_frames(folder):
    """The count differs, and that says enough; those after it are out of order."""
    changed.change(folder, "frames", lambda read: read[:1] + read[2:])
    lines = found(folder)
    assert len(lines) == 2 + 2
    assert f"frames/{FILE} row 1 (src/clip0 2) index: must be 1" in lines[0]
    assert "clips[0].frame_count: must be 3, as many as there are, but is 4" in lines[2]


@pytest.mark.parametrize("index", [None, -1, 2, 2**31 - 1])
def test_index_of_frames(folder, index):
    """Consecutive from 0."""
    edit(folder, "frames", 1, index=index)
    only(found(folder), f"frames/{FILE} row 1 (src/clip0 {index}) index: must be 1")


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (None, "image: has no picture"),
        ({"bytes": None, "path": "a.jpg"}, "image: has no picture"),
        ({"bytes": b"", "path": "a.jpg"}, "image: has no picture"),
        (
            {"bytes": b"\x89PNG\r\n\x1a\n", "path": "a.jpg"},
            "must be a JPEG, but starts with b'\\x89",
        ),
        ({"bytes": b"<html>", "path": "a.jpg"}, "must be a JPEG, but starts with b'<htm'"),
    ],
)
def test_frames_that_are_no_jpeg(folder, image, words):
    """With their row, beside the checksum that cannot fit."""
    edit(folder, "frames", 5, image=image)
    lines = found(folder)
    assert words in lines[0]
    assert f"frames/{FILE} row 5 (src/clip1 1) image" in lines[0]
    only(lines[1:], "row 1 (question_0001) clips[0].frames_sha256")


@pytest.mark.parametrize("data", [b"", b"PAR1 no table PAR1"])
def test_frames_that_cannot_be_read(folder, data):
    """That is told, and nothing made up from it."""
    changed.table(folder, "frames").write_bytes(data)
    only(found(folder), f"error    frames/{FILE}: its frames cannot be checked")


def test_dataset_without_frames(folder):
    """Where media are left out the checksums of questions name what is not there."""
    shutil.rmtree(folder / "frames")
    assert found(folder) == []


# Questions


def test_questions_that_cannot_be_read(folder):
    """That is told."""
    changed.table(folder, "questions").write_bytes(b"")
    only(found(folder), f"error    questions/{FILE}: its answers and pictures cannot be checked")


@pytest.mark.parametrize("answer", [None, "", "E", "a", "AB", "A.", "ABCD"])
def test_answers(folder, answer):
    """One letter of one option."""
    edit(folder, "questions", 1, ground_truth=answer)
    only(found(folder), "(question_0001) ground_truth: must be a letter from A to D")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (None, "must be 2 to 10 texts, but are 0"),
        ([], "must be 2 to 10 texts, but are 0"),
        (["A. left"], "must be 2 to 10 texts, but are 1"),
        (["x"] * 11, "must be 2 to 10 texts, but are 11"),
        (["A. left", None], "must not be empty"),
        (["A. left", ""], "must not be empty"),
    ],
)
def test_options(folder, options, words):
    """As many as there are letters, and none of them empty."""
    edit(folder, "questions", 0, options=options)
    only(found(folder), f"(question_0000) options: {words}")


@pytest.mark.parametrize("name", [None, "", "planning", "Planning "])
def test_types(folder, name):
    """One of the 13."""
    edit(folder, "questions", 0, type=name)
    only(found(folder), "(question_0000) type: must be one of the 13 types")


@pytest.mark.parametrize("column", ["category", "level", "difficulty", "robot", "grounding"])
def test_slices(folder, column):
    """What follows from type and id is what does follow."""
    edit(folder, "questions", 3, **{column: "Perceptive"})
    only(found(folder), f"(question_0003) {column}: must be ", "by its type and id, but is Perc")


def test_no_clips(folder):
    """A question about no video is none of this benchmark."""
    for value in ([], None):
        edit(folder, "questions", 0, clips=value)
        only(found(folder), "(question_0000) clips: must have at least one clip")
    edit(folder, "questions", 0, clips=[None])
    found(folder)


# Reference images


def picture(folder):
    """The reference image of question 1."""
    rows = pq.read_table(changed.table(folder, "questions")).to_pylist()
    return rows[1]["ref_images"][0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "ref_images[0]: has no picture"),
        (b"", "ref_images[0]: has no picture"),
        (b"<svg>", "ref_images[0]: must be an image, but starts with b'<svg'"),
        (b"\xff\xd8\xffother", "ref_images[0]: has another SHA-256 than ref_image_sha256 says"),
    ],
)
def test_reference_images(folder, data, words):
    """Images, and those of the checksums."""
    edit(folder, "questions", 1, ref_images=[{**picture(folder), "bytes": data}])
    only(found(folder), f"questions/{FILE} row 1 (question_0001) {words}")


def test_counts_of_reference_images(folder):
    """As many images as paths and checksums."""
    kept = picture(folder)
    edit(folder, "questions", 1, ref_images=[])
    only(found(folder), "ref_images: has 0 images, and checksums of 1")
    edit(folder, "questions", 1, ref_images=[kept, kept])
    only(found(folder), "ref_images: has 2 images, and checksums of 1")
    edit(folder, "questions", 1, ref_images=[kept], ref_image_paths=[])
    only(found(folder), "ref_image_sha256: has 1 checksums of 0 images")


def test_reference_images_may_be_left_out_with_the_media(folder):
    """Their checksums stay."""
    edit(folder, "questions", 1, ref_images=[])
    assert len(found(folder)) == 1
    changed.change_facts(folder, publication={"media": "none"})
    assert found(folder) == []
    edit(folder, "questions", 1, ref_image_sha256=[])
    only(found(folder), "ref_image_sha256: has 0 checksums of 1 images")


def test_many_faults_are_counted(folder):
    """All of them, and twenty told."""

    def spoil(read):
        return [{**read[0], "id": f"q{i}", "ground_truth": "Z"} for i in range(60)]

    changed.change(folder, "questions", spoil)
    lines = [line for line in found(folder) if "letter" in line or "answers" in line]
    assert len(lines) == 21
    assert "answers: 40 more like these, 60 in all" in lines[-1]
