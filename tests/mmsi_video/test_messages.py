import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from mmsi_video.messages import (
    FileJpeg,
    OriginalJpeg,
    SampleMedia,
    chat_messages,
    check_environment,
)
from mmsi_video.profiles import profile
from mmsi_video.prompts import plan
from mmsi_video.schema import Clip, Sample
from sightline.errors import DatasetError, UsageError


def encoded(size=(64, 48), colour=(200, 30, 90), kind="JPEG", mode="RGB"):
    """An image file of one colour."""
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, format=kind)
    return buffer.getvalue()


class Reader:
    """Stands in for ClipReader; remembers what was read."""

    def __init__(self, files):
        self.files, self.reads = files, []

    def read(self, key, columns=("image",), rows=None):
        """The files of these rows."""
        self.reads.append((key, tuple(columns), tuple(rows)))
        return [self.files[key][row] for row in rows]


def sample(clips=1, images=1, user_prompt="<video> and <image>?"):
    """A question over clips c0, c1, ..."""
    return Sample(
        id="question_0000",
        type="Planning",
        question="?",
        options=("A. left", "B. right"),
        answer="A",
        system_prompt="S",
        task_prompt="T",
        user_prompt=user_prompt,
        format_prompt="F",
        clips=tuple(
            Clip(f"c{i}", f"media/videos/c{i}.mp4", 0.0, 1.0, 2.0, 5, f"{i:064x}")
            for i in range(clips)
        ),
        ref_image_sha256=("r",) * images,
    )


def shown(name, indices=((1, 3),), *, max_frames=50, frames=None, reference=None, one=None):
    """The messages of a sample under a profile, and what was read for them."""
    one = one or sample()
    files = {
        clip.clip_id: frames or [encoded(colour=(40 * i, 0, 0)) for i in range(5)]
        for clip in one.clips
    }
    reader = Reader(files)
    media = SampleMedia(
        one,
        frames=reader,
        references=(reference or encoded(kind="PNG"),) * len(one.ref_image_sha256),
        video_path=lambda relative: Path("/data") / relative,
    )
    chosen = profile(name)
    messages = chat_messages(plan(one, indices, chosen), media, chosen, max_frames=max_frames)
    return messages, reader


def urls(messages, kind="image"):
    """The media of one kind, in reading order."""
    return [item["url"] for m in messages for item in m["content"] if item["type"] == kind]


def test_only_the_planned_frames_are_read():
    """One read per clip asks for exactly the frames of the plan."""
    two = sample(clips=2, images=0, user_prompt="<video><video>")
    _, reader = shown("frames", ((1, 3), (0,)), one=two)
    assert reader.reads == [("c0", ("image",), (1, 3)), ("c1", ("image",), (0,))]


def test_frames_profile():
    """Every frame is an image item in its place, still a JPEG file and not decoded yet."""
    (message,), _ = shown("frames")
    assert message["role"] == "user"
    assert [item["type"] for item in message["content"]] == [
        *("text", "image", "image", "text", "image", "text")
    ]
    frame = urls([message])[0]
    assert frame.format == "JPEG"
    assert frame._im is None
    assert frame.convert("RGB").getpixel((0, 0))[0] == pytest.approx(40, abs=3)


def test_native_profile_names_the_file():
    """The native form hands over the path of the mp4 and reads no frame."""
    messages, reader = shown("native", (), max_frames=None)
    assert urls(messages, "video") == ["/data/media/videos/c0.mp4"]
    assert reader.reads == []


def test_qwen_video_profile():
    """A video is a list of frames of at most 151,200 pixels; reference images keep their size."""
    big = encoded(size=(640, 480))
    messages, _ = shown("qwen_video", frames=[big] * 5, reference=big)
    (video,) = urls(messages, "video")
    assert [frame.size for frame in video] == [(448, 336)] * 2
    assert [image.size for image in urls(messages)] == [(640, 480)]


def test_internvl_profile_makes_one_tile():
    """InternVL frames are squares of 448 pixels."""
    messages, _ = shown("internvl")
    assert [image.size for image in urls(messages)] == [(448, 448), (448, 448), (64, 48)]


def test_api_shrinks_above_fifty_frames():
    """Above 50 frames the API form shrinks frames and reference images, as JPEG files."""
    big = encoded(size=(1280, 720))
    untouched, _ = shown("api", frames=[big] * 5, reference=big)
    assert [image.original for image in urls(untouched)] == [big] * 3
    small, _ = shown("api", frames=[big] * 5, reference=big, max_frames=300)
    assert [image.size for image in urls(small)] == [(522, 293)] * 3
    assert all(isinstance(image, OriginalJpeg) for image in urls(small))


@pytest.fixture
def openai(monkeypatch):
    """lmms-eval's own way from our messages to an OpenAI request."""
    protocol = pytest.importorskip("lmms_eval.protocol", reason="needs sightline[eval]")

    def convert(messages, encode="JPEG"):
        monkeypatch.setenv("LMMS_IMAGE_ENCODE_FORMAT", encode)
        sent = protocol.ChatMessages(messages=messages).to_openai_messages()
        items = [item for message in sent for item in message["content"]]
        return sent, [item["image_url"]["url"] for item in items if item["type"] == "image_url"]

    return convert


def test_jpeg_bytes_reach_the_server_untouched(openai):
    """Through lmms-eval's own protocol the server gets the release's files, labelled image/jpeg."""
    files = [encoded(colour=(40 * i, 10, 20)) for i in range(5)]
    messages, _ = shown("api", frames=files)
    sent, images = openai(messages)
    assert [message["role"] for message in sent] == ["system", "user"]
    assert [image.partition(",")[0] for image in images] == ["data:image/jpeg;base64"] * 3
    bodies = [base64.b64decode(image.partition(",")[2]) for image in images]
    assert bodies[:2] == [files[1], files[3]]


def test_reference_png_is_sent_as_what_the_label_says(openai):
    """A PNG reference image becomes a JPEG, since lmms-eval labels all images alike."""
    messages, _ = shown("api", reference=encoded(kind="PNG", mode="RGBA", colour=(1, 2, 3, 4)))
    _, images = openai(messages)
    assert base64.b64decode(images[-1].partition(",")[2]).startswith(b"\xff\xd8\xff")


def test_other_profiles_are_encoded_by_lmms_eval(openai):
    """Without the API profile lmms-eval encodes PNG files, as it does for every task."""
    messages, _ = shown("frames")
    _, images = openai(messages, encode="PNG")
    assert base64.b64decode(images[0].partition(",")[2]).startswith(b"\x89PNG")


def test_the_protocol_still_drops_detail(openai):
    """Why `--model sightline_openai` exists: lmms-eval writes no `detail` and keeps no key."""
    messages, _ = shown("frames")
    for item in messages[0]["content"]:
        item["detail"] = "low"
    sent, _ = openai(messages)
    assert "detail" not in str([list(item) for m in sent for item in m["content"]])
    assert all("detail" not in item.get("image_url", {}) for m in sent for item in m["content"])


@pytest.mark.parametrize(("value", "refused"), [(None, True), ("PNG", True), ("jpeg", False)])
def test_environment(monkeypatch, value, refused):
    """The API profile is refused where lmms-eval would send PNG files."""
    if value is None:
        monkeypatch.delenv("LMMS_IMAGE_ENCODE_FORMAT", raising=False)
    else:
        monkeypatch.setenv("LMMS_IMAGE_ENCODE_FORMAT", value)
    check_environment(profile("frames"))
    if refused:
        with pytest.raises(UsageError, match="or set LMMS_IMAGE_ENCODE_FORMAT=JPEG"):
            check_environment(profile("api"))
    else:
        check_environment(profile("api"))


@pytest.mark.parametrize(("name", "sent"), [("api_low_detail", None), ("frames", "low")])
def test_detail_that_the_backend_does_not_send(monkeypatch, name, sent):
    """What the profile says of `detail`, and what the backend puts on images, must agree."""
    monkeypatch.setenv("LMMS_IMAGE_ENCODE_FORMAT", "JPEG")
    if sent is not None:
        monkeypatch.setenv("SIGHTLINE_IMAGE_DETAIL", sent)
    with pytest.raises(UsageError, match=f"but this backend sends {sent or 'unset'}"):
        check_environment(profile(name))


def test_original_jpeg_can_still_be_saved_otherwise(tmp_path):
    """Asked for another format or for a path, the image is encoded as usual."""
    image = OriginalJpeg(encoded())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    assert buffer.getvalue().startswith(b"\x89PNG")
    image.save(tmp_path / "x.jpg")
    with Image.open(tmp_path / "x.jpg") as saved:
        assert saved.size == (64, 48)


@pytest.mark.parametrize("name", ["frames", "api", "internvl"])
@pytest.mark.parametrize("data", [b"", b"no image", b"\xff\xd8\xff and no more"])
def test_unreadable_frame(name, data):
    """A frame that is no image is refused with sample, clip and index."""
    with pytest.raises(DatasetError, match="question_0000: frame 1 of clip c0 is not a readable"):
        shown(name, frames=[data] * 5)


def test_missing_reference_image():
    """A reference image that the dataset does not have is refused."""
    one = sample()
    media = SampleMedia(one, Reader({"c0": [encoded()] * 5}), (), Path)
    with pytest.raises(DatasetError, match=r"expected at least 1 reference images, but .* has 0"):
        chat_messages(plan(one, [[0]], profile("frames")), media, profile("frames"), max_frames=50)


def test_frames_may_come_as_slices_of_a_file():
    """A memoryview is as good as bytes, and no image keeps it: the file may be closed."""
    files = [bytearray(encoded(colour=(40 * i, 10, 20))) for i in range(5)]
    for name in ("frames", "api", "internvl"):
        messages = shown(name, frames=[memoryview(data).toreadonly() for data in files])[0]
        for data in files:
            data.append(0)  # refused while anybody holds a view
            data.pop()
        assert [image.convert("RGB").size for image in urls(messages)] != []


def test_a_jpeg_has_its_file_until_it_is_decoded():
    """Another decoder may use the file as long as Pillow's pixels cannot have been changed."""
    messages, _ = shown("frames", frames=[encoded(colour=(9, 9, 9))] * 5)
    image = urls(messages)[0]
    assert isinstance(image, FileJpeg)
    assert not isinstance(image, OriginalJpeg)
    assert image.undecoded == encoded(colour=(9, 9, 9))
    image.paste((1, 2, 3), (0, 0, 5, 5))
    assert image.undecoded is None


def test_a_draft_is_not_what_the_file_shows():
    """Pillow may be asked for a smaller or a grey version: then only Pillow knows the pixels."""
    image = FileJpeg(encoded())
    image.draft("L", None)
    assert image.undecoded is None


def test_a_frame_that_nobody_has_changed_is_sent_as_its_file():
    """lmms-eval's own API backends save it as JPEG; what was drawn upon is encoded anew."""
    data = encoded()
    for drawn in (False, True):
        image = FileJpeg(data)
        if drawn:
            image.paste((255, 0, 0), (0, 0, 8, 8))
        buffer = io.BytesIO()
        image.save(buffer, format="JPEG")
        assert (buffer.getvalue() == data) is not drawn
