"""All ten published question makers, run over one recording."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.questions.reference import (
    fap,
    gsm,
    gta,
    nfi,
    oaa,
    oar,
    oie,
    oih,
    otp,
    sr,
)
from streamgaze_task.pipeline.questions.reference.timeline import SEED, published_random

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from streamgaze_task.pipeline.records import Question
    from streamgaze_task.pipeline.scanpath import Scanpath


def ask_reference(
    scanpath: Scanpath, tasks: Sequence[str], ask: Callable[[str], str] | None = None
) -> Iterator[Question]:
    """The questions of one recording by the published rules.

    Args:
        scanpath: the recording.
        tasks: codes of the tasks wanted; the others draw all the same, so that leaving one out
            changes no other.
        ask: a text model, prompt -> reply; without one there is no OAR, actions keep their
            annotated words, and keywords decide what is furniture.
    """
    shared = published_random()
    made = {
        "otp": list(otp.make_reference(scanpath, shared)),
        "nfi": list(nfi.make_reference(scanpath, shared)),
        "gsm": list(gsm.make_reference(scanpath, shared)),
        "sr": list(sr.make_reference(scanpath, shared)),
        "fap": list(fap.make_reference(scanpath, shared, ask)),
        "gta": list(gta.make_reference(scanpath, shared, ask)),
        # The present tasks start their own generator anew each time, as published.
        "oie": list(oie.make_reference(scanpath, Random(SEED))),  # noqa: S311 (drawings)
        "oih": list(oih.make_reference(scanpath, Random(SEED))),  # noqa: S311 (drawings)
        "oar": list(oar.make_reference(scanpath, Random(SEED), ask)),  # noqa: S311 (drawings)
    }
    target = next((str(one.extras.get("target_object", "")) for one in made["gta"]), "")
    made["oaa"] = list(oaa.make_reference(scanpath, shared, ask, gta_target=target))
    for code in tasks:
        yield from made[code]
