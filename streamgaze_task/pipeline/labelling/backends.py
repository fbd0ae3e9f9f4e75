"""Settings -> the labeller that they name; what it needs is imported when it is opened."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streamgaze_task.pipeline.labelling.labeller import Labeller
    from streamgaze_task.pipeline.labelling.settings import LabellerSettings

RENDERED = "streamgaze_task.rendering.reading_labeller"
"""Module of the reader of the rendered world's pictures: named and not imported, since the
pipeline knows nothing of that world."""


@contextmanager
def open_labeller(settings: LabellerSettings, base: Path) -> Iterator[Labeller]:
    """The labeller that the settings name.

    Args:
        settings: which one.
        base: folder of the configuration; paths in the settings are relative to it.

    Raises:
        UsageError: it cannot work here; says why.
        ResponsesError: recorded answers cannot be read.
    """
    try:
        labeller = _labeller(settings, base)
    except ImportError as error:
        raise UsageError(
            f"labeller {settings.kind} needs what is not installed: {error}",
            next_step="pip install 'sightline[eval]'",
        ) from error
    yield labeller


def _labeller(settings: LabellerSettings, base: Path) -> Labeller:
    # Here, because each of them imports what only its kind needs: torch, the openai client.
    if settings.kind == "hf":
        from streamgaze_task.pipeline.labelling.hf import checkpoint_labeller  # noqa: PLC0415

        return checkpoint_labeller(settings, base)
    if settings.kind == "openai":
        from streamgaze_task.pipeline.labelling.server import server_labeller  # noqa: PLC0415

        return server_labeller(settings)
    if settings.kind == "recorded":
        from streamgaze_task.pipeline.labelling.recorded import RecordedLabeller  # noqa: PLC0415

        return RecordedLabeller(base / Path(settings.recorded).expanduser())
    made = cast("Callable[[], Labeller]", importlib.import_module(RENDERED).RenderedLabeller)
    return made()
