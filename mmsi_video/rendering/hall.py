"""The hall in which things and people move, and the camera that watches them.

The camera stands still on the south side and looks north, a little downwards, so left and right
in the picture are west and east.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmsi_video.rendering.clip import RATES, Clip
from mmsi_video.rendering.draft import chance, stage
from mmsi_video.rendering.world import Panel, Pose, Room, Thing, World, heading_to

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HALL = Room("hall", -5, -1, 5, 8, ("pale yellow", "pale blue", "pale yellow", "pink"), height=3.2)
WATCHING = Pose(0, -0.6, 0, z=2.6, pitch=22, view=84)
"""The camera of the hall."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Path:
    """A way through given points at given moments."""

    points: tuple[Point, ...]
    moments: tuple[float, ...]
    """Progress of the clip, in [0, 1], at each point; rising."""

    def __call__(self, done: float) -> Point:
        """Where one is."""
        x, y = self.points[0]
        for i, (left, right) in enumerate(zip(self.moments, self.moments[1:], strict=False)):
            part = stage(done, left, right)
            x += part * (self.points[i + 1][0] - self.points[i][0])
            y += part * (self.points[i + 1][1] - self.points[i][1])
        return x, y

    def heading(self, done: float) -> float:
        """Where one looks: along the leg that one is on."""
        for i, right in enumerate(self.moments[1:]):
            if done < right and self.points[i] != self.points[i + 1]:
                return heading_to(*self.points[i], *self.points[i + 1])
        return heading_to(*self.points[-2], *self.points[-1])


def watched(
    key: str,
    seed: int,
    things: Sequence[Thing],
    moving: Callable[[float], Sequence[Thing]],
    *,
    count: int = 24,
    fps: float = 4.0,
    panels: tuple[Panel, ...] = (),
) -> Clip:
    """A clip of the hall: things that stand there and things that move."""
    still = World((HALL,), panels=panels, things=tuple(things))
    return Clip(
        key=key,
        count=count,
        rate=RATES[fps],
        first_id=chance(seed, key).randrange(4, 200),
        world=lambda done: still.adding(*moving(done)),
        pose=lambda _: WATCHING,
    )
