"""Samples of different shape for tests over the families of models."""

from __future__ import annotations

import numpy as np
from PIL import Image

FAMILIES = (
    "qwen2_5_vl",
    "qwen3_vl",
    "llava_onevision",
    "internvl",
    "gemma3",
    "idefics3",
    "smolvlm",
)
WITH_VIDEO = ("qwen2_5_vl", "qwen3_vl", "llava_onevision", "internvl", "smolvlm")
"""Those whose processors take videos."""


def picture(seed: int, size: tuple[int, int] = (90, 70)) -> Image.Image:
    """A picture of coloured blocks on a tint of its own; equal seeds, equal pictures."""
    draw = np.random.default_rng(seed)
    width, height = size
    blocks = draw.integers(0, 128, (7, 9, 3))
    rows = np.arange(height) * 7 // height
    columns = np.arange(width) * 9 // width
    tint = draw.integers(0, 128, 3)
    return Image.fromarray((blocks[rows][:, columns] + tint).astype(np.uint8))


def image(seed: int, size: tuple[int, int] = (90, 70)) -> dict:
    """An image item."""
    return {"type": "image", "url": picture(seed, size)}


def text(words: str) -> dict:
    """A text item."""
    return {"type": "text", "text": words}


def clip(seed: int, times: tuple[float, ...] = (3.0, 4.0, 6.0, 7.5)) -> dict:
    """A video item of as many frames as there are times."""
    frames = [picture(100 * seed + i) for i in range(len(times))]
    return {"type": "video", "url": frames, "frame_times": list(times)}


def user(*items: dict) -> list[dict]:
    """Messages of one user turn."""
    return [{"role": "user", "content": list(items)}]


def samples(family: str) -> dict[str, list[dict]]:
    """Name -> messages: one and several images, none, before and between texts, a system text."""
    found = {
        "one image": user(image(1), text("What is it?")),
        "two images between texts": user(
            text("First"), image(2), text("then, larger,"), image(3, (64, 120)), text("which?")
        ),
        "no image": user(text("Say something about the person and the cup.")),
        "three images and a system text": [
            {"role": "system", "content": "Be brief."},
            *user(image(4), image(5), image(6), text("Which of the three is it, please?")),
        ],
    }
    if family in WITH_VIDEO:
        found["a video"] = user(clip(7), text("When?"))
        found["another video"] = user(clip(8, (0.0, 0.5, 1.0, 1.5)), text("And here, when is it?"))
    return found
