"""The full report of a run: printed under lmms-eval's progress, saved beside its results."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mmsi_video import summary

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

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
        model=_model_name(args) or None,
        source=f"lmms-eval task {settings.task}",
    )
    out.write("\n" + summary.render(report))
    folder = results_folder(args)
    if folder is not None:
        path = folder / f"{settings.task}_report.json"
        try:
            _save(path, report)
            out.write(f"report: {path}\n")
        except OSError as error:
            # lmms-eval has saved nothing yet: to raise here would lose the whole run.
            out.write(f"the report could not be saved: {error}\n")
    out.flush()
    return float(report["overall"]["accuracy"])


def results_folder(args: argparse.Namespace | None) -> Path | None:
    """The folder that lmms-eval is about to put its results into; None when it saves none.

    lmms-eval names it after the model and makes it only after all metrics are computed.
    """
    output = getattr(args, "output_path", None)
    if not output:
        return None
    from lmms_eval.utils import sanitize_model_name  # noqa: PLC0415 (heavy; loaded in a run)

    return Path(output, sanitize_model_name(_model_name(args)))


def _model_name(args: argparse.Namespace | None) -> str:
    """The name that lmms-eval reads out of --model_args; empty when there is none."""
    from lmms_eval.loggers.evaluation_tracker import (  # noqa: PLC0415 (heavy; loaded in a run)
        GeneralConfigTracker,
    )

    model_args = getattr(args, "model_args", None)
    if not isinstance(model_args, str):
        return ""
    name = GeneralConfigTracker._get_model_name(model_args)  # noqa: SLF001 (its rule names the folder)
    return str(name)


def _save(path: Path, report: Mapping[str, Any]) -> None:
    """Write the report whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
