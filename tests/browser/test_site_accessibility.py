"""Every kind of page: by axe-core, by keyboard alone, in the dark, on a phone, from a folder."""

from __future__ import annotations

import runpy
import types
from pathlib import Path

import pytest

HERE = Path(__file__).parent
made = types.SimpleNamespace(**runpy.run_path(str(HERE / "made_site.py")))
browsing = types.SimpleNamespace(**runpy.run_path(str(HERE / "browsing.py")))

PAGES = {
    "index": "index.html",
    "how": "how-to-read.html",
    "table": "toy/toy_wide.html",
    "model": "toy/models/lab-a__alpha-7b.html",
    "hostile": "toy/models/lab-c__hostile-1b.html",
    "compare": "toy/toy_wide-compare.html",
    "samples": "toy/runs/lab-a__alpha-7b/20261201-120000-00000000.html",
}
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}


def drawn(page, kind: str) -> None:
    """Wait for what the scripts of a page draw."""
    if kind == "samples":
        page.get_by_role("heading", name="q-000", exact=True).wait_for()
    if kind == "compare":
        page.get_by_role("status").filter(has_text="are compared").wait_for()


@pytest.mark.parametrize("kind", PAGES)
def test_axe_finds_nothing_serious(visit, home, kind):
    """At 1280 and 360 pixels, light and dark; the page itself never scrolls sideways."""
    page = visit(PAGES[kind], home)
    drawn(page, kind)
    found = []
    for size, view in SIZES.items():
        page.set_viewport_size(view)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(50)
            found += [f"{size}, {scheme}: {one}" for one in browsing.axe_faults(page)]
        assert size != "phone" or browsing.overflow(page) == 0
    assert not found, "\n".join(found)


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_opens_from_a_folder(visit, site, kind):
    """The scripts beside it run from file:// too."""
    page = visit(PAGES[kind], f"{site.as_uri()}/")
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("main").count() == 1
    drawn(page, kind)


def test_the_dark_page_is_dark_and_the_light_one_light(visit, home):
    """As the reader's system says; paper is white."""
    page = visit("index.html", home, color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    assert max(page.evaluate(colour)) < 60
    page.emulate_media(color_scheme="light")
    assert min(page.evaluate(colour)) > 200
    page.emulate_media(color_scheme="dark", media="print")
    assert min(page.evaluate(colour)) > 200, "paper is white"


def test_nothing_moves_for_who_wants_no_motion(visit, home):
    """No animation, no transition, no smooth scrolling."""
    moving = """() => [...document.querySelectorAll("*")].filter((one) => {
      const style = getComputedStyle(one);
      return style.animationName !== "none" || style.transitionDuration !== "0s"
        || style.scrollBehavior === "smooth";
    }).length"""
    for kind in ("table", "samples"):
        page = visit(PAGES[kind], home, reduced_motion="reduce")
        assert page.evaluate(moving) == 0


def test_text_may_be_twice_as_large(visit, home):
    """Zoom of 200 % needs no sideways scrolling."""
    for kind in ("index", "model", "samples"):
        # Half the window is how a browser's zoom of 200 % looks to a page.
        page = visit(PAGES[kind], home, viewport={"width": 640, "height": 400})
        assert browsing.overflow(page) == 0


FOCUS = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  return {
    name: (one.getAttribute("aria-label") || one.innerText || one.id || one.tagName).trim(),
    tag: one.tagName,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""


@pytest.mark.parametrize("kind", ["index", "table", "model", "compare", "samples"])
def test_focus_can_be_seen_wherever_tab_leads(visit, home, kind):
    """Every stop has a ring and stands inside the window."""
    page = visit(PAGES[kind], home)
    found = []
    for _ in range(30):
        page.keyboard.press("Tab")
        found.append(page.evaluate(FOCUS))
        if found[-1]["tag"] == "BODY":
            break
    stops = [one for one in found if one["tag"] != "BODY"]
    assert len(stops) > 4
    assert stops[0]["name"] == "Skip to the content"
    unseen = [one for one in stops if not (one["ring"] and one["seen"])]
    assert not unseen


def tab_to(page, name: str, most: int = 80) -> None:
    """Press Tab until something of that name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUS)["name"].split("\n")[0].startswith(name):
            return
    raise AssertionError(f"Tab never reaches {name!r}")


def arrived(page, heading: str) -> None:
    """Wait until a page with this heading is there, with its scripts."""
    page.get_by_role("heading", name=heading, level=1).wait_for()
    page.wait_for_load_state()


def test_a_keyboard_alone_leads_from_the_overview_to_a_sample(visit, home):
    """Tab, Enter, letters and j: no pointer is needed."""
    page = visit("index.html", home)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**#content")  # the first stop skips to the content
    tab_to(page, "Plain")
    page.keyboard.press("Enter")
    arrived(page, "Plain")
    tab_to(page, "filter-text")
    page.keyboard.type("alpha")
    tab_to(page, made.ALPHA)
    page.keyboard.press("Enter")
    arrived(page, made.ALPHA)
    tab_to(page, "Samples")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="q-000", exact=True).wait_for()
    tab_to(page, "Samples")
    page.keyboard.press("j")
    page.get_by_role("heading", name="q-001", exact=True).wait_for()
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUS)["name"] == "q-001"
    tab_to(page, "Response")


def test_pages_are_named_and_told_apart(visit, home):
    """One heading, one of each landmark, a title of its own."""
    page = visit(PAGES["index"], home)
    titles = []
    for address in PAGES.values():
        page.goto(home + address)
        titles.append(page.title())
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.locator("html[lang=en]").count() == 1
        for landmark in ("banner", "navigation", "main", "contentinfo"):
            assert page.get_by_role(landmark).count() == 1
    assert len(set(titles)) == len(titles)
