"""What the families of :mod:`sightline.tiny_models.families` have in common: sizes, templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HIDDEN = 32
"""Width of the text model; every size below is the smallest that the classes take."""

CHAT_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
"""Special tokens of the chat templates that are not a family's own: padding, start and end of a
turn."""

_TEMPLATE = (
    "{%- for m in messages -%}"
    "<|im_start|>{{ m['role'] + '\\n' }}"
    "{%- if m['content'] is string -%}{{ m['content'] }}"
    "{%- else -%}{%- for c in m['content'] -%}"
    "{%- if c['type'] == 'image' or 'image' in c -%}IMAGE_MARK"
    "{%- elif c['type'] == 'video' or 'video' in c -%}VIDEO_MARK"
    "{%- elif 'text' in c -%}{{ c['text'] }}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}{{ '<|im_end|>\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)

THINKING_TEMPLATE = (
    "{%- if add_generation_prompt and enable_thinking is defined -%}"
    "{%- if enable_thinking is true -%}{{ '<think>' }}"
    "{%- elif enable_thinking is false -%}{{ '<think></think>' }}{%- endif -%}"
    "{%- endif -%}"
)
"""Appended for a checkpoint that thinks: ``enable_thinking`` true opens the thinking in the
prompt, false closes it at once, and without it the model opens it itself."""


@dataclass(frozen=True)
class TinyFamily:
    """How one family is put together."""

    build: Callable[[Any], tuple[Any, Any]]
    """Tokenizer -> (model, processor)."""
    tokens: tuple[str, ...]
    """Special tokens, each a single id; those of CHAT_TOKENS among them."""
    named_tokens: dict[str, str]
    """Special tokens that the processor asks the tokenizer for by name."""


def template(image_mark: str, video_mark: str = "") -> str:
    """A chat template that writes items in their order; the marks are Jinja."""
    return _TEMPLATE.replace("IMAGE_MARK", image_mark).replace("VIDEO_MARK", video_mark)


def is_transformers_4() -> bool:
    """Whether the transformers here is older than 5, where some names differ."""
    import transformers  # noqa: PLC0415 (heavy)

    return bool(transformers.__version__.startswith("4."))


def text_settings(tokenizer: Any, **more: Any) -> dict[str, Any]:
    """Settings of a small text model."""
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": HIDDEN,
        "intermediate_size": 2 * HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 32768,
        # Wider than usual: with 0.02 every prompt would get the same answer.
        "initializer_range": 0.4,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        **more,
    }


def vision_settings(**more: Any) -> dict[str, Any]:
    """Settings of a small vision model."""
    return {
        "hidden_size": HIDDEN,
        "intermediate_size": 2 * HIDDEN,
        "initializer_range": 0.4,
        **more,
    }
