"""``--model sightline_openai``: lmms-eval's OpenAI backend, images sent as the official code does.

lmms-eval encodes every image again as PNG and cannot say ``detail``. Here JPEG files pass through
untouched (see :class:`mmsi_video.messages.OriginalJpeg`) and every image carries its ``detail``.
What the backend does is told to the tasks by two environment variables, so that a task which
promises one of these in its message hash is refused on a backend that would not keep the promise.
"""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from lmms_eval.models.chat.openai import OpenAICompatible

from sightline.errors import UsageError
from sightline.lmms.api_images import DETAIL_VARIABLE, DETAILS, FORMAT_VARIABLE, with_detail

if TYPE_CHECKING:
    from collections.abc import Callable


class SightlineOpenAI(OpenAICompatible):  # type: ignore[misc] # lmms-eval ships no types
    """The chat model class behind ``--model sightline_openai``.

    Args:
        detail: ``low`` (the official code's, and the default), ``high`` or ``auto``.
        arguments: those of lmms-eval's ``openai`` backend.

    Raises:
        UsageError: `detail` is none of these.
    """

    def __init__(self, *, detail: str = "low", **arguments: Any) -> None:
        if detail not in DETAILS:
            raise UsageError(f"--model_args detail ({detail!r}) must be one of {DETAILS}")
        os.environ[FORMAT_VARIABLE] = "JPEG"
        os.environ[DETAIL_VARIABLE] = detail
        super().__init__(**arguments)
        self.client: Any = _detailed(self.client.chat.completions.create, detail)


def _detailed(create: Callable[..., Any], detail: str) -> Any:
    """As much of a client as lmms-eval's backend uses; adds `detail` to the images it sends."""

    def create_detailed(*, messages: list[dict[str, Any]], **payload: Any) -> Any:
        return create(messages=with_detail(messages, detail), **payload)

    completions = SimpleNamespace(create=create_detailed)
    return SimpleNamespace(chat=SimpleNamespace(completions=completions))
