"""The reports of a run: printed under lmms-eval's progress, saved beside its results.

One per task, and one per group whose tasks were all run: lmms-eval computes the mean of a group
too, but not its coverage, intervals and constants.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from sightline.lmms.run_reports import model_name, save_report
from streamgaze_task.summary import render, summarise
from streamgaze_task.tasks.table import members

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Sequence

    from sightline.records import Score
    from streamgaze_task.schema import Request


def write_report(
    name: str,
    scores: Sequence[Score],
    expected: Sequence[Request],
    *,
    protocol: str,
    args: argparse.Namespace | None,
    out: IO[str],
    brief: bool = False,
) -> None:
    """Print the report, and save it when the run has an output path.

    Args:
        name: of the task or group; it names the file.
        scores: what the run has scored.
        expected: every request of the split, the denominator.
        protocol: how the requests were shown.
        args: lmms-eval's command line; None when it was called from Python.
        out: where the table goes.
        brief: print no table, because the one of the task's group follows.
    """
    report = summarise(
        scores,
        expected,
        protocol=protocol,
        model=model_name(args) or None,
        source=f"lmms-eval task {name}",
    )
    if not brief:
        out.write("\n" + render(report))
    saved = save_report(name, report, args=args)
    if saved is not None:
        out.write(f"{name} {saved}\n")
    out.flush()


def whole_groups(tasks: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The groups that these tasks make up wholly, group -> tasks; none inside another of them."""
    whole = {group: names for group, names in members().items() if set(names) <= set(tasks)}
    return {
        group: names
        for group, names in whole.items()
        if not any(set(names) < set(others) for others in whole.values())
    }
