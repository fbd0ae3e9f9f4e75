from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmsi_video import prompts
from mmsi_video.profiles import profile, profiles
from mmsi_video.prompts import (
    FrameImage,
    FrameVideo,
    Message,
    RefImage,
    Text,
    VideoFile,
    full_prompt,
    message_hash,
    plan,
    prompt_without_system,
)
from mmsi_video.schema import Clip, Sample
from sightline.errors import DatasetError


def clip(number, frame_count=4):
    """A clip whose number names its content."""
    return Clip(
        clip_id=f"clip{number}",
        video_path=f"media/videos/clip{number}.mp4",
        start_seconds=6.0,
        end_seconds=12.0,
        base_fps=2.0,
        frame_count=frame_count,
        frames_sha256=f"{number:064x}",
    )


def sample(user_prompt="<video> Look. <image> Which?", *, clips=1, images=1, **changes):
    """A question with one mark of each kind."""
    made = Sample(
        id="question_0000",
        type="Planning",
        question="Which?",
        options=("A. left", "B. right"),
        answer="A",
        system_prompt="You see frames.",
        task_prompt="Task: ",
        user_prompt=user_prompt,
        format_prompt=" Answer with a letter.",
        clips=tuple(clip(i) for i in range(clips)),
        ref_image_sha256=tuple(f"ref{i}" for i in range(images)),
    )
    return replace(made, **changes)


def texts(messages):
    """Every piece of text, in reading order."""
    return [part.text for m in messages for part in m.parts if isinstance(part, Text)]


def test_full_prompt():
    """The full prompt has one line break after the system prompt and none elsewhere."""
    assert full_prompt(sample()) == (
        "You see frames.\nTask: <video> Look. <image> Which? Answer with a letter."
    )


def test_prompt_without_task():
    """The task prompt can be left out, as the official loader allows."""
    assert prompt_without_system(sample(), task_specific=False) == (
        "<video> Look. <image> Which? Answer with a letter."
    )


def test_frames_in_the_place_of_the_mark():
    """A video mark becomes its frames and an image mark its reference image."""
    (message,) = plan(sample(), [[0, 2]], profile("frames"))
    assert message == Message(
        "user",
        (
            Text("You see frames.\nTask: "),
            FrameImage(0, 0),
            FrameImage(0, 2),
            Text(" Look. "),
            RefImage(0),
            Text(" Which? Answer with a letter."),
        ),
    )


def test_marks_are_resolved_by_kind_and_ordinal():
    """Images before videos still get the right media: the n-th mark of a kind is its n-th file."""
    mixed = sample("<image><video><image>\n<video>", clips=2, images=2)
    (message,) = plan(mixed, [[1], [3]], profile("frames"))
    media = [part for part in message.parts if not isinstance(part, Text)]
    assert media == [RefImage(0), FrameImage(0, 1), RefImage(1), FrameImage(1, 3)]
    assert Text("\n") in message.parts


def test_api_sends_the_system_prompt_apart():
    """The API form has a system message and one user message without the system prompt."""
    system, user = plan(sample(), [[0]], profile("api"))
    assert system == Message("system", (Text("You see frames."),))
    assert user.role == "user"
    assert user.parts[0] == Text("Task: ")


def test_api_without_system_prompt():
    """An empty system prompt makes no empty system message."""
    (message,) = plan(sample(system_prompt=""), [[0]], profile("api"))
    assert message.role == "user"


def test_api_refuses_media_in_the_system_prompt():
    """A mark in the system prompt cannot go into a system message."""
    with pytest.raises(DatasetError, match="question_0000: system_prompt holds a <video>"):
        plan(sample(system_prompt="<video>"), [[0]], profile("api"))


def test_internvl_labels_restart_in_each_video():
    """InternVL sees `Frame1: ` and a line break around each frame, counted anew per video."""
    two = sample("<video>and<video>?", clips=2, images=0, system_prompt="S")
    assert texts(plan(two, [[0, 2], [1]], profile("internvl"))) == [
        "S\nTask: Frame1: ",
        "\nFrame2: ",
        "\nandFrame1: ",
        "\n? Answer with a letter.",
    ]


def test_video_forms():
    """Qwen and LLaVA get one video of frames per clip, the native form the mp4."""
    for name in ("qwen_video", "llava_video"):
        (message,) = plan(sample(), [[0, 3]], profile(name))
        assert message.parts[1] == FrameVideo(0, (0, 3))
    (message,) = plan(sample(), [], profile("native"))
    assert message.parts[1] == VideoFile(0)


@pytest.mark.parametrize(
    ("user_prompt", "message"),
    [
        ("Look. <image>", r"one <video> mark per clip \(1\), but got 0"),
        ("<video><video><image>", r"one <video> mark per clip \(1\), but got 2"),
        ("<video>", r"one <image> mark per reference image \(1\), but got 0"),
    ],
)
def test_wrong_mark_counts(user_prompt, message):
    """Marks that do not fit the media are refused with sample, expectation and finding."""
    with pytest.raises(DatasetError, match=f"question_0000: the prompt must have {message}"):
        plan(sample(user_prompt), [[0]], profile("frames"))


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([], r"indices must have one list per clip \(1\), but got 0"),
        ([[4]], r"indices\[0\] must be in \[0, 4\), but got \[4\]"),
    ],
)
def test_wrong_indices(indices, message):
    """Indices that do not fit the clips are refused."""
    with pytest.raises(ValueError, match=message):
        plan(sample(), indices, profile("frames"))


def test_starved_video():
    """Under the linspace rule a video may show nothing, except where it must be a video."""
    (message,) = plan(sample(), [[]], profile("frames"))
    assert not any(isinstance(part, FrameImage) for part in message.parts)
    with pytest.raises(ValueError, match="clip 0 got no frame, and profile 'qwen_video'"):
        plan(sample(), [[]], profile("qwen_video"))


pieces = st.lists(
    st.sampled_from(["<video>", "<image>", " ", "\n", "text", "<videos>"]), max_size=9
)


@given(pieces, st.sampled_from([name for name in profiles() if name != "internvl"]))
def test_no_text_is_lost_or_added(parts, name):
    """The texts of a plan are the prompt without its marks, white space included."""
    one = sample("".join(parts), clips=parts.count("<video>"), images=parts.count("<image>"))
    messages = plan(one, [[0]] * len(one.clips), profile(name))
    prompt = prompts.full_prompt(one)
    if profile(name).system == "message":
        prompt = one.system_prompt + prompts.prompt_without_system(one)
    assert "".join(texts(messages)) == prompt.replace("<video>", "").replace("<image>", "")
    assert all(text for text in texts(messages))


def hashed(one=None, indices=((0, 1),), name="frames", max_frames=50):
    """The hash of what a sample shows under a profile."""
    one = one or sample()
    chosen = profile(name)
    return message_hash(plan(one, indices, chosen), one, chosen, max_frames=max_frames)


def test_equal_messages_have_equal_hashes():
    """The hash is stable and needs no media."""
    assert hashed() == hashed()
    assert len(hashed()) == 64


def test_hash_sees_everything_that_is_shown():
    """Another text, frame, clip content, reference image or profile is another hash."""
    different_frames = replace(clip(0), frames_sha256="0" * 63 + "f")
    hashes = [
        hashed(),
        hashed(indices=((0, 2),)),
        hashed(sample("<video> Look! <image> Which?")),
        hashed(sample(clips=1, images=1, ref_image_sha256=("other",))),
        hashed(
            sample(clips=1, images=1).__class__(**{**vars(sample()), "clips": (different_frames,)})
        ),
        hashed(name="api"),
        hashed(name="internvl"),
        hashed(name="qwen_video"),
        hashed(name="llava_video"),
        hashed(name="native"),
    ]
    assert len(set(hashes)) == len(hashes)


def test_hash_knows_when_the_cap_changes_the_pixels():
    """The API form shrinks images above 50 frames, so the cap is part of what is shown."""
    assert hashed(name="api", max_frames=50) != hashed(name="api", max_frames=51)
    assert hashed(max_frames=50) == hashed(max_frames=51)


def test_hash_ignores_what_is_not_shown():
    """Id, answer and clip name are not shown, so they are not in the hash."""
    renamed = sample(id="question_0001", answer="B", clips=1)
    assert hashed(renamed) == hashed()
