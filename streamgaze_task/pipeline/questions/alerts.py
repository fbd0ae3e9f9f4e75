"""The moments at which a proactive question is asked, and what is the right reply at each.

Two readings of the label are in use. ``now``: alert where the thing is looked at (GTA) or in view
(OAA) just then, the rule of pipeline step 3 of daeunni/StreamGaze and the default here.
``already_seen``: alert from its first appearance on, which the words of the authors' prompt ask
for. Questions are made for the first; :func:`already_seen` turns one into the other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.records import Question, TestPoint
from streamgaze_task.timestamps import seconds, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from random import Random

    from streamgaze_task.pipeline.scanpath import Scanpath

Spans = tuple[tuple[float, float], ...]

OFFSETS = (-20, -10, 2, 10, 20)
"""Seconds from the first appearance to the points. Step 3 of the pipeline has 0 in the middle,
which, rounded down as stamps are, lies before the appearance that it is said to show: the window
that ends there shows nothing of it. Two seconds later it shows at least one."""
AGAIN = 2
"""Seconds from the start of every later look or view to one more possible point (ours). A thing is
often looked at for a moment only, so that of the five points one at most is an alert, and who never
alerts is right at four; where it comes back, a further alert is right."""
MOST_POINTS = len(OFFSETS)
"""Of a question (step 3)."""
LAST_SECONDS = 300
"""No point is later after the question than that (step 3)."""
CLEAR_SECONDS = 0.75
"""A point that close to a border is neither clearly in nor clearly out (ours)."""
FEWEST_POINTS = 3
"""Of a question (ours): with both labels among them, no constant reply is right throughout."""
MOST_TRIED = 8
"""Possible points of a target among which the choice is made (ours: of 8 there are 182)."""
MOST_EXCESS = 1
"""By how many the alerts of a recording may outnumber the others, or the reverse (ours)."""


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


def points(target: Target, asked: int, video_seconds: float) -> tuple[TestPoint, ...]:
    """The possible points whose label is beyond doubt, in order of time.

    They lie around the first appearance, and shortly after every later one. Beyond doubt is also
    that the label is the same by the whole seconds that the release states.

    Args:
        target: what is asked for.
        asked: when monitoring starts.
        video_seconds: length of the video.
    """
    wanted = [target.first + offset for offset in OFFSETS]
    wanted += [start + AGAIN for start, _ in target.spans[1:]]
    found = []
    for at in sorted({int(time) for time in wanted}):
        if not asked < at <= min(asked + LAST_SECONDS, video_seconds):
            continue
        alert = target.alert(at)
        stated = any(int(start) <= at <= int(end) for start, end in target.spans)
        if alert is not None and alert == stated:
            found.append(TestPoint(at, alert))
    return tuple(found)


def balanced(
    found: Sequence[tuple[Target, tuple[TestPoint, ...]]], rng: Random
) -> Iterator[tuple[Target, tuple[TestPoint, ...]]]:
    """The targets to ask for, in order of time: about as many alerts as other points.

    Of a thing that is looked at once for a moment, most points are no alerts, and who never
    alerts would be right at most of them. So a target is left out, or some of its points, where
    that brings the two closer to each other; those that are left are looked at again as long as
    one of them can be taken. With as many alerts as others in every part of a benchmark, every
    drawing from it is about even.

    Args:
        found: targets and their points, in order of the first appearance.
        rng: of the recording and task; it draws which points without an alert are left out.
    """
    kept: dict[int, tuple[TestPoint, ...]] = {}
    even, before = _Even(), -1
    while len(kept) > before:
        before = len(kept)
        for number, (_, all_points) in enumerate(found):
            chosen = () if number in kept else even.choice(all_points, rng)
            if chosen:
                kept[number] = chosen
                even.take(chosen)
    yield from ((found[number][0], kept[number]) for number in sorted(kept))


class _Even:
    """How many of the points so far are alerts: of all, and of the first, the second ... ones."""

    def __init__(self) -> None:
        self._excess: Counter[int] = Counter()

    def take(self, chosen: Sequence[TestPoint]) -> None:
        """Count the points of one question."""
        for place, point in enumerate(chosen):
            self._excess[place] += 1 if point.alert else -1

    def choice(self, all_points: Sequence[TestPoint], rng: Random) -> tuple[TestPoint, ...]:
        """The most even choice of a target's points; () where none will do.

        Also the n-th points are to be alerts as often as not: points before the first appearance
        are no alerts, so who counts points would know the first two without looking.
        """
        tried = list(all_points)
        if len(tried) > MOST_TRIED:
            tried = [all_points[k] for k in sorted(rng.sample(range(len(all_points)), MOST_TRIED))]
        choices = [
            some
            for size in range(FEWEST_POINTS, MOST_POINTS + 1)
            for some in combinations(tried, size)
            if len({point.alert for point in some}) > 1
        ]
        ranked = [(*self._cost(some), -len(some), rng.random(), some) for some in choices]
        allowed = [one for one in ranked if one[1] <= MOST_EXCESS]
        return min(allowed, key=lambda one: one[:4])[4] if allowed else ()

    def _cost(self, some: Sequence[TestPoint]) -> tuple[int, int]:
        """How uneven all would be: by places (a first point there is free), and of all points."""
        after = self._excess.copy()
        for place, point in enumerate(some):
            after[place] += 1 if point.alert else -1
        return sum(each**2 for each in after.values()) - len(some), abs(sum(after.values()))


def alert_questions(
    scanpath: Scanpath, targets: Iterable[Target], asked: int, rng: Random, *, gaze: bool
) -> Iterator[Question]:
    """The questions of a recording, GTA or OAA, in order of the first appearance."""
    inside = (target for target in targets if asked < target.first)
    ordered = sorted(inside, key=lambda target: (target.first, target.name))
    found = [(one, points(one, asked, scanpath.video_seconds)) for one in ordered]
    for number, (target, chosen) in enumerate(balanced(found, rng)):
        yield question(scanpath, number, target, asked, chosen, gaze=gaze)


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
