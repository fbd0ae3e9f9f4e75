"""What a task says about the input: ``lmms_eval_specific_kwargs``, read and checked.

lmms-eval puts a block named after the model in the place of the ``default`` block; it does not
merge them. So every block must be complete, and one that is not is refused when the task is
loaded, before any model is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.errors import UsageError
from streamgaze_task.frames import GRID, PREFIX, SAMPLINGS
from streamgaze_task.prompts import GAZE_PROMPTS, GazePrompt

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS = "published"
"""Which reading of the proactive labels is the answer: the release's own."""

_KEYS = ("task", "gaze_prompt", "sampling", "max_frames")
_OPTIONAL = ("refuse",)


@dataclass(frozen=True)
class Settings:
    """How a task shows its requests."""

    task: str
    """The task's name; it names the report file too."""
    gaze_prompt: GazePrompt
    """How the gaze is shown."""
    sampling: str
    """Which frames are shown, one of :data:`streamgaze_task.frames.SAMPLINGS`."""
    max_frames: int | None
    """Frames per request, at most; None where the sampling decides."""

    @property
    def published_text(self) -> bool:
        """Whether the text is sent letter for letter, the mark ``<video>`` included."""
        return self.sampling.startswith(PREFIX)

    @property
    def protocol(self) -> str:
        """In one word, for reports: ``visual/grid-32``, ``visual/stream_2s``."""
        number = "" if self.max_frames is None else f"-{self.max_frames}"
        return f"{self.gaze_prompt}/{self.sampling}{number}"

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, for records and reports."""
        return {
            "task": self.task,
            "protocol": self.protocol,
            "gaze_prompt": self.gaze_prompt,
            "sampling": self.sampling,
            "max_frames": self.max_frames,
            "labels": LABELS,
        }


def read_settings(kwargs: Mapping[str, Any] | None) -> Settings:
    """Settings from ``lmms_eval_specific_kwargs`` as lmms-eval hands them to a hook.

    Args:
        kwargs: the block that holds for this model. Values that are mappings are other models'
            blocks, which lmms-eval leaves in, and are not looked at.

    Raises:
        UsageError: a key is missing, unknown or out of its range, or the block says that the task
            cannot run on this model.
    """
    block = {key: value for key, value in (kwargs or {}).items() if not isinstance(value, dict)}
    _check_keys(block)
    if block.get("refuse"):
        raise UsageError(
            f"task {block['task']} cannot run on this model: {block['refuse']}",
            next_step="use the task of the same code that starts with streamgaze_ alone, or "
            "another model",
        )
    _check_one_of(block, "gaze_prompt", GAZE_PROMPTS)
    _check_one_of(block, "sampling", SAMPLINGS)
    _check_frames(block["sampling"], block["max_frames"])
    return Settings(block["task"], block["gaze_prompt"], block["sampling"], block["max_frames"])


def _check_keys(block: Mapping[str, Any]) -> None:
    unknown = sorted(set(block) - {*_KEYS, *_OPTIONAL})
    missing = [key for key in _KEYS if key not in block]
    if unknown or missing:
        raise UsageError(
            f"lmms_eval_specific_kwargs must have the keys {', '.join(_KEYS)}; "
            f"missing: {', '.join(missing) or 'none'}; unknown: {', '.join(unknown) or 'none'}",
            next_step="a block named after a model replaces `default` as a whole, so write all "
            "keys into it",
        )


def _check_one_of(block: Mapping[str, Any], key: str, known: tuple[str, ...]) -> None:
    if block[key] not in known:
        raise UsageError(f"{key} ({block[key]!r}) must be one of: {', '.join(known)}")


def _check_frames(sampling: str, max_frames: object) -> None:
    if sampling != GRID:
        if max_frames is not None:
            raise UsageError(
                f"sampling {sampling!r} decides how many frames are shown, so max_frames "
                f"({max_frames!r}) must be null"
            )
        return
    if not isinstance(max_frames, int) or isinstance(max_frames, bool) or max_frames < 1:
        raise UsageError(f"max_frames ({max_frames!r}) must be a whole number >= 1")
