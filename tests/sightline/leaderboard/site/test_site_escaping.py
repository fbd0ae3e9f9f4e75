"""Strangers name models, faults and facts: nothing of it becomes markup."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.leaderboard.site import build, render, texts

_small = runpy.run_path(str(Path(__file__).with_name("site_results.py")))
FIXTURES, run, printed, results = (_small[n] for n in ("FIXTURES", "run", "printed", "results"))
read, rows = _small["read"], _small["rows"]
HOSTILE = tuple(text for text in FIXTURES["HOSTILE"] if text)
FORBIDDEN = frozenset(("iframe", "img", "object", "embed", "form", "base", "style", "video"))

DASH = "\N{EN DASH}"


@pytest.fixture
def hostile_site(monkeypatch, tmp_path):
    """A site whose every text is hostile: names, faults, notes, facts and their keys, titles."""
    board = FIXTURES["register"](monkeypatch)
    run_facts = run("lab/one", 50).facts
    facts = {
        **run_facts,
        "model": {**run_facts["model"], "url": HOSTILE[1], "access": HOSTILE[0]},
        "run": {**run_facts["run"], "model_args": {text: text for text in HOSTILE}},
    }
    entries = [
        run("lab/one", 50, faults=HOSTILE, notes=HOSTILE, facts=facts),
        *(
            printed(text, 40, faults=(text,), facts={"source": text, "frames": text, text: text})
            for text in HOSTILE
        ),
        printed(f"People {HOSTILE[0]}", 90, kind="people", faults=HOSTILE),
    ]
    folder = results(tmp_path / "results", board, entries)
    build.build(build.Request(folder, title=HOSTILE[0]), tmp_path / "site")
    return tmp_path / "site"


def test_no_text_becomes_markup(hostile_site):
    """No element, no attribute, no address comes from a text."""
    pages = sorted(hostile_site.rglob("*.html"))
    assert len(pages) > len(HOSTILE)
    for path in pages:
        # The reader fails by itself where a text ends an element or an attribute.
        for one in read(path).all():
            assert one.tag not in FORBIDDEN
            assert not any(name.startswith("on") for name in one.attributes)
            if one.tag == "script":
                assert one.attributes["src"].endswith(".js")
                assert not one.text.strip()
            for name in ("href", "src"):
                address = one.attributes.get(name, "")
                assert address.split(":")[0] in {"data", "https"} or ":" not in address


def test_every_text_is_shown_with_what_cannot_be_seen_as_escapes(hostile_site):
    """Marks that turn the direction of a line are shown, not obeyed."""
    page = read(hostile_site / "toy/toy_plain.html")
    names = set(rows(page))
    assert names == {"lab/one", *(texts.shown(text) for text in HOSTILE)}
    assert "\\u202egnp.exe" in names
    for path in hostile_site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not set(text) & set("\u202e\u202d\u2066\u200f\x1b\x07")


def test_files_have_harmless_names(hostile_site):
    """Whatever a model is called."""
    for path in hostile_site.rglob("*"):
        name = path.name.removeprefix(".")
        assert name.replace("-", "").replace("_", "").replace(".", "").isalnum()


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example/x",
        "/etc/passwd",
        "https:/evil.example",
        "https://known.example@evil.example/",
        "https://known.example\\@evil.example/",
        "https://a.example/\u202egnp.exe",
        "https://[::1",
        "https://a.example/" + "x" * 1000,
        "",
        7,
        None,
    ],
)
def test_only_plain_web_addresses_are_linked(address):
    """Neither scripts nor files, nor a name that hides another."""
    assert texts.web_address(address) is None


@pytest.mark.parametrize("address", ["https://a.example/x?y=1&z=<b>", "http://a.example"])
def test_web_addresses_are_linked_without_endorsement(monkeypatch, tmp_path, address):
    """Shown as they are, with the attributes of a stranger's link."""
    board = FIXTURES["register"](monkeypatch)
    one = run("lab/one", 50)
    one = replace(one, facts={**one.facts, "model": {**one.facts["model"], "url": address}})
    results(tmp_path / "results", board, [one])
    build.build(build.Request(tmp_path / "results"), tmp_path / "site")
    page = read(tmp_path / "site/toy/models/lab__one.html")
    (link,) = [a for a in page.all("a") if "nofollow" in a.attributes.get("rel", "")]
    assert link.attributes["href"] == link.text == address
    assert set(link.attributes["rel"].split()) == {"nofollow", "noopener", "noreferrer"}


def test_an_address_that_is_none_is_shown_and_not_linked(monkeypatch, tmp_path):
    """A reader may see it, a click does nothing."""
    board = FIXTURES["register"](monkeypatch)
    one = run("lab/one", 50)
    model = {**one.facts["model"], "url": "javascript:alert(1)"}
    results(tmp_path / "results", board, [replace(one, facts={**one.facts, "model": model})])
    build.build(build.Request(tmp_path / "results"), tmp_path / "site")
    page = read(tmp_path / "site/toy/models/lab__one.html")
    assert "javascript:alert(1)" in page.text
    assert not [a for a in page.all("a") if a.attributes["href"].startswith("javascript")]


def test_every_template_escapes():
    """Escaping is on for all of them, quotes included."""
    assert render.environment().autoescape is True
    made = render.environment().from_string("<p title='{{ text }}'>{{ text }}</p>")
    assert "<i>" not in made.render(text="<i>'\"")
    assert made.render(text="'").count("&#39;") == 2


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), DASH),
        (float("inf"), DASH),
        (None, DASH),
        (True, DASH),
        ("12", DASH),
        (10**400, DASH),
        (12.34, "12.3"),
    ],
)
def test_a_number_is_a_number_or_a_dash(value, said):
    """Nothing else reaches a cell."""
    assert texts.percent(value) == said


def test_facts_are_bounded():
    """A manifest of a million keys is no page of a million lines."""
    deep = {"a": {"b": {"c": {"d": {"e": 1}}}}}
    assert [name for name, _ in texts.flat(deep)] == ["a.b.c"]
    many = texts.flat({str(number): number for number in range(500)})
    assert len(many) == 61
    assert many[-1] == ("and", "440 more in the JSON file")
