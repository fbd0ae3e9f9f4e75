from __future__ import annotations

from sightline.progress import progress_bar


def test_a_bar_names_its_step_on_standard_error(capsys):
    """Standard output stays clean for results."""
    with progress_bar(show=True) as bar:
        bar.start("frames", 100)
        bar.advance(100)
    shown = capsys.readouterr()
    assert "frames" in shown.err
    assert shown.out == ""


def test_nothing_is_shown_when_nobody_looks(capsys):
    """Standard error is no terminal here."""
    with progress_bar() as bar:
        bar.start("frames", 100)
        bar.advance(100)
    assert capsys.readouterr() == ("", "")
