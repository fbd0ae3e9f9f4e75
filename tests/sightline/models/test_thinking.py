"""What a model thought, apart from what it answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.models.thinking import MARKS, opened_by, split, split_tokens

ALL_MARKS = [mark for pair in MARKS for mark in pair]


@pytest.mark.parametrize("marks", MARKS)
def test_what_stands_between_marks_is_thinking(marks):
    """Every family's marks; the blanks that templates put around them go."""
    opening, closing = marks
    assert split(f"{opening}\nA or B?\n{closing}\n\nB") == ("A or B?", "B")


@pytest.mark.parametrize(
    ("text", "opened", "expected"),
    [
        ("<think>\n\n</think>\n\nB", False, ("", "B")),
        ("A or B?</think>\nB", True, ("A or B?", "B")),
        ("A or B?</think>\nB", False, ("A or B?", "B")),
        ("<think>A or B?</think>B", True, ("A or B?", "B")),
        ("it is A, no, B", True, ("it is A, no, B", "")),
        ("<think>it is A, no, B", False, ("it is A, no, B", "")),
        ("</think>B", True, ("", "B")),
        ("", True, ("", "")),
        ("<think>one</think>B<think>two</think> C", False, ("onetwo", "B C")),
        ("one</think>B</think> C", False, ("one", "B C")),
        ("B <think>never mind", False, ("never mind", "B")),
    ],
    ids=[
        "nothing thought", "opened in the prompt", "opened out of sight", "opened twice",
        "cut, opened in the prompt", "cut", "closed at once", "nothing said", "two thoughts",
        "closed twice", "an afterthought",
    ],
)  # fmt: skip
def test_marks_at_every_place(text, opened, expected):
    """Unfinished thinking leaves no answer; a closing mark alone ends what came before it."""
    assert split(text, opened=opened) == expected


@given(st.text())
def test_a_text_without_marks_is_an_answer_as_it_stands(text):
    """Not even a blank is taken away."""
    if not any(mark in text for mark in ALL_MARKS):
        assert split(text) == (None, text)


@pytest.mark.parametrize(
    "text", ["<thinking>A</thinking> B", "< think >A", "I think B", "<b>B</b>"]
)
def test_what_only_looks_like_a_mark_stays(text):
    """Words of a prompt's own format are no marks of a model."""
    assert split(text) == (None, text)


@given(st.lists(st.sampled_from([*ALL_MARKS, "a", "b", " "])), st.booleans())
def test_nothing_is_lost_and_nothing_doubled(pieces, opened):
    """Whatever the order of marks, each other character is in exactly one of the two parts."""
    thinking, answer = split("".join(pieces), opened=opened)
    said = sorted("".join(piece for piece in pieces if piece not in ALL_MARKS).replace(" ", ""))
    assert sorted(((thinking or "") + answer).replace(" ", "")) == said


def tokenizer_with(*special, plain=()):
    """A byte-level tokenizer that knows these marks as special or as plain single tokens."""
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    raw = tokenizers.Tokenizer(tokenizers.models.BPE())
    raw.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    raw.train_from_iterator(["a"], trainer)
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<end>")  # noqa: S106 (a token)
    made.add_special_tokens({"additional_special_tokens": list(special)})
    made.add_tokens(list(plain))
    return made


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("kind", ["special", "plain", "spelled"])
def test_marks_are_found_among_tokens(marks, kind):
    """As special tokens, as plain single tokens, and spelled out in several tokens."""
    given_marks = {"special": {"special": marks}, "plain": {"plain": marks}, "spelled": {}}[kind]
    tokenizer = tokenizer_with(*given_marks.get("special", ()), plain=given_marks.get("plain", ()))
    ids = tokenizer.encode(f"{marks[0]}hm\n{marks[1]}\n\nB<end>")
    found = split_tokens(ids, tokenizer)
    assert (found.thinking, found.answer) == ("hm", "B")
    # h, m, newline and two marks; spelled out, only the words can be counted.
    assert found.thinking_tokens == (2 if kind == "spelled" else 5)


def test_a_special_mark_would_be_lost_in_the_text():
    """Why tokens are looked at: decoding without special tokens runs both parts together."""
    tokenizer = tokenizer_with("◁think▷", "◁/think▷")
    ids = tokenizer.encode("◁think▷A or B?◁/think▷B")
    assert tokenizer.decode(ids, skip_special_tokens=True) == "A or B?B"
    assert split_tokens(ids, tokenizer).answer == "B"


@pytest.mark.parametrize("special", [(), ("<think>", "</think>")], ids=["spelled", "special"])
def test_unfinished_thinking_is_all_there_is(special):
    """It started in the prompt, and max_new_tokens ended it: no answer, every token counted."""
    tokenizer = tokenizer_with(*special)
    ids = tokenizer.encode("it could be B")
    found = split_tokens(ids, tokenizer, opened=True)
    assert (found.thinking, found.answer, found.thinking_tokens) == ("it could be B", "", len(ids))


def test_an_answer_without_marks_is_left_alone():
    """A tokenizer that knows the marks changes nothing about an answer without them."""
    tokenizer = tokenizer_with("<think>", "</think>")
    found = split_tokens(tokenizer.encode(" B \n<end>"), tokenizer)
    assert (found.thinking, found.answer, found.thinking_tokens) == (None, " B \n", 0)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("assistant\n<think>\n", True),
        ("assistant\n<think>", True),
        ("assistant\n<think>\n\n</think>\n\n", False),
        ("assistant\n", False),
        ("Write <think> first.<end>assistant\n", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("special", [(), ("<think>", "</think>")], ids=["spelled", "special"])
def test_whether_a_prompt_opened_the_thinking(prompt, expected, special):
    """Only where the prompt ends with the opening mark."""
    tokenizer = tokenizer_with(*special)
    ids = tokenizer.encode(prompt) if prompt else []
    assert opened_by(ids, tokenizer) is expected
