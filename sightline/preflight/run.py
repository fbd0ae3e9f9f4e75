"""All checks in their order: for `sightline doctor`, and before each `sightline eval`."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import SightlineError, UsageError
from sightline.findings import Finding
from sightline.preflight import data, host, machine, past, software
from sightline.preflight.subject import OURS, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sightline.preflight.requests import Asking

SECONDS = 10.0
"""For describing the requests of all tasks and decoding one of each, about, unless everything is to
be looked at; of the first task of a benchmark one is always decoded."""


def before_run(
    tasks: Sequence[str], model: str, model_args: str, ranks: int, output: Path
) -> list[Finding]:
    """What speaks against a run, found before anything is started.

    Args:
        tasks: names of tasks and groups.
        model: lmms-eval's model id.
        model_args: ``key=value,...`` for it.
        ranks: processes on this machine.
        output: folder for the results.

    Returns:
        Warnings and errors; the run is to be refused when there is an error.
    """
    subject = Subject(tuple(tasks), model, model_args, ranks, output)
    found: list[Finding] = []
    try:
        found.extend(doctor(subject, fetch=True))
    except Exception as error:  # noqa: BLE001 (a fault of a check must not keep a run from starting)
        what = f"the preflight itself failed ({type(error).__name__}: {error})"
        found.append(Finding("warning", what, "report it; the run goes on without the rest of it"))
    return [finding for finding in found if finding.severity in ("warning", "error")]


def doctor(subject: Subject, *, fetch: bool = False) -> Iterator[Finding]:
    """Every finding, as it is made.

    Args:
        subject: what to look at.
        fetch: whether datasets may be downloaded or built, as a run does.
    """
    yield from software.check(evaluates=bool(subject.tasks))
    yield from host.check(survey=not fetch)
    gpus = machine.visible_gpus()
    try:
        on_cpu = subject.arguments.get("device") == "cpu"
    except UsageError as error:
        yield Finding("error", error.message, error.next_step)
        return
    yield from machine.check(gpus, subject.ranks, on_cpu=on_cpu)
    yield from machine.check_disk({"results and answers": subject.output or Path()})
    yield from _frame_store()
    asking: list[Asking] = []
    for finding in _data(subject, fetch=fetch):
        if isinstance(finding, Finding):
            yield finding
        else:
            asking.append(finding)
    yield from _model(subject, asking, gpus, on_cpu=on_cpu)
    yield from _past(subject, asking)


def _frame_store() -> Iterator[Finding]:
    from sightline.frame_store import settings as store  # noqa: PLC0415 (only where it is looked at)

    try:
        folder, cap = store.store_folder(os.environ), store.store_bytes(os.environ)
    except UsageError as error:
        yield Finding("error", error.message, error.next_step)
        return
    if folder is None:
        yield Finding(
            "note",
            f"{store.FOLDER_VARIABLE}=0: frames of videos are decoded anew by every process",
            f"unset {store.FOLDER_VARIABLE}",
        )
        return
    limit = f"{cap / machine.GIB:.0f} GiB" if cap is not None else "half of the free disk"
    yield from machine.check_disk({f"frames of videos, at most {limit}": folder})


def _data(subject: Subject, *, fetch: bool) -> Iterator[Finding | Asking]:
    known = {name for found in subject.benchmarks for name in found.task_names()}
    for name in subject.names:
        if name not in known:
            yield Finding("note", f"task {name} is none of ours, and was not looked at")
    usable = set()
    for benchmark in subject.benchmarks:
        found = data.locate(benchmark, fetch=fetch)
        if isinstance(found, Finding):
            yield found
            continue
        usable.add(benchmark.name)
        yield from data.check(benchmark, found, thorough=subject.thorough)
    yield from _requests(subject, usable)


def _requests(subject: Subject, usable: set[str]) -> Iterator[Finding | Asking]:
    from sightline.preflight import requests  # noqa: PLC0415 (its functions import the tasks)

    left = [(benchmark, task) for benchmark, task in subject.leaves if benchmark.name in usable]
    end = time.monotonic() + SECONDS
    seen: set[str] = set()
    for number, (benchmark, task) in enumerate(left):
        time_left = max(0.0, end - time.monotonic())
        yield from requests.look(
            benchmark,
            task,
            model=subject.model,
            seconds=None if subject.thorough else time_left / (len(left) - number),
            decode=subject.thorough or time_left > 0 or benchmark.name not in seen,
        )
        seen.add(benchmark.name)


def _model(
    subject: Subject, asking: Sequence[Asking], gpus: Sequence[machine.Gpu], *, on_cpu: bool
) -> Iterator[Finding]:
    if subject.model != OURS:
        yield Finding("note", f"--model {subject.model}: its checkpoint or server is not looked at")
        return
    if "pretrained" not in subject.arguments:
        if subject.tasks:
            yield Finding(
                "note", "no checkpoint was named", "--model-args pretrained=FOLDER or org/name"
            )
        return
    from sightline.preflight import context, memory, model  # noqa: PLC0415 (only with a checkpoint)

    known = None
    for found in model.load(subject.arguments):
        if isinstance(found, Finding):
            yield found
        else:
            known = found
    if known is None:
        return
    yield from model.check_family(known, asking)
    longest = 0
    for told in context.check(known, asking):
        if isinstance(told, Finding):
            yield told
        else:
            longest = max(longest, told[1].whole)
    yield from memory.check(known, longest, gpus, on_cpu=on_cpu)


def _past(subject: Subject, asking: Sequence[Asking]) -> Iterator[Finding]:
    named = subject.arguments.get("answers")
    if named is None and subject.output is None:
        return
    folder = Path(str(named)) if named is not None else (subject.output or Path()) / "answers"
    try:
        yield from past.check(folder, past.records(folder), asking, subject.ranks)
    except (OSError, SightlineError) as error:
        yield Finding("warning", f"{folder} cannot be read: {error}", "mend its permissions")
