"""A handful of raw recordings of rendered rooms, each in the format of the dataset it stands for.

What it is for: the pipeline's demo and tests, and anyone without the real datasets. A video is
clean, its gaze is what a tracker would have said of it (streamgaze_task.rendering.raw.recordings),
and what happens in it is known: ``script_of_recording`` tells it from the name and the seed. The
same seed gives the same bytes (with the same Pillow, PyAV and FFmpeg).
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from sightline.errors import UsageError
from sightline.fields import shown
from sightline.progress import Silent, progress_bar
from sightline.staging import new_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from streamgaze_task.rendering.raw.recordings import Recording

DATASETS = "raw_gaze_dataset"
"""The folder of the datasets, as the authors' pipeline calls it."""
SHORTEST, LONGEST = 5.0, 7200.0
"""Seconds that a recording may be made to last."""

_CONFIG = """\
# What is made from these recordings: `sightline gaze run config.yaml`.
# Paths are relative to this file's folder.
name: rendered-gaze
# Where everything goes: what the stages make, and the release.
out: benchmark
# Of every random choice. It need not be the seed that the recordings were made with ({seed}).
seed: 0
# sightline: strict and causal rules. reference: those that the authors published.
method: sightline
# What says which objects are where. `rendered` reads these videos' pixels, and no others;
# for real videos: kind hf (a checkpoint), openai (a server) or recorded (a file of answers).
labeller:
  kind: rendered
recordings:
"""
_OWN_CAMERA = """\
    # A tracker of one's own: say how wide its camera sees.
    hfov_degrees: {hfov:g}
"""
_README = """\
Raw recordings, rendered: rooms, a camera that turns, hands, and a wearer whose gaze is known.

config.yaml is ready to be run:  sightline gaze run config.yaml
Made with seed {seed}. Below {datasets}/ every dataset lies as it is published:

{table}

The videos have no gaze drawn in. The gaze has noise of {noise:g} degrees, blinks and losses.
What happens in a recording can be computed from its name, the seed and its length in seconds:
streamgaze_task.rendering.raw.recordings.script_of_recording("{example}", {seed}, {seconds:g})
"""


def make_recordings(
    out: Path,
    *,
    seed: int = 0,
    seconds: float | None = None,
    formats: Iterable[str] | None = None,
) -> None:
    """Render the recordings into a new folder, with a configuration that makes a benchmark of them.

    Writes ``config.yaml``, ``README.txt`` and ``raw_gaze_dataset/<dataset>/``; all of them or,
    after any failure, nothing.

    Args:
        out: a folder that does not exist yet, or is empty.
        seed: any integer; another seed gives other rooms, other gaze and other noise.
        seconds: length of every recording; None: 130 to 150, enough for questions of all tasks.
        formats: names of datasets (egtea, ego4d, egoexolearn, holoassist, table), or formats with
            a version (egtea:v1); None: all.

    Raises:
        UsageError: the folder is not empty or cannot be written, or the length is not between
            SHORTEST and LONGEST, or no recording has one of the formats.
    """
    if seconds is not None and not SHORTEST <= seconds <= LONGEST:
        raise UsageError(f"seconds ({seconds}) must be from {SHORTEST:g} to {LONGEST:g}")
    chosen = [recording.lasting(seconds) for recording in choose(formats)]
    with new_folder(out.absolute()) as folder, progress_bar(unit="items") as bar:
        write(folder, chosen, seed=seed, progress=bar)


def choose(formats: Iterable[str] | None) -> tuple[Recording, ...]:
    """The recordings of some formats, in the table's order.

    Raises:
        UsageError: no recording has one of them, or there is none to choose.
    """
    from streamgaze_task.rendering.raw.recordings import RECORDINGS  # noqa: PLC0415 (numpy)

    if formats is None:
        return RECORDINGS
    wanted = set(formats)
    known = {name for each in RECORDINGS for name in (each.format, each.dataset)}
    if not wanted or wanted - known:
        wrong = ", ".join(shown(name) for name in sorted(wanted - known)) or "nothing"
        raise UsageError(
            f"formats must be of the recordings', but has {wrong}",
            next_step=f"known: {', '.join(sorted(known))}",
        )
    return tuple(each for each in RECORDINGS if wanted & {each.format, each.dataset})


def write(
    folder: Path,
    recordings: Sequence[Recording],
    *,
    seed: int,
    progress: Progress | None = None,
) -> None:
    """Write recordings into an existing folder.

    Args:
        folder: where to.
        recordings: which ones; tests take fewer, shorter or slower ones.
        seed: as for :func:`make_recordings`.
        progress: told about every frame.
    """
    for recording in recordings:
        _measure(folder / DATASETS / recording.dataset, recording, seed)
    told = progress or Silent()
    told.start("rendering frames", sum(each.video.frame_count for each in recordings))
    longest_first = sorted(recordings, key=lambda each: -each.video.frame_count)
    with ThreadPoolExecutor(min(len(recordings), os.cpu_count() or 1)) as pool:
        for done in [pool.submit(_film, folder, each, seed, told) for each in longest_first]:
            done.result()
    (folder / "config.yaml").write_bytes(config_text(recordings, seed).encode("utf-8"))
    (folder / "README.txt").write_bytes(_readme(recordings, seed).encode("utf-8"))


def config_text(recordings: Sequence[Recording], seed: int) -> str:
    """The configuration that makes a benchmark of recordings."""
    from streamgaze_task.cameras import camera_of  # noqa: PLC0415 (numpy)

    text = _CONFIG.format(seed=seed)
    for dataset in dict.fromkeys(recording.dataset for recording in recordings):
        text += f"  - format: {dataset}\n    folder: {DATASETS}/{dataset}\n"
        if dataset == "table":
            text += _OWN_CAMERA.format(hfov=camera_of(dataset).hfov_degrees)
    return text


def _measure(folder: Path, recording: Recording, seed: int) -> None:
    """Write gaze and actions of one recording."""
    from streamgaze_task.rendering import raw  # noqa: PLC0415 (numpy)
    from streamgaze_task.rendering.raw.recordings import actions_of, tracked  # noqa: PLC0415 (same)
    from streamgaze_task.rendering.scanpath import script_of  # noqa: PLC0415 (same)

    video, name = recording.video, recording.recording_id
    script = script_of(video, seed)
    raw.write_gaze(
        recording.format,
        folder,
        name,
        tracked(script, rate_hz=recording.rate_hz, seed=seed),
        width=video.width,
        height=video.height,
        fps=video.fps,
        seconds=float(video.frame_count / video.fps),
    )
    raw.write_actions(recording.format, folder, name, actions_of(script))


def _film(folder: Path, recording: Recording, seed: int, progress: Progress) -> None:
    """Write the video of one recording."""
    from streamgaze_task.rendering.media import mp4  # noqa: PLC0415 (numpy)
    from streamgaze_task.rendering.painter import Painter  # noqa: PLC0415 (Pillow)
    from streamgaze_task.rendering.raw import video_path  # noqa: PLC0415 (numpy)
    from streamgaze_task.rendering.scanpath import script_of  # noqa: PLC0415 (numpy)
    from streamgaze_task.rendering.truth import frame_times  # noqa: PLC0415 (numpy)

    video = recording.video
    painter = Painter(script_of(video, seed))
    path = video_path(
        recording.format, folder / DATASETS / recording.dataset, recording.recording_id
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with mp4(path, size=(video.width, video.height), fps=video.fps) as add:
        for at in frame_times(video):
            add(painter.frame(at))
            progress.advance(1)


def _readme(recordings: Sequence[Recording], seed: int) -> str:
    from streamgaze_task.rendering.raw.recordings import NOISE_DEGREES  # noqa: PLC0415 (numpy)

    rows = [
        f"  {each.format:12} {each.recording_id:37} {each.video.width} x {each.video.height}, "
        f"{math.floor(each.video.seconds)} s, {float(each.video.fps):g} frames/s, "
        f"gaze {each.rate_hz:g}/s"
        for each in recordings
    ]
    first = recordings[0]
    return _README.format(
        seed=seed,
        datasets=DATASETS,
        table="\n".join(rows),
        noise=NOISE_DEGREES,
        example=first.recording_id,
        seconds=first.video.seconds,
    )
