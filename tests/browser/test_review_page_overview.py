"""The review page tells where a person stands, what speaks for a question, and what is no name."""

from __future__ import annotations

import runpy
import types
from dataclasses import replace
from pathlib import Path

import pytest

from streamgaze_task.pipeline.review.build import write_page

HERE = Path(__file__).parent
page_tests = types.SimpleNamespace(**runpy.run_path(str(HERE / "test_review_page.py")))
made, review = page_tests.made, page_tests.review
opened, entries, states = page_tests.opened, page_tests.entries, page_tests.states
exported, choose = page_tests.exported, page_tests.choose


def test_the_list_tells_questions_apart_and_the_options_stand_in_the_text(visit, tmp_path):
    """By the answer, or the object; {options} is filled in."""
    one = made.recordings(tmp_path)[0]
    asked = made.question(0, "tame", text="Among {options}, which was never looked at?", task="nfi")
    write_page(tmp_path / "page", [replace(one, questions=(asked, *one.questions[2:]))], name="n")
    page = opened(visit, f"{(tmp_path / 'page').as_uri()}/")
    choose(page, "Show", "question")
    told = "Among {cup, kettle, plate, spoon}, which was never looked at?"
    assert entries(page) == [
        f"open NFI cup: {told}",
        "open GTA cup: Alert me when I gaze on the <cup>.",
    ]
    assert page.locator("#item .asked").inner_text() == told
    page.keyboard.press("e")
    assert "{options}" in page.get_by_role("textbox", name="Question").input_value()


def test_the_next_open_record_and_what_a_filter_dropped(visit, review):
    """Round the list, by key; each filter has its own entry."""
    page = opened(visit, review[0])
    choose(page, "Recording", "0")
    choose(page, "Show", "question")
    for key in "aakko":
        page.keyboard.press(key)
    assert states(page) == ["accepted", "accepted", "open"]
    assert "GTA" in page.locator("#item h2").inner_text()
    page.keyboard.press("r")
    page.keyboard.press("o")
    assert page.locator("#status").inner_text() == "Nothing in this list is open."
    counter = page.locator("#counter").inner_text()
    assert counter == "3 of 15 decided: 2 accepted, 0 edited, 1 rejected"
    choose(page, "State", "dropped by text_only")
    assert len(entries(page)) == 1
    assert "answered without the video" in page.locator("#item .said").inner_text()


def test_clips_play_slowly_and_as_they_were(visit, review):
    """The next ones too."""
    page = opened(visit, review[0])
    rate = "document.querySelector('#item video').playbackRate"
    if page.locator("#item video").count() == 0:
        pytest.skip("this Chromium has no H.264")
    for key, found in (("s", 0.4), ("j", 0.4), ("s", 1), ("j", 1)):
        page.keyboard.press(key)
        assert page.evaluate(rate) == found


def test_decisions_in_no_file_are_counted_and_asked_about(visit, review, tmp_path):
    """Until they are exported; one that is taken back after that counts, too."""
    home, _ = review
    page = opened(visit, home)

    def asks():
        event = "new Event('beforeunload', {cancelable: true})"
        return not page.evaluate(f"dispatchEvent({event})")

    export = page.locator("#export")
    assert (export.inner_text(), asks()) == ("Export", False)
    for key in "aar":
        page.keyboard.press(key)
    assert (export.inner_text(), asks()) == ("Export (3)", True)
    exported(page, tmp_path)
    assert (export.inner_text(), asks()) == ("Export", False)
    page.reload()
    page.locator("#item h2").wait_for()
    assert (export.inner_text(), asks()) == ("Export", False)
    page.keyboard.press("o")
    page.keyboard.press("a")
    page.keyboard.press("u")
    assert asks()


@pytest.mark.parametrize("field", ["Looked at", "Add to: Also in the circle"])
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("The Objects", '"objects" names no object'),
        ("!?", "letters or digits"),
        ("x" * 49, "48 characters"),
        ("one two three four five six seven", "at most 6 words"),
    ],
)
def test_a_name_that_is_none_is_refused_while_it_is_typed(visit, review, field, typed, words):
    """With what the merge would say; what it takes is taken."""
    page = opened(visit, review[0])
    page.keyboard.press("e")
    page.get_by_label(field).fill(typed)
    if field.startswith("Add"):
        page.get_by_label(field).press("Enter")
        assert words in page.get_by_role("alert").inner_text()
        assert page.get_by_label(field).input_value() == typed
    page.get_by_role("button", name="Save").click()
    assert words in page.get_by_role("alert").inner_text()
    page.get_by_label(field).fill("an oven\u200b rack")
    page.get_by_role("button", name="Save").click()
    assert "1 of 15 decided: 0 accepted, 1 edited" in page.locator("#counter").inner_text()
    page.keyboard.press("k")
    assert "an oven rack" in page.locator("#item .said").inner_text()


def test_what_the_verifier_said_for_a_question_is_shown(visit, review):
    """Not of one that was edited: it spoke of another."""
    page = opened(visit, review[0])
    choose(page, "Show", "gta")
    assert "Noted: the verifier chose 'alert' at 5 s: a cup" in page.locator("#item").inner_text()
    page_tests.press(page, "Edit")
    page.get_by_label("at 4 s").check()
    page.get_by_role("button", name="Save").click()
    page.keyboard.press("k")
    assert "alert" in page.locator("#item .points").inner_text()
    assert "Noted" not in page.locator("#item").inner_text()
