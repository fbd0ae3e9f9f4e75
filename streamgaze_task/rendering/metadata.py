"""The release's fixation metadata: one CSV per source, one row per episode."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from streamgaze_task.release.layout import METADATA_COLUMNS
from streamgaze_task.rendering.world import CLEARLY_SEEN, in_circle, seen_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamgaze_task.rendering.world import Look, Script


def table(scripts: Sequence[Script]) -> str:
    """The CSV of one source's videos; dictionaries and lists are written as Python writes them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, METADATA_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for script in scripts:
        writer.writerows(_rows(script))
    return text.getvalue()


def _rows(script: Script) -> Iterator[dict[str, str]]:
    for number, look in enumerate(script.looks):
        middle = (look.start + look.end) / 2
        group = in_circle(script, look)
        others = [
            thing.name
            for thing in script.things
            if thing.name not in group and seen_part(script, thing.name, middle) >= CLEARLY_SEEN
        ]
        yield {
            "video_name": script.video.video_id,
            "source_file": f"{script.video.video_id}_fixation_merged_filtered_v2.csv",
            "fixation_ids": str([number]),
            "episode_start_time": f"{look.start:.3f}",
            "episode_end_time": f"{look.end:.3f}",
            "duration": f"{look.end - look.start:.3f}",
            "representative_object": str(_described(script, look.thing)),
            "other_objects_in_cropped_area": str([_described(script, n) for n in group[1:]]),
            "other_objects_outside_fov": str([_described(script, name) for name in others]),
            "captions": str([f"The user looks at the {look.thing}."]),
            "action_captions": json.dumps(_actions(script, look)),
        }


def _described(script: Script, name: str) -> dict[str, str]:
    thing = script.thing(name)
    return {
        "object_identity": name,
        "detailed_caption": f"A {thing.colour} {name} on the {thing.place}.",
    }


def _actions(script: Script, look: Look) -> list[str]:
    return [
        action.job.sentence
        for action in script.actions
        if action.start < look.end and action.end > look.start
    ]
