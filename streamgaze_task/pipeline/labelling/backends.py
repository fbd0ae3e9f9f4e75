"""Settings -> the labeller that they name; what it needs is imported when it is opened."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from huggingface_hub import hf_hub_download

from sightline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streamgaze_task.pipeline.labelling.labeller import Labeller
    from streamgaze_task.pipeline.labelling.settings import LabellerSettings

RENDERED = "streamgaze_task.rendering.reading_labeller"
"""Module of the reader of the rendered world's pictures: named and not imported, since the
pipeline knows nothing of that world."""

_CONFIG = "config.json"


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
    with _installed(settings):
        labeller = _labeller(settings, base)
    yield labeller


def check_labeller(settings: LabellerSettings, base: Path) -> None:
    """Find out at little cost that a labeller cannot work; no model is loaded.

    A server is asked for its models, a checkpoint must be there, and so must recorded answers.

    Args:
        settings: which one.
        base: as of :func:`open_labeller`.

    Raises:
        UsageError: it cannot work; says why, and what to do.
        ResponsesError: recorded answers cannot be read.
    """
    with _installed(settings):
        if settings.kind == "hf":
            _check_checkpoint(settings, base)
        elif settings.kind == "openai":
            from streamgaze_task.pipeline.labelling.server import check_server  # noqa: PLC0415

            check_server(settings)
        else:
            _labeller(settings, base)


@contextmanager
def _installed(settings: LabellerSettings) -> Iterator[None]:
    """Say what to install where something is missing."""
    try:
        yield
    except ImportError as error:
        extra = "eval" if settings.kind == "hf" else "pipeline"
        raise UsageError(
            f"labeller {settings.kind} needs what is not installed: {error}",
            next_step=f"pip install '.[{extra}]' in the clone",
        ) from error


def _check_checkpoint(settings: LabellerSettings, base: Path) -> None:
    """Look for the packages and for the checkpoint's configuration, which is loaded first."""
    for package in ("torch", "transformers", "accelerate"):
        if find_spec(package) is None:
            raise ImportError(f"No module named {package!r}")
    folder = base / Path(settings.model).expanduser()
    if folder.is_dir() and (folder / _CONFIG).is_file():
        return
    try:
        if folder.is_dir():
            raise FileNotFoundError(f"{folder} has no {_CONFIG}")
        hf_hub_download(settings.model, _CONFIG, revision=settings.revision)
    # Of the Hub: a name that cannot be one is a ValueError, all else an OSError.
    except (OSError, ValueError) as error:
        raise UsageError(
            f"labeller.model ({settings.model}, revision {settings.revision}) must be a folder "
            f"with a checkpoint, or a Hub id: {error}",
            next_step="check the path or the name, the revision and the network",
        ) from error


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
