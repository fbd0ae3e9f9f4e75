"""The texts of the authors' evaluator, and where frames and gaze stand among them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgaze_task import prompts
from streamgaze_task.prompts import (
    GAZE_PROMPTS,
    FrameImage,
    SalienceImage,
    Text,
    message_hash,
    plan,
    published_text,
)
from streamgaze_task.schema import Request, Sample, TestPoint, Video

VIDEO = Video(
    video_id="v1",
    source="egtea",
    video_path="media/videos/original/v1.mp4",
    overlay_path=None,
    sha256="1" * 64,
    overlay_sha256=None,
    duration_seconds=60.0,
    width=640,
    height=480,
    gaze="samples",
    gaze_sha256="2" * 64,
)

SENTENCE = (
    "In this video, the green dot represents the gaze point (where the person is looking), and the "
    "red circle represents the field of view (FOV) area.\n\n"
)
"""As the evaluator sends it, with its blank line."""

FOUR = (
    "\nQuestion: What is this?\nOptions:\nA. box\nB. jar\nC. knife\nD. cup\n"
    "Answer the question with only the letter (A, B, C, or D) of the correct option."
    "\n\nThe best option is:"
)
"""A question with four options."""

FIVE = (
    "Question: What is this?\nOptions:\nA. box\nB. jar\nC. knife\nD. cup\nE. pan"
    "\n\nThe best option is:"
)
"""With five: no line break before it, no instruction."""

TWO = "Question: What is this?\nOptions:\nA. yes\nB. no\n\nThe best option is:"
"""With two."""

OPEN = (
    "\nQuestion: What is this?\nAnalyze the video and provide the answer to the question.\n"
    "\n\nAnswer:"
)
"""Without options."""

BEFORE = (
    "You are monitoring a video stream. Based on what you have seen so far in the video, answer "
    "the following question.\n"
)
AFTER = (
    "\n\nQuestion: Alert me when I gaze on the <plate>.\n\n"
    'If you have already seen the requested object/event, answer "Yes".\n'
    'If you have not seen it yet, answer "No".\n\n'
    'Answer only with "Yes" or "No".\n'
    "Do not include any additional text or explanation in your response.\n"
)
"""A proactive question, around its mark."""

OPTIONS = ("A. box", "B. jar", "C. knife", "D. cup")


def choice(options=OPTIONS, question="What is this?"):
    """A present question."""
    return Request(Sample("oie-0000", "oie", question, options, "A", "A", 30.0, VIDEO))


def alert():
    """The second test point of a proactive question."""
    points = (TestPoint("00:10", 10.0, 0, 0), TestPoint("00:20", 20.0, 1, 1))
    question = "Alert me when I gaze on the <plate>."
    sample = Sample("gta-0000", "gta", question, (), None, None, 5.0, VIDEO, points)
    return Request(sample, 1)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (OPTIONS, FOUR),
        (("box", "jar", "knife", "cup"), FOUR),
        ((*OPTIONS, "E. pan"), FIVE),
        (("box", "jar", "knife", "cup", "pan"), FIVE),
        (("A. yes", "B. no"), TWO),
        ((), OPEN),
    ],
    ids=["four", "without letters", "five", "five without letters", "two", "none"],
)
def test_published_texts_of_questions(options, expected):
    """Each number of options has the evaluator's own text, to the last line break."""
    assert published_text(choice(options), gaze_sentence=False) == expected
    assert published_text(choice(options), gaze_sentence=True) == SENTENCE + expected


def test_only_the_first_option_is_looked_at():
    """Letters are added to all options or to none, as the evaluator does."""
    mixed = published_text(choice(("box", "B. jar")), gaze_sentence=False)
    assert "A. box\nB. B. jar" in mixed
    lettered = published_text(choice(("A. box", "jar")), gaze_sentence=False)
    assert "A. box\njar" in lettered


def test_published_text_of_a_test_point():
    """A proactive question holds the literal mark on a line of its own."""
    text = published_text(alert(), gaze_sentence=False)
    assert text == f"{BEFORE}<video>{AFTER}"
    assert published_text(alert(), gaze_sentence=True) == SENTENCE + text


def test_braces_in_a_question_are_kept():
    """The text of a question is never a template."""
    assert "{0} {x} %s" in published_text(choice(question="{0} {x} %s"), gaze_sentence=False)


def test_frames_come_first():
    """A question follows its frames; the sentence about the dot belongs to the visual prompt."""
    frames = (FrameImage(0), FrameImage(1))
    assert plan(choice(), 2, "visual") == (*frames, Text(SENTENCE + FOUR))
    assert plan(choice(), 2, "nogaze") == (*frames, Text(FOUR))


def test_frames_stand_at_the_mark():
    """The frames of a proactive question take the place of its mark, which is not sent."""
    assert plan(alert(), 1, "visual") == (Text(SENTENCE + BEFORE), FrameImage(0), Text(AFTER))


def test_frames_may_come_before_all_text():
    """All requests on a video then begin alike, whatever they ask."""
    shown = plan(alert(), 1, "visual", frames_first=True)
    assert shown == (FrameImage(0), Text(SENTENCE + BEFORE + AFTER))
    assert plan(choice(), 2, "visual", frames_first=True) == plan(choice(), 2, "visual")


def test_words_stand_between_frames_and_question():
    """The text prompt tells the gaze right before the question."""
    assert plan(choice(), 1, "text", gaze_words="It rested.") == (
        FrameImage(0),
        Text(f"It rested.\n{FOUR}"),
    )
    assert plan(alert(), 1, "text", gaze_words="It rested.")[2] == Text(f"It rested.\n{AFTER}")


@pytest.mark.parametrize("request_", [choice(), alert()], ids=["question", "test point"])
def test_the_heat_map_stands_between_frames_and_question(request_):
    """Its title before it, its explanation after it, and no sentence about a dot anywhere."""
    parts = plan(request_, 1, "salience")
    place = parts.index(SalienceImage())
    assert parts[place - 1].text.endswith("Salience map of the user's gaze so far:\n")
    assert parts[place + 1].text.startswith(prompts.SALIENCE_NOTE)
    assert parts.index(FrameImage(0)) < place
    assert "green dot" not in str(parts)


def test_published_sampling_sends_the_published_text():
    """In one piece after the frames, the mark included."""
    assert plan(alert(), 2, "visual", published=True) == (
        FrameImage(0),
        FrameImage(1),
        Text(f"{SENTENCE}{BEFORE}<video>{AFTER}"),
    )


@pytest.mark.parametrize("request_", [choice(), alert()], ids=["question", "test point"])
@pytest.mark.parametrize("gaze_prompt", GAZE_PROMPTS)
def test_a_window_without_frames_is_still_asked(request_, gaze_prompt):
    """At the very beginning there is nothing to see: the text stands alone, sentence included."""
    parts = plan(request_, 0, gaze_prompt, gaze_words="No gaze was recorded.")
    assert not [part for part in parts if isinstance(part, FrameImage)]
    assert ("green dot" in str(parts)) == (gaze_prompt == "visual")
    assert "Question:" in str(parts)


@given(st.integers(0, 40), st.sampled_from(GAZE_PROMPTS), st.booleans(), st.booleans())
def test_every_frame_stands_once_and_in_order(count, gaze_prompt, published, proactive):
    """No plan loses, repeats or turns frames, and no two texts are neighbours."""
    asked = alert() if proactive else choice()
    parts = plan(asked, count, gaze_prompt, gaze_words="w", published=published)
    assert [p.number for p in parts if isinstance(p, FrameImage)] == list(range(count))
    kinds = [isinstance(part, Text) for part in parts]
    assert not any(a and b for a, b in pairwise(kinds))


def hashed(request=None, count=2, gaze_prompt="visual", **shown):
    """The hash of a plan over some pictures."""
    told = {"video": "1" * 64, "indices": [0, 30], **shown}
    return message_hash(plan(request or choice(), count, gaze_prompt), told)


def test_hash_sees_everything_that_is_shown():
    """Another text, frame, video, style or order is another hash."""
    other = replace(choice().sample, question="What is that?")
    hashes = [
        hashed(),
        hashed(Request(other)),
        hashed(count=1),
        hashed(gaze_prompt="nogaze"),
        hashed(gaze_prompt="salience"),
        hashed(video="3" * 64),
        hashed(indices=[0, 31]),
        hashed(style={"radius": 100}),
    ]
    assert len(set(hashes)) == len(hashes)
    assert hashed() == hashed()


def test_hash_ignores_what_is_not_shown():
    """Id and answer are not shown."""
    renamed = replace(choice().sample, id="oie-0009", answer="B")
    assert hashed(Request(renamed)) == hashed()
