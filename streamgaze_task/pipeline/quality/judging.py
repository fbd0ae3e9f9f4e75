"""Which questions of one recording stay: filters first, then the verifier."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.quality.filters import filtered
from streamgaze_task.pipeline.quality.reference_filters import reference_filtered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streamgaze_task.pipeline.quality.settings import QualitySettings
    from streamgaze_task.pipeline.records import Judged, Method, Question
    from streamgaze_task.pipeline.scanpath import Scanpath


def judge_questions(
    questions: Sequence[Question],
    scanpath: Scanpath,
    *,
    settings: QualitySettings,
    method: Method,
    verify: Callable[[Sequence[Question]], dict[str, str]] | None = None,
) -> list[Judged]:
    """Every question, with what drops it, in the order given.

    Args:
        questions: of one recording.
        scanpath: the recording.
        settings: whether filters drop.
        method: whose filters.
        verify: asked about those that the filters leave; None asks nobody.
    """
    judged = (
        reference_filtered(questions) if method == "reference" else filtered(questions, scanpath)
    )
    if not settings.filters:
        judged = [replace(one, dropped="") for one in judged]
    if verify is None:
        return judged
    objections = verify([one.question for one in judged if not one.dropped])
    return [
        replace(one, dropped="verifier", reason=objections[one.question.id])
        if one.question.id in objections
        else one
        for one in judged
    ]
