"""Questions that were generated from sample recordings are held against what happened there."""

from dataclasses import replace
from itertools import pairwise

import pytest

from streamgaze_task.pipeline.records import Question
from streamgaze_task.rendering.judge import judge
from streamgaze_task.rendering.raw.judging import judge_recording, sentences_of
from streamgaze_task.rendering.raw.recordings import (
    RECORDINGS,
    action_text,
    actions_of,
    script_of_recording,
)

_ID = RECORDINGS[0].recording_id
_SCRIPT = script_of_recording(_ID, 0)
_NOWHERE = ("fly kite", "sail yacht", "ring gong")


def _question(task, at, answer, wrong=_NOWHERE, **extras):
    return Question(
        id=f"{_ID}/{task}/0000",
        task=task,
        recording_id=_ID,
        asked_seconds=at,
        text="What?",
        answer=answer,
        wrong=wrong,
        extras=extras,
    )


def _first_action():
    start, _, text = actions_of(_SCRIPT)[0]
    return int(start) - 3, text


def test_an_annotators_words_stand_for_what_is_done():
    """What the script says in a sentence, they say in two words."""
    at, text = _first_action()
    assert judge_recording(_question("fap", at, text, answer_action=text), seed=0).right


def test_another_action_is_wrong_in_an_annotators_words():
    """Also one of another room, which is in no script of this one."""
    at, text = _first_action()
    jobs = {action_text(job) for job in _SCRIPT.jobs} - {text}
    for other in (min(jobs), "fly kite"):
        verdict = judge_recording(_question("fap", at, other, (text, *_NOWHERE[1:])), seed=0)
        assert not verdict.right
        assert "the next action is" in verdict.why


def test_a_wrong_option_that_is_done_soon_is_found():
    """It is compared as a sentence too, so nothing hides behind the annotators' words."""
    actions = actions_of(_SCRIPT)
    near = ((a, b) for a, b in pairwise(actions) if b[0] - a[0] < 50)
    (start, _, text), (_, _, then) = next(near)
    question = _question("fap", int(start) - 3, text, (then, *_NOWHERE[1:]))
    assert "are done soon as well" in judge_recording(question, seed=0).why


def test_two_texts_of_one_room_never_become_one_sentence():
    """Or two different options would be one to the judge."""
    for recording in RECORDINGS:
        script = script_of_recording(recording.recording_id, 3)
        sentences = sentences_of(script)
        assert len(sentences) == len(set(sentences.values())) == len(script.jobs)


def test_other_tasks_are_judged_as_they_are():
    """Their options are names, of which there is nothing to translate."""
    look = next(one for one in _SCRIPT.looks if one.end - one.start > 2)
    at = int(look.start) + 2
    question = _question("oie", at, look.thing)
    assert judge_recording(question, seed=0).right
    assert not judge_recording(replace(question, answer="anvil"), seed=0).right


def test_seed_and_length_tell_which_world_is_meant():
    """The same question is about other rooms, or lies after the end."""
    look = _SCRIPT.looks[-1]
    question = _question("oie", int(look.end), look.thing)
    assert judge_recording(question, seed=0).right
    assert "looked at" in judge_recording(question, seed=1).why
    assert "outside the video" in judge_recording(question, seed=0, seconds=20).why


def test_the_circle_is_that_of_the_camera():
    """At 50 s the vase is 49 pixels from the gaze; the release's circle has 49, 13 degrees 37."""
    question = replace(
        _question("oih", 50, "apple", ("vase", "bottle", "candle")), recording_id="bench-01"
    )
    assert judge_recording(question, seed=2, seconds=120).right
    script = script_of_recording("bench-01", 2, 120)
    assert "in the circle" in judge(question, script).why


def test_an_unknown_recording_is_an_error():
    """Its world cannot be known."""
    question = replace(_question("oie", 5, "cup"), recording_id="nobody")
    with pytest.raises(KeyError):
        judge_recording(question, seed=0)
