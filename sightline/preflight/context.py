"""Whether the longest prompts fit into the model's context, and what would make them fit.

Tokens of an image are counted by the processor itself, on two and on three blank frames of the
size that the task shows: what a family does with several images is not what it does with one. Text
is counted on a real request, and by its length for the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.findings import Finding
from sightline.models.fit import image_tokens, shrunken
from sightline.models.settings import generation
from sightline.preflight.model import context_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sightline.preflight.model import Known
    from sightline.preflight.requests import Asking

MARGIN = 0.02
"""How far the estimate may be off; within it a prompt is warned of, not refused."""

_FAILURES = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError)


@dataclass(frozen=True)
class Estimate:
    """The longest prompt of a task."""

    frames: int
    """Its images."""
    size: tuple[int, int]
    """Width and height of one, pixels."""
    per_image: int
    """Tokens of one, with its marks."""
    text: int
    """Tokens of the text and of the chat template."""
    answer: int
    """Tokens that may be generated."""

    @property
    def prompt(self) -> int:
        """Tokens of the whole prompt."""
        return self.frames * self.per_image + self.text

    @property
    def whole(self) -> int:
        """Tokens of prompt and answer."""
        return self.prompt + self.answer


def check(known: Known, asking: Sequence[Asking]) -> Iterator[Finding | tuple[str, Estimate]]:
    """Estimate the longest prompt of each task; the estimates are given back as well."""
    room = context_length(known.text_config)
    for one in asking:
        try:
            found = estimate(known, one)
        except _FAILURES as error:
            yield Finding("note", f"{one.task}: its tokens could not be counted: {error}")
            continue
        if found is None:
            why = "no request was decoded, --thorough does" if one.messages is None else "videos"
            yield Finding("note", f"{one.task}: tokens are not counted beforehand ({why})")
            continue
        yield one.task, found
        told = (
            f"{one.task}: about {found.prompt:,} tokens ({found.frames} images of "
            f"{found.size[0]}x{found.size[1]} at {found.per_image}) and up to {found.answer:,} "
            "of the answer"
        )
        if room is None:
            yield Finding("note", f"{told}; the context of the model is not known")
        elif found.whole <= room * (1 - MARGIN):
            yield Finding("ok", f"{told}, of {room:,}")
        else:
            yield _too_long(known, found, told, room)


def estimate(known: Known, one: Asking) -> Estimate | None:
    """The longest prompt of a task; None where it shows videos, or nothing was decoded."""
    messages, shown = one.messages, one.shown
    if messages is None or shown is None:
        return None
    items = [item for message in messages for item in message["content"]]
    if any(item["type"] == "video" for item in items):
        return None
    answer = int(generation(one.generation).options["max_new_tokens"])
    shapes = [item["url"].size for item in items if item["type"] == "image"]
    template = _tokens(known, [{"role": "user", "content": [_text("")]}])
    own = _tokens(known, _only_text(messages)) - template
    per_character = max(0, own) / max(1, shown.characters)
    found = []
    for asked in one.longest:
        text = template + math.ceil(per_character * asked.characters)
        if not asked.frames or not shapes:
            found.append(Estimate(0, (0, 0), 0, text, answer))
            continue
        size = _like(shapes[0], asked.pixels // asked.frames)
        found.append(Estimate(asked.frames, size, _per_image(known, size), text, answer))
    return max(found, key=lambda each: each.prompt)


def _too_long(known: Known, found: Estimate, told: str, room: int) -> Finding:
    clearly = found.whole > room * (1 + MARGIN)
    what = f"{told}: {'more than' if clearly else 'about as much as'} the context of {room:,}"
    pixels = pixels_that_fit(known, found, room)
    if known.settings.too_long == "shrink_images" and pixels is not None:
        return Finding("note", f"{what}; images shrink to about {pixels:,} pixels in such prompts")
    if pixels is None:
        mend = "a task with fewer frames, or a model with a longer context"
    else:
        mend = (
            f"max_pixels={pixels} in --model-args for all images, or too_long=shrink_images for "
            "those of prompts that are too long"
        )
    return Finding("error" if clearly else "warning", what, mend)


def pixels_that_fit(known: Known, found: Estimate, room: int) -> int | None:
    """`max_pixels` under which the longest prompt fits; None where no such limit would do it."""
    images = getattr(known.processor, "image_processor", None)
    merge, patch = getattr(images, "merge_size", None), getattr(images, "patch_size", None)
    if not isinstance(merge, int) or not isinstance(patch, int) or not found.frames:
        return None
    limits: Any = getattr(images, "size", None) or {}
    least = known.settings.min_pixels or limits["shortest_edge"]
    most = known.settings.max_pixels or limits["longest_edge"]
    factor = patch * merge
    bare = image_tokens(found.size, min_pixels=least, max_pixels=most, factor=factor)
    marks = found.frames * max(0, found.per_image - bare)
    return shrunken(
        [found.size] * found.frames,
        room_tokens=math.floor(room * (1 - MARGIN)) - found.answer - found.text - marks,
        min_pixels=least,
        factor=factor,
    )


def _per_image(known: Known, size: tuple[int, int]) -> int:
    """Tokens that one more image adds where there are several."""
    from PIL import Image  # noqa: PLC0415 (only where a checkpoint is looked at)

    blank = {"type": "image", "url": Image.new("RGB", size)}
    two, three = (
        _tokens(known, [{"role": "user", "content": [*[blank] * count, _text("?")]}])
        for count in (2, 3)
    )
    return three - two


def _tokens(known: Known, messages: Sequence[Mapping[str, Any]]) -> int:
    """Tokens of a prompt, by the very code that makes it in the run."""
    from sightline.models import inputs  # noqa: PLC0415 (imports torch)

    settings = known.settings
    prompt = inputs.read_prompt(messages, max_frames=1, system=settings.system_prompt)
    made = inputs.tensors(prompt, known.processor, image_size=_image_size(known))
    return int(made["input_ids"].shape[1])


def _image_size(known: Known) -> dict[str, int] | None:
    """The limits that were asked for, as the model hands them to its processor."""
    settings, images = known.settings, known.processor.image_processor
    if settings.min_pixels is None and settings.max_pixels is None:
        return None
    return {
        "shortest_edge": settings.min_pixels or images.size["shortest_edge"],
        "longest_edge": settings.max_pixels or images.size["longest_edge"],
    }


def _only_text(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    texts = [
        (m["role"], [item for item in m["content"] if item["type"] == "text"]) for m in messages
    ]
    return [{"role": role, "content": items} for role, items in texts if items]


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _like(size: tuple[int, int], pixels: int) -> tuple[int, int]:
    """A size of so many pixels in the shape of another; that one where pixels are not known."""
    if not pixels:
        return size
    scale = math.sqrt(pixels / (size[0] * size[1]))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
