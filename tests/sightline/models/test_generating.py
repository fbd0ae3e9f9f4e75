"""Tensors -> replies, in process, on tiny checkpoints."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from sightline.errors import EvaluationError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """A factory: (family, style) -> loaded checkpoint, once each."""
    from sightline.models.checkpoint import load
    from sightline.models.settings import ModelSettings
    from sightline.tiny_models import make_tiny_model

    made = {}

    def make(family="qwen2_5_vl", style="letter", **settings):
        key = (family, style, *settings.items())
        if key not in made:
            out = tmp_path_factory.mktemp("models") / "checkpoint"
            make_tiny_model(family, out, style=style)
            made[key] = load(ModelSettings(str(out), **settings), rank=0, world_size=1)
        return made[key]

    return make


def sample(checkpoint, number, *, words=0, images=0, seed=0, **kwargs):
    """One question, ready for the model."""
    from sightline.models.generating import Ready
    from sightline.models.inputs import read_prompt, tensors
    from sightline.models.settings import generation

    rng = np.random.default_rng(number)
    pictures = [
        {"type": "image", "url": Image.fromarray(rng.integers(0, 255, (48, 64, 3), np.uint8))}
        for _ in range(images)
    ]
    text = {"type": "text", "text": f"Question {number}{' more' * words}: which one?"}
    prompt = read_prompt([{"role": "user", "content": [*pictures, text]}], max_frames=4)
    inputs = tensors(prompt, checkpoint.processor)
    return Ready(inputs, generation({"max_new_tokens": 24, **kwargs}), seed)


def told(reply):
    """What must not depend on the batch."""
    return (reply.text, reply.thinking, reply.error, reply.input_tokens, reply.output_tokens,
            reply.reasoning_tokens)  # fmt: skip


class Model:
    """The real model behind something that fails."""

    def __init__(self, real, fail):
        self.real, self.fail, self.calls = real, fail, []

    def __getattr__(self, name):
        return getattr(self.real, name)

    def generate(self, **inputs):
        """Note the shape of each call, fail where asked."""
        self.calls.append(tuple(inputs["input_ids"].shape))
        self.fail(inputs)
        return self.real.generate(**inputs)


def failing(checkpoint, fail):
    """The checkpoint with a model that fails, and nothing learned yet."""
    from sightline.models.learned import Learned

    return replace(checkpoint, model=Model(checkpoint.model, fail), learned=Learned())


@pytest.mark.parametrize("style", ["letter", "talkative", "thinking"])
@pytest.mark.parametrize("family", ["qwen2_5_vl", "qwen3_vl", "internvl", "llava_onevision"])
def test_a_batch_gives_the_answers_of_single_samples(checkpoints, family, style):
    """Texts of unlike length, with and without images; token counts too."""
    from sightline.models.generating import generate

    checkpoint = checkpoints(family, style, dtype="float32")
    batch = [sample(checkpoint, i, words=3 * (i % 5), images=i % 3) for i in range(6)]
    alone = [told(generate(checkpoint, [ready])[0]) for ready in batch]
    assert [told(reply) for reply in generate(checkpoint, batch)] == alone
    # A letter or a thought may be the same for all of them; words are not.
    assert style != "talkative" or len({answer[0] for answer in alone}) > 1
    assert all(answer[2] is None for answer in alone)


def test_a_batch_is_one_call(checkpoints):
    """And an empty one is none."""
    from sightline.models.generating import generate

    checkpoint = failing(checkpoints(), lambda _: None)
    batch = [sample(checkpoint, i) for i in range(5)]
    assert [reply.details for reply in generate(checkpoint, batch)] == [{"batch_size": 5}] * 5
    assert [rows for rows, _ in checkpoint.model.calls] == [5]
    assert generate(checkpoint, []) == []


def test_what_cannot_stand_together_is_asked_apart(checkpoints):
    """Unlike generation settings make calls of their own; answers stand in their order."""
    from sightline.models.generating import generate

    checkpoint = failing(checkpoints(style="talkative"), lambda _: None)
    lengths = [1, 24, 1, 24, 1]
    batch = [sample(checkpoint, i, max_new_tokens=n) for i, n in enumerate(lengths)]
    replies = generate(checkpoint, batch)
    assert [reply.output_tokens == 1 for reply in replies] == [n == 1 for n in lengths]
    assert sorted(rows for rows, _ in checkpoint.model.calls) == [2, 3]


def test_thinking_is_kept_apart_or_left_in(checkpoints):
    """The answer without it, the tokens of both; `thinking=keep` gives the whole text."""
    from sightline.models.generating import generate

    apart = checkpoints(style="thinking")
    (reply,) = generate(apart, [sample(apart, 1, images=1)])
    assert len(reply.text) == 1
    assert reply.thinking
    assert 0 < reply.reasoning_tokens < reply.output_tokens
    keep = checkpoints(style="thinking", thinking="keep")
    (whole,) = generate(keep, [sample(keep, 1, images=1)])
    assert whole.thinking is None
    assert whole.text.endswith(reply.text)
    assert reply.thinking in whole.text


def test_thinking_that_was_cut_off_leaves_no_answer(checkpoints):
    """Two tokens are not enough to come to an end."""
    from sightline.models.generating import generate

    checkpoint = checkpoints(style="thinking")
    (reply,) = generate(checkpoint, [sample(checkpoint, 1, max_new_tokens=2)])
    assert (reply.text, reply.output_tokens, reply.reasoning_tokens) == ("", 2, 2)
    assert reply.thinking


def test_a_stop_string_ends_an_answer(checkpoints):
    """It is no part of the answer, and the tokens after it in a batch are not counted."""
    from sightline.models.generating import generate

    checkpoint = checkpoints(style="talkative")
    batch = [sample(checkpoint, i, words=i, images=1) for i in range(6)]
    full = [reply.text for reply in generate(checkpoint, batch)]
    word = max((text.split()[1] for text in full if len(text.split()) > 1), key=full.count)
    batch = [sample(checkpoint, i, words=i, images=1, until=[word]) for i in range(6)]
    alone = [told(generate(checkpoint, [ready])[0]) for ready in batch]
    assert [told(reply) for reply in generate(checkpoint, batch)] == alone
    assert [answer[0] for answer in alone] == [text.split(word)[0] for text in full]
    assert [answer[0] for answer in alone] != full


@pytest.mark.parametrize("pad_is_end", [True, False])
def test_tokens_of_a_row_end_where_it_ended(checkpoints, pad_is_end):
    """What fills a batch is not counted, whether it is an end token itself or not."""
    from sightline.models.replies import own_tokens
    from sightline.models.settings import generation

    real = checkpoints()
    tokenizer = real.tokenizer
    end = tokenizer.eos_token_id
    pad = end if pad_is_end else tokenizer.pad_token_id
    config = SimpleNamespace(pad_token_id=pad, eos_token_id=[end])
    checkpoint = replace(real, model=SimpleNamespace(generation_config=config))
    a, b = tokenizer.encode("A"), tokenizer.encode("B")
    plain, stops = generation({}), generation({"until": "B"})
    assert own_tokens([*a, end, pad, pad], checkpoint, plain) == [*a, end]
    assert own_tokens([*a, *b], checkpoint, plain) == [*a, *b]
    assert own_tokens([*a, *b, pad, pad], checkpoint, stops) == [*a, *b]
    assert own_tokens([*a, end, pad], checkpoint, stops) == [*a, end]
    assert own_tokens([], checkpoint, plain) == []


def test_drawn_answers_depend_on_their_seed_alone(checkpoints):
    """Not on the batch, the order, or what was drawn before; another seed draws another."""
    from sightline.models.generating import generate

    checkpoint = checkpoints()
    drawn = {"temperature": 5.0}
    batch = [sample(checkpoint, i, seed=100 + i, **drawn) for i in range(6)]
    forth = [reply.text for reply in generate(checkpoint, batch)]
    back = [reply.text for reply in generate(checkpoint, batch[::-1])]
    mixed = generate(checkpoint, [sample(checkpoint, 9), *batch, sample(checkpoint, 10)])
    assert forth == back[::-1] == [reply.text for reply in mixed[1:-1]]
    one = [sample(checkpoint, 0, seed=seed, **drawn) for seed in range(12)]
    assert len({reply.text for reply in generate(checkpoint, one)}) > 1


def test_unknown_options_are_named_once(checkpoints, caplog):
    """What the library does not know, and what would change its results, is left out."""
    from sightline.models.generating import generate

    checkpoint = failing(checkpoints(), lambda _: None)
    odd = {"image_aspect_ratio": "original", "num_return_sequences": 3}
    for _ in range(2):
        (reply,) = generate(checkpoint, [sample(checkpoint, 0, **odd)])
        assert reply.error is None
    assert [record.message for record in caplog.records] == [
        f"sightline: generation_kwargs {name} is unknown and not used" for name in sorted(odd)
    ]


def out_of_memory_above(tokens, kind="torch"):
    """A model that takes so many tokens at once, and no more."""
    import torch

    def fail(inputs):
        rows, length = inputs["input_ids"].shape
        if rows * length > tokens:
            if kind == "torch":
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB")
            torch.empty(1 << 60, dtype=torch.uint8)  # what it looks like on the CPU

    return fail


@pytest.mark.parametrize("kind", ["torch", "cpu"])
def test_memory_that_runs_out_makes_batches_smaller(checkpoints, kind):
    """The answers are the same; the size that fits is remembered for prompts as long."""
    from sightline.models.generating import generate

    real = checkpoints()
    batch = [sample(real, i) for i in range(8)]
    expected = [told(reply) for reply in generate(real, batch)]
    length = batch[0].tokens
    checkpoint = failing(real, out_of_memory_above(2 * length, kind))
    assert [told(reply) for reply in generate(checkpoint, batch)] == expected
    assert [rows for rows, _ in checkpoint.model.calls] == [8, 4, 2, 2, 2, 2]
    checkpoint.model.calls.clear()
    assert [told(reply) for reply in generate(checkpoint, batch)] == expected
    assert [rows for rows, _ in checkpoint.model.calls] == [2, 2, 2, 2]
    checkpoint.model.calls.clear()
    short = [replace(ready, inputs={"input_ids": ready.inputs["input_ids"][:, -4:],
                                    "attention_mask": ready.inputs["attention_mask"][:, -4:]})
             for ready in batch]  # fmt: skip
    generate(checkpoint, short)
    assert [rows for rows, _ in checkpoint.model.calls] == [8]


def test_a_sample_that_never_fits_is_reported(checkpoints):
    """Its reply says what to do; its neighbours are answered."""
    from sightline.models.generating import generate

    real = checkpoints()
    batch = [sample(real, 0), sample(real, 1, words=60), sample(real, 2)]
    checkpoint = failing(real, out_of_memory_above(60))
    replies = generate(checkpoint, batch)
    assert [reply.error is None for reply in replies] == [True, False, True]
    assert replies[1].text == ""
    assert replies[1].input_tokens == batch[1].tokens
    expected = f"OutOfMemoryError: out of memory: one prompt of {batch[1].tokens} tokens does not"
    assert replies[1].error.startswith(expected)
    assert "max_pixels" in replies[1].error
    assert "\n" not in replies[1].error


@pytest.mark.parametrize("error", [ValueError, RuntimeError, IndexError])
def test_a_broken_sample_takes_no_neighbour_along(checkpoints, error):
    """Whatever it raises in a batch is found out by halving."""
    from sightline.models.generating import generate

    real = checkpoints()
    batch = [sample(real, i, words=20 if i == 3 else 0) for i in range(7)]
    expected = [told(reply) for reply in generate(real, batch)]

    def fail(inputs):
        if inputs["input_ids"].shape[1] == batch[3].tokens:
            raise error("bad\nsample")

    checkpoint = failing(real, fail)
    replies = generate(checkpoint, batch)
    assert replies[3].error == f"{error.__name__}: bad sample"
    assert [told(r) for r in replies[:3] + replies[4:]] == expected[:3] + expected[4:]
    assert checkpoint.learned.fits == {}


@pytest.mark.parametrize("error", [KeyError("typo"), TypeError("typo")])
def test_a_mistake_in_the_code_is_no_sample_error(checkpoints, error):
    """It stops the run."""
    from sightline.models.generating import generate

    def fail(_):
        raise error

    checkpoint = failing(checkpoints(), fail)
    with pytest.raises(type(error), match="typo"):
        generate(checkpoint, [sample(checkpoint, 0), sample(checkpoint, 1)])


def test_a_lost_device_stops_the_run(checkpoints):
    """After a failed assertion on a GPU every further call of the process fails."""
    from sightline.models.generating import generate

    def fail(_):
        raise RuntimeError("CUDA error: device-side assert triggered")

    checkpoint = failing(checkpoints(), fail)
    with pytest.raises(EvaluationError, match=r"device is lost.*\n.*answers so far are kept"):
        generate(checkpoint, [sample(checkpoint, 0), sample(checkpoint, 1)])


def test_a_prompt_that_does_not_fit_the_context_is_not_asked(checkpoints):
    """Prompt and answer together count; the reply says the numbers and the mend."""
    from sightline.models.generating import context_length, generate

    checkpoint = failing(checkpoints(), lambda _: None)
    limit = context_length(checkpoint.model.config, checkpoint.tokenizer)
    fits = sample(checkpoint, 0)
    fits = replace(fits, generation=replace(fits.generation, options={
        **fits.generation.options, "max_new_tokens": limit - fits.tokens}))  # fmt: skip
    over = sample(checkpoint, 1, max_new_tokens=limit - fits.tokens + 1)
    replies = generate(checkpoint, [over, fits])
    assert replies[1].error is None
    expected = (
        f"has {over.tokens} tokens .* may have {limit - fits.tokens + 1}, more than .*{limit}"
    )
    with pytest.raises(ValueError, match=expected):
        raise ValueError(replies[0].error)
    assert "max_frames" in replies[0].error
    assert [rows for rows, _ in checkpoint.model.calls] == [1]


def test_pixels_take_the_type_of_the_model_and_times_do_not(checkpoints):
    """As bfloat16 a time would lose its hundredths."""
    import torch

    from sightline.models.generating import _on_device

    checkpoint = checkpoints(dtype="bfloat16")
    inputs = {
        "pixel_values": torch.ones(2, 3),
        "pixel_values_videos": torch.ones(2, 3),
        "second_per_grid_ts": torch.tensor([3.01]),
        "input_ids": torch.ones(1, 3, dtype=torch.int64),
        "extra": [1],
    }
    kinds = {name: getattr(value, "dtype", None) for name, value in
             _on_device(checkpoint, inputs).items()}  # fmt: skip
    assert kinds == {
        "pixel_values": torch.bfloat16,
        "pixel_values_videos": torch.bfloat16,
        "second_per_grid_ts": torch.float32,
        "input_ids": torch.int64,
        "extra": None,
    }


def test_an_encoder_decoder_answers_with_what_it_decoded(checkpoints):
    """Its output does not repeat the prompt, and starts with a token that it was given."""
    import torch
    from transformers import Florence2Config, Florence2ForConditionalGeneration

    from sightline.models.generating import generate

    real = checkpoints()
    ends = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2}
    sizes = {f"{part}_{what}": number for part in ("encoder", "decoder") for what, number in
             (("layers", 1), ("attention_heads", 2), ("ffn_dim", 32))}  # fmt: skip
    text = {
        "model_type": "bart",
        "vocab_size": 300,
        "d_model": 32,
        "init_std": 1.0,
        "image_token_id": 3,
    }
    torch.manual_seed(0)
    model = Florence2ForConditionalGeneration(
        Florence2Config(text_config={**text, **sizes, **ends}, image_token_id=3, **ends)
    ).eval()
    checkpoint = replace(real, model=model)
    prompt = torch.arange(10, 20)[None]
    inputs = {"input_ids": prompt, "attention_mask": torch.ones_like(prompt)}
    ready = replace(sample(real, 1, max_new_tokens=5), inputs=inputs)
    (reply,) = generate(checkpoint, [ready])
    whole = model.generate(**ready.inputs, max_new_tokens=5, do_sample=False)[0].tolist()
    assert whole[0] == 2
    assert reply.error is None
    assert reply.text == real.tokenizer.decode(whole[1:], skip_special_tokens=True)
    assert (reply.input_tokens, reply.output_tokens) == (10, 5)
