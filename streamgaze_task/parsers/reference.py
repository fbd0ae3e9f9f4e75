"""The authors' way to read a response, faults included, because numbers must be comparable.

The behaviour of ``evaluate_results.py`` (daeunni/StreamGaze), by another route; recorded answers of
the original are held to in the tests. It is kept although it reads too much:

- A letter is any word "A" to "D" of the upper-cased text, so an article or the end of a contraction
  is one: "A person looks at the pot, so C" is A, "I'd say C" is D, "_B_" has none.
- "YES" and "NO" count anywhere, inside words too: "now", "know" and "cannot" say no, "eyes" say
  yes. "Yes, now it is visible" says both and is right whatever is expected.
"""

from __future__ import annotations

import re

LETTERS = "ABCD"
"""What the authors' scorer takes for an option; a fifth option has no letter for it."""

BOTH = "YES/NO"
"""What :func:`alert` returns when both words are in a response."""

_WORD = re.compile(r"\w+")


def letter(response: str) -> str | None:
    """The first word of the upper-cased text that is one of A, B, C, D; None without one."""
    words = (found[0] for found in _WORD.finditer(response.strip().upper()))
    return next((word for word in words if len(word) == 1 and word in LETTERS), None)


def compared(answer: str | None) -> str:
    """What the authors' scorer compares, of a response as of a key: the letter, else all the text.

    Without a letter the whole text counts, upper-cased and without the blanks around it, so a fifth
    option's "E" equals the key "E" although no letter was found. None is the empty text; a question
    with an empty key is not counted by the original (the builder refuses such questions).
    """
    if answer is None:
        return ""
    return letter(answer) or answer.strip().upper()


def alert(response: str) -> str | None:
    """``YES``, ``NO``, :data:`BOTH`, or None when neither word is anywhere in the text."""
    text = response.upper()
    found = [word for word in ("YES", "NO") if word in text]
    return BOTH if len(found) > 1 else found[0] if found else None
