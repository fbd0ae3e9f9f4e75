"""The judge accepts what the sample release asks, and refuses what is made wrong on purpose."""

from collections import Counter
from dataclasses import replace

import pytest

from streamgaze_task.pipeline.records import Question, TestPoint
from streamgaze_task.rendering import entries
from streamgaze_task.rendering.judge import judge
from streamgaze_task.rendering.scanpath import script_of
from streamgaze_task.rendering.videos import VIDEOS
from streamgaze_task.timestamps import seconds

SCRIPTS = {video.video_id: script_of(video, 0) for video in VIDEOS}


def as_question(draft, number):
    """A draft of the sample release in the pipeline's form; its labels mean "now"."""
    points = tuple(
        TestPoint(int(seconds(test["realtime"])), bool(test["type"]))
        for test in draft.extras.get("test_info", ())
    )
    return Question(
        id=f"{draft.script.video.video_id}/{draft.task}/{number}",
        task=draft.task,
        recording_id=draft.script.video.video_id,
        asked_seconds=draft.at,
        text=draft.question,
        answer=draft.answer,
        wrong=draft.wrong,
        points=points,
        label_means="now" if points else "",
        extras=draft.extras,
    )


@pytest.fixture(scope="module")
def asked():
    """Every draft that the makers find in the four videos, not only those that are kept."""
    found = []
    for script in SCRIPTS.values():
        story = entries.Story(script)
        for make in entries.MAKERS.values():
            full = [d for d in make(story) if not d.answer or len(d.wrong) == 3]
            found += [as_question(draft, number) for number, draft in enumerate(full)]
    return found


def verdict(question):
    """The judge's word on it."""
    return judge(question, SCRIPTS[question.recording_id])


def refused(questions):
    """Task -> (how many were refused, how many there were)."""
    all_of = Counter(question.task for question in questions)
    bad = Counter(question.task for question in questions if not verdict(question).right)
    return {task: (bad[task], all_of[task]) for task in all_of}


def test_it_accepts_the_sample_release(asked):
    """Every draft of every maker is right."""
    rejected = [(q.id, verdict(q).why) for q in asked if not verdict(q).right]
    assert {question.task for question in asked} == set(entries.MAKERS)
    assert rejected == []


def test_it_refuses_a_wrong_option_as_the_answer(asked):
    """Each option in the answer's place."""
    swapped = []
    for question in asked:
        for place, option in enumerate(question.wrong):
            rest = question.wrong[:place] + question.wrong[place + 1 :]
            swapped.append(replace(question, answer=option, wrong=(*rest, question.answer)))
    counts = refused(swapped)
    assert all(bad == of for bad, of in counts.values()), counts


def test_it_refuses_flipped_labels(asked):
    """Each test point's label, one at a time."""
    flipped = []
    for question in asked:
        for place, point in enumerate(question.points):
            points = list(question.points)
            points[place] = replace(point, alert=not point.alert)
            flipped.append(replace(question, points=tuple(points)))
    assert flipped
    assert all(bad == of for bad, of in refused(flipped).values())


def test_it_refuses_present_questions_asked_during_another_look(asked):
    """The time of another thing's look."""
    moved = []
    for question in asked:
        looks = SCRIPTS[question.recording_id].looks
        if question.task not in {"oie", "oih"}:
            continue
        others = [look for look in looks if look.thing != question.answer]
        at = int(others[len(question.id + question.answer) % len(others)].start) + 2
        moved.append(replace(question, asked_seconds=at))
    counts = refused(moved)
    assert set(counts) == {"oie", "oih"}
    assert all(bad == of for bad, of in counts.values()), counts


def test_it_refuses_past_questions_asked_before_their_evidence(asked):
    """Before the first look that is named."""
    early = []
    for question in asked:
        script = SCRIPTS[question.recording_id]
        if question.task == "nfi":
            at = 0
        elif question.task in {"otp", "sr", "gsm"}:
            named = str(question.extras) + question.answer
            at = int(min(look.start for look in script.looks if look.thing in named))
        else:
            continue
        early.append(replace(question, asked_seconds=at))
    counts = refused(early)
    assert set(counts) == {"nfi", "otp", "sr", "gsm"}
    assert all(bad == of for bad, of in counts.values()), counts


def test_it_refuses_actions_asked_about_too_early_too_late_or_while_they_run(asked):
    """Around the action itself."""
    moved = []
    for question in asked:
        if question.task != "fap":
            continue
        actions = SCRIPTS[question.recording_id].actions
        own = next(a for a in actions if a.job.sentence == question.answer)
        starts = int(own.start)
        times = (starts, starts + 2, int(own.end) + 1, starts - 62)
        moved += [replace(question, asked_seconds=at) for at in times if at >= 0]
    counts = refused(moved)
    assert moved
    assert all(bad == of for bad, of in counts.values()), counts
