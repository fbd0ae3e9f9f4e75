"""What one piece of a response says about the options: a letter, not a letter, or nothing.

The strict parser finds the places where an answer may stand; this module reads one such place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sightline import choices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_LETTERS = "ABCDEF"
"""Taken when the options are not known: the benchmark has four to six (paper section 3)."""

READ = 400
"""Characters of a statement that are read; what follows cannot change what it says."""


class Said(NamedTuple):
    """One explicit statement about the options; with neither field, it settles on none."""

    chosen: str | None = None
    """The letter it settles on."""
    denied: str | None = None
    """The letter it rules out."""


@dataclass(frozen=True)
class Options:
    """What a statement may mean."""

    letters: str
    """Letters in use, in order."""
    words: Mapping[str, str]
    """Letter -> the option's own words, in their plain form; empty when not known."""

    @classmethod
    def of(cls, options: Sequence[str] | None) -> Options:
        """The options of a question, with or without their letters; None: not known."""
        if options is None:
            return cls(DEFAULT_LETTERS, {})
        letters = choices.LETTERS[: len(options)]
        own = (_plain(choices.without_letter(normal(option))) for option in options)
        return cls(letters, dict(zip(letters, own, strict=False)))

    def spelled(self, text: str) -> str | None:
        """The letter of the only option with exactly these words."""
        plain = _plain(text)
        found = [letter for letter, words in self.words.items() if words and words == plain]
        return found[0] if len(found) == 1 else None


_SPELLING = {
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff")),
    **{0xFF01 + i: chr(0x21 + i) for i in range(94)},  # full-width ASCII
    **dict.fromkeys((0x00A0, 0x3000), " "),
    **dict.fromkeys((0xFF0E, 0x3002), ". "),
    **dict.fromkeys((0xFF0C, 0x3001), ", "),
    **dict.fromkeys((0x2018, 0x2019), "'"),
    **dict.fromkeys((0x201C, 0x201D), '"'),
}
_WRAPPERS = " \t\r\n*_`~#>()[]{}\"'$\\|"
_LATEX = re.compile(r"\\(?:text|math)[a-z]{0,4}\s?|\\boxed\s?|[{}$]")


def normal(text: str) -> str:
    """One spelling for everything: ASCII punctuation, no zero-width characters."""
    return text.translate(_SPELLING)


def _plain(text: str) -> str:
    return " ".join(text.casefold().strip(_WRAPPERS + ".:,;!").split())


_HEAD = re.compile(
    r"(?:(?:option|choice|answer|letter|选项)[\s:#*]{0,4}[(\[*\"']{0,3})?([A-J])"
    r"(?![A-Za-z0-9])[*_`\"']{0,4}",
    re.IGNORECASE | re.ASCII,
)
_DENIAL = re.compile(
    r"(?:not|neither|不是|不)[\s(*\"']{0,4}(?:(?:option|choice)\s)?[\s(*\"']{0,4}"
    r"([A-J])(?![A-Za-z0-9])",
    re.IGNORECASE | re.ASCII,
)


def read(piece: str, options: Options, *, running: bool) -> Said | None:
    """What a piece says from its first character on; None when it says nothing of the kind.

    Args:
        piece: normalised text that begins where the choice is expected.
        options: what may be meant.
        running: the piece is running text of which only the first sentence belongs to the
            statement; otherwise all of it does.
    """
    text = _LATEX.sub("", piece[:READ]).strip(_WRAPPERS + ",:")
    if running and _LISTED_BELOW.match(text):
        return Said()
    if running:
        text = text.split("\n", 1)[0]
    head = _HEAD.match(text)
    if head is None:
        denial = _DENIAL.match(text)
        if denial:
            return Said(denied=denial[1].upper())
        letter = options.spelled(_sentence(text) if running else text)
        return Said(letter) if letter else None
    rest = text[head.end() :]
    if head[1].islower() and not _small_letter_counts(head[1], rest, running=running):
        return None
    return _judged(head[1].upper(), rest, options, running=running)


_CLOSED = re.compile(r"[.)\]!](?![A-Za-z0-9])")
_NOTHING = re.compile(r"[\s.)\]!;:,*]*")


def _small_letter_counts(letter: str, rest: str, *, running: bool) -> bool:
    """A small letter is a choice only when it stands alone: "a" may be the article."""
    if running and _CLOSED.match(rest) is None:
        return not rest and letter != "a"
    return _NOTHING.fullmatch(rest) is not None or running or rest.startswith(")")


_LISTED = re.compile(
    r"\s?(?:[,/&;]|and\b|or\b|和|或)\s?(?:and\b|or\b)?\s?[(*]{0,3}[A-J](?![A-Za-z0-9'])"
)
_MORE_MARKS = re.compile(r"(?<![^\s(])\(?[A-J][.):](?=\s|$)")
_LISTED_BELOW = re.compile(r"\(?A[.):].*\n{1,3}\s{0,4}\(?B[.):]")
_EXPLAINED = re.compile(
    r"[)\];!\n]"  # an end
    r"|[.:](?![A-Za-z0-9\\/])"  # a mark, but not "e.g." or "C:\"
    r"|\s?[(\u2013\u2014]|\s-\s"  # an aside
    r"|,?\s(?:because|since|as|for|based|due|given|so)\b",
    re.IGNORECASE,
)


def _judged(letter: str, rest: str, options: Options, *, running: bool) -> Said | None:
    """What a letter says together with what follows it."""
    if rest.lstrip().startswith("?"):
        return None
    said = Said(letter if letter in options.letters else None)
    words = rest.lstrip(" \n.):]-\u2013\u2014;!,(*_`\"'")
    phrase = _sentence(words) if running else words
    if _NOTHING.fullmatch(rest) or (phrase and _plain(phrase) == options.words.get(letter)):
        return said
    if _LISTED.match(rest) or (not running and _lists_more(words)):
        return Said()
    if options.spelled(phrase):
        return Said()  # the letter of one option and the words of another
    return said if _EXPLAINED.match(rest) or (running and rest.startswith(",")) else None


def _lists_more(words: str) -> bool:
    """Whether the rest names options too: "A. B", "A. left B. right"."""
    alone = _HEAD.match(words)
    return bool(alone and alone[1].isupper() and _NOTHING.fullmatch(words[alone.end() :])) or bool(
        _MORE_MARKS.search(words)
    )


_SENTENCE_END = re.compile(r"[.!;?](?=\s|$)|\n")


def _sentence(text: str) -> str:
    end = _SENTENCE_END.search(text)
    return text[: end.start()] if end else text
