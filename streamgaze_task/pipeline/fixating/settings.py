"""What decides which spans of gaze are fixations, and which of them keep one scene."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Literal

from streamgaze_task.fixations import DISPERSION_DEGREES, MAX_GAP_SECONDS
from streamgaze_task.gaze import MAX_GAP_SECONDS as LONGEST_SAMPLE
from streamgaze_task.pipeline.scanpath import LOSS_SECONDS

Rule = Literal["dispersion", "velocity", "reference"]

MIN_SECONDS = 1.0
"""See :attr:`FixationSettings.min_seconds`."""
HEAD_SECONDS = 0.3
"""So much of a stretch behind an interruption tells whether the gaze is at the same place again
(ours: nine samples of 30 a second, whose mean errs by a third of one's noise)."""


@dataclass(frozen=True)
class FixationSettings:
    """How fixations are found.

    Raises:
        ValueError: a number is out of its range.
    """

    rule: Rule = "dispersion"
    """``dispersion``: I-DT, ``velocity``: I-VT (both after Salvucci and Goldberg, ETRA 2000),
    ``reference``: the authors' own, which takes nothing else from here."""
    dispersion_degrees: float = DISPERSION_DEGREES
    """I-DT: how far the farthest sample may lie from the centroid; > 0. Both rules: how far the
    gaze may lie from the look's mean place after an interruption that does not end it."""
    velocity_degrees: float = 60.0
    """I-VT: degrees a second from which on the gaze moves; > 0. Filters for eyes in front of a
    screen take 30 (Olsen, The Tobii I-VT Fixation Filter, 2012). Ours, measured on synthetic gaze
    at 24 to 120 samples a second: with 30, noise of one degree breaks up to nine fixations of ten;
    with 100, saccades of 4 to 5 degrees go unseen at 30 a second; with 60, at most one fixation of
    twenty is missed for either reason."""
    smooth_seconds: float = 0.17
    """Length of the window whose median replaces each position before either rule looks at it;
    >= 0, 0 for none. A median leaves steps where they are, and single outliers change nothing
    (Olsen 2012 offers one of 3 samples). Ours, measured: 5 samples at 24 to 30 a second, with which
    noise of one degree no longer breaks fixations; half of it is shorter than any fixation."""
    shortest_seconds: float = 0.1
    """The shortest stretch of gaze at one place that counts as seen there at all; >= 0. The lower
    end of Salvucci and Goldberg's 100 to 200 ms."""
    bridge_seconds: float = LOSS_SECONDS
    """The longest interruption within one look, when the gaze is at the same place again after
    it; >= 0. Blinks last 100 to 300 ms; after a longer one something else may have been looked at,
    and questions take it for a loss."""
    outlier_seconds: float = MAX_GAP_SECONDS
    """How much of an interruption may be gaze seen elsewhere; >= 0. Too short for a look at
    anything; trackers say such things of half-closed lids and of single bad samples."""
    min_seconds: float = MIN_SECONDS
    """Shorter looks are kept, but not labelled (``dropped="short"``); >= 0. Ours: labellers see one
    frame a second, as in pipeline step 2 of daeunni/StreamGaze, so a look has one of its own from
    1 s on. The authors keep 2.5 s and more (step 1.5)."""

    def __post_init__(self) -> None:
        """Refuse what is no setting."""
        _check(self, above=("dispersion_degrees", "velocity_degrees"))

    @property
    def look_ahead_seconds(self) -> float:
        """What comes later than this after a look's end has no influence on it.

        The interruption that could still be bridged, as much of the stretch behind it as tells
        where it lies, half of the window that smooths that stretch, and the sample that ends it.
        """
        half, seen = self.smooth_seconds / 2, max(self.shortest_seconds, HEAD_SECONDS)
        return self.bridge_seconds + seen + half + LONGEST_SAMPLE


@dataclass(frozen=True)
class SceneSettings:
    """When the pictures during a fixation show one scene.

    Raises:
        ValueError: a number is out of its range.
    """

    min_correlation: float = 0.9
    """Pearson's correlation of two neighbouring pictures' hue-saturation histograms, at least; -1
    to 1. Pipeline step 1.5 of daeunni/StreamGaze; for HoloAssist it takes 0.5."""
    frames_per_second: float = 2.0
    """How densely pictures are taken, at least; > 0. As in step 1.5."""
    least_frames: int = 5
    """Pictures of even the shortest fixation; >= 2. As in step 1.5."""
    black_level: float = 10.0
    """Mean grey below which a picture is black, 0 to 255; >= 0. As in step 1.5."""
    black_share: float = 0.6
    """From this share of black pictures on a fixation is dropped; above 0, at most 1. Step 1.5: 3
    of 5."""
    edge_seconds: float = 0.5
    """How much may be cut off at either end, where a turn of the head ends or begins; >= 0, 0 drops
    the whole fixation as step 1.5 does. Ours: the eye arrives before the head has stopped, so the
    fixation's first pictures may still be of the turn. One step between pictures, no more: a change
    further inside means two scenes."""
    min_seconds: float = MIN_SECONDS
    """What is left after cutting must be at least that long, or all is dropped; >= 0."""

    def __post_init__(self) -> None:
        """Refuse what is no setting."""
        _check(self, above=("frames_per_second", "black_share"), free=("min_correlation",))
        if not -1 <= self.min_correlation <= 1:
            raise ValueError(f"min_correlation ({self.min_correlation}) must be -1 to 1")
        if self.least_frames < 2:  # noqa: PLR2004 (a correlation needs two)
            raise ValueError(f"least_frames ({self.least_frames}) must be >= 2")
        if self.black_share > 1:
            raise ValueError(f"black_share ({self.black_share}) must be at most 1")


def _check(settings: Any, *, above: tuple[str, ...], free: tuple[str, ...] = ()) -> None:
    """Every number is finite and >= 0; those of `above` are > 0, those of `free` any."""
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, str):
            continue
        if not math.isfinite(value):
            raise ValueError(f"{field.name} ({value}) must be finite")
        if field.name not in free and (value < 0 or (value == 0 and field.name in above)):
            raise ValueError(
                f"{field.name} ({value}) must be {'>' if field.name in above else '>='} 0"
            )
