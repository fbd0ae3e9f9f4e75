"""``.eval_results/<benchmark>.yaml``: a model repository's results, as the Hub reads them.

The shape is that of ``eval_results.yaml`` in huggingface/hub-docs. It is written here, because
huggingface_hub knows it only from its later 1.x versions on; tests read it back with that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sightline.errors import UsageError
from sightline.wording import on_screen, short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.leaderboard.board import Board
    from sightline.leaderboard.records import Entry

LARGEST_BYTES = 1 << 20
"""Of a results file that is there already; ours have a thousand."""

_REPOSITORY = re.compile(r"[A-Za-z0-9_][\w.-]*/[A-Za-z0-9_][\w.-]*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_LIBRARIES = ("lmms-eval", "sightline", "transformers")


def path_of(board: Board) -> str:
    """Where the file lies in a model's repository."""
    return f".eval_results/{board.benchmark}.yaml"


def eval_results(
    board: Board,
    entry: Entry,
    tasks: Sequence[str],
    *,
    dataset: str | None = None,
    source_url: str | None = None,
) -> list[dict[str, Any]]:
    """The results of a run for its model's repository: the setting, and parts that are tasks too.

    Args:
        board: of the benchmark.
        entry: a run.
        tasks: the tasks that the dataset's ``eval.yaml`` lists. A task named after the setting and
            a member of an axis (``streamgaze_past``) gets that member's number.
        dataset: the benchmark's dataset on the Hub, ``org/name``; None: that of the run.
        source_url: where the responses can be seen.

    Returns:
        What YAML is made of; values are percent.

    Raises:
        UsageError: the entry is no run, its setting is none of the tasks, or the dataset is not on
            the Hub.
    """
    if entry.kind != "run":
        raise UsageError(
            f"{short(entry.model)} is a printed row, and not a run of ours",
            next_step="export a run: only what was scored here goes to a model's repository",
        )
    if entry.setting not in tasks:
        raise UsageError(
            f"setting {entry.setting} has no leaderboard on the Hub; these have: {', '.join(tasks)}"
        )
    common: dict[str, Any] = {}
    if date := _text(entry.facts, "run", "date"):
        common["date"] = date
    if source_url:
        common["source"] = {"url": source_url, "name": "responses and scores"}
    common["notes"] = notes(board, entry)
    where = _dataset(entry, dataset)
    values = {entry.setting: entry.value, **_parts(entry, tasks)}
    return [
        {"dataset": {"id": where["id"], "task_id": task, **_rest(where)}, "value": value, **common}
        for task, value in ((name, round(number, 2)) for name, number in values.items())
    ]


def _rest(where: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in where.items() if key != "id"}


def _parts(entry: Entry, tasks: Sequence[str]) -> dict[str, float]:
    found = {}
    for members in entry.cells.values():
        for member, cell in members.items():
            name = f"{entry.setting}_{member}"
            if name in tasks and cell["value"] is not None:
                found[name] = float(cell["value"])
    return found


def _dataset(entry: Entry, dataset: str | None) -> dict[str, str]:
    origin = _text(entry.facts, "dataset", "origin") or ""
    own, _, _ = origin.partition("@")
    chosen = dataset or own
    if not _REPOSITORY.fullmatch(chosen):
        raise UsageError(
            f"the dataset ({short(chosen)}) must be a repository on the Hub, org/name",
            next_step="add --dataset-id ORG/NAME: the repository whose eval.yaml lists the tasks",
        )
    found = {"id": chosen}
    revision = _text(entry.facts, "dataset", "revision") or ""
    if chosen == own and _COMMIT.fullmatch(revision):
        found["revision"] = revision
    return found


def notes(board: Board, entry: Entry) -> str:
    """How the number was made, on one line: frames, prompt, parser, versions, seeds, faults."""
    setting, facts = board.setting(entry.setting), entry.facts
    told = [f"percent; {board.metric}", f"{setting.title}: {setting.frames}"]
    prompts = {key: _text(facts, "scores", key) for key in ("profile", "gaze_prompt")}
    told += [f"{key.replace('_', ' ')} {said}" for key, said in prompts.items() if said]
    told.append(f"parser {board.headline_parser}, protocol version {board.protocol_version}")
    libraries = _part(facts, "run").get("libraries")
    if isinstance(libraries, dict):
        told += [f"{name} {libraries[name]}" for name in _LIBRARIES if libraries.get(name)]
    seeds = _part(facts, "run").get("seeds")
    if isinstance(seeds, dict) and seeds:
        told.append("seeds " + ", ".join(f"{name} {seed}" for name, seed in seeds.items()))
    return on_screen("; ".join([*told, *entry.faults]))


def as_yaml(results: Sequence[Mapping[str, Any]]) -> str:
    """The text of the file."""
    import yaml  # noqa: PLC0415 (only where YAML is written)

    text: str = yaml.safe_dump(
        list(results), sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )
    return text


def merged(there: bytes | None, new: Sequence[Mapping[str, Any]], name: str) -> str:
    """The file with new results: one of the same dataset and task is replaced, others stay.

    Args:
        there: the file as it is; None without one.
        new: results.
        name: the file's, for messages.

    Raises:
        UsageError: what is there is no list of results; it is left alone.
    """
    old = [] if there is None else _listed(there, name)
    replaced = {_key(one) for one in new}
    return as_yaml([*(one for one in old if _key(one) not in replaced), *new])


def _listed(content: bytes, name: str) -> list[dict[str, Any]]:
    import yaml  # noqa: PLC0415 (as above)

    try:
        if len(content) > LARGEST_BYTES:
            raise ValueError(f"more than {LARGEST_BYTES:,} bytes")  # noqa: TRY301 (told as one)
        found = yaml.safe_load(content)
        results = found or []
        if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
            raise TypeError("no list of results")  # noqa: TRY301 (as above)
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise UsageError(
            f"{name} is there and cannot be read as results: {on_screen(str(error))[:200]}",
            next_step="mend or remove that file first; it was left alone",
        ) from error
    return results


def _key(result: Mapping[str, Any]) -> tuple[str, str] | None:
    """Dataset and task of a result; None where a stranger wrote something else."""
    dataset = result.get("dataset")
    values = (dataset.get("id"), dataset.get("task_id")) if isinstance(dataset, dict) else ()
    texts = [value for value in values if isinstance(value, str)]
    return (texts[0], texts[1]) if len(texts) == 2 else None  # noqa: PLR2004 (the two of them)


def _part(facts: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = facts.get(key)
    return part if isinstance(part, dict) else {}


def _text(facts: Mapping[str, Any], part: str, key: str) -> str | None:
    value = _part(facts, part).get(key)
    return value if isinstance(value, str) else None
