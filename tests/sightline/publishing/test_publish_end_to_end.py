"""One story per dataset: built -> published -> loaded -> evaluated from the Hub, as a user does it.

Every command runs in a process of its own, with caches of its own, against the Hub on loopback.
"""

from __future__ import annotations

import hashlib
import json
import re
import runpy
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
pytest.importorskip("matplotlib", reason="needs sightline[publish]")
pytestmark = pytest.mark.slow

hub = runpy.run_path(str(Path(__file__).parents[2] / "hub/load.py"))["hub"]

REPOSITORY = "org/bench"
QUESTIONS = "questions/test-00000-of-00001.parquet"
LIMIT = 3

LOADING = """
import json, sys
from datasets import Image, List, get_dataset_config_names, load_dataset

def plain(features):
    return {
        name: Image(decode=False) if isinstance(feature, Image)
        else List(Image(decode=False)) if isinstance(getattr(feature, "feature", None), Image)
        else feature
        for name, feature in features.items()
    }

def digest(rows):
    import hashlib
    whole = hashlib.sha256()
    count = 0
    for row in rows:
        whole.update(repr(row).encode())
        count += 1
    return [count, whole.hexdigest()]

from datasets import Features
where, revision = sys.argv[1], (sys.argv[2] if len(sys.argv) > 2 else None)
found = {"default": load_dataset(where, split="test", revision=revision).num_rows}
for config in get_dataset_config_names(where, revision=revision):
    for streaming in (False, True):
        data = load_dataset(where, config, split="test", revision=revision, streaming=streaming)
        data = data.cast(Features(plain(data.features)))
        found[f"{config} {'streamed' if streaming else 'whole'}"] = digest(data)
print(json.dumps(found))
"""


def without_place(line: dict[str, Any]) -> dict[str, Any]:
    """A sample line without where its dataset was read from."""
    metric = next(name for name in line if name.endswith("_accuracy"))
    details = line[metric]["details"]
    for name in ("dataset_origin", "dataset_revision", "dataset_checksums"):
        details.pop(name)
    return line


@dataclass
class Story:
    """A user with a dataset, a token and a Hub."""

    running: Any
    folder: Path
    work: Path
    variable: str
    tasks: str
    checkpoint: Path
    asked: int = 0

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command with an empty cache of its own."""
        self.asked += 1
        home = self.work / f"home-{self.asked}"
        token = more.pop("token", self.running.token("alice"))
        environment = hub.environment(
            self.running.url, home, token, SIGHTLINE_PREFLIGHT="0", **more
        )
        for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
            environment.pop(name, None)
        done = subprocess.run(
            [sys.executable, *command],
            env=environment,
            cwd=self.work,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        assert not token or token not in done.stdout + done.stderr
        return done

    def publish(self, *more: str, token: str | None = None) -> str:
        """`sightline publish`, which must go well; returns what it says."""
        command = ["-m", "sightline.cli", "publish", str(self.folder), REPOSITORY, *more]
        done = self.run(*command, **({"token": token} if token else {}))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def load(self, *where: str) -> dict[str, Any]:
        """Every config, whole and streamed: rows and a digest of them."""
        done = self.run("-c", LOADING, *where)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def evaluate(self, dataset: str, name: str) -> dict[str, list[dict[str, Any]]]:
        """A run of the tasks on that dataset: task -> sample lines."""
        out = self.work / name
        command = ["-m", "sightline.cli", "eval", "--tasks", self.tasks, "--limit", str(LIMIT)]
        command += [
            "--output",
            str(out),
            "--model-args",
            f"pretrained={self.checkpoint},device=cpu",
        ]
        done = self.run(*command, **{self.variable: dataset})
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        found = {}
        for path in sorted(out.glob("*__*/*_samples_*.jsonl")):
            task = re.fullmatch(r".*_samples_(.*)\.jsonl", path.name)[1]
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            found[task] = sorted(map(without_place, lines), key=lambda line: line["doc_id"])
        (results,) = out.glob("*__*/*_results.json")
        found["dataset"] = next(iter(json.loads(results.read_text())["configs"].values()))[
            "metadata"
        ]["dataset"]
        return found


@pytest.fixture(params=["mmsi-video", "streamgaze"])
def story(request, tmp_path, tiny_model):
    """The user of one benchmark."""
    made = {"mmsi-video": "dataset", "streamgaze": "streamgaze_dataset"}[request.param]
    variable = {"mmsi-video": "MMSI_VIDEO_DATASET", "streamgaze": "STREAMGAZE_DATASET"}
    tasks = {
        "mmsi-video": "mmsi_video,mmsi_video_native",
        "streamgaze": "streamgaze_oie,streamgaze_gta",
    }
    folder = tmp_path / request.param
    shutil.copytree(request.getfixturevalue(made), folder)
    with hub.LocalHub(tmp_path / "hub") as running:
        running.organisation("org", members=["alice"])
        yield Story(
            running,
            folder,
            tmp_path,
            variable[request.param],
            tasks[request.param],
            tiny_model("qwen2_5_vl"),
        )


def change_one_option(folder: Path) -> str:
    """Another wording of one option, written as the builder would; returns the question's id."""
    path = folder / QUESTIONS
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[5]["options"][0] += ", as it were"
    columns = {name: [row[name] for row in rows] for name in table.column_names}
    path.unlink()
    pq.write_table(table.from_pydict(columns, schema=table.schema), path, compression="snappy")
    facts = json.loads((folder / "build.json").read_text(encoding="utf-8"))
    content = path.read_bytes()
    facts["files"][QUESTIONS] = {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    (folder / "build.json").write_text(json.dumps(facts), encoding="utf-8")
    return str(rows[5]["id"])


def test_a_dataset_goes_to_the_hub_and_works_from_there(story):
    """Dry run, publication, again, a changed row; load_dataset; the task at that revision."""
    said = story.publish("--include-media", "--dry-run")
    assert "dry run: nothing was changed" in said
    with pytest.raises(KeyError):
        story.running.head(REPOSITORY)

    said = story.publish("--include-media", "--tag", "v1")
    assert "committed" in said
    assert "read back and compared" in said
    first = story.running.head(REPOSITORY)
    assert story.running.head(REPOSITORY, "v1") == first
    anonymous = story.run("-c", LOADING, REPOSITORY, token="")
    assert anonymous.returncode != 0, "a repository with recordings is private"

    story.running.log.clear()
    assert "nothing to do" in story.publish("--include-media")
    assert story.running.head(REPOSITORY) == first
    methods = {one.method for one in story.running.log.records()}
    assert methods <= {"GET", "HEAD"}, "nothing is sent"

    here = story.evaluate(str(story.folder), "from-folder")
    there = story.evaluate(f"{REPOSITORY}@v1", "from-hub")
    assert there.pop("dataset")["origin"] == f"{REPOSITORY}@{first}"
    assert here.pop("dataset")["origin"] == str(story.folder)
    assert here == there
    assert sum(map(len, here.values())) == 2 * LIMIT

    assert story.load(REPOSITORY, "v1") == story.load(str(story.folder))

    story.running.log.clear()
    changed = change_one_option(story.folder)
    said = story.publish("--include-media", "--changes", "one option worded better")
    assert f"1 row of `questions` differs in `options`: {changed}" in said
    sent = story.running.log.received(r"/_lfs/")
    assert sent <= (story.folder / QUESTIONS).stat().st_size + 500_000, "a small commit"
    second = story.running.head(REPOSITORY)
    assert second != first
    unchanged = {"media", "frames", "gaze", "videos"}
    before, after = (story.running.files(REPOSITORY, one) for one in (first, second))
    assert {n for n in before if n.split("/")[0] in unchanged} == {
        n for n in after if n.split("/")[0] in unchanged
    }
    assert before[QUESTIONS] != after[QUESTIONS]
    card = story.running.read(REPOSITORY, "README.md").decode()
    assert "one option worded better" in card
    assert story.load(REPOSITORY, second) == story.load(str(story.folder))


def test_annotations_alone_are_no_secret_and_no_recordings(story):
    """Without --include-media nothing of the recordings goes, and people can read the rest."""
    story.publish()
    files = story.running.files(REPOSITORY)
    assert not [name for name in files if name.startswith(("media/", "frames/"))]
    assert QUESTIONS in files
    done = story.run("-c", LOADING, REPOSITORY, token="")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.splitlines()[-1])
    assert rows["default"] == pq.read_metadata(story.folder / QUESTIONS).num_rows
    content = story.running.read(REPOSITORY, QUESTIONS)
    assert b"\xff\xd8\xff" not in content, "no JPEG"
    assert b"\x89PNG" not in content
    done = story.run(
        "-m",
        "sightline.cli",
        "eval",
        "--tasks",
        story.tasks.split(",")[0],
        "--output",
        str(story.work / "refused"),
        "--model-args",
        f"pretrained={story.checkpoint},device=cpu",
        **{story.variable: REPOSITORY},
    )
    assert done.returncode != 0
    assert "annotations only" in done.stdout + done.stderr
