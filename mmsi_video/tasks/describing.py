"""What the inference engine is told of a question before any frame of it is decoded.

From the record alone: which frames are shown and what names them is planned without media, and the
sizes of frames are those of their clips' mp4 files, which the dataset lists.
"""

from __future__ import annotations

import io
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from mmsi_video import prompts
from mmsi_video.prompts import FrameImage, FrameVideo, Text, VideoFile
from sightline.engine.jobs import Asked
from sightline.errors import DatasetError, SightlineError
from sightline.parquet_reader import read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mmsi_video.prompts import Message, Part
    from mmsi_video.schema import Sample
    from mmsi_video.tasks.settings import Settings

BROKEN = (SightlineError, OSError, ValueError, LookupError, TypeError, AttributeError)
"""What a broken document may raise; it is then asked without a description, and says why itself."""


def describe(
    sample: Sample,
    settings: Settings,
    plan: Sequence[Message],
    *,
    sizes: Mapping[str, int],
    references: Sequence[bytes],
) -> Asked:
    """The description of a question.

    Args:
        sample: the question.
        settings: how the task shows it.
        plan: of its messages, by these settings.
        sizes: path of an mp4 -> pixels of one of its frames.
        references: the files of its reference images.
    """
    parts = [part for message in plan for part in message.parts]
    pixels = [_pixels(part, sample, sizes, references) for part in parts]
    return Asked(
        question_id=sample.id,
        group=sample.cluster,
        position=0.0,
        message_hash=prompts.message_hash(
            plan, sample, settings.profile, max_frames=settings.max_frames
        ),
        protocol=protocol(settings),
        frames=sum(_images(part, sample) for part in parts),
        pixels=0 if None in pixels else sum(filter(None, pixels)),
        characters=sum(len(part.text) for part in parts if isinstance(part, Text)),
    )


def protocol(settings: Settings) -> str:
    """Everything that the task's YAML says about the input, and the version of the task."""
    told = {**settings.as_dict(), "version": version()}
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


@cache
def version() -> float:
    """Of the tasks, from the file that lmms-eval reads it from."""
    import yaml  # noqa: PLC0415 (only a run needs it)

    class Loader(yaml.SafeLoader):
        """Reads `!function module.name` as the name."""

    Loader.add_constructor("!function", lambda _, node: node.value)
    text = (files("mmsi_video") / "tasks" / "_default_template_yaml").read_text(encoding="utf-8")
    found: float = yaml.load(text, Loader)["metadata"]["version"]  # noqa: S506 (a safe loader)
    return found


@cache
def frame_pixels(folder: Path) -> dict[str, int]:
    """Path of an mp4 of a dataset -> pixels of one of its frames; nothing where none are listed."""
    columns = ("video_path", "width", "height")
    try:
        rows = read_rows(folder / "videos", columns, next_step="build the dataset again")
    except DatasetError:  # only costs are estimated from it
        return {}
    return {row["video_path"]: row["width"] * row["height"] for row in rows}


def _images(part: Part, sample: Sample) -> int:
    """How many images a part is; of an mp4, which the model samples, the released frames."""
    if isinstance(part, Text):
        return 0
    if isinstance(part, VideoFile):
        return sample.clips[part.clip].frame_count
    return len(part.indices) if isinstance(part, FrameVideo) else 1


def _pixels(
    part: Part, sample: Sample, sizes: Mapping[str, int], references: Sequence[bytes]
) -> int | None:
    """Pixels of all images of a part; None when they are not known."""
    if isinstance(part, Text):
        return 0
    if isinstance(part, (FrameImage, FrameVideo, VideoFile)):
        size = sizes.get(sample.clips[part.clip].video_path)
        return None if size is None else size * _images(part, sample)
    return _area(references[part.ordinal])


def _area(data: bytes) -> int | None:
    """Pixels of an image file, by its header."""
    from PIL import Image  # noqa: PLC0415 (few questions have such an image)

    try:
        width, height = Image.open(io.BytesIO(data)).size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return width * height
