"""Which raw recordings are rendered, what happens in each, and what its tracker says of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from streamgaze_task.cameras import camera_of
from streamgaze_task.rendering import world
from streamgaze_task.rendering.chance import chance
from streamgaze_task.rendering.scanpath import script_of
from streamgaze_task.rendering.signals import Signal
from streamgaze_task.rendering.videos import Video

if TYPE_CHECKING:
    from streamgaze_task.rendering.world import Job, Look, Script

NOISE_DEGREES = 0.2
"""Standard deviation of a sample, along each of two axes: a good tracker's precision."""
_DIGITS = 6
"""Decimals of positions: the last digits of a sine are not the same on every machine."""


@dataclass(frozen=True)
class Recording:
    """One recording: a rendered video, and in which format its gaze is written."""

    format: str
    """A key of streamgaze_task.rendering.raw.WRITERS."""
    rate_hz: float
    """Samples a second of its tracker."""
    video: Video
    """Its `source` is the format without version; `category` what the format's items say."""

    @property
    def recording_id(self) -> str:
        """Its name, in its dataset's style."""
        return self.video.video_id

    @property
    def dataset(self) -> str:
        """The format without its version."""
        return self.format.partition(":")[0]

    def lasting(self, seconds: float | None) -> Recording:
        """The same with another length; None leaves it."""
        if seconds is None:
            return self
        return replace(self, video=replace(self.video, seconds=seconds))


RECORDINGS: tuple[Recording, ...] = (
    Recording(
        format="egtea:v1",
        rate_hz=30.0,
        video=Video(
            video_id="OP02-R03-TurkeySandwich",
            source="egtea",
            category="EGTEA",
            width=320,
            height=240,
            fps=Fraction(24),
            seconds=150.0,
            wall=(222, 214, 196),
            board=(150, 108, 70),
        ),
    ),
    Recording(
        format="egtea:v2",
        rate_hz=30.0,
        video=Video(
            video_id="P15-R02-BaconAndEggs",
            source="egtea",
            category="EGTEA",
            width=320,
            height=240,
            fps=Fraction(24),
            seconds=140.0,
            wall=(198, 214, 216),
            board=(116, 96, 84),
        ),
    ),
    Recording(
        format="ego4d",
        rate_hz=30.0,
        video=Video(
            video_id="3f1c8a52-6d0e-4b7a-9c35-e2a47d90b816",
            source="ego4d",
            category="Ego4D",
            width=320,
            height=240,
            fps=Fraction(30),
            seconds=130.0,
            wall=(206, 212, 190),
            board=(170, 136, 92),
        ),
    ),
    Recording(
        format="egoexolearn",
        rate_hz=30.0,
        video=Video(
            video_id="c04b7e19-85fa-4d23-b6e8-1a9d3c5f7028",
            source="egoexolearn",
            category="EgoExoLearn",
            width=320,
            height=240,
            fps=Fraction(30),
            seconds=150.0,
            wall=(214, 204, 214),
            board=(134, 134, 140),
        ),
    ),
    Recording(
        format="holoassist",
        rate_hz=30.0,
        video=Video(
            video_id="z012-june-18-22-coffee",
            source="holoassist",
            category="HoloAssist",
            width=426,
            height=240,
            fps=Fraction(1223, 50),  # 24.46, the dataset's mean rate
            seconds=140.0,
            wall=(206, 212, 190),
            board=(170, 136, 92),
        ),
    ),
    Recording(
        format="table:csv",
        rate_hz=60.0,
        video=Video(
            video_id="bench-01",
            source="table",
            category="Own",
            width=320,
            height=240,
            fps=Fraction(10),
            seconds=150.0,
            wall=(222, 214, 196),
            board=(134, 134, 140),
        ),
    ),
)
"""The recordings. Rates of videos and trackers are those of the datasets (EGTEA and its SMI
glasses, Ego4D and EgoExoLearn with Pupil Invisible at 30, HoloLens 2 at 30)."""

BY_ID = {recording.recording_id: recording for recording in RECORDINGS}
"""Name -> recording."""


def script_of_recording(recording_id: str, seed: int, seconds: float | None = None) -> Script:
    """What happens in a recording that was made with a seed, and a length if one was given.

    Raises:
        KeyError: there is no such recording.
    """
    return script_of(BY_ID[recording_id].lasting(seconds).video, seed)


def action_text(job: Job) -> str:
    """What an annotator writes down: a verb and its noun, ``cut bread``.

    The same words in all formats, so that no option of a question tells which dataset it is from;
    no two jobs of a room have the same.
    """
    noun = job.thing if job.manner == "pour" or job.target is None else job.target
    return f"{job.manner} {noun}"


def actions_of(script: Script) -> list[tuple[float, float, str]]:
    """Start, end and text of what the hands do, in order, to the millisecond."""
    return [(round(a.start, 3), round(a.end, 3), action_text(a.job)) for a in script.actions]


def tracked(
    script: Script, *, rate_hz: float, seed: int, noise_degrees: float = NOISE_DEGREES
) -> Signal:
    """What the tracker of a recording says: sample k is taken at k / rate_hz.

    The wearer's gaze with noise. Losses inside a look are blinks, the others untracked.

    Args:
        script: what happens.
        rate_hz: samples a second.
        seed: of the noise.
        noise_degrees: its standard deviation, along each of two axes.
    """
    video = script.video
    times = np.arange(math.ceil(video.seconds * rate_hz - 1e-9)) / rate_hz
    rng = chance(seed, video.video_id, "noise")
    step = (
        math.tan(math.radians(noise_degrees)) * camera_of(video.source).focal_widths * video.width
    )
    place = np.full((len(times), 2), np.nan)
    types = np.full(len(times), "untracked", "<U9")
    for k, at in enumerate(times.tolist()):
        off = rng.gauss(0, step), rng.gauss(0, step)
        gaze = world.gaze(script, at)
        look = next((look for look in script.looks if look.start <= at < look.end), None)
        if gaze is not None:
            place[k] = (gaze[0] + off[0]) / video.width, (gaze[1] + off[1]) / video.height
            types[k] = "fixation" if look else "saccade"
        elif look and _is_blink(script, look, at):
            types[k] = "blink"
    place = np.round(place, _DIGITS)
    seen = ~np.isnan(place[:, 0])
    inside = np.all((place >= 0) & (place <= 1), axis=1)
    types[seen & ~inside] = "outside"
    return Signal(times, place[:, 0], place[:, 1], inside, types)


def _is_blink(script: Script, look: Look, at: float) -> bool:
    """Whether the loss at that time lies inside the look."""
    return any(
        start <= at < end and look.start <= start and end <= look.end
        for start, end in script.losses
    )
