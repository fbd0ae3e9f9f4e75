"""What the reports of every benchmark say alike: numbers, names, and how parsers differ."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.records import Score

DASH = "-"
"""Stands where there is no number."""

LONGEST_NAME = 27
"""Characters of the longest published name of a model, to which others are cut."""


def number(value: float | None, decimals: int = 1) -> str:
    """A number with its decimals, or a dash."""
    return DASH if value is None else f"{value:.{decimals}f}"


def short_name(model: str, longest: int = LONGEST_NAME) -> str:
    """The model without its organisation, cut to that many characters."""
    last = model.rstrip("/").rpartition("/")[2] or model
    return last if len(last) <= longest else f"{last[: longest - 3]}..."


def common_detail(scores: Sequence[Score], key: str) -> str | None:
    """What the details of all scores agree on; several values are joined; None without any."""
    said = {str(one.details[key]) for one in scores if one.details.get(key) is not None}
    return " + ".join(sorted(said)) or None


def disagreement(scores: Sequence[Score], parsers: Sequence[str]) -> dict[str, Any]:
    """How often the parsers read another prediction in the same response.

    Returns:
        ``responses``: how many were read; ``share``: percent of them where any two parsers differ
        (None without responses); ``pairs``: the same for each two, as ``official/easi``.
    """
    read = [one.predictions for one in scores if one.details.get("response") is not None]

    def share(names: Sequence[str]) -> float | None:
        differ = sum(len({predictions[name] for name in names}) > 1 for predictions in read)
        return round(100 * differ / len(read), 4) if read else None

    return {
        "responses": len(read),
        "share": share(parsers),
        "pairs": {f"{a}/{b}": share((a, b)) for a, b in combinations(parsers, 2)},
    }
