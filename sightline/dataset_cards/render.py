"""The card of a dataset: its benchmark's template, filled from what the data are.

The same facts always give the same text. Everything that comes out of a release goes through the
filters ``plain`` and ``code``; nothing else in a template may print it.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, Environment, StrictUndefined, UndefinedError

from sightline.dataset_cards.content import card_content
from sightline.dataset_cards.front_matter import as_yaml, front_matter
from sightline.dataset_cards.markdown import code, link, plain
from sightline.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.dataset_rules import DatasetRules

_SHARED = "sightline:dataset_cards/templates/parts.md"
_EMPTY_LINES = re.compile(r"\n{3,}")
_ONE = "\n\n"


def render_card(rules: DatasetRules, facts: Mapping[str, Any]) -> str:
    """The text of ``README.md``: front matter, then what people should know.

    Args:
        rules: of the benchmark.
        facts: the content of ``build.json``; with `publication` it is the card of a repository,
            without the one of a folder that was built.

    Raises:
        DatasetError: the facts lack something that the card says, or it is of another kind.
    """
    template = _environment(rules).get_template("card.md")
    try:
        head = as_yaml(front_matter(rules, facts))
        body = template.render(card_content(rules, facts))
    except (KeyError, TypeError, ValueError, AttributeError, UndefinedError) as error:
        raise DatasetError(
            f"build.json must hold what the card of {rules.title} says, but does not: {error!r}",
            next_step="build the dataset again",
        ) from error
    return f"---\n{head}---\n\n{_EMPTY_LINES.sub(_ONE, body).strip()}\n"


def _environment(rules: DatasetRules) -> Environment:
    texts = {"card.md": _text(rules.card), "parts.md": _text(_SHARED)}
    environment = Environment(
        loader=DictLoader(texts),
        undefined=StrictUndefined,
        # Markdown is no HTML: our filters escape what needs it.
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(plain=plain, code=code, link=link, number=_number, percent=_percent)
    return environment


def _text(place: str) -> str:
    """The text at ``package:path``."""
    package, _, path = place.partition(":")
    return files(package).joinpath(path).read_text(encoding="utf-8")


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} %"
