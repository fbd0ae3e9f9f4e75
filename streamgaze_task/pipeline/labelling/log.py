"""The answers of one recording on disk: what was answered once is not asked again.

One line of JSON an answer, appended as it comes, under the SHA-256 of everything that it depends
on. Only answers are kept, no errors: those are asked again by the next run. One process writes a
log; a line that it was killed in is passed over.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError, EvaluationError
from sightline.progress import Silent
from streamgaze_task.pipeline.labelling.labeller import Answer
from streamgaze_task.pipeline.labelling.repair import LONGEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from streamgaze_task.pipeline.labelling.labeller import Labeller, Query

SILENCE = "the labeller gave no answer"

LONGEST_LINE = 16 * LONGEST
"""Bytes of a line that is read; one that we wrote is shorter: six for a character, at most."""

MOST_ERRORS = 20
"""Errors in a row after which it is the labeller that is out of order, and not a query (ours)."""

WHOLE_ROUND = 4
"""Queries asked together of which one must be answered, or it is the labeller that is out of order
(ours: a single query may be one that breaks any connection, by its size say)."""


class AnswerLog:
    """Answers on disk.

    Args:
        path: the file; it and its folder are made with the first answer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._texts: dict[str, str] | None = None
        self._open_end = False
        self.errors_in_a_row = 0
        """Of the latest answers, as far as :func:`ask_all` got them."""
        self.answered = 0
        """Queries that :func:`ask_all` found an answer to, be it a refusal."""
        self.unanswered = 0
        """Queries that nobody answered: they are to be asked another time."""
        self.latest_error = ""
        """Why the latest of them was not answered."""

    def get(self, asked: str) -> str | None:
        """The text of an answer; None when there is none yet.

        Args:
            asked: from :func:`name_of`.

        Raises:
            DatasetError: the file cannot be read.
        """
        return self._known().get(asked)

    def add(self, asked: str, query: Query, answer: Answer) -> None:
        """Put an answer on disk, should it be new.

        Raises:
            EvaluationError: it cannot be written.
        """
        if asked in self._known():
            return
        told = {"asked": asked, "digest": digest_of(query), "key": query.key, "text": answer.text}
        line = json.dumps(told).encode() + b"\n"  # escapes keep half a surrogate pair, too
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(b"\n" + line if self._open_end else line)
        except OSError as error:
            raise EvaluationError(
                f"{self._path} must take the answers, but cannot be written to: {error.strerror}",
                next_step="free space there or mend its permissions, and run the same command "
                "again: it asks only what is missing",
            ) from error
        self._open_end = False
        self._known()[asked] = answer.text

    def _known(self) -> dict[str, str]:
        if self._texts is None:
            self._texts = self._read()
        return self._texts

    def _read(self) -> dict[str, str]:
        found: dict[str, str] = {}
        try:
            with self._path.open("rb") as file:
                while line := file.readline(LONGEST_LINE):
                    self._open_end = not line.endswith(b"\n")
                    told = _told(line)
                    if told is not None:
                        found.setdefault(*told)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise DatasetError(f"{self._path} cannot be read: {error.strerror}") from error
        return found


def _told(line: bytes) -> tuple[str, str] | None:
    """What a line says; None where it is no whole line of ours."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not line.endswith(b"\n"):
        return None
    asked, text = told.get("asked"), told.get("text")
    return (asked, text) if isinstance(asked, str) and isinstance(text, str) else None


def digest_of(query: Query) -> str:
    """SHA-256 of a query: its key, kind, prompt, pictures and facts."""
    told = {
        "key": query.key,
        "kind": query.kind,
        "text": query.text,
        "images": [_image_digest(image) for image in query.images],
        "facts": dict(query.facts),
    }
    return _sha256(told)


def name_of(query: Query, identity: Mapping[str, Any]) -> str:
    """SHA-256 of all that an answer depends on: the query and who is asked.

    The query's key is part of it: a further attempt has a key of its own.
    """
    return _sha256({"identity": dict(identity), "digest": digest_of(query)})


def _sha256(told: Mapping[str, Any]) -> str:
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _image_digest(image: Any) -> str:
    told = f"{image.mode} {image.size}\n".encode()
    return hashlib.sha256(told + image.tobytes()).hexdigest()


def ask_all(
    labeller: Labeller,
    log: AnswerLog,
    queries: Sequence[Query],
    progress: Progress | None = None,
    *,
    most_errors: int = MOST_ERRORS,
) -> dict[str, Answer]:
    """The answers to all these queries, from the log where they are known.

    Args:
        labeller: asked for the others.
        log: takes each answer as soon as it is there.
        queries: their keys must differ.
        progress: advances by one a query; None tells nobody.
        most_errors: so many errors in a row end the run, and so does a whole round that nobody
            answers; 0 allows any number.

    Returns:
        Key of the query -> its answer, texts cut to repair.LONGEST characters, in the order of the
        queries. What could not be answered has an error.

    Raises:
        EvaluationError: the labeller is out of order, or answered what it was not asked.
    """
    progress = progress or Silent()
    asked = {query.key: query for query in queries}
    if len(asked) != len(queries):
        raise ValueError("the keys of queries must differ")
    identity = labeller.identity
    names = {query.key: name_of(query, identity) for query in queries}
    known = {key: log.get(name) for key, name in names.items()}
    found = {key: Answer(key, text) for key, text in known.items() if text is not None}
    progress.advance(len(found))
    if found:
        log.errors_in_a_row = 0  # another run got these in between
    missing = [query for query in queries if query.key not in found]
    for answer in labeller.ask(missing) if missing else ():
        if answer.key not in asked:
            raise EvaluationError(f"the labeller answered {answer.key!r}, which was not asked")
        if answer.key in found:
            continue
        kept = replace(answer, text=answer.text[:LONGEST])
        found[answer.key] = kept
        if not kept.error:
            log.add(names[kept.key], asked[kept.key], kept)
        _count(log, kept, most_errors)
        progress.advance(1)
    answers = {key: found.get(key, Answer(key, "", SILENCE, unanswered=True)) for key in asked}
    _count_round(log, list(answers.values()), whole=WHOLE_ROUND if most_errors else 0)
    return answers


def _count(log: AnswerLog, answer: Answer, most: int) -> None:
    """Count errors in a row, and stop when there are too many."""
    log.errors_in_a_row = log.errors_in_a_row + 1 if answer.error else 0
    if most and log.errors_in_a_row >= most:
        raise out_of_order(
            f"failed {log.errors_in_a_row} times in a row, the last time at {answer.key}",
            answer.error,
        )


def _count_round(log: AnswerLog, answers: Sequence[Answer], *, whole: int) -> None:
    """Count what nobody answered, and stop where that is all."""
    lost = [answer for answer in answers if answer.unanswered]
    log.unanswered += len(lost)
    log.answered += len(answers) - len(lost)
    if lost:
        log.latest_error = lost[-1].error
    if whole and len(lost) == len(answers) >= whole:
        raise out_of_order(f"answered none of {len(lost)} queries", log.latest_error)


def out_of_order(what: str, why: str) -> EvaluationError:
    """The error of a labeller with which it makes no sense to go on.

    Args:
        what: it did, in words.
        why: its latest error.
    """
    return EvaluationError(
        f"the labeller {what}: {why}",
        next_step="mend the cause, and run the same command again: what was answered is not asked "
        "again",
    )
