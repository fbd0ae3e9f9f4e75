"""Chat messages become what a processor takes."""

from __future__ import annotations

import io
from types import SimpleNamespace

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sightline.errors import DatasetError, UsageError
from sightline.models.inputs import read_prompt, tensors
from sightline.models.media import Video, even_times, file_indices
from sightline.video import VideoInfo


def picture(value: int, size=(8, 6)) -> Image.Image:
    """A picture of one grey."""
    return Image.new("RGB", size, (value, value, value))


def read(*items, **options):
    """The prompt of one user message."""
    return read_prompt([{"role": "user", "content": list(items)}], **{"max_frames": 4, **options})


def test_media_are_taken_out_in_reading_order():
    """Marks stay where they were, roles as well, and media follow in reading order."""
    messages = [
        {"role": "system", "content": "rules"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "see"},
                {"type": "image", "url": picture(1)},
                {"type": "video", "url": [picture(2), picture(3)]},
                {"type": "text", "text": "and"},
                {"type": "image", "url": picture(4)},
            ],
        },
    ]
    prompt = read_prompt(messages, max_frames=4)
    assert prompt.messages == [
        {"role": "system", "content": [{"type": "text", "text": "rules"}]},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "see"},
                {"type": "image"},
                {"type": "video"},
                {"type": "text", "text": "and"},
                {"type": "image"},
            ],
        },
    ]
    assert [image.getpixel((0, 0))[0] for image in prompt.images] == [1, 4]
    assert prompt.videos[0].frames[:, 0, 0, 0].tolist() == [2, 3]
    assert prompt.videos[0].frames.shape == (2, 6, 8, 3)


def png(image) -> bytes:
    """The file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["str", "path", "bytes", "bytearray", "memoryview"])
def test_an_image_may_be_encoded(form, tmp_path):
    """A file or its bytes are decoded, and become RGB."""
    torch = pytest.importorskip("torch")
    data = png(picture(9).convert("L"))
    path = tmp_path / "x.png"
    path.write_bytes(data)
    forms = {"str": str(path), "path": path, "bytes": data}
    forms |= {"bytearray": bytearray(data), "memoryview": memoryview(data)}
    prompt = read({"type": "image", "url": forms[form]})
    assert torch.equal(prompt.images[0], torch.full((3, 6, 8), 9, dtype=torch.uint8))


def test_an_image_may_be_a_tensor():
    """It is handed on as it is."""
    torch = pytest.importorskip("torch")
    pixels = torch.randint(0, 256, (3, 6, 8), dtype=torch.uint8)
    assert read({"type": "image", "url": pixels}).images[0] is pixels
    shown = read({"type": "video", "url": [pixels, pixels]}).videos[0]
    assert torch.equal(torch.from_numpy(shown.frames[1]).permute(2, 0, 1), pixels)


def test_an_image_that_keeps_its_file_is_decoded_from_there():
    """As the tasks send them: a PIL image with the file's bytes, which nobody need decode twice."""
    torch = pytest.importorskip("torch")
    image = picture(9)
    image.undecoded = None
    assert torch.equal(
        read({"type": "image", "url": image}).images[0], torch.full((3, 6, 8), 9).byte()
    )


def test_only_images_are_images():
    """The message says what was expected, and what came."""
    torch = pytest.importorskip("torch")
    for value, told in (
        (torch.zeros(3, 4, 5), r"got torch\.float32 \(3, 4, 5\)"),
        (torch.zeros(4, 5, 3, dtype=torch.uint8), r"got torch\.uint8 \(4, 5, 3\)"),
        (np.zeros((3, 4, 5), np.uint8), r"got uint8 \(3, 4, 5\)"),
        (None, "got <class 'NoneType'>"),
    ):
        with pytest.raises(ValueError, match=told):
            read({"type": "image", "url": value})


def test_a_picture_of_far_too_many_pixels_is_a_value_error(monkeypatch):
    """So that it fails one sample and not the run."""
    pytest.importorskip("torch")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(ValueError, match="decompression bomb"):
        read({"type": "image", "url": png(picture(9))})


def test_a_system_text_stands_before_the_messages():
    """As a message of its own."""
    prompt = read({"type": "text", "text": "see"}, system="Be brief.")
    assert prompt.messages == [
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": [{"type": "text", "text": "see"}]},
    ]
    assert read({"type": "text", "text": "see"}, system="").messages == prompt.messages[1:]


@pytest.mark.parametrize("content", ["rules", [{"type": "text", "text": "rules"}]])
def test_a_system_text_stands_before_that_of_the_task(content):
    """In one message: templates know one system message, at the beginning."""
    messages = [{"role": "system", "content": content}, {"role": "user", "content": "see"}]
    prompt = read_prompt(messages, max_frames=4, system="Be brief.")
    assert prompt.messages == [
        {"role": "system", "content": [{"type": "text", "text": "Be brief.\n\nrules"}]},
        {"role": "user", "content": [{"type": "text", "text": "see"}]},
    ]
    assert messages[0] == {"role": "system", "content": content}


def test_a_system_text_stands_before_a_picture_of_the_task():
    """A system message that begins with a medium keeps it after the text."""
    items = [{"type": "image", "url": picture(1)}, {"type": "text", "text": "rules"}]
    prompt = read_prompt([{"role": "system", "content": items}], max_frames=4, system="Be brief.")
    (message,) = prompt.messages
    assert message["content"] == [
        {"type": "text", "text": "Be brief."},
        {"type": "image"},
        {"type": "text", "text": "rules"},
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, (0.0, 0.5, 1.0)),
        ({"start_time": 10.0, "end_time": 14.0}, (10.0, 12.0, 14.0)),
        ({"start_time": 10.0}, (10.0, 10.5, 11.0)),
        ({"frame_times": [3, 4, 9]}, (3.0, 4.0, 9.0)),
    ],
    ids=["unknown", "from start to end", "start only", "each known"],
)
def test_times_of_a_frame_list(more, expected):
    """Frames have their own times, or lie evenly from the first to the last."""
    frames = [picture(value) for value in (1, 2, 3)]
    assert read({"type": "video", "url": frames, **more}).videos[0].times == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"type": "video", "url": []}, "must have at least one frame"),
        ({"type": "video", "url": [picture(1), picture(1, (4, 4))]}, "must have one size"),
        ({"type": "video", "url": [picture(1)], "frame_times": [1, 2]}, "must be as many"),
        ({"type": "audio", "url": "x.wav"}, r"'audio'\) must be text, image or video"),
    ],
    ids=["no frame", "two sizes", "times too many", "audio"],
)
def test_items_that_cannot_be_shown_are_refused(item, expected):
    """The message says what is expected of the item."""
    with pytest.raises(ValueError, match=expected):
        read(item)


@given(
    st.integers(1, 60),
    st.floats(0, 1000).map(lambda value: round(value, 2)),
    st.floats(0.1, 900).map(lambda value: round(value, 2)),
)
def test_processors_read_true_times(count, start, span):
    """The metadata says each frame's time to a millisecond, and the mean interval."""
    times = even_times(count, start, start + span)
    metadata = Video(np.zeros((count, 2, 2, 3), np.uint8), tuple(times)).metadata()
    said = [index / metadata["fps"] for index in metadata["frames_indices"]]
    assert said == pytest.approx(times, abs=0.0006)
    rate = count / metadata["total_num_frames"] * metadata["fps"]
    interval = span / (count - 1) if count > 1 else 0.5
    assert 1 / rate == pytest.approx(interval, abs=0.001)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A file of 2 s at 10 frames per second; frame i is as grey as 10 * i."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 32, 16
        for i in range(20):
            frame = av.VideoFrame.from_image(picture(10 * i, (32, 16)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("more", "options", "expected"),
    [
        ({}, {}, [0.0, 0.6, 1.2, 1.9]),
        ({}, {"fps": 1.0}, [0.0, 1.9]),
        ({}, {"max_frames": 99}, [i / 10 for i in range(20)]),
        ({"start_time": 0.5, "end_time": 0.8}, {}, [0.5, 0.6, 0.7, 0.8]),
        ({"start_time": 1.85}, {}, [1.9]),
    ],
    ids=["evenly", "at a rate", "all", "a window", "its end"],
)
def test_frames_of_a_file(clip, more, options, expected):
    """A file is shown evenly over its window, with the times that the file says."""
    prompt = read({"type": "video", "url": str(clip), **more}, **options)
    (shown,) = prompt.videos
    assert shown.times == pytest.approx(expected)
    greys = shown.frames[:, 8, 16, 0].astype(int)
    assert greys == pytest.approx(np.array(expected) * 100, abs=12)


@pytest.mark.parametrize(
    ("info", "start", "expected"),
    [
        (VideoInfo(10, 20, 2, 8, 8), 5.0, r"\[5\.0, None\] s has no frame of a video of 2\.00 s"),
        (VideoInfo(0, 20, 2, 8, 8), None, "must say how many frames it has"),
        (VideoInfo(10, 0, 0, 8, 8), None, "must say how many frames it has"),
    ],
    ids=["after the end", "no rate", "no length"],
)
def test_windows_without_a_frame_are_refused(info, start, expected):
    """The message says the window and the length of the file."""
    with pytest.raises(ValueError, match=expected):
        file_indices(info, start=start, end=None, max_frames=4, fps=None)


def test_a_broken_file_is_named(tmp_path):
    """The error of a file that is no video says which one."""
    (tmp_path / "x.mp4").write_bytes(b"not a video")
    with pytest.raises(DatasetError, match=r"x\.mp4 must be an mp4 that can be decoded"):
        read({"type": "video", "url": str(tmp_path / "x.mp4")})


class Processor:
    """A processor as far as marks go: it takes `<video>` for a video."""

    image_token, video_token = "<img>", "<video>"
    tokenizer = SimpleNamespace(
        image_token="<soft>",  # noqa: S106 (a token, not a secret)
        bos_token="<s>",  # noqa: S106 (a token, not a secret)
    )

    def apply_chat_template(self, messages, **options):
        """The texts of all messages, and what else the template is told."""
        told = {name: options[name] for name in options if name == "enable_thinking"}
        texts = [item.get("text", "") for m in messages for item in m["content"]]
        return "".join([*texts, *(f" {told}" for _ in told)])

    def __call__(self, **given):
        """What it was given."""
        return given


@pytest.mark.parametrize("mark", ["<img>", "<video>", "<soft>"])
def test_a_text_with_a_media_mark_is_refused(mark):
    """It would be counted as a picture; the message names the mark and the processor."""
    prompt = read({"type": "text", "text": f"Look: {mark}\nWhat is it?"})
    with pytest.raises(UsageError, match=f"holds '{mark}', which Processor takes for one of its"):
        tensors(prompt, Processor())


def test_marks_of_other_processors_are_text():
    """What means nothing to this one is sent as it stands."""
    prompt = read({"type": "text", "text": "<|video_pad|> <image>"})
    assert tensors(prompt, Processor())["text"] == ["<|video_pad|> <image>"]


@pytest.mark.parametrize(("text", "adds"), [("<s>see", False), ("see <s>", None), ("see", None)])
def test_a_first_token_is_not_written_twice(text, adds):
    """Where the template has written it, the tokenizer must not."""
    prompt = read({"type": "text", "text": text})
    assert tensors(prompt, Processor()).get("add_special_tokens") is adds


@pytest.mark.parametrize(
    ("choice", "told"),
    [(None, ""), (True, " {'enable_thinking': True}"), (False, " {'enable_thinking': False}")],
)
def test_the_template_is_told_about_thinking_only_where_asked(choice, told):
    """No choice is no argument: templates have their own default."""
    prompt = read({"type": "text", "text": "see"})
    assert tensors(prompt, Processor(), enable_thinking=choice)["text"] == ["see" + told]
