"""OI-E, OI-H and OAR on recordings made by hand."""

from __future__ import annotations

import runpy
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamgaze_task.pipeline.questions import oar, oie, oih
from streamgaze_task.pipeline.questions.fair import FairOptions
from streamgaze_task.pipeline.questions.rules import Rules, chance
from streamgaze_task.pipeline.questions.words import alike
from streamgaze_task.pipeline.records import SeenObject

made = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scanpaths.py"))))
look, scanpath, view, in_row = made.look, made.scanpath, made.view, made.in_row

WORDS = ("brush", "cup", "jar", "kettle", "ladle", "pan", "tray")
COLORS = ("blue", "green", "orange", "red", "white", "yellow")


def ask(maker, recording, rules=None, seed=0):
    """All questions of a recording."""
    return list(maker.make(recording, rules or Rules(vocabulary=WORDS), chance(seed)))


def painted(*, caption="", name="lamp", **attributes):
    """A recording with one look at something with these attributes."""
    one = replace(look("x", 0.0, 5.0), gazed=SeenObject(name, caption, attributes))
    return scanpath(one)


class TestEasy:
    """OI-E."""

    def test_it_is_asked_once_a_look_has_been_seen_for_a_second(self):
        """It is asked once a look has been seen for a second."""
        (question,) = ask(oie, scanpath(look("pan", 80.3, 84.0)))
        assert question.id == "rec/oie/0000"
        assert question.asked_seconds == 82
        assert question.text == "Which object is the user currently gazing at?"
        assert question.answer == "pan"
        assert question.span_seconds == (22.0, 82.0)
        assert question.extras == {"object": "pan"}
        assert len(set(question.wrong)) == 3
        assert set(question.wrong) < set(WORDS) - {"pan"}

    @pytest.mark.parametrize(
        "one",
        [
            look("pan", 10.3, 11.9),  # over before the second in which it can be asked
            look("pan", 10.0, 14.0, sure=False),
            look("", 10.0, 14.0),
        ],
    )
    def test_looks_too_short_unsure_or_unknown_are_not_asked_about(self, one):
        """Looks too short unsure or unknown are not asked about."""
        assert ask(oie, scanpath(one)) == []

    def test_a_look_in_which_the_gaze_was_lost_is_not_asked_about(self):
        """A look in which the gaze was lost is not asked about."""
        one = look("pan", 10.0, 14.0)
        assert ask(oie, scanpath(one, losses=((10.2, 10.7),))) == []
        assert len(ask(oie, scanpath(one, losses=((11.0, 11.6),)))) == 1
        assert len(ask(oie, scanpath(one, losses=((9.0, 10.0),)))) == 1

    def test_nothing_beyond_the_videos_end_is_asked(self):
        """Nothing beyond the videos end is asked."""
        assert ask(oie, scanpath(look("pan", 10.0, 14.0), seconds=10.5)) == []

    @pytest.mark.parametrize(
        "recording",
        [
            scanpath(look("pan", 10.0, 14.0, beside="jar")),
            scanpath(look("pan", 10.0, 14.0, outside="jar")),
            scanpath(look("pan", 10.0, 14.0), views=(view(10.5, "pan jar"),)),
            scanpath(look("pan", 10.0, 14.0), views=(view(10.5, "pan", "jar"),)),
            # The camera looked there last before the short look.
            scanpath(look("pan", 10.0, 14.0), views=(view(9.0, "jar"), view(12.0))),
            scanpath(look("jar", 1.0, 4.0, sure=False), look("pan", 60.0, 64.0)),
            scanpath(look("cup", 1.0, 4.0, beside="jar"), look("pan", 60.0, 64.0)),
        ],
    )
    def test_what_is_in_view_or_was_looked_at_within_a_minute_is_no_option(self, recording):
        """What is in view or was looked at within a minute is no option."""
        for seed in range(20):
            assert "jar" not in ask(oie, recording, seed=seed)[-1].wrong

    def test_what_was_looked_at_more_than_a_minute_ago_may_be_one(self):
        """What was looked at more than a minute ago may be one."""
        recording = scanpath(look("jar", 1.0, 4.0), look("pan", 64.0, 67.0))
        rules = Rules(vocabulary=("brush", "cup", "jar", "pan"))
        assert set(ask(oie, recording, rules)[-1].wrong) == {"brush", "cup", "jar"}

    @pytest.mark.parametrize(
        ("seen", "asked"),
        [
            (view(10.5, "pan"), 1),
            (view(10.5, "cup", "pan"), 0),
            (view(10.5, "cup"), 0),
            (view(10.5, problem="no answer"), 0),
            (view(9.9, "cup"), 1),
            (view(11.0, "cup"), 1),
        ],
    )
    def test_a_view_during_the_look_must_show_what_is_looked_at(self, seen, asked):
        """A view during the look, and before the question at 11 s, shows it clearly or bars it."""
        recording = scanpath(look("pan", 10.0, 14.0), views=(seen,))
        assert len(ask(oie, recording)) == asked

    def test_with_fewer_than_three_others_there_is_no_question(self):
        """With fewer than three others there is no question."""
        assert ask(oie, scanpath(look("pan", 1, 4)), Rules(vocabulary=("cup", "jar", "pan"))) == []

    def test_names_of_one_thing_are_not_offered_together(self):
        """Names of one thing are not offered together."""
        rules = Rules(vocabulary=("bread knife", "jar", "knives", "ladle", "mug", "tray"))
        recording = scanpath(look("cup", 1.0, 4.0, outside="knife"))
        # Only jar, ladle and tray are left: a mug may be the cup, a bread knife is a knife.
        (question,) = ask(oie, recording, rules)
        assert set(question.wrong) == {"jar", "ladle", "tray"}


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("cup", "mug", True),
        ("coffee mug", "cups", True),
        ("Tomatoes", "tomato", True),
        ("glass", "glasses", True),
        ("knife", "knives", True),
        ("pan", "pans", True),
        ("cutting board", "board", True),
        ("pan", "pancake", False),
        ("board", "cupboard", False),
        ("pan", "pot", False),
    ],
)
def test_alike(a, b, same):
    """Alike."""
    assert alike(a, b) is alike(b, a) is same


class TestFairOptions:
    """No word is right more often than offered."""

    def test_each_word_is_right_in_about_a_quarter_of_the_questions_that_offer_it(self):
        """Also where some words are right ten times as often as others."""
        shares = {"a": 20, "b": 10, **dict.fromkeys("cdefghijkl", 7)}
        words = [word for word, count in shares.items() for _ in range(count)]
        answers = chance(1).choices(words, k=2000)
        options = FairOptions(words, chance(2))
        offered = Counter(word for one in answers for word in options.take(one, shares))
        right = Counter(answers)
        for word in shares:
            assert right[word] / (right[word] + offered[word]) == pytest.approx(0.25, abs=0.03)

    def test_shares_are_learnt_where_the_list_does_not_tell_them(self):
        """Shares are learnt where the list does not tell them."""
        answers = chance(1).choices("abcdefgh", [2, 2, 1, 1, 1, 1, 0.1, 0.1], k=2000)
        options = FairOptions("abcdefgh", chance(2))
        offered = Counter(word for one in answers for word in options.take(one, "abcdefgh"))
        right = Counter(answers)
        for word in "abcdef":
            assert right[word] / (right[word] + offered[word]) == pytest.approx(0.25, abs=0.04)

    def test_words_that_are_right_nowhere_are_not_offered(self):
        """Words that are right nowhere are not offered."""
        options = FairOptions(("cup", "jar", "pan", "pot"), chance(0))
        assert set(options.take("cup", ("jar", "pan", "pot", "wall"))) == {"jar", "pan", "pot"}
        assert options.take("cup", ("jar", "pan", "wall")) == ()

    def test_recordings_begin_with_different_words(self):
        """Recordings begin with different words."""
        first = {FairOptions(WORDS, chance(seed)).take("cup", WORDS) for seed in range(10)}
        assert len(first) > 3


class TestHard:
    """OI-H."""

    def test_the_other_options_stand_outside_the_circle(self):
        """The other options stand outside the circle."""
        one = look("pan", 2.5, 6.0, beside="jar", outside="cup jar kettle tray mug wall")
        (question,) = ask(oih, scanpath(one))
        assert question.id == "rec/oih/0000"
        assert question.asked_seconds == 4
        assert question.answer == "pan"
        # A wall is looked at in no recording.
        assert set(question.wrong) == {"cup", "kettle", "tray"}

    def test_with_fewer_than_three_there_is_no_question(self):
        """With fewer than three there is no question."""
        assert ask(oih, scanpath(look("pan", 2.5, 6.0, outside="cup kettle wall"))) == []

    def test_of_several_those_are_offered_that_are_right_elsewhere(self):
        """So that "is it ever looked at" does not tell the answer."""
        looks = in_row(*(["pan", "cup", "jar", "kettle"] * 10), seconds=3.0)
        around = "brush cup jar kettle ladle pan tray"
        there = [
            look(one.name, one.start_seconds, one.end_seconds, outside=around) for one in looks
        ]
        questions = ask(oih, scanpath(*there))
        offered = Counter(word for question in questions for word in question.wrong)
        assert min(offered[word] for word in ("pan", "cup", "jar", "kettle")) > 3 * max(
            offered[word] for word in ("brush", "ladle", "tray")
        )


class TestAttribute:
    """OAR."""

    def test_it_asks_for_an_attribute_by_the_published_words(self):
        """It asks for an attribute by the published words."""
        rules = Rules(values={"color": COLORS, "material": ("clay", "cotton", "steel", "wood")})
        recording = painted(caption="A tall lamp.", color="green", material="wood")
        color, material = ask(oar, recording, rules)
        assert (color.id, material.id) == ("rec/oar/0000", "rec/oar/0001")
        assert color.text == "What color is this object?"
        assert color.answer == "green"
        assert set(color.wrong) < set(COLORS)
        assert color.extras == {"attribute_type": "color", "object_name": "lamp"}
        assert material.text == "What material is this object made of?"
        assert set(material.wrong) == {"clay", "cotton", "steel"}
        assert color.asked_seconds == material.asked_seconds == 1

    def test_values_that_pass_for_the_right_one_are_not_offered(self):
        """Values that pass for the right one are not offered."""
        colors = ("blue", "dark red", "green", "orange", "pink", "red", "white")
        (question,) = ask(oar, painted(color="red"), Rules(values={"color": colors}))
        assert set(question.wrong) == {"blue", "green", "white"}

    @pytest.mark.parametrize(
        "recording",
        [
            painted(color="blue", caption="A blue lamp with a white foot."),
            painted(color="blue", state="painted white"),
        ],
    )
    def test_values_that_are_said_of_the_object_are_not_offered(self, recording):
        """Values that are said of the object are not offered."""
        rules = Rules(values={"color": ("blue", "green", "orange", "red", "white")})
        (question,) = ask(oar, recording, rules)
        assert set(question.wrong) == {"green", "orange", "red"}

    @pytest.mark.parametrize("kind", ["size", "usage"])
    def test_size_and_usage_are_not_asked_for(self, kind):
        """Size and usage are not asked for."""
        rules = Rules(values={kind: ("a", "b", "c", "d", "e")})
        assert ask(oar, painted(**{kind: "a"}), rules) == []

    def test_a_type_with_fewer_than_four_values_is_not_asked_for(self):
        """A type with fewer than four values is not asked for."""
        rules = Rules(values={"shape": ("long", "round", "square")})
        assert ask(oar, painted(shape="round"), rules) == []

    def test_a_list_that_names_values_often_has_no_more_of_them(self):
        """A list that names values often has no more of them."""
        rules = Rules(values={"shape": ("long", "long", "round", "square")})
        assert ask(oar, painted(shape="round"), rules) == []


@pytest.mark.parametrize(
    ("kind", "a", "b", "same"),
    [
        ("color", "Grey", "silver", True),
        ("color", "light grey", "white", True),
        ("color", "red", "blue", False),
        ("material", "wood", "wooden", True),
        ("color", "wood", "wooden", False),
        ("nothing", "a", "b", False),
    ],
)
def test_confusable(kind, a, b, same):
    """Confusable."""
    assert oar.confusable(kind, a, b) is oar.confusable(kind, b, a) is same
