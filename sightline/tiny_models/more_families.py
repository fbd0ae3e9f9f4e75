"""Gemma 3, Idefics3 and SmolVLM for :mod:`sightline.tiny_models.families`.

Their turns look as in the published checkpoints: Gemma 3 starts with a token of its own, strips
texts and writes a system message at the head of the first turn; the other two capitalise roles.
"""

from __future__ import annotations

from typing import Any

from sightline.tiny_models.parts import (
    CHAT_TOKENS,
    TinyFamily,
    text_settings,
    vision_settings,
)

_GEMMA_NAMED = {
    "boi_token": "<start_of_image>",
    "eoi_token": "<end_of_image>",
    "image_token": "<image_soft_token>",
}
_GEMMA_TOKENS = (*CHAT_TOKENS, "<bos>", "<start_of_turn>", "<end_of_turn>", *_GEMMA_NAMED.values())

_GEMMA_TEMPLATE = (
    "{{ '<bos>' }}{%- set first = namespace(text='') -%}"
    "{%- for m in messages -%}"
    "{%- if m['role'] == 'system' -%}"
    "{%- if m['content'] is string -%}{%- set first.text = m['content'] + '\\n\\n' -%}"
    "{%- else -%}{%- set first.text = m['content'][0]['text'] + '\\n\\n' -%}{%- endif -%}"
    "{%- else -%}"
    "{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else m['role']) + '\\n' }}"
    "{{ first.text }}{%- set first.text = '' -%}"
    "{%- if m['content'] is string -%}{{ m['content'] | trim }}"
    "{%- else -%}{%- for c in m['content'] -%}"
    "{%- if c['type'] == 'image' -%}{{ '<start_of_image>' }}"
    "{%- elif c['type'] == 'text' -%}{{ c['text'] | trim }}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}{{ '<end_of_turn>\\n' }}"
    "{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<start_of_turn>model\\n' }}{%- endif -%}"
)


def _gemma3(tokenizer: Any) -> tuple[Any, Any]:
    import transformers as hf  # noqa: PLC0415 (heavy)

    tokenizer.bos_token = "<bos>"  # noqa: S105 (a token, not a secret)
    config = hf.Gemma3Config(
        text_config=text_settings(
            tokenizer,
            bos_token_id=tokenizer.bos_token_id,
            head_dim=16,
            query_pre_attn_scalar=16,
            # Shorter than the prompts: the window must count from the right end under padding.
            sliding_window=16,
            layer_types=["sliding_attention", "full_attention"],
            tie_word_embeddings=False,
        ),
        vision_config=vision_settings(
            model_type="siglip_vision_model",
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=56,
            patch_size=14,
            vision_use_head=False,
        ),
        mm_tokens_per_image=16,
        boi_token_index=tokenizer.convert_tokens_to_ids("<start_of_image>"),
        eoi_token_index=tokenizer.convert_tokens_to_ids("<end_of_image>"),
        image_token_index=tokenizer.convert_tokens_to_ids("<image_soft_token>"),
        initializer_range=0.4,
        tie_word_embeddings=False,
    )
    processor = hf.Gemma3Processor(
        image_processor=hf.Gemma3ImageProcessor(size={"height": 56, "width": 56}),
        tokenizer=tokenizer,
        image_seq_length=16,
        chat_template=_GEMMA_TEMPLATE,
    )
    model = hf.Gemma3ForConditionalGeneration(config)
    # The class starts it at zero, so that pixels would not count.
    model.model.multi_modal_projector.mm_input_projection_weight.data.normal_(std=0.4)
    # It scales embeddings and normalises what each layer adds: the last token alone would decide.
    model.get_input_embeddings().weight.data.mul_(0.05)
    for layer in model.get_decoder().layers:
        layer.mlp.down_proj.weight.data.zero_()
        # Normalised queries look at everything alike; so they look at some things only.
        layer.self_attn.q_norm.weight.data.fill_(5.0)
    return model, processor


_IDEFICS_TOKENS = (
    *CHAT_TOKENS,
    "<fake_token_around_image>",
    "<image>",
    "<video>",
    "<global-img>",
    "<end_of_utterance>",
    *(f"<row_{row}_col_{column}>" for row in (1, 2) for column in (1, 2)),
)
_IDEFICS_TEMPLATE = (
    "<|im_start|>{%- for m in messages -%}{{ m['role'] | capitalize }}"
    "{{ ':' if m['content'][0]['type'] == 'image' else ': ' }}"
    "{%- for c in m['content'] -%}"
    "{%- if c['type'] == 'text' -%}{{ c['text'] }}"
    "{%- elif c['type'] == 'image' -%}{{ '<image>' }}"
    "{%- elif c['type'] == 'video' -%}VIDEO_MARK{%- endif -%}"
    "{%- endfor -%}{{ '<end_of_utterance>\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ 'Assistant:' }}{%- endif -%}"
)
_IDEFICS_EDGE = 56
"""Pixels of one crop's edge; a picture is cut into two by two of them, at most."""


def _idefics_config(kind: Any, tokenizer: Any) -> Any:
    return kind(
        text_config={"model_type": "llama", **text_settings(tokenizer)},
        vision_config=vision_settings(
            num_hidden_layers=2, num_attention_heads=2, image_size=_IDEFICS_EDGE, patch_size=14
        ),
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
    )


def _idefics3(tokenizer: Any) -> tuple[Any, Any]:
    import transformers as hf  # noqa: PLC0415 (heavy)

    processor = hf.Idefics3Processor(
        image_processor=hf.Idefics3ImageProcessor(
            size={"longest_edge": 2 * _IDEFICS_EDGE}, max_image_size={"longest_edge": _IDEFICS_EDGE}
        ),
        tokenizer=tokenizer,
        image_seq_len=4,
        chat_template=_IDEFICS_TEMPLATE.replace("VIDEO_MARK", ""),
    )
    config = _idefics_config(hf.Idefics3Config, tokenizer)
    return hf.Idefics3ForConditionalGeneration(config), processor


def _smolvlm(tokenizer: Any) -> tuple[Any, Any]:
    import transformers as hf  # noqa: PLC0415 (heavy)

    size = {
        "size": {"longest_edge": 2 * _IDEFICS_EDGE},
        "max_image_size": {"longest_edge": _IDEFICS_EDGE},
    }
    processor = hf.SmolVLMProcessor(
        image_processor=hf.SmolVLMImageProcessor(**size),
        video_processor=hf.SmolVLMVideoProcessor(**size),
        tokenizer=tokenizer,
        image_seq_len=4,
        chat_template=_IDEFICS_TEMPLATE.replace("VIDEO_MARK", "{{ '<video>' }}"),
    )
    config = _idefics_config(hf.SmolVLMConfig, tokenizer)
    return hf.SmolVLMForConditionalGeneration(config), processor


MORE_FAMILIES: dict[str, TinyFamily] = {
    "gemma3": TinyFamily(_gemma3, _GEMMA_TOKENS, _GEMMA_NAMED),
    "idefics3": TinyFamily(_idefics3, _IDEFICS_TOKENS, {}),
    "smolvlm": TinyFamily(_smolvlm, _IDEFICS_TOKENS, {}),
}
"""By name; ``smolvlm`` needs the package num2words."""
