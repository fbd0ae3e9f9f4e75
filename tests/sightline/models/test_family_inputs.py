"""Our tensors of a sample are those of the family's own processor on the same frames."""

from __future__ import annotations

import io
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from sightline.models.inputs import read_prompt, tensors

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

shown = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "family_samples.py")))
FAMILIES, WITH_VIDEO, samples = shown.FAMILIES, shown.WITH_VIDEO, shown.samples
clip, picture, text, user = shown.clip, shown.picture, shown.text, shown.user


def own(processor, messages, **more):
    """What the processor makes of messages by itself: template, tokens and pixels in one call."""
    taken, videos = [], []
    for message in messages:
        content = message["content"]
        items = [text(content)] if isinstance(content, str) else content
        kept = []
        for item in items:
            kind = item["type"]
            if kind == "image":
                kept.append({"type": "image", "image": item["url"]})
            elif kind == "video":
                frames = np.stack([np.asarray(frame) for frame in item["url"]])
                kept.append({"type": "video", "video": frames})
                videos.append(item["frame_times"])
            else:
                kept.append(item)
        taken.append({"role": message["role"], "content": kept})
    options = {"return_tensors": "pt", **more}
    if videos:
        options |= {"do_sample_frames": False, "video_metadata": [told(times) for times in videos]}
    if "SmolVLM" in type(processor).__name__ and videos:
        # Its apply_chat_template loses return_tensors; the processor called as it calls it.
        prompt = processor.apply_chat_template(taken, add_generation_prompt=True)
        frames = [item["video"] for m in taken for item in m["content"] if "video" in item]
        return processor(text=[prompt], videos=[frames], **options)
    return processor.apply_chat_template(
        taken,
        tokenize=True,
        return_dict=True,
        add_generation_prompt=True,
        return_tensors="pt",
        processor_kwargs=options,
    )


def told(times):
    """Metadata that say when frames were taken, to the millisecond, and their mean interval."""
    interval = (times[-1] - times[0]) / (len(times) - 1)
    return {
        "fps": 1000.0,
        "frames_indices": [round(1000 * time) for time in times],
        "total_num_frames": round(1000 * interval * len(times)),
        "duration": interval * len(times),
    }


def ours(processor, messages, **more):
    """The tensors of `--model sightline`."""
    return tensors(read_prompt(messages, max_frames=8), processor, **more)


def assert_same(one, other):
    """Every tensor, by name, type, shape and value."""
    assert set(one) == set(other)
    for name in one:
        assert one[name].dtype == other[name].dtype, name
        assert torch.equal(one[name], other[name]), name


@pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family in FAMILIES for name in samples(family)]
)
def test_they_are_the_familys_own(family, name, tiny_processor):
    """Images, videos, texts and system texts, in every shape of sample."""
    processor = tiny_processor(family)
    messages = samples(family)[name]
    assert_same(ours(processor, messages), own(processor, messages))


@pytest.mark.parametrize("family", ["qwen2_5_vl", "qwen3_vl", "llava_onevision", "internvl"])
def test_images_and_videos_in_one_sample(family, tiny_processor):
    """Both, in their order."""
    processor = tiny_processor(family)
    messages = user(clip(1), text("and"), {"type": "image", "url": picture(2)}, text("now"))
    assert_same(ours(processor, messages), own(processor, messages))


def encoded(image, kind):
    """The file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("form", ["bytes", "memoryview", "path", "tensor"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_any_form_of_an_image_gives_the_same(family, form, kind, tmp_path, tiny_processor):
    """As PIL opens it: from its bytes, from its file, or as a tensor already."""
    data = encoded(picture(3), kind)
    with Image.open(io.BytesIO(data)) as opened:
        pil = opened.convert("RGB")
    (tmp_path / "x").write_bytes(data)
    url = {
        "bytes": data,
        "memoryview": memoryview(data),
        "path": tmp_path / "x",
        "tensor": torch.from_numpy(np.array(pil)).permute(2, 0, 1),
    }[form]
    processor = tiny_processor(family)
    given, expected = [user({"type": "image", "url": each}, text("What?")) for each in (url, pil)]
    assert_same(ours(processor, given), own(processor, expected))


@pytest.mark.parametrize("family", ["qwen2_5_vl", "gemma3"])
def test_a_processor_of_pillow_takes_the_same_forms(family, tiny_model):
    """Where torchvision does not process the images, tensors become pictures again."""
    import transformers

    folder = tiny_model(family, "talkative")
    processor = transformers.AutoProcessor.from_pretrained(folder)
    processor.image_processor = transformers.AutoImageProcessor.from_pretrained(
        folder, backend="pil"
    )
    assert processor.image_processor.backend == "pil"
    data = encoded(picture(3), "PNG")
    forms = (data, picture(3))
    given, expected = [user({"type": "image", "url": each}, text("What?")) for each in forms]
    assert_same(ours(processor, given), own(processor, expected))


@pytest.mark.parametrize("family", WITH_VIDEO)
def test_no_frame_is_dropped_or_made_up(family, tiny_processor):
    """Twice the frames are more pixels: processors alone would sample a list of frames anew."""
    processor = tiny_processor(family)
    few = ours(processor, user(clip(1), text("?")))
    many = ours(processor, user(clip(1, tuple(range(8))), text("?")))
    pixels = [name for name in few if name.startswith("pixel_values")]
    assert sum(many[name].numel() for name in pixels) == 2 * sum(few[n].numel() for n in pixels)


def test_times_are_told(tiny_processor):
    """Qwen3-VL reads them in the text, Qwen2.5-VL as an interval, SmolVLM as minutes."""
    messages = user(clip(1, (60.0, 62.0, 64.0, 66.0)), text("?"))
    qwen3 = tiny_processor("qwen3_vl")
    words = qwen3.tokenizer.decode(ours(qwen3, messages)["input_ids"][0])
    assert "<61.0 seconds>" in words
    assert "<65.0 seconds>" in words
    interval = ours(tiny_processor("qwen2_5_vl"), messages)["second_per_grid_ts"]
    assert interval.tolist() == [4.0]


def test_smolvlm_reads_times_as_minutes(tiny_processor):
    """Minutes and seconds before each frame."""
    processor = tiny_processor("smolvlm")
    messages = user(clip(1, (60.0, 62.0, 64.0, 66.0)), text("?"))
    words = processor.tokenizer.decode(ours(processor, messages)["input_ids"][0])
    assert all(f"Frame from 01:{second:02d}:" in words for second in (0, 2, 4, 6))


def test_a_template_that_starts_the_text_starts_it_once(tiny_model):
    """Gemma 3's writes the first token, and its tokenizer must not do so again."""
    import transformers
    from tokenizers.processors import TemplateProcessing

    processor = transformers.AutoProcessor.from_pretrained(tiny_model("gemma3", "talkative"))
    start = processor.tokenizer.bos_token_id
    processor.tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", start)]
    )
    assert processor.tokenizer("Hello")["input_ids"][0] == start
    ids = ours(processor, user(text("Hello")))["input_ids"][0].tolist()
    assert ids.count(start) == 1


@pytest.mark.parametrize(
    ("enable_thinking", "ending"),
    [(None, "assistant\n"), (True, "assistant\n<think>"), (False, "<think></think>")],
)
def test_thinking_is_asked_of_the_template(enable_thinking, ending, tiny_processor):
    """The choice reaches the chat template, and none is made where none is given."""
    processor = tiny_processor("qwen3_vl", "thinking")
    inputs = ours(processor, user(text("Hello")), enable_thinking=enable_thinking)
    assert processor.tokenizer.decode(inputs["input_ids"][0]).endswith(ending)


def test_pixel_limits_are_the_processors_own(tiny_processor):
    """`image_size` replaces the limits of one call, and the processor stays as it is."""
    processor = tiny_processor("qwen2_5_vl")
    messages = user({"type": "image", "url": picture(1, (300, 300))}, text("?"))
    before = ours(processor, messages)["image_grid_thw"].prod()
    limits = {"shortest_edge": 56 * 56, "longest_edge": 56 * 56}
    after = ours(processor, messages, image_size=limits)["image_grid_thw"].prod()
    assert after == 4
    assert before > after
    assert ours(processor, messages)["image_grid_thw"].prod() == before
