"""The model families that :mod:`sightline.tiny_models` makes: classes, sizes, special tokens.

Those of this module are known to work with transformers 4.57 and 5, the others with 5.
"""

from __future__ import annotations

from typing import Any

from sightline.tiny_models.more_families import MORE_FAMILIES
from sightline.tiny_models.parts import (
    CHAT_TOKENS,
    HIDDEN,
    TinyFamily,
    is_transformers_4,
    template,
    text_settings,
    vision_settings,
)

_QWEN_TOKENS = (
    *CHAT_TOKENS,
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)


def _rope(**parameters: Any) -> dict[str, Any]:
    """Rotary settings: transformers 5 calls them rope_parameters, 4 rope_scaling."""
    if is_transformers_4():
        return {"rope_scaling": {"rope_type": "default", **parameters}}
    return {"rope_parameters": {"rope_type": "default", "rope_theta": 1e6, **parameters}}


def _qwen_marks(tokenizer: Any) -> dict[str, Any]:
    names = {
        "image_token_id": "<|image_pad|>",
        "video_token_id": "<|video_pad|>",
        "vision_start_token_id": "<|vision_start|>",
        "vision_end_token_id": "<|vision_end|>",
    }
    return {key: tokenizer.convert_tokens_to_ids(token) for key, token in names.items()}


_QWEN_TEMPLATE = template(
    "<|vision_start|><|image_pad|><|vision_end|>", "<|vision_start|><|video_pad|><|vision_end|>"
)


def _qwen2_5_vl(tokenizer: Any) -> tuple[Any, Any]:
    import transformers as hf  # noqa: PLC0415 (heavy)

    config = hf.Qwen2_5_VLConfig(
        text_config=text_settings(
            tokenizer, bos_token_id=tokenizer.pad_token_id, **_rope(mrope_section=[2, 3, 3])
        ),
        vision_config=vision_settings(
            depth=2,
            num_heads=2,
            out_hidden_size=HIDDEN,
            fullatt_block_indexes=[1],
            window_size=56,
            patch_size=14,
            tokens_per_second=2,
        ),
        tie_word_embeddings=False,
        **_qwen_marks(tokenizer),
    )
    pixels = {"shortest_edge": 56 * 56, "longest_edge": 112 * 112}
    processor = hf.Qwen2_5_VLProcessor(
        image_processor=hf.Qwen2VLImageProcessor(patch_size=14, size=pixels),
        video_processor=hf.Qwen2VLVideoProcessor(patch_size=14, size=pixels),
        tokenizer=tokenizer,
        chat_template=_QWEN_TEMPLATE,
    )
    return hf.Qwen2_5_VLForConditionalGeneration(config), processor


def _qwen3_vl(tokenizer: Any) -> tuple[Any, Any]:
    import transformers as hf  # noqa: PLC0415 (heavy)

    config = hf.Qwen3VLConfig(
        text_config=text_settings(
            tokenizer, head_dim=16, **_rope(mrope_section=[4, 2, 2], mrope_interleaved=True)
        ),
        vision_config=vision_settings(
            depth=2,
            num_heads=2,
            out_hidden_size=HIDDEN,
            patch_size=16,
            num_position_embeddings=64,
            deepstack_visual_indexes=[0],
        ),
        tie_word_embeddings=False,
        **_qwen_marks(tokenizer),
    )
    edge = 64 * 64
    processor = hf.Qwen3VLProcessor(
        image_processor=hf.Qwen2VLImageProcessor(
            patch_size=16, size={"shortest_edge": edge, "longest_edge": 4 * edge}
        ),
        # This family's video limits count the pixels of all frames together.
        video_processor=hf.Qwen3VLVideoProcessor(
            size={"shortest_edge": edge, "longest_edge": 64 * 4 * edge}
        ),
        tokenizer=tokenizer,
        chat_template=_QWEN_TEMPLATE,
    )
    return hf.Qwen3VLForConditionalGeneration(config), processor


def _llava_onevision(tokenizer: Any) -> tuple[Any, Any]:
    import transformers as hf  # noqa: PLC0415 (heavy)

    config = hf.LlavaOnevisionConfig(
        text_config={"model_type": "qwen2", **text_settings(tokenizer)},
        vision_config=vision_settings(
            model_type="siglip_vision_model",
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=56,
            patch_size=14,
            vision_use_head=False,
        ),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        video_token_id=tokenizer.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=[[56, 56], [112, 56], [56, 112]],
        tie_word_embeddings=False,
    )
    size = {"height": 56, "width": 56}
    processor = hf.LlavaOnevisionProcessor(
        image_processor=hf.LlavaOnevisionImageProcessor(
            size=size, image_grid_pinpoints=config.image_grid_pinpoints
        ),
        video_processor=hf.LlavaOnevisionVideoProcessor(size=size),
        tokenizer=tokenizer,
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=template("<image>", "<video>"),
    )
    return hf.LlavaOnevisionForConditionalGeneration(config), processor


def _internvl(tokenizer: Any) -> tuple[Any, Any]:
    import transformers as hf  # noqa: PLC0415 (heavy)

    config = hf.InternVLConfig(
        text_config={"model_type": "qwen2", **text_settings(tokenizer)},
        vision_config=vision_settings(
            num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14
        ),
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
        tie_word_embeddings=False,
    )
    size = {"height": 56, "width": 56}
    processor = hf.InternVLProcessor(
        image_processor=hf.GotOcr2ImageProcessor(size=size, max_patches=2),
        video_processor=hf.InternVLVideoProcessor(size=size),
        tokenizer=tokenizer,
        image_seq_length=4,
        chat_template=template("{{ '<IMG_CONTEXT>\\n' }}", "{{ '<video>\\n' }}"),
    )
    return hf.InternVLForConditionalGeneration(config), processor


_INTERNVL_TOKENS = {
    "start_image_token": "<img>",
    "end_image_token": "</img>",
    "context_image_token": "<IMG_CONTEXT>",
    "video_token": "<video>",
}

FAMILIES: dict[str, TinyFamily] = {
    "qwen2_5_vl": TinyFamily(_qwen2_5_vl, _QWEN_TOKENS, {}),
    "qwen3_vl": TinyFamily(_qwen3_vl, _QWEN_TOKENS, {}),
    "llava_onevision": TinyFamily(_llava_onevision, (*_QWEN_TOKENS, "<image>", "<video>"), {}),
    "internvl": TinyFamily(
        _internvl, (*_QWEN_TOKENS, *_INTERNVL_TOKENS.values()), _INTERNVL_TOKENS
    ),
    **MORE_FAMILIES,
}
"""The model families by name."""
