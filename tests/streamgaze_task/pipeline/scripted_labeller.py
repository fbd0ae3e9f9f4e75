"""A labeller whose answers are a function of the query, and what else the tests of labels share."""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import signal
from pathlib import Path

from sightline.progress import Silent
from streamgaze_task.cameras import Camera
from streamgaze_task.pipeline.labelling.labeller import Answer
from streamgaze_task.pipeline.labelling.labels import label_fixations
from streamgaze_task.pipeline.labelling.log import AnswerLog
from streamgaze_task.pipeline.labelling.settings import LabelSettings
from streamgaze_task.pipeline.records import FoundFixation

stamped = runpy.run_path(str(Path(__file__).parents[2] / "stamped_video.py"))
CAMERA = Camera(60.0)
NAMES = ("cup", "plates", "the knife", "fridge", "cutting_board", "bowl", "spoon", "pan")


def write_video(path, **options):
    """An mp4 whose frame k shows k."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stamped["write_stamped"](path, **{"fps": 10, "seconds": 6.0, **options})
    return path


def fixations(count, *, every=0.6, lasting=0.5):
    """Fixations one after the other, at different places."""
    return [
        FoundFixation(k, k * every, k * every + lasting, 0.2 + 0.06 * k, 0.8 - 0.05 * k)
        for k in range(count)
    ]


def sensible(query):
    """A valid answer that depends on the pictures and on the prompt."""
    told = query.text + "".join(str(hash_of(image)) for image in query.images)
    drawn = int.from_bytes(hashlib.sha256(told.encode()).digest()[:4], "big")
    first, second, third = (NAMES[(drawn >> 3 * k) % len(NAMES)] for k in range(3))
    if query.kind == "gazed":
        gazed = {"name": first, "caption": f"A {first}.", "attributes": {"color": "gray"}}
        answer = {"gazed": gazed, "beside": [{"name": second}], "caption": "", "sure": True}
    elif query.kind == "outside":
        answer = {"outside": [{"name": third, "caption": "far away"}]}
    else:
        answer = {"seen": [first, second], "partly": [third]}
    return json.dumps(answer)


def hash_of(image):
    """SHA-256 of the pixels."""
    return hashlib.sha256(image.tobytes()).hexdigest()


class Scripted:
    """Answers by a function from a query to a text; an exception of it is an error.

    Args:
        answer: the function.
        dies_after: kills this process after so many answers were taken; None never does.
        backwards: whether the last query is answered first.
    """

    def __init__(self, answer=sensible, *, dies_after=None, backwards=False):
        self.identity = {"labeller": "scripted"}
        self.asked = []
        self._answer, self._dies_after, self._backwards = answer, dies_after, backwards

    def ask(self, queries):
        """One answer for each."""
        for query in reversed(queries) if self._backwards else queries:
            if self._dies_after is not None and len(self.asked) >= self._dies_after:
                os.kill(os.getpid(), signal.SIGKILL)
            self.asked.append(query)
            try:
                answer = Answer(query.key, self._answer(query))
            except LookupError as error:
                answer = Answer(query.key, "", str(error))
            yield answer

    @property
    def keys(self):
        """Of the queries so far."""
        return [query.key for query in self.asked]


def labels_of(video, labeller, log, *, count=6, gaze=None, method="sightline", **settings):
    """Labels of some fixations."""
    log = log if isinstance(log, AnswerLog) else AnswerLog(log)
    chosen = LabelSettings(**{"round": 2, **settings})
    return label_fixations(
        video, fixations(count), CAMERA, gaze, labeller, log, chosen, Silent(), method=method
    )
