"""Option letters and positions: the one place that turns one into the other."""

from __future__ import annotations

import re

LETTERS = "ABCDEFGHIJ"
"""Letters an option may carry, in order of position."""

_MARKED = re.compile(r"^\s*\(?([A-J])\s*[.):、．]\s*", re.ASCII)
_IN_TEXT = re.compile(r"(?:(?<=^)|(?<=[\s(]))\(?([A-J])\s*[.):]\s+", re.MULTILINE | re.ASCII)


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
    return _MARKED.sub("", option, count=1).strip()


def options_in_text(text: str) -> list[str]:
    """The options written in a question: ``... A. left B. right`` -> ``["A. left", "B. right"]``.

    The last run of marks that starts at A and goes on without a gap is taken, so that a letter
    earlier in the question ("point A. Where ...") does no harm. Empty when there is none.
    """
    marks = list(_IN_TEXT.finditer(text))
    starts = [i for i, mark in enumerate(marks) if mark[1] == "A"]
    for start in reversed(starts):
        run = []
        for mark in marks[start:]:
            if mark[1] == LETTERS[len(run)]:
                run.append(mark)
            if len(run) == len(LETTERS):
                break
        if len(run) > 1:
            ends = [mark.start() for mark in run[1:]] + [len(text)]
            return [
                f"{mark[1]}. {text[mark.end() : end].strip()}"
                for mark, end in zip(run, ends, strict=True)
            ]
    return []
