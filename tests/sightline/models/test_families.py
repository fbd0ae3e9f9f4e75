"""What a family cannot take is refused before the run, by what it does and not by its name."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.errors import UsageError

pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from sightline.models.families import (  # noqa: E402 (after the skip)
    JOINS,
    Needs,
    check,
    distinct,
    family_of,
    needs_of,
)
from sightline.models.probes import Turn  # noqa: E402

shown = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "family_samples.py")))
FAMILIES, WITH_VIDEO, samples = shown.FAMILIES, shown.WITH_VIDEO, shown.samples
clip, image, text, user = shown.clip, shown.image, shown.text, shown.user

CHATML = "{% for m in messages %}<|im_start|>{{ m['role'] + '\n' }}BODY<|im_end|>{% endfor %}"
"""A chat template without its body, which writes a message's content."""

IN_ORDER = (
    "{% for c in m['content'] %}{% if c['type'] == 'text' %}{{ c['text'] }}"
    "{% else %}{{ '<image>' if c['type'] == 'image' else '<video>' }}{% endif %}{% endfor %}"
)


def needs(*kinds, system=False):
    """Of one user message, after a system message or not."""
    turns = (Turn("system", ("text",)),) * system
    return Needs((*turns, Turn("user", kinds)), ())


@pytest.fixture
def onevision(tiny_model):
    """A factory: chat template -> (processor, config) of LLaVA-OneVision with it."""
    folder = tiny_model("llava_onevision", "talkative")

    def make(body):
        processor = transformers.AutoProcessor.from_pretrained(folder)
        processor.chat_template = CHATML.replace("BODY", body)
        return processor, transformers.AutoConfig.from_pretrained(folder)

    return make


@pytest.mark.parametrize("family", FAMILIES)
def test_what_the_families_take(family, tiny_model, tiny_processor):
    """All show several images in order and keep system texts; five take videos, three times."""
    config = transformers.AutoConfig.from_pretrained(tiny_model(family, "talkative"))
    found = family_of(tiny_processor(family), config)
    assert found.name == family
    assert (found.several_images, found.in_order, found.system) == (True, True, True)
    assert found.video is (family in WITH_VIDEO)
    assert found.images_and_videos is (family in WITH_VIDEO and family != "smolvlm")
    assert found.true_times is (family in ("qwen2_5_vl", "qwen3_vl", "smolvlm"))
    assert found.joins == JOINS[family]
    assert found.single_reason is None


@pytest.mark.parametrize("family", FAMILIES)
def test_samples_that_a_family_takes_pass(family, tiny_model, tiny_processor):
    """None of those that the other tests show it is refused."""
    config = transformers.AutoConfig.from_pretrained(tiny_model(family, "talkative"))
    for messages in samples(family).values():
        check(tiny_processor(family), config, needs_of(messages))


@pytest.mark.parametrize("family", ["gemma3", "idefics3"])
def test_videos_are_refused_where_none_are_taken(family, tiny_model, tiny_processor):
    """Their templates would leave them out, or their processors fail on the first sample."""
    config = transformers.AutoConfig.from_pretrained(tiny_model(family, "talkative"))
    with pytest.raises(UsageError, match=rf"\({family}\) cannot take .* takes no videos"):
        check(tiny_processor(family), config, needs("video", "text"))


def test_smolvlm_would_lose_the_image_beside_a_video(tiny_model, tiny_processor):
    """Its processor writes both into one tensor, the video over the image."""
    config = transformers.AutoConfig.from_pretrained(tiny_model("smolvlm", "talkative"))
    with pytest.raises(UsageError, match="image, video, text, SmolVLMProcessor leaves out"):
        check(tiny_processor("smolvlm"), config, needs("image", "video", "text"))


def test_a_family_that_is_not_known_is_asked_one_at_a_time(onevision):
    """It may answer, if it takes what is asked; that its batches are equal nobody has shown."""
    processor, _ = onevision(IN_ORDER)
    found = family_of(processor, SimpleNamespace(model_type="brand_new"))
    assert (found.several_images, found.in_order, found.video) == (True, True, True)
    assert found.joins == {}
    assert found.single_reason == "batches of brand_new are not proven equal"


MEDIA_FIRST = (
    "{% for c in m['content'] if c['type'] == 'image' %}<image>{% endfor %}"
    "{% for c in m['content'] if c['type'] == 'text' %}{{ c['text'] }}{% endfor %}"
)


def test_images_between_texts_are_refused_where_they_would_be_moved(onevision):
    """As in LLaVA-OneVision's own template: images before texts are as asked, others are not."""
    processor, config = onevision(MEDIA_FIRST)
    check(processor, config, needs("image", "image", "text", "text"))
    expected = "makes of user: text, 2 x image, text this: 2 x image, 2 x text"
    with pytest.raises(UsageError, match=expected):
        check(processor, config, needs("text", "image", "image", "text"))
    assert not family_of(processor, config).in_order


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{% if m['role'] != 'system' %}" + IN_ORDER + "{% endif %}", "leaves out system"),
        (
            "{% if m['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
            + IN_ORDER,
            "refuses system: text; user: image, text: no system role",
        ),
        ("{{ m['content'] + '' }}", r"refuses system: text; user: image, text: can only concat"),
        ("{{ m['content'] }}", "takes a message for one text"),
        (
            "{% for c in m['content'] if c['type'] == 'text' %}{{ c['text'] }}{% endfor %}",
            "makes of system: text; user: image, text this: 2 x text",
        ),
        (IN_ORDER + IN_ORDER, "this: 2 x text, image, text, image, text"),
        ("", "leaves out system"),
    ],
    ids=["dropped", "raises", "strings only", "written as a list", "no image", "twice", "nothing"],
)
def test_templates_that_lose_something_are_refused(body, expected, onevision):
    """The message says what the template makes of the task's messages."""
    processor, config = onevision(body)
    with pytest.raises(UsageError, match=expected):
        check(processor, config, needs("image", "text", system=True))


def test_a_checkpoint_without_a_template_is_refused(onevision):
    """Base models have none."""
    processor, config = onevision("")
    processor.chat_template = None
    with pytest.raises(UsageError, match="its chat template refuses user: text: "):
        check(processor, config, needs("text"))


class OneImage:
    """A processor whose template numbers its images, and that takes only one of them."""

    image_processor = SimpleNamespace(backend="torchvision")

    def apply_chat_template(self, messages, **options):
        """Texts and numbered marks, which no attribute names."""
        del options
        count, said = 0, []
        for item in (item for message in messages for item in message["content"]):
            count += item["type"] == "image"
            said.append(item.get("text", f"<|image_{count}|>"))
        return " ".join(said)

    def __call__(self, *, images=((),), **given):
        """The pixels of one image."""
        import torch

        del given
        if len(images[0]) > 1:
            raise ValueError("only one image per prompt")
        return {"pixel_values": torch.tensor([image.getpixel((0, 0)) for image in images[0]])}


def test_marks_are_found_where_nobody_names_them():
    """Several images are written in order by this template, and refused by the processor."""
    config = SimpleNamespace(model_type="brand_new")
    check(OneImage(), config, needs("text", "image", "text"))
    with pytest.raises(UsageError, match="refuses user: 2 x image, text: only one image per"):
        check(OneImage(), config, needs(*["image"] * 50, "text"))
    with pytest.raises(UsageError, match="OneImage takes no videos"):
        check(OneImage(), config, needs("video", "text"))


@pytest.mark.parametrize(
    ("family", "mark"),
    [
        ("qwen2_5_vl", "<|image_pad|>"),
        ("internvl", "<video>"),
        ("internvl", "<IMG_CONTEXT>"),
        ("llava_onevision", "<image>"),
        ("gemma3", "<start_of_image>"),
        ("gemma3", "<image_soft_token>"),
        ("idefics3", "<image>"),
    ],
)
def test_texts_with_a_familys_own_mark_are_refused(family, mark, tiny_model, tiny_processor):
    """It would be counted as a picture."""
    config = transformers.AutoConfig.from_pretrained(tiny_model(family, "talkative"))
    with pytest.raises(UsageError, match=f"a text of this sample holds '{mark}'".replace("|", ".")):
        check(tiny_processor(family), config, needs_of(user(text(f"Look: {mark}"))))


def test_needs_are_read_off_messages():
    """Roles, kinds and texts; media are never opened."""
    messages = [
        {"role": "system", "content": "rules"},
        *user(text("see"), {"type": "image", "url": "/no/such/file"}, clip(1), text("now")),
    ]
    found = needs_of(messages)
    kinds = ("text", "image", "video", "text")
    assert found.turns == (Turn("system", ("text",)), Turn("user", kinds))
    assert found.texts == ("rules", "see", "now")
    assert (found.images, found.videos) == (1, 1)


def test_a_system_text_of_the_settings_is_a_need(onevision):
    """A template that drops it is refused though no task sends one."""
    processor, config = onevision("{% if m['role'] != 'system' %}" + IN_ORDER + "{% endif %}")
    messages = user(image(1), text("?"))
    check(processor, config, needs_of(messages))
    with pytest.raises(UsageError, match="leaves out system messages"):
        check(processor, config, needs_of(messages, system="Be brief."))


def test_samples_alike_are_checked_once():
    """Their texts are kept, each once, so that each is looked through."""
    asked = [needs_of(user(text(words))) for words in ("a", "b", "a")]
    asked.append(needs_of(user(image(1), text("c"))))
    first, second = distinct(asked)
    assert (first.turns, first.texts) == (asked[0].turns, ("a", "b"))
    assert (second.turns, second.texts) == (asked[3].turns, ("c",))
