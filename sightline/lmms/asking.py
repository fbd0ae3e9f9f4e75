"""lmms-eval's requests as the engine's jobs, and replies as lmms-eval's results."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmms_eval.api.instance import GenerationResult, TokenCounts

from sightline.benchmarks import Benchmark, all_benchmarks
from sightline.engine.answers import AnswerLog
from sightline.engine.jobs import Asked, Job
from sightline.engine.session import answer_all
from sightline.lmms.ending import end_run
from sightline.lmms.environment import ANSWERS
from sightline.records import ERROR_MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lmms_eval.api.instance import Instance

    from sightline.engine.jobs import Reply
    from sightline.engine.peers import Peers
    from sightline.engine.session import Backend

PADDING = "__padding_only__"
"""Mark of a request that lmms-eval adds to even out the ranks; its answer is thrown away."""

_log = logging.getLogger(__name__)


def answered(
    requests: Sequence[Instance],
    documents: Mapping[str, Mapping[str, Any]],
    backend_of: Callable[[Callable[[Job], list[dict[str, Any]]]], Backend],
    *,
    peers: Peers,
    answers: str | None,
    max_errors: int,
) -> list[GenerationResult]:
    """What both our models do in ``generate_until``.

    Args:
        requests: of this rank.
        documents: lmms-eval's ``task_dict``.
        backend_of: makes the backend from the function that gives a job's messages.
        peers: the other ranks.
        answers: folder that the user named; None looks further, see :func:`answers_folder`.
        max_errors: the run stops when more replies of one rank are errors.

    Returns:
        One result per request, in their order.

    Raises:
        EvaluationError: the run cannot go on, to callers in Python; under lmms-eval's command line,
            which would swallow it, the process ends.
    """
    try:
        asked = Requests(requests, documents)
        folder = answers_folder(answers, sys.argv)
        if folder is None:
            _log.warning("sightline: answers are not kept: name a folder by model_args answers=")
        with AnswerLog.open(folder) if folder is not None else nullcontext() as log:
            replies = answer_all(
                asked.jobs,
                backend_of(asked.messages),
                log=log,
                peers=peers,
                max_errors=max_errors,
            )
        return asked.results(replies)
    except BaseException as error:  # noqa: BLE001 (raised again, or the process ends with it)
        end_run(error)


def answers_folder(named: str | None, arguments: Sequence[str]) -> Path | None:
    """Where answers are kept.

    Args:
        named: what the user said; it comes first.
        arguments: the command line of this process. Where `sightline eval` did not name a folder,
            it is ``answers`` under lmms-eval's ``--output_path``.

    Returns:
        None when nobody names a folder.
    """
    for place in (named, os.environ.get(ANSWERS)):
        if place:
            return Path(place)
    for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
        flag, separator, value = word.partition("=")
        if flag == "--output_path" and (separator or following):
            return Path(value if separator else following) / "answers"
    return None


class Requests:
    """What lmms-eval asks of this rank.

    Args:
        requests: as ``generate_until`` gets them: one call has those of all tasks.
        documents: lmms-eval's ``task_dict``: task -> split -> documents, on every rank all of them.
    """

    def __init__(
        self, requests: Sequence[Instance], documents: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._documents = documents
        self._messages: dict[str, Callable[[Any], list[dict[str, Any]]]] = {}
        self._places: list[int] = []
        self._count = len(requests)
        self.jobs: list[Job] = []
        """One per request that is no padding, in their order."""
        times: Counter[tuple[str, str, int]] = Counter()
        for place, request in enumerate(requests):
            context, messages_of, kwargs, doc_id, task, split = request.args
            self._messages[task] = messages_of
            if request.metadata.get(PADDING):
                continue
            repeat = times[task, split, doc_id]
            times[task, split, doc_id] += 1
            asked = _asked(task, documents[task][split][doc_id])
            self._places.append(place)
            self.jobs.append(
                Job(task, split, doc_id, repeat, dict(kwargs), order=str(context), asked=asked)
            )

    def messages(self, job: Job) -> list[dict[str, Any]]:
        """The chat messages of a job, of this rank or of another; the task decodes its media."""
        return self._messages[job.task](self._documents[job.task][job.split][job.doc_id])

    def results(self, replies: Sequence[Reply]) -> list[GenerationResult]:
        """One result per request, padding included.

        Args:
            replies: one per job, in their order.
        """
        results = [GenerationResult(text="")] * self._count
        for place, reply in zip(self._places, replies, strict=True):
            results[place] = _result(reply)
        return results


def _result(reply: Reply) -> GenerationResult:
    if reply.error is not None:
        return GenerationResult(text=ERROR_MARK + reply.error)
    counts = TokenCounts(reply.input_tokens, reply.output_tokens, reply.reasoning_tokens)
    return GenerationResult(reply.text, counts)


def _asked(task: str, document: Mapping[str, Any]) -> Asked | None:
    """What the task's benchmark tells of a document; nothing for somebody else's task."""
    benchmark = _benchmark(task)
    if benchmark is None or not benchmark.describe:
        return None
    asked: Asked | None = benchmark.call("describe", document)
    return asked


@cache
def _benchmark(task: str) -> Benchmark | None:
    found = [known for known in all_benchmarks().values() if task in known.task_names()]
    return found[0] if found else None
