"""Several samples, each as :func:`sightline.models.inputs.tensors` makes it -> one batch.

Texts are padded on the left, so that every answer starts where its prompt ends. Each family's
tensors are joined so that the batch equals what its own processor makes of all samples at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.models.families import Family


def joinable(samples: Sequence[Any], family: Family) -> bool:
    """Whether these samples can stand in one batch.

    One always can. Several cannot where the family's batches are not proven equal, or where its
    model wants media of one shape and they differ, such as videos of unequal length.
    """
    if len(samples) < 2:  # noqa: PLR2004 (one)
        return True
    if family.single_reason is not None:
        return False
    names = {name for sample in samples for name in sample}
    if not names <= set(family.joins):
        return False
    alike = [name for name in names if family.joins[name] == "equal rows"]
    return all(
        len({tuple(sample[name].shape[1:]) for sample in samples if name in sample}) == 1
        for name in alike
    )


def join(samples: Sequence[Any], family: Family, pad_token_id: int) -> Any:
    """One batch of several samples, or the sample itself where there is one.

    Args:
        samples: BatchFeatures of one sample each; at least one, and :func:`joinable`.
        family: theirs.
        pad_token_id: stands left of the shorter prompts.

    Returns:
        A BatchFeature with ``input_ids`` and ``attention_mask`` of shape (samples, tokens of the
        longest) and the media of all samples in their order.

    Raises:
        ValueError: these samples cannot be joined.
    """
    if len(samples) == 1:
        return samples[0]
    if not samples or not joinable(samples, family):
        raise ValueError(f"{len(samples)} samples of {family.name} cannot stand in one batch")
    from transformers import BatchFeature  # noqa: PLC0415 (heavy)

    names = dict.fromkeys(name for sample in samples for name in sample)
    joined = {name: _joined(name, samples, family, pad_token_id) for name in names}
    return BatchFeature(joined)


def _joined(name: str, samples: Sequence[Any], family: Family, pad_token_id: int) -> torch.Tensor:
    how = family.joins[name]
    if how == "tokens":
        fill = pad_token_id if name == "input_ids" else 0
        return _padded_left([sample[name] for sample in samples], fill)
    present = [sample[name] for sample in samples if name in sample]
    if how == "samples":
        nothing = torch.zeros_like(present[0])
        present = [sample.get(name, nothing) for sample in samples]
    return torch.cat(_padded_right(present))


def _padded_left(rows: Sequence[torch.Tensor], fill: int) -> torch.Tensor:
    """Rows of shape (1, tokens) below each other."""
    width = max(row.shape[1] for row in rows)
    return torch.cat(
        [torch.nn.functional.pad(row, (width - row.shape[1], 0), value=fill) for row in rows]
    )


def _padded_right(parts: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Zeros after what there is, in all dimensions but the first, up to the largest part."""
    shape = [max(sizes) for sizes in zip(*(part.shape for part in parts), strict=True)]
    if all(list(part.shape[1:]) == shape[1:] for part in parts):
        return list(parts)
    padded = []
    for part in parts:
        missing = [full - size for full, size in zip(shape[1:], part.shape[1:], strict=True)]
        # torch.nn.functional.pad counts dimensions from the last.
        margins = [side for size in reversed(missing) for side in (0, size)]
        padded.append(torch.nn.functional.pad(part, margins))
    return padded
