"""Charts are drawings that a screen reader, a phone and a strict policy can live with."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sightline.leaderboard.site import charts

HOSTILE = "<script>alert('x')</script>\" onload=\"y & z"
ROWS = (
    charts.ChartRow("Planning", 40.0, 30.0, 50.0, people=90.0, chance=25.0),
    charts.ChartRow("Prediction", None, people=95.0),
)
maybe = st.one_of(st.none(), st.floats())


def drawing(markup: str) -> ET.Element:
    """The figure, parsed: it is well-formed, since every attribute is quoted."""
    return ET.fromstring(str(markup))  # noqa: S314 (our own)


def of_class(root: ET.Element, kind: str) -> list[ET.Element]:
    """Elements of exactly that class."""
    return [one for one in root.iter() if one.get("class") == kind]


def words(root: ET.Element) -> str:
    """All text."""
    return " ".join(root.itertext())


def test_a_bar_is_as_long_as_its_value_and_carries_interval_people_and_chance():
    """Positions are percent of the width; a row without a number has no bar."""
    root = drawing(charts.bars(ROWS, title="Accuracy by type"))
    svg = root.find("svg")
    assert [one.get("width") for one in of_class(root, "chart-bar")] == ["40.00%"]
    whole = of_class(svg, "chart-interval")[0]
    assert (whole.get("x1"), whole.get("x2")) == ("30.00%", "50.00%")
    marks = {one[0].get("class"): one.get("x") for one in svg.findall("svg")[:2]}
    assert marks == {"chart-chance": "25.00%", "chart-people": "90.00%"}
    assert "no number" in words(root)


def test_a_screen_reader_is_told_what_the_chart_is_and_what_it_shows():
    """The name first, then every number."""
    svg = drawing(charts.bars(ROWS, title="Accuracy by type")).find("svg")
    assert svg.get("role") == "img"
    assert [one.tag for one in svg][:2] == ["title", "desc"]
    assert svg.findtext("title") == "Accuracy by type"
    assert svg.findtext("desc") == "Planning: 40.0 %; Prediction: no number"


def test_the_legend_names_only_marks_that_are_there():
    """No legend without marks."""
    bare = drawing(charts.bars([charts.ChartRow("a", 1.0)], title="t"))
    assert of_class(bare, "chart-legend") == []
    legend = of_class(drawing(charts.bars(ROWS[1:], title="t")), "chart-legend")[0]
    assert [words(one).strip() for one in legend] == ["people"]


@pytest.mark.parametrize(
    "made",
    [
        charts.bars([charts.ChartRow(HOSTILE, 1.0)], title=HOSTILE, table=True),
        charts.gaps([charts.ChartRow(HOSTILE, 1.0, people=2.0)], title=HOSTILE),
        charts.frames([charts.Point(HOSTILE, 8, 1.0)], title=HOSTILE),
    ],
)
def test_names_from_strangers_are_text_and_nothing_needs_a_style_or_a_script(made):
    """The policy of the pages allows neither; ids could be there twice."""
    assert "<script" not in made
    root = drawing(made)
    assert HOSTILE in words(root)
    attributes = {name for one in root.iter() for name in one.attrib}
    assert not {"style", "onload", "href", "id"} & attributes


@example([charts.ChartRow("a", 1.7e308, people=-1.7e308)])
@given(st.lists(st.builds(charts.ChartRow, st.just("a"), maybe, maybe, maybe, maybe, maybe)))
def test_no_number_breaks_the_drawing(rows):
    """Whatever a report holds, every position is a number."""
    shown = charts.bars(rows, title="t", table=True) + charts.gaps(rows, title="t")
    for bad in ("nan%", "inf%", '="nan', '="-nan'):
        assert bad not in shown.lower()


@example([charts.Point("a", 1e308, 0.0), charts.Point("b", 1e9, 0.0), charts.Point("c", 1, 0.0)])
@given(st.lists(st.builds(charts.Point, st.just("a"), st.floats(), st.floats(), maybe, maybe)))
def test_no_point_breaks_the_drawing(points):
    """Points without a place are left out, the others are all there."""
    shown = charts.frames(points)
    plotted = [p for p in points if 1 <= p.frames <= 1e9 and math.isfinite(p.value)]
    assert shown.count("<circle") == len(plotted)
    assert "nan%" not in shown


def test_gaps_are_points_below_people_and_above_them_to_the_other_side():
    """40 points are the whole width, people stand at 30 of them."""
    rows = [
        charts.ChartRow("below", 60.0, people=90.0),
        charts.ChartRow("above", 95.0, people=85.0),
        charts.ChartRow("nobody asked", 50.0),
    ]
    root = drawing(charts.gaps(rows, title="Gap to people"))
    said = root.find("svg").findtext("desc")
    assert said == "below: \N{MINUS SIGN}30.0 points; above: +10.0 points"
    below, above = of_class(root, "chart-bar")
    line = of_class(root, "chart-people-line")[0]
    assert (below.get("x"), below.get("width")) == ("0.00%", "75.00%")
    assert above.get("x") == line.get("x1") == "75.00%"


def test_without_people_there_is_a_sentence_and_no_drawing():
    """An empty drawing would say nothing."""
    made = charts.gaps([charts.ChartRow("a", 1.0)], title="Gap to people")
    assert "no row has a number of people" in made
    assert "<svg" not in made


def test_frames_stand_on_a_logarithmic_scale_and_equal_ones_side_by_side():
    """Ten times the frames is the same step."""
    points = [charts.Point(f"m{n}", frames, 50.0) for n, frames in enumerate((10, 100, 1000))]
    svg = drawing(charts.frames(points)).find("svg")
    places = [float(one.get("x").rstrip("%")) for one in svg.findall("svg")]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=0.02)
    same = drawing(charts.frames([charts.Point("a", 50, 40.0), charts.Point("b", 50, 40.0)]))
    dots = [one.get("cx") for one in of_class(same, "chart-dot")]
    assert len(set(dots)) == 2


def test_numbers_of_points_lead_to_their_names_in_the_table():
    """By frames, then by accuracy."""
    root = drawing(
        charts.frames([charts.Point("late", 300, 40.0), charts.Point("early", 8, 30.0, 25, 35)])
    )
    rows = [[cell.text for cell in row] for row in root.iter("tr")]
    assert rows[1:] == [
        ["1", "early", "8", "30.0 %", "25.0 to 35.0"],
        ["2", "late", "300", "40.0 %", None],
    ]
    assert [one.text for one in of_class(root, "chart-point")] == ["1", "2"]
