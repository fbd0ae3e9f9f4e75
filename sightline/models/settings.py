"""What a user may set about the model and the generation: text in, checked records out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HOST_UNTIL = ["\n\n"]
"""The stop list that lmms-eval fills in when a task names none. It would cut every answer that
has a blank line in it, so it is taken as "none", as upstream's Hugging Face backends do."""

DEFAULT_NEW_TOKENS = 1024
"""Longest answer when the task does not say: lmms-eval's own limit for this benchmark."""

_HOST_ONLY = ("max_batch_size",)
"""What lmms-eval passes to every model and we have no use for."""

_WHOLE_NUMBERS = {
    "min_pixels": 1,
    "max_pixels": 1,
    "max_frames": 1,
    "max_errors": 0,
    "seed": 0,
    "batch_size": 1,
    "workers": 1,
    "prefetch_bytes": 1,
}
"""Settings that are whole numbers -> the least they may be."""

_CHOICES = {
    "dtype": ("auto", "bfloat16", "float16", "float32", "float64"),
    "device_map": ("auto", "balanced", "sequential"),
    "quantize": ("4bit", "8bit"),
    "thinking": ("apart", "keep"),
    "too_long": ("refuse", "shrink_images"),
}
"""Settings that are one of a few words."""

_TEXTS = (
    "pretrained", "revision", "device", "attn_implementation", "adapter", "adapter_revision",
    "system_prompt", "answers",
)  # fmt: skip
"""Settings that are names or texts."""


@dataclass(frozen=True)
class ModelSettings:
    """The ``--model_args`` of ``--model sightline``."""

    pretrained: str
    """Folder or Hub id of a checkpoint that AutoModelForImageTextToText loads."""
    revision: str = "main"
    """Commit, tag or branch of a Hub checkpoint."""
    dtype: str = "auto"
    """``auto`` is the checkpoint's own; else a torch type such as ``bfloat16``."""
    device: str | None = None
    """``cpu``, ``cuda``, ``cuda:1``; None lets accelerate choose, one device per rank."""
    attn_implementation: str | None = None
    """``sdpa``, ``flash_attention_2``, ``eager``; None is transformers' choice."""
    min_pixels: int | None = None
    """Smallest image, pixels, where the processor has such a limit (Qwen-VL); None is its own."""
    max_pixels: int | None = None
    """Largest image, pixels, where the processor has such a limit (Qwen-VL); None is its own."""
    max_frames: int = 64
    """Frames taken from a video that comes as a file, at least 1."""
    fps: float | None = None
    """Frames per second taken from a video that comes as a file, max_frames at most; None
    spreads max_frames evenly."""
    max_errors: int = 10
    """The run stops when more samples than this fail on one rank; up to here each failure is
    counted as the outcome of its sample."""
    seed: int = 0
    """Where sampling starts; greedy answers do not depend on it."""
    device_map: str | None = None
    """``auto``, ``balanced``, ``sequential``: one model over all devices of this machine, for one
    rank; None is one whole model a rank."""
    adapter: str | None = None
    """Folder or Hub id of a LoRA adapter that peft loads on top; None is none."""
    adapter_revision: str = "main"
    """Commit, tag or branch of an adapter on the Hub."""
    quantize: str | None = None
    """``4bit`` or ``8bit`` by bitsandbytes; None leaves the checkpoint as it is, quantised or
    not."""
    system_prompt: str | None = None
    """Text of a system message before each prompt; None is none."""
    thinking: str = "apart"
    """``apart`` takes what a model writes between its thinking marks out of the answer; ``keep``
    leaves it in."""
    enable_thinking: bool | None = None
    """Handed to the chat template under this name; None leaves the template's own choice."""
    too_long: str = "refuse"
    """What becomes of a prompt that does not fit into the model's context with its answer:
    ``refuse`` makes it an error; ``shrink_images`` lowers its images' pixels until it fits, where
    the processor has such a limit."""
    batch_size: int = 1
    """Samples per call of the model, at most; the answers are those of 1."""
    workers: int = 2
    """Threads that prepare samples ahead."""
    prefetch_bytes: int = 2 << 30
    """Memory for prepared samples on one rank."""
    answers: str | None = None
    """Folder of the answers on disk; None is the one that `sightline eval` names, else
    ``answers`` under lmms-eval's --output_path, else none."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if value is None and entry.default is None:
                continue
            expected = _expected(entry.name, value)
            if expected:
                raise UsageError(f"--model_args {entry.name} ({value!r}) must be {expected}")
        self._check_pairs()

    def _check_pairs(self) -> None:
        """Settings that make no sense together."""
        if self.device_map is not None and self.device is not None:
            raise UsageError(
                f"--model_args device_map ({self.device_map}) and device ({self.device}) cannot "
                "both be set: a map chooses the devices",
                next_step="leave one of them out",
            )
        if self.adapter is None and self.adapter_revision != "main":
            raise UsageError(
                f"--model_args adapter_revision ({self.adapter_revision}) needs an adapter",
                next_step="add adapter=FOLDER or adapter=org/name",
            )
        least, most = self.min_pixels, self.max_pixels
        if least is not None and most is not None and least > most:
            raise UsageError(
                f"--model_args min_pixels ({least}) must not be above max_pixels ({most})"
            )

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> ModelSettings:
        """Read what lmms-eval parsed from ``--model_args``, ``--device`` and ``--batch_size``.

        Raises:
            UsageError: a name is unknown, or a value makes no sense.
        """
        if arguments.get("trust_remote_code"):
            raise UsageError(
                "--model_args trust_remote_code is not supported: no code from a checkpoint is run",
                next_step="use a checkpoint whose architecture transformers has",
            )
        ignored = (*_HOST_ONLY, "trust_remote_code")
        given = {
            name: _as_typed(name, value)
            for name, value in arguments.items()
            if name not in ignored and value is not None
        }
        known = [entry.name for entry in fields(cls)]
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise UsageError(
                f"--model_args has no {', '.join(unknown)}; it has {', '.join(known)}",
                next_step="check the spelling",
            )
        if not given.get("pretrained"):
            raise UsageError(
                "--model_args must name a checkpoint",
                next_step="add pretrained=FOLDER or pretrained=org/name",
            )
        return cls(**given)


def _expected(name: str, value: object) -> str | None:
    """What a setting must be, where `value` is not that; None where it is."""
    if name in _WHOLE_NUMBERS:
        least = _WHOLE_NUMBERS[name]
        whole = isinstance(value, int) and not isinstance(value, bool)
        return None if whole and value >= least else f"a whole number >= {least}"  # type: ignore[operator] # an int here
    if name in _CHOICES:
        return None if value in _CHOICES[name] else " or ".join(_CHOICES[name])
    if name in _TEXTS:
        return None if isinstance(value, str) and value else "a text that is not empty"
    if name == "enable_thinking":
        return None if isinstance(value, bool) else "true or false"
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return None if number and 0 < value < math.inf else "a number > 0"  # type: ignore[operator] # a number here


def _as_typed(name: str, value: Any) -> Any:
    """Undo what lmms-eval's parser does: it makes numbers of all that looks like one."""
    if name in _TEXTS and isinstance(value, int):
        return str(value)  # a commit or a folder of digits
    if name in _TEXTS and isinstance(value, float):
        raise UsageError(
            f"--model_args {name} was read as the number {value} and cannot be told apart",
            next_step="write it so that it is no number: ./FOLDER, or more digits of the commit",
        )
    if name in _WHOLE_NUMBERS and isinstance(value, float) and value.is_integer():
        return int(value)  # 2e9
    if name == "batch_size" and isinstance(value, str) and value.isdecimal():
        return int(value)  # --batch_size is a text
    return value


@dataclass(frozen=True)
class Generation:
    """How one answer is generated."""

    options: Mapping[str, Any]
    """Arguments of ``model.generate``."""
    until: tuple[str, ...] = field(default=())
    """Strings that end the answer; they are not part of it."""

    @property
    def samples(self) -> bool:
        """Whether tokens are drawn at random."""
        return bool(self.options["do_sample"])


def generation(kwargs: Mapping[str, Any]) -> Generation:
    """Read a task's ``generation_kwargs``.

    Greedy unless ``do_sample: true`` or a temperature above 0 is given; a temperature of 0 is
    greedy in any case, since it has no other meaning. Unknown names are kept: which of them the
    library knows is checked by the caller.
    """
    given = {name: value for name, value in kwargs.items() if name != "until"}
    longest = given.pop("max_gen_toks", None)
    given.setdefault("max_new_tokens", longest or DEFAULT_NEW_TOKENS)
    temperature = given.get("temperature")
    draws = given.get("do_sample")
    if temperature == 0:
        draws = False
    elif draws is None:
        draws = temperature is not None
    given["do_sample"] = bool(draws)
    if not draws:
        # A checkpoint's own sampling values would only bring a warning for each answer.
        given |= {"temperature": None, "top_p": None, "top_k": None}
    return Generation(given, _until(kwargs.get("until")))


def _until(value: str | Sequence[str] | None) -> tuple[str, ...]:
    if value is None or value == HOST_UNTIL:
        return ()
    strings = [value] if isinstance(value, str) else list(value)
    return tuple(string for string in strings if string)


def cut(text: str, until: Sequence[str]) -> str:
    """The text before the first of the strings that end an answer."""
    ends = [place for string in until if (place := text.find(string)) >= 0]
    return text[: min(ends)] if ends else text
