"""`--model sightline`, in process, on tiny checkpoints."""

from __future__ import annotations

import re
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sightline.errors import EvaluationError, UsageError
from sightline.records import ERROR_MARK

pytestmark = pytest.mark.slow

FAMILIES = ("qwen2_5_vl", "qwen3_vl", "llava_onevision", "internvl")


@dataclass
class Request:
    """As much of lmms-eval's Instance as the model reads."""

    args: tuple[Any, ...]
    metadata: dict[str, Any] = field(default_factory=dict)


def noise(seed: int, size=(64, 48)) -> Image.Image:
    """A picture that differs from any other."""
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))


def content(form: str, seed: int) -> list[dict[str, Any]]:
    """One question in one of the forms that tasks use."""
    frames = [noise(10 * seed + i) for i in range(3)]
    video = {"type": "video", "url": frames, "start_time": 6.0, "end_time": 9.0}
    question = {"type": "text", "text": f"Question {seed}: which one? A. this B. that"}
    images = [{"type": "image", "url": frame} for frame in frames]
    forms = {
        "text": [question],
        "images": [*images, question],
        "video": [video, question],
        "two videos": [video, {**video, "start_time": 20.0, "end_time": 30.0}, question],
        "mixed": [video, question, images[0], {"type": "text", "text": "and this?"}],
    }
    return forms[form]


def messages_of(doc):
    """The task's doc_to_messages: a document is its content, or an error to raise."""
    if isinstance(doc, Exception):
        raise doc
    system = {"role": "system", "content": [{"type": "text", "text": "Answer with a letter."}]}
    return [system, {"role": "user", "content": doc}]


def requests_for(model, docs, kwargs=None, **metadata):
    """Requests for these documents, which the model finds as lmms-eval lets it."""
    model.task_dict = {"task": {"test": docs}}
    kwargs = {"max_new_tokens": 4, **(kwargs or {})}
    return [
        Request(("", messages_of, kwargs, i, "task", "test"), dict(metadata))
        for i in range(len(docs))
    ]


@pytest.fixture(scope="module")
def models(tiny_model):
    """A factory: family -> loaded model, once each."""
    from sightline.lmms.model import SightlineModel

    made: dict[str, Any] = {}

    def make(family="qwen2_5_vl", **arguments):
        if arguments:
            return SightlineModel(pretrained=str(tiny_model(family)), device="cpu", **arguments)
        if family not in made:
            made[family] = make(family, dtype="float32")
        return made[family]

    return make


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("form", ["text", "images", "video", "two videos", "mixed"])
def test_every_family_answers_every_form(models, family, form):
    """Frames as images, frames as videos, and both: one letter each, with token counts."""
    model = models(family)
    answers = model.generate_until(requests_for(model, [content(form, 0), content(form, 1)]))
    for answer in answers:
        assert re.fullmatch("[A-F]", answer.text)
        assert answer.token_counts.input_tokens > 10
        assert answer.token_counts.output_tokens == 2


def test_the_answer_depends_on_the_pixels(models):
    """Equal text with other frames gives other letters."""
    model = models()
    question = {"type": "text", "text": "Which one?"}
    docs = [[{"type": "image", "url": noise(i)}, question] for i in range(8)]
    assert len({answer.text for answer in model.generate_until(requests_for(model, docs))}) > 1


def test_work_is_done_in_the_order_of_the_texts(models):
    """The requests of several tasks go through a video once; answers stand where they belong."""
    model = models()
    docs = [content("images", seed) for seed in range(4)]
    plain = requests_for(model, docs)
    expected = [answer.text for answer in model.generate_until(plain)]
    seen: list[int] = []

    def noted(doc):
        seen.append(next(i for i, other in enumerate(docs) if other is doc))
        return messages_of(doc)

    texts = ["[b] [00:02]", "[a] [00:09]", "[b] [00:01]", "[a] [00:03]"]
    sorted_ones = [
        Request((text, noted, *request.args[2:]), request.metadata)
        for text, request in zip(texts, plain, strict=True)
    ]
    padding = Request(sorted_ones[0].args, {"__padding_only__": True})
    answers = model.generate_until([*sorted_ones[:2], padding, *sorted_ones[2:]])
    assert seen == [3, 1, 2, 0]
    assert [answers[i].text for i in (0, 1, 3, 4)] == expected
    assert answers[2].text == ""


def test_the_system_message_reaches_the_model(models):
    """The role is kept: the template writes it before the user's turn."""
    model = models()
    (request,) = requests_for(model, [content("text", 0)])
    ids = model._prepare(request).tensors["input_ids"][0]
    text = model.processor.tokenizer.decode(ids)
    assert text.startswith("<|im_start|>system\nAnswer with a letter.<|im_end|>\n<|im_start|>user")
    assert text.endswith("<|im_start|>assistant\n")


def test_qwen3_reads_the_true_times(models):
    """Each pair of frames stands behind its time in the original recording."""
    model = models("qwen3_vl")
    (request,) = requests_for(model, [content("video", 0)])
    text = model.processor.tokenizer.decode(model._prepare(request).tensors["input_ids"][0])
    assert re.findall(r"<([\d.]+) seconds>", text) == ["6.8", "9.0"]


def test_qwen2_5_reads_the_true_interval(models):
    """Three frames 1.5 s apart: two of them make one grid step of 3 s."""
    model = models("qwen2_5_vl")
    (request,) = requests_for(model, [content("video", 0)])
    seconds = model._prepare(request).tensors["second_per_grid_ts"]
    assert [float(value) for value in seconds] == [pytest.approx(3.0, abs=0.01)]


def test_no_frame_is_dropped(models):
    """Thirty frames stay thirty: processors would take fewer at the rate they assume."""
    model = models("qwen3_vl")
    frames = [noise(i) for i in range(30)]
    doc = [{"type": "video", "url": frames}, {"type": "text", "text": "?"}]
    (request,) = requests_for(model, [doc])
    grid = model._prepare(request).tensors["video_grid_thw"]
    assert int(grid[:, 0].sum()) == 15


def test_a_broken_sample_is_an_error_and_the_run_goes_on(models):
    """Its response says why, in one line; its neighbours are answered."""
    model = models()
    docs = [content("images", 0), OSError("frame 3\nis truncated"), content("images", 1)]
    texts = [answer.text for answer in model.generate_until(requests_for(model, docs))]
    assert texts[1] == f"{ERROR_MARK}OSError: frame 3 is truncated"
    assert [len(texts[0]), len(texts[2])] == [1, 1]


def test_too_many_broken_samples_stop_the_run(models):
    """One more than max_errors ends it, with the first reason."""
    model = models(max_errors=1)
    docs = [content("text", 0), ValueError("first"), ValueError("second"), content("text", 1)]
    expected = r"2 samples failed, more than max_errors=1; the first: task document 1: .*first"
    with pytest.raises(EvaluationError, match=expected):
        model.generate_until(requests_for(model, docs))


def test_a_run_of_nothing_but_errors_stops(models):
    """All of them failing is no result, however few they are."""
    model = models()
    with pytest.raises(EvaluationError, match="every one of the 2 samples failed"):
        model.generate_until(requests_for(model, [ValueError("a"), ValueError("b")]))


def test_a_mistake_in_the_code_is_not_a_sample_error(models):
    """A KeyError in a task is a bug, and stops the run."""
    model = models()
    with pytest.raises(KeyError, match="frames"):
        model.generate_until(requests_for(model, [KeyError("frames"), content("text", 0)]))


def test_padding_requests_are_not_answered(models):
    """lmms-eval evens out its ranks with copies whose answers it throws away."""
    model = models()
    (real,) = requests_for(model, [content("text", 0)])
    fill = Request(real.args, {"__padding_only__": True})
    texts = [answer.text for answer in model.generate_until([real, fill, fill])]
    assert len(texts[0]) == 1
    assert texts[1:] == ["", ""]


def test_an_answer_ends_where_the_task_says(models):
    """A stop string is not part of the answer."""
    model = models()
    requests = requests_for(model, [content("text", 0)], {"until": ["A", "B", "C", "D", "E", "F"]})
    (answer,) = model.generate_until(requests)
    assert (answer.text, answer.token_counts.output_tokens) == ("", 1)


def test_drawn_answers_do_not_depend_on_the_order(models):
    """Each question has its own seed, so that ranks cannot change a drawn answer."""
    model = models(seed=3)
    docs = [content("images", i) for i in range(6)]
    requests = requests_for(model, docs, {"temperature": 5.0})
    forth = [answer.text for answer in model.generate_until(requests)]
    model._asked.clear()
    back = [answer.text for answer in model.generate_until(requests[::-1])]
    assert forth == back[::-1]


def test_unknown_generation_options_are_named_once(models, caplog):
    """What the library does not know is left out, with one warning."""
    model = models(seed=1)
    docs = [content("text", 0), content("text", 1)]
    model.generate_until(requests_for(model, docs, {"image_aspect_ratio": "original"}))
    assert [r.message for r in caplog.records] == [
        "sightline: generation_kwargs image_aspect_ratio is unknown and not used"
    ]


def test_pixel_limits_reach_the_processor(models):
    """max_pixels makes images smaller, and prompts shorter."""
    doc = [{"type": "image", "url": noise(0, (224, 224))}, {"type": "text", "text": "?"}]
    lengths = []
    for model in (models(max_pixels=56 * 56, min_pixels=28 * 28), models()):
        (request,) = requests_for(model, [doc])
        lengths.append(model._prepare(request).tensors["input_ids"].shape[1])
    assert lengths[0] < lengths[1]


def test_pixel_limits_are_refused_where_there_are_none(models):
    """A processor of fixed tiles has no such limits; setting them in vain would mislead."""
    with pytest.raises(UsageError, match=r"has no pixel limits\n.*leave them out"):
        models("llava_onevision", max_pixels=1000)


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path):
    """The message names the folder, and what to check."""
    from sightline.lmms.model import SightlineModel

    with pytest.raises(UsageError, match=r"must be one that transformers'.*loads") as caught:
        SightlineModel(pretrained=str(tmp_path))
    assert str(tmp_path) in caught.value.message


def test_one_item_is_made_ahead():
    """While one result is used the next is made, and no more than that."""
    from sightline.lmms.model import ahead

    made: list[int] = []

    def make(item):
        made.append(item)
        return item

    results = ahead(make, range(5))
    first = next(results)
    assert isinstance(first, Future)
    assert first.result() == 0
    assert [future.result() for future in results] == [1, 2, 3, 4]
    assert made == [0, 1, 2, 3, 4]
