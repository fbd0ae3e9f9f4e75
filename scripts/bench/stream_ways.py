"""Ways to get the frames of requests on one video; each returns frames decoded and handed out."""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av

from sightline.forward_pass import ForwardPass
from sightline.frame_store import FrameStore
from sightline.sampling import uniform
from sightline.video import Scan, opened, scan, seconds_of
from streamgaze_task.frames import choose

if TYPE_CHECKING:
    from collections.abc import Sequence

Window = tuple[float, float]


def chosen(facts: Scan, span: Window, most: int) -> list[int]:
    """The frames of a request, by our protocol."""
    return choose(facts.pts_seconds, facts.fps, span, sampling="grid", max_frames=most)


def limit(facts: Scan, windows: Sequence[Window], most: int) -> int:
    """How many frames must be decoded for these requests: from each key frame on to the last."""
    last: dict[int, int] = {}
    for index in {index for span in windows for index in chosen(facts, span, most)}:
        start = facts.key_frames[bisect_right(facts.key_frames, index) - 1]
        last[start] = max(last.get(start, 0), index)
    return sum(index - start + 1 for start, index in last.items())


def from_store(video: Path, windows: Sequence[Window], most: int, folder: Path) -> tuple[int, int]:
    """Announce every request, then ask for each."""
    store, used = FrameStore(folder), 0
    facts = store.scan(video)
    for span in windows:
        store.expect(video, chosen(facts, span, most))
    for span in windows:
        used += len(store.frames(video, chosen(facts, span, most)))
    return store.decoded_frames, used


def seek(video: Path, windows: Sequence[Window], most: int) -> tuple[int, int]:
    """The video opened per request; a jump where a key frame lies before the next frame."""
    facts, decoded, used = scan(video), 0, 0
    for span in windows:
        images = []
        with opened(video) as (container, stream):
            stream.thread_type = "AUTO"
            frames, at = container.decode(stream), -1
            for index in chosen(facts, span, most):
                start = facts.key_frames[bisect_right(facts.key_frames, index) - 1]
                if start > at:
                    container.seek(
                        round(facts.pts_seconds[start] / stream.time_base), stream=stream
                    )
                    frames = container.decode(stream)
                for frame in frames:
                    decoded += 1
                    if seconds_of(frame) >= facts.pts_seconds[index]:
                        images.append(frame.to_image())
                        break
                at = index
        used += len(images)
    return decoded, used


def with_decord(video: Path, windows: Sequence[Window], most: int) -> tuple[int, int]:
    """Open decord per request, as the published wrappers do; it tells no number decoded."""
    import decord  # noqa: PLC0415 (an option)

    facts, used = scan(video), 0
    for span in windows:
        reader = decord.VideoReader(str(video))
        used += len(reader.get_batch(chosen(facts, span, most)).asnumpy())
    return 0, used


def cut_clips(video: Path, windows: Sequence[Window]) -> tuple[int, int]:
    """A clip per request: decode, encode with x264's defaults, decode the clip."""
    facts, decoded, used = scan(video), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        for span in windows:
            decoded += transcode(video, clip, span)
            clip_facts = scan(clip)
            walk = ForwardPass(clip, clip_facts)
            shown = uniform(range(clip_facts.frame_count), len(chosen(facts, span, 16)))
            used += len(list(walk.frames(shown)))
            decoded += walk.decoded
    return decoded, used


def transcode(video: Path, clip: Path, span: Window) -> int:
    """Write the window as a clip; returns the number of frames decoded."""
    decoded = encoded = 0
    with av.open(str(video)) as source, av.open(str(clip), "w") as target:
        stream: Any = source.streams.video[0]
        stream.thread_type = "AUTO"
        out: Any = target.add_stream("libx264", rate=stream.average_rate)
        out.width, out.height, out.pix_fmt = stream.width, stream.height, "yuv420p"
        source.seek(round(span[0] / stream.time_base), stream=stream)
        for frame in source.decode(stream):
            decoded += 1
            if frame.time >= span[1]:
                break
            if frame.time >= span[0]:
                frame.pts, frame.time_base, frame.pict_type = encoded, 1 / stream.average_rate, 0
                target.mux(out.encode(frame))
                encoded += 1
        target.mux(out.encode())
    return decoded
