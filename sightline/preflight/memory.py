"""An estimate of the memory that a run needs: weights by their files, the cache by the config."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sightline.preflight.machine import Gpu
    from sightline.preflight.model import Known

GIB = 1 << 30
BYTES = {
    "float64": 8,
    "float32": 4,
    "bfloat16": 2,
    "float16": 2,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
}
_QUANTIZED = {"4bit": 0.5, "8bit": 1.0}
_INDEX = "model.safetensors.index.json"
_WHOLE = "model.safetensors"


def check(known: Known, tokens: int, gpus: Sequence[Gpu], *, on_cpu: bool) -> Iterator[Finding]:
    """Compare weights and key-value cache with the memory of one GPU, or of all of them.

    Args:
        known: the checkpoint.
        tokens: of the longest prompt with its answer; 0 when it is not known.
        gpus: those that are visible; none where the run is on the CPU.
        on_cpu: whether the run asks for the CPU.
    """
    weights = weight_bytes(known)
    if weights is None:
        yield Finding("note", "the size of the weights is not known before they are downloaded")
        return
    cache = tokens * cache_bytes_per_token(known) * known.settings.batch_size
    told = (
        f"estimate of memory a rank: weights {weights / GIB:.1f} GiB and key-value cache "
        f"{cache / GIB:.1f} GiB ({tokens:,} tokens), activations not counted"
    )
    if on_cpu or not gpus:
        yield Finding("note", told)
        return
    shared = known.settings.device_map is not None
    room = sum(gpu.free_bytes for gpu in gpus) if shared else min(gpu.free_bytes for gpu in gpus)
    where = "all GPUs together" if shared else "the fullest GPU"
    if weights + cache > room:
        yield Finding(
            "error",
            f"{told}: more than the {room / GIB:.1f} GiB free on {where}",
            "quantize=4bit, device_map=auto on one rank, max_pixels=N, or a smaller model",
        )
    else:
        yield Finding("ok", f"{told}; {room / GIB:.1f} GiB free on {where}")


def weight_bytes(known: Known) -> float | None:
    """Bytes of the weights as they will be in memory; None when no file here tells."""
    stored = _stored_bytes(known.settings.pretrained, known.settings.revision)
    if stored is None:
        return None
    here = BYTES.get(_type_name(known.config), 2)
    if known.settings.quantize is not None:
        return stored * _QUANTIZED.get(known.settings.quantize, here) / here
    wanted = BYTES.get(known.settings.dtype.removeprefix("torch."), here)
    return stored * wanted / here


def cache_bytes_per_token(known: Known) -> float:
    """Bytes of keys and values of one token in all layers; 0 where the config does not tell."""
    text = known.text_config
    layers = getattr(text, "num_hidden_layers", 0) or 0
    heads = getattr(text, "num_attention_heads", 0) or 0
    groups = getattr(text, "num_key_value_heads", None) or heads
    width = getattr(text, "head_dim", None) or (
        (getattr(text, "hidden_size", 0) or 0) // heads if heads else 0
    )
    wanted = known.settings.dtype.removeprefix("torch.")
    each = BYTES.get(wanted) or BYTES.get(_type_name(known.config), 2)
    return 2.0 * layers * groups * width * each


def _type_name(config: Any) -> str:
    return str(getattr(config, "dtype", None) or "bfloat16").removeprefix("torch.")


def _stored_bytes(name: str, revision: str) -> int | None:
    """Bytes of the weights in their files: here, or what the Hub's index says."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        sizes = [path.stat().st_size for path in folder.glob("*.safetensors")]
        return sum(sizes) or None
    from huggingface_hub import hf_hub_download, try_to_load_from_cache  # noqa: PLC0415 (a Hub id)

    whole = try_to_load_from_cache(name, _WHOLE, revision=revision)
    if isinstance(whole, str):
        return Path(whole).stat().st_size
    try:
        index = Path(hf_hub_download(name, _INDEX, revision=revision))
        return int(json.loads(index.read_text(encoding="utf-8"))["metadata"]["total_size"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
