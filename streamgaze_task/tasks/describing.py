"""What the inference engine is told of a request before any frame of it is decoded.

From the packets' times and the dataset alone; see :func:`streamgaze_task.messages.look`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sightline.engine.jobs import Asked
from sightline.errors import SightlineError
from streamgaze_task import messages
from streamgaze_task.prompts import SalienceImage, Text
from streamgaze_task.salience import map_size
from streamgaze_task.tasks.table import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamgaze_task.messages import Look, Media
    from streamgaze_task.prompts import Part
    from streamgaze_task.schema import Request, Video
    from streamgaze_task.tasks.settings import Settings

BROKEN = (SightlineError, OSError, ValueError, LookupError, TypeError, AttributeError)
"""What a broken request may raise; it is then asked without a description, and says why itself."""


def describe(request: Request, settings: Settings, media: Media) -> Asked:
    """The description of a request.

    Raises:
        DatasetError: a video is missing or broken, or there is no gaze to show.
    """
    view = messages.look(request, settings, media)
    parts = messages.plan(view, media)
    return Asked(
        question_id=request.id,
        group=request.cluster,
        position=request.window[1],
        message_hash=messages.message_hash(view, parts),
        protocol=protocol(settings),
        frames=len(view.indices) + _maps(parts),
        pixels=_pixels(view, parts),
        characters=sum(len(part.text) for part in parts if isinstance(part, Text)),
    )


def protocol(settings: Settings) -> str:
    """Everything that the task's configuration says about the input, and the tasks' version."""
    told = {**settings.as_dict(), "version": VERSION}
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def _maps(parts: Sequence[Part]) -> int:
    return sum(isinstance(part, SalienceImage) for part in parts)


def _pixels(view: Look, parts: Sequence[Part]) -> int:
    """Pixels of all images."""
    video: Video = view.request.sample.video
    wide, high = map_size(video.width, video.height)
    return video.width * video.height * len(view.indices) + wide * high * _maps(parts)
