"""Tables for a terminal of a given width."""

import pytest

from sightline.tables import Column, Note, Table, render

TABLE = Table(
    "Title",
    (Column("", text=True), Column("kept"), Column("second", drop=1), Column("first", drop=2)),
    (("name", "1", "2", "3"), None, ("other", "10", "20", "30")),
    frozenset({0}),
)


def test_a_table_as_it_is_printed():
    """Title, header, rows, a gap for None, a mark before a strong row."""
    assert render([TABLE], width=60) == (
        "\nTitle\n"
        "         kept  second  first\n"
        "────────────────────────────\n"
        "> name      1       2      3\n"
        "\n"
        "  other    10      20     30\n"
    )


@pytest.mark.parametrize(("size", "there"), [(20, "second first"), (38, "second"), (46, "")])
def test_columns_go_in_their_order_when_the_terminal_is_narrow(size, there):
    """The highest `drop` goes first, those with 0 stay."""
    wide = Table("", TABLE.columns, (("n" * size, "1", "2", "3"),))
    text = render([wide], width=60)
    assert "kept" in text
    assert " ".join(name for name in ("second", "first") if name in text) == there


def test_words_that_do_not_fit_are_wrapped():
    """Numbers are never broken, words are."""
    text = render([Table("", TABLE.columns[:2], (("word " * 20, "123456"),))], width=60)
    assert "123456" in text
    assert max(map(len, text.split("\n"))) <= 60


def test_notes_are_wrapped_and_marked():
    """Two spaces before a note, `! ` before a warning."""
    text = render([Note("word " * 20), Note("look", warning=True)], width=60)
    lines = text.rstrip("\n").split("\n")
    assert lines[0].startswith("  word word")
    assert lines[-1] == "! look"
    assert max(map(len, lines)) <= 60


def test_markup_and_control_characters_are_shown_not_obeyed():
    """Names come from files of strangers."""
    assert render([Note("[red]x[/red] \x1b[31m \x07")], width=60) == "  [red]x[/red] ?[31m ?\n"


def test_the_width_of_the_terminal_is_taken_by_default(monkeypatch):
    """And never less than 60."""
    monkeypatch.setenv("COLUMNS", "20")
    assert max(map(len, render([Note("word " * 40)]).split("\n"))) > 50
