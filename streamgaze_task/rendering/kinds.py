"""What stands in the rooms: every kind of thing and its attributes."""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[int, int, int]

COLOURS: dict[str, Rgb] = {
    "red": (205, 40, 40),
    "blue": (45, 85, 200),
    "green": (50, 150, 70),
    "yellow": (240, 205, 40),
    "orange": (240, 130, 30),
    "purple": (130, 60, 160),
    "white": (244, 244, 240),
    "black": (45, 45, 48),
    "pink": (240, 140, 175),
    "brown": (125, 78, 42),
    "grey": (150, 152, 158),
}
"""The colours that things have."""

MIXED_UP = (
    frozenset({"red", "orange"}),
    frozenset({"red", "pink"}),
    frozenset({"orange", "yellow"}),
    frozenset({"orange", "brown"}),
    frozenset({"purple", "pink"}),
    frozenset({"purple", "blue"}),
    frozenset({"grey", "white"}),
    frozenset({"grey", "black"}),
    frozenset({"brown", "black"}),
    frozenset({"brown", "red"}),
)
"""Colours that a person may mistake for each other: never offered together."""


@dataclass(frozen=True)
class Kind:
    """One kind of thing."""

    colours: tuple[str, ...]
    """Which colours it may have, keys of COLOURS."""
    shape: str | None = None
    """Its shape in one word, where there is no doubt about it."""
    plain: bool = True
    """Whether its colour is beyond doubt: not when it has large parts of another one."""


TOOLS = ("bottle", "spoon", "knife", "sponge", "cup")
"""Kinds that a hand takes."""
TARGETS = ("bowl", "pot", "bread", "plate")
"""Kinds that they are used on."""

KINDS: dict[str, Kind] = {
    "bottle": Kind(("red", "blue", "green", "orange", "purple")),
    "bowl": Kind(("red", "blue", "yellow", "orange", "pink", "white")),
    "spoon": Kind(("grey", "brown", "red", "blue")),
    "pot": Kind(("grey", "red", "blue", "orange", "white")),
    "knife": Kind(("black", "red", "blue", "brown"), plain=False),
    "bread": Kind(("brown",)),
    "sponge": Kind(("yellow", "pink", "blue"), plain=False),
    "plate": Kind(("white", "blue", "red", "yellow", "green"), shape="round"),
    "cup": Kind(("red", "blue", "green", "orange", "purple", "pink")),
    "jar": Kind(("red", "blue", "green", "orange", "purple")),
    "box": Kind(("red", "blue", "green", "brown", "purple"), shape="square"),
    "book": Kind(("red", "blue", "green", "purple", "orange"), shape="rectangular"),
    "clock": Kind(("red", "blue", "black", "green"), shape="round", plain=False),
    "lamp": Kind(("red", "blue", "yellow", "orange", "purple")),
    "vase": Kind(("blue", "white", "purple", "orange"), plain=False),
    "kettle": Kind(("grey", "red", "blue", "green")),
    "ball": Kind(("red", "blue", "orange", "purple", "green"), shape="round"),
    "apple": Kind(("red",)),
    "banana": Kind(("yellow",)),
    "carrot": Kind(("orange",), plain=False),
    "cheese": Kind(("yellow",), shape="triangular"),
    "plant": Kind(("orange", "red", "blue", "purple"), plain=False),
    "candle": Kind(("red", "white", "purple", "pink", "blue"), plain=False),
    "hat": Kind(("black", "red", "purple", "blue")),
    "scissors": Kind(("red", "blue", "orange", "purple"), plain=False),
    "hammer": Kind(("brown", "red", "yellow", "blue"), plain=False),
    "phone": Kind(("black", "red", "blue", "purple")),
    "camera": Kind(("black", "red", "blue", "purple")),
    "star": Kind(("yellow", "red", "blue", "purple"), shape="star-shaped"),
    "bell": Kind(("yellow", "red", "blue")),
    "key": Kind(("grey", "yellow", "red")),
    "radio": Kind(("red", "blue", "orange", "purple")),
    "drum": Kind(("red", "blue", "purple", "green"), plain=False),
    "basket": Kind(("brown",)),
}
"""Name -> kind. A name is one simple word, as in the release's naming rule."""

SHAPES = ("round", "triangular", "star-shaped", "heart-shaped", "long and thin")
"""Shapes that are offered beside the right one; square and rectangular never stand together."""
