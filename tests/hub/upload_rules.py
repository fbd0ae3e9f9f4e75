"""Which files are kept as large files."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

LARGE = 10 * 1024 * 1024
"""Bytes; what is larger is never a regular file."""
_ENDINGS = """
7z arrow bin bz2 ckpt ftz gz h5 joblib lz4 mds mlmodel model msgpack npy npz onnx parquet pb
pickle pkl pt pth rar safetensors tar tflite tgz wasm xz zip zst pcm sam raw aac flac mp3 ogg
wav bmp gif png tiff jpg jpeg webp mp4 webm
"""
_PATTERNS = (*(f"*.{ending}" for ending in _ENDINGS.split()), "*.lfs.*", "*.tar.*", "*tfevents*")
GITATTRIBUTES = "".join(f"{p} filter=lfs diff=lfs merge=lfs -text\n" for p in _PATTERNS).encode()
"""What a new repository holds."""


def is_large(path: str, size: int, sample: bytes, gitattributes: str) -> bool:
    """Whether a file is to be uploaded as a large file.

    Args:
        path: In the repository.
        size: In bytes; an empty file never is.
        sample: Its first bytes.
        gitattributes: The repository's rules.
    """
    if not size:
        return False
    named = any(_matches(path, pattern) for pattern in _large_patterns(gitattributes))
    return named or size > LARGE or _is_binary(sample)


def _large_patterns(gitattributes: str) -> list[str]:
    lines = [line.split() for line in gitattributes.splitlines() if not line.startswith("#")]
    return [words[0] for words in lines if "filter=lfs" in words[1:]]


def _matches(path: str, pattern: str) -> bool:
    if "/" in pattern:
        return fnmatchcase(path, re.sub(r"\*\*/", "*", pattern.lstrip("/")))
    return fnmatchcase(path.rsplit("/", 1)[-1], pattern)


def _is_binary(sample: bytes) -> bool:
    if b"\0" in sample:
        return True
    try:
        # The sample may end in the middle of a character.
        sample[: max(0, len(sample) - 3)].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason != "unexpected end of data"
    return False
