"""A task's chat messages -> the body of a request to an OpenAI-compatible server.

Frames are single image items in reading order, and nothing of the request is moved: where a task
puts its question last, all before it is the prefix that a server may have in its cache.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline import video
from sightline.errors import UsageError
from sightline.models.inputs import file_indices
from sightline.models.settings import generation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sightline.serving.settings import ServerSettings

MOST_STOPS = 4
"""Strings that OpenAI takes as ``stop``; more of them are cut from the answer here alone."""

_REASONING_NAMES = re.compile(r"(?:.*/)?(?:o[134]|gpt-5)(?![0-9a-z])", re.IGNORECASE)
"""Models that refuse a temperature and count their thinking into ``max_completion_tokens``."""

_SENT = ("top_p", "presence_penalty", "frequency_penalty")
"""What every server of this protocol takes, beside temperature and seed."""

_SENT_EXTRA = ("top_k", "min_p", "repetition_penalty")
"""What vLLM and SGLang take as well."""

_LOCAL = ("max_new_tokens", "do_sample", "temperature", "seed", "num_beams", "use_cache", "n")
"""Read here, or without a meaning for a server; see :func:`_check`."""

_ONLY = {"num_beams": 1, "n": 1}
"""What a server is not asked for, and the one value that needs no asking."""


def body(
    messages: Sequence[Mapping[str, Any]],
    kwargs: Mapping[str, Any],
    settings: ServerSettings,
    image_url: Callable[[Any], str],
    *,
    repeat: int = 0,
) -> dict[str, Any]:
    """The body of one request.

    Args:
        messages: from a task: ``{"role", "content"}``.
        kwargs: the task's ``generation_kwargs``.
        settings: model, detail, system prompt, and what the user adds.
        image_url: an image as an address, from :class:`sightline.serving.encoding.ImageEncoder`.
        repeat: how often the same was asked before: another seed where answers are drawn.

    Raises:
        UsageError: the generation asks for what a server cannot do.
        OSError, ValueError, DatasetError: an image or a video cannot be read.
    """
    sent = [_message(message, settings, image_url) for message in messages]
    if settings.system_prompt is not None:
        sent.insert(0, {"role": "system", "content": settings.system_prompt})
    made = {"model": settings.model, "messages": sent, **sampling(kwargs, settings, repeat=repeat)}
    # Last: what the user says himself counts.
    return {**made, **settings.extra_body}


def sampling(
    kwargs: Mapping[str, Any], settings: ServerSettings, *, repeat: int = 0
) -> dict[str, Any]:
    """A task's ``generation_kwargs`` in the words of the protocol.

    Raises:
        UsageError: the generation asks for what a server cannot do.
    """
    chosen = generation(kwargs)
    options = {name: value for name, value in chosen.options.items() if value is not None}
    _check(options)
    longest = int(options["max_new_tokens"])
    sent: dict[str, Any] = {}
    if chosen.until:
        sent["stop"] = list(chosen.until[:MOST_STOPS])
    if takes_reasoning_names(settings):
        # These models draw their answers in their own way, and refuse to be told.
        return {**sent, "max_completion_tokens": longest}
    sent["max_tokens"] = longest
    if not chosen.samples:
        return {**sent, "temperature": 0}
    names = ("temperature", *_SENT, *_SENT_EXTRA)
    sent |= {name: options[name] for name in names if name in options}
    if "seed" in options:
        sent["seed"] = int(options["seed"]) + repeat
    return sent


def takes_reasoning_names(settings: ServerSettings) -> bool:
    """Whether the model is one of OpenAI's reasoning models, by its name or by the user's word."""
    if settings.reasoning is not None:
        return settings.reasoning
    return _REASONING_NAMES.match(settings.model) is not None


def size(made: Mapping[str, Any]) -> tuple[int, int]:
    """Number of images of a body, and its bytes to within the JSON around them."""
    images, count = 0, 0
    for message in made["messages"]:
        content = message["content"]
        whole: list[Any] = [{"type": "text", "text": content}]
        for item in whole if isinstance(content, str) else content:
            images += item["type"] == "image_url"
            count += len(item["text"] if item["type"] == "text" else item["image_url"]["url"])
    return images, count


def _message(
    message: Mapping[str, Any], settings: ServerSettings, image_url: Callable[[Any], str]
) -> dict[str, Any]:
    content = message["content"]
    if isinstance(content, str):
        return {"role": message["role"], "content": content}
    items = [sent for item in content for sent in _items(item, settings, image_url)]
    return {"role": message["role"], "content": items}


def _items(
    item: Mapping[str, Any], settings: ServerSettings, image_url: Callable[[Any], str]
) -> list[dict[str, Any]]:
    if item["type"] == "text":
        return [{"type": "text", "text": item["text"]}]
    if item["type"] == "image":
        pictures = [item["url"]]
    elif item["type"] == "video":
        pictures = _frames(item, settings)
    else:
        raise ValueError(f"content type ({item['type']!r}) must be text, image or video")
    told = {} if settings.detail is None else {"detail": settings.detail}
    return [
        {"type": "image_url", "image_url": {"url": image_url(picture), **told}}
        for picture in pictures
    ]


def _frames(item: Mapping[str, Any], settings: ServerSettings) -> list[Any]:
    """The frames of a video item: those it lists, or some of its file, within its times."""
    value = item["url"]
    if isinstance(value, (list, tuple)):
        return list(value)
    path = Path(value)
    chosen = file_indices(
        video.probe(path),
        start=item.get("start_time"),
        end=item.get("end_time"),
        max_frames=settings.max_frames,
        fps=settings.fps,
    )
    return [frame.image for frame in video.frames_at(path, chosen)]


def _check(options: Mapping[str, Any]) -> None:
    known = {*_SENT, *_SENT_EXTRA, *_LOCAL}
    unknown = sorted(set(options) - known)
    asked = sorted(name for name, only in _ONLY.items() if options.get(name, only) != only)
    if unknown or asked:
        raise UsageError(
            f"generation_kwargs {', '.join(unknown + asked)} cannot be asked of an API server",
            next_step="leave it out of the task or of --gen_kwargs; what only your server knows "
            "goes into --model_args extra_body={...}",
        )
