"""Queries -> records: asked, read, and asked again with the reason where an answer is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from streamgaze_task.pipeline.labelling.log import MOST_ERRORS, ask_all
from streamgaze_task.pipeline.labelling.prompts import again_text
from streamgaze_task.pipeline.labelling.repair import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from streamgaze_task.pipeline.labelling.labeller import Labeller, Query
    from streamgaze_task.pipeline.labelling.log import AnswerLog

Value = TypeVar("Value")


@dataclass(frozen=True)
class Outcome(Generic[Value]):
    """What became of a query."""

    value: Value | None
    """What was read; None when nothing could be."""
    problem: str = ""
    """Why there is none."""


def read_all(
    labeller: Labeller,
    log: AnswerLog,
    queries: Sequence[Query],
    read: Callable[[str], Value] | Mapping[str, Callable[[str], Value]],
    *,
    tries: int,
    most_errors: int = MOST_ERRORS,
) -> dict[str, Outcome[Value]]:
    """Ask until every answer could be read, or `tries` times.

    A further attempt has a key of its own, ``<key>/again/<n>``, and tells the labeller what was
    wrong. An error of the labeller is final: backends try again themselves what may pass.

    Args:
        labeller: who is asked.
        log: the answers on disk; answers that could not be read are there, too.
        queries: their keys must differ.
        read: reads an answer's text; one for all queries, or by their keys.
        tries: at least 1.
        most_errors: as of :func:`ask_all`.

    Returns:
        Key of the query -> what became of it, in the order of the queries.
    """
    outcomes: dict[str, Outcome[Value]] = {}
    pending = {query.key: query for query in queries}
    first = dict(pending)
    for attempt in range(1, tries + 1):
        answers = ask_all(labeller, log, list(pending.values()), most_errors=most_errors)
        unread: dict[str, Query] = {}
        for key, sent in pending.items():
            answer = answers[sent.key]
            try:
                reader = read if callable(read) else read[key]
                outcomes[key] = Outcome(None if answer.error else reader(answer.text), answer.error)
            except UnreadableError as error:
                outcomes[key] = Outcome(None, f"no answer of {attempt} could be read: {error}")
                text = again_text(first[key].text, str(error))
                unread[key] = replace(sent, key=f"{key}/again/{attempt}", text=text)
        pending = unread
    return {key: outcomes[key] for key in first}
