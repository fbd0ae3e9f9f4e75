"""Generated tokens -> one reply: where the answer ends, what of it is thinking, how long it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.engine.jobs import Reply
from sightline.models.settings import cut
from sightline.models.thinking import opened_by, split_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.models.checkpoint import Checkpoint
    from sightline.models.settings import Generation


def pad_id(checkpoint: Checkpoint) -> int:
    """What fills up the shorter prompts and answers of a batch."""
    own = checkpoint.model.generation_config.pad_token_id
    if own is None:
        own = checkpoint.tokenizer.pad_token_id
    return int(own) if own is not None else min(_end_ids(checkpoint, {}), default=0)


def _end_ids(checkpoint: Checkpoint, options: Mapping[str, Any]) -> set[int]:
    """Tokens that end an answer."""
    ids = options.get("eos_token_id", checkpoint.model.generation_config.eos_token_id)
    if ids is None:
        return set()
    return set(ids) if isinstance(ids, (list, tuple, set)) else {int(ids)}


def own_tokens(row: list[int], checkpoint: Checkpoint, generation: Generation) -> list[int]:
    """What was generated for one sample, its end token included, without what fills the batch.

    The filling may be an end token itself: what ended with a stop string has none of its own.
    """
    ends = _end_ids(checkpoint, generation.options)
    place = next((i for i, token in enumerate(row) if token in ends), None)
    if place is not None:
        return row[:place] if _stopped(row[:place], checkpoint, generation) else row[: place + 1]
    pad = pad_id(checkpoint)
    length = len(row)
    while length and row[length - 1] == pad:
        length -= 1
    return row[:length]


def _stopped(tokens: list[int], checkpoint: Checkpoint, generation: Generation) -> bool:
    """Whether a stop string is in what these tokens say."""
    if not generation.until:
        return False
    text = checkpoint.tokenizer.decode(tokens, clean_up_tokenization_spaces=False)
    return any(string in text for string in generation.until)


def as_reply(
    checkpoint: Checkpoint,
    prompt: list[int],
    tokens: list[int],
    *,
    until: tuple[str, ...],
    seconds: float,
    together: int,
) -> Reply:
    """What one sample came to.

    Args:
        checkpoint: that generated it.
        prompt: its tokens, without padding.
        tokens: generated, without padding.
        until: strings that end the answer.
        seconds: its share of the batch.
        together: samples in the batch.
    """
    tokenizer = checkpoint.tokenizer
    parts = split_tokens(tokens, tokenizer, opened=opened_by(prompt, tokenizer))
    text = parts.answer
    if not checkpoint.apart:
        text = tokenizer.decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
    return Reply(
        cut(text, until),
        thinking=parts.thinking if checkpoint.apart else None,
        input_tokens=len(prompt),
        output_tokens=len(tokens),
        reasoning_tokens=parts.thinking_tokens if parts.thinking is not None else None,
        seconds=seconds,
        details={"batch_size": together},
    )
