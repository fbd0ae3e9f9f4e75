"""What a model thought, apart from what it answered.

The marks that models write around their thinking:

=============================  =====================  ==============================================
marks                          models                 where it is written
=============================  =====================  ==============================================
``<think> </think>``           Qwen3-VL-Thinking,     Qwen3-VL's chat template opens it in the
                               GLM-4.1V and later,    prompt, so that only the closing mark is
                               InternVL 3.5, ERNIE    generated; the others write both
``◁think▷ ◁/think▷``           Kimi-VL-Thinking       model card: both are generated
``[THINK] [/THINK]``           Magistral, Ministral 3 chat template: both, as special tokens
=============================  =====================  ==============================================

GLM's ``<|begin_of_box|>`` around its answer is a special token that decoding leaves out; it is no
thinking. A text with none of these marks is an answer as it stands, to the last space.

Thinking that never ends (``max_new_tokens`` cut it) leaves an empty answer, which is scored as
unparsed: a letter that was only considered is not taken for the answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MARKS = (("<think>", "</think>"), ("◁think▷", "◁/think▷"), ("[THINK]", "[/THINK]"))
"""Opening and closing marks, by family."""

_OPENING = frozenset(opening for opening, _ in MARKS)
_CLOSING = frozenset(closing for _, closing in MARKS)
_ANY = re.compile("(" + "|".join(re.escape(mark) for pair in MARKS for mark in pair) + ")")

Piece = TypeVar("Piece")


@dataclass(frozen=True)
class Split:
    """What a model generated, in its two parts."""

    thinking: str | None
    """Between the marks; empty where nothing stands between them, None without any mark."""
    answer: str
    """The rest: without the marks and the blanks around them, where there are any."""
    thinking_tokens: int
    """Tokens of the thinking, its marks included; 0 without any."""


def split(text: str, *, opened: bool = False) -> tuple[str | None, str]:
    """Take the thinking out of a text.

    Args:
        text: generated.
        opened: the prompt ended with an opening mark, so the text starts with thinking.

    Returns:
        (thinking, answer); thinking is None where there is no mark.
    """
    pieces = [piece for piece in _ANY.split(text) if piece]
    parts = _parts(pieces, lambda piece: piece, opened=opened)
    if parts is None:
        return None, text
    thought, said = parts
    kept = "".join(piece for piece in thought if piece not in _OPENING | _CLOSING)
    return kept.strip(), "".join(said).strip()


def split_tokens(ids: Sequence[int], tokenizer: Any, *, opened: bool = False) -> Split:
    """Take the thinking out of generated tokens.

    Marks that are single tokens are looked for among the tokens: as special tokens they are lost
    in a text. A model may still spell them out, so the text is searched where none is found.

    Args:
        ids: generated, without padding.
        tokenizer: the model's.
        opened: the prompt ended with an opening mark.
    """

    def text(some: Sequence[int]) -> str:
        decoded: str = tokenizer.decode(
            some, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return decoded

    marks = _mark_ids(tokenizer)
    if any(token in marks for token in ids):
        thought, said = _parts(list(ids), marks.get, opened=opened) or ([], list(ids))
        inner = [token for token in thought if token not in marks]
        return Split(text(inner).strip(), text(said).strip(), len(thought))
    thinking, answer = split(text(ids), opened=opened)
    if thinking is None:
        return Split(None, answer, 0)
    if not answer:
        return Split(thinking, answer, len(ids))
    return Split(thinking, answer, len(tokenizer.encode(thinking, add_special_tokens=False)))


def opened_by(prompt_ids: Sequence[int], tokenizer: Any) -> bool:
    """Whether a prompt ends with an opening mark, blanks aside."""
    tail = tokenizer.decode(list(prompt_ids)[-16:], skip_special_tokens=False)
    return str(tail).rstrip().endswith(tuple(_OPENING))


def _parts(
    pieces: Sequence[Piece], mark_of: Callable[[Piece], str | None], *, opened: bool
) -> tuple[list[Piece], list[Piece]] | None:
    """(thinking with its marks, answer); None where nothing is a mark and nothing was opened.

    A closing mark that nothing opened ends a thinking that was opened out of sight, so all before
    it is thinking; of several such, the first, and later ones are dropped.
    """
    thought: list[Piece] = []
    said: list[Piece] = []
    inside, marked = opened, opened
    for piece in pieces:
        mark = mark_of(piece)
        if mark in _CLOSING:
            if not marked:
                thought, said = said, []
            thought.append(piece)
            inside, marked = False, True
        elif mark in _OPENING:
            thought.append(piece)
            inside, marked = True, True
        else:
            (thought if inside else said).append(piece)
    return (thought, said) if marked else None


def _mark_ids(tokenizer: Any) -> dict[int, str]:
    """The marks that are one token each, by id."""
    found = {tokenizer.convert_tokens_to_ids(mark): mark for pair in MARKS for mark in pair}
    return {
        token: mark
        for token, mark in found.items()
        if token is not None and token != tokenizer.unk_token_id
    }
