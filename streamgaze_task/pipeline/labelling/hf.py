"""A checkpoint in this process as a labeller; importing this module imports torch."""

from __future__ import annotations

import multiprocessing
import re
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from sightline.models.backend import LocalBackend
from sightline.models.checkpoint import load
from sightline.models.settings import ModelSettings
from streamgaze_task.pipeline.labelling.streaming import BackendLabeller

if TYPE_CHECKING:
    from streamgaze_task.pipeline.labelling.settings import LabellerSettings


def device_of_worker(process: str, gpus: int) -> str | None:
    """The GPU of one of several workers; None lets accelerate choose.

    Args:
        process: its name; those of `--workers` are numbered by multiprocessing.
        gpus: how many the machine has.
    """
    worker = re.fullmatch(r"SpawnProcess-(\d+)", process)
    return f"cuda:{(int(worker[1]) - 1) % gpus}" if worker and gpus > 1 else None


def checkpoint_labeller(settings: LabellerSettings, base: Path) -> BackendLabeller:
    """Load what the settings name: no code that comes with it is run, weights are safetensors.

    Args:
        settings: of kind ``hf``.
        base: folder that a checkpoint's folder is relative to.

    Raises:
        UsageError: the checkpoint cannot be loaded; says why.
    """
    folder = base / Path(settings.model).expanduser()
    model = ModelSettings(
        pretrained=str(folder) if folder.is_dir() else settings.model,
        revision=settings.revision,
        dtype=settings.dtype,
        device=settings.device
        or device_of_worker(multiprocessing.current_process().name, torch.cuda.device_count()),
        batch_size=settings.batch_size,
    )
    checkpoint = load(model, rank=0, world_size=1)
    generation = {"max_new_tokens": settings.max_new_tokens, "temperature": settings.temperature}
    return BackendLabeller(
        lambda messages: LocalBackend(checkpoint, model, messages), generation, {"labeller": "hf"}
    )
