"""`sightline ...`: parse, call one function, print.

Nothing heavy is imported before a command has been chosen, so `--help` answers at once.
Exit status: 0 done, 1 it failed, 2 the command was wrong, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sightline import __version__, prepare_command
from sightline.benchmarks import all_benchmarks, benchmark, benchmark_of
from sightline.checking import command as checking
from sightline.comparing import compare_command, report_command
from sightline.errors import SightlineError, UsageError
from sightline.leaderboard import command as leaderboard
from sightline.leaderboard.exports import export_command
from sightline.leaderboard.submission import submit_command
from sightline.preflight import command as doctor
from sightline.publishing import command as publishing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sightline.benchmarks import Benchmark


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except UsageError as error:
        print(f"sightline: {error}", file=sys.stderr)
        return 2
    except SightlineError as error:
        print(f"sightline: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("sightline: interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less) has gone; closing stderr too keeps the interpreter quiet.
        sys.stderr.close()
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sightline",
        description="MMSI-Video-Bench and StreamGaze by one command each.",
        epilog="example: sightline tasks",
    )
    parser.add_argument("--version", action="version", version=f"sightline {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_sample, _add_build, _add_tasks, _add_eval, _add_score):
        add(commands)
    doctor.add(commands)
    prepare_command.add(commands)
    checking.add(commands)
    for module in (publishing, submit_command, leaderboard, compare_command, report_command):
        module.add(commands)
    export_command.add(commands)
    for found in all_benchmarks().values():
        found.add_commands(commands)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    *,
    what: str,
    example: str,
) -> argparse.ArgumentParser:
    """Add one command: its line in the overview, its example, the function that runs it."""
    parser = commands.add_parser(
        name,
        help=what,
        description=what[0].upper() + what[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_sample(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "sample",
        _sample,
        what="render a small release in the authors' layout, with true answers",
        example="sightline sample mmsi-video sample-release",
    )
    parser.add_argument("benchmark", metavar="BENCHMARK", help="for example mmsi-video")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to make; must be new")
    parser.add_argument("--seed", type=int, default=0, help="other scenes and questions (0)")
    parser.add_argument("--variant", help="layout of the files; the first known one by default")


def _sample(arguments: argparse.Namespace) -> int:
    chosen = benchmark(arguments.benchmark)
    variant = arguments.variant or chosen.sample_variants[0]
    if variant not in chosen.sample_variants:
        known = ", ".join(chosen.sample_variants)
        raise UsageError(f"--variant ({variant!r}) must be one of: {known}")
    chosen.call("make_sample", arguments.out, seed=arguments.seed, variant=variant)
    print(f"{chosen.title} sample release, variant {variant}: {arguments.out}")
    print(f"next: sightline build {chosen.name} --release {arguments.out} --out DATASET")
    return 0


def _add_build(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "build",
        _build,
        what="turn an authors' release into a dataset that load_dataset opens",
        example="sightline build mmsi-video --release rbler/MMSI-Video-Bench --out mmsi-video",
    )
    parser.add_argument("benchmark", metavar="BENCHMARK", help="for example mmsi-video")
    parser.add_argument(
        "--release",
        metavar="FOLDER|REPO[@REV]",
        help="the authors' files: a folder, or a Hub dataset at a revision (the authors' own)",
    )
    parser.add_argument("--out", metavar="FOLDER", type=Path, help="the dataset to make")
    parser.add_argument(
        "--skip-broken",
        action="store_true",
        help="leave broken samples out and list them, instead of refusing the release",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="check the release and report; write nothing"
    )
    for found in all_benchmarks().values():
        for flag, what in found.build_flags.items():
            name = "--" + flag.replace("_", "-")
            parser.add_argument(name, action="store_true", help=f"{found.title} only: {what}")


def _build(arguments: argparse.Namespace) -> int:
    chosen = benchmark(arguments.benchmark)
    release = arguments.release or chosen.release
    flags = _build_flags(arguments, chosen)
    if arguments.dry_run:
        print(chosen.call("check", release, **flags).text())
        return 0
    if arguments.out is None:
        raise UsageError("--out FOLDER is needed", next_step="or use --dry-run to check only")
    report = chosen.call(
        "build", release, arguments.out, skip_broken=arguments.skip_broken, **flags
    )
    print(report.text())
    print(f"next: {chosen.dataset_variable}={arguments.out} sightline eval ...")
    return 0


def _build_flags(arguments: argparse.Namespace, chosen: Benchmark) -> dict[str, bool]:
    """The switches that this benchmark's builder knows; those of others are refused."""
    given = [
        flag
        for found in all_benchmarks().values()
        for flag in found.build_flags
        if getattr(arguments, flag)
    ]
    for flag in given:
        if flag not in chosen.build_flags:
            raise UsageError(f"--{flag.replace('_', '-')} is no switch of {chosen.title}")
    return dict.fromkeys(given, True)


def _add_tasks(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _command(
        commands,
        "tasks",
        _tasks,
        what="list our lmms-eval tasks, one line each",
        example="sightline tasks",
    )


def _tasks(_: argparse.Namespace) -> int:
    rows = [row for found in all_benchmarks().values() for row in found.tasks.items()]
    width = max((len(name) for name, _ in rows), default=0)
    for name, what in rows:
        print(f"{name:<{width}}  {what}")
    return 0


def _add_eval(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "eval",
        _eval,
        what="run tasks through lmms-eval, with an exit status that tells the truth",
        example="sightline eval --tasks mmsi_video --output results \\\n"
        "    --model-args pretrained=Qwen/Qwen2.5-VL-7B-Instruct",
    )
    parser.add_argument("--tasks", required=True, help="names, separated by commas")
    parser.add_argument("--model", default="sightline", help="lmms-eval model id (sightline)")
    parser.add_argument("--model-args", default="", metavar="KEY=VALUE,...")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--limit", type=int, help="only the first questions: a partial run")
    parser.add_argument("--batch-size", type=int, default=1, help="samples per model call (1)")
    parser.add_argument(
        "--max-errors", type=int, metavar="N", help="samples of a rank that may fail"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="ask all anew: put the answers of earlier runs aside"
    )
    _add_machines(parser)
    parser.add_argument(
        "extra", nargs="*", metavar="-- FLAGS", help="further flags, handed to lmms-eval as is"
    )


def _add_machines(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("several GPUs or machines")
    group.add_argument("--ranks", type=int, default=1, help="processes on this machine (1)")
    group.add_argument("--nodes", type=int, default=1, help="machines, each runs this command (1)")
    group.add_argument("--node-rank", type=int, default=0, help="number of this one, from 0")
    group.add_argument("--main-address", metavar="HOST:PORT", help="node 0, the same on all nodes")


def _eval(arguments: argparse.Namespace) -> int:
    from sightline.launching import evaluate  # noqa: PLC0415 (heavy; only this command needs it)

    return evaluate.run(
        tasks=tuple(arguments.tasks.split(",")),
        model=arguments.model,
        model_args=arguments.model_args,
        output=arguments.output,
        limit=arguments.limit,
        ranks=arguments.ranks,
        nodes=arguments.nodes,
        node_rank=arguments.node_rank,
        main_address=arguments.main_address,
        batch_size=arguments.batch_size,
        max_errors=arguments.max_errors,
        fresh=arguments.fresh,
        extra=tuple(arguments.extra),
    )


def _add_score(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands,
        "score",
        _score,
        what="score responses again, without a model, and print the table",
        example="sightline score results/tiny__model/*_samples_mmsi_video.jsonl",
    )
    parser.add_argument(
        "responses",
        type=Path,
        metavar="SAMPLES",
        help="our samples or responses (JSONL), lmms-eval's own, or the official result folder",
    )
    parser.add_argument("--benchmark", help="when the file does not tell it")
    parser.add_argument("--dataset", type=Path, help="the built dataset: sets the denominator")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the report there")


def _score(arguments: argparse.Namespace) -> int:
    path = arguments.responses
    named, dataset = arguments.benchmark, arguments.dataset
    chosen = benchmark(named) if named else benchmark_of(path, dataset)
    report = chosen.call("score", path, dataset=dataset)
    print(chosen.call("render", report), end="")
    if arguments.json is not None:
        text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
        arguments.json.write_text(text, encoding="utf-8")
        print(f"report: {arguments.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
