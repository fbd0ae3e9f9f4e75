"""Filters: predicates over a question that say why it is not good enough, or nothing.

The aims are those of step 4 of daeunni/StreamGaze; its faults are not repeated: words count whole
("handle" is no hand), nothing is kept because a check failed to run, and every task passes.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import TYPE_CHECKING, Any

from streamgaze_task.pipeline.records import Judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.pipeline.scanpath import Scanpath

SHORTEST_WORD = 4
"""Shorter words (the, of, cup) are in too many sentences to give an answer away; step 4 of the
authors' pipeline takes words of more than 3 letters."""

LONGEST_OPTION = 200
"""Characters; step 4 has longer ones rewritten."""

SAME_MOMENT_SECONDS = 5
"""A question of the same task with the same answer this close to one before it asks it again."""


@cache
def words() -> Mapping[str, Any]:
    """The lists of ``data/quality_words.json``."""
    text = (files("streamgaze_task") / "data" / "quality_words.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def options_of(question: Question) -> tuple[str, ...]:
    """All options, the right one first; of a proactive question its target."""
    if question.answer:
        return (question.answer, *question.wrong)
    return (str(question.extras.get("target_object", "")),)


def split(text: str) -> list[str]:
    """The words of a text in lower case; underscores part words too."""
    return re.findall(r"[^\W_]+", text.lower())


def in_the_video(question: Question, scanpath: Scanpath) -> str:
    """The question, and every test point, must lie inside the video."""
    times = [question.asked_seconds, *(point.seconds for point in question.points)]
    late = [time for time in times if not 0 < time <= scanpath.video_seconds]
    if question.points and question.asked_seconds == 0:
        late = [time for time in late if time != 0]
    return f"{late[0]} s lies outside the video" if late else ""


def rests_on_sure_looks(question: Question, scanpath: Scanpath) -> str:
    """Every episode that a question rests on must be known and sure."""
    unsure = [
        number
        for number in question.episodes
        if not (scanpath.episodes[number].gazed and scanpath.episodes[number].sure)
    ]
    return f"episode {unsure[0]} is unsure" if unsure else ""


def no_people(question: Question, _: Scanpath) -> str:
    """Options must not be people or parts of a body; sentences of actions may name them."""
    if question.task == "fap":
        return ""
    known = {*words()["body"], *words()["people"]}
    for option in options_of(question):
        found = known & set(split(option))
        if found:
            return f"{option!r} names {min(found)!r}, which is no object"
    return ""


def no_vague_names(question: Question, _: Scanpath) -> str:
    """Options must name something; targets of an alert must be told apart from other things."""
    known = set(words()["generic"] if question.task == "oaa" else words()["vague"])
    for option in options_of(question):
        if option.lower().removesuffix("s") in known or option.lower() in known:
            return f"{option!r} could be anything"
    return ""


def no_similar_options(question: Question, _: Scanpath) -> str:
    """No option may be contained in another, word for word: "board" in "cutting board"."""
    if not question.answer or question.task in {"fap", "gsm"}:
        return ""
    for one, other in combinations(options_of(question), 2):
        first, second = (tuple(word.removesuffix("s") for word in split(t)) for t in (one, other))
        if set(first) <= set(second) or set(second) <= set(first):
            return f"{one!r} and {other!r} may be the same"
    return ""


def not_told_by_the_text(question: Question, _: Scanpath) -> str:
    """No word of the question may be in the right option alone."""
    if not question.answer or "{options}" in question.text:
        return ""
    asked = {word for word in split(question.text) if len(word) >= SHORTEST_WORD}
    right = asked & set(split(question.answer))
    told = right - {word for wrong in question.wrong for word in split(wrong)}
    return f"the question says {min(told)!r}, and only the right option does" if told else ""


def not_told_by_length(question: Question, _: Scanpath) -> str:
    """Options must be short enough, and the right one not by far the longest."""
    if not question.answer:
        return ""
    longest = max(map(len, options_of(question)))
    if longest > LONGEST_OPTION:
        return f"an option has {longest} characters, at most {LONGEST_OPTION}"
    next_longest = max(map(len, question.wrong))
    outstanding = len(question.answer) > max(2 * next_longest, next_longest + 20)
    return "the right option is more than twice as long as any other" if outstanding else ""


def not_of_furniture_alone(question: Question, _: Scanpath) -> str:
    """FAP's context must name more than furniture (step 4's rule)."""
    if question.task != "fap":
        return ""
    known = set(words()["furniture"])
    context = question.extras.get("context_objects")
    names = [str(name) for name in context] if isinstance(context, list) else []
    common = all(known & {name.replace(" ", "_"), *split(name)} for name in names)
    return "the context names nothing but furniture" if common else ""


FILTERS: Mapping[str, Callable[[Question, Scanpath], str]] = {
    "outside the video": in_the_video,
    "unsure": rests_on_sure_looks,
    "people": no_people,
    "vague": no_vague_names,
    "similar options": no_similar_options,
    "told by the text": not_told_by_the_text,
    "told by length": not_told_by_length,
    "furniture": not_of_furniture_alone,
}
"""Name -> filter, in order; the first that objects drops the question."""


def filtered(questions: Iterable[Question], scanpath: Scanpath) -> list[Judged]:
    """Every question, with the first filter that objects to it."""
    judged: list[Judged] = []
    for question in questions:
        objections = ((name, check(question, scanpath)) for name, check in FILTERS.items())
        name, reason = next(((n, why) for n, why in objections if why), ("", ""))
        if not name and _asked_before(question, judged):
            name, reason = "asked before", f"the same within {SAME_MOMENT_SECONDS} s"
        judged.append(Judged(question, name, reason))
    return judged


def _asked_before(question: Question, judged: Sequence[Judged]) -> bool:
    return any(
        not one.dropped
        and one.question.task == question.task
        and options_of(one.question)[0] == options_of(question)[0]
        and one.question.text == question.text
        and abs(one.question.asked_seconds - question.asked_seconds) <= SAME_MOMENT_SECONDS
        for one in judged
    )
