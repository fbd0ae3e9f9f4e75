"""Option letters and options in a question's text."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sightline import choices

words = st.text("abcdefghij klmn,;", min_size=1, max_size=20).map(str.strip).filter(bool)


def test_letters_and_positions_are_inverse():
    """Position and letter undo each other for every letter there is."""
    assert [choices.position(choices.letter(i)) for i in range(10)] == list(range(10))


@pytest.mark.parametrize("position", [-1, 10])
def test_letter_refuses_a_position_without_letter(position):
    """The message names the position and the range."""
    with pytest.raises(ValueError, match=rf"position \({position}\) must be in \[0, 10\)"):
        choices.letter(position)


@pytest.mark.parametrize("letter", ["", "a", "K", "AB", "1"])
def test_position_refuses_what_is_no_option_letter(letter):
    """Lower case, two letters, none and letters beyond J are refused by name."""
    with pytest.raises(ValueError, match=rf"letter \('{letter}'\) must be one of ABCDEFGHIJ"):
        choices.position(letter)


@pytest.mark.parametrize(
    ("option", "own"),
    [
        ("B. northwest", "northwest"),
        ("(B) northwest", "northwest"),
        ("B: northwest", "northwest"),
        ("  B) northwest ", "northwest"),
        ("B\uff0enorthwest", "northwest"),
        ("northwest", "northwest"),
        ("Bench", "Bench"),
        ("A man", "A man"),
        ("B.", ""),
        ("", ""),
        ("K. north", "K. north"),
    ],
)
def test_without_letter_takes_only_the_mark_away(option, own):
    """The letter and its mark go, everything else stays."""
    assert choices.without_letter(option) == own


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("Where? A. left B. right", ["A. left", "B. right"]),
        ("Where?\nA) left\nB) right\nC) up", ["A. left", "B. right", "C. up"]),
        ("Where? (A) left (B) right", ["A. left", "B. right"]),
        ("You are at point A. Where? A: left B: right", ["A. left", "B. right"]),
        ("A. Plan A. B. plan B. C. none", ["A. Plan A.", "B. plan B.", "C. none"]),
        ("Is B. or\nA. left, B. it is\nB. right", ["A. left, B. it is", "B. right"]),
        ("From A. B. C. choose", []),
        ("A. B. C. or D.\n", []),
        ("No options here", []),
        ("Only A. one", []),
        ("B. right A. left", []),
        ("", []),
    ],
)
def test_options_in_text(text, options):
    """The last A that is followed by a B begins the options."""
    assert choices.options_in_text(text) == options


@given(st.lists(words, min_size=2, max_size=10), words)
def test_written_options_are_read_back(own, question):
    """What is written with letters is read as it was, for any number of options."""
    options = [f"{choices.letter(i)}. {text}" for i, text in enumerate(own)]
    assert choices.options_in_text(f"{question}? " + "\n".join(options)) == options
    assert [choices.without_letter(option) for option in options] == own


@given(st.text())
@example("A. B. C.")
@example("A. A. B. B. C. C. ")
def test_any_text_gives_letters_in_order(text):
    """Whatever the text, the options carry A, B, C and so on."""
    options = choices.options_in_text(text)
    assert len(options) != 1
    assert [option[0] for option in options] == list(choices.LETTERS[: len(options)])
    assert choices.without_letter(text) in text


@pytest.mark.parametrize(
    "piece", ["A. ", "A. B. ", " ", "(", "B. A. ", "A", "A. x\nB. ", "\n", "\nA. "]
)
def test_a_megabyte_takes_no_time(piece):
    """A hostile question cannot make the search slow."""
    start = time.perf_counter()
    choices.options_in_text(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - start < 60  # quadratic would be hours
