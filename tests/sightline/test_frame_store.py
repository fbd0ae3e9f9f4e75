"""Frames of videos: decoded once, read from then on, never a wrong one."""

from __future__ import annotations

import itertools
import os
import runpy
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from PIL import Image

from sightline.errors import DatasetError, UsageError
from sightline.frame_store import FrameStore, default_store, video_records
from sightline.frame_store import store as frame_store
from sightline.frame_store.settings import default_bytes, store_bytes, store_folder
from sightline.video import frames_at, scan

stamped = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "stamped_video.py")))


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Three videos of five seconds, about 50 frames each; no two have the same bytes."""
    folder = tmp_path_factory.mktemp("clips")
    paths = [folder / f"{name}.mp4" for name in "abc"]
    for number, path in enumerate(paths):
        stamped.write_stamped(path, seconds=5 + number / 10, key_frames=20)
    return paths


@pytest.fixture
def store(tmp_path):
    """A store in a folder of its own."""
    return FrameStore(tmp_path / "frames")


def numbers(frames):
    """What the pictures show."""
    return [stamped.index_of(frame.image) for frame in frames]


def files(store):
    """The files of frames in the store."""
    return sorted(store.folder.rglob("*.arrow"))


def test_one_pass_whatever_the_order(clips, store):
    """Announced frames are decoded once, in whatever order they are asked for."""
    store.expect(clips[0], [40, 3, 3])
    store.expect(clips[0], range(10, 15))
    assert numbers(store.frames(clips[0], [14, 3])) == [14, 3]
    assert numbers(store.frames(clips[0], [40, 10, 40])) == [40, 10, 40]
    assert store.passes == 1
    assert store.decoded_frames <= 50


def test_a_second_store_decodes_and_demuxes_nothing(clips, store, monkeypatch):
    """What one process has found out another reads: frames, times and hashes."""
    store.expect(clips[0], range(0, 50, 7))
    first = store.frames(clips[0], [0, 7])

    def refuse(*_):
        raise AssertionError("the video was opened again")

    monkeypatch.setattr(av, "open", refuse)
    monkeypatch.setattr(video_records, "file_sha256", refuse)
    again = FrameStore(store.folder)
    assert again.times(clips[0]) == store.times(clips[0])
    found = again.frames(clips[0], [0, 7, 49])
    assert [f.image.tobytes() for f in found[:2]] == [f.image.tobytes() for f in first]
    assert (again.passes, again.decoded_frames) == (0, 0)


def test_the_scan_is_the_same_from_disk(clips, store):
    """Every field, to the last bit."""
    assert store.scan(clips[0]) == scan(clips[0]) == FrameStore(store.folder).scan(clips[0])
    assert store.scan(clips[0]) is store.scan(clips[0])


def test_times_and_places(clips, store):
    """A frame tells its position and its time, which are those of the scan."""
    frame, *_ = store.frames(clips[0], [7])
    assert (frame.index, frame.pts_seconds) == (7, 0.7)
    assert store.times(clips[0])[7] == 0.7


def test_frames_that_nobody_announced(clips, store):
    """A frame that was not announced is decoded by a pass of its own, and the counter tells."""
    store.expect(clips[0], [1, 2])
    store.frames(clips[0], [1])
    before = store.decoded_frames
    assert numbers(store.frames(clips[0], [30])) == [30]
    assert store.passes == 2
    assert store.decoded_frames > before


def test_announced_beyond_the_end(clips, store):
    """An announced position that the video does not have matters only when it is asked for."""
    store.expect(clips[0], [1, 50])
    assert numbers(store.frames(clips[0], [1])) == [1]
    with pytest.raises(DatasetError, match=r"a\.mp4 has 50 frames, but \[50\] were asked for"):
        store.frames(clips[0], [50])


def test_bad_arguments(clips, store):
    """A negative position or budget is refused."""
    with pytest.raises(ValueError, match=r"indices \(\[-1\]\) must be >= 0"):
        store.frames(clips[0], [-1])
    with pytest.raises(ValueError, match=r"budget_bytes \(-1\) must be >= 0"):
        FrameStore(None, budget_bytes=-1)


def test_nothing_asked(clips, store):
    """No frames of a video are no frames; nothing is decoded."""
    assert store.frames(clips[0], []) == []
    assert store.passes == 0


def test_pictures_are_the_callers_own(clips, store):
    """Drawing on a picture changes no later one."""
    first, again = store.frames(clips[0], [5, 5])
    first.image.paste("red", (0, 0, 160, 128))
    assert numbers([again, *store.frames(clips[0], [5])]) == [5, 5]


def test_same_pixels_as_the_decoder(clips, store):
    """Pictures from disk are those of the decoder, bit for bit."""
    wanted = list(range(0, 50, 5))
    for frame, plain in zip(
        store.frames(clips[0], wanted), frames_at(clips[0], wanted), strict=True
    ):
        assert frame.image.mode == plain.image.mode == "RGB"
        assert frame.image.tobytes() == plain.image.tobytes()


def test_the_same_video_at_two_places(clips, store, tmp_path):
    """A video is known by its bytes."""
    copy = tmp_path / "copy.mp4"
    shutil.copy(clips[0], copy)
    store.frames(clips[0], [1, 2])
    assert numbers(store.frames(copy, [2, 1])) == [2, 1]
    assert store.passes == 1


def test_a_file_that_changes(store, tmp_path):
    """Another video under the same name has other frames."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, seconds=3)
    assert store.scan(path).frame_count == 30
    store.frames(path, [3])
    stamped.write_stamped(path, seconds=4)
    assert store.scan(path).frame_count == 40
    assert numbers(store.frames(path, [39])) == [39]
    assert store.passes == 2


def test_another_video_than_the_dataset_says(clips, store):
    """It is refused before a picture of it is shown, whether frames are there or not."""
    sha256 = video_records.file_sha256(clips[0])
    assert numbers(store.frames(clips[0], [3], sha256)) == [3]
    for asked in (store, FrameStore(store.folder)):
        with pytest.raises(DatasetError, match=r"b\.mp4 must have the SHA-256 .* has [0-9a-f]{12}"):
            asked.frames(clips[1], [3], sha256)
        with pytest.raises(DatasetError, match="build the dataset again"):
            asked.fill(clips[1], [3], sha256)


def test_no_such_video(store, tmp_path):
    """A missing file, and one that is none, are told as before."""
    with pytest.raises(
        DatasetError, match=r"gone\.mp4 must be an mp4 that can be decoded: No such"
    ):
        store.frames(tmp_path / "gone.mp4", [1])
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(DatasetError, match=r"text\.mp4 must be an mp4 that can be decoded"):
        store.scan(text)


def test_video_that_changes_its_size(clips, store, monkeypatch):
    """Frames of another size than the video's are refused."""

    class Walk(frame_store.ForwardPass):
        def natives(self, indices):
            return ((i, av.VideoFrame.from_image(Image.new("RGB", (8, 8)))) for i in indices)

    monkeypatch.setattr(frame_store, "ForwardPass", Walk)
    with pytest.raises(DatasetError, match=r"size \(160, 128\), but frame 1 has \(8, 8\)"):
        store.frames(clips[0], [1])
    assert files(store) == []


def test_a_frame_that_cannot_be_decoded_costs_no_other(tmp_path, store, monkeypatch):
    """It was announced for somebody else: who asks for the others gets them."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, seconds=5, key_frames=5)

    class Walk(frame_store.ForwardPass):
        def natives(self, indices):
            for index, native in super().natives(indices):
                if index == 40:
                    raise DatasetError("frame 40 is broken")
                yield index, native

    monkeypatch.setattr(frame_store, "ForwardPass", Walk)
    store.expect(path, [3, 9, 40, 45])
    assert numbers(store.frames(path, [9])) == [9]
    assert numbers(store.frames(path, [45, 3])) == [45, 3]
    with pytest.raises(DatasetError, match="frame 40 is broken"):
        store.frames(path, [3, 40])


def test_threads(clips, store):
    """Threads that ask at once share the passes."""
    for path in clips:
        store.expect(path, range(0, 50, 3))
    seen = []

    def ask(path, index):
        seen.append((index, *numbers(store.frames(path, [index]))))

    asks = itertools.product(clips, [*range(0, 50, 9)])
    threads = [threading.Thread(target=ask, args=each) for each in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(threads)
    assert all(asked == shown for asked, shown in seen)
    assert store.passes == 3 + sum(1 for i in range(0, 50, 9) if i % 3)


def test_fill(clips, store):
    """Filling ahead decodes once and makes no picture; a second time it does nothing."""
    store.expect(clips[0], [5])
    assert store.fill(clips[0], [1, 2])
    assert store.fill(clips[0], [2, 5])
    assert store.passes == 1
    assert numbers(store.frames(clips[0], [5, 1])) == [5, 1]
    assert store.passes == 1
    with pytest.raises(DatasetError, match="were asked for"):
        store.fill(clips[0], [50])


def test_files_are_of_limited_size(clips, store, monkeypatch):
    """A long video has several, so a kill does not cost the whole pass."""
    monkeypatch.setattr(frame_store, "_FILE_BYTES", 10 * 160 * 128 * 3 // 2)
    store.expect(clips[0], range(0, 50, 2))
    assert numbers(store.frames(clips[0], [48, 0, 22])) == [48, 0, 22]
    assert len(files(store)) == 3
    assert store.passes == 1


def test_few_scans_stay_in_memory(store, tmp_path, monkeypatch):
    """A process that goes through many videos keeps the last few."""
    monkeypatch.setattr(video_records, "SCANS_IN_MEMORY", 2)
    paths = [tmp_path / f"{number}.mp4" for number in range(4)]
    for path in paths:
        stamped.write_stamped(path, seconds=1)
        store.frames(path, [1])
    assert len(store._records._scans) == 2
    assert store.times(paths[0]) == store.times(paths[1])


def test_a_temporary_store_leaves_nothing(clips, tmp_path, monkeypatch):
    """Without a folder, frames go with the store."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = FrameStore(None)
    assert numbers(store.frames(clips[0], [1, 49])) == [1, 49]
    assert list(tmp_path.iterdir())
    del store
    assert list(tmp_path.iterdir()) == []


# The store of the process


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"SIGHTLINE_FRAME_STORE": "0", "HF_HOME": "/hub"}, None),
        ({"SIGHTLINE_FRAME_STORE": "/frames", "HF_HOME": "/hub"}, Path("/frames")),
        ({"HF_HOME": "/hub"}, Path("/hub/sightline/frames")),
        ({"XDG_CACHE_HOME": "/cache"}, Path("/cache/huggingface/sightline/frames")),
        ({}, Path.home() / ".cache/huggingface/sightline/frames"),
    ],
)
def test_where_frames_are_kept(environment, expected):
    """A variable of its own, else below the cache of the Hub."""
    assert store_folder(environment) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("50GB", 50 * 10**9),
        ("1.5 GiB", 3 << 29),
        ("500m", 500 * 10**6),
        ("12345", 12345),
        ("0", 0),
        ("2TB", 2 * 10**12),
        ("", None),
    ],
)
def test_how_much_is_kept(said, expected):
    """A size as people write it."""
    assert store_bytes({"SIGHTLINE_FRAME_STORE_BYTES": said}) == expected


@pytest.mark.parametrize("said", ["much", "-1", "5 XB", "GB", "1e9"])
def test_no_size(said):
    """Anything else is refused, with an example."""
    with pytest.raises(
        UsageError, match=r"SIGHTLINE_FRAME_STORE_BYTES \('.*'\) must be a size: 50GB"
    ):
        store_bytes({"SIGHTLINE_FRAME_STORE_BYTES": said})


def test_the_cap_without_a_word(tmp_path, monkeypatch):
    """64 GB, or half of the free disk; what the store holds already counts as free."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10 * 10**9))
    assert default_bytes(tmp_path / "not" / "yet", 0) == 5 * 10**9
    assert default_bytes(tmp_path, 10 * 10**9) == 10 * 10**9
    assert default_bytes(tmp_path, 10**15) == 64 * 10**9


def test_the_store_of_the_process(tmp_path, monkeypatch):
    """One per process, where the environment says."""
    monkeypatch.setenv("SIGHTLINE_FRAME_STORE", str(tmp_path))
    monkeypatch.setenv("SIGHTLINE_FRAME_STORE_BYTES", "1GB")
    default_store.cache_clear()
    try:
        found = default_store()
        assert (found.folder, found.budget_bytes) == (tmp_path, 10**9)
        assert default_store() is found
        assert not any(os.scandir(tmp_path)), "nothing is written before it is used"
    finally:
        default_store.cache_clear()
