"""Why a recording is not in a dataset, and what to do about it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.benchmarks import all_benchmarks
from sightline.dataset_rules import UNKNOWN_SOURCE, rules_of
from sightline.errors import DatasetError, SightlineError
from sightline.media_choice import MediaChoice

if TYPE_CHECKING:
    from collections.abc import Mapping

_RELEASE = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Absent:
    """A recording that may not be there."""

    what: str
    """What messages call it: a clip id, or a path in the dataset."""
    config: str
    """The config that has a row of it: ``videos``."""
    row: Mapping[str, Any] = field(default_factory=dict)
    """That row, by which its source is told."""


def read_facts(path: Path) -> dict[str, Any]:
    """What a ``build.json`` says; nothing where it is none: strangers may have written it."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def explained(absent: Absent, origin: str, facts: Mapping[str, Any]) -> DatasetError:
    """The error for a recording that the dataset does not have.

    Args:
        absent: the recording.
        origin: what messages call the dataset.
        facts: the content of its ``build.json``.
    """
    choice = MediaChoice.of_facts(facts)
    if not choice.included:
        return annotations_only(origin, facts)
    sources = sources_of(absent, facts)
    if not choice.allows(sources):
        return DatasetError(
            f"{origin} has no {absent.what}: it comes from {', '.join(sorted(sources))}, and only "
            f"recordings of {', '.join(sorted(choice.sources or ()))} were published "
            "(build.json: publication.media)",
            next_step=build_instead(facts),
        )
    return DatasetError(
        f"{origin} has no file {absent.what}",
        next_step=f"the dataset is not whole; {build_instead(facts)}",
    )


def annotations_only(origin: str, facts: Mapping[str, Any]) -> DatasetError:
    """The error for a dataset that was published without recordings."""
    value = json.dumps(MediaChoice.of_facts(facts).as_json())
    return DatasetError(
        f"{origin} holds annotations only (build.json: publication.media = {value})",
        next_step=build_instead(facts),
    )


def build_instead(facts: Mapping[str, Any]) -> str:
    """The next step: the command that makes the whole dataset of the authors' release."""
    benchmark = facts.get("benchmark")
    name = benchmark if benchmark in all_benchmarks() else "BENCHMARK"
    return (
        f"build it from the authors' release: sightline build {name} --release {_release(facts)} "
        "--out DATASET"
    )


def sources_of(absent: Absent, facts: Mapping[str, Any]) -> frozenset[str]:
    """Where a recording comes from; ``UNKNOWN_SOURCE`` where nothing tells."""
    try:
        rules = rules_of(Path("build.json"), facts)
        return rules.sources_of(absent.config, absent.row) or frozenset({UNKNOWN_SOURCE})
    except (SightlineError, LookupError, TypeError, AttributeError):
        # A benchmark that is not installed, or a row of strangers without the columns.
        return frozenset({UNKNOWN_SOURCE})


def _release(facts: Mapping[str, Any]) -> str:
    """The release as the record of the build names it; strangers write it, so it is checked."""
    release = facts.get("release")
    repository = release.get("repository") if isinstance(release, dict) else None
    revision = release.get("revision") if isinstance(release, dict) else None
    if not isinstance(repository, str) or not _RELEASE.fullmatch(repository):
        return "RELEASE"
    pinned = isinstance(revision, str) and _COMMIT.fullmatch(revision)
    return f"{repository}@{revision}" if pinned else repository
