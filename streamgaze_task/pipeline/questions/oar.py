"""OAR: an attribute of what is looked at now."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.fair import FairOptions
from streamgaze_task.pipeline.questions.present import current_looks, present
from streamgaze_task.pipeline.questions.rules import OPTIONS
from streamgaze_task.pipeline.questions.words import question_words, stems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Question, SeenObject
    from streamgaze_task.pipeline.scanpath import Scanpath

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "color": "What color is this object?",
        "material": "What material is this object made of?",
        "shape": "What shape does this object have?",
        "size": "What is the size of this object?",
        "state": "What is the state of this object?",
        "texture": "What is the texture of this object?",
        "usage": "What is this object typically used for?",
    }
)
"""Type of attribute -> the question (pipeline step 3 of daeunni/StreamGaze)."""

SKIPPED = frozenset({"size", "usage"})
"""Types that are not asked for: step 4 of the pipeline drops both. "Large" is large beside nothing,
and what a thing is used for is known from its name and not from the video."""


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """OAR: every attribute that the labeller is sure of, of everything looked at.

    Args:
        scanpath: the recording.
        rules: whose values the wrong options come from; a type with fewer than four is not asked.
        rng: of this recording and task.
    """
    asked = [kind for kind in TEXTS if kind not in SKIPPED]
    known = {kind: rules.values.get(kind, ()) for kind in asked}
    fair = {
        kind: FairOptions(known[kind], rng) for kind in asked if len(set(known[kind])) >= OPTIONS
    }
    number = 0
    for episode, at in current_looks(scanpath):
        for kind, options in fair.items():
            thing = episode.gazed
            if thing is None or kind not in thing.attributes:
                continue
            answer = thing.attributes[kind]
            wrong = options.take(answer, _wrong(thing, kind, known[kind]))
            if wrong:
                extras: dict[str, object] = {"attribute_type": kind, "object_name": thing.name}
                yield present(
                    scanpath,
                    "oar",
                    number,
                    at,
                    text=TEXTS[kind],
                    answer=answer,
                    wrong=wrong,
                    episode=episode,
                    extras=extras,
                )
                number += 1


def _wrong(thing: SeenObject, kind: str, values: tuple[str, ...]) -> Iterator[str]:
    """Values that are certainly not the object's.

    None of which a word stands in its attributes or its caption (the red cup with a white rim is
    not asked for with white), and none that passes for the right one.
    """
    answer = thing.attributes[kind]
    said = stems(" ".join([thing.caption, *thing.attributes.values()]))
    return (
        value for value in values if not stems(value) & said and not confusable(kind, answer, value)
    )


def confusable(kind: str, a: str, b: str) -> bool:
    """Whether a person may take one value of an attribute for another.

    The idea is that of step 4 of the pipeline, the pairs are ours. A value of several words is
    compared as a whole and word by word: "light grey" may be white.
    """
    pairs = {frozenset(pair) for pair in question_words()["confusable"].get(kind, ())}
    return any(
        frozenset((x, y)) in pairs
        for x in (a.lower(), *a.lower().split())
        for y in (b.lower(), *b.lower().split())
    )
