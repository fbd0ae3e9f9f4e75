"""One response -> one Score, by two parsers. No model, no media, no network.

A score means nothing without the name of its parser, so both read every response. The headline is
the published protocol, faults included; the strict reading stands beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from sightline.parsers.strict import strict
from sightline.records import Outcome, Score
from streamgaze_task.items import Item
from streamgaze_task.parsers import reference
from streamgaze_task.parsers.strict_alert import strict_alert
from streamgaze_task.schema import ALERT_ANSWERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.records import Response
    from streamgaze_task.items import Scorable

METRIC = "streamgaze_accuracy"
"""The key under which our tasks put a Score into lmms-eval's samples file."""

Parser = Literal["reference", "strict"]

PARSERS: tuple[Parser, ...] = get_args(Parser)
"""Every parser, in the order of the tables."""

HEADLINE: Parser = "reference"
"""The parser of the published protocol (``evaluate_results.py`` of daeunni/StreamGaze)."""


def extract_choice(
    response: str, *, parser: Parser = HEADLINE, options: Sequence[str] | None = None
) -> str | None:
    """The letter that a parser reads in a response; None when it finds none.

    Args:
        response: raw model text.
        parser: `reference`, the authors' scorer (A..D, the first that stands alone); `strict`,
            ours, which knows the options (A..J) and never guesses.
        options: the question's options in order; only `strict` looks at them.

    Raises:
        ValueError: no such parser.
    """
    if parser == "reference":
        return reference.letter(response)
    if parser == "strict":
        return strict(response, options)
    raise ValueError(f"parser ({parser!r}) must be one of: {', '.join(PARSERS)}")


def extract_alert(response: str, *, parser: Parser = HEADLINE) -> str | None:
    """What a parser reads at a test point: ``YES``, ``NO``, or None when neither.

    The `reference` parser may read both, which is reference.BOTH.

    Raises:
        ValueError: no such parser.
    """
    if parser == "reference":
        return reference.alert(response)
    if parser == "strict":
        return strict_alert(response)
    raise ValueError(f"parser ({parser!r}) must be one of: {', '.join(PARSERS)}")


def score_alert(response: str, *, should_alert: bool, parser: Parser = HEADLINE) -> Outcome:
    """What became of a test point that was answered.

    Args:
        response: raw model text.
        should_alert: its label, by whichever reading.
        parser: as in :func:`extract_alert`. By `reference`, a response with both words is right
            whatever the label, as in the authors' scorer.

    Raises:
        ValueError: no such parser.
    """
    return judged_alert(extract_alert(response, parser=parser), should_alert=should_alert)


def judged_alert(prediction: str | None, *, should_alert: bool) -> Outcome:
    """The outcome of what :func:`extract_alert` has read."""
    if prediction is None:
        return Outcome.UNPARSED
    wanted = ALERT_ANSWERS[should_alert]
    return Outcome.RIGHT if prediction in (wanted, reference.BOTH) else Outcome.WRONG


def score(
    request: Scorable, response: Response | None, *, details: Mapping[str, Any] | None = None
) -> Score:
    """What became of one request, by every parser.

    Args:
        request: what was asked.
        response: what the model said; None when the request was never answered.
        details: what else the run knows. The options, the released key, the label and times of a
            test point, and the response's text are added, so that the Score can be scored again
            without the dataset.
    """
    item = Item.of(request)
    readings = {parser: _reading(item, response, parser) for parser in PARSERS}
    outcomes: dict[str, Outcome] = {parser: outcome for parser, (_, outcome) in readings.items()}
    return Score(
        question_id=item.id,
        answer=item.answer,
        option_count=item.option_count,
        outcome=outcomes[HEADLINE],
        predictions={parser: said for parser, (said, _) in readings.items()},
        outcomes=outcomes,
        slices=item.slices,
        cluster=item.cluster,
        error=response.reason if response else None,
        details={
            **(details or {}),
            **item.details(),
            "response": response.text if response else None,
        },
    )


def _reading(item: Item, response: Response | None, parser: Parser) -> tuple[str | None, Outcome]:
    if response is None:
        return None, Outcome.MISSING
    if response.error is not None or response.text is None:
        return None, Outcome.ERROR
    if item.is_point:
        said = extract_alert(response.text, parser=parser)
        return said, judged_alert(said, should_alert=item.answer == ALERT_ANSWERS[1])
    if parser == "reference":
        return _reference_choice(item, response.text)
    said = extract_choice(response.text, parser=parser, options=item.options)
    if said is None:
        return None, Outcome.UNPARSED
    return said, Outcome.RIGHT if said == item.answer else Outcome.WRONG


def _reference_choice(item: Item, text: str) -> tuple[str | None, Outcome]:
    """The letter, or the text that equals the key where the original compares texts."""
    key = reference.compared(item.released_answer or item.answer)
    said = reference.compared(text)
    if said == key:
        return said, Outcome.RIGHT
    letter = reference.letter(text)
    return letter, Outcome.UNPARSED if letter is None else Outcome.WRONG
