"""Tries a processor and its chat template on sentinel prompts: what would be lost of a sample."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from sightline.models.inputs import Prompt, media_marks, tensors
from sightline.models.media import Video

if TYPE_CHECKING:
    from collections.abc import Sequence

_FAILURES: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What templates and processors raise for what they cannot take: their code is anybody's."""

_PER_KIND = 2
"""Images and videos of a trial, at most: more would only take longer."""
_SIZE = (112, 84)
"""Width and height of a trial's pictures, pixels."""
_FRAMES = 4
"""Frames of a trial's video."""
_COLOURS = (20, 230)
"""Greys between which a picture is changed to see whether it matters."""


@dataclass(frozen=True)
class Turn:
    """The shape of one message."""

    role: str
    """``system``, ``user`` or ``assistant``."""
    kinds: tuple[str, ...]
    """Of its content items, in order: ``text``, ``image``, ``video``."""


def problem(processor: Any, turns: Sequence[Turn]) -> str | None:
    """What is lost when such messages are given to this processor; None when nothing is.

    Its chat template must write every text and every medium, once and in the order given, and
    every medium must change the tensors.
    """
    kinds = [kind for turn in turns for kind in turn.kinds]
    if "video" in kinds and getattr(processor, "video_processor", None) is None:
        return f"{type(processor).__name__} takes no videos"
    if "image" in kinds and getattr(processor, "image_processor", None) is None:
        return f"{type(processor).__name__} takes no images"
    found = _lost_by_template(processor, turns)
    if found is None and {"image", "video"} & set(kinds):
        found = _lost_by_processor(processor, turns)
    return found


def tells_times(processor: Any) -> bool:
    """Whether two videos of the same frames, taken at other times, give other tensors."""
    prompt = _trial((Turn("user", ("video", "text")),), None)
    (clip,) = prompt.videos
    slower = Video(clip.frames, tuple(4.0 * time for time in clip.times))
    return _differ(
        tensors(prompt, processor),
        tensors(Prompt(prompt.messages, [], [slower]), processor),
    )


_SENTINEL = r"sightline\d+text"


def _sentinel(number: int) -> str:
    """A text that no template strips, and that is no other one's beginning."""
    return f"sightline{number}text"


def _messages(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Messages of this shape, each text a sentinel of its own."""
    messages: list[dict[str, Any]] = []
    number = 0
    for turn in turns:
        items = []
        for kind in turn.kinds:
            text = {"text": _sentinel(number)} if kind == "text" else {}
            number += kind == "text"
            items.append({"type": kind, **text})
        messages.append({"role": turn.role, "content": items})
    return messages


def _lost_by_template(processor: Any, turns: Sequence[Turn]) -> str | None:
    from jinja2 import TemplateError  # noqa: PLC0415 (comes with transformers' chat templates)

    failures: tuple[type[Exception], ...] = (TemplateError, *_FAILURES)
    messages = _messages(turns)
    try:
        rendered = processor.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
    except failures as error:
        return f"its chat template refuses {_told(turns)}: {_words(error)}"
    if "'type':" in rendered:
        return "its chat template takes a message for one text, not for a list of items"
    expected = [
        item.get("text", item["type"]) for message in messages for item in message["content"]
    ]
    found = _found(rendered, processor, expected)
    if found == expected:
        return None
    texts = {item for item in expected if item.startswith("sightline")}
    said = [("text" if item in texts else item) for item in found]
    lost = [item for item in expected if item in texts and item not in found]
    if lost and turns[0].role == "system" and lost[0] == _sentinel(0):
        return "its chat template leaves out system messages"
    return f"its chat template makes of {_told(turns)} this: {_runs(said) or 'nothing'}"


def _found(rendered: str, processor: Any, expected: Sequence[str]) -> list[str]:
    """The sentinels and the kinds of media in the order in which they stand in a rendered text."""
    marks = {re.escape(mark): kind for mark, kind in media_marks(processor).items()}
    for kind in {"image", "video"} & set(expected) - set(marks.values()):
        marks |= _own_mark(processor, kind)
    # Longest first: one mark may be the beginning of another.
    patterns = [_SENTINEL, *sorted(marks, key=len, reverse=True)]
    found = re.finditer("|".join(f"({pattern})" for pattern in patterns), rendered)
    places = [(match.lastindex or 1, match[0]) for match in found]
    return [text if place == 1 else marks[patterns[place - 1]] for place, text in places]


def _own_mark(processor: Any, kind: str) -> dict[str, str]:
    """What a template writes for a medium where the processor does not name its mark.

    Returns:
        A pattern that matches it -> the kind; empty when the template writes nothing. Some marks
        are numbered, so any number matches.
    """
    before, after = _sentinel(0), _sentinel(1)

    def between(*kinds: str) -> str:
        rendered = processor.apply_chat_template(
            _messages([Turn("user", kinds)]), tokenize=False, add_generation_prompt=True
        )
        return str(rendered.partition(before)[2].partition(after)[0])

    mark = between("text", kind, "text").replace(between("text", "text"), "", 1).strip()
    return {re.sub(r"\d+", r"\\d+", re.escape(mark)): kind} if mark else {}


def _lost_by_processor(processor: Any, turns: Sequence[Turn]) -> str | None:
    small = _shortened(turns)
    count = sum(kind != "text" for turn in small for kind in turn.kinds)
    try:
        base = tensors(_trial(small, None), processor)
        for changed in range(count):
            if not _differ(base, tensors(_trial(small, changed), processor)):
                return f"of {_told(small)}, {type(processor).__name__} leaves out a picture"
    except _FAILURES as error:
        return f"{type(processor).__name__} refuses {_told(small)}: {_words(error)}"
    return None


def _shortened(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The same without the media after the first two of a kind, and texts next to each other."""
    seen = {"image": 0, "video": 0}
    result = []
    for turn in turns:
        kept: list[str] = []
        for kind in turn.kinds:
            if kind in seen:
                seen[kind] += 1
            if seen.get(kind, 0) <= _PER_KIND and (kind != "text" or kept[-1:] != ["text"]):
                kept.append(kind)
        result.append(Turn(turn.role, tuple(kept)))
    return tuple(result)


def _trial(turns: Sequence[Turn], changed: int | None) -> Prompt:
    """A sample of this shape with small grey pictures; the medium number `changed` is lighter."""
    prompt = Prompt(_messages(turns), [], [])
    media = [kind for turn in turns for kind in turn.kinds if kind != "text"]
    for number, kind in enumerate(media):
        grey = _COLOURS[number == changed]
        picture = Image.new("RGB", _SIZE, (grey, grey, grey))
        if kind == "image":
            prompt.images.append(picture)
        else:
            frames = np.stack([np.asarray(picture)] * _FRAMES)
            prompt.videos.append(Video(frames, tuple(float(i) for i in range(_FRAMES))))
    return prompt


def _differ(one: Any, other: Any) -> bool:
    """Whether any tensor is another."""
    if set(one) != set(other):
        return True
    return any(one[k].shape != other[k].shape or bool((one[k] != other[k]).any()) for k in one)


def _told(turns: Sequence[Turn]) -> str:
    """The shape of messages in words."""
    return "; ".join(f"{turn.role}: {_runs(turn.kinds)}" for turn in turns)


def _runs(kinds: Sequence[str]) -> str:
    runs = [(kind, len(list(group))) for kind, group in groupby(kinds)]
    return ", ".join(kind if count == 1 else f"{count} x {kind}" for kind, count in runs)


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
