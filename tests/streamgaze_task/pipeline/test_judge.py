"""The judge's hostile cases: questions that look right and are not."""

from dataclasses import replace
from itertools import pairwise

import pytest

from streamgaze_task.pipeline.records import Question, TestPoint
from streamgaze_task.rendering.judge import judge
from streamgaze_task.rendering.scanpath import script_of
from streamgaze_task.rendering.videos import VIDEOS

_SCRIPT = script_of(VIDEOS[0], 0)
_LOOKS = _SCRIPT.looks
_OPTIONS = ("anvil", "violin", "yacht")


def _ask(task, at, answer="", wrong=_OPTIONS, **more):
    return Question(
        id=f"v/{task}/0",
        task=task,
        recording_id=_SCRIPT.video.video_id,
        asked_seconds=at,
        text=more.pop("text", "What?"),
        answer=answer,
        wrong=wrong if answer else (),
        **more,
    )


def _once():
    """A look at something that is looked at only once, and the look after it."""
    names = [look.thing for look in _LOOKS]
    i = next(i for i, name in enumerate(names[:-1]) if names.count(name) == 1)
    return _LOOKS[i], _LOOKS[i + 1]


def test_next_after_has_one_answer():
    """It is named in the extras or in the text; other things beside it are wrong."""
    look, then = _once()
    at = int(then.start) + 2
    extras = {"object_group": [look.thing]}
    question = _ask("otp", at, then.thing, extras=extras)
    assert judge(question, _SCRIPT).right
    in_text = replace(question, extras={}, text=f"What after {{{look.thing}}}?")
    assert judge(in_text, _SCRIPT).right
    assert not judge(replace(question, asked_seconds=int(then.start) - 1), _SCRIPT).right
    assert not judge(replace(question, answer="anvil", wrong=(then.thing, "a", "b")), _SCRIPT).right
    nothing = replace(question, extras={"object_group": ["anvil"]})
    assert "not looked at" in judge(nothing, _SCRIPT).why


def test_after_several_looks_the_text_must_say_which():
    """Looks at the same thing with different ones after them."""
    names = [look.thing for look in _LOOKS]
    followed = {name: {b for a, b in pairwise(names) if a == name} for name in names}
    name = next(name for name in names if len(followed[name]) > 1)
    last = max(i for i, other in enumerate(names[:-1]) if other == name)
    question = _ask("otp", int(_LOOKS[-1].end), names[last + 1], extras={"object_group": [name]})
    assert not judge(question, _SCRIPT).right
    assert judge(replace(question, text="What after the last look at it?"), _SCRIPT).right


def test_a_thing_in_the_frame_is_no_easy_distractor():
    """And one that is not in the frame no hard one."""
    at = int(_LOOKS[3].start) + 2
    answer = _LOOKS[3].thing
    assert judge(_ask("oie", at, answer), _SCRIPT).right
    assert not judge(_ask("oih", at, answer), _SCRIPT).right
    near = next(name for name in (look.thing for look in _LOOKS[1:5]) if name != answer)
    easy = judge(_ask("oie", at, answer, (near, "anvil", "yacht")), _SCRIPT).right
    hard = judge(_ask("oih", at, answer, (near, "anvil", "yacht")), _SCRIPT).right
    assert not hard
    assert not easy


def test_labels_depend_on_what_they_mean():
    """After the only look: no longer now, already seen; at its border neither."""
    look, _ = _once()
    after, border = int(look.end) + 2, round(look.end)
    extras = {"target_object": look.thing}

    def asked(means, *points):
        listed = tuple(TestPoint(*point) for point in points)
        return _ask("gta", 0, points=listed, label_means=means, extras=extras)

    assert judge(asked("now", (after, False)), _SCRIPT).right
    assert judge(asked("already_seen", (after, True)), _SCRIPT).right
    assert not judge(asked("now", (after, True)), _SCRIPT).right
    assert not judge(asked("already_seen", (after, False)), _SCRIPT).right
    assert not judge(asked("", (after, True)), _SCRIPT).right
    assert not judge(asked("now", (after, False), (after, False)), _SCRIPT).right
    if abs(border - look.end) < 0.3:
        assert "too close" in judge(asked("now", (border, False)), _SCRIPT).why


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"wrong": ("a", "b")}, "four different"),
        ({"wrong": ("a", "b", "b")}, "four different"),
        ({"asked_seconds": 100000}, "outside the video"),
        ({"asked_seconds": -1}, "outside the video"),
        ({"answer": "", "wrong": ()}, "neither"),
    ],
)
def test_malformed_questions_are_wrong(change, part):
    """Whatever their task."""
    look, _ = _once()
    question = _ask("oie", int(look.start) + 2, look.thing)
    assert judge(question, _SCRIPT).right
    assert part in judge(replace(question, **change), _SCRIPT).why


def test_an_unknown_task_is_an_error():
    """There is no judge of it."""
    with pytest.raises(KeyError):
        judge(_ask("xyz", 5, "a"), _SCRIPT)
