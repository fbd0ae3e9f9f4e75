"""Tiny checkpoints that a run can use instead of a download."""

from __future__ import annotations

import re

import pytest

from sightline.errors import UsageError
from sightline.tiny_families import FAMILIES
from sightline.tiny_models import LETTERS, main, make_tiny_model


def test_an_unknown_family_is_refused(tmp_path):
    """The message lists the families there are, and nothing is written."""
    with pytest.raises(UsageError, match=r"family \('gpt'\) must be one of: qwen2_5_vl, qwen3_vl"):
        make_tiny_model("gpt", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_checkpoint_is_small_and_the_same_every_time(family, tmp_path):
    """Equal seeds give equal files, below 1 MB together; another seed gives other weights."""
    pytest.importorskip("transformers")
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


def test_it_answers_one_letter_and_stops(tmp_path):
    """Every answer is a single letter, several occur, and each of the six could be said."""
    transformers = pytest.importorskip("transformers")
    folder = make_tiny_model("qwen2_5_vl", tmp_path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder)
    answers = []
    for number in range(60):
        ids = tokenizer(f"Question {number}\n", return_tensors="pt")["input_ids"]
        output = model.generate(ids, max_new_tokens=4)[0, ids.shape[1] :]
        answers.append(tokenizer.decode(output, skip_special_tokens=True))
    assert all(re.fullmatch("[A-F]", answer) for answer in answers)
    assert len(set(answers)) > 2
    rows = model.get_output_embeddings().weight[tokenizer.convert_tokens_to_ids(list(LETTERS))]
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
