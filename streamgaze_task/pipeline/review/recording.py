"""One recording as the page has it: what it shows of each record, and the clips beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.staging import room
from sightline.video import scan
from streamgaze_task.pipeline.release import link_or_copy
from streamgaze_task.pipeline.review import clips, rows
from streamgaze_task.pipeline.review.cutting import Source, cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from sightline.video import Scan
    from streamgaze_task.cameras import Camera
    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.records import Judged, LabelledFixation
    from streamgaze_task.pipeline.review.clips import Clip, Wanted


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
    clips: Path
    """Folder in which its clips are kept from page to page, and nothing else."""
    video_digest: str = ""
    """Of the bytes of its video, as far as they are known."""


@dataclass(frozen=True)
class CutRecording:
    """One recording with its clips."""

    data: dict[str, Any]
    """What the page is told of it."""
    files: list[tuple[Path, Path]]
    """Video and still picture of each clip, by number."""


def cut_recording(recording: ReviewRecording, progress: Progress) -> CutRecording:
    """See that the clips of a recording are there.

    Raises:
        DatasetError: the video cannot be read.
    """
    scanned = scan(recording.video)
    shelf = _Shelf(scanned)
    items = [
        *(rows.of_fixation(one, shelf.take(clips.of_fixation(one))) for one in recording.fixations),
        *(
            rows.of_question(one, shelf.take(clips.of_question(one.question)))
            for one in recording.questions
        ),
    ]
    source = Source(
        recording.video, scanned, recording.gaze, recording.camera, recording.video_digest
    )
    with room(recording.clips):
        files = cut(source, shelf.clips, recording.clips, progress=progress)
    spans = [[round(clip.start, 3), round(clip.end, 3)] for clip in shelf.clips]
    return CutRecording({"clips": spans, "items": items}, files)


def lay(files: Sequence[tuple[Path, Path]], place: Path) -> None:
    """Clips into the page, by number."""
    if files:
        place.mkdir(parents=True)
    for number, pair in enumerate(files):
        for path in pair:
            link_or_copy(path, place / f"{number:05d}{path.suffix}")


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
