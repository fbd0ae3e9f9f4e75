"""One story per benchmark: two models run, submit, are verified, merged and shown.

Every command runs in a process of its own, with caches of its own, against the Hub on loopback.
"""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
pytestmark = pytest.mark.slow

hub = runpy.run_path(str(Path(__file__).parents[2] / "hub/load.py"))["hub"]

DATASET = "org/bench"
RESULTS = "org/results"
STYLES = {"org/letters": "letter", "org/talker": "talkative"}
"""Model as submitted -> how the tiny checkpoint answers."""

CASES = {
    "mmsi-video": ("dataset", "MMSI_VIDEO_DATASET", "mmsi_video", "mmsi_video_u50", 42),
    "streamgaze": ("streamgaze_dataset", "STREAMGAZE_DATASET", "streamgaze", "streamgaze", 104),
}


class Story:
    """Two users, a maintainer, a Hub."""

    def __init__(self, running, work, benchmark, dataset, tiny_model) -> None:
        self.running, self.work, self.benchmark, self.dataset = running, work, benchmark, dataset
        _, self.variable, self.task, self.setting, self.questions = CASES[benchmark]
        self.tiny_model = tiny_model
        self.asked = 0

    def run(self, user: str, *command: object, status: int = 0, **more: str) -> str:
        """A command of a user, with an empty cache; its output, and its exit status as expected."""
        self.asked += 1
        home = self.work / f"home-{self.asked}"
        token = self.running.token(user)
        environment = hub.environment(
            self.running.url, home, token, SIGHTLINE_PREFLIGHT="0", **more
        )
        for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
            environment.pop(name, None)
        done = subprocess.run(
            [sys.executable, "-m", "sightline.cli", *map(str, command)],
            env=environment,
            cwd=self.work,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == status, said[-4000:]
        assert token not in said
        assert "Traceback" not in said
        return said

    def evaluate(self, model: str) -> Path:
        """A run of the benchmark by one tiny model, on the dataset on the Hub."""
        checkpoint = self.tiny_model("qwen2_5_vl", STYLES[model])
        out = self.work / f"run-{STYLES[model]}"
        arguments = f"pretrained={checkpoint},device=cpu"
        command = ["eval", "--tasks", self.task, "--output", out, "--model-args", arguments]
        self.run("ann", *command, "--batch-size", 4, **{self.variable: f"{DATASET}@v1"})
        return out

    def submit(self, model: str, run: Path, *more: object, status: int = 0) -> str:
        """`sightline submit` by somebody who may not write to the results repository."""
        user = model.rpartition("/")[2]
        command = ["submit", run, "--model", model, "--revision", "a" * 40]
        return self.run(user, *command, "--access", "open-weights", *more, status=status)

    def checked_out(self, name: str) -> Path:
        """The results repository as a folder."""
        folder = self.work / name
        for path in self.running.files(RESULTS):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.running.read(RESULTS, path))
        return folder


@pytest.fixture(params=sorted(CASES))
def story(request, tmp_path, tiny_model):
    """A dataset on the Hub, a results repository with the printed numbers."""
    folder = request.getfixturevalue(CASES[request.param][0])
    with hub.LocalHub(tmp_path / "hub") as running:
        running.organisation("org", members=["ann"])
        running.add(DATASET, folder, tag="v1")
        made = Story(running, tmp_path, request.param, folder, tiny_model)
        made.run("ann", "leaderboard", "seed", tmp_path / "seeded")
        running.add(RESULTS, tmp_path / "seeded")
        yield made


def test_two_runs_become_two_rows_that_anyone_can_verify(story):
    """Run -> pull requests -> verify -> merge -> verify all -> site; a forgery is refused."""
    runs = {model: story.evaluate(model) for model in STYLES}
    for number, (model, run) in enumerate(runs.items(), start=1):
        said = story.submit(model, run, "--push", RESULTS, "--create-pr")
        assert f"discussions/{number}" in said
        verified = story.run(
            "ann",
            "leaderboard",
            "verify",
            f"{RESULTS}@refs/pr/{number}",
            "--dataset",
            story.dataset,
        )
        assert "error" not in verified.lower().replace("0 error", "")
        story.running.merge(RESULTS, number, "ann")

    folder = story.checked_out("merged")
    entries = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob(f"results/{story.benchmark}/org__*/*.json"))
    ]
    assert {entry["model"] for entry in entries} == set(STYLES)
    assert {entry["setting"] for entry in entries} == {story.setting}
    assert all(sum(entry["counts"].values()) == story.questions for entry in entries)
    story.run("ann", "leaderboard", "verify", folder, "--dataset", story.dataset)

    site = story.work / "site"
    story.run("ann", "leaderboard", "build", folder, site, "--dataset", story.dataset)
    table = (site / story.benchmark / f"{story.setting}.html").read_text(encoding="utf-8")
    for model in STYLES:
        assert model in table
    assert "not re-run" in table

    forged = story.checked_out("forged")
    (path,) = forged.glob(f"results/{story.benchmark}/org__letters/*.json")
    entry = json.loads(path.read_text(encoding="utf-8"))
    entry["value"] += 10
    path.write_text(json.dumps(entry), encoding="utf-8")
    said = story.run("ann", "leaderboard", "verify", forged, "--dataset", story.dataset, status=1)
    assert "error" in said

    first, second = runs.values()
    compared = story.run(
        "ann", "compare", first, second, "--json", story.work / "compared.json",
        "--html", story.work / "compared.html",
    )  # fmt: skip
    assert compared
    assert "<script src" not in (story.work / "compared.html").read_text(encoding="utf-8")
    story.run("ann", "report", first, "--html", story.work / "report.html")


def test_a_package_is_checked_without_the_hub(story):
    """`submit --out`, then `leaderboard check` on the zip; a changed response is refused."""
    run = story.evaluate("org/letters")
    story.submit("org/letters", run, "--out", story.work / "package")
    (packed,) = [*story.work.glob("package*.zip"), *story.work.glob("package/*.zip")]
    story.run("ann", "leaderboard", "check", packed, "--dataset", story.dataset)
    folder = story.work / "package"
    folder = folder if (folder / "responses.jsonl").is_file() else next(
        path.parent for path in folder.rglob("responses.jsonl")
    )  # fmt: skip
    responses = folder / "responses.jsonl"
    lines = responses.read_text(encoding="utf-8").splitlines()
    changed = json.loads(lines[0])
    changed["response"] = "B"
    responses.write_text("\n".join([json.dumps(changed), *lines[1:]]) + "\n", encoding="utf-8")
    said = story.run("ann", "leaderboard", "check", folder, "--dataset", story.dataset, status=1)
    assert "sha256" in said.lower().replace("-", "")
    before = story.running.head(RESULTS)
    story.submit("org/letters", run, "--push", RESULTS, "--create-pr", "--dry-run")
    assert story.running.head(RESULTS) == before
    assert not story.running.repository(RESULTS).discussions
