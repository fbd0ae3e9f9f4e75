"""Servers that fail for a while, or that are not there: no hole stays, and no hours are lost."""

from __future__ import annotations

import importlib.util
import json
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from sightline.errors import DatasetError, UsageError
from sightline.progress import Silent
from streamgaze_task.pipeline.config import read_config
from streamgaze_task.pipeline.labelling.labeller import Query
from streamgaze_task.pipeline.make import make_benchmark, plan_text

pytest.importorskip("openai", reason="needs sightline[pipeline]")

HERE = Path(__file__).parent
small = SimpleNamespace(**runpy.run_path(str(HERE / "small_recordings.py")))
sensible = runpy.run_path(str(HERE / "scripted_labeller.py"))["sensible"]


def module_of(path):
    """A module by its file, so that its functions can be replaced."""
    spec = importlib.util.spec_from_file_location(f"outages_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look there
    spec.loader.exec_module(module)
    return module


servers = module_of(HERE.parents[1] / "openai_server.py")
KINDS = {"gazed": "gazed", "outside": "outside", "seen": "view", "valid": "verify"}
"""First word of the object that a prompt asks for -> kind of the query."""
DROPPED = servers.Failure(dropped=True)


def kind_of(messages):
    """What is asked."""
    text = json.dumps(messages)
    return next(kind for word, kind in KINDS.items() if f'{{\\"{word}\\":' in text)


def answered(messages):
    """A valid answer, by the pictures and the words of the query."""
    kind, items = kind_of(messages), messages[-1]["content"]
    if kind == "verify":
        return "who knows"  # such questions are kept, as the configuration says
    text = "".join(item["text"] for item in items if item["type"] == "text")
    urls = [item["image_url"]["url"] for item in items if item["type"] == "image_url"]
    images = tuple(Image.frombytes("L", (len(url), 1), url.encode()) for url in urls)
    return sensible(Query("", kind, text, images))


class Outage:
    """Nobody answers some queries, by their kinds and their places among those of their kind."""

    def __init__(self, kind="", places=()):
        self._kind, self._places = kind, places
        self.counts = dict.fromkeys(KINDS.values(), 0)

    def __call__(self, body, _):
        """What happens to a request instead of an answer."""
        kind = kind_of(body["messages"])
        self.counts[kind] += 1
        return DROPPED if kind == self._kind and self.counts[kind] in self._places else None


@pytest.fixture(scope="module")
def server():
    """One for all, since its address is part of what is made."""
    with pytest.MonkeyPatch.context() as patch, servers.running() as running:
        patch.delenv("OPENAI_API_KEY", raising=False)
        patch.setattr(servers, "answer_of", answered)
        yield running


@pytest.fixture(autouse=True)
def mended(server):
    """Every test begins with a server that answers everything."""
    server.failure, server.lists, server.key, server.models = Outage(), None, None, ("m",)


@pytest.fixture(scope="module")
def raw(tmp_path_factory, server):
    """One recording of which nothing is made yet; read-only."""
    folder = tmp_path_factory.mktemp("outages") / "raw"
    path = small.copy(small.made(tmp_path_factory), folder)
    labeller = {"kind": "openai", "model": "m", "base_url": server.url, "retries": 0}
    table = [{"format": "table", "folder": "raw_gaze_dataset/table", "hfov_degrees": 82}]
    small.change(
        path,
        labeller={**labeller, "concurrency": 1},
        quality={"verify": True, "unverified": "keep"},
        recordings=table,
    )
    return folder


@pytest.fixture(scope="module")
def undisturbed(raw, tmp_path_factory, server):
    """What a run makes that no server fails."""
    server.failure = Outage()
    path = small.copy(raw, tmp_path_factory.mktemp("undisturbed") / "raw")
    assert make(path).released
    return made(path)


@pytest.fixture
def run(raw, tmp_path):
    """The configuration of a copy."""
    return small.copy(raw, tmp_path / "raw")


def make(path, **more):
    """A run in this process."""
    settings = {"workers": 1, "until": "release", "skip_failed": False, "progress": Silent()}
    return make_benchmark(read_config(path), **{**settings, **more})


def made(path):
    """Everything that a run made but the log: other names are offered where answers are missing."""
    found = small.contents(path.parent / "benchmark")
    return {name: data for name, data in found.items() if not name.startswith("work/answers/")}


def header(path, stage):
    """Of the file of a stage."""
    file = small.of_stage(path.parent / "benchmark", stage, small.TABLE)
    return json.loads(file.read_text("utf-8").splitlines()[0])


@pytest.mark.parametrize(
    ("kind", "places"),
    [("gazed", {2, 5}), ("outside", {1}), ("view", {3, 4, 20}), ("verify", {2})],
)
def test_what_nobody_answered_is_asked_again_by_the_same_command(
    run, server, undisturbed, kind, places
):
    """And then all is as if nothing had happened; a third run makes nothing."""
    stage = {"view": "views", "verify": "judged"}.get(kind, "labels")
    server.failure = Outage(kind, places)
    make(run)
    assert header(run, stage)["unanswered"] == len(places)
    assert made(run) != undisturbed
    assert f"{stage}: 1 to make" in plan_text(read_config(run))
    server.failure = Outage()
    make(run)
    assert small.changed(undisturbed, made(run)) == set()
    asked = server.failure.counts
    make(run)
    assert server.failure.counts == asked


def test_an_outage_that_lasts_changes_nothing_more(run, server):
    """The same holes give the same bytes, and what was answered is not asked again."""
    server.failure = Outage("view", {3, 4})
    make(run)
    before = made(run)
    server.failure = Outage("view", {1, 2})  # those two are all that is asked
    server.lists = DROPPED
    make(run)
    assert server.failure.counts["view"] == 2
    assert small.changed(before, made(run)) == set()


def test_what_was_refused_or_could_not_be_read_stays_a_problem(run, server, monkeypatch):
    """Until somebody asks for it: it would be refused again."""
    unreadable = []

    class Refusing(Outage):
        def __call__(self, body, key):
            return servers.Failure(400, "no such picture") if super().__call__(body, key) else None

    def mumbled(messages):
        if kind_of(messages) != "outside":
            return answered(messages)
        pictures = [item for item in messages[-1]["content"] if item["type"] == "image_url"]
        unreadable.append(pictures)
        return "{ oops" if pictures == unreadable[0] else answered(messages)

    server.failure = Refusing("view", {3})
    monkeypatch.setattr(servers, "answer_of", mumbled)
    make(run)
    assert unreadable.count(unreadable[0]) == 3
    assert "unanswered" not in {*header(run, "labels"), *header(run, "views")}
    server.failure = Outage()
    report = make(run)
    assert set(server.failure.counts.values()) == {0}
    assert sum(report.facts["label_problems"].values()) == 1
    assert sum(report.facts["view_problems"].values()) == 1
    small.run("gaze", "run", run, "--retry-problems")
    assert server.failure.counts["view"] == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_that_dies_stops_the_run_and_the_same_command_goes_on(
    run, server, undisturbed, workers
):
    """Even a recording of few queries; it is said once, with the address, and not bit by bit."""

    class Dying(Outage):
        def __call__(self, body, key):
            super().__call__(body, key)
            if sum(self.counts.values()) <= 7:
                return None
            server.lists = DROPPED
            return DROPPED

    server.failure = Dying()
    with pytest.raises(UsageError, match=r"no server is ready: .*\(127\.0\.0\.1:\d+\)"):
        make(run, workers=workers)
    assert sum(server.failure.counts.values()) < 30
    assert not (run.parent / "benchmark/release").exists()
    server.failure, server.lists = Outage(), None
    make(run, workers=workers)
    assert small.changed(undisturbed, made(run)) == set()


@pytest.mark.parametrize("every", [1.0, 20.0])
def test_a_recording_that_nobody_answers_has_failed(run, server, every):
    """However few queries it has: no file of it is finished, though the server lists its models."""
    small.change(run, views={"every_seconds": every})
    server.failure = Outage("view", range(1000))
    with pytest.raises(DatasetError, match="answered none of") as raised:
        make(run)
    assert "the same command again" in str(raised.value)
    assert not small.of_stage(run.parent / "benchmark", "views", small.TABLE).exists()
    assert server.failure.counts["view"] <= 16


def test_a_labeller_that_cannot_be_opened_stops_before_the_first_stage(run, server):
    """No stage has begun; and it is not asked for where no labels are wanted, or all are there."""
    out = run.parent / "benchmark"
    server.lists = DROPPED
    assert "labels: 1 to make" in plan_text(read_config(run))
    with pytest.raises(UsageError, match="no server is ready"):
        make(run)
    assert not (out / "work/recordings").exists()
    make(run, until="fixations")
    server.lists = None
    make(run)
    server.lists = DROPPED
    server.failure = Outage()
    make(run)
    (out / "work/views" / f"{small.TABLE}.jsonl").unlink()
    with pytest.raises(UsageError, match="no server is ready"):
        make(run)
    assert set(server.failure.counts.values()) == {0}
