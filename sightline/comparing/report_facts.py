"""One run looked at from all sides: what its page says beside the scores of its board."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.accuracy import complete, percent
from sightline.comparing.pairs import missing
from sightline.comparing.slices import right
from sightline.intervals import effective_size, wilson
from sightline.records import Outcome
from sightline.reports import disagreement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sightline.comparing.sides import Side
    from sightline.leaderboard.board import Headline, PublishedRow
    from sightline.records import Score

FAILURES = (Outcome.UNPARSED, Outcome.ERROR, Outcome.MISSING)
"""Outcomes that are no readable answer."""

EXAMPLES = 3
"""Failures of each kind that are shown."""

LONGEST = 5
"""Responses that are shown as the longest."""

_MOST_VALUES = 6
_PARTS = 4


@dataclass(frozen=True)
class Part:
    """The questions that have something in common: as many frames, as many options."""

    label: str
    """What: ``32`` or ``20 to 50``."""
    questions: int
    """How many."""
    accuracy: float
    """Percent."""
    low: float
    """Lower end of the 95 % interval, clustered by video."""
    high: float
    """Upper end."""


@dataclass(frozen=True)
class Letter:
    """One letter, as key and as answer."""

    letter: str
    """``A``."""
    keys: int
    """Questions whose key it is."""
    chosen: int
    """Responses that were read as it."""
    right: int
    """Of these, right ones."""


@dataclass(frozen=True)
class Example:
    """One sample, to be looked at."""

    question_id: str
    """As in the dataset."""
    kind: str
    """Its outcome, or what is shown of it: ``1,204 tokens``."""
    answer: str
    """The key."""
    text: str
    """The response, or the reason why there is none."""


@dataclass(frozen=True)
class RunReport:
    """Everything that the page of one run says."""

    name: str
    """Of the model."""
    source: str
    """What was read."""
    benchmark: str
    """Title."""
    setting: str
    """Title."""
    metric: str
    """What the headline is."""
    headline: Headline
    """The number of the table."""
    questions: int
    """Of the split."""
    counts: Mapping[str, int]
    """Outcome -> questions."""
    published: tuple[PublishedRow, ...]
    """Printed rows of the same setting, people and chance first."""
    cells: Mapping[str, Mapping[str, Mapping[str, Any]]]
    """As `Board.cells`."""
    parsers: Mapping[str, float | None]
    """Parser -> accuracy over the questions, percent."""
    disagreement: Mapping[str, Any]
    """As :func:`sightline.reports.disagreement`."""
    letters: tuple[Letter, ...]
    """In alphabetical order; keys and predictions of one letter alone."""
    parts: Mapping[str, tuple[Part, ...]]
    """``frames``, ``options``, ``seconds of video`` -> accuracy, as far as the samples tell."""
    longest: tuple[Example, ...]
    """The longest responses, in tokens where the samples tell, else in characters."""
    examples: tuple[Example, ...]
    """The first failures of each kind."""
    notes: tuple[str, ...]
    """What a reader must know."""


def run_report(side: Side) -> RunReport:
    """Look at one run from all sides.

    Raises:
        ResponsesError: a question is not in the split.
    """
    scores = _whole(side)
    board = side.board
    report = board.summarise(scores, side.setting, side.name)
    parser = board.headline_parser
    return RunReport(
        name=side.name,
        source=side.source,
        benchmark=board.title,
        setting=side.setting.title,
        metric=board.metric,
        headline=board.headline(report),
        questions=len(scores),
        counts=_counts(scores, parser),
        published=tuple(row for row in board.published() if row.setting == side.setting.name),
        cells=board.cells(report),
        parsers={
            name: percent(sum(right(one, name) for one in scores) / len(scores))
            for name in board.parsers
        },
        disagreement=disagreement(scores, board.parsers),
        letters=_letters(scores, parser),
        parts={k: v for k, of in _MEASURES.items() if (v := _parts(scores, parser, of))},
        longest=_longest(scores),
        examples=tuple(_examples(scores, parser)),
        notes=tuple(_notes(side, scores)),
    )


def _whole(side: Side) -> list[Score]:
    """One score for each question of the split, as far as it is known."""
    return complete(side.scores, side.split or [missing(one) for one in side.scores])


def _counts(scores: Sequence[Score], parser: str) -> dict[str, int]:
    found = Counter(one.outcomes.get(parser, one.outcome) for one in scores)
    return {outcome.value: found[outcome] for outcome in Outcome}


def _letters(scores: Sequence[Score], parser: str) -> tuple[Letter, ...]:
    keys = Counter(one.answer for one in scores)
    chosen = Counter(one.predictions.get(parser) or "" for one in scores)
    hits = Counter(one.predictions.get(parser) or "" for one in scores if right(one, parser))
    known = sorted(letter for letter in {*keys, *chosen} if len(letter) == 1)
    return tuple(Letter(name, keys[name], chosen[name], hits[name]) for name in known)


def frames_of(score: Score) -> float | None:
    """How many frames the model was shown; None where the sample does not tell."""
    indices = score.details.get("frame_indices")
    if not isinstance(indices, list):
        return None
    return float(sum(len(one) if isinstance(one, list) else 1 for one in indices))


def _seconds_of(score: Score) -> float | None:
    window = score.details.get("window")
    if not isinstance(window, list) or len(window) != 2:  # noqa: PLR2004 (start and end)
        return None
    if not all(isinstance(end, int | float) for end in window):
        return None
    return float(window[1] - window[0])


def _tokens_of(score: Score) -> int | None:
    tokens = score.details.get("output_tokens")
    return tokens if isinstance(tokens, int) else None


_MEASURES: Mapping[str, Callable[[Score], float | None]] = {
    "frames": frames_of,
    "options": lambda score: float(score.option_count),
    "seconds of video": _seconds_of,
}


def _parts(
    scores: Sequence[Score], parser: str, measure: Callable[[Score], float | None]
) -> tuple[Part, ...]:
    """Accuracy by a measure: each value where there are few, else four parts of like size.

    Empty where the samples do not tell, or all tell the same.
    """
    told = [(value, one) for one in scores if (value := measure(one)) is not None]
    values = sorted(value for value, _ in told)
    distinct = sorted(set(values))
    if len(distinct) < 2:  # noqa: PLR2004 (one value divides nothing)
        return ()
    if len(distinct) <= _MOST_VALUES:
        bounds = distinct
    else:
        bounds = sorted({values[len(values) * part // _PARTS - 1] for part in range(1, _PARTS + 1)})
    groups: defaultdict[float, list[tuple[float, Score]]] = defaultdict(list)
    for value, one in told:
        groups[next(bound for bound in bounds if value <= bound)].append((value, one))
    return tuple(_part(groups[bound], parser) for bound in bounds if groups[bound])


def _part(own: Sequence[tuple[float, Score]], parser: str) -> Part:
    low, high = min(value for value, _ in own), max(value for value, _ in own)
    videos: defaultdict[str, list[bool]] = defaultdict(list)
    for _, one in own:
        videos[one.cluster].append(right(one, parser))
    share = sum(map(sum, videos.values())) / len(own)
    ends = wilson(share, effective_size([*videos.values()]))
    label = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return Part(label, len(own), 100 * share, 100 * ends.low, 100 * ends.high)


def _longest(scores: Iterable[Score]) -> tuple[Example, ...]:
    said = [(one, text) for one in scores if isinstance(text := one.details.get("response"), str)]
    known = [(tokens, one, text) for one, text in said if (tokens := _tokens_of(one)) is not None]
    unit, sized = "tokens", known
    if not known:
        unit, sized = "characters", [(len(text), one, text) for one, text in said]
    sized = sorted(sized, key=lambda row: (-row[0], row[1].question_id))[:LONGEST]
    return tuple(Example(s.question_id, f"{n:,} {unit}", s.answer, text) for n, s, text in sized)


def _examples(scores: Sequence[Score], parser: str) -> Iterable[Example]:
    for kind in FAILURES:
        own = [one for one in scores if one.outcomes.get(parser, one.outcome) is kind]
        for one in own[:EXAMPLES]:
            text = one.error if kind is Outcome.ERROR else one.details.get("response")
            yield Example(one.question_id, kind.value, one.answer, str(text or ""))


def _notes(side: Side, scores: Sequence[Score]) -> Iterable[str]:
    absent = sum(one.outcome is Outcome.MISSING for one in scores)
    if absent:
        yield (
            f"A partial run: {absent:,} of {len(scores):,} questions are missing, and count as "
            "not right."
        )
    if not side.split and (side.stated or 0) > len(scores):
        yield (
            f"The samples say that the split has {side.stated:,} questions; {len(scores):,} are "
            "here. --dataset FOLDER counts them all."
        )
    if not side.split:
        yield "Shown as the run scored it; with --dataset every response is scored again."
