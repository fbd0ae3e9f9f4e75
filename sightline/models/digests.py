"""What a folder of weights holds, as one SHA-256.

Every byte counts: a block that is not read could be the one that a training step changed. Reading
is 1.7 GB/s a core, so the digest of a file is remembered, by all that the file system tells of
it. The time of its last change (``ctime``) cannot be set by hand, which copying tools do with the
time of modification; a file that changed within the last seconds is not remembered, since a second
change could carry the same time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from filelock import FileLock

from sightline.errors import UsageError

SETTLED_SECONDS = 5.0
"""How long ago a file must have changed for its digest to be remembered."""

_BLOCK_BYTES = 1 << 22
_SUFFIXES = (".json", ".jinja", ".txt", ".model", ".safetensors")
"""What configs, tokenizers, processors, chat templates and weights are stored in."""


def folder_digest(folder: Path, *, memory: Path) -> str:
    """SHA-256 over the names and contents of what transformers and peft read in a folder.

    Read are the files directly in it, its additional chat templates, and the weights that an index
    names; other subfolders (a training's checkpoints) are not.

    Args:
        folder: of a checkpoint or an adapter; its own name and place do not count.
        memory: folder of remembered digests; made when missing, done without when it cannot be.

    Raises:
        UsageError: a file cannot be read, or an index names one that is not there.
    """
    try:
        names = _names(folder)
        with _one_at_a_time(memory, folder), ThreadPoolExecutor(min(8, len(names) or 1)) as pool:
            digests = list(pool.map(lambda name: _file_digest(folder / name, memory), names))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"checkpoint ({folder}) cannot be read: {error}", next_step="check its files"
        ) from error
    lines = [f"{digest} {name}" for name, digest in zip(names, digests, strict=True)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def default_memory() -> Path:
    """Where digests are remembered: below ``$HF_HOME/sightline``."""
    home = os.environ.get("HF_HOME")
    if not home:
        home = str(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    return Path(home).expanduser() / "sightline" / "digests"


def _names(folder: Path) -> list[str]:
    found = {path.name for path in folder.iterdir() if path.suffix in _SUFFIXES and path.is_file()}
    more = folder / "additional_chat_templates"
    found |= {f"{more.name}/{path.name}" for path in more.glob("*.jinja")}
    for index in folder.glob("*.safetensors.index.json"):
        found |= set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    return sorted(found)


def _file_digest(path: Path, memory: Path) -> str:
    now = time.time()
    about = path.stat()
    told = [about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns]
    note = memory / f"{hashlib.sha256(str(path.resolve()).encode()).hexdigest()}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(note.read_text(encoding="utf-8"))
        if known["told"] == told:
            return str(known["sha256"])
    digest = _sha256(path)
    if now - about.st_ctime > SETTLED_SECONDS:
        _remember(note, {"told": told, "sha256": digest})
    return digest


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _remember(note: Path, what: object) -> None:
    draft = note.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        draft.write_text(json.dumps(what), encoding="utf-8")
        draft.replace(note)


def _one_at_a_time(memory: Path, folder: Path) -> contextlib.AbstractContextManager[object]:
    """Several ranks of a machine start together: one of them reads, the others wait and look up."""
    try:
        memory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(memory / f"{hashlib.sha256(str(folder).encode()).hexdigest()}.lock")
        lock.acquire()
    except OSError:
        return contextlib.nullcontext()
    stack = contextlib.ExitStack()
    stack.callback(lock.release)
    return stack
