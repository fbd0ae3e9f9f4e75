"""The published rules of OI, OAR and FAP, on cases worked out by hand, faults included."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamgaze_task.pipeline.questions.reference import fap, oar, oie, oih
from streamgaze_task.pipeline.questions.reference.keywords import loose_things, read_json
from streamgaze_task.pipeline.questions.rules import chance
from streamgaze_task.pipeline.records import Action

made = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scanpaths.py"))))
look, scanpath, in_row = made.look, made.scanpath, made.in_row

FALLBACK = {
    *("spoon", "fork", "knife", "cup", "mug", "plate", "bowl", "pan", "pot", "kettle"),
    *("microwave", "refrigerator", "toaster", "cutting board", "sink", "towel", "jar", "bottle"),
}


def ask(maker, recording, *more):
    """All questions of a recording."""
    return list(maker.make_reference(recording, chance(0), *more))


class TestIdentification:
    """OI-E and OI-H."""

    @pytest.mark.parametrize(("start", "asked"), [(4.5, 4), (5.5, 6), (4.4, 4), (275.958, 276)])
    def test_it_is_asked_when_the_look_starts(self, start, asked):
        """Rounded half to even; a window that ends there shows nothing of the look."""
        (question,) = ask(oie, scanpath(look("tray", start, start + 3)))
        assert question.text == "What is this?"
        assert question.asked_seconds == asked
        assert question.span_seconds == (start, start + 3)
        assert question.answer == "tray"
        assert question.extras == {"object": "tray"}

    def test_the_longest_look_at_every_thing_is_kept(self):
        """The longest look at every thing is kept."""
        looks = [look("pan", 0, 2), look("lid", 2, 5), look("pan", 5, 9), look("pan", 9, 13)]
        questions = ask(oie, scanpath(*looks))
        assert [(one.id, one.answer, one.asked_seconds) for one in questions] == [
            ("rec/oie/0000", "lid", 2),
            ("rec/oie/0001", "pan", 5),
        ]

    def test_unsure_looks_count_and_unknown_ones_do_not(self):
        """Unsure looks count and unknown ones do not."""
        looks = [look("pan", 0, 2, sure=False), look("", 2, 5)]
        assert [one.answer for one in ask(oie, scanpath(*looks))] == ["pan"]

    def test_wrong_are_things_that_are_beside_nothing(self):
        """Also such as are in view outside the circle at that very look."""
        looks = [look("pan", 0, 2, beside="lid", outside="tray box lid"), look("brush", 2, 4)]
        pan, _ = ask(oie, scanpath(*looks))
        assert set(pan.wrong) == {"tray", "box", "brush"}

    def test_what_was_once_beside_is_never_wrong_and_a_word_list_fills_up(self):
        """What was once beside is never wrong and a word list fills up."""
        looks = [look("pan", 0, 2, beside="lid"), look("lid", 2, 4), look("tray", 4, 6)]
        pan, lid, tray = ask(oie, scanpath(*looks))
        assert "tray" in pan.wrong
        assert "lid" not in pan.wrong + tray.wrong
        assert set(pan.wrong) - {"tray"} == {"spoon", "fork"}
        assert set(lid.wrong) == {"pan", "tray", "spoon"}
        assert set(pan.wrong) | set(lid.wrong) <= FALLBACK | {"tray"}

    def test_the_word_list_never_offers_the_answer(self):
        """The word list never offers the answer."""
        (question,) = ask(oie, scanpath(look("fork", 0, 2)))
        assert question.wrong == ("spoon", "knife", "cup")

    def test_hard_options_are_any_three_outside_the_circle(self):
        """A wall too, though no question has it for an answer."""
        looks = [look("pan", 0, 2, outside="wall tray box"), look("lid", 2, 4, outside="box tray")]
        (question,) = ask(oih, scanpath(*looks))
        assert set(question.wrong) == {"wall", "tray", "box"}
        assert (question.id, question.asked_seconds) == ("rec/oih/0000", 0)


def replying(**reply):
    """A text model with one reply."""
    return lambda _: f"```json\n{json.dumps(reply)}\n```"


class TestAttribute:
    """OAR."""

    LOOK = look("pan", 2.2, 5.0)

    def test_a_text_model_makes_the_question_from_the_caption(self):
        """A text model makes the question from the caption."""
        prompts = []

        def model(prompt):
            prompts.append(prompt)
            return json.dumps(
                {
                    "attribute_type": "material",
                    "answer": "steel",
                    "options": ["a", "steel", "b", "c"],
                }
            )

        (question,) = ask(oar, scanpath(self.LOOK), model)
        assert self.LOOK.gazed.caption in prompts[0]
        assert question.text == "What material is this object made of?"
        assert (question.answer, question.wrong) == ("steel", ("a", "b", "c"))
        assert question.asked_seconds == 2
        assert question.extras == {"attribute_type": "material", "object_name": "pan"}

    def test_an_answer_that_is_no_option_silently_becomes_the_first(self):
        """An answer that is no option silently becomes the first."""
        model = replying(attribute_type="color", answer="Red", options=["blue", "red", "pink"])
        (question,) = ask(oar, scanpath(self.LOOK), model)
        assert (question.answer, question.wrong) == ("blue", ("red", "pink"))

    @pytest.mark.parametrize(
        "reply",
        [
            "",
            "no JSON",
            "[" * 100_000,
            "[]",
            '{"attribute_type": "color"}',
            '{"attribute_type": "smell", "answer": "a", "options": ["a", "b", "c", "d"]}',
            '{"attribute_type": ["color"], "answer": "a", "options": ["a", "b", "c", "d"]}',
            '{"attribute_type": "color", "answer": 1, "options": ["a", "b", "c", "d"]}',
            '{"attribute_type": "color", "answer": "a", "options": []}',
            '{"attribute_type": "color", "answer": "a", "options": ["a", 2]}',
        ],
    )
    def test_replies_that_say_nothing_lose_the_question(self, reply):
        """Replies that say nothing lose the question."""
        assert ask(oar, scanpath(self.LOOK), lambda _: reply) == []

    def test_without_a_model_or_a_caption_there_is_none(self):
        """Without a model or a caption there is none."""
        assert ask(oar, scanpath(self.LOOK)) == []
        mute = replace(self.LOOK, gazed=replace(self.LOOK.gazed, caption=""))
        model = replying(attribute_type="color", answer="a", options=["a", "b"])
        assert ask(oar, scanpath(mute), model) == []


class TestAction:
    """FAP."""

    ACTIONS = (
        Action(30.0, 32.0, "open tap"),
        Action(40.0, 42.0, "wash pan"),
        Action(50.0, 52.0, "cut onion"),
        Action(60.0, 62.0, "lift lid"),
    )

    def test_it_asks_for_the_first_action_within_two_minutes(self):
        """It asks for the first action within two minutes."""
        looks = [look("pan", 0, 3), look("lid", 4, 7, beside="box"), look("tray", 8, 11.7)]
        found = ask(fap, scanpath(*looks, actions=self.ACTIONS))
        assert [one.extras["context_objects"] for one in found] == [
            ["pan"],
            ["pan", "lid", "box"],
            ["lid", "box", "tray"],
        ]
        last = found[-1]
        assert last.text == (
            "Based on the recent fixation pattern (lid \u2192 box \u2192 tray), "
            "what action will the user do next?"
        )
        assert last.asked_seconds == 11
        assert last.answer == "open tap"
        assert set(last.wrong) == {"wash pan", "cut onion", "lift lid"}
        assert last.span_seconds == (11.0, 35.0)
        assert last.extras["actual_action_time"] == "00:30"
        assert last.extras["context_objects_with_timing"] == [
            {"object": "lid", "timestamp": "00:04"},
            {"object": "box", "timestamp": "00:04"},
            {"object": "tray", "timestamp": "00:08"},
        ]

    @pytest.mark.parametrize(
        ("end", "answer"), [(28.0, "open tap"), (28.1, "wash pan"), (38.5, "cut onion")]
    )
    def test_it_is_two_seconds_away_or_more_whatever_is_done_between(self, end, answer):
        """It is two seconds away or more whatever is done between."""
        (question,) = ask(fap, scanpath(look("pan", 1, end), actions=self.ACTIONS))
        assert question.answer == answer

    def test_and_two_minutes_at_most(self):
        """And two minutes at most."""
        later = tuple(
            replace(one, start_seconds=one.start_seconds + 100, end_seconds=one.end_seconds + 100)
            for one in self.ACTIONS
        )
        assert len(ask(fap, scanpath(look("pan", 1, 10), actions=later))) == 1
        assert ask(fap, scanpath(look("pan", 1, 9.9), actions=later)) == []

    def test_actions_take_places_in_the_pattern_and_patterns_come_once(self):
        """Between jar and box an action pushes pan out of the three entries."""
        looks = [look("pan", 0, 3), look("jar", 4, 7), look("box", 14, 17), look("jar", 18, 21)]
        more = (Action(8.0, 10.0, "lift jar"), *self.ACTIONS)
        found = ask(fap, scanpath(*looks, look("jar", 22, 24), actions=more))
        assert [one.extras["context_objects"] for one in found] == [
            ["pan"],
            ["pan", "jar"],
            ["jar", "box"],
            ["box", "jar"],
        ]
        assert [one.answer for one in found[:2]] == ["lift jar", "open tap"]

    def test_four_different_actions_are_needed(self):
        """Four different actions are needed."""
        assert ask(fap, scanpath(look("pan", 1, 10), actions=self.ACTIONS[:3])) == []

    def test_a_text_model_writes_each_sentence_once(self):
        """A text model writes each sentence once."""
        prompts = []

        def model(prompt):
            prompts.append(prompt)
            return prompt.split("\n")[1].upper() + "\n"

        looks = in_row("pan", "lid", "tray")
        found = ask(fap, scanpath(*looks, actions=self.ACTIONS), model)
        assert {one.answer for one in found} == {"OPEN TAP"}
        assert len(prompts) == 4


class TestKeywords:
    """What is furniture."""

    NAMES = ("table", "kitchen_table", "vegetable", "oven door", "pan")

    def test_without_a_model_keywords_decide(self):
        """Without a model keywords decide."""
        assert loose_things(self.NAMES) == ("vegetable", "pan")

    def test_a_model_decides_where_it_gives_a_list(self):
        """A model decides where it gives a list."""
        assert loose_things(self.NAMES, lambda _: '["Pan", 3, "table"]') == (
            "kitchen_table",
            "vegetable",
            "oven door",
        )
        assert loose_things(self.NAMES, lambda _: "well") == ("vegetable", "pan")

    @pytest.mark.parametrize(
        ("reply", "found"),
        [("[1]", [1]), ("```json\n[1]\n```", [1]), ("```\n[1]```", [1]), ("so: [1]", None)],
    )
    def test_read_json(self, reply, found):
        """Read json."""
        assert read_json(reply) == found
