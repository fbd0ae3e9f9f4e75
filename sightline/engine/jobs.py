"""The records that the engine passes around: what is to be asked, and what came back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


UNANSWERED = "unanswered"
"""Among the details of a reply with an error: true where nobody answered, so that the same request
may well be answered another time."""


@dataclass(frozen=True)
class Asked:
    """What a benchmark tells of one request before anything of it is decoded."""

    question_id: str
    """Of the request: unique within its task."""
    group: str
    """What it is about: requests of one group show frames of the same video or clips."""
    position: float
    """Order within the group: the end of the window, seconds; 0 where there is none."""
    message_hash: str
    """Names exactly what is shown: equal hashes, equal input."""
    protocol: str
    """Name and version of the task's protocol."""
    frames: int
    """Images shown, those of videos included."""
    pixels: int
    """Pixels of all of them together, before any resizing; 0 when it is not known."""
    characters: int
    """Length of the text shown."""


@dataclass(frozen=True)
class Job:
    """One request, so that any rank can ask it."""

    task: str
    """lmms-eval's name of the task."""
    split: str
    """Its split."""
    doc_id: int
    """Position of the document within the split."""
    repeat: int
    """0 for the first time that this document is asked, 1 for the second, ..."""
    generation: Mapping[str, Any]
    """The task's ``generation_kwargs``, plain JSON types."""
    order: str
    """The request's context text: jobs of a foreign task are asked in its order."""
    asked: Asked | None = field(default=None)
    """What the benchmark tells of it; None for a task of somebody else, which is then asked anew
    on every run."""

    @property
    def place(self) -> str:
        """How messages name it."""
        name = self.asked.question_id if self.asked else f"document {self.doc_id}"
        return f"{self.task} {name}"

    def key(self, identity: Mapping[str, Any]) -> str | None:
        """SHA-256 over all that the answer depends on; None when that is not known.

        Args:
            identity: of the backend: model, revision, what it does with its input; JSON types.
        """
        if self.asked is None:
            return None
        told = {
            "identity": dict(identity),
            "task": self.task,
            "question": self.asked.question_id,
            "message": self.asked.message_hash,
            "protocol": self.asked.protocol,
            "generation": dict(self.generation),
            "repeat": self.repeat,
        }
        text = json.dumps(told, sort_keys=True, separators=(",", ":"), default=str)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Reply:
    """What came back for one job."""

    text: str
    """The answer, without its thinking; empty where there is an error."""
    thinking: str | None = None
    """What the model wrote before its answer between its thinking marks; None without any."""
    error: str | None = None
    """One line that says why there is no answer; None when there is one."""
    input_tokens: int | None = None
    """Tokens of the prompt, those of images included; None when the backend does not tell."""
    output_tokens: int | None = None
    """Tokens generated, those of the thinking included."""
    reasoning_tokens: int | None = None
    """Tokens of the thinking."""
    seconds: float | None = None
    """Wall time of the model's work on it: its share of the batch."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """More to be kept beside the answer, plain JSON types: a shrunken image size, a batch size."""

    def as_dict(self) -> dict[str, Any]:
        """The fields that say something, for JSON."""
        return {name: value for name, value in asdict(self).items() if value not in (None, {})}
