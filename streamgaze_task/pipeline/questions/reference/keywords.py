"""Which things the published rules take for furniture, and for nobody to be alerted to.

The authors ask a text model and fall back on 15 keywords. Their list is in no description at hand:
the 15 of ``data/question_words.json`` are ours, in the sense that is described (furniture,
fixtures, large appliances, structure).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.words import question_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROMPT = """\
Which of these things from a first-person video are furniture, fixtures, large appliances or part
of the building? {names}
Reply with one JSON array of their names, and nothing else."""


def loose_things(names: Sequence[str], ask: Callable[[str], str] | None = None) -> tuple[str, ...]:
    """What of some names is no furniture, in their order.

    Args:
        names: what is in the video.
        ask: a text model, prompt -> reply; without one, and where its reply is no list, the
            keywords decide: a name is furniture when one of its words is.
    """
    found = read_json(ask(PROMPT.format(names=", ".join(names)))) if ask and names else None
    if isinstance(found, list):
        fixed = {name.lower() for name in found if isinstance(name, str)}
        return tuple(name for name in names if name not in fixed)
    keywords = frozenset(question_words()["furniture"])
    return tuple(name for name in names if not keywords & set(re.split(r"[\s_]+", name)))


def read_json(reply: str) -> object:
    """The JSON of a reply, with or without a code fence; None where there is none."""
    text = re.sub(r"^\s*```(?:json)?|```\s*$", "", reply)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
