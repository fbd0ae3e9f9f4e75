"""Which questions of one recording stay: filters, the choice over all recordings, the verifier."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.quality.filters import filtered
from streamgaze_task.pipeline.quality.reference_filters import reference_filtered
from streamgaze_task.pipeline.quality.verify import CONFIRMED
from streamgaze_task.pipeline.records import Judged

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from streamgaze_task.pipeline.quality.settings import QualitySettings
    from streamgaze_task.pipeline.records import Method, Question
    from streamgaze_task.pipeline.scanpath import Scanpath


NOT_CHOSEN = "not chosen"


def by_filters(
    questions: Sequence[Question],
    scanpath: Scanpath,
    *,
    settings: QualitySettings,
    method: Method,
) -> list[Judged]:
    """Every question, with the filter that drops it.

    Args:
        questions: of one recording.
        scanpath: the recording.
        settings: whether filters drop; what they say is noted either way.
        method: whose filters.
    """
    judged = (
        reference_filtered(questions) if method == "reference" else filtered(questions, scanpath)
    )
    return judged if settings.filters else [replace(one, dropped="") for one in judged]


def judge_questions(
    questions: Sequence[Question],
    scanpath: Scanpath,
    *,
    settings: QualitySettings,
    method: Method,
    chosen: Collection[str] | None = None,
    verify: Callable[[Sequence[Question]], dict[str, str]] | None = None,
) -> list[Judged]:
    """Every question, with what drops it, in the order given.

    Args:
        questions: of one recording.
        scanpath: the recording.
        settings: whether filters drop.
        method: whose filters.
        chosen: ids of those that make the benchmark; None: all.
        verify: asked about those that the filters leave, see `verify_questions`; None asks nobody.
    """
    judged = by_filters(questions, scanpath, settings=settings, method=method)
    if chosen is not None:
        judged = [
            one
            if one.dropped or one.question.id in chosen
            else Judged(one.question, NOT_CHOSEN, "others balance the words better, or suffice")
            for one in judged
        ]
    if verify is None:
        return judged
    said = verify([one.question for one in judged if not one.dropped])
    return [_verified(one, said.get(one.question.id, "")) for one in judged]


def _verified(judged: Judged, said: str) -> Judged:
    """A question after what the verifier said of it; a kept one keeps that beside it, too."""
    if not said:
        return judged
    if said.startswith(CONFIRMED):
        return replace(judged, reason="; ".join(filter(None, (judged.reason, said))))
    return replace(judged, dropped="verifier", reason=said)
