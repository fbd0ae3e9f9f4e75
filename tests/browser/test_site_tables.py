"""The overview and the tables in a browser: sorted, filtered, kept in the address, on a phone."""

from __future__ import annotations

import re
import runpy
import types
from pathlib import Path

from sightline.leaderboard.site.texts import NONE, shown

HERE = Path(__file__).parent
made = types.SimpleNamespace(**runpy.run_path(str(HERE / "made_site.py")))
browsing = types.SimpleNamespace(**runpy.run_path(str(HERE / "browsing.py")))

TABLE = "toy/toy_plain.html"
COLUMNS = (
    *("Rank", "Model", "Accuracy", "95 % interval", *made.KINDS, "small", "large"),
    *("alone", "differ", "Failures", "Frames", "Date"),
)
"""In the order of a row's cells."""
LEAST_FIRST = {"Rank", "Model", "Failures", "Frames", "Date"}
"""Columns whose first click puts the least first."""
COLUMN = """(table, at) => [...table.tBodies].flatMap((body) => [...body.rows])
  .filter((row) => !row.hidden).map((row) => row.cells[at])
  .map((cell) => (cell.querySelector("a") || cell).textContent.trim())"""

CLICK = """button => {
  button.click();
  return [...document.querySelectorAll("[aria-sort]")].map(
    (head) => [head.contains(button), head.getAttribute("aria-sort")]);
}"""
"""Click, and say of each sorted head whether it is the button's and which way it is sorted."""


def cells(page, name: str = "Model") -> list[str]:
    """The texts of one column in all rows that are not filtered out, people and chance first."""
    return page.locator("table").first.evaluate(COLUMN, COLUMNS.index(name))


def column(page, name: str = "Model") -> list[str]:
    """The same without people and chance; the first line of each."""
    return [text.split("\n")[0].strip() for text in cells(page, name)[2:]]


def head(page, name: str):
    """The head of a column."""
    return page.locator("thead").get_by_role("columnheader", name=re.compile(rf"^{name}(\b|$)"))


def numbers(texts: list[str]) -> list[float | None]:
    """What texts say as numbers; the lower end of an interval, None for a dash."""
    return [None if one.startswith(NONE) else float(one.split(" ")[0]) for one in texts]


def test_each_number_sorts_both_ways_and_what_is_not_known_stays_last(visit, home):
    """Every column of numbers; people and chance stay on top."""
    page = visit(TABLE, home)
    before = sorted(column(page))
    for name in (one for one in COLUMNS if one not in {"Model", "Frames", "Date"}):
        if name == "small":
            page.get_by_label("Columns").select_option(label="Size")
        button = head(page, name).get_by_role("button").element_handle()
        for reverse in (name not in LEAST_FIRST, name in LEAST_FIRST):
            # The click of a person is tried below; it scrolls and waits, which 40 of them need not.
            ways = button.evaluate(CLICK)
            assert ways == [[True, "descending" if reverse else "ascending"]], name
            values = numbers(column(page, name))
            known = [one for one in values if one is not None]
            assert known == sorted(known, reverse=reverse), name
            assert values[: len(known)] == known, f"{name}: a dash stands before a number"
    assert sorted(column(page)) == before, "sorting lost or made a row"
    assert [one.split()[0] for one in cells(page)[:2]] == ["Human", "Random"]


def test_names_sort_as_people_count(visit, home):
    """model-2 before model-10."""
    page = visit(TABLE, home)
    page.get_by_role("searchbox", name="Model").fill("model-")
    head(page, "Model").get_by_role("button").click()
    names = column(page)
    assert names == sorted(
        names, key=lambda one: [int(part) if part.isdigit() else part for part in _parts(one)]
    )
    assert len(names) == 200


def _parts(name: str) -> list[str]:
    return re.findall(r"\d+|\D+", name)


def test_equal_values_keep_the_order_of_ranks(visit, home):
    """Both ways: sorting is stable."""
    page = visit(TABLE, home)
    names = column(page)
    place = {name: number for number, name in enumerate(names)}
    for _ in ("ascending", "descending"):
        head(page, "Date").get_by_role("button").click()
        dates, sorted_names = column(page, "Date"), column(page)
        assert dates != sorted(dates) or dates != sorted(dates, reverse=True)
        for date in set(dates):
            alike = [place[n] for n, d in zip(sorted_names, dates, strict=True) if d == date]
            assert alike == sorted(alike)


def test_a_table_sorts_by_keyboard(visit, home):
    """Enter and Space press a head, and focus stays on it."""
    page = visit(TABLE, home)
    head(page, "Accuracy").get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert head(page, "Accuracy").get_attribute("aria-sort") == "descending"
    page.keyboard.press("Space")
    assert head(page, "Accuracy").get_attribute("aria-sort") == "ascending"
    focused = page.evaluate("document.activeElement.innerText")
    assert focused.strip() == "Accuracy", "focus stays where it was"


def test_the_model_filter_takes_words_in_any_order(visit, home):
    """Every word must be in the name, in any case; the count is told."""
    page = visit(TABLE, home)
    box = page.get_by_role("searchbox", name="Model")
    everything = column(page)
    box.fill("MODEL-01 lab-1")
    wanted = [one for one in everything if "model-01" in one and "lab-1" in one]
    assert len(wanted) > 1
    assert column(page) == wanted
    status = page.get_by_role("status")
    assert status.inner_text() == f"{len(wanted)} of {len(everything)} models shown"
    box.fill("no such model")
    assert column(page) == []
    assert len(cells(page)) == 2, "people and chance stay as a measure"
    assert status.inner_text().startswith("0 of ")
    box.fill("")
    assert column(page) == everything


def test_rows_can_be_runs_or_printed_ones(visit, home):
    """Each row is one or the other."""
    page = visit(TABLE, home)
    choice = page.get_by_label("Rows")
    choice.select_option(label="runs")
    runs = column(page)
    assert len(runs) == 203
    choice.select_option(label="printed")
    printed = column(page)
    assert "Old-7B" in printed
    assert not set(runs) & set(printed)
    assert len(printed) == 2 + len(made.HOSTILE)


def test_the_address_keeps_sorting_and_filters(visit, home):
    """Over a reload, over a model's page and back, and for whom it is sent to."""
    page = visit(TABLE, home)
    page.get_by_label("Columns").select_option(label="Size")
    page.get_by_role("searchbox", name="Model").fill("lab-a")
    page.get_by_role("searchbox", name="Model").fill("lab-")
    page.get_by_label("Rows").select_option(label="runs")
    head(page, "small").get_by_role("button").click()
    kept, address = cells(page), page.url
    page.reload()
    assert cells(page) == kept
    page.get_by_role("link", name=column(page)[0], exact=True).click()
    page.get_by_role("heading", level=1).wait_for()
    page.go_back()
    assert page.url == address
    assert cells(page) == kept
    assert visit(address.removeprefix(home), home).get_by_label("Columns").input_value() == "1"
    assert head(page, "small").get_attribute("aria-sort") == "descending"


def test_a_strange_address_shows_the_table(visit, home):
    """What is no column, choice or name leaves the table whole."""
    page = visit(TABLE, home)
    for part in ("sort=nothing:up", "kind=%3Cscript%3E", "columns=99", "q=%", "=&&", "%FF"):
        page.evaluate("part => { location.hash = part; }", part)
        assert len(cells(page)) == (4 if part == "q=%" else 232), part


def test_hostile_names_stand_as_text(visit, home):
    """No element and no link is made of a name."""
    page = visit(TABLE, home)
    names = cells(page)
    for text in made.HOSTILE:
        start = shown(text)[:40].strip()
        assert any(name.startswith(start) for name in names), text
    assert page.locator("main img, main script, main iframe").count() == 0
    addresses = page.get_by_role("link").evaluate_all("all => all.map((one) => one.href)")
    assert all(one.startswith(home) for one in addresses)


def test_a_phone_scrolls_the_table_and_not_the_page(visit, home):
    """By keyboard too, with the names in sight."""
    page = visit(TABLE, home, viewport={"width": 360, "height": 740}, has_touch=True)
    assert browsing.overflow(page) == 0
    region = page.get_by_role("region", name="Toy, Plain")
    wide, seen = region.evaluate("one => [one.scrollWidth, one.clientWidth]")
    assert wide > seen
    region.focus()
    page.keyboard.press("ArrowRight")
    browsing.until(page, "document.activeElement.scrollLeft > 20")
    name = page.get_by_role("rowheader").first.bounding_box()
    assert 0 <= name["x"] < 40, "the model's name stays in sight"


def test_cells_are_tinted_by_their_distance_from_chance(visit, home):
    """Where chance is not known there is no tint."""
    page = visit(TABLE, home)
    colours = page.get_by_role("row", name="lab-13/model-047-3b").evaluate(
        "row => [...row.cells].map((cell) => getComputedStyle(cell).backgroundColor)"
    )
    tinted, plain = colours[COLUMNS.index("moving")], colours[COLUMNS.index(made.KINDS[2])]
    assert tinted != plain, "66 % where guessing gives 25 %, beside a kind without chance"


def test_paper_gets_the_whole_table_without_controls(visit, home):
    """Every row is printed, not only those that the scrolling region showed."""
    page = visit(TABLE, home)
    page.emulate_media(media="print")
    region = page.get_by_role("region", name="Toy, Plain")
    assert region.evaluate("one => one.scrollHeight <= one.clientHeight + 1"), "no row is cut off"
    assert not page.get_by_role("searchbox", name="Model").is_visible()
    assert len(cells(page)) == 232


def test_without_javascript_the_table_is_whole(visit, home):
    """All rows, their numbers and links; no control that would do nothing."""
    page = visit(TABLE, home, java_script_enabled=False)
    assert page.get_by_role("row").count() == 2 + 232
    row = page.get_by_role("row", name=made.ALPHA)
    right = sum(one.outcome.value == "right" for one in made.sample_rows(made.ALPHA))
    assert f"{right / 6:.1f}" in row.inner_text()
    assert page.get_by_role("searchbox").count() == 0
    assert page.get_by_role("button").count() == 0
    page.get_by_role("link", name=made.ALPHA, exact=True).click()
    assert made.ALPHA in page.get_by_role("heading", level=1).inner_text()


def test_the_overview_leads_to_each_table(visit, home):
    """By its cards and by the navigation, which says where one is."""
    page = visit("index.html", home)
    navigation = page.get_by_role("navigation", name="Leaderboards")
    assert navigation.get_by_role("link").all_inner_texts() == ["Plain", "Wide", "How to read this"]
    page.get_by_role("main").get_by_role("link", name="Wide").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Wide"
    assert page.get_by_role("link", name="Wide").get_attribute("aria-current") == "page"
    page.get_by_role("link", name="How to read this").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "How to read this"
