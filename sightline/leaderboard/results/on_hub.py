"""A results repository on the Hub, or one of its pull requests: fetched, looked at, verified."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import UsageError
from sightline.findings import Finding
from sightline.leaderboard.results.entries import ENTRY_LIMIT_BYTES
from sightline.leaderboard.results.entry_names import RESULTS
from sightline.leaderboard.results.sample_rows import SAMPLES_LIMIT_BYTES
from sightline.leaderboard.results.verifying import changed_files, verify_entries
from sightline.publishing.hub import Hub
from sightline.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.leaderboard.checks.subject import OwnDataset
    from sightline.progress import Progress
    from sightline.publishing.records import RemoteFile

PLACE = re.compile(r"(?P<name>\w[\w.-]*/\w[\w.-]*)(?:@(?P<revision>\w[\w./-]*))?", re.ASCII)
"""How people write a repository, or a pull request of it: ``org/name@refs/pr/3``."""

_REQUEST = re.compile(r"refs/pr/[0-9]+", re.ASCII)
_MAIN = "main"


def verify_on_hub(
    place: str,
    datasets: Mapping[str, OwnDataset],
    *,
    progress: Progress,
    hub: Hub | None = None,
) -> list[Finding]:
    """Fetch a results repository and verify it; of a pull request, what it adds or changes.

    Args:
        place: ``org/name`` or ``org/name@revision``; a pull request is ``org/name@refs/pr/3``.
        datasets: benchmark -> the checker's own dataset.
        progress: told about bytes fetched.
        hub: the way there; None: as the environment says.

    Returns:
        What was found. A pull request that touches anything but its own new files has an error for
        each, and one that adds nothing has one, too.

    Raises:
        UsageError: the place is none.
        PublishError: the Hub cannot be read.
    """
    match = PLACE.fullmatch(place)
    if match is None:
        raise UsageError(
            f"{place!r} must be a folder that exists, or ORG/NAME[@REVISION] on the Hub",
            next_step="check the path; a pull request is ORG/NAME@refs/pr/3",
        )
    hub = hub or Hub()
    repository, revision = match["name"], match["revision"] or _MAIN
    commit = hub.resolve(repository, revision)
    files = hub.files(repository, commit)
    found: list[Finding] = []
    wanted = {name: file for name, file in files.items() if name.startswith(f"{RESULTS}/")}
    if _REQUEST.fullmatch(revision):
        base = hub.files(repository, _base(hub, repository, commit))
        found += changed_files(_contents(base), _contents(files))
        wanted = {name: file for name, file in wanted.items() if not _same(base.get(name), file)}
        if not wanted:
            found.append(Finding("error", "the request adds no result", "do not merge it"))
    found += _too_large(wanted)
    if found:
        return found
    with tempfile.TemporaryDirectory(prefix="sightline-") as folder:
        hub.fetch(repository, commit, sorted(wanted), Path(folder), progress)
        return verify_entries(Path(folder), datasets)


def _base(hub: Hub, repository: str, commit: str) -> str:
    """The commit of ``main`` that a pull request starts from."""

    def history(revision: str) -> list[str]:
        listed = hub.patience.ask(
            lambda: hub.api.list_repo_commits(repository, repo_type="dataset", revision=revision)
        )
        return [one.commit_id for one in listed]

    with hub.talking(repository):
        main = set(history(_MAIN))
        return next((one for one in history(commit) if one in main), _MAIN)


def _contents(files: Mapping[str, RemoteFile]) -> dict[str, str]:
    return {name: file.sha256 or file.oid for name, file in files.items()}


def _same(base: RemoteFile | None, head: RemoteFile) -> bool:
    return base is not None and (base.sha256 or base.oid) == (head.sha256 or head.oid)


def _too_large(files: Mapping[str, RemoteFile]) -> list[Finding]:
    """Nothing is fetched that would not be read."""
    found = []
    for name, file in sorted(files.items()):
        limit = SAMPLES_LIMIT_BYTES if name.endswith(".parquet") else ENTRY_LIMIT_BYTES
        if file.size > limit:
            told = f"{file.size:,} bytes; more than {limit:,} are not read"
            found.append(Finding("error", told, "do not merge it", shown(name)))
    return found
