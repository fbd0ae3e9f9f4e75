"""Messages -> the body of a request, images -> data URLs; no server."""

from __future__ import annotations

import base64
import io
import runpy
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mmsi_video.messages import FileJpeg, OriginalJpeg
from sightline.errors import DatasetError, UsageError
from sightline.serving import encoding, payload
from sightline.serving import images as image_form
from sightline.serving.encoding import ImageEncoder
from sightline.serving.settings import ServerSettings

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "tiny_release.py")))

GREEDY = {"max_new_tokens": 7, "temperature": 0, "do_sample": False, "until": []}


def settings(**changes):
    """Those of a server."""
    return ServerSettings(**{"model": "m", "base_url": "http://host/v1", **changes})


def noise(seed, mode="RGB"):
    """A picture of noise, as a decoder gives it: no file bytes."""
    shape = {"RGB": (24, 32, 3), "RGBA": (24, 32, 4), "L": (24, 32)}[mode]
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    return Image.fromarray(pixels, mode)


def content(url):
    """Format and bytes of a data URL."""
    head, _, data = url.partition(",")
    return head, base64.b64decode(data)


# Images


def test_jpeg_files_pass_through():
    """The very bytes of the file, whatever was done to its pixels meanwhile."""
    data = tiny.jpeg(80)
    image = OriginalJpeg(data)
    image.load()
    encoder = ImageEncoder()
    for value in (image, data):
        assert content(encoder.url(value)) == ("data:image/jpeg;base64", data)
    assert encoder.encoded == 0


def test_files_pass_through_until_they_are_decoded():
    """Afterwards the pixels may be others: drawn on, or another size."""
    image = FileJpeg(tiny.jpeg(90))
    assert content(ImageEncoder().url(image))[1] == tiny.jpeg(90)
    image.load()
    assert content(ImageEncoder().url(image))[1] != tiny.jpeg(90)


def test_files_of_other_formats(tmp_path):
    """PNG is sent as it is, from its path too; BMP, which servers may not know, as JPEG."""
    buffers = {}
    for kind in ("PNG", "BMP"):
        buffers[kind] = io.BytesIO()
        noise(1).save(buffers[kind], kind)
    png = buffers["PNG"].getvalue()
    (tmp_path / "a.png").write_bytes(png)
    assert content(ImageEncoder().url(tmp_path / "a.png")) == ("data:image/png;base64", png)
    head, data = content(ImageEncoder().url(buffers["BMP"].getvalue()))
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(data)).size == (32, 24)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_frames_become_jpeg_of_the_stated_quality(mode):
    """4:4:4 and quality 95, whatever the mode; the same pixels give the same address."""
    frame = noise(2, mode)
    url = ImageEncoder().url(frame)
    assert url == ImageEncoder().url(frame.copy())
    head, data = content(url)
    sent = Image.open(io.BytesIO(data))
    assert (head, sent.format, sent.size) == ("data:image/jpeg;base64", "JPEG", frame.size)
    assert [layer[1:3] for layer in sent.layer] == [(1, 1)] * 3
    expected = io.BytesIO()
    frame.convert("RGB").save(expected, "JPEG", quality=95, subsampling=0)
    assert data == expected.getvalue()


def test_a_frame_is_encoded_once_for_all_requests():
    """Also when many ask for it at the same time."""
    encoder = ImageEncoder()
    barrier = threading.Barrier(8)

    def ask(_):
        barrier.wait()
        return [encoder.url(noise(seed)) for seed in range(5)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask, range(8)))
    assert encoder.encoded == 5
    assert all(urls == found[0] for urls in found)
    assert len(set(found[0])) == 5


def test_pictures_of_one_row_of_bytes_but_other_shape_differ():
    """The same pixels in another shape are another picture."""
    pixels = np.arange(24 * 32 * 3, dtype=np.uint32).astype(np.uint8)
    encoder = ImageEncoder()
    wide = encoder.url(Image.fromarray(pixels.reshape(24, 32, 3)))
    assert wide != encoder.url(Image.fromarray(pixels.reshape(32, 24, 3)))


def test_the_cache_is_bounded():
    """What was used longest ago is encoded again; the bytes kept never exceed the budget."""
    size = len(ImageEncoder().url(noise(0)))
    encoder = ImageEncoder(cache_bytes=3 * size + size // 2)
    for seed in (0, 1, 2, 0, 3):  # 0 was used again, so 1 has to go
        encoder.url(noise(seed))
    assert encoder.encoded == 4
    encoder.url(noise(0))
    assert encoder.encoded == 4
    encoder.url(noise(1))
    assert encoder.encoded == 5
    kept = sum(len(url.result()) for url in encoder._held.values())
    assert kept == encoder._bytes <= 3 * size + size // 2


def test_a_frame_that_fails_is_not_remembered(monkeypatch):
    """The next request tries again, and gets its address."""
    encoder, frame = ImageEncoder(), noise(3)

    def broken(_):
        raise OSError("no memory")

    with monkeypatch.context() as changed:
        changed.setattr(encoding, "_jpeg", broken)
        with pytest.raises(OSError, match="no memory"):
            encoder.url(frame)
    assert encoder.url(frame).startswith("data:image/jpeg")


@pytest.mark.parametrize("value", [b"no image at all", 7, None])
def test_what_is_no_image_is_said(value):
    """An error of the sample, not a request that a server refuses."""
    with pytest.raises((OSError, ValueError)):
        ImageEncoder().url(value)


def test_addresses_stay():
    """A foreign task may show an image of the web."""
    for address in ("https://host/a.png", "data:image/png;base64,AAAA"):
        assert ImageEncoder().url(address) == address


# The body


def body(messages, kwargs=GREEDY, **changes):
    """With images by their names."""
    return payload.body(messages, kwargs, settings(**changes), lambda image: f"<{image}>")


def test_items_keep_their_order():
    """Text and frames stand where the task put them: the prefix is the task's."""
    items = [
        {"type": "text", "text": "before"},
        {"type": "image", "url": "a"},
        {"type": "video", "url": ["b", "c"]},
        {"type": "text", "text": "the question"},
    ]
    made = body([{"role": "system", "content": "s"}, {"role": "user", "content": items}])
    system, user = made["messages"]
    assert system == {"role": "system", "content": "s"}
    assert user["content"] == [
        {"type": "text", "text": "before"},
        *({"type": "image_url", "image_url": {"url": f"<{n}>", "detail": "low"}} for n in "abc"),
        {"type": "text", "text": "the question"},
    ]
    assert payload.size(made) == (3, 1 + 6 + 9 + 12)


def test_detail_and_system_prompt():
    """`none` says nothing about detail; a system prompt of the user's comes first."""
    message = {"role": "user", "content": [{"type": "image", "url": "a"}]}
    made = body([message], detail=None, system_prompt="Be short.")
    assert made["messages"][0] == {"role": "system", "content": "Be short."}
    assert made["messages"][1]["content"][0]["image_url"] == {"url": "<a>"}


def test_extra_body_has_the_last_word():
    """What vLLM takes beside the protocol, and what the user wants otherwise."""
    extra = {"mm_processor_kwargs": {"max_pixels": 1}, "max_tokens": 3}
    made = body([], extra_body=extra)
    assert made["mm_processor_kwargs"] == {"max_pixels": 1}
    assert made["max_tokens"] == 3


def test_content_of_an_unknown_type_is_refused():
    """Audio would otherwise vanish without a word."""
    with pytest.raises(ValueError, match="'audio'"):
        body([{"role": "user", "content": [{"type": "audio", "url": "a"}]}])


def test_video_files_are_decoded_within_their_times(tmp_path):
    """As many frames as the settings say, none outside of the clip."""
    path = tmp_path / "a.mp4"
    path.write_bytes(tiny.mp4(12))  # 2 frames a second; frame i is as bright as 10 * i
    item = {"type": "video", "url": str(path), "start_time": 2.0, "end_time": 4.0}
    made = payload.body(
        [{"role": "user", "content": [item]}],
        GREEDY,
        settings(max_frames=3),
        lambda image: round(np.asarray(image).mean() / 10),
    )
    shown = [item["image_url"]["url"] for item in made["messages"][0]["content"]]
    assert shown == [4, 6, 8]
    with pytest.raises(DatasetError):
        body([{"role": "user", "content": [{**item, "url": str(tmp_path / "no.mp4")}]}])


# Generation


def test_greedy():
    """Temperature 0, the task's longest answer, and no stop strings of lmms-eval's own."""
    assert payload.sampling(GREEDY, settings()) == {"max_tokens": 7, "temperature": 0}
    assert payload.sampling({}, settings()) == {"max_tokens": 1024, "temperature": 0}
    assert "stop" not in payload.sampling({"until": ["\n\n"]}, settings())


def test_drawn_answers():
    """What the task says is sent; a second asking has another seed."""
    kwargs = {"do_sample": True, "temperature": 0.7, "top_p": 0.9, "top_k": 5, "seed": 3}
    first = payload.sampling(kwargs, settings())
    assert first == {
        "max_tokens": 1024, "temperature": 0.7, "top_p": 0.9, "top_k": 5, "seed": 3
    }  # fmt: skip
    assert payload.sampling(kwargs, settings(), repeat=1)["seed"] == 4


def test_stop_strings():
    """OpenAI takes four."""
    sent = payload.sampling({"until": list("abcdef")}, settings())
    assert sent["stop"] == list("abcd")


@pytest.mark.parametrize("model", ["o1", "o3-mini", "openai/o4-mini-2025", "gpt-5", "gpt-5-nano"])
def test_reasoning_models(model):
    """They take max_completion_tokens, and refuse a temperature."""
    sent = payload.sampling({**GREEDY, "do_sample": True, "top_p": 0.5}, settings(model=model))
    assert sent == {"max_completion_tokens": 7}


@pytest.mark.parametrize("model", ["gpt-4o", "my/o1ymp", "llava-o1", "Qwen/Qwen3-VL-8B", "o10x"])
def test_other_models_have_a_temperature(model):
    """A name that only contains such a name is another model; the user's word counts."""
    assert "temperature" in payload.sampling(GREEDY, settings(model=model))
    sent = payload.sampling(GREEDY, settings(model=model, reasoning=True))
    assert sent == {"max_completion_tokens": 7}


@pytest.mark.parametrize("kwargs", [{"num_beams": 4}, {"penalty_alpha": 0.6}, {"n": 2}])
def test_what_a_server_cannot_do_is_refused(kwargs):
    """Rather than asked without it."""
    with pytest.raises(UsageError, match=next(iter(kwargs))):
        payload.sampling(kwargs, settings())


# What lmms-eval's own backends are told


@pytest.mark.parametrize("model", ["openai", "async_openai", "vllm"])
def test_own_backends_send_jpeg(model):
    """Both variables, and a line about them."""
    added = image_form.server_environment(model, {})
    assert added == {"LMMS_IMAGE_ENCODE_FORMAT": "JPEG", "LMMS_IMAGE_JPEG_QUALITY": "95"}
    assert "LMMS_IMAGE_ENCODE_FORMAT=JPEG" in image_form.environment_note(model, {})
    assert image_form.server_environment(model, added) == {}
    assert image_form.environment_note(model, added) is None


def test_the_users_word_stays():
    """Another format, or another quality, is his; the former is said."""
    mine = {"LMMS_IMAGE_ENCODE_FORMAT": "WEBP"}
    assert image_form.server_environment("vllm", mine) == {}
    assert "WEBP is yours" in image_form.environment_note("vllm", mine)
    quality = {"LMMS_IMAGE_JPEG_QUALITY": "80"}
    assert image_form.server_environment("vllm", quality) == {"LMMS_IMAGE_ENCODE_FORMAT": "JPEG"}


@pytest.mark.parametrize("model", ["sightline", "sightline_openai", "qwen2_5_vl"])
def test_other_models_are_left_alone(model):
    """They send no base64, or set this themselves."""
    assert image_form.server_environment(model, {}) == {}
    assert image_form.environment_note(model, {"LMMS_IMAGE_ENCODE_FORMAT": "PNG"}) is None
