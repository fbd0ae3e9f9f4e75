"""`--model sightline`, in process, on tiny checkpoints."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sightline.engine.jobs import Asked
from sightline.errors import EvaluationError, UsageError
from sightline.records import ERROR_MARK

pytestmark = pytest.mark.slow

FORMS = {
    "qwen2_5_vl": ("text", "images", "video", "two videos", "mixed"),
    "qwen3_vl": ("text", "images", "video", "two videos", "mixed"),
    "llava_onevision": ("text", "images", "video", "two videos", "mixed"),
    "internvl": ("text", "images", "video", "two videos", "mixed"),
    "gemma3": ("text", "images"),
    "smolvlm": ("text", "images", "video"),
}
"""Tiny families -> what they are asked here."""


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


@pytest.mark.parametrize(
    ("family", "form"), [(family, form) for family in FORMS for form in FORMS[family]]
)
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
    back = [answer.text for answer in model.generate_until(requests[::-1])]
    assert forth == back[::-1]


def test_a_batch_gives_the_answers_of_single_samples(models):
    """Samples of unequal length, with and without images, three at a time."""
    forms = ["images", "text", "video", "images", "mixed", "text", "two videos"]
    docs = [content(form, seed) for seed, form in enumerate(forms)]
    alone, together = models(), models(dtype="float32", batch_size=3)
    texts = [
        [answer.text for answer in model.generate_until(requests_for(model, docs))]
        for model in (alone, together)
    ]
    assert texts[0] == texts[1]


def test_a_family_that_cannot_take_the_task_stops_the_run(models):
    """Gemma 3 has no videos: nothing is generated, and the message says what to do."""
    model = models("gemma3")
    docs = [content("video", 0), content("text", 1)]
    with pytest.raises(UsageError, match="video"):
        model.generate_until(requests_for(model, docs))


def short_context(model, tokens):
    """The model with a context of so many tokens."""
    model.checkpoint.model.config.get_text_config().max_position_embeddings = tokens
    return model


LARGE = [
    *({"type": "image", "url": noise(i, (224, 224))} for i in range(2)),
    {"type": "text", "text": "Which one?"},
]
"""A question whose two images are 32 tokens."""


def test_a_prompt_that_is_too_long_is_an_error(models):
    """With the numbers, and what to lower; the next question is answered."""
    model = short_context(models(dtype="float32"), 60)
    answers = model.generate_until(requests_for(model, [LARGE, content("text", 0)]))
    assert re.search(r"the prompt has \d+ tokens .* context of 60", answers[0].text)
    assert len(answers[1].text) == 1


def test_images_shrink_where_the_user_says_so(models, tmp_path):
    """They lose pixels until the prompt fits, no further, and the answer tells."""
    folder = tmp_path / "answers"
    model = models(dtype="float32", too_long="shrink_images", answers=str(folder))
    answers = short_context(model, 60).generate_until(requests_for(model, [LARGE]))
    assert len(answers[0].text) == 1
    assert 40 < answers[0].token_counts.input_tokens <= 56
    (line,) = (folder / "answers-0.jsonl").read_text(encoding="utf-8").splitlines()
    assert 28 * 28 < json.loads(line)["details"]["max_pixels"] < 224 * 224


def test_shrinking_is_refused_where_images_have_no_limits(models):
    """A processor of fixed tiles cannot shrink."""
    model = models("llava_onevision", too_long="shrink_images")
    with pytest.raises(UsageError, match=r"has none\n.*leave it out"):
        model.generate_until(requests_for(model, [content("text", 0)]))


@pytest.fixture
def described(monkeypatch):
    """Makes the documents' task one that a benchmark describes, by these message hashes."""
    from sightline.lmms import asking

    def describe(hashes):
        def asked(_, document):
            name = hashes[id(document)]
            return Asked(name, "group", 0.0, name, "protocol 1", 0, 0, 10)

        monkeypatch.setattr(asking, "_asked", asked)

    return describe


def test_what_was_answered_is_not_asked_again(models, tmp_path, described):
    """The second run asks the question whose input has changed, and no other."""
    model = models(dtype="float32", answers=str(tmp_path / "answers"))
    docs = [content("images", seed) for seed in range(3)]
    asked: list[int] = []

    def noted(doc):
        asked.append(next(i for i, other in enumerate(docs) if other is doc))
        return messages_of(doc)

    def run():
        requests = [
            Request((r.args[0], noted, *r.args[2:]), r.metadata) for r in requests_for(model, docs)
        ]
        return [answer.text for answer in model.generate_until(requests)]

    described({id(doc): f"hash {i}" for i, doc in enumerate(docs)})
    first = run()
    assert sorted(asked) == [0, 1, 2]
    asked.clear()
    assert run() == first
    assert asked == []
    described({id(doc): f"hash {i}" if i else "another" for i, doc in enumerate(docs)})
    assert run() == first
    assert asked == [0]


def test_errors_are_asked_again(models, tmp_path, described):
    """A failure is kept for reading only: the next run may find its cause mended."""
    model = models(dtype="float32", answers=str(tmp_path / "answers"))
    docs: list[Any] = [content("text", 0), OSError("not there yet")]
    described({id(doc): f"hash {i}" for i, doc in enumerate(docs)})
    first = model.generate_until(requests_for(model, docs))
    assert first[1].text == f"{ERROR_MARK}OSError: not there yet"
    docs[1] = content("text", 1)
    described({id(doc): f"hash {i}" for i, doc in enumerate(docs)})
    second = model.generate_until(requests_for(model, docs))
    assert [len(answer.text) for answer in second] == [1, 1]
