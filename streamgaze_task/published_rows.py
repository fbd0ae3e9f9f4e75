"""The printed numbers of StreamGaze as rows of its leaderboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.leaderboard.board import PublishedRow
from streamgaze_task import published
from streamgaze_task.task_names import PUBLISHED_QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

MAIN = "streamgaze"
"""The setting of the main table: the gaze drawn into the frames."""

_PROMPTS = {
    "nogaze": "streamgaze_nogaze",
    "text": "streamgaze_text",
    "visual": MAIN,
    "salience": "streamgaze_salience",
}
"""Gaze prompt of the paper's comparison -> setting."""

PROACTIVE_FAULT = (
    "Its GTA and OAA, and so its mean, are by the paper's own proactive metric, which is in no "
    "published code: compare the other eight tasks."
)
FRAMES_FAULT = "It was shown the frames of its own published wrapper, not those of this setting."
FUTURE_FAULT = "It saw the video after the question too."
OTHER_SETTING_FAULT = "It was printed once, and not for this setting."
FAMILIES_FAULT = "Only families are printed, their frames are not told."


def published_rows(settings: Sequence[str]) -> list[PublishedRow]:
    """Every printed row: people first, in every setting. No chance level is printed.

    Args:
        settings: names of all settings.
    """
    rows = [_people(setting) for setting in settings]
    rows += [_model(row) for row in published.rows()]
    return rows + _prompted()


def _people(setting: str) -> PublishedRow:
    row = published.people()
    faults = [row.fault, PROACTIVE_FAULT, OTHER_SETTING_FAULT if setting != MAIN else None]
    return PublishedRow(
        name=row.model,
        kind="people",
        setting=setting,
        value=row.overall,
        slices=_slices(row),
        questions=None,
        faults=tuple(fault for fault in faults if fault),
        source=published.sources()["table"],
    )


def _model(row: published.Row) -> PublishedRow:
    ran_proactive = row.tasks["gta"] is not None
    faults = [
        FUTURE_FAULT if row.sees_future else None,
        row.fault,
        PROACTIVE_FAULT if ran_proactive else None,
        FRAMES_FAULT,
    ]
    return PublishedRow(
        name=row.model,
        kind="model",
        setting=MAIN,
        value=row.overall,
        slices=_slices(row),
        questions=PUBLISHED_QUESTIONS if ran_proactive else None,
        faults=tuple(fault for fault in faults if fault),
        source=published.sources()["table"],
        frames=row.frames or "",
    )


def _slices(row: published.Row) -> dict[str, dict[str, float]]:
    return {"task": {code: value for code, value in row.tasks.items() if value is not None}}


def _prompted() -> list[PublishedRow]:
    """The paper's comparison of gaze prompts on one model, whose rows are no part of its table."""
    return [
        PublishedRow(
            name=f"{published.prompted_model()} (gaze prompt table)",
            kind="model",
            setting=_PROMPTS[row.gaze_prompt],
            value=row.overall,
            slices={"family": dict(row.families)},
            questions=None,
            faults=(FAMILIES_FAULT, PROACTIVE_FAULT),
            source=published.sources()["gaze_prompting"],
        )
        for row in published.gaze_prompting()
    ]
