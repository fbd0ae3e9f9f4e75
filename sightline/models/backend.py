"""The engine's backend behind ``--model sightline``: a checkpoint in this process.

Samples are prepared ahead in threads, batched in the order of the jobs, and generated here. A
sample that cannot be read or generated becomes an error of its own; a family of models that cannot
take what a task asks for stops the run at the task's first sample, before anything is generated.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sightline.engine.jobs import Job, Reply
from sightline.engine.prefetch import ahead
from sightline.errors import SightlineError
from sightline.models import families
from sightline.models.generating import Ready, generate
from sightline.models.inputs import read_prompt, tensors
from sightline.models.settings import generation
from sightline.models.shrinking import check_rule, smaller_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sightline.models.checkpoint import Checkpoint
    from sightline.models.inputs import Prompt
    from sightline.models.settings import Generation, ModelSettings

SAMPLE_ERRORS = (OSError, ValueError, RuntimeError, SightlineError)
"""What one bad sample may raise: unreadable media, a prompt that the processor refuses, memory.
Anything else is a mistake in the code, and stops the run."""

NEXT_REPEAT = 1_000_003
"""Between the seeds of two askings of one document: further apart than documents are."""


@dataclass(frozen=True)
class Prepared:
    """One sample, as far as it could be prepared."""

    needs: families.Needs
    """What it asks of a family of models."""
    ready: Ready | None
    """For the model; None where the processor failed."""
    error: Exception | None = None
    """Why it failed."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What is told of it with its reply: ``max_pixels`` where its images were shrunken."""

    @property
    def bytes(self) -> int:
        """Memory of its tensors."""
        if self.ready is None:
            return 0
        tensors = (value for value in self.ready.inputs.values() if hasattr(value, "nbytes"))
        return sum(int(tensor.nbytes) for tensor in tensors)


@dataclass(frozen=True)
class _Sample:
    """One sample that the model can be asked."""

    job: Job
    """What is asked."""
    ready: Ready
    """For the model."""
    details: Mapping[str, Any]
    """Told with its reply."""


class LocalBackend:
    """Asks a checkpoint.

    Args:
        checkpoint: loaded.
        settings: how samples are prepared.
        messages_of: a job's chat messages; called in several threads.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        settings: ModelSettings,
        messages_of: Callable[[Job], list[dict[str, Any]]],
    ) -> None:
        self._checkpoint = checkpoint
        self._settings = settings
        self._messages_of = messages_of
        self._checked: set[str] = set()
        if settings.too_long == "shrink_images":
            check_rule(checkpoint.processor)

    @property
    def identity(self) -> Mapping[str, Any]:
        """What answers depend on beside their jobs."""
        return self._checkpoint.identity

    def ask(self, jobs: Sequence[Job], done: Callable[[Job, Reply], None]) -> None:
        """Ask these jobs in their order, several at a time.

        Raises:
            UsageError: the family of models cannot take what a task asks for.
            EvaluationError: from `done`: too many samples failed.
        """
        for batch in self._batches(self._prepared(jobs, done)):
            replies = generate(self._checkpoint, [sample.ready for sample in batch])
            for sample, reply in zip(batch, replies, strict=True):
                done(sample.job, replace(reply, details={**reply.details, **sample.details}))

    def _prepared(
        self, jobs: Sequence[Job], done: Callable[[Job, Reply], None]
    ) -> Iterator[_Sample]:
        """The samples that could be prepared; the others are reported."""
        results = ahead(
            self._prepare,
            jobs,
            workers=self._settings.workers,
            budget_bytes=self._settings.prefetch_bytes,
            size=lambda prepared: prepared.bytes,
        )
        for job, future in zip(jobs, results, strict=True):
            try:
                prepared = future.result()
            except SAMPLE_ERRORS as error:
                done(job, _failed(error))
                continue
            self._check(job.task, prepared.needs)
            if prepared.ready is None:
                done(job, _failed(prepared.error))
            else:
                yield _Sample(job, prepared.ready, prepared.details)

    def _prepare(self, job: Job) -> Prepared:
        """Everything before the model: the task's messages, decoding, the processor."""
        settings = self._settings
        messages = self._messages_of(job)
        needs = families.needs_of(messages, system=settings.system_prompt)
        try:
            prompt = read_prompt(
                messages,
                max_frames=settings.max_frames,
                fps=settings.fps,
                system=settings.system_prompt,
            )
            wanted = generation(job.generation)
            inputs, details = self._tensors(prompt, wanted)
        except SAMPLE_ERRORS as error:
            return Prepared(needs, None, error)
        # Per question, not per run: the same on any number of ranks.
        seed = settings.seed + job.doc_id + NEXT_REPEAT * job.repeat
        return Prepared(needs, Ready(inputs, wanted, seed), details=details)

    def _tensors(self, prompt: Prompt, wanted: Generation) -> tuple[Any, dict[str, Any]]:
        """A sample's tensors, and what was done to make them fit."""
        checkpoint, thinking = self._checkpoint, self._settings.enable_thinking
        processor = checkpoint.processor
        inputs = tensors(
            prompt, processor, image_size=checkpoint.image_size, enable_thinking=thinking
        )
        if self._settings.too_long != "shrink_images":
            return inputs, {}
        size = smaller_size(prompt, inputs, wanted, checkpoint)
        if size is None:
            return inputs, {}
        inputs = tensors(prompt, processor, image_size=size, enable_thinking=thinking)
        return inputs, {"max_pixels": size["longest_edge"]}

    def _check(self, task: str, needs: families.Needs) -> None:
        if task not in self._checked:
            self._checked.add(task)
            checkpoint = self._checkpoint
            families.check(checkpoint.processor, checkpoint.model.config, needs)

    def _batches(self, samples: Iterable[_Sample]) -> Iterator[list[_Sample]]:
        """Neighbours that are generated alike, batch_size at most."""
        batch: list[_Sample] = []
        for sample in samples:
            full = len(batch) == self._settings.batch_size
            if batch and (full or batch[0].ready.generation != sample.ready.generation):
                yield batch
                batch = []
            batch.append(sample)
        if batch:
            yield batch


def _failed(error: Exception | None) -> Reply:
    words = " ".join(str(error).split()) or "no message"
    return Reply("", error=f"{type(error).__name__}: {words}")
