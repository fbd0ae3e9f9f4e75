"""LoRA adapters, put into a loaded model by peft."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers.utils import find_adapter_config_file, is_peft_available

from sightline.errors import UsageError

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"

_ERRORS = (OSError, ValueError, ImportError, RuntimeError, KeyError, TypeError, SafetensorError)


def is_adapter(name: str, revision: str | None) -> bool:
    """Whether a folder, or a Hub id at a revision, holds an adapter's config."""
    try:
        return find_adapter_config_file(name, revision=revision or "main") is not None
    except (OSError, ValueError):
        return False


def add_adapter(model: Any, name: str, commit: str | None) -> None:
    """Put an adapter into a model, in place.

    Args:
        model: loaded; quantised or not.
        name: folder or Hub id.
        commit: of a Hub id; None for a folder.

    Raises:
        UsageError: peft is missing, it is no LoRA adapter with weights in safetensors, or it
            belongs to another model.
    """
    if not is_peft_available():
        raise UsageError(
            f"adapter ({name}) needs the package peft",
            next_step="pip install '.[lora]' in the clone",
        )
    try:
        _check_kind(name, commit)
        report = model.load_adapter(
            name, use_safetensors=True, adapter_kwargs={"revision": commit or "main"}
        )
    except _ERRORS as error:
        raise UsageError(
            f"adapter ({name}) must be a LoRA adapter of {type(model).__name__}, with its weights "
            f"in {WEIGHTS}: {' '.join(str(error).split())}",
            next_step="check the folder or the Hub id, and that it was trained on this model",
        ) from error
    lost = sorted({*report.missing_keys, *report.unexpected_keys})
    if lost:
        raise UsageError(
            f"adapter ({name}) does not fit {type(model).__name__}: {len(lost)} of its weights "
            f"have no counterpart, such as {lost[0]}",
            next_step="use the model that it was trained on",
        )


def _check_kind(name: str, commit: str | None) -> None:
    file = find_adapter_config_file(name, revision=commit or "main")
    if file is None:
        raise ValueError(f"there is no {CONFIG}")
    kind = json.loads(Path(file).read_text(encoding="utf-8")).get("peft_type")
    if kind != "LORA":
        raise ValueError(f"peft_type ({kind}) is not LORA")
