"""Keeps tokens out of lmms-eval's log.

lmms-eval 0.7.3 appends HF_TOKEN to the arguments of its tracker and logs them (``__main__.py``,
"Evaluation tracker args"), so every run of somebody who reads a private or gated dataset has the
token on the screen, and in the log file that goes into a report.
"""

from __future__ import annotations

import os
import re
from typing import Any

HIDDEN = "[hidden]"
"""Stands where a token stood."""

_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "OPENAI_API_KEY", "WANDB_API_KEY")
_SHAPE = re.compile(r"\bhf_[A-Za-z0-9]{20,}\b")
_SHORTEST = 8


def without_tokens(text: str) -> str:
    """The text without the tokens of this environment, and without what looks like one."""
    for name in _VARIABLES:
        token = os.environ.get(name, "").strip()
        # A short value may be a word of the text ("none"), and is no secret worth the name.
        if len(token) >= _SHORTEST:
            text = text.replace(token, HIDDEN)
    return _SHAPE.sub(HIDDEN, text)


def hide_tokens() -> None:
    """Have loguru, which lmms-eval logs with, change every message on its way."""
    from loguru import logger  # noqa: PLC0415 (lmms-eval's; only there when lmms-eval is)

    logger.configure(patcher=_hide)


def _hide(record: Any) -> None:
    record["message"] = without_tokens(record["message"])
