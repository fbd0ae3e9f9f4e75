"""The labellers behind the settings: recorded answers, a server, a checkpoint, the rendered one."""

from __future__ import annotations

import importlib.util
import json
import runpy
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from sightline.engine.jobs import Reply
from sightline.errors import ResponsesError, UsageError
from streamgaze_task.pipeline.labelling import backends
from streamgaze_task.pipeline.labelling.backends import open_labeller
from streamgaze_task.pipeline.labelling.labeller import Query
from streamgaze_task.pipeline.labelling.log import AnswerLog, ask_all
from streamgaze_task.pipeline.labelling.settings import (
    LabellerSettings,
    LabelSettings,
    ViewSettings,
)
from streamgaze_task.pipeline.labelling.streaming import BackendLabeller
from streamgaze_task.pipeline.settings import settings_from

HERE = Path(__file__).parent
scripted = runpy.run_path(str(HERE / "scripted_labeller.py"))
Scripted, sensible, labels_of = (scripted[name] for name in ("Scripted", "sensible", "labels_of"))


def module_of(path):
    """A module by its file, so that its functions can be replaced."""
    spec = importlib.util.spec_from_file_location(f"backends_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look there
    spec.loader.exec_module(module)
    return module


servers = module_of(HERE.parents[1] / "openai_server.py")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Six seconds, ten frames a second."""
    return scripted["write_video"](tmp_path_factory.mktemp("videos") / "v.mp4")


@pytest.fixture
def server(monkeypatch):
    """A server that answers sensibly; `monkeypatch` of servers.answer_of changes that."""
    pytest.importorskip("openai", reason="needs sightline[eval]")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr(servers, "answer_of", answered)
    with servers.running() as running:
        yield running


def prompt_of(messages):
    """The text, and the addresses of the pictures."""
    items = messages[-1]["content"]
    text = "".join(item["text"] for item in items if item["type"] == "text")
    return text, [item["image_url"]["url"] for item in items if item["type"] == "image_url"]


def answered(messages):
    """A valid answer to any query."""
    text, urls = prompt_of(messages)
    images = [Image.frombytes("L", (len(url), 1), url.encode()) for url in urls]
    kind = next(kind for kind in ("gazed", "outside", "seen") if f'{{"{kind}"' in text)
    return sensible(Query("", "view" if kind == "seen" else kind, text, tuple(images)))


def of_server(server, **changes):
    """Settings for it."""
    return LabellerSettings(
        kind="openai", model="m", base_url=server.url,
        **{"concurrency": 4, "retries": 2, "timeout_seconds": 300.0, **changes},
    )  # fmt: skip


def test_a_server_is_asked_with_pictures_and_the_answers_are_kept(server, video, tmp_path):
    """Pictures before the words, greedy, and once."""
    with open_labeller(of_server(server), tmp_path) as labeller:
        labels = labels_of(video, labeller, tmp_path / "a.jsonl")
        assert [label.problem for label in labels] == [""] * 6
        asked = server.asked
        assert asked == 12
        assert labels_of(video, labeller, tmp_path / "a.jsonl") == labels
        assert server.asked == asked
    body = server.bodies[0]
    text, urls = prompt_of(body["messages"])
    assert len(urls) == 2
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    assert "2 pictures show" in text
    assert body["temperature"] == 0
    assert body["max_tokens"] == 1024


def test_wrapped_and_broken_answers_of_a_server_are_read_or_asked_again(
    server, video, tmp_path, monkeypatch
):
    """With the reason in the prompt."""
    seen = []

    def moody(messages):
        text, _ = prompt_of(messages)
        seen.append(text)
        if "could not be used" in text:
            return f"Sorry!\n```json\n{answered(messages)}\n```"
        return f"```json\n{answered(messages)}\n```" if len(seen) % 2 else "{ oops"

    monkeypatch.setattr(servers, "answer_of", moody)
    with open_labeller(of_server(server, concurrency=1), tmp_path) as labeller:
        labels = labels_of(video, labeller, tmp_path / "a.jsonl")
    assert [label.problem for label in labels] == [""] * 6
    again = [text for text in seen if "could not be used" in text]
    assert again
    assert all("it has no JSON object with" in text for text in again)


def test_failures_of_a_server_that_pass_are_waited_out(server, video, tmp_path):
    """No fixation hears of them."""
    server.fail(servers.Failure(500), servers.Failure(status=503), servers.Failure(dropped=True))
    with open_labeller(of_server(server, retries=5), tmp_path) as labeller:
        labels = labels_of(video, labeller, tmp_path / "a.jsonl", count=2)
    assert [label.problem for label in labels] == ["", ""]
    assert server.asked == 7


def test_failures_that_stay_are_problems_of_their_fixations(server, video, tmp_path):
    """And the next run asks again."""
    server.always = servers.Failure(400, "too many images")
    with open_labeller(of_server(server), tmp_path) as labeller:
        labels = labels_of(video, labeller, tmp_path / "a.jsonl", count=2)
        assert all("too many images" in label.problem for label in labels)
        server.always = None
        labels = labels_of(video, labeller, tmp_path / "a.jsonl", count=2)
    assert [label.problem for label in labels] == ["", ""]


def test_a_wrong_key_stops_the_run_and_is_in_no_record(server, video, tmp_path, monkeypatch):
    """Nor is the right one."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    server.key = "sk-right"
    with open_labeller(of_server(server), tmp_path) as labeller:
        with pytest.raises(UsageError, match="refuses this account") as caught:
            labels_of(video, labeller, tmp_path / "a.jsonl")
        assert "sk-wrong" not in str(caught.value)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-right")
    with open_labeller(of_server(server), tmp_path) as labeller:
        labels_of(video, labeller, tmp_path / "a.jsonl")
        assert "sk-right" not in json.dumps(labeller.identity)
    assert "sk-right" not in (tmp_path / "a.jsonl").read_text()
    assert "sk-right" not in repr(of_server(server))


def test_openai_itself_needs_a_key(tmp_path, monkeypatch):
    """It says so before anything is asked."""
    pytest.importorskip("openai", reason="needs sightline[eval]")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    settings = LabellerSettings(kind="openai", model="m")
    with (
        pytest.raises(UsageError, match="OPENAI_API_KEY is not set"),
        open_labeller(settings, tmp_path),
    ):
        pass


def write_lines(path, *told):
    """A file of JSON lines."""
    path.write_text("".join(json.dumps(line) + "\n" for line in told))
    return path


def test_recorded_answers_are_found_by_key_and_a_log_can_be_played_again(video, tmp_path):
    """By the query's digest, or for every recording."""
    labels = labels_of(video, Scripted(), tmp_path / "a.jsonl")
    settings = LabellerSettings(kind="recorded", recorded="a.jsonl")
    with open_labeller(settings, tmp_path) as labeller:
        assert labels_of(video, labeller, tmp_path / "b.jsonl") == labels
        other = Query("gazed/0", "gazed", "another prompt")
        answer = ask_all(labeller, AnswerLog(tmp_path / "c.jsonl"), [other])["gazed/0"]
        assert answer.error == "no answer to gazed/0 is recorded"
    write_lines(
        tmp_path / "keys.jsonl",
        {"key": "gazed/0", "answer": {"gazed": None, "beside": [], "sure": False}},
        {"key": "outside/0", "text": '{"outside": ["pan"]}'},
        {"key": "outside/0", "text": "another one"},
    )
    settings = LabellerSettings(kind="recorded", recorded=str(tmp_path / "keys.jsonl"))
    with open_labeller(settings, Path("elsewhere")) as labeller:
        label = labels_of(video, labeller, tmp_path / "d.jsonl", count=1)[0]
    assert [thing.name for thing in label.outside] == ["pan"]
    assert label.gazed is None


def test_other_recorded_answers_are_another_labeller(tmp_path):
    """Whatever the file is called."""
    write_lines(tmp_path / "a.jsonl", {"key": "view/1", "text": "a"})
    write_lines(tmp_path / "b.jsonl", {"key": "view/1", "text": "b"})
    identities = []
    for name in ("a.jsonl", "b.jsonl", "a.jsonl"):
        with open_labeller(LabellerSettings("recorded", recorded=name), tmp_path) as labeller:
            identities.append(labeller.identity)
    assert identities[0] != identities[1]
    assert identities[0] == identities[2]


@pytest.mark.parametrize(
    "line", [{"text": "x"}, {"key": "a"}, {"key": 3, "text": "x"}, {"key": "a", "answer": [1]}]
)
def test_a_recorded_line_that_says_nothing_is_refused(tmp_path, line):
    """With its place; and so is a missing file."""
    write_lines(tmp_path / "a.jsonl", {"key": "view/1", "text": "a"}, line)
    settings = LabellerSettings(kind="recorded", recorded="a.jsonl")
    with pytest.raises(UsageError, match="line 2"), open_labeller(settings, tmp_path):
        pass
    with (
        pytest.raises(ResponsesError, match="cannot be opened"),
        open_labeller(LabellerSettings("recorded", recorded="none.jsonl"), tmp_path),
    ):
        pass


def test_the_rendered_world_has_a_labeller_of_its_own(tmp_path, monkeypatch):
    """Opened by name."""
    with open_labeller(LabellerSettings(kind="rendered"), tmp_path) as labeller:
        assert labeller.identity["labeller"] == "rendered"
    monkeypatch.setattr(backends, "RENDERED", "streamgaze_task.rendering.no_such_module")
    with (
        pytest.raises(UsageError, match="not installed"),
        open_labeller(LabellerSettings(kind="rendered"), tmp_path),
    ):
        pass


class Calling:
    """A backend that calls back from a thread of its own, until it is told to stop."""

    identity = {"backend": "calling"}  # noqa: RUF012 (never changed)

    def __init__(self):
        self.done = 0
        self.ended = threading.Event()

    def ask(self, jobs, done):
        """Reply to all, then fail."""
        try:
            for job in jobs:
                done(job, Reply(f"answer {job.doc_id}"))
                self.done += 1
            raise UsageError("the model is gone")
        finally:
            self.ended.set()


def test_answers_come_as_they_are_and_an_error_of_the_backend_after_them():
    """What came before it is there."""
    labeller = BackendLabeller(lambda _: Calling(), {"max_new_tokens": 5}, {"labeller": "x"})
    taken = []
    with pytest.raises(UsageError, match="the model is gone"):
        taken.extend(labeller.ask([Query(f"view/{k}", "view", "?") for k in range(3)]))
    assert [answer.text for answer in taken] == ["answer 0", "answer 1", "answer 2"]
    assert labeller.identity == {
        "labeller": "x", "backend": "calling", "generation": {"max_new_tokens": 5},
    }  # fmt: skip


def test_a_backend_whose_answers_nobody_takes_ends():
    """And no thread stays behind."""
    backend = Calling()
    labeller = BackendLabeller(lambda _: backend, {}, {})
    answers = labeller.ask([Query(f"view/{k}", "view", "?") for k in range(100_000)])
    assert next(answers).text == "answer 0"
    answers.close()
    assert backend.ended.is_set()
    assert backend.done < 100_000


@pytest.mark.slow
@pytest.mark.parametrize("family", ["qwen2_5_vl", "llava_onevision"])
def test_a_checkpoint_that_talks_nonsense_loses_no_fixation(tiny_model, video, tmp_path, family):
    """Random weights: every fixation is recorded with its problem."""
    settings = LabellerSettings(
        kind="hf", model=str(tiny_model(family, "talkative")), device="cpu", dtype="float32",
        batch_size=3, max_new_tokens=12,
    )  # fmt: skip
    with open_labeller(settings, tmp_path) as labeller:
        log = tmp_path / "a.jsonl"
        labels = labels_of(video, labeller, log, count=5, round=5, tries=2, frames_per_fixation=2)
        assert labeller.identity["labeller"] == "hf"
        assert (
            labels_of(
                video, Refusing(labeller), log, count=5, round=5, tries=2, frames_per_fixation=2
            )
            == labels
        )
    assert [label.number for label in labels] == list(range(5))
    for label in labels:
        assert label.problem == "gazed: no answer of 2 could be read: it has no JSON object"
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert len(told) == 10
    assert all(line["text"] for line in told)


class Refusing:
    """Has the identity of another labeller, and answers nothing."""

    def __init__(self, labeller):
        self.identity = labeller.identity

    def ask(self, queries):
        """Fail."""
        pytest.fail(f"asked again: {[query.key for query in queries]}")


def test_settings_come_from_a_configuration_and_are_checked():
    """What answers do not depend on is not in their repr."""
    given = {"kind": "openai", "model": "m", "extra_body": {"top_k": 1}, "temperature": 0}
    settings = settings_from(LabellerSettings, given, "labeller")
    assert settings.extra_body == {"top_k": 1}
    quick = settings_from(LabellerSettings, {**given, "concurrency": 99, "retries": 0}, "labeller")
    assert repr(quick) == repr(settings)
    assert settings_from(LabelSettings, None, "labels") == LabelSettings()
    assert settings_from(ViewSettings, {"every_seconds": 0}, "views").every_seconds == 0


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (LabellerSettings, {}, "must have kind"),
        (LabellerSettings, {"kind": "psychic"}, "must be one of"),
        (LabellerSettings, {"kind": "hf"}, "needs model"),
        (LabellerSettings, {"kind": "recorded"}, "needs recorded"),
        (LabellerSettings, {"kind": "rendered", "api_key": "x"}, "no setting"),
        (LabellerSettings, {"kind": "rendered", "batch_size": 0}, "batch_size"),
        (LabellerSettings, {"kind": "rendered", "temperature": -1.0}, "temperature"),
        (LabellerSettings, {"kind": "rendered", "timeout_seconds": 0.0}, "timeout_seconds"),
        (LabelSettings, {"fov_degrees": 0.0}, "fov_degrees"),
        (LabelSettings, {"fov_degrees": float("nan")}, "fov_degrees"),
        (LabelSettings, {"frames_per_fixation": 0}, "frames_per_fixation"),
        (LabelSettings, {"apart_seconds": 0.0}, "apart_seconds"),
        (LabelSettings, {"crop_side": 10}, "crop_side"),
        (LabelSettings, {"round": 0}, "round"),
        (LabelSettings, {"tries": 0}, "tries"),
        (ViewSettings, {"every_seconds": -1.0}, "every_seconds"),
        (ViewSettings, {"every_seconds": 1e-9}, "every_seconds"),
        (ViewSettings, {"image_side": 1}, "image_side"),
    ],
)
def test_settings_that_cannot_be_are_refused(kind, given, message):
    """With the name of the setting."""
    with pytest.raises(UsageError, match=message):
        settings_from(kind, given, "labeller")


def test_workers_take_gpus_in_turn():
    """One process alone, or one GPU, is left to accelerate."""
    pytest.importorskip("torch", reason="needs sightline[eval]")
    from streamgaze_task.pipeline.labelling.hf import device_of_worker

    taken = [device_of_worker(f"SpawnProcess-{number}", 3) for number in range(3, 7)]
    assert taken == ["cuda:2", "cuda:0", "cuda:1", "cuda:2"]
    assert device_of_worker("MainProcess", 3) is None
    assert device_of_worker("SpawnProcess-2", 1) is None
    assert device_of_worker("SpawnProcess-2", 0) is None
