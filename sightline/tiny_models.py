"""Tiny random-weight vision-language checkpoints on disk, made without a network.

They have the real classes, processors and chat templates of four model families at about 1 MB,
so that a whole run (demo, tests) needs no download. Such a model cannot see; it answers one
option letter, which depends on the prompt and on the pixels, and then stops.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.errors import SightlineError, UsageError
from sightline.tiny_families import FAMILIES, is_transformers_4

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.tiny_families import Family

LETTERS = "ABCDEF"
"""What the models can answer. MMSI-Video-Bench questions have four to six options."""

_CORPUS = (
    "The answer is A. The answer is B. The answer is C. The answer is D. E F G",
    "You are a helpful assistant. Answer with the option letter from the given choices.",
    "In the video, where does the person look first? What object is next to the cup?",
    "How many seconds pass between the two events? 0 1 2 3 4 5 6 7 8 9 . , : ; ( ) < >",
    "system user assistant image video frame yes no left right behind in front of",
)
_STOP_SIZE = 1e4
"""How far a letter's embedding lies along the stop direction: far beyond what the layers add."""


def make_tiny_model(family: str, out: Path, *, seed: int = 0) -> Path:
    """Write a checkpoint that AutoProcessor and AutoModelForImageTextToText load.

    Args:
        family: one of :data:`FAMILIES`.
        out: folder to write to; made when it is missing.
        seed: equal seeds give equal files.

    Returns:
        `out`.

    Raises:
        UsageError: no such family.
    """
    if family not in FAMILIES:
        raise UsageError(
            f"family ({family!r}) must be one of: {', '.join(FAMILIES)}",
            next_step="pick one of these names",
        )
    import torch  # noqa: PLC0415 (heavy, and the base install has none)

    parts = FAMILIES[family]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tokenizer = _tokenizer(parts)
        model, processor = parts.build(tokenizer)
        model = model.float().eval()
        _answer_one_letter(model, tokenizer)
    settings = model.generation_config
    settings.eos_token_id = tokenizer.eos_token_id
    settings.pad_token_id = tokenizer.pad_token_id
    settings.do_sample = False
    out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(out)
    processor.save_pretrained(out)
    return out


def _tokenizer(family: Family) -> Any:
    """A byte-level BPE tokenizer: every string round-trips."""
    import transformers  # noqa: PLC0415 (heavy)
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: PLC0415

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=list(family.tokens),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(_CORPUS * 4, trainer)
    # The Qwen processors of transformers 4 insist on their own tokenizer class.
    kind = "Qwen2TokenizerFast" if is_transformers_4() else "PreTrainedTokenizerFast"
    ends = ("<|im_end|>", "<|endoftext|>")
    named = {"extra_special_tokens": family.named_tokens} if family.named_tokens else {}
    return getattr(transformers, kind)(
        tokenizer_object=raw,
        eos_token="<|im_end|>",  # noqa: S106 (a token, not a secret)
        pad_token="<|endoftext|>",  # noqa: S106 (a token, not a secret)
        additional_special_tokens=[token for token in family.tokens if token not in ends],
        model_max_length=32768,
        **named,
    )


def _answer_one_letter(model: Any, tokenizer: Any) -> None:
    """Make the head say one letter, then stop.

    Letters come in pairs of opposite rows, so one of them always beats the zero rows of all other
    tokens. Dimension 0 says "a letter was just said": only letters' embeddings are large in it,
    no letter's row reads it, and the row of the end token reads nothing else.
    """
    import torch  # noqa: PLC0415 (heavy)

    head = model.get_output_embeddings().weight
    embeddings = model.get_input_embeddings().weight
    ids = [tokenizer.convert_tokens_to_ids(letter) for letter in LETTERS]
    with torch.no_grad():
        head.zero_()
        for first, second in zip(ids[::2], ids[1::2], strict=True):
            row = torch.randn(head.shape[1])
            row[0] = 0.0
            head[first], head[second] = row, -row
        head[tokenizer.eos_token_id, 0] = 0.2
        embeddings[ids, 0] = _STOP_SIZE


def main(arguments: Sequence[str]) -> int:
    """``python -m sightline.tiny_models FAMILY OUT``: make one checkpoint; the exit status."""
    try:
        if len(arguments) != 2:  # noqa: PLR2004 (a family and a folder)
            raise UsageError("usage: python -m sightline.tiny_models FAMILY OUT")
        make_tiny_model(arguments[0], Path(arguments[1]))
    except SightlineError as error:
        sys.stderr.write(f"sightline: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
