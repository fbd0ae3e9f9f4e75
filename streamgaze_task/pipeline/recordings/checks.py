"""Whether gaze, actions and video belong together: notes in words, and what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.errors import DatasetError
from streamgaze_task.pipeline.recordings.formats import format_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from streamgaze_task.pipeline.gaze_samples import GazeSamples
    from streamgaze_task.pipeline.recordings.source import Source
    from streamgaze_task.pipeline.records import Action, VideoFacts

SLACK_SECONDS = 1.0
"""By so much gaze and video may differ in length without a word."""

USUAL_VALID = 0.7
"""Share of valid samples below which a note says that it is low."""

USUAL_OUTSIDE = 0.1
"""Share of samples beyond the frame above which a note says so."""

RATE_SHARE = 0.05
"""By so much the rate may differ from the stated one."""

ASPECT_SHARE = 0.02
"""By so much the shape of the pictures may differ from the one that pixels are stated for."""

NEARLY_ALL = 0.9
"""Share of places beyond the frame from which on positions cannot be what was stated."""

GAP_STEPS = 5
"""A step of more than so many usual ones is a gap, and says nothing of the rate."""

SLOWEST, FASTEST = 5.0, 5000.0
"""Samples a second of eye trackers. Ours: half of the slowest that glasses are set to (10, Project
Aria), twice and more of the fastest on a desk (2000, EyeLink 1000 Plus). Times in the wrong one of
seconds, milliseconds, microseconds and nanoseconds miss it by far."""

LEAST_COVERED = 0.1
"""Share of the video with gaze below which gaze and video do not belong together. Ours: a wrong
unit of frames leaves a thirtieth; a tracker that was really on for so short a time says nothing of
the other nine tenths, and the video can be cut to it."""

_CHECK_TIMES = "check the unit of the times, and what time 0 means"
_HALF = 0.55
_ENOUGH = 100


def check_against(
    samples: GazeSamples, video: VideoFacts, source: Source | None = None
) -> tuple[str, ...]:
    """What does not quite fit, in words.

    Args:
        samples: as read, not yet cut to the video.
        video: its video.
        source: whose stated rate and size are compared; None: neither is.

    Raises:
        DatasetError: it cannot be: no sample lies inside the video, hardly any of it has samples,
            no tracker writes so many or so few a second, or none is valid.
    """
    name = "the gaze" if source is None else f"the gaze of {source.recording_id}"
    _refuse_times(samples, video, name)
    _refuse(within(samples, video), name)
    return tuple(
        note
        for notes in (
            _lengths(samples, video),
            _shares(samples),
            _size(samples, video, source),
            _rate(samples, video, source),
        )
        for note in notes
    )


def within(samples: GazeSamples, video: VideoFacts) -> GazeSamples:
    """The samples that lie inside the video: nothing can be asked about the others."""
    return samples.part(*np.searchsorted(samples.seconds, (0.0, video.seconds)).tolist())


def _refuse_times(samples: GazeSamples, video: VideoFacts, name: str) -> None:
    inside = within(samples, video)
    if not len(inside):
        times = f"{samples.seconds[0]:g} to {samples.seconds[-1]:g} s" if len(samples) else "none"
        raise DatasetError(
            f"{name} must have samples between 0 and {video.seconds:g} s, but has {times}",
            next_step=_CHECK_TIMES,
        )
    usual = _usual_steps(samples)
    if not len(usual):
        came = "one sample" if len(samples) == 1 else f"all {len(samples)} at one time"
        raise DatasetError(
            f"{name} must have samples at many times, but has {came}, {samples.seconds[0]:g} s",
            next_step="check which column holds the times",
        )
    rate = _usual_rate(usual)
    if not SLOWEST <= rate <= FASTEST:
        raise DatasetError(
            f"{name} has {rate:.4g} samples a second; eye trackers have {SLOWEST:g} to {FASTEST:g}",
            next_step=_CHECK_TIMES,
        )
    covered = float(_usual_steps(inside).sum())
    if covered < LEAST_COVERED * video.seconds:
        raise DatasetError(
            f"{name} must cover a tenth of the video at least, but has samples for {covered:.3g} "
            f"of {video.seconds:.4g} s",
            next_step=f"{_CHECK_TIMES}; if the tracker was on for so short a time, cut the video",
        )


def _refuse(inside: GazeSamples, name: str) -> None:
    if _is_elsewhere(inside):
        widest, highest = np.nanmedian(np.abs(inside.x)), np.nanmedian(np.abs(inside.y))
        raise DatasetError(
            f"{name} lies outside the pictures nearly always, usually at {widest:.3g} of their "
            f"widths and {highest:.3g} of their heights",
            next_step="check whether positions are pixels, and of pictures of which size",
        )
    if not inside.valid.any():
        raise DatasetError(
            f"{name} must have valid samples, but all {len(inside)} are invalid",
            next_step="check the column of validity and what counts as valid",
        )


def _is_elsewhere(samples: GazeSamples) -> bool:
    """Whether places cannot be parts of the frame: pixels as such, or of a smaller frame."""
    placed = np.isfinite(samples.x) & np.isfinite(samples.y)
    x, y = samples.x[placed], samples.y[placed]
    beyond = (x < 0) | (x > 1) | (y < 0) | (y > 1)
    return bool(placed.any() and beyond.mean() > NEARLY_ALL)


def _lengths(samples: GazeSamples, video: VideoFacts) -> Iterator[str]:
    first, last = float(samples.seconds[0]), float(samples.seconds[-1])
    if last > video.seconds + SLACK_SECONDS:
        late = last - video.seconds
        yield f"the gaze ends {late:.1f} s after the video; what follows is not used"
    if last < video.seconds - SLACK_SECONDS:
        yield f"the gaze ends {video.seconds - last:.1f} s before the video"
    if first > SLACK_SECONDS:
        yield f"the gaze starts {first:.1f} s after the video"
    if first < -SLACK_SECONDS:
        yield f"the gaze starts {-first:.1f} s before the video; what precedes is not used"


def _shares(samples: GazeSamples) -> Iterator[str]:
    valid, outside = float(samples.valid.mean()), float(samples.is_type("outside").mean())
    if valid < USUAL_VALID:
        yield f"only {valid:.0%} of the samples are valid"
    if outside > USUAL_OUTSIDE:
        yield f"{outside:.0%} of the samples lie outside the frame"


def _size(samples: GazeSamples, video: VideoFacts, source: Source | None) -> Iterator[str]:
    stated = _stated_size(source)
    if stated is not None:
        aspect, shown = stated[0] / stated[1], video.width / video.height
        if abs(aspect / shown - 1) > ASPECT_SHARE:
            yield (
                f"gaze is in pixels of {stated[0]:g} x {stated[1]:g}, but the video has "
                f"{video.width} x {video.height}, which is another shape"
            )
    valid = samples.valid
    most = (float(each.max(where=valid, initial=0.0)) for each in (samples.x, samples.y))
    if valid.sum() >= _ENOUGH and max(most) < _HALF:
        yield "all gaze lies in the upper left quarter of the frame; check the stated size"


def _stated_size(source: Source | None) -> tuple[float, float] | None:
    if source is None:
        return None
    if source.table is not None:
        size: tuple[float, ...] = source.table.size
    else:
        size = tuple(format_of(source.format).gaze.get("size", ()))
    return (size[0], size[1]) if size else None


def _rate(samples: GazeSamples, video: VideoFacts, source: Source | None) -> Iterator[str]:
    if source is None or len(samples) < _ENOUGH:
        return
    stated = source.table.rate if source.table is not None else None
    stated = stated or format_of(source.format).rate
    rate = _usual_rate(_usual_steps(samples))
    if stated and abs(rate / stated - 1) > RATE_SHARE:
        yield f"the gaze has {rate:.4g} samples a second, not {stated:g} as stated"
    frames = format_of(source.format).gaze.get("fps")
    if frames and abs(video.fps / frames - 1) > RATE_SHARE:
        yield (
            f"the video has {video.fps:.4g} frames a second, not {frames:g} as its gaze assumes; "
            "times are taken, frame numbers are not"
        )


def _usual_steps(samples: GazeSamples) -> NDArray[np.float64]:
    """Seconds between samples of different times, without the gaps in which there are none."""
    steps = np.diff(samples.seconds)
    steps = steps[steps > 0]  # two eyes may be told at one time
    return steps[steps <= GAP_STEPS * np.median(steps)] if len(steps) else steps


def _usual_rate(steps: NDArray[np.float64]) -> float:
    """Samples a second where there are some; different times count, of which there are two."""
    return len(steps) / float(steps.sum())


def check_actions(
    actions: Sequence[Action], video: VideoFacts, recording_id: str
) -> tuple[str, ...]:
    """What does not quite fit between annotated actions and their video, in words.

    Args:
        actions: in any order.
        video: its video.
        recording_id: what messages call the recording.

    Raises:
        DatasetError: all of them start after the video.
    """
    late = sum(action.start_seconds >= video.seconds for action in actions)
    over = sum(action.end_seconds > video.seconds + SLACK_SECONDS for action in actions)
    if late and late == len(actions):
        first, last = (f(a.start_seconds for a in actions) for f in (min, max))
        raise DatasetError(
            f"the actions of {recording_id} must start between 0 and {video.seconds:g} s, but all "
            f"{late} start at {first:g} to {last:g} s",
            next_step=f"{_CHECK_TIMES}, and whether they are of this video",
        )
    note = f"{over} of {len(actions)} actions end after the video, {late} of them start after it"
    return (f"{note}; check the unit of their times",) if over else ()
