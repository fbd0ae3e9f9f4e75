"""Pictures of every kind of page, for people to look at.

Usage: python tests/browser/screenshots.py SITE OUT [--match TEXT]

SITE is a folder that `sightline leaderboard build` made. Each kind of page is drawn 1280 and 360
pixels wide, light and dark, and as it is without JavaScript and on paper.
"""

from __future__ import annotations

import argparse
import runpy
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

browsing = types.SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("browsing.py"))))

SIZES = {"desktop": (1280, 800), "phone": (360, 740)}


def kinds_of_pages(site: Path, match: str = "") -> dict[str, str]:
    """One page of each kind: what it is -> its address in the site.

    Args:
        site: a built one.
        match: of models and runs the first whose address has this text, where there is one.
    """
    pages = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    fits: dict[str, Callable[[str], bool]] = {
        "index": "index.html".__eq__,
        "how": "how-to-read.html".__eq__,
        "table": lambda one: one.count("/") == 1 and not one.endswith("-compare.html"),
        "compare": lambda one: one.endswith("-compare.html"),
        "model": lambda one: "/models/" in one and "__" in one,
        "printed": lambda one: "/models/" in one and "__" not in one,
        "samples": lambda one: "/runs/" in one,
    }
    found: dict[str, str] = {}
    for kind, fit in fits.items():
        there = [one for one in pages if fit(one)]
        if there:
            found[kind] = next((one for one in there if match in one), there[0])
    return found


def shoot(page: Any, name: str, out: Path) -> None:
    """Save a page as a picture: the whole of it, but no more than some screens."""
    size = page.viewport_size
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(height, 4 * size["height"])})
    page.screenshot(path=out / f"{name}.png")


def main() -> None:
    """Draw all pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--match", default="", help="prefer models whose address has this text")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    addresses = kinds_of_pages(arguments.site, arguments.match)
    looks: list[tuple[str, dict[str, Any]]] = [
        (
            f"{size}-{scheme}",
            {"viewport": {"width": width, "height": height}, "color_scheme": scheme},
        )
        for size, (width, height) in SIZES.items()
        for scheme in ("light", "dark")
    ]
    looks.append(("no-script", {"java_script_enabled": False}))
    with browsing.chromium() as browser, browsing.served(arguments.site) as home:
        for look, options in looks:
            context = browser.new_context(**options)
            page = context.new_page()
            for kind, address in addresses.items():
                page.set_viewport_size(options.get("viewport", {"width": 1280, "height": 800}))
                page.goto(home + address)
                page.wait_for_timeout(200)
                shoot(page, f"{kind}-{look}", arguments.out)
            context.close()
        context = browser.new_context(viewport={"width": 800, "height": 1100})
        page = context.new_page()
        page.emulate_media(media="print")
        for kind, address in addresses.items():
            page.goto(home + address)
            shoot(page, f"{kind}-print", arguments.out)
    print(f"{len(list(arguments.out.glob('*.png')))} pictures in {arguments.out}")  # noqa: T201 (a tool)


if __name__ == "__main__":
    main()
