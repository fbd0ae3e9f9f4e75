"""GPUs, ranks and disks of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

GIB = 1 << 30
LITTLE_DISK = 2 * GIB
"""Free space below which results, answers and frames may not fit, bytes."""
_QUERY = ("index", "uuid", "name", "memory.total", "memory.free", "driver_version")
_MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Gpu:
    """One GPU that a run may use."""

    index: str
    """Its number on the machine."""
    uuid: str
    """Its own name."""
    name: str
    """Of the model."""
    total_bytes: int
    """Memory."""
    free_bytes: int
    """Memory that nobody uses now."""
    driver: str
    """Version of the driver."""


def check(gpus: Sequence[Gpu], ranks: int, *, on_cpu: bool) -> Iterator[Finding]:
    """Compare ranks and GPUs.

    Args:
        gpus: from :func:`visible_gpus`.
        ranks: processes of the run.
        on_cpu: whether the run asks for the CPU.
    """
    if not gpus or on_cpu:
        why = "asked for" if on_cpu else "no GPU is visible"
        yield Finding("note", f"models run on the CPU ({why}), {_cores()} cores")
    if not gpus:
        return
    kinds = ", ".join(
        f"{gpu.index}: {gpu.name}, {gpu.free_bytes / GIB:.0f} of {gpu.total_bytes / GIB:.0f} GiB "
        "free"
        for gpu in gpus
    )
    yield Finding("ok", f"{len(gpus)} GPU(s), driver {gpus[0].driver}: {kinds}")
    if on_cpu:
        return
    if ranks > len(gpus):
        yield Finding(
            "error",
            f"{ranks} ranks need as many GPUs, but {len(gpus)} are visible",
            f"--ranks {len(gpus)}, or device=cpu in --model-args",
        )
    elif ranks < len(gpus):
        yield Finding(
            "note", f"{len(gpus) - ranks} GPU(s) stay idle: --ranks {len(gpus)} uses all of them"
        )


def check_disk(folders: Mapping[str, Path]) -> Iterator[Finding]:
    """Free space where the run writes.

    Args:
        folders: what is written there -> where; the folders need not exist yet.
    """
    for what, folder in folders.items():
        place = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
        if not os.access(place, os.W_OK):
            yield Finding(
                "error", f"{place} cannot be written to ({what})", "choose another folder"
            )
            continue
        free = shutil.disk_usage(place).free
        if free < LITTLE_DISK:
            yield Finding(
                "warning", f"{free / GIB:.1f} GiB are free in {place} ({what})", "free some space"
            )
        else:
            yield Finding("ok", f"{free / GIB:.0f} GiB free in {place} ({what})")


def visible_gpus() -> list[Gpu]:
    """The NVIDIA GPUs that CUDA_VISIBLE_DEVICES leaves, without touching them."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    command = [program, f"--query-gpu={','.join(_QUERY)}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(  # noqa: S603 (our own list, no shell reads it)
            command, capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return chosen(parsed(done.stdout), os.environ.get("CUDA_VISIBLE_DEVICES"))


def parsed(text: str) -> list[Gpu]:
    """The GPUs in the output of nvidia-smi; lines that make no sense are passed over."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) != len(_QUERY) or not (cells[3].isdecimal() and cells[4].isdecimal()):
            continue
        index, uuid, name, total, free, driver = cells
        sizes = int(total) * _MEBIBYTE, int(free) * _MEBIBYTE
        found.append(Gpu(index, uuid, name, *sizes, driver))
    return found


def chosen(gpus: Sequence[Gpu], visible: str | None) -> list[Gpu]:
    """Those that CUDA_VISIBLE_DEVICES names, in its order; None is all of them."""
    if visible is None:
        return list(gpus)
    found = []
    for word in visible.split(","):
        name = word.strip()
        match = [gpu for gpu in gpus if gpu.index == name or (name and gpu.uuid.startswith(name))]
        if not match:
            break  # CUDA, too, stops at the first that is none
        found.append(match[0])
    return found


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
