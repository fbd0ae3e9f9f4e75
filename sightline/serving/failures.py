"""What a failed request means: ask again, give this sample up, or stop the run.

Pure: errors of the ``openai`` package in, a verdict out.
"""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

from openai import APIConnectionError, APIStatusError

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

Verdict = Literal["again", "failed", "stop"]

LONGEST_WAIT = 60.0
"""Between two tries of our own choice, seconds."""

LONGEST_TOLD_WAIT = 600.0
"""That a server may ask for, seconds; one that says more is taken as having said this."""

_PASSING = (408, 409, 425, 429)
_REFUSING = (401, 404)
_UNPAID = ("insufficient_quota", "billing_hard_limit_reached")
"""Codes of 429 that no waiting mends."""

_MOST_CHARACTERS = 500


class EmptyAnswerError(Exception):
    """The server answered with status 200, but without any choice."""


def verdict(error: Exception) -> Verdict:
    """What to do about an error of one request.

    Timeouts, lost connections, 408, 409, 425, 429 and 5xx may pass. A wrong key or an unknown
    model or address would fail every request, and so would an account without money.
    """
    if isinstance(error, (APIConnectionError, EmptyAnswerError)):
        return "again"
    if not isinstance(error, APIStatusError):
        return "failed"
    if error.status_code in _REFUSING or {error.code, error.type} & set(_UNPAID):
        return "stop"
    passing = error.status_code in _PASSING or error.status_code >= 500  # noqa: PLR2004 (HTTP's)
    return "again" if passing else "failed"


def pause(attempt: int, told: float | None, *, backoff: float, draw: random.Random) -> float:
    """Seconds before the next try.

    Exponential with full jitter: many clients that failed together do not come back together.

    Args:
        attempt: number of the try that failed, from 0.
        told: what the server said, seconds; then never less.
        backoff: longest pause after the first try, seconds.
        draw: where chance comes from.
    """
    own = draw.uniform(0.0, min(backoff * 2.0**attempt, LONGEST_WAIT))
    if told is None:
        return own
    # A little chance here too, for the same reason.
    return min(told, LONGEST_TOLD_WAIT) + min(own, 1.0)


def told_pause(error: Exception) -> float | None:
    """How long the server says to wait, seconds: ``Retry-After`` in seconds or as a date."""
    if not isinstance(error, APIStatusError):
        return None
    return _seconds(error.response.headers, time.time())


def one_line(error: Exception, *, secret: str) -> str:
    """The error in one line, without the key, should a server repeat it."""
    words = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, APIStatusError):
        words = f"HTTP {error.status_code}: {words}"
    elif isinstance(error, APIConnectionError):
        # Without the name and password that the address may have.
        words = f"{words} ({error.request.url.netloc.decode()})"
    return words.replace(secret, "***")[:_MOST_CHARACTERS]


def _seconds(headers: Mapping[str, str], now: float) -> float | None:
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        word = headers.get(name, "")
        try:
            return max(float(word) / unit, 0.0)
        except ValueError:
            continue
    try:
        return max(parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - now, 0.0)
    except ValueError:
        return None
