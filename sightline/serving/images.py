"""How images reach an API server: the names by which tasks and backends agree on it.

Kept apart from the backends, which import lmms_eval or openai, so that tasks can look at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT_VARIABLE = "LMMS_IMAGE_ENCODE_FORMAT"
"""lmms-eval's own environment variable: how its API backends encode images (default PNG)."""

QUALITY_VARIABLE = "LMMS_IMAGE_JPEG_QUALITY"
"""lmms-eval's own environment variable: the quality of the JPEG files it makes (default 85)."""

DETAIL_VARIABLE = "SIGHTLINE_IMAGE_DETAIL"
"""Set by ``--model sightline_openai`` in its own process: the `detail` it puts on every image."""

DETAILS = ("low", "high", "auto")
"""What an OpenAI-compatible server takes as ``detail``."""

JPEG_QUALITY = 95
"""Of the JPEG files made of frames that come out of a video decoder and have no file bytes."""

ENCODING_MODELS = ("openai", "async_openai", "vllm")
"""lmms-eval's chat backends that write every image into a base64 text."""

_JPEG_NAMES = ("JPEG", "JPG")


def server_environment(model: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What to add to the environment of a run so that images are sent as JPEG and not as PNG.

    Args:
        model: lmms-eval's ``--model``.
        environment: the variables that are set; what the user has set is never changed.

    Returns:
        The variables to add; nothing for a model that sends no images, and nothing at all where
        the user has chosen another format.
    """
    if model not in ENCODING_MODELS or not _wants_jpeg(environment):
        return {}
    wanted = {FORMAT_VARIABLE: "JPEG", QUALITY_VARIABLE: str(JPEG_QUALITY)}
    return {name: value for name, value in wanted.items() if not environment.get(name)}


def environment_note(model: str, environment: Mapping[str, str]) -> str | None:
    """What to tell the user about :func:`server_environment`, in one line; None for nothing."""
    if model not in ENCODING_MODELS:
        return None
    if not _wants_jpeg(environment):
        return (
            f"{FORMAT_VARIABLE}={environment[FORMAT_VARIABLE]} is yours and stays; JPEG would "
            "send JPEG files untouched"
        )
    added = server_environment(model, environment)
    if not added:
        return None
    listed = " ".join(f"{name}={value}" for name, value in added.items())
    return f"{listed} for --model {model}: images are sent as JPEG, not as PNG"


def _wants_jpeg(environment: Mapping[str, str]) -> bool:
    return (environment.get(FORMAT_VARIABLE) or "JPEG").upper() in _JPEG_NAMES
