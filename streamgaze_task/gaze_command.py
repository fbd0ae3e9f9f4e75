"""`sightline gaze ...`: the gaze prompts as pictures, videos and words, and a benchmark from gaze.

The prompts on a video of a built dataset, or on a video and a gaze table of one's own.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.errors import UsageError
from sightline.progress import progress_bar
from streamgaze_task import timestamps
from streamgaze_task.pipeline import command as pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze_files import Subject
    from streamgaze_task.overlay import OverlayStyle

STYLES = ("published", "degrees")
"""How the circle gets its radius: as in the released overlay videos, or from an angle."""


def add(subparsers: Any) -> None:
    """Add ``gaze`` and its commands to the command line.

    Args:
        subparsers: what ``ArgumentParser.add_subparsers`` returns.
    """
    parser = _command(
        subparsers,
        "gaze",
        what="draw the gaze of a video, or make a benchmark of your own from gaze and videos",
        example="sightline gaze overlay --help\n  sightline gaze run --help",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for each in (_add_overlay, _add_salience, _add_text):
        each(commands)
    pipeline.add(commands, _command)


def _command(commands: Any, name: str, *, what: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=what,
        description=what[0].upper() + what[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def _add_overlay(commands: Any) -> None:
    parser = _command(
        commands,
        "overlay",
        what="draw the gaze into the clean video: a green dot and a red circle",
        example="sightline gaze overlay P01-R02 --dataset streamgaze --from 60 --to 90 \\\n"
        "    --out overlay.mp4\n"
        "  sightline gaze overlay --video own.mp4 --gaze own.csv --at 12.5 --out frame.png",
    )
    _add_subject(parser)
    _add_span(parser)
    parser.add_argument(
        "--at", type=_time, metavar="TIME", help="one moment, for a PNG instead of an MP4"
    )
    parser.add_argument(
        "--style",
        choices=STYLES,
        default=STYLES[0],
        help="radius of the circle: pixels as in the released videos (the default), or degrees of "
        "visual angle",
    )
    parser.add_argument(
        "--radius-degrees", type=float, metavar="DEGREES", help="with --style degrees (13)"
    )
    _add_out(parser, "FILE.mp4|FILE.png")
    parser.set_defaults(run=_overlay)


def _add_salience(commands: Any) -> None:
    parser = _command(
        commands,
        "salience",
        what="draw where the gaze has been in a span of the video, as a heat map",
        example="sightline gaze salience P01-R02 --dataset streamgaze --from 01:00 --to 02:00 \\\n"
        "    --out salience.png",
    )
    _add_subject(parser)
    _add_span(parser)
    parser.add_argument(
        "--sigma-degrees", type=float, metavar="DEGREES", help="width of the Gaussians (2)"
    )
    _add_out(parser, "FILE.png")
    parser.set_defaults(run=_salience)


def _add_text(commands: Any) -> None:
    parser = _command(
        commands,
        "text",
        what="print the fixations in a span of the video in words, as models get them",
        example="sightline gaze text P01-R02 --dataset streamgaze --from 01:00 --to 02:00",
    )
    _add_subject(parser)
    _add_span(parser)
    parser.set_defaults(run=_text)


def _add_subject(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("video_id", metavar="VIDEO_ID", nargs="?", help="with --dataset: its name")
    parser.add_argument("--dataset", type=Path, metavar="DATASET", help="the built dataset")
    parser.add_argument("--video", type=Path, metavar="FILE.mp4", help="a video of your own")
    parser.add_argument(
        "--gaze",
        type=Path,
        metavar="TABLE.csv",
        help="with --video: seconds,x,y,valid; x and y from 0 to 1 of the frame's size",
    )
    parser.add_argument(
        "--source", metavar="NAME", help="with --video: egtea, egoexolearn, holoassist or ego4d"
    )
    parser.add_argument(
        "--hfov",
        type=float,
        metavar="DEGREES",
        help="horizontal field of view of the camera (by the source; 90 where it is not known)",
    )


def _add_span(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from",
        dest="start",
        type=_time,
        metavar="TIME",
        help="begin: seconds or MM:SS (the video's)",
    )
    parser.add_argument(
        "--to", dest="end", type=_time, metavar="TIME", help="end, exclusive (the video's)"
    )


def _add_out(parser: argparse.ArgumentParser, metavar: str) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar=metavar, help="file to write")
    parser.add_argument("--force", action="store_true", help="overwrite the file")


def _time(text: str) -> float:
    try:
        return timestamps.seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}, or seconds") from error


def _overlay(arguments: argparse.Namespace) -> int:
    from streamgaze_task import overlay_video  # noqa: PLC0415 (--help needs no decoder)

    still = arguments.at is not None
    if still and (arguments.start, arguments.end) != (None, None):
        raise UsageError("--at stands for --from and --to; give one or the other")
    out = _out(arguments, ".png" if still else ".mp4", hint="--at TIME makes a PNG, a span an MP4")
    subject = _subject(arguments)
    style = _style(arguments, subject)
    with _replacing(out) as draft:
        if still:
            overlay_video.picture_at(subject, arguments.at, style).save(draft, "PNG")
            count = 1
        else:
            with progress_bar(unit="items") as progress:
                count = overlay_video.write_video(
                    draft, subject, _span(arguments, subject), style, progress=progress
                )
    return _done(out, f"{count} frame(s), circle of {style.radius} px")


def _salience(arguments: argparse.Namespace) -> int:
    from streamgaze_task import salience  # noqa: PLC0415 (--help needs no numpy)

    out = _out(arguments, ".png")
    subject = _subject(arguments)
    start, end = _span(arguments, subject)
    given = arguments.sigma_degrees
    sigma = salience.SIGMA_DEGREES if given is None else given
    size = salience.map_size(subject.scan.width, subject.scan.height)
    try:
        picture = salience.salience_map(
            subject.gaze, start, end, size, _camera(arguments, subject), sigma_degrees=sigma
        )
    except ValueError as error:
        raise UsageError(f"--sigma-degrees: {error}") from error
    with _replacing(out) as draft:
        picture.save(draft, "PNG")
    return _done(out, f"{picture.width} x {picture.height}, {start:g} to {end:g} s")


def _text(arguments: argparse.Namespace) -> int:
    from streamgaze_task.gaze_text import describe_gaze  # noqa: PLC0415 (--help needs no numpy)

    subject = _subject(arguments)
    start, end = _span(arguments, subject)
    camera = _camera(arguments, subject)
    aspect = subject.scan.width / subject.scan.height
    sys.stdout.write(describe_gaze(subject.gaze, start, end, camera, aspect=aspect) + "\n")
    return 0


def _subject(arguments: argparse.Namespace) -> Subject:
    from streamgaze_task import gaze_files  # noqa: PLC0415 (--help needs no numpy)

    in_dataset = [arguments.video_id, arguments.dataset]
    own = [arguments.video, arguments.gaze]
    if all(in_dataset) and not any((*own, arguments.source)):
        return gaze_files.from_dataset(arguments.dataset, arguments.video_id)
    if all(own) and not any(in_dataset):
        return gaze_files.from_files(arguments.video, arguments.gaze, arguments.source)
    raise UsageError(
        "VIDEO_ID --dataset DATASET is needed, or --video FILE.mp4 --gaze TABLE.csv",
        next_step="sightline gaze overlay --help shows an example of both",
    )


def _camera(arguments: argparse.Namespace, subject: Subject) -> Camera:
    from streamgaze_task.cameras import Camera, camera_names, camera_of  # noqa: PLC0415 (as above)

    if arguments.source is not None and arguments.source not in camera_names():
        known = ", ".join(camera_names())
        raise UsageError(
            f"--source ({arguments.source!r}) must be one of: {known}",
            next_step="or leave it out, and give --hfov",
        )
    if arguments.hfov is None:
        return camera_of(subject.source)
    try:
        return Camera(arguments.hfov)
    except ValueError as error:
        raise UsageError(f"--hfov: {error}") from error


def _style(arguments: argparse.Namespace, subject: Subject) -> OverlayStyle:
    from streamgaze_task import overlay  # noqa: PLC0415 (--help needs no numpy)

    camera, width, given = _camera(arguments, subject), subject.scan.width, arguments.radius_degrees
    if arguments.style == "published":
        if given is not None:
            raise UsageError("--radius-degrees needs --style degrees")
        return overlay.published_style(subject.source, width)
    degrees = overlay.RADIUS_DEGREES if given is None else given
    try:
        return overlay.degrees_style(width, camera, radius_degrees=degrees)
    except ValueError as error:
        raise UsageError(f"--radius-degrees: {error}") from error


def _span(arguments: argparse.Namespace, subject: Subject) -> tuple[float, float]:
    """The span asked for, inside the video."""
    start, whole = arguments.start or 0.0, subject.scan.duration_seconds
    end = whole if arguments.end is None else min(arguments.end, whole)
    if start >= end:
        raise UsageError(
            f"--from ({start:g}) must be before --to and the video's end ({end:g} seconds)"
        )
    return start, end


def _out(arguments: argparse.Namespace, suffix: str, *, hint: str = "") -> Path:
    """The file to write, checked before any work is done."""
    out: Path = arguments.out
    if out.suffix.lower() != suffix:
        raise UsageError(f"--out ({out}) must end in {suffix}", next_step=hint)
    if not out.parent.is_dir():
        raise UsageError(f"--out ({out}) must lie in a folder that exists")
    if out.is_dir():
        raise UsageError(f"--out ({out}) must be a file, but is a folder")
    if out.exists() and not arguments.force:
        raise UsageError(f"--out ({out}) exists", next_step="add --force to overwrite it")
    if arguments.video is not None and out.exists() and out.samefile(arguments.video):
        raise UsageError(f"--out ({out}) must not be the video that is read")
    return out


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """A draft beside `out` that takes its place when it is whole, and vanishes when it is not."""
    draft = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        yield draft
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def _done(out: Path, what: str) -> int:
    sys.stdout.write(f"{out}: {what}\n")
    return 0
