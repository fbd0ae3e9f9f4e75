"""A model's page in a browser: the numbers of its entry, and whatever a stranger said of it."""

from __future__ import annotations

import json
import re
import runpy
import types
from pathlib import Path

import pytest

from sightline.leaderboard.site.texts import NONE, shown

HERE = Path(__file__).parent
made = types.SimpleNamespace(**runpy.run_path(str(HERE / "made_site.py")))
browsing = types.SimpleNamespace(**runpy.run_path(str(HERE / "browsing.py")))

TABLE = "toy/toy_plain.html"


def address(model: str) -> str:
    """Of a run's page."""
    return f"toy/models/{model.replace('/', '__')}.html"


def entry(site: Path, model: str) -> dict:
    """The entry of a model, as the results repository has it."""
    (path,) = (site.parent / "results/results/toy" / model.replace("/", "__")).glob("*.json")
    return json.loads(path.read_text(encoding="utf-8"))


def lines(page, caption: str) -> dict[str, list[str]]:
    """A table's lines by the first line of their heads."""
    found = page.get_by_role("table", name=caption, exact=True).evaluate(
        """table => [...table.tBodies[0].rows].map((row) =>
            [...row.cells].map((cell) => cell.innerText.trim()))"""
    )
    return {row[0].split("\n")[0]: row[1:] for row in found}


def test_a_model_is_reached_from_the_table_and_back(visit, home):
    """By links alone."""
    page = visit(TABLE, home)
    page.get_by_role("link", name=made.ALPHA, exact=True).click()
    assert page.url == home + address(made.ALPHA)
    assert page.get_by_role("heading", level=1).inner_text() == made.ALPHA
    page.get_by_role("main").get_by_role("link", name="Plain").first.click()
    assert page.url == home + TABLE


def test_the_page_has_the_numbers_of_the_entry(visit, home, site):
    """Headline, outcomes, parsers, every slice, and the gap to people."""
    known = entry(site, made.ALPHA)
    page = visit(address(made.ALPHA), home)
    run = page.get_by_role("article").first.inner_text()
    assert f"{known['value']:.1f} %" in run
    assert f"{known['low']:.1f} to {known['high']:.1f}" in run
    assert {name: line[0] for name, line in lines(page, "Outcomes").items()} == {
        name: f"{count:,}" for name, count in known["counts"].items()
    }
    assert sum(float(line[1]) for line in lines(page, "Outcomes").values()) == pytest.approx(
        100, abs=0.25
    )
    parsers = lines(page, "Parsers: accuracy of the same responses")
    for name, value in known["parsers"].items():
        assert parsers[name] == [f"{value:.1f}"]
    for axis in made.AXES:
        table = lines(page, axis.title)
        assert list(table) == list(axis.members), "in the order of the paper"
        for member, line in table.items():
            cell = known["cells"][axis.name][member]
            interval = f"{cell['low']:.1f} to {cell['high']:.1f}"
            assert line[:3] == [f"{cell['expected']:,}", f"{cell['value']:.1f}", interval]
            assert line[-1] == f"{cell['failure_rate']:.1f}"
    gap = known["cells"]["kind"]["moving"]["value"] - 95.0
    moving = lines(page, "Kind")["moving"]
    assert moving[3:6] == ["25.0", "95.0", f"{gap:+.1f}".replace("-", "\N{MINUS SIGN}")]


def test_charts_say_their_numbers_to_a_screen_reader(visit, home, site):
    """The drawing has a name and its numbers as text."""
    known = entry(site, made.ALPHA)
    page = visit(address(made.ALPHA), home)
    chart = page.get_by_role("img", name="Accuracy by kind")
    assert chart.count() == 1
    told = chart.evaluate("one => one.textContent")
    assert f"K1: {known['cells']['kind']['moving']['value']:.1f} %" in told


def test_the_entry_can_be_downloaded(visit, home, site):
    """The JSON is that of the results repository."""
    page = visit(address(made.ALPHA), home)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="JSON of this run").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert json.loads(text) == entry(site, made.ALPHA)


def test_a_hostile_run_is_text_and_nothing_else(visit, home):
    """Its faults, notes and facts are read as they are, and no link leads where it says."""
    page = visit(address(made.HOSTILE_RUN), home)
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    text = page.get_by_role("main").inner_text()
    for hostile in (*made.HOSTILE[:12], made.IMAGE, made.SCRIPT, "javascript:globalThis"):
        assert " ".join(shown(hostile)[:40].split()) in " ".join(text.split()), hostile
    found = page.get_by_role("link").evaluate_all("all => all.map((one) => one.href)")
    assert all(re.match(r"https?://", one) for one in found)
    assert page.locator("main img, main script, main iframe, main object").count() == 0
    page.mouse.move(300, 300)


def test_a_printed_row_says_that_nobody_ran_it(visit, home):
    """With its source and its faults, and without samples."""
    page = visit(TABLE, home)
    page.get_by_role("link", name="Partial-8B", exact=True).click()
    page.wait_for_load_state()
    text = page.get_by_role("main").inner_text()
    assert "published, not re-run" in text
    assert "scored on fewer questions" in text
    assert "the toy paper, Table 1" in text
    assert "no interval is known" in text
    assert page.get_by_role("link", name="Samples of this run").count() == 0
    assert lines(page, "Kind")["moving"][1] == "66.7"
    assert lines(page, "Kind")["still"][1] == NONE


@pytest.mark.parametrize("model", [made.ALPHA, made.HOSTILE_RUN])
def test_a_phone_shows_the_page_without_scrolling_sideways(visit, home, model):
    """A plain run and a hostile one."""
    page = visit(address(model), home, viewport={"width": 360, "height": 740})
    assert browsing.overflow(page) == 0


def test_the_page_reads_without_javascript(visit, home, site):
    """All its tables are in the page."""
    page = visit(address(made.ALPHA), home, java_script_enabled=False)
    assert f"{entry(site, made.ALPHA)['value']:.1f} %" in page.get_by_role("article").inner_text()
    assert page.get_by_role("table").count() == 4
