"""One evaluation, from the requests of this rank to their replies, whatever happens to the others.

Every rank tells the others what it is to ask. All of them then know the same list; what has been
answered before is taken from the answers on disk, the rest is divided by expected cost, asked, and
given back to the rank that wanted it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sightline.engine.answers import AnswerLog
    from sightline.engine.jobs import Job, Reply
    from sightline.engine.peers import Peers


class Backend(Protocol):
    """What answers: a model in this process, or a server."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What an answer depends on beside its job, plain JSON types."""

    def ask(self, jobs: Sequence[Job], done: Callable[[Job, Reply], None]) -> None:
        """Ask these jobs, in this order as far as it likes; tell each reply as soon as it is there.

        Args:
            jobs: this rank's share.
            done: to be called once for each job, from any thread. Returns when the reply is on
                disk, and raises EvaluationError when too many have failed: let it pass.
        """


def answer_all(
    jobs: Sequence[Job],
    backend: Backend,
    *,
    log: AnswerLog | None,
    peers: Peers,
    max_errors: int,
) -> list[Reply]:
    """Answer every job of this rank.

    Args:
        jobs: what this rank was asked for, in its order; may be empty.
        backend: asks the share that this rank gets.
        log: the answers on disk; None keeps nothing.
        peers: the other ranks; all of them must call this.
        max_errors: the run stops when more replies than this are errors on one rank.

    Returns:
        A reply per job, in the order of `jobs`.

    Raises:
        EvaluationError: too many errors, every job an error, or another rank is lost. What was
            answered so far is in the log.
    """
    raise NotImplementedError
