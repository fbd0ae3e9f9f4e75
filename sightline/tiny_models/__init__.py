"""Tiny random-weight vision-language checkpoints on disk, made without a network.

They have the real classes and processors of several model families at about 1 MB, so that a whole
run (demo, tests) needs no download. Such a model cannot see; it answers one option letter, or
several words, which depend on the prompt and on the pixels, and then stops.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.errors import SightlineError, UsageError
from sightline.tiny_models.answers import STYLES, THINKING_TOKENS, states, teach
from sightline.tiny_models.families import FAMILIES
from sightline.tiny_models.parts import THINKING_TEMPLATE, is_transformers_4

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.tiny_models.parts import TinyFamily

_CORPUS = (
    "The answer is A. The answer is B. The answer is C. The answer is D. E F G",
    "You are a helpful assistant. Answer with the option letter from the given choices.",
    "In the video, where does the person look first? What object is next to the cup?",
    "How many seconds pass between the two events? 0 1 2 3 4 5 6 7 8 9 . , : ; ( ) < >",
    "system user assistant image video frame yes no left right behind in front of",
)


def make_tiny_model(family: str, out: Path, seed: int = 0, style: str = "letter") -> Path:
    """Write a checkpoint that AutoProcessor and AutoModelForImageTextToText load.

    Args:
        family: one of :data:`FAMILIES`.
        out: folder to write to; made when it is missing.
        seed: equal seeds give equal files.
        style: how it answers, one of :data:`sightline.tiny_models.answers.STYLES`: ``letter`` is
            one option letter, ``talkative`` two to eight words, ``thinking`` words between
            ``<think>`` and ``</think>`` and then a letter.

    Returns:
        `out`.

    Raises:
        UsageError: no such family or style.
        ImportError: ``smolvlm`` without the package num2words.
    """
    for name, value, known in (("family", family, FAMILIES), ("style", style, STYLES)):
        if value not in known:
            raise UsageError(
                f"{name} ({value!r}) must be one of: {', '.join(known)}",
                next_step="pick one of these names",
            )
    import torch  # noqa: PLC0415 (heavy, and the base install has none)

    parts = FAMILIES[family]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tokenizer = _tokenizer(parts)
        if style == "thinking":
            tokenizer.add_tokens(list(THINKING_TOKENS))
        model, processor = parts.build(tokenizer)
        model = model.float().eval()
        teach(model, states(style, tokenizer))
    if style == "thinking":
        processor.chat_template += THINKING_TEMPLATE
    settings = model.generation_config
    settings.eos_token_id = tokenizer.eos_token_id
    settings.pad_token_id = tokenizer.pad_token_id
    settings.do_sample = False
    out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(out)
    processor.save_pretrained(out)
    return out


def _tokenizer(family: TinyFamily) -> Any:
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
