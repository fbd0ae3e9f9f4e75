"""The 26 sources of MMSI-Video-Bench's recordings: whose they are, and under which terms.

The terms and where each was read stand in ``data/sources.json``. The release says nowhere where a
clip was taken from, so words in its path must tell. A path that could mean two sources means none:
recordings of an unknown source are the last to be passed on.

The worlds of our own sample release (``rooms/tour_00.mp4``) have no source here: nothing in a built
dataset tells them safely from real recordings in folders of the same names.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from sightline.dataset_rules import UNKNOWN_SOURCE, Source

_TOKEN = re.compile(r"[a-z0-9]+(?:\+\+)?")
_PLACE = ("name", "title", "terms", "url", "redistribution")


@cache
def sources() -> tuple[Source, ...]:
    """All of them, in the order of the paper's Table 7."""
    return tuple(Source(**{key: entry[key] for key in _PLACE}) for entry in _entries())


# A clip's path stands in each row of its frames.
@lru_cache(maxsize=4096)
def source_of_path(path: str) -> str:
    """The source of a clip by the words in its path; ``UNKNOWN_SOURCE`` where none tells, or two.

    Words are whole: ``scannetpp`` and ``scannet++`` are not ``scannet``. Case does not matter, and
    any separator joins a word of several parts (``EPIC_KITCHENS``).

    Args:
        path: ``media/videos/scannet/scene0000.mp4``; also an id that was made from such a path.
    """
    found = {name for part in path.lower().split("/") for name in _named(_TOKEN.findall(part))}
    return found.pop() if len(found) == 1 else UNKNOWN_SOURCE


def _named(tokens: list[str]) -> set[str]:
    """The sources that a part of a path names; the longest word wins over one inside it."""
    found: set[str] = set()
    start = 0
    while start < len(tokens):
        ends = [end for end in range(len(tokens), start, -1) if _word(tokens[start:end])]
        if ends:
            found.add(_words()[tuple(tokens[start : ends[0]])])
        start = ends[0] if ends else start + 1
    return found


def _word(tokens: list[str]) -> bool:
    return tuple(tokens) in _words()


@cache
def _words() -> dict[tuple[str, ...], str]:
    """Word, as its tokens -> name of the source."""
    return {
        tuple(_TOKEN.findall(word)): entry["name"]
        for entry in _entries()
        for word in entry["words"]
    }


@cache
def _entries() -> list[dict[str, Any]]:
    text = (files("mmsi_video") / "data" / "sources.json").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = json.loads(text)["sources"]
    return entries
