"""What the leaderboard must know of MMSI-Video-Bench: settings, axes, scores, printed rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmsi_video import categories
from mmsi_video.published_rows import SUB_BENCHMARK, published_rows
from mmsi_video.questions import by_id, read_questions, single_input
from mmsi_video.responses import METRIC
from mmsi_video.scoring import HEADLINE, PARSERS, score
from mmsi_video.shown import shown
from mmsi_video.summary import TITLE, summarise
from sightline.accuracy import complete
from sightline.errors import UsageError
from sightline.leaderboard.board import Axis, Board, Headline, QuestionText, Setting
from sightline.run_files import known_question

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mmsi_video.schema import Sample
    from sightline.records import Response, Score

PROTOCOL_VERSION = 1
"""Goes up when the same responses get other scores; a test pins some that were recorded."""

_SINGLE_INPUT = "mmsi_video_single_input"

SETTINGS = (
    Setting(
        name="mmsi_video_u50",
        title="Uniform-50",
        tasks=("mmsi_video_u50",),
        aliases=("mmsi_video",),
        protocol="Uniform-50",
        frames="at most 50 frames of all clips together, as images",
    ),
    Setting(
        name="mmsi_video_sc",
        title="Sufficient-Coverage",
        tasks=("mmsi_video_sc",),
        protocol="Sufficient-Coverage",
        frames="every released frame, at most 300 of all clips together, as images",
    ),
    Setting(
        name="mmsi_video_native",
        title="Native video",
        tasks=("mmsi_video_native",),
        protocol="native",
        frames="the mp4 clips as they are; the model chooses the frames",
    ),
    Setting(
        name=_SINGLE_INPUT,
        title="Native video, single input",
        tasks=(_SINGLE_INPUT,),
        protocol="native",
        frames="as native video, only the questions with one video and no image",
    ),
)

_SHORT_TYPES = {
    "instance_scene_attribute": "Attr",
    "instance_instance": "Inst-Inst",
    "instance_scene": "Inst-Scene",
    "scene_scene": "Scene-Scene",
    "camera_instance": "Cam-Inst",
    "camera_scene": "Cam-Scene",
    "camera_motion": "Cam motion",
    "instance_motion": "Inst motion",
    "interactive_motion": "Interact",
    "planning": "Planning",
    "prediction": "Prediction",
    "memory_update": "Memory",
    "multi_view_integration": "Multi-view",
}
"""Type key -> head of its column."""

_SHORT = {
    "Spatial Construction": "Spatial",
    "Motion Understanding": "Motion",
    "Cross-Video Reasoning": "Cross-video",
    "hard": "Hard",
    "medium": "Medium",
    "easy": "Easy",
    "Manipulation": "Manip",
    "Navigation": "Nav",
    "Target Grounding": "Target",
    "Time Localization": "Time",
    "Static Scene (Instance-Centric)": "Static inst",
    "Static Scene (Camera-Centric)": "Static cam",
    "Dynamic Scene": "Dynamic",
    **{kind.name: _SHORT_TYPES[kind.key] for kind in categories.TYPES},
}

_TITLES = {
    "type": "Type",
    "category": "Category",
    "level": "Level",
    "difficulty": "Difficulty",
    "robot": "Robot",
    "grounding": "Grounding",
    "indoor_scene_perception": "Indoor scene perception",
}

AXES = tuple(
    Axis(name, _TITLES[name], members, {member: _SHORT.get(member, member) for member in members})
    for name, members in categories.AXES.items()
)

_EASI = {
    "Cross-Video Reasoning": "cross_video_accuracy",
    "Motion Understanding": "motion_understanding_accuracy",
    "Planning": "planning_accuracy",
    "Prediction": "prediction_accuracy",
    "Spatial Construction": "spatial_construction_accuracy",
}
"""Category -> EASI's key under ``subScores.mmsi_video_bench``."""


def board() -> Board:
    """The leaderboard of MMSI-Video-Bench."""
    return Board(
        benchmark="mmsi-video",
        title=TITLE,
        protocol_version=PROTOCOL_VERSION,
        metric="accuracy over all questions, official parser",
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
        published=lambda: published_rows(
            {one.protocol: one.name for one in SETTINGS[:2]}, SETTINGS
        ),
        shown=shown,
        easi=easi,
    )


def split(dataset: Path, setting: Setting) -> tuple[Sample, ...]:
    """The questions of a setting, in the dataset's order.

    Raises:
        DatasetError: the dataset cannot be read.
    """
    samples = read_questions(dataset)
    if setting.name != _SINGLE_INPUT:
        return samples
    return tuple(sample for sample in samples if single_input(sample))


def expected(dataset: Path, setting: Setting) -> list[Score]:
    """The MISSING score of every question of a setting.

    Raises:
        DatasetError: the dataset cannot be read.
    """
    return [score(sample, None) for sample in split(dataset, setting)]


def rescore(dataset: Path, setting: Setting, responses: Iterable[Response]) -> list[Score]:
    """A score for every question of a setting, from what the model said alone.

    Raises:
        ResponsesError: a question is not in the split, or comes twice.
        DatasetError: the dataset cannot be read.
    """
    samples = split(dataset, setting)
    known = by_id(samples)
    scores = [
        score(known_question(known, response.question_id, setting.name), response)
        for response in responses
    ]
    return complete(scores, [score(sample, None) for sample in samples])


def report(scores: Sequence[Score], setting: Setting, model: str) -> dict[str, Any]:
    """The report of a whole run: `mmsi_video.summary.summarise`, the denominator being all scores.

    Raises:
        ResponsesError: a question comes twice.
    """
    return summarise(scores, len(scores), protocol=setting.protocol, model=model)


def headline(found: Mapping[str, Any]) -> Headline:
    """Accuracy over all questions by the official parser, its interval clustered by video."""
    overall = found["overall"]
    return Headline(overall["accuracy"], *overall["interval"])


def cells(found: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Every slice; and, beside the axes, ``sub_benchmark``: each sub-benchmark as a whole."""
    parts = {axis.name: found["slices"][axis.name] for axis in AXES}
    parts[SUB_BENCHMARK] = found["sub_benchmarks"]
    return {
        axis: {member: _cell(part) for member, part in members.items()}
        for axis, members in parts.items()
    }


def _cell(part: Mapping[str, Any]) -> dict[str, Any]:
    low, high = part["interval"] if part["expected"] else (None, None)
    return {
        "value": part["accuracy"],
        "low": low,
        "high": high,
        "expected": part["expected"],
        "failure_rate": part["failure_rate"],
    }


def questions(dataset: Path) -> Iterator[QuestionText]:
    """The questions without their hints; recordings by their paths.

    Raises:
        DatasetError: the dataset cannot be read.
    """
    for sample in read_questions(dataset):
        yield QuestionText(
            question_id=sample.id,
            text=_without_options(sample.question, sample.options),
            options=sample.options,
            answer=sample.answer,
            slices=sample.slices,
            media=tuple(dict.fromkeys(clip.video_path for clip in sample.clips)),
        )


def _without_options(text: str, options: Sequence[str]) -> str:
    """The question before its options, when it ends with exactly these."""
    start = text.rfind(options[0])
    listed = "".join(text[start:].split())
    if start <= 0 or listed != "".join("".join(options).split()):
        return text
    return text[:start].rstrip()


def easi(found: Mapping[str, Any]) -> dict[str, Any]:
    """The part of EASI's payload that is ours, percent in 0..100.

    Raises:
        UsageError: the run was not made under Uniform-50, the setting that EASI has.
    """
    if found["protocol"] != SETTINGS[0].protocol:
        raise UsageError(
            f"EASI has {TITLE} under {SETTINGS[0].protocol} only, and not under "
            f"{found['protocol']}",
            next_step="export a run of mmsi_video_u50",
        )
    parts = found["slices"]["category"]
    return {
        "scores": {"mmsi_video_bench": found["overall"]["accuracy"]},
        "subScores": {
            "mmsi_video_bench": {key: parts[name]["accuracy"] for name, key in _EASI.items()}
        },
    }
