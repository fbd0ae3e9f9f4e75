"""The page of a run: its counts in words, for any facts, and nothing of strangers' but text."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from streamgaze_task.pipeline.report import RunReport
from streamgaze_task.pipeline.reporting.page import report_page
from streamgaze_task.task_names import CODES

EVIL = "<script>alert(1)</script>\u202e"
EARLY = {"recordings": 1, "minutes": 2.5, "notes": {}, "files_left_aside": []}
NO_TASK = {"made": 0, "kept": 0, "dropped": {}}
WHOLE = {
    **EARLY,
    "notes": {"a": ["late", EVIL]},
    "files_left_aside": [EVIL],
    "fixations": 10,
    "fixations_dropped": {"short": 3, "moving": 1},
    "labelled": 5,
    "labels_unsure": 2,
    "label_problems": {EVIL: 1},
    "episodes": 4,
    "episodes_unknown": 1,
    "outdated_decisions": 7,
    "questions": {
        **dict.fromkeys(CODES, NO_TASK),
        "oie": {"made": 9, "kept": 6, "dropped": {"vague": 3}},
        "sr": {"made": 1, "kept": 0, "dropped": {"vague": 1}},
    },
    "baselines": {
        "oie": {
            "questions": 6,
            "chance": 0.25,
            "text": 0.5,
            "text_interval": [0.1, 0.9],
            "against_text": 0.125,
            "position": 1 / 3,
        }
    },
}


def page_of(facts, **more):
    """The page of these facts, one recording."""
    given = {"failed": {}, "released": True} | more
    return report_page(RunReport("mine", Path("out"), facts, **given), {"a": facts})


def words_of(page):
    """What is read of it, without its style."""
    body = page.partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_every_count_and_every_reason_is_told():
    """From gaze to questions."""
    words = words_of(page_of(WHOLE))
    for told in (
        "1 recording(s), 2.5 minutes of video.",
        "Fixations found 10 100.0",
        "Long enough and steady 6 60.0 short: 3, moving: 1",
        "Labelled 5 83.3",
        "Labeller is sure 3 50.0",
        "Episodes of known things 3 75.0",
        "Questions made 10 100.0",
        "Questions kept 6 60.0 vague: 4",
        "9 6 50.0 12.5 33.3 25.0 vague: 3",
        "7 decisions of reviewers were not applied",
        "a 2.5 10 5 3 6 late; <script>",
    ):
        assert told in words


@pytest.mark.parametrize("name", ["fixations", "labelled", "episodes", "outdated_decisions"])
def test_a_run_that_stopped_early_has_a_page(name):
    """Of what there is."""
    until = list(WHOLE).index(name)
    facts = {key: WHOLE[key] for key in list(WHOLE)[:until]}
    words = words_of(page_of(facts, released=False, failed={"b": EVIL}))
    assert "There is no release of all this." in words
    assert "b was left behind: <script>" in words
    assert "By the texts" not in words


def test_nothing_found_is_no_error():
    """A share of nothing is a dash."""
    none = {"fixations": 0, "fixations_dropped": {}, "labelled": 0, "labels_unsure": 0}
    words = words_of(page_of({**EARLY, **none, "label_problems": {}}))
    assert re.search(r"Fixations found 0 \W ", words)


def test_strangers_words_are_text_and_nothing_is_fetched():
    """No tag of theirs, no script, no address, and a policy that allows one style alone."""
    page = page_of(WHOLE, failed={EVIL: EVIL})
    assert "<script" not in page
    assert "\u202e" not in page
    assert not re.search(r"(src|href|action)=|url\(|@import|style=", page)
    assert "default-src 'none'; style-src 'sha256-" in unescape(page)


def test_equal_facts_give_equal_bytes():
    """Whatever the order of recordings was made in."""
    assert page_of(WHOLE) == page_of(dict(WHOLE))


def test_what_was_not_answered_is_counted_in_words_and_page():
    """Labels, views and verified questions; nothing is said where all were answered."""
    lost = {
        "views": 8,
        "view_problems": {f"reason {number}": 1 for number in range(7)},
        "questions_not_verified": 2,
    }
    report = RunReport("mine", Path("out"), {**WHOLE, **lost}, {}, released=True)
    told = "used for 1 labels and 7 views and 2 verified questions"
    printed = " ".join(report.text().split())
    for words in (printed, words_of(page_of({**WHOLE, **lost}))):
        assert told in words
        assert "--retry-problems" in words
    assert "8 views (reason 0: 1, reason 1: 1," in printed
    assert "and 2 other reasons" in printed
    assert "Views answered 1 12.5" in words_of(page_of({**WHOLE, **lost}))
    assert "--retry-problems" not in words_of(page_of({**WHOLE, "label_problems": {}}))
