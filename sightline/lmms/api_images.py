"""How images reach an API server: the names by which tasks and backends agree on it.

Kept apart from the backend, which imports lmms_eval, so that tasks can look at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT_VARIABLE = "LMMS_IMAGE_ENCODE_FORMAT"
"""lmms-eval's own environment variable: how its API backends encode images (default PNG)."""

DETAIL_VARIABLE = "SIGHTLINE_IMAGE_DETAIL"
"""Set by ``--model sightline_openai`` in its own process: the `detail` it puts on every image."""

DETAILS = ("low", "high", "auto")
"""What an OpenAI-compatible server takes as ``detail``."""


def with_detail(messages: Sequence[Mapping[str, Any]], detail: str) -> list[dict[str, Any]]:
    """The chat messages with `detail` on every image item; nothing is changed in place."""
    return [
        {**message, "content": [_item(item, detail) for item in message["content"]]}
        for message in messages
    ]


def _item(item: Mapping[str, Any], detail: str) -> dict[str, Any]:
    if item.get("type") != "image_url":
        return dict(item)
    return {**item, "image_url": {**item["image_url"], "detail": detail}}
