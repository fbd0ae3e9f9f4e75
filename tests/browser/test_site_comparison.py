"""Two models side by side in a browser: its numbers are those that Python gives."""

from __future__ import annotations

import runpy
import types
from collections import Counter
from pathlib import Path

import pytest

from sightline.comparing.statistics import holm
from sightline.intervals import sign_test

HERE = Path(__file__).parent
made = types.SimpleNamespace(**runpy.run_path(str(HERE / "made_site.py")))
browsing = types.SimpleNamespace(**runpy.run_path(str(HERE / "browsing.py")))

PAGE = "toy/toy_plain-compare.html"
MINUS = "\N{MINUS SIGN}"


def choose(page, label: str, model: str) -> None:
    """Choose a model as a keyboard does it: its name is typed."""
    for _ in range(20):
        page.get_by_label(label).focus()
        page.keyboard.type(model)
        chosen = page.get_by_label(label).evaluate("one => one.selectedOptions[0].label")
        if chosen.startswith(model):
            return
        # A pause of a second begins another name: a slow machine may make one.
        page.wait_for_timeout(2_000)
    raise AssertionError(f"{model!r} cannot be chosen")


def compared(page, *models: str) -> None:
    """Wait until these two are shown."""
    status = page.get_by_role("status").filter(has_text="are compared")
    for model in models:
        status = status.filter(has_text=model)
    status.wait_for()


def lines(page, caption: str) -> dict[str, list[str]]:
    """A table's lines by their heads."""
    found = page.get_by_role("table", name=caption, exact=True).evaluate(
        """table => [...table.tBodies[0].rows].map((row) =>
            [...row.cells].map((cell) => cell.innerText.trim()))"""
    )
    return {row[0]: row[1:] for row in found}


def flips(axis: str | None = None, member: str | None = None) -> Counter[str]:
    """How the questions of a member went in both runs, by Python."""
    counts: Counter[str] = Counter()
    for a, b in zip(made.sample_rows(made.ALPHA), made.sample_rows(made.BETA), strict=True):
        if axis is None or a.slices[axis] == member:
            counts[f"{a.outcome.value == 'right':d}{b.outcome.value == 'right':d}"] += 1
    return counts


def expected(counts: Counter[str], p_value: float) -> list[str]:
    """A line of the paired tables."""
    total = sum(counts.values())
    change = 100 * (counts["01"] - counts["10"]) / total
    sign = "+" if change > 0 else MINUS if change < 0 else ""
    told = "< 0.0001" if p_value < 0.0001 else f"{p_value:.4f}"
    flipped = [str(counts["10"]), str(counts["01"])]
    return [str(total), *flipped, f"{sign}{abs(change):.1f}", told]


def test_paired_numbers_are_those_of_python(visit, home):
    """Flips, differences and corrected p values of all questions and of every member."""
    page = visit(PAGE, home)
    choose(page, "First model", made.ALPHA)
    choose(page, "Second model", made.BETA)
    compared(page, made.ALPHA, made.BETA)
    everything = flips()
    p_value = sign_test(everything["01"], everything["10"])
    assert p_value < 0.05, "the two runs do differ, and so the numbers below say something"
    assert lines(page, "All questions")["all"][:5] == expected(everything, p_value)
    for axis in made.AXES:
        counts = [flips(axis.name, member) for member in axis.members]
        corrected = holm([sign_test(one["01"], one["10"]) for one in counts])
        table = lines(page, f"Paired, by {axis.title.lower()}")
        assert [line[:5] for line in table.values()] == [
            expected(one, p) for one, p in zip(counts, corrected, strict=True)
        ]
        assert list(table) == list(axis.members)


def test_the_headlines_stand_above(visit, home):
    """Second minus first, with its sign."""
    page = visit(f"{PAGE}", home)
    choose(page, "First model", made.BETA)
    choose(page, "Second model", made.ALPHA)
    compared(page, made.BETA, made.ALPHA)
    right = {
        model: sum(row.outcome.value == "right" for row in made.sample_rows(model)) / 6
        for model in (made.ALPHA, made.BETA)
    }
    table = lines(page, "accuracy over all questions, percent")
    values = [line[0] for line in table.values()]
    change = right[made.ALPHA] - right[made.BETA]
    assert values == [f"{right[made.BETA]:.1f}", f"{right[made.ALPHA]:.1f}", f"+{change:.1f}"]


def test_the_address_keeps_the_choice(visit, home):
    """Over a reload, and over the way to another page and back."""
    page = visit(PAGE, home)
    choose(page, "First model", made.BETA)
    choose(page, "Second model", made.HOSTILE_RUN)
    compared(page, made.BETA, made.HOSTILE_RUN)
    address = page.url
    page.reload()
    compared(page, made.BETA, made.HOSTILE_RUN)
    page.get_by_role("link", name="Back to the table").click()
    page.get_by_role("heading", name="Plain", level=1).wait_for()
    page.go_back()
    assert page.url == address
    compared(page, made.BETA, made.HOSTILE_RUN)


def test_a_model_page_leads_here_with_its_run_chosen(visit, home):
    """Its button names the run in the address."""
    page = visit("toy/models/lab-b__beta-7b.html", home)
    page.get_by_role("link", name="Compare this run with another").click()
    page.wait_for_load_state()
    first = page.get_by_label("First model")
    assert first.evaluate("one => one.selectedOptions[0].label").startswith(made.BETA)


@pytest.mark.parametrize(
    ("second", "told"),
    [(made.ALPHA, "Choose two models"), ("Human", "Paired tests need the responses of both")],
)
def test_what_cannot_be_paired_says_why(visit, home, second, told):
    """One model twice, or a row without responses; the printed numbers still stand there."""
    page = visit(PAGE, home)
    choose(page, "First model", made.ALPHA)
    choose(page, "Second model", second)
    page.get_by_role("status").filter(has_text=told).wait_for()
    assert page.get_by_role("table", name="All questions", exact=True).count() == 0
    assert len(lines(page, "Kind, percent")) == 13


def test_hostile_names_are_text_in_the_choice(visit, home):
    """In the options, and in the table of who was chosen."""
    page = visit(PAGE, home)
    labels = page.get_by_label("First model").evaluate(
        "one => [...one.options].map((o) => o.label)"
    )
    assert any(label.startswith(made.IMAGE) for label in labels)
    choose(page, "First model", made.IMAGE[:8])
    page.get_by_role("rowheader", name=made.IMAGE[:20]).first.wait_for()
    assert page.locator("main img, main script").count() == 0


def test_a_strange_address_shows_the_usual_two(visit, home):
    """What is no model is passed over."""
    page = visit(f"{PAGE}#a=%3Cscript%3E&b=%FF&c", home)
    page.get_by_role("status").filter(has_text="are compared").wait_for()


def test_a_phone_does_not_scroll_sideways(visit, home):
    """Its tables do, and the keyboard reaches them."""
    page = visit(PAGE, home, viewport={"width": 360, "height": 740})
    page.get_by_role("status").filter(has_text="are compared").wait_for()
    assert browsing.overflow(page) == 0
    region = page.get_by_role("region", name="Paired, by kind")
    region.focus()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"


def test_without_javascript_all_models_are_listed(visit, home):
    """A table of them stands in for the choice, which would do nothing."""
    page = visit(PAGE, home, java_script_enabled=False)
    assert page.get_by_role("rowheader", name=made.ALPHA).count() == 1
    assert "needs JavaScript" in page.get_by_role("main").inner_text()
    assert page.get_by_role("combobox").count() == 0
