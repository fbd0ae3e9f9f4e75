"""FAP by the published rule: the first action that starts 2 to 120 s after a look.

Faults: the "first" action of the timeline in that span, whatever else is done in between or still
going on; the wrong options may be done soon after too, and the answer may name what the question
names. (Step 4 of the pipeline drops some of these.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.fap import AFTER_SECONDS, ARROW, CONTEXT, action_question
from streamgaze_task.pipeline.questions.reference.timeline import asked, once, span, timeline
from streamgaze_task.pipeline.questions.rules import OPTIONS, WRONG
from streamgaze_task.pipeline.records import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    from streamgaze_task.pipeline.questions.reference.timeline import Entry
    from streamgaze_task.pipeline.scanpath import Scanpath

EARLIEST_SECONDS, LATEST_SECONDS = 2.0, 120.0
"""From a look's end to the action's start."""
POSITIONS = 3
"""Entries of the timeline that make the pattern: actions take places, but name nothing."""
FEWEST_ACTIONS = 2
PROMPT = """\
Write this label of an action as one short sentence in the present tense, without a subject's name:
{label}
Reply with the sentence alone."""
"""Ours, in the sense of the published one."""


def make_reference(
    scanpath: Scanpath, rng: Random, ask: Callable[[str], str] | None = None
) -> Iterator[Question]:
    """One question a pattern of things looked at.

    Args:
        scanpath: the recording.
        rng: shared by the past and future tasks.
        ask: a text model that turns labels into sentences; without one they stay as they are.
    """
    entries = timeline(scanpath)
    actions = [entry for entry in entries if not entry.is_look]
    labels = once(entry.action for entry in actions)
    if len(actions) < FEWEST_ACTIONS or len(labels) < OPTIONS:
        return
    sentences: dict[str, str] = {}
    done: set[str] = set()
    for position, look in enumerate(entries):
        objects = _pattern(entries, position) if look.is_look else {}
        action = _target(actions, look.end_seconds)
        key = ARROW.join(objects)
        if not objects or key in done or action is None:
            continue
        chosen = rng.sample([label for label in labels if label != action.action], WRONG)
        for label in (action.action, *chosen):
            if label not in sentences:
                sentences[label] = ask(PROMPT.format(label=label)).strip() if ask else label
        options = [sentences[label] for label in (action.action, *chosen)]
        yield _question(scanpath, len(done), look, action, objects=objects, options=options)
        done.add(key)


def _pattern(entries: Sequence[Entry], position: int) -> dict[str, float]:
    """The last three things of three entries -> when the entry that first names each starts."""
    times: dict[str, float] = {}
    for entry in entries[max(position + 1 - POSITIONS, 0) : position + 1]:
        for name in entry.fov:
            times.setdefault(name, entry.start_seconds)
    return dict(list(times.items())[-CONTEXT:])


def _target(actions: Sequence[Entry], after: float) -> Entry | None:
    soon = (
        one for one in actions if EARLIEST_SECONDS <= one.start_seconds - after <= LATEST_SECONDS
    )
    return next(soon, None)


def _question(
    scanpath: Scanpath,
    number: int,
    look: Entry,
    action: Entry,
    *,
    objects: dict[str, float],
    options: Sequence[str],
) -> Question:
    at = asked(look.end_seconds)
    bare = Question(
        id=f"{scanpath.recording_id}/fap/{number:04d}",
        task="fap",
        recording_id=scanpath.recording_id,
        asked_seconds=at,
        text="",
        answer=options[0],
        wrong=tuple(options[1:]),
        span_seconds=span(at, action.start_seconds + AFTER_SECONDS),
        episodes=(look.episode,),
    )
    return action_question(bare, objects, action.start_seconds)
