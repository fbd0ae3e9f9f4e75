"""The card: front matter that readers take as it is meant, and what people look for below it."""

from __future__ import annotations

import difflib
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from sightline.checking import card_configs, card_readers, card_text
from sightline.checking.front_matter import read_front_matter
from sightline.checking.opened import CARD
from sightline.dataset_cards.front_matter import size_category
from sightline.findings import Finding
from sightline.wording import short, shown

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from sightline.checking.opened import OpenedDataset
    from sightline.progress import Progress

MAX_BYTES = 2_000_000
"""The longest card that is read."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*|multilingual|code")
_FRONT = "put it into the front matter"


def check(dataset: OpenedDataset, progress: Progress) -> Iterator[Finding]:  # noqa: ARG001
    """Find what is wrong with ``README.md``."""
    text = yield from _text(dataset)
    if text is None:
        return
    front = read_front_matter(text)
    for fault in front.faults:
        yield Finding("error", fault, "correct the YAML between the two lines ---", CARD)
    if front.values:
        configs = list(card_configs.findings(dataset, front.values))
        yield from configs
        yield from card_readers.dataset_info(dataset, front.values)
        if front.readable and not any(finding.severity == "error" for finding in configs):
            yield from card_readers.accepted(text)
        yield from _licence(dataset, front.values)
        yield from _size(dataset, front.values)
        yield from _words(front.values)
    yield from card_text.findings(dataset, front.body)


def _text(dataset: OpenedDataset) -> Generator[Finding, None, str | None]:
    """The card's text, as the generator's value; None after a finding says why there is none."""
    size = dataset.files.get(CARD)
    if size is None:
        yield Finding("error", "the dataset has no card", "build the dataset again", CARD)
        return None
    if size > MAX_BYTES:
        what = f"a card of {size:,} bytes; more than {MAX_BYTES:,} are not read"
        yield Finding("error", what, "shorten it", CARD)
        return None
    try:
        return (dataset.folder / CARD).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        yield Finding("error", f"no UTF-8 at byte {error.start:,}", "save it as UTF-8", CARD)
    except OSError as error:
        yield Finding("error", f"cannot be read: {error.strerror}", "", CARD)
    return None


def _licence(dataset: OpenedDataset, values: Mapping[str, Any]) -> Iterator[Finding]:
    """The licence: one that the Hub knows, and the release's own."""
    where, right = _where("license"), dataset.rules.licence
    if "license" not in values:
        yield Finding("error", f"it must be {right}, but is missing", _FRONT, where)
        return
    given = values["license"]
    names = given if isinstance(given, list) else [given]
    for name in names:
        if not isinstance(name, str):
            yield Finding("error", f"{short(name)} must be a text", f"write {right}", where)
        elif name not in _known("licences"):
            what = f"the Hub knows no licence {short(name)}"
            yield Finding("error", what, _nearest(name, "licences"), where)
    if names != [right]:
        what = f"it must be {right}, as the release is, not {short(given)}"
        yield Finding("error", what, f"write {right}: a card can grant no more", where)
    if "other" in names:
        for key in ("license_name", "license_link"):
            if not _is_text(values.get(key)):
                what = "`license: other` needs it, as a text"
                yield Finding("error", what, _FRONT, _where(key))


def _size(dataset: OpenedDataset, values: Mapping[str, Any]) -> Iterator[Finding]:
    """The size category against the questions that are there."""
    where, given = _where("size_categories"), values.get("size_categories")
    rows = _questions(dataset)
    if "size_categories" not in values:
        yield Finding("warning", "the size is missing", _FRONT, where)
    elif rows is not None and (given if isinstance(given, list) else [given]) != [
        size_category(rows)
    ]:
        what = f"{rows:,} questions are {size_category(rows)}, not {short(given)}"
        yield Finding("error", what, f"write {size_category(rows)}", where)


def _questions(dataset: OpenedDataset) -> int | None:
    """Rows of the default config by its footers; None where one cannot be read."""
    try:
        tables = dataset.tables(dataset.rules.configs[0].name)
        return sum(pq.read_metadata(table).num_rows for table in tables) if tables else None
    # Whatever is wrong with a footer, the check of the tables says it.
    except Exception:  # noqa: BLE001
        return None


def _words(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Language, name, tasks and tags."""
    if not _is_text(values.get("pretty_name")):
        yield _about("pretty_name", values, "the dataset's name, a text")
    languages = _list(values, "language")
    if not languages or not all(_is_language(word) for word in languages):
        yield _about("language", values, "a list of codes such as en")
    tags = _list(values, "tags")
    if not tags or not all(_is_text(tag) for tag in tags):
        yield _about("tags", values, "a list of texts")
    tasks = _list(values, "task_categories")
    if not tasks or not all(_is_text(task) for task in tasks):
        yield _about("task_categories", values, "a list of texts")
    for task in tasks or []:
        if isinstance(task, str) and task not in _known("task_categories"):
            what = f"the Hub knows no task {short(task)}"
            mend = _nearest(task, "task_categories")
            yield Finding("error", what, mend, _where("task_categories"))


def _about(key: str, values: Mapping[str, Any], wanted: str) -> Finding:
    """A key that is missing, which may be, or of another type, which may not."""
    if key not in values:
        return Finding("warning", f"it must be {wanted}, but is missing", _FRONT, _where(key))
    what = f"it must be {wanted}, not {short(values[key])}"
    return Finding("error", what, _FRONT, _where(key))


def _list(values: Mapping[str, Any], key: str) -> list[Any] | None:
    """A key's list, one text being a list of one; None where it is neither."""
    value = values.get(key)
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list) else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_language(value: object) -> bool:
    return isinstance(value, str) and bool(_LANGUAGE.fullmatch(value))


def _nearest(name: str, kind: str) -> str:
    """What was probably meant."""
    near = difflib.get_close_matches(name.lower()[:60], _known(kind), 1)
    return f"did you mean {near[0]}?" if near else "take one from the Hub's documentation"


def _where(key: str) -> str:
    return f"{CARD} {shown(key)}"


@cache
def _known(kind: str) -> tuple[str, ...]:
    """Words that the Hub knows; ``data/hub_words.json`` says where they were read."""
    text = (files("sightline") / "data" / "hub_words.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)[kind])
