"""What answers the pipeline's questions about pictures: a model, a server, or a recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from PIL.Image import Image

QueryKind = Literal["gazed", "outside", "view", "verify", "text"]
"""What is asked: the crop of a fixation, the frames around it, one whole frame, whether a question
is right, or something about words alone."""


@dataclass(frozen=True)
class Query:
    """One thing that a labeller is asked."""

    key: str
    """Unique within a recording: ``gazed/12``, ``view/34``, ``verify/<question>``."""
    kind: QueryKind
    text: str
    """The prompt; it says which JSON object is wanted."""
    images: tuple[Image, ...] = ()
    """RGB, in order of time."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Where things are in the images, for labellers that read pixels and not prompts, plain JSON
    types; nothing that the images or the prompt do not show. ``gazed`` and ``outside``:
    ``centre`` ([x, y] of the gaze in pixels of the image) and ``radius`` (pixels of the
    field-of-view circle in that image), one pair for all images, ``centres`` (one for each image:
    of ``outside`` they differ where the gaze moves, and ``centre`` is their mean) and
    ``frame_width`` (of the whole frame, at the images' scale); ``verify``: the question's task,
    text and options."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    key: str
    """Of the query."""
    text: str
    """Verbatim; wanted is one JSON object."""
    error: str = ""
    """Why there is no text; empty when there is."""
    unanswered: bool = False
    """Whether the error is that nobody answered: no connection, a server that is out of order. What
    was answered by a refusal would be refused again."""


class Labeller(Protocol):
    """Answers queries."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Names it: another identity, other labels. Plain JSON types, without secrets."""
        ...

    def ask(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """One answer for every query, in any order, each as soon as it is there.

        An answer that cannot be had is an :class:`Answer` with an error, not an exception.
        """
        ...
