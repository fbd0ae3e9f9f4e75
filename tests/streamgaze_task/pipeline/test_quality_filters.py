"""Filters: each drops what it is for, says why, and leaves everything else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamgaze_task.pipeline.quality.filters import FILTERS, filtered
from streamgaze_task.pipeline.quality.judging import judge_questions
from streamgaze_task.pipeline.quality.reference_filters import reference_objection
from streamgaze_task.pipeline.quality.settings import QualitySettings
from streamgaze_task.pipeline.records import Episode, Question, SeenObject, TestPoint
from streamgaze_task.pipeline.scanpath import Scanpath

PATH = Scanpath(
    "r",
    "EGTEA",
    100.0,
    (
        Episode(0, 0, 5, 0.5, 0.5, SeenObject("cup")),
        Episode(1, 6, 9, 0.5, 0.5, None, sure=False),
    ),
)
GOOD = Question(
    "r/oie/0000",
    "oie",
    "r",
    4,
    "Which object is the user currently gazing at?",
    "cup",
    ("pan", "jar", "handle"),
    (0.0, 4.0),
    (0,),
    extras={"object": "cup"},
)
ALERT = Question(
    "r/oaa/0000",
    "oaa",
    "r",
    0,
    "Watch the scene and alert me when the <kettle> first appears.",
    points=(TestPoint(4, alert=False), TestPoint(8, alert=True)),
    label_means="now",
    extras={"target_object": "kettle"},
)
ACTION = replace(
    GOOD,
    task="fap",
    text="Based on the recent fixation pattern (cup → oven → tongs), what action comes next?",
    answer="The user cuts the bread.",
    wrong=("The user opens the jar.", "The user stirs.", "The user pours."),
    extras={"context_objects": ["cup", "oven"], "actual_action_time": "00:20"},
)


def context(name):
    """A question about an action after one thing was looked at."""
    return replace(ACTION, extras={**ACTION.extras, "context_objects": [name]})


def attribute(kind, name):
    """A question about an attribute of a thing."""
    return replace(GOOD, task="oar", extras={"attribute_type": kind, "object_name": name})


def dropped(question):
    """The filter that drops a question, and why."""
    (judged,) = filtered([question], PATH)
    assert bool(judged.dropped) == bool(judged.reason)
    return judged.dropped


@pytest.mark.parametrize("question", [GOOD, ALERT, ACTION], ids=lambda one: one.task)
def test_a_good_question_stays(question):
    """A good question stays."""
    assert dropped(question) == ""


@pytest.mark.parametrize(
    ("question", "name"),
    [
        (replace(GOOD, asked_seconds=101), "outside the video"),
        (replace(GOOD, asked_seconds=0), "outside the video"),
        (replace(ALERT, points=(TestPoint(101, alert=False),)), "outside the video"),
        (replace(GOOD, episodes=(0, 1)), "unsure"),
        (replace(GOOD, wrong=("pan", "jar", "left hand")), "people"),
        (replace(GOOD, answer="man_wearing_red_shirt"), "people"),
        (replace(GOOD, wrong=("pan", "jar", "object")), "vague"),
        (replace(ALERT, extras={"target_object": "boxes"}), ""),
        (replace(ALERT, extras={"target_object": "containers"}), "vague"),
        (replace(GOOD, answer="board", wrong=("cutting board", "jar", "pan")), "similar options"),
        (replace(GOOD, wrong=("cups", "jar", "pan")), "similar options"),
        (replace(ACTION, answer="The user opens the oven."), "told by the text"),
        (replace(ACTION, answer="The user " + "cuts " * 60), "told by length"),
        (replace(ACTION, wrong=("a" * 201, "b", "c")), "told by length"),
        (
            replace(ACTION, extras={"context_objects": ["sink", "gas stove"]}),
            "furniture",
        ),
        (replace(ACTION, extras={}), "furniture"),
    ],
)
def test_each_filter_drops_what_it_is_for(question, name):
    """Each filter drops what it is for."""
    assert dropped(question) == name


def test_words_count_whole():
    """Words count whole."""
    for harmless in ("handle", "armchair", "legumes", "surface", "headphones"):
        assert dropped(replace(GOOD, answer=harmless, wrong=("pan", "jar", "cup"))) == ""


def test_a_word_that_is_in_every_option_tells_nothing():
    """A word that is in every option tells nothing."""
    wrong = ("The user opens the oven.", "The user cleans the oven.", "The user stirs.")
    assert dropped(replace(ACTION, answer="The user heats the oven.", wrong=wrong)) == ""


def test_the_same_is_not_asked_twice_about_one_moment():
    """The same is not asked twice about one moment."""
    again = replace(GOOD, id="r/oie/0001", asked_seconds=8)
    later = replace(GOOD, id="r/oie/0002", asked_seconds=60)
    other = replace(GOOD, id="r/oie/0003", answer="bowl")
    judged = filtered([GOOD, again, later, other], PATH)
    assert [one.dropped for one in judged] == ["", "asked before", "", ""]


def test_filters_have_names_of_their_own_and_are_all_tried():
    """Filters have names of their own and are all tried."""
    assert len(FILTERS) == 8
    assert all(check(GOOD, PATH) == "" for check in FILTERS.values())


def test_objections_are_noted_also_where_they_do_not_drop():
    """Objections are noted also where they do not drop."""
    bad = replace(GOOD, episodes=(1,))
    settings = QualitySettings(filters=False)
    (judged,) = judge_questions([bad], PATH, settings=settings, method="sightline")
    assert (judged.dropped, judged.reason) == ("", "episode 1 is unsure")


def test_the_verifier_is_asked_about_what_is_left_only():
    """The verifier is asked about what is left only."""
    asked = []

    def verify(questions):
        asked.extend(question.id for question in questions)
        return {"r/oaa/0000": "not valid: dark", "r/oie/0000": "the verifier chose 'cup': seen"}

    bad = replace(GOOD, id="bad", episodes=(1,))
    judged = judge_questions(
        [GOOD, bad, ALERT], PATH, settings=QualitySettings(), method="sightline", verify=verify
    )
    assert asked == ["r/oie/0000", "r/oaa/0000"]
    assert [one.dropped for one in judged] == ["", "unsure", "verifier"]
    assert judged[2].reason == "not valid: dark"
    assert judged[0].reason == "the verifier chose 'cup': seen"
    settings = QualitySettings(filters=False)
    judged = judge_questions(
        [replace(GOOD, episodes=(1,))],
        PATH,
        settings=settings,
        method="sightline",
        verify=verify,
    )
    said = "episode 1 is unsure; the verifier chose 'cup': seen"
    assert [(one.dropped, one.reason) for one in judged] == [("", said)]


def test_settings_are_checked():
    """Settings are checked."""
    with pytest.raises(ValueError, match="frames"):
        QualitySettings(frames=0)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        (ACTION, ""),
        (replace(ACTION, asked_seconds=17), "gap"),
        (replace(ACTION, extras={**ACTION.extras, "actual_action_time": "01:05"}), "gap"),
        (context("tabletop"), "furniture"),
        (context("read"), "told by the text"),
        (context("cut"), ""),
        (ALERT, ""),
        (replace(ALERT, extras={"target_object": "boxes"}), "vague"),
        (replace(ALERT, task="gta", extras={"target_object": "box"}), ""),
        (replace(GOOD, extras={"object": "handle"}), "people"),
        (replace(GOOD, extras={"object": "man_wearing_red_shirt"}), ""),
        (replace(GOOD, task="otp", wrong=("pan", "jar", "legumes")), "people"),
        (attribute("size", "cup"), "attribute"),
        (attribute("color", "armchair"), "people"),
        (attribute("color", "cup"), ""),
        (replace(GOOD, task="sr", extras={"gazed_objects": ["pan"]}), "gazed"),
        (replace(GOOD, task="sr", extras={"gazed_objects": ["surface"]}), "people"),
        (replace(GOOD, task="gsm", extras={"correct_sequence": [["a"], ["a"], ["b"]]}), "groups"),
        (replace(GOOD, task="gsm", extras={"correct_sequence": [["a"]]}), "groups"),
        (replace(GOOD, task="gsm", extras={"correct_sequence": [["a"], ["b"], ["a"]]}), ""),
        (replace(GOOD, task="nfi", answer="hand"), ""),
    ],
)  # fmt: skip
def test_the_published_filters_faults_included(question, name):
    """The published filters faults included."""
    found, reason = reference_objection(question)
    assert found == name
    assert bool(found) == bool(reason)
