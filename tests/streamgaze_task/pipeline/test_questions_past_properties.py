"""NFI, OTP, SR and GSM on drawn recordings: nothing from the future, one right answer of four.

What is right is told here a second time, straight from the recording and by other means than the
makers use.
"""

from __future__ import annotations

import re
import runpy
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgaze_task.pipeline.questions import gsm, nfi, otp, sr
from streamgaze_task.pipeline.questions.past import Balance
from streamgaze_task.pipeline.questions.rules import chance

made = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scanpaths.py"))))
MAKERS = {"nfi": nfi.make, "otp": otp.make, "sr": sr.make, "gsm": gsm.make}
every_maker = pytest.mark.parametrize("code", MAKERS)
groups = st.sampled_from(("gazed", "circle"))


def ask(code, recording, rules, seed=0):
    """All questions of a task."""
    return list(MAKERS[code](recording, rules, chance(seed)))


@every_maker
@given(recording=made.scanpaths(), group=groups, seed=st.integers(0, 9), data=st.data())
@settings(max_examples=60, deadline=None)
def test_nothing_depends_on_the_future(code, recording, group, seed, data):
    """Whatever happens from the moment on at which it is asked, the question is the same."""
    rules = made.rules_for(recording, group=group)
    questions = ask(code, recording, rules, seed)
    if not questions:
        return
    place = data.draw(st.integers(0, len(questions) - 1))
    question = questions[place]
    other = made.other_future(recording, question.asked_seconds, data.draw(st.integers(0, 99)))
    assert ask(code, other, rules, seed)[place] == question
    past = recording.so_far(question.asked_seconds)
    assert ask(code, past, rules, seed)[place] == question


@every_maker
@given(recording=made.scanpaths(), group=groups, seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_form(code, recording, group, seed):
    """Numbers, times, spans and options are as the records promise; twice the same."""
    rules = made.rules_for(recording, group=group)
    questions = ask(code, recording, rules, seed)
    assert questions == ask(code, recording, rules, seed)
    times = [question.asked_seconds for question in questions]
    assert times == sorted(times)
    for number, question in enumerate(questions):
        assert question.id == f"{recording.recording_id}/{code}/{number:04d}"
        options = {question.answer, *question.wrong}
        assert len(question.wrong) == 3
        assert len(options) == 4
        assert "" not in options
        looks = [recording.episodes[i] for i in question.episodes]
        assert looks
        assert all(one.start_seconds < question.asked_seconds for one in looks)
        start, end = question.span_seconds
        assert 0 <= start < end <= question.asked_seconds <= recording.video_seconds


@every_maker
@given(recording=made.scanpaths(), group=groups)
@settings(max_examples=80, deadline=None)
def test_one_right_answer(code, recording, group):
    """The answer is right and the others are wrong, told a second time."""
    for question in ask(code, recording, made.rules_for(recording, group=group)):
        RIGHT[code](recording, question, group)


def _circle(one, group="circle"):
    things = [one.gazed, *(one.beside if group == "circle" else ())] if one.gazed else []
    return [thing.name for thing in things]


def _views(recording, start, end):
    return [view for view in recording.views if start <= view.seconds < end]


def _before(recording, at):
    return [one for one in recording.episodes if one.start_seconds < at]


def _nfi(recording, question, group):
    looks = _before(recording, question.asked_seconds)
    assert all(question.answer not in _circle(one) for one in looks)
    seen = [v for v in _views(recording, 0, question.asked_seconds) if question.answer in v.seen]
    assert len(seen) >= 2
    assert seen[-1].seconds - seen[0].seconds >= 2
    for one in looks:
        if not one.gazed or not one.sure:
            until = min(one.end_seconds, question.asked_seconds)
            for view in _views(recording, one.start_seconds, until):
                assert question.answer not in (*view.seen, *view.partly)
    for name in question.wrong:
        assert any(one.sure and name in _circle(one, group) for one in looks)


def _otp(recording, question, group):
    named = re.search(r"the \{(.*)\}\?", question.text)[1].split(", ")
    looks = _before(recording, question.asked_seconds)
    places = [i for i, one in enumerate(looks) if set(named) & set(_circle(one, group))]
    assert places
    assert {looks[i + 1].name for i in places} == {question.answer}
    assert all(looks[j].sure for i in places for j in (i, i + 1))
    assert question.answer not in named
    for start, end in recording.losses:
        for i in places:
            assert not (start < looks[i + 1].start_seconds and end > looks[i].end_seconds)
    assert not set(question.wrong) & {*named, question.answer, *_circle(looks[places[-1] + 1])}
    assert set(question.wrong) <= {one.name for one in looks if one.sure}


def _sr(recording, question, group):
    at, named = question.asked_seconds, set(question.extras["gazed_objects"])
    looks = [one for one in _before(recording, at) if named & set(_circle(one, group))]
    assert looks
    for one in looks:
        assert one.end_seconds < at
        outside = {thing.name for thing in one.outside}
        assert question.answer not in {*_circle(one), *outside}
        assert set(question.wrong) <= outside
        inside = _views(recording, one.start_seconds, one.end_seconds)
        assert inside
        assert all(set(question.wrong) <= set(view.seen) for view in inside)
        for view in _views(recording, one.start_seconds - 0.5, one.end_seconds + 0.5):
            assert question.answer not in (*view.seen, *view.partly)
    past = recording.so_far(at)
    outside = {thing.name for one in past.episodes for thing in one.outside}
    views = {name for view in past.views for name in (*view.seen, *view.partly)}
    assert question.answer in past.gazed_ever | outside | views


def _gsm(recording, question, group):
    looks = _before(recording, question.asked_seconds)
    assert question.episodes == tuple(range(question.episodes[0], question.episodes[0] + 3))
    three = [recording.episodes[i] for i in question.episodes]
    assert question.answer == ">".join("{" + ",".join(_circle(one, group)) + "}" for one in three)
    heads = [one.name if one.sure else "" for one in looks]
    known = [name for name in heads if name]
    for text in question.wrong:
        order = [part.strip("{}").split(",")[0] for part in text.split(">")]
        for path in (heads, known):
            assert all(path[i : i + 3] != order for i in range(len(path) - 2))
        for i in range(len(heads) - 2):
            window = heads[i : i + 3]
            fits = all(a in {"", b} for a, b in zip(window, order, strict=True))
            assert not fits or window.count("") > 1
    sizes = {
        tuple(sorted(part.count(",") for part in text.split(">")))
        for text in (question.answer, *question.wrong)
    }
    assert len(sizes) == 1
    words = Counter(
        frozenset(re.findall(r"\w+", text)) for text in (question.answer, *question.wrong)
    )
    assert sorted(words.values()) in ([4], [2, 2]), "no set of things stands out"


RIGHT = {"nfi": _nfi, "otp": _otp, "sr": _sr, "gsm": _gsm}


@every_maker
def test_drawn_recordings_give_questions(code):
    """The properties above are about something."""
    recordings = [made.random_scanpath(seed) for seed in range(10)]
    rules = made.rules_for(*recordings, allow_unknown_looks=True)
    assert all(len(ask(code, recording, rules)) >= 1 for recording in recordings)


def test_an_unknown_look_may_have_been_at_the_same_thing():
    """So OTP asks nothing after it, unless it is allowed to."""
    recordings = [made.random_scanpath(seed, unknown=0.1, unsure=0.1) for seed in range(10)]
    strict, loose = (
        made.rules_for(*recordings, allow_unknown_looks=allowed) for allowed in (False, True)
    )
    asked = [ask("otp", recording, strict) for recording in recordings]
    assert sum(map(len, asked)) < sum(len(ask("otp", one, loose)) for one in recordings)
    for recording, questions in zip(recordings, asked, strict=True):
        doubt = [e.start_seconds for e in recording.episodes if not (e.gazed and e.sure)]
        assert all(question.asked_seconds <= min(doubt, default=9e9) for question in questions)


def test_balance_makes_words_as_often_right_as_wrong():
    """Once right for three times wrong, each word."""
    balance, rng = Balance(), chance(1)
    right, wrong = Counter(), Counter()
    words = "abcdefgh"
    for _ in range(400):
        could = set(rng.sample(words, 3))
        answer, others = balance.draw(could, set(words) - could, rng)
        assert answer in could
        assert not could & set(others)
        right[answer] += 1
        wrong.update(others)
    for word in words:
        assert right[word] > 30
        assert abs(3 * right[word] - wrong[word]) <= 6, "by chance it would be 20 and more"


def test_balance_needs_an_answer_and_three_wrong_options():
    """None where there are too few; an answer is no wrong option."""
    balance, rng = Balance(), chance(1)
    assert balance.draw([], "abc", rng) is None
    assert balance.draw("a", "abc", rng) is None
    assert balance.draw("a", "abcd", rng)[0] == "a"
