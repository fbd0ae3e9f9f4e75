#!/usr/bin/env python3
"""How many bytes the Hub sends for questions, one clip's frames, one video: beside what they weigh.

    python scripts/bench/hub_bytes.py DATASET
    python scripts/bench/hub_bytes.py --megabytes 300

Puts the dataset on the local Hub of the tests and reads it as people do, each time in a process of
its own with empty caches. `sent` is every byte of every answer's body as the server counted it:
listings, footers and redirects included, headers not. `weighs` is the content itself: the table of
questions, the pictures of the clip, the mp4. The clip and the video are those of middle size.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from hub_datasets import add_dataset, dataset_of, local_hub

from sightline import load_clip
from sightline.parquet import ClipReader
from sightline.parquet_reader import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

REPOSITORY = "org/bench"

QUESTIONS = """
import sys
from datasets import load_dataset
print(sum(1 for _ in load_dataset(sys.argv[1], "questions", split="test")))
"""
QUESTIONS_STREAMING = """
import sys
from datasets import load_dataset
print(sum(1 for _ in load_dataset(sys.argv[1], "questions", split="test", streaming=True)))
"""
LOAD_CLIP = """
import sys
from sightline import load_clip
print(len(load_clip(sys.argv[1], sys.argv[2], decode=False).frames))
"""
FILTERED = """
import sys
from datasets import load_dataset
wanted = [("clip_id", "==", sys.argv[2])]
rows = load_dataset(sys.argv[1], "frames", split="test", streaming=True, filters=wanted)
print(sum(1 for _ in rows.decode(False)))
"""
MEDIA_PATH = """
import sys
from sightline import media_path
print(media_path(sys.argv[1], sys.argv[2]).stat().st_size)
"""
DOWNLOAD = """
import os, sys
from huggingface_hub import hf_hub_download
print(os.path.getsize(hf_hub_download(sys.argv[1], sys.argv[2], repo_type="dataset")))
"""


@dataclass(frozen=True)
class Case:
    """One way to read a part of a dataset."""

    name: str
    """What the table calls it."""
    code: str
    """A program; it is given the repository and `what`, and prints `count`."""
    what: str
    """The clip or video; empty for the questions."""
    count: int
    """What it must print: rows, frames or bytes."""
    weighs: int
    """Bytes of the content."""


def main() -> int:
    """Read everything, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_dataset(parser)
    parser.add_argument("--requests", action="store_true", help="list every request as well")
    arguments = parser.parse_args()
    hub = local_hub()
    with tempfile.TemporaryDirectory() as work:
        dataset = dataset_of(arguments, Path(work))
        with hub.LocalHub(Path(work) / "hub", redirect_lfs=True) as running:
            running.add(REPOSITORY, dataset)
            print(f"{'':<42}{'sent':>13}{'weighs':>13}{'ratio':>8}{'requests':>10}")
            for number, case in enumerate(cases(dataset)):
                running.log.clear()
                home = Path(work) / f"home{number}"
                read(case, hub.environment(running.url, home))
                show(case, running.log.records(), each=arguments.requests)
    return 0


def cases(dataset: Path) -> Iterator[Case]:
    """What is read of a dataset; the frames only where it has any."""
    rows, size = questions_of(dataset)
    for name, code in (
        ("questions: load_dataset", QUESTIONS),
        ("questions: load_dataset, streaming", QUESTIONS_STREAMING),
    ):
        yield Case(name, code, "", rows, size)
    video = middle_video(dataset)
    name, size = video.relative_to(dataset).as_posix(), video.stat().st_size
    if (dataset / "frames").is_dir():
        clip, count, weighs = middle_clip(dataset / "frames")
        yield Case("one clip: load_clip", LOAD_CLIP, clip, count, weighs)
        yield Case("one clip: load_dataset, stream, filter", FILTERED, clip, count, weighs)
    else:
        count = len(load_clip(dataset, name, decode=False).frames)
        yield Case("one clip: load_clip, from its mp4", LOAD_CLIP, name, count, size)
    yield Case("one video: media_path", MEDIA_PATH, name, size, size)
    yield Case("one video: hf_hub_download", DOWNLOAD, name, size, size)


def middle_video(dataset: Path) -> Path:
    """The clean mp4 of middle size."""
    rows = read_rows(dataset / "videos", ("video_path",), next_step="build the dataset")
    videos = sorted((dataset / str(row["video_path"]) for row in rows), key=_size)
    return videos[len(videos) // 2]


def _size(path: Path) -> int:
    return path.stat().st_size


def questions_of(dataset: Path) -> tuple[int, int]:
    """How many questions there are, and the bytes of their table."""
    files = sorted((dataset / "questions").glob("*.parquet"))
    return (
        sum(pq.read_metadata(file).num_rows for file in files),
        sum(file.stat().st_size for file in files),
    )


def middle_clip(frames: Path) -> tuple[str, int, int]:
    """The clip of middle size: its id, its frames, the bytes of their pictures."""
    reader = ClipReader(frames)
    sizes = sorted(
        (sum(len(picture) for picture in reader.read(key)), reader.row_count(key), key)
        for key in reader.keys
    )
    size, count, key = sizes[len(sizes) // 2]
    return key, count, size


def read(case: Case, environment: Mapping[str, str]) -> None:
    """Run a case; what it printed must be right, or its bytes say nothing."""
    command = [sys.executable, "-c", case.code, REPOSITORY, case.what]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or done.stdout.split()[-1:] != [str(case.count)]:
        sys.exit(f"{case.name} must print {case.count}: {done.stdout}\n{done.stderr}")


def show(case: Case, records: Sequence[Any], *, each: bool) -> None:
    """One line of the table, and its requests."""
    sent = sum(record.sent for record in records)
    print(
        f"{case.name:<42}{sent:>13,}{case.weighs:>13,}{sent / case.weighs:>8.2f}{len(records):>10}"
    )
    if each:
        for record in records:
            what = f"{record.method} {record.path} {record.range or ''}"
            print(f"    {record.sent:>12,}  {record.status}  {what}")


if __name__ == "__main__":
    sys.exit(main())
