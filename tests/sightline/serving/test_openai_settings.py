"""--model_args of --model sightline_openai."""

from __future__ import annotations

import json

import pytest

from sightline.errors import UsageError
from sightline.serving.settings import ServerSettings

OURS = {"model": "m", "base_url": "http://host:1/v1"}


def read(environment=None, **arguments):
    """Settings from these arguments."""
    return ServerSettings.from_arguments({**OURS, **arguments}, environment or {})


def test_names_of_lmms_evals_backend():
    """model_version, num_concurrent and the others mean the same here; host's own are dropped."""
    found = ServerSettings.from_arguments(
        {
            "model_version": "m",
            "base_url": "http://h/v1/",
            "num_concurrent": 3,
            "max_retries": 1,
            "max_frames_num": 8,
            "video_fps": 2,
            "batch_size": 1,
            "device": "cpu",
        },
        {},
    )
    assert (found.model, found.base_url, found.concurrency) == ("m", "http://h/v1", 3)
    assert (found.retries, found.max_frames, found.fps) == (1, 8, 2)


def test_defaults():
    """Eight at a time, detail low as the official code, no key for a server of one's own."""
    found = read()
    assert (found.concurrency, found.per_group, found.detail, found.api_key) == (
        8,
        1,
        "low",
        "none",
    )


def test_key_and_address_of_the_environment():
    """Arguments first, then OPENAI_API_BASE, then OPENAI_BASE_URL."""
    environment = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://b"}
    found = ServerSettings.from_arguments({"model": "m"}, environment)
    assert (found.api_key, found.base_url) == ("k", "http://b")
    environment["OPENAI_API_BASE"] = "http%3A//a/"
    assert ServerSettings.from_arguments({"model": "m"}, environment).base_url == "http://a"
    assert read(environment).base_url == OURS["base_url"]
    assert read(environment, api_key="mine").api_key == "mine"


def test_openai_needs_a_key():
    """Before anything is loaded."""
    with pytest.raises(UsageError, match="OPENAI_API_KEY is not set"):
        ServerSettings.from_arguments({"model": "m"}, {})


def test_azure():
    """Address, key and version from its own variables."""
    environment = {
        "AZURE_OPENAI_API_KEY": "k",
        "AZURE_OPENAI_API_BASE": "https://a",
        "AZURE_OPENAI_API_VERSION": "v",
    }
    found = ServerSettings.from_arguments({"model": "m", "azure_openai": "True"}, environment)
    assert (found.base_url, found.api_key, found.azure_version) == ("https://a", "k", "v")
    with pytest.raises(UsageError, match="AZURE_OPENAI_API_KEY"):
        ServerSettings.from_arguments({"model": "m", "azure_openai": True}, {"OPENAI_API_KEY": "k"})


def test_the_key_shows_nowhere():
    """Neither printed, nor in what is written beside the answers, nor in an address."""
    found = read(api_key="sk-secret", base_url="http://me:sk-secret@host/v1?key=sk-secret")
    assert "sk-secret" not in repr(found)
    assert "sk-secret" not in json.dumps(found.identity())
    assert found.identity()["server"] == "http://host/v1"


def test_what_answers_depend_on_is_in_the_identity():
    """And how they are asked for is not."""
    base = read().identity()
    changes = {
        "model": "n", "base_url": "http://o", "detail": "high", "extra_body": '{"a": 1}',
        "max_frames": 3, "fps": 1, "system_prompt": "s", "reasoning": "true",
    }  # fmt: skip
    for name, value in changes.items():
        assert read(**{name: value}).identity() != base, name
    for name in ("concurrency", "per_group", "retries", "timeout"):
        assert read(**{name: 2}).identity() == base, name


@pytest.mark.parametrize("value", ['{"top_k": 1}', {"top_k": 1}])
def test_extra_body(value):
    """As text, or as lmms-eval may have read it already."""
    assert read(extra_body=value).extra_body == {"top_k": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": ""}, "must name a model"),
        ({"mode": "x"}, "has no mode"),
        ({"concurrency": 0}, "concurrency .0. must be a whole number >= 1"),
        ({"concurrency": "many"}, "concurrency"),
        ({"retries": -1}, "retries"),
        ({"retries": True}, "retries"),
        ({"timeout": -1}, "timeout"),
        ({"detail": "medium"}, "detail"),
        ({"extra_body": "{top_k: 1"}, "extra_body must be a JSON object"),
        ({"extra_body": "[1]"}, "must be a JSON object"),
        ({"azure_openai": "perhaps"}, "azure_openai .'perhaps'. must be true or false"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message):
    """With its name."""
    with pytest.raises(UsageError, match=message):
        read(**arguments)


def test_no_detail():
    """For servers that know none."""
    assert read(detail="none").detail is None


def test_digits_stay_names():
    """lmms-eval reads them as numbers."""
    assert read(model=7, api_key=12).model == "7"
