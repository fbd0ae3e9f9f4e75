"""Answers that were given before, from a file of JSON lines.

A line has the answer as ``text``, or as the object ``answer``, and says what it answers: by
``digest`` (of the query, see :func:`streamgaze_task.pipeline.labelling.log.digest_of`), or by
``key`` alone, for every recording. The lines of an :class:`~streamgaze_task.pipeline.labelling.log
.AnswerLog` have both, and answer by digest: logs of several recordings can be joined to one file.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sightline.errors import UsageError
from sightline.jsonl import read_lines
from streamgaze_task.pipeline.labelling.labeller import Answer
from streamgaze_task.pipeline.labelling.log import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from streamgaze_task.pipeline.labelling.labeller import Query


class RecordedLabeller:
    """Answers from a file.

    Args:
        path: the file; it is read once.

    Raises:
        UsageError: a line says not what it answers, or has no answer.
        ResponsesError: the file cannot be read, or a line is no JSON object.
    """

    def __init__(self, path: Path) -> None:
        self._by_digest: dict[str, str] = {}
        self._by_key: dict[str, str] = {}
        whole = hashlib.sha256()
        for number, line in read_lines(path):
            text, place = _text(line), f"{path}, line {number}"
            digest, key = line.get("digest"), line.get("key")
            if text is None or not isinstance(digest or key, str):
                raise UsageError(f"{place}: must have text or answer, and digest or key")
            answers, name = (self._by_digest, digest) if digest else (self._by_key, key)
            answers.setdefault(str(name), text)
            whole.update(json.dumps([bool(digest), name, text]).encode())
        self._sha256 = whole.hexdigest()

    @property
    def identity(self) -> Mapping[str, Any]:
        """Names what the file says."""
        return {"labeller": "recorded", "sha256": self._sha256}

    def ask(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """The recorded answers; a query without one gets an error."""
        for query in queries:
            text = self._by_digest.get(digest_of(query), self._by_key.get(query.key))
            if text is None:
                yield Answer(query.key, "", f"no answer to {query.key} is recorded")
            else:
                yield Answer(query.key, text)


def _text(line: Mapping[str, Any]) -> str | None:
    if isinstance(line.get("text"), str):
        return str(line["text"])
    return json.dumps(line["answer"]) if isinstance(line.get("answer"), dict) else None
