"""Where there is nothing to ask: too few words, no time left, nothing known."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from streamgaze_task.pipeline.quality.baselines import baselines
from streamgaze_task.pipeline.quality.judging import NOT_CHOSEN, judge_questions
from streamgaze_task.pipeline.quality.settings import QualitySettings
from streamgaze_task.pipeline.questions import oar
from streamgaze_task.pipeline.questions.reference import gta, otp
from streamgaze_task.pipeline.questions.reference.timeline import published_random, timeline
from streamgaze_task.pipeline.questions.rules import Rules, chance
from streamgaze_task.pipeline.records import Action, Question, SeenObject

made = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scanpaths.py"))))
look, scanpath, in_row = made.look, made.scanpath, made.in_row
QUESTION = Question("r/oie/0", "oie", "r", 2, "Which?", "cup", ("pan", "jar", "pot"))


def test_an_action_without_words_does_not_stand_in_the_timeline():
    """There would be nothing to call it."""
    entries = timeline(scanpath(look("pan", 1, 4), actions=(Action(5.0, 6.0, ""),)))
    assert [entry.is_look for entry in entries] == [True]


def test_the_published_transition_needs_three_others():
    """With two there is no question."""
    few = scanpath(*in_row("cup", "pan", "jar", "cup"))
    assert list(otp.make_reference(few, published_random())) == []


def test_the_published_alert_needs_a_point_within_five_minutes():
    """What first appears later is not asked for."""
    late = scanpath(look("", 0, 3), look("cup", 400, 404))
    assert list(gta.make_reference(late, published_random())) == []
    assert list(gta.make_reference(scanpath(look("", 0, 3)), published_random())) == []


def test_an_attribute_that_has_no_other_values_is_not_asked_for():
    """Nor one that the thing has not."""
    values = {
        "color": ("red", "blue", "green", "white"),
        "shape": ("round", "flat", "long", "bent"),
    }
    cup = SeenObject("cup", "", {"color": "red"})
    path = scanpath(replace(look("cup", 0, 5), gazed=cup))
    asked = list(oar.make(path, Rules(values=values), chance(0)))
    assert [one.extras["attribute_type"] for one in asked] == ["color"]
    alike = {"color": ("red", "dark red", "light red", "orange")}
    assert list(oar.make(path, Rules(values=alike), chance(0))) == []


def test_an_option_that_the_question_names_is_a_feature():
    """Which the baseline learns."""
    entries = [
        {
            "video_path": f"{number}.mp4",
            "questions": [
                {
                    "question": f"What stands beside the {word}?",
                    "options": [f"A. {word}", "B. x", "C. y", "D. z"],
                    "answer": "A",
                }
            ],
        }
        for number, word in enumerate(("cup", "pan", "jar", "pot"))
    ]
    assert baselines({"oie": entries})["oie"]["text"] == 1.0


def test_what_was_not_chosen_is_not_lost():
    """It is dropped with a reason; what a filter dropped keeps that filter's."""
    path = scanpath(look("cup", 0, 5))
    other = replace(QUESTION, id="r/oie/1", answer="bowl")
    late = replace(QUESTION, id="r/oie/2", asked_seconds=900)
    judged = judge_questions(
        [QUESTION, other, late],
        path,
        settings=QualitySettings(),
        method="sightline",
        chosen={"r/oie/0"},
    )
    assert [one.dropped for one in judged] == ["", NOT_CHOSEN, "outside the video"]
    assert all(one.reason for one in judged[1:])


def test_the_published_method_has_its_own_filters():
    """Ours would drop a question outside the video."""
    late = replace(QUESTION, asked_seconds=900, extras={"object": "handle"})
    nfi = replace(late, task="nfi")
    judged = judge_questions(
        [late, nfi], scanpath(look("cup", 0, 5)), settings=QualitySettings(), method="reference"
    )
    assert [one.dropped for one in judged] == ["people", ""]
