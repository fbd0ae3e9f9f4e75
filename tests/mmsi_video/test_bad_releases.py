from __future__ import annotations

import contextlib
import json
import runpy
import stat
import struct
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmsi_video.builder import build, check
from sightline.errors import BrokenReleaseError, DatasetError, ReleaseError

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "tiny_release.py")))


def _tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _ids(out):
    table = pq.read_table(out / "questions/test-00000-of-00001.parquet", columns=["id"])
    return [row["id"] for row in table.to_pylist()]


def _refusal(release, out):
    """The text of the refusal; nothing may be at out."""
    with pytest.raises(BrokenReleaseError) as caught:
        build(release, out)
    assert not out.exists()
    return str(caught.value)


def test_a_truncated_zip_is_refused(tmp_path):
    """The message names the archive; its members are not all called missing."""
    release = tiny.make_release(tmp_path / "r")
    data = (release / "frames.zip").read_bytes()
    (release / "frames.zip").write_bytes(data[: len(data) // 2])
    text = _refusal(release, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.lock", "r"]
    assert "the release has 1 problem(s):" in text
    assert "frames.zip: must be a whole zip file, but cannot be read" in text


def test_a_truncated_zip_cannot_be_skipped(tmp_path):
    """It is no fault of single samples."""
    release = tiny.make_release(tmp_path / "r")
    (release / "frames.zip").write_bytes(b"PK")
    with pytest.raises(BrokenReleaseError, match="next: get the release again"):
        build(release, tmp_path / "out", skip_broken=True)


def test_json_that_is_cut_short_is_refused_with_its_place(tmp_path):
    """Line, column and character; broken archives are told in the same breath."""
    release = tiny.make_release(tmp_path / "r")
    text = (release / "mmsivideo.json").read_text()
    (release / "mmsivideo.json").write_text(text[:1000])
    (release / "videos.zip").write_bytes(b"PK")
    refusal = _refusal(release, tmp_path / "out")
    assert "mmsivideo.json line 1 column " in refusal
    assert "(the file was cut short?)" in refusal
    assert "videos.zip: must be a whole zip file" in refusal


def _one_without(folder, name):
    """A release whose archive lacks one member that question_0001 needs."""
    records = [tiny.record(i) for i in range(4)]
    members = tiny.content(records)
    lost = next(key for key in members[name] if "clip1" in key or "ref" in key)
    del members[name][lost]
    return tiny.make_release(folder, records, members=members), lost


@pytest.mark.parametrize(
    ("archive", "at"),
    [("frames", "frames_list[0][0]"), ("videos", "video_list[0].path"),
     ("ref_images", "ref_images[0]")],
)  # fmt: skip
def test_a_missing_file_is_refused_with_its_place(tmp_path, archive, at):
    """The place in the record, and the archive that lacks the file."""
    release, lost = _one_without(tmp_path / "r", archive)
    wanted = f"mmsivideo.json[1] question_0001 {at}: {archive}.zip has no {lost!r}"
    assert wanted in _refusal(release, tmp_path / "out")


@pytest.mark.parametrize("archive", ["frames", "videos", "ref_images"])
def test_a_sample_with_a_missing_file_can_be_left_out(tmp_path, archive):
    """It is listed in the report and in build.json, and the others are all there."""
    release, lost = _one_without(tmp_path / "r", archive)
    report = build(release, tmp_path / "out", skip_broken=True)
    assert _ids(tmp_path / "out") == ["question_0000", "question_0002", "question_0003"]
    assert report.skipped == ("question_0001",)
    assert "left out: 1 sample(s)" in report.text()
    assert lost in report.text()
    facts = json.loads((tmp_path / "out/build.json").read_text())
    assert facts["skipped"] == ["question_0001"]
    with pytest.raises(DatasetError, match="was built with --skip-broken and lacks 1 sample"):
        build(release, tmp_path / "out")
    assert not build(release, tmp_path / "out", skip_broken=True).built


def _spoilt(folder, archive, key, data):
    records = [tiny.record(i) for i in range(4)]
    members = tiny.content(records)
    name = next(name for name in members[archive] if key in name)
    members[archive][name] = data
    return tiny.make_release(folder, records, members=members)


_JPEG = tiny.jpeg(1)


@pytest.mark.parametrize(
    ("archive", "key", "data", "message"),
    [
        ("frames", "clip0", b"GIF89a", "must be a JPEG, but starts with b'GIF8'"),
        ("frames", "clip0", _JPEG[:-20], "must be a whole JPEG, but its end marker is missing"),
        ("frames", "clip0", b"\xff\xd8\xff\xff\xd9", "but its header cannot be read"),
        (
            "videos",
            "clip0",
            b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
            "must be an mp4 that can be decoded",
        ),
        ("videos", "clip0", tiny.mp4()[:300], "must hold a video stream, but has none"),
        ("videos", "clip0", b"", "must be an mp4 that can be decoded"),
    ],
    ids=["gif", "cut", "no-header", "playlist", "cut-mp4", "empty-mp4"],
)
def test_media_that_cannot_be_used_break_every_sample_that_needs_them(
    tmp_path, archive, key, data, message
):
    """Two questions use clip 0: both are told, by build and check alike, and both left out."""
    release = _spoilt(tmp_path / "r", archive, key, data)
    text = _refusal(release, tmp_path / "out")
    assert "the release has 2 problem(s):" in text
    assert message in text
    with pytest.raises(BrokenReleaseError) as caught:
        check(release)
    assert str(caught.value).split("next:")[0] == text.split("next:")[0]
    build(release, tmp_path / "out", skip_broken=True, shard_bytes=1)
    assert _ids(tmp_path / "out") == ["question_0001", "question_0003"]
    assert sorted(p.name for p in (tmp_path / "out/media/videos/src").iterdir()) == [
        "clip1.mp4",
        "clip3.mp4",
    ]
    assert len(list((tmp_path / "out/frames").iterdir())) == 2


def test_a_reference_image_that_is_none_breaks_its_sample(tmp_path):
    """The formats that are read are named."""
    release = _spoilt(tmp_path / "r", "ref_images", "a.jpg", b"<svg/>")
    assert "must be one of JPEG, PNG, WEBP" in _refusal(release, tmp_path / "out")


def test_all_problems_are_reported_at_once(tmp_path):
    """Records, missing files and damaged media in one message."""
    records = [tiny.record(i) for i in range(4)]
    members = tiny.content(records)
    del records[3]["user_prompt"]
    del members["ref_images"]["ref/a.jpg"]
    members["videos"]["src/clip2.mp4"] = b"no video"
    members["frames"][records[2]["frames_list"][0][2]] = b"no picture"
    text = _refusal(tiny.make_release(tmp_path / "r", records, members=members), tmp_path / "out")
    assert "the release has 4 problem(s):" in text
    assert "question_0003 user_prompt: is missing" in text
    assert "question_0001 ref_images[0]: ref_images.zip has no 'ref/a.jpg'" in text
    assert "question_0002 video_list[0].path: 'src/clip2.mp4' must be an mp4" in text
    assert "question_0002 frames_list[0][2]: frames.zip:" in text
    assert "or leave the broken samples out with --skip-broken" in text


def test_a_release_of_which_nothing_is_left_is_refused(tmp_path):
    """An empty dataset helps nobody."""
    record = tiny.record(0)
    del record["user_prompt"]
    release = tiny.make_release(tmp_path / "r", [tiny.record(0)])
    (release / "mmsivideo.json").write_text(json.dumps([record]))
    with pytest.raises(BrokenReleaseError, match="no sample is left"):
        build(release, tmp_path / "out", skip_broken=True)


def _escape(archive):
    archive.writestr("../x", b"1")


def _link(archive):
    info = zipfile.ZipInfo("link.jpg")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


def _zeros(archive):
    archive.writestr("zeros.jpg", bytes(4 << 20), zipfile.ZIP_DEFLATED)


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (_escape, "frames.zip:'../x': unsafe entry: path '../x' leaves its folder by '..'"),
        (_link, "frames.zip:'link.jpg': unsafe entry: a symbolic link"),
        (_zeros, "frames.zip:'zeros.jpg': unsafe entry: unpacks to more than 100 times its size"),
    ],
    ids=["escape", "symlink", "bomb"],
)
@pytest.mark.parametrize("skip_broken", [False, True], ids=["plain", "skip"])
def test_an_archive_that_was_made_to_harm_is_always_refused(tmp_path, add, message, skip_broken):
    """Even when no record asks for the entry, and nothing is written anywhere."""
    release = tiny.make_release(tmp_path / "in/r")
    with zipfile.ZipFile(release / "frames.zip", "a") as archive:
        add(archive)
    before = _tree(release)
    with pytest.raises(BrokenReleaseError) as caught:
        build(release, tmp_path / "in/out", skip_broken=skip_broken)
    assert message in str(caught.value)
    assert not (tmp_path / "in/out").exists()
    assert not (tmp_path / "x").exists()
    assert _tree(release) == before


def test_a_10_gb_bomb_is_refused_by_what_it_declares(tmp_path):
    """Ten billion bytes in the directory of a small zip (zip64): nothing is unpacked."""
    release = tiny.make_release(tmp_path / "r")
    path = release / "videos.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("src/clip0.mp4", tiny.mp4())
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    extra = struct.pack("<HHQ", 1, 8, 10_000_000_000)
    name_end = at + 46 + struct.unpack_from("<H", data, at + 28)[0]
    central = bytearray(data[at:name_end]) + extra
    struct.pack_into("<I", central, 24, 0xFFFFFFFF)
    struct.pack_into("<H", central, 30, len(extra))
    end = bytearray(data[data.index(b"PK\x05\x06") :])
    struct.pack_into("<I", end, 12, len(central))
    path.write_bytes(data[:at] + bytes(central) + bytes(end))
    text = _refusal(release, tmp_path / "out")
    assert (
        "videos.zip:'src/clip0.mp4': unsafe entry: says that it unpacks to 10,000,000,000" in text
    )


def test_a_folder_that_cannot_be_a_release_is_refused_before_anything_is_made(tmp_path):
    """All missing files are named."""
    (tmp_path / "r").mkdir()
    text = _refusal(tmp_path / "r", tmp_path / "out")
    for name in ("mmsivideo.json", "videos.zip", "frames.zip", "ref_images.zip"):
        assert f"{name}: is missing from the release folder" in text


@settings(max_examples=25)
@given(data=st.data())
def test_a_release_with_flipped_bytes_is_built_or_refused(tmp_path_factory, data):
    """No byte of any file makes anything but a dataset or a clear refusal."""
    folder = tmp_path_factory.mktemp("flipped")
    release = tiny.make_release(folder / "r", [tiny.record(1)])
    path = release / data.draw(st.sampled_from([p.name for p in sorted(release.iterdir())]))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    with contextlib.suppress(ReleaseError):
        build(release, folder / "out", skip_broken=data.draw(st.booleans()))
