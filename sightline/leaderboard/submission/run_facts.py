"""How responses came about, as lmms-eval's results.json and the samples tell it."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sightline.errors import SightlineError, SubmissionError
from sightline.leaderboard.submission import surroundings
from sightline.models.digests import default_memory, folder_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sightline.leaderboard.records import FinishedRun, SubmittedResponse
    from sightline.records import Score

ZONE = "Asia/Singapore"
"""Of the dates in lmms-eval's file names, where its ``--timezone`` says nothing else."""

FOLDERS = ("pretrained", "adapter", "model", "tokenizer")
"""Arguments that may name a folder of weights."""


def facts(run: FinishedRun) -> dict[str, Any]:
    """What the manifest says under ``run``, its id apart; secrets and paths still in it.

    Raises:
        SubmissionError: the run does not tell when it was made.
    """
    results = run.results
    config = results.get("config") or {}
    tasks = list(dict.fromkeys(str(one.details.get("task")) for one in run.scores))
    batch = str(config.get("batch_size") or "")
    return {
        "date": _date(run),
        "backend": str(config.get("model") or "unknown"),
        "model_args": _model_args(config.get("model_args")),
        "generation": _generation(results, tasks),
        "seeds": {
            name: config[f"{name}_seed"]
            for name in ("random", "numpy", "torch", "fewshot")
            if isinstance(config.get(f"{name}_seed"), int)
        },
        "libraries": surroundings.libraries(),
        "hardware": surroundings.hardware(),
        "ranks": None,
        "batch_size": int(batch) if batch.isdecimal() and int(batch) else None,
        "wall_seconds": _wall(results, tasks),
        "tokens": _tokens(run.scores),
        "as_of_packing": ["libraries", "hardware"],
    }


def stamp(run: FinishedRun) -> str:
    """The date in lmms-eval's file names: ``20261121_233055``.

    Raises:
        SubmissionError: the run does not tell it.
    """
    said = str(run.results.get("date") or "")
    if re.fullmatch(r"\d{8}_\d{6}", said) is None:
        raise SubmissionError(
            f"{run.folder}: results.json must say the date of the run, but says {said!r}",
            next_step="submit what `sightline eval` or lmms-eval wrote, unchanged",
        )
    return said


def _date(run: FinishedRun) -> str:
    arguments = (run.results.get("config") or {}).get("resolved_cli_args") or {}
    name = str(arguments.get("timezone") or ZONE)
    try:
        zone = ZoneInfo(name)
        when = datetime.strptime(stamp(run), "%Y%m%d_%H%M%S").replace(tzinfo=zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SubmissionError(
            f"{run.folder}: the date {stamp(run)} in the time zone {name!r} cannot be read",
            next_step="if the zone is right, install the table of zones: pip install tzdata",
        ) from error
    return when.isoformat()


def _model_args(said: object) -> dict[str, Any]:
    """``--model_args`` by name; a folder of weights as its name and what it holds."""
    if isinstance(said, str):
        # As lmms-eval does: a comma inside quotes or brackets parts nothing.
        parts = re.findall(r"(?:\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"|'[^']*'|[^,])+", said)
        pairs = (part.partition("=") for part in parts)
        found: dict[str, Any] = {name.strip(): value.strip() for name, _, value in pairs}
    else:
        found = dict(said) if isinstance(said, dict) else {}
    for name in FOLDERS:
        folder = Path(str(found.get(name) or "\0")).expanduser()
        if "\0" not in str(folder) and folder.is_dir():
            found[name] = folder.resolve().name
            found[f"{name}_sha256"] = _digest(folder)
    return found


def _digest(folder: Path) -> str | None:
    try:
        return folder_digest(folder, memory=default_memory())
    except SightlineError:  # weights that are gone or cut: `missing` says that there is no digest
        return None


def _generation(results: Mapping[str, Any], tasks: Iterable[str]) -> dict[str, Any]:
    configs = results.get("configs") or {}
    found = {task: (configs.get(task) or {}).get("generation_kwargs") or {} for task in tasks}
    settings = list(found.values())
    return dict(settings[0]) if all(one == settings[0] for one in settings) else found


def _wall(results: Mapping[str, Any], tasks: Sequence[str]) -> float | None:
    """Seconds of the whole run; None where it did more than this setting."""
    if set(results.get("configs") or ()) != set(tasks):
        return None
    try:
        return round(float(results["total_evaluation_time_seconds"]), 3)
    except (KeyError, TypeError, ValueError):
        return None


def _tokens(scores: Sequence[Score]) -> dict[str, int] | None:
    """Tokens of all samples that came to an answer; None where one does not tell."""
    told = [one.details for one in scores if one.details.get("response") is not None]
    sides = ("input", "output")
    if not told or any(one.get(f"{side}_tokens") is None for one in told for side in sides):
        return None
    return {side: sum(int(one[f"{side}_tokens"]) for one in told) for side in sides}


def inputs(lines: Sequence[SubmittedResponse]) -> dict[str, Any]:
    """What the model was shown, all samples together."""
    frames = [_frames(one.details) for one in lines]
    counts = [count for count in frames if count is not None]
    hashes = [(one.question_id, one.details.get("message_hash")) for one in lines]
    text = "".join(sorted(f"{name} {found}\n" for name, found in hashes))
    whole = all(found is not None for _, found in hashes)
    return {
        "frames": {"fewest": min(counts), "most": max(counts), "total": sum(counts)}
        if counts and len(counts) == len(lines)
        else None,
        "messages_sha256": hashlib.sha256(text.encode()).hexdigest() if whole else None,
    }


def _frames(details: Mapping[str, Any]) -> int | None:
    indices = details.get("frame_indices")
    if not isinstance(indices, list):
        return None
    return sum(len(one) if isinstance(one, list) else 1 for one in indices)
