"""What labellers are asked, in words, and which JSON object they are to answer.

One object a query, by its kind (:data:`SHAPES`); :mod:`streamgaze_task.pipeline.labelling.answers`
reads them. The naming rule is the published one (arXiv 2512.01707, pipeline step 2 of
daeunni/StreamGaze): one simple word for a thing, ``man_wearing_[colour]_[garment]`` for a person.
The sentences are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamgaze_task.pipeline.labelling.labeller import Query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PIL.Image import Image

ATTRIBUTES = ("color", "material", "shape", "size", "state", "texture", "usage")
"""Types of attributes (pipeline step 3, present tasks)."""

_THING = '{"name": "...", "caption": "...", "attributes": {"color": "..."}}'

SHAPES: Mapping[str, str] = {
    "gazed": f'{{"gazed": {_THING}, "beside": [{_THING}], "caption": "...", "sure": true}}',
    "outside": '{"outside": [{"name": "...", "caption": "..."}]}',
    "view": '{"seen": ["..."], "partly": ["..."]}',
    "verify": '{"valid": true, "option": "A", "reason": "..."}',
}
"""Kind of query -> the JSON object that is wanted. ``gazed`` may be null, ``attributes`` empty,
``option`` null; lists may be empty."""

_ONLY = "Answer with one JSON object and nothing else, of this form:\n"

_NAMING = (
    "Names: one simple word in lower case, singular (cup, knife, drawer); two words only where one "
    "does not say what it is (cutting board). No colours, brands or places in a name. A person is "
    "man_wearing_[color]_[garment] or woman_wearing_[color]_[garment]."
)

_GAZED = (
    "The {pictures} the part of a first-person video around the point that the camera wearer "
    "looks at{order}. Everything farther away is black, which is no part of the scene. {mark}\n"
    '"gazed": the one object that the point is on, or null if it cannot be told.\n'
    '"beside": every other object that can be recognised inside the circle.\n'
    '"attributes": any of {attributes}, each in one or two words, only those that you are sure '
    "of; leave out the others.\n"
    '"caption": of an object one or two sentences on what it looks like; at the end, one or two '
    "on the scene.\n"
    '"sure": false if the point is on different objects in different pictures, if the object is '
    "being moved or covered, or if you had to guess; else true."
)

_DOT = "The point is in the middle, under the small red dot with a white rim, which was drawn in."
_NO_DOT = "The point is where the middle of the whole black square would be."

_OUTSIDE = (
    "The {pictures} a first-person video{order}. A black disc, which is no part of the scene, "
    "covers what the camera wearer looks at.\n"
    '"outside": every object that can clearly be seen outside the disc in all the pictures. '
    "Leave out what the disc or the edge of the picture cuts off, and what you would have to "
    "guess."
)

_VIEW = (
    "The picture is one frame of a first-person video.\n"
    '"seen": the names of all objects that can clearly be seen as a whole.\n'
    '"partly": the names of those that the edge of the picture cuts off or that something covers.'
)

_VERIFY = (
    "The pictures are frames of a first-person video, in order of time. Somebody made a question "
    "about it:\n{question}\n{options}\n"
    '"valid": whether the question makes sense for these pictures and exactly one option is '
    "right.\n"
    '"option": the letter of the option that the pictures support, or null if none is.\n'
    '"reason": why, in one sentence.'
)


def gazed_text(pictures: int, pool: Sequence[str], *, marked: bool = True) -> str:
    """Asks what the gaze is on, and what else is in the circle.

    Args:
        pictures: how many are shown, at least 1.
        pool: names used so far, see :class:`streamgaze_task.pipeline.labelling.pool.Pool`.
        marked: whether a dot marks the gaze.
    """
    asked = _GAZED.format(
        pictures=_pictures(pictures),
        order=_order(pictures),
        mark=_DOT if marked else _NO_DOT,
        attributes=", ".join(ATTRIBUTES),
    )
    return _joined(asked, _NAMING, _known(pool), _ONLY + SHAPES["gazed"])


def outside_text(pictures: int, named: Sequence[str], pool: Sequence[str]) -> str:
    """Asks what is in view outside the circle.

    Args:
        pictures: how many are shown, at least 1.
        named: what is inside the circle, which must not be named again.
        pool: names used so far.
    """
    asked = _OUTSIDE.format(pictures=_pictures(pictures), order=_order(pictures))
    never = f"Do not name: {', '.join(named)}." if named else ""
    return _joined(asked, never, _NAMING, _known(pool), _ONLY + SHAPES["outside"])


def view_text(pool: Sequence[str]) -> str:
    """Asks what is in one frame."""
    return _joined(_VIEW, _NAMING, _known(pool), _ONLY + SHAPES["view"])


def verify_query(
    key: str, images: Sequence[Image], task: str, question: str, options: Sequence[str]
) -> Query:
    """Asks whether a question is right; :func:`answers.verdict_reader` reads what comes back.

    Args:
        key: ``verify/<question>``.
        images: frames, in order of time.
        task: code of the question's task.
        question: its text, without the options.
        options: their words, in the order of the letters; may be empty.
    """
    lettered = "\n".join(f"{letter(i)}. {option}" for i, option in enumerate(options))
    text = _joined(_VERIFY.format(question=question, options=lettered), _ONLY + SHAPES["verify"])
    facts = {"task": task, "question": question, "options": list(options)}
    return Query(key, "verify", text, tuple(images), facts)


def again_text(text: str, reason: str) -> str:
    """The same question, after an answer that could not be read.

    Args:
        text: of the query.
        reason: what was wrong with the answer.
    """
    return _joined(text, f"An earlier answer could not be used: {reason}. Answer in that form.")


def letter(place: int) -> str:
    """Of an option: A for 0."""
    return chr(ord("A") + place)


def _pictures(count: int) -> str:
    return "picture shows" if count == 1 else f"{count} pictures show"


def _order(count: int) -> str:
    return "" if count == 1 else ", in order of time"


def _known(pool: Sequence[str]) -> str:
    if not pool:
        return ""
    return f"Where one of these names fits, use exactly that one: {', '.join(pool)}."


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
