"""``--model sightline``: any AutoModelForImageTextToText checkpoint, CPU or GPU, one or many ranks.

Three steps, kept apart: arguments -> settings (:mod:`sightline.lmms.settings`), messages -> tensors
(:mod:`sightline.lmms.inputs`, one sample ahead in a thread), tensors -> text (here).

Deliberate: a sample that cannot be read or generated becomes a response that starts with
ERROR_MARK, and the run goes on; the scorer counts it as the outcome "error", never as wrong or
missing. Too many of them stop the run. No code that comes with a checkpoint is run.
"""

from __future__ import annotations

import logging
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from accelerate import Accelerator
from lmms_eval.api.instance import GenerationResult, Instance, TokenCounts
from lmms_eval.api.model import lmms
from transformers import AutoModelForImageTextToText, AutoProcessor, GenerationConfig

from sightline.errors import EvaluationError, SightlineError, UsageError
from sightline.lmms.inputs import read_prompt, tensors
from sightline.lmms.settings import Generation, ModelSettings, cut, generation
from sightline.records import ERROR_MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SAMPLE_ERRORS = (OSError, ValueError, RuntimeError, SightlineError)
"""What one bad sample may raise: unreadable media, a prompt that the processor refuses, memory.
Anything else is a mistake in the code, and stops the run."""

PADDING = "__padding_only__"
"""Mark of a request that lmms-eval adds to even out the ranks; its answer is thrown away."""

Item = TypeVar("Item")
Made = TypeVar("Made")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Prepared:
    """One sample, ready for the model."""

    tensors: Any
    """The processor's BatchFeature, on the CPU."""
    generation: Generation
    """How the task wants it answered."""


@dataclass
class _Failures:
    """The samples that failed on this rank."""

    allowed: int
    """The run stops at the next one after so many."""
    reasons: list[str] = field(default_factory=list)
    """What happened, one line a sample."""

    def add(self, place: str, error: Exception) -> str:
        """Count one; returns the reason, in one line.

        Raises:
            EvaluationError: it is one too many.
        """
        words = " ".join(str(error).split()) or "no message"
        reason = f"{type(error).__name__}: {words}"
        self.reasons.append(f"{place}: {reason}")
        _log.warning("sightline: %s failed: %s", place, reason)
        if len(self.reasons) > self.allowed:
            self._stop(f"{len(self.reasons)} samples failed, more than max_errors={self.allowed}")
        return reason

    def finish(self, count: int) -> None:
        """Check the whole run of `count` samples.

        Raises:
            EvaluationError: every one of them failed.
        """
        if count and len(self.reasons) == count:
            self._stop(f"every one of the {count} samples failed")

    def _stop(self, what: str) -> None:
        raise EvaluationError(
            f"{what}; the first: {self.reasons[0]}",
            next_step="mend the cause, or raise --model_args max_errors=N to count them as errors",
        )


class SightlineModel(lmms):  # type: ignore[misc] # lmms-eval ships no types
    """The chat model class behind ``--model sightline``."""

    is_simple = False

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self.settings = ModelSettings.from_arguments(arguments)
        if str(arguments.get("batch_size") or 1) != "1":
            _log.warning(
                "sightline: batch_size=%s is not used, samples are generated one at a time; the "
                "answers are the same",
                arguments["batch_size"],
            )
        self.accelerator = Accelerator()
        self._rank = self.accelerator.process_index
        self._world_size = self.accelerator.num_processes
        self._device = _device(self.settings.device, self.accelerator)
        self.processor = _load(AutoProcessor, self.settings)
        self._image_size = _image_size(self.settings, self.processor)
        self._model = _load_model(self.settings).to(self._device).eval()
        self._asked: Counter[tuple[str, int]] = Counter()
        self._unknown_options: set[str] = set()

    @property
    def device(self) -> torch.device:
        """Where this rank's weights are."""
        return self._device

    @property
    def batch_size(self) -> int:
        """Samples per call of the model."""
        return 1

    def generate_until(self, requests: list[Instance]) -> list[GenerationResult]:
        """Answer every request; the results stand in the order of the requests.

        The work is done in the order of the requests' context texts, those of all tasks together:
        our tasks start them with video and time, so each video is gone through once, forward. An
        answer does not depend on the order.

        Raises:
            EvaluationError: more samples than max_errors failed, or all of them.
        """
        failures = _Failures(self.settings.max_errors)
        real = [i for i, request in enumerate(requests) if not request.metadata.get(PADDING)]
        order = sorted(real, key=lambda i: str(requests[i].args[0]))
        work = [requests[i] for i in order]
        answers = (
            self._answer(request, ready, failures)
            for request, ready in zip(work, ahead(self._prepare, work), strict=True)
        )
        results = [GenerationResult(text="")] * len(requests)
        for place, result in zip(order, self._with_progress(answers, len(work)), strict=True):
            results[place] = result
        failures.finish(len(work))
        return results

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Not offered: our tasks generate text."""
        raise NotImplementedError("--model sightline answers generate_until tasks only")

    def generate_until_multi_round(self, requests: list[Instance]) -> list[str]:
        """Not offered: our tasks ask once."""
        raise NotImplementedError("--model sightline answers generate_until tasks only")

    def _prepare(self, request: Instance) -> _Prepared:
        """Everything before the model: the task's messages, decoding, the processor."""
        _, messages_of, kwargs, doc_id, task, split = request.args
        messages = messages_of(self.task_dict[task][split][doc_id])
        prompt = read_prompt(messages, max_frames=self.settings.max_frames, fps=self.settings.fps)
        inputs = tensors(prompt, self.processor, image_size=self._image_size)
        return _Prepared(inputs, generation(kwargs))

    def _answer(
        self, request: Instance, ready: Future[_Prepared], failures: _Failures
    ) -> GenerationResult:
        _, _, _, doc_id, task, _ = request.args
        try:
            prepared = ready.result()
            if prepared.generation.samples:
                # Per question, not per run: the same on any number of ranks.
                again = self._asked[task, doc_id]
                self._asked[task, doc_id] += 1
                torch.manual_seed(self.settings.seed + doc_id + 1_000_003 * again)
            return self._generate(prepared)
        except SAMPLE_ERRORS as error:
            reason = failures.add(f"{task} document {doc_id}", error)
            return GenerationResult(text=ERROR_MARK + reason)

    def _generate(self, prepared: _Prepared) -> GenerationResult:
        """Everything after the processor: the model, and its tokens as text."""
        inputs = prepared.tensors.to(self._device)
        for name in inputs:
            # Pixels only: times as bfloat16 would lose their hundredths.
            if name.startswith("pixel_values") and torch.is_floating_point(inputs[name]):
                inputs[name] = inputs[name].to(self._model.dtype)
        until = prepared.generation.until
        stop = {"stop_strings": list(until), "tokenizer": self.processor.tokenizer} if until else {}
        options = self._known_options(prepared.generation.options)
        with torch.inference_mode():
            output = self._model.generate(**inputs, **options, **stop)[0]
        asked = inputs["input_ids"].shape[1]
        new = output if self._model.config.is_encoder_decoder else output[asked:]
        text = self.processor.tokenizer.decode(
            new, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return GenerationResult(cut(text, until), TokenCounts(asked, len(new)))

    def _known_options(self, options: Any) -> dict[str, Any]:
        """The options that the library knows; the others are named once and left out."""
        known = GenerationConfig().to_dict()
        for name in sorted(set(options) - set(known) - self._unknown_options):
            self._unknown_options.add(name)
            _log.warning("sightline: generation_kwargs %s is unknown and not used", name)
        return {name: value for name, value in options.items() if name in known}

    def _with_progress(
        self, answers: Iterator[GenerationResult], count: int
    ) -> Iterator[GenerationResult]:
        from rich.console import Console  # noqa: PLC0415 (only for the bar)
        from rich.progress import track  # noqa: PLC0415

        return iter(
            track(
                answers,
                description="answering",
                total=count,
                console=Console(stderr=True),
                disable=self.rank != 0,
            )
        )


def ahead(function: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Future[Made]]:
    """Call `function` on each item in a thread, one item ahead of the one that is asked for."""
    with ThreadPoolExecutor(1, thread_name_prefix="sightline-prepare") as pool:
        before: Future[Made] | None = None
        for item in items:
            now = pool.submit(function, item)
            if before is not None:
                yield before
            before = now
        if before is not None:
            yield before


def _device(wanted: str | None, accelerator: Accelerator) -> torch.device:
    """One device per rank; a device by name only where there is one rank, or for the CPU."""
    if wanted is None or (wanted == "cuda" and accelerator.device.type == "cuda"):
        return accelerator.device
    device = torch.device(wanted)
    if accelerator.num_processes > 1 and device.type != "cpu":
        raise UsageError(
            f"--model_args device ({wanted}) would put every rank on one device",
            next_step="leave device out: each of several ranks takes its own",
        )
    return device


def _image_size(settings: ModelSettings, processor: Any) -> dict[str, int] | None:
    """The processor's `size` for images under the pixel limits that were asked for."""
    if settings.min_pixels is None and settings.max_pixels is None:
        return None
    images = processor.image_processor
    # Only here do the two edges of `size` mean pixels; elsewhere they are lengths.
    if not hasattr(images, "merge_size"):
        raise UsageError(
            f"--model_args min_pixels and max_pixels: {type(images).__name__} has no pixel limits",
            next_step="leave them out for this checkpoint",
        )
    return {
        "shortest_edge": settings.min_pixels or images.size["shortest_edge"],
        "longest_edge": settings.max_pixels or images.size["longest_edge"],
    }


def _load_model(settings: ModelSettings) -> Any:
    more = {}
    if settings.attn_implementation is not None:
        more["attn_implementation"] = settings.attn_implementation
    return _load(AutoModelForImageTextToText, settings, dtype=settings.dtype, **more)


def _load(kind: Any, settings: ModelSettings, **options: Any) -> Any:
    try:
        return kind.from_pretrained(
            settings.pretrained, revision=settings.revision, trust_remote_code=False, **options
        )
    except (OSError, ValueError) as error:
        raise UsageError(
            f"checkpoint ({settings.pretrained}) must be one that transformers' {kind.__name__} "
            f"loads: {error}",
            next_step="check the path or the name, the revision and the network",
        ) from error
