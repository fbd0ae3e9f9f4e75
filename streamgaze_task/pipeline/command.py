"""`sightline gaze recordings|run|review|merge|baselines`: from raw gaze to a benchmark."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError, UsageError
from sightline.progress import progress_bar

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

STAGES = (
    "recordings",
    "fixations",
    "labels",
    "views",
    "episodes",
    "questions",
    "judged",
    "release",
)
"""As streamgaze_task.pipeline.stages.NAMES, which is heavy to import."""


def add(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands.

    Args:
        commands: of ``sightline gaze``.
        command: adds one, with its line in the overview and its example.
    """
    for each in (_add_recordings, _add_run, _add_review, _add_merge, _add_baselines):
        each(commands, command)


def _say(text: str) -> None:
    """Print, with escapes for what cannot be shown: names of files may be in no encoding."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _add_recordings(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    parser = command(
        commands,
        "recordings",
        what="render small raw recordings in each dataset's own format, with a configuration",
        example="sightline gaze recordings raw && sightline gaze run raw/config.yaml",
    )
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to make; must be new")
    parser.add_argument("--seed", type=int, default=0, help="other scenes and gaze (0)")
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="length of every recording (its own)"
    )
    parser.set_defaults(run=_recordings)


def _recordings(arguments: argparse.Namespace) -> int:
    from streamgaze_task.sample_recordings import make_recordings  # noqa: PLC0415 (heavy)

    make_recordings(arguments.out, seed=arguments.seed, seconds=arguments.seconds)
    _say(f"raw recordings: {arguments.out}\n")
    _say(f"next: sightline gaze run {arguments.out / 'config.yaml'}\n")
    return 0


def _add_run(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    parser = command(
        commands,
        "run",
        what="make a benchmark from recordings: gaze, fixations, objects, questions, release",
        example="sightline gaze run config.yaml --workers 2",
    )
    parser.add_argument("config", metavar="CONFIG", type=Path, help="what is made from what: YAML")
    parser.add_argument("--workers", type=int, default=1, help="processes on this machine (1)")
    parser.add_argument(
        "--cluster",
        action="store_true",
        help="hand the same stages to Slurm or Ray, as the configuration's `cluster` says",
    )
    parser.add_argument(
        "--until", choices=STAGES, default=STAGES[-1], help="stop after this stage (release)"
    )
    parser.add_argument(
        "--skip-failed", action="store_true", help="make the release without recordings that fail"
    )
    parser.add_argument(
        "--retry-problems",
        action="store_true",
        help="ask the labeller again about what it failed to answer; all else is kept",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be made; write nothing"
    )
    parser.set_defaults(run=_run)


def _need_opencv() -> None:
    """Refuse early, with what to do, where the extra is missing.

    Raises:
        UsageError: it is.
    """
    if find_spec("cv2") is None:
        raise UsageError(
            "the pipeline needs OpenCV, which looks at the pictures of fixations",
            next_step="pip install '.[pipeline]' in the clone",
        )


def _run(arguments: argparse.Namespace) -> int:
    _need_opencv()
    from streamgaze_task.pipeline.config import read_config  # noqa: PLC0415 (heavy)
    from streamgaze_task.pipeline.make import (  # noqa: PLC0415 (heavy)
        forget,
        make_benchmark,
        plan_text,
    )

    if arguments.workers < 1:
        raise UsageError(f"--workers ({arguments.workers}) must be >= 1")
    config = read_config(arguments.config)
    if arguments.dry_run:
        _say(plan_text(config))
        return 0
    if arguments.cluster:
        _check_alone(arguments)
        from streamgaze_task.pipeline.cluster import submit  # noqa: PLC0415 (needs the extra)

        _say(submit(config))
        return 0
    if arguments.retry_problems:
        _say(forget(config))
    with progress_bar(unit="items") as progress:
        report = make_benchmark(
            config,
            workers=arguments.workers,
            until=arguments.until,
            skip_failed=arguments.skip_failed,
            progress=progress,
        )
    _say(report.text())
    return 1 if report.failed or report.empty else 0


def _check_alone(arguments: argparse.Namespace) -> None:
    """Refuse what the jobs of a cluster do not heed."""
    given = {
        "--workers": arguments.workers != 1,
        "--until": arguments.until != STAGES[-1],
        "--skip-failed": arguments.skip_failed,
        "--retry-problems": arguments.retry_problems,
    }
    beside = [name for name, is_given in given.items() if is_given]
    if beside:
        raise UsageError(
            f"--cluster makes everything of all recordings, and does not heed {', '.join(beside)}",
            next_step="say cluster.workers in the configuration, or leave --cluster out",
        )


def _add_review(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    parser = command(
        commands,
        "review",
        what="write a page on which people look through objects and questions, clips beside them",
        example="sightline gaze review config.yaml --out review",
    )
    parser.add_argument("config", metavar="CONFIG", type=Path, help="of a run that is finished")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="must be new")
    parser.add_argument("--only", metavar="ID,...", help="only these recordings")
    parser.set_defaults(run=_review)


def _review(arguments: argparse.Namespace) -> int:
    _need_opencv()
    from streamgaze_task.pipeline.config import read_config  # noqa: PLC0415 (heavy)
    from streamgaze_task.pipeline.make import write_review  # noqa: PLC0415 (heavy)

    config = read_config(arguments.config)
    only = tuple(arguments.only.split(",")) if arguments.only else ()
    with progress_bar(unit="items") as progress:
        said = write_review(config, arguments.out, only=only, progress=progress)
    _say(said)
    return 0


def _add_merge(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    parser = command(
        commands,
        "merge",
        what="take over what reviewers decided; the next run applies it",
        example="sightline gaze merge config.yaml decisions-anna.json decisions-ben.json",
    )
    parser.add_argument("config", metavar="CONFIG", type=Path, help="what was reviewed")
    parser.add_argument(
        "decisions", metavar="DECISIONS", type=Path, nargs="+", help="files that the page exported"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what they hold; write nothing")
    parser.set_defaults(run=_merge)


def _merge(arguments: argparse.Namespace) -> int:
    _need_opencv()
    from streamgaze_task.pipeline.config import read_config  # noqa: PLC0415 (heavy)
    from streamgaze_task.pipeline.make import merge_decisions  # noqa: PLC0415 (heavy)

    config = read_config(arguments.config)
    if not config.work.is_dir():
        raise DatasetError(
            f"{config.work} is missing: nothing of this configuration was made yet",
            next_step=f"sightline gaze run {arguments.config}",
        )
    _say(merge_decisions(config, arguments.decisions, dry_run=arguments.dry_run))
    return 0


def _add_baselines(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    parser = command(
        commands,
        "baselines",
        what="tell how far one gets on a release by its texts alone, and by the options' order",
        example="sightline gaze baselines work/release",
    )
    parser.add_argument("release", metavar="RELEASE", type=Path, help="a folder with qa/*.json")
    parser.set_defaults(run=_baselines)


def _baselines(arguments: argparse.Namespace) -> int:
    from streamgaze_task.pipeline.quality import baselines  # noqa: PLC0415 (heavy)

    found = baselines.read_qa(arguments.release)
    if not found:
        raise UsageError(
            f"{arguments.release} has no qa/*.json of the ten tasks",
            next_step="name the folder of an unpacked release",
        )
    _say(baselines.table(baselines.baselines(found)))
    return 0
