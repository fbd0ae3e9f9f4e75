"""Whether a dataset has the recordings that the tasks show: they may be left out on the Hub."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sightline.errors import DatasetError
from sightline.media_choice import MediaChoice
from sightline.media_left_out import annotations_only, build_instead, read_facts

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.benchmarks import Benchmark


def check_media(benchmark: Benchmark, folder: Path, origin: str) -> None:
    """See that the recordings which questions show were published, before anything is asked.

    Raises:
        DatasetError: some or all were left out.
    """
    facts = read_facts(folder / "build.json")
    choice = MediaChoice.of_facts(facts)
    if choice.whole:
        return
    mend = f"then set {benchmark.dataset_variable}=DATASET"
    if not choice.included:
        error = annotations_only(f"{benchmark.dataset_variable} ({origin})", facts)
        raise DatasetError(error.message, next_step=f"{error.next_step}, {mend}")
    left_out, count = _left_out(benchmark, folder, choice)
    if left_out:
        number = sum(left_out.values())
        raise DatasetError(
            f"{benchmark.dataset_variable} ({origin}) was published without the recordings of "
            f"{', '.join(sorted(left_out))} (build.json: publication.media), which {number} of its "
            f"{count} questions show",
            next_step=f"{build_instead(facts)}, {mend}",
        )


def _left_out(benchmark: Benchmark, folder: Path, choice: MediaChoice) -> tuple[Counter[str], int]:
    """Sources that were left out -> questions that need them, and how many questions there are."""
    import pyarrow.parquet as pq  # noqa: PLC0415 (heavy; this module is imported at start-up)

    rules = benchmark.call("dataset_rules")
    media = rules.config("questions").media_columns
    found: Counter[str] = Counter()
    count = 0
    for file in sorted(folder.glob("questions/*.parquet")):
        names = [name for name in pq.read_schema(file).names if name not in media]
        for row in pq.read_table(file, columns=names).to_pylist():
            count += 1
            sources = rules.sources_of("questions", row)
            if not choice.allows(sources):
                found["+".join(sorted(sources - (choice.sources or frozenset())))] += 1
    return found, count
