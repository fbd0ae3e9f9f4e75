"""Small raw recordings, a labeller that answers at once, and what a run made of them, for tests.

The recordings are made once per session and copied by every test. The answers are made up, by the
number of a fixation or frame alone: what is asked of them here is that they come out the same.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import yaml

from streamgaze_task.rendering.raw.recordings import RECORDINGS
from streamgaze_task.sample_recordings import write

EGTEA, EGO4D, HOLO, TABLE = (RECORDINGS[place].recording_id for place in (0, 2, 4, 5))
STAGES = ("recordings", "fixations", "labels", "views", "episodes", "questions", "judged")
VIDEOS = {
    EGTEA: f"egtea/videos/{EGTEA}.mp4",
    EGO4D: f"ego4d/v2/gaze_videos/v2/full_scale/{EGO4D}.mp4",
    TABLE: f"table/videos/{TABLE}.mp4",
}
NAMES = ("cup", "plate", "knife", "fridge", "bowl", "spoon", "pan", "jar", "towel", "lamp")
COLORS = dict(zip(NAMES, ("red", "white", "gray", "blue", "green") * 2, strict=True))
SECONDS = 40.0


def made(tmp_path_factory) -> Path:
    """Three recordings of 40 s, with answers for `labeller: recorded`; read-only."""
    folder = tmp_path_factory.getbasetemp() / "small-recordings"
    if not folder.exists():
        unfinished = folder.with_name("small-recordings-unfinished")
        unfinished.mkdir()
        chosen = [
            replace(each, video=replace(each.video, fps=Fraction(8), seconds=SECONDS))
            for each in RECORDINGS
            if each.recording_id in VIDEOS
        ]
        write(unfinished, chosen, seed=0)
        write_answers(unfinished / "answers.jsonl")
        change(
            unfinished / "config.yaml",
            labeller={"kind": "recorded", "recorded": "answers.jsonl"},
            views={"every_seconds": 2.0},
        )
        unfinished.replace(folder)
    return folder


def answer_lines():
    """Answers for any recording, one line of JSON each."""
    for number in range(400):
        name, beside, outside = (NAMES[(number * 3 + k) % len(NAMES)] for k in range(3))
        gazed = {"name": name, "caption": f"A {name}.", "attributes": {"color": COLORS[name]}}
        yield f"gazed/{number}", {"gazed": gazed, "beside": [{"name": beside}], "sure": True}
        yield f"outside/{number}", {"outside": [{"name": outside}]}
        yield f"view/{number}", {"seen": [name, beside, outside], "partly": []}


def write_answers(path):
    """A file for `labeller: recorded`."""
    told = [json.dumps({"key": key, "answer": answer}) for key, answer in answer_lines()]
    path.write_text("\n".join(told) + "\n")


def copy(source, target) -> Path:
    """A copy to work on; returns its configuration."""
    shutil.copytree(source, target)
    return target / "config.yaml"


def change(path, **settings):
    """Change parts of a configuration; None takes one away."""
    given = yaml.safe_load(path.read_text())
    given.update(settings)
    kept = {name: value for name, value in given.items() if value is not None}
    path.write_text(yaml.safe_dump(kept, sort_keys=False))


def command(*words):
    """The words of a command line, for subprocess."""
    return [sys.executable, "-m", "sightline.cli", *map(str, words)]


def run(*words, check=True):
    """A finished command; it must end with status 0, unless `check` is False."""
    done = subprocess.run(command(*words), capture_output=True, text=True, check=False, timeout=900)
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


def contents(out):
    """Name -> digest of every file of a run, its locks left out, answers without their order."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_file() and not name.startswith("work/locks/"):
            data = path.read_bytes()
            if name.startswith("work/answers/"):
                data = b"\n".join(sorted(data.splitlines()))
            found[name] = hashlib.sha256(data).hexdigest()
    return found


def changed(before, after):
    """Names of the files that are not as they were."""
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def times(out):
    """Name -> time of the last change of every file of a run, its locks left out."""
    return {
        path.relative_to(out).as_posix(): path.stat().st_mtime_ns
        for path in out.rglob("*")
        if path.is_file() and "locks" not in path.parts
    }


def of_stage(out, stage, recording_id) -> Path:
    """The file of a recording at a stage."""
    return out / "work" / stage / f"{recording_id}.jsonl"


def rows(path):
    """The records of a stage's file, without its header."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()[1:]]


def answers(out):
    """How many answers each recording's log has."""
    logs = (out / "work/answers").glob("*.jsonl")
    return {log.name: len(log.read_bytes().splitlines()) for log in logs}
