"""The pages of `sightline compare` and `sightline report` in a browser."""

from __future__ import annotations

import argparse
import runpy
import types
from pathlib import Path

import pytest

from sightline.comparing import compare_command, report_command

HERE = Path(__file__).parent
browsing = types.SimpleNamespace(**runpy.run_path(str(HERE / "browsing.py")))
toys = types.SimpleNamespace(**runpy.run_path(str(HERE.parent / "leaderboard_fixtures.py")))

IMAGE = '<img src=x onerror="globalThis.__pwned=1">'
NAME = "<img src=x onerror=globalThis.__pwned=3>"
"""Of a run's folder, which the pages show."""
HOSTILE = [
    f"{IMAGE} A",
    "</pre><script>globalThis.__pwned=2</script> B",
    "\u202eA\x1b[31m",
    "x" * 3000,
    "{{ 7*7 }} D",
    None,
]
PAGES = {"compare": "compare.html", "report": "report.html"}


def run(*words: object) -> None:
    """One of the commands, in this process."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    compare_command.add(commands)
    report_command.add(commands)
    arguments = parser.parse_args([str(word) for word in words])
    assert arguments.run(arguments) == 0


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    """A folder with the page of two runs and that of one; the second is hostile."""
    folder = tmp_path_factory.mktemp("reports")
    with pytest.MonkeyPatch.context() as patch:
        toys.register(patch)
        toys.toy_run(folder / "plain", toys.toy_scores(["A", "B", "C", "D", "A", "no idea"]))
        toys.toy_run(folder / NAME, toys.toy_scores(HOSTILE))
        runs = folder / "plain", folder / NAME
        run("compare", *runs, "--dataset", folder, "--html", folder / PAGES["compare"])
        run("report", runs[1], "--dataset", folder, "--html", folder / PAGES["report"])
    return folder


@pytest.fixture(scope="module")
def folder_address(pages) -> str:
    """The folder as an address."""
    return f"{pages.as_uri()}/"


@pytest.mark.parametrize("kind", PAGES)
def test_axe_finds_nothing_serious_and_a_phone_shows_it_whole(visit, folder_address, kind):
    """At 1280 and 360 pixels, light and dark."""
    page = visit(PAGES[kind], folder_address)
    found = []
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 740})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += [f"{width}, {scheme}: {one}" for one in browsing.axe_faults(page)]
        assert browsing.overflow(page) == 0
    assert not found, "\n".join(found)


@pytest.mark.parametrize("kind", PAGES)
def test_hostile_responses_and_names_are_text(visit, folder_address, kind):
    """Markup in responses and names makes no element."""
    page = visit(PAGES[kind], folder_address)
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    assert page.locator("main img, main script, main iframe").count() == 0
    assert page.get_by_role("heading", level=1).count() == 1
    text = page.get_by_role("main").evaluate("one => one.textContent")
    assert NAME in text


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_whole_without_javascript_and_on_paper(visit, folder_address, kind):
    """Its tables and its chart are in the file."""
    page = visit(PAGES[kind], folder_address, java_script_enabled=False)
    assert page.get_by_role("table").count() >= 1
    assert page.get_by_role("img").count() >= 1, "the chart is drawn, and named"
    page.emulate_media(media="print")
    assert page.get_by_role("table").first.is_visible()


def test_a_report_is_served_as_it_is_opened(visit, pages):
    """A web server gives the same page, which names no other file."""
    with browsing.served(pages) as home:
        page = visit(PAGES["report"], home)
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.locator("link[href], script, img[src]").count() == 0
        page.close()
