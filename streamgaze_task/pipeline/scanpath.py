"""Everything that is known of one recording when its questions are made.

A question may rest on what lies before its own time only: :meth:`Scanpath.so_far` is the scanpath
as it was then, and the ten makers of questions take their options from that.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.records import Action, Episode, View

Group = Literal["gazed", "circle"]
"""What counts as looked at during an episode: the one thing that the gaze was on, or, as in the
authors' pipeline, everything in the field-of-view circle with that one first."""

SETTLE_SECONDS = 1.0
"""A question about a look is asked at least that long after it began: a model that is shown one
frame a second has then seen one of it."""

LOSS_SECONDS = 0.35
"""From here on a span without valid gaze is a loss, in which something may have been looked at;
a blink is shorter (100 to 300 ms)."""


@dataclass(frozen=True)
class Scanpath:
    """One recording as the question makers see it; everything in order of time."""

    recording_id: str
    category: str
    """What ``video_categories`` says of it."""
    video_seconds: float
    """Length of its video."""
    episodes: tuple[Episode, ...]
    """The looks, unknown ones included; they do not overlap."""
    actions: tuple[Action, ...] = ()
    """What was done, kept apart from the looks."""
    views: tuple[View, ...] = ()
    """What was in view at regular moments; empty when nobody looked."""
    losses: tuple[tuple[float, float], ...] = ()
    """Spans [start, end) without valid gaze, LOSS_SECONDS and longer."""

    def so_far(self, at: float) -> Scanpath:
        """What was known before that moment: looks, actions and views that began before it.

        A look or a loss that lasts beyond it is cut there.
        """
        # Asked for once a question: what lies before is taken as it is, not copied.
        looks = self.episodes[: bisect_left(self.episodes, at, key=attrgetter("start_seconds"))]
        return replace(
            self,
            video_seconds=min(self.video_seconds, at),
            episodes=tuple(
                look if look.end_seconds <= at else replace(look, end_seconds=at) for look in looks
            ),
            actions=tuple(action for action in self.actions if action.start_seconds < at),
            views=self.views[: bisect_left(self.views, at, key=attrgetter("seconds"))],
            losses=tuple((start, min(end, at)) for start, end in self.losses if start < at),
        )

    def group(self, episode: Episode, kind: Group) -> tuple[str, ...]:
        """Names of what counts as looked at; () when that is not known."""
        if not episode.gazed:
            return ()
        beside = [thing.name for thing in episode.beside] if kind == "circle" else []
        return tuple(dict.fromkeys([episode.name, *beside]))

    def unbroken(self, first: Episode, last: Episode) -> bool:
        """Whether it is known of every moment between two looks that nothing else was looked at.

        No gaze was lost between the end of the one and the start of the other, and every look
        between them, and they themselves, are known and sure.
        """
        between = self.episodes[first.number : last.number + 1]
        lost = any(
            start < last.start_seconds and end > first.end_seconds for start, end in self.losses
        )
        return not lost and all(episode.gazed and episode.sure for episode in between)

    @cached_property
    def pauses(self) -> tuple[tuple[float, float], ...]:
        """Spans [start, end) between two looks, LOSS_SECONDS and longer.

        The gaze moves, or the head turns, or a filter dropped what was there.
        """
        spans = [(a.end_seconds, b.start_seconds) for a, b in pairwise(self.episodes)]
        return tuple((end, start) for end, start in spans if start - end >= LOSS_SECONDS)

    @cached_property
    def gazed_ever(self) -> frozenset[str]:
        """Everything that was looked at, or stood in the circle meanwhile."""
        return frozenset(
            name for episode in self.episodes for name in self.group(episode, "circle")
        )


def settled(episode: Episode) -> int | None:
    """The first whole second at which "currently" can be asked of a look; None: it is too short."""
    at = math.ceil(episode.start_seconds + SETTLE_SECONDS)
    return at if at <= episode.end_seconds else None


def losses_of(table: GazeTable, video_seconds: float) -> tuple[tuple[float, float], ...]:
    """The spans of a video without valid gaze, LOSS_SECONDS and longer.

    Args:
        table: samples; the end of each tells until when it speaks.
        video_seconds: length of the video.
    """
    starts = np.append(table.seconds[table.valid], video_seconds)
    ends = np.insert(table.ends[table.valid], 0, 0.0)
    gaps = np.flatnonzero(starts - ends >= LOSS_SECONDS)
    return tuple((float(ends[i]), float(starts[i])) for i in gaps)
