"""What labellers answered, as records; every text in it is a stranger's.

Each reader takes the text of an answer and returns a record, or raises
:class:`~streamgaze_task.pipeline.labelling.repair.UnreadableError`, whose message is told to the
labeller when it is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streamgaze_task.pipeline.labelling.names import unified, unified_value
from streamgaze_task.pipeline.labelling.prompts import ATTRIBUTES, letter
from streamgaze_task.pipeline.labelling.repair import Found, UnreadableError, find_object
from streamgaze_task.pipeline.records import SeenObject

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_THINGS = 64
"""Objects of one list that are kept: a list without end is a model that repeats itself."""
LONGEST_CAPTION = 1000
"""Characters of a caption that are kept."""

_YES, _NO = ("true", "yes"), ("false", "no")
_SPELLINGS = {"colour": "color"}


@dataclass(frozen=True)
class GazedAnswer:
    """What the gaze was on; fields as of :class:`streamgaze_task.pipeline.records`."""

    gazed: SeenObject | None
    beside: tuple[SeenObject, ...]
    caption: str
    sure: bool
    """False also where the answer's end is missing: more may have been beside."""


@dataclass(frozen=True)
class OutsideAnswer:
    """What was in view outside the circle."""

    outside: tuple[SeenObject, ...]
    whole: bool = True
    """False where the answer's end is missing."""


@dataclass(frozen=True)
class ViewAnswer:
    """What one frame shows: unified names."""

    seen: tuple[str, ...]
    partly: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What a verifier says of a question."""

    valid: bool
    """Whether it makes sense and exactly one option is right."""
    option: int | None
    """Position of the option that the pictures support; None when none is."""
    reason: str


def read_gazed(text: str) -> GazedAnswer:
    """The answer to a query of kind ``gazed``."""
    found = find_object(text, ("gazed",))
    value = found.value
    _need(found, "gazed", "sure", "beside")
    gazed = _gazed(value.get("gazed"))
    beside = _things(value.get("beside"), "beside")
    sure = _truth(value.get("sure", False), "sure")
    return GazedAnswer(
        gazed=gazed,
        beside=tuple(thing for thing in beside if not gazed or thing.name != gazed.name),
        caption=_prose(value.get("caption")),
        sure=sure and not found.cut,
    )


def read_outside(text: str) -> OutsideAnswer:
    """The answer to a query of kind ``outside``."""
    found = find_object(text, ("outside",))
    return OutsideAnswer(_things(found.value["outside"], "outside"), not found.cut)


def read_view(text: str) -> ViewAnswer:
    """The answer to a query of kind ``view``; one without its end is none."""
    found = _whole(find_object(text, ("seen",)))
    seen = tuple(thing.name for thing in _things(found.value["seen"], "seen"))
    partly = _things(found.value.get("partly"), "partly")
    return ViewAnswer(seen, tuple(thing.name for thing in partly if thing.name not in seen))


def verdict_reader(options: Sequence[str]) -> Callable[[str], Verdict]:
    """Reads answers to a query of kind ``verify``.

    Args:
        options: their words, in the order of the letters.
    """

    def read(text: str) -> Verdict:
        found = _whole(find_object(text, ("valid",)))
        return Verdict(
            valid=_truth(found.value["valid"], "valid"),
            option=_option(found.value.get("option"), options),
            reason=_prose(found.value.get("reason")),
        )

    return read


def prose(text: str) -> str:
    """A stranger's sentences as one line without control characters, cut to a length."""
    spaced = "".join(" " if char.isspace() else char for char in text[: 4 * LONGEST_CAPTION])
    plain = "".join(char for char in spaced if char.isprintable())
    words = " ".join(plain.split())[:LONGEST_CAPTION].rstrip()
    return "" if words.strip(".") == "" else words


def _prose(value: Any) -> str:
    return prose(value) if isinstance(value, str) else ""


def _whole(found: Found) -> Found:
    if found.cut:
        raise UnreadableError("its end is missing; be shorter")
    return found


def _need(found: Found, *keys: str) -> None:
    missing = [key for key in keys if key not in found.value]
    if missing and not found.cut:
        raise UnreadableError(f"it lacks {', '.join(missing)}")


def _truth(value: Any, key: str) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value)[:8].strip().lower()
    if word in (*_YES, *_NO):
        return word in _YES
    raise UnreadableError(f"{key} must be true or false")


def _gazed(value: Any) -> SeenObject | None:
    thing = _thing(value)
    if thing is None and isinstance(value, Mapping):
        given = value.get("name")
        if isinstance(given, str) and len(given.split()) > 1:
            raise UnreadableError("the name of gazed must be one or two words")
    if thing is None and not (value is None or isinstance(value, str | Mapping)):
        raise UnreadableError("gazed must be an object or null")
    return thing


def _things(value: Any, key: str) -> tuple[SeenObject, ...]:
    """The objects of a list, each name once; those without a name are left out."""
    value = [] if value is None else value
    if not isinstance(value, list):
        raise UnreadableError(f"{key} must be a list")
    found: dict[str, SeenObject] = {}
    for item in value:
        thing = _thing(item)
        if thing is not None and len(found) < MOST_THINGS:
            found.setdefault(thing.name, thing)
    return tuple(found.values())


def _thing(value: Any) -> SeenObject | None:
    """An object, given as such or by its name alone; None when it has no name."""
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        return None
    name = unified(value["name"])
    if not name:
        return None
    return SeenObject(name, _prose(value.get("caption")), _attributes(value.get("attributes")))


def _attributes(value: Any) -> dict[str, str]:
    """The known types with their values, in the order of ATTRIBUTES."""
    if not isinstance(value, Mapping):
        return {}
    given = {
        _SPELLINGS.get(str(kind).lower(), str(kind).lower()): said for kind, said in value.items()
    }
    texts = {kind: said for kind, said in given.items() if isinstance(said, str)}
    found = {kind: unified_value(texts[kind]) for kind in ATTRIBUTES if kind in texts}
    return {kind: said for kind, said in found.items() if said}


def _option(value: Any, options: Sequence[str]) -> int | None:
    """Position of an option that is named by its letter, or by its words."""
    if value is None:
        return None
    word = str(value)[:LONGEST_CAPTION].strip()
    letters = [letter(i) for i in range(len(options))]
    bare = word.strip("().: ").upper()
    if bare in letters:
        return letters.index(bare)
    if bare[:1] in letters and bare[1:2] in (".", ")", ":"):
        return letters.index(bare[0])
    same = [i for i, option in enumerate(options) if option.strip().lower() == word.lower()]
    if len(same) == 1:
        return same[0]
    if not word or word.lower() in ("none", "null"):
        return None
    raise UnreadableError("option must be the letter of an option, or null")
