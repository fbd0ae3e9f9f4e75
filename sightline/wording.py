"""What strangers wrote, made fit for a line of a report.

File names and metadata may hold anything: bytes that are no UTF-8, escape sequences of a terminal,
numbers of a million digits. None of that may reach the screen as it is, or stop a check.
"""

from __future__ import annotations

import reprlib
import unicodedata

_REPR = reprlib.Repr()
_REPR.maxlevel, _REPR.maxstring, _REPR.maxother = 2, 60, 60
_LONGEST = 200
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def shown(text: str, longest: int = _LONGEST) -> str:
    r"""A text with every invisible character as its escape (``\x1b``), shortened in the middle.

    Args:
        text: anything, lone surrogates included.
        longest: most characters to show, at least 10.
    """
    if len(text) > longest:
        text = f"{text[: longest - 8]}...{text[-5:]}"
    return printable(text)


def printable(text: str) -> str:
    r"""A text with every character that cannot be seen as its escape; a line break is ``\n``."""
    # Most text is seen: a look at the whole is a hundred times faster than one at each character.
    return text if text.isprintable() else "".join(map(_escaped, text))


def on_screen(text: str) -> str:
    r"""A whole text without anything that could move a terminal's cursor, on one line."""
    return printable(" ".join(text.split()))


def short(value: object) -> str:
    """A value as Python would write it, shortened; never raises and never holds a line break."""
    try:
        return shown(_REPR.repr(value), 120)
    except (ValueError, RecursionError):
        # A whole number of more digits than Python is willing to write.
        return f"a very large {type(value).__name__}"


def invisible(character: str) -> bool:
    """Whether a character cannot be seen, as controls, surrogates and line separators."""
    return unicodedata.category(character) in _HIDDEN


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
