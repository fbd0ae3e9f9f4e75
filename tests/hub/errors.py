"""What the Hub refuses, in the shape that its clients turn into exceptions."""

from __future__ import annotations

from typing import Any


class HubError(Exception):
    """An answer that is no success.

    Args:
        status: HTTP status.
        message: For `error` in the body and the header X-Error-Message.
        code: X-Error-Code, which decides the client's exception.
        headers: Further headers.
        more: Further keys of the body.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str = "",
        *,
        headers: dict[str, str] | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.headers, self.more = headers or {}, more or {}


def not_found(*, anonymous: bool) -> HubError:
    """No such repository, or a private one: a stranger is not told which."""
    if anonymous:
        return HubError(401, "Invalid username or password.", "RepoNotFound")
    return HubError(404, "Repository not found", "RepoNotFound")


def no_revision(revision: str) -> HubError:
    """Neither branch, tag, pull request nor commit."""
    return HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def no_entry(message: str = "Entry not found", **headers: str) -> HubError:
    """No such file or folder at that revision."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HubError(404, message, "EntryNotFound", headers=named)
