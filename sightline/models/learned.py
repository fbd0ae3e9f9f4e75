"""What generating finds out about a checkpoint on this device."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Learned:
    """What generating found out on the way, kept with the checkpoint."""

    fits: dict[int, int] = field(default_factory=dict)
    """Length of a prompt, tokens -> how many of that length or longer may run together."""
    named: set[str] = field(default_factory=set)
    """Unknown options that were named."""

    def rows(self, tokens: int) -> int | None:
        """How many prompts of this length may run together; None is not known."""
        return min((rows for length, rows in self.fits.items() if tokens >= length), default=None)

    def failed(self, tokens: int, rows: int) -> None:
        """Remember that so many prompts did not fit, the longest of this length."""
        self.fits[tokens] = min(max(rows // 2, 1), self.fits.get(tokens, rows))
