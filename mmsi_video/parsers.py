"""The two published answer parsers, faults included, because numbers must be comparable.

``official`` restates the scorer of InternRobotics/MMSI-Video-Bench at b8da92c; ``easi`` restates
the rules of VLMEvalKit at e8e78f0, which the EASI leaderboard uses. Both were written from a
description of their behaviour and are held to recorded answers of the originals (the case table
in the tests); only there is equality proven. Every parser takes time linear in the response.
"""

from __future__ import annotations

import re

LETTERS = "ABCDEF"
"""What the published scorers take for an option: four to six options exist (paper section 3)."""

_NOISE = str.maketrans("", "", " \"'\n:")
_KEYS = ('"answer":', "answer is", "answer:", '"Answer":', "Answer is", "Answer:")


def official(response: str) -> str | None:
    """The letter that the authors' scorer reads, in A..F, or None for its "failure"."""
    text = response.replace("<answer>", "").replace("</answer>", "")
    if "no answer" in text:
        return None
    if "boxed{" in text:
        return _cleaned(text.split("boxed{", 1)[1].split("}", 1)[0])
    for key in _KEYS:
        if key in text:
            return _cleaned(text.rpartition(key)[2].split(",", 1)[0].split(".", 1)[0])
    return _cleaned(text.split(".", 1)[0])


def _cleaned(part: str) -> str | None:
    rest = part.translate(_NOISE)
    return rest if len(rest) == 1 and rest in LETTERS else None


_ZERO_WIDTH = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff")
# Without ASCII, [a-j] would also take the Turkish dotted and dotless i.
_LOOSE = re.IGNORECASE | re.ASCII
_ANSWER_TAG = re.compile(r"<(/?)answer>", _LOOSE)
_THINK_TAG = re.compile(r"</?think>", _LOOSE)
_BEFORE_TAG = re.compile(r"(?<![a-z])([a-j])\s{0,20}</(?:answer|think)>", _LOOSE)
_OPTION_LINE = re.compile(r"(?:option|选项)\s{0,20}[a-j]\s{0,20}[:\uff1a]", _LOOSE)
_LEADING = re.compile(r"([A-F])[.):\uff1a-]")
_ALONE = re.compile(r"(?<![A-Za-z0-9])[A-F](?![A-Za-z0-9])")
_PHRASE = re.compile(
    r"(?:final answer|answer is|answer|最终答案|正确答案|答案|选择)"
    r"\s{0,20}(?:is|是|为)?\s{0,20}[:\uff1a]?[\s(\[*]{0,20}([A-F])(?![A-Za-z0-9])",
    _LOOSE,
)
_WRAPPERS = " \t\r*_`~#>()[]{}\"'.$"
_BLOCK_LETTERS = "ABCDEFGHIJ"
_TAIL, _LINES = 800, 6


def easi(response: str) -> str | None:
    """The letter that EASI's exact matching reads, in A..J, or None for its "False".

    Seven stages: the answer block's first character, a letter right before a closing tag, the last
    six lines after the thoughts, the same on the last 800 characters, the first answer phrase, a
    single distinct capital in the whole text, else nothing.
    """
    text = response.translate(_ZERO_WIDTH)
    return (
        _answer_block(text)
        or _before_closing_tag(text[-_TAIL:])
        or _last_lines(_THINK_TAG.split(text)[-1])
        or _last_lines(text[-_TAIL:])
        or _first_phrase(text)
        or _only(_ALONE.findall(text))
    )


def _answer_block(text: str) -> str | None:
    start = None
    for tag in _ANSWER_TAG.finditer(text):
        if not tag[1]:
            start = tag.end() if start is None else start
        elif start is not None:
            first = text[start : tag.start()].strip()[:1].upper()
            return first if first and first in _BLOCK_LETTERS else None
    return None


def _before_closing_tag(tail: str) -> str | None:
    found = _BEFORE_TAG.findall(tail)
    return found[-1].upper() if found else None


def _last_lines(text: str) -> str | None:
    """Read from the bottom; a line with several letters ends the search without an answer."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in reversed(lines[-_LINES:]):
        if _OPTION_LINE.match(line):
            continue
        bare = line.strip(_WRAPPERS).upper()
        if len(bare) == 1 and bare in LETTERS:
            return bare
        leading = _LEADING.match(line)
        if leading:
            return leading[1]
        letters = _ALONE.findall(line)
        if letters:
            return _only(letters)
    return None


def _first_phrase(text: str) -> str | None:
    found = _PHRASE.search(text)
    return found[1].upper() if found else None


def _only(letters: list[str]) -> str | None:
    return letters[0] if letters and len(set(letters)) == 1 else None
