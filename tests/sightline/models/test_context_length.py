"""How many tokens a model takes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


@pytest.mark.parametrize(
    ("text", "tokenizer_limit", "expected"),
    [
        ({"max_position_embeddings": 4096}, 512, 4096),
        ({"max_position_embeddings": 4096, "rope_parameters": {
            "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 4096}},
         512, 16384),
        ({"max_position_embeddings": 4096, "rope_parameters": {
            "rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 256}},
         512, 4096),
        ({"max_position_embeddings": 4096, "rope_parameters": {"full_attention": {}}}, 512, 4096),
        ({}, 512, 512),
        ({}, int(1e30), None),
        ({}, None, None),
    ],
    ids=["own", "yarn", "scaling included", "by layer", "tokenizer's", "a number for none", "none"],
)  # fmt: skip
def test_the_context_of_a_model(text, tokenizer_limit, expected):
    """The model's own, with its scaling; the tokenizer's only where there is none."""
    from sightline.models.generating import context_length

    config = SimpleNamespace(get_text_config=lambda: SimpleNamespace(**text))
    tokenizer = SimpleNamespace(model_max_length=tokenizer_limit)
    assert context_length(config, tokenizer) == expected
