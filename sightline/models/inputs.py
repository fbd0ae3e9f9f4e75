"""Chat messages -> what the model's processor gets: texts, images and videos with their times.

A message's content items are ``{"type": "text", "text"}``, ``{"type": "image", "url"}`` and
``{"type": "video", "url", "start_time", "end_time", "frame_times"}``, see
:mod:`sightline.models.media`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from sightline.errors import UsageError
from sightline.models.media import array, file_indices, read_image, read_video

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import torch

    from sightline.models.media import Video

__all__ = [
    "Prompt",
    "check_texts",
    "content_items",
    "file_indices",
    "media_marks",
    "read_prompt",
    "tensors",
    "with_system",
]


@dataclass(frozen=True)
class Prompt:
    """One sample's messages, with the media taken out in reading order."""

    messages: list[dict[str, Any]]
    """For the chat template: content items are text, or a bare image or video mark."""
    images: list[Image.Image | torch.Tensor]
    """One per image mark, RGB; a tensor is uint8 of shape (3, height, width)."""
    videos: list[Video]
    """One per video mark."""


def read_prompt(
    messages: Sequence[Mapping[str, Any]],
    *,
    max_frames: int,
    fps: float | None = None,
    system: str | None = None,
) -> Prompt:
    """Take the media out of a task's messages, and decode them.

    Args:
        messages: ``{"role", "content"}``; content is a string or a list of items.
        max_frames: taken from a video file, at most.
        fps: frames per second taken from a video file; None spreads max_frames evenly.
        system: text of a system message before all others; where the task begins with one of its
            own, it follows in the same message after a blank line. None adds nothing.

    Raises:
        OSError: a file cannot be opened or decoded.
        ValueError: an item or a video is not what is described above.
    """
    prompt = Prompt([], [], [])
    for message in with_system(messages, system):
        marks = [_take(item, prompt, max_frames, fps) for item in content_items(message)]
        prompt.messages.append({"role": message["role"], "content": marks})
    return prompt


def content_items(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The content items of a message; a content that is a string is one text."""
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def with_system(
    messages: Sequence[Mapping[str, Any]], system: str | None
) -> list[Mapping[str, Any]]:
    """The messages with a system text before them, as :func:`read_prompt` describes it."""
    if not system:
        return list(messages)
    items: list[Mapping[str, Any]] = [{"type": "text", "text": system}]
    rest = list(messages)
    if rest and rest[0]["role"] == "system":
        first, *others = content_items(rest.pop(0))
        if first["type"] == "text":
            first = {"type": "text", "text": f"{system}\n\n{first['text']}"}
            items = []
        items = [*items, first, *others]
    return [{"role": "system", "content": items}, *rest]


def _take(
    item: Mapping[str, Any], prompt: Prompt, max_frames: int, fps: float | None
) -> dict[str, Any]:
    kind = item["type"]
    if kind == "text":
        return {"type": "text", "text": item["text"]}
    if kind == "image":
        prompt.images.append(read_image(item["url"]))
    elif kind == "video":
        prompt.videos.append(read_video(item, max_frames=max_frames, fps=fps))
    else:
        raise ValueError(f"content type ({kind!r}) must be text, image or video")
    return {"type": kind}


def tensors(
    prompt: Prompt,
    processor: Any,
    *,
    image_size: Mapping[str, int] | None = None,
    enable_thinking: bool | None = None,
) -> Any:
    """Apply the checkpoint's chat template and processor to one sample.

    The tensors are those of the processor's own ``apply_chat_template(..., tokenize=True)`` on the
    same media. Frames are used as they are, never resampled: plain calls of a processor would
    assume 24 frames per second and drop most of them.

    Args:
        prompt: the sample.
        processor: the checkpoint's, from AutoProcessor.
        image_size: replaces the processor's own `size` for images; None leaves it.
        enable_thinking: handed to the chat template under this name; None leaves it out.

    Returns:
        A BatchFeature with ``input_ids`` of shape (1, tokens) and the family's pixel tensors.

    Raises:
        UsageError: a text holds the processor's own mark of an image or a video, so it would be
            counted as one.
    """
    texts = [item["text"] for m in prompt.messages for item in m["content"] if "text" in item]
    check_texts(texts, processor)
    options = {} if enable_thinking is None else {"enable_thinking": enable_thinking}
    text = processor.apply_chat_template(
        prompt.messages, tokenize=False, add_generation_prompt=True, **options
    )
    given = _media(prompt, processor, image_size)
    beginning = getattr(getattr(processor, "tokenizer", None), "bos_token", None)
    if beginning and text.startswith(beginning):
        # The template has written it already; the tokenizer would write it again.
        given["add_special_tokens"] = False
    return processor(text=[text], return_tensors="pt", **given)


def _media(prompt: Prompt, processor: Any, image_size: Mapping[str, int] | None) -> dict[str, Any]:
    """A processor's arguments for images and videos."""
    given: dict[str, Any] = {}
    if prompt.images:
        images = prompt.images
        if getattr(processor.image_processor, "backend", None) != "torchvision":
            images = [Image.fromarray(array(image)) for image in images]
        # Nested, one list per sample: LLaVA-OneVision cuts an image into crops only where it is
        # the one image of its sample, and takes a flat list for one image per sample.
        given["images"] = [images]
        if image_size is not None:
            given["images_kwargs"] = {"size": dict(image_size)}
    if prompt.videos:
        given["videos"] = [clip.frames for clip in prompt.videos]
        given["video_metadata"] = [clip.metadata() for clip in prompt.videos]
        given["do_sample_frames"] = False
    return given


def media_marks(processor: Any) -> dict[str, str]:
    """What stands for a medium in a rendered prompt: mark -> image, video or audio."""
    kinds = ("image", "video", "audio")
    holders = (processor, getattr(processor, "tokenizer", None))
    found = {getattr(holder, f"{kind}_token", None): kind for holder in holders for kind in kinds}
    return {mark: kind for mark, kind in found.items() if isinstance(mark, str) and mark}


def check_texts(texts: Iterable[str], processor: Any) -> None:
    """Refuse what some processors count as media: `<video>` is plain text for others.

    Raises:
        UsageError: one of the texts holds such a mark.
    """
    marks = media_marks(processor)
    for text in texts:
        for mark in marks:
            if mark in text:
                raise UsageError(
                    f"a text of this sample holds {mark!r}, which {type(processor).__name__} takes "
                    "for one of its media",
                    next_step="use a task that does not send that mark, or another family of "
                    "models",
                )
