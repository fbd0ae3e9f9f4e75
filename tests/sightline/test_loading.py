"""Single clips and videos of a built folder; what strangers may have written into one."""

from __future__ import annotations

import io
import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import sightline
from sightline import loading
from sightline.errors import DatasetError, UsageError

TESTS = Path(__file__).parents[1]
tiny_release = SimpleNamespace(**runpy.run_path(str(TESTS / "tiny_release.py")))
tiny_streamgaze = SimpleNamespace(**runpy.run_path(str(TESTS / "tiny_streamgaze.py")))
EGTEA = "OP01-R01-TinySalad"


@pytest.fixture(scope="module")
def mmsi(tmp_path_factory):
    """MMSI-Video-Bench with four clips of four frames, from 6.0 s to 7.5 s."""
    from mmsi_video.builder import build

    root = tmp_path_factory.mktemp("mmsi")
    build(tiny_release.make_release(root / "release"), root / "built", progress=False)
    return root / "built"


@pytest.fixture(scope="module")
def streamgaze(tmp_path_factory):
    """StreamGaze with three videos of 20 s, five frames a second."""
    from streamgaze_task.builder import build

    root = tmp_path_factory.mktemp("streamgaze")
    release = tiny_streamgaze.make(root / "release")
    build(release, root / "built", no_gaze_recovery=True, progress=False)
    return root / "built"


@pytest.fixture
def changed(mmsi, tmp_path):
    """A copy of the first dataset that a test may change."""
    return Path(shutil.copytree(mmsi, tmp_path / "built"))


def publish(folder, media):
    """Note in build.json which recordings were published."""
    record = folder / "build.json"
    facts = json.loads(record.read_text()) | {"publication": {"media": media}}
    facts["release"] |= {"repository": "authors/release", "revision": "ab" * 20}
    record.write_text(json.dumps(facts))


def rewrite(folder, config, change):
    """Change the table of a config that has one row group."""
    (file,) = (folder / config).glob("*.parquet")
    table = pq.read_table(file)
    rows = [change(row) for row in table.to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)


# Released frames


def test_a_clip_has_the_frames_of_the_release(mmsi):
    """All of them, byte for byte, with the times that their names tell."""
    names = tiny_release.frame_names("clip3", 4)
    clip = sightline.load_clip(mmsi, "src/clip3")
    assert (clip.clip_id, clip.origin, clip.video) == ("src/clip3", str(mmsi), None)
    assert [frame.path for frame in clip.frames] == names
    assert [frame.seconds for frame in clip.frames] == [6.0, 6.5, 7.0, 7.5]
    assert [frame.index for frame in clip.frames] == [0, 1, 2, 3]
    assert [frame.data for frame in clip.frames] == [
        tiny_release.jpeg(len(name) + 20 * i) for i, name in enumerate(names)
    ]


def test_pictures_are_those_of_load_dataset(mmsi):
    """The same pixels as the Image feature decodes, in RGB."""
    from datasets import load_dataset

    frames = load_dataset("parquet", data_files=str(mmsi / "frames/*.parquet"), split="train")
    theirs = [row["image"] for row in frames if row["clip_id"] == "src/clip1"]
    ours = [frame.image for frame in sightline.load_clip(mmsi, "src/clip1").frames]
    assert [image.tobytes() for image in ours] == [image.tobytes() for image in theirs]
    assert {image.mode for image in ours} == {"RGB"}


def test_nothing_is_decoded_when_not_asked_for(mmsi):
    """Bytes alone; a picture of many megabytes is not made."""
    frames = sightline.load_clip(str(mmsi), "src/clip0", decode=False).frames
    assert all(frame.image is None and frame.data for frame in frames)
    assert "data" not in repr(frames[0])


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(6.5, 7.5, [1, 2]), (None, 6.5, [0]), (7.0, None, [2, 3]), (0, 100, [0, 1, 2, 3])],
)
def test_a_window_is_half_open(mmsi, start, end, expected):
    """From the start on, before the end, in seconds of the recording."""
    clip = sightline.load_clip(mmsi, "src/clip0", start_seconds=start, end_seconds=end)
    assert [frame.index for frame in clip.frames] == expected


def test_a_window_without_frames_says_where_they_are(mmsi):
    """An empty clip would only fail later, elsewhere."""
    with pytest.raises(UsageError, match=r"has no frame in \[0.0, 5\) s: .* from 6.0 s to 7.5 s"):
        sightline.load_clip(mmsi, "src/clip0", end_seconds=5)


@pytest.mark.parametrize(
    "arguments",
    [
        {"start_seconds": -1},
        {"start_seconds": 2, "end_seconds": 2},
        {"start_seconds": float("nan")},
        {"end_seconds": float("nan")},
        {"fps": 0},
        {"fps": float("inf")},
        {"revision": "main"},
    ],
    ids=str,
)
def test_arguments_out_of_range_are_refused(mmsi, arguments):
    """Before anything is read."""
    with pytest.raises(UsageError):
        sightline.load_clip(mmsi, "src/clip0", **arguments)


def test_an_unknown_clip_names_those_that_are_like_it(mmsi):
    """Most wrong names are misspelt."""
    with pytest.raises(DatasetError, match=r"one of the 4 names .*\n.*did you mean 'src/clip"):
        sightline.load_clip(mmsi, "scr/clip2")


def test_a_picture_is_turned_as_its_exif_says(changed):
    """As load_dataset turns it."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("L", (8, 4)).save(file, "JPEG", exif=exif)
    spoil(changed, file.getvalue())
    image = sightline.load_clip(changed, "src/clip0").frames[0].image
    assert (image.size, image.mode) == ((4, 8), "RGB")


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"\xff\xd8\xff\xe0" + b"\0" * 99, "cut", "huge"]
)
def test_a_broken_picture_is_an_error_with_its_place(changed, monkeypatch, data):
    """A stranger's bytes; without decoding they are given as they are."""
    if data == "huge":
        monkeypatch.setattr(loading, "MAX_PIXELS", 63)
    else:
        spoil(changed, tiny_release.jpeg(9)[:200] if data == "cut" else data)
    with pytest.raises(DatasetError, match=r"src/clip0 frame 0 must "):
        sightline.load_clip(changed, "src/clip0")
    assert len(sightline.load_clip(changed, "src/clip0", decode=False).frames) == 4


def spoil(folder, data):
    """Put these bytes in the place of the first frame of the first clip."""
    (file,) = (folder / "frames").glob("*.parquet")
    groups = pq.ParquetFile(file)
    tables = [groups.read_row_group(i) for i in range(groups.num_row_groups)]
    rows = tables[0].to_pylist()
    rows[0]["image"]["bytes"] = data
    tables[0] = pa.Table.from_pylist(rows, schema=tables[0].schema)
    with pq.ParquetWriter(file, tables[0].schema) as writer:
        for table in tables:
            writer.write_table(table)


# Videos


def test_frames_of_a_video_lie_on_the_grid_of_the_tasks(streamgaze):
    """One a second, the first at or after each whole second; nothing at the end or later."""
    clip = sightline.load_clip(streamgaze, EGTEA, start_seconds=2.5, end_seconds=6)
    assert [frame.seconds for frame in clip.frames] == [3.0, 4.0, 5.0]
    assert [frame.index for frame in clip.frames] == [15, 20, 25]
    assert clip.video == streamgaze / f"media/videos/original/{EGTEA}.mp4"
    assert {frame.image.size for frame in clip.frames} == {(160, 120)}


@given(st.floats(0, 19), st.floats(0.1, 19), st.sampled_from([0.5, 1.0, 2.0, 100.0]))
def test_no_frame_of_the_future_is_given(streamgaze, start, length, fps):
    """Whatever the window and the rate; a window between two frames has what is on screen."""
    frames = sightline.load_clip(
        streamgaze,
        EGTEA,
        start_seconds=start,
        end_seconds=start + length,
        fps=fps,
        decode=False,
    ).frames
    assert frames
    assert all(frame.seconds < start + length for frame in frames)
    assert len({frame.index for frame in frames}) == len(frames)


def test_the_whole_video_has_its_last_grid_frame(streamgaze):
    """20 seconds, one frame each; without decoding their times are known all the same."""
    clip = sightline.load_clip(streamgaze, EGTEA, decode=False)
    assert [frame.seconds for frame in clip.frames] == [float(i) for i in range(20)]
    assert all(frame.image is None and frame.data is None for frame in clip.frames)


def test_a_window_after_the_video_says_how_long_it_is(streamgaze):
    """A clip without frames is no clip."""
    with pytest.raises(UsageError, match=r"no frame in \[30, inf\) s: it lasts from 0.00 s to 20"):
        sightline.load_clip(streamgaze, EGTEA, start_seconds=30)


@pytest.mark.parametrize("name", ["src/clip2", "media/videos/src/clip2.mp4"])
def test_a_released_clip_can_be_had_as_video(mmsi, name):
    """With a frame rate, or by the path of its mp4; times are then those within the file."""
    clip = sightline.load_clip(mmsi, name, fps=2)
    assert clip.video == mmsi / "media/videos/src/clip2.mp4"
    assert [frame.seconds for frame in clip.frames] == [0.0, 0.5, 1.0, 1.5]


def test_a_video_is_found_by_each_of_its_names(mmsi, streamgaze):
    """Clip id, video id, path; with the gaze drawn in when asked for."""
    assert sightline.media_path(mmsi, "src/clip0") == mmsi / "media/videos/src/clip0.mp4"
    original = streamgaze / f"media/videos/original/{EGTEA}.mp4"
    overlay = streamgaze / f"media/videos/overlay/{EGTEA}.mp4"
    assert sightline.media_path(streamgaze, EGTEA) == original
    assert sightline.media_path(streamgaze, f"media/videos/original/{EGTEA}.mp4") == original
    assert sightline.media_path(streamgaze, EGTEA, overlay=True) == overlay
    assert sightline.media_path(streamgaze, f"media/videos/overlay/{EGTEA}.mp4") == overlay


def test_a_clip_with_a_name_of_its_own_finds_its_video(changed):
    """Two clips of one recording: only the questions know which video it is."""

    def rename(row):
        row["clips"][0]["clip_id"] += "#2"
        return row

    rewrite(changed, "questions", rename)
    assert sightline.media_path(changed, "src/clip3#2").name == "clip3.mp4"


def test_two_videos_of_one_name_are_told_apart_by_the_questions(changed):
    """`a.mp4` and `a.mov` cannot both be the clip `a`."""
    (file,) = (changed / "videos").glob("*.parquet")
    table = pq.read_table(file)
    rows = table.to_pylist()
    rows.insert(0, rows[3] | {"video_path": "media/videos/src/clip3.mov"})
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)
    assert sightline.media_path(changed, "src/clip3").name == "clip3.mp4"


def test_a_dataset_without_overlays_says_so(mmsi):
    """MMSI-Video-Bench has no gaze."""
    with pytest.raises(DatasetError, match=r"has no overlay video of src/clip0\n.*leave out"):
        sightline.media_path(mmsi, "src/clip0", overlay=True)


@pytest.mark.parametrize("name", ["", "../build.json", "/etc/passwd", "src/clip9", "clip0.mp4"])
def test_an_unknown_video_is_never_looked_for(mmsi, name):
    """Names are those of the dataset, no paths of this machine."""
    with pytest.raises(DatasetError, match=r"must be one of the .*\n.*did you mean"):
        sightline.media_path(mmsi, name)


@pytest.mark.parametrize("path", ["../secret.mp4", "/etc/passwd", "media/../../x", "..\\x", "C:/x"])
def test_paths_in_the_tables_stay_inside(changed, path):
    """A dataset of strangers may name any file; it is not given, nor opened."""
    (changed.parent / "secret.mp4").write_bytes(b"secret")
    rewrite(changed, "videos", lambda row: row | {"video_path": path})
    for call in (sightline.media_path, sightline.load_clip):
        with pytest.raises(DatasetError, match="must stay inside the dataset"):
            call(changed, path, **({"fps": 1} if call is sightline.load_clip else {}))


# Left out


def test_annotations_only_says_how_to_build(changed):
    """A dataset without recordings is whole, and names the command that makes the rest."""
    shutil.rmtree(changed / "media")
    shutil.rmtree(changed / "frames")
    publish(changed, "none")
    mend = f"sightline build mmsi-video --release authors/release@{'ab' * 20} --out DATASET"
    for call in (sightline.load_clip, sightline.media_path):
        with pytest.raises(DatasetError, match=r"publication.media = \"none\"") as caught:
            call(changed, "src/clip0")
        assert mend in str(caught.value)


def test_a_source_that_was_left_out_is_named(streamgaze, tmp_path):
    """Some recordings may be passed on, others not."""
    folder = Path(shutil.copytree(streamgaze, tmp_path / "built"))
    (folder / f"media/videos/original/{EGTEA}.mp4").unlink()
    publish(folder, ["holoassist"])
    with pytest.raises(DatasetError, match=r"it comes from egtea, and only recordings of holoass"):
        sightline.media_path(folder, EGTEA)


def test_a_record_of_strangers_gives_no_command_to_copy(changed):
    """What stands in build.json is shown only where it has the form of a release."""
    shutil.rmtree(changed / "media")
    publish(changed, "none")
    facts = json.loads((changed / "build.json").read_text())
    facts["release"]["repository"] = "x; rm -rf ~"
    facts["benchmark"] = "$(reboot)"
    (changed / "build.json").write_text(json.dumps(facts))
    with pytest.raises(DatasetError) as caught:
        sightline.media_path(changed, "src/clip0")
    assert "build BENCHMARK --release RELEASE" in str(caught.value)
    assert "rm -rf" not in str(caught.value)


@pytest.mark.parametrize("dataset", ["nowhere", "a/b/c", "org/na me", "./x", Path("org/name")])
def test_neither_folder_nor_repository_is_refused(dataset):
    """A path is never taken for a dataset on the Hub."""
    with pytest.raises(DatasetError, match="must be a folder that exists, or a dataset on the Hub"):
        sightline.load_clip(dataset, "x")


def test_two_revisions_are_refused():
    """Nobody can tell which one is meant."""
    with pytest.raises(UsageError, match="name two revisions"):
        sightline.media_path("org/name@v1", "x", revision="v2")


def test_a_folder_without_tables_is_refused(tmp_path):
    """It is no built dataset."""
    with pytest.raises(DatasetError, match="must be a built dataset"):
        sightline.load_clip(tmp_path, "x")


def test_the_functions_come_when_they_are_asked_for():
    """Importing the package brings nothing heavy; what it does not have, it says."""
    code = "import sys, sightline; before = 'pyarrow' in sys.modules; sightline.load_clip; "
    code += "print(before, 'pyarrow' in sys.modules, 'load_clip' in dir(sightline))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True True\n"
    with pytest.raises(AttributeError, match="no attribute 'load_clips'"):
        _ = sightline.load_clips
