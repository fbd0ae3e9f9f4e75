"""Input profiles: how a question is put before a model family, as data.

The facts stand in ``data/profiles.yaml``; they come from the official code of MMSI-Video-Bench
(``models/*.py``), which feeds every family in its own way. A profile holds only what our code
really does; what lmms-eval cannot carry is listed there under ``refused``, with the reason.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, get_args

from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

VideoForm = Literal["images", "frames", "file"]
ResizeRule = Literal["square", "grid", "shrink"]


@dataclass(frozen=True)
class Resize:
    """A step of our own on decoded images, before the model's processor sees them.

    - ``square``: to `side` x `side`, aspect not kept, bicubic (one InternVL tile).
    - ``grid``: both sides to multiples of `multiple`, at most `max_pixels`, bicubic; the
      arithmetic of ``qwen_vl_utils.smart_resize``.
    - ``shrink``: at most `max_pixels`, aspect kept, never larger, Lanczos; the official API code.
    """

    rule: ResizeRule
    side: int | None = None
    """Width and height in pixels, ``square`` only."""
    max_pixels: int | None = None
    """Limit of width * height, ``grid`` and ``shrink``."""
    multiple: int | None = None
    """Both sides become multiples of it, ``grid`` only."""
    above_frames: int = 0
    """The step is taken only when the cap on frames is larger than this."""
    references: bool = False
    """Whether reference images take the step too."""
    jpeg_quality: int | None = None
    """Resized images become JPEG files of this quality; None leaves them decoded."""

    def __post_init__(self) -> None:
        needed = {
            "square": ("side",),
            "grid": ("max_pixels", "multiple"),
            "shrink": ("max_pixels",),
        }
        if self.rule not in needed:
            raise ValueError(f"resize rule ({self.rule!r}) must be one of: {', '.join(needed)}")
        for name in needed[self.rule]:
            value = getattr(self, name)
            if value is None or value < 1:
                raise ValueError(f"resize rule {self.rule} needs {name} >= 1, but got {value}")


@dataclass(frozen=True)
class Profile:
    """How a question is put before a model family."""

    name: str
    """What the task's YAML calls it."""
    about: str
    """One line for lists and messages."""
    video: VideoForm
    """What a video mark becomes: an image per frame, a list of frames, or the mp4."""
    system: Literal["inline", "message"]
    """The system prompt stands before the user's text, or in a system message."""
    label: str = ""
    """Text before each frame; ``{n}`` counts from 1 in each video."""
    end: str = ""
    """Text after each frame."""
    image_bytes: Literal["decoded", "original"] = "decoded"
    """``original``: JPEG files reach backends that send base64 as they are."""
    detail: Literal["low"] | None = None
    """The `detail` that an API backend must put on every image; None when it says nothing."""
    resize: Resize | None = None
    """Our own resizing step, if any."""

    def __post_init__(self) -> None:
        if self.video not in get_args(VideoForm):
            raise ValueError(f"{self.name}: video ({self.video!r}) must be images, frames or file")
        if self.system not in ("inline", "message"):
            raise ValueError(f"{self.name}: system ({self.system!r}) must be inline or message")
        if self.image_bytes not in ("decoded", "original"):
            raise ValueError(
                f"{self.name}: image_bytes ({self.image_bytes!r}) must be decoded or original"
            )
        if self.detail not in (None, "low"):
            raise ValueError(f"{self.name}: detail ({self.detail!r}) must be low or absent")
        if self.video != "images" and (self.label or self.end):
            raise ValueError(f"{self.name}: only the form `images` can carry text beside frames")

    def resize_at(self, max_frames: int | None) -> Resize | None:
        """The resizing step that is taken when at most `max_frames` frames are shown."""
        step = self.resize
        if step is not None and step.above_frames and (max_frames or 0) <= step.above_frames:
            return None
        return step

    def parameters(self, max_frames: int | None) -> dict[str, Any]:
        """What of the profile shapes a message at this cap, as plain JSON types."""
        step = self.resize_at(max_frames)
        return {
            "video": self.video,
            "system": self.system,
            "image_bytes": self.image_bytes,
            "detail": self.detail,
            "resize": None if step is None else asdict(step),
        }


def profile(name: str) -> Profile:
    """The profile of that name.

    Raises:
        UsageError: there is none, or lmms-eval cannot carry it; the message says which exist.
    """
    known, refused = _table()
    if name in refused:
        raise UsageError(f"profile {name!r} cannot be honoured: {refused[name]}")
    try:
        return known[name]
    except KeyError:
        raise UsageError(f"profile ({name!r}) must be one of: {', '.join(known)}") from None


def profiles() -> dict[str, Profile]:
    """Every profile by name."""
    return dict(_table()[0])


def refused_profiles() -> dict[str, str]:
    """Names that the official code has and lmms-eval cannot carry -> why."""
    return dict(_table()[1])


@cache
def _table() -> tuple[dict[str, Profile], dict[str, str]]:
    import yaml  # noqa: PLC0415 (only a run needs it, not `import mmsi_video.prompts`)

    text = (files("mmsi_video") / "data" / "profiles.yaml").read_text(encoding="utf-8")
    table = yaml.safe_load(text)
    known = {name: _read(name, entry) for name, entry in table["profiles"].items()}
    return known, {name: str(reason) for name, reason in table["refused"].items()}


def _read(name: str, entry: Mapping[str, Any]) -> Profile:
    step = entry.get("resize")
    return Profile(name=name, **{**entry, "resize": None if step is None else Resize(**step)})


def target_size(width: int, height: int, resize: Resize) -> tuple[int, int]:
    """Width and height in pixels after the step; equal to the input when nothing is to be done.

    Raises:
        ValueError: a side is less than 1.
    """
    if width < 1 or height < 1:
        raise ValueError(f"width ({width}) and height ({height}) must be >= 1")
    if resize.rule == "square":
        side = resize.side or 1
        return side, side
    if resize.rule == "grid":
        return _grid(width, height, resize.max_pixels or 1, resize.multiple or 1)
    pixels = resize.max_pixels or 1
    if width * height <= pixels:
        return width, height
    scale = math.sqrt(pixels / (width * height))
    return max(1, int(width * scale)), max(1, int(height * scale))


def _grid(width: int, height: int, pixels: int, multiple: int) -> tuple[int, int]:
    wide = max(multiple, round(width / multiple) * multiple)
    high = max(multiple, round(height / multiple) * multiple)
    if wide * high > pixels:
        shrink = math.sqrt(width * height / pixels)
        wide = max(multiple, math.floor(width / shrink / multiple) * multiple)
        high = max(multiple, math.floor(height / shrink / multiple) * multiple)
    return wide, high
