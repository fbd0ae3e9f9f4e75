"""Tensors -> replies: batches, what ends an answer, and what to do when memory runs out.

Answers do not depend on what else is in a batch. Where tokens are drawn, each sample runs alone
from its own seed. Where a batch fails, it is halved down to single samples, so that one broken
sample takes no neighbour along; one that fails alone becomes a reply that says why.
"""

from __future__ import annotations

import gc
import logging
import time
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
from transformers import GenerationConfig

from sightline.engine.jobs import Reply
from sightline.errors import EvaluationError, SightlineError
from sightline.models.batches import join, joinable
from sightline.models.replies import as_reply, own_tokens, pad_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sightline.models.checkpoint import Checkpoint
    from sightline.models.settings import Generation

_SAMPLE_ERRORS = (ValueError, RuntimeError, IndexError, MemoryError, SightlineError)
"""What one sample may raise. Anything else is a mistake in the code, and stops the run."""

_NO_MEMORY = ("DefaultCPUAllocator", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
"""How a RuntimeError says that memory ran out."""

_DEVICE_LOST = ("CUDA error", "device-side assert")
"""How it says that the device answers no more in this process."""

_NOT_OFFERED = frozenset({"num_return_sequences", "return_dict_in_generate"})
"""Options that would change what ``generate`` returns."""

_UNBOUNDED_TOKENS = 10**9
"""A tokenizer without a limit says a number above this."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ready:
    """One sample, ready for the model."""

    inputs: Any
    """The processor's BatchFeature, on the CPU; ``input_ids`` of shape (1, tokens)."""
    generation: Generation
    """How the task wants it answered."""
    seed: int
    """Where drawing its tokens starts; greedy answers do not depend on it."""

    @property
    def tokens(self) -> int:
        """Length of the prompt."""
        return int(self.inputs["input_ids"].shape[1])


@dataclass(frozen=True)
class _Failure:
    """A batch that could not be generated."""

    reason: str
    """In one line."""
    no_memory: bool
    """Whether a smaller one may fit."""


def generate(checkpoint: Checkpoint, batch: Sequence[Ready]) -> list[Reply]:
    """Answer these samples.

    Args:
        checkpoint: loaded.
        batch: samples to run together where that changes no answer; may be empty.

    Returns:
        One reply per sample, in their order; those that failed say why.

    Raises:
        EvaluationError: the device is lost; a new process must go on.
    """
    replies: dict[int, Reply] = {}
    for places in _groups(checkpoint, batch, replies):
        answered = _smaller(checkpoint, [batch[place] for place in places])
        replies.update(zip(places, answered, strict=True))
    return [replies[place] for place in range(len(batch))]


def context_length(config: Any, tokenizer: Any) -> int | None:
    """Tokens that prompt and answer may have together; None is unbounded.

    The text model's own limit counts, with what a YaRN-like scaling adds to it. The tokenizer's is
    used only where the model names none: it is often the length of a training, which the model
    goes beyond.
    """
    text = config.get_text_config()
    own = getattr(text, "max_position_embeddings", None)
    if own:
        rope = getattr(text, "rope_parameters", None) or {}
        original, factor = rope.get("original_max_position_embeddings"), rope.get("factor")
        return max(int(own), int(original * factor)) if original and factor else int(own)
    limit = getattr(tokenizer, "model_max_length", None)
    return int(limit) if limit and limit < _UNBOUNDED_TOKENS else None


def _groups(
    checkpoint: Checkpoint, batch: Sequence[Ready], refused: dict[int, Reply]
) -> Iterator[list[int]]:
    """Places of samples that may run together; those that are too long are refused."""
    alike: list[list[int]] = []
    for place, ready in enumerate(batch):
        problem = _too_long(checkpoint, ready)
        if problem is not None:
            refused[place] = Reply("", error=problem, input_tokens=ready.tokens)
        elif ready.generation.samples:
            yield [place]
        else:
            for places in alike:
                if _together(checkpoint, [batch[other] for other in places], ready):
                    places.append(place)
                    break
            else:
                alike.append([place])
    yield from alike


def _together(checkpoint: Checkpoint, samples: list[Ready], ready: Ready) -> bool:
    """Whether a sample may join these."""
    if samples[0].generation != ready.generation:
        return False
    inputs = [other.inputs for other in (*samples, ready)]
    return joinable(inputs, checkpoint.family)


def _too_long(checkpoint: Checkpoint, ready: Ready) -> str | None:
    """Why a prompt does not fit into the model's context; None when it does."""
    limit = context_length(checkpoint.model.config, checkpoint.tokenizer)
    longest = ready.generation.options.get("max_new_tokens") or 0
    if checkpoint.model.config.is_encoder_decoder:
        longest = 0  # the answer has a context of its own
    if limit is None or ready.tokens + longest <= limit:
        return None
    return (
        f"the prompt has {ready.tokens} tokens and its answer may have {longest}, more than the "
        f"model's context of {limit}: lower max_pixels, max_frames or max_new_tokens"
    )


def _smaller(checkpoint: Checkpoint, samples: list[Ready]) -> list[Reply]:
    """Answer samples that are generated alike, in batches as large as they fit."""
    longest = max(ready.tokens for ready in samples)
    fitting = checkpoint.learned.rows(longest)
    if fitting is not None and len(samples) > fitting:
        return _in_parts(checkpoint, samples, fitting)
    result = _attempt(checkpoint, samples)
    if not isinstance(result, _Failure):
        return result
    if result.no_memory:
        # Outside of the handler: until it is left, its traceback holds the tensors.
        _free_memory()
        if len(samples) > 1:
            checkpoint.learned.failed(longest, len(samples))
    if len(samples) == 1:
        return [Reply("", error=result.reason, input_tokens=longest)]
    _log.warning("sightline: a batch of %d failed, halved: %s", len(samples), result.reason)
    return _in_parts(checkpoint, samples, (len(samples) + 1) // 2)


def _in_parts(checkpoint: Checkpoint, samples: list[Ready], size: int) -> list[Reply]:
    parts = [samples[start : start + size] for start in range(0, len(samples), size)]
    return list(chain.from_iterable(_smaller(checkpoint, part) for part in parts))


def _attempt(checkpoint: Checkpoint, samples: list[Ready]) -> list[Reply] | _Failure:
    try:
        return _run(checkpoint, samples)
    except _SAMPLE_ERRORS as error:
        words = " ".join(str(error).split()) or "no message"
        no_memory = isinstance(error, (torch.OutOfMemoryError, MemoryError)) or any(
            mark in words for mark in _NO_MEMORY
        )
        if not no_memory and any(mark in words for mark in _DEVICE_LOST):
            raise EvaluationError(
                f"the device is lost: {words}",
                next_step="start again: the answers so far are kept",
            ) from error
        if no_memory and len(samples) == 1:
            words = (
                f"out of memory: one prompt of {samples[0].tokens} tokens does not fit (lower "
                f"max_pixels or max_frames, or use device_map=auto): {words}"
            )
        return _Failure(f"{type(error).__name__}: {words}", no_memory)


def _free_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _run(checkpoint: Checkpoint, samples: list[Ready]) -> list[Reply]:
    """One call of the model, and its tokens as replies."""
    start = time.perf_counter()
    generation = samples[0].generation
    inputs = _on_device(checkpoint, _joined(checkpoint, samples))
    if generation.samples:
        torch.manual_seed(samples[0].seed)
    options = _options(checkpoint, generation)
    with torch.inference_mode():
        output = checkpoint.model.generate(**inputs, **options)
    encoder_decoder = checkpoint.model.config.is_encoder_decoder
    prompt = 1 if encoder_decoder else inputs["input_ids"].shape[1]
    rows = output[:, prompt:].tolist()
    seconds = (time.perf_counter() - start) / len(samples)
    return [
        as_reply(
            checkpoint,
            ready.inputs["input_ids"][0].tolist(),
            own_tokens(row, checkpoint, generation),
            until=generation.until,
            seconds=seconds,
            together=len(samples),
        )
        for ready, row in zip(samples, rows, strict=True)
    ]


def _joined(checkpoint: Checkpoint, samples: list[Ready]) -> Mapping[str, Any]:
    joined: Mapping[str, Any] = join(
        [ready.inputs for ready in samples], checkpoint.family, pad_id(checkpoint)
    )
    return joined


def _on_device(checkpoint: Checkpoint, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors where the model is; pixels in its type, but times keep their hundredths."""
    moved = {}
    for name, value in inputs.items():
        if not isinstance(value, torch.Tensor):
            moved[name] = value
        elif name.startswith("pixel_values") and torch.is_floating_point(value):
            moved[name] = value.to(checkpoint.device, checkpoint.dtype, non_blocking=True)
        else:
            moved[name] = value.to(checkpoint.device, non_blocking=True)
    return moved


def _options(checkpoint: Checkpoint, generation: Generation) -> dict[str, Any]:
    """Arguments of ``generate``; options that it does not know are named once and left out."""
    given = generation.options
    used = {name: value for name, value in given.items() if name in _known_options()}
    for name in sorted(set(given) - set(used) - checkpoint.learned.named):
        checkpoint.learned.named.add(name)
        _log.warning("sightline: generation_kwargs %s is unknown and not used", name)
    used.setdefault("pad_token_id", pad_id(checkpoint))
    if generation.until:
        used |= {"stop_strings": list(generation.until), "tokenizer": checkpoint.tokenizer}
    return used


@cache
def _known_options() -> frozenset[str]:
    return frozenset(GenerationConfig().to_dict()) - _NOT_OFFERED
