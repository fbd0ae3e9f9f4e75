"""The part ``quality`` of a configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class QualitySettings:
    """Which questions are good enough."""

    filters: bool = True
    """Whether the filters drop questions; what they would drop is noted either way."""
    verify: bool = False
    """Whether the labeller is asked about every question that the filters leave."""
    frames: int = 8
    """Pictures of a question that the verifier is shown, at most; >= 1 (step 4 of the authors'
    pipeline shows 8)."""

    unverified: Literal["drop", "keep"] = "drop"
    """What becomes of a question to which the verifier gives no readable answer."""

    def __post_init__(self) -> None:
        """Check."""
        if self.frames < 1:
            raise ValueError(f"frames ({self.frames}) must be >= 1")
