"""A small release in the authors' exact format, drawn by us: its answers are true in the pixels.

What it is for: the demo and the tests, and anyone without the real files. What is deliberate: the
same seed gives the same bytes (with the same Pillow, PyAV and FFmpeg), and the two variants hold
the same questions in the two shapes that a builder must accept.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sightline.errors import UsageError
from sightline.progress import progress_bar
from sightline.staging import new_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mmsi_video.rendering.clip import Clip
    from mmsi_video.rendering.media import Archive
    from mmsi_video.rendering.records import Question

VARIANTS: tuple[str, ...] = ("official", "rearranged")
"""``official`` is the layout that the authors describe. ``rearranged`` holds the same questions
without `options` and `hint`, with unknown fields, with marks in another order, and with archives
that repeat their folder's name inside."""

ANNOTATIONS = "mmsivideo.json"
FOLDERS = ("videos", "frames", "ref_images")
"""The archives, without their ``.zip``."""


def make_sample(out: Path, *, seed: int = 0, variant: str = "official") -> None:
    """Draw the sample release into a new folder.

    Writes ``mmsivideo.json``, ``videos.zip``, ``frames.zip`` and ``ref_images.zip``; all of them
    or, after any failure, nothing.

    Args:
        out: a folder that does not exist yet, or is empty.
        seed: any integer; another seed draws other rooms and asks for other answers.
        variant: one of VARIANTS.

    Raises:
        UsageError: the folder is not empty or cannot be written, or there is no such variant.
    """
    from mmsi_video.rendering.records import questions  # noqa: PLC0415 (Pillow, numpy: heavy)

    if variant not in VARIANTS:
        raise UsageError(f"variant ({variant!r}) must be one of: {', '.join(VARIANTS)}")
    with new_folder(out.absolute()) as folder:
        write(folder, questions(seed), rearranged=variant == "rearranged")


def write(folder: Path, made: Sequence[Question], *, rearranged: bool) -> None:
    """Write the questions and all their media into an existing folder."""
    from mmsi_video.rendering.media import Archive, jpeg  # noqa: PLC0415 (see above)
    from mmsi_video.rendering.records import record  # noqa: PLC0415 (see above)

    rows = [record(question, rearranged=rearranged) for question in made]
    text = json.dumps(rows, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    (folder / ANNOTATIONS).write_text(text, encoding="utf-8")

    def archive(name: str) -> Archive:
        return Archive(folder / f"{name}.zip", folder=f"{name}/" if rearranged else "")

    with archive("ref_images") as pictures:
        for question in made:
            for i, draw in enumerate(question.draft.images):
                pictures.add(question.image_path(i), jpeg(draw()))
    # Several questions may ask about one clip; it is drawn once.
    clips = {clip.key: clip for question in made for clip in question.draft.clips}
    with (
        archive("videos") as videos,
        archive("frames") as frames,
        progress_bar(unit="items") as bar,
    ):
        bar.start("drawing frames", sum(clip.count for clip in clips.values()))
        for key in sorted(clips):
            _write_clip(clips[key], videos, frames)
            bar.advance(clips[key].count)


def _write_clip(clip: Clip, videos: Archive, frames: Archive) -> None:
    from mmsi_video.rendering.media import jpeg, mp4  # noqa: PLC0415 (see above)

    images = []
    for i in range(clip.video_count):
        images.append(clip.picture(i))
        if i % clip.video_factor == 0:
            frame = i // clip.video_factor
            frames.add(clip.frame_name(frame), jpeg(images[-1]))
    videos.add(f"{clip.key}.mp4", mp4(images, size=clip.size, fps=clip.video_fps))
