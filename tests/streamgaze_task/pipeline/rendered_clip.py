"""A few moments of a rendered video, compressed as the sample release is, for tests."""

import tempfile
from fractions import Fraction
from pathlib import Path

import av

from streamgaze_task.rendering.media import mp4
from streamgaze_task.rendering.painter import Painter
from streamgaze_task.rendering.scanpath import script_of
from streamgaze_task.rendering.videos import VIDEOS
from streamgaze_task.rendering.world import camera, gaze, pose, seen_part

CLEAR = 0.95
PLACES = {video.video_id: (video, script_of(video, 0)) for video in VIDEOS}


def frames(video_id, times):
    """The frames at these times, after H.264 at crf 30, RGB."""
    video, script = PLACES[video_id]
    painter = Painter(script)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with mp4(path, size=(video.width, video.height), fps=Fraction(10)) as add:
            for at in times:
                add(painter.frame(at))
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def calm_times(video_id, count):
    """Middles of looks during which no hand is in view, spread over the video."""
    _, script = PLACES[video_id]
    looks = [
        look
        for look in script.looks
        if not any(a.hand - 0.1 < look.end and a.end + 1 > look.start for a in script.actions)
    ]
    step = max(1, len(looks) // count)
    return [(look.start + look.end) / 2 for look in looks[::step][:count]]


def clear_things(video_id, at):
    """Name -> (colour, x, y) of what is clearly in the frame."""
    _, script = PLACES[video_id]
    left, top = camera(script, at)
    found = {}
    for thing in script.things:
        if seen_part(script, thing.name, at) >= CLEAR:
            x, y, _ = pose(script, thing.name, at)
            found[thing.name] = (thing.colour, x - left, y - top)
    return found


def gaze_at(video_id, at):
    """The gaze in pixels of the frame, or None."""
    return gaze(PLACES[video_id][1], at)
