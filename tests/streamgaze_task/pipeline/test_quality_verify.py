"""The verifier: what it shows, what it asks, and what becomes of every kind of answer."""

import json
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import EvaluationError
from streamgaze_task.cameras import Camera
from streamgaze_task.gaze import GazeTable
from streamgaze_task.overlay import GREEN, RED
from streamgaze_task.pipeline.labelling.log import MOST_ERRORS, AnswerLog
from streamgaze_task.pipeline.labelling.settings import TRIES
from streamgaze_task.pipeline.quality.settings import QualitySettings
from streamgaze_task.pipeline.quality.verify import (
    ALERTS,
    CONFIRMED,
    MEANS,
    NOTHING,
    checks_of,
    frames_of,
    verify_questions,
)
from streamgaze_task.pipeline.records import Question, TestPoint
from streamgaze_task.task_names import BY_CODE, CODES

_HELP = runpy.run_path(str(Path(__file__).with_name("scripted_labeller.py")))
Scripted, index_of = _HELP["Scripted"], _HELP["stamped"]["index_of"]
WRONG = ("bowl", "spoon", "pan")
CHOICES = [code for code in CODES if BY_CODE[code].family != "proactive"]


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Ten frames a second, 20 s; frame k shows k."""
    path = tmp_path_factory.mktemp("video") / "v.mp4"
    return _HELP["write_video"](path, seconds=20.0, size=(320, 256))


def _choice(number=0, asked=12, task="oie", span=(10.0, 12.0)):
    text = "What am I looking at? {options}"
    return Question(f"v/{task}/{number}", task, "v", asked, text, "cup", WRONG, span)


def _alert(*points, means="now", asked=2, number=0):
    found = tuple(TestPoint(seconds, alert) for seconds, alert in points)
    text = "Alert me when I gaze on the <cup>."
    return Question(f"v/gta/{number}", "gta", "v", asked, text, points=found, label_means=means)


def _verified(video, questions, answer, log, *, gaze=None, **settings):
    """What was objected, and who was asked."""
    found, labeller = _said(video, questions, answer, log, gaze=gaze, **settings)
    return {one: why for one, why in found.items() if not why.startswith(CONFIRMED)}, labeller


def _said(video, questions, answer, log, *, gaze=None, **settings):
    labeller = answer if isinstance(answer, Scripted) else Scripted(answer)
    found = verify_questions(
        questions,
        video,
        Camera(90.0),
        gaze or GazeTable.empty(),
        labeller,
        log=AnswerLog(log),
        settings=QualitySettings(**settings),
    )
    return found, labeller


def _says(option, *, valid=True, reason="so it is"):
    return json.dumps({"valid": valid, "option": option, "reason": reason})


def _picks(word):
    """Answers by the words of an option."""
    return lambda query: _says("ABCD"[query.facts["options"].index(word)])


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (_picks("cup"), None),
        (_picks("pan"), "'pan' was chosen: so it is"),
        (lambda _: _says("A", valid=False), "not valid: so it is"),
        (lambda _: _says(None), "no option is right: so it is"),
    ],
)
@pytest.mark.parametrize("unverified", ["drop", "keep"])
def test_an_answer_that_can_be_read_decides(video, tmp_path, answer, why, unverified):
    """Whatever becomes of answers that cannot be read."""
    question = _choice()
    found, _ = _verified(video, [question], answer, tmp_path / "log", unverified=unverified)
    assert found == ({question.id: why} if why else {})


def test_what_is_said_for_a_question_is_told_too(video, tmp_path):
    """What was chosen and why; of test points each, and where. An objection to one is all."""
    choice, alert = _choice(), _alert((6, False), (9, True))
    right = {f"verify/{alert.id}/0": ALERTS[1], f"verify/{alert.id}/1": ALERTS[0]}
    scripted = Scripted(lambda query: _picks(right.get(query.key, "cup"))(query))
    found, _ = _said(video, [choice, alert], scripted, tmp_path / "log")
    assert found == {
        choice.id: "the verifier chose 'cup': so it is",
        alert.id: "the verifier chose 'do not raise the alert' at 6 s: so it is; "
        "'raise the alert' at 9 s: so it is",
    }
    found, _ = _said(video, [alert], _picks(ALERTS[0]), tmp_path / "other")
    assert found == {alert.id: f"{ALERTS[0]!r} was chosen: so it is"}


@pytest.mark.parametrize("text", ["", "yes", "{}", _says("E"), '{"valid": true, "option": "A"'])
def test_what_cannot_be_read_is_asked_again_and_then_settled(video, tmp_path, text):
    """Dropped with the reason, or kept as the authors do."""
    question = _choice()
    for unverified in ("drop", "keep"):
        log = tmp_path / unverified
        found, labeller = _verified(video, [question], lambda _: text, log, unverified=unverified)
        assert len(labeller.asked) == TRIES
        assert list(found) == ([question.id] if unverified == "drop" else [])
        assert all(why.startswith("not verified: no answer of 3") for why in found.values())


def test_a_second_answer_that_can_be_read_counts(video, tmp_path):
    """The reader's complaint is told."""
    right = _picks("cup")
    labeller = Scripted(lambda query: right(query) if "/again/" in query.key else "hm")
    assert _verified(video, [_choice()], labeller, tmp_path / "log")[0] == {}
    assert "could not be used" in labeller.asked[1].text


def _fails(query):
    raise LookupError(f"no connection for {query.key}")


def test_an_error_is_no_answer(video, tmp_path):
    """Nothing of it is on disk: the next run asks again."""
    question, log = _choice(), tmp_path / "log"
    found, labeller = _verified(video, [question], _fails, log)
    assert found == {question.id: f"not verified: no connection for verify/{question.id}"}
    assert len(labeller.asked) == 1
    assert _verified(video, [question], _fails, log, unverified="keep")[0] == {}
    assert _verified(video, [question], _picks("cup"), log)[0] == {}


def test_errors_without_end_stop_the_run(video, tmp_path):
    """It is the labeller that is out of order, and no question is to blame."""
    questions = [_choice(number) for number in range(MOST_ERRORS)]
    with pytest.raises(EvaluationError, match="in a row"):
        _verified(video, questions, _fails, tmp_path / "log")


@pytest.mark.parametrize("letter", "ABCD")
def test_one_letter_for_all_does_not_pass(video, tmp_path, letter):
    """The right option stands at every place about equally often."""
    questions = [_choice(number) for number in range(64)]
    found, labeller = _verified(video, questions, lambda _: _says(letter), tmp_path / "log")
    assert 6 <= 64 - len(found) <= 26
    assert all(sorted(q.facts["options"]) == sorted(("cup", *WRONG)) for q in labeller.asked)


def test_what_is_asked_of_a_question_depends_on_it_alone():
    """Other questions before it change nothing."""
    turns = {check.turn for number in range(40) for check in checks_of(_choice(number))}
    assert turns == {0, 1, 2, 3}
    assert list(checks_of(_choice(3))) == list(checks_of(_choice(3)))


@given(
    times=st.lists(st.integers(0, 4000), min_size=1, max_size=200, unique=True).map(
        lambda found: [k / 100 for k in sorted(found)]
    ),
    task=st.sampled_from(CHOICES),
    asked=st.integers(0, 60),
    span=st.tuples(st.floats(0, 60), st.floats(0, 60)),
    most=st.integers(1, 12),
)
def test_nothing_is_shown_of_when_it_is_asked_or_later(times, task, asked, span, most):
    """The last picture is the one on screen just before; there are at most so many."""
    (check,) = checks_of(_choice(asked=asked, task=task, span=span))
    found = frames_of(times, check, most)
    before = [k for k, at in enumerate(times) if at < asked]
    assert found == sorted(set(found))
    assert len(found) <= most
    assert set(found) <= set(before)
    assert found[-1:] == before[-1:]


@given(
    times=st.lists(st.integers(0, 4000), min_size=1, max_size=200, unique=True).map(
        lambda found: [k / 100 for k in sorted(found)]
    ),
    points=st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=6),
    means=st.sampled_from(sorted(MEANS)),
    most=st.integers(1, 12),
)
def test_nothing_is_shown_of_a_test_point_or_later(times, points, means, most):
    """Every test point by itself."""
    checks = list(checks_of(_alert(*points, means=means)))
    assert len(checks) == len(points)
    for check, (at, alert) in zip(checks, points, strict=True):
        found = frames_of(times, check, most)
        assert len(found) <= most
        assert all(times[k] < at for k in found)
        assert check.options[0] == ALERTS[not alert]
        assert sorted(check.shown) == sorted(ALERTS)


def test_the_pictures_are_those_of_the_video(video, tmp_path):
    """In order, from the evidence to just before the question; batches mix nothing up."""
    questions = [_choice(k, asked, span=(asked - 2.0, asked)) for k, asked in enumerate((5, 19, 9))]
    questions += [_choice(k, 12, "nfi", (4.0, 5.0)) for k in range(3, 12)]
    _, labeller = _verified(video, questions, _picks("cup"), tmp_path / "log", frames=4)
    assert labeller.keys == [f"verify/{question.id}" for question in questions]
    shown = [[index_of(image) for image in query.images] for query in labeller.asked]
    assert shown[:3] == [[33, 40, 46, 49], [173, 180, 186, 189], [73, 80, 86, 89]]
    assert shown[3:] == [[53, 80, 106, 119]] * 9


def test_alerts_are_checked_point_by_point(video, tmp_path):
    """One wrong point is enough; each is shown what lies before it."""
    question = _alert((6, False), (9, True), (12, False))
    cups = _picks(ALERTS[0])
    found, labeller = _verified(video, [question], cups, tmp_path / "log", frames=2)
    assert found == {question.id: f"{ALERTS[0]!r} was chosen: so it is"}
    assert [index_of(query.images[-1]) for query in labeller.asked] == [59, 89, 119]
    assert all(MEANS["now"] in query.text for query in labeller.asked)
    right = {f"verify/{question.id}/{k}": ALERTS[not alert] for k, alert in enumerate((0, 1, 0))}
    scripted = Scripted(lambda query: _picks(right[query.key])(query))
    assert _verified(video, [question], scripted, tmp_path / "other")[0] == {}


def test_what_was_seen_before_is_shown_from_the_question_on(video, tmp_path):
    """Where the label says `already_seen`, ten seconds are not enough."""
    question = _alert((18, True), means="already_seen", asked=2)
    _, labeller = _verified(video, [question], _picks(ALERTS[0]), tmp_path / "log")
    first, last = (index_of(labeller.asked[0].images[k]) for k in (0, -1))
    assert 20 <= first < 80
    assert last == 179
    assert MEANS["already_seen"] in labeller.asked[0].text


@pytest.mark.parametrize("unverified", ["drop", "keep"])
def test_without_a_picture_before_it_nobody_is_asked(video, tmp_path, unverified):
    """Not even the first frame: it is on screen when the question is asked, not before."""
    question = _choice(asked=0, span=(0.0, 0.0))
    found, labeller = _verified(
        video, [question], _picks("cup"), tmp_path / "log", unverified=unverified
    )
    assert labeller.asked == []
    assert found == ({question.id: f"not verified: {NOTHING}"} if unverified == "drop" else {})


def test_the_gaze_is_drawn_where_it_is_at_each_picture(video, tmp_path):
    """Green dot and red circle; none where the gaze is lost."""
    seconds = np.arange(200) / 10
    x, valid = np.where(seconds < 11, 0.25, 0.75), seconds < 11.5
    gaze = GazeTable(seconds, np.full(200, 0.1), x, np.full(200, 0.5), valid, "samples")
    _, labeller = _verified(
        video, [_choice()], _picks("cup"), tmp_path / "log", gaze=gaze, frames=5
    )
    images = [np.asarray(image).astype(int) for image in labeller.asked[0].images]
    dots = [np.argwhere(np.all(pixels == GREEN, axis=-1)) for pixels in images]
    places = [round(float(dot[:, 1].mean())) if len(dot) else None for dot in dots]
    assert places == [80, 80, 240, None, None]
    assert [bool(np.all(one == RED, axis=-1).any()) for one in images] == [True] * 3 + [False] * 2
    assert "green dot" in labeller.asked[0].text


def test_a_second_run_asks_nothing_twice(video, tmp_path):
    """Also when other questions are judged than before."""
    questions, log = [_choice(number) for number in range(20)], tmp_path / "log"
    answer = lambda query: _says("B", reason=query.key)  # noqa: E731 (the same for both runs)
    first, labeller = _verified(video, questions, answer, log)
    assert len(labeller.asked) == 20
    second, silent = _verified(video, questions[7:], answer, log)
    assert silent.asked == []
    assert second == {
        name: why
        for name, why in first.items()
        if name in {question.id for question in questions[7:]}
    }
    reworded = replace(questions[0], text="Which is it? {options}")
    _, asked_again = _verified(video, [reworded], answer, log)
    assert len(asked_again.asked) == 1


def test_no_questions_ask_nothing(video, tmp_path):
    """And decode nothing."""
    found, labeller = _verified(video, [], _fails, tmp_path / "log")
    assert (found, labeller.asked) == ({}, [])
