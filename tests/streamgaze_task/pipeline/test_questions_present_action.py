"""FAP on recordings made by hand."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamgaze_task.pipeline.questions import fap
from streamgaze_task.pipeline.questions.rules import Rules, chance
from streamgaze_task.pipeline.records import Action

made = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scanpaths.py"))))
look, scanpath, in_row = made.look, made.scanpath, made.in_row

TEXTS = ("close drawer", "cut onion", "lift cup", "open tap", "wash plate")
THREE = in_row("pan", "tray", "jar")
"""Looks from 0 to 3, 3.2 to 6.2 and 6.4 to 9.4 s."""


def ask(looks, *actions, texts=TEXTS, **more):
    """All questions of a recording of 400 s with these looks and actions."""
    recording = scanpath(*looks, actions=tuple(actions), **{"seconds": 400.0, **more})
    return list(fap.make(recording, Rules(actions=texts), chance(0)))


def test_it_asks_for_the_next_action_after_a_look():
    """It asks for the next action after a look."""
    (question,) = ask(THREE, Action(20.5, 24.0, "wash plate"))
    assert question.id == "rec/fap/0000"
    assert question.asked_seconds == 10
    assert question.text == (
        "Based on the recent fixation pattern (pan \u2192 tray \u2192 jar), "
        "what action will the user do next?"
    )
    assert question.answer == "wash plate"
    assert len(set(question.wrong)) == 3
    assert set(question.wrong) < set(TEXTS) - {"wash plate"}
    assert question.span_seconds == (10.0, 25.5)
    assert question.episodes == (2,)
    assert question.extras == {
        "answer_action": "wash plate",
        "context_objects": ["pan", "tray", "jar"],
        "context_objects_with_timing": [
            {"object": "pan", "timestamp": "00:00"},
            {"object": "tray", "timestamp": "00:03"},
            {"object": "jar", "timestamp": "00:06"},
        ],
        "actual_action_time": "00:20",
    }


@pytest.mark.parametrize(
    ("start", "asked"), [(13.0, False), (13.1, True), (70.0, True), (70.1, False)]
)
def test_the_action_is_more_than_three_and_at_most_sixty_seconds_away(start, asked):
    """The action is more than three and at most sixty seconds away."""
    assert bool(ask(THREE, Action(start, start + 2, "wash plate"))) is asked


@pytest.mark.parametrize("end", [11.0, 20.0, 90.0])
def test_what_is_going_on_is_neither_next_nor_an_option(end):
    """It may end before the next begins, then, or later."""
    before, later = Action(9.0, end, "open tap"), Action(20.0, 24.0, "wash plate")
    (question,) = ask(THREE, before, later)
    assert (question.asked_seconds, question.answer) == (10, "wash plate")
    assert {*question.wrong} == {"close drawer", "cut onion", "lift cup"}
    assert (
        ask(THREE, before, later, texts=("lift cup", "cut onion", "open tap", "wash plate")) == []
    )


def test_what_is_going_on_does_not_come_next():
    """The same once more, however it is written."""
    later = Action(20.0, 24.0, "wash plate")
    for text in ("wash plate", "Plates: wash"):
        assert ask(THREE, Action(9.0, 11.0, text), later) == []
    assert len(ask(THREE, Action(8.0, 10.0, "wash plate"), later)) == 1


def annotated_throughout(seed, minutes=5):
    """Actions of 1 to 6 s back to back, some overlapping, and looks of 1 to 4.5 s, as in EGTEA."""
    rng = chance(seed)
    verbs = [f"{verb} {name}" for verb in made.VERBS for name in made.WORDS]
    texts, actions, looks = rng.sample(verbs, 100), [], []
    now = rng.random()
    while now < 60 * minutes - 6:
        end = now + rng.uniform(1, 6)
        actions.append(Action(now, end, rng.choice(texts)))
        now = end - rng.choice((0.0, 0.0, 0.2, 0.5))
    now = rng.random()
    while now < 60 * minutes - 6:
        looks.append(look(rng.choice(made.WORDS), now, now + rng.uniform(1, 4.5)))
        now = looks[-1].end_seconds + rng.uniform(0.05, 0.6)
    return scanpath(*looks, actions=tuple(actions), seconds=60.0 * minutes)


def test_where_every_second_is_annotated_there_are_questions():
    """About four a minute of 18 actions; all of them while something is done."""
    recordings = [annotated_throughout(seed) for seed in range(4)]
    texts = tuple(sorted(action.text for one in recordings for action in one.actions))
    counts = []
    for recording in recordings:
        found = list(fap.make(recording, Rules(actions=texts), chance(0)))
        counts.append(len(found))
        for question in found:
            at, actions = question.asked_seconds, recording.actions
            begins = [one for one in actions if one.start_seconds >= at]
            going_on = {one.text for one in actions if one.start_seconds < at < one.end_seconds}
            soon = {one.text for one in begins if one.start_seconds <= at + 60}
            assert begins[0].text == question.answer
            assert begins[0].start_seconds > at + 3
            assert going_on
            assert not going_on & {question.answer, *question.wrong}
            assert not soon & {*question.wrong}
    assert min(counts) >= 3 * 5


def test_it_is_the_very_next_action_that_counts():
    """It is the very next action that counts."""
    assert ask(THREE, Action(20.0, 24.0, "wash plate"))
    soon, later = Action(11.0, 14.0, "open tap"), Action(20.0, 24.0, "wash plate")
    assert ask(THREE, soon, later) == []


def test_of_two_that_begin_at_once_neither_is_next():
    """Of two that begin at once neither is next."""
    assert ask(THREE, Action(20.0, 24.0, "wash plate"), Action(20.0, 21.0, "open tap")) == []


def test_it_is_asked_once_an_action_after_the_last_look():
    """It is asked once an action after the last look."""
    looks = in_row("pan", "tray", "jar", "lid", "box")
    (question,) = ask(looks, Action(40.0, 44.0, "wash plate"))
    assert question.asked_seconds == 16
    assert question.extras["context_objects"] == ["jar", "lid", "box"]


def test_things_looked_at_again_are_named_once_in_order_of_their_last_look():
    """Things looked at again are named once in order of their last look."""
    looks = in_row("pan", "tray", "jar", "pan")
    (question,) = ask(looks, Action(40.0, 44.0, "wash plate"))
    assert question.extras["context_objects"] == ["tray", "jar", "pan"]


def test_fewer_than_three_things_make_no_pattern():
    """Fewer than three things make no pattern."""
    assert ask(in_row("pan", "tray", "pan"), Action(20.0, 24.0, "wash plate")) == []


def test_unsure_looks_are_neither_asked_after_nor_named():
    """Unsure looks are neither asked after nor named."""
    looks = [*THREE, look("lid", 10.0, 12.0, sure=False)]
    (question,) = ask(looks, Action(40.0, 44.0, "wash plate"))
    assert question.asked_seconds == 10
    assert question.extras["context_objects"] == ["pan", "tray", "jar"]


@pytest.mark.parametrize("word", ["pan", "trays", "jar"])
def test_an_answer_that_names_what_the_question_names_would_give_itself_away(word):
    """An answer that names what the question names would give itself away."""
    assert ask(THREE, Action(20.0, 24.0, f"wash {word}"), texts=(*TEXTS, f"wash {word}")) == []


def test_unless_every_option_names_it():
    """Unless every option names it."""
    texts = (*TEXTS, "close jar", "lift jar", "open jar", "wash jar")
    (question,) = ask(THREE, Action(20.0, 24.0, "wash jar"), texts=texts)
    assert set(question.wrong) == {"close jar", "lift jar", "open jar"}
    (question,) = ask(THREE, Action(20.0, 24.0, "wash plate"), texts=texts)
    assert not any("jar" in option for option in question.wrong)


def test_what_is_done_soon_after_is_no_wrong_option():
    """What is done soon after is no wrong option."""
    actions = [Action(20.0, 24.0, "wash plate"), Action(79.0, 85.0, "Open the tap")]
    assert ask(THREE, *actions, texts=("cut onion", "lift cup", "the tap open", "wash plate")) == []
    later = [actions[0], Action(80.5, 85.0, "open tap")]
    (question,) = ask(THREE, *later, texts=("cut onion", "lift cup", "open tap", "wash plate"))
    assert set(question.wrong) == {"cut onion", "lift cup", "open tap"}


def test_the_evidence_ends_with_the_video():
    """The evidence ends with the video."""
    (question,) = ask(THREE, Action(20.0, 22.0, "wash plate"), seconds=22.0)
    assert question.span_seconds == (10.0, 22.0)
    assert ask(THREE, Action(20.0, 22.0, "wash plate"), seconds=9.5) == []
