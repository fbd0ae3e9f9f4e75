"""The checkpoint, without its weights: loadable here, of a family that takes the tasks."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.errors import UsageError
from sightline.findings import Finding
from sightline.models.settings import ModelSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sightline.preflight.requests import Asking

_HUB_ERRORS = (OSError, ValueError, KeyError, ImportError, AttributeError)
"""What transformers raises for a checkpoint that it cannot read, as far as seen."""


@dataclass(frozen=True)
class Known:
    """What is known of a checkpoint before its weights are loaded."""

    settings: ModelSettings
    """What the user asks for."""
    config: Any
    """From AutoConfig."""
    processor: Any
    """From AutoProcessor."""

    @property
    def text_config(self) -> Any:
        """Of the language model inside."""
        return self.config.get_text_config()


def load(arguments: Mapping[str, Any]) -> Iterator[Finding | Known]:
    """Read config and processor.

    Args:
        arguments: of ``--model sightline``, with a ``pretrained`` among them.

    Yields:
        Findings, and one Known where both could be read.
    """
    try:
        settings = ModelSettings.from_arguments(arguments)
    except UsageError as error:
        yield Finding("error", error.message, error.next_step)
        return
    missing = [
        name
        for name in ("torch", "transformers", "accelerate")
        if not importlib.util.find_spec(name)
    ]
    if missing:
        yield Finding(
            "error",
            f"--model sightline needs {', '.join(missing)}",
            "pip install -e '.[eval]' in the clone",
        )
        return
    import transformers  # noqa: PLC0415 (heavy, and maybe not installed)

    name, where = settings.pretrained, {"revision": settings.revision, "trust_remote_code": False}
    try:
        config = transformers.AutoConfig.from_pretrained(name, **where)
        processor = transformers.AutoProcessor.from_pretrained(name, **where)
    except _HUB_ERRORS as error:
        yield Finding(
            "error",
            f"checkpoint {name} ({settings.revision}) cannot be read: {error}",
            "check the path or the name, the revision, the network and your access",
        )
        return
    if type(config) not in transformers.AutoModelForImageTextToText._model_mapping:  # noqa: SLF001 (its only list)
        yield Finding(
            "error",
            f"checkpoint {name} is a {config.model_type}, which transformers "
            f"{transformers.__version__} does not load as an image-text-to-text model",
            "name a vision-language checkpoint, or update transformers",
        )
        return
    yield Finding("ok", f"checkpoint {name}: {config.model_type}, {_architecture(config)}")
    yield Known(settings, config, processor)


def check_family(known: Known, asking: Sequence[Asking]) -> Iterator[Finding]:
    """Whether the family takes what each task asks for."""
    from sightline.models import families  # noqa: PLC0415 (imports torch)

    for one in asking:
        if one.messages is None:
            continue
        try:
            needs = families.needs_of(one.messages, system=known.settings.system_prompt)
            families.check(known.processor, known.config, needs)
        except UsageError as error:
            yield Finding("error", f"{one.task}: {error.message}", error.next_step)


def _architecture(config: Any) -> str:
    text = config.get_text_config()
    layers = getattr(text, "num_hidden_layers", None)
    context = context_length(text)
    told = f"{layers} layers" if layers else "unknown depth"
    return f"{told}, context {context:,} tokens" if context else told


def context_length(text_config: Any) -> int | None:
    """Most tokens of prompt and answer together; None where the config does not tell."""
    for name in ("max_position_embeddings", "max_sequence_length", "n_positions", "seq_length"):
        value = getattr(text_config, name, None)
        if isinstance(value, int) and value > 0:
            return value
    return None
