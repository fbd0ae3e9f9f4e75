"""Templates -> pages. Whatever a template prints is made visible and escaped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from sightline.leaderboard.site import texts

if TYPE_CHECKING:
    from pathlib import Path

SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""The policy that every page carries: nothing inline runs, nothing is asked of another host."""

_PACKAGE = "sightline.leaderboard.site"


@dataclass(frozen=True)
class Place:
    """A page that every other one links to."""

    title: str
    """What the link says."""
    href: str
    """Where it lies, relative to the folder of ``index.html``."""


@dataclass(frozen=True)
class Group:
    """The tables of one benchmark, in the navigation."""

    title: str
    """Of the benchmark."""
    settings: tuple[Place, ...]
    """Its tables."""


@dataclass(frozen=True)
class Site:
    """What all pages of a site share."""

    title: str = "Leaderboards"
    """Its name."""
    boards: tuple[Group, ...] = ()
    """The navigation."""
    runs: int = 0
    """Entries that were scored again."""
    printed: int = 0
    """Models' entries that were printed and not re-run."""
    newest: str = ""
    """Day of the newest run; empty without one."""


@cache
def environment() -> Environment:
    """The templates; text is escaped and shown by `texts.shown`, unless it is Markup."""
    folder = files(_PACKAGE) / "templates"
    found = {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir()}
    made = Environment(
        loader=DictLoader({name: text for name, text in found.items() if name.endswith(".html")}),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["security"] = Markup(SECURITY)  # noqa: S704 (our own constant)
    made.filters.update(
        percent=texts.percent,
        signed=texts.signed,
        interval=texts.interval,
        sentence=texts.sentence,
        web_address=texts.web_address,
    )
    made.globals["tint"] = texts.tint
    return made


def page(
    template: str, *, site: Site, root: str, heading: str = "", here: str = "", **context: Any
) -> str:
    """The HTML of a page.

    Args:
        template: its name: ``table.html``.
        site: what it shares with the other pages.
        root: the way from the page's folder to that of ``index.html``: ``../``, or empty.
        heading: its title, where its template names none.
        here: its place as the navigation has it, to mark it there.
        context: what the template prints.
    """
    made = environment().get_template(template)
    return made.render(site=site, root=root, heading=heading, here=here, **context)


def write(path: Path, text: str) -> None:
    """Write a text as UTF-8 with plain line ends, its folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


def assets() -> dict[str, bytes]:
    """Scripts and style sheets by name."""
    folder = files(_PACKAGE) / "assets"
    return {
        one.name: one.read_bytes()
        for one in sorted(folder.iterdir(), key=lambda one: one.name)
        if one.name.endswith((".css", ".js"))
    }


def _visible(value: object) -> object:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return texts.shown(value)
