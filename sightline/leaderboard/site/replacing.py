"""A site's folder that appears at once, and replaces nothing but an older site of ours."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import UsageError
from sightline.staging import room

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = ".sightline-site.json"
"""Says that a folder is a site of ours, and which files are part of it."""


def files(folder: Path) -> list[str]:
    """Every file below a folder but the marker, links too, with forward slashes, sorted."""
    found = (one for one in folder.rglob("*") if one.is_symlink() or not one.is_dir())
    names = (one.relative_to(folder).as_posix() for one in found)
    return sorted(name for name in names if name != MARKER)


@contextmanager
def site_folder(out: Path) -> Iterator[Path]:
    """A folder beside `out` that becomes `out` when all went well, and goes away otherwise.

    Raises:
        UsageError: `out` holds something that no build wrote, or cannot be written.
    """
    _check_ours(out)
    try:
        with room(out.parent):
            out.parent.mkdir(parents=True, exist_ok=True)
            workshop = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise UsageError(f"cannot write beside {out}: {error.strerror}") from error
    try:
        folder = workshop / "new"
        folder.mkdir()
        with room(out.parent):
            yield folder
            write_marker(folder)
        _swap(folder, out, workshop / "old")
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def write_marker(folder: Path) -> None:
    """Write down which files are part of the site."""
    text = json.dumps({"version": 1, "files": files(folder)}, indent=0)
    (folder / MARKER).write_text(f"{text}\n", encoding="utf-8")


def differences(old: Path, new: Path) -> list[str]:
    """Files that only one of two folders has, or whose bytes differ, sorted."""
    names = {*files(old), *files(new)} if old.is_dir() else set(files(new))
    return sorted(name for name in names if not _same(old / name, new / name))


def _same(one: Path, other: Path) -> bool:
    regular = all(path.is_file() and not path.is_symlink() for path in (one, other))
    return regular and one.read_bytes() == other.read_bytes()


def _check_ours(out: Path) -> None:
    """See that nothing is lost when `out` is replaced.

    Raises:
        UsageError: it holds a file that no build wrote.
    """
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UsageError(f"{out} must be a folder, or not exist", next_step="name another folder")
    if not out.exists() or not any(out.iterdir()):
        return
    foreign = sorted(set(files(out)) - _recorded(out))
    if not (out / MARKER).is_file() or foreign:
        told = ", ".join(foreign[:3]) + (", ..." if len(foreign) > len(foreign[:3]) else "")
        raise UsageError(
            f"{out} holds files that no build of a site wrote: {told or 'folders alone'}",
            next_step="name a new folder and copy what it holds, or move these files away",
        )


def _recorded(out: Path) -> set[str]:
    try:
        recorded = json.loads((out / MARKER).read_text(encoding="utf-8"))["files"]
        return {name for name in recorded if isinstance(name, str)}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _swap(new: Path, out: Path, old: Path) -> None:
    """Put `new` in the place of `out`; when that fails, `out` is as it was."""
    try:
        new.chmod(0o755)
        if not out.exists():
            new.replace(out)
            return
        out.replace(old)
        try:
            new.replace(out)
        except OSError:
            old.replace(out)
            raise
    except OSError as error:
        raise UsageError(f"cannot replace {out}: {error.strerror}") from error
