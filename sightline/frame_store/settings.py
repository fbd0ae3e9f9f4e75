"""Where this machine keeps frames, and how many: what the environment says."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER_VARIABLE = "SIGHTLINE_FRAME_STORE"
"""A folder; ``0`` keeps frames in a temporary one that goes with the process."""

BYTES_VARIABLE = "SIGHTLINE_FRAME_STORE_BYTES"
"""How much may lie there: ``50GB``, ``500 MiB``, or a number of bytes."""

MOST_BYTES = 64 * 10**9
"""The cap where nothing else is said, if half of the free disk is not less."""

_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?:(?P<prefix>[kmgt])(?P<binary>i)?)?b?")
_PREFIXES = " kmgt"


def store_folder(environment: Mapping[str, str]) -> Path | None:
    """Where frames are kept; None for a temporary folder."""
    named = environment.get(FOLDER_VARIABLE, "").strip()
    if named == "0":
        return None
    if named:
        return Path(named).expanduser()
    home = environment.get("HF_HOME")
    if not home:
        # As huggingface_hub does, which may have read the environment long ago.
        home = str(Path(environment.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    return Path(home).expanduser() / "sightline" / "frames"


def store_bytes(environment: Mapping[str, str]) -> int | None:
    """The cap that the user named, bytes; None when there is none.

    Raises:
        UsageError: it is no size.
    """
    named = environment.get(BYTES_VARIABLE, "").strip()
    if not named:
        return None
    match = _SIZE.fullmatch(named.lower())
    if match is None:
        raise UsageError(
            f"{BYTES_VARIABLE} ({named!r}) must be a size: 50GB, 500 MiB, or a number of bytes"
        )
    power = _PREFIXES.index(match["prefix"] or " ")
    return int(float(match["number"]) * (1024 if match["binary"] else 1000) ** power)


def default_bytes(folder: Path, held: int) -> int:
    """The cap where the user names none.

    Args:
        folder: where frames are kept; it may not exist yet.
        held: what lies there already, bytes: it counts as free, or a full store would shrink.
    """
    there = next((one for one in (folder, *folder.parents) if one.is_dir()), Path(os.sep))
    return min(MOST_BYTES, (shutil.disk_usage(there).free + held) // 2)
