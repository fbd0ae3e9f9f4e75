"""What a release holds, measured: the questions that nobody could answer without the files.

Published numbers stand beside the measured ones: counts per type recovered from Table 2 of the
paper (arXiv 2512.10863), 1,278 clips and the random baseline of 24.10 % from the paper, the 773
questions without reference image and outside Cross-Video from the split of that name in lmms-eval.
"""

from __future__ import annotations

from collections import Counter
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from mmsi_video import categories
from mmsi_video.release.check import IMAGE_MARK, PROMPT_FIELDS, VIDEO_MARK, Record
from mmsi_video.release.media import timestamp_seconds
from sightline import building
from sightline.fields import shown
from sightline.sampling import proportional_indices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mmsi_video.release.media import MediaFacts

PUBLISHED_CLIPS = 1278
PUBLISHED_SINGLE_INPUT = 773
PUBLISHED_CHANCE_PERCENT = 24.10
FRAME_CAPS = (50, 300)
"""Frames per question of the two official settings."""
_CROSS = "Cross-Video Reasoning"
_KEPT_CHARACTERS = 300
_SAME_RATE = 0.01


class BuildReport(building.BuildReport):
    """What a build or a check found."""

    def survey_lines(self) -> list[str]:
        """Everything worth knowing about the release, as lines of text."""
        return survey_lines(self.facts["survey"])


def survey(records: Sequence[Record], clip_ids: Iterable[str], media: MediaFacts) -> dict[str, Any]:
    """Everything worth knowing about the questions and their media, as plain JSON types.

    Args:
        records: the questions that are used, at least one.
        clip_ids: the clips that they use.
        media: what was found in the archives.
    """
    return {
        "questions": len(records),
        "types": _by_type(records),
        "ids_without_difficulty": sum(not categories.sub_benchmarks(r.id) for r in records),
        "clips_asked_about": sum(len(r.videos) for r in records),
        "wrong_video_count": sum(len(r.videos) != (2 if _is_cross(r) else 1) for r in records),
        "marks": _marks(records),
        "single_input": sum(not r.ref_images and not _is_cross(r) for r in records),
        "options": _counted(len(r.options) for r in records),
        "options_from_text": sum(r.options_from_text for r in records),
        "difficulties": _difficulties(records),
        "answers": _counted(r.ground_truth for r in records),
        "chance_percent": _chance(records),
        "prompts": _prompts(records),
        "frames": _frames(records),
        "frame_sizes": _sizes(media.clips[clip_id] for clip_id in clip_ids),
        "rates": _rates(records, media),
        "mixed_base_fps": sum(len({v.base_fps for v in r.videos}) > 1 for r in records),
        "ends_before_start": sum(v.end < v.start for r in records for v in r.videos),
    }


def loses_last_frame(total: int, cap: int) -> bool:
    """Whether the official rule never takes the last of `total` frames under this cap."""
    return proportional_indices([total], cap, rule="official")[0][-1] != total - 1


def survey_lines(facts: Mapping[str, Any]) -> list[str]:
    """The survey as lines of text, in the order of the questions it answers."""
    marks, chance = facts["marks"], facts["chance_percent"]
    return [
        f"questions: {facts['questions']:,} (published {categories.PUBLISHED_QUESTIONS:,})",
        *_type_lines(facts["types"], chance["slices"].get("type", {})),
        f"  ids that the difficulty lists do not have: {facts['ids_without_difficulty']}",
        f"clips asked about: {facts['clips_asked_about']:,} (published {PUBLISHED_CLIPS:,})",
        f"  not two in Cross-Video or not one elsewhere: {facts['wrong_video_count']} questions",
        f"marks: {VIDEO_MARK} in {_pairs(marks['video'])}",
        f"  {IMAGE_MARK} in {_pairs(marks['image'])}",
        f"  questions with an image mark before a video mark: {marks['image_first']}",
        f"one video, no image: {facts['single_input']} (published {PUBLISHED_SINGLE_INPUT})",
        f"options: {_pairs(facts['options'])}",
        f"  read from the question's text: {facts['options_from_text']}",
        f"answers: {_pairs(facts['answers'])}",
        f"chance: {chance['overall']:.2f} % (published {PUBLISHED_CHANCE_PERCENT:.2f} %)",
        *_chance_lines(chance["slices"]),
        *_prompt_lines(facts["prompts"]),
        *_frame_lines(facts["frames"]),
        f"frame sizes (first frame of each clip): {_pairs(facts['frame_sizes'])}",
        f"mp4 rate against base_fps: {_pairs(facts['rates'])}",
        f"questions whose videos differ in base_fps: {facts['mixed_base_fps']}",
        f"clips that end before they start: {facts['ends_before_start']}",
    ]


def _prompt_lines(prompts: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}: {prompt['distinct']} distinct; most often {shown(prompt['most_often'])}"
        for name, prompt in prompts.items()
    ]


def _type_lines(types: Sequence[Mapping[str, Any]], chance: Mapping[str, float]) -> list[str]:
    def level(name: str) -> str:
        return f"{chance[name]:5.2f} %" if name in chance else "      -"

    head = "  count published  chance  type"
    rows = (f"  {t['count']:>5} {t['published']:>9} {level(t['type'])}  {t['type']}" for t in types)
    return [head, *rows]


def _chance_lines(slices: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [
        f"  {axis}: " + ", ".join(f"{member} {value:.2f}" for member, value in members.items())
        for axis, members in slices.items()
        if axis != "type"
    ]


def _frame_lines(frames: Mapping[str, Any]) -> list[str]:
    least, middle, most = frames["least"], frames["median"], frames["most"]
    lines = [f"frames per question: {least} to {most}, median {middle:g}, {frames['all']:,} in all"]
    for cap in FRAME_CAPS:
        trap = frames[f"float_trap_{cap}"]
        lines.append(
            f"  more than {cap}: {frames[f'above_{cap}']} questions; the official rule drops the "
            f"last frame of {len(trap)}: totals {trap or 'none'}"
        )
    lines.append(
        f"  names with ':': {frames['colon']:,}; without a readable time: {frames['no_time']:,}"
    )
    return lines


def _pairs(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} x {count}" for key, count in counts.items()) or "none"


def _counted(values: Iterable[Any]) -> dict[str, int]:
    return {str(key): count for key, count in sorted(Counter(values).items())}


def _is_cross(record: Record) -> bool:
    return categories.question_type(record.type).category == _CROSS


def _by_type(records: Sequence[Record]) -> list[dict[str, Any]]:
    counts = Counter(record.type for record in records)
    return [
        {"type": kind.name, "count": counts[kind.name], "published": kind.count}
        for kind in categories.TYPES
    ]


def _difficulties(records: Sequence[Record]) -> dict[str, int]:
    found = [categories.sub_benchmarks(record.id).get("difficulty") for record in records]
    return {name: found.count(name) for name in categories.DIFFICULTIES}


def _marks(records: Sequence[Record]) -> dict[str, Any]:
    def places(mark: str) -> dict[str, int]:
        counts = Counter(key for r in records for key in PROMPT_FIELDS if mark in r.prompts[key])
        return dict(sorted(counts.items()))

    full = ["".join(record.prompts[key] for key in PROMPT_FIELDS) for record in records]
    first = sum(-1 < text.find(IMAGE_MARK) < text.rfind(VIDEO_MARK) for text in full)
    return {"video": places(VIDEO_MARK), "image": places(IMAGE_MARK), "image_first": first}


def _chance(records: Sequence[Record]) -> dict[str, Any]:
    """Exact chance level, percent: the mean of 1 / number of options."""

    def percent(chosen: Sequence[Record]) -> float:
        return 100 * mean(1 / len(record.options) for record in chosen)

    sliced = [(categories.slices(record.id, record.type), record) for record in records]
    slices = {
        axis: {
            member: percent(chosen)
            for member in members
            if (chosen := [record for slices, record in sliced if slices.get(axis) == member])
        }
        for axis, members in categories.AXES.items()
    }
    return {"overall": percent(records), "slices": {k: v for k, v in slices.items() if v}}


def _prompts(records: Sequence[Record]) -> dict[str, Any]:
    found = {}
    for key in PROMPT_FIELDS:
        counts = Counter(record.prompts[key] for record in records)
        most = min(counts, key=lambda text: (-counts[text], text))
        found[key] = {"distinct": len(counts), "most_often": most[:_KEPT_CHARACTERS]}
    return found


def _frames(records: Sequence[Record]) -> dict[str, Any]:
    totals = [sum(len(video.frames) for video in record.videos) for record in records]
    names = {frame for record in records for video in record.videos for frame in video.frames}
    caps: dict[str, Any] = {}
    for cap in FRAME_CAPS:
        caps[f"above_{cap}"] = sum(total > cap for total in totals)
        caps[f"float_trap_{cap}"] = sorted(t for t in totals if loses_last_frame(t, cap))
    return {
        "all": len(names),
        "least": min(totals),
        "median": median(totals),
        "most": max(totals),
        "colon": sum(":" in name for name in names),
        "no_time": sum(timestamp_seconds(name) is None for name in names),
        **caps,
    }


def _sizes(clips: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return _counted(f"{clip['width']}x{clip['height']}" for clip in clips)


def _rates(records: Sequence[Record], media: MediaFacts) -> dict[str, int]:
    return _counted(
        _rate_kind(media.videos[video.path]["fps"], video.base_fps)
        for record in records
        for video in record.videos
    )


def _rate_kind(fps: float | None, base_fps: float) -> str:
    if fps is None or base_fps <= 0:
        return "unknown"
    if abs(fps - base_fps) <= _SAME_RATE * base_fps:
        return "equal"
    return "mp4 faster" if fps > base_fps else "mp4 slower"
