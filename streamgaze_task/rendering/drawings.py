"""How every kind of thing is drawn, one table.

A drawing is a list of parts from back to front, each (form, tone, numbers) in a box of 100 x 100
with y down and the thing's foot at 100. Forms: ``ellipse`` and ``box`` (left, top, right, bottom),
``shape`` (a polygon) and ``line`` (points, drawn thick). Tones: ``body`` is the thing's own colour,
``light`` and ``dark`` are shades of it, everything else names a colour
(streamgaze_task.rendering.kinds.COLOURS).
"""

from __future__ import annotations

Part = tuple[str, str, tuple[float, ...]]

PARTS: dict[str, tuple[Part, ...]] = {
    "bottle": (
        ("box", "black", (42, 0, 58, 12)),
        ("box", "body", (42, 10, 58, 40)),
        ("shape", "body", (42, 30, 58, 30, 72, 52, 72, 100, 28, 100, 28, 52)),
        ("box", "white", (30, 62, 70, 84)),
    ),
    "bowl": (
        ("ellipse", "dark", (2, 38, 98, 62)),
        ("shape", "body", (2, 50, 98, 50, 84, 82, 66, 100, 34, 100, 16, 82)),
        ("box", "light", (10, 54, 90, 60)),
    ),
    "spoon": (
        ("box", "body", (45, 34, 55, 100)),
        ("ellipse", "body", (32, 0, 68, 44)),
        ("ellipse", "light", (40, 8, 60, 34)),
    ),
    "pot": (
        ("box", "black", (0, 52, 16, 62)),
        ("box", "black", (84, 52, 100, 62)),
        ("box", "body", (12, 40, 88, 100)),
        ("ellipse", "dark", (12, 32, 88, 52)),
        ("box", "light", (20, 60, 28, 92)),
    ),
    "knife": (
        ("shape", "white", (44, 0, 62, 14, 62, 62, 44, 62)),
        ("box", "grey", (40, 60, 64, 66)),
        ("box", "body", (44, 64, 60, 100)),
    ),
    "bread": (
        ("box", "body", (2, 58, 98, 100)),
        ("ellipse", "body", (2, 42, 98, 80)),
        ("line", "light", (24, 52, 34, 70)),
        ("line", "light", (46, 50, 56, 70)),
        ("line", "light", (68, 52, 78, 70)),
    ),
    "sponge": (
        ("box", "body", (8, 62, 92, 100)),
        ("box", "green", (8, 52, 92, 68)),
        ("ellipse", "dark", (22, 76, 32, 86)),
        ("ellipse", "dark", (50, 80, 60, 90)),
        ("ellipse", "dark", (72, 74, 82, 84)),
    ),
    "plate": (("ellipse", "body", (4, 8, 96, 100)), ("ellipse", "light", (22, 26, 78, 82))),
    "cup": (
        ("ellipse", "body", (62, 44, 98, 84)),
        ("ellipse", "white", (70, 53, 90, 75)),
        ("shape", "body", (14, 30, 76, 30, 70, 100, 20, 100)),
        ("ellipse", "dark", (14, 24, 76, 38)),
    ),
    "jar": (
        ("box", "body", (26, 8, 74, 26)),
        ("box", "light", (18, 24, 82, 100)),
        ("box", "white", (26, 48, 74, 78)),
    ),
    "box": (
        ("box", "body", (4, 8, 96, 100)),
        ("box", "dark", (44, 8, 56, 100)),
        ("box", "light", (4, 8, 96, 22)),
    ),
    "book": (
        ("box", "body", (20, 0, 80, 100)),
        ("box", "dark", (20, 0, 32, 100)),
        ("box", "white", (42, 18, 72, 34)),
    ),
    "clock": (
        ("ellipse", "body", (4, 8, 96, 100)),
        ("ellipse", "white", (16, 20, 84, 88)),
        ("line", "black", (50, 54, 50, 28)),
        ("line", "black", (50, 54, 70, 62)),
    ),
    "lamp": (
        ("box", "black", (46, 46, 54, 94)),
        ("ellipse", "black", (26, 88, 74, 100)),
        ("shape", "body", (34, 0, 66, 0, 92, 50, 8, 50)),
    ),
    "vase": (
        ("line", "green", (50, 44, 36, 12)),
        ("line", "green", (50, 44, 64, 10)),
        ("ellipse", "red", (26, 2, 46, 22)),
        ("ellipse", "yellow", (54, 0, 74, 20)),
        ("shape", "body", (36, 38, 64, 38, 58, 56, 76, 76, 64, 100, 36, 100, 24, 76, 42, 56)),
    ),
    "kettle": (
        ("line", "black", (26, 34, 32, 12, 68, 12, 74, 34)),
        ("shape", "body", (70, 56, 98, 34, 98, 46, 76, 80)),
        ("shape", "body", (30, 34, 70, 34, 86, 100, 14, 100)),
        ("ellipse", "black", (44, 24, 56, 36)),
    ),
    "ball": (
        ("ellipse", "body", (6, 12, 94, 100)),
        ("line", "white", (10, 56, 90, 56)),
        ("ellipse", "light", (24, 22, 42, 40)),
    ),
    "apple": (
        ("ellipse", "body", (8, 28, 60, 100)),
        ("ellipse", "body", (40, 28, 92, 100)),
        ("line", "brown", (50, 34, 54, 8)),
        ("ellipse", "green", (54, 8, 82, 24)),
    ),
    "banana": (
        (
            "shape",
            "body",
            (8, 40, 18, 34, 30, 62, 54, 74, 80, 66, 92, 52, 98, 58, 88, 84, 58, 98, 26, 86),
        ),
        ("box", "brown", (6, 30, 18, 42)),
    ),
    "carrot": (
        ("line", "green", (22, 36, 4, 16)),
        ("line", "green", (22, 36, 24, 8)),
        ("line", "green", (22, 36, 44, 16)),
        ("shape", "body", (12, 46, 34, 30, 98, 100)),
    ),
    "cheese": (
        ("shape", "body", (4, 100, 96, 100, 96, 34)),
        ("ellipse", "dark", (66, 60, 84, 76)),
        ("ellipse", "dark", (44, 80, 58, 94)),
    ),
    "plant": (
        ("line", "green", (50, 64, 50, 8)),
        ("line", "green", (50, 60, 20, 20)),
        ("line", "green", (50, 60, 80, 20)),
        ("ellipse", "green", (36, 0, 64, 34)),
        ("ellipse", "green", (6, 10, 38, 40)),
        ("ellipse", "green", (62, 10, 94, 40)),
        ("shape", "body", (22, 62, 78, 62, 68, 100, 32, 100)),
    ),
    "candle": (
        ("shape", "orange", (50, 0, 60, 16, 50, 26, 40, 16)),
        ("line", "black", (50, 24, 50, 34)),
        ("box", "body", (34, 32, 66, 90)),
        ("ellipse", "black", (16, 84, 84, 100)),
    ),
    "hat": (
        ("box", "body", (26, 24, 74, 88)),
        ("box", "light", (26, 66, 74, 80)),
        ("ellipse", "body", (0, 80, 100, 100)),
    ),
    "scissors": (
        ("shape", "grey", (30, 0, 42, 0, 64, 62, 52, 66)),
        ("shape", "grey", (58, 0, 70, 0, 48, 66, 36, 62)),
        ("ellipse", "body", (12, 60, 48, 100)),
        ("ellipse", "body", (52, 60, 88, 100)),
        ("ellipse", "white", (22, 70, 38, 90)),
        ("ellipse", "white", (62, 70, 78, 90)),
    ),
    "hammer": (
        ("box", "body", (44, 20, 58, 100)),
        ("box", "black", (14, 6, 86, 30)),
        ("shape", "black", (14, 6, 14, 30, 0, 36, 4, 14)),
    ),
    "phone": (
        ("box", "body", (26, 0, 74, 100)),
        ("box", "white", (32, 12, 68, 80)),
        ("ellipse", "white", (44, 84, 56, 96)),
    ),
    "camera": (
        ("box", "body", (4, 36, 96, 100)),
        ("box", "body", (30, 22, 70, 40)),
        ("ellipse", "white", (30, 46, 72, 92)),
        ("ellipse", "black", (38, 54, 64, 84)),
        ("box", "yellow", (80, 44, 92, 54)),
    ),
    "star": (
        (
            "shape",
            "body",
            (50, 4, 62, 38, 98, 40, 70, 62, 80, 98, 50, 78, 20, 98, 30, 62, 2, 40, 38, 38),
        ),
    ),
    "bell": (
        ("ellipse", "black", (40, 84, 60, 100)),
        ("ellipse", "body", (26, 10, 74, 64)),
        ("shape", "body", (26, 38, 74, 38, 92, 90, 8, 90)),
        ("box", "dark", (6, 82, 94, 90)),
    ),
    "key": (
        ("box", "body", (44, 36, 56, 100)),
        ("box", "body", (56, 70, 76, 80)),
        ("box", "body", (56, 88, 76, 98)),
        ("ellipse", "body", (26, 0, 74, 46)),
        ("ellipse", "white", (40, 12, 60, 32)),
    ),
    "radio": (
        ("line", "black", (76, 34, 94, 0)),
        ("box", "body", (2, 32, 98, 100)),
        ("ellipse", "black", (10, 44, 50, 90)),
        ("box", "white", (58, 44, 90, 58)),
        ("ellipse", "white", (60, 68, 72, 84)),
        ("ellipse", "white", (78, 68, 90, 84)),
    ),
    "drum": (
        ("box", "body", (6, 42, 94, 94)),
        ("ellipse", "white", (6, 30, 94, 54)),
        ("line", "white", (14, 56, 34, 92, 54, 56, 74, 92, 90, 56)),
    ),
    "basket": (
        ("line", "body", (12, 56, 24, 16, 76, 16, 88, 56)),
        ("shape", "body", (4, 54, 96, 54, 82, 100, 18, 100)),
        ("line", "light", (10, 70, 90, 70)),
        ("line", "light", (14, 84, 86, 84)),
    ),
}
"""Name of a kind -> its parts."""
