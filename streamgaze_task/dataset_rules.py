"""What a StreamGaze dataset must be, and what its card says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.dataset_rules import (
    UNKNOWN_SOURCE,
    BoardTask,
    Config,
    DatasetRules,
    MediaFile,
    Reference,
)
from streamgaze_task import columns
from streamgaze_task.sources import sources
from streamgaze_task.task_names import BY_CODE, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

_CITATION = """\
@misc{lee2025streamgaze,
  title = {StreamGaze: Gaze-Guided Temporal Reasoning and Proactive Understanding in Streaming Videos},
  author = {Lee, Daeun and others},
  year = {2025},
  eprint = {2512.01707},
  archivePrefix = {arXiv}
}"""  # noqa: E501 (a title)

_COLLECTION = (
    "First-person videos with eye tracking were taken from published datasets. The authors found "
    "fixations in the gaze, had language models name what lies around it, made questions from that "
    "by rules, filtered them by models and had people verify part of the work."
)
_PEOPLE = (
    "First-person videos show bystanders, hands and the inside of homes and workplaces; gaze tells "
    "what a wearer attended to. Nothing in the annotations says who they are."
)


def rules() -> DatasetRules:
    """The rules; `datasets` is imported for the columns."""
    features = columns.features()
    return DatasetRules(
        benchmark="streamgaze",
        title="StreamGaze",
        configs=(
            Config(
                "questions",
                "a question with its options and answer, or with its test points; its video",
                key=("id",),
                features=features["questions"],
                fields=columns.FIELDS["questions"],
            ),
            Config(
                "videos",
                "a clean mp4 under `media/videos/original/`, and its copy with the gaze drawn in",
                key=("video_id",),
                features=features["videos"],
                fields=columns.FIELDS["videos"],
            ),
            Config(
                "gaze",
                "where the wearer looks from `seconds` on, for `duration_seconds`; one row group "
                "per video",
                key=("video_id", "seconds"),
                features=features["gaze"],
                fields=columns.FIELDS["gaze"],
                group="video_id",
                optional=True,
            ),
        ),
        references=(
            Reference("questions", "video.video_id", "videos", "video_id"),
            Reference("gaze", "video_id", "videos", "video_id"),
        ),
        media=(
            MediaFile("videos", "video_path", "sha256", "bytes"),
            MediaFile("videos", "overlay_path", "overlay_sha256", "overlay_bytes"),
        ),
        hidden={},
        shown={"questions": ("question", "options")},
        published_rows={"questions": 8521, "videos": 285},
        counted=(("task", "Task"), ("family", "Family")),
        licence="cc-by-4.0",
        sources=sources(),
        sources_of=_sources_of,
        card="streamgaze_task:data/card.md",
        card_facts=_card_facts,
        board=(
            BoardTask("streamgaze", "unweighted mean of the ten tasks, percent"),
            BoardTask("streamgaze_past", "mean of the tasks about the past, percent"),
            BoardTask("streamgaze_present", "mean of the tasks about the present, percent"),
            BoardTask("streamgaze_proactive", "mean of the proactive tasks, percent"),
        ),
        more_checks=("streamgaze_task.dataset_checks:check",),
        pretty={
            "arxiv": "2512.01707",
            "tags": "video,gaze,egocentric,streaming,benchmark",
            "citation": _CITATION,
            "collection": _COLLECTION,
            "people": _PEOPLE,
        },
    )


def _sources_of(config: str, row: Mapping[str, Any]) -> frozenset[str]:
    """The builder's `source` column; gaze is no recording and belongs to the annotations."""
    if config == "gaze":
        return frozenset()
    video = row["video"] if config == "questions" else row
    return frozenset({video["source"] or UNKNOWN_SOURCE})


def _card_facts(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the template wants beside what every card has: the survey, and counts with chance."""
    survey = facts["survey"]
    tasks = [
        {
            "name": row["code"],
            "title": f"{BY_CODE[row['code']].paper}, {BY_CODE[row['code']].title}",
            "count": row["count"],
            "published": row["counted"],
            "chance": row["chance_percent"],
        }
        for row in survey["tasks"]
    ]
    families = [
        {
            "name": family,
            "title": ", ".join(task.paper for task in TASKS if task.family == family),
            "count": count,
            "published": sum(task.counted for task in TASKS if task.family == family),
            "chance": None,
        }
        for family, count in survey["families"].items()
    ]
    counts = {"task": tasks, "family": families}
    return {"survey": survey, "counts": counts, "published_is": "counted elsewhere"}
