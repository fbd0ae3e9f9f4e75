"""The scanpath as it was at a moment, and what breaks the order of looks."""

from __future__ import annotations

import numpy as np
import pytest

from streamgaze_task.gaze import GazeTable
from streamgaze_task.pipeline.records import Action, Episode, SeenObject, View
from streamgaze_task.pipeline.scanpath import LOSS_SECONDS, Scanpath, losses_of, settled


def look(number, start, end, name="cup", **more):
    """An episode."""
    return Episode(number, start, end, 0.5, 0.5, SeenObject(name) if name else None, **more)


PATH = Scanpath(
    "r",
    "EGTEA",
    20.0,
    (look(0, 0, 2), look(1, 3, 5, "jar", beside=(SeenObject("key"),)), look(2, 6, 9, "pan")),
    (Action(1, 2, "cuts"), Action(6, 8, "pours")),
    (View(0.0, ("cup",)), View(5.0, ("pot",), ("bowl",))),
    ((5.2, 5.9),),
)


def test_nothing_that_begins_at_or_after_the_moment_is_known():
    """Nothing that begins at or after the moment is known."""
    known = PATH.so_far(5.0)
    assert [(one.name, one.end_seconds) for one in known.episodes] == [("cup", 2), ("jar", 5)]
    assert known.actions == (PATH.actions[0],)
    assert known.views == (PATH.views[0],)
    assert known.losses == ()
    assert known.video_seconds == 5.0


def test_what_lasts_beyond_the_moment_is_cut():
    """What lasts beyond the moment is cut."""
    known = PATH.so_far(5.5)
    assert known.losses == ((5.2, 5.5),)
    assert PATH.so_far(7.0).episodes[-1].end_seconds == 7.0
    assert PATH.so_far(100.0) == PATH


def test_losses_and_unknown_looks_break_the_order():
    """Losses and unknown looks break the order."""
    first, second, third = PATH.episodes
    assert PATH.unbroken(first, second)
    assert not PATH.unbroken(second, third)
    for episode in (look(1, 3, 5, ""), look(1, 3, 5, "jar", sure=False)):
        broken = Scanpath("r", "", 9.0, (first, episode, third))
        assert not broken.unbroken(first, third)
        assert not broken.unbroken(first, episode)


def test_groups_and_names():
    """Groups and names."""
    assert PATH.group(PATH.episodes[1], "gazed") == ("jar",)
    assert PATH.group(PATH.episodes[1], "circle") == ("jar", "key")
    assert PATH.group(look(0, 0, 1, ""), "circle") == ()
    assert PATH.gazed_ever == {"cup", "jar", "key", "pan"}


@pytest.mark.parametrize(
    ("start", "end", "at"), [(1.0, 5.0, 2), (1.2, 5.0, 3), (1.2, 2.9, None), (1.2, 3.0, 3)]
)
def test_a_look_can_be_asked_about_a_second_after_it_began(start, end, at):
    """A look can be asked about a second after it began."""
    assert settled(look(0, start, end)) == at


def test_long_spans_without_valid_gaze_are_losses():
    """Long spans without valid gaze are losses."""
    seconds = np.arange(0, 4, 0.1)
    valid = ~((seconds > 0.95) & (seconds < 1.55)) & ~((seconds > 2.05) & (seconds < 2.25))
    table = GazeTable.from_columns(
        {"seconds": seconds.tolist(), "x": [0.5] * 40, "y": [0.5] * 40, "valid": valid.tolist()}
    )
    lost = losses_of(table, 5.0)  # the last sample lasts an eighth of a second at most
    assert [(round(a, 6), round(b, 6)) for a, b in lost] == [(1.0, 1.6), (4.025, 5.0)]
    assert all(b - a >= LOSS_SECONDS for a, b in lost)
    assert losses_of(GazeTable.empty(), 5.0) == ((0.0, 5.0),)
