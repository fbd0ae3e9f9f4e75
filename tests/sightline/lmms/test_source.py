"""Which dataset a task reads."""

from __future__ import annotations

import hashlib
import runpy
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.benchmarks import Benchmark
from sightline.errors import BrokenReleaseError, DatasetError, Problem, ReleaseError
from sightline.hub import pinned
from sightline.lmms import source

hub = runpy.run_path(str(Path(__file__).parents[2] / "hub/load.py"))["hub"]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def bench(monkeypatch, tmp_path):
    """A benchmark with nothing behind it; its builder is what a test puts on `source`."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("TOY_DATASET", raising=False)
    monkeypatch.setattr(source, "_resolved", {})
    return Benchmark(
        name="toy",
        title="Toy",
        package="toy",
        dataset_variable="TOY_DATASET",
        release="someone/toy@v1",
        tasks={},
        make_sample="toy:sample",
        sample_variants=("plain",),
        build="toy:build",
        score="toy:score",
        **_more_roles(),
    )


def _more_roles():
    """Further `module:function` fields that Benchmark may have."""
    known = {"name", "title", "package", "dataset_variable", "release", "tasks", "make_sample"}
    known |= {"sample_variants", "build", "score"}
    names = set(Benchmark.__dataclass_fields__) - known
    return dict.fromkeys(names, "toy:other")


@pytest.fixture
def builds(monkeypatch):
    """Stand in for the builder: record each build, then write a dataset."""
    calls = []

    def call(_self, role, release, out, **options):
        calls.append((role, release, Path(out), options))
        return make_dataset(Path(out))

    monkeypatch.setattr(Benchmark, "call", call)
    return calls


def make_dataset(folder: Path) -> Path:
    """As much of a built dataset as `source` looks at."""
    (folder / "questions").mkdir(parents=True)
    (folder / "questions" / "test-00000-of-00001.parquet").write_bytes(b"rows")
    (folder / "media" / "videos").mkdir(parents=True)
    (folder / "media" / "videos" / "a.mp4").write_bytes(b"clip")
    (folder / "build.json").write_text("{}")
    return folder


def test_a_folder_is_taken_as_it_is(bench, monkeypatch, tmp_path):
    """The variable may name a folder; the questions and build.json are hashed."""
    folder = make_dataset(tmp_path / "built")
    monkeypatch.setenv("TOY_DATASET", str(folder))
    found = source.resolve(bench)
    assert (found.folder, found.revision, found.repository) == (folder, None, None)
    assert found.checksums == {
        "questions/test-00000-of-00001.parquet": hashlib.sha256(b"rows").hexdigest(),
        "build.json": hashlib.sha256(b"{}").hexdigest(),
    }
    assert found.as_dict()["origin"] == str(folder)


def test_a_dataset_is_resolved_once(bench, monkeypatch, tmp_path):
    """A second call gives the same object, and reads no file."""
    folder = make_dataset(tmp_path / "built")
    monkeypatch.setenv("TOY_DATASET", str(folder))
    first = source.resolve(bench)
    (folder / "questions" / "test-00000-of-00001.parquet").unlink()
    assert source.resolve(bench) is first


def test_another_value_of_the_variable_is_another_dataset(bench, monkeypatch, tmp_path):
    """What is remembered belongs to the value that the variable had."""
    one, two = make_dataset(tmp_path / "one"), make_dataset(tmp_path / "two")
    monkeypatch.setenv("TOY_DATASET", str(one))
    source.resolve(bench)
    monkeypatch.setenv("TOY_DATASET", str(two))
    assert source.resolve(bench).folder == two


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], r"must be a built dataset.*but it holds: nothing"),
        (["notes.txt"], r"but it holds: notes\.txt\n.*next: make one: sightline build toy"),
        (["frames.zip"], r"this is an authors' release\n.*sightline build toy --release .* --out"),
        ([f"{n}.txt" for n in range(9)], r"7\.txt \.\.\."),
    ],
    ids=["empty", "something else", "a release", "many files"],
)
def test_a_folder_without_questions_is_refused(bench, monkeypatch, tmp_path, files, expected):
    """The message says what is there, and how to make a dataset of it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in files:
        (folder / name).write_bytes(b"")
    monkeypatch.setenv("TOY_DATASET", str(folder))
    with pytest.raises(DatasetError, match=f"(?s){expected}"):
        source.resolve(bench)


@pytest.mark.parametrize("value", ["/no/such/folder", "name", "a/b/c", "org/name@", "org/na me"])
def test_neither_folder_nor_repository_is_refused(bench, monkeypatch, value):
    """A value of neither form names both forms."""
    monkeypatch.setenv("TOY_DATASET", value)
    expected = "must be a folder that exists, or a dataset on the Hub"
    with pytest.raises(DatasetError, match=expected):
        source.resolve(bench)


def test_a_repository_is_downloaded_without_its_media(bench, monkeypatch, tmp_path):
    """Text and frames come at once, the commit is recorded, a clip only when asked for."""
    asked = []
    folder = make_dataset(tmp_path / "snapshots" / COMMIT)
    (folder / "media" / "videos" / "a.mp4").unlink()

    def snapshot_download(name, **options):
        asked.append((name, options["revision"], options["repo_type"]))
        assert not any("media" in pattern for pattern in options["allow_patterns"])
        return str(folder)

    def hf_hub_download(name, path, **options):
        asked.append((name, path, options["revision"]))
        return str(tmp_path / path)

    info = SimpleNamespace(sha=COMMIT)
    monkeypatch.setattr(pinned, "_commits", {})
    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", lambda *_, **__: info)
    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", hf_hub_download)
    monkeypatch.setenv("TOY_DATASET", "org/name@v2")
    found = source.resolve(bench)
    assert (found.origin, found.revision) == (f"org/name@{COMMIT}", COMMIT)
    assert found.media("media/videos/a.mp4") == tmp_path / "media/videos/a.mp4"
    assert asked == [
        ("org/name", "README.md", "v2"),
        ("org/name", COMMIT, "dataset"),
        ("org/name", "media/videos/a.mp4", COMMIT),
    ]


def test_an_unreachable_repository_says_what_to_check(bench, monkeypatch):
    """Offline, the message names the dataset and the ways out."""
    monkeypatch.setenv("TOY_DATASET", "org/name@v2")
    monkeypatch.setattr(pinned, "_commits", {})
    expected = (
        r"TOY_DATASET=org/name@v2: it is no folder here.*HF_HUB_OFFLINE forbids to ask the Hub\n"
        r".*next: unset HF_HUB_OFFLINE.*or set TOY_DATASET to a folder"
    )
    with pytest.raises(DatasetError, match=f"(?s){expected}"):
        source.resolve(bench)


RESOLVE = """
import sys
from types import SimpleNamespace
from sightline.errors import SightlineError
from sightline.lmms import source
bench = SimpleNamespace(name="toy", dataset_variable="TOY_DATASET", release="none/none")
try:
    found = source.resolve(bench)
    here = sorted(p.relative_to(found.folder).as_posix() for p in found.folder.rglob("*.*"))
    print(found.origin, found.revision, here)
    print(found.media("media/videos/a.mp4").read_bytes())
    found.media("media/videos/b.mp4")
except SightlineError as error:
    print(type(error).__name__, error)
"""


@pytest.fixture(scope="module")
def local_hub(tmp_path_factory):
    """A Hub with one built dataset, and the same one gated."""
    folder = make_dataset(tmp_path_factory.mktemp("repository") / "built")
    with hub.LocalHub() as running:
        running.commit = running.add("org/built", folder, tag="v1")
        running.add("org/gated", folder, gated=True)
        yield running


def resolve_in_a_process(value, url, home, **more):
    """What a process of its own prints, because the Hub's settings are read on import."""
    environment = hub.environment(url, home, TOY_DATASET=value, **more)
    command = [sys.executable, "-c", RESOLVE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_dataset_on_a_hub_is_pinned_to_its_commit(local_hub, tmp_path):
    """A tag becomes the commit; a clip is fetched on demand, and an absent one is named."""
    lines = resolve_in_a_process("org/built@v1", local_hub.url, tmp_path).splitlines()
    commit = local_hub.commit
    files = ["build.json", "questions/test-00000-of-00001.parquet"]
    assert lines[:2] == [f"org/built@{commit} {commit} {files}", "b'clip'"]
    assert lines[2] == f"DatasetError org/built@{commit} has no file media/videos/b.mp4"


def test_a_downloaded_dataset_needs_no_network(local_hub, tmp_path):
    """A commit that is in the cache is read from there, and says the same about itself."""
    value = f"org/built@{local_hub.commit}"
    online = resolve_in_a_process(value, local_hub.url, tmp_path).splitlines()
    nowhere = {"url": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
    offline = resolve_in_a_process(value, home=tmp_path, **nowhere).splitlines()
    assert offline[1] == online[1] == "b'clip'"
    assert offline[0].split()[:2] == online[0].split()[:2]


@pytest.mark.parametrize(
    ("value", "message", "mend"),
    [
        ("org/gated", "org/gated is gated", "accept them on the dataset's page"),
        ("org/absent", "there is no dataset org/absent", "check the spelling of TOY_DATASET"),
        ("org/built@v9", "org/built has no revision 'v9'", "give a branch, a tag or a commit"),
    ],
)
def test_what_a_hub_refuses_is_an_error_of_ours(local_hub, tmp_path, value, message, mend):
    """Gated, absent or without that revision: the message says what was asked and what to check."""
    said = resolve_in_a_process(value, local_hub.url, tmp_path)
    assert said.startswith(f"DatasetError TOY_DATASET={value}: it is no folder here")
    assert message in said
    assert f"next: {mend}" in said


def test_media_of_a_folder(bench, monkeypatch, tmp_path):
    """A clip of a local dataset is its file."""
    folder = make_dataset(tmp_path / "built")
    monkeypatch.setenv("TOY_DATASET", str(folder))
    found = source.resolve(bench)
    assert found.media("media/videos/a.mp4").read_bytes() == b"clip"
    with pytest.raises(DatasetError, match=r"has no file media/videos/b\.mp4"):
        found.media("media/videos/b.mp4")


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "media/../../x", ""])
def test_media_stay_inside_the_dataset(bench, monkeypatch, tmp_path, path):
    """A path that leaves the folder is refused."""
    monkeypatch.setenv("TOY_DATASET", str(make_dataset(tmp_path / "built")))
    with pytest.raises(DatasetError, match="must stay inside the dataset"):
        source.resolve(bench).media(path)


def test_unset_means_a_build_in_the_cache(bench, builds, monkeypatch, tmp_path):
    """The authors' release is built below HF_HOME, once for all processes."""
    found = source.resolve(bench)
    out = tmp_path / "hf" / "sightline" / "toy" / "someone--toy--v1"
    assert builds == [("build", "someone/toy@v1", out, {})]
    assert (found.folder, found.origin) == (out, "build of someone/toy@v1")
    monkeypatch.setattr(source, "_resolved", {})
    source.resolve(bench)
    assert len(builds) == 1


def test_one_builds_and_the_others_wait(bench, monkeypatch, tmp_path):
    """Two processes at once: the second waits for the first, and does not build."""
    out = source.default_folder(bench)
    began, built = threading.Event(), []

    def call(_self, _role, _release, folder, **_options):
        built.append(folder)
        began.set()
        time.sleep(0.3)
        make_dataset(Path(folder))

    monkeypatch.setattr(Benchmark, "call", call)
    first = threading.Thread(target=source._built_on_first_use, args=(bench,))
    first.start()
    assert began.wait(60)
    found = source._built_on_first_use(bench)
    first.join()
    assert (found.folder, built) == (out, [out])
    assert tmp_path in out.parents


def test_without_network_the_message_names_the_offline_way(bench, monkeypatch):
    """Nothing set and nothing reachable: set the variable, or make a sample."""

    def call(*_args, **_options):
        raise ReleaseError("the Hub cannot be reached")

    monkeypatch.setattr(Benchmark, "call", call)
    expected = (
        r"TOY_DATASET is not set.*the Hub cannot be reached.*"
        r"`sightline sample toy RELEASE` and `sightline build toy"
    )
    with pytest.raises(DatasetError, match=f"(?s){expected}"):
        source.resolve(bench)


def test_a_broken_release_lists_its_problems(bench, monkeypatch):
    """The problems stand in the message, and so does --skip-broken."""

    def call(*_args, **_options):
        raise BrokenReleaseError([Problem("x.json[3]", "no user_prompt")])

    monkeypatch.setattr(Benchmark, "call", call)
    with pytest.raises(DatasetError, match=r"(?s)x\.json\[3\]: no user_prompt.*--skip-broken"):
        source.resolve(bench)


def test_a_cache_that_cannot_be_written_is_reported(bench, builds, monkeypatch, tmp_path):
    """A full or foreign disk says which folder, and how to choose another."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match=r"(?s)cannot be written.*HF_HOME to a folder"):
        source.resolve(bench)
    assert builds == []


def test_the_cache_follows_xdg_without_hf_home(bench, monkeypatch, tmp_path):
    """Without HF_HOME it is where huggingface_hub keeps its own."""
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert source.default_folder(bench).is_relative_to(tmp_path / "huggingface" / "sightline")
