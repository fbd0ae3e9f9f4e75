"""Scanpaths for tests, made by hand or drawn from a small world. Load with ``runpy.run_path``.

The drawn world: things stand side by side in rooms; the camera looks at the thing that is looked
at and sees REACH neighbours on either side, the next one partly. So labels and views agree, as a
labeller without faults would have them.
"""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import strategies as st

from streamgaze_task.pipeline.questions.rules import QuestionSettings, Rules
from streamgaze_task.pipeline.records import Action, Episode, SeenObject, View
from streamgaze_task.pipeline.scanpath import Scanpath

_WORDS = """
bowl box brush can cloth cup fork glass grater jar kettle knife ladle lid mug onion pan peeler
pepper plate pot salt scale sieve spoon sponge tap timer tin toaster tomato tray
"""
WORDS = tuple(_WORDS.split())
COLORS = ("red", "green", "blue", "white", "black", "yellow")
MATERIALS = ("steel", "wood", "glass", "plastic", "clay")
VERBS = ("open", "wash", "cut", "move", "close", "lift")
REACH = 3
"""Neighbours on either side that the camera sees clearly."""


def thing(name: str) -> SeenObject:
    """One object; equal names have equal attributes."""
    at = WORDS.index(name) if name in WORDS else len(name)
    color, material = COLORS[at % len(COLORS)], MATERIALS[at % len(MATERIALS)]
    return SeenObject(
        name, f"A {color} {name} of {material}.", {"color": color, "material": material}
    )


def look(
    name: str,
    start: float,
    end: float,
    *,
    beside: str = "",
    outside: str = "",
    sure: bool = True,
) -> Episode:
    """One look; number 0 until :func:`scanpath` numbers it.

    Args:
        name: of what is looked at; empty: nobody knows.
        start: seconds.
        end: seconds, exclusive.
        beside: names with blanks between them, as ``outside``.
        outside: names.
        sure: whether it may be asked about.
    """
    return Episode(
        0,
        start,
        end,
        0.5,
        0.5,
        thing(name) if name else None,
        tuple(map(thing, beside.split())),
        tuple(map(thing, outside.split())),
        sure=sure,
    )


def view(seconds: float, seen: str = "", partly: str = "", problem: str = "") -> View:
    """What was in view at one moment; names with blanks between them."""
    return View(seconds, tuple(seen.split()), tuple(partly.split()), problem)


def scanpath(*looks: Episode, seconds: float | None = None, **more: Any) -> Scanpath:
    """A recording with these looks in order of time, numbered; it ends 5 s after the last."""
    ends = (
        seconds if seconds is not None else max((one.end_seconds for one in looks), default=0) + 5
    )
    numbered = tuple(replace(one, number=i, fixations=(i,)) for i, one in enumerate(looks))
    return Scanpath(more.pop("recording_id", "rec"), "Test", float(ends), numbered, **more)


def in_row(*names: str, seconds: float = 3.0, pause: float = 0.2) -> list[Episode]:
    """Looks of equal length one after the other, from 0 on; an empty name is an unknown look."""
    step = seconds + pause
    return [look(name, i * step, i * step + seconds) for i, name in enumerate(names)]


def rules_for(*recordings: Scanpath, **settings: Any) -> Rules:
    """What the makers of questions are told of a benchmark of these recordings."""
    looks = [one for recording in recordings for one in recording.episodes if one.gazed]
    values: dict[str, set[str]] = {}
    for one in looks:
        for kind, value in one.gazed.attributes.items() if one.gazed else ():
            values.setdefault(kind, set()).add(value)
    return Rules(
        QuestionSettings(**settings),
        tuple(sorted({one.name for one in looks})),
        {kind: tuple(sorted(found)) for kind, found in sorted(values.items())},
        tuple(sorted({action.text for one in recordings for action in one.actions})),
    )


def random_scanpath(
    seed: int,
    *,
    looks: int = 25,
    rooms: int = 3,
    unknown: float = 0.05,
    unsure: float = 0.05,
    lost: float = 0.05,
    acted: float = 0.3,
    every: float = 1.0,
    again: float = 0.2,
) -> Scanpath:
    """One recording of the drawn world; the same for the same arguments.

    Args:
        seed: of everything that is drawn.
        looks: how many there are.
        rooms: how many rooms the wearer goes through; each holds an equal part of WORDS.
        unknown: share of looks at nobody knows what.
        unsure: share of looks that may not be asked about.
        lost: share of pauses in which the gaze is lost.
        acted: share of looks during which something is done.
        every: seconds between two views; 0: there are none.
        again: how likely the next look is at a neighbour of this one.
    """
    rng = Random(seed)  # noqa: S311 (drawings, not secrets)
    places = _rooms(rng, rooms)
    episodes: list[Episode] = []
    stops: list[tuple[float, list[str], int]] = []
    losses, actions = [], []
    place, spot, now = 0, 0, rng.uniform(0, 2)
    for number in range(looks):
        place, spot = _next(rng, places, place, spot, again)
        end = now + rng.choice((0.4, 1.5, 2.5, 3.0, 4.5)) + rng.random()
        labels = _labels(rng, places[place], spot) if rng.random() >= unknown else {}
        span, fixations = (round(now, 3), round(end, 3)), (number,)
        sure, x, y = rng.random() >= unsure, round(rng.random(), 3), round(rng.random(), 3)
        gazed = labels.pop("gazed", None)
        episodes.append(
            Episode(number, *span, x, y, gazed, fixations=fixations, sure=sure, **labels)
        )
        stops.append((now, places[place], spot))
        if rng.random() < acted:
            at = now + rng.uniform(-1, 1)
            text = f"{rng.choice(VERBS)} {places[place][spot]}"
            actions.append(Action(max(round(at, 3), 0.0), round(end, 3), text))
        pause = rng.choice((0.04, 0.1, 0.5, 1.5))
        if rng.random() < lost:
            pause += rng.choice((0.5, 2.0))
            losses.append((round(end, 3), round(end + pause, 3)))
        now = end + pause
    return Scanpath(
        f"drawn-{seed}",
        "Drawn",
        round(now + 3, 3),
        tuple(episodes),
        tuple(sorted(actions, key=lambda action: action.start_seconds)),
        _views(stops, now, every),
        tuple(losses),
    )


def _rooms(rng: Random, rooms: int) -> list[list[str]]:
    """What stands in every room, in a row."""
    words = rng.sample(WORDS, len(WORDS))
    return [words[i::rooms] for i in range(rooms)]


def _next(
    rng: Random, places: list[list[str]], place: int, spot: int, again: float
) -> tuple[int, int]:
    """Where the next look goes: next door, elsewhere in the room, or into another room."""
    if rng.random() < again and spot + 1 < len(places[place]):
        return place, spot + 1
    if rng.random() < 0.2:
        place = rng.randrange(len(places))
    return place, rng.randrange(len(places[place]))


def _labels(rng: Random, room: list[str], spot: int) -> dict[str, Any]:
    """What a labeller says of a look at what stands on a spot of a room."""
    near = [room[i] for i in (spot - 1, spot + 1) if 0 <= i < len(room) and rng.random() < 0.5]
    seen = _seen(room, spot)
    beyond = [name for name in seen if name not in near and name != room[spot]]
    return {
        "gazed": thing(room[spot]),
        "beside": tuple(map(thing, near)),
        "outside": tuple(map(thing, beyond)),
        "captions": (f"A shelf with {len(seen)} things.",),
    }


def _seen(room: list[str], spot: int) -> list[str]:
    return room[max(spot - REACH, 0) : spot + REACH + 1]


def _views(
    stops: list[tuple[float, list[str], int]], until: float, every: float
) -> tuple[View, ...]:
    """Regular views: what the camera sees, also in pauses (it stays where it was)."""
    found = []
    for k in range(math.ceil(until / every) if every and stops else 0):
        at = round(k * every, 3)
        _, room, spot = next((stop for stop in reversed(stops) if stop[0] <= at), stops[0])
        edge = [room[i] for i in (spot - REACH - 1, spot + REACH + 1) if 0 <= i < len(room)]
        found.append(View(at, tuple(_seen(room, spot)), tuple(edge)))
    return tuple(found)


def other_future(recording: Scanpath, at: float, seed: int) -> Scanpath:
    """The same recording until `at`; everything that begins at or after that is another one's.

    A look that lasts beyond `at` ends elsewhere, but not before.
    """
    past = recording.so_far(at)
    other = random_scanpath(seed, looks=40)
    later = [one for one in other.episodes if one.start_seconds >= at]
    until = later[0].start_seconds if later else at
    kept = [
        replace(one, end_seconds=until) if one.end_seconds >= at else one for one in past.episodes
    ]
    episodes = [replace(one, number=i) for i, one in enumerate([*kept, *later])]
    return Scanpath(
        recording.recording_id,
        recording.category,
        max(at, other.video_seconds),
        tuple(episodes),
        past.actions + tuple(one for one in other.actions if one.start_seconds >= at),
        past.views + tuple(one for one in other.views if one.seconds >= at),
        past.losses + tuple(span for span in other.losses if span[0] >= at),
    )


def scanpaths(**fixed: Any) -> st.SearchStrategy[Scanpath]:
    """Drawn recordings of all kinds, for hypothesis; what is named in `fixed` stays."""
    share = st.sampled_from((0.0, 0.05, 0.3))
    drawn: dict[str, Any] = {
        "seed": st.integers(0, 2**32),
        "looks": st.integers(0, 30),
        "rooms": st.integers(1, 5),
        "unknown": share,
        "unsure": share,
        "lost": share,
        "acted": share,
        "every": st.sampled_from((0.0, 0.5, 1.0, 2.0)),
        "again": share,
    }
    drawn |= {name: st.just(value) for name, value in fixed.items()}
    return st.builds(random_scanpath, **drawn)
