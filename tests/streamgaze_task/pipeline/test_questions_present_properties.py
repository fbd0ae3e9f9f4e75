"""What holds for the present tasks on any recording."""

from __future__ import annotations

import runpy
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgaze_task.pipeline.questions import fap, oar, oie, oih
from streamgaze_task.pipeline.questions.rules import chance, spread

made = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scanpaths.py"))))
scanpaths, rules_for = made.scanpaths, made.rules_for

OTHERS = tuple(made.random_scanpath(seed) for seed in range(3))
"""The rest of the benchmark."""
RULES = rules_for(*OTHERS, *(made.random_scanpath(seed, looks=60) for seed in range(3, 6)))
NOW = (oie, oih, oar)


def ask(maker, recording, seed=0):
    """All questions of a recording."""
    return list(maker.make(recording, RULES, chance(seed)))


@settings(deadline=None)
@given(scanpaths(), st.sampled_from((*NOW, fap)))
def test_questions_are_whole_and_in_order_of_time(recording, maker):
    """Questions are whole and in order of time."""
    found = ask(maker, recording)
    assert ask(maker, recording) == found
    task = maker.__name__.rpartition(".")[2]
    assert [question.id for question in found] == [
        f"{recording.recording_id}/{task}/{i:04d}" for i in range(len(found))
    ]
    assert [one.asked_seconds for one in found] == sorted(one.asked_seconds for one in found)
    for question in found:
        assert len({question.answer, *question.wrong}) == 4
        assert 0 < question.asked_seconds <= recording.video_seconds
        start, end = question.span_seconds
        assert 0 <= start <= end <= recording.video_seconds


@settings(deadline=None)
@given(
    scanpaths(),
    st.sampled_from(NOW),
    st.floats(0, 100),
    st.integers(0, 1000),
)
def test_the_future_changes_nothing(recording, maker, at, seed):
    """The future changes nothing."""
    other = made.other_future(recording, at, seed)
    past, there = ask(maker, recording), ask(maker, other)
    assert [one for one in past if one.asked_seconds <= at] == [
        one for one in there if one.asked_seconds <= at
    ]


@settings(deadline=None)
@given(scanpaths(), st.sampled_from(NOW))
def test_the_answer_is_looked_at_when_it_is_asked(recording, maker):
    """The answer is looked at when it is asked."""
    for question in ask(maker, recording):
        (number,) = question.episodes
        episode = recording.episodes[number]
        assert episode.sure
        assert episode.start_seconds + 1 <= question.asked_seconds <= episode.end_seconds
        kind = question.extras.get("attribute_type")
        truth = episode.gazed.attributes[kind] if kind else episode.name
        assert question.answer == truth
        assert not kind or not {*episode.gazed.attributes.values()} & {*question.wrong}


@settings(deadline=None)
@given(scanpaths())
def test_wrong_options_are_elsewhere_or_outside(recording):
    """Wrong options are elsewhere or outside."""
    for question in ask(oie, recording):
        at, episode = question.asked_seconds, recording.episodes[question.episodes[0]]
        near = {
            name
            for one in recording.views
            for name in (*one.seen, *one.partly)
            if episode.start_seconds <= one.seconds < at
        }
        for one in recording.episodes:
            if one.start_seconds < at and one.end_seconds > at - 60:
                near.add(one.name)
        assert not near & {*question.wrong}
        assert {*question.wrong} <= {*RULES.vocabulary}
    for question in ask(oih, recording):
        episode = recording.episodes[question.episodes[0]]
        assert {*question.wrong} <= {thing.name for thing in episode.outside}
        assert not {*question.wrong} & {thing.name for thing in episode.beside}


@settings(deadline=None)
@given(scanpaths(acted=0.3))
def test_the_action_asked_for_is_the_next_that_begins(recording):
    """Whatever is going on then."""
    for question in ask(fap, recording):
        at = question.asked_seconds
        later = [one for one in recording.actions if one.start_seconds >= at]
        now = {o.text for o in recording.actions if o.start_seconds < at < o.end_seconds}
        assert not now & {question.answer, *question.wrong}
        assert min(later, key=lambda one: one.start_seconds).text == question.answer
        assert 3 < min(one.start_seconds for one in later) - at <= 60
        assert not {*question.wrong} & {o.text for o in later if o.start_seconds <= at + 60}
        words = {word for name in question.extras["context_objects"] for word in name.split()}
        for word in words:
            told = [word in option.split() for option in (question.answer, *question.wrong)]
            assert len({*told}) == 1


def prior_share(questions):
    """How often the option is right that is right most often in all other questions."""
    right = Counter(one.answer for one in questions)
    wrong = Counter(word for one in questions for word in one.wrong)
    hits = 0.0
    for one in questions:

        def share(word, one=one):
            r, w = right[word] - (word == one.answer), wrong[word] - (word in one.wrong)
            return r / max(r + w, 1)

        options = (one.answer, *one.wrong)
        best = [word for word in options if share(word) == max(map(share, options))]
        hits += (one.answer in best) / len(best)
    return hits / len(questions)


@pytest.mark.parametrize("maker", [*NOW, fap])
def test_the_words_alone_do_not_tell_the_answer(maker):
    """Chance is 0.25; betting on the word that is right most often gains next to nothing."""
    recordings = [made.random_scanpath(seed, looks=80) for seed in range(90)]
    rules = rules_for(*recordings)
    asked = []
    for one in recordings:
        rng = chance(0, one.recording_id)
        found = list(maker.make(one, rules, rng))
        asked += [found[i] for i in spread(found, 10, rng)]
    assert len(asked) > 600
    assert prior_share(asked) < 0.34
