"""The pages of a comparison and of a run: whole in one file, safe with strangers' texts."""

import json
import runpy
import struct
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sightline.comparing import charts
from sightline.comparing.pages import comparison_page, report_page, report_rows
from sightline.comparing.pairs import pair_up
from sightline.comparing.report_facts import run_report
from sightline.comparing.sides import Side
from sightline.comparing.slices import compare
from sightline.errors import UsageError

TOY = runpy.run_path(str(Path(__file__).parents[2] / "leaderboard_fixtures.py"))
HOSTILE = TOY["HOSTILE"]
SCRIPT = "<script>alert(1)</script>"
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Reader(HTMLParser):
    """Every tag, its attributes and the text of a page; tags must be closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        """Remember it, and that it is open."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Remember it."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """It must close the last one."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Text as a reader sees it."""
        self.text += data

    def all(self, tag):
        """The attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


def safe(text):
    """The page, when nothing in it runs, loads or points anywhere."""
    page = Reader(text)
    names = {name for name, _ in page.tags}
    assert not names & {"script", "img", "iframe", "object", "link", "form", "base", "a"}
    for _, attributes in page.tags:
        assert not [key for key in attributes if key.startswith("on") or key in {"src", "href"}]
        assert "style" not in attributes
    (policy,) = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert "\x1b" not in text
    assert "\u202e" not in text
    return page


def runs(name="org/one", said=("A", "no idea", "C", None, "A", "B")):
    """Two runs of the toy, the second always says A."""
    board = TOY["toy_board"]()
    first = Side(name, f"{name}.jsonl", board, board.settings[0], tuple(TOY["toy_scores"]([*said])))
    second = replace(first, name="org/two", scores=tuple(TOY["toy_scores"]("A")))
    return first, second


def compared(first, second):
    """The comparison with few draws."""
    return compare(first, second, pair_up(first, second), draws=50)


def questions(**changes):
    """Id -> text, of the toy."""
    return {one.question_id: replace(one, **changes) for one in TOY["QUESTIONS"]}


def test_the_page_of_a_comparison_is_whole_and_accessible():
    """Language, one heading of the first rank, named charts, captions and scopes, phone width."""
    first, second = runs()
    text = comparison_page(compared(first, second), first.board, questions())
    page = safe(text)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(th["scope"] in {"col", "row"} for th in page.all("th"))
    assert all("tabindex" in div for div in page.all("div") if div.get("class") == "scroll")
    assert any(m.get("name") == "viewport" for m in page.all("meta"))
    assert all(svg.get("role") == "img" for svg in page.all("svg") if "class" in svg)
    assert "prefers-color-scheme: dark" in text
    assert "Where does thing 2 go?" in page.text
    assert "too few to test" in page.text


def test_the_style_sheet_is_the_one_that_the_policy_allows():
    """Another one, put into the page by somebody's text, would not be used."""
    import base64
    import hashlib

    first, second = runs()
    text = comparison_page(compared(first, second), first.board)
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in text


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_strangers_stay_texts(text):
    """Names of models, responses, questions, options: nothing of them becomes markup."""
    first, second = runs(text or "empty", ("A", text, text, None, "A", "B"))
    known = questions(text=text, options=(text, text), media=(text,))
    safe(comparison_page(compared(first, second), first.board, known))
    page = safe(report_page(run_report(first), first.board, known))
    if text == SCRIPT:
        assert SCRIPT in page.text


def test_printed_rows_may_be_hostile_too():
    """Names, faults and sources of published rows are data."""
    row = replace(TOY["PUBLISHED"][-2], name=SCRIPT, faults=(SCRIPT,), source=SCRIPT)
    board = TOY["toy_board"](published=lambda: (*TOY["PUBLISHED"], row))
    first = replace(runs()[0], board=board)
    assert safe(report_page(run_report(first), board)).text.count(SCRIPT) == 3


def test_the_page_of_a_run_says_what_it_must():
    """Headline, people and chance, faults of printed rows, failures with their texts."""
    first, _ = runs()
    page = safe(report_page(run_report(first), first.board, questions()))
    for words in (
        "accuracy over all questions",
        "its types come to 94.5",
        "Old-7B",
        "scored on fewer questions",
        "no idea",
        "out of memory",
        "Where does thing 1 go?",
        "Longest responses",
    ):
        assert words in page.text


def test_bars_stand_beside_people_and_chance():
    """The rows of the charts: headline first, then each axis that the board has."""
    first, _ = runs()
    rows = report_rows(run_report(first), first.board)
    assert list(rows) == ["all questions", "Kind", "Size"]
    whole = rows["all questions"][0]
    assert (whole.people, whole.chance) == (95.0, 25.0)
    assert [(row.label, row.people, row.chance) for row in rows["Kind"]] == [
        ("moving (3)", 95.0, 25.0),
        ("still (3)", 94.0, 24.0),
    ]
    assert rows["Size"][0].people is None


def size_of(png):
    """Width and height of a PNG."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("name", ["org/one", "$x^{2", SCRIPT, "\u202e\U0001f600" * 50])
def test_pictures_are_drawn_whatever_the_name(name):
    """A name is no formula, and one that the font cannot write stops nothing."""
    pytest.importorskip("matplotlib", reason="needs sightline[publish]")
    first, second = runs(name)
    width, height = size_of(charts.comparison_png(compared(first, second)))
    assert width == 1500
    assert height > 300
    rows = [row for group in report_rows(run_report(first), first.board).values() for row in group]
    assert size_of(charts.report_png(run_report(first), rows))[0] == 1500


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    """The page needs nothing more, the picture does."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    first, second = runs()
    with pytest.raises(UsageError, match=r"pip install '\.\[publish\]'"):
        charts.comparison_png(compared(first, second))
    assert "<svg" in comparison_page(compared(first, second), first.board)


def test_json_of_hostile_texts_is_read_back():
    """Half a surrogate pair in a name: JSON, and no crash."""
    from sightline.comparing.files import as_json

    first, second = runs("half \ud800")
    found = json.loads(as_json(compared(first, second).as_dict()))
    assert found["names"][0] == "half \ud800"
    safe(comparison_page(compared(first, second), first.board)).text.encode()
