r"""A request as text and as a plan of its message, without touching any media.

The texts are those of the authors' evaluator, letter for letter (``src/benchmark/*.py`` of
daeunni/StreamGaze): a leading line break before a question with four options and none before one
with another number, which also lacks the instruction to answer with a letter; options get letters
when the first one has none; proactive questions hold a line ``<video>``.

That line is where the frames belong, and it is sent as text to every model there. Several
processors of transformers take it for the mark of a video and fail, so our own protocol puts the
frames in its place, and only the published samplings send it.

Which frames are meant is said by number alone; :mod:`streamgaze_task.messages` knows the pixels.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from sightline.choices import letter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from streamgaze_task.schema import Request, Sample

GazePrompt = Literal["visual", "nogaze", "text", "salience"]
"""How the gaze is shown: drawn into the frames, not at all, in words, as a heat map (paper,
section on gaze prompting; only `visual` has published code)."""

GAZE_PROMPTS: tuple[GazePrompt, ...] = get_args(GazePrompt)
"""The names a gaze prompt may have; the first is the published headline."""

GAZE_SENTENCE = (
    "In this video, the green dot represents the gaze point (where the person is looking), "
    "and the red circle represents the field of view (FOV) area."
)
"""Stands before every prompt when the gaze is drawn into the frames, with a blank line after it
(``GAZE_INSTRUCTION`` of all three files)."""

VIDEO_MARK = "<video>"
"""The line of a proactive prompt where the video belongs."""

SALIENCE_TITLE = "Salience map of the user's gaze so far:"
"""Before the heat map. Ours: the authors publish no text for it."""

SALIENCE_NOTE = (
    "The map covers the frame: the hotter a place, the longer the user looked at it in the part "
    "of the video that is shown."
)
"""After the heat map. Ours, too."""

_LETTER_PROMPT_OPTIONS = 4
_MONITOR = (
    "You are monitoring a video stream. Based on what you have seen so far in the video, "
    "answer the following question.\n"
)
_ALERT = (
    "If you have already seen the requested object/event, "
    'answer "Yes".\nIf you have not seen it yet, answer "No".\n\n'
    'Answer only with "Yes" or "No".\n'
    "Do not include any additional text or explanation in your response.\n"
)


@dataclass(frozen=True)
class Text:
    """A piece of text."""

    text: str
    """Never empty; white space is kept."""


@dataclass(frozen=True)
class FrameImage:
    """One frame, shown as an image."""

    number: int
    """Which of the chosen frames, from 0."""


@dataclass(frozen=True)
class SalienceImage:
    """The heat map of the window."""


Part = Text | FrameImage | SalienceImage


def published_text(request: Request, *, gaze_sentence: bool) -> str:
    """The whole text that the authors' evaluator sends.

    Args:
        request: what is asked.
        gaze_sentence: whether the gaze is drawn into the frames (``--use_gaze_instruction``).
    """
    before, after = _halves(request)
    mark = VIDEO_MARK if request.number is not None else ""
    return f"{_sentence(shown=gaze_sentence)}{before}{mark}{after}"


def plan(
    request: Request,
    frame_count: int,
    gaze_prompt: GazePrompt,
    *,
    gaze_words: str = "",
    published: bool = False,
    frames_first: bool = False,
) -> tuple[Part, ...]:
    """What the model is shown, in reading order, as one message of the user.

    Frames come first, or where a proactive prompt has its mark; then what the gaze prompt adds;
    then the question. A window without frames leaves only the text.

    Args:
        request: what is asked.
        frame_count: number of frames chosen, at least 0.
        gaze_prompt: how the gaze is shown.
        gaze_words: what `text` says, from :func:`streamgaze_task.gaze_text.describe_gaze`.
        published: send the published text in one piece, mark included, after the frames.
        frames_first: put the frames before all text in proactive prompts too, so that all requests
            on a video begin alike and a server finds them in its prefix cache.
    """
    sentence = _sentence(shown=gaze_prompt == "visual")
    before, after = _halves(request)
    frames = [FrameImage(number) for number in range(frame_count)]
    gaze = _gaze_parts(gaze_prompt, gaze_words)
    if published:
        text = published_text(request, gaze_sentence=gaze_prompt == "visual")
        return _joined([*frames, *gaze, Text(text)])
    if request.number is not None and not frames_first:
        return _joined([Text(sentence + before), *frames, *gaze, Text(after)])
    return _joined([*frames, *gaze, Text(sentence + before + after)])


def message_hash(parts: Sequence[Part], shown: Mapping[str, Any]) -> str:
    """SHA-256 that names what is shown: equal hashes, equal input.

    Args:
        parts: from :func:`plan`.
        shown: what the pictures are made of, as plain JSON types: digest of the video, index of
            each frame, and what is drawn from which gaze.
    """
    told = {"parts": [_named(part) for part in parts], "shown": dict(shown)}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _halves(request: Request) -> tuple[str, str]:
    """The text before and after the place of the video; before a question with options: none."""
    sample = request.sample
    if request.number is not None:
        return _MONITOR, f"\n\nQuestion: {sample.question}\n\n{_ALERT}"
    return "", _question(sample)


def _question(sample: Sample) -> str:
    if not sample.options:
        return (
            f"\nQuestion: {sample.question}\n"
            "Analyze the video and provide the answer to the question.\n\n\nAnswer:"
        )
    listed = f"Question: {sample.question}\nOptions:\n" + "\n".join(_lettered(sample.options))
    if len(sample.options) != _LETTER_PROMPT_OPTIONS:
        return f"{listed}\n\nThe best option is:"
    instruction = "Answer the question with only the letter (A, B, C, or D) of the correct option."
    return f"\n{listed}\n{instruction}\n\nThe best option is:"


def _lettered(options: Sequence[str]) -> list[str]:
    """The options as shown: all of them get letters when the first one does not start with A."""
    if options[0].startswith("A."):
        return list(options)
    return [f"{letter(place)}. {option}" for place, option in enumerate(options)]


def _sentence(*, shown: bool) -> str:
    return f"{GAZE_SENTENCE}\n\n" if shown else ""


def _gaze_parts(gaze_prompt: GazePrompt, words: str) -> list[Part]:
    """What stands between the frames and the question."""
    if gaze_prompt == "text":
        return [Text(f"{words}\n")]
    if gaze_prompt == "salience":
        return [Text(f"{SALIENCE_TITLE}\n"), SalienceImage(), Text(f"{SALIENCE_NOTE}\n")]
    return []


def _joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Neighbouring texts as one."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Text) and isinstance(last, Text):
            joined[-1] = Text(last.text + part.text)
        else:
            joined.append(part)
    return tuple(joined)


def _named(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"text": part.text}
    if isinstance(part, FrameImage):
        return {"frame": part.number}
    return {"salience": True}
