"""``--model sightline``: any AutoModelForImageTextToText checkpoint, CPU or GPU, one or many ranks.

Only the glue: arguments -> settings, a checkpoint, and the backend that asks it. No code that comes
with a checkpoint is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.lmms.chat_model import ChatModel
from sightline.models.backend import LocalBackend
from sightline.models.checkpoint import load
from sightline.models.settings import ModelSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from sightline.engine.jobs import Job


class SightlineModel(ChatModel):
    """The chat model class behind ``--model sightline``.

    Args:
        arguments: the fields of :class:`sightline.models.settings.ModelSettings`.

    Raises:
        UsageError: an argument or the checkpoint cannot work.
    """

    settings: ModelSettings

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self.settings = ModelSettings.from_arguments(arguments)
        self.checkpoint = load(self.settings, rank=self._rank, world_size=self._world_size)

    @property
    def device(self) -> torch.device:
        """Where this rank's weights are."""
        return self.checkpoint.device

    @property
    def batch_size(self) -> int:
        """Samples per call of the model, at most."""
        return self.settings.batch_size

    def backend(self, messages_of: Callable[[Job], list[dict[str, Any]]]) -> LocalBackend:
        """Asks the checkpoint."""
        return LocalBackend(self.checkpoint, self.settings, messages_of)
