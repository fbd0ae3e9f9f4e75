"""Labelled fixations -> episodes: one look at one object, however many fixations it took.

Ours is label-aware: fixations in a row on the same object are one episode. The published rule
(pipeline step 2.5 of daeunni/StreamGaze) merges whatever follows within two seconds: it compares
places in [0, 1] with a threshold of 50 pixels, which is always met.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamgaze_task.pipeline.fixating.find import SHORT
from streamgaze_task.pipeline.records import Episode, LabelledFixation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from streamgaze_task.pipeline.records import FoundFixation, SeenObject

MERGE_SECONDS = 2.0
"""Looks at one object this little apart are one episode: step 2.5's gap."""

SIMILAR_SCENE = 0.70
"""From this correlation on the published rule takes two episodes for one (step 2.5)."""


@dataclass(frozen=True)
class EpisodeSettings:
    """The part ``episodes`` of a configuration.

    Raises:
        ValueError: the gap is negative.
    """

    merge_seconds: float = MERGE_SECONDS
    """Longest gap between two fixations of one episode, seconds, >= 0."""

    def __post_init__(self) -> None:
        """Check."""
        if self.merge_seconds < 0:
            raise ValueError(f"merge_seconds ({self.merge_seconds}) must be >= 0")


def episodes_of(
    labels: Sequence[LabelledFixation],
    fixations: Sequence[FoundFixation],
    settings: EpisodeSettings,
) -> tuple[Episode, ...]:
    """The looks of one recording, in order of time.

    A fixation that was found but not labelled stays as an episode of which nobody knows what it
    was about, so that what surrounds it is not taken for neighbours. One that was too short is no
    look at all, as for the authors: between two long ones there are often several.

    Args:
        labels: of the fixations that were used.
        fixations: all that were found.
        settings: how far apart fixations of one episode may lie.
    """
    labelled = {label.number: label for label in labels}
    looks = [
        labelled.get(found.number, found)
        for found in sorted(fixations, key=lambda one: (one.start_seconds, one.number))
        if found.dropped != SHORT
    ]
    runs: list[list[LabelledFixation | FoundFixation]] = []
    for look in looks:
        if runs and _continues(runs[-1][-1], look, settings.merge_seconds):
            runs[-1].append(look)
        else:
            runs.append([look])
    return tuple(_episode(number, run) for number, run in enumerate(runs))


def _name(look: LabelledFixation | FoundFixation) -> str:
    return look.gazed.name if isinstance(look, LabelledFixation) and look.gazed else ""


def _continues(
    last: LabelledFixation | FoundFixation, look: LabelledFixation | FoundFixation, gap: float
) -> bool:
    same = bool(_name(last)) and _name(last) == _name(look)
    return same and look.start_seconds - last.end_seconds <= gap


def _episode(number: int, run: Sequence[LabelledFixation | FoundFixation]) -> Episode:
    labels = [look for look in run if isinstance(look, LabelledFixation)]
    gazed = next((label.gazed for label in labels if label.gazed), None)
    seconds = [max(look.end_seconds - look.start_seconds, 1e-9) for look in run]
    whole = sum(seconds)
    everywhere = (
        set.intersection(*({thing.name for thing in label.outside} for label in labels))
        if labels
        else set()
    )
    beside = _union(thing for label in labels for thing in label.beside)
    own = {gazed.name if gazed else "", *(thing.name for thing in beside)}
    return Episode(
        number=number,
        start_seconds=run[0].start_seconds,
        end_seconds=run[-1].end_seconds,
        x=sum(look.x * part for look, part in zip(run, seconds, strict=True)) / whole,
        y=sum(look.y * part for look, part in zip(run, seconds, strict=True)) / whole,
        gazed=_described(gazed, labels),
        beside=tuple(thing for thing in beside if not gazed or thing.name != gazed.name),
        outside=tuple(
            thing
            for thing in _union(thing for label in labels for thing in label.outside)
            if thing.name in everywhere - own
        ),
        captions=tuple(label.caption for label in labels if label.caption),
        fixations=tuple(look.number for look in run),
        sure=bool(labels) and all(label.sure and not label.problem for label in labels),
    )


def _described(gazed: SeenObject | None, labels: Sequence[LabelledFixation]) -> SeenObject | None:
    """What was looked at, with the attributes that no fixation of the episode disputes."""
    if gazed is None:
        return None
    told = [label.gazed for label in labels if label.gazed]
    values: dict[str, set[str]] = {}
    for thing in told:
        for kind, value in thing.attributes.items():
            values.setdefault(kind, set()).add(value)
    agreed = {kind: min(found) for kind, found in sorted(values.items()) if len(found) == 1}
    return replace(gazed, attributes=agreed)


def _union(things: Iterable[SeenObject]) -> tuple[SeenObject, ...]:
    """Each name once, as it was first described."""
    found: dict[str, SeenObject] = {}
    for thing in things:
        found.setdefault(thing.name, thing)
    return tuple(found.values())


def reference_episodes(
    labels: Sequence[LabelledFixation], similarity: Callable[[float, float], float | None]
) -> tuple[Episode, ...]:
    """The published rule, faults included (pipeline step 2.5).

    Whatever begins less than two seconds after the last fixation ended is merged, whatever it
    shows; then an episode is dropped, with its objects, while the pictures from the kept one's
    start to its own end are alike.

    Args:
        labels: the labelled fixations; those without labels take part, as in the original.
        similarity: smallest correlation of the hue-saturation histograms of five frames of a
            span (start, end) in seconds; None when they cannot be read, which keeps the episode.
    """
    runs: list[list[LabelledFixation]] = []
    for label in sorted(labels, key=lambda one: one.start_seconds):
        if runs and label.start_seconds - runs[-1][-1].end_seconds < MERGE_SECONDS:
            runs[-1].append(label)
        else:
            runs.append([label])
    merged = [_published(run) for run in runs]
    kept: list[Episode] = []
    for episode in merged:
        if kept and kept[-1].gazed and episode.gazed:
            alike = similarity(kept[-1].start_seconds, episode.end_seconds)
            if alike is not None and alike >= SIMILAR_SCENE:
                continue
        kept.append(episode)
    return tuple(replace(episode, number=number) for number, episode in enumerate(kept))


def _published(run: Sequence[LabelledFixation]) -> Episode:
    named = [label.gazed for label in run if label.gazed]
    counted = Counter(thing.name for thing in named)
    most = max(counted.values(), default=0)
    shown = next((thing for thing in named if counted[thing.name] == most), None)
    return Episode(
        number=0,
        start_seconds=min(label.start_seconds for label in run),
        end_seconds=max(label.end_seconds for label in run),
        x=sum(label.x for label in run) / len(run),
        y=sum(label.y for label in run) / len(run),
        gazed=shown,
        beside=_union(thing for label in run for thing in label.beside),
        outside=_union(thing for label in run for thing in label.outside),
        captions=tuple(label.caption for label in run if label.caption),
        fixations=tuple(label.number for label in run),
    )
