"""When nothing may be sent: each refusal comes before the commit, and says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.errors import PublishError, UsageError
from sightline.findings import failed, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sightline.findings import Finding
    from sightline.publishing.records import Plan, RemoteState, Wish


def will_be_private(wish: Wish, state: RemoteState) -> bool:
    """Whether the repository is private, or will be when it is made.

    Raises:
        UsageError: it is public, and that was not said where recordings are to go, or `wish` says
            otherwise.
    """
    if not state.exists:
        return wish.media.included if wish.private is None else wish.private
    if wish.private and not state.private:
        raise UsageError(
            f"--private was given, but {wish.repository} is public",
            next_step="make it private on its page, or name another repository",
        )
    if wish.media.included and not state.private and wish.private is None:
        raise UsageError(
            f"{wish.repository} is public: recordings would be shown to everyone",
            next_step="make it private on its page, or say --public, and name the --sources",
        )
    return state.private


def refuse(findings: Iterable[Finding], what: str, tell: Callable[[str], None]) -> None:
    """Tell what is wrong; raise when it is too wrong to be shown to anybody.

    Args:
        findings: of the checks; notes are not told.
        what: was looked at.
        tell: given each line for people.

    Raises:
        PublishError: there are errors.
    """
    grave = (finding for finding in findings if finding.severity in ("warning", "error"))
    # Two checks may find the same.
    found = list(dict.fromkeys(grave))
    for finding in found:
        tell(finding.line())
    if failed(found):
        raise PublishError(
            f"{what} has {summary(found)}; nothing was sent",
            next_step="mend what is listed above, and look again with `sightline check`",
        )


def refuse_conflicts(wish: Wish, decided: Plan) -> None:
    """See that nothing of somebody else is replaced, unless that was asked for.

    Raises:
        PublishError: something would be.
    """
    if decided.conflicts and not wish.overwrite:
        raise PublishError(
            f"{len(decided.conflicts)} file(s) of {wish.repository} were not put there by us, or "
            "were changed since; nothing was sent",
            next_step="look at the files marked above on the Hub, take over what is wanted, then "
            "replace them with --overwrite, or propose it with --create-pr --overwrite",
        )


def refuse_tag(wish: Wish, state: RemoteState, decided: Plan) -> None:
    """See that the wished tag can name the new commit.

    Raises:
        PublishError: it names another one.
    """
    at = (state.tags or {}).get(wish.tag or "")
    if at is not None and not (decided.empty and at == state.head):
        raise PublishError(
            f"{wish.repository} has a tag {wish.tag} already, at {at[:12]}, which would not be "
            "this commit; nothing was sent",
            next_step="choose another --tag; tags are never moved",
        )
