"""The full report of a run: printed under lmms-eval's progress, saved beside its results."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from mmsi_video import summary
from sightline.lmms.run_reports import model_name, save_report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from mmsi_video.schema import Sample
    from mmsi_video.tasks.settings import Settings
    from sightline.records import Score


def write_report(
    scores: Sequence[Score],
    expected: Sequence[Sample],
    settings: Settings,
    *,
    args: argparse.Namespace | None,
    out: IO[str],
) -> float:
    """Print the report, save it when the run has an output path, return the headline.

    Args:
        scores: what the run has scored.
        expected: every question of the split, the denominator.
        settings: how the questions were shown.
        args: lmms-eval's command line; None when it was called from Python.
        out: where the table goes.

    Returns:
        Overall accuracy in percent by the official parser, over all expected questions.
    """
    report = summary.summarise(
        scores,
        expected,
        protocol=settings.protocol,
        model=model_name(args) or None,
        source=f"lmms-eval task {settings.task}",
    )
    out.write("\n" + summary.render(report))
    saved = save_report(settings.task, report, args=args)
    if saved is not None:
        out.write(saved + "\n")
    out.flush()
    return float(report["overall"]["accuracy"])
