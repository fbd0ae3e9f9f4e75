"""Backends that call back with each reply, as iterators."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any

from sightline.engine.jobs import UNANSWERED, Job
from streamgaze_task.pipeline.labelling.labeller import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sightline.engine.jobs import Reply
    from sightline.engine.session import Backend
    from streamgaze_task.pipeline.labelling.labeller import Query


class _NobodyListensError(Exception):
    """Ends a backend whose replies nobody takes any more."""


def messages_of(query: Query) -> list[dict[str, Any]]:
    """A query as one chat message: its pictures in order, then its text."""
    images = [{"type": "image", "url": image} for image in query.images]
    return [{"role": "user", "content": [*images, {"type": "text", "text": query.text}]}]


def job_of(place: int, query: Query, generation: Mapping[str, Any]) -> Job:
    """A query as a job of the engine's backends; its document is its place."""
    return Job("labels", query.kind, place, 0, dict(generation), order="")


class BackendLabeller:
    """Asks one of the engine's backends.

    Args:
        backend_of: makes the backend from the function that gives a job's messages.
        generation: ``generation_kwargs`` of every query.
        named: names the labeller beside the backend's own identity.
    """

    def __init__(
        self,
        backend_of: Callable[[Callable[[Job], list[dict[str, Any]]]], Backend],
        generation: Mapping[str, Any],
        named: Mapping[str, Any],
    ) -> None:
        self._queries: Sequence[Query] = ()
        self._backend = backend_of(lambda job: messages_of(self._queries[job.doc_id]))
        self._generation = dict(generation)
        self._named = dict(named)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Of the backend, with how it generates."""
        return {**self._named, **self._backend.identity, "generation": self._generation}

    def ask(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """The answers as they come.

        Raises:
            UsageError: no query can be answered: the model cannot take pictures, or the server
                refuses the key.
        """
        self._queries = queries
        jobs = [job_of(place, query, self._generation) for place, query in enumerate(queries)]
        for job, reply in _streamed(self._backend, jobs):
            lost = bool(reply.error) and bool(reply.details.get(UNANSWERED))
            yield Answer(queries[job.doc_id].key, reply.text, reply.error or "", lost)


def _streamed(backend: Backend, jobs: Sequence[Job]) -> Iterator[tuple[Job, Reply]]:
    """What a backend calls back with; it works in a thread and ends when nobody takes more."""
    replies: queue.SimpleQueue[tuple[Job, Reply] | None] = queue.SimpleQueue()
    gone = threading.Event()
    failed: list[BaseException] = []

    def done(job: Job, reply: Reply) -> None:
        if gone.is_set():
            raise _NobodyListensError
        replies.put((job, reply))

    def work() -> None:
        try:
            backend.ask(jobs, done)
        except BaseException as error:  # noqa: BLE001 (raised again by who takes the replies)
            failed.append(error)
        finally:
            replies.put(None)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while (reply := replies.get()) is not None:
            yield reply
    finally:
        gone.set()
        thread.join()
    if failed:
        raise failed[0]
