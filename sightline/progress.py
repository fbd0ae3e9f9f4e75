"""A progress bar on standard error, when somebody is looking."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    import rich.progress


class Progress(Protocol):
    """What long work tells about itself."""

    def start(self, what: str, total: int) -> None:
        """A step begins; `total` is its size in bytes or items."""

    def advance(self, done: int) -> None:
        """That much more of the step is done."""


class Silent:
    """A progress that shows nothing."""

    def start(self, what: str, total: int) -> None:
        """Show nothing."""

    def advance(self, done: int) -> None:
        """Show nothing."""


@contextmanager
def progress_bar(
    *, show: bool | None = None, unit: Literal["bytes", "items"] = "bytes"
) -> Iterator[Progress]:
    """A progress bar, one line for each step, on standard error.

    Args:
        show: True or False; None means only when standard error is a terminal.
        unit: what is counted: bytes are shown with their speed.
    """
    if not (sys.stderr.isatty() if show is None else show):
        yield Silent()
        return
    # Here, because there is something to draw: rich takes a tenth of a second to start.
    from rich import progress  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    counted = {
        "bytes": (progress.DownloadColumn(), progress.TransferSpeedColumn()),
        "items": (progress.MofNCompleteColumn(),),
    }
    name = progress.TextColumn("{task.description:<24}")
    columns = (name, progress.BarColumn(), *counted[unit], progress.TimeRemainingColumn())
    with progress.Progress(*columns, console=Console(stderr=True)) as bar:
        yield _Bar(bar)


class _Bar:
    """Steps as rows of one rich progress display."""

    def __init__(self, bar: rich.progress.Progress) -> None:
        self._bar = bar
        self._task: rich.progress.TaskID | None = None

    def start(self, what: str, total: int) -> None:
        self._task = self._bar.add_task(what, total=total)

    def advance(self, done: int) -> None:
        if self._task is not None:
            self._bar.advance(self._task, done)
