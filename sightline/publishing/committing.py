"""The commit itself: one request, tried until it is known to be made or refused.

A commit whose answer got lost is not sent again before the repository was looked at: it may have
been made. Its parent is named, so that it cannot be made twice or upon somebody else's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggingface_hub import CommitOperationAdd, CommitOperationDelete

from sightline.errors import PublishError
from sightline.publishing.failures import passes, status_of
from sightline.publishing.plan import git_blob_oid
from sightline.publishing.reading import head_of, listing, pull_requests
from sightline.publishing.records import Commit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.publishing.hub import Hub
    from sightline.publishing.records import Job, LocalFile, RemoteFile

_CONFLICT = 412
_TOO_MANY = 429


class Committing:
    """One commit, tried until it is known to be made or refused."""

    def __init__(self, hub: Hub, job: Job, operations: Sequence[CommitOperationAdd]) -> None:
        self._hub = hub
        self._job = job
        deleted = [CommitOperationDelete(name, is_folder=False) for name in job.plan.deleted]
        self._operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *operations,
            *deleted,
        ]
        self._requests_before = {}
        if job.create_pr:
            with hub.talking(job.repository):
                self._requests_before = hub.patience.ask(
                    lambda: pull_requests(hub.api, job.repository)
                )
        self._doubtful = False

    def make(self) -> Commit:
        """Make it.

        Raises:
            PublishError: it was refused, or nobody knows.
        """
        with self._hub.talking(self._job.repository, self._stands):
            return self._hub.patience.ask(self._once)

    def _stands(self) -> str:
        repository, count = self._job.repository, len(self._job.files)
        kept = f"none of the {count} files need be sent again" if count else "nothing was sent"
        if self._doubtful:
            return (
                f"{repository} is as it was or has the whole new commit, which could not be seen; "
                f"{kept}"
            )
        return f"nothing was changed on {repository}; {kept}"

    def _once(self) -> Commit:
        if self._doubtful and (found := self._landed()):
            return found
        try:
            return self._post()
        except Exception as error:  # looked at by its status, and raised again
            if status_of(error) == _CONFLICT:
                return self._after_conflict()
            # Without a status it is an answer that got lost, or that the library could not read.
            unread = status_of(error) is None
            self._doubtful |= unread or (passes(error) and status_of(error) != _TOO_MANY)
            if unread and not passes(error) and (found := self._landed()):
                return found
            raise

    def _post(self) -> Commit:
        job = self._job
        info = self._hub.api.create_commit(
            job.repository,
            self._operations,
            commit_message=job.title,
            commit_description=job.description,
            repo_type="dataset",
            revision=job.revision,
            create_pr=job.create_pr,
            parent_commit=job.parent,
        )
        revision = info.pr_revision or job.revision
        return Commit(info.oid, str(info.commit_url), info.pr_url, revision)

    def _after_conflict(self) -> Commit:
        if self._doubtful and (found := self._landed()):
            return found
        raise self._moved(head_of(self._hub.api, self._job.repository, self._job.revision))

    def _moved(self, head: str) -> PublishError:
        self._doubtful = False
        return PublishError(
            f"somebody else changed {self._job.repository} in the meantime: {self._job.revision} "
            f"moved from {self._job.parent[:12]} to {head[:12]}; nothing of this was committed",
            next_step="run the same command again to see the new plan",
        )

    def _landed(self) -> Commit | None:
        """The commit, where it was made although its answer got lost."""
        job = self._job
        page = f"{self._hub.endpoint}/datasets/{job.repository}"
        if job.create_pr:
            new = (
                pull_requests(self._hub.api, job.repository).items() - self._requests_before.items()
            )
            for reference, head in sorted(new):
                if self._holds(head):
                    discussion = f"{page}/discussions/{reference.rsplit('/', 1)[-1]}"
                    return Commit(head, f"{page}/commit/{head}", discussion, reference)
            return None
        head = head_of(self._hub.api, job.repository, job.revision)
        if head == job.parent:
            return None
        if not self._holds(head):
            raise self._moved(head)
        return Commit(head, f"{page}/commit/{head}", None, job.revision)

    def _holds(self, commit: str) -> bool:
        """Whether a commit has all that this one was to do."""
        files = listing(self._hub.api, self._job.repository, commit)
        return all(_same(files.get(file.name), file) for file in self._job.files) and not any(
            name in files for name in self._job.plan.deleted
        )


def _same(remote: RemoteFile | None, local: LocalFile) -> bool:
    if remote is None or remote.size != local.size:
        return False
    if remote.sha256 is not None:
        return remote.sha256 == local.sha256
    return remote.oid == git_blob_oid(local.path)
