"""One response -> one Score, by three parsers. No model, no media, no network.

A score means nothing without the name of its parser, so all three read every response. The
headline is the published protocol; the others stand beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from mmsi_video.parsers.easi import easi
from mmsi_video.parsers.official import official
from sightline.parsers.strict import strict
from sightline.records import Outcome, Score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.records import Response

Parser = Literal["official", "easi", "strict"]

PARSERS: tuple[Parser, ...] = ("official", "easi", "strict")
"""Every parser, in the order of the tables."""

HEADLINE: Parser = "official"
"""The parser of the published numbers."""


class Scorable(Protocol):
    """What scoring needs to know of a question; mmsi_video.schema.Sample is one."""

    @property
    def id(self) -> str:
        """``question_0000`` and so on."""

    @property
    def answer(self) -> str:
        """The gold letter."""

    @property
    def options(self) -> Sequence[str]:
        """The options in order of their letters, 2 or more."""

    @property
    def slices(self) -> Mapping[str, str]:
        """Every slice the question belongs to: axis -> member."""

    @property
    def cluster(self) -> str:
        """Names the video(s) asked about."""


def extract_answer(
    response: str, *, parser: Parser = HEADLINE, options: Sequence[str] | None = None
) -> str | None:
    """The letter a parser reads in a response; None when it finds none.

    Args:
        response: raw model text.
        parser: `official`, the authors' scorer (A..F); `easi`, the EASI leaderboard's rules
            (A..J); `strict`, ours, which knows the options and never guesses.
        options: the question's options in order; only `strict` looks at them.

    Raises:
        ValueError: no such parser.
    """
    if parser == "official":
        return official(response)
    if parser == "easi":
        return easi(response)
    if parser == "strict":
        return strict(response, options)
    raise ValueError(f"parser ({parser!r}) must be one of: {', '.join(PARSERS)}")


def score(
    sample: Scorable, response: Response | None, *, details: Mapping[str, Any] | None = None
) -> Score:
    """What became of one question, by every parser.

    Args:
        sample: the question.
        response: what the model said; None when the question was never answered.
        details: what else the run knows. The option texts and the response's text are added, so
            that the Score can be scored again without the dataset.
    """
    readings = {parser: _reading(sample, response, parser) for parser in PARSERS}
    outcomes: dict[str, Outcome] = {parser: outcome for parser, (_, outcome) in readings.items()}
    return Score(
        question_id=sample.id,
        answer=sample.answer,
        option_count=len(sample.options),
        outcome=outcomes[HEADLINE],
        predictions={parser: letter for parser, (letter, _) in readings.items()},
        outcomes=outcomes,
        slices=dict(sample.slices),
        cluster=sample.cluster,
        error=response.reason if response else None,
        details={
            **(details or {}),
            "options": list(sample.options),
            "response": response.text if response else None,
        },
    )


def _reading(
    sample: Scorable, response: Response | None, parser: Parser
) -> tuple[str | None, Outcome]:
    if response is None:
        return None, Outcome.MISSING
    if response.error is not None or response.text is None:
        return None, Outcome.ERROR
    letter = extract_answer(response.text, parser=parser, options=sample.options)
    if letter is None:
        return None, Outcome.UNPARSED
    return letter, Outcome.RIGHT if letter == sample.answer else Outcome.WRONG
