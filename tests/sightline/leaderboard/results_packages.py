"""Packages of the toy benchmark that pass every check, and the dataset to check them with."""

from __future__ import annotations

import hashlib
import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sightline.records import Response

_ROOT = Path(__file__).parents[2]
toys = SimpleNamespace(**runpy.run_path(str(_ROOT / "leaderboard_fixtures.py")))

SOME = ("A", "B", "x B", "D", "B", None)
"""Three of six right, one response that only the first parser reads, and one missing."""
OTHERS = ("A", "A", "A", "D", "A", "error")
"""Three of six right, and the run failed on one."""


def dataset(folder: Path) -> Path:
    """What stands for the toy's dataset: files with checksums."""
    (folder / "questions").mkdir(parents=True)
    (folder / "questions/test-00000-of-00001.parquet").write_bytes(b"six questions")
    (folder / "build.json").write_text('{"benchmark": "toy"}')
    return folder


def package(
    folder: Path,
    data: Path,
    texts: Any = SOME,
    model: str = "org/toy-1b",
    setting: str = "toy_plain",
    **changes: Any,
) -> Path:
    """A package: `texts` are the responses, None is a question without one, "error" a failure."""
    lines = [_line(number, text) for number, text in enumerate(texts) if text is not None]
    content = "".join(f"{json.dumps(one, sort_keys=True)}\n" for one in lines).encode()
    digest = hashlib.sha256(content).hexdigest()
    manifest = toys.manifest(setting=setting, notes="as it came")
    manifest["model"]["name"] = model
    manifest["protocol"]["name"] = toys.toy_board().setting(setting).protocol
    manifest["dataset"] |= {"origin": "folder", "revision": None, "checksums": _sums(data)}
    manifest["run"]["id"] = f"20261121-233055-{digest[:8]}"
    manifest["responses"] |= {"sha256": digest, "count": len(lines)}
    manifest["scores"] = report(lines, model, setting)
    folder.mkdir(parents=True)
    (folder / "submission.json").write_text(json.dumps(manifest | changes))
    (folder / "responses.jsonl").write_bytes(content)
    return folder


def report(lines: list[dict[str, Any]], model: str, setting: str) -> dict[str, Any]:
    """The toy's report of such lines."""
    board = toys.toy_board()
    said = [Response(one["question_id"], one["response"], one["error"]) for one in lines]
    scores = board.rescore(Path(), board.setting(setting), said)
    found: dict[str, Any] = board.summarise(scores, board.setting(setting), model)
    return found


def _line(number: int, text: str) -> dict[str, Any]:
    failed = text == "error"
    return {
        "question_id": f"q-{number}",
        "response": None if failed else text,
        "error": "out of memory" if failed else None,
        "details": {
            "message_hash": hashlib.sha256(str(number).encode()).hexdigest(),
            "frame_indices": [[0, 1], [5]],
            "input_tokens": 100 + number,
            "output_tokens": 2,
        },
    }


def _sums(data: Path) -> dict[str, str]:
    names = ("build.json", "questions/test-00000-of-00001.parquet")
    return {name: hashlib.sha256((data / name).read_bytes()).hexdigest() for name in names}
