"""A video to measure on: a camera that turns before a textured wall, with a sensor that hisses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 640, 480

SCENE_SECONDS = 11.3
"""The camera is elsewhere after so long: the encoder begins anew there, so that key frames do not
lie on whole seconds, where the grid of our protocol has its frames."""


def rendered(folder: Path, minutes: float, fps: int, key_frames: int) -> Path:
    """The video, rendered unless the folder has it."""
    folder.mkdir(parents=True, exist_ok=True)
    video = folder / f"streaming-{minutes:g}min-{fps}fps-gop{key_frames}-scenes.mp4"
    if video.exists():
        return video
    partial = video.with_suffix(".partial.mp4")
    draw = np.random.default_rng(0)
    wall = texture(draw)
    with av.open(str(partial), "w") as container:
        stream: Any = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "veryfast", "g": str(key_frames)}
        for number in range(round(minutes * 60 * fps)):
            frame = av.VideoFrame.from_ndarray(view(wall, number / fps, draw), format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    partial.replace(video)
    return video


def texture(draw: np.random.Generator) -> np.ndarray:
    """A wall to look at, grey: coarse patches and fine grain, three pictures wide."""
    shape = (HEIGHT * 2, WIDTH * 3)
    coarse = draw.integers(40, 200, (shape[0] // 40, shape[1] // 40)).repeat(40, 0).repeat(40, 1)
    fine = draw.integers(-15, 16, (shape[0] // 2, shape[1] // 2)).repeat(2, 0).repeat(2, 1)
    return (coarse + fine).astype(np.uint8)


def view(wall: np.ndarray, seconds: float, draw: np.random.Generator) -> np.ndarray:
    """What the camera sees, planar YUV 4:2:0: it turns, shakes a little, and its sensor hisses."""
    x = WIDTH * (1 + 0.9 * np.sin(seconds / 4)) + 3 * np.sin(seconds * 9)
    y = HEIGHT * 0.5 * (1 + 0.9 * np.sin(seconds / 7)) + 3 * np.cos(seconds * 8)
    wall = np.roll(wall, 997 * int(seconds / SCENE_SECONDS), axis=(0, 1))  # it enters other rooms
    top, left = int(np.clip(y, 0, HEIGHT)), int(np.clip(x, 0, WIDTH * 2))
    noise = draw.integers(0, 16, (HEIGHT, WIDTH), dtype=np.uint8)
    luma = wall[top : top + HEIGHT, left : left + WIDTH] + noise
    chroma = luma[::2, ::2] // 4 + 96
    return np.concatenate([luma, chroma.reshape(-1, WIDTH), chroma.reshape(-1, WIDTH)])
