"""The tasks' dataset from a Hub: one commit, no network for what is here, no run without media."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.benchmarks import all_benchmarks
from sightline.errors import DatasetError
from sightline.launching import evaluate
from sightline.lmms import source

TESTS = Path(__file__).parents[2]
tools = SimpleNamespace(**runpy.run_path(str(TESTS / "sightline/published_datasets.py")))
hub, said_by = tools.hub, tools.said_by
NOWHERE = "http://127.0.0.1:9"

RESOLVE = """
from sightline.benchmarks import all_benchmarks
from sightline.lmms import source
benchmark = all_benchmarks()[sys.argv[1]]
found = attempt(source.resolve, benchmark)
if isinstance(found, str):
    say(found)
else:
    files = sorted(p.relative_to(found.folder).parts[0] for p in found.folder.rglob("*.*"))
    say([found.origin, found.revision, sorted(set(files))])
    for path in sys.argv[2:]:
        media = attempt(found.media, path)
        say(media if isinstance(media, str) else media.stat().st_size)
    say(source.pinned([(benchmark, found)]))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A dataset as it was built, and as it is published without recordings."""
    root = tmp_path_factory.mktemp("built")
    whole = tools.make_mmsi(root / "mmsi")
    return SimpleNamespace(whole=whole, text=tools.annotations_of(whole, root / "text"))


@pytest.fixture(scope="module")
def running(built):
    """A Hub that has both; the first private, too."""
    with hub.LocalHub() as running:
        running.organisation("org", members=["alice"])
        running.add("org/mmsi", built.whole, tag="v1")
        running.add("org/text", built.text)
        running.add("org/private", built.whole, private=True)
        yield running


def resolve(url, home, value, *media, **more):
    """What a process says that evaluates on this dataset."""
    wanted = {"MMSI_VIDEO_DATASET": value}
    return said_by(url, home, RESOLVE, "mmsi-video", *media, **wanted, **more)


def test_tables_come_at_once_and_videos_one_by_one(running, built, tmp_path):
    """The commit is looked up once; no video is fetched before it is asked for."""
    running.log.clear()
    commit = running.head("org/mmsi", "v1")
    video = "media/videos/src/clip2.mp4"
    (found, size, pinned) = resolve(running.url, tmp_path, "org/mmsi@v1", video)
    tables = ["README.md", "build.json", "frames", "questions", "videos"]
    assert found == [f"org/mmsi@{commit}", commit, tables]
    assert size == (built.whole / video).stat().st_size
    assert pinned == {"MMSI_VIDEO_DATASET": f"org/mmsi@{commit}"}
    assert len(running.log.records("api/datasets/org/mmsi/revision/v1$")) == 1
    fetched = {record.path for record in running.log.records("resolve/[^/]+/media/")}
    assert [path.rsplit("/", 1)[1] for path in fetched] == ["clip2.mp4"]


def test_a_commit_that_is_here_asks_nobody(running, tmp_path):
    """Not even whether it is there: the address of the Hub may be dead."""
    commit = running.head("org/mmsi", "v1")
    online = resolve(running.url, tmp_path, "org/mmsi@v1")
    assert resolve(NOWHERE, tmp_path, f"org/mmsi@{commit}") == online
    running.log.clear()
    assert resolve(running.url, tmp_path, f"org/mmsi@{commit}") == online
    assert running.log.records() == []


def test_a_branch_needs_the_hub_unless_it_may_not_be_asked(running, tmp_path):
    """A dead network is no reason to take an old copy silently."""
    online = resolve(running.url, tmp_path, "org/mmsi")
    (said,) = resolve(NOWHERE, tmp_path, "org/mmsi")
    assert said.startswith("DatasetError MMSI_VIDEO_DATASET=org/mmsi: it is no folder here")
    assert "the Hub cannot be reached for org/mmsi" in said
    assert resolve(NOWHERE, tmp_path, "org/mmsi", HF_HUB_OFFLINE="1") == online


def test_a_download_that_was_cut_short_is_no_dataset(running, tmp_path):
    """Some files are here: offline that is an error, online the rest is fetched."""
    commit = running.head("org/mmsi", "v1")
    online = resolve(running.url, tmp_path, "org/mmsi@v1")
    (frames,) = tmp_path.glob(f"hub/*/snapshots/{commit}/frames/*.parquet")
    frames.unlink()
    (said,) = resolve(NOWHERE, tmp_path, f"org/mmsi@{commit}", HF_HUB_OFFLINE="1")
    assert "is not (wholly) in the cache" in said
    assert resolve(running.url, tmp_path, f"org/mmsi@{commit}") == online


def test_a_repository_that_was_closed_is_refused(built, tmp_path):
    """Whoever has no access any more is told so, though an old copy lies here."""
    with hub.LocalHub() as running:
        running.add("org/closing", built.whole)
        (found, _) = resolve(running.url, tmp_path, "org/closing")
        running.add("org/closing", built.whole, private=True)
        (said,) = resolve(running.url, tmp_path, "org/closing")
    assert found[0].startswith("org/closing@")
    assert "there is no dataset org/closing on the Hub, or it is private" in said


def test_annotations_alone_stop_before_anything_is_asked(running, tmp_path):
    """The reason, and the command that makes the whole dataset."""
    (said,) = resolve(running.url, tmp_path, "org/text")
    commit = running.head("org/text")
    assert f"MMSI_VIDEO_DATASET (org/text@{commit}) holds annotations only" in said
    assert "sightline build mmsi-video --release RELEASE --out DATASET" in said
    assert "then set MMSI_VIDEO_DATASET=DATASET" in said


@pytest.mark.parametrize("choice", ["none", []])
def test_a_folder_without_recordings_stops_too(built, monkeypatch, tmp_path, choice):
    """Published datasets are copied to folders."""
    folder = Path(shutil.copytree(built.whole, tmp_path / "copy"))
    publish(folder, choice)
    monkeypatch.setattr(source, "_resolved", {})
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(folder))
    with pytest.raises(DatasetError, match=r"build.json: publication.media"):
        source.resolve(all_benchmarks()["mmsi-video"])


def test_sources_that_were_left_out_are_named_with_their_questions(built, monkeypatch, tmp_path):
    """A run would count each of them as an error, hours later."""
    benchmark = all_benchmarks()["mmsi-video"]
    monkeypatch.setattr(source, "_resolved", {})
    folder = Path(shutil.copytree(built.whole, tmp_path / "copy"))
    monkeypatch.setenv("MMSI_VIDEO_DATASET", str(folder))
    publish(folder, ["scannet"])
    with pytest.raises(DatasetError, match=r"recordings of unknown .* which 4 of its 4 questions"):
        source.resolve(benchmark)
    publish(folder, ["scannet", "unknown"])
    assert source.resolve(benchmark).origin == str(folder)


def publish(folder, media):
    """Note in build.json which recordings were published."""
    record = folder / "build.json"
    facts = json.loads(record.read_text()) | {"publication": {"media": media}}
    record.write_text(json.dumps(facts))


def test_only_datasets_of_the_hub_are_pinned(built):
    """A folder has no commit."""
    benchmark = all_benchmarks()["mmsi-video"]
    there = source.DatasetSource(built.whole, "org/x@1", "ab" * 20, {}, "org/x")
    here = source.DatasetSource(built.whole, "folder", None, {})
    assert source.pinned([(benchmark, here)]) == {}
    assert source.pinned([(benchmark, there)]) == {"MMSI_VIDEO_DATASET": f"org/x@{'ab' * 20}"}


def test_ranks_read_the_commit_that_was_looked_up_before(built, monkeypatch, tmp_path):
    """A branch that moves between two ranks would mix two datasets in one run."""
    pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
    there = source.DatasetSource(built.whole, "org/x@1", "ab" * 20, {}, "org/x")
    given = {}

    def launch(command, environment, **options):
        given.update(environment, command=command, **options)
        raise KeyboardInterrupt

    monkeypatch.setenv("MMSI_VIDEO_DATASET", "org/x@main")
    monkeypatch.setattr(source, "resolve", lambda _: there)
    monkeypatch.setattr(evaluate, "launch", launch)
    with pytest.raises(KeyboardInterrupt):
        evaluate.run(tasks=["mmsi_video"], output=tmp_path, ranks=2, model_args="device=cpu")
    assert given["MMSI_VIDEO_DATASET"] == f"org/x@{'ab' * 20}"
    assert given["ranks"] == 2
