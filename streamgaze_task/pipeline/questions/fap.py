"""FAP: what the wearer does next."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.fair import FairOptions
from streamgaze_task.pipeline.questions.words import stems
from streamgaze_task.pipeline.records import Question
from streamgaze_task.timestamps import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Action, Episode
    from streamgaze_task.pipeline.scanpath import Scanpath

EARLIEST_SECONDS, LATEST_SECONDS = 3.0, 60.0
"""The action begins more than the one and at most the other after the question (step 4 of the
pipeline of daeunni/StreamGaze)."""
AFTER_SECONDS = 5.0
"""``response_time`` ends that long after the action began (step 4)."""
CONTEXT = 3
"""Things that the question names (step 3)."""
SHORT_WORD = 2
"""Words up to this length give nothing away. Step 4 has 3, but "cup" tells as much as "bottle"."""
ARROW = " \u2192 "


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """FAP: asked at the end of the last fitting look before an action, one question an action.

    The next action is the first that begins after that time, whatever is going on then: where
    every second is annotated, something always is. What is going on is no option, and the wrong
    options are done neither by then nor within a minute of it. Earlier looks would give the same
    question again, with less of what leads to the action.

    Args:
        scanpath: the recording.
        rules: whose actions the options come from.
        rng: of this recording and task.
    """
    options, number = FairOptions(rules.actions, rng), 0
    for action, episode, at in _last_looks(scanpath):
        recent = recent_looks(scanpath.episodes, at)
        pool = _wrong(scanpath, action, at, rules.actions, list(recent))
        wrong = options.take(action.text, pool)
        if wrong:
            yield _question(
                scanpath, number, at, action, episode=episode, recent=recent, wrong=wrong
            )
            number += 1


def _last_looks(scanpath: Scanpath) -> Iterator[tuple[Action, Episode, int]]:
    """Actions, the last look that a question about each can follow, and when it is asked."""
    found: dict[float, tuple[Action, Episode, int]] = {}
    for episode in scanpath.episodes:
        at = math.ceil(episode.end_seconds)
        if not (episode.gazed and episode.sure) or at > scanpath.video_seconds:
            continue
        action = next_action(scanpath.actions, at)
        if action and len(recent_looks(scanpath.episodes, at)) == CONTEXT:
            found[action.start_seconds] = action, episode, at
    yield from found.values()


def next_action(actions: Sequence[Action], at: int) -> Action | None:
    """The first action that begins after a moment, 3 to 60 s later.

    None where two begin at once, or where the same is going on already: it would go on rather than
    come next.
    """
    later = [a for a in actions if a.start_seconds >= at]
    first = min((a.start_seconds for a in later), default=math.inf)
    firsts = [a for a in later if a.start_seconds == first]
    soon = EARLIEST_SECONDS < first - at <= LATEST_SECONDS
    if not soon or len({a.text for a in firsts}) > 1:
        return None
    going_on = (a for a in actions if a.start_seconds < at < a.end_seconds)
    same = stems(firsts[0].text)
    return None if any(stems(a.text) == same for a in going_on) else firsts[0]


def recent_looks(episodes: Sequence[Episode], at: int) -> dict[str, float]:
    """The last three different things whose look is over by then -> when it began, oldest first."""
    times: dict[str, float] = {}
    over = bisect_right(episodes, at, key=attrgetter("end_seconds"))
    for episode in (episodes[i] for i in range(over - 1, -1, -1)):
        if len(times) == CONTEXT:
            break
        if episode.gazed and episode.sure:
            times.setdefault(episode.name, episode.start_seconds)
    return dict(reversed(times.items()))


def _wrong(
    scanpath: Scanpath, action: Action, at: int, texts: Sequence[str], named: Sequence[str]
) -> Iterator[str]:
    """Actions that are not done around then and share the same of the question's words.

    A word of the question in the right option alone would give it away, as would one that only
    the right option lacks.
    """
    until = action.start_seconds + LATEST_SECONDS
    near = [a for a in scanpath.actions if a.end_seconds > at and a.start_seconds <= until]
    done = {stems(one.text) for one in (action, *near)}
    shared = _shared(action.text, named)
    return (text for text in texts if stems(text) not in done and _shared(text, named) == shared)


def _shared(text: str, named: Sequence[str]) -> frozenset[str]:
    """The longer words of some names that a text has too."""
    return frozenset(
        word for word in stems(text) & stems(" ".join(named)) if len(word) > SHORT_WORD
    )


def _question(
    scanpath: Scanpath,
    number: int,
    at: int,
    action: Action,
    *,
    episode: Episode,
    recent: dict[str, float],
    wrong: tuple[str, ...],
) -> Question:
    end = min(action.start_seconds + AFTER_SECONDS, scanpath.video_seconds)
    return action_question(
        Question(
            id=f"{scanpath.recording_id}/fap/{number:04d}",
            task="fap",
            recording_id=scanpath.recording_id,
            asked_seconds=at,
            text="",
            answer=action.text,
            wrong=wrong,
            span_seconds=(float(at), end),
            episodes=(episode.number,),
        ),
        recent,
        action.start_seconds,
    )


def action_question(bare: Question, recent: dict[str, float], start_seconds: float) -> Question:
    """A question about the next action, with the words and fields of the release.

    Args:
        bare: the question without them.
        recent: things looked at last -> when, in order.
        start_seconds: when the action begins.
    """
    timing = [{"object": name, "timestamp": stamp(start)} for name, start in recent.items()]
    return replace(
        bare,
        text=(
            f"Based on the recent fixation pattern ({ARROW.join(recent)}), "
            "what action will the user do next?"
        ),
        extras={
            "answer_action": bare.answer,
            "context_objects": list(recent),
            "context_objects_with_timing": timing,
            "actual_action_time": stamp(start_seconds),
        },
    )
