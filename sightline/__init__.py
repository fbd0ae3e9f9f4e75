"""Sightline: two video benchmarks, usable by one command each.

``sightline.load_clip`` and ``sightline.media_path`` read single clips and videos of a built or
published dataset, see :mod:`sightline.loading`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.loading import Clip, ClipFrame, load_clip, media_path

__all__ = ["Clip", "ClipFrame", "__version__", "load_clip", "media_path"]

__version__ = "0.1.0"
"""Of the package, as pip shows it."""


def __getattr__(name: str) -> Any:
    """Import what reads datasets only when it is asked for: it brings pyarrow and PyAV."""
    if name in __all__:
        from sightline import loading  # noqa: PLC0415 (heavy, see above)

        return getattr(loading, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
