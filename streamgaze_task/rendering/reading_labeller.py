"""A labeller for the rendered world that reads pixels, so that the whole pipeline can be tested.

It looks at the pictures of a query and at the place and size of the circle in them, at no prompt
and at no script (streamgaze_task.rendering.reading). What the pictures leave open it says to be
unsure about, as a careful person would.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from streamgaze_task.pipeline.labelling.labeller import Answer
from streamgaze_task.rendering.kinds import KINDS
from streamgaze_task.rendering.reading import VERSION, Reading, read_frame, read_scene
from streamgaze_task.rendering.world import THING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from PIL.Image import Image

    from streamgaze_task.pipeline.labelling.labeller import Query

_LABELLER_VERSION = 1
_ENOUGH = 0.35
"""Part of a thing that the circle must show for it to be named (ours: of a thing whose centre is
inside the circle about half is)."""
_BETWEEN = 0.15
"""A gaze point is between two things when their distances differ by less, parts of their size."""
_MOVED, _WANDERED = 0.12, 0.25
"""How far a thing moves against its neighbours, or where it has none, in the picture, before it
counts as moved; parts of its size (ours: the camera sways by 0.05)."""
_DOT_OF_WIDTH = 0.005
"""Radius of the red dot that marks the gaze in crops, by the frame's width
(streamgaze_task.pipeline.labelling.pictures)."""
_RIM = 2.5
"""Pixels around that dot that say nothing: its white rim, and what scaling mixes with it."""
_MARKER = 1.7
"""Radius of the overlay's black ring with its line, by the radius of its green dot: 13 to 8 px."""
_LEAST_DOT = 12
"""Pixels of the smallest green dot that is taken for one."""


@dataclass(frozen=True)
class _Circle:
    """Where the field of view is in all pictures of a query."""

    x: float
    y: float
    radius: float
    size: float
    """Width of a thing's box at the pictures' scale, pixels."""


class RenderedLabeller:
    """Answers queries about pictures of the rendered world."""

    def __init__(self, radius_of_width: float | None = None) -> None:
        """Make it.

        Args:
            radius_of_width: radius of the field-of-view circle by the frame's width, by which the
                scale of a crop is known when its query has no ``frame_width`` among its facts
                (pixels of the whole frame's width at the crop's scale).

        Raises:
            ValueError: it is not above 0.
        """
        if radius_of_width is not None and not 0 < radius_of_width < math.inf:
            raise ValueError(f"radius_of_width ({radius_of_width}) must be above 0")
        self._radius_of_width = radius_of_width
        self._answers: Mapping[str, Callable[[Query], dict[str, Any]]] = {
            "gazed": self._gazed,
            "outside": self._outside,
            "view": self._view,
            "verify": self._verify,
        }

    @property
    def identity(self) -> Mapping[str, Any]:
        """Names it and the versions of what it reads by."""
        identity: dict[str, Any] = {
            "labeller": "rendered",
            "version": _LABELLER_VERSION,
            "reading": VERSION,
        }
        if self._radius_of_width is not None:
            identity["radius_of_width"] = self._radius_of_width
        return identity

    def ask(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """One answer for every query, in their order."""
        for query in queries:
            yield self._answer(query)

    def _answer(self, query: Query) -> Answer:
        try:
            return Answer(query.key, json.dumps(self._found(query), sort_keys=True))
        except ValueError as error:
            return Answer(query.key, "", str(error))

    def _found(self, query: Query) -> dict[str, Any]:
        answer = self._answers.get(query.kind)
        if answer is None:
            raise ValueError(f"this labeller reads pictures, not {query.kind}")
        if not query.images:
            raise ValueError("there is no picture")
        return answer(query)

    def _size(self, query: Query, width: int) -> float:
        """Width of a thing's box in the query's pictures, pixels."""
        given = query.facts.get("frame_width")
        if given is not None:
            return THING * _number(given, "frame_width")
        if query.kind != "gazed":
            return THING * width
        if self._radius_of_width is None:
            raise ValueError("a crop needs frame_width among its facts")
        return THING * _number(query.facts.get("radius"), "radius") / self._radius_of_width

    def _circle(self, query: Query) -> _Circle:
        centre = query.facts.get("centre")
        if not isinstance(centre, list | tuple) or len(centre) != 2:  # noqa: PLR2004 (x and y)
            raise ValueError("centre must be [x, y]")
        x, y = (_number(value, "centre") for value in centre)
        radius = _number(query.facts.get("radius"), "radius")
        return _Circle(x, y, radius, self._size(query, query.images[0].width))

    def _gazed(self, query: Query) -> dict[str, Any]:
        circle = self._circle(query)
        rounds = [_in_circle(image, circle) for image in query.images]
        held = [_at(readings, circle.x, circle.y) for readings in rounds]
        named = Counter((one.name, one.colour) for one in held if one is not None)
        best = min(named, key=lambda key: (-named[key], key), default=None)
        if best is None or 2 * named[best] <= len(held):
            return {"caption": "", "gazed": None, "beside": _beside(rounds, None), "sure": False}
        thing = next(one for one in held if one is not None and (one.name, one.colour) == best)
        sure = (
            all(one is not None and one.name == thing.name and not one.covered for one in held)
            and not any(_between(readings, circle) for readings in rounds)
            and not _is_moved(rounds, thing.name)
        )
        beside = _beside(rounds, thing.name)
        names = [thing.name, *(one["name"] for one in beside)]
        caption = f"In the circle: {', '.join(names)}."
        return {"caption": caption, "gazed": _object(thing), "beside": beside, "sure": sure}

    def _outside(self, query: Query) -> dict[str, Any]:
        circle = self._circle(query)
        rounds = []
        for image in query.images:
            pixels = _pixels(image)
            ignore = _distance(pixels, circle.x, circle.y) <= circle.radius + 1
            found = read_frame(pixels, ignore=ignore, size=circle.size)
            rounds.append({one.name: one for one in found if one.clear})
        always = [one for one in rounds[0].values() if all(one.name in other for other in rounds)]
        return {"outside": [_object(one) for one in always]}

    def _view(self, query: Query) -> dict[str, Any]:
        pixels = _pixels(query.images[-1])
        scene = read_scene(pixels, size=self._size(query, pixels.shape[1]))
        seen = list(dict.fromkeys(one.name for one in scene.readings if one.clear))
        named = [one.name for one in scene.readings] + sorted(scene.doubtful)
        return {"seen": seen, "partly": [name for name in dict.fromkeys(named) if name not in seen]}

    def _verify(self, query: Query) -> dict[str, Any]:
        """What is looked at in the last picture with a gaze marker decides."""
        task, options = query.facts.get("task"), list(query.facts.get("options") or ())
        if task not in {"oie", "oih", "oar"}:
            raise ValueError(f"single pictures do not tell the answer of {task}")
        found = [_under_marker(image) for image in query.images]
        known = [one for one in found if one is not None]
        if not known:
            raise ValueError("no picture has a thing under a gaze marker")
        thing = known[-1]
        true = {thing.name} if task != "oar" else set(_attributes(thing).values())
        right = [k for k, option in enumerate(options) if str(option).strip().lower() in true]
        letter = chr(ord("A") + right[0]) if len(right) == 1 else None
        reason = f"The gaze is on a {thing.colour} {thing.name}."
        return {"valid": letter is not None, "option": letter, "reason": reason}


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} must be a number")
    return float(value)


def _pixels(image: Image) -> NDArray[np.uint8]:
    return np.asarray(image.convert("RGB"), np.uint8)


def _distance(pixels: NDArray[np.uint8], x: float, y: float) -> NDArray[np.float64]:
    rows, columns = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    return np.hypot(columns - x, rows - y)


def _in_circle(image: Image, circle: _Circle) -> list[Reading]:
    """What a crop shows enough of, and whose centre is inside the circle."""
    pixels = _pixels(image)
    away = _distance(pixels, circle.x, circle.y)
    dot = max(1.0, _DOT_OF_WIDTH * circle.size / THING) + _RIM
    ignore = (away > circle.radius - 1) | (away <= dot)
    found = read_frame(pixels, ignore=ignore, size=circle.size)
    inside = [
        one
        for one in found
        if one.shown >= _ENOUGH and math.hypot(one.x - circle.x, one.y - circle.y) <= circle.radius
    ]
    return sorted(
        inside, key=lambda one: (math.hypot(one.x - circle.x, one.y - circle.y), one.name)
    )


def _at(readings: Sequence[Reading], x: float, y: float) -> Reading | None:
    """The thing whose box holds a place; the one with the nearest centre of several."""
    holding = [one for one in readings if one.holds(x, y)]
    return min(holding, key=lambda one: math.hypot(one.x - x, one.y - y), default=None)


def _between(readings: Sequence[Reading], circle: _Circle) -> bool:
    """Whether two things are about equally near to the gaze."""
    away = sorted(math.hypot(one.x - circle.x, one.y - circle.y) for one in readings)
    return len(away) > 1 and away[1] - away[0] < _BETWEEN * circle.size


def _is_moved(rounds: Sequence[Sequence[Reading]], name: str) -> bool:
    """Whether a thing moves against its neighbours, or far where it has none."""
    places = [{one.name: (one.x, one.y) for one in readings} for readings in rounds]
    size = rounds[0][0].size if rounds[0] else 0.0
    common = set.intersection(*(set(place) for place in places)) - {name}
    for place in places[1:]:
        if name not in place or name not in places[0]:
            return True
        dx, dy = (b - a for a, b in zip(places[0][name], place[name], strict=True))
        if math.hypot(dx, dy) > _WANDERED * size and not common:
            return True
        for other in common:
            ox, oy = (b - a for a, b in zip(places[0][other], place[other], strict=True))
            if math.hypot(dx - ox, dy - oy) > _MOVED * size:
                return True
    return False


def _beside(rounds: Sequence[Sequence[Reading]], gazed: str | None) -> list[dict[str, Any]]:
    """What else most of the pictures show inside the circle, the nearest first."""
    clean = [[one for one in found if not one.covered] for found in rounds]
    counted = Counter(name for found in clean for name in {one.name for one in found})
    first: dict[str, Reading] = {}
    for found in clean:
        for one in found:
            first.setdefault(one.name, one)
    most = [name for name in first if name != gazed and 2 * counted[name] > len(rounds)]
    return [_object(first[name]) for name in most]


def _object(one: Reading) -> dict[str, Any]:
    caption = f"A {one.colour} {one.name}."
    return {"name": one.name, "caption": caption, "attributes": _attributes(one)}


def _attributes(one: Reading) -> dict[str, str]:
    """Colour and shape, each only where this kind of thing leaves no doubt about it."""
    kind = KINDS[one.name]
    found = {"color": one.colour} if kind.plain else {}
    return {**found, "shape": kind.shape} if kind.shape else found


def _under_marker(image: Image) -> Reading | None:
    """What the overlay's green dot is on (streamgaze_task.overlay); None without dot or thing."""
    pixels = _pixels(image)
    red, green, blue = (pixels[..., k] for k in range(3))
    dot = (green > 200) & (red < 90) & (blue < 90)  # noqa: PLR2004 (the overlay's pure green)
    if dot.sum() < _LEAST_DOT:
        return None
    rows, columns = np.nonzero(dot)
    x, y = float(np.median(columns)), float(np.median(rows))
    radius = math.sqrt(len(rows) / math.pi)
    line = (red > 225) & (green < 30) & (blue < 30)  # noqa: PLR2004 (the overlay's pure red)
    ignore = (_distance(pixels, x, y) <= _MARKER * radius) | _grown(line)
    return _at(read_frame(pixels, ignore=ignore), x, y)


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """With the pixels next to it, which scaling and lossy pictures mix with it."""
    grown: NDArray[np.bool_] = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return grown
