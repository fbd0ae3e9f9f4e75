"""A batch of samples is what the family's own processor makes of them, and is answered alike."""

from __future__ import annotations

import runpy
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.models.inputs import read_prompt, tensors

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

shown = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "family_samples.py")))
FAMILIES, WITH_VIDEO, samples = shown.FAMILIES, shown.WITH_VIDEO, shown.samples
clip, image, text, user = shown.clip, shown.image, shown.text, shown.user


@pytest.fixture(scope="module")
def loaded(tiny_model, tiny_processor):
    """Family -> its talkative checkpoint: model, processor, family."""
    from sightline.models.families import family_of

    made = {}

    def load(family):
        if family not in made:
            processor = tiny_processor(family)
            model = transformers.AutoModelForImageTextToText.from_pretrained(
                tiny_model(family, "talkative"), dtype=torch.float32
            ).eval()
            made[family] = SimpleNamespace(
                model=model, processor=processor, family=family_of(processor, model.config)
            )
        return made[family]

    return load


def single(processor, messages):
    """The tensors of one sample."""
    return tensors(read_prompt(messages, max_frames=8), processor)


def joined(checkpoint, several):
    """The tensors of several samples."""
    from sightline.models.batches import join

    made = [single(checkpoint.processor, messages) for messages in several]
    return join(made, checkpoint.family, checkpoint.processor.tokenizer.pad_token_id)


def own(processor, several):
    """What the processor makes of several samples at once, padded on the left."""
    prompts = [read_prompt(messages, max_frames=8) for messages in several]
    given = {
        "text": [
            processor.apply_chat_template(p.messages, tokenize=False, add_generation_prompt=True)
            for p in prompts
        ]
    }
    start = processor.tokenizer.bos_token
    if start and all(words.startswith(start) for words in given["text"]):
        given["add_special_tokens"] = False
    if any(prompt.images for prompt in prompts):
        given["images"] = [prompt.images for prompt in prompts]
    videos = [video for prompt in prompts for video in prompt.videos]
    if videos:
        given["videos"] = [video.frames for video in videos]
        given["video_metadata"] = [video.metadata() for video in videos]
        given["do_sample_frames"] = False
    return processor(padding=True, padding_side="left", return_tensors="pt", **given)


def answers(model, inputs):
    """The answers to a batch, greedy: token ids up to the end."""
    end = model.generation_config.eos_token_id
    with torch.inference_mode():
        output = model.generate(**inputs, max_new_tokens=12, do_sample=False)
    new = output[:, inputs["input_ids"].shape[1] :].tolist()
    return [row[: row.index(end) + 1] if end in row else row for row in new]


def batches(family):
    """Names of samples that one batch holds: all without video, their pairs, some with video."""
    pictures = [name for name in samples(family) if "video" not in name]
    yield pictures
    yield from (list(pair) for pair in combinations(pictures, 2))
    if family in WITH_VIDEO:
        yield ["a video", "another video"]
    if family in WITH_VIDEO and family != "smolvlm":
        # SmolVLM's own processor takes images or videos, not both; see the test below for ours.
        yield ["no image", "a video"]
        yield ["a video", "one image", "no image", "two images between texts"]


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_the_batch_of_the_familys_own_processor(family, loaded):
    """Every tensor by name, type, shape and value."""
    checkpoint, every = loaded(family), samples(family)
    for names in batches(family):
        several = [every[name] for name in names]
        ours, theirs = joined(checkpoint, several), own(checkpoint.processor, several)
        assert set(ours) == set(theirs), names
        for name in ours:
            assert ours[name].dtype == theirs[name].dtype, (names, name)
            assert torch.equal(ours[name], theirs[name]), (names, name)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_answered_as_its_samples_are(family, loaded):
    """Token for token, greedy, in float32, with samples of unequal length and kind."""
    checkpoint, every = loaded(family), samples(family)
    alone = {}
    for name, messages in every.items():
        (alone[name],) = answers(checkpoint.model, single(checkpoint.processor, messages))
    # Otherwise the comparison would say little.
    assert len({tuple(ids) for ids in alone.values()}) > 1
    for names in batches(family):
        got = answers(checkpoint.model, joined(checkpoint, [every[name] for name in names]))
        assert got == [alone[name] for name in names], names


def first_logits(model, inputs):
    """What the model makes of the ends of the prompts, less their largest: (samples, tokens)."""
    with torch.inference_mode():
        logits = model(**inputs).logits[:, -1]
    return logits - logits.max(dim=1, keepdim=True).values


@pytest.mark.parametrize("family", FAMILIES)
def test_its_logits_are_those_of_its_samples(family, loaded):
    """Up to rounding, and far nearer than those of different samples are to each other."""
    checkpoint, every = loaded(family), samples(family)
    alone = {
        name: first_logits(checkpoint.model, single(checkpoint.processor, messages))[0]
        for name, messages in every.items()
    }
    apart = min((alone[a] - alone[b]).abs().max() for a, b in combinations(alone, 2))
    for names in batches(family):
        got = first_logits(checkpoint.model, joined(checkpoint, [every[name] for name in names]))
        off = max((row - alone[name]).abs().max() for row, name in zip(got, names, strict=True))
        assert off < apart / 1000, names


@pytest.mark.parametrize("family", FAMILIES)
def test_order_and_company_do_not_matter(family, loaded):
    """A sample's answer is the same in whatever row it stands."""
    checkpoint, every = loaded(family), samples(family)
    names = [name for name in every if "video" not in name]
    forward = answers(checkpoint.model, joined(checkpoint, [every[name] for name in names]))
    backward = answers(checkpoint.model, joined(checkpoint, [every[n] for n in reversed(names)]))
    assert backward == forward[::-1]


def test_smolvlm_answers_a_batch_with_and_without_a_video(loaded):
    """Its processor makes no such batch by itself; a sample without media has a row of zeros."""
    checkpoint, every = loaded("smolvlm"), samples("smolvlm")
    names = ["no image", "a video", "one image"]
    alone = [single(checkpoint.processor, every[name]) for name in names]
    got = answers(checkpoint.model, joined(checkpoint, [every[name] for name in names]))
    assert got == [answers(checkpoint.model, inputs)[0] for inputs in alone]


def test_one_sample_is_left_as_it_is(loaded):
    """Nothing is padded or copied."""
    from sightline.models.batches import join

    checkpoint = loaded("qwen2_5_vl")
    sample = single(checkpoint.processor, user(image(1), text("?")))
    assert join([sample], replace(checkpoint.family, single_reason="x"), 0) is sample


@pytest.mark.parametrize(
    ("family", "fits"),
    [("qwen2_5_vl", True), ("qwen3_vl", True), ("internvl", True), ("llava_onevision", False)],
)
def test_videos_of_unequal_length(family, fits, loaded):
    """Where a model stacks videos, they cannot stand in one batch, and it is not tried."""
    from sightline.models.batches import join, joinable

    checkpoint = loaded(family)
    several = [
        single(checkpoint.processor, user(clip(seed, times), text("?")))
        for seed, times in ((1, (0.0, 1.0)), (2, (0.0, 1.0, 2.0, 3.0)))
    ]
    assert joinable(several, checkpoint.family) is fits
    if fits:
        alone = [answers(checkpoint.model, sample)[0] for sample in several]
        assert answers(checkpoint.model, join(several, checkpoint.family, 0)) == alone
    else:
        with pytest.raises(ValueError, match=r"2 samples of llava_onevision cannot stand in one"):
            join(several, checkpoint.family, 0)


def test_a_family_that_is_not_proven_is_asked_one_at_a_time(loaded):
    """Its samples are never joined; one alone always is."""
    from sightline.models.batches import join, joinable

    checkpoint = loaded("qwen2_5_vl")
    unknown = replace(checkpoint.family, name="new", joins={}, single_reason="not proven")
    sample = single(checkpoint.processor, user(text("?")))
    assert joinable([sample], unknown)
    assert not joinable([sample, sample], unknown)
    with pytest.raises(ValueError, match="2 samples of new cannot stand in one batch"):
        join([sample, sample], unknown, 0)


def test_a_tensor_that_nobody_knows_is_not_joined(loaded):
    """A processor of a newer library may make more tensors than the table has."""
    from sightline.models.batches import joinable

    checkpoint = loaded("qwen2_5_vl")
    sample = single(checkpoint.processor, user(text("?")))
    more = transformers.BatchFeature({**sample, "depths": torch.zeros(1, 3)})
    assert joinable([sample, sample], checkpoint.family)
    assert not joinable([sample, more], checkpoint.family)


def test_nothing_is_no_batch(loaded):
    """There is nothing to join."""
    from sightline.models.batches import join

    with pytest.raises(ValueError, match="0 samples of qwen2_5_vl"):
        join([], loaded("qwen2_5_vl").family, 0)
