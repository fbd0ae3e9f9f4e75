"""What the Hub or the network refuses, in our words: one translation for everybody who reads.

Each refusal says what was asked for and what to do about it, and none of them holds a token.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import DatasetError, SightlineError
from sightline.staging import room

if TYPE_CHECKING:
    from collections.abc import Iterator

_HUB_ERRORS = {
    "OSError", "HTTPError", "TransportError", "OfflineModeIsEnabled", "HFValidationError",
}  # fmt: skip
_SECRETS = (
    (re.compile(r"\b(Bearer|Basic)\s+[^\s'\"]+", re.IGNORECASE), r"\1 ..."),
    (re.compile(r"\bhf_\w+"), "hf_..."),
    # Signed addresses of a storage give access to whoever has them.
    (re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]*"), r"\1?..."),
    (re.compile(r"(https?://)[^\s/@'\"]+@"), r"\1...@"),
)
_NO_CREDENTIALS, _FORBIDDEN, _TOO_MANY, _SERVER_FAULT = 401, 403, 429, 500
_LOGIN = "`hf auth login`"


@dataclass(frozen=True)
class Asked:
    """What was to be read from the Hub, for the messages."""

    repository: str
    """``org/name``."""
    revision: str | None = None
    """Branch, tag or commit; None for the main branch."""
    file: str | None = None
    """A file in it; None for the dataset as a whole."""
    error: type[SightlineError] = DatasetError
    """What is raised."""
    before: str = ""
    """Words in front of every message: which setting named the dataset."""
    where: str = ""
    """Words behind "check the spelling": where people wrote the name."""
    otherwise: str = ""
    """What can be done where the Hub cannot be reached, beside waiting."""

    @property
    def at(self) -> str:
        """``org/name@revision``, as far as it was said."""
        return f"{self.repository}@{self.revision}" if self.revision else self.repository


def is_hub_error(error: BaseException) -> bool:
    """Whether the Hub or the network refused, rather than our code failed.

    By name: which exceptions a dead network raises depends on the HTTP library that the installed
    huggingface_hub brings (httpx for 1.x, httpx2 for 2.x), which is none of our dependencies.
    """
    return bool(_names(error) & _HUB_ERRORS)


def is_absent(error: BaseException) -> bool:
    """Whether an error of :func:`translated` says that the repository has no such file."""
    cause = error.__cause__
    return cause is not None and "RemoteEntryNotFoundError" in _names(cause)


def without_secrets(text: str) -> str:
    """The text without tokens, and without what signs an address."""
    for secret, instead in _SECRETS:
        text = secret.sub(instead, text)
    return text


@contextmanager
def translated(asked: Asked) -> Iterator[None]:
    """Turn what the Hub, the network or the disk refuses inside into an error of ours.

    Raises:
        SightlineError: of the class that `asked` names; for a full disk, a plain one. Errors of
            ours and programming errors pass as they are.
    """
    try:
        with room(Path("the cache of the Hub")):
            yield
    except SightlineError:
        raise
    except Exception as error:  # what it may be is only known by name, see is_hub_error
        if not is_hub_error(error):
            raise
        message, next_step = _said(error, asked)
        ours = asked.error(f"{asked.before}{message}", next_step=next_step)
        # A traceback shows the cause as well, and a client quotes headers that it cannot send.
        secret = without_secrets(str(error)) != str(error)
        raise ours from (None if secret else error)


def _said(error: Exception, asked: Asked) -> tuple[str, str]:
    """Message and next step, by the first name that fits: the classes inherit from each other."""
    kinds = _names(error)
    if "HFValidationError" in kinds:
        return without_secrets(str(error)), f"check the spelling{asked.where}"
    for kind, message, next_step in _refusals(asked):
        if kind in kinds:
            return message, next_step
    if kinds & {"OfflineModeIsEnabled", "LocalEntryNotFoundError"} and _is_offline():
        what = f"{asked.file} of {asked.at}" if asked.file else asked.at
        return (
            f"{what} is not (wholly) in the cache, and HF_HUB_OFFLINE forbids to ask the Hub",
            f"unset HF_HUB_OFFLINE, or name a commit that is in the cache{asked.otherwise}",
        )
    return _answered(error, asked)


def _refusals(asked: Asked) -> tuple[tuple[str, str, str], ...]:
    """Class of huggingface_hub, message, next step."""
    return (
        (
            "GatedRepoError",
            f"{asked.at} is gated: its authors want you to accept their terms first",
            f"accept them on the dataset's page, then {_LOGIN}",
        ),
        (
            "RevisionNotFoundError",
            f"{asked.repository} has no revision {asked.revision!r}",
            "give a branch, a tag or a commit that its page lists",
        ),
        (
            "RepositoryNotFoundError",
            f"there is no dataset {asked.repository} on the Hub, or it is private",
            f"check the spelling{asked.where}; for a private one {_LOGIN} first",
        ),
        (
            "DisabledRepoError",
            f"the Hub has disabled {asked.repository}",
            "its page may say why; ask its authors",
        ),
        (
            "RemoteEntryNotFoundError",
            f"{asked.at} has no file {asked.file or ''}".rstrip(),
            "choose another revision",
        ),
    )


def _answered(error: Exception, asked: Asked) -> tuple[str, str]:
    """For an answer with a status, and for none at all."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status == _NO_CREDENTIALS:
        return (
            f"the Hub does not accept the token that was sent for {asked.at}",
            f"{_LOGIN} again, or unset HF_TOKEN",
        )
    if status == _FORBIDDEN:
        return (
            f"the token that was sent may not read {asked.at}",
            "make one that may read it on the Hub's page of tokens, then `hf auth login`",
        )
    if status == _TOO_MANY:
        return f"the Hub has had too many requests, the last for {asked.at}", "wait some minutes"
    if isinstance(status, int) and status >= _SERVER_FAULT:
        return (
            f"the Hub failed with status {status} for {asked.at}",
            "try again later; nothing here is wrong",
        )
    return _unreached(error, asked)


def _unreached(error: Exception, asked: Asked) -> tuple[str, str]:
    reason = without_secrets(str(error)).strip() or type(error).__name__
    return (
        f"the Hub cannot be reached for {asked.repository}: {reason}",
        f"check the network, HF_ENDPOINT and HF_HUB_OFFLINE{asked.otherwise}",
    )


def _is_offline() -> bool:
    from huggingface_hub import constants  # noqa: PLC0415 (heavy; only when refused)

    return bool(constants.HF_HUB_OFFLINE)


def _names(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}
