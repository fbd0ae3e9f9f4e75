"""The ``--model_args`` of ``--model sightline_openai``: text in, a checked record out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from sightline.errors import UsageError
from sightline.serving.images import DETAILS

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOST_ONLY = ("batch_size", "max_batch_size", "device")
"""What lmms-eval passes to every model and a server has no use for."""

_OTHER_NAMES = {
    "model_version": "model",
    "num_concurrent": "concurrency",
    "max_retries": "retries",
    "max_frames_num": "max_frames",
    "video_fps": "fps",
}
"""Names of lmms-eval's ``openai`` backend -> ours."""

_LEAST = {"concurrency": 1, "per_group": 0, "retries": 0, "max_frames": 1, "max_errors": 0}
_NUMBERS = ("timeout", "retry_backoff_s", "fps")
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")

NO_KEY = "none"
"""Sent where a server of one's own needs no key."""


@dataclass(frozen=True)
class ServerSettings:
    """A server, a model on it, and how it is asked."""

    model: str
    """The model's name on the server; ``model_version`` is the same."""
    base_url: str | None = field(default=None, repr=False)
    """Address that ends in ``/v1``; None is OpenAI's own. OPENAI_API_BASE or OPENAI_BASE_URL."""
    api_key: str = field(default=NO_KEY, repr=False)
    """OPENAI_API_KEY when it is not given; never printed, and no part of the identity."""
    azure_openai: bool = False
    """Address, key and version are AZURE_OPENAI_API_BASE, AZURE_OPENAI_API_KEY and
    AZURE_OPENAI_API_VERSION."""
    azure_version: str | None = None
    """Of the API, where it is Azure's."""
    concurrency: int = 8
    """Requests in flight, at most."""
    per_group: int = 1
    """Requests about one video in flight while others wait: with 1 each finds the frames of the
    one before in the server's prefix cache; 0 asks in the given order."""
    retries: int = 5
    """How often a request is sent again after a failure that may pass."""
    retry_backoff_s: float = 1.0
    """Before the first retry, seconds, at most; it doubles with each."""
    timeout: float = 600.0
    """Seconds for one answer."""
    detail: str | None = "low"
    """``low`` (the official code's), ``high``, ``auto``; None (``none``) says nothing."""
    reasoning: bool | None = None
    """Whether the server wants max_completion_tokens and no temperature; None goes by the name."""
    system_prompt: str | None = None
    """Text of a system message before each prompt; None is none."""
    max_frames: int = 64
    """Frames taken from a video that comes as a file, at most."""
    fps: float | None = None
    """Frames per second taken from a video that comes as a file; None spreads max_frames."""
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    """More for the body of each request, JSON: mm_processor_kwargs, chat_template_kwargs."""
    max_errors: int = 10
    """The run stops when more samples than this fail on one rank."""
    answers: str | None = None
    """Folder of the answers on disk, as of ``--model sightline``."""

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise UsageError(
                    f"--model_args {name} ({value!r}) must be a whole number >= {least}"
                )
        for name in _NUMBERS:
            value = getattr(self, name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if value is not None and not (number and value >= 0):
                raise UsageError(f"--model_args {name} ({value!r}) must be a number >= 0")
        if self.detail is not None and self.detail not in DETAILS:
            raise UsageError(f"--model_args detail ({self.detail!r}) must be one of {DETAILS}")

    @classmethod
    def from_arguments(
        cls, arguments: Mapping[str, Any], environment: Mapping[str, str]
    ) -> ServerSettings:
        """Read what lmms-eval parsed from ``--model_args``.

        Args:
            arguments: name -> value; names of lmms-eval's ``openai`` backend are taken too.
            environment: where key and address come from when they are not given.

        Raises:
            UsageError: a name is unknown, a value makes no sense, or there is no model or key.
        """
        given = {n: v for n, v in arguments.items() if n not in _HOST_ONLY and v is not None}
        given = {_OTHER_NAMES.get(name, name): value for name, value in given.items()}
        known = [entry.name for entry in fields(cls)]
        if unknown := sorted(set(given) - set(known)):
            raise UsageError(
                f"--model_args has no {', '.join(unknown)}; it has {', '.join(known)}",
                next_step="check the spelling; what only your server knows goes into extra_body",
            )
        if not given.get("model"):
            raise UsageError("--model_args must name a model", next_step="add model=NAME")
        for name in ("model", "api_key", "system_prompt"):
            if name in given:  # lmms-eval turns digits into numbers
                given[name] = str(given[name])
        for name in ("azure_openai", "reasoning"):
            if name in given:
                given[name] = _yes_or_no(name, given[name])
        if str(given.get("detail")).lower() == "none" and "detail" in given:
            given["detail"] = None
        given["extra_body"] = _json_object(given.get("extra_body", {}))
        return cls(**{**given, **_address(given, environment)})

    def identity(self) -> dict[str, Any]:
        """What an answer depends on, plain JSON types; the key is no part of it."""
        return {
            "model": self.model,
            "server": "azure" if self.azure_openai else _without_user(self.base_url or "openai"),
            "detail": self.detail,
            "reasoning": self.reasoning,
            "system_prompt": self.system_prompt,
            "max_frames": self.max_frames,
            "fps": self.fps,
            "extra_body": dict(self.extra_body),
        }


def _address(given: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str | None]:
    """Where the server is, and the key to it."""
    found = given.get("base_url") or environment.get("OPENAI_API_BASE")
    base = found or environment.get("OPENAI_BASE_URL") or None
    key = given.get("api_key") or environment.get("OPENAI_API_KEY")
    azure = given.get("azure_openai", False)
    if azure:
        key = environment.get("AZURE_OPENAI_API_KEY")
        base = environment.get("AZURE_OPENAI_API_BASE")
    if not key and (azure or base is None):
        name = "AZURE_OPENAI_API_KEY" if azure else "OPENAI_API_KEY"
        raise UsageError(
            f"the server wants a key, but {name} is not set",
            next_step=f"export {name}=..., or add base_url=http://HOST:PORT/v1 for your own",
        )
    version = environment.get("AZURE_OPENAI_API_VERSION") if azure else None
    address = unquote(str(base)).rstrip("/") if base else None
    return {"base_url": address, "api_key": key or NO_KEY, "azure_version": version}


def _json_object(value: Any) -> dict[str, Any]:
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError as error:
        raise UsageError(
            f"--model_args extra_body must be a JSON object, but got {value!r}: {error}",
            next_step="quote it for the shell: "
            """--model_args 'model=M,extra_body={"top_k": 1}'""",
        ) from error
    if not isinstance(found, dict):
        raise UsageError(f"--model_args extra_body ({value!r}) must be a JSON object")
    return found


def _yes_or_no(name: str, value: Any) -> bool:
    word = str(value).lower()
    if word not in (*_TRUE, *_FALSE):
        raise UsageError(f"--model_args {name} ({value!r}) must be true or false")
    return word in _TRUE


def _without_user(address: str) -> str:
    """The address without a name and password in it."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
