"""What a job is expected to cost, before it is asked.

The unknown numbers are a model's own: tokens per image, tokens per answer, seconds per token. They
are learned from earlier answers where there are any; until then they are estimates for a model of
7 billion parameters on a GPU of 400 TFLOP/s that reads 3.3 TB/s (an H100): 13 GFLOP per prompt
token and 5.4 GFLOP more per image token, 0.2 MFLOP per pair of prompt tokens, and 15 GB of weights
read per generated token. To divide work only their ratios matter.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sightline.engine.jobs import Job

CHARACTERS_PER_TOKEN = 4.0
"""Of English text, in the tokenizers of the day."""

PIXELS_PER_TOKEN = 784.0
"""Of the Qwen2-VL families: one token per 28x28 pixels."""

TOKENS_PER_FRAME = 392.0
"""Of 640x480 frames there; taken where neither pixels nor answers tell."""

OUTPUT_TOKENS = 16.0
"""Of an answer that is a letter and a few words around it."""

FLOP_PER_TOKEN = 1.3e10
FLOP_PER_IMAGE_TOKEN = 5.4e9
FLOP_PER_PAIR = 2e5
FLOP_PER_SECOND = 4e14
SECONDS_PER_OUTPUT_TOKEN = 15e9 / 3.3e12

FEWEST = 8
"""Answers with times from which seconds are learned."""


@dataclass(frozen=True)
class TaskCosts:
    """What the answers to a task tell of the model's tokens."""

    per_frame: float
    """Tokens per image; 0 where they go by pixels."""
    per_pixel: float
    """Tokens per pixel; 0 where they go by images."""
    output_tokens: float
    """Tokens generated per answer, the mean."""


@dataclass(frozen=True)
class Costs:
    """Expected costs; without anything learned, the estimates of the module."""

    tasks: Mapping[str, TaskCosts] = field(default_factory=dict)
    """Task -> what its answers tell."""
    every: TaskCosts = field(
        default_factory=lambda: TaskCosts(0.0, 1 / PIXELS_PER_TOKEN, OUTPUT_TOKENS)
    )
    """For tasks without answers: what all answers tell."""
    prefill_scale: float = 1.0
    """Seconds that reading the prompt takes, per estimated second."""
    output_seconds: float = SECONDS_PER_OUTPUT_TOKEN
    """Seconds per generated token."""
    timed: bool = False
    """Whether the seconds were learned; else only ratios of costs mean something."""

    def cost(self, job: Job) -> float:
        """Expected seconds of the model's work on a job, > 0."""
        task = self.tasks.get(job.task, self.every)
        text, images = self.prompt_tokens(job)
        read = self.prefill_scale * _prefill_seconds(text + images, images)
        return read + self.output_seconds * task.output_tokens

    def prompt_tokens(self, job: Job) -> tuple[float, float]:
        """Expected tokens of a job's prompt: of its text, and of its images."""
        if job.asked is None:
            return len(job.order) / CHARACTERS_PER_TOKEN, 0.0
        asked = job.asked
        task = self.tasks.get(job.task, self.every)
        text = asked.characters / CHARACTERS_PER_TOKEN
        if task.per_pixel and not asked.pixels:
            return text, TOKENS_PER_FRAME * asked.frames
        return text, task.per_frame * asked.frames + task.per_pixel * asked.pixels

    @classmethod
    def learn(cls, records: Iterable[Mapping[str, Any]]) -> Costs:
        """What earlier answers tell, as far as they do.

        Args:
            records: of answers, each with ``task``, ``frames``, ``pixels``, ``characters`` and,
                where known, ``input_tokens``, ``output_tokens`` and ``seconds``. Others are passed
                over: a log may hold errors, and lines of other versions.
        """
        known = [seen for record in records if (seen := _Seen.read(record)) is not None]
        if not known:
            return cls()
        start = cls()
        every = _of_task(known, start.every)
        by_task: dict[str, list[_Seen]] = defaultdict(list)
        for seen in known:
            by_task[seen.task].append(seen)
        tasks = {name: _of_task(by_task[name], every) for name in sorted(by_task)}
        timing = _timing(known)
        if timing is None:
            return cls(tasks, every)
        return cls(tasks, every, *timing, timed=True)


@dataclass(frozen=True)
class _Seen:
    """One answer."""

    task: str
    frames: float
    pixels: float
    text_tokens: float
    input_tokens: float
    output_tokens: float
    seconds: float | None

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> _Seen | None:
        """The answer in a record; None when it does not tell enough."""
        task = record.get("task")
        names = ("frames", "pixels", "characters", "input_tokens", "output_tokens")
        values = [_number(record.get(name)) for name in names]
        told = [value for value in values if value is not None]
        if not isinstance(task, str) or len(told) < len(names):
            return None
        frames, pixels, characters, put_in, came_out = told
        text = characters / CHARACTERS_PER_TOKEN
        time = _number(record.get("seconds")) or None
        return cls(task, frames, pixels, text, put_in, came_out, time)

    @property
    def image_tokens(self) -> float:
        """Those of its prompt that are no text."""
        return max(0.0, self.input_tokens - self.text_tokens)


def _number(value: object) -> float | None:
    """The value where it is a number >= 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if isfinite(value) and value >= 0 else None


def _of_task(seen: Sequence[_Seen], otherwise: TaskCosts) -> TaskCosts:
    """Whichever explains the image tokens better: the number of images, or their pixels."""
    output = sum(one.output_tokens for one in seen) / len(seen)
    tokens = [one.image_tokens for one in seen]
    per_frame, frame_error = _slope([one.frames for one in seen], tokens)
    per_pixel, pixel_error = _slope([one.pixels for one in seen], tokens)
    if not per_frame:
        return TaskCosts(otherwise.per_frame, otherwise.per_pixel, output)
    unseen = any(one.frames and not one.pixels for one in seen)
    if per_pixel and not unseen and pixel_error <= frame_error:
        return TaskCosts(0.0, per_pixel, output)
    return TaskCosts(per_frame, 0.0, output)


def _slope(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Least squares through the origin: the slope, and the sum of squared errors."""
    square = sum(a * a for a in x)
    slope = sum(a * b for a, b in zip(x, y, strict=True)) / square if square else 0.0
    return slope, sum((b - slope * a) ** 2 for a, b in zip(x, y, strict=True))


def _timing(seen: Sequence[_Seen]) -> tuple[float, float] | None:
    """Least squares over both parts of the time: scale of reading, seconds per output token.

    Where the two cannot be told apart (all answers alike), one scale for both.
    """
    timed = [one for one in seen if one.seconds is not None]
    if len(timed) < FEWEST:
        return None
    read = [_prefill_seconds(one.input_tokens, one.image_tokens) for one in timed]
    wrote = [one.output_tokens for one in timed]
    took = [one.seconds or 0.0 for one in timed]
    rr, rw, ww = _dot(read, read), _dot(read, wrote), _dot(wrote, wrote)
    rt, wt = _dot(read, took), _dot(wrote, took)
    determinant = rr * ww - rw * rw
    if determinant > 1e-9 * rr * ww:
        scale = (rt * ww - wt * rw) / determinant
        output = (wt * rr - rt * rw) / determinant
        if scale > 0 and output > 0:
            return scale, output
    expected = [r + SECONDS_PER_OUTPUT_TOKEN * w for r, w in zip(read, wrote, strict=True)]
    whole = sum(expected)
    if not whole:
        return None
    both = sum(took) / whole
    return both, both * SECONDS_PER_OUTPUT_TOKEN


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _prefill_seconds(tokens: float, image_tokens: float) -> float:
    """Estimated seconds of reading a prompt."""
    flop = FLOP_PER_TOKEN * tokens + FLOP_PER_IMAGE_TOKEN * image_tokens
    return (flop + FLOP_PER_PAIR * tokens * tokens) / FLOP_PER_SECOND
