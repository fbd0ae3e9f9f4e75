"""Tiny checkpoints that a run can use instead of a download."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from sightline.errors import UsageError
from sightline.tiny_models import main, make_tiny_model
from sightline.tiny_models.answers import LETTERS, STYLES
from sightline.tiny_models.families import FAMILIES


def test_an_unknown_family_is_refused(tmp_path):
    """The message lists the families there are, and nothing is written; so for styles."""
    with pytest.raises(UsageError, match=r"family \('gpt'\) must be one of: qwen2_5_vl, qwen3_vl"):
        make_tiny_model("gpt", tmp_path / "out")
    with pytest.raises(UsageError, match=r"style \('mute'\) must be one of: letter, talkative"):
        make_tiny_model("qwen3_vl", tmp_path / "out", style="mute")
    assert not (tmp_path / "out").exists()


def needed(family):
    """Skip what cannot be made here."""
    pytest.importorskip("transformers")
    if family == "smolvlm":
        pytest.importorskip("num2words", reason="SmolVLM's processor needs num2words")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_checkpoint_is_small_and_the_same_every_time(family, tmp_path):
    """Equal seeds give equal files, below 1 MB together; another seed gives other weights."""
    needed(family)
    first = make_tiny_model(family, tmp_path / "first")
    again = make_tiny_model(family, tmp_path / "again")
    other = make_tiny_model(family, tmp_path / "other", seed=1)
    files = {path.name: path.read_bytes() for path in first.iterdir()}
    assert files == {path.name: path.read_bytes() for path in again.iterdir()}
    assert sum(map(len, files.values())) < 1_000_000
    assert (other / "model.safetensors").read_bytes() != files["model.safetensors"]


def test_the_random_state_of_the_caller_is_left_alone(tmp_path):
    """Making a model does not change what the caller draws next."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    make_tiny_model("qwen2_5_vl", tmp_path)
    assert torch.equal(torch.rand(1), expected)


PATTERNS = {
    "letter": r"[A-F]",
    "talkative": r"( [A-Za-z]+){2,7}",
    "thinking": r"<think>( [A-Za-z]+){1,6}</think>[A-F]",
}


TEXTS = (
    "Why?",
    "What object is next to the cup?",
    "How many seconds pass between the two events? A. 1 B. 2 C. 9",
    "9 8 7 6 5 4 3 2 1 0",
    "yes no yes no",
    "Where does the person look first, left or right?",
    "system user assistant image",
    "((((((((",
)


def loaded(folder):
    """Processor and model of a checkpoint."""
    import transformers

    processor = transformers.AutoProcessor.from_pretrained(folder)
    return processor, transformers.AutoModelForImageTextToText.from_pretrained(folder)


def said(processor, model, items, **template):
    """The answer to one user message, and whether it ended by itself."""
    from sightline.models.inputs import read_prompt, tensors

    prompt = read_prompt([{"role": "user", "content": items}], max_frames=4)
    inputs = tensors(prompt, processor, **template)
    new = model.generate(**inputs, max_new_tokens=16)[0, inputs["input_ids"].shape[1] :]
    ended = new[-1].item() == model.generation_config.eos_token_id
    return processor.tokenizer.decode(new, skip_special_tokens=True), ended


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("family", FAMILIES)
def test_it_answers_in_its_style_and_stops(family, style, tiny_model):
    """Every answer has the form of the style and ends by itself."""
    needed(family)
    processor, model = loaded(tiny_model(family, style))
    for number in range(3):
        colour = (80 * number, 255 - 80 * number, 90)
        image = {"type": "image", "url": Image.new("RGB", (80, 60), colour)}
        words, ended = said(processor, model, [image, {"type": "text", "text": f"No {number}?"}])
        assert ended
        assert re.fullmatch(PATTERNS[style], words), words


@pytest.mark.parametrize("family", FAMILIES)
def test_talk_depends_on_pixels_and_on_the_prompt(family, tiny_model):
    """Other pictures, or another text, other words; and answers of several lengths."""
    needed(family)
    processor, model = loaded(tiny_model(family, "talkative"))
    draw = np.random.default_rng(0)
    pictures = [
        Image.fromarray(draw.integers(0, 256, (6, 8, 3), np.uint8)).resize((80, 60), 0)
        for _ in range(8)
    ]
    by_picture = [
        said(processor, model, [{"type": "image", "url": each}, {"type": "text", "text": "So?"}])
        for each in pictures
    ]
    by_text = [said(processor, model, [{"type": "text", "text": words}]) for words in TEXTS]
    assert len(set(by_picture)) > 2
    assert len(set(by_text)) > 2
    assert len({len(words.split()) for words, _ in by_picture + by_text}) > 1


@pytest.mark.parametrize("family", ["qwen3_vl", "gemma3"])
def test_thinking_may_be_opened_or_left_out_by_the_template(family, tiny_model):
    """As checkpoints do: the prompt opens the thinking, or closes it before it begins."""
    needed(family)
    processor, model = loaded(tiny_model(family, "thinking"))
    question = [{"type": "text", "text": "Why?"}]
    opened, _ = said(processor, model, question, enable_thinking=True)
    assert re.fullmatch(r"( [A-Za-z]+){1,6}</think>[A-F]", opened), opened
    left_out, _ = said(processor, model, question, enable_thinking=False)
    assert re.fullmatch("[A-F]", left_out), left_out


def test_each_letter_may_be_said(tiny_model):
    """Several letters occur, and each of the six could be said."""
    needed("qwen2_5_vl")
    processor, model = loaded(tiny_model("qwen2_5_vl"))
    letters = {said(processor, model, [{"type": "text", "text": words}])[0] for words in TEXTS}
    assert len(letters) > 2
    rows = model.get_output_embeddings().weight[
        processor.tokenizer.convert_tokens_to_ids(list(LETTERS))
    ]
    assert (rows.norm(dim=1) > 1).all()


def test_it_is_a_command(tmp_path, capsys):
    """`python -m sightline.tiny_models FAMILY OUT`; a mistake is status 2 and a message."""
    pytest.importorskip("transformers")
    assert main(["internvl", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "config.json").is_file()
    assert main(["internvl"]) == 2
    assert main(["gpt", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "usage: python -m sightline.tiny_models FAMILY OUT" in said
    assert "family ('gpt') must be one of" in said
