"""What a build or a check found, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline import building
from sightline.fields import shown
from streamgaze_task.task_names import BY_CODE, PUBLISHED_QUESTIONS, PUBLISHED_VIDEOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PUBLISHED_MEAN_SECONDS = 815
"""Mean length of the videos (figure of arXiv 2512.01707)."""

_SHOWN = 20


class BuildReport(building.BuildReport):
    """What a build or a check found."""

    def survey_lines(self) -> list[str]:
        """Everything worth knowing about the release, as lines of text."""
        return survey_lines(self.facts["survey"])


def survey_lines(facts: Mapping[str, Any]) -> list[str]:
    """The survey as lines of text, in the order of the questions it answers."""
    return [
        f"questions: {facts['questions']:,} (published {PUBLISHED_QUESTIONS:,})",
        *_task_lines(facts["tasks"]),
        f"families: {_pairs(facts['families'])}",
        f"task told by: {_pairs(facts['told_by'])}",
        *_disagreement_lines(facts["disagreements"]),
        f"identical questions: {len(facts['duplicates'])} (kept)",
        *_listed(facts["duplicates"]),
        *_option_lines(facts),
        *_time_lines(facts),
        *_point_lines(facts["points"]),
        *_field_lines(facts["fields"]),
        *_video_lines(facts["videos"]),
        *_gaze_lines(facts["videos"]),
    ]


def _task_lines(tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = ["  count left out others count  chance  task"]
    for task in tasks:
        chance = task["chance_percent"]
        level = "      -" if chance is None else f"{chance:5.1f} %"
        lines.append(
            f"  {task['count']:>5} {task['left_out']:>8} {task['counted']:>12} {level:>7}  "
            f"{BY_CODE[task['code']].paper}: {task['texts']} texts; most often "
            f"{shown(task['most_often'])}"
        )
    lines.append("  (others count: third parties, in a repack that lacks 4 videos)")
    return lines


def _disagreement_lines(found: Sequence[Mapping[str, Any]]) -> list[str]:
    total = sum(item["count"] for item in found)
    lines = (f"{item['count']} x {item['what']}, first at {item['places'][0]}" for item in found)
    return [f"text and file tell different tasks: {total}", *_listed(lines)]


def _option_lines(facts: Mapping[str, Any]) -> list[str]:
    options = facts["options"]
    return [
        f"options per question: {_pairs(options['counts'])}",
        *_listed(f"not 4: {place}" for place in options["unusual_places"]),
        (
            f"  without letters: {options['without_letters']}; letters not in order: "
            f"{options['out_of_order']}"
        ),
        f"answers: {_pairs(facts['answers'])}",
        f"  written as: {_pairs(facts['answer_spellings'])}",
    ]


def _time_lines(facts: Mapping[str, Any]) -> list[str]:
    times = facts["times"]
    return [
        f"time stamps written as: {_pairs(facts['stamps'])}",
        (
            f"  beyond the end of the video (clamped): {times['past_end']} of {times['moments']}, "
            f"by {times['past_end_worst_seconds']:.1f} s at most"
        ),
        *_listed(times["past_end_places"]),
        f"  before the first frame (nothing to show): {times['empty']}",
        *_listed(times["empty_places"]),
    ]


def _point_lines(points: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = []
    for code, found in points.items():
        lines += [
            (
                f"test points of {BY_CODE[code].paper}: {found['points']} in {found['questions']} "
                f"questions; per question: {_pairs(found['per_question'])}"
            ),
            f"  published label (alert at this instant): {_pairs(found['published'])}",
            (
                f"  other reading (seen by now): {_pairs(found['already_seen'])}; "
                f"{found['differ']} differ"
            ),
            f"  without a label, left out: {found['without_type']}",
            f"  questions without any point, never asked: {found['per_question'].get('0', 0)}",
        ]
    return lines


def _field_lines(fields: Mapping[str, Any]) -> list[str]:
    return [
        f"video named by: {_pairs(fields['video'])}",
        f"fields that nobody documents (kept in `extra`): {_pairs(fields['undocumented'])}",
        (
            f"entries without questions: {fields['empty_entries']}; proactive questions without "
            f"time_stamp: {fields['proactive_without_time_stamp']}, without first_appearance: "
            f"{fields['proactive_without_first_appearance']}"
        ),
    ]


def _video_lines(videos: Mapping[str, Any]) -> list[str]:
    lengths, differs = videos["seconds"], videos["overlay_differs"]
    lines = [
        (
            f"videos: {videos['count']} (published {PUBLISHED_VIDEOS}), "
            f"{videos['asked_about']} asked about, {videos['unused']} not"
        )
    ]
    lines += [
        f"  {row['source']}: {row['videos']} videos, {row['questions']} questions; told by "
        f"{_pairs(row['told_by'])}"
        for row in videos["sources"]
    ]
    lines.append(
        f"  length: {lengths['least']:.1f} to {lengths['most']:.1f} s, median "
        f"{lengths['median']:.1f}, mean {lengths['mean']:.1f} (published "
        f"{PUBLISHED_MEAN_SECONDS}), all {lengths['all'] / 3600:.2f} h"
    )
    return [
        *lines,
        f"  sizes: {_pairs(videos['sizes'])}; odd: {videos['odd_sizes']}",
        f"  frames per second: {_pairs(videos['rates'])}; variable: {videos['variable_rate']}",
        f"  rotated: {videos['rotated']}; first frame later than 0: {videos['late_start']}",
        (
            f"  with overlay: {videos['with_overlay']}; overlays without a clean video, left out: "
            f"{videos['overlay_alone']}"
        ),
        f"  overlay differs in {_pairs({key: item['count'] for key, item in differs.items()})}",
        *_listed(f"{key}: {', '.join(i['first'])}" for key, i in differs.items() if i["first"]),
        f"  in the release more than once: {videos['repeated']}",
        f"  that cannot be used: {len(videos['unusable'])}",
        *_listed(videos["unusable"]),
        f"  other files in the archives: {_pairs(videos['other_files'])}",
    ]


def _gaze_lines(videos: Mapping[str, Any]) -> list[str]:
    gaze = videos["gaze"]
    valid = gaze["valid_percent"]
    share = "" if valid is None else f", {valid:.1f} % of them valid"
    lines = [f"gaze: {_pairs(gaze['videos'])} videos; {gaze['rows']:,} rows{share}"]
    lines += [
        f"  {table['name']}: {table['content']}, {table['rows']:,} rows, {table['videos']} videos; "
        f"columns {', '.join(table['columns'])}"
        for table in videos["tables"][:_SHOWN]
    ]
    lines += _listed(f"table not read: {why}" for why in videos["unread_tables"])
    return lines


def _listed(items: Iterable[str], *, most: int = _SHOWN) -> list[str]:
    lines = [f"  - {item}" for item in items]
    more = len(lines) - most
    return [*lines[:most], f"  - and {more} more"] if more > 0 else lines


def _pairs(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} x {count}" for key, count in counts.items()) or "none"
