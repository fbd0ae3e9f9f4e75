"""What a family of models takes, and how samples of it are joined into a batch.

What a processor and its chat template take is found by trying them on small sentinel prompts, not
looked up by name; only how batches are made is a table, since whether a model gives equal answers
under padding has to be proven once for each family (tests/sightline/lmms/test_batches.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from sightline.errors import UsageError
from sightline.models.inputs import check_texts, content_items, with_system
from sightline.models.probes import Turn, problem, tells_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Join = Literal["tokens", "rows", "equal rows", "samples"]
"""How one tensor of several samples becomes one: ``tokens`` is padded on the left; ``rows`` are
those of one medium or patch each, below each other, later dimensions padded with zeros at their
end; ``equal rows`` must agree in the later dimensions; ``samples`` has one row per sample, zeros
for a sample without media."""

_TOKENS: dict[str, Join] = {
    "input_ids": "tokens",
    "attention_mask": "tokens",
    "token_type_ids": "tokens",
    "mm_token_type_ids": "tokens",
}
_QWEN: dict[str, Join] = {
    **_TOKENS,
    "pixel_values": "rows",
    "image_grid_thw": "rows",
    "pixel_values_videos": "rows",
    "video_grid_thw": "rows",
    "second_per_grid_ts": "rows",
}
_IDEFICS: dict[str, Join] = {
    **_TOKENS,
    "pixel_values": "samples",
    "pixel_attention_mask": "samples",
}
JOINS: Mapping[str, Mapping[str, Join]] = MappingProxyType(
    {
        "qwen2_5_vl": _QWEN,
        "qwen3_vl": _QWEN,
        "internvl": {**_TOKENS, "pixel_values": "equal rows"},
        "llava_onevision": {
            **_TOKENS,
            # Crops of one image; the model takes as many of them as its size says.
            "pixel_values": "rows",
            "image_sizes": "rows",
            "batch_num_images": "rows",
            # A stack of frames: videos of unequal length have no place in it.
            "pixel_values_videos": "equal rows",
        },
        "gemma3": {**_TOKENS, "pixel_values": "equal rows"},
        "idefics3": _IDEFICS,
        "smolvlm": _IDEFICS,
    }
)
"""``config.model_type`` of the families whose batches are proven to give the answers of single
samples -> their tensors."""


@dataclass(frozen=True)
class Needs:
    """What a sample asks of a family; its media are not decoded."""

    turns: tuple[Turn, ...]
    """Role and kinds of content items of each message."""
    texts: tuple[str, ...]
    """All texts."""

    @property
    def images(self) -> int:
        """How many."""
        return sum(turn.kinds.count("image") for turn in self.turns)

    @property
    def videos(self) -> int:
        """How many."""
        return sum(turn.kinds.count("video") for turn in self.turns)


@dataclass(frozen=True)
class Family:
    """What one family takes."""

    name: str
    """Its ``model_type``."""
    several_images: bool
    """Two or more images in one message."""
    in_order: bool
    """Images between texts, in the order given."""
    video: bool
    """Videos."""
    images_and_videos: bool
    """Both in one sample."""
    true_times: bool
    """The model is told when the frames of a video were taken."""
    system: bool
    """System messages."""
    joins: Mapping[str, Join]
    """Tensor of a sample -> how several of it become one."""
    single_reason: str | None
    """Why samples are asked one at a time; None where they may be batched."""


def needs_of(messages: Sequence[Mapping[str, Any]], *, system: str | None = None) -> Needs:
    """What a sample asks for.

    Args:
        messages: a task's chat messages, as :func:`sightline.models.inputs.read_prompt` takes them.
        system: the system text that it will be given.
    """
    items = [(m["role"], content_items(m)) for m in with_system(messages, system)]
    turns = [Turn(role, tuple(item["type"] for item in content)) for role, content in items]
    texts = [item["text"] for _, content in items for item in content if item["type"] == "text"]
    return Needs(tuple(turns), tuple(texts))


def distinct(needs: Iterable[Needs]) -> list[Needs]:
    """Needs of many samples, those that differ in nothing but their texts taken together."""
    texts: dict[tuple[Turn, ...], dict[str, None]] = {}
    for one in needs:
        texts.setdefault(one.turns, {}).update(dict.fromkeys(one.texts))
    return [Needs(turns, tuple(of_turns)) for turns, of_turns in texts.items()]


def check(processor: Any, config: Any, needs: Needs) -> None:
    """Make sure, before a run, that the family can take what a task asks for.

    Args:
        processor: the checkpoint's.
        config: the checkpoint's.
        needs: of one sample, or of several alike.

    Raises:
        UsageError: it cannot; the message says what would be lost.
    """
    check_texts(needs.texts, processor)
    found = problem(processor, needs.turns)
    if found is not None:
        raise UsageError(
            f"this checkpoint ({config.model_type}) cannot take what the task asks for: {found}",
            next_step="use another family of models, or a variant of the task that it can take",
        )


def family_of(processor: Any, config: Any) -> Family:
    """What this checkpoint's family takes; its processor is tried on small pictures.

    Args:
        processor: the checkpoint's.
        config: the checkpoint's.
    """

    def takes(*kinds: str) -> bool:
        return problem(processor, (Turn("user", kinds),)) is None

    text = ("text",)
    video = takes("video", "text")
    joins = JOINS.get(config.model_type)
    return Family(
        name=config.model_type,
        several_images=takes("image", "image", "text"),
        in_order=takes("text", "image", "text", "image", "text"),
        video=video,
        images_and_videos=video and takes("image", "video", "text"),
        true_times=video and tells_times(processor),
        system=problem(processor, (Turn("system", text), Turn("user", text))) is None,
        joins=joins or {},
        single_reason=None if joins else f"batches of {config.model_type} are not proven equal",
    )
