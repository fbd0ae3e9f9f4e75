"""Names of things as labellers write them -> one name for one kind of thing.

Lower case, no underscores, articles or tags, singular, and of synonyms the one that
``data/synonyms.json`` puts first. Deterministic, and a name that is unified stays as it is.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

LONGEST_NAME = 48
"""Characters; ``woman wearing dark blue striped shirt`` has 37."""
MOST_WORDS = 6
"""Of a name; see above."""
LONGEST_VALUE = 32
"""Characters of an attribute's value: one or two words are wanted."""
_LOOKED_AT = 400
"""Characters of what a stranger calls a name."""

_TAG = re.compile(r"<[^<>]{0,100}>")
_APART = re.compile(r"[\s_/|,;:.+]+")
_LEADING = ("a", "an", "the", "some")
_PARTITIVES = ("pair", "piece", "bunch")
_NOTHING = frozenset(
    ("", "none", "null", "nothing", "unknown", "unclear", "unsure", "unrecognizable", "n a", "na",
     "object", "thing", "item", "not sure", "unidentified", "unidentified object", "background")
)  # fmt: skip
"""What says that there is no name."""

_KEPT = frozenset(
    ("scissors", "tongs", "pliers", "tweezers", "pants", "jeans", "shorts", "trousers", "glasses",
     "eyeglasses", "sunglasses", "goggles", "headphones", "earphones", "leggings", "pajamas",
     "gas", "canvas", "christmas", "atlas", "lens", "series", "species", "molasses", "clothes",
     "forceps", "calipers", "binoculars", "overalls", "swiss", "oats", "bellows", "shears",
     "clippers", "noodles", "stairs", "electronics")
)  # fmt: skip
"""Singular as they are, or never used without their s."""

_IRREGULAR = {
    "men": "man", "women": "woman", "people": "person", "children": "child", "feet": "foot",
    "teeth": "tooth", "mice": "mouse", "knives": "knife", "shelves": "shelf", "loaves": "loaf",
    "leaves": "leaf", "halves": "half", "scarves": "scarf", "wolves": "wolf", "calves": "calf",
    "cookies": "cookie", "brownies": "brownie", "movies": "movie", "pies": "pie", "ties": "tie",
    "smoothies": "smoothie", "veggies": "veggie", "hoodies": "hoodie", "potatoes": "potato",
    "tomatoes": "tomato", "mangoes": "mango", "avocadoes": "avocado", "buses": "bus",
    "lenses": "lens", "gases": "gas", "axes": "axe", "batteries": "battery", "dice": "die",
}  # fmt: skip
"""Plurals that no rule below gets right."""

_LEAST_PLURAL = 4
"""Letters of a word that may be a plural: bus, gas and us are none."""


def unified(name: str) -> str:
    """The one name for what is called so; "" for what is no name.

    Args:
        name: from anybody, of any length.
    """
    words = cleaned(name, LONGEST_NAME)
    while (shorter := _step(words)) != words:
        words = shorter
    return "" if words in _NOTHING or len(words.split()) > MOST_WORDS else words


def unified_value(value: str) -> str:
    """The one word for a value of an attribute (``gray`` -> ``grey``); "" for what is none."""
    words = cleaned(value, LONGEST_VALUE)
    words = _table()["values"].get(words, words)
    return "" if words in _NOTHING else words


def cleaned(text: str, longest: int) -> str:
    """Lower case words of letters, digits, hyphens and apostrophes, one space between them.

    "" where they are longer than `longest` characters: a sentence is no name.
    """
    text = _TAG.sub(" ", text[:_LOOKED_AT]).replace("\u2019", "'")
    for _ in range(2):  # as Unicode's caseless matching: each of the two undoes the other a little
        text = unicodedata.normalize("NFKC", text).casefold()
    text = _APART.sub(" ", text)
    kept = "".join(char for char in text if char.isalnum() or char in " -'")
    words = " ".join(word for part in kept.split() if (word := part.strip("-'")))
    return words if len(words) <= longest else ""


@cache
def _table() -> dict[str, dict[str, str]]:
    text = (files("streamgaze_task") / "data" / "synonyms.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return {
        kind: {other: first for first, *others in data[kind] for other in others}
        for kind in ("names", "values")
    }


def _step(words: str) -> str:
    """One change towards the unified name."""
    parts = words.split()
    if len(parts) > 1 and parts[0] in _LEADING:
        return " ".join(parts[1:])
    if len(parts) > 2 and parts[0] in _PARTITIVES and parts[1] == "of":  # noqa: PLR2004
        return " ".join(parts[2:])
    if words in _table()["names"]:
        return _table()["names"][words]
    if parts:
        return " ".join([*parts[:-1], _singular(parts[-1])])
    return words


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    plain = len(word) >= _LEAST_PLURAL and word.endswith("s") and word not in _KEPT
    if not plain or word.endswith(("ss", "us", "is", "'s")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses", "zzes")):
        return word[:-2].rstrip("-'")
    return word[:-1].rstrip("-'")
