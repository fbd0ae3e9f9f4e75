"""The published filters (step 4 of daeunni/StreamGaze), as far as they need no model.

Faults included: body parts are found as parts of words ("handle", "legumes"), NFI passes
unfiltered, GTA is never dropped. What its vision-language model decides (replaced options, flipped
labels, validity of SR and GSM) is left to the verifier.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.quality.filters import words
from streamgaze_task.pipeline.records import Judged
from streamgaze_task.timestamps import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamgaze_task.pipeline.records import Question

BODY = ("hand", "finger", "arm", "foot", "feet", "leg", "body", "face", "head", "person")
"""Step 4's keywords; each also with an s, which a search for parts of words finds anyway."""

NEAREST, LATEST = 3, 60
"""Seconds between question and action that FAP keeps: 3 < gap <= 60 (step 4)."""

ATTRIBUTES_DROPPED = ("usage", "position", "size")
"""Types that step 4 drops from OAR."""


def reference_filtered(questions: Iterable[Question]) -> list[Judged]:
    """Every question, with the published filter that drops it."""
    return [Judged(question, *reference_objection(question)) for question in questions]


def reference_objection(question: Question) -> tuple[str, str]:
    """Name of the filter that drops a question and why; two empty texts when it stays."""
    checks = {
        "fap": _future_action,
        "oaa": _generic_target,
        "oar": _attribute,
        "oie": _people,
        "oih": _people,
        "otp": _people,
        "sr": _scene,
        "gsm": _repeated_group,
    }
    check = checks.get(question.task)
    return check(question) if check else ("", "")


def _names(question: Question, *fields: str) -> list[str]:
    """The names in a task's own fields."""
    found: list[str] = []
    for name in fields:
        value = question.extras.get(name, [])
        found += [str(one) for one in value] if isinstance(value, list) else [str(value)]
    return found


def _human(names: Iterable[str]) -> tuple[str, str]:
    for name in names:
        for part in BODY:
            if part in name.lower():
                return "people", f"{name!r} contains {part!r}"
    return "", ""


def _people(question: Question) -> tuple[str, str]:
    if question.task == "otp":
        return _human((question.answer, *question.wrong))
    return _human(_names(question, "object"))


def _attribute(question: Question) -> tuple[str, str]:
    kind = str(question.extras.get("attribute_type", ""))
    if kind in ATTRIBUTES_DROPPED:
        return "attribute", f"{kind} is not asked for"
    return _human(_names(question, "object_name"))


def _generic_target(question: Question) -> tuple[str, str]:
    target = str(question.extras.get("target_object", "")).lower()
    known = set(words()["generic"])
    plural = {f"{word}s" for word in known} | {f"{word}es" for word in known}
    return ("vague", f"{target!r} could be anything") if target in known | plural else ("", "")


def _future_action(question: Question) -> tuple[str, str]:
    gap = seconds(str(question.extras["actual_action_time"])) - question.asked_seconds
    if not NEAREST < gap <= LATEST:
        return "gap", f"{gap:g} s to the action, not in ({NEAREST}, {LATEST}]"
    context = _names(question, "context_objects")
    furniture = words()["furniture"]
    if all(any(word in name for word in furniture) for name in context):
        return "furniture", "the context names nothing but furniture"
    sentence = question.answer.lower()
    for name in context:
        for word in name.lower().replace("_", " ").split():
            if len(word) > 3 and word in sentence:  # noqa: PLR2004 (step 4: more than 3 letters)
                return "told by the text", f"{word!r} is in the answer"
    return "", ""


def _scene(question: Question) -> tuple[str, str]:
    gazed = _names(question, "gazed_objects")
    if set(gazed) & {question.answer, *question.wrong}:
        return "gazed", "an option is what was looked at"
    return _human(gazed)


def _repeated_group(question: Question) -> tuple[str, str]:
    groups = question.extras.get("correct_sequence", [])
    sets = [frozenset(group) for group in groups] if isinstance(groups, list) else []
    if len(sets) < 2:  # noqa: PLR2004 (step 4: at least two groups)
        return "groups", "fewer than two groups"
    repeated = any(one == other for one, other in pairwise(sets))
    return ("groups", "two groups in a row are the same") if repeated else ("", "")
