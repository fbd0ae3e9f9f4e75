from __future__ import annotations

import hashlib
import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
from datasets import Image, load_dataset

from mmsi_video.builder import build, check
from mmsi_video.columns import features
from mmsi_video.release.media import timestamp_seconds
from mmsi_video.schema import Sample
from sightline.errors import DatasetError
from sightline.parquet import ClipReader

_TESTS = Path(__file__).parents[1]
tiny = SimpleNamespace(**runpy.run_path(str(_TESTS / "tiny_release.py")))
hub = runpy.run_path(str(_TESTS / "hub/load.py"))["hub"]


def _tree(folder):
    """Every file of a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _questions(out):
    return pq.read_table(out / "questions/test-00000-of-00001.parquet").to_pylist()


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """A tiny release of four questions."""
    return tiny.make_release(tmp_path_factory.mktemp("builder") / "release")


@pytest.fixture(scope="module")
def built(release, tmp_path_factory):
    """The dataset built from it."""
    out = tmp_path_factory.mktemp("builder") / "out"
    assert build(release, out).built
    return out


def test_the_dataset_has_the_layout_that_the_others_rely_on(built):
    """Parquet per config, loose mp4, a card and what it was built from."""
    assert sorted(_tree(built)) == [
        "README.md",
        "build.json",
        "frames/test-00000-of-00001.parquet",
        *(f"media/videos/src/clip{i}.mp4" for i in range(4)),
        "questions/test-00000-of-00001.parquet",
        "videos/test-00000-of-00001.parquet",
    ]


@pytest.mark.parametrize(
    ("config", "rows"), [("questions", 4), ("frames", 16), ("videos", 4)], ids=str
)
@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_load_dataset_opens_every_config(built, tmp_path, config, rows, streaming):
    """Rows and features are ours, plain and streaming."""
    found = load_dataset(
        str(built), config, split="test", streaming=streaming, cache_dir=str(tmp_path)
    )
    assert found.features == features()[config]
    assert sum(1 for _ in found) == rows


def test_load_dataset_without_a_config_gives_the_questions(built, tmp_path):
    """The default config; its row makes a Sample."""
    found = load_dataset(str(built), split="test", cache_dir=str(tmp_path))
    sample = Sample.from_row(found[2])
    assert sample.id == "question_0002"
    assert [clip.clip_id for clip in sample.clips] == ["src/clip2", "src/clip0"]
    assert sample.answer == "C"


def test_frames_are_the_bytes_of_the_archive(built, tmp_path):
    """Not decoded, not encoded, with their place in the release."""
    wanted = tiny.content([tiny.record(i) for i in range(4)])["frames"]
    found = load_dataset(str(built), "frames", split="test", cache_dir=str(tmp_path))
    rows = list(found.cast_column("image", Image(decode=False)))
    assert {row["frame_path"]: row["image"]["bytes"] for row in rows} == wanted
    assert rows[0]["image"]["path"] == f"frames/{rows[0]['frame_path']}"
    assert [row["timestamp_seconds"] for row in rows[:4]] == [6.0, 6.5, 7.0, 7.5]


def test_a_row_group_is_a_clip_in_order_of_the_ids(built):
    """ClipReader finds each clip by the footer."""
    reader = ClipReader(built / "frames")
    assert reader.keys == tuple(f"src/clip{i}" for i in range(4))
    assert reader.read("src/clip3", columns=["index"]) == [0, 1, 2, 3]


def test_frames_sha256_names_the_pixels(built):
    """It is the hash over the hashes of all frames in order."""
    clip = _questions(built)[0]["clips"][0]
    frames = ClipReader(built / "frames").read(clip["clip_id"])
    digests = b"".join(hashlib.sha256(frame).digest() for frame in frames)
    assert clip["frames_sha256"] == hashlib.sha256(digests).hexdigest()


def test_videos_are_copied_and_measured(built):
    """Checksum, size and rate of the mp4 that lies in the dataset."""
    row = pq.read_table(built / "videos/test-00000-of-00001.parquet").to_pylist()[0]
    data = (built / row["video_path"]).read_bytes()
    assert data == tiny.mp4()
    assert row == {
        "video_path": "media/videos/src/clip0.mp4",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "fps": 2.0,
        "frame_count": 4,
        "duration_seconds": 2.0,
        "width": 16,
        "height": 16,
    }


def test_reference_images_stand_in_the_question(built):
    """Bytes, path and checksum, in the order of the marks."""
    row = _questions(built)[1]
    data = tiny.jpeg(200)
    assert row["ref_images"] == [{"bytes": data, "path": "ref_images/ref/a.jpg"}]
    assert row["ref_image_paths"] == ["ref/a.jpg"]
    assert row["ref_image_sha256"] == [hashlib.sha256(data).hexdigest()]


def test_unknown_fields_are_kept(built):
    """As JSON with sorted keys."""
    assert _questions(built)[0]["extra"] == '{"source": {"name": "test"}}'


def test_a_second_run_does_nothing(release, built):
    """It says so, and no file is touched."""
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*")}
    report = build(release, built)
    assert not report.built
    assert "already built from the same files, nothing to do" in report.text()
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*")} == before


def test_equal_releases_give_equal_datasets(release, built, tmp_path):
    """Byte for byte, wherever they lie."""
    copy = tiny.make_release(tmp_path / "elsewhere")
    for path in release.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    build(copy, tmp_path / "out")
    assert _tree(tmp_path / "out") == _tree(built)


def test_nothing_in_the_dataset_tells_where_it_was_built(built):
    """No path of this machine and no date."""
    text = (built / "build.json").read_text() + (built / "README.md").read_text()
    assert str(built.parent) not in text
    facts = json.loads((built / "build.json").read_text())
    assert facts["release"]["repository"] is None
    assert facts["skipped"] == facts["problems"] == []


def test_the_size_of_the_frame_files_can_be_chosen(release, built, tmp_path):
    """The same rows in more files."""
    build(release, tmp_path / "out", shard_bytes=1)
    assert len(list((tmp_path / "out/frames").iterdir())) == 4
    one, many = ClipReader(built / "frames"), ClipReader(tmp_path / "out/frames")
    assert all(one.read(key) == many.read(key) for key in one.keys)


def test_archives_may_repeat_their_folder_inside(built, tmp_path):
    """The dataset is the same but for the checksums of the archives."""
    build(tiny.make_release(tmp_path / "r", repeat_folder=True), tmp_path / "out")
    same = ("frames", "questions", "videos", "media")
    first, second = _tree(built), _tree(tmp_path / "out")
    assert all(second[name] == data for name, data in first.items() if name.startswith(same))


def test_options_may_be_missing_and_are_read_from_the_question(tmp_path):
    """The report says for how many; `hint` may be missing too."""
    record = tiny.record(0)
    del record["options"], record["hint"]
    report = build(tiny.make_release(tmp_path / "r", [record]), tmp_path / "out")
    row = _questions(tmp_path / "out")[0]
    assert row["options"] == ["A. left", "B. right", "C. up", "D. down"]
    assert row["hint"] is None
    assert "read from the question's text: 1" in report.text()


def test_marks_may_stand_in_any_prompt_and_order(tmp_path):
    """The report says where they stand."""
    record = tiny.record(1)
    record["user_prompt"] = "See <image> first. A. a B. b C. c D. d"
    record["task_prompt"], record["format_prompt"] = "", "Then <video>."
    report = build(tiny.make_release(tmp_path / "r", [record]), tmp_path / "out")
    assert "marks: <video> in format_prompt x 1" in report.text()
    assert "questions with an image mark before a video mark: 1" in report.text()


def test_one_video_with_two_lists_of_frames_is_two_clips(tmp_path):
    """The second list gets a number; the mp4 is there once."""
    records = [tiny.record(0), tiny.record(1)]
    records[1]["video_list"][0]["path"] = "src/clip0.mp4"
    build(tiny.make_release(tmp_path / "r", records), tmp_path / "out")
    assert ClipReader(tmp_path / "out/frames").keys == ("src/clip0", "src/clip0#2")
    assert [q["clips"][0]["clip_id"] for q in _questions(tmp_path / "out")] == [
        "src/clip0",
        "src/clip0#2",
    ]
    assert len(list((tmp_path / "out/media/videos/src").iterdir())) == 1


def test_a_check_reports_and_writes_nothing(release, built):
    """The same survey as the build's."""
    before = sorted(release.parent.rglob("*"))
    report = check(release)
    facts = json.loads((built / "build.json").read_text())
    assert report.facts["survey"] == facts["survey"]
    assert sorted(release.parent.rglob("*")) == before


def test_the_report_answers_what_nobody_knew_without_the_files(release):
    """Counts against the published ones, marks, options, chance, frames and rates."""
    text = check(release).text()
    for line in (
        "questions: 4 (published 1,106)",
        "clips asked about: 5 (published 1,278)",
        "not two in Cross-Video or not one elsewhere: 0 questions",
        "one video, no image: 2 (published 773)",
        "options: 4 x 4",
        "answers: A x 1, B x 1, C x 1, D x 1",
        "chance: 25.00 % (published 24.10 %)",
        "frames per question: 4 to 8, median 4, 16 in all",
        "names with ':': 16; without a readable time: 0",
        "mp4 rate against base_fps: equal x 5",
        "frame sizes (first frame of each clip): 8x8 x 4",
    ):
        assert line in text


def test_the_report_lists_totals_that_the_official_rule_cuts(tmp_path):
    """55 and 100 frames lose their last one, 73 do not."""
    records = [tiny.record(0), tiny.record(1), tiny.record(3)]
    for record, count in zip(records, (55, 73, 100), strict=True):
        record["frames_list"] = [tiny.frame_names(record["id"], count)]
    text = check(tiny.make_release(tmp_path / "r", records)).text()
    assert "more than 50: 3 questions; the official rule drops the last frame of 2" in text
    assert "totals [55, 100]" in text


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("a/00:06.00_frame_1.50_4.jpg", 6.0),
        ("01:02.50_frame_0.50_125.jpg", 62.5),
        ("frame_000001.jpg", None),
        ("a/b.jpg", None),
    ],
)
def test_the_time_stands_in_a_frames_name(name, seconds):
    """Minutes and seconds in the original recording; no name is refused for lack of it."""
    assert timestamp_seconds(name) == seconds


def test_something_else_at_out_is_refused(release, tmp_path):
    """Nobody's files are replaced."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DatasetError, match="must be empty or a built dataset") as caught:
        build(release, tmp_path)
    assert "choose another --out" in str(caught.value)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_dataset_of_another_release_is_refused(built, tmp_path):
    """Its checksums are in its build.json."""
    other = tiny.make_release(tmp_path / "other", [tiny.record(0)])
    with pytest.raises(DatasetError, match="was built from other release files"):
        build(other, built)


def test_a_damaged_dataset_is_not_taken_for_done(release, tmp_path):
    """The file is named."""
    build(release, tmp_path / "out")
    (tmp_path / "out/media/videos/src/clip0.mp4").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"is damaged: media/videos/src/clip0\.mp4"):
        build(release, tmp_path / "out")


def test_an_empty_folder_may_be_out(release, tmp_path):
    """It is replaced by the dataset."""
    (tmp_path / "out").mkdir()
    assert build(release, tmp_path / "out").built


def test_a_release_on_the_hub_is_built_at_its_commit(release, built, tmp_path):
    """The dataset is the same, and it knows the repository and the commit."""
    program = "import sys; from mmsi_video.builder import build; build(sys.argv[1], sys.argv[2])"
    with hub.LocalHub() as running:
        commit = running.add("org/bench", release, tag="v1")
        command = [sys.executable, "-c", program, "org/bench@v1", str(tmp_path / "out")]
        environment = hub.environment(running.url, tmp_path / "home")
        subprocess.run(command, env=environment, check=True)
    facts = json.loads((tmp_path / "out/build.json").read_text())
    assert facts["release"]["repository"] == "org/bench"
    assert facts["release"]["revision"] == commit
    first, second = _tree(built), _tree(tmp_path / "out")
    changed = [name for name, data in first.items() if second[name] != data]
    assert changed == ["README.md", "build.json"]


def test_the_sample_release_is_built_whole(sample_release, dataset):
    """All 13 types three times and more, nothing left out, every frame there."""
    facts = json.loads((dataset / "build.json").read_text())
    wanted = json.loads((sample_release / "mmsivideo.json").read_text())
    assert facts["rows"]["questions"] == len(wanted)
    assert min(kind["count"] for kind in facts["survey"]["types"]) >= 3
    reader = ClipReader(dataset / "frames")
    clips = {clip["clip_id"]: clip for row in _questions(dataset) for clip in row["clips"]}
    assert set(reader.keys) == set(clips)
    assert all(reader.row_count(key) == clip["frame_count"] for key, clip in clips.items())


@pytest.mark.slow
def test_the_rearranged_sample_release_is_built_too(tmp_path):
    """Archives that repeat their folder, no options, marks in another order."""
    from mmsi_video.sample_release import make_sample

    make_sample(tmp_path / "r", seed=0, variant="rearranged")
    report = build(tmp_path / "r", tmp_path / "out")
    survey = report.facts["survey"]
    assert report.skipped == ()
    assert survey["options_from_text"] == survey["questions"]
    assert survey["marks"]["image_first"] > 0
