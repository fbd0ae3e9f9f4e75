"""The JSON object in what a model wrote, however it is wrapped or broken; bounded in all it does.

JSON first: the last object with a wanted key, since models that think aloud repeat the form before
they fill it in. If there is none, a lenient reading of the first that looks like it: single
quotes, bare words, Python's literals, commas too many or missing, quotes inside texts, an end that
is missing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

LONGEST = 1 << 16
"""Characters of an answer that are looked at; wanted are a few thousand."""
DEEPEST = 16
"""Levels of nesting in what is repaired; wanted are four."""
_STARTS = 64
"""Places at which an object is looked for."""
_REPAIRS = 4
"""Places at which a broken object is looked for."""

_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_ENDS = ",:}]"
_LITERALS = {"true": True, "false": False, "null": None, "none": None}

_DECODER = json.JSONDecoder(parse_constant=lambda _: None)


class UnreadableError(ValueError):
    """An answer is not what was asked for; the message says to the labeller what is wrong."""


@dataclass(frozen=True)
class Found:
    """An object that was found."""

    value: dict[str, Any]
    cut: bool = False
    """Whether its end is missing: what is there is there, the rest is not known."""


def find_object(text: str, wanted: Collection[str]) -> Found:
    """The object that an answer holds.

    Args:
        text: of the answer, from anybody.
        wanted: keys, one of which it must have.

    Raises:
        UnreadableError: there is none.
    """
    text = text[:LONGEST]
    whole = [value for value in _whole_objects(text) if not wanted or set(wanted) & set(value)]
    if whole:
        return Found(whole[-1])
    for start in _starts(text, _REPAIRS):
        found = _repaired(text[start:])
        if found is not None and (not wanted or set(wanted) & set(found.value)):
            return found
    if "{" not in text:
        raise UnreadableError("it has no JSON object")
    raise UnreadableError(f"it has no JSON object with {' or '.join(sorted(wanted))}")


def _starts(text: str, most: int) -> Iterator[int]:
    at = -1
    for _ in range(most):
        at = text.find("{", at + 1)
        if at < 0:
            return
        yield at


def _whole_objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects that are JSON as they stand, those inside others left out."""
    end = 0
    for start in _starts(text, _STARTS):
        if start < end:
            continue
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield value


def _repaired(text: str) -> Found | None:
    reader = _Reader(text)
    try:
        value = reader.value(0)
    except UnreadableError:
        return None
    return Found(value, reader.cut) if isinstance(value, dict) else None


class _Cut:
    """What stands for a value whose end is missing."""


_CUT = _Cut()


class _Reader:
    """Reads a value from the start of a text that is nearly JSON."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.cut = False

    def value(self, depth: int) -> Any:
        if depth > DEEPEST:
            raise UnreadableError("nested too deeply")
        char = self._next()
        if char == "{":
            return self._object(depth)
        if char == "[":
            return self._list(depth)
        return self._string() if char in _QUOTES else self._word()

    def _next(self, skipped: str = "") -> str:
        """The next character that is not blank and not skipped; "" at the end."""
        text = self._text
        while self._at < len(text) and (text[self._at].isspace() or text[self._at] in skipped):
            self._at += 1
        return text[self._at] if self._at < len(text) else self._ended()

    def _ended(self) -> str:
        self.cut = True
        return ""

    def _object(self, depth: int) -> dict[str, Any]:
        self._at += 1
        found: dict[str, Any] = {}
        while (char := self._next(",")) not in ("}", ""):
            if char == "]" and depth:  # a forgotten brace: it closes the list around
                return found
            if char in "]:{[":
                self._at += 1
                continue
            key = self._string() if char in _QUOTES else self._word()
            if self._next() != ":":
                continue
            self._at += 1
            value = self.value(depth + 1) if self._next() not in ("}", "") else _CUT
            if value is not _CUT and key is not _CUT:
                found[str(key)] = value
        self._at += 1
        return found

    def _list(self, depth: int) -> list[Any]:
        self._at += 1
        found: list[Any] = []
        while (char := self._next(",")) not in ("]", "}", ""):
            if char == ":":  # a bracket is missing, nobody can tell where
                raise UnreadableError("a list with keys")
            value = self.value(depth + 1)
            if value is not _CUT:
                found.append(value)
        if char != "}":  # a forgotten bracket: the brace belongs to the object around
            self._at += 1
        return found

    def _string(self) -> str | _Cut:
        """A text in quotes; a quote ends it only where something of JSON follows."""
        end = _QUOTES[self._text[self._at]]
        self._at += 1
        chars: list[str] = []
        while self._at < len(self._text):
            char = self._text[self._at]
            self._at += 1
            if char == "\\" and self._at < len(self._text):
                chars.append(self._escaped())
            elif char == end and self._closes():
                return "".join(chars)
            else:
                chars.append(char)
        self.cut = True
        return _CUT

    def _escaped(self) -> str:
        char = self._text[self._at]
        self._at += 1
        if char == "u":
            digits = self._text[self._at : self._at + 4]
            try:
                code = int(digits, 16) if len(digits) == 4 else 0  # noqa: PLR2004 (JSON's)
            except ValueError:
                return ""
            self._at += 4
            return chr(code)
        return _ESCAPES.get(char, char)

    def _closes(self) -> bool:
        at, text = self._at, self._text
        while at < len(text) and text[at].isspace():
            at += 1
        return at == len(text) or text[at] in _ENDS

    def _word(self) -> Any:
        """A literal, a number or a bare word."""
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in _ENDS:
            self._at += 1
        if self._at == len(self._text):
            self.cut = True
            return _CUT
        word = self._text[start : self._at].strip()
        return _LITERALS.get(word.lower(), word)
