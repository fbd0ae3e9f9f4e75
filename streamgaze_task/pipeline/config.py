"""A configuration: one YAML file that says what is made from what, and how."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sightline.errors import UsageError
from sightline.fields import is_text, shown
from streamgaze_task.pipeline.cluster_settings import ClusterSettings
from streamgaze_task.pipeline.episodes import EpisodeSettings
from streamgaze_task.pipeline.fixating.settings import FixationSettings, SceneSettings
from streamgaze_task.pipeline.labelling.settings import (
    LabellerSettings,
    LabelSettings,
    ViewSettings,
)
from streamgaze_task.pipeline.quality.settings import QualitySettings
from streamgaze_task.pipeline.questions.rules import QuestionSettings
from streamgaze_task.pipeline.recordings.spec import RecordingsSettings
from streamgaze_task.pipeline.records import Method  # noqa: TC001 (settings_from reads the hint)
from streamgaze_task.pipeline.settings import settings_from

LARGEST = 1 << 20
"""Bytes of a configuration."""

EXAMPLE = "`sightline gaze recordings OUT` writes recordings with a configuration to start from"


@dataclass(frozen=True)
class _Written:
    """What stands in the file."""

    name: str
    out: str
    recordings: tuple[dict[str, Any], ...]
    seed: int = 0
    method: Method = "sightline"
    fixations: dict[str, Any] | None = None
    scenes: dict[str, Any] | None = None
    labeller: dict[str, Any] | None = None
    labels: dict[str, Any] | None = None
    views: dict[str, Any] | None = None
    episodes: dict[str, Any] | None = None
    questions: dict[str, Any] | None = None
    quality: dict[str, Any] | None = None
    cluster: dict[str, Any] | None = None


@dataclass(frozen=True)
class Config:
    """What is made, and how; paths are absolute."""

    name: str
    """Of the benchmark."""
    path: Path
    """The configuration's file; paths in it are relative to its folder."""
    out: Path
    """Where everything goes: ``work/``, ``release/``, ``report.json``."""
    recordings: tuple[RecordingsSettings, ...]
    """Where the recordings lie."""
    seed: int
    """Of every random choice."""
    method: Method
    """Whose rules."""
    fixations: FixationSettings
    scenes: SceneSettings
    labeller: LabellerSettings
    labels: LabelSettings
    views: ViewSettings
    episodes: EpisodeSettings
    questions: QuestionSettings
    quality: QualitySettings
    cluster: ClusterSettings

    @property
    def work(self) -> Path:
        """What the stages hand on."""
        return self.out / "work"

    @property
    def decisions(self) -> Path:
        """What reviewers decided; the file need not be there."""
        return self.out / "decisions.json"


class _Plain(yaml.SafeLoader):
    """Reads plain values, every name once, no aliases: a few lines of them unfold to any size."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases."""
        if self.check_event(yaml.AliasEvent):
            place = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not read", problem_mark=place)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 (PyYAML's signature)
        """Refuse a name that stands there twice: the first would be lost."""
        seen: set[str] = set()
        for name, _ in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value in seen:
                told = f"{name.value!r:.80} stands here twice"
                raise yaml.MarkedYAMLError(problem=told, problem_mark=name.start_mark)
            seen.add(str(name.value))
        return super().construct_mapping(node, deep=deep)


def read_config(path: Path) -> Config:
    """Read a configuration.

    Raises:
        UsageError: the file cannot be read, or something in it is unknown or of another type.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise UsageError(f"{path} must be a configuration of at most {LARGEST} bytes")
        given = yaml.load(data, _Plain)  # noqa: S506 (it is a SafeLoader that reads less)
    except (OSError, yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read: {error}", next_step=EXAMPLE) from error
    # A date that there is not, a number of more digits than Python reads, or a tag that does not
    # fit its value (`!!bool maybe`), of which PyYAML takes no care.
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        told = f"{path} cannot be read: it has a value that is none ({error})"
        raise UsageError(told, next_step=EXAMPLE) from error
    written = settings_from(_Written, given, path.name)
    if not written.recordings:
        raise UsageError(f"{path.name}: recordings must name at least one folder")
    if not written.name.strip() or not is_text(written.name):
        raise UsageError(f"{path.name}: name must be a text, but is {shown(written.name)}")
    return Config(
        name=written.name,
        path=path.absolute(),
        out=_out(written.out, path),
        recordings=tuple(
            settings_from(RecordingsSettings, each, f"recordings[{i}]")
            for i, each in enumerate(written.recordings)
        ),
        seed=written.seed,
        method=written.method,
        fixations=settings_from(FixationSettings, written.fixations, "fixations"),
        scenes=settings_from(SceneSettings, written.scenes, "scenes"),
        labeller=settings_from(LabellerSettings, written.labeller or {}, "labeller"),
        labels=settings_from(LabelSettings, written.labels, "labels"),
        views=settings_from(ViewSettings, written.views, "views"),
        episodes=settings_from(EpisodeSettings, written.episodes, "episodes"),
        questions=settings_from(QuestionSettings, written.questions, "questions"),
        quality=settings_from(QualitySettings, written.quality, "quality"),
        cluster=settings_from(ClusterSettings, written.cluster, "cluster"),
    )


def _out(written: str, path: Path) -> Path:
    if written.strip() and is_text(written) and "\0" not in written:
        # RuntimeError: nobody knows where that person's home is.
        with suppress(RuntimeError):
            return path.absolute().parent / Path(written).expanduser()
    raise UsageError(f"{path.name}: out must be a folder's name, but is {shown(written)}")


def digest(value: object) -> str:
    """SHA-256 of settings and the like: equal values, equal digest."""
    return hashlib.sha256(repr(value).encode()).hexdigest()
