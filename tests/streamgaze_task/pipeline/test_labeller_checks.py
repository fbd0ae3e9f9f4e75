"""Labellers that cannot work are found at little cost, before anything is made."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from sightline.errors import ResponsesError, UsageError
from streamgaze_task.pipeline.labelling import backends
from streamgaze_task.pipeline.labelling.backends import check_labeller
from streamgaze_task.pipeline.labelling.settings import LabellerSettings

pytest.importorskip("openai", reason="needs sightline[pipeline]")


def module_of(path):
    """A module by its file."""
    spec = importlib.util.spec_from_file_location(f"checks_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look there
    spec.loader.exec_module(module)
    return module


servers = module_of(Path(__file__).parents[2] / "openai_server.py")


@pytest.fixture
def server(monkeypatch):
    """A server that knows one model."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with servers.running() as running:
        yield running


def of_server(server):
    """Settings for it."""
    return LabellerSettings(kind="openai", model="m", base_url=server.url, timeout_seconds=300.0)


def test_a_server_is_checked_by_its_list_of_models(server, tmp_path):
    """Nothing is generated where that tells enough."""
    check_labeller(of_server(server), tmp_path)
    assert server.asked == 0
    server.lists = servers.Failure(404, "no such address")
    check_labeller(of_server(server), tmp_path)
    assert server.asked == 1
    server.always = servers.Failure(429, "busy")  # may pass
    check_labeller(of_server(server), tmp_path)
    server.lists = None
    for failure in (servers.Failure(dropped=True), servers.Failure(503, "loading")):
        server.lists = failure
        with pytest.raises(UsageError, match="no server is ready"):
            check_labeller(of_server(server), tmp_path)


def test_a_model_that_is_taken_but_not_listed_is_good(server, tmp_path, monkeypatch):
    """An unknown one is refused with those that there are."""
    server.models = ("other", "another")
    with pytest.raises(
        UsageError, match="does not know model 'm'; it has: other, another"
    ) as found:
        check_labeller(of_server(server), tmp_path)
    assert "labeller" in found.value.next_step
    assert "model_args" not in str(found.value)
    monkeypatch.setattr(server, "failure", lambda *_: None)
    check_labeller(of_server(server), tmp_path)


def test_a_wrong_key_is_found_by_the_check(server, tmp_path, monkeypatch):
    """And told without it."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    server.key = "sk-right"
    with pytest.raises(UsageError, match="refuses this account") as caught:
        check_labeller(of_server(server), tmp_path)
    assert "sk-wrong" not in str(caught.value)
    assert "model_args" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["not a url", "127.0.0.1:8000/v1", "user:sk-secret@host/v1", "ftp://host/v1", "http://",
     "http://host:port/v1", "http://[::1/v1"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(tmp_path, address, monkeypatch):
    """Before anything is asked, and without it: it may hold a password."""
    settings = LabellerSettings(kind="openai", model="m", base_url=address)
    with pytest.raises(UsageError, match="must be an address") as caught:
        check_labeller(settings, tmp_path)
    assert "sk-secret" not in str(caught.value)
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    with pytest.raises(UsageError, match="must be an address"):
        check_labeller(LabellerSettings(kind="openai", model="m"), tmp_path)


def test_nobody_at_an_address_is_told_with_it(tmp_path):
    """But without the name and the password in it."""
    with servers.running() as gone:
        address = gone.url
    secret = address.replace("http://", "http://me:sk-secret@")
    with pytest.raises(UsageError, match=r"no server is ready: .*\(127\.0\.0\.1:\d+\)") as caught:
        check_labeller(LabellerSettings(kind="openai", model="m", base_url=secret), tmp_path)
    assert "sk-secret" not in str(caught.value)


def test_a_checkpoint_is_checked_without_loading_it(tmp_path, monkeypatch):
    """Its folder, or its configuration on the Hub."""
    pytest.importorskip("accelerate", reason="needs sightline[eval]")
    wanted = []

    def download(name, file, *, revision):
        wanted.append((name, file, revision))
        raise OSError("Repository Not Found")

    monkeypatch.setattr(backends, "hf_hub_download", download)
    settings = LabellerSettings(kind="hf", model="some/model", revision="v2")
    with pytest.raises(UsageError, match=r"some/model, revision v2.*Repository Not Found"):
        check_labeller(settings, tmp_path)
    assert wanted == [("some/model", "config.json", "v2")]
    (tmp_path / "some/model").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"has no config\.json"):
        check_labeller(settings, tmp_path)
    (tmp_path / "some/model/config.json").write_text("{}")
    check_labeller(settings, tmp_path)
    assert len(wanted) == 1


@pytest.mark.parametrize(
    ("kind", "package", "extra"), [("hf", "torch", "eval"), ("openai", "openai", "pipeline")]
)
def test_a_package_that_is_missing_is_told_with_its_extra(
    tmp_path, monkeypatch, kind, package, extra
):
    """As the other commands say it: the project is installed from a clone."""
    for name in [name for name in sys.modules if name.split(".")[-1] == "server"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(backends, "find_spec", lambda name: None if name == package else name)
    with pytest.raises(UsageError, match=f"needs what is not installed.*{package}") as caught:
        check_labeller(LabellerSettings(kind=kind, model="m"), tmp_path)
    assert caught.value.next_step == f"pip install '.[{extra}]' in the clone"


def test_recorded_answers_are_read_by_the_check(tmp_path):
    """The rendered world's labeller is at hand."""
    with pytest.raises(ResponsesError, match="cannot be opened"):
        check_labeller(LabellerSettings("recorded", recorded="none.jsonl"), tmp_path)
    check_labeller(LabellerSettings(kind="rendered"), tmp_path)
