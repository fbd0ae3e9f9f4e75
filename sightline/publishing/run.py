"""Publishing from end to end: check, compare, one commit, read back.

Every step before the commit can be repeated and changes nothing that anybody sees; the commit is
one request, so the repository holds the old state or the new one.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sightline.checking.licences import media_counts, source_findings
from sightline.checking.opened import open_dataset
from sightline.checking.run import findings_of
from sightline.errors import PublishError, UsageError
from sightline.progress import Silent
from sightline.publishing import plan as planning
from sightline.publishing.publication import publication
from sightline.publishing.records import Job
from sightline.publishing.refusals import refuse, refuse_conflicts, refuse_tag, will_be_private
from sightline.publishing.row_changes import row_changes
from sightline.publishing.sending import send
from sightline.publishing.telling import plan_lines
from sightline.publishing.verify import compare_with_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sightline.checking.opened import OpenedDataset
    from sightline.progress import Progress
    from sightline.publishing.hub import Hub
    from sightline.publishing.publication import Publication
    from sightline.publishing.records import Commit, LocalFile, Plan, RemoteState, Wish
    from sightline.publishing.row_changes import RowChanges

_READ_LIMIT_BYTES = 16 << 20


@dataclass(frozen=True)
class Published:
    """How a publication ended."""

    plan: Plan
    """What was, or would be, done."""
    commit: Commit | None
    """The commit; None after a dry run and where there was nothing to do."""


def publish(
    wish: Wish,
    hub: Hub,
    *,
    benchmark: str | None = None,
    dry_run: bool = False,
    verify: Literal["rows", "files"] = "rows",
    progress: Progress,
    tell: Callable[[str], None],
) -> Published:
    """Take a built dataset to the Hub.

    Args:
        wish: what, and where to.
        hub: the way there.
        benchmark: the only benchmark whose dataset will do; None: any.
        dry_run: stop after the plan was told.
        verify: ``rows`` reads everything back by load_dataset, ``files`` the tables with pictures
            by their checksums only.
        progress: told about bytes read, sent and read back.
        tell: given each line for people.

    Raises:
        PublishError: the dataset has errors, the Hub refuses, somebody else was faster, or what
            was read back differs; the message says in which state the repository is.
        UsageError: the wish contradicts itself or the repository.
    """
    state = hub.state(wish.repository, wish.revision)
    will_be_private(wish, state)
    dataset = _checked(wish, benchmark, progress, tell)
    with _made(wish, hub, state, dataset, progress) as (made, state):
        private = will_be_private(wish, state)
        _refuse_recordings(made, wish, private=private, tell=tell)
        decided = _decided(made, state, hub)
        changes = _row_changes(decided, made, state, hub, progress)
        for line in plan_lines(wish, state, decided, made.files, changes, private=private):
            tell(line)
        refuse_tag(wish, state, decided)
        if dry_run:
            tell("dry run: nothing was changed")
            return Published(decided, None)
        refuse_conflicts(wish, decided)
        if decided.empty:
            commit, head = None, _branched(wish, hub, state)
        else:
            commit = _sent(wish, hub, state, made, private=private, progress=progress)
            head = commit.oid
            tell(f"committed {commit.oid}: {commit.pull_request or commit.url}")
            _read_back(made, commit, wish, hub, verify=verify, progress=progress, tell=tell)
        _tag(hub, wish, head, tell)
    return Published(decided, commit)


@contextmanager
def _made(
    wish: Wish, hub: Hub, state: RemoteState, dataset: OpenedDataset, progress: Progress
) -> Iterator[tuple[Publication, RemoteState]]:
    """The publication, and the repository as it is now.

    Another publication of the folder is waited for, and may have changed what this one goes on
    from: then it is put together again.
    """
    while True:
        with publication(wish, state.facts, progress, opened=dataset) as made:
            before, state = state, hub.state(wish.repository, wish.revision)
            if state.facts == before.facts:
                yield made, state
                return


def _checked(
    wish: Wish, benchmark: str | None, progress: Progress, tell: Callable[[str], None]
) -> OpenedDataset:
    """The dataset, after everything that `sightline check` looks at."""
    dataset = open_dataset(wish.folder.expanduser().resolve())
    expected = dataset.rules.benchmark if benchmark is None else benchmark.replace("_", "-")
    if expected != dataset.rules.benchmark:
        raise UsageError(
            f"{wish.folder} must hold a dataset of {expected}, but holds one of "
            f"{dataset.rules.benchmark}",
            next_step="give the other folder",
        )
    refuse(findings_of(dataset, progress), str(wish.folder), tell)
    return dataset


def _refuse_recordings(
    made: Publication, wish: Wish, *, private: bool, tell: Callable[[str], None]
) -> None:
    """The same checks on what would really stand there, and whose recordings those are."""
    dataset = open_dataset(made.folder)
    found = [
        *findings_of(dataset, Silent()),
        *source_findings(dataset.rules, media_counts(dataset), wish.media, public=not private),
    ]
    refuse(found, "what would be sent", tell)


def _decided(made: Publication, state: RemoteState, hub: Hub) -> Plan:
    """The plan; small files of ours that would be replaced are read to see who wrote them last."""
    unread = planning.unread(made.files, state, _blob_oid)
    digests = {name: hub.sha256(state, name, _READ_LIMIT_BYTES) for name in unread}
    return planning.plan(made.files, state, _blob_oid, digests)


def _blob_oid(file: LocalFile) -> str:
    return planning.git_blob_oid(file.path)


def _row_changes(
    decided: Plan, made: Publication, state: RemoteState, hub: Hub, progress: Progress
) -> dict[str, RowChanges]:
    """How the rows differ, for configs whose old tables are worth the download.

    Frames are not: they weigh gigabytes, and `frames_sha256` in the questions tells of each clip
    that changed.
    """
    changed = {*decided.added, *decided.changed, *decided.deleted}
    told: dict[str, RowChanges] = {}
    with tempfile.TemporaryDirectory(prefix="sightline-") as folder:
        for config in made.rules.configs:
            old = _tables(config.name, state.files or {})
            if config.only_media or not old or not any(_is_of(config.name, n) for n in changed):
                continue
            paths = hub.fetch(state.repository, state.head or "main", old, Path(folder), progress)
            new = [made.folder / name for name in _tables(config.name, made.files)]
            told[config.name] = row_changes(config, paths, new)
    return told


def _tables(config: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if _is_of(config, name))


def _is_of(config: str, name: str) -> bool:
    return name.startswith(f"{config}/") and name.endswith(".parquet")


def _sent(
    wish: Wish,
    hub: Hub,
    state: RemoteState,
    made: Publication,
    *,
    private: bool,
    progress: Progress,
) -> Commit:
    """The commit; repository and branch are made first where they are not there."""
    hub.user()
    if state.head is None:
        if not state.exists:
            hub.create(wish.repository, private=private)
        if wish.revision != "main":
            hub.branch(wish.repository, wish.revision, None)
        state = hub.state(wish.repository, wish.revision)
    if private and not state.private:
        raise PublishError(
            f"{wish.repository} was to be private, but somebody made it public meanwhile; nothing "
            "was sent",
            next_step="make it private on its page, and run the same command again",
        )
    # Anew: a new repository has files that the Hub made.
    decided = _decided(made, state, hub)
    refuse_conflicts(wish, decided)
    rows = ", ".join(f"{count:,} {name}" for name, count in made.facts["rows"].items())
    job = Job(
        wish.repository,
        decided,
        made.files,
        state,
        title=f"{made.rules.title}: {rows}",
        description=wish.changes,
        revision=wish.revision,
        create_pr=wish.create_pr,
    )
    return send(hub, job, progress)


def _branched(wish: Wish, hub: Hub, state: RemoteState) -> str | None:
    """The branch's commit; one that is not there is made even if it differs in nothing."""
    if state.head is None and not wish.create_pr:
        hub.user()
        hub.branch(wish.repository, wish.revision, None)
        return hub.state(wish.repository, wish.revision).head
    return state.head


def _read_back(
    made: Publication,
    commit: Commit,
    wish: Wish,
    hub: Hub,
    *,
    verify: Literal["rows", "files"],
    progress: Progress,
    tell: Callable[[str], None],
) -> None:
    """See that people get what was sent, by the way they will get it."""
    found = compare_with_hub(
        made.folder,
        made.rules,
        wish.repository,
        commit.oid,
        how=verify,
        progress=progress,
        hub=hub,
        digests={name: file.sha256 for name, file in made.files.items()},
    )
    rows = ", ".join(f"{count:,} rows of `{name}`" for name, count in found.rows.items())
    tell(f"read back and compared: {rows}; {found.files:,} files, {found.bytes:,} bytes")


def _tag(hub: Hub, wish: Wish, commit: str | None, tell: Callable[[str], None]) -> None:
    """Name what was compared, and only that."""
    if wish.tag is not None and commit is not None:
        hub.tag(wish.repository, wish.tag, commit, wish.changes)
        tell(f"{wish.tag} names {commit}")
