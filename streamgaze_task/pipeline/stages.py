"""The stages in order, and what each makes of one recording."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from sightline.errors import DatasetError
from streamgaze_task.pipeline import gaze_store
from streamgaze_task.pipeline.config import digest
from streamgaze_task.pipeline.episodes import episodes_of, reference_episodes
from streamgaze_task.pipeline.fixating.find import find_fixations
from streamgaze_task.pipeline.fixating.reference import reference_fixations
from streamgaze_task.pipeline.fixating.reference_scenes import reference_scenes
from streamgaze_task.pipeline.fixating.reference_similarity import scene_similarity
from streamgaze_task.pipeline.fixating.scenes import judge_scenes
from streamgaze_task.pipeline.gathering import rules_of
from streamgaze_task.pipeline.intake import files_of, take_in
from streamgaze_task.pipeline.known import decisions_of, facts_of, gaze_of, scanpath_of
from streamgaze_task.pipeline.labelling.labeller import Query
from streamgaze_task.pipeline.labelling.labels import label_fixations, take_views
from streamgaze_task.pipeline.labelling.log import ask_all as ask_all_queries
from streamgaze_task.pipeline.outdated import note_outdated, of_recording
from streamgaze_task.pipeline.quality.judging import judge_questions
from streamgaze_task.pipeline.quality.verify import verify_questions
from streamgaze_task.pipeline.questions.all_tasks import ask_all
from streamgaze_task.pipeline.questions.reference.all_tasks import ask_reference
from streamgaze_task.pipeline.records import (
    Episode,
    FoundFixation,
    Judged,
    LabelledFixation,
    Question,
    SeenObject,
    View,
)
from streamgaze_task.pipeline.review.decisions import (
    apply_to_labels,
    apply_to_questions,
)
from streamgaze_task.pipeline.stage import Stage, Task, file_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def _has_gaze(task: Task) -> bool:
    """Whether the gaze that the first stage wrote is there as it wrote it."""
    try:
        written = facts_of(task).gaze_digest
    except (DatasetError, IndexError):
        return False
    return file_digest(gaze_store.path_of(task.config, task.source.recording_id)) == written


def _fixations(task: Task) -> tuple[FoundFixation, ...]:
    """Fixations, and which of them show one steady scene."""
    facts, config = facts_of(task), task.config
    samples = gaze_store.read(gaze_store.path_of(config, facts.recording_id))
    video = task.source.video
    if config.method == "reference":
        found = reference_fixations(samples, facts.video, task.source.format)
        return reference_scenes(video, found, task.source.format, task.progress)
    found = find_fixations(samples, facts.camera, facts.video, config.fixations)
    return judge_scenes(video, found, config.scenes, task.progress)


def _labels(task: Task) -> list[LabelledFixation]:
    """What was looked at during each fixation."""
    kept = [found for found in task.read("fixations", FoundFixation) if not found.dropped]
    return label_fixations(
        task.source.video,
        kept,
        facts_of(task).camera,
        gaze_of(task),
        task.labeller(),
        task.answers,
        task.config.labels,
        task.progress,
        method=task.config.method,
    )


def _views(task: Task) -> list[View]:
    """What is in view at regular moments."""
    if task.config.method == "reference":
        return []
    labels = task.read("labels", LabelledFixation)
    named = Counter(thing.name for label in labels for thing in _things(label))
    return take_views(
        task.source.video,
        task.labeller(),
        task.answers,
        task.config.views,
        task.progress,
        names=[name for name, _ in named.most_common()],
    )


def _things(label: LabelledFixation) -> tuple[SeenObject, ...]:
    return (*([label.gazed] if label.gazed else []), *label.beside, *label.outside)


def _episodes(task: Task) -> tuple[Episode, ...]:
    """Looks at objects, after what reviewers said of the labels."""
    read = task.read("labels", LabelledFixation)
    labels = apply_to_labels(read, decisions_of(task), task.source.recording_id)
    if task.config.method == "reference":
        similarity = scene_similarity(task.source.video)
        return reference_episodes(labels, similarity)
    found = task.read("fixations", FoundFixation)
    return episodes_of(labels, found, task.config.episodes)


def _questions(task: Task) -> Iterable[Question]:
    """Questions of the ten tasks."""
    config, scanpath = task.config, scanpath_of(task)
    if config.method == "reference":
        return ask_reference(scanpath, config.questions.tasks, _text_model(task))
    return ask_all(scanpath, rules_of(config, task.shared), config.seed)


def _text_model(task: Task) -> Callable[[str], str] | None:
    """Asks the labeller about words alone; None where it is none that reads prompts."""
    if task.config.labeller.kind == "rendered":
        return None
    numbers = count()

    def ask(prompt: str) -> str:
        query = Query(f"text/{next(numbers)}", "text", prompt)
        return ask_all_queries(task.labeller(), task.answers, [query])[query.key].text

    return ask


def _own_choice(task: Task) -> list[str] | None:
    if task.config.method == "reference":
        return None
    found: list[str] = task.shared.get(task.source.recording_id, [])
    return found


def _judged(task: Task) -> Iterable[Judged]:
    """Which questions stay, after filters, verifier and reviewers."""
    facts, settings = facts_of(task), task.config.quality

    def verify(questions: Sequence[Question]) -> dict[str, str]:
        return verify_questions(
            questions,
            task.source.video,
            facts.camera,
            gaze_of(task),
            task.labeller(),
            log=task.answers,
            settings=settings,
        )

    judged = judge_questions(
        task.read("questions", Question),
        scanpath_of(task),
        settings=settings,
        method=task.config.method,
        chosen=_own_choice(task),
        verify=verify if settings.verify else None,
    )
    decisions = decisions_of(task)
    note_outdated(task, judged, decisions)
    return apply_to_questions(judged, decisions, facts.recording_id, facts.video.seconds)


def _answers(task: Task) -> dict[str, str]:
    """The answers that a recorded labeller gives."""
    recorded = task.config.labeller.recorded
    return {"answers": file_digest(task.config.path.parent / recorded)} if recorded else {}


def _reviewed(task: Task) -> dict[str, str]:
    """What reviewers said of this recording: others are not made again for it."""
    own = of_recording(decisions_of(task), task.source.recording_id)
    return {"decisions": digest(own)} if own else {}


def _words(task: Task) -> dict[str, str]:
    asked = _answers(task) if task.config.method == "reference" else {}
    return {**asked, "words": repr(sorted(task.shared.items()))}


def _chosen(task: Task) -> dict[str, str]:
    asked = _answers(task) if task.config.quality.verify else {}
    return {**asked, **_reviewed(task), "chosen": repr(_own_choice(task))}


PER_RECORDING = (
    Stage("recordings", take_in, (), lambda _: (), files_of, beside=_has_gaze, version=2),
    Stage(
        "fixations",
        _fixations,
        ("recordings",),
        lambda config: (config.fixations, config.scenes),
        version=2,
    ),
    Stage(
        "labels",
        _labels,
        ("recordings", "fixations"),
        lambda config: (config.labels, config.labeller),
        _answers,
        asks=lambda _: True,
        version=2,
    ),
    Stage(
        "views",
        _views,
        ("recordings", "labels"),
        lambda config: (config.views, config.labeller),
        _answers,
        asks=lambda config: config.method != "reference" and bool(config.views.every_seconds),
        version=2,
    ),
    Stage(
        "episodes",
        _episodes,
        ("labels", "fixations"),
        lambda config: config.episodes,
        _reviewed,
        version=2,
    ),
)
"""What is made of every recording by itself."""

ASKING = (
    Stage(
        "questions",
        _questions,
        ("recordings", "episodes", "views"),
        lambda config: (
            config.seed,
            replace(config.questions, most_per_recording=1),  # how many is decided later
            config.labeller if config.method == "reference" else None,
        ),
        _words,
        version=2,
        asks=lambda config: config.method == "reference",
    ),
)
"""What needs the words of all recordings."""

JUDGING = (
    Stage(
        "judged",
        _judged,
        ("questions", "episodes", "views"),
        lambda config: (config.quality, config.labeller if config.quality.verify else None),
        _chosen,
        asks=lambda config: config.quality.verify,
        version=2,
    ),
)
"""What needs the questions of all recordings."""

NAMES = (*(stage.name for stage in (*PER_RECORDING, *ASKING, *JUDGING)), "release")
"""All stages in order; the release is made of all recordings at once."""
