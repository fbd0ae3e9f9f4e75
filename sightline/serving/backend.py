"""The engine's backend behind ``--model sightline_openai``: a server that speaks OpenAI's protocol.

Requests go out in the order of the jobs, as many at a time as the user says; a failure that may
pass is tried again, one that cannot is the error of its sample, and one that would meet every
request stops the run. The key is in no message and no record.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from openai import AzureOpenAI, OpenAI, OpenAIError

from sightline.engine.jobs import UNANSWERED, Job, Reply
from sightline.errors import SightlineError, UsageError
from sightline.models.settings import generation
from sightline.serving import failures, payload, replies
from sightline.serving.encoding import ENCODING, ImageEncoder
from sightline.serving.workers import GRACE_SECONDS, Turns, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from threading import Event

    from sightline.serving.settings import ServerSettings

SAMPLE_ERRORS = (OSError, ValueError, RuntimeError, SightlineError)
"""What one bad sample may raise while it is prepared. Anything else is a mistake in the code, and
stops the run."""

NOT_FOUND = 404
"""HTTP's status of an unknown model or address."""

_SHOWN_MODELS = 8


@dataclass
class Usage:
    """What all requests of a run cost together."""

    requests: int = 0
    """Answered."""
    retries: int = 0
    """Sent again."""
    input_tokens: int = 0
    """Of their prompts, as far as the server tells."""
    cached_tokens: int = 0
    """Of these: found in the server's prefix cache."""
    output_tokens: int = 0
    """Generated."""

    def line(self) -> str:
        """For the terminal."""
        share = 100.0 * self.cached_tokens / self.input_tokens if self.input_tokens else 0.0
        return (
            f"{self.requests} answers, {self.retries} retries, {self.input_tokens:,} input tokens "
            f"({share:.1f} % from the server's prefix cache), {self.output_tokens:,} output tokens"
        )


class OpenAIBackend:
    """Asks a server.

    Args:
        settings: which server, and how.
        messages_of: a job's chat messages; called in several threads.
        split: takes the thinking out of an answer's text: (thinking or None, answer). For servers
            that leave it in; None does nothing.
        say: takes a line for the user; by default stderr.
        grace: see :meth:`sightline.serving.workers.Workers.work_off`, seconds.
    """

    def __init__(
        self,
        settings: ServerSettings,
        messages_of: Callable[[Job], list[dict[str, Any]]],
        *,
        split: Callable[[str], tuple[str | None, str]] | None = None,
        say: Callable[[str], None] | None = None,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._settings = settings
        self._messages_of = messages_of
        self._split = split
        self._say = say or _to_stderr
        self._grace = grace
        self._client: OpenAI
        self._draw = random.Random()  # noqa: S311 (spreads retries; no secret, no answer)
        self._lock = Lock()
        self._not_before = 0.0
        self.encoder = ImageEncoder()
        """Encodes frames, each once."""
        self.usage = Usage()
        """What the run has cost so far."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What answers depend on beside their jobs."""
        return {"backend": "openai", "encoding": ENCODING, **self._settings.identity()}

    def ask(self, jobs: Sequence[Job], done: Callable[[Job, Reply], None]) -> None:
        """Ask these jobs, about several videos at a time and in their order within each.

        Raises:
            UsageError: the server refuses the key, or does not know the model.
            EvaluationError: from `done`: too many samples failed.
        """
        if not jobs:
            return
        workers = Workers(self._prepare, self._send, done, self._settings.concurrency)
        try:
            # Its end also ends the requests that a stopped run no longer waits for.
            with client(self._settings) as self._client:
                workers.work_off(Turns(jobs, self._settings.per_group), grace=self._grace)
        finally:
            self._say(self.usage.line())

    def _prepare(self, job: Job) -> dict[str, Any] | Reply:
        """The body of a request; or the reply that says why there is none."""
        try:
            return payload.body(
                self._messages_of(job),
                job.generation,
                self._settings,
                self.encoder.url,
                repeat=job.repeat,
            )
        except UsageError:
            raise  # it would meet every request of its task
        except SAMPLE_ERRORS as error:
            return Reply("", error=f"{type(error).__name__}: {' '.join(str(error).split())}")

    def _send(self, job: Job, body: dict[str, Any], stopping: Event) -> Reply | None:
        """Ask until there is an answer, or no hope; None when the run stops meanwhile."""
        for attempt in range(self._settings.retries + 1):
            stopping.wait(max(self._not_before - time.monotonic(), 0.0))
            if stopping.is_set():
                return None
            try:
                return self._ask_once(job, body, attempt)
            except (OpenAIError, failures.EmptyAnswerError) as error:
                verdict = failures.verdict(error)
                if verdict == "stop":
                    raise self._hopeless(error) from None
                if verdict == "failed" or attempt == self._settings.retries:
                    details = {UNANSWERED: True} if verdict == "again" else {}
                    return replace(self._given_up(error, body, attempt), details=details)
                self._pause(error, attempt, stopping)
        return None

    def _ask_once(self, job: Job, body: Mapping[str, Any], attempt: int) -> Reply:
        begun = time.monotonic()
        # As extra_body: the client then neither copies nor checks megabytes of messages.
        response = self._client.chat.completions.create(
            model=body["model"], messages=[], extra_body=dict(body)
        )
        reply = replies.read(
            response,
            until=generation(job.generation).until,
            split=self._split,
            seconds=time.monotonic() - begun,
            tries=attempt + 1,
        )
        self._count(reply)
        return reply

    def _pause(self, error: Exception, attempt: int, stopping: Event) -> None:
        """Wait before the next try; what the server says holds for all workers."""
        told = failures.told_pause(error)
        seconds = failures.pause(
            attempt, told, backoff=self._settings.retry_backoff_s, draw=self._draw
        )
        with self._lock:
            self.usage.retries += 1
            if told is not None:
                until = time.monotonic() + min(told, failures.LONGEST_TOLD_WAIT)
                self._not_before = max(self._not_before, until)
        stopping.wait(seconds)

    def _count(self, reply: Reply) -> None:
        with self._lock:
            self.usage.requests += 1
            self.usage.input_tokens += reply.input_tokens or 0
            self.usage.output_tokens += reply.output_tokens or 0
            self.usage.cached_tokens += reply.details.get("cached_tokens", 0)

    def _given_up(self, error: Exception, body: Mapping[str, Any], attempt: int) -> Reply:
        images, count = payload.size(body)
        words = failures.one_line(error, secret=self._settings.api_key)
        tries = f", {attempt + 1} tries" if attempt else ""
        # The size: servers limit it, and some say so by closing the connection.
        return Reply("", error=f"{words} ({images} images, {count / 1e6:.1f} MB{tries})")

    def _hopeless(self, error: Exception) -> UsageError:
        """Why no request can succeed."""
        words = failures.one_line(error, secret=self._settings.api_key)
        status = getattr(error, "status_code", None)
        if status == NOT_FOUND:
            known = self._models()
            listed = f"; it has: {', '.join(known)}" if known else ""
            return UsageError(
                f"the server does not know model {self._settings.model!r}{listed} ({words})",
                next_step="check model= and base_url= in --model_args; the address usually ends "
                "in /v1",
            )
        return UsageError(
            f"the server refuses this account ({words})",
            next_step="check OPENAI_API_KEY, or api_key= in --model_args, and the account's limits",
        )

    def _models(self) -> list[str]:
        """Names of some models of the server, as far as it tells."""
        try:
            found = self._client.models.list()
            return [model.id for model in found.data[:_SHOWN_MODELS]]
        except (OpenAIError, AttributeError, TypeError):
            return []


def client(settings: ServerSettings) -> OpenAI:
    """The server's client; it sends each request once, trying again is done here."""
    common: dict[str, Any] = {"timeout": settings.timeout, "max_retries": 0}
    if settings.azure_openai:
        return AzureOpenAI(
            api_key=settings.api_key,
            azure_endpoint=settings.base_url or "",
            api_version=settings.azure_version,
            **common,
        )
    return OpenAI(api_key=settings.api_key, base_url=settings.base_url, **common)


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"sightline: {line}\n")
