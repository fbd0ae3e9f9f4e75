"""A server that speaks OpenAI's protocol as a labeller; needs the package openai."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from openai import APIConnectionError, APIStatusError, OpenAIError

from sightline.errors import UsageError
from sightline.models import thinking
from sightline.serving import failures
from sightline.serving.backend import OpenAIBackend, client
from sightline.serving.settings import ServerSettings
from streamgaze_task.pipeline.labelling.labeller import Query
from streamgaze_task.pipeline.labelling.streaming import BackendLabeller

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from streamgaze_task.pipeline.labelling.labeller import Answer
    from streamgaze_task.pipeline.labelling.settings import LabellerSettings

DETAIL = "high"
"""How closely OpenAI's models look at a picture: small things count here."""

PATIENCE = 60.0
"""Seconds for a server's list of models, at most (ours: it is there at once, but a server may be
busy)."""

_NOT_READY = (502, 503, 504)
"""HTTP's statuses of a server that is gone behind its proxy, or still loads its model."""

_log = logging.getLogger(__name__)


class ServerLabeller(BackendLabeller):
    """Asks a server; what to do where that refuses is said in words of the configuration."""

    def ask(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """The answers as they come.

        Raises:
            UsageError: the server refuses the key, or does not know the model.
        """
        try:
            yield from super().ask(queries)
        except UsageError as error:
            raise UsageError(
                error.message,
                next_step="check OPENAI_API_KEY and the account's limits, and `labeller` in the "
                "configuration: its model, and its base_url, which usually ends in /v1",
            ) from error


def server_labeller(settings: LabellerSettings) -> ServerLabeller:
    """Ask a server; the key is read from OPENAI_API_KEY, and is in no record.

    Args:
        settings: of kind ``openai``.

    Raises:
        UsageError: there is no key for a server that needs one, or its address is none.
    """
    server = _server_settings(settings)
    generation = {"max_new_tokens": settings.max_new_tokens, "temperature": settings.temperature}
    return ServerLabeller(
        lambda messages: OpenAIBackend(server, messages, split=thinking.split, say=_log.info),
        generation,
        {"labeller": "openai"},
    )


def check_server(settings: LabellerSettings) -> None:
    """Find out whether a server is there, takes the key, and has the model.

    Its list of models tells. Where it has none, or the model is not in it by that very name, a few
    words are asked of the model: servers take names that they do not list. What may pass, such as
    too many requests, is left to the run.

    Args:
        settings: of kind ``openai``.

    Raises:
        UsageError: it cannot be asked; says why.
    """
    if settings.model in _models(_server_settings(settings)):
        return
    for _ in server_labeller(replace(settings, retries=0)).ask([Query("", "text", "Say yes.")]):
        pass


def _models(server: ServerSettings) -> Collection[str]:
    """Names of the server's models; none where it does not tell them."""
    quick = replace(server, timeout=min(PATIENCE, server.timeout))
    try:
        with client(quick) as asked:
            return [model.id for model in asked.models.list().data]
    except (OpenAIError, AttributeError, TypeError) as error:  # a list may be anything
        status = error.status_code if isinstance(error, APIStatusError) else 0
        if status in _NOT_READY or isinstance(error, APIConnectionError):
            raise UsageError(
                f"labeller openai: no server is ready: "
                f"{failures.one_line(error, secret=server.api_key)}",
                next_step="start it, or mend labeller.base_url in the configuration",
            ) from error
        return ()


def _server_settings(settings: LabellerSettings) -> ServerSettings:
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
    if server.base_url is not None and not _is_address(server.base_url):
        raise UsageError(  # without the address: it may hold a password
            "labeller.base_url must be an address such as http://127.0.0.1:8000/v1, but is none",
            next_step="mend it in the configuration, or OPENAI_BASE_URL where it is not there",
        )
    return server


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # half an IPv6 address, a port that is no number
        return False
