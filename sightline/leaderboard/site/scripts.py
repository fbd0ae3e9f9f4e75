"""Data for the pages' scripts: JavaScript files that call one function with plain JSON.

A page opened from a folder may not fetch, but it may load a script beside it; the policy of the
pages allows those of the same place and nothing else.
"""

from __future__ import annotations

import json


def call(function: str, *values: object) -> str:
    """The text of a file that calls `function`; nothing in the values can end a script or a line.

    Args:
        function: its name, ours.
        values: plain JSON; not finite numbers are refused.

    Raises:
        ValueError: a number is infinite or none at all.
    """
    texts = (
        json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        for value in values
    )
    # ASCII alone holds no line separator; "<" could open a comment or close a script element.
    return f"{function}({','.join(texts)});\n".replace("<", "\\u003c")
