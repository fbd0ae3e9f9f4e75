"""Which part of a file a request wants."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class UnsatisfiableError(ValueError):
    """The file does not reach so far."""


def wanted_part(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None: the whole file.

    What is no single range is not understood, and the whole file is the right answer to it.

    Raises:
        UnsatisfiableError: 416.
    """
    found = _RANGE.fullmatch((header or "").replace(" ", ""))
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        count = min(int(found[2]), size)
        if not count:
            raise UnsatisfiableError
        return size - count, size
    first = int(found[1])
    if first >= size:
        raise UnsatisfiableError
    if not found[2]:
        return first, size
    return (first, min(int(found[2]) + 1, size)) if int(found[2]) >= first else None
