"""Which files are in the folder: none that `load_dataset` trips over, none that must not go out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sightline.checking import texts
from sightline.findings import Finding
from sightline.wording import invisible, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sightline.checking.opened import OpenedDataset
    from sightline.progress import Progress

MAX_IN_FOLDER = 10_000
"""The Hub refuses folders with more entries (its documentation, storage limits)."""
MAX_FILES = 100_000
"""The Hub advises against repositories with more files (as above)."""
MAX_BYTES = 50 * 1000**3
"""The largest file that the Hub takes from a client in one piece (as above)."""

_MAX_NAME_BYTES = 255
_FORBIDDEN = frozenset('<>:"|?*\\')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_RENAME = "rename it in the release and build again"
_REMOVE = "remove it"

_LEFTOVERS = {
    "dataset_infos.json": "load_dataset takes row counts and columns from it, which may be stale",
    "dataset_info.json": "it belongs to a cache or to save_to_disk, and load_dataset does not read "
    "such folders",
    "dataset_dict.json": "save_to_disk made it, and load_dataset refuses such folders",
    "state.json": "save_to_disk made it, and load_dataset refuses such folders",
    ".huggingface.yaml": "load_dataset reads it as a second front matter beside the card's",
}
_ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar")
_UNFINISHED = (".unfinished", ".partial", ".incomplete", ".lock", ".tmp", ".part", ".swp", "~")
_DROPPINGS = frozenset((".ds_store", "thumbs.db", "desktop.ini", "journal.jsonl"))
_DROPPING_FOLDERS = frozenset((".git", ".cache", "__pycache__", ".ipynb_checkpoints", "__macosx"))
_SECRET = re.compile(
    r"\.env(\..+)?|.+\.(pem|key|p12|pfx|keystore)|id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.npmrc|\.pypirc"
    r"|\.git-credentials|credentials(\.json)?|stored_tokens|(.+[._-])?token(\.txt|\.json)?",
    re.IGNORECASE,
)


def check(dataset: OpenedDataset, progress: Progress) -> Iterator[Finding]:  # noqa: ARG001
    """Find every file that must not be there, or not under its name."""
    for name in dataset.links:
        yield Finding(
            "error",
            "this is a link or no regular file, which a repository cannot hold",
            "put the file itself there, or remove it",
            shown(name),
        )
    names = (*dataset.files, *dataset.links)
    yield from _parts(names)
    yield from _alike(names)
    for name in dataset.files:
        yield from _kind(PurePosixPath(name))
    yield from _droppings(dataset.files)
    yield from _limits(dataset.files)
    yield from texts.findings(dataset)


def _parts(names: Iterable[str]) -> Iterator[Finding]:
    """Names that some file system or tool cannot hold; a folder's is told once."""
    seen: set[str] = set()
    for name in names:
        path = ""
        for part in name.split("/"):
            path = f"{path}/{part}" if path else part
            if path not in seen:
                seen.add(path)
                faults = _faults(part)
                if faults:
                    what = f"this name does not work everywhere: {'; '.join(faults)}"
                    yield Finding("error", what, _RENAME, shown(path))


def _faults(part: str) -> list[str]:
    """What is wrong with one part of a path."""
    raw = part.encode("utf-8", "surrogateescape")
    bad = sorted(_FORBIDDEN.intersection(part))
    return [
        fault
        for fault, found in (
            (f"Windows forbids {' '.join(bad)}", bool(bad)),
            ("it is no UTF-8", any("\ud800" <= character <= "\udfff" for character in part)),
            (
                "it has invisible characters",
                any(invisible(character) and not _surrogate(character) for character in part),
            ),
            ("it ends with a dot or a space", part.endswith((".", " "))),
            ("it begins with a space", part.startswith(" ")),
            ("Windows keeps it for a device", bool(_DEVICES.fullmatch(part))),
            (f"it has {len(raw)} bytes, more than 255", len(raw) > _MAX_NAME_BYTES),
            ("it is not in Unicode's form NFC", not unicodedata.is_normalized("NFC", part)),
        )
        if found
    ]


def _surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _alike(names: Iterable[str]) -> Iterator[Finding]:
    """Files or folders that are one and the same where case does not count."""
    spellings: dict[str, set[str]] = defaultdict(set)
    for name in names:
        path = ""
        for part in name.split("/"):
            path = f"{path}/{part}" if path else part
            spellings[unicodedata.normalize("NFC", path).casefold()].add(path)
    for paths in spellings.values():
        # Of files in two folders that differ in case, only the folders are told.
        if len(paths) > 1 and len({path.rpartition("/")[0] for path in paths}) == 1:
            first, *others = sorted(paths)
            what = f"differs from {', '.join(map(shown, others))} in case alone"
            yield Finding("error", what, _RENAME, shown(first))


def _kind(path: PurePosixPath) -> Iterator[Finding]:
    """What a file is by its name."""
    name, where = path.name.lower(), shown(path.as_posix())
    at_root = len(path.parts) == 1
    if name.endswith(".py"):
        yield _script(where, at_root=at_root)
    elif name in _LEFTOVERS:
        yield Finding("error", _LEFTOVERS[name], _REMOVE, where)
    elif name.endswith(".arrow"):
        what = "an Arrow file, of a cache or save_to_disk: a dataset on the Hub is Parquet"
        yield Finding("error", what, _REMOVE, where)
    elif name.endswith(_ARCHIVES):
        what = "an archive: the Hub may take the repository for one of archives, and shows no rows"
        yield Finding("error" if at_root else "warning", what, "unpack or remove it", where)
    if _SECRET.fullmatch(name):
        what = "this looks like a file of secrets"
        yield Finding("error", what, "remove it, and make the secret invalid if it got out", where)


def _script(where: str, *, at_root: bool) -> Finding:
    if at_root:
        what = "a Python file here is a loading script to load_dataset, which then refuses"
        return Finding("error", what, _REMOVE, where)
    return Finding("warning", "a dataset needs no Python file", _REMOVE, where)


def _droppings(files: Mapping[str, int]) -> Iterator[Finding]:
    """What tools leave behind; a whole folder of it is one finding."""
    folders: Counter[str] = Counter()
    for name in files:
        parts = name.split("/")
        depth = next((i for i, part in enumerate(parts[:-1]) if _dropping_folder(part)), None)
        if depth is not None:
            folders["/".join(parts[: depth + 1])] += 1
        elif parts[-1].lower() in _DROPPINGS or parts[-1].lower().endswith(_UNFINISHED):
            what = "an unfinished file, or one that a tool left behind"
            yield Finding("warning", what, _REMOVE, shown(name))
    for folder, count in folders.items():
        what = f"a folder that a tool left behind, with {count:,} file(s)"
        yield Finding("warning", what, _REMOVE, shown(f"{folder}/"))


def _dropping_folder(part: str) -> bool:
    return part.lower() in _DROPPING_FOLDERS or ".partial-" in part


def _limits(files: Mapping[str, int]) -> Iterator[Finding]:
    """What the Hub cannot hold."""
    if len(files) >= MAX_FILES:
        what = f"{len(files):,} files, and the Hub wants fewer than {MAX_FILES:,}"
        yield Finding("error", what, "put small files into Parquet tables")
    entries: dict[str, set[str]] = defaultdict(set)
    for name in files:
        folder = ""
        for part in name.split("/"):
            entries[folder].add(part)
            folder = f"{folder}/{part}" if folder else part
    for folder, held in entries.items():
        if len(held) >= MAX_IN_FOLDER:
            what = f"{len(held):,} entries in a folder, and the Hub wants fewer than "
            mend = "divide it into folders"
            yield Finding("error", f"{what}{MAX_IN_FOLDER:,}", mend, shown(f"{folder}/"))
    for name, size in files.items():
        if size >= MAX_BYTES:
            what = f"{size:,} bytes, and the Hub wants fewer than {MAX_BYTES:,} in a file"
            yield Finding("error", what, "divide it", shown(name))
