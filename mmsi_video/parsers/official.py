"""The authors' answer parser, faults included, because numbers must be comparable.

``official`` restates the scorer of InternRobotics/MMSI-Video-Bench at b8da92c. It was written from
a description of its behaviour and is held to recorded answers of the original (the case table in
the tests). It takes time linear in the response.
"""

from __future__ import annotations

LETTERS = "ABCDEF"
"""What the published scorers take for an option: four to six options exist (paper section 3)."""

_NOISE = str.maketrans("", "", " \"'\n:")
_KEYS = ('"answer":', "answer is", "answer:", '"Answer":', "Answer is", "Answer:")


def official(response: str) -> str | None:
    """The letter that the authors' scorer reads, in A..F, or None for its "failure"."""
    text = response.replace("<answer>", "").replace("</answer>", "")
    if "no answer" in text:
        return None
    if "boxed{" in text:
        return _cleaned(text.split("boxed{", 1)[1].split("}", 1)[0])
    for key in _KEYS:
        if key in text:
            return _cleaned(text.rpartition(key)[2].split(",", 1)[0].split(".", 1)[0])
    return _cleaned(text.split(".", 1)[0])


def _cleaned(part: str) -> str | None:
    rest = part.translate(_NOISE)
    return rest if len(rest) == 1 and rest in LETTERS else None
