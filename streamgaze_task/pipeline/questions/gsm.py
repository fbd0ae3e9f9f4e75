"""GSM, Gaze Sequence Matching: which three things were looked at one after the other."""

from __future__ import annotations

from itertools import count, permutations
from typing import TYPE_CHECKING, TypeVar

from streamgaze_task.pipeline.questions.past import shown, unknown_spans
from streamgaze_task.pipeline.questions.rules import WRONG
from streamgaze_task.pipeline.records import Question
from streamgaze_task.pipeline.scanpath import settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from random import Random

    from streamgaze_task.pipeline.questions.rules import Rules
    from streamgaze_task.pipeline.records import Episode
    from streamgaze_task.pipeline.scanpath import Group, Scanpath

Item = TypeVar("Item")
Order = tuple[tuple[str, ...], ...]
"""Three groups in the order in which they are looked at."""

LENGTH = 3
"""Looks of a sequence (pipeline step 3 of daeunni/StreamGaze)."""

_ANY = ""
"""Stands for a look at nobody knows what."""


def make(scanpath: Scanpath, rules: Rules, rng: Random) -> Iterator[Question]:
    """One question per three looks in a row, asked once the third is settled.

    The wrong options are sequences that did not happen so far.
    """
    numbers, kind = count(), rules.settings.group
    for looks in _threes(scanpath.episodes):
        at = settled(looks[-1])
        if at is None or at > scanpath.video_seconds:
            continue
        past = scanpath.so_far(at)
        order = order_of(past, looks, kind)
        wrong = others(past, order, kind, rng) if order else ()
        if len(wrong) == WRONG:
            yield _question(past, at, next(numbers), looks=looks, order=order, wrong=wrong)


def order_of(past: Scanpath, looks: Iterable[Episode], kind: Group) -> Order:
    """The groups of three looks; () when one cannot ask for them.

    All must be sure and shown, nothing may lie between them, and nothing may be in two of them.
    """
    first, middle, last = looks
    groups = tuple(past.group(look, kind) for look in (first, middle, last))
    apart = len({name for group in groups for name in group}) == sum(map(len, groups))
    clear = past.unbroken(first, last) and shown(first) and shown(middle)
    return groups if clear and apart else ()


def others(past: Scanpath, order: Order, kind: Group, rng: Random) -> tuple[Order, ...]:
    """Three sequences that did not happen; fewer where there are none.

    Either the same three groups in three other orders, or in one other order beside two orders of
    three other groups of the same sizes, that were looked at in a row too: by chance where both
    are possible. In both cases each set of groups stands there equally often (four, or twice two
    times), and all options have groups of the same sizes, so that no count tells (ours: the
    published rule sets two sequences of pairs beside two of the true groups).
    """
    happened = sequences(past)
    own = _new_orders(order, happened)
    foreign = [
        new
        for looks in _threes(past.episodes)
        if _alike(other := order_of(past, looks, kind), order)
        and len(new := _new_orders(other, happened)) >= WRONG - 1
    ]
    same = len(own) >= WRONG
    mixed = bool(own and foreign)
    if same and (not mixed or rng.random() < 0.5):  # noqa: PLR2004 (one half)
        return tuple(rng.sample(own, WRONG))
    return (rng.choice(own), *rng.sample(rng.choice(foreign), WRONG - 1)) if mixed else ()


def sequences(past: Scanpath) -> frozenset[tuple[str, ...]]:
    """Every three things that were, or may have been, looked at in a row.

    By the thing that the gaze was on. A look at nobody knows what is empty text and may have been
    anything, or nothing.
    """
    looks = [one.name if one.gazed and one.sure else _ANY for one in past.episodes]
    marks = [(start, _ANY) for start, _ in unknown_spans(past)]
    marks += [(one.start_seconds, one.name) for one in past.episodes if one.gazed and one.sure]
    path = [name for _, name in sorted(marks)]
    known = [name for name in looks if name != _ANY]
    # In a loss something may have been looked at, or nothing; of an unknown look the same is true.
    return frozenset(three for each in (path, looks, known) for three in _threes(_merged(each)))


def _new_orders(order: Order, happened: frozenset[tuple[str, ...]]) -> list[Order]:
    return [new for new in permutations(order) if not _among(_heads(new), happened)]


def _among(heads: tuple[str, ...], happened: frozenset[tuple[str, ...]]) -> bool:
    """Whether an order is there, one look at most unknown (with two, anything may have been)."""
    blurred = ((*heads[:i], _ANY, *heads[i + 1 :]) for i in range(LENGTH))
    return heads in happened or any(three in happened for three in blurred)


def _alike(other: Order, order: Order) -> bool:
    """Whether it is of other things, and of groups of the same sizes."""
    mine, theirs = ({name for group in groups for name in group} for groups in (order, other))
    return sorted(map(len, other)) == sorted(map(len, order)) and mine.isdisjoint(theirs)


def _heads(order: Order) -> tuple[str, ...]:
    return tuple(group[0] for group in order)


def _merged(path: list[str]) -> list[str]:
    """Without repetitions in a row."""
    return [name for i, name in enumerate(path) if i == 0 or path[i - 1] != name]


def _threes(items: Sequence[Item]) -> Iterator[tuple[Item, Item, Item]]:
    """Every three in a row."""
    return zip(items, items[1:], items[2:], strict=False)


def arrows(order: Order) -> str:
    """A sequence as the release writes it: ``{a,b}>{c}>{d}``."""
    return ">".join("{" + ",".join(group) + "}" for group in order)


def _question(
    past: Scanpath,
    at: int,
    number: int,
    *,
    looks: tuple[Episode, ...],
    order: Order,
    wrong: tuple[Order, ...],
) -> Question:
    return Question(
        f"{past.recording_id}/gsm/{number:04d}",
        "gsm",
        past.recording_id,
        at,
        "Which transition best matches the user's gaze pattern?",
        arrows(order),
        tuple(map(arrows, wrong)),
        (looks[0].start_seconds, float(at)),
        tuple(look.number for look in looks),
        extras={"correct_sequence": [list(group) for group in order]},
    )
