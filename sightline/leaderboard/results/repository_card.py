"""README.md of a results repository: what it is, and which files load_dataset opens.

Only the front matter's list of configs is ours to rewrite; whatever else maintainers wrote stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from sightline.checking.front_matter import read_front_matter
from sightline.errors import SubmissionError
from sightline.leaderboard.results.entry_names import RESULTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CARD = "README.md"
"""The card's name."""

CARD_LIMIT_BYTES = 1 << 20
"""The largest card that is read."""

_BODY = """
# Results

Results of models on video benchmarks, from which a leaderboard page is built.

- `results/<benchmark>/<org>__<model>/<run>.json` is one run: its numbers, and how it was made. They
  were computed from the responses, never taken from the submitter. `<run>.parquet` beside it has
  every response, and what each parser read in it.
- `results/<benchmark>/published/*.json` are numbers that papers print, with what is wrong with
  them. They are published, not re-run.

What is verified: that the responses are to exactly the questions of the split, and that the numbers
follow from them. What is not: that the named model gave them. A response is easy to invent, so a
result is as trustworthy as whoever submitted it, and as repeatable as its settings.

## Submit

```
sightline submit RUN --model ORG/NAME --push THIS/REPOSITORY --create-pr
```

It opens a pull request with two files. Maintainers look at it with
`sightline leaderboard verify THIS/REPOSITORY@refs/pr/N --dataset DATASET`.

## Load the responses

```python
from datasets import load_dataset

rows = load_dataset("THIS/REPOSITORY", "BENCHMARK", split="test")
```
"""


def refresh(folder: Path) -> Path | None:
    """Make the card, or bring its configs up to date.

    Args:
        folder: the results repository.

    Returns:
        The card where it was written; None where it says already what it should.

    Raises:
        SubmissionError: there is a card whose front matter cannot be read.
    """
    path = folder / CARD
    old = path.read_text(encoding="utf-8") if _is_there(path) else None
    new = card(old, benchmarks_with_samples(folder))
    if new == old:
        return None
    unfinished = path.with_name(f".{CARD}.unfinished")
    unfinished.write_text(new, encoding="utf-8")
    unfinished.replace(path)
    return path


def card(old: str | None, benchmarks: Sequence[str]) -> str:
    """The card's text.

    Args:
        old: what it is now; None where there is none.
        benchmarks: those with at least one file of samples: a config that fits none cannot be
            loaded, and neither could the others then.

    Raises:
        SubmissionError: its front matter cannot be read.
    """
    values: dict[str, Any] = {"pretty_name": "Results", "tags": ["leaderboard"]}
    body = _BODY
    if old is not None:
        found = read_front_matter(old)
        if not found.readable:
            raise SubmissionError(
                f"{CARD} of the results repository: {found.faults[0]}",
                next_step="mend it, or remove it to have a new one made",
            )
        if found.values.get("configs", []) == _configs(benchmarks):
            return old
        values, body = dict(found.values), found.body
    values.pop("configs", None)
    if benchmarks:
        values["configs"] = _configs(benchmarks)
    head = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    return f"---\n{head}---\n{body}"


def benchmarks_with_samples(folder: Path) -> tuple[str, ...]:
    """Benchmarks of which the repository has files of samples, sorted."""
    found = (folder / RESULTS).glob("*/*/*.parquet")
    return tuple(sorted({path.parent.parent.name for path in found}))


def _configs(benchmarks: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "config_name": name,
            "data_files": [{"split": "test", "path": f"{RESULTS}/{name}/*/*.parquet"}],
        }
        for name in benchmarks
    ]


def _is_there(path: Path) -> bool:
    if not path.exists() and not path.is_symlink():
        return False
    if path.is_symlink() or not path.is_file() or path.stat().st_size > CARD_LIMIT_BYTES:
        raise SubmissionError(
            f"{path} must be a regular file of at most {CARD_LIMIT_BYTES:,} bytes"
        )
    return True
