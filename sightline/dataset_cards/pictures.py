"""The pictures of a card: how many questions of each kind, and what the recordings look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.dataset_cards.contact_sheet import contact_sheet
from sightline.dataset_cards.count_chart import count_chart

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sightline.dataset_rules import DatasetRules


def draw_pictures(folder: Path, rules: DatasetRules, facts: Mapping[str, Any]) -> dict[str, bytes]:
    """The pictures, always the same bytes on one machine.

    Args:
        folder: what is published, and nothing else: the contact sheet shows what lies there.
        rules: of the benchmark.
        facts: the content of ``build.json``.

    Returns:
        Name in the repository -> bytes: ``assets/counts.png``, and, where the folder has
        recordings, ``assets/contact_sheet.jpg`` or ``.png``, whichever is smaller.

    Raises:
        UsageError: matplotlib is not installed.
    """
    column, heading = rules.counted[0]
    told = rules.card_facts(facts)
    title = f"{rules.title}: questions by {heading.lower()}"
    chart = count_chart(told["counts"][column], title, told["published_is"])
    drawn = {"assets/counts.png": chart}
    if sheet := contact_sheet(folder):
        kind, data = sheet
        drawn[f"assets/contact_sheet.{kind}"] = data
    return drawn
