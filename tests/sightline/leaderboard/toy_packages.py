"""Packages of the made-up benchmark: good ones, to be broken by tests. Load with ``runpy``."""

from __future__ import annotations

import hashlib
import json
import runpy
import zipfile
from pathlib import Path
from typing import Any

from sightline.records import Response

TOY = runpy.run_path(str(Path(__file__).parents[2] / "leaderboard_fixtures.py"))
ANSWERS = ("Answer: A", "Answer: B", "I think C", "A", "Answer: A", "B")
"""What the good package says to the six questions."""


def make_dataset(folder: Path, benchmark: str = "toy") -> Path:
    """A folder that looks like the checker's dataset; the toy's board does not read it."""
    (folder / "questions").mkdir(parents=True)
    (folder / "questions/test-00000-of-00001.parquet").write_bytes(b"six questions")
    (folder / "build.json").write_text(json.dumps({"benchmark": benchmark}), encoding="utf-8")
    return folder


def checksums(folder: Path) -> dict[str, str]:
    """As results.json has them."""
    files = [folder / "build.json", *folder.glob("questions/*")]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


class ToyPackage:
    """A good package in memory. Tests change `manifest` and `lines`, seal it or not, and write it.

    Args:
        dataset: the folder that it says it was run on.
        answers: what is said to the questions; None: the run failed there; fewer: not asked.
        model: ``org/name``.
    """

    def __init__(
        self, dataset: Path, answers: Any = ANSWERS, model: str = "org/toy-1b", **manifest: Any
    ) -> None:
        self.lines: list[dict[str, Any]] = [
            {
                "question_id": f"q-{number}",
                "response": text,
                "error": None if text is not None else "out of memory",
                "details": {
                    "message_hash": f"{number:064x}",
                    "frame_indices": [[0, 1]],
                    "max_frames": 2,
                    "protocol": "plain",
                    "task": "toy_plain",
                },
            }
            for number, text in enumerate(answers)
        ]
        self.manifest: dict[str, Any] = TOY["manifest"](**manifest)
        self.manifest["model"] = {**self.manifest["model"], "name": model}
        self.manifest["dataset"] = {
            "origin": "folder",
            "revision": None,
            "checksums": checksums(dataset),
            "questions": 6,
        }
        self.rescore()
        self.seal()

    def rescore(self) -> None:
        """Make the scores those of the lines, as an honest packer does."""
        board = TOY["toy_board"]()
        said = [Response(one["question_id"], one["response"], one["error"]) for one in self.lines]
        setting = board.settings[0]
        scores = board.rescore(Path(), setting, said)
        name = self.manifest["model"]["name"]
        report = board.summarise(scores, setting, name)
        # One object in two places would change in both.
        self.manifest["scores"] = json.loads(json.dumps(report))

    def seal(self, data: bytes | None = None) -> None:
        """Make digest, count and run id those of the lines, or of other bytes."""
        data = self.encoded() if data is None else data
        sha256 = hashlib.sha256(data).hexdigest()
        self.manifest["responses"] = {
            "file": "responses.jsonl",
            "sha256": sha256,
            "count": len(data.splitlines()),
        }
        self.manifest["run"] = {**self.manifest["run"], "id": f"20261121-233055-{sha256[:8]}"}

    def encoded(self) -> bytes:
        """The bytes of the responses."""
        return b"".join(json.dumps(line).encode() + b"\n" for line in self.lines)

    def files(self, **others: bytes) -> dict[str, bytes]:
        """Name -> bytes; `others` (``manifest``, ``responses``) replace the two."""
        return {
            "submission.json": others.get("manifest", json.dumps(self.manifest).encode()),
            "responses.jsonl": others.get("responses", self.encoded()),
        }

    def write(self, folder: Path, **others: bytes) -> Path:
        """The package as a folder."""
        folder.mkdir(parents=True)
        for name, data in self.files(**others).items():
            (folder / name).write_bytes(data)
        return folder

    def zip(self, path: Path, **others: bytes) -> Path:
        """The package as a zip."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.files(**others).items():
                archive.writestr(name, data)
        return path
