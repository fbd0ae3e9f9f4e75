"""What one commit would do: local files beside those of the Hub, decided without touching either.

The rule that everything here serves: nothing goes away that we did not write, and nothing of
somebody else's is replaced in silence. What we wrote is what ``build.json`` on the Hub lists, with
digests; it is text from the network, so a record with anything odd in it counts as no record.

Git names a small file by SHA-1 over a header and the content, our record by SHA-256, so whether
such a file still is what the record says can only be known by reading it: `unread` names those
few, and `plan` is given their digests.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from sightline.building import BUILD_FILE
from sightline.publishing.records import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sightline.publishing.records import LocalFile, RemoteFile, RemoteState

ATTRIBUTES = ".gitattributes"
"""Made by the Hub in every new repository; to have it is no sign of somebody else's work."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20


def plan(
    local: Mapping[str, LocalFile],
    remote: RemoteState,
    blob_oid: Callable[[LocalFile], str],
    remote_sha256: Mapping[str, str] | None = None,
) -> Plan:
    """What would make the repository hold the local files.

    Args:
        local: name -> file, for all that is to stand in the repository.
        remote: the repository as it is.
        blob_oid: git's name of a file's content, as `git_blob_oid`; asked only for files that
            have the size of one that the Hub keeps in git itself.
        remote_sha256: name -> SHA-256 of the content on the Hub, for those that `unread` named.
            One that is not told counts as changed by somebody else.

    Returns:
        The plan. A file of ours that somebody removed from the Hub is in `added` and `conflicts`.
    """
    there, record = remote.files or {}, record_of(remote)
    digests = remote_sha256 or {}
    added = local.keys() - there.keys()
    same = {name for name in local.keys() & there.keys() if _equal(local, there, name, blob_oid)}
    changed = local.keys() - added - same
    gone = ours(remote) & there.keys() - local.keys()
    deleted = {name for name in gone if _as_recorded(there[name], record, digests)}
    touched = {name for name in changed if not _as_recorded(there[name], record, digests)}
    removed_by_others = added & (record or {}).keys()
    return Plan(
        added=tuple(sorted(added)),
        changed=tuple(sorted(changed)),
        deleted=tuple(sorted(deleted)),
        same=tuple(sorted(same)),
        left=tuple(sorted(there.keys() - local.keys() - gone)),
        conflicts=tuple(
            sorted(((gone - deleted) | touched | removed_by_others) - {ATTRIBUTES}),
        ),
    )


def unread(
    local: Mapping[str, LocalFile], remote: RemoteState, blob_oid: Callable[[LocalFile], str]
) -> tuple[str, ...]:
    """Files on the Hub that must be read to know whether they are as we left them, sorted.

    They are small text files of ours that would be replaced or deleted, and have the size that the
    record says. `plan` wants the SHA-256 of each.
    """
    there, record = remote.files or {}, record_of(remote) or {}
    return tuple(
        sorted(
            name
            for name in record.keys() & there.keys()
            if there[name].sha256 is None
            and there[name].size == record[name][0]
            and not (name in local and _equal(local, there, name, blob_oid))
        )
    )


def record_of(remote: RemoteState) -> dict[str, tuple[int, str]] | None:
    """Name -> bytes and SHA-256 of the files that we put there, by ``build.json`` on the Hub.

    Returns:
        None where there is none, or one in which a single entry is not what we write: somebody
        else made it, and it is no ground to replace or delete anything.
    """
    listed = (remote.facts or {}).get("files")
    if BUILD_FILE not in (remote.files or {}) or not isinstance(listed, dict):
        return None
    record = {}
    for name, entry in listed.items():
        if not _usable(name, entry):
            return None
        record[name] = (entry["bytes"], entry["sha256"])
    return record


def ours(remote: RemoteState) -> frozenset[str]:
    """Names of the files that we put into a repository, ``build.json`` among them."""
    record = record_of(remote)
    return frozenset() if record is None else frozenset(record) | {BUILD_FILE}


def bytes_to_send(decided: Plan, local: Mapping[str, LocalFile]) -> int:
    """Bytes of the files that are added or changed; the Hub may know some contents already."""
    return sum(local[name].size for name in (*decided.added, *decided.changed))


def git_blob_oid(path: Path) -> str:
    """Git's name of a file's content, 40 hex digits: SHA-1 of ``blob <size>``, NUL and content.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _equal(
    local: Mapping[str, LocalFile],
    there: Mapping[str, RemoteFile],
    name: str,
    blob_oid: Callable[[LocalFile], str],
) -> bool:
    mine, other = local[name], there[name]
    if other.sha256 is not None:
        return mine.sha256 == other.sha256
    return mine.size == other.size and blob_oid(mine) == other.oid


def _as_recorded(
    file: RemoteFile, record: Mapping[str, tuple[int, str]] | None, digests: Mapping[str, str]
) -> bool:
    """Whether it is what we put there; ``build.json`` is the record and cannot list itself."""
    if record is None:
        return False
    if file.name == BUILD_FILE:
        return True
    if file.name not in record:
        return False
    _, sha256 = record[file.name]
    return (file.sha256 or digests.get(file.name)) == sha256


def _usable(name: object, entry: Any) -> bool:
    """Whether an entry of a record is one that we could have written."""
    return (
        isinstance(name, str)
        and _is_our_name(name)
        and isinstance(entry, dict)
        and isinstance(entry.get("bytes"), int)
        and isinstance(entry.get("sha256"), str)
        and _SHA256.fullmatch(entry["sha256"]) is not None
    )


def _is_our_name(name: str) -> bool:
    """A plain relative path; what begins with a dot (``.eval_results``) belongs to the Hub."""
    parts = name.split("/")
    plain = "\\" not in name and str(PurePosixPath(name)) == name and ".." not in parts
    return plain and not name.startswith(("/", ".")) and name != BUILD_FILE
