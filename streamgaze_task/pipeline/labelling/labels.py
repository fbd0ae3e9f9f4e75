"""Fixations and frames of one recording -> what a labeller saw in them.

Rounds: a few fixations are decoded and asked about together, first what the gaze is on, then what
else is in view; the names that they bring are offered to the next round
(:mod:`streamgaze_task.pipeline.labelling.pool`). So the labels depend on the recording, the
labeller and the settings alone, not on how its queries are batched, and a run that was killed goes
on to the same labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from streamgaze_task.pipeline.labelling.answers import (
    GazedAnswer,
    OutsideAnswer,
    ViewAnswer,
    read_gazed,
    read_outside,
    read_view,
)
from streamgaze_task.pipeline.labelling.asking import Outcome, read_all
from streamgaze_task.pipeline.labelling.footage import Footage, Showing, Shown, shown_of
from streamgaze_task.pipeline.labelling.labeller import Query
from streamgaze_task.pipeline.labelling.moments import view_frames
from streamgaze_task.pipeline.labelling.pictures import shrunk
from streamgaze_task.pipeline.labelling.pool import Pool
from streamgaze_task.pipeline.labelling.prompts import gazed_text, outside_text, view_text
from streamgaze_task.pipeline.records import LabelledFixation, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from sightline.video import Frame
    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.labelling.labeller import Labeller
    from streamgaze_task.pipeline.labelling.log import AnswerLog
    from streamgaze_task.pipeline.labelling.pictures import Picture
    from streamgaze_task.pipeline.labelling.settings import LabelSettings, ViewSettings
    from streamgaze_task.pipeline.records import FoundFixation, Method

Item = TypeVar("Item")


def label_fixations(  # noqa: PLR0917 (the stages hand on what they have)
    video: Path,
    fixations: Sequence[FoundFixation],
    camera: Camera,
    gaze: GazeTable | None,
    labeller: Labeller,
    log: AnswerLog,
    settings: LabelSettings,
    progress: Progress,
    *,
    method: Method = "sightline",
) -> list[LabelledFixation]:
    """What was looked at during each fixation.

    Args:
        video: an mp4.
        fixations: those that are used.
        camera: says how large the field of view is in pixels.
        gaze: of the recording, samples: each picture is cut around the gaze at its own time; None
            cuts all around the fixation's mean position.
        labeller: who is asked.
        log: the answers on disk.
        settings: what is shown and asked.
        progress: told of each fixation.
        method: ``reference`` shows what the published pipeline shows (a square crop of
            ``13 * width / hfov`` pixels without a dot, one frame a second, fixed centre, 448 by
            448), offers no names and asks once, as it does by mistake; the words are ours.

    Returns:
        One record a fixation, by their numbers. A fixation that got no labels says why; one whose
        surroundings alone are missing keeps what was looked at, and is not sure.

    Raises:
        DatasetError: the video cannot be decoded.
        EvaluationError: the labeller is out of order.
    """
    footage = Footage(video)
    how = Showing(camera, gaze, settings, method)
    asking = _Asking(labeller, log, settings, method)
    ordered = sorted(fixations, key=lambda one: (one.start_seconds, one.number))
    inside = [one for one in ordered if one.start_seconds < footage.scan.duration_seconds]
    labels = [
        _blank(one, "it begins after the video's end") for one in ordered if one not in inside
    ]
    progress.start("labels", len(ordered))
    progress.advance(len(labels))
    for some in _rounds(inside, settings.round):
        labels += asking.round(some, shown_of(footage, some, how))
        progress.advance(len(some))
    return sorted(labels, key=lambda label: label.number)


def take_views(
    video: Path,
    labeller: Labeller,
    log: AnswerLog,
    settings: ViewSettings,
    progress: Progress,
    *,
    names: Iterable[str] = (),
) -> list[View]:
    """What is in view in regular frames, wherever the gaze is.

    Args:
        video: an mp4.
        labeller: who is asked.
        log: the answers on disk.
        settings: how often, and what is shown.
        progress: told of each frame.
        names: of the recording's labels, to be offered from the first frame on.

    Returns:
        One record a frame, in order of time; one of which nothing is known says why.

    Raises:
        DatasetError: the video cannot be decoded.
        EvaluationError: the labeller is out of order.
    """
    if not settings.every_seconds:
        return []
    footage = Footage(video)
    pool = Pool(settings.pool, names)
    wanted = view_frames(footage.scan.pts_seconds, settings.every_seconds)
    views: list[View] = []
    progress.start("views", len(wanted))
    for some in _rounds(wanted, settings.round):
        frames = list(footage.frames(some))
        queries = [_view_query(frame, settings.image_side, pool) for frame in frames]
        outcomes = read_all(labeller, log, queries, read_view, tries=settings.tries)
        taken = [
            _view(frame, outcomes[query.key]) for frame, query in zip(frames, queries, strict=True)
        ]
        pool.add(name for view in taken for name in view.seen)
        views += taken
        progress.advance(len(some))
    return views


class _Asking:
    """Asks about one recording's fixations, round by round."""

    def __init__(
        self, labeller: Labeller, log: AnswerLog, settings: LabelSettings, method: Method
    ) -> None:
        published = method == "reference"
        self._labeller, self._log = labeller, log
        self._tries = 1 if published else settings.tries
        self._pool = Pool(0 if published else settings.pool)
        self._marked = not published

    def round(
        self, fixations: Sequence[FoundFixation], shown: Sequence[Shown]
    ) -> list[LabelledFixation]:
        """The labels of a few fixations."""
        offered = self._pool.offered
        first = {
            one.number: _query(
                f"gazed/{one.number}",
                "gazed",
                gazed_text(len(what.crops), offered, marked=self._marked),
                what.crops,
            )
            for one, what in zip(fixations, shown, strict=True)
        }
        gazed = self._read(first, read_gazed)
        second = {
            one.number: _query(
                f"outside/{one.number}",
                "outside",
                outside_text(len(what.masks), _named(answer), offered),
                what.masks,
            )
            for one, what in zip(fixations, shown, strict=True)
            if (answer := gazed[one.number].value) is not None
        }
        outside = self._read(second, read_outside)
        labels = [_label(one, gazed[one.number], outside.get(one.number)) for one in fixations]
        self._pool.add(name for label in labels for name in _names_of(label))
        return labels

    def _read(self, queries: dict[int, Query], read: Any) -> dict[int, Outcome[Any]]:
        """What became of queries, by the numbers of their fixations."""
        asked = list(queries.values())
        outcomes = read_all(self._labeller, self._log, asked, read, tries=self._tries)
        return {number: outcomes[query.key] for number, query in queries.items()}


def _rounds(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _query(key: str, kind: Any, text: str, pictures: Sequence[Picture]) -> Query:
    """A query about pictures, with the places of the circle in them.

    Crops have one centre; masks have one each, because the gaze may move, and their mean beside.
    """
    centres = [[round(part, 3) for part in picture.centre] for picture in pictures]
    middle = [round(sum(parts) / len(parts), 3) for parts in zip(*centres, strict=True)]
    facts = {
        "centre": middle,
        "centres": centres,
        "radius": round(pictures[0].radius, 3),
        "frame_width": round(pictures[0].frame_width, 3),
    }
    return Query(key, kind, text, tuple(picture.image for picture in pictures), facts)


def _view_query(frame: Frame, side: int, pool: Pool) -> Query:
    image = shrunk(frame.image, side)
    return Query(f"view/{frame.index}", "view", view_text(pool.offered), (image,))


def _named(answer: GazedAnswer) -> list[str]:
    gazed = [answer.gazed] if answer.gazed else []
    return [thing.name for thing in (*gazed, *answer.beside)]


def _names_of(label: LabelledFixation) -> list[str]:
    gazed = [label.gazed] if label.gazed else []
    return [thing.name for thing in (*gazed, *label.beside, *label.outside)]


def _blank(fixation: FoundFixation, problem: str) -> LabelledFixation:
    return LabelledFixation(
        number=fixation.number,
        start_seconds=fixation.start_seconds,
        end_seconds=fixation.end_seconds,
        x=fixation.x,
        y=fixation.y,
        sure=False,
        problem=problem,
    )


def _label(
    fixation: FoundFixation,
    gazed: Outcome[GazedAnswer],
    outside: Outcome[OutsideAnswer] | None,
) -> LabelledFixation:
    """The labels of one fixation, from what became of its two queries."""
    answer = gazed.value
    if answer is None or outside is None:
        return _blank(fixation, f"gazed: {gazed.problem}")
    around = outside.value
    inside = set(_named(answer))
    return LabelledFixation(
        number=fixation.number,
        start_seconds=fixation.start_seconds,
        end_seconds=fixation.end_seconds,
        x=fixation.x,
        y=fixation.y,
        gazed=answer.gazed,
        beside=answer.beside,
        outside=tuple(
            thing for thing in (around.outside if around else ()) if thing.name not in inside
        ),
        caption=answer.caption,
        sure=answer.sure and around is not None and around.whole,
        problem="" if around else f"outside: {outside.problem}",
    )


def _view(frame: Frame, outcome: Outcome[ViewAnswer]) -> View:
    answer = outcome.value
    if answer is None:
        return View(frame.pts_seconds, (), (), outcome.problem)
    return View(frame.pts_seconds, answer.seen, answer.partly)
