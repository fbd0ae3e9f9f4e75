"""A submission to a results repository on the Hub: two files, one commit, nothing else touched."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.benchmarks import all_benchmarks
from sightline.errors import PublishError, SubmissionError
from sightline.leaderboard.checks.reading import read_package
from sightline.leaderboard.checks.run import check_package
from sightline.leaderboard.results.entry_names import model_folder
from sightline.leaderboard.results.repository import place, submission_of
from sightline.leaderboard.submission.scoring_dataset import dataset_folder
from sightline.publishing.hub import Hub
from sightline.publishing.records import Job, LocalFile, Plan
from sightline.publishing.sending import send
from sightline.staging import file_sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.leaderboard.checks.subject import OwnDataset
    from sightline.leaderboard.results.repository import Submission
    from sightline.progress import Progress
    from sightline.publishing.records import Commit, RemoteState

_READ_LIMIT_BYTES = 16 << 20
_BRANCH = "main"


def push(
    package: Path,
    repository: str,
    *,
    create_pr: bool,
    dry_run: bool,
    progress: Progress,
    tell: Callable[[str], None],
    hub: Hub | None = None,
    dataset: str | Path | OwnDataset | None = None,
) -> Commit | None:
    """Send a checked submission to a results repository.

    Args:
        package: folder or zip, as `sightline submit` packs it.
        repository: ``org/name`` of a dataset on the Hub; it must be there.
        create_pr: open a pull request; False commits to ``main``.
        dry_run: check and compare, but send nothing.
        progress: told about bytes sent.
        tell: given each line for people.
        hub: the way there; None: as the environment says.
        dataset: what it is checked with: a folder, or ``org/name[@revision]``; None: where the
            manifest says that the run's dataset lies on the Hub.

    Returns:
        The commit; None after a dry run, and where this very run is there already.

    Raises:
        SubmissionError: the check refuses the package, or another content is there.
        PublishError: the Hub refuses, or somebody else was faster.
        DatasetError: the dataset is not here.
    """
    checked = check_package(package, _dataset(package, dataset))
    for finding in checked.findings:
        tell(finding.line())
    submission = submission_of(checked)
    with tempfile.TemporaryDirectory(prefix="sightline-") as folder:
        place(Path(folder), submission)
        files = _files(Path(folder), submission)
        return _sent(
            submission,
            files,
            repository,
            hub or Hub(tell=tell),
            create_pr=create_pr,
            dry_run=dry_run,
            progress=progress,
            tell=tell,
        )


def _dataset(package: Path, named: str | Path | OwnDataset | None) -> Path | OwnDataset | None:
    """The dataset to check with; None where the package itself cannot be read."""
    if named is not None and not isinstance(named, str):
        return named
    read, _ = read_package(package)
    if read is None:
        return None
    dataset, benchmark = (read.manifest.get(key) for key in ("dataset", "benchmark"))
    if not isinstance(dataset, dict) or benchmark not in all_benchmarks():
        return None
    return dataset_folder(named, dataset, benchmark)


def _sent(
    submission: Submission,
    files: dict[str, LocalFile],
    repository: str,
    hub: Hub,
    *,
    create_pr: bool,
    dry_run: bool,
    progress: Progress,
    tell: Callable[[str], None],
) -> Commit | None:
    state = hub.state(repository)
    decided = _decided(submission, files, state, hub)
    if decided.empty:
        tell(f"{repository} has this run already: {submission.path}; nothing to do")
        return None
    for name in decided.added:
        tell(f"add {name} ({files[name].size:,} bytes)")
    if dry_run:
        tell("dry run: nothing was changed")
        return None
    hub.user()
    job = Job(
        repository,
        decided,
        files,
        state,
        title=_title(submission),
        description=_description(submission),
        revision=_BRANCH,
        create_pr=create_pr,
    )
    commit = send(hub, job, progress)
    tell(f"committed {commit.oid}: {commit.pull_request or commit.url}")
    return commit


def _decided(
    submission: Submission, files: dict[str, LocalFile], state: RemoteState, hub: Hub
) -> Plan:
    """What one commit would do: add what is not there, and never change what is.

    The entry decides whether a run is there: it follows from the responses, while the bytes of its
    samples differ between versions of pyarrow.
    """
    if not state.exists or state.head is None:
        raise PublishError(
            f"there is no results repository {state.repository}, or this account may not see it; "
            "nothing was sent",
            next_step="check the spelling; to make one: sightline leaderboard seed FOLDER, then "
            "hf upload",
        )
    there = state.files or {}
    _refuse_alike(submission, there)
    name = submission.path
    if name in there and hub.sha256(state, name, _READ_LIMIT_BYTES) != files[name].sha256:
        raise SubmissionError(
            f"{name} is on {state.repository} with another content, and a run never changes; "
            "nothing was sent",
            next_step="submit the new run under an id of its own",
        )
    same = tuple(sorted(files.keys() & there.keys()))
    added = tuple(sorted(files.keys() - there.keys()))
    if added and submission.samples_path in there:
        raise SubmissionError(
            f"{state.repository} has {submission.samples_path} without its entry; nothing was sent",
            next_step="ask its maintainers to remove that file",
        )
    left = tuple(sorted(there.keys() - files.keys()))
    return Plan(added, (), (), same, left, ())


def _refuse_alike(submission: Submission, there: object) -> None:
    folder = model_folder(submission.entry.model)
    parts = [name.split("/") for name in there] if isinstance(there, dict) else []
    names = {part[2] for part in parts if len(part) > 2 and part[0] == "results"}  # noqa: PLR2004 (results, benchmark, model)
    for name in sorted(names - {folder}):
        if name.casefold() == folder.casefold():
            raise SubmissionError(
                f"the model's folder would be {folder}, and there is {name}, which differs in case "
                "alone; nothing was sent",
                next_step="spell the model as in the runs that are there",
            )


def _title(submission: Submission) -> str:
    entry = submission.entry
    return f"{entry.model} on {entry.setting}: {entry.value:.1f} %"


def _description(submission: Submission) -> str:
    """What a maintainer wants to see first; the files say the rest."""
    entry = submission.entry
    interval = "" if entry.low is None else f", 95 % interval {entry.low:.1f} to {entry.high:.1f}"
    lines = [f"{len(submission.rows):,} samples{interval}", *entry.faults, *entry.notes]
    return "\n".join(f"- {' '.join(line.split())}" for line in lines)


def _files(folder: Path, submission: Submission) -> dict[str, LocalFile]:
    found = {}
    for name in (submission.path, submission.samples_path):
        path = folder.joinpath(*name.split("/"))
        found[name] = LocalFile(name, path, path.stat().st_size, file_sha256(path))
    return found
