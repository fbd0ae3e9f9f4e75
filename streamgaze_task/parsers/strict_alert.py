"""Our own reading of a test point's response: yes, no, or neither; it never guesses.

Deliberate, in this order:

1. Thoughts (``<think>``) are not the answer, and neither is markup around it.
2. A field made for the answer (an answer tag, a box, a JSON key) outranks prose; the last one that
   says yes or no wins, and where none does there is no answer.
3. In prose yes or no counts where it is the first word, where it is all that a line says, and
   after "the answer is". All that is said must agree: "Yes and no", "Yes/No" and "No. Wait, yes."
   are no answer.
4. Doubt ("maybe", "I am not sure", "Yes?") and words that only begin with no ("no idea", "No. 5")
   are no answer. "both" and "neither" are none of the two words.

Nothing is read out of running text: "I see the plate" is no answer. Time is linear in the response.
"""

from __future__ import annotations

import re

from sightline.parsers.statements import normal
from sightline.parsers.strict import spoken

READ = 20_000
"""Characters that are read from either end; a model that says more answers at one of them."""

_MARKUP = re.compile(r"[*_`#>~\"\[\]{}()$|]+")
_FIELD = re.compile(
    r"<answer>(?P<tag>[^<]{0,200})"
    r"|<\|begin_of_box\|>(?P<glm>[^<]{0,200})"
    r"|boxed\s?\{(?:\\text\s?\{)?(?P<box>[^{}]{0,200})"
    r"|[\"'](?:(?:final|correct|my)[ _]?)?(?:answer|response|alert)[\"']\s{0,9}:\s{0,9}"
    r"(?P<key>\"[^\"\n]{0,200}|'[^'\n]{0,200}|[^,}\n]{0,200})",
    re.IGNORECASE,
)
_WORD = r"(?P<word>yes|no)(?!['-]?\w)"
_NO_DENIAL = (
    r"(?!(?<=no)(?:\.?\s{0,3}\d|\s{1,3}(?:doubt|idea|problem|clue|way|answer|question|wonder)\b))"
)
_FIRST = re.compile(rf"\W*{_WORD}{_NO_DENIAL}", re.IGNORECASE)
_LINE = re.compile(
    r"^[ \t]*(?:(?:so|the|my|final|best)[, ]{1,2}){0,3}"
    rf"(?:(?:answer|response)\s?(?:is)?\s?[:=]?)?[ \t]*{_WORD}[ \t.!;,]*$",
    re.IGNORECASE | re.MULTILINE,
)
_CUE = re.compile(
    rf"\banswer(?:\s(?:is|would\sbe)\s?[:,]?|\s?[:=])\s{{0,3}}{_WORD}{_NO_DENIAL}", re.IGNORECASE
)
_TURN = re.compile(
    rf"(?:[.!?;,:/\n]|\b(?:and|or|actually|wait|but|rather))\s{{0,3}}{_WORD}"
    r"(?=\s{0,3}(?:[.!?;,:/\n]|\Z|(?:and|or)\b))",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\b(?:maybe|perhaps|possibly|unsure|uncertain|not\s(?:\w+\s)?(?:sure|certain)|hard\sto\s(?:say|tell)"
    r"|unclear|(?:cannot|can't|can\snot|unable\sto)\s(?:say|tell|determine|decide|answer))\b"
    r"|\b(?:yes|no)\s?\?",
    re.IGNORECASE,
)


def strict_alert(response: str) -> str | None:
    """``YES`` or ``NO``, what the response explicitly says, or None."""
    text = spoken(normal(response))
    if len(text) > 2 * READ:
        text = f"{text[:READ]}\n{text[-READ:]}"
    fields = [found[str(found.lastgroup)] for found in _FIELD.finditer(text)]
    if fields:
        said = [answer for field in fields if (answer := _prose(field))]
        return said[-1] if said else None
    return _prose(text)


def _prose(text: str) -> str | None:
    """What all explicit statements of a text agree on."""
    plain = _MARKUP.sub(" ", text).strip()
    if _DOUBT.search(plain):
        return None
    first = _FIRST.match(plain)
    found = [*_LINE.finditer(plain), *_CUE.finditer(plain), *([first] if first else [])]
    if found:
        found += _TURN.finditer(plain)
    said = {match["word"].upper() for match in found}
    return said.pop() if len(said) == 1 else None
