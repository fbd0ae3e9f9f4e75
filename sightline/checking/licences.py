"""Whose recordings are in a dataset, and whether they may be passed on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.dataset_rules import UNKNOWN_SOURCE, Source
from sightline.findings import Finding
from sightline.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sightline.checking.opened import OpenedDataset
    from sightline.dataset_rules import Config, DatasetRules
    from sightline.findings import Severity
    from sightline.media_choice import MediaChoice
    from sightline.progress import Progress

_MEND = "publish annotations only, or name the sources that may go along with --sources"
_WHERE = "media"
_NOTHING = "not known"
# Small, because a batch of reference images is in memory at once.
_BATCH_ROWS = 256


def check(dataset: OpenedDataset, progress: Progress) -> Iterator[Finding]:  # noqa: ARG001
    """Tell whose recordings are there; what a publication holds against its own choice is wrong.

    Nobody passes a built folder on by keeping it, so before a publication these are notes.
    """
    counts = media_counts(dataset)
    found = source_findings(dataset.rules, counts, dataset.media, public=False)
    if dataset.facts.get("publication") is None:
        yield from (_as_note(finding) for finding in found)
        return
    yield from found
    yield from _strange(dataset, counts)


def source_findings(
    rules: DatasetRules, counts: Mapping[str, int], media: MediaChoice, *, public: bool
) -> list[Finding]:
    """What it means to pass on the recordings of a dataset.

    Args:
        rules: of the benchmark, which know the terms.
        counts: source -> number of its recordings in the dataset, as `media_counts` counts them.
        media: which of them go along; the others are not spoken of.
        public: whether anyone may read the repository: then recordings that are not free to pass
            on are an error unless the choice names their source.

    Returns:
        A note for each source whose licence allows it, a warning or an error for each other one,
        and an error for each source that the choice names and nobody knows.
    """
    if not media.included:
        return []
    findings = [_not_known(rules, name) for name in sorted(media.sources or ())]
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if media.allows({name}):
            named = media.sources is not None
            findings.append(_told(_source(rules, name), count, named=named, public=public))
    return [finding for finding in findings if finding is not None]


def media_counts(dataset: OpenedDataset) -> dict[str, int]:
    """Source -> number of its recordings that are in the dataset as files or as pictures.

    A recording is a file, a row group of frames, or a question's own pictures; a source found in
    several configs has the largest of their numbers. Tables that cannot be read count for nothing:
    their own check tells of them.
    """
    counts: dict[str, int] = {}
    for config in dataset.rules.configs:
        seen: dict[str, set[Any]] = defaultdict(set)
        for table in dataset.tables(config.name):
            for recording, row in _media_rows(dataset, config, table):
                for name in _sources(dataset.rules, config.name, row):
                    seen[name].add(recording)
        for name, recordings in seen.items():
            counts[name] = max(counts.get(name, 0), len(recordings))
    return counts


def _media_rows(
    dataset: OpenedDataset, config: Config, table: Path
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Rows of which media are there, with what tells their recording."""
    paths = [file.path for file in dataset.rules.media if file.config == config.name]
    if not paths and not config.media_columns:
        return
    # Whoever has rows of pictures has their pictures; the bytes need not be read.
    unread = config.media_columns if config.only_media else ()
    try:
        with pq.ParquetFile(table) as file:
            columns = [name for name in file.schema_arrow.names if name not in unread]
            group = config.group if config.only_media and config.group in columns else None
            for number, batch in enumerate(_batches(file, columns)):
                for i, row in enumerate(_rows(batch, config)):
                    if group is not None:
                        yield row[group], row
                    elif config.only_media or _pictured(row, config) or _filed(row, paths, dataset):
                        yield (table.name, number, i), row
    # Strangers' tables: whatever is wrong with one, the check of the tables says it.
    except Exception:  # noqa: BLE001
        return


def _batches(file: pq.ParquetFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    yield from file.iter_batches(batch_size=_BATCH_ROWS, columns=columns)


def _rows(batch: pa.RecordBatch, config: Config) -> Iterator[dict[str, Any]]:
    """The rows of a batch; of each media column only whether there is anything in it."""
    pictured = {
        name: _holds(batch.column(name))
        for name in config.media_columns
        if name in batch.schema.names
    }
    plain = batch.select([name for name in batch.schema.names if name not in pictured])
    for i, row in enumerate(plain.to_pylist()):
        yield row | {name: held[i] for name, held in pictured.items()}


def _holds(column: pa.Array) -> list[bool]:
    """For each value of a media column whether it holds a picture's bytes or path."""
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        inner = _holds(column.values)
        offsets = column.offsets.to_pylist()
        valid = column.is_valid().to_pylist()
        return [
            held and any(inner[start:end])
            for held, start, end in zip(valid, offsets, offsets[1:], strict=False)
        ]
    if pa.types.is_struct(column.type):
        # flatten() carries the struct's own nulls into its fields.
        fields = [field.is_valid().to_pylist() for field in column.flatten()]
        return [any(values) for values in zip(*fields, strict=True)] if fields else []
    valid_values: list[bool] = column.is_valid().to_pylist()
    return valid_values


def _pictured(row: Mapping[str, Any], config: Config) -> bool:
    return any(row.get(name) for name in config.media_columns)


def _filed(row: Mapping[str, Any], paths: list[str], dataset: OpenedDataset) -> bool:
    return any(isinstance(row.get(path), str) and row[path] in dataset.files for path in paths)


def _sources(rules: DatasetRules, config: str, row: Mapping[str, Any]) -> frozenset[str]:
    try:
        return rules.sources_of(config, row) or frozenset({UNKNOWN_SOURCE})
    # A row that is not as the rules want it; the check of the tables says how.
    except Exception:  # noqa: BLE001
        return frozenset({UNKNOWN_SOURCE})


def _source(rules: DatasetRules, name: str) -> Source:
    """The source of that name, or one of which nothing is known."""
    nothing = Source(name, f"an unknown source ({shown(name, 60)})", _NOTHING, "", "not known")
    if name == UNKNOWN_SOURCE:
        nothing = replace(nothing, title="a source that nothing in the dataset tells")
    return rules.source(name) or nothing


def _told(source: Source, count: int, *, named: bool, public: bool) -> Finding:
    """One source's finding."""
    whose = f"{count:,} recording{'s' if count > 1 else ''} of {source.title}"
    terms = f"{source.terms} ({source.url})" if source.url else source.terms
    if source.redistribution == "allowed":
        return Finding("note", f"{whose} may be passed on under {terms}", "", _WHERE)
    if source.redistribution == "agreement":
        why = f"its terms want an agreement: {terms}"
    else:
        told = "" if terms == _NOTHING else f"; terms: {terms}"
        why = f"whether they may be passed on is not known{told}"
    if named:
        what = f"{whose}: {why}; you name the source, so its owners must have agreed"
        return Finding("warning", what, "have their agreement in writing", _WHERE)
    severity: Severity = "error" if public else "warning"
    return Finding(severity, f"{whose}: {why}; do not publish them", _MEND, _WHERE)


def _not_known(rules: DatasetRules, name: str) -> Finding | None:
    """An error for a named source that nobody has described."""
    if name == UNKNOWN_SOURCE or rules.source(name) is not None:
        return None
    known = ", ".join(source.name for source in rules.sources)
    what = f"{rules.title} has no source {shown(name, 60)}"
    return Finding("error", what, f"known: {known}, {UNKNOWN_SOURCE}", _WHERE)


def _strange(dataset: OpenedDataset, counts: Mapping[str, int]) -> Iterator[Finding]:
    """Recordings in a publication whose choice leaves them out."""
    choice = dataset.media.as_json()
    for name, count in sorted(counts.items()):
        if not dataset.media.allows({name}):
            title = _source(dataset.rules, name).title
            what = f"{count:,} recording(s) of {title} are there, but build.json says media: "
            told = (
                choice if isinstance(choice, str) else ", ".join(shown(one, 60) for one in choice)
            )
            yield Finding("error", f"{what}{told}", "publish the dataset again", _WHERE)


def _as_note(finding: Finding) -> Finding:
    return finding if finding.severity == "error" else replace(finding, severity="note")
