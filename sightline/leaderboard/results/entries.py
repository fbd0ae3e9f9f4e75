"""Entries of a results repository as JSON: written, and read from strangers.

Who reads a file of a pull request reads a stranger's: its size, its keys, every type and range are
checked, its name must follow from its content, and no link is followed.
"""

from __future__ import annotations

import json
import os
import stat
from collections import Counter
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sightline.errors import SubmissionError
from sightline.findings import Finding
from sightline.leaderboard.records import SCHEMA_VERSION, Entry
from sightline.leaderboard.results.entry_fields import Fields
from sightline.leaderboard.results.entry_making import entry_of as entry_of  # noqa: PLC0414 (of this surface)
from sightline.leaderboard.results.entry_names import RESULTS, RUN, WORD, entry_path, samples_path
from sightline.wording import short, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ENTRY_LIMIT_BYTES = 4 << 20
"""The largest entry that is read; real ones have some ten thousand bytes."""
MOST_FILES = 50_000
"""Files of a results repository that are looked at."""

_KEYS = frozenset({"schema_version", *(field.name for field in fields(Entry))})
_KINDS = ("run", "published", "people", "chance")
_DEPTH = 3


@dataclass(frozen=True)
class Entries:
    """What a results repository holds."""

    entries: tuple[Entry, ...]
    """Every entry that can be read, in the order of their paths."""
    problems: tuple[Finding, ...]
    """Every file that is none, or is not where its content belongs."""


def to_json(entry: Entry) -> str:
    """An entry as JSON; equal entries give equal texts.

    Raises:
        SubmissionError: it holds what JSON cannot.
    """
    values = {field.name: getattr(entry, field.name) for field in fields(Entry)}
    try:
        text = json.dumps(
            {"schema_version": SCHEMA_VERSION, **values},
            indent=1,
            sort_keys=True,
            ensure_ascii=False,
            allow_nan=False,
        )
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise SubmissionError(f"the entry of {short(entry.model)} is not JSON: {error}") from error
    return f"{text}\n"


def from_json(text: str | bytes, name: str) -> Entry:
    """The entry in a JSON text that a stranger wrote.

    Args:
        text: of any length and content.
        name: what messages call the file.

    Raises:
        SubmissionError: it is none; the message starts with the name.
    """
    place = shown(name)
    values = _object(text, place)
    if set(values) != _KEYS:
        missing, unknown = sorted(_KEYS - set(values)), sorted(set(values) - _KEYS)
        told = [f"has no {', '.join(missing)}"] if missing else []
        told += [f"has unknown keys: {', '.join(map(shown, unknown[:5]))}"] if unknown else []
        raise SubmissionError(f"{place}: an entry's keys are fixed, but this one {'; '.join(told)}")
    read = Fields(values, place)
    if type(values["schema_version"]) is not int or values["schema_version"] != SCHEMA_VERSION:
        raise read.fault("schema_version", str(SCHEMA_VERSION), values["schema_version"])
    kind: Any = read.text("kind", fits=_KINDS.__contains__, must=f"one of {', '.join(_KINDS)}")
    entry = Entry(
        kind=kind,
        benchmark=read.text("benchmark", fits=WORD.fullmatch, must="a name in small letters"),
        setting=read.text("setting", fits=WORD.fullmatch, must="a name in small letters"),
        model=read.text("model"),
        run=read.text("run"),
        value=read.percent("value"),
        low=read.percent_or_none("low"),
        high=read.percent_or_none("high"),
        cells=read.cells("cells"),
        parsers=read.shares("parsers"),
        counts=read.counts("counts"),
        faults=read.texts("faults"),
        notes=read.texts("notes"),
        facts=read.plain("facts"),
        samples=None if values["samples"] is None else read.text("samples"),
    )
    _check_whole(entry, read)
    return entry


def read_entries(folder: Path) -> Entries:
    """Every entry of a results repository.

    Args:
        folder: the repository's; links in it are told and never followed.

    Raises:
        SubmissionError: the folder cannot be read, or holds more files than anybody submits.
    """
    entries, problems, files = [], [], _files(folder)
    for path, fault in files.items():
        told = fault
        if fault is None and path.endswith(".json"):
            try:
                entries.append(read_entry(folder, path))
            except SubmissionError as error:
                told = error.message.removeprefix(f"{shown(path)}: ")
        if told is not None:
            mend = "leave it out, or make it anew with `sightline leaderboard add`"
            problems.append(Finding("error", told, mend, shown(path)))
    problems += _unpaired(entries, files)
    return Entries(tuple(entries), tuple(problems))


def read_entry(folder: Path, path: str) -> Entry:
    """One entry of a results repository.

    Args:
        folder: the repository's.
        path: in it, with forward slashes.

    Raises:
        SubmissionError: it is none, or belongs elsewhere.
    """
    entry = from_json(_content(folder.joinpath(*path.split("/")), path), path)
    if entry_path(entry) != path:
        raise SubmissionError(
            f"{shown(path)}: by its content it must lie at {shown(entry_path(entry))}"
        )
    return entry


def _object(text: str | bytes, place: str) -> dict[str, Any]:
    """The one object of a text: no key twice, no NaN, no infinity."""
    if len(text) > ENTRY_LIMIT_BYTES:
        raise SubmissionError(f"{place}: longer than {ENTRY_LIMIT_BYTES:,} bytes")
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise SubmissionError(f"{place}: not JSON: {shown(str(error))}") from error
    if not isinstance(value, dict):
        raise SubmissionError(f"{place}: must be an object, but is {type(value).__name__}")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {short(twice)} stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _check_whole(entry: Entry, read: Fields) -> None:
    """What must hold between fields."""
    if (entry.low is None) != (entry.high is None):
        raise read.fault("high", "null where low is, and a number where low is", entry.high)
    if entry.low is not None and entry.high is not None and not entry.low <= entry.high:
        raise read.fault("low", "at most high", entry.low)
    if entry.kind != "run":
        if entry.run != entry.setting or entry.samples is not None:
            raise read.fault("run", "the setting, without samples, for a printed row", entry.run)
        return
    entry_path(entry)
    if not RUN.fullmatch(entry.run) or entry.samples != f"{entry.run}.parquet":
        raise read.fault("samples", f"{shown(entry.run)}.parquet", entry.samples)


def _content(path: Path, name: str) -> bytes:
    """A regular file's bytes; a link is refused even if it appears this moment."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise SubmissionError(f"{shown(name)}: must be a regular file")
            return file.read(ENTRY_LIMIT_BYTES + 1)
    except OSError as error:
        raise SubmissionError(f"{shown(name)}: cannot be read: {error.strerror}") from error


def _files(folder: Path) -> dict[str, str | None]:
    """Path -> why the file cannot be an entry or its samples; None where it can, sorted."""
    if not folder.is_dir():
        raise SubmissionError(
            f"the results repository ({folder}) must be a folder",
            next_step="fetch it first, or make one: sightline leaderboard seed FOLDER",
        )
    found: dict[str, str | None] = {}
    for path, fault in _walk(folder / RESULTS, RESULTS, 0):
        found[path] = fault
        if len(found) > MOST_FILES:
            raise SubmissionError(f"{folder} has more than {MOST_FILES:,} files in {RESULTS}")
    return dict(sorted(found.items()))


def _walk(folder: Path, path: str, depth: int) -> Iterator[tuple[str, str | None]]:
    if folder.is_symlink():
        yield path, "a link, which is not followed"
    if folder.is_symlink() or not folder.exists():
        return
    with os.scandir(folder) as found:
        for one in found:
            name = f"{path}/{one.name}"
            if one.is_dir(follow_symlinks=False) and depth < _DEPTH - 1:
                yield from _walk(folder / one.name, name, depth + 1)
            elif not one.is_file(follow_symlinks=False):
                yield name, "a link, or no regular file"
            elif depth < _DEPTH - 1 or not name.endswith((".json", ".parquet")):
                yield name, "neither an entry nor its samples"
            else:
                yield name, None


def _unpaired(entries: Sequence[Entry], files: Mapping[str, str | None]) -> Iterator[Finding]:
    """Samples without their entry, entries without their samples, folders that differ in case."""
    wanted = {samples_path(entry_path(one)) for one in entries if one.samples is not None}
    there = {path for path, fault in files.items() if fault is None and path.endswith(".parquet")}
    for path in sorted(wanted - there):
        yield Finding("error", "an entry names these samples, but they are not there", "", path)
    for path in sorted(there - wanted):
        yield Finding("error", "samples without a readable entry", "", shown(path))
    folders = Counter(path.casefold() for path in {path.rpartition("/")[0] for path in files})
    for path in sorted(path for path, count in folders.items() if count > 1):
        yield Finding("error", "two models' folders differ in case alone", "", shown(path))
