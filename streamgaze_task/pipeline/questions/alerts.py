"""The moments at which a proactive question is asked, and what is the right reply at each.

Two readings of the label are in use. ``now``: alert where the thing is looked at (GTA) or in view
(OAA) just then, the rule of pipeline step 3 of daeunni/StreamGaze and the default here.
``already_seen``: alert from its first appearance on, which the words of the authors' prompt ask
for. Questions are made for the first; :func:`already_seen` turns one into the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.even_points import even_points
from streamgaze_task.pipeline.records import Question, TestPoint
from streamgaze_task.timestamps import seconds, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from streamgaze_task.pipeline.scanpath import Scanpath

Spans = tuple[tuple[float, float], ...]

OFFSETS = (-20, -10, 2, 10, 20)
"""Seconds from the first appearance to the points. Step 3 of the pipeline has 0 in the middle,
which, rounded down as stamps are, lies before the appearance that it is said to show: the window
that ends there shows nothing of it. Two seconds later it shows at least one."""
SOON = range(2, 11)
"""Whole seconds after a thing comes or goes; the first without doubt is one more possible point.
So are the middle of the time that it is there and its last whole second (ours: of the points around
the first appearance alone, who counts points would know most labels). None lies at a regular
moment, at which it is mostly not there: the moment would tell."""
APART_SECONDS = 2
"""Two points nearer to each other would be one (ours)."""
LAST_SECONDS = 300
"""No point is later after the question than that (step 3)."""
EVERY_SECONDS = LAST_SECONDS - (OFFSETS[-1] - OFFSETS[0])
"""From one start of monitoring to the next (ours; step 3 has one, at the first look): the most with
which every thing has a start from which all points around its first appearance can be asked."""
CLEAR_SECONDS = 0.75
"""A point that close to a border is neither clearly in nor clearly out (ours)."""


@dataclass(frozen=True)
class Target:
    """A thing that may be asked for, and what is known of it."""

    name: str
    spans: Spans
    """When it is looked at or in view, in order of time; [start, end)."""
    unknown: Spans
    """When nobody knows, with their borders; they may overlap."""
    episodes: tuple[int, ...] = ()
    """Numbers of the looks at it."""

    @property
    def first(self) -> float:
        """When it first appears."""
        return self.spans[0][0]

    def alert(self, at: float) -> bool | None:
        """Whether it is so at a moment; None where that is too close to call."""
        if any(start <= at <= end for start, end in self.unknown):
            return None
        if any(abs(at - border) < CLEAR_SECONDS for border in chain.from_iterable(self.spans)):
            return None
        return any(start <= at < end for start, end in self.spans)

    def label(self, at: int) -> bool | None:
        """The same; None also where the spans in whole seconds, as released, tell otherwise."""
        stated = any(int(start) <= at <= int(end) for start, end in self.spans)
        return stated if stated is self.alert(at) else None

    def around(self, start: float, end: float) -> Target:
        """What is known of it from `start` to `end` and shortly before and after."""
        start, end = start - SOON.stop, end + SOON.stop
        both = (self.spans, self.unknown)
        spans, unknown = (tuple(s for s in each if s[1] >= start and s[0] <= end) for each in both)
        return replace(self, spans=spans, unknown=unknown)


def asked_at(target: Target, begin: int) -> int:
    """When the monitoring starts in which a thing is asked for; `begin`: the first of all starts.

    They are the same for all things, so they tell nothing of this one: it is the last with which
    the points before the first appearance lie inside, or the first of all.
    """
    before = int(target.first + OFFSETS[0]) - 1
    return begin + max((before - begin) // EVERY_SECONDS, 0) * EVERY_SECONDS


def points(target: Target, asked: int, video_seconds: float) -> tuple[TestPoint, ...]:
    """The possible points whose label is beyond doubt, in order of time.

    They lie around the first appearance, while the thing is there, and shortly after.

    Args:
        target: what is asked for.
        asked: when monitoring starts.
        video_seconds: length of the video.
    """
    last = math.floor(min(asked + LAST_SECONDS, video_seconds))
    near = target.around(asked, last)
    wanted = [int(target.first + offset) for offset in OFFSETS]
    for start, end in near.spans:
        wanted += [int((start + end) / 2), int(end - 1)]
        wanted += [*_soon(near, start, alert=True), *_soon(near, end, alert=False)]
    found: list[TestPoint] = []
    for at in sorted(set(wanted)):
        alert = near.label(at) if asked < at <= last else None
        if alert is not None and (not found or at - found[-1].seconds >= APART_SECONDS):
            found.append(TestPoint(at, alert))
    return tuple(found)


def _soon(target: Target, border: float, *, alert: bool) -> list[int]:
    """The first whole second shortly after a border at which it is so, if there is one."""
    later = (int(border + offset) for offset in SOON)
    return [at for at in later if target.label(at) is alert][:1]


def alert_questions(
    scanpath: Scanpath, targets: Iterable[Target], begin: int, rng: Random, *, gaze: bool
) -> Iterator[Question]:
    """The questions of a recording, in order of the first appearance; `gaze`: GTA, else OAA.

    Monitoring starts at `begin` for the first time.
    """
    inside = (target for target in targets if begin < target.first)
    ordered = sorted(inside, key=lambda target: (target.first, target.name))
    asked = [asked_at(target, begin) for target in ordered]
    found = [
        points(target, at, scanpath.video_seconds)
        for target, at in zip(ordered, asked, strict=True)
    ]
    for number, (place, chosen) in enumerate(even_points(found, rng).items()):
        yield question(scanpath, number, ordered[place], asked[place], chosen, gaze=gaze)


def question(
    scanpath: Scanpath,
    number: int,
    target: Target,
    asked: int,
    chosen: tuple[TestPoint, ...],
    *,
    gaze: bool,
) -> Question:
    """One question with the release's words and fields; `gaze`: GTA, else OAA."""
    task = "gta" if gaze else "oaa"
    stated = [{"start": stamp(start), "end": stamp(end)} for start, end in target.spans]
    return Question(
        id=f"{scanpath.recording_id}/{task}/{number:04d}",
        task=task,
        recording_id=scanpath.recording_id,
        asked_seconds=asked,
        text=(
            f"Monitor my gaze and alert me when I gaze on the <{target.name}>."
            if gaze
            else f"Watch the scene and alert me when the <{target.name}> first appears."
        ),
        span_seconds=(float(asked), float(chosen[-1].seconds)),
        episodes=target.episodes,
        points=chosen,
        label_means="now",
        extras={
            "first_appearance": stamp(target.first),
            "target_object": target.name,
            "fixation_intervals" if gaze else "appearance_intervals": stated,
            "difficulty": "easy" if gaze else "hard",
            "gaze_area": "FOV" if gaze else "Outside",
            "label_semantics": "now",
        },
    )


def already_seen(asked: Question) -> Question:
    """The same question with the other reading: alert from the first appearance on.

    No point of ours lies within the second of the first appearance, so its stamp is exact enough.
    In a span of which nobody knows, the thing may have been there earlier; a first appearance is
    the first known one.

    Args:
        asked: a proactive question whose extras hold ``first_appearance``.
    """
    first = seconds(str(asked.extras["first_appearance"]))
    labelled = tuple(TestPoint(one.seconds, one.seconds >= first) for one in asked.points)
    extras = asked.extras | {"label_semantics": "already_seen"}
    return replace(asked, points=labelled, label_means="already_seen", extras=extras)
