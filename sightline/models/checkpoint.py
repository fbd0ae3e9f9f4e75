"""A checkpoint on this rank's device: model, processor, adapter, and what answers depend on.

No code that comes with a checkpoint is run: architectures are those of transformers, weights are
safetensors (a pickle can run anything), attention kernels are those installed here.

A LoRA adapter is not merged into the weights: merging rounds them to the model's type once more, so
that the numbers would be others than those the training saw (in bfloat16 no worse on average, by
measurement, but others), and it is lossy in quantised weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import transformers
from accelerate import PartialState
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor
from transformers.utils import logging as library_logging

from sightline.errors import UsageError
from sightline.models import families
from sightline.models.adapters import add_adapter, is_adapter
from sightline.models.capabilities import check_attention, quantization
from sightline.models.digests import default_memory, folder_digest
from sightline.models.learned import Learned

if TYPE_CHECKING:
    from sightline.models.settings import ModelSettings

_IDENTITY_SETTINGS = (
    "min_pixels", "max_pixels", "max_frames", "fps", "seed", "system_prompt", "thinking",
    "enable_thinking", "too_long", "quantize",
)  # fmt: skip
"""Settings that answers depend on. The others say where and how fast, not what."""

_LOAD_ERRORS = (OSError, ValueError, ImportError, RuntimeError, KeyError, SafetensorError)


@dataclass(frozen=True)
class Checkpoint:
    """Everything that turns tensors into text."""

    model: Any
    """In evaluation mode, on its device, its adapter in place."""
    processor: Any
    """From AutoProcessor."""
    device: torch.device
    """Where inputs go: this rank's, or the one of a map that embeds tokens."""
    dtype: torch.dtype
    """Of the weights that are not quantised; pixels are converted to it."""
    family: Any
    """What :mod:`sightline.models.families` knows of models like this one."""
    image_size: dict[str, int] | None
    """Replaces the processor's `size` for images; None leaves it."""
    apart: bool
    """Whether thinking is taken out of answers."""
    identity: dict[str, Any]
    """What answers depend on beside their jobs, plain JSON types."""
    learned: Learned = field(default_factory=Learned)
    """What generating found out on the way: batch sizes that do not fit."""

    @property
    def tokenizer(self) -> Any:
        """The processor's."""
        return self.processor.tokenizer


@dataclass(frozen=True)
class Source:
    """Where files are loaded from, at one state."""

    name: str
    """Folder or Hub id."""
    commit: str | None
    """Of a Hub id; None for a folder."""

    @property
    def identity(self) -> dict[str, str]:
        """Names the content: of a folder not its place, of a Hub id not a branch that moves."""
        if self.commit is not None:
            return {"repository": self.name, "commit": self.commit}
        return {"sha256": folder_digest(Path(self.name), memory=default_memory())}


def load(settings: ModelSettings, *, rank: int, world_size: int) -> Checkpoint:
    """Load what the settings name.

    Args:
        settings: of the model.
        rank: of this process; only the first one draws progress bars.
        world_size: processes of the run; each loads a whole model.

    Raises:
        UsageError: the checkpoint, the adapter or a setting cannot work here; says what would.
    """
    if rank != 0:
        library_logging.disable_progress_bar()
    if settings.device_map is not None and world_size > 1:
        raise UsageError(
            f"--model_args device_map ({settings.device_map}) puts one model on all devices, but "
            f"there are {world_size} ranks, each with its own model",
            next_step="start one process, or leave device_map out: one whole model a rank",
        )
    device = _device(settings.device, world_size)
    source = resolve(settings.pretrained, settings.revision)
    if is_adapter(source.name, source.commit):
        raise _adapter_as_model(source.name)
    config = _load(AutoConfig, source)
    check_attention(settings.attn_implementation, config, device)
    processor = _load(AutoProcessor, source)
    image_size = _image_size(settings, processor)
    model = _load_model(settings, source, config, device)
    dtype = model.dtype
    adapter = None
    if settings.adapter is not None:
        adapter = resolve(settings.adapter, settings.adapter_revision, adapter=True)
        add_adapter(model, adapter.name, adapter.commit)
    return Checkpoint(
        model=model.eval(),
        processor=processor,
        device=model.device if settings.device_map else device,
        dtype=dtype,
        family=families.family_of(processor, model.config),
        image_size=image_size,
        apart=settings.thinking == "apart",
        identity=_identity(settings, source, adapter, model, dtype),
    )


def resolve(name: str, revision: str, *, adapter: bool = False) -> Source:
    """Find a folder, or the commit that a Hub id's revision is now.

    Everything is then loaded at this commit: a branch that moves meanwhile changes nothing.

    Raises:
        UsageError: neither is there, or a folder is given a revision.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if revision != "main":
            raise UsageError(
                f"checkpoint ({name}) is a folder, which has no revision ({revision})",
                next_step="leave the revision out",
            )
        return Source(str(folder), None)
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 (not for folders)

    wanted = "adapter_config.json" if adapter else "config.json"
    try:
        # A cached snapshot's folder is called by its commit.
        commit = Path(hf_hub_download(name, wanted, revision=revision)).parent.name
    except (OSError, ValueError) as error:
        if not adapter and is_adapter(name, revision):
            raise _adapter_as_model(name) from error
        raise UsageError(
            f"{'adapter' if adapter else 'checkpoint'} ({name}, revision {revision}) must be a "
            f"folder, or a Hub id with a {wanted}: {error}",
            next_step="check the path or the name, the revision and the network",
        ) from error
    return Source(name, commit)


def _adapter_as_model(name: str) -> UsageError:
    return UsageError(
        f"checkpoint ({name}) is an adapter",
        next_step=f"name the model it was trained on: pretrained=MODEL,adapter={name}",
    )


def _device(wanted: str | None, world_size: int) -> torch.device:
    """One device per rank; a device by name only where there is one rank, or for the CPU."""
    own: torch.device = PartialState().device
    if wanted is None or (wanted == "cuda" and own.type == "cuda"):
        return own
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise UsageError(
            f"--model_args device ({wanted}) is no device of torch",
            next_step="use cpu, cuda or cuda:0, or leave it out",
        ) from error
    if world_size > 1 and device.type != "cpu":
        raise UsageError(
            f"--model_args device ({wanted}) would put every rank on one device",
            next_step="leave device out: each of several ranks takes its own",
        )
    return device


def _load(kind: Any, source: Source, **options: Any) -> Any:
    try:
        return kind.from_pretrained(
            source.name, revision=source.commit or "main", trust_remote_code=False, **options
        )
    except _LOAD_ERRORS as error:
        raise UsageError(
            f"checkpoint ({source.name}) must be one that transformers' {kind.__name__} loads: "
            f"{error}",
            next_step=_mend(error),
        ) from error


def _mend(error: Exception) -> str:
    if isinstance(error, torch.OutOfMemoryError):
        return "use quantize=4bit, device_map=auto, or a device with more memory"
    if "model.safetensors" in str(error):
        return (
            "only safetensors are loaded, since a pickle can run code: load the weights once and "
            "write them with save_pretrained"
        )
    return "check the path or the name, the revision and the network"


def _load_model(settings: ModelSettings, source: Source, config: Any, device: torch.device) -> Any:
    options: dict[str, Any] = {
        "dtype": settings.dtype,
        "use_safetensors": True,
        "device_map": settings.device_map or {"": device},
        "output_loading_info": True,
        **quantization(settings.quantize, config),
    }
    if settings.attn_implementation is not None:
        options["attn_implementation"] = settings.attn_implementation
    model, report = _load(AutoModelForImageTextToText, source, **options)
    missing = sorted(report["missing_keys"])
    if missing:
        raise UsageError(
            f"checkpoint ({source.name}) lacks {len(missing)} weights of {type(model).__name__}, "
            f"such as {missing[0]}: it would answer with random ones",
            next_step="check that it is whole, and that its config.json is its own",
        )
    return model


def _identity(
    settings: ModelSettings, source: Source, adapter: Source | None, model: Any, dtype: torch.dtype
) -> dict[str, Any]:
    """What answers depend on.

    transformers counts by its minor version, which has changed what processors and models
    compute; a run that is resumed across one asks again. torch and the device do not count: like
    the batch size they change the rounding, and a run may be spread over unlike machines.
    """
    config = model.config
    parts = {"": config, **{name: getattr(config, name, None) for name in config.sub_configs}}
    return {
        "model": source.identity,
        "adapter": adapter.identity if adapter else None,
        "architecture": type(model).__name__,
        "dtype": str(dtype).removeprefix("torch."),
        "attention": {
            name: getattr(part, "_attn_implementation", None)
            for name, part in sorted(parts.items())
            if part is not None
        },
        "transformers": ".".join(transformers.__version__.split(".")[:2]),
        **{name: getattr(settings, name) for name in _IDENTITY_SETTINGS},
    }


def _image_size(settings: ModelSettings, processor: Any) -> dict[str, int] | None:
    """The processor's `size` for images under the pixel limits that were asked for."""
    if settings.min_pixels is None and settings.max_pixels is None:
        return None
    images = processor.image_processor
    # Only here do the two edges of `size` mean pixels; elsewhere they are lengths.
    if not hasattr(images, "merge_size"):
        raise UsageError(
            f"--model_args min_pixels and max_pixels: {type(images).__name__} has no pixel limits",
            next_step="leave them out for this checkpoint",
        )
    return {
        "shortest_edge": settings.min_pixels or images.size["shortest_edge"],
        "longest_edge": settings.max_pixels or images.size["longest_edge"],
    }
