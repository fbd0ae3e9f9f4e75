"""What `sightline eval` is asked for: refused where it cannot work, else flags of lmms-eval."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from sightline.errors import UsageError
from sightline.launching import run_request
from sightline.launching.run_request import Request

if find_spec("lmms_eval") is None:
    pytest.skip("needs sightline[eval]", allow_module_level=True)

TASK = "mmsi_video"


def request_for(**asked):
    """A request that can work, but for what is asked."""
    return Request(**{"tasks": [TASK], "output": Path("out"), "model_args": "device=cpu", **asked})


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"tasks": ["mmsi_vdeo"]}, r"--tasks has no mmsi_vdeo; ours are: mmsi_video, .*_native"),
        ({"tasks": [""]}, "must name at least one task"),
        ({"limit": 0}, r"--limit \(0\) must be >= 1"),
        ({"ranks": 0}, r"--ranks \(0\) must be >= 1"),
        ({"nodes": 0}, r"--nodes \(0\) must be >= 1"),
        ({"batch_size": 0}, r"--batch-size \(0\) must be >= 1"),
        ({"max_errors": -1}, r"--max-errors \(-1\) must be >= 0"),
        ({"node_rank": 1}, "must come with --nodes"),
        ({"main_address": "a:1"}, "must come with --nodes"),
        ({"nodes": 2}, "--nodes needs --main-address"),
        ({"nodes": 2, "main_address": "a:1", "node_rank": 2}, r"--node-rank \(2\) must be < "),
        ({"nodes": 2, "main_address": "host"}, r"--main-address \('host'\) must be HOST:PORT"),
        ({"nodes": 2, "main_address": "host:99999"}, "must be HOST:PORT"),
        ({"nodes": 2, "main_address": ":123"}, "must be HOST:PORT"),
        ({"model": "qwen2_5_vl", "max_errors": 1}, "--max-errors is for --model sightline"),
        ({"model": "qwen2_5_vl", "fresh": True}, "--fresh is for --model sightline"),
        ({"max_errors": 1, "model_args": "max_errors=2"}, "must be given once"),
    ],
)
def test_requests_that_cannot_work_are_refused(asked, expected):
    """Each with the flag as it is typed, its value and what is allowed."""
    with pytest.raises(UsageError, match=expected):
        run_request.check(request_for(**asked))


def test_two_starters_are_one_too_many(monkeypatch):
    """Under torchrun each process would start ranks of its own; with --nodes we override it."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match=r"WORLD_SIZE is set.*\n.*-m lmms_eval"):
        run_request.check(request_for())
    assert run_request.check(request_for(nodes=2, main_address="a:1"))
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert run_request.check(request_for())


@pytest.mark.parametrize(("devices", "fits"), [(0, True), (1, False), (2, True)])
def test_no_more_ranks_than_gpus(monkeypatch, devices, fits):
    """Where there are none, the CPU takes any number."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: devices > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: devices)
    asked = request_for(ranks=2, model_args="pretrained=x")
    if fits:
        run_request.check(asked)
        assert asked.uses_cpu() == (devices == 0)
        return
    with pytest.raises(UsageError, match=r"--ranks \(2\) must not be more than the GPUs here"):
        run_request.check(asked)
    run_request.check(request_for(ranks=2, model_args="device=cpu"))


def test_settings_become_flags():
    """Those of the model stand together; what the user adds comes last, and so wins."""
    asked = request_for(batch_size=4, max_errors=3, extra=["--batch_size", "2"])
    text = " ".join(asked.flags())
    assert "--batch_size 4 --model_args device=cpu,max_errors=3 --output_path out" in text
    assert text.endswith("--batch_size 2")
    assert "--model_args max_errors=0" in " ".join(request_for(model_args="", max_errors=0).flags())


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("node0:29500", ("node0", 29500)),
        ("[fe80::1]:1", ("fe80::1", 1)),
        ("10.0.0.1:65535", ("10.0.0.1", 65535)),
    ],
)
def test_addresses(text, address):
    """Names and numbers of both kinds."""
    assert request_for(main_address=text).address() == address


@pytest.mark.parametrize(
    ("asked", "handed_on"),
    [
        (["streamgaze_o*"], ["streamgaze_otp", "streamgaze_oie", "streamgaze_oih",
                             "streamgaze_oar", "streamgaze_oaa"]),
        (["streamgaze"], ["streamgaze"]),
        ([TASK, TASK], [TASK, TASK]),
        (["nothing*"], ["nothing*"]),
    ],
    ids=["pattern", "name", "twice", "no fit"],
)  # fmt: skip
def test_patterns_become_names(asked, handed_on):
    """A pattern stands for our names that fit it; one that fits none is told as unknown later."""
    assert sorted(request_for(tasks=asked).names()) == sorted(handed_on)
