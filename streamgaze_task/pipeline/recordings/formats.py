"""The formats of recordings that are known, as ``data/recordings.json`` describes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

GAZE_ROLES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "holoassist": (("eyes", "poses", "intrinsics", "timing"), ("gaze",))
}
"""Which files hold the gaze of a recording, for formats where it is not one file called ``gaze``:
alternatives, the preferred one first, each with all the files that it needs."""


@dataclass(frozen=True)
class Format:
    """One format of recordings."""

    name: str
    """What configurations call it: ``egtea``."""
    category: str
    """What ``video_categories`` of the release says of its videos."""
    source: str | None
    """Name of its camera (streamgaze_task.cameras); None: users say which."""
    reader: str
    """``begaze``, ``table``, ``npy`` or ``holoassist``."""
    files: Mapping[str, tuple[str, ...]]
    """Role (video, gaze, actions, ...) -> patterns relative to the folder; the first that fits
    wins. ``{id}`` stands for the recording's name."""
    gaze: Mapping[str, Any]
    """What its reader must know: columns, sizes, rates."""
    reference_fps: float | None
    """Frames a second that the published pipeline takes; None: those of the video."""
    rate: float | None
    """Samples a second that the format states; None where it states none."""
    actions: Mapping[str, Any]
    """Columns of its annotations."""

    @property
    def gaze_roles(self) -> tuple[tuple[str, ...], ...]:
        """Alternatives of files that hold the gaze, see GAZE_ROLES."""
        return GAZE_ROLES.get(self.name, (("gaze",),))


@cache
def _data() -> dict[str, Any]:
    text = (files("streamgaze_task") / "data" / "recordings.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)["formats"]
    return data


def format_names() -> tuple[str, ...]:
    """What ``format`` may be in a configuration."""
    return tuple(_data())


def format_of(name: str) -> Format:
    """The format of that name.

    Raises:
        KeyError: there is none.
    """
    entry = _data()[name]
    return Format(
        name=name,
        category=entry["category"],
        source=entry["source"],
        reader=entry["reader"],
        files={role: tuple(patterns) for role, patterns in entry["files"].items()},
        gaze=entry["gaze"],
        reference_fps=entry.get("reference_fps"),
        rate=entry["rate"],
        actions=entry["actions"],
    )
