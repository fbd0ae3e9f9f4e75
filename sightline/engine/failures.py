"""The replies of one rank that are errors: each is counted, too many stop the run."""

from __future__ import annotations

import logging
import threading

from sightline.errors import EvaluationError

_log = logging.getLogger(__name__)

_MEND = "mend the cause, or raise --model_args max_errors=N to count them as errors"


def reason(error: BaseException) -> str:
    """An exception in one line."""
    words = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {words}"


def all_failed(count: int, first: str) -> EvaluationError:
    """The error of a run whose every reply is one.

    Args:
        count: of the replies.
        first: place and reason of one of them.
    """
    return EvaluationError(
        f"every one of the {count} samples failed; the first: {first}", next_step=_MEND
    )


class Failures:
    """Counts them; may be told from any thread.

    Args:
        allowed: the run stops at the next one after so many, at least 0.
    """

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self._lock = threading.Lock()
        self._count = 0
        self._first = ""

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    def add(self, place: str, why: str) -> None:
        """Count one.

        Args:
            place: which request it is.
            why: one line.

        Raises:
            EvaluationError: it is one too many.
        """
        _log.warning("sightline: %s failed: %s", place, why)
        with self._lock:
            self._count += 1
            count = self._count
            self._first = self._first or f"{place}: {why}"
        if count > self._allowed:
            raise EvaluationError(
                f"{count} samples failed, more than max_errors={self._allowed}; "
                f"the first: {self._first}",
                next_step=_MEND,
            )
