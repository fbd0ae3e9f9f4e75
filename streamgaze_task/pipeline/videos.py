"""A recording's video as an mp4 of the release: linked, repacked or, at last, encoded anew."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any, cast

import av

from sightline.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

PLAYED_CODECS = ("h264", "hevc", "av1", "vp9", "mpeg4")
"""Codecs that an mp4 holds and that every decoder we know reads."""
_OPTIONS = {"crf": "18", "preset": "fast"}


def write_mp4(video: Path, target: Path) -> None:
    """Put a video where the release has it.

    An mp4 is linked (copied where links are not possible). Another container is repacked without
    touching a picture, and only what no mp4 can hold is encoded again.

    Raises:
        DatasetError: the video cannot be read.
    """
    if video.suffix.lower() == ".mp4":
        try:
            os.link(video, target)
        except OSError:
            shutil.copyfile(video, target)
        return
    try:
        with av.open(str(video)) as source:
            if source.streams.video[0].codec_context.name in PLAYED_CODECS:
                _repack(source, target)
            else:
                _encode(source, target)
    except (av.FFmpegError, IndexError) as error:
        target.unlink(missing_ok=True)
        raise DatasetError(f"{video} cannot be written as mp4: {error}") from error


def _repack(source: Any, target: Path) -> None:
    given = source.streams.video[0]
    with av.open(str(target), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream_from_template(given)
        for packet in source.demux(given):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)


def _encode(source: Any, target: Path) -> None:
    given = source.streams.video[0]
    with av.open(str(target), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        rate = given.average_rate
        stream = cast("Any", container.add_stream("libx264", rate=rate, options=_OPTIONS))
        stream.width, stream.height = given.width - given.width % 2, given.height - given.height % 2
        stream.pix_fmt = "yuv420p"
        for frame in source.decode(given):
            container.mux(stream.encode(frame.reformat(stream.width, stream.height, "yuv420p")))
        container.mux(stream.encode())
