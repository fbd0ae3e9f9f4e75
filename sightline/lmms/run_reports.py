"""Where a task's own report goes: beside lmms-eval's results, under its rules for names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


def save_report(
    name: str, report: Mapping[str, Any], *, args: argparse.Namespace | None
) -> str | None:
    """Save a report as ``<name>_report.json``, whole or not at all.

    Args:
        name: of the task or group.
        report: plain JSON types.
        args: lmms-eval's command line; None when it was called from Python.

    Returns:
        One line that says where it is, or why it could not be saved; None when the run saves
        nothing. Never an error: lmms-eval has saved nothing yet, and would lose the whole run.
    """
    folder = results_folder(args)
    if folder is None:
        return None
    path = folder / f"{name}_report.json"
    try:
        _save(path, report)
    except OSError as error:
        return f"the report could not be saved: {error}"
    return f"report: {path}"


def results_folder(args: argparse.Namespace | None) -> Path | None:
    """The folder that lmms-eval is about to put its results into; None when it saves none.

    lmms-eval names it after the model and makes it only after all metrics are computed.
    """
    output = getattr(args, "output_path", None)
    if not output:
        return None
    from lmms_eval.utils import sanitize_model_name  # noqa: PLC0415 (heavy; loaded in a run)

    return Path(output, sanitize_model_name(model_name(args)))


def model_name(args: argparse.Namespace | None) -> str:
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
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
