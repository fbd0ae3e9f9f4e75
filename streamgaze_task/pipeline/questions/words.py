"""Words of questions: the lists of ``data/question_words.json``, and which words are alike."""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_REMEMBERED = 1 << 16
"""Comparisons of words: the same come again at every look."""


@cache
def question_words() -> dict[str, Any]:
    """The word lists of ``data/question_words.json``; where each is used says whose it is."""
    text = files("streamgaze_task").joinpath("data/question_words.json").read_text("utf-8")
    lists: dict[str, Any] = json.loads(text)
    return lists


@lru_cache(_REMEMBERED)
def stems(text: str) -> frozenset[str]:
    """The words of a text as they are compared: lower case, equal in singular and plural.

    ``Tomatoes`` -> ``tomato``, ``knife`` and ``knives`` -> ``kni``.
    """
    return frozenset(map(_stem, re.findall(r"[^\W_]+", text.lower())))


def _stem(word: str) -> str:
    if word.endswith(("oes", "xes", "shes", "ches", "sses")):
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return re.sub(r"(?:ve|fe|f)$", "", word) or word


@lru_cache(_REMEMBERED)
def alike(a: str, b: str) -> bool:
    """Whether two names may mean one thing: a common word, or words of one meaning.

    Ours: the authors' filters compare whole names or substrings, to which "cup" and "mug" differ
    and "pan" and "pancake" are alike.
    """
    first, second = stems(a), stems(b)
    return bool(first & second) or any(
        first & group and second & group
        for group in map(frozenset, question_words()["same_things"])
    )


def unlike(pool: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    """What of a pool means none of some things."""
    return (word for word in pool if not any(alike(word, name) for name in names))
