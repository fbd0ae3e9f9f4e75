"""The named rule ``too_long=shrink_images``: a prompt's images lose pixels until it fits.

Only where the processor counts an image's tokens by its pixels (the Qwen-VL families), and only in
a prompt without videos: all of its images then get the same limit, the largest that fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.errors import UsageError
from sightline.models.fit import shrunken
from sightline.models.generating import context_length

if TYPE_CHECKING:
    from sightline.models.checkpoint import Checkpoint
    from sightline.models.inputs import Prompt
    from sightline.models.settings import Generation


def check_rule(processor: Any) -> None:
    """Refuse the rule for a processor whose images have no pixel limits.

    Raises:
        UsageError: it is such a one.
    """
    if not hasattr(processor.image_processor, "merge_size"):
        raise UsageError(
            "--model_args too_long=shrink_images needs a processor with pixel limits, but "
            f"{type(processor.image_processor).__name__} has none",
            next_step="leave it out for this checkpoint, and lower the number of frames",
        )


def smaller_size(
    prompt: Prompt, inputs: Any, generation: Generation, checkpoint: Checkpoint
) -> dict[str, int] | None:
    """The processor's `size` under which the prompt fits.

    Args:
        prompt: the sample.
        inputs: its tensors at full size.
        generation: how long its answer may be.
        checkpoint: whose context counts.

    Returns:
        None where it fits as it is, or where no size makes it fit.
    """
    config = checkpoint.model.config
    limit = context_length(config, checkpoint.tokenizer)
    length = int(inputs["input_ids"].shape[1])
    longest = int(generation.options.get("max_new_tokens") or 0)
    if limit is None or length + longest <= limit or prompt.videos or not prompt.images:
        return None
    of_images = int((inputs["input_ids"] == config.image_token_id).sum())
    images = checkpoint.processor.image_processor
    size = checkpoint.image_size or dict(images.size)
    pixels = shrunken(
        [_sides(image) for image in prompt.images],
        room_tokens=limit - longest - (length - of_images),
        min_pixels=size["shortest_edge"],
        factor=images.patch_size * images.merge_size,
    )
    if pixels is None:
        return None
    return {"shortest_edge": size["shortest_edge"], "longest_edge": pixels}


def _sides(image: Any) -> tuple[int, int]:
    """Of a PIL image, or of a tensor of shape (3, height, width)."""
    one, other = image.shape[-2:] if hasattr(image, "shape") else image.size
    return int(one), int(other)
