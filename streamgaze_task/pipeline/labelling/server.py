"""A server that speaks OpenAI's protocol as a labeller; needs the package openai."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from sightline.models import thinking
from sightline.serving.backend import OpenAIBackend
from sightline.serving.settings import ServerSettings
from streamgaze_task.pipeline.labelling.streaming import BackendLabeller

if TYPE_CHECKING:
    from streamgaze_task.pipeline.labelling.settings import LabellerSettings

DETAIL = "high"
"""How closely OpenAI's models look at a picture: small things count here."""

_log = logging.getLogger(__name__)


def server_labeller(settings: LabellerSettings) -> BackendLabeller:
    """Ask a server; the key is read from OPENAI_API_KEY, and is in no record.

    Args:
        settings: of kind ``openai``.

    Raises:
        UsageError: there is no key for a server that needs one.
    """
    given = {
        "model": settings.model,
        "base_url": settings.base_url or None,
        "concurrency": settings.concurrency,
        # Queries about one recording are all of one group: they come in the order asked for.
        "per_group": 0,
        "retries": settings.retries,
        "timeout": settings.timeout_seconds,
        "detail": DETAIL,
        "extra_body": dict(settings.extra_body),
    }
    server = ServerSettings.from_arguments(given, os.environ)
    generation = {"max_new_tokens": settings.max_new_tokens, "temperature": settings.temperature}
    return BackendLabeller(
        lambda messages: OpenAIBackend(server, messages, split=thinking.split, say=_log.info),
        generation,
        {"labeller": "openai"},
    )
