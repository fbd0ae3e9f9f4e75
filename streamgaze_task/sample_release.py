"""A small release in the authors' layout, drawn by us: its answers are true in the pixels.

What it is for: the demo and the tests, and anyone without the real files. What is deliberate: the
same seed gives the same bytes (with the same Pillow, PyAV and FFmpeg), and both variants hold the
same questions and the same videos. There is no table of gaze samples in it, as there is none in the
authors' release; streamgaze_task.rendering.truth tells the true gaze.
"""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from sightline.errors import UsageError
from sightline.progress import Silent, progress_bar
from sightline.staging import new_folder
from streamgaze_task.task_names import SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from streamgaze_task.rendering.videos import Video
    from streamgaze_task.rendering.world import Script

VARIANTS: tuple[str, ...] = ("official", "unpacked")
"""``official`` is what the authors publish: six archives. ``unpacked`` is what their evaluation
code wants to find: two folders of videos."""

ORIGINAL, OVERLAY = "original_video", "gaze_viz_video"
"""The two folders of videos of an unpacked release, below ``videos/``."""
ARCHIVES = {ORIGINAL: "original", OVERLAY: "viz"}
"""Folder of an unpacked release -> how its archives' names end."""
NESTED = frozenset({"egoexolearn", "holoassist"})
"""Sources whose archives hold the videos below one folder; the others hold them flat."""


def make_sample(out: Path, *, seed: int = 0, variant: str = "official") -> None:
    """Draw the sample release into a new folder.

    Writes ``qa/``, ``metadata/`` and ``videos/``; all of them or, after any failure, nothing.

    Args:
        out: a folder that does not exist yet, or is empty.
        seed: any integer; another seed draws other rooms and asks for other answers.
        variant: one of VARIANTS.

    Raises:
        UsageError: the folder is not empty or cannot be written, or there is no such variant.
    """
    from streamgaze_task.rendering.videos import VIDEOS  # noqa: PLC0415 (not at the CLI's start)

    if variant not in VARIANTS:
        raise UsageError(f"variant ({variant!r}) must be one of: {', '.join(VARIANTS)}")
    with new_folder(out.absolute()) as folder, progress_bar(unit="items") as bar:
        write(folder, VIDEOS, seed=seed, packed=variant == "official", progress=bar)


def write(
    folder: Path,
    videos: Sequence[Video],
    *,
    seed: int,
    packed: bool,
    progress: Progress | None = None,
) -> None:
    """Write a release of some videos into an existing folder.

    Args:
        folder: where to.
        videos: which ones; tests take fewer or shorter ones.
        seed: as for :func:`make_sample`.
        packed: whether the videos go into archives.
        progress: told about every frame.
    """
    from streamgaze_task.rendering import entries, metadata  # noqa: PLC0415 (numpy and Pillow)
    from streamgaze_task.rendering.scanpath import script_of  # noqa: PLC0415 (see above)

    scripts = [script_of(video, seed) for video in videos]
    for name in ("qa", "metadata", f"videos/{ORIGINAL}", f"videos/{OVERLAY}"):
        (folder / name).mkdir(parents=True)
    for name, rows in entries.files(scripts, seed).items():
        text = json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
        (folder / "qa" / f"{name}.json").write_text(text, encoding="utf-8")
    for source in SOURCES:
        text = metadata.table([s for s in scripts if s.video.source == source])
        (folder / "metadata" / f"{source}.csv").write_text(text, encoding="utf-8")
    _draw(folder / "videos", scripts, progress or Silent())
    if packed:
        _pack(folder / "videos", videos)


def _draw(folder: Path, scripts: Sequence[Script], progress: Progress) -> None:
    """Draw all videos, several at once: threads, for the time goes into the encoder."""
    progress.start("drawing frames", sum(script.video.frame_count for script in scripts))
    longest_first = sorted(scripts, key=lambda script: -script.video.frame_count)
    with ThreadPoolExecutor(min(len(scripts), os.cpu_count() or 1)) as pool:
        for done in [pool.submit(_film, folder, script, progress) for script in longest_first]:
            done.result()


def _film(folder: Path, script: Script, progress: Progress) -> None:
    """Write one video with and without the gaze drawn in."""
    from streamgaze_task.rendering import world  # noqa: PLC0415 (numpy and Pillow)
    from streamgaze_task.rendering.marks import mark  # noqa: PLC0415 (see above)
    from streamgaze_task.rendering.media import mp4  # noqa: PLC0415 (see above)
    from streamgaze_task.rendering.painter import Painter  # noqa: PLC0415 (see above)
    from streamgaze_task.rendering.truth import frame_times  # noqa: PLC0415 (see above)

    video, painter = script.video, Painter(script)
    name, size = f"{video.video_id}.mp4", (video.width, video.height)
    with (
        mp4(folder / ORIGINAL / name, size=size, fps=video.fps) as original,
        mp4(folder / OVERLAY / name, size=size, fps=video.fps) as overlay,
    ):
        for at in frame_times(video):
            frame = painter.frame(at)
            original(frame)
            mark(frame, world.gaze(script, at), video.radius)
            overlay(frame)
            progress.advance(1)


def _pack(folder: Path, videos: Sequence[Video]) -> None:
    """Move the videos into one archive per source and kind."""
    from streamgaze_task.rendering.media import tar_gz  # noqa: PLC0415 (not at the CLI's start)

    for kind, ending in ARCHIVES.items():
        for source in SOURCES:
            archive = f"videos_{source}_{ending}"
            names = sorted(f"{v.video_id}.mp4" for v in videos if v.source == source)
            below = f"{archive}/" if source in NESTED else ""
            tar_gz(
                folder / f"{archive}.tar.gz",
                [folder / kind / name for name in names],
                folder=below,
            )
        shutil.rmtree(folder / kind)
