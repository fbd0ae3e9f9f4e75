"""What the Hub and the network answer, turned into sentences that say what to do.

Also which faults pass by themselves, and how long they are waited for. The token is in no message:
a server may echo what it was sent, so it is taken out of every text that is passed on.
"""

from __future__ import annotations

import errno
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from huggingface_hub import errors

from sightline.errors import PublishError, SightlineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

PASSING_STATUS = frozenset({408, 429, 500, 502, 503, 504})
"""Answers that may be another one in a moment."""
LONGEST_WAIT_SECONDS = 30.0
"""Between two tries, unless the Hub itself asks for more."""
SHOWN_CHARACTERS = 600
"""How much of a server's text is passed on."""

_WRITE = "use a token that may write to it, or publish with --create-pr"
_LOGIN = (
    "log in with `hf auth login`, or set HF_TOKEN to a token of "
    "https://huggingface.co/settings/tokens"
)
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NETWORK = "TransportError"
_NEVER_PASSING = ("UnsupportedProtocol", "LocalProtocolError")
_BY_KIND: tuple[tuple[type[Exception], str, str], ...] = (
    (
        errors.GatedRepoError,
        "{repository} is gated, and this account has not been let in",
        "ask for access on the dataset's page, then run the same command again",
    ),
    (errors.DisabledRepoError, "the Hub has disabled {repository}", "ask the Hub's support why"),
    (
        errors.RevisionNotFoundError,
        "{repository} has no such branch, tag or commit: {said}",
        "choose one that its page lists",
    ),
    (
        errors.RepositoryNotFoundError,
        "there is no dataset {repository}, or this account may not see it",
        "check the spelling; for a private one " + _LOGIN,
    ),
    (
        errors.EntryNotFoundError,
        "{repository} does not have a file that it listed a moment ago: {said}",
        "run the same command again",
    ),
    (
        errors.LocalTokenNotFoundError,
        "the Hub wants to know who asks, and there is no token",
        _LOGIN,
    ),
    (
        errors.OfflineModeIsEnabled,
        "the Hub may not be asked: HF_HUB_OFFLINE is set",
        "unset HF_HUB_OFFLINE",
    ),
    (
        errors.HFValidationError,
        "{repository!r} is no name of a repository: {said}",
        "give it as org/name",
    ),
)
_BY_STATUS: dict[int, tuple[str, str]] = {
    400: (
        "the Hub refused the request: {said}",
        "mend what it names and run the same command again",
    ),
    401: ("the Hub does not accept the token", _LOGIN),
    402: ("the Hub asks for payment: {said}", "see the account's billing page"),
    403: (
        "this account or token may not do that on {repository}: {said}",
        _WRITE,
    ),
    404: ("the Hub does not find what was asked for: {said}", "check the name of the repository"),
    409: ("the Hub has something else under that name: {said}", "choose another name"),
    412: (
        "somebody else changed {repository} in the meantime",
        "run the same command again to see the new plan",
    ),
    413: (
        "the Hub finds the request too large: {said}",
        "publish fewer files at once, for example without --include-media first",
    ),
    429: (
        "the Hub allows no more requests for now",
        "wait some minutes and run the same command again",
    ),
}
_QUOTA = (
    "the account's storage on the Hub is used up: {said}",
    "free some storage or ask for more (https://huggingface.co/docs/hub/storage-limits)",
)
_AGAIN = "run the same command again"


@contextmanager
def translated(
    repository: str, *, stands: str | Callable[[], str] = "", token: str | None = None
) -> Iterator[None]:
    """Turn errors of the Hub, the network and the disk into a `PublishError`; let others pass.

    Args:
        repository: ``org/name``.
        stands: in which state the repository is when this fails, or what tells it then; unchanged
            by default.
        token: what must be in no text.

    Raises:
        PublishError: with the state of the repository and the next step.
    """
    try:
        yield
    except SightlineError:
        raise
    except Exception as error:  # which errors the HTTP library has is known by name only
        told = sentence(error, repository)
        if told is None:
            raise
        without_token(error, token)
        message, next_step = (text.replace(token, "<token>") if token else text for text in told)
        state = stands if isinstance(stands, str) else stands()
        state = state or f"nothing was changed on {repository}"
        raise PublishError(f"{message}; {state}", next_step=next_step) from error


def sentence(error: BaseException, repository: str) -> tuple[str, str] | None:
    """What happened and what to do next; None for an error of another kind."""
    cause = _telling(error)
    for kinds, what, next_step in _BY_KIND:
        if isinstance(cause, kinds):
            return what.format(repository=repository, said=said(cause)), next_step
    status = status_of(cause)
    if status is not None:
        return _of_status(status, repository, said(cause))
    return _of_machine(cause, repository)


def said(error: BaseException) -> str:
    """What the server itself said, on one line, without control characters."""
    words = " ".join(str(getattr(error, "server_message", None) or error).split())
    return "".join(c for c in words if c.isprintable())[:SHOWN_CHARACTERS]


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error carries."""
    status = getattr(getattr(_telling(error), "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def without_token(error: BaseException, token: str | None) -> None:
    """Take the token out of an error and all that led to it."""
    if not token:
        return
    for one in _chain(error):
        one.args = tuple(
            part.replace(token, "<token>") if isinstance(part, str) else part for part in one.args
        )
        if isinstance(message := getattr(one, "server_message", None), str):
            one.server_message = message.replace(token, "<token>")  # type: ignore[attr-defined]


def passes(error: BaseException) -> bool:
    """Whether the same request may be answered in a moment."""
    cause = _telling(error)
    status = status_of(cause)
    # A proxy's page where JSON was expected is an answer of a Hub that is not well.
    if status is not None:
        return status in PASSING_STATUS
    passing = _closed(cause) or _is(cause, _NETWORK, "JSONDecodeError")
    return passing and not _is(cause, *_NEVER_PASSING)


@dataclass
class Patience:
    """Asks again when the Hub is not well, for as long as agreed."""

    seconds: float = 120.0
    """How long one request is repeated after it first failed."""
    tell: Callable[[str], None] = _log.warning
    """Told what is waited for."""
    answered: bool = field(default=False, init=False)
    """Whether the Hub was ever reached; one that never was is not waited for."""

    def ask(self, request: Callable[[], _Answer]) -> _Answer:
        """What the request returns, once it does.

        Raises:
            Exception: of the last try, when it does not pass or patience is at its end.
        """
        begun, tries = 0.0, 0
        while True:
            try:
                answer = request()
            except Exception as error:  # `passes` knows which of them are worth another try
                now = time.monotonic()
                begun = begun or now
                pause = self._pause(error, tries)
                if pause is None or now + pause - begun > self.seconds:
                    raise
                self.tell(f"{_why(error)}; waiting {pause:.0f} s")
            else:
                self.answered = True
                return answer
            time.sleep(pause)
            tries += 1

    def _pause(self, error: Exception, tries: int) -> float | None:
        if not passes(error) or not (self.answered or status_of(error)):
            return None
        headers = getattr(getattr(_telling(error), "response", None), "headers", {})
        asked = str(headers.get("Retry-After", "")).strip()
        if asked.isascii() and asked.isdigit():
            return max(float(asked), 1.0)
        return float(min(2.0**tries, LONGEST_WAIT_SECONDS))


def _why(error: BaseException) -> str:
    status = status_of(error)
    return f"the Hub answers {status}" if status else "the Hub cannot be reached"


def _of_status(status: int, repository: str, server: str) -> tuple[str, str]:
    if status in (402, 403) and ("storage" in server.lower() or "quota" in server.lower()):
        what, next_step = _QUOTA
    elif status in _BY_STATUS:
        what, next_step = _BY_STATUS[status]
    else:
        what, next_step = f"the Hub answers {status}: {{said}}", _AGAIN
    return what.format(repository=repository, said=server), next_step


def _of_machine(cause: BaseException, repository: str) -> tuple[str, str] | None:
    if _closed(cause) or _is(cause, _NETWORK, "HTTPError", "InvalidURL"):
        return (
            f"the Hub cannot be reached: {said(cause) or type(cause).__name__}",
            f"check the network and HF_ENDPOINT, then {_AGAIN}",
        )
    if _is(cause, "JSONDecodeError"):
        return "the Hub's answer is no JSON", f"check HF_ENDPOINT, then {_AGAIN}"
    if isinstance(cause, OSError):
        if cause.errno in _NO_ROOM:
            return f"the disk is full: {said(cause)}", f"free some space, then {_AGAIN}"
        return f"this machine refuses: {said(cause)}", f"mend that, then {_AGAIN}"
    # huggingface_hub has no kinds of its own for the refusals of its two stores of large files.
    if isinstance(cause, (ValueError, RuntimeError)) and any(
        words in str(cause) for words in ("LFS", "Invalid metadata", "Error while uploading", "xet")
    ):
        return f"the Hub refused files of {repository}: {said(cause)}", _AGAIN
    return None


def _is(error: BaseException, *names: str) -> bool:
    """By name: the HTTP library is httpx for huggingface_hub 1.x and httpx2 for 2.x."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return bool(kinds & set(names))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            todo += [one.__context__, one.__cause__]


def _closed(error: BaseException) -> bool:
    """Whether another thread closed the client that all uploads share.

    huggingface_hub does so when one of them loses its connection, and the others then fail like
    this (seen in 2.4).
    """
    return isinstance(error, RuntimeError) and "client has been closed" in str(error)


def _telling(error: BaseException) -> BaseException:
    """The error that says most: the upload of several files wraps what went wrong with one."""
    for one in _chain(error):
        if getattr(one, "response", None) is not None or _is(one, _NETWORK):
            return one
        if one.__cause__ is None or not isinstance(one, RuntimeError):
            return one
    return error
