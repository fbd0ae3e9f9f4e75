"""What a task's YAML says about the input: ``lmms_eval_specific_kwargs``, read and checked.

lmms-eval puts a block named after the model in the place of the ``default`` block; it does not
merge them. A block that leaves a key out would therefore run with some other value than the one
that stands a few lines above it. So every block must be complete, and one that is not is refused
when the task is loaded, before any model is.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmsi_video.profiles import Profile, profile
from sightline.errors import UsageError
from sightline.sampling import RULES, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = ("task", "profile", "max_frames", "rule", "task_specific")
_OPTIONAL = ("refuse", "needs_module")
_PROTOCOLS = {50: "Uniform-50", 300: "Sufficient-Coverage"}
"""Cap on frames -> the setting of the published tables (paper section 4)."""


@dataclass(frozen=True)
class Settings:
    """How a task shows its questions."""

    task: str
    """The task's name; it names the report file too."""
    profile: Profile
    """The form of the messages."""
    max_frames: int | None
    """Cap on the frames of all clips together; None when the model takes them from the mp4."""
    rule: Rule | None
    """How frames are chosen; None when the model does it."""
    task_specific: bool
    """False leaves the release's task prompt out."""

    @property
    def protocol(self) -> str:
        """The setting of the published tables that this is, ``native``, or ``custom``."""
        if self.max_frames is None:
            return "native"
        if self.rule == "official" and self.task_specific:
            return _PROTOCOLS.get(self.max_frames, "custom")
        return "custom"

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, for records and reports."""
        return {
            "task": self.task,
            "protocol": self.protocol,
            "profile": self.profile.name,
            "max_frames": self.max_frames,
            "rule": self.rule,
            "task_specific": self.task_specific,
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
    _check_model(block)
    chosen = profile(block["profile"])
    max_frames, rule = block["max_frames"], block["rule"]
    if chosen.video == "file":
        if (max_frames, rule) != (None, None):
            raise UsageError(
                f"profile {chosen.name!r} leaves the choice of frames to the model, so max_frames "
                f"({max_frames!r}) and rule ({rule!r}) must be null"
            )
    else:
        _check_frames(max_frames, rule)
    if not isinstance(block["task_specific"], bool):
        raise UsageError(f"task_specific ({block['task_specific']!r}) must be true or false")
    return Settings(block["task"], chosen, max_frames, rule, block["task_specific"])


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


def _check_model(block: Mapping[str, Any]) -> None:
    if block.get("refuse"):
        raise UsageError(
            f"task {block['task']} cannot run on this model: {block['refuse']}",
            next_step="use mmsi_video, which shows frames as images on every model",
        )
    module = block.get("needs_module")
    if module and importlib.util.find_spec(module) is None:
        raise UsageError(
            f"task {block['task']} needs the package {module} on this model",
            next_step=f"pip install {module}, or use mmsi_video",
        )


def _check_frames(max_frames: object, rule: object) -> None:
    if not isinstance(max_frames, int) or isinstance(max_frames, bool) or max_frames < 1:
        raise UsageError(f"max_frames ({max_frames!r}) must be a whole number >= 1")
    if rule not in RULES:
        raise UsageError(f"rule ({rule!r}) must be one of: {', '.join(RULES)}")
