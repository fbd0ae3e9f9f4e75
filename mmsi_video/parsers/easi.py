"""EASI's exact matching, faults included: ``can_match_option`` of VLMEvalKit at e8e78f0.

The leaderboard's rules in our own words: the same letter for every response, but in time linear in
its length, where the original backtracks. Where a pattern here is simpler than the rule that it
stands for, the reason is written beside it. Patterns are not ASCII-only on purpose: the original's
are not, so "an\u017fwer" is an answer tag.
"""

from __future__ import annotations

import re

_ZERO_WIDTH = str.maketrans("", "", "\u200b\u200c\u200d\ufeff")
_TAIL_CHARACTERS = 800
_TAIL_LINES = 6

_ANSWER_OPENS = re.compile(r"<\s*answer\b", re.IGNORECASE)
_ANSWER_CLOSES = re.compile(r"<\s*/\s*answer\s*>", re.IGNORECASE)
_FIRST_LETTER = re.compile(r"\s*([A-J])", re.IGNORECASE)

_OPENER, _CLOSER = "[([{\uff08\u3010]", "[)\\]}\uff09\u3011]"
_BEFORE_TAG = rf"(?<![A-Za-z]){_OPENER}?\s*([A-F])\s*{_CLOSER}?\s*</\s*%s\s*>"
_ANCHORS = tuple(re.compile(_BEFORE_TAG % tag, re.IGNORECASE) for tag in ("answer", "think"))

_THOUGHTS_END = re.compile(r"</\s*think\s*>", re.IGNORECASE)
_THOUGHTS_BEGIN = re.compile(r"<\s*think\s*>", re.IGNORECASE)

_OPTION_LINE = re.compile(r"[*_>\-\s]*(?:option|\u9009\u9879)\s+[A-J]\s*[:\uff1a]", re.IGNORECASE)
_MARKUP = "*_`()[]\uff08\uff09\u3010\u3011"
_BARE_LETTER = re.compile(rf"[{re.escape(_MARKUP)}>]*\s*([A-Fa-f])\s*[{re.escape(_MARKUP)}]*")
_LABEL = re.compile(r"([A-F])\s*[.\uff0e:\uff1a)\]\u3011\u3001-]\s", re.IGNORECASE)

# A letter that is no part of a word, with the line's end, a space or punctuation behind it, at
# once or after closing markup. The original also eats markup in front, which changes nothing: it
# only asks that no letter stands before, and markup is none.
_PUNCTUATION = re.escape(".,:;!?)]\u3011\u300b\u300d\u300f\uff0c\u3002\uff1b\u3001\uff1a\uff09")
_IN_LINE = re.compile(rf"(?<![A-Za-z])([A-F])(?=\s|[*_`)\]}}\uff09]*(?:$|[\s{_PUNCTUATION}]))")

_CONCLUSIONS = (
    r"final\s*answer", r"the\s*answer\s*is", r"answer(?:\s*is)?", r"correct\s*answer",
    "\u7b54\u6848", "\u6700\u7ec8\u7b54\u6848", "\u7ed3\u8bba", "\u6240\u4ee5", "\u56e0\u6b64",
    "\u6211\u9009(?:\u62e9)?", "\u9009\u62e9", "\u9009",
)  # fmt: skip
_PHRASE = re.compile(
    rf"(?:{'|'.join(_CONCLUSIONS)})\s*[:\uff1a>\uff1d=]?\s*{_OPENER}?\s*([A-F])\s*{_CLOSER}?"
    r"(?:\b|[.)\u3001\u3002])",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_STANDALONE = re.compile(r"(?<![A-Za-z])[A-F](?![A-Za-z])")


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
    last_close = max((tag.start() for tag in _ANSWER_CLOSES.finditer(text)), default=-1)
    end = letter_at = -1
    letter = ""
    for tag in _ANSWER_OPENS.finditer(text, 0, max(last_close, 0)):
        if end < tag.end():
            # One look per ">", however many openers stand before it; the last close has one.
            end = text.index(">", tag.end())
            found = _FIRST_LETTER.match(text, end + 1)
            letter, letter_at = (found[1], found.end()) if found else ("", -1)
        if letter and letter_at <= last_close:
            return letter.upper()
    return None


def _before_closing_tag(tail: str) -> str | None:
    for pattern in _ANCHORS:
        found = pattern.search(tail)
        if found:
            return found[1].upper()
    return None


def _after_thoughts(text: str) -> str:
    for tag in (_THOUGHTS_END, _THOUGHTS_BEGIN):
        ends = [found.end() for found in tag.finditer(text)]
        if ends:
            return text[ends[-1] :].strip()
    return text


def _last_lines(text: str) -> str | None:
    """Read from the bottom; a line with several letters is passed over."""
    for line in map(str.strip, reversed(text.splitlines()[-_TAIL_LINES:])):
        if not line or _OPTION_LINE.match(line):
            continue
        found = _BARE_LETTER.fullmatch(line) or _LABEL.match(line)
        if found:
            return found[1].upper()
        letter = _single(_IN_LINE.findall(line))
        if letter:
            return letter
    return None


def _phrase(text: str) -> str | None:
    # The rule has three stretches of spaces in a row, any of them empty: one space says the same.
    found = _PHRASE.search(_SPACES.sub(" ", text))
    return found[1].upper() if found else None


def _only_capital(text: str) -> str | None:
    """Brackets and spaces around the letter, which the rule allows, change nothing here."""
    lines = (line for line in text.splitlines() if not _OPTION_LINE.match(line))
    return _single(_STANDALONE.findall("\n".join(lines)))


def _single(letters: list[str]) -> str | None:
    return letters[0] if len(set(letters)) == 1 else None
