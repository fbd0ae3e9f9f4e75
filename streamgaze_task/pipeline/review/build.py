"""Writes the review page: a folder that is opened in a browser, without a server or a network.

::

    index.html  page.css  store.js  forms.js  records.js  page.js
    data/index.js          the recordings, and the names that are known
    data/0000.js           the records of one recording, loaded when it is looked at
    clips/0000/00012.mp4   a clip, and its still picture .jpg
"""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from sightline import wording
from sightline.errors import DatasetError
from sightline.fields import is_text
from sightline.leaderboard.site.scripts import call
from sightline.progress import Silent
from sightline.staging import new_folder, room
from sightline.video import scan
from streamgaze_task.pipeline.review import clips, rows
from streamgaze_task.pipeline.review.cutting import Source, cut
from streamgaze_task.task_names import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from sightline.video import Scan
    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.records import Judged, LabelledFixation
    from streamgaze_task.pipeline.review.clips import Clip, Wanted

SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""The policy that the page carries: nothing inline runs, nothing is asked of another place."""
MOST_NAMES = 2000
"""Names that the page suggests, the most frequent ones."""
LONGEST_NAME = 60
"""Characters of a name that is suggested."""

_ASSETS = ("page.css", "store.js", "forms.js", "records.js", "page.js")


@dataclass(frozen=True)
class ReviewRecording:
    """One recording that a person looks through."""

    recording_id: str
    """Unique in the page."""
    video: Path
    """Its mp4."""
    gaze: GazeTable
    """Drawn into the clips."""
    camera: Camera
    """Gives the circle its size."""
    fixations: tuple[LabelledFixation, ...]
    """With their labels; numbers are unique."""
    questions: tuple[Judged, ...]
    """Those that filters dropped included; ids are unique."""


@dataclass(frozen=True)
class PageFacts:
    """What a written page holds."""

    digest: str
    """Names its records; decisions carry it as ``data``."""
    recordings: int
    fixations: int
    questions: int
    clips: int

    def text(self) -> str:
        """In words, one line."""
        counted = (
            (self.recordings, "recordings"),
            (self.fixations, "fixations"),
            (self.questions, "questions"),
            (self.clips, "clips"),
        )
        return ", ".join(f"{count:,} {what}" for count, what in counted)


def write_page(
    out: Path,
    recordings: Sequence[ReviewRecording],
    *,
    name: str,
    progress: Progress | None = None,
) -> PageFacts:
    """Write the page; the folder appears when it is complete.

    Args:
        out: a folder that does not exist yet or is empty.
        recordings: what is reviewed, in this order.
        name: of the benchmark; the page's title.
        progress: told about every frame of every clip.

    Raises:
        UsageError: `out` cannot be written.
        DatasetError: two records have one name, a number is not finite, or a video cannot be read.
    """
    _check(name, recordings)
    told = progress or Silent()
    items: list[tuple[str, list[dict[str, Any]]]] = []
    made = 0
    with new_folder(out) as folder, room(folder):
        (folder / "data").mkdir()
        for number, recording in enumerate(recordings):
            data = _recording(folder, number, recording, told)
            made += len(data["clips"])
            items.append((recording.recording_id, _told(data["items"])))
            _write(folder / "data" / f"{number:04d}.js", _call("recording", number, data))
        digest = rows.page_digest(name, items)
        _write(folder / "data" / "index.js", _call("index", _index(digest, name, recordings)))
        _page(folder, name, recordings)
    fixations = sum(len(recording.fixations) for recording in recordings)
    questions = sum(len(recording.questions) for recording in recordings)
    return PageFacts(digest, len(recordings), fixations, questions, made)


def _told(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: item[key] for key in ("kind", "id", "seen")} for item in items]


def _check(name: str, recordings: Sequence[ReviewRecording]) -> None:
    """Refuse names that decisions could not carry, or that two records share."""
    ids = [recording.recording_id for recording in recordings]
    _unique("recordings", ids)
    for text in (name, *ids):
        _plain(text)
    for recording in recordings:
        _unique("fixations", [fixation.number for fixation in recording.fixations])
        questions = [judged.question.id for judged in recording.questions]
        _unique("questions", questions)
        for text in questions:
            _plain(text)


def _unique(what: str, ids: Sequence[object]) -> None:
    twice = [one for one, count in Counter(ids).items() if count > 1]
    if twice:
        raise DatasetError(
            f"{what} must have names of their own, but {wording.short(twice[0])} is there twice"
        )


def _plain(text: str) -> None:
    if not is_text(text):
        raise DatasetError(f"a name must be valid Unicode, but is {wording.short(text)}")


def _recording(
    folder: Path, number: int, recording: ReviewRecording, progress: Progress
) -> dict[str, Any]:
    """Cut the clips of a recording; returns its data."""
    scanned = scan(recording.video)
    shelf = _Shelf(scanned)
    items = [
        *(rows.of_fixation(one, shelf.take(clips.of_fixation(one))) for one in recording.fixations),
        *(
            rows.of_question(one, shelf.take(clips.of_question(one.question)))
            for one in recording.questions
        ),
    ]
    if shelf.clips:
        place = folder / "clips" / f"{number:04d}"
        place.mkdir(parents=True)
        source = Source(recording.video, scanned, recording.gaze, recording.camera)
        cut(source, shelf.clips, place, progress=progress)
    spans = [[round(clip.start, 3), round(clip.end, 3)] for clip in shelf.clips]
    return {"clips": spans, "items": items}


class _Shelf:
    """The clips of one recording, each once."""

    def __init__(self, scanned: Scan) -> None:
        self._scan = scanned
        self._kept = clips.thinned(scanned.pts_seconds)
        self._numbers: dict[tuple[int, int], int] = {}
        self.clips: list[Clip] = []
        """In the order in which they were first asked for."""

    def take(self, wanted: Sequence[Wanted]) -> rows.ClipsOfItem:
        """Label and number of each clip; a piece outside the video has none."""
        return list(self._taken(wanted))

    def _taken(self, wanted: Sequence[Wanted]) -> Iterator[list[Any]]:
        for one in wanted:
            clip = clips.clip_of(one, self._scan, self._kept)
            if clip is None:
                continue
            key = clip.frames[0], clip.frames[-1]
            if key not in self._numbers:
                self._numbers[key] = len(self.clips)
                self.clips.append(clip)
            yield [one.label, self._numbers[key]]


def _index(digest: str, name: str, recordings: Sequence[ReviewRecording]) -> dict[str, Any]:
    return {
        "digest": digest,
        "name": name,
        "names": _known_names(recordings),
        "tasks": [[task.code, f"{task.paper} {task.title}"] for task in TASKS],
        "recordings": [
            {
                "id": recording.recording_id,
                "fixations": len(recording.fixations),
                "questions": len(recording.questions),
            }
            for recording in recordings
        ],
    }


def _known_names(recordings: Sequence[ReviewRecording]) -> list[str]:
    """Names of objects that the edit form suggests, in the order of the alphabet."""
    counted = Counter(
        thing.name
        for recording in recordings
        for fixation in recording.fixations
        for thing in ((fixation.gazed,) if fixation.gazed else ())
        + fixation.beside
        + fixation.outside
        if len(thing.name) <= LONGEST_NAME and thing.name.isprintable()
    )
    often = sorted(counted, key=lambda one: (-counted[one], one))
    return sorted(often[:MOST_NAMES])


def _call(function: str, *values: object) -> str:
    try:
        return call(f"sightlineReview.{function}", *values)
    except ValueError as error:
        raise DatasetError(
            f"times must be finite numbers: {error}", next_step="run the earlier stages again"
        ) from error


def _page(folder: Path, name: str, recordings: Sequence[ReviewRecording]) -> None:
    source = files("streamgaze_task.pipeline.review") / "page"
    for asset in _ASSETS:
        (folder / asset).write_bytes((source / asset).read_bytes())
    count = sum(len(one.fixations) + len(one.questions) for one in recordings)
    shown = wording.shown(" ".join(name.split()), 200)
    page = Template((source / "index.html").read_text(encoding="utf-8")).substitute(
        security=html.escape(SECURITY), name=html.escape(shown), count=f"{count:,}"
    )
    _write(folder / "index.html", page)


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))
