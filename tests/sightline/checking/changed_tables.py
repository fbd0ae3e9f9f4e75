"""Whole small datasets, and tables of theirs changed as a careless or hostile hand would."""

from __future__ import annotations

import itertools
import json
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.checking.opened import open_dataset
from sightline.parquet import _options
from sightline.progress import Silent

_TESTS = Path(__file__).parents[2]
GROUPS = {"frames": "clip_id", "gaze": "video_id"}
"""Configs with a row group per value of a column."""


def build_mmsi(folder: Path) -> Path:
    """A MMSI-Video-Bench dataset of four questions and four clips."""
    from mmsi_video.builder import build

    tiny = SimpleNamespace(**runpy.run_path(str(_TESTS / "tiny_release.py")))
    build(tiny.make_release(folder / "release"), folder / "dataset")
    return folder / "dataset"


def build_streamgaze(folder: Path, **options: Any) -> Path:
    """A StreamGaze dataset of thirteen questions and three videos, one table with their gaze."""
    from streamgaze_task.builder import build

    tiny = SimpleNamespace(**runpy.run_path(str(_TESTS / "tiny_streamgaze.py")))
    metadata = {source: tiny.metadata(video, centre=True) for video, source in tiny.VIDEOS.items()}
    release = tiny.make(folder / "release", metadata=metadata, unpacked=True)
    build(release, folder / "dataset", no_gaze_recovery=True, **options)
    return folder / "dataset"


def table(dataset: Path, config: str) -> Path:
    """The one file of a config."""
    (path,) = (dataset / config).glob("*.parquet")
    return path


def change(dataset: Path, config: str, edit: Any) -> list[dict[str, Any]]:
    """Write a table again after `edit(rows)` changed its rows, or gave others; returns them."""
    path = table(dataset, config)
    read = pq.read_table(path)
    rows = read.to_pylist()
    rows = edit(rows) or rows
    write(path, rows, read.schema, GROUPS.get(config))
    return rows


def write(
    path: Path, rows: list[dict[str, Any]], schema: pa.Schema, group: str | None, **options: Any
) -> None:
    """Rows as our writer lays them out; options of the Parquet writer go before ours."""
    with pq.ParquetWriter(path, schema, **{**_options(schema), **options}) as writer:
        for _, part in itertools.groupby(rows, lambda row: row[group] if group else None):
            found = pa.Table.from_pylist(list(part), schema=schema)
            writer.write_table(found, row_group_size=max(found.num_rows, 1))


def change_facts(dataset: Path, **changes: Any) -> None:
    """Change keys of ``build.json``."""
    path = dataset / "build.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**facts, **changes}), encoding="utf-8")


def facts(dataset: Path) -> dict[str, Any]:
    """The content of ``build.json``."""
    found: dict[str, Any] = json.loads((dataset / "build.json").read_text(encoding="utf-8"))
    return found


def findings(check: Any, dataset: Path, **rules: Any) -> list[Any]:
    """What a check finds; some of the rules may be replaced."""
    opened = open_dataset(dataset)
    opened = replace(opened, rules=replace(opened.rules, **rules))
    return list(check(opened, Silent()))


def lines(check: Any, dataset: Path, **rules: Any) -> list[str]:
    """The same as lines, without the notes."""
    found = findings(check, dataset, **rules)
    return [finding.line() for finding in found if finding.severity in ("error", "warning")]
