"""Temporary folders that go with their owner, and when a process was killed, with the next one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
import weakref
from pathlib import Path

_MARK = "in-use"
_YOUNG_SECONDS = 60
"""A folder this young may not have its mark yet."""


def temporary_folder(owner: object, prefix: str) -> Path:
    """A new folder that is removed when its owner is forgotten or the process ends.

    Folders of this prefix that killed processes of this user left are removed first.

    Raises:
        OSError: there is no place for one.
    """
    _remove_left(Path(tempfile.gettempdir()), prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    mark = os.open(folder / _MARK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(mark, fcntl.LOCK_SH)
    weakref.finalize(owner, _remove, folder, mark, os.getpid())
    return folder


def _remove(folder: Path, mark: int, process: int) -> None:
    if os.getpid() == process:  # a forked child must not take it from its parent
        shutil.rmtree(folder, ignore_errors=True)
        os.close(mark)


def _remove_left(parent: Path, prefix: str) -> None:
    for folder in parent.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            mine = folder.stat().st_uid == os.getuid()
            if mine and folder.stat().st_mtime < time.time() - _YOUNG_SECONDS and _free(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _free(folder: Path) -> bool:
    """Whether no living process holds the folder's mark."""
    mark = os.open(folder / _MARK, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(mark)
    return True
