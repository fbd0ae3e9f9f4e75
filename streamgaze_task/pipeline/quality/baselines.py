"""How far one gets without looking: by the text of questions and options, and by their order.

A benchmark whose answers can be read from its texts measures language and not gaze; on the
released questions a model without pictures got 53.6 % where chance is 25 % (a third party's
diagnostic). By text, each recording is guessed from what the others teach, so nothing is learned
by heart. By position, the one letter that is right most often is always given, and at the n-th test
point the answer that is right most often at n-th test points: the most that a habit can get.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.choices import LETTERS, without_letter
from sightline.errors import DatasetError
from sightline.intervals import wilson
from sightline.jsonl import read_list
from sightline.tables import Column, Table, render
from streamgaze_task.pipeline.quality.filters import split
from streamgaze_task.task_names import BY_CODE, TASKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

YES_NO = ("yes", "no")
"""The options of a test point."""
_SMOOTHING = 1.0
_EQUAL = 1e-9


@dataclass(frozen=True)
class Blind:
    """One question as one knows it who sees no video."""

    group: str
    """Of which recording."""
    text: str
    options: tuple[str, ...]
    """In their final order; of a test point ``yes`` and ``no``."""
    right: int
    """Position of the right option."""
    place: int = 0
    """Of a test point: how many come before it in its question."""


def read_qa(release: Path) -> dict[str, list[Any]]:
    """Code of a task -> the entries of its file in an unpacked release, where it is there.

    Raises:
        ResponsesError: a file cannot be read.
    """
    files = {task.code: release / "qa" / f"{task.file}.json" for task in TASKS}
    return {code: read_list(path) for code, path in files.items() if path.is_file()}


def baselines(files: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Accuracy without looking, per task.

    Args:
        files: code of a task -> the entries of its JSON file, as in a release.

    Returns:
        Code -> ``questions`` (or test points), ``chance``, and ``text`` and ``position`` with
        their 95 % intervals ``text_interval`` and ``position_interval``, shares in [0, 1];
        ``against_text`` takes the option for which the text speaks least, which pays where words
        were balanced too well.

    Raises:
        DatasetError: an entry is none.
    """
    told = {}
    for code, entries in files.items():
        try:
            asked = [one for entry in entries for one in blind_of(entry)]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(
                f"{BY_CODE[code].file}.json has an entry that is none: {error!r}",
                next_step="sightline build streamgaze --release RELEASE --dry-run names it",
            ) from error
        if asked:
            told[code] = _task(asked)
    return told


def blind_of(entry: Mapping[str, Any]) -> Iterable[Blind]:
    """What an entry of a task file says to one who sees nothing; a test point is one question."""
    group = str(entry.get("video_path", ""))
    for question in entry["questions"]:
        text = str(question["question"])
        if "test_info" in question:
            for place, point in enumerate(question["test_info"]):
                yield Blind(group, text, YES_NO, 1 - int(point["type"]), place)
        else:
            options = tuple(without_letter(option) for option in question["options"])
            yield Blind(group, text, options, LETTERS.index(question["answer"].strip()[:1]))


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The same for a terminal."""
    columns = (
        Column("task", text=True),
        Column("questions"),
        Column("chance"),
        Column("by text"),
        Column("95 %"),
        Column("against it"),
        Column("by position"),
        Column("95 %"),
    )
    rows = tuple(
        (
            BY_CODE[code].paper,
            str(one["questions"]),
            _percent(one["chance"]),
            _percent(one["text"]),
            _interval(one["text_interval"]),
            _percent(one["against_text"]),
            _percent(one["position"]),
            _interval(one["position_interval"]),
        )
        for code, one in found.items()
    )
    return render([Table("accuracy without looking, percent", columns, rows)])


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _interval(ends: Sequence[float]) -> str:
    return f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f}"


def _task(asked: Sequence[Blind]) -> dict[str, Any]:
    count = len(asked)
    text, against = (sum(_guessed(asked, sign)) / count for sign in (1, -1))
    places = Counter((one.place, one.right) for one in asked)
    habits = {place: max(n for (at, _), n in places.items() if at == place) for place, _ in places}
    position = sum(habits.values()) / count
    return {
        "questions": count,
        "chance": sum(1 / len(one.options) for one in asked) / count,
        "text": text,
        "text_interval": list(wilson(text, count)),
        "against_text": against,
        "position": position,
        "position_interval": list(wilson(position, count)),
    }


def _guessed(asked: Sequence[Blind], sign: int) -> Iterable[float]:
    """The share of a guess that is right, question by question; ties are shared out."""
    groups = dict.fromkeys(one.group for one in asked)
    seen = [(one, [_features(one, place) for place in range(len(one.options))]) for one in asked]
    for group in groups:
        weights = _learned([pair for pair in seen if pair[0].group != group])
        for one, found in seen:
            if one.group == group:
                scores = [sign * sum(weights.get(name, 0.0) for name in names) for names in found]
                best = [k for k, score in enumerate(scores) if score >= max(scores) - _EQUAL]
                yield (one.right in best) / len(best)


def _learned(seen: Sequence[tuple[Blind, list[set[str]]]]) -> dict[str, float]:
    """Feature -> by how much it speaks for an option being right (naive Bayes, log odds)."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    rights = wrongs = 0
    for one, found in seen:
        for place, names in enumerate(found):
            (right if place == one.right else wrong).update(names)
        rights += 1
        wrongs += len(one.options) - 1
    return {
        name: math.log((right[name] + _SMOOTHING) / (rights + 2 * _SMOOTHING))
        - math.log((wrong[name] + _SMOOTHING) / (wrongs + 2 * _SMOOTHING))
        for name in sorted(right | wrong)
    }


def _features(one: Blind, place: int) -> set[str]:
    """Words of the option, its length among the others, and what it shares with them."""
    option, others = one.options[place], [*one.options[:place], *one.options[place + 1 :]]
    own = set(split(option))
    if one.options == YES_NO:
        return {f"{option}: {word}" for word in split(one.text)}
    found = {f"word {word}" for word in own}
    found.add(f"longer than {sum(len(option) > len(other) for other in others)}")
    found.add(f"more parts than {sum(_parts(option) > _parts(other) for other in others)}")
    found.add(f"shares words with {sum(bool(own & set(split(other))) for other in others)}")
    if own & set(split(one.text)):
        found.add("in the question")
    return found


def _parts(option: str) -> int:
    return option.count(",") + option.count(">")
