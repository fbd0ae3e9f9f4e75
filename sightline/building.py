"""What every builder does around its own work: one at a time, the same build not twice."""

from __future__ import annotations

import hashlib
import json
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from sightline.errors import DatasetError
from sightline.staging import room

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sightline.release import Release
    from sightline.staging import PartFile, Staging

BUILD_FILE = "build.json"
"""What was built from what, in every dataset folder; its keys are set by the builder."""

SKIP_HINT = "repair the release, or leave the broken samples out with --skip-broken"
"""What a refused build tells people to do."""

RESERVE_BYTES = 16 << 20
"""Room for tables and the card, beside the media."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildReport:
    """What a build or a check found."""

    out: Path | None
    """The dataset; None after a check, which writes nothing."""
    built: bool
    """False when the dataset was there already, or was not asked for."""
    facts: Mapping[str, Any]
    """The content of ``build.json``: release, skipped samples, files and the survey."""

    def survey_lines(self) -> list[str]:
        """The survey as lines of text; a benchmark says its own here."""
        return []

    @property
    def skipped(self) -> tuple[str, ...]:
        """Ids of the samples left out, or places of those that have none."""
        return tuple(self.facts["skipped"])

    def text(self) -> str:
        """The report for people, several lines."""
        release = self.facts["release"]
        revision = f" at {release['revision']}" if release["revision"] else ""
        lines = [f"release: {release['repository'] or 'folder'}{revision}"]
        lines += [
            f"  {name}  {file['bytes']:,} bytes  sha256 {file['sha256']}"
            for name, file in release["files"].items()
        ]
        lines += self.survey_lines()
        if self.facts["problems"]:
            lines += [f"left out: {len(self.skipped)} sample(s)"]
            lines += [f"  - {problem}" for problem in self.facts["problems"]]
        if self.out is not None:
            verb = "built" if self.built else "already built from the same files, nothing to do:"
            lines.append(f"dataset: {verb} {self.out}")
        return "\n".join(lines)


@contextmanager
def only_one(out: Path) -> Iterator[None]:
    """One build of `out` at a time on this machine; another one waits."""
    with room(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out.with_name(f".{out.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _log.warning("another build or publication of %s is at work; waiting for it", out)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def build_key(release: Release, version: object) -> str:
    """Names what is built: the release's bytes and the version (and options) of the builder."""
    checksums = [version, *(file.sha256 for file in release.files)]
    return hashlib.sha256(json.dumps(checksums).encode()).hexdigest()


def finished(
    out: Path, release: Release, *, version: int, skip_broken: bool
) -> dict[str, Any] | None:
    """What is known of a dataset that is there already; None when there is nothing.

    Args:
        out: the dataset folder.
        release: what it should have been built from.
        version: the builder's, as ``build.json`` has it under ``builder_version``.
        skip_broken: whether a dataset without the broken samples will do.

    Raises:
        DatasetError: `out` holds something else, is damaged, or lacks samples.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    elsewhere = "choose another --out, or move what is there away"
    try:
        facts: dict[str, Any] = json.loads((out / BUILD_FILE).read_text(encoding="utf-8"))
        built_from = facts["release"]["files"], facts["builder_version"]
        sizes = {name: file["bytes"] for name, file in facts["files"].items()}
        problems = facts["problems"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise DatasetError(
            f"{out} must be empty or a built dataset, but holds something else",
            next_step=elsewhere,
        ) from None
    if built_from != (release.as_dict()["files"], version):
        raise DatasetError(
            f"{out} was built from other release files or by another version of the builder",
            next_step=elsewhere,
        )
    damaged = [name for name, size in sizes.items() if _size(out / name) != size]
    if damaged:
        raise DatasetError(
            f"{out} is damaged: {', '.join(damaged[:5])} must have the size in {BUILD_FILE}",
            next_step=f"{elsewhere}; then build again",
        )
    if problems and not skip_broken:
        raise DatasetError(
            f"{out} was built with --skip-broken and lacks {len(facts['skipped'])} sample(s)",
            next_step=f"give --skip-broken again, or {elsewhere}",
        )
    return facts


def write_facts(staging: Staging, card: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The last two files: the card, and ``build.json`` with all files' sizes and checksums.

    Returns:
        The facts with `files` added.
    """
    _write_text(staging, "README.md", card)
    files = {part.name: {"bytes": part.size, "sha256": part.sha256} for part in staging.parts}
    whole = {**facts, "files": files}
    _write_text(staging, BUILD_FILE, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    return whole


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Rows, at least one, as columns."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _write_text(staging: Staging, name: str, text: str) -> None:
    data = text.encode()

    def make(file: PartFile) -> dict[str, Any]:
        file.write(data)
        return {}

    staging.part(name, hashlib.sha256(data).hexdigest(), make)
