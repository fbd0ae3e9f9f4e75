"""The datasets: found, and whole by the record of their build."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import SightlineError
from sightline.findings import Finding
from sightline.lmms import source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sightline.benchmarks import Benchmark
    from sightline.lmms.source import DatasetSource

SPOT_CHECKS = 3
"""Media files whose checksums are compared when not all of them are."""

SPOT_BYTES = 64 << 20
"""Files above this size are left out of the spot checks."""

_SHOWN = 3
_CARD = "README.md"
"""May be changed by its owner."""


def locate(benchmark: Benchmark, *, fetch: bool) -> DatasetSource | Finding:
    """The dataset of a benchmark, or why there is none.

    Args:
        benchmark: whose dataset.
        fetch: whether it may be downloaded or built, as a run would do now.
    """
    wanted = os.environ.get(benchmark.dataset_variable, "").strip()
    variable = benchmark.dataset_variable
    if not fetch and not wanted and not source.is_built(source.default_folder(benchmark)):
        return Finding(
            "warning",
            f"{benchmark.title}: {variable} is not set, so the first run builds the dataset from "
            f"{benchmark.release}",
            f"build it now: sightline build {benchmark.name} --out DATASET; then set {variable}",
        )
    if not fetch and wanted and not Path(wanted).expanduser().is_dir() and _is_repository(wanted):
        return Finding(
            "note", f"{benchmark.title}: {variable}={wanted} is on the Hub; a run looks at it"
        )
    try:
        return source.resolve(benchmark)
    except SightlineError as error:
        return Finding("error", f"{benchmark.title}: {error.message}", error.next_step)


def _is_repository(wanted: str) -> bool:
    return wanted.count("/") == 1 and not wanted.startswith((".", "/", "~"))


def check(benchmark: Benchmark, found: DatasetSource, *, thorough: bool) -> Iterator[Finding]:
    """Compare the files of a dataset with the record of its build.

    Args:
        benchmark: whose dataset it is.
        found: the dataset.
        thorough: compare every checksum; else sizes, and a few checksums.
    """
    rebuild = f"sightline build {benchmark.name} --out DATASET, from the release"
    try:
        record = json.loads((found.folder / "build.json").read_text(encoding="utf-8"))
        files = {
            name: (int(fact["bytes"]), str(fact["sha256"]))
            for name, fact in record["files"].items()
            if name != _CARD
        }
        counts = ", ".join(f"{number:,} {name}" for name, number in record["rows"].items())
        skipped = len(record["skipped"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        yield Finding(
            "warning",
            f"{benchmark.title}: {found.origin} has no readable build.json ({error}), so whether "
            "it is complete cannot be told",
            rebuild,
        )
        return
    bad = _faults(found, files, thorough=thorough)
    checked = "all checksums" if thorough else f"sizes and {SPOT_CHECKS} checksums"
    if bad:
        shown = "; ".join(bad[:_SHOWN]) + (f"; and {len(bad) - _SHOWN} more" * (len(bad) > _SHOWN))
        yield Finding("error", f"{benchmark.title}: {found.origin} is not whole: {shown}", rebuild)
    else:
        yield Finding(
            "ok", f"{benchmark.title}: {found.origin}, {counts}; {len(files):,} files, {checked}"
        )
    if skipped:
        yield Finding(
            "warning",
            f"{benchmark.title}: {skipped} samples were left out of the dataset when it was "
            "built, so its results are not those of the whole benchmark",
            "repair the release, and build without --skip-broken",
        )


def _faults(
    found: DatasetSource, files: Mapping[str, tuple[int, str]], *, thorough: bool
) -> list[str]:
    """Files that are missing, or of another size or checksum."""
    bad, present = [], []
    for name, (size, _) in files.items():
        path = found.folder / name
        if not path.is_file():
            if found.repository is None:  # else it is fetched when it is asked for
                bad.append(f"{name} is missing")
        elif path.stat().st_size != size:
            bad.append(f"{name} has {path.stat().st_size:,} bytes instead of {size:,}")
        else:
            present.append(name)
    if not thorough:
        small = [name for name in present if files[name][0] <= SPOT_BYTES]
        present = small[:: max(1, len(small) // SPOT_CHECKS)][:SPOT_CHECKS]
    changed = [name for name in present if _sha256(found.folder / name) != files[name][1]]
    return [*bad, *(f"{name} has another checksum" for name in changed)]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
