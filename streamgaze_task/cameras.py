"""The scene cameras behind the videos: degrees of visual angle <-> pixels.

The numbers and where each comes from stand in ``data/cameras.json``. A camera is taken to be a
pinhole with square pixels and its axis in the middle of the frame; the lens distortion of real ones
is not modelled. The authors' pipeline takes 90 degrees for all (:data:`PUBLISHED`), which none of
them has, and one linear ratio of pixels per degree.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PUBLISHED = "published"
"""The name of the pipeline's assumption, which also serves sources that nobody has named."""

_HALF_TURN = 180.0


@dataclass(frozen=True)
class Camera:
    """One scene camera.

    Raises:
        ValueError: the field of view is not between 0 and 180 degrees, or the aspect not above 0.
    """

    hfov_degrees: float
    """Horizontal field of view, degrees, between 0 and 180."""
    aspect: float = 4 / 3
    """Width over height of its frames, for what is known of a gaze table alone."""
    name: str = "own"
    """Name of the source, or ``own``."""
    origin: str = ""
    """Where the field of view comes from."""
    checked: bool = False
    """Whether it was read in that source, and not in what others write about the device."""

    def __post_init__(self) -> None:
        """Refuse what is no camera."""
        if not 0 < self.hfov_degrees < _HALF_TURN:
            raise ValueError(f"hfov_degrees ({self.hfov_degrees}) must be between 0 and 180")
        if not (self.aspect > 0 and math.isfinite(self.aspect)):
            raise ValueError(f"aspect ({self.aspect}) must be > 0")

    @property
    def focal_widths(self) -> float:
        """Focal length in widths of the frame."""
        return 0.5 / math.tan(math.radians(self.hfov_degrees) / 2)

    def vfov_degrees(self, width: int, height: int) -> float:
        """Vertical field of view of a frame of that size, degrees: its pixels are square."""
        return math.degrees(2 * math.atan(height / width / 2 / self.focal_widths))

    def radius_px(self, degrees: float, width: int) -> float:
        """Radius of a circle of that many degrees around the middle of the frame, in pixels.

        ``width / 2 * tan(degrees) / tan(hfov / 2)``: exact in the middle; towards the edge the
        same angle covers more pixels.

        Raises:
            ValueError: the angle is not between 0 and 90 degrees.
        """
        if not 0 < degrees < _HALF_TURN / 2:
            raise ValueError(f"degrees ({degrees}) must be between 0 and 90")
        return width * self.focal_widths * math.tan(math.radians(degrees))

    def angles(
        self, x: NDArray[np.float64], y: NDArray[np.float64], *, aspect: float | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points of the frame as points of a plane on which distances are degrees.

        Lambert's equal-area projection around the camera's axis: distances are right to 1.5 %
        within 20 degrees of the axis and to 7 % at 41 degrees, the edge of the widest camera,
        where a degree has 75 % more pixels than in the middle.

        Args:
            x: from the left edge, in frame widths; shape (N,).
            y: from the top edge, in frame heights; shape (N,).
            aspect: width over height of the frame; the camera's own by default.

        Returns:
            Degrees to the right and down; each of shape (N,).
        """
        right = (x - 0.5) / self.focal_widths
        down = (y - 0.5) / (aspect or self.aspect) / self.focal_widths
        away = np.hypot(right, down)
        eccentricity = np.arctan(away)
        # 2 sin(e / 2) / tan(e), which tends to 1 in the middle.
        scale = np.divide(
            2 * np.sin(eccentricity / 2), away, out=np.ones_like(away), where=away > 0
        )
        return np.degrees(right * scale), np.degrees(down * scale)


@cache
def _data() -> dict[str, Any]:
    text = (files("streamgaze_task") / "data" / "cameras.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)["cameras"]
    return data


def camera_names() -> tuple[str, ...]:
    """The sources whose camera is known, and ``published``."""
    return tuple(_data())


def camera_of(source: str | None) -> Camera:
    """The camera of a source; of an unknown one, or None, the pipeline's assumption.

    Args:
        source: one of :func:`camera_names`.
    """
    name = source if source in _data() else PUBLISHED
    entry = _data()[name]
    width, height = entry["aspect"]
    return Camera(
        hfov_degrees=entry["hfov_degrees"],
        aspect=width / height,
        name=str(name),
        origin=entry["origin"],
        checked=entry["checked"],
    )
