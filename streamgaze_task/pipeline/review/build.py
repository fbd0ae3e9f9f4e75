"""Writes the review page: a folder that is opened in a browser, without a server or a network.

::

    index.html  page.css   and the scripts, one idea each
    data/index.js          the recordings, and the names that are known
    data/0000.js           the records of one recording, loaded when it is looked at
    clips/0000/00012.mp4   a clip, and its still picture .jpg

Clips are kept elsewhere, too, under names that say what they were cut from: the next page links
those that have not changed.
"""

from __future__ import annotations

import html
import shutil
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from sightline import wording
from sightline.errors import DatasetError, UsageError
from sightline.fields import is_text
from sightline.leaderboard.site.scripts import call
from sightline.progress import Silent
from sightline.staging import room
from streamgaze_task.pipeline.review import rows
from streamgaze_task.pipeline.review.recording import cut_recording, lay
from streamgaze_task.task_names import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sightline.progress import Progress
    from streamgaze_task.pipeline.review.recording import ReviewRecording

SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""The policy that the page carries: nothing inline runs, nothing is asked of another place."""
MOST_NAMES = 2000
"""Names that the page suggests, the most frequent ones."""
LONGEST_NAME = 60
"""Characters of a name that is suggested."""

_SCRIPTS = tuple(
    f"{name}.js"
    for name in (
        "decisions",
        "store",
        "typed",
        "forms",
        "records",
        "state",
        "list",
        "item",
        "clips",
        "deciding",
        "transfer",
        "keys",
        "page",
    )
)
"""In the order in which they are loaded: each takes what it uses from those before it. No modules:
browsers refuse those to a page from a folder."""


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

    Clips are cut only where they are not kept already. One process at a time may use the folders
    of kept clips, and write this page.

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
    _refuse_taken(out)
    cuts = [cut_recording(recording, progress or Silent()) for recording in recordings]
    with _appearing(out) as folder, room(folder):
        (folder / "data").mkdir()
        for number, one in enumerate(cuts):
            _write(folder / "data" / f"{number:04d}.js", _call("recording", number, one.data))
            lay(one.files, folder / "clips" / f"{number:04d}")
        ids = [recording.recording_id for recording in recordings]
        digest = rows.page_digest(name, zip(ids, (one.data["items"] for one in cuts), strict=True))
        _write(folder / "data" / "index.js", _call("index", _index(digest, name, recordings)))
        _page(folder, name, recordings)
    fixations = sum(len(recording.fixations) for recording in recordings)
    questions = sum(len(recording.questions) for recording in recordings)
    made = sum(len(one.files) for one in cuts)
    return PageFacts(digest, len(recordings), fixations, questions, made)


def _refuse_taken(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            f"{out} exists and is not an empty folder",
            next_step="name a folder that does not exist yet; clips are kept and not cut again",
        )


@contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """A folder that becomes `out` when all went well. A killed run's has the same name."""
    unfinished = out.with_name(f".{out.name}-unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(parents=True)
        yield unfinished
        unfinished.replace(out)
    except OSError as error:
        raise UsageError(
            f"cannot write to {out}: {error}", next_step="name another folder"
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _check(name: str, recordings: Sequence[ReviewRecording]) -> None:
    """Refuse names that decisions could not carry, or that two records share."""
    ids = [recording.recording_id for recording in recordings]
    _unique("recordings", ids)
    _unique("folders of clips", [str(recording.clips) for recording in recordings])
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


def _index(digest: str, name: str, recordings: Sequence[ReviewRecording]) -> dict[str, Any]:
    return {
        "digest": digest,
        "name": name,
        "names": _known_names(recordings),
        "dropped": _dropped(recordings),
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


def _dropped(recordings: Sequence[ReviewRecording]) -> list[tuple[str, int]]:
    """Filters that dropped a question, and how many each; in the order of the alphabet."""
    dropped = (judged.dropped for one in recordings for judged in one.questions)
    return sorted(Counter(name for name in dropped if name).items())


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
    for asset in ("page.css", *_SCRIPTS):
        (folder / asset).write_bytes((source / asset).read_bytes())
    count = sum(len(one.fixations) + len(one.questions) for one in recordings)
    shown = wording.shown(" ".join(name.split()), 200)
    page = Template((source / "index.html").read_text(encoding="utf-8")).substitute(
        security=html.escape(SECURITY),
        name=html.escape(shown),
        count=f"{count:,}",
        scripts="\n".join(f'<script src="{name}" defer></script>' for name in _SCRIPTS),
    )
    _write(folder / "index.html", page)


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))
