"""Packages from strangers: read with bounds, every problem at once, nothing raised.

What comes back is well-formed and no more: whether it is true, the checks say.
"""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING, Any

from sightline.leaderboard.checks.json_text import BadJsonError, parse, weight
from sightline.leaderboard.checks.members import (
    LARGEST_MANIFEST,
    LARGEST_UNPACKED,
    error,
    first,
    opened,
)
from sightline.leaderboard.records import MANIFEST, RESPONSES, Package, SubmittedResponse
from sightline.wording import invisible, short

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sightline.findings import Finding

LARGEST_LINE = 2 << 20
"""Bytes of one response with all its details."""

MOST_LINES = 100_000
"""Responses in a package."""

MOST_VALUES = 20_000_000
"""Values in all responses together, as commas and brackets count them: they bound the memory."""

_MOST_BAD_LINES = 1000
_LONGEST_ID = 200
_LONGEST_ERROR = 20_000
_KEYS = frozenset(("question_id", "response", "error", "details"))
_END_OF_FILE = b""


def read_package(path: Path) -> tuple[Package | None, list[Finding]]:
    """A package, and what is wrong with it as a file.

    Args:
        path: a folder or a zip file.

    Returns:
        The package, None when its manifest or its responses cannot be read at all; and the
        findings, all of them errors. With an error the package must not be used, except to look
        for more that is wrong with it.
    """
    found: list[Finding] = []
    with opened(path, found) as files:
        manifest = _manifest(files[MANIFEST], found) if MANIFEST in files else None
        read = _Responses(files[RESPONSES]) if RESPONSES in files else None
    if read is not None:
        found += read.faults()
    if manifest is None or read is None:
        return None, found
    found += _digest_faults(manifest, read)
    return Package(manifest, tuple(read.responses)), found


def _manifest(file: IO[bytes], found: list[Finding]) -> dict[str, Any] | None:
    try:
        value = parse(file.read(LARGEST_MANIFEST + 1), LARGEST_MANIFEST)
    except BadJsonError as fault:
        found.append(error(str(fault), where=MANIFEST))
        return None
    except OSError as failed:
        found.append(error(f"cannot be read: {failed.strerror}", where=MANIFEST))
        return None
    if isinstance(value, dict):
        return value
    found.append(error(f"must be an object, but is {type(value).__name__}", where=MANIFEST))
    return None


class _Responses:
    """The responses file, read to its end once: its records, its faults and its digest."""

    def __init__(self, file: IO[bytes]) -> None:
        self.responses: list[SubmittedResponse] = []
        self.lines = 0
        self._bad: list[Finding] = []
        self._stopped = ""
        self._values = 0
        self._digest = hashlib.sha256()
        try:
            self._read(file)
        except OSError as failed:
            self._stopped = f"cannot be read: {failed.strerror}"

    @property
    def sha256(self) -> str:
        """Of all bytes; of those before the stop when reading was stopped."""
        return self._digest.hexdigest()

    @property
    def whole(self) -> bool:
        """Whether the file was read to its end."""
        return not self._stopped

    def faults(self) -> list[Finding]:
        """What is wrong with single lines, and why reading stopped."""
        stopped = [error(self._stopped, where=RESPONSES)] if self._stopped else []
        return [*first(self._bad, RESPONSES), *stopped]

    def _read(self, file: IO[bytes]) -> None:
        bytes_read = 0
        while (line := file.readline(LARGEST_LINE + 1)) != _END_OF_FILE:
            bytes_read += len(line)
            self._digest.update(line)
            self.lines += 1
            self._take(line)
            while len(line) > LARGEST_LINE and not line.endswith(b"\n"):
                line = file.readline(LARGEST_LINE + 1)
                bytes_read += len(line)
                self._digest.update(line)
                if not line:
                    break
            self._stopped = self._why_stop(bytes_read)
            if self._stopped:
                return

    def _take(self, line: bytes) -> None:
        where = f"{RESPONSES}, line {self.lines}"
        self._values += weight(line)
        if self._values > MOST_VALUES:
            return
        try:
            self.responses.append(_response(parse(line, LARGEST_LINE)))
        except BadJsonError as fault:
            self._bad.append(error(str(fault), where=where))

    def _why_stop(self, bytes_read: int) -> str:
        reasons = {
            f"has more than {MOST_LINES:,} lines": self.lines > MOST_LINES,
            f"has more than {LARGEST_UNPACKED:,} bytes": bytes_read > LARGEST_UNPACKED,
            f"has more than {MOST_VALUES:,} values": self._values > MOST_VALUES,
            f"has {_MOST_BAD_LINES:,} bad lines; what follows was not looked at": len(self._bad)
            >= _MOST_BAD_LINES,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")


def _response(value: Any) -> SubmittedResponse:
    """One line as a record.

    Raises:
        BadJsonError: it is none.
    """
    if not isinstance(value, dict):
        raise BadJsonError(f"must be an object, but is {type(value).__name__}")
    if set(value) - _KEYS or "question_id" not in value or "response" not in value:
        raise BadJsonError(
            f"must have the keys {', '.join(sorted(_KEYS))}, but has {short([*value])}"
        )
    details = value.get("details", {})
    if not isinstance(details, dict):
        raise BadJsonError(f"details must be an object, but is {type(details).__name__}")
    response, reason = _text(value, "response"), _text(value, "error")
    if (response is None) == (reason is None):
        raise BadJsonError("must have either a response or the error why there is none")
    if reason is not None and len(reason) > _LONGEST_ERROR:
        raise BadJsonError(f"error must have at most {_LONGEST_ERROR:,} characters")
    return SubmittedResponse(_id(value["question_id"]), response, reason, details)


def _text(value: Mapping[str, Any], key: str) -> str | None:
    text = value.get(key)
    if text is None or isinstance(text, str):
        return text
    raise BadJsonError(f"{key} must be text or null, but is {type(text).__name__}")


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > _LONGEST_ID:
        raise BadJsonError(
            f"question_id ({short(value)}) must be text of 1 to {_LONGEST_ID} characters"
        )
    if any(map(invisible, value)):
        raise BadJsonError(f"question_id ({short(value)}) must not have invisible characters")
    return value


def _digest_faults(manifest: Mapping[str, Any], read: _Responses) -> list[Finding]:
    """Whether the responses are those that the manifest was written for."""
    declared = manifest.get("responses")
    declared = declared if isinstance(declared, dict) else {}
    pairs = [("file", RESPONSES), ("count", read.lines), ("sha256", read.sha256)]
    return [
        error(
            f"must be {real}, which the responses have, but the manifest says "
            f"{short(declared.get(key))}",
            "pack the run again; a package cannot be changed by hand",
            where=f"{MANIFEST}: responses.{key}",
        )
        for key, real in pairs
        # True is 1 to Python.
        if read.whole and (declared.get(key) != real or isinstance(declared.get(key), bool))
    ]
