"""The pull request that adds results to a model's repository. Whoever owns it decides."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import errors

from sightline.errors import PublishError
from sightline.leaderboard.exports.eval_results import LARGEST_BYTES, merged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.publishing.hub import Hub

_TITLE = "Add evaluation results of {benchmark}"
_NO_REPOSITORY = (
    "results of a model without a repository on the Hub stay in the results repository: "
    "`sightline submit --push`"
)


def open_pull_request(
    hub: Hub,
    model: str,
    path: str,
    results: Sequence[Mapping[str, Any]],
    *,
    benchmark: str,
    dry_run: bool = False,
) -> tuple[str, str | None]:
    """Propose results to a model's repository, beside those that are there.

    Args:
        hub: the way there.
        model: ``org/name``.
        path: of the results file in it.
        results: as `sightline.leaderboard.exports.eval_results.eval_results` makes them.
        benchmark: for the title.
        dry_run: read, but propose nothing.

    Returns:
        The file's new text, and the address of the pull request: None after a dry run, and where
        the file says exactly this already.

    Raises:
        PublishError: there is no such model, or the Hub refuses.
        UsageError: the file that is there cannot be read.
    """
    with hub.talking(model):
        head, there = _there(hub, model, path)
        text = merged(there, results, path)
        if dry_run or (there is not None and there.decode("utf-8", "replace") == text):
            return text, None
        # Asked once: who repeats it may open a second pull request.
        commit = hub.api.upload_file(
            path_or_fileobj=text.encode(),
            path_in_repo=path,
            repo_id=model,
            repo_type="model",
            create_pr=True,
            parent_commit=head,
            commit_message=_TITLE.format(benchmark=benchmark),
            commit_description="Values are percent; `notes` says how they were made.",
        )
    return text, str(commit.pr_url)


def _there(hub: Hub, model: str, path: str) -> tuple[str, bytes | None]:
    """The head of a model's repository, and the file in it; None without one."""
    try:
        info = hub.patience.ask(lambda: hub.api.model_info(model))
    except errors.RepositoryNotFoundError as error:
        if isinstance(error, errors.GatedRepoError):
            raise
        raise PublishError(
            f"there is no model {model} on the Hub, or this account may not see it",
            next_step=_NO_REPOSITORY,
        ) from error
    head = str(info.sha)
    sizes = {one.rfilename: one.size for one in _files(hub, model, head)}
    if path not in sizes:
        return head, None
    if (sizes[path] or 0) > LARGEST_BYTES:
        raise PublishError(
            f"{path} of {model} has more than {LARGEST_BYTES:,} bytes; nothing was changed",
            next_step="look at that file on the Hub",
        )
    with tempfile.TemporaryDirectory() as folder:
        return head, hub.patience.ask(lambda: _read(hub, model, head, path, folder))


def _files(hub: Hub, model: str, head: str) -> Sequence[Any]:
    info = hub.patience.ask(lambda: hub.api.model_info(model, revision=head, files_metadata=True))
    return info.siblings or ()


def _read(hub: Hub, model: str, head: str, path: str, folder: str) -> bytes:
    # A folder of its own: no cache of this machine is read or filled.
    found = hub.api.hf_hub_download(model, path, revision=head, local_dir=folder)
    return Path(found).read_bytes()
