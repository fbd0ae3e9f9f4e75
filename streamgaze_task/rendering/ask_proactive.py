"""Questions that ask for an alert, with the moments at which the model is asked: GTA and OAA.

Labels follow the rule of the authors' generator: 1 where the thing is looked at (GTA) or in view
(OAA) at that very moment, else 0, also when it was before. Of its five moments, first appearance
plus -20, -10, 0, 10 and 20 s, the middle one is two seconds later here: rounded down, as stamps
are, the generator's lies before the appearance that it is said to show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from streamgaze_task.rendering.chance import shuffled
from streamgaze_task.rendering.story import PER_SECOND, Draft
from streamgaze_task.rendering.world import CLEARLY_SEEN
from streamgaze_task.timestamps import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamgaze_task.rendering.story import Story

Spans = list[tuple[float, float]]

OFFSETS = (-20, -10, 2, 10, 20)
"""Seconds from the first appearance to the test points."""
LAST_SECONDS = 300
"""No test point is later after the question than that (the generator's rule)."""
_CLEAR_SECONDS = 0.75
_FIRST_SECONDS = 3.0
_WANTED_POINTS = 3


def _points(spans: Spans, asked: float, length: float) -> list[tuple[int, int]] | None:
    """Test points as (whole second, label); None where one would be too close to call.

    A point within a moment of a border is neither clearly in nor clearly out; and the label must
    be the same whether one reads the exact spans or the whole seconds that the release states.
    """
    points = []
    for offset in OFFSETS:
        at = int(spans[0][0] + offset)
        if not asked <= at <= min(asked + LAST_SECONDS, length - 1):
            continue
        if any(abs(at - border) < _CLEAR_SECONDS for span in spans for border in span):
            return None
        label = any(start <= at < end for start, end in spans)
        if label != any(int(start) <= at <= int(end) for start, end in spans):
            return None
        points.append((at, int(label)))
    return points if len(points) >= _WANTED_POINTS else None


def _best(story: Story, found: Sequence[Draft]) -> Iterator[Draft]:
    """One draft a video, as the generator keeps: most points, and a drawn number of alerts.

    So that among the videos a thing is also asked for when it was seen before and is not now.
    """
    wanted = story.rng.randint(1, 3)

    def worth(draft: Draft) -> tuple[int, int]:
        tests = draft.extras["test_info"]
        return len(tests), -abs(sum(test["type"] for test in tests) - wanted)

    yield from sorted(shuffled(found, story.rng), key=worth, reverse=True)[:1]


def _draft(
    story: Story, name: str, spans: Spans, points: list[tuple[int, int]], *, gaze: bool
) -> Draft:
    asked = int(story.looks[0].start)
    tests = [
        {"realtime": stamp(at), "type": label, "input_video_clip": [0, at]} for at, label in points
    ]
    intervals = [{"start": stamp(start), "end": stamp(end)} for start, end in spans]
    extras: dict[str, Any] = {
        "first_appearance": stamp(spans[0][0]),
        "target_object": name,
        "fixation_intervals" if gaze else "appearance_intervals": intervals,
        "test_info": tests,
        "difficulty": "easy" if gaze else "hard",
        "gaze_area": "FOV" if gaze else "Outside",
    }
    text = (
        f"Monitor my gaze and alert me when I gaze on the <{name}>."
        if gaze
        else f"Watch the scene and alert me when the <{name}> first appears."
    )
    span = (float(asked), float(points[-1][0]))
    return Draft("gta" if gaze else "oaa", story.script, asked, text, span=span, extras=extras)


def gaze_alert(story: Story) -> Iterator[Draft]:
    """GTA: a thing that the wearer looks at some time after the beginning.

    The generator counts every thing in the circle; only such are asked for here that are never
    merely beside what is looked at, so that the label is right for any reading of "gaze on".
    """
    asked, found = story.looks[0].start, []
    for thing in story.script.things:
        spans = [(look.start, look.end) for look in story.looks if look.thing == thing.name]
        beside = any(thing.name in group[1:] for group in story.groups)
        if thing.name in story.handled or beside or not spans:
            continue
        points = _points(spans, asked, story.script.video.seconds)
        if points is not None:
            found.append(_draft(story, thing.name, spans, points, gaze=True))
    yield from _best(story, found)


def appearance_alert(story: Story) -> Iterator[Draft]:
    """OAA: a thing that comes into view when the camera has turned."""
    asked, found = story.looks[0].start, []
    for thing in story.script.things:
        spans = _views(story, thing.name)
        if not spans or spans[0][1] - spans[0][0] < _FIRST_SECONDS or thing.name in story.handled:
            continue
        points = _points(spans, asked, story.script.video.seconds)
        if points is None or any(_half_seen(story, thing.name, at) for at, _ in points):
            continue
        found.append(_draft(story, thing.name, spans, points, gaze=False))
    yield from _best(story, found)


def _half_seen(story: Story, name: str, at: int) -> bool:
    return 0 < float(story.seen[name][at * PER_SECOND]) < CLEARLY_SEEN


def _views(story: Story, name: str) -> Spans:
    """The spans in which a thing is clearly in view, to a tenth of a second."""
    seen = np.concatenate(([False], story.seen[name] >= CLEARLY_SEEN, [False]))
    borders = (np.flatnonzero(seen[1:] != seen[:-1]) / PER_SECOND).tolist()
    return list(zip(borders[::2], borders[1::2], strict=True))
