"""EASI's exact matching, faults included: what VLMEvalKit (e8e78f0) reads for the leaderboard.

The same letter for every response, by another route: the original is a row of regular expressions
that backtrack, this walks tags, lines and letters once, in time linear in the response. Its answers
were recorded and are held to in the tests. Matching ignores case as Unicode does, on purpose: the
original does too, so "an\u017fwer" is an answer tag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LETTERS = "ABCDEF"
_TAIL_CHARACTERS = 800
_TAIL_LINES = 6

_ZERO_WIDTH = str.maketrans("", "", "\u200b\u200c\u200d\ufeff")
_BRACKETS_OPEN = "([{\uff08\u3010"
_BRACKETS_CLOSE = ")]}\uff09\u3011"
_MARKUP = "*_`()[]\uff08\uff09\u3010\u3011"
_LABEL_MARKS = ".:)]-\uff0e\uff1a\u3001\u3011"
_STOPS = ".,:;!?)]\u3001\u3002\u300b\u300d\u300f\u3011\uff09\uff0c\uff1a\uff1b"

_TAG = re.compile(r"<(?P<gap>\s*)(?P<slash>/?)\s*(?:answer|(?P<think>think))\s*>", re.IGNORECASE)
_BLOCK_OPENS = re.compile(r"<\s*answer\b", re.IGNORECASE)
_BLOCK_LETTER = re.compile(r"\s*([A-J])", re.IGNORECASE)
_WORD_LETTER = re.compile("[a-z]", re.IGNORECASE)
_OPTION_LINE = re.compile("[\\s*_>-]*(?:option|\u9009\u9879)\\s+[A-J]\\s*[:\uff1a]", re.IGNORECASE)
_CAPITAL = re.compile(rf"(?<![A-Za-z])([{LETTERS}])(?![A-Za-z])")
_CAPITAL_AT_STOP = re.compile(
    rf"(?<![A-Za-z])([{LETTERS}])(?=[*_`}}]*(?:\Z|[\s{re.escape(_STOPS)}]))"
)
# Longer phrases ("the final answer is", "I choose" in Chinese) end in one of these.
_PHRASE_ENDS = (
    "answer(?: ?is)?",
    "\u7b54\u6848",
    "\u7ed3\u8bba",
    "\u6240\u4ee5",
    "\u56e0\u6b64",
    "\u9009\u62e9?",
)
_PHRASE = re.compile(
    rf"(?:{'|'.join(_PHRASE_ENDS)}) ?[:=>\uff1a\uff1d]? ?[{re.escape(_BRACKETS_OPEN)}]? ?"
    rf"([{LETTERS}])\b",
    re.IGNORECASE,
)


def easi(response: str) -> str | None:
    """The letter that EASI's exact matching reads, or None for its "False".

    Stages, the first that finds something wins: the first character in an answer block (A..J,
    even the start of a word), a letter right before a closing tag, the last six lines after the
    thoughts, the last six of the last 800 characters, the first phrase like "the answer is", the
    only distinct capital of the whole text.
    """
    text = response.strip().translate(_ZERO_WIDTH)
    tail = text[-_TAIL_CHARACTERS:]
    return (
        _answer_block(text)
        or _before_closing_tag(tail)
        or _last_lines(_after_thoughts(text))
        or _last_lines(tail)
        or _phrase(text)
        or _only_capital(text)
    )


def _answer_block(text: str) -> str | None:
    """The first letter in the first block that starts with one and is closed anywhere later."""
    closes = [tag.start() for tag in _TAG.finditer(text) if tag["slash"] and not tag["think"]]
    last_close = closes[-1] if closes else 0
    end = letter_at = -1
    letter = ""
    for opening in _BLOCK_OPENS.finditer(text, 0, last_close):
        if end < opening.end():
            # One look per ">", however many openers stand before it; the last close has one.
            end = text.index(">", opening.end())
            found = _BLOCK_LETTER.match(text, end + 1)
            letter, letter_at = (found[1], found.end()) if found else ("", -1)
        if letter and letter_at <= last_close:
            return letter.upper()
    return None


def _before_closing_tag(tail: str) -> str | None:
    """The letter that stands alone before the first closing tag of answers, else of thoughts."""
    closing = [tag for tag in _TAG.finditer(tail) if tag["slash"] and not tag["gap"]]
    for tag in sorted(closing, key=lambda tag: tag["think"] is not None):
        before = tail[: tag.start()].rstrip()
        if before[-1:] and before[-1] in _BRACKETS_CLOSE:
            before = before[:-1].rstrip()
        letter = before[-1:].upper()
        if letter and letter in LETTERS and not _WORD_LETTER.match(before[-2:-1]):
            return letter
    return None


def _after_thoughts(text: str) -> str:
    """What follows the last tag that closes thoughts; without one, the last that opens them."""
    tags = [tag for tag in _TAG.finditer(text) if tag["think"]]
    ends = [tag.end() for tag in tags if tag["slash"] and not tag["gap"]]
    starts = [tag.end() for tag in tags if not tag["slash"]]
    return text[(ends or starts or [0])[-1] :].strip()


def _last_lines(text: str) -> str | None:
    """Read from the bottom; a line with several letters is passed over."""
    for line in reversed(text.splitlines()[-_TAIL_LINES:]):
        if not _is_option(line):
            letter = _of_line(line.strip())
            if letter:
                return letter
    return None


def _of_line(line: str) -> str | None:
    """A letter alone in its markup, one that labels the line, or the only capital at a stop."""
    bare = line.lstrip(_MARKUP + ">").lstrip().rstrip(_MARKUP).rstrip()
    if len(bare) == 1 and bare.upper() in LETTERS:
        return bare.upper()
    label, rest = line[:1].upper(), line[1:].lstrip()
    if label and label in LETTERS and rest[:1] and rest[0] in _LABEL_MARKS and rest[1:2].isspace():
        return label
    return _single(_CAPITAL_AT_STOP.findall(line))


def _phrase(text: str) -> str | None:
    # Wherever the rule allows a space it allows any number of them: one says the same.
    found = _PHRASE.search(" ".join(re.split(r"\s+", text)))
    return found[1].upper() if found else None


def _only_capital(text: str) -> str | None:
    lines = (line for line in text.splitlines() if not _is_option(line))
    return _single(_CAPITAL.findall("\n".join(lines)))


def _is_option(line: str) -> bool:
    """Whether the line repeats an option of the question, maybe as an item of a list."""
    return _OPTION_LINE.match(line) is not None


def _single(letters: Iterable[str]) -> str | None:
    distinct = set(letters)
    return distinct.pop() if len(distinct) == 1 else None
