"""The review page from a folder in a browser: what is clicked is what the labels become."""

from __future__ import annotations

import json
import re
import runpy
import types
from dataclasses import replace
from pathlib import Path

import pytest

from streamgaze_task.pipeline.records import SeenObject
from streamgaze_task.pipeline.review.build import write_page
from streamgaze_task.pipeline.review.decisions import (
    apply_to_labels,
    apply_to_questions,
    not_applied,
    read_decisions,
)

HERE = Path(__file__).parent
_made = HERE.parent / "streamgaze_task" / "pipeline" / "test_review_page_files.py"
made = types.SimpleNamespace(**runpy.run_path(str(_made)))
browsing = types.SimpleNamespace(**runpy.run_path(str(HERE / "browsing.py")))

NAME = f"kitchens {made.SCRIPT}"


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    """The page's address, and the records behind it."""
    folder = tmp_path_factory.mktemp("review")
    records = made.recordings(folder)
    write_page(folder / "page", records, name=NAME)
    return f"{(folder / 'page').as_uri()}/", records


@pytest.fixture(scope="module")
def served(review):
    """The same page from loopback: axe reads style sheets, which no page from a folder may do."""
    with browsing.served(review[1][0].video.parent / "page") as address:
        yield address


def opened(visit, home: str, **options):
    """The page with its first record shown."""
    page = visit("index.html", home, **options)
    page.locator("#item h2").wait_for()
    return page


def entries(page) -> list[str]:
    """State and words of the records in the list."""
    return page.locator("#list .entry").evaluate_all(
        "all => all.map((one) => `${one.lastChild.textContent} ${one.children[1].textContent}`)"
    )


def states(page) -> list[str]:
    """State of each record in the list."""
    return [one.split()[0] for one in entries(page)]


def exported(page, folder: Path):
    """Click Export and read the file."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export").click()
    assert waiting.value.suggested_filename == "decisions.json"
    waiting.value.save_as(folder / "decisions.json")
    return read_decisions(folder / "decisions.json")


def choose(page, label: str, value: str) -> None:
    """One of the filters."""
    page.get_by_role("combobox", name=label, exact=True).select_option(value)


def press(page, name: str) -> None:
    """A button of the current record."""
    page.locator("#item").get_by_role("button", name=name).click()


def test_what_is_clicked_is_what_the_labels_become(visit, review, tmp_path):
    """Accept, edit, reject, note and alert flags, through the file and back."""
    home, records = review
    page = opened(visit, home)
    page.get_by_label("Reviewer").fill("Ada")
    choose(page, "Recording", "0")
    press(page, "Accept")
    press(page, "Edit")
    page.get_by_label("Looked at").fill("Tea  Pot")
    page.get_by_role("button", name="Remove plate from: In view outside the circle").click()
    page.get_by_label("Add to: Also in the circle").fill("Fork")
    page.get_by_label("Add to: Also in the circle").press("Enter")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Note").fill("nothing there")
    press(page, "Reject")
    choose(page, "Show", "question")
    press(page, "Edit")
    page.get_by_label("Right answer").fill("mug")
    page.get_by_role("button", name="Save").click()
    press(page, "Accept")
    press(page, "Edit")
    page.get_by_label("at 4 s").check()
    page.get_by_role("button", name="Save").click()
    said = exported(page, tmp_path)
    assert (said.name, said.reviewer, len(said.decisions)) == (NAME, "Ada", 6)
    tame = records[0]
    labels = apply_to_labels(tame.fixations, said, "tame")
    assert labels[1].gazed == SeenObject("tea pot")
    assert [thing.name for thing in labels[1].beside] == ["spoon", "fork"]
    assert labels[1].outside == tame.fixations[1].outside[:1]
    assert (labels[2].gazed, labels[2].problem) == (None, "rejected by a reviewer")
    assert said.decisions[2].note == "nothing there"
    assert (labels[0], labels[3:]) == (tame.fixations[0], tame.fixations[3:])
    asked = apply_to_questions(tame.questions, said, "tame")
    assert (asked[0].question.answer, asked[0].question.wrong[0]) == ("mug", "kettle")
    assert not asked[1].dropped
    assert [point.alert for point in asked[2].question.points] == [False, True, True]
    assert not not_applied([*tame.fixations, *tame.questions], said, "tame")


def test_the_keyboard_does_everything(visit, review, tmp_path):
    """No hand leaves it; letters in fields are letters."""
    home, _ = review
    page = opened(visit, home)
    for key in "jjkaur":  # at 1: accept, take back, reject
        page.keyboard.press(key)
    assert states(page)[:3] == ["open", "rejected", "open"]
    page.keyboard.press("e")
    page.keyboard.type("jar")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("n")
    page.keyboard.type("a, e, r")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.keyboard.press("/")
    page.keyboard.type("KETTLE")
    page.keyboard.press("Escape")
    assert states(page)[:4] == ["open", "rejected", "edited", "accepted"]
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    page.keyboard.press("Escape")
    said = exported(page, tmp_path).decisions
    assert [(one.id, one.verdict, one.note) for one in said] == [
        (1, "reject", ""),
        (2, "edit", ""),
        (3, "accept", "a, e, r"),
    ]
    assert dict(said[1].edits) == {"gazed": "cupjar"}


def test_space_plays_and_pauses_the_clip(visit, review):
    """The clip plays by itself, or the still picture stands in."""
    page = opened(visit, review[0])
    if page.locator("#item video").count() == 0:
        pytest.skip("this Chromium has no H.264")
    browsing.until(page, "document.querySelector('video').currentTime > 0.2")
    page.keyboard.press(" ")
    assert page.evaluate("document.querySelector('video').paused")
    page.keyboard.press(" ")
    browsing.until(page, "!document.querySelector('video').paused")


def test_a_broken_clip_leaves_its_still_picture(visit, review):
    """As a browser without H.264 does."""
    page = opened(visit, review[0])
    page.evaluate("document.querySelector('video').dispatchEvent(new Event('error'))")
    picture = page.get_by_role("img", name=re.compile("Clip of the fixation"))
    browsing.until(page, "document.querySelector('#item img').naturalWidth === 320")
    assert picture.is_visible()


def test_every_test_point_has_its_clip(visit, review):
    """By button and by number."""
    page = opened(visit, review[0])
    choose(page, "Show", "gta")
    pressed = '#item .clips [aria-pressed="true"]'
    assert page.locator("#item .clips button").all_inner_texts() == [
        "before 2 s",
        "before 4 s",
        "before 5 s",
    ]
    page.get_by_role("button", name="before 4 s").click()
    assert page.locator(pressed).inner_text() == "before 4 s"
    page.keyboard.press("3")
    assert page.locator(pressed).inner_text() == "before 5 s"


def test_filters_choose(visit, review):
    """By recording, task, state and words; the decided leave the open ones."""
    page = opened(visit, review[0])
    count = page.locator("#count")
    assert count.inner_text() == "15 records"
    choose(page, "Recording", "0")
    for task, found in (("fixation", 5), ("oie", 2), ("gta", 1), ("sr", 0)):
        choose(page, "Show", task)
        assert count.inner_text().startswith(f"{found} record")
    choose(page, "Show", "")
    for state in ("unsure", "problem", "dropped"):
        choose(page, "State", state)
        assert count.inner_text() == "1 record"
    choose(page, "State", "open")
    page.locator("#list .entry").first.click()
    page.keyboard.press("a")
    assert count.inner_text() == "7 records"
    assert "Fixation 1," in page.locator("#item h2").inner_text()
    page.keyboard.press("u")
    assert count.inner_text() == "8 records"
    choose(page, "State", "")
    page.get_by_label("Search").fill("No Answer")
    assert entries(page) == ["open (nobody knows)"]


def test_a_reload_keeps_everything_and_an_import_goes_on(visit, review, tmp_path):
    """Decisions, notes and the reviewer; another browser takes them from the file."""
    home, _ = review
    page = opened(visit, home)
    page.get_by_label("Reviewer").fill("Ada")
    page.keyboard.press("Escape")
    page.locator("#item").focus()
    page.keyboard.press("a")
    page.get_by_label("Note").fill("look again")
    exported(page, tmp_path)
    page.reload()
    page.locator("#item h2").wait_for()
    assert states(page)[:2] == ["accepted", "open"]
    assert page.get_by_label("Reviewer").input_value() == "Ada"
    page.keyboard.press("j")
    assert page.get_by_label("Note").input_value() == "look again"
    other = opened(visit, home)
    assert states(other)[0] == "open"
    other.keyboard.press("r")
    other.get_by_label("File of decisions").set_input_files(tmp_path / "decisions.json")
    browsing.until(other, "document.querySelector('#status').textContent.startsWith('Imported')")
    said = other.locator("#status").inner_text()
    assert "1 were older than yours" in said
    assert "Of 1 that you decided too, 0 have the same verdict" in said
    assert states(other)[0] == "rejected"
    for key in "ku":
        other.keyboard.press(key)
    assert "1 of 15 decided" in other.locator("#counter").inner_text()


@pytest.mark.parametrize(
    "text",
    ["no JSON", "[]", '{"schema_version": 2, "decisions": []}', "broken", "other"],
)
def test_a_file_that_is_none_is_refused_whole(visit, review, tmp_path, text):
    """With words, and nothing taken over."""
    page = opened(visit, review[0])
    page.keyboard.press("a")
    exported(page, tmp_path)
    path = tmp_path / "decisions.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    if text == "broken":
        value["decisions"].append({**value["decisions"][0], "verdict": "maybe"})
        text = json.dumps(value)
    if text == "other":
        text = json.dumps({**value, "name": made.IMAGE})
    path.write_text(text, encoding="utf-8")
    page.keyboard.press("u")
    page.get_by_label("File of decisions").set_input_files(path)
    browsing.until(page, "document.querySelector('#status.warning') !== null")
    assert "0 of 15 decided" in page.locator("#counter").inner_text()


def test_a_decision_about_a_changed_record_counts_no_longer(visit, review, tmp_path):
    """It is told on the page, and the pipeline lists it."""
    home, records = review
    page = opened(visit, home)
    page.keyboard.press("a")
    exported(page, tmp_path)
    path = tmp_path / "decisions.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    value["decisions"][0] |= {"seen": "0" * 64, "at": "2999-01-01T00:00:00Z"}
    path.write_text(json.dumps(value), encoding="utf-8")
    page.get_by_label("File of decisions").set_input_files(path)
    browsing.until(page, "document.querySelector('#status').textContent.startsWith('Imported')")
    page.keyboard.press("k")
    page.get_by_text("changed since it was decided").wait_for()
    assert states(page)[0] == "open"
    said = exported(page, tmp_path)
    tame = records[0]
    assert apply_to_labels(tame.fixations, said, "tame") == tame.fixations
    ((one, why),) = not_applied(tame.fixations, said, "tame")
    assert (one, why) == (said.decisions[0], "it has changed since")


def test_a_long_list_is_paged_and_recordings_follow_each_other(visit, tmp_path):
    """25 records a page; j goes on after the last of a recording, k comes back."""
    one = made.recordings(tmp_path)[0]
    many = replace(one, fixations=tuple(made.fixation(number) for number in range(60)))
    write_page(
        tmp_path / "page", [many, replace(one, recording_id="b", clips=tmp_path / "b")], name="n"
    )
    page = opened(visit, f"{(tmp_path / 'page').as_uri()}/")
    choose(page, "Recording", "0")
    browsing.until(page, "document.querySelector('#pages').textContent === '1 of 3'")
    assert len(entries(page)) == 25
    page.get_by_role("button", name="Later").click()
    assert "Fixation 25," in page.locator("#item h2").inner_text()
    page.keyboard.press("k")
    assert page.locator("#pages").inner_text() == "1 of 3"
    for _ in range(2):
        page.get_by_role("button", name="Later").click()
    assert page.get_by_role("button", name="Later").is_disabled()
    page.locator("#list .entry").last.click()
    page.keyboard.press("j")
    browsing.until(page, "document.querySelector('#recording').value === '1'")
    assert "Fixation 0," in page.locator("#item h2").inner_text()
    page.keyboard.press("k")
    browsing.until(page, "document.querySelector('#pages').textContent === '3 of 3'")
    assert "GTA" in page.locator("#item h2").inner_text()


def test_an_edit_that_makes_no_question_is_not_saved(visit, review):
    """The form says why and stays."""
    page = opened(visit, review[0])
    choose(page, "Show", "question")
    page.keyboard.press("e")
    page.get_by_label("Wrong option 1").fill(" CUP ")
    page.get_by_role("button", name="Save").click()
    assert "must be there and differ" in page.get_by_role("alert").inner_text()
    for field, typed, words in (
        ("Wrong option 1", "\u200bcup", "must be there and differ"),
        ("Wrong option 1", "x" * 501, "at most 500 characters"),
        ("Wrong option 1", "{options}", "cannot hold {options}"),
        ("Question", "\u202e ", "needs words"),
        ("Question", "x" * 1001, "at most 1000 characters"),
    ):
        page.get_by_label(field, exact=True).fill(typed)
        page.get_by_role("button", name="Save").click()
        assert words in page.get_by_role("alert").inner_text()
    page.get_by_role("button", name="Cancel").click()
    assert "0 of 15 decided" in page.locator("#counter").inner_text()


def test_hostile_names_are_text(visit, review):
    """Every record of the hostile recording is shown, edited, and makes no element."""
    page = opened(visit, review[0])
    choose(page, "Recording", "1")
    for _ in range(len(made.HOSTILE) + 1):
        assert page.locator("#item .said img, #item script, #list img").count() == 0
        page.keyboard.press("e")
        page.get_by_role("form", name="Edit").wait_for()
        page.keyboard.press("Escape")
        page.keyboard.press("j")
    assert "\u202e" not in page.locator("#list").inner_text()
    assert browsing.overflow(page) == 0


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(visit, served, width, scheme):
    """A fixation, a question, both forms and the dialog."""
    page = opened(visit, served, viewport={"width": width, "height": 760}, color_scheme=scheme)
    found = []
    for task in ("fixation", "oie", "gta", "sr"):
        choose(page, "Show", task)
        for key in ("a", "k", "e", "Escape"):
            page.keyboard.press(key)
            found += [f"{task}, {key}: {one}" for one in browsing.axe_faults(page)]
            assert browsing.overflow(page) == 0
    page.keyboard.press("?")
    found += browsing.axe_faults(page)
    assert not found, "\n".join(found)


def test_without_storage_a_person_is_warned(visit, review, tmp_path):
    """Browsers may refuse it for pages from a folder; the export works all the same."""
    home, _ = review
    page = opened(visit, home)
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('no'); }; }")
    page.keyboard.press("a")
    assert "export before you close" in page.locator("#status").inner_text()
    assert len(exported(page, tmp_path).decisions) == 1


def test_without_javascript_it_says_so(visit, review):
    """In words."""
    page = visit("index.html", review[0], java_script_enabled=False)
    assert "needs JavaScript" in page.locator("main").first.inner_text()
