"""What a MMSI-Video-Bench dataset must be, and what its card says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmsi_video import categories, columns
from mmsi_video.sources import source_of_path, sources
from sightline.dataset_rules import BoardTask, Config, DatasetRules, MediaFile, Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

_CITATION = """\
@misc{mmsivideobench2025,
  title = {MMSI-Video-Bench: A Holistic Benchmark for Video-Based Spatial Intelligence},
  year = {2025},
  eprint = {2512.10863},
  archivePrefix = {arXiv}
}"""

_PUBLISHED_DIFFICULTIES = {"hard": 327, "medium": 400, "easy": 379}
"""Sizes of the three lists of the authors' easy2hard_bench."""

_COLLECTION = (
    "Clips were taken from published video datasets and from recordings of the authors; frames "
    "were sampled at a rate per source and their time drawn into the top left corner. Questions, "
    "options, answers and hints were written by human annotators."
)
_PEOPLE = (
    "Recordings show people, in first-person videos also bystanders, and the inside of homes. "
    "Nothing in the annotations says who they are."
)
_GATED_PROMPT = (
    "The recordings in this repository belong to the datasets they were taken from. The licence "
    "of the benchmark (CC BY-NC 4.0) covers its questions and annotations and does not widen the "
    "terms of the recordings. They are:"
)


def rules() -> DatasetRules:
    """The rules; `datasets` is imported for the columns."""
    features = columns.features()
    return DatasetRules(
        benchmark="mmsi-video",
        title="MMSI-Video-Bench",
        configs=(
            Config(
                "questions",
                "a question with its options, answer, prompts, clips and reference images",
                key=("id",),
                features=features["questions"],
                fields=columns.FIELDS["questions"],
                media_columns=("ref_images",),
            ),
            Config(
                "frames",
                "a released frame: JPEG bytes as the authors made them; one row group per clip",
                key=("clip_id", "index"),
                features=features["frames"],
                fields=columns.FIELDS["frames"],
                group="clip_id",
                media_columns=("image",),
                only_media=True,
            ),
            Config(
                "videos",
                "an mp4 under `media/videos/`",
                key=("video_path",),
                features=features["videos"],
                fields=columns.FIELDS["videos"],
            ),
        ),
        references=(
            Reference("questions", "clips.clip_id", "frames", "clip_id"),
            Reference("questions", "clips.video_path", "videos", "video_path"),
        ),
        media=(MediaFile("videos", "video_path", "sha256", "bytes"),),
        hidden={"questions": ("hint",)},
        shown={
            "questions": (
                "ori_question",
                "options",
                "system_prompt",
                "task_prompt",
                "user_prompt",
                "format_prompt",
            )
        },
        published_rows={"questions": categories.PUBLISHED_QUESTIONS},
        counted=(("type", "Type"), ("difficulty", "Difficulty")),
        licence="cc-by-nc-4.0",
        sources=sources(),
        sources_of=_sources_of,
        card="mmsi_video:data/card.md",
        card_facts=_card_facts,
        board=(
            BoardTask("mmsi_video_u50", "Uniform-50: accuracy in percent, at most 50 frames"),
            BoardTask("mmsi_video_sc", "Sufficient-Coverage: accuracy in percent, all frames"),
        ),
        more_checks=("mmsi_video.dataset_checks:check",),
        pretty={
            "arxiv": "2512.10863",
            "tags": "video,spatial-intelligence,benchmark",
            "citation": _CITATION,
            "gated_prompt": _GATED_PROMPT,
            "collection": _COLLECTION,
            "people": _PEOPLE,
        },
    )


def _sources_of(config: str, row: Mapping[str, Any]) -> frozenset[str]:
    """By the recordings' paths: the release says nowhere where a clip was taken from."""
    if config == "frames":
        return frozenset({source_of_path(row["clip_id"])})
    if config == "videos":
        return frozenset({source_of_path(row["video_path"])})
    return frozenset(source_of_path(clip["video_path"]) for clip in row["clips"])


def _card_facts(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the template wants beside what every card has: the survey, and counts with chance."""
    survey = facts["survey"]
    chance = survey["chance_percent"]["slices"]
    types = [
        {
            "name": row["type"],
            "count": row["count"],
            "published": row["published"],
            "chance": chance.get("type", {}).get(row["type"]),
        }
        for row in survey["types"]
    ]
    # A survey of the builder's first version did not count these.
    difficulties = [
        {
            "name": name,
            "count": count,
            "published": _PUBLISHED_DIFFICULTIES.get(name),
            "chance": chance.get("difficulty", {}).get(name),
        }
        for name, count in survey.get("difficulties", {}).items()
    ]
    counts = {"type": types, "difficulty": difficulties}
    return {"survey": survey, "counts": counts, "published_is": "published"}
