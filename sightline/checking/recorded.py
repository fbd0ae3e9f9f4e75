"""What ``build.json`` says of the dataset, against the files that are there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sightline.building import BUILD_FILE
from sightline.findings import Finding
from sightline.wording import short, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sightline.checking.opened import OpenedDataset
    from sightline.progress import Progress

_SHA256 = re.compile(r"[0-9a-f]{64}")
_REPOSITORY = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")
_BUILD = "build the dataset again"
_CHANGED = "build the dataset again; whoever changed the file on purpose changes the release"
# The Hub writes it into every repository, so a copy from there has it.
_OF_THE_HUB = ".gitattributes"


def check(dataset: OpenedDataset, progress: Progress) -> Iterator[Finding]:
    """Find facts of another type, and files that are not what ``build.json`` says."""
    yield from _facts(dataset)
    yield from _publication(dataset)
    files = dataset.facts.get("files")
    if not isinstance(files, dict):
        return
    known = {name: entry for name, entry in files.items() if not _fault(name, entry)}
    for name, entry in files.items():
        if name not in known:
            yield Finding("error", _fault(name, entry), _BUILD, _place("files", name))
    yield from _files(dataset, known, progress)
    for name in dataset.files:
        if name not in files and name not in (BUILD_FILE, _OF_THE_HUB):
            what = f"{BUILD_FILE} does not know this file"
            yield Finding("warning", what, "remove it, or build the dataset again", shown(name))


def _files(
    dataset: OpenedDataset, known: Mapping[str, Mapping[str, Any]], progress: Progress
) -> Iterator[Finding]:
    """Every recorded file: there, of this size, of this content."""
    same: list[str] = []
    for name, entry in known.items():
        size = dataset.files.get(name)
        if size is None:
            yield Finding(
                "error", f"{BUILD_FILE} names this file, which is not there", _BUILD, shown(name)
            )
        elif size != entry["bytes"]:
            what = f"{size:,} bytes, but {BUILD_FILE} says {short(entry['bytes'])}"
            yield Finding("error", what, _CHANGED, shown(name))
        else:
            same.append(name)
    progress.start("checksums", sum(dataset.files[name] for name in same))
    for name in same:
        try:
            digest = dataset.sha256(name, progress)
        except OSError as error:
            yield Finding("error", f"cannot be read: {error.strerror}", "", shown(name))
            continue
        if digest != known[name]["sha256"]:
            what = f"its content is another one than {BUILD_FILE} says (SHA-256 {digest[:12]}...)"
            yield Finding("error", what, _CHANGED, shown(name))


def _fault(name: str, entry: object) -> str:
    """What is wrong with an entry of `files`; empty when nothing is."""
    if not _inside(name):
        return "this must be the path of a file in the dataset, relative and without '..'"
    if name == BUILD_FILE:
        return f"{BUILD_FILE} cannot hold its own checksum"
    if not isinstance(entry, dict):
        return f"this must be an object with bytes and sha256, not {short(entry)}"
    if not _count(entry.get("bytes")):
        return f"bytes ({short(entry.get('bytes'))}) must be a whole number of at least 0"
    digest = entry.get("sha256")
    if not (isinstance(digest, str) and _SHA256.fullmatch(digest)):
        return f"sha256 ({short(digest)}) must be 64 hex digits in lower case"
    return ""


def _inside(name: str) -> bool:
    """Whether a name is a plain relative path."""
    parts = name.split("/")
    return not ({"", ".", ".."} & set(parts) or "\\" in name or ":" in parts[0] or "\0" in name)


def _facts(dataset: OpenedDataset) -> Iterator[Finding]:
    """The keys that every builder writes."""
    wanted: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
        ("release", _is_release, "an object with repository, revision and files"),
        ("rows", _is_counts, "an object of configs and their numbers of rows"),
        ("skipped", _texts, "a list of texts"),
        ("problems", _texts, "a list of texts"),
        ("survey", lambda value: isinstance(value, dict), "an object"),
        ("files", lambda value: isinstance(value, dict), "an object of names, sizes and checksums"),
    )
    facts = dataset.facts
    for key, right, what in wanted:
        if key not in facts:
            yield Finding("error", f"this must be {what}, but is missing", _BUILD, _place(key))
        elif not right(facts[key]):
            told = f"this must be {what}, not {short(facts[key])}"
            yield Finding("error", told, _BUILD, _place(key))
    rows = facts.get("rows")
    known = {config.name for config in dataset.rules.configs}
    for name in rows if isinstance(rows, dict) else ():
        if name not in known:
            what = f"{dataset.rules.title} has no such config"
            yield Finding("error", what, _BUILD, _place("rows", name))


def _publication(dataset: OpenedDataset) -> Iterator[Finding]:
    """What publishing added; `media` was read when the dataset was opened."""
    if "publication" not in dataset.facts:
        return
    mend = "publish the dataset again"
    publication = dataset.facts["publication"]
    if not isinstance(publication, dict):
        what = f"this must be an object, not {short(publication)}"
        yield Finding("error", what, mend, _place("publication"))
        return
    repository = publication.get("repository")
    if not (isinstance(repository, str) and _REPOSITORY.fullmatch(repository)):
        what = f"this must be org/name, not {short(repository)}"
        yield Finding("error", what, mend, _place("publication", "repository"))
    built = publication.get("built", {})
    if not isinstance(built, dict) or not _texts([*built, *built.values()]):
        what = f"this must name tables and their SHA-256, not {short(built)}"
        yield Finding("error", what, mend, _place("publication", "built"))
    for key in ("changes", "pictures"):
        if not _texts(publication.get(key, [])):
            what = f"this must be a list of texts, not {short(publication[key])}"
            yield Finding("error", what, mend, _place("publication", key))
        elif key == "pictures":
            for name in publication.get(key, []):
                if name not in dataset.files:
                    what = f"{shown(name)} is not there"
                    yield Finding("error", what, mend, _place("publication", key))


def _is_release(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("files"), dict):
        return False
    named = all(
        value.get(key) is None or isinstance(value[key], str) for key in ("repository", "revision")
    )
    return named and all(
        isinstance(entry, dict)
        and _count(entry.get("bytes"))
        and isinstance(entry.get("sha256"), str)
        for entry in value["files"].values()
    )


def _is_counts(value: object) -> bool:
    return isinstance(value, dict) and all(_count(number) for number in value.values())


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _place(*keys: str) -> str:
    return f"{BUILD_FILE} {'.'.join(shown(key, 120) for key in keys)}"
