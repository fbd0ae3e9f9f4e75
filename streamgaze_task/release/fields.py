"""The fields of a question that the authors' evaluator relies on, in every spelling that works.

What the evaluator does with them stands in daeunni/StreamGaze, ``src/benchmark/*.py`` and
``src/utils/evaluate_results.py``: it splits time stamps at their colons, prints options as they
are, and compares the letters that it finds in answer and key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.choices import LETTERS, position, without_letter
from sightline.fields import kind_of, read_list, read_text, shown
from streamgaze_task import timestamps

if TYPE_CHECKING:
    from sightline.fields import Found

_MARKED = re.compile(r"\s*\(?([A-J])\s?[.):]\s*\S", re.ASCII)
_KEY = re.compile(r"\s*\(?([A-Ja-j])(?:\s?[.):]\s*(.*)|\s*)", re.ASCII | re.DOTALL)
_LEAST_OPTIONS = 2
_LATEST_SECONDS = 10_000_000


@dataclass(frozen=True)
class Stamp:
    """One time stamp."""

    text: str
    """As released."""
    seconds: float
    """The time, at least 0."""
    spelling: str
    """What it looks like: ``MM:SS``, ``HH:MM:SS``, either with ``.s``, ``seconds`` or
    ``number``."""


@dataclass(frozen=True)
class Key:
    """The answer of a question with options."""

    letter: str
    """The letter of the right option."""
    released: str
    """As released."""
    spelling: str
    """``letter``, ``letter and text``, ``text``, or ``letter and other text`` when the text is not
    that option's."""


def stamp_of(value: Any) -> Stamp:
    """A time stamp; a number counts as seconds.

    Raises:
        ValueError: it is none; the message says what is expected.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not 0 <= value < _LATEST_SECONDS:
            raise ValueError(f"must be a time in seconds, at least 0, but is {shown(value)}")
        return Stamp(str(value), float(value), "number")
    if not isinstance(value, str):
        raise ValueError(f"must be a time stamp MM:SS or HH:MM:SS, but is {kind_of(value)}")  # noqa: TRY004 (one error for all that a file may hold)
    try:
        time = timestamps.seconds(value)
    except ValueError:
        raise ValueError(f"must be a time stamp MM:SS or HH:MM:SS, but is {shown(value)}") from None
    colons = value.count(":")
    spelling = ("seconds", "MM:SS", "HH:MM:SS")[colons] + (".s" if "." in value else "")
    return Stamp(value, time, spelling)


def read_stamp(found: Found, value: dict[str, Any], key: str, at: str = "") -> Stamp | None:
    """A time stamp that must be there; None when it is a problem."""
    place = f"{at}.{key}" if at else key
    if key not in value:
        found.add("is missing; the evaluation needs it", place)
        return None
    try:
        return stamp_of(value[key])
    except ValueError as error:
        found.add(str(error), place)
        return None


def optional_stamp(value: Any) -> Stamp | None:
    """A time stamp that no evaluation needs; None without a readable one."""
    try:
        return stamp_of(value)
    except ValueError:
        return None


def read_options(found: Found, value: dict[str, Any]) -> tuple[str, ...]:
    """2 to 10 options as released, with or without letters; () when they are a problem."""
    given = value.get("options")
    if isinstance(given, dict) and len(given) > 1 and [*given] == [*LETTERS[: len(given)]]:
        # {"A": "left", "B": "right"} says the same as ["A. left", "B. right"].
        value = {"options": [f"{letter}. {text}" for letter, text in given.items()]}
    options = read_list(found, value, "options")
    if not options:
        return ()
    before = len(found.problems)
    if not _LEAST_OPTIONS <= len(options) <= len(LETTERS):
        found.add(f"must be {_LEAST_OPTIONS} to {len(LETTERS)}, but are {len(options)}", "options")
    texts = [
        read_text(found, {f"options[{i}]": item}, f"options[{i}]") for i, item in enumerate(options)
    ]
    letters = letters_of(texts)
    if len(found.problems) == before and sorted(letters) != [*LETTERS[: len(texts)]]:
        found.add(f"must have the letters from A on, but have {', '.join(letters)}", "options")
    return tuple(texts) if len(found.problems) == before else ()


def letters_of(options: list[str] | tuple[str, ...]) -> list[str]:
    """The letter of each option: its own when all have one, else by position."""
    own = [_MARKED.match(option) for option in options]
    if all(own):
        return [mark[1] for mark in own if mark]
    return [*LETTERS[: len(options)]]


def read_key(found: Found, value: dict[str, Any], options: tuple[str, ...]) -> Key | None:
    """The answer, which must name one of the options; None when it is a problem.

    A letter in front decides, as in the authors' scorer, which knows no texts.
    """
    before = len(found.problems)
    released = read_text(found, value, "answer")
    if len(found.problems) > before or not options:
        return None
    letters = letters_of(options)
    by_letter = dict(zip(letters, map(_words, options), strict=True))
    same = [letter for letter, text in by_letter.items() if text == _plain(released)]
    mark = _KEY.fullmatch(released)
    if mark is not None and mark[1].upper() in letters:
        letter, rest = mark[1].upper(), mark[2] or ""
        if not rest.strip():
            return Key(letter, released, "letter")
        equal = _plain(rest) == by_letter[letter]
        return Key(letter, released, "letter and text" if equal else "letter and other text")
    if len(same) == 1:
        return Key(same[0], released, "text")
    found.add(
        f"must name one of the options {letters[0]} to {letters[-1]}, but is {shown(released)}",
        "answer",
    )
    return None


def read_label(found: Found, value: Any, at: str) -> int | None:
    """The ``type`` of a test point: 1 should alert, 0 should not; None when it is a problem."""
    labels = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "False": 0, "True": 1}
    label = labels.get(str(value).strip()) if isinstance(value, (str, int, float)) else None
    if label is None:
        found.add(f"must be 0 or 1, but is {shown(value)}", at)
    return label


def order_is_kept(options: tuple[str, ...]) -> bool:
    """Whether the letters of the options go up from A."""
    return [position(letter) for letter in letters_of(options)] == list(range(len(options)))


def has_letters(options: tuple[str, ...]) -> bool:
    """Whether the options come with letters of their own."""
    return all(_MARKED.match(option) for option in options)


def _words(option: str) -> str:
    return _plain(without_letter(option) if _MARKED.match(option) else option)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
