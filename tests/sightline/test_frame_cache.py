import errno
import itertools
import runpy
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from sightline import frame_cache
from sightline.errors import DatasetError
from sightline.frame_cache import FrameCache
from sightline.video import Frame, frames_at

stamped = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "stamped_video.py")))

FRAME_BYTES = 160 * 128 * 3


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Three videos of five seconds, 50 frames each."""
    folder = tmp_path_factory.mktemp("clips")
    paths = [folder / f"{name}.mp4" for name in "abc"]
    for path in paths:
        stamped.write_stamped(path, seconds=5, key_frames=20)
    return paths


def numbers(frames):
    """What the pictures show."""
    return [stamped.index_of(frame.image) for frame in frames]


def test_one_pass_whatever_the_order(clips):
    """Announced frames are decoded once, in whatever order they are asked for."""
    cache = FrameCache()
    cache.expect(clips[0], [40, 3, 3])
    cache.expect(clips[0], range(10, 15))
    assert numbers(cache.frames(clips[0], [14, 3])) == [14, 3]
    assert numbers(cache.frames(clips[0], [40, 10, 40])) == [40, 10, 40]
    assert cache.passes == 1
    assert cache.decoded_frames <= 50


def test_times_and_places(clips):
    """A frame tells its position and its time, which are those of the scan."""
    cache = FrameCache()
    frame, *_ = cache.frames(clips[0], [7])
    assert (frame.index, frame.pts_seconds) == (7, 0.7)
    assert cache.times(clips[0])[7] == 0.7
    assert cache.scan(clips[0]) is cache.scan(clips[0])


def test_frames_that_nobody_announced(clips):
    """A frame that was not announced is decoded by a pass of its own, and the counter tells."""
    cache = FrameCache()
    cache.expect(clips[0], [1, 2])
    cache.frames(clips[0], [1])
    before = cache.decoded_frames
    assert numbers(cache.frames(clips[0], [30])) == [30]
    assert cache.passes == 2
    assert cache.decoded_frames > before


def test_announced_beyond_the_end(clips):
    """An announced position that the video does not have matters only when it is asked for."""
    cache = FrameCache()
    cache.expect(clips[0], [1, 50])
    assert numbers(cache.frames(clips[0], [1])) == [1]
    with pytest.raises(DatasetError, match=r"a\.mp4 has 50 frames, but \[50\] were asked for"):
        cache.frames(clips[0], [50])


def test_negative_position(clips):
    """A negative position is refused."""
    with pytest.raises(ValueError, match=r"indices \(\[-1\]\) must be >= 0"):
        FrameCache().frames(clips[0], [-1])


def test_negative_budget():
    """A negative budget is refused."""
    with pytest.raises(ValueError, match=r"budget_bytes \(-1\) must be >= 0"):
        FrameCache(budget_bytes=-1)


def test_nothing_asked(clips):
    """No frames of a video are no frames; nothing is decoded."""
    cache = FrameCache()
    assert cache.frames(clips[0], []) == []
    assert cache.passes == 0


def test_pictures_are_the_callers_own(clips):
    """Drawing on a picture changes no later one."""
    cache = FrameCache()
    first, again = cache.frames(clips[0], [5, 5])
    first.image.paste("red", (0, 0, 160, 128))
    assert numbers([again, *cache.frames(clips[0], [5])]) == [5, 5]


@pytest.mark.parametrize("frames", [0, 1, 9, 10, 100])
def test_same_pixels_whatever_the_budget(clips, frames):
    """Pictures that lie on disk equal those in memory, and memory stays within the budget."""
    wanted = list(range(0, 50, 5))
    cache = FrameCache(budget_bytes=frames * FRAME_BYTES)
    cache.expect(clips[0], wanted)
    shown = cache.frames(clips[0], wanted)
    for frame, plain in zip(shown, frames_at(clips[0], wanted), strict=True):
        assert frame.image.tobytes() == plain.image.tobytes()
    assert cache.memory_bytes == (10 * FRAME_BYTES if frames >= 10 else 0)
    assert cache.passes == 1


def test_growing_beyond_the_budget(clips):
    """A video that outgrows the budget later moves to disk with all that it had."""
    cache = FrameCache(budget_bytes=3 * FRAME_BYTES)
    cache.frames(clips[0], [1, 2])
    assert cache.memory_bytes == 2 * FRAME_BYTES
    cache.frames(clips[0], [3, 4])
    assert cache.memory_bytes == 0
    assert numbers(cache.frames(clips[0], [4, 1, 3, 2])) == [4, 1, 3, 2]
    assert cache.passes == 2
    assert numbers(cache.frames(clips[0], [5, 1])) == [5, 1]
    assert cache.memory_bytes == 0


def test_oldest_video_is_forgotten(clips):
    """When memory is full the video asked for longest ago goes, and is decoded again if needed."""
    cache = FrameCache(budget_bytes=4 * FRAME_BYTES)
    for path in (clips[0], clips[1], clips[0], clips[2]):
        cache.frames(path, [1, 2])
        assert cache.memory_bytes <= 4 * FRAME_BYTES
    assert cache.passes == 3
    cache.frames(clips[0], [1])
    assert cache.passes == 3
    cache.frames(clips[1], [1])
    assert cache.passes == 4


def test_few_videos_lie_on_disk(clips):
    """Of spilled videos the last two are kept."""
    cache = FrameCache(budget_bytes=0)
    for path in clips:
        cache.frames(path, [1])
    for path in clips[1:]:
        cache.frames(path, [1])
    assert cache.passes == 3
    cache.frames(clips[0], [1])
    assert cache.passes == 4


def test_spilled_video_evicts_no_memory(clips):
    """A video too large for memory leaves what is there."""
    cache = FrameCache(budget_bytes=2 * FRAME_BYTES)
    cache.frames(clips[0], [1, 2])
    cache.frames(clips[1], [1, 2, 3])
    cache.frames(clips[0], [1, 2])
    assert cache.passes == 2


def test_nothing_is_left_behind(clips, tmp_path, monkeypatch):
    """The file of spilled frames has no name: nothing can be left behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cache = FrameCache(budget_bytes=0)
    assert numbers(cache.frames(clips[0], [1, 49])) == [1, 49]
    assert list(tmp_path.iterdir()) == []


def test_full_disk(clips, monkeypatch):
    """A disk without room is told with what to do."""

    class Full:
        def close(self):
            pass

        def seek(self, *_):
            return 0

        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(DatasetError, match="No space left on device\n  next: free some space"):
        FrameCache(budget_bytes=0).frames(clips[0], [1])


def test_video_that_changes_its_size(clips, monkeypatch):
    """Frames of another size than the video's are refused."""

    class Walk(frame_cache.ForwardPass):
        def frames(self, indices):
            return (Frame(index, 0.0, Image.new("RGB", (8, 8))) for index in indices)

    monkeypatch.setattr(frame_cache, "ForwardPass", Walk)
    with pytest.raises(DatasetError, match=r"size \(160, 128\), but frame 1 has \(8, 8\)"):
        FrameCache().frames(clips[0], [1])


def test_upright(tmp_path):
    """Frames of a rotated video come upright."""
    path = tmp_path / "clip.mp4"
    stamped.write_stamped(path, rotation=90)
    assert numbers(FrameCache().frames(path, [3, 17])) == [3, 17]


def test_threads(clips):
    """Threads that ask at once share the passes."""
    cache = FrameCache(budget_bytes=60 * FRAME_BYTES)
    for path in clips:
        cache.expect(path, range(0, 50, 3))
    seen = []

    def ask(path, index):
        seen.append((index, *numbers(cache.frames(path, [index]))))

    asks = itertools.product(clips, range(0, 50, 9))
    threads = [threading.Thread(target=ask, args=each) for each in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(threads)
    assert all(asked == shown for asked, shown in seen)
    assert cache.passes == 3
