"""What a tiny checkpoint of :mod:`sightline.tiny_models` says: its head is a small automaton.

Every token leads to a state, and in every state a few tokens may be said. A state is a direction
of the text model: a token's embedding lies far along the direction of the state it leads to, and
a token's row of the head reads the directions of the states in which it may be said. No layer
writes along those directions. Which of the tokens of a state is said depends on all that the
layers mix into the others, pixels and prompt alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STYLES = ("letter", "talkative", "thinking")
"""How a checkpoint answers: one option letter; one to eight words; or some words between
``<think>`` and ``</think>``, then a letter."""

LETTERS = "ABCDEF"
"""What the models can answer. MMSI-Video-Bench questions have four to six options."""

THINKING_TOKENS = ("<think>", "</think>")
"""Open and close the thinking; ordinary tokens, which decoding does not skip."""

WORDS_A_STATE = 4
"""Words to choose from in each state of the two wordy styles."""
WORD_STATES = 7
"""States that say words: so many words at most."""

_FAR = 8.0
"""How far an embedding lies along its state: not so far that nothing else is left after the
model's norms."""
_FAR_PROMPT = 1.0
"""The same for state 0, in which all tokens of a prompt are: their differences must stay."""
_FIRM = 400.0
"""How strongly the head reads a state that lies at _FAR: far above the randomness with which it
chooses words."""

State = dict[int, int]
"""What may be said in one state: token id -> the state it leads to."""


def states(style: str, tokenizer: Any) -> list[State]:
    """The automaton of a style; state 0 is that of every token of the prompt."""
    end = {tokenizer.eos_token_id: 0}
    letters = tokenizer.convert_tokens_to_ids(list(LETTERS))
    if style == "letter":
        return [dict.fromkeys(letters, 1), end]
    words = _words(tokenizer)
    if style == "talkative":
        said = [dict.fromkeys(words[i], i + 1) for i in range(WORD_STATES)]
        # Two words at least, then the end competes with the words.
        return [*said[:2], *({**choice, **end} for choice in said[2:]), end]
    opened, closed = tokenizer.convert_tokens_to_ids(list(THINKING_TOKENS))
    answer, last = WORD_STATES + 1, WORD_STATES + 2
    said = [dict.fromkeys(words[i], i + 2) for i in range(WORD_STATES - 1)]
    close = {closed: answer}
    return [
        {opened: 1},
        said[0],
        *({**choice, **close} for choice in said[1:]),
        close,
        dict.fromkeys(letters, last),
        end,
    ]


def _words(tokenizer: Any) -> list[list[int]]:
    """Ids of whole words with a space before them, WORDS_A_STATE for each state, none twice."""
    space = "Ġ"  # how byte-level BPE writes it
    names = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    whole = [i for name, i in names if name.startswith(space) and name[1:].isalpha()]
    longest = sorted(whole, key=lambda i: (-len(tokenizer.convert_ids_to_tokens(i)), i))
    return [
        longest[start : start + WORDS_A_STATE]
        for start in range(0, WORD_STATES * WORDS_A_STATE, WORDS_A_STATE)
    ]


def teach(model: Any, automaton: Sequence[Mapping[int, int]]) -> None:
    """Make the model follow it: rewrites the head, and what is along the states elsewhere."""
    import torch  # noqa: PLC0415 (heavy)

    head = model.get_output_embeddings().weight
    embeddings = model.get_input_embeddings().weight
    count = len(automaton)
    with torch.no_grad():
        for name, weight in model.get_decoder().named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                weight[:count] = 0.0
        head.zero_()
        embeddings[:, :count] = 0.0
        embeddings[:, 0] = _FAR_PROMPT
        for state, choices in enumerate(automaton):
            for token, following in choices.items():
                if not head[token].any():
                    head[token, count:] = torch.randn(head.shape[1] - count)
                head[token, state] = _FIRM if state else _FIRM * _FAR / _FAR_PROMPT
                embeddings[token, 0] = 0.0
                embeddings[token, following] = _FAR
