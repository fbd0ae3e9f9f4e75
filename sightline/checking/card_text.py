"""The card below its front matter: what people look for, and nothing that acts in their browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sightline.checking.opened import CARD
from sightline.findings import Finding
from sightline.wording import short, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.checking.opened import OpenedDataset

# Each looks a bounded way ahead: a card may be made to keep a pattern busy.
_ACTIVE = {
    "an element that loads or runs something": re.compile(
        r"<\s{0,9}/?\s{0,9}(script|iframe|object|embed|form|frame|frameset|applet|base|meta|link|svg)\b",
        re.IGNORECASE,
    ),
    "an event handler": re.compile(
        r"<[a-z][^<>]{0,2000}?[\s\"'/]on[a-z]{3,30}\s{0,9}=", re.IGNORECASE
    ),
    "a link that runs a script": re.compile(
        r"(javascript|vbscript)\s{0,9}:|data\s{0,9}:\s{0,9}text/html", re.IGNORECASE
    ),
}
_MARKDOWN_PICTURE = re.compile(r"!\[[^\[\]]{0,500}\]\(\s{0,9}<?([^()\s<>]{1,1000})")
_HTML_PICTURE = re.compile(
    r"<(?:img|source|video)\b[^<>]{0,1000}?\bsrc\s{0,9}=\s{0,9}[\"']?([^\"'\s<>]{1,1000})",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}:|//|#", re.IGNORECASE)
_HEADING = re.compile(r"^#{1,6}[^\n]{0,80}\blicen[cs]e", re.IGNORECASE | re.MULTILINE)
_CITATION = re.compile(r"^\s{0,9}@[a-z]{3,20}\{", re.IGNORECASE | re.MULTILINE)
_ADD = "add it, or build the dataset again"


def findings(dataset: OpenedDataset, body: str) -> Iterator[Finding]:
    """Find what the text of a card lacks, and what must not be in it.

    Args:
        dataset: whose pictures the card may show.
        body: the card without its front matter.
    """
    paper = dataset.rules.pretty.get("arxiv", "")
    lacking = (
        (f"a link to the paper, arxiv.org/abs/{paper}", f"arxiv.org/abs/{paper}" in body),
        ("an example with load_dataset", "load_dataset(" in body),
        ("a section about the licence", bool(_HEADING.search(body))),
        ("a citation in BibTeX", bool(_CITATION.search(body))),
    )
    for what, there in lacking:
        if not there:
            yield Finding("warning", f"the card lacks {what}", _ADD, CARD)
    for what, pattern in _ACTIVE.items():
        for line in _lines(body, pattern):
            yield Finding("error", f"{what}: {short(line)}", "remove it: a card is text", CARD)
    for picture in _pictures(body):
        if picture not in dataset.files:
            what = f"the card shows {shown(picture)}, which is not there"
            yield Finding("error", what, "put the picture there, or build again", CARD)


def _lines(body: str, pattern: re.Pattern[str], most: int = 20) -> list[str]:
    """What a pattern finds, the first ones."""
    found = []
    for match in pattern.finditer(body):
        found.append(" ".join(match.group(0).split()))
        if len(found) == most:
            break
    return found


def _pictures(body: str) -> list[str]:
    """Pictures that the card shows from the dataset, as paths; each once."""
    shown_ones = [*_MARKDOWN_PICTURE.findall(body), *_HTML_PICTURE.findall(body)]
    own = (path for path in shown_ones if not _SCHEME.match(path))
    plain = (unquote(re.split(r"[?#]", path)[0]).removeprefix("./") for path in own)
    return list(dict.fromkeys(plain))
