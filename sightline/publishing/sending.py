"""Large files first, which nobody sees, then one commit, which everybody sees at once.

What is there already is not sent again: the Hub is asked for each file, by its SHA-256. So an
upload that broke goes on where it was when the same command is run again.
"""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from huggingface_hub import CommitOperationAdd, get_session
from huggingface_hub.utils import (  # type: ignore[attr-defined] # they load lazily
    are_progress_bars_disabled,
    build_hf_headers,
    disable_progress_bars,
    enable_progress_bars,
    hf_raise_for_status,
)

from sightline.errors import PublishError
from sightline.publishing.committing import Committing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sightline.progress import Progress
    from sightline.publishing.hub import Hub
    from sightline.publishing.records import Commit, Job, LocalFile

BATCH_BYTES = 256 << 20
"""Files are sent in batches of about this size: after each one the bar moves."""
BATCH_FILES = 64
"""And of no more files than these."""

_CARD = "README.md"


def send(hub: Hub, job: Job, progress: Progress) -> Commit:
    """Send the files of a job, then make its commit upon the state that it was made for.

    What is sent before the commit is seen by nobody, and is not sent again by a later try.

    Args:
        hub: the way there.
        job: what to do.
        progress: told about the bytes that are sent, or need not be.

    Raises:
        PublishError: the repository is as it was, or the message says that nobody knows.
        ValueError: the state has no branch to build upon.
    """
    seen = _Seen.of(job)
    with _quiet():
        _check_card(hub, job)
        operations = _upload(hub, job, seen, progress)
        for file in job.files:
            seen.check(file)
        return Committing(hub, job, operations).make()


class _Seen:
    """Size and time of every file when it was first looked at: another one later is a change."""

    def __init__(self, repository: str) -> None:
        self._repository = repository
        self._stamps: dict[str, tuple[int, int] | None] = {}

    @classmethod
    def of(cls, job: Job) -> _Seen:
        seen = cls(job.repository)
        for file in job.files:
            seen._stamps[file.name] = _stamp(file)
            if seen._stamps[file.name] is None or file.path.stat().st_size != file.size:
                raise seen.changed(file)
        return seen

    def check(self, file: LocalFile) -> None:
        """See that a file is still the one it was."""
        if _stamp(file) != self._stamps[file.name]:
            raise self.changed(file)

    def changed(self, file: LocalFile) -> PublishError:
        return PublishError(
            f"{file.path} was changed while it was being published; nothing was changed on "
            f"{self._repository}",
            next_step="let nothing write into the dataset, and run the same command again",
        )


def _stamp(file: LocalFile) -> tuple[int, int] | None:
    try:
        found = file.path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _check_card(hub: Hub, job: Job) -> None:
    """Have the Hub look at the card before gigabytes are sent: a commit with a bad one fails."""
    card = next((file for file in job.files if file.name == _CARD), None)
    if card is None:
        return

    def validate() -> Any:
        response = get_session().post(
            f"{hub.endpoint}/api/validate-yaml",
            json={"content": card.path.read_text(encoding="utf-8"), "repoType": "dataset"},
            headers=build_hf_headers(token=hub.api.token),
        )
        hf_raise_for_status(response)
        return response.json()

    with hub.talking(job.repository):
        answer = hub.patience.ask(validate)
    for warning in answer.get("warnings", []) if isinstance(answer, dict) else []:
        hub.patience.tell(f"the Hub about {_CARD}: {' '.join(str(warning).split())}")


def _upload(hub: Hub, job: Job, seen: _Seen, progress: Progress) -> list[CommitOperationAdd]:
    """Send what the Hub does not have yet; small text files only go with the commit."""
    files = job.files
    progress.start("upload", sum(file.size for file in files))
    operations: list[CommitOperationAdd] = []
    for batch in _batches(files):
        kept = f"nothing was changed on {job.repository}"
        if operations:
            kept += f", and {len(operations)} of {len(files)} files need not be sent again"
        with hub.talking(job.repository, kept):
            operations += _upload_batch(hub, job, batch, seen)
        progress.advance(sum(file.size for file in batch))
    return operations


def _upload_batch(
    hub: Hub, job: Job, batch: Sequence[LocalFile], seen: _Seen
) -> list[CommitOperationAdd]:
    operations = []
    for file in batch:
        seen.check(file)
        operations.append(CommitOperationAdd(file.name, str(file.path)))
    hub.patience.ask(
        lambda: hub.api.preupload_lfs_files(
            job.repository,
            operations,
            repo_type="dataset",
            revision=job.revision,
            create_pr=job.create_pr,
            free_memory=False,
            # Otherwise the repository's .gitignore would leave out files in silence.
            gitignore_content="",
        )
    )
    for file, operation in zip(batch, operations, strict=True):
        # By the digest of what was really sent; huggingface_hub has it already.
        if operation.upload_info.sha256.hex() != file.sha256:
            raise seen.changed(file)
    return operations


def _batches(files: Sequence[LocalFile]) -> Iterator[list[LocalFile]]:
    batch: list[LocalFile] = []
    for file in files:
        full = sum(one.size for one in batch) + file.size > BATCH_BYTES
        if batch and (full or len(batch) == BATCH_FILES):
            yield batch
            batch = []
        batch.append(file)
    if batch:
        yield batch


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the bars of huggingface_hub, and without its warning about a card we showed it."""
    disabled = are_progress_bars_disabled()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        # The variable's own word stands; asking against it would only warn.
        if not disabled and os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS") is None:
            disable_progress_bars()
        try:
            yield
        finally:
            if not disabled:
                enable_progress_bars()
