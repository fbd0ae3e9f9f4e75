"""All makers over one recording: which tasks, which labels, and that each keeps its promises."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from streamgaze_task.pipeline.questions import all_tasks
from streamgaze_task.pipeline.questions.reference.all_tasks import ask_reference
from streamgaze_task.pipeline.questions.rules import QuestionSettings
from streamgaze_task.task_names import CODES

made = runpy.run_path(str(Path(__file__).with_name("scanpaths.py")))
PATHS = [made["random_scanpath"](seed, unknown=0, unsure=0, looks=40) for seed in range(4)]


def asked(path, **settings):
    """The questions of a recording."""
    rules = made["rules_for"](*PATHS, **settings)
    return list(all_tasks.ask_all(path, rules, 0))


def test_questions_of_all_tasks_are_found_in_order_of_time():
    """Task by task; ids differ; equal input, equal questions."""
    found = [asked(path) for path in PATHS]
    assert {one.task for questions in found for one in questions} == set(CODES)
    for questions in found:
        assert len({one.id for one in questions}) == len(questions)
        for code in CODES:
            times = [one.asked_seconds for one in questions if one.task == code]
            assert times == sorted(times)
    assert found[0] == asked(PATHS[0])


def test_a_task_that_is_left_out_changes_no_other():
    """Each draws from random numbers of its own."""
    whole, part = asked(PATHS[0]), asked(PATHS[0], tasks=("gsm", "oaa"))
    assert part == [one for one in whole if one.task in {"gsm", "oaa"}]


def test_labels_may_mean_already_seen():
    """Then every point from the first appearance on is an alert."""
    now, seen = asked(PATHS[1]), asked(PATHS[1], label_means="already_seen")
    assert [one.id for one in now] == [one.id for one in seen]
    for one, other in zip(now, seen, strict=True):
        assert (one == other) == (not one.points)
        if one.points:
            labels = [point.alert for point in other.points]
            assert labels == sorted(labels)
            assert other.extras["label_semantics"] == other.label_means == "already_seen"


@pytest.mark.parametrize(
    "change",
    [{"wrong": ("a", "b")}, {"wrong": ("a", "a", "b")}, {"answer": ""}, {"wrong": ("", "a", "b")}],
)
def test_a_maker_that_breaks_its_promises_is_stopped(monkeypatch, change):
    """A question with other than four different options never passes."""
    good = next(one for one in asked(PATHS[0]) if one.task == "oie")
    monkeypatch.setitem(all_tasks.MAKERS, "oie", lambda *_: iter([replace(good, **change)]))
    with pytest.raises(ValueError, match="different options"):
        asked(PATHS[0], tasks=("oie",))


def test_a_proactive_question_has_no_options(monkeypatch):
    """Points and options exclude each other, and labels say what they mean."""
    good = next(one for one in asked(PATHS[0]) if one.points)
    for change in ({"answer": "a"}, {"label_means": ""}):
        monkeypatch.setitem(
            all_tasks.MAKERS, good.task, lambda *_, c=change: iter([replace(good, **c)])
        )
        with pytest.raises(ValueError, match="points"):
            asked(PATHS[0], tasks=(good.task,))


@pytest.mark.parametrize("settings", [{"tasks": ("xyz",)}, {"most_per_recording": 0}])
def test_settings_are_checked(settings):
    """Unknown tasks, and no questions at all."""
    with pytest.raises(ValueError, match="must be"):
        QuestionSettings(**settings)


def test_the_published_rules_draw_the_same_whatever_is_wanted():
    """A task that is left out still draws."""
    whole = list(ask_reference(PATHS[0], CODES))
    part = list(ask_reference(PATHS[0], ("gta", "nfi")))
    assert part == [one for code in ("gta", "nfi") for one in whole if one.task == code]
    assert {"otp", "nfi", "gsm", "oie"} <= {one.task for one in whole}
    assert "oar" not in {one.task for one in whole}, "it needs a text model"


def test_a_text_model_writes_attributes_and_sentences():
    """By the published rules a language model words OAR and FAP."""

    def ask(prompt):
        if "attribute" in prompt:
            return '{"attribute_type": "color", "answer": "red", "options": ["red", "a", "b", "c"]}'
        return "The user does it." if "sentence" in prompt else "[]"

    whole = list(ask_reference(PATHS[0], CODES, ask))
    assert {one.answer for one in whole if one.task == "oar"} == {"red"}
