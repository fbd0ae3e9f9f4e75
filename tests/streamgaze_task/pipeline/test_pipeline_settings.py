"""What a configuration may say: unknown names and other types are refused, with the place."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 (settings_from reads the hint)
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from sightline.errors import UsageError
from streamgaze_task.pipeline.settings import settings_from


@dataclass(frozen=True)
class Own:
    """Settings of every kind."""

    name: str
    count: int = 1
    share: float = 0.5
    on: bool = True
    rule: Literal["a", "b"] = "a"
    words: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    most: int | None = None

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("count must be >= 0")


def test_everything_is_taken_over():
    """Everything is taken over."""
    given = {
        "name": "x",
        "count": 2,
        "share": 1,
        "on": False,
        "rule": "b",
        "words": ["a"],
        "more": {"k": [1]},
        "most": 3,
    }
    made = settings_from(Own, given, "own")
    assert made == Own(
        "x",
        2,
        1.0,
        False,  # noqa: FBT003 (a value among others)
        "b",
        ("a",),
        {"k": [1]},
        3,
    )
    assert isinstance(made.share, float)
    assert settings_from(Own, {"name": "x"}, "own") == Own("x")
    assert settings_from(Own, {"name": "x", "most": None}, "own").most is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "own must have name"),
        ([], "own must be names with values"),
        ({"name": "x", "counts": 1}, "did you mean count"),
        ({"name": "x", "zzz": 1}, "known: name, count"),
        ({"name": 3}, "own.name must be a text"),
        ({"name": "x", "count": True}, "own.count must be a whole number"),
        ({"name": "x", "count": 1.5}, "own.count must be a whole number"),
        ({"name": "x", "share": "much"}, "own.share must be a number"),
        ({"name": "x", "share": True}, "own.share must be a number"),
        ({"name": "x", "on": 1}, "own.on must be true or false"),
        ({"name": "x", "rule": "c"}, "own.rule must be one of a, b"),
        ({"name": "x", "words": "abc"}, "own.words must be a list"),
        ({"name": "x", "words": ["a", 1]}, r"own.words\[1\] must be a text"),
        ({"name": "x", "more": [1]}, "own.more must be names with values"),
        ({"name": "x", "most": "a"}, "own.most must be a whole number"),
        ({"name": "x", "count": -1}, "own: count must be >= 0"),
        ({1: "x"}, "own has no setting"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(given, message):
    """What does not fit is refused with its place."""
    with pytest.raises(UsageError, match=message):
        settings_from(Own, given, "own")
