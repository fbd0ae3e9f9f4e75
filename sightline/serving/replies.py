"""What a server answered, as the engine's reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.engine.jobs import Reply
from sightline.models.settings import cut
from sightline.serving.failures import EmptyAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_THINKING_NAMES = ("reasoning_content", "reasoning")
"""Where vLLM, SGLang and others put the thinking that they took out of the answer."""


def read(
    response: Any,
    *,
    until: Sequence[str] = (),
    split: Callable[[str], tuple[str | None, str]] | None = None,
    seconds: float | None = None,
    tries: int = 1,
) -> Reply:
    """The reply of one response.

    Args:
        response: a chat completion of the ``openai`` package.
        until: strings that end the answer.
        split: takes the thinking out of an answer where the server left it in.
        seconds: how long it took.
        tries: how often it was asked.

    Raises:
        EmptyAnswerError: there is no choice in it.
    """
    choices = getattr(response, "choices", None)
    if not choices:
        raise EmptyAnswerError(f"the server answered without a choice: {_told(response)}")
    message = choices[0].message
    text, thinking = _text(message.content), _thinking(message)
    details: dict[str, Any] = {}
    if not text and getattr(message, "refusal", None):
        text, details["refusal"] = message.refusal, True
    if thinking is None and split is not None:
        thinking, text = split(text)
    if choices[0].finish_reason not in ("stop", None):
        details["finish_reason"] = choices[0].finish_reason
    if tries > 1:
        details["tries"] = tries
    usage = getattr(response, "usage", None)
    cached = _number(usage, "prompt_tokens_details", "cached_tokens")
    if cached is not None:
        details["cached_tokens"] = cached
    return Reply(
        cut(text, until),
        thinking=thinking,
        input_tokens=_number(usage, "prompt_tokens"),
        output_tokens=_number(usage, "completion_tokens"),
        reasoning_tokens=_number(usage, "completion_tokens_details", "reasoning_tokens"),
        seconds=seconds,
        details=details,
    )


def _text(content: Any) -> str:
    """The answer's text: a string, nothing, or parts of which some are text."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _thinking(message: Any) -> str | None:
    for name in _THINKING_NAMES:
        found = getattr(message, name, None)
        if isinstance(found, str) and found:
            return found
    return None


def _number(usage: Any, *names: str) -> int | None:
    """A count within the usage; None where the server does not tell it."""
    found = usage
    for name in names:
        found = getattr(found, name, None)
    return found if isinstance(found, int) else None


def _told(response: Any) -> str:
    """What a response without a choice says instead."""
    error = getattr(response, "error", None)
    return str(error if error is not None else response)[:200]
