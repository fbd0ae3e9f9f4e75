"""What the leaderboard must know of StreamGaze: settings, axes, scores, printed rows.

A score is of one request: a question, or one test point of it (``gta-0001@2``). The headline is the
unweighted mean of the ten tasks by the reference parser. Its interval is that of
:mod:`streamgaze_task.aggregates`: the mean is linear in the outcomes, so its variance, clustered by
video, needs no simulation (the delta method).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sightline.accuracy import complete
from sightline.leaderboard.board import Axis, Board, Headline, QuestionText, Setting
from sightline.run_files import known_question
from streamgaze_task.frames import GRID, STREAM
from streamgaze_task.published_rows import published_rows
from streamgaze_task.questions import read_samples
from streamgaze_task.scoring import HEADLINE, METRIC, PARSERS, score
from streamgaze_task.summary import TITLE, summarise
from streamgaze_task.task_names import CODES, FAMILIES, TASKS
from streamgaze_task.tasks.settings import Settings
from streamgaze_task.tasks.table import MAX_FRAMES, VARIANTS, Variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sightline.records import Response, Score
    from streamgaze_task.schema import Request

PROTOCOL_VERSION = 1
"""Goes up when the same responses get other scores; a test pins some that were recorded."""

_TITLES = {
    "streamgaze": "Visual gaze prompt",
    "streamgaze_nogaze": "No gaze",
    "streamgaze_text": "Gaze in words",
    "streamgaze_salience": "Gaze as a heat map",
    "streamgaze_stream": "Visual, stream frames",
    "streamgaze_stream_nogaze": "No gaze, stream frames",
    "streamgaze_reference": "Reference, 16 frames",
    "streamgaze_reference_qwen": "Reference, Qwen2.5-VL's frames",
    "streamgaze_reference_internvl": "Reference, InternVL3.5's frames",
    "streamgaze_reference_1fps": "Reference, 1 frame per second",
}
"""Setting -> its name for people."""

_FRAMES = {
    GRID: f"at most {MAX_FRAMES} frames of the window, on a grid of one per second",
    STREAM: "a frame every 2 s of the window, none left out",
    "reference_16_uniform": "published texts, 16 frames of the window",
    "reference_qwen": "published texts, the frames of the published Qwen2.5-VL wrapper",
    "reference_internvl": "published texts, the frames of the published InternVL3.5 wrapper",
    "reference_1fps": "published texts, a frame per second of the window",
}
"""Sampling -> which frames a model is shown."""


def _setting(variant: Variant) -> Setting:
    name = variant.name
    shown = Settings(name, variant.gaze_prompt, variant.sampling, variant.max_frames)  # type: ignore[arg-type]  # the table's prompts are all known
    return Setting(
        name=name,
        title=_TITLES[name],
        tasks=tuple(variant.task(code) for code in CODES),
        protocol=shown.protocol,
        frames=_FRAMES[variant.sampling],
    )


SETTINGS = tuple(_setting(variant) for variant in VARIANTS)

AXES = (
    Axis("task", "Task", CODES, {task.code: task.paper for task in TASKS}),
    Axis("family", "Family", FAMILIES, {family: family.capitalize() for family in FAMILIES}),
)


def board() -> Board:
    """The leaderboard of StreamGaze."""
    return Board(
        benchmark="streamgaze",
        title=TITLE,
        protocol_version=PROTOCOL_VERSION,
        metric="unweighted mean of the ten tasks, reference parser",
        metric_key=METRIC,
        headline_parser=HEADLINE,
        parsers=PARSERS,
        settings=SETTINGS,
        axes=AXES,
        expected=expected,
        rescore=rescore,
        summarise=report,
        headline=headline,
        cells=cells,
        questions=questions,
        published=lambda: published_rows([one.name for one in SETTINGS]),
    )


def _requests(dataset: Path) -> dict[str, Request]:
    samples = read_samples(dataset)
    return {request.id: request for sample in samples for request in sample.requests()}


def expected(dataset: Path, _setting: Setting) -> list[Score]:
    """The MISSING score of every request; all settings ask the same ones.

    Raises:
        DatasetError: the dataset cannot be read.
    """
    return [score(request, None) for request in _requests(dataset).values()]


def rescore(dataset: Path, setting: Setting, responses: Iterable[Response]) -> list[Score]:
    """A score for every request, from what the model said alone.

    Args:
        dataset: the built dataset.
        setting: what was run.
        responses: one per request; a test point's is called ``gta-0001@2``.

    Raises:
        ResponsesError: a request is not in the split, or comes twice.
        DatasetError: the dataset cannot be read.
    """
    known = _requests(dataset)
    scores = [
        score(known_question(known, response.question_id, setting.name), response)
        for response in responses
    ]
    return complete(scores, [score(request, None) for request in known.values()])


def report(scores: Sequence[Score], setting: Setting, model: str) -> dict[str, Any]:
    """The report of a whole run, with ``parsers``: the headline by every parser.

    Raises:
        ResponsesError: a request comes twice.
    """
    sizes = Counter(one.slices["task"] for one in scores)
    found = summarise(scores, sizes, protocol=setting.protocol, model=model)
    return {**found, "parsers": found["aggregates"]["mean_of_tasks"]["parsers"]}


def headline(found: Mapping[str, Any]) -> Headline:
    """The unweighted mean of the ten tasks, with its interval clustered by video."""
    overall = found["overall"]
    return Headline(overall["accuracy"], *overall["interval"])


def cells(found: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Every task, and every family as the mean of its tasks."""
    parts = {"task": found["tasks"], "family": found["families"]}
    return {
        axis.name: {member: _cell(parts[axis.name].get(member)) for member in axis.members}
        for axis in AXES
    }


def _cell(part: Mapping[str, Any] | None) -> dict[str, Any]:
    if part is None or not part["expected"]:
        return {"value": None, "low": None, "high": None, "expected": 0, "failure_rate": None}
    low, high = part["interval"]
    return {
        "value": part["accuracy"],
        "low": low,
        "high": high,
        "expected": part["expected"],
        "failure_rate": part["failure_rate"],
    }


def questions(dataset: Path) -> Iterator[QuestionText]:
    """Every request with its time; recordings by their paths, with and without the gaze drawn in.

    Raises:
        DatasetError: the dataset cannot be read.
    """
    for request in _requests(dataset).values():
        sample, point = request.sample, request.point
        video = sample.video
        seconds = sample.time_seconds if point is None else point.seconds
        yield QuestionText(
            question_id=request.id,
            text=f"{sample.question} [asked at {_clock(seconds)}]",
            options=sample.options,
            answer=request.answer if point is None else request.answer.lower(),
            slices=request.slices,
            media=tuple(path for path in (video.video_path, video.overlay_path) if path),
        )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"
