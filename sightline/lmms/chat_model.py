"""What both our ``--model`` classes are to lmms-eval: a chat model over a backend of the engine.

Deliberate: a sample that cannot be read or answered becomes a response that starts with ERROR_MARK,
and the run goes on; the scorer counts it as the outcome "error", never as wrong or missing. Too
many of them stop the run.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from accelerate import Accelerator
from lmms_eval.api.model import lmms

from sightline.engine.memory import keep_freed_memory
from sightline.engine.peers import Peers
from sightline.lmms.asking import answered
from sightline.lmms.environment import MALLOC

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from lmms_eval.api.instance import GenerationResult, Instance

    from sightline.engine.jobs import Job
    from sightline.engine.session import Backend
    from sightline.models.settings import ModelSettings
    from sightline.serving.settings import ServerSettings


class ChatModel(lmms):  # type: ignore[misc] # lmms-eval ships no types
    """A chat model on one of the ranks of a run; subclasses bring `settings` and a backend."""

    is_simple = False
    settings: ModelSettings | ServerSettings
    """With ``answers``, the folder that the user named, and ``max_errors``."""

    def __init__(self) -> None:
        super().__init__()
        if os.environ.get(MALLOC) != "0":
            # Before there are threads; what lmms-eval's own models have from the environment.
            keep_freed_memory()
        # lmms-eval waits for the other ranks through it.
        self.accelerator = Accelerator()
        self._rank = self.accelerator.process_index
        self._world_size = self.accelerator.num_processes
        # Before anything that may fail: a rank that is lost later is noticed at once.
        self._peers = Peers.connect()

    @abstractmethod
    def backend(self, messages_of: Callable[[Job], list[dict[str, Any]]]) -> Backend:
        """What answers the jobs whose chat messages the function gives."""

    @property
    def device(self) -> torch.device:
        """This rank's."""
        return self.accelerator.device

    @property
    def batch_size(self) -> int:
        """Samples per call of the model, at most."""
        return 1

    def generate_until(self, requests: list[Instance]) -> list[GenerationResult]:
        """Answer every request; the results stand in the order of the requests.

        Raises:
            EvaluationError: the run cannot go on; under lmms-eval's command line the process ends
                with a status that tells so.
        """
        return answered(
            requests,
            self.task_dict,
            self.backend,
            peers=self._peers,
            answers=self.settings.answers,
            max_errors=self.settings.max_errors,
        )

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Not offered: our tasks generate text."""
        raise NotImplementedError(f"{type(self).__name__} answers generate_until tasks only")

    def generate_until_multi_round(self, requests: list[Instance]) -> list[str]:
        """Not offered: our tasks ask once."""
        raise NotImplementedError(f"{type(self).__name__} answers generate_until tasks only")
