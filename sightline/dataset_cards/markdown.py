"""Text that strangers wrote, in Markdown.

Names, messages and paths come out of releases. In a card they are text and nothing else: no table
cell ends early, no tag, link, heading or list begins.
"""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 300
_ESCAPED = str.maketrans(
    {
        **{mark: f"\\{mark}" for mark in "\\`*_[]|~#!^="},
        "<": "&lt;",
        ">": "&gt;",
        "&": "&amp;",
        "$": "&#36;",
        "@": "&#64;",
    }
)
_LIST_MARK = re.compile(r"^([-+]|\d+[.)])")
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_WEB = re.compile(r"https?://[A-Za-z0-9./_%#?=&~+-]+", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:@#+-]*", re.ASCII)


def plain(value: object) -> str:
    """A value as one line that means nothing in Markdown, in a table cell or anywhere else.

    Line breaks and runs of spaces become one space, invisible and control characters go, and what
    is longer than 300 characters is cut.
    """
    one_line = " ".join(str(value).split())
    visible = (mark for mark in one_line if unicodedata.category(mark)[0] != "C")
    text = " ".join("".join(visible).split())
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]} ..."
    # What GitHub's Markdown takes for an address becomes a link without any mark around it.
    text = _ADDRESS.sub("\0", text).translate(_ESCAPED).replace("\0", "<!-- -->")
    return _LIST_MARK.sub(lambda match: _guarded(match[1]), text)


def code(value: object) -> str:
    """A value in code font where it is a plain name or path, else as `plain` has it."""
    text = str(value)
    return f"`{text}`" if _CODE.fullmatch(text) and len(text) <= _LONGEST else plain(text)


def link(value: object, address: str) -> str:
    """A value as `plain` has it, a link where there is an address on the web that can be one."""
    return f"[{plain(value)}]({address})" if _WEB.fullmatch(address) else plain(value)


def _guarded(mark: str) -> str:
    return f"{mark[:-1]}\\{mark[-1]}"
