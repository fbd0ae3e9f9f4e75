"""Long recordings to measure on: a rendered minute over and over, and labels of it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from streamgaze_task.pipeline import lines
from streamgaze_task.pipeline.facts import RecordingFacts
from streamgaze_task.pipeline.records import FoundFixation
from streamgaze_task.pipeline.stage import path_of
from streamgaze_task.rendering import raw
from streamgaze_task.rendering.painter import Painter
from streamgaze_task.rendering.raw.recordings import RECORDINGS, actions_of, tracked
from streamgaze_task.rendering.reading_script import ScriptReader
from streamgaze_task.rendering.scanpath import script_of
from streamgaze_task.rendering.signals import Signal
from streamgaze_task.rendering.truth import frame_times
from streamgaze_task.sample_recordings import DATASETS, config_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamgaze_task.pipeline.records import LabelledFixation, View
    from streamgaze_task.pipeline.stage import Task
    from streamgaze_task.rendering.raw.recordings import Recording

CLIP_SECONDS = 60
MEGABYTE = 1_000_000
SIZES = {"egtea": (640, 480, 24), "ego4d": (1088, 1080, 30)}
"""Width, height and frames a second of what the datasets publish."""
HISS = 24
"""Grey values that the sensor adds, so that there is something to encode everywhere."""
BITS_PER_PIXEL = 0.2
"""Of the video (ours): 1.5 Mbit/s for EGTEA's size. A drawn room alone has a thirtieth of it, and
decoding would cost next to nothing."""


def _recording(size: str) -> Recording:
    """One minute of the dataset's sample recording, in the size that is published."""
    width, height, fps = SIZES[size]
    own = next(one for one in RECORDINGS if one.dataset == size)
    video = replace(
        own.video, width=width, height=height, fps=Fraction(fps), seconds=float(CLIP_SECONDS)
    )
    return replace(own, video=video)


def recordings(folder: Path, size: str, minutes: int, count: int) -> Path:
    """A folder with recordings of that length and their configuration; made unless it is there."""
    root = folder / f"{size}-{minutes}-{count}"
    if (root / "config.yaml").exists():
        return root
    shutil.rmtree(root, ignore_errors=True)
    one, copies = _recording(size), max(minutes * 60 // CLIP_SECONDS, 1)
    data, script = root / DATASETS / size, script_of(one.video, 0)
    for number in range(count):
        name = f"{one.recording_id}-{number}"
        raw.write_gaze(
            one.format,
            data,
            name,
            repeated(tracked(script, rate_hz=one.rate_hz, seed=0), copies),
            width=one.video.width,
            height=one.video.height,
            fps=one.video.fps,
            seconds=float(copies * CLIP_SECONDS),
        )
        each = [(k * CLIP_SECONDS, a) for k in range(copies) for a in actions_of(script)]
        raw.write_actions(
            one.format, data, name, [(start + k, end + k, what) for k, (start, end, what) in each]
        )
        target = raw.video_path(one.format, data, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        remux(clip(folder, size), target, copies)
    (root / "config.yaml").write_text(config_text([one], 0), "utf-8")
    return root


def repeated(signal: Signal, copies: int) -> Signal:
    """The gaze of the minute, over and over."""
    starts = np.repeat(np.arange(copies) * CLIP_SECONDS, len(signal.seconds))
    columns = (signal.x, signal.y, signal.valid, signal.types)
    return Signal(
        np.tile(signal.seconds, copies) + starts, *(np.tile(each, copies) for each in columns)
    )


def clip(folder: Path, size: str) -> Path:
    """One minute of video, rendered unless it is there."""
    path, video = folder / f"clip-{size}.mp4", _recording(size).video
    if path.exists():
        return path
    partial, painter = path.with_suffix(".partial.mp4"), Painter(script_of(video, 0))
    draw = np.random.default_rng(0)
    with av.open(str(partial), "w") as container:
        stream: Any = container.add_stream("libx264", rate=video.fps)
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
        stream.options = {"preset": "veryfast"}
        stream.bit_rate = round(BITS_PER_PIXEL * video.width * video.height * video.fps)
        for at in frame_times(video):
            hiss = draw.integers(0, HISS, (video.height, video.width, 1), dtype=np.uint8)
            picture = np.minimum(painter.frame(at), 255 - HISS) + hiss
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    partial.replace(path)
    return path


def clip_facts(folder: Path, size: str) -> str:
    """Size and bit rate of the minute."""
    width, height, fps = SIZES[size]
    rate = clip(folder, size).stat().st_size * 8 / CLIP_SECONDS / MEGABYTE
    return f"{width}x{height}, {fps} frames a second, {rate:.1f} Mbit/s"


def remux(source: Path, target: Path, copies: int) -> None:
    """The packets of a video again and again, each time later; nothing is encoded."""
    with av.open(str(target), "w") as out, av.open(str(source)) as first:
        stream: Any = out.add_stream_from_template(first.streams.video[0])
        base = first.streams.video[0].time_base
        for copy in range(copies):
            with av.open(str(source)) as container:
                for packet in shifted(container, round(copy * CLIP_SECONDS / base)):
                    packet.stream = stream
                    out.mux(packet)


def shifted(container: Any, ticks: int) -> Iterator[Any]:
    """The packets of a video, so much later."""
    for packet in container.demux(container.streams.video[0]):
        if packet.dts is not None:
            packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
            yield packet


def write_labels(task: Task, size: str) -> None:
    """What a labeller that knows the room would say of the fixations and of every second."""
    video_seconds = task.read("recordings", RecordingFacts)[0].video.seconds
    found = [one for one in task.read("fixations", FoundFixation) if not one.dropped]
    reader = ScriptReader(script_of(_recording(size).video, 0))
    views = (_view(reader, at) for at in range(int(video_seconds)))
    for name, records in (("labels", (_label(reader, one) for one in found)), ("views", views)):
        path = path_of(task.config, name, task.source.recording_id)
        lines.write(path, {"stage": name, "key": "written down"}, records)


def _label(reader: ScriptReader, fixation: FoundFixation) -> LabelledFixation:
    start, end = fixation.start_seconds, fixation.end_seconds
    before = (start + end) / 2 // CLIP_SECONDS * CLIP_SECONDS
    inside = replace(
        fixation,
        start_seconds=max(start - before, 0.0),
        end_seconds=min(end - before, CLIP_SECONDS),
    )
    return replace(reader.label(inside), start_seconds=start, end_seconds=end)


def _view(reader: ScriptReader, at: int) -> View:
    return replace(reader.view(float(at % CLIP_SECONDS)), seconds=float(at))
