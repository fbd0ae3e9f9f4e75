"""What must not stand in the texts of a dataset: paths of a machine, and secrets.

A finding names the line and never repeats what was found there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sightline.findings import Finding
from sightline.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.checking.opened import OpenedDataset

_SUFFIXES = (".md", ".json", ".jsonl", ".yaml", ".yml", ".txt", ".cff", ".csv", ".toml", ".cfg")
_NAMES = frozenset(("license", "licence", "notice", "citation", ".gitattributes"))
_MAX_BYTES = 64 << 20
_MAX_LINES = 20

_PLACES = rb"home|Users|root|mnt|tmp|var/(?:tmp|folders)|scratch|workspace|nfs|lustre|gpfs|srv|opt"
_MACHINE_PATH = re.compile(
    rb"(?<![\w./:*?=&%#+~-])/(?:" + _PLACES + rb")/[\w.+-]|\b[A-Za-z]:\\{1,2}(?:Users|home|tmp)\\"
    rb"|\bfile:///"
)
_SECRETS = {
    "a token of the Hub": re.compile(rb"(?<![A-Za-z0-9])(?:hf|api_org)_[A-Za-z0-9]{30,}"),
    "a token of GitHub": re.compile(
        rb"(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{30,}"
    ),
    "a key of Amazon's services": re.compile(rb"(?<![A-Za-z0-9])AKIA[0-9A-Z]{16}(?![A-Za-z0-9])"),
    "a private key": re.compile(rb"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----"),
}


def findings(dataset: OpenedDataset) -> Iterator[Finding]:
    """Look through the texts at the top of the folder: the card, ``build.json`` and so on."""
    own = str(dataset.folder.resolve()).encode("utf-8", "surrogateescape")
    for name, size in dataset.files.items():
        if "/" in name or not _is_text(name):
            continue
        if size > _MAX_BYTES:
            what = f"a text of {size:,} bytes is too long to be looked through for secrets"
            yield Finding("error", what, "put it into a table, or remove it", shown(name))
            continue
        try:
            content = (dataset.folder / name).read_bytes()
        except OSError as error:
            yield Finding("error", f"cannot be read: {error.strerror}", "", shown(name))
            continue
        yield from _secrets(name, content)
        yield from _paths(name, content, own)


def _is_text(name: str) -> bool:
    lower = name.lower()
    return lower.endswith(_SUFFIXES) or lower in _NAMES


def _secrets(name: str, content: bytes) -> Iterator[Finding]:
    for kind, pattern in _SECRETS.items():
        lines = _lines(content, [found.start() for found in pattern.finditer(content)])
        for line in lines[:_MAX_LINES]:
            yield Finding(
                "error",
                f"this line holds what looks like {kind}",
                "take it out, and make it invalid if it got out",
                f"{shown(name)}:{line}",
            )


def _paths(name: str, content: bytes, own: bytes) -> Iterator[Finding]:
    """Machine paths; `own` is the dataset's folder, told when it is no mere ``/data``."""
    places = [found.start() for found in _MACHINE_PATH.finditer(content)]
    if own.count(b"/") > 1:
        places += [
            found.start() for found in re.finditer(re.escape(own) + rb"(?=[/\s\"'`)]|$)", content)
        ]
    lines = _lines(content, places)
    for line in lines[:_MAX_LINES]:
        what = "this line holds a path of a machine, which tells about its owner and helps nobody"
        yield Finding("error", what, "write it relative to the dataset", f"{shown(name)}:{line}")
    if len(lines) > _MAX_LINES:
        what = f"{len(lines) - _MAX_LINES:,} more lines hold paths of a machine"
        yield Finding("error", what, "write them relative to the dataset", shown(name))


def _lines(content: bytes, places: list[int]) -> list[int]:
    """The numbers of the lines, from 1, that hold these bytes; each once, in order."""
    numbers: list[int] = []
    line, before = 1, 0
    for place in sorted(places):
        line += content.count(b"\n", before, place)
        before = place
        if not numbers or numbers[-1] != line:
            numbers.append(line)
    return numbers
