"""Runs the stages over many recordings, in one process or several.

One unit of work is one recording at one stage. Whatever is finished is not made again, so a run
that was killed goes on where it stopped; two runs of one configuration take turns, recording by
recording. A recording that fails is left behind and named; the others go on.
"""

from __future__ import annotations

import atexit
import traceback
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from sightline.errors import DatasetError, SightlineError, UsageError
from sightline.progress import Silent
from streamgaze_task.pipeline import processes
from streamgaze_task.pipeline.gathering import choice_of, words_of
from streamgaze_task.pipeline.labelling.backends import check_labeller, open_labeller
from streamgaze_task.pipeline.quality.verify import NOT_VERIFIED
from streamgaze_task.pipeline.recordings.find import find
from streamgaze_task.pipeline.records import Judged, LabelledFixation, View
from streamgaze_task.pipeline.stage import Stage, Task
from streamgaze_task.pipeline.stages import (
    ASKING,
    JUDGING,
    NAMES,
    PER_RECORDING,
)
from streamgaze_task.pipeline.workplace import claimed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sightline.progress import Progress
    from streamgaze_task.pipeline.config import Config
    from streamgaze_task.pipeline.labelling.labeller import Labeller
    from streamgaze_task.pipeline.recordings.find import Source

_STAGES = {stage.name: stage for stage in (*PER_RECORDING, *ASKING, *JUDGING)}
_OPEN = ExitStack()
_LABELLERS: dict[str, Labeller] = {}
atexit.register(_OPEN.close)


@dataclass
class Outcome:
    """What a run did."""

    made: dict[str, int] = field(default_factory=dict)
    """Stage -> files that this run made; the others were there."""
    failed: dict[str, str] = field(default_factory=dict)
    """Recording -> why it was left behind."""


def sources_of(config: Config) -> tuple[Source, ...]:
    """All recordings of a configuration, by id.

    Raises:
        UsageError: there are none, or two have one id.
    """
    found: dict[str, Source] = {}
    for settings in config.recordings:
        for source in find(settings, config.path.parent):
            if source.recording_id in found:
                raise UsageError(
                    f"two recordings are called {source.recording_id}: {source.video} and "
                    f"{found[source.recording_id].video}",
                    next_step="rename one of them",
                )
            found[source.recording_id] = source
    if not found:
        raise UsageError(f"{config.path} names no folder with recordings")
    return tuple(found[name] for name in sorted(found))


def task_of(config: Config, source: Source, shared: Mapping[str, Any] | None = None) -> Task:
    """One recording as the stages see it."""
    return Task(config, source, lambda: _labeller(config), Silent(), shared or {})


def _labeller(config: Config) -> Labeller:
    """The labeller of this process; it is opened when a stage first needs it, and then kept."""
    key = repr((config.labeller, config.path.parent))
    if key not in _LABELLERS:
        opening = open_labeller(config.labeller, config.path.parent)
        _LABELLERS[key] = _OPEN.enter_context(opening)
    return _LABELLERS[key]


def run_stages(
    config: Config,
    sources: Sequence[Source],
    *,
    workers: int = 1,
    until: str = NAMES[-1],
    everyone: Sequence[Source] | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Run all stages that work on single recordings, up to `until`.

    Args:
        config: what is made, and how.
        sources: the recordings to work on.
        workers: processes on this machine, >= 1.
        until: the last stage, one of NAMES.
        everyone: the recordings whose words the questions may use, when they are more than
            `sources`: their episodes are there already. Those that failed are left out.
        progress: told about every recording at every stage.

    Raises:
        UsageError: a run of another configuration is at work in `out`, or it is somebody's; or
            the labeller cannot work, be it from the beginning or from some time on.
        DatasetError: a process died.
    """
    progress, outcome = progress or Silent(), Outcome()
    if _will_ask(config, everyone or sources, until):
        check_labeller(config.labeller, config.path.parent)
    with claimed(config):
        for stages, gather, needs in PHASES:
            names = [stage.name for stage in stages if _is_wanted(stage, until)]
            going = [source for source in sources if source.recording_id not in outcome.failed]
            if not names or not going:
                continue
            tasks = [task_of(config, source) for source in (everyone or going)]
            # Those that failed before have no such file; what is known of all is known without
            # them.
            there = [task for task in tasks if task.path(needs).is_file()]
            shared = gather(there) if gather else {}
            progress.start(f"{names[0]} to {names[-1]}", len(names) * len(going))
            _Phase(config, names, shared, outcome, progress).run(going, workers)
    return outcome


PHASES: tuple[tuple[tuple[Stage, ...], Callable[[Sequence[Task]], dict[str, Any]] | None, str], ...]
PHASES = (
    (PER_RECORDING, None, ""),
    (ASKING, words_of, "episodes"),
    (JUDGING, choice_of, "questions"),
)
"""Stages that follow each other without waiting for other recordings; what must be known of all
recordings before; and the stage whose files tell it."""


def _is_wanted(stage: Stage, until: str) -> bool:
    return NAMES.index(stage.name) <= NAMES.index(until)


@dataclass(frozen=True)
class _Phase:
    """Stages that every recording goes through by itself."""

    config: Config
    names: Sequence[str]
    """Of the stages, in order."""
    shared: Mapping[str, Any]
    """What is known of all recordings."""
    outcome: Outcome
    """What happened is written down here."""
    progress: Progress

    def run(self, sources: Sequence[Source], workers: int) -> None:
        """Every recording through these stages, each stage as soon as the one before is done."""
        with ExitStack() as stack:
            several = min(workers, len(sources))
            pool = stack.enter_context(processes.workers(several)) if workers > 1 else None
            ready = deque((source, 0) for source in sources)
            running: dict[Future[int], tuple[Source, int]] = {}
            while ready or running:
                while ready and len(running) < workers:
                    source, place = ready.popleft()
                    unit = (self.config, source, self.names[place], dict(self.shared))
                    future = processes.submitted(pool, work, *unit) if pool else _done(*unit)
                    running[future] = source, place
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    source, place = running.pop(future)
                    if self._finished(future, source, place):
                        # To the front: one recording is finished before the next is begun.
                        ready.appendleft((source, place + 1))

    def _finished(self, future: Future[int], source: Source, place: int) -> bool:
        """Note how a unit went; returns whether the recording has another stage before it."""
        stage = self.names[place]
        went_well = _note(future, source, stage, self.outcome)
        if not went_well and _STAGES[stage].asks(self.config):
            # Where it is not this recording, the others would fail like it, one by one for hours.
            check_labeller(self.config.labeller, self.config.path.parent)
        self.progress.advance(1 if went_well else len(self.names) - place)
        return went_well and place + 1 < len(self.names)


def _done(*unit: Any) -> Future[int]:
    """The same as handing it to a pool, here and now."""
    future: Future[int] = Future()
    try:
        future.set_result(work(*unit))
    except Exception as error:  # noqa: BLE001 (whatever it is, _note decides)
        future.set_exception(error)
    return future


def _note(future: Future[int], source: Source, stage: str, outcome: Outcome) -> bool:
    """Write down how a unit went; returns whether it went well."""
    try:
        records = future.result()
    except BrokenProcessPool as error:
        raise DatasetError(
            f"a process died at {stage} of {source.recording_id} or of another recording",
            next_step="out of memory? use fewer --workers; the same command goes on",
        ) from error
    except SightlineError as error:
        outcome.failed[source.recording_id] = f"{stage}: {error}"
        return False
    except OSError as error:  # a full disk, or a folder where a file should be, is no fault of ours
        outcome.failed[source.recording_id] = (
            f"{stage}: a file cannot be read or written: {error}\n  next: free some space or mend "
            "the folder, and run the same command again"
        )
        return False
    except Exception as error:  # noqa: BLE001 (one recording must not end the others; it is named)
        trace = traceback.format_exception(error)
        outcome.failed[source.recording_id] = f"{stage}: {''.join(trace)}"
        return False
    outcome.made[stage] = outcome.made.get(stage, 0) + (records >= 0)
    return True


def work(config: Config, source: Source, stage: str, shared: Mapping[str, Any]) -> int:
    """One recording at one stage; returns the number of records made, -1 when it was done."""
    task = task_of(config, source, shared)
    lock = config.work / "locks" / f"{source.recording_id}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        return _STAGES[stage].run(task)


def forget_problems(config: Config, sources: Sequence[Source]) -> int:
    """Take away the files in which a labeller failed to answer; returns how many there were.

    The next run asks again what has no answer; what was answered is in the log.
    """
    forgotten = 0
    for source in sources:
        task = task_of(config, source)
        for stage, has_problem in _PROBLEMS.items():
            path = task.path(stage)
            if path.is_file() and any(map(has_problem, task.read(stage, _RECORDS[stage]))):
                path.unlink()
                forgotten += 1
    return forgotten


_RECORDS: Mapping[str, type[Any]] = {"labels": LabelledFixation, "views": View, "judged": Judged}
_PROBLEMS: Mapping[str, Callable[[Any], bool]] = {
    "labels": lambda label: bool(label.problem),
    "views": lambda view: bool(view.problem),
    "judged": lambda judged: judged.reason.startswith(NOT_VERIFIED),
}
"""Stage -> whether one of its records is there for want of an answer."""


def _will_ask(config: Config, sources: Sequence[Source], until: str) -> bool:
    """Whether a stage that asks the labeller is to be made, and not only lacks a few answers."""
    asking = [name for name, one in _STAGES.items() if _is_wanted(one, until) and one.asks(config)]
    if not asking:
        return False
    to_make = pending(config, sources, until=asking[-1], is_there=Stage.is_made)
    return any(stage in asking for stage, _ in to_make)


def pending(
    config: Config,
    sources: Sequence[Source],
    *,
    until: str = NAMES[-1],
    is_there: Callable[[Stage, Task], bool] = Stage.is_done,
) -> Iterator[tuple[str, Source]]:
    """What a run would make, as far as that can be told: after a stage that is not there, all."""
    tasks = [task_of(config, source) for source in sources]
    behind = {source.recording_id: False for source in sources}
    for stages, gather, _ in PHASES:
        if not _is_wanted(stages[0], until):
            return
        unknown = any(behind.values())
        shared = gather(tasks) if gather and not unknown else {}
        for task in tasks:
            own = task.source.recording_id
            for stage in stages:
                known = replace(task, shared=shared)
                behind[own] = unknown or behind[own] or not is_there(stage, known)
                if behind[own]:
                    yield stage.name, task.source
