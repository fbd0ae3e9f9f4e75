"""What a configuration may say about the labeller, the labels and the views."""

from __future__ import annotations

import math
from collections.abc import Mapping  # noqa: TC003 (read at run time: a configuration is typed by it)
from dataclasses import dataclass, field
from typing import Any, Literal

from streamgaze_task.overlay import RADIUS_DEGREES

Kind = Literal["hf", "openai", "recorded", "rendered"]
"""A checkpoint in this process, a server that speaks OpenAI's protocol, answers from a file, or
the reader of the rendered world's pictures."""

TRIES = 3
"""How often a query is asked until its answer can be read: ours; greedy models that fail twice
with the reason before them mostly fail again."""

_NEEDS: Mapping[str, str] = {"hf": "model", "openai": "model", "recorded": "recorded"}
"""Kind -> the setting that it cannot do without."""


@dataclass(frozen=True)
class LabellerSettings:
    """The part ``labeller`` of a configuration. It holds no key: that is OPENAI_API_KEY.

    What answers do not depend on is left out of ``repr``, by which stages know their settings.

    Raises:
        ValueError: a value is out of its range, or something is missing.
    """

    kind: Kind
    """What answers."""
    model: str = ""
    """``hf``: folder (relative to the configuration) or Hub id of a checkpoint that
    AutoModelForImageTextToText loads; ``openai``: the model's name on the server."""
    revision: str = "main"
    """``hf``: commit, tag or branch of a Hub checkpoint."""
    base_url: str = ""
    """``openai``: address that ends in ``/v1``; empty: OPENAI_BASE_URL, else OpenAI's own."""
    recorded: str = ""
    """``recorded``: a file of answers (relative to the configuration), see
    :mod:`streamgaze_task.pipeline.labelling.recorded`."""
    dtype: str = "auto"
    """``hf``: ``auto`` is the checkpoint's own; else a torch type such as ``bfloat16``."""
    max_new_tokens: int = 1024
    """Longest answer, tokens, >= 1 (pipeline step 2 takes 1024)."""
    temperature: float = 0.0
    """0 takes the likeliest token each time, so that a run can be repeated (ours; step 2 draws at
    0.3 without a seed)."""
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    """``openai``: more for the body of each request: ``{response_format: {type: json_object}}``."""
    device: str = field(default="", repr=False)
    """``hf``: ``cpu``, ``cuda``, ``cuda:1``; empty: each of ``--workers`` takes a GPU of its own,
    and one process alone what accelerate chooses."""
    batch_size: int = field(default=8, repr=False)
    """``hf``: queries per call of the model, at most; >= 1."""
    concurrency: int = field(default=8, repr=False)
    """``openai``: requests in flight, at most; >= 1."""
    retries: int = field(default=5, repr=False)
    """``openai``: how often a request is sent again after a failure that may pass; >= 0."""
    timeout_seconds: float = field(default=600.0, repr=False)
    """``openai``: of one answer; > 0."""

    def __post_init__(self) -> None:
        """Check."""
        needed = _NEEDS.get(self.kind)
        if needed and not getattr(self, needed).strip():
            raise ValueError(f"kind {self.kind} needs {needed}")
        _at_least(self, {"max_new_tokens": 1, "batch_size": 1, "concurrency": 1, "retries": 0})
        if not 0 <= self.temperature < math.inf:
            raise ValueError(f"temperature ({self.temperature}) must be >= 0")
        if not 0 < self.timeout_seconds < math.inf:
            raise ValueError(f"timeout_seconds ({self.timeout_seconds}) must be > 0")


@dataclass(frozen=True)
class LabelSettings:
    """The part ``labels`` of a configuration: what is asked about each fixation.

    Raises:
        ValueError: a value is out of its range.
    """

    fov_degrees: float = RADIUS_DEGREES
    """Radius of the field-of-view circle as a visual angle, exact for the camera, above 0 and
    below 60. 13 by default: the number of the published pipeline, and the circle that our tasks
    draw for models (streamgaze_task.overlay), so that what a model is shown as the field of view
    is what the labels call so. Others read 8 out of the paper, about the outer edge of the
    perifovea (9 degrees)."""
    frames_per_fixation: int = 4
    """Pictures of one fixation, at most; >= 1. Ours: enough to see whether something moves."""
    apart_seconds: float = 0.25
    """Least time between two of them, > 0: closer ones show the same (ours)."""
    image_side: int = 1024
    """Pixels of a picture's longer side, at most, >= 64; larger ones are made smaller."""
    crop_side: int = 0
    """The crop around the gaze is brought to this many pixels a side, 64 or more; 0 leaves it as
    the video has it. The published pipeline shows 448, most models see more in a larger crop."""
    round: int = 8
    """Fixations that are asked about together, >= 1: their pictures are in memory at once, and
    names that they bring are offered from the next round on. Part of the result."""
    pool: int = 40
    """Names used so far that are offered to the labeller, at most; 0 offers none."""
    tries: int = TRIES
    """How often a query is asked until its answer can be read; >= 1."""

    def __post_init__(self) -> None:
        """Check."""
        _at_least(
            self,
            {"frames_per_fixation": 1, "image_side": 64, "round": 1, "pool": 0, "tries": 1},
        )
        if self.crop_side:
            _at_least(self, {"crop_side": 64})
        if not 0 < self.fov_degrees < 60:  # noqa: PLR2004 (beyond, the circle is larger than frames)
            raise ValueError(f"fov_degrees ({self.fov_degrees}) must be above 0 and below 60")
        if not 0 < self.apart_seconds < math.inf:
            raise ValueError(f"apart_seconds ({self.apart_seconds}) must be > 0")


@dataclass(frozen=True)
class ViewSettings:
    """The part ``views`` of a configuration: regular looks at whole frames.

    Raises:
        ValueError: a value is out of its range.
    """

    every_seconds: float = 1.0
    """Time between two of them; 0 takes none. 1 is how often models are shown a frame."""
    image_side: int = 1024
    """Pixels of a picture's longer side, at most, >= 64."""
    round: int = 16
    """As of :class:`LabelSettings`, in frames."""
    pool: int = 40
    """As of :class:`LabelSettings`."""
    tries: int = TRIES
    """As of :class:`LabelSettings`."""

    def __post_init__(self) -> None:
        """Check."""
        _at_least(self, {"image_side": 64, "round": 1, "pool": 0, "tries": 1})
        fine = self.every_seconds == 0 or 0.01 <= self.every_seconds < math.inf  # noqa: PLR2004
        if not fine:
            raise ValueError(f"every_seconds ({self.every_seconds}) must be 0, or 0.01 and more")


def _at_least(settings: object, least: Mapping[str, int]) -> None:
    for name, bound in least.items():
        if getattr(settings, name) < bound:
            raise ValueError(f"{name} ({getattr(settings, name)}) must be >= {bound}")
