"""``--model sightline_openai``: a server that speaks OpenAI's protocol, asked by the engine.

lmms-eval's own backends encode every image again and cannot say ``detail``. Here files pass through
untouched and every image carries its ``detail``. What the backend does is told to the tasks by two
environment variables, so that a task which promises one of these in its message hash is refused on
a backend that would not keep the promise.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sightline.lmms.chat_model import ChatModel
from sightline.models import thinking
from sightline.serving.backend import OpenAIBackend
from sightline.serving.images import DETAIL_VARIABLE, FORMAT_VARIABLE
from sightline.serving.settings import ServerSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.engine.jobs import Job


class SightlineOpenAI(ChatModel):
    """The chat model class behind ``--model sightline_openai``.

    Args:
        arguments: the fields of :class:`sightline.serving.settings.ServerSettings`.

    Raises:
        UsageError: an argument cannot work.
    """

    settings: ServerSettings

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self.settings = ServerSettings.from_arguments(arguments, os.environ)
        os.environ[FORMAT_VARIABLE] = "JPEG"
        os.environ.pop(DETAIL_VARIABLE, None)
        if self.settings.detail is not None:
            os.environ[DETAIL_VARIABLE] = self.settings.detail

    def backend(self, messages_of: Callable[[Job], list[dict[str, Any]]]) -> OpenAIBackend:
        """Asks the server."""
        return OpenAIBackend(self.settings, messages_of, split=thinking.split)
