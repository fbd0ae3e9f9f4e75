"""OAR by the published rule: a text model makes the question from a caption.

Faults: those of OI-E's time; where the model's answer is not among its options the first option
silently becomes the key; how many options there are is not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.oar import TEXTS
from streamgaze_task.pipeline.questions.reference.keywords import read_json
from streamgaze_task.pipeline.questions.reference.oie import asked_at_start, longest_looks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.pipeline.scanpath import Scanpath

PROMPT = """\
A thing in a first-person video is described so:
{caption}
Choose one attribute of it that the description states: {kinds}.
Reply with one JSON object and nothing else: {{"attribute_type": "...", "answer": "...",
"options": [the answer and three wrong values, in any order]}}. A value is one or two words."""
"""Ours, in the sense of the published one."""


def make_reference(
    scanpath: Scanpath, rng: Random, ask: Callable[[str], str] | None = None
) -> Iterator[Question]:
    """One question a thing that has a caption.

    Args:
        scanpath: the recording.
        rng: not used: the model draws.
        ask: a text model, prompt -> reply; None: no questions, for the published
            rule lets it make them.
    """
    del rng
    if ask is None:
        return
    number = 0
    for look in longest_looks(scanpath):
        caption = look.gazed.caption if look.gazed else ""
        text = PROMPT.format(caption=caption, kinds=", ".join(TEXTS))
        read = _read(ask(text)) if caption else None
        if read is None:
            continue
        kind, answer, options = read
        key = answer if answer in options else options[0]
        wrong = [option for option in options if option != key]
        yield asked_at_start(
            scanpath,
            "oar",
            number,
            look,
            answer=key,
            wrong=wrong,
            text=TEXTS[kind],
            extras={"attribute_type": kind, "object_name": look.name},
        )
        number += 1


def _read(reply: str) -> tuple[str, str, list[str]] | None:
    """Type of attribute, answer and options of a reply; None where it does not hold them."""
    found = read_json(reply)
    if not isinstance(found, dict):
        return None
    kind, answer, options = (found.get(key) for key in ("attribute_type", "answer", "options"))
    if not isinstance(kind, str) or kind not in TEXTS or not isinstance(answer, str):
        return None
    if not isinstance(options, list) or not options:
        return None
    return (kind, answer, options) if all(isinstance(one, str) for one in options) else None
