"""Option letters and positions: the one place that turns one into the other."""

from __future__ import annotations

import re

LETTERS = "ABCDEFGHIJ"
"""Letters an option may carry, in order of position."""

# A letter and its mark: `A.`, `(A)`, `A:`, also with the full-width stop, comma and colon.
_MARK = r"\(?([A-J])\s?[.):\u3001\uff0e\uff1a]"
_AT_START = re.compile(rf"\s*{_MARK}\s*", re.ASCII)
_AT_LINE = re.compile(rf"^[ \t]*{_MARK}\s+", re.ASCII | re.MULTILINE)
_IN_TEXT = re.compile(rf"(?<![^\s(]){_MARK}\s+", re.ASCII)


def letter(position: int) -> str:
    """The letter of an option position, 0 -> ``A``.

    Raises:
        ValueError: the position has no letter.
    """
    if not 0 <= position < len(LETTERS):
        raise ValueError(f"position ({position}) must be in [0, {len(LETTERS)})")
    return LETTERS[position]


def position(option_letter: str) -> int:
    """The position of an option letter, ``A`` -> 0.

    Raises:
        ValueError: it is not one upper-case option letter.
    """
    if len(option_letter) != 1 or option_letter not in LETTERS:
        raise ValueError(f"letter ({option_letter!r}) must be one of {LETTERS}")
    return LETTERS.index(option_letter)


def without_letter(option: str) -> str:
    """The option's own words: ``B. northwest`` -> ``northwest``."""
    mark = _AT_START.match(option)
    return option[mark.end() if mark else 0 :].strip()


def options_in_text(text: str) -> list[str]:
    """The options written in a question: ``... A. left B. right`` -> ``["A. left", "B. right"]``.

    Marks that begin a line are taken if they make a list, else marks anywhere. The last A that is
    followed by a B begins the list, each further option is the next letter's nearest mark, and
    none is empty; so a letter earlier in the question ("point A. Where ...") does no harm. Empty
    when there is no such list. Takes time linear in the text, which strangers wrote.
    """
    for pattern in (_AT_LINE, _IN_TEXT):
        options = _listed(text, list(pattern.finditer(text)))
        if options:
            return options
    return []


def _listed(text: str, marks: list[re.Match[str]]) -> list[str]:
    nearest: dict[int, int] = {}  # position of a letter -> its first mark after the current one
    following: list[int | None] = [None] * len(marks)
    for index in reversed(range(len(marks))):
        place = position(marks[index][1])
        following[index] = nearest.get(place + 1)
        nearest[place] = index
        if place == 0:
            run = _run(following, index)
            starts = [marks[i].end() for i in run]
            ends = [*(marks[i].start() for i in run[1:]), len(text)]
            cuts = list(zip(starts, ends, strict=True))
            if len(run) > 1 and all(start < end for start, end in cuts):
                return [
                    f"{letter(i)}. {text[start:end].strip()}" for i, (start, end) in enumerate(cuts)
                ]
    return []


def _run(following: list[int | None], start: int) -> list[int]:
    run, after = [start], following[start]
    while after is not None:
        run.append(after)
        after = following[after]
    return run
