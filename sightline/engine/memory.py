"""Memory that is used again instead of being given back.

A prepared sample is hundreds of megabytes of tensors, made and dropped every second. glibc takes
such blocks from the kernel and gives them back each time, and a page that is touched for the first
time costs 29 times what writing to it costs: most of a processor's time was spent there. Threads
other than the first have it worse, since they allocate from heaps of 64 MB at most.
"""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
"""Names of parameters in glibc's malloc.h."""


def keep_freed_memory() -> bool:
    """Have this process keep the memory that it frees, in one heap for all threads.

    To be called before threads are started: one that has allocated keeps its own heap. The
    process then stays as large as it ever was.

    Returns:
        Whether it was done: only glibc can.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
        if "glibc" not in (os.confstr("CS_GNU_LIBC_VERSION") or ""):
            return False
    except (AttributeError, OSError, ValueError):
        return False
    # No blocks of their own for large sizes, nothing given back from the end, one heap.
    settings = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, -1), (_ARENA_MAX, 1))
    return all(mallopt(name, value) == 1 for name, value in settings)
