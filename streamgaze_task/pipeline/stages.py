"""The stages in order, and what each makes of one recording."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

from streamgaze_task.cameras import PUBLISHED, camera_of
from streamgaze_task.pipeline import gaze_store
from streamgaze_task.pipeline.config import digest
from streamgaze_task.pipeline.episodes import episodes_of, reference_episodes
from streamgaze_task.pipeline.facts import RecordingFacts
from streamgaze_task.pipeline.fixating.find import find_fixations
from streamgaze_task.pipeline.fixating.reference import reference_fixations
from streamgaze_task.pipeline.fixating.reference_scenes import reference_scenes
from streamgaze_task.pipeline.fixating.reference_similarity import scene_similarity
from streamgaze_task.pipeline.fixating.scenes import judge_scenes
from streamgaze_task.pipeline.labelling.labeller import Query
from streamgaze_task.pipeline.labelling.labels import label_fixations, take_views
from streamgaze_task.pipeline.labelling.log import AnswerLog
from streamgaze_task.pipeline.labelling.log import ask_all as ask_all_queries
from streamgaze_task.pipeline.outdated import note_outdated, of_recording
from streamgaze_task.pipeline.quality.choosing import choose
from streamgaze_task.pipeline.quality.judging import by_filters, judge_questions
from streamgaze_task.pipeline.quality.verify import verify_questions
from streamgaze_task.pipeline.questions.all_tasks import ask_all
from streamgaze_task.pipeline.questions.reference.all_tasks import ask_reference
from streamgaze_task.pipeline.questions.rules import Rules
from streamgaze_task.pipeline.recordings.actions import read_actions
from streamgaze_task.pipeline.recordings.read import (
    read_reference_gaze,
    reading_of,
    video_facts,
)
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
    Decisions,
    apply_to_labels,
    apply_to_questions,
    read_decisions,
)
from streamgaze_task.pipeline.scanpath import Scanpath, losses_of
from streamgaze_task.pipeline.stage import Stage, Task, file_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from streamgaze_task.gaze import GazeTable
    from streamgaze_task.pipeline.config import Config
    from streamgaze_task.pipeline.recordings.find import Source

_ENDS = 1 << 20


def _facts(task: Task) -> RecordingFacts:
    return task.read("recordings", RecordingFacts)[0]


def _gaze_table(task: Task) -> GazeTable:
    path = gaze_store.path_of(task.config, task.source.recording_id)
    return gaze_store.read(path).table()


def _log(task: Task) -> AnswerLog:
    return AnswerLog(task.config.work / "answers" / f"{task.source.recording_id}.jsonl")


def _decisions(task: Task) -> Decisions:
    path = task.config.decisions
    return read_decisions(path) if path.is_file() else Decisions("", "", "", ())


def _recordings(task: Task) -> Iterator[RecordingFacts]:
    """Gaze and facts of a recording."""
    source, config = task.source, task.config
    video, actions = video_facts(source), read_actions(source)
    reading = reading_of(source, video)
    published = config.method == "reference"
    samples = read_reference_gaze(source, video) if published else reading.samples
    path = gaze_store.path_of(config, source.recording_id)
    gaze_store.write(path, samples)
    yield RecordingFacts(
        recording_id=source.recording_id,
        category=source.category,
        source=source.camera.name,
        hfov_degrees=_hfov(source, published=published),
        video=video,
        video_digest=_video_digest(source.video),
        gaze_digest=file_digest(path),
        samples=len(samples),
        valid=int(samples.valid.sum()),
        actions=actions.actions,
        notes=(*reading.notes, *actions.notes),
    )


def _hfov(source: Source, *, published: bool) -> float:
    """The camera's field of view; by the published rules 90 degrees but for HoloAssist."""
    if published and source.format != "holoassist":
        return camera_of(PUBLISHED).hfov_degrees
    return source.camera.hfov_degrees


def _video_digest(path: Path) -> str:
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(_ENDS))
        file.seek(max(size - _ENDS, 0))
        digest.update(file.read(_ENDS))
    return digest.hexdigest()


def _files(task: Task) -> dict[str, str]:
    """What a recording is read from."""
    source = task.source
    others = [*source.gaze, *([source.actions] if source.actions else [])]
    found = {str(number): file_digest(path) for number, path in enumerate(others)}
    return {**found, "video": _video_digest(source.video), "source": repr(replace_paths(source))}


def replace_paths(source: Any) -> dict[str, Any]:
    """What is said of a recording, without where it lies: moving it changes nothing."""
    camera = source.camera
    return {
        "id": source.recording_id,
        "name": source.name,
        "format": source.format,
        "category": source.category,
        "camera": (camera.name, camera.hfov_degrees),
        "roles": source.roles,
        "table": source.table,
        "projection": (source.eye_distance_metres, source.max_gap_seconds),
    }


def _fixations(task: Task) -> tuple[FoundFixation, ...]:
    """Fixations, and which of them show one steady scene."""
    facts, config = _facts(task), task.config
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
        _facts(task).camera,
        _gaze_table(task),
        task.labeller(),
        _log(task),
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
        _log(task),
        task.config.views,
        task.progress,
        names=[name for name, _ in named.most_common()],
    )


def _things(label: LabelledFixation) -> tuple[SeenObject, ...]:
    return (*([label.gazed] if label.gazed else []), *label.beside, *label.outside)


def _episodes(task: Task) -> tuple[Episode, ...]:
    """Looks at objects, after what reviewers said of the labels."""
    read = task.read("labels", LabelledFixation)
    labels = apply_to_labels(read, _decisions(task), task.source.recording_id)
    if task.config.method == "reference":
        similarity = scene_similarity(task.source.video)
        return reference_episodes(labels, similarity)
    found = task.read("fixations", FoundFixation)
    return episodes_of(labels, found, task.config.episodes)


def scanpath_of(task: Task) -> Scanpath:
    """Everything that is known of a recording when its questions are made."""
    facts = _facts(task)
    return Scanpath(
        recording_id=facts.recording_id,
        category=facts.category,
        video_seconds=facts.video.seconds,
        episodes=tuple(task.read("episodes", Episode)),
        actions=facts.actions,
        views=tuple(task.read("views", View)),
        losses=losses_of(_gaze_table(task), facts.video.seconds),
    )


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
        return ask_all_queries(task.labeller(), _log(task), [query])[query.key].text

    return ask


def rules_of(config: Config, shared: Mapping[str, Any]) -> Rules:
    """What the question makers are told: settings, and words of all recordings."""
    return Rules(
        settings=config.questions,
        vocabulary=tuple(shared["vocabulary"]),
        values={kind: tuple(values) for kind, values in shared["values"].items()},
        actions=tuple(shared["actions"]),
    )


def words_of(tasks: Iterable[Task]) -> dict[str, Any]:
    """The words of all recordings, each as often as it can be a right answer, sorted.

    Names of what was surely looked at, values of its attributes, texts of actions.
    """
    names: list[str] = []
    values: dict[str, list[str]] = {}
    actions: list[str] = []
    for task in tasks:
        actions += [action.text for action in _facts(task).actions]
        for episode in task.read("episodes", Episode):
            if episode.gazed and episode.sure:
                names.append(episode.name)
                for kind, value in episode.gazed.attributes.items():
                    values.setdefault(kind, []).append(value)
    return {
        "vocabulary": sorted(names),
        "values": {kind: sorted(found) for kind, found in sorted(values.items())},
        "actions": sorted(actions),
    }


def choice_of(tasks: Sequence[Task]) -> dict[str, Any]:
    """Which questions make the benchmark: id of a recording -> ids of its questions, sorted.

    By the published rules all of them do.
    """
    if not tasks or tasks[0].config.method == "reference":
        return {}
    config = tasks[0].config
    good: dict[str, dict[str, list[Question]]] = {code: {} for code in config.questions.tasks}
    for task in tasks:
        judged = by_filters(
            task.read("questions", Question),
            scanpath_of(task),
            settings=config.quality,
            method=config.method,
        )
        for one in judged:
            if not one.dropped:
                own = good[one.question.task].setdefault(task.source.recording_id, [])
                own.append(one.question)
    chosen: dict[str, list[str]] = {}
    for candidates in good.values():
        ids = choose(candidates, config.questions.most_per_recording, config.seed)
        for recording_id, questions in candidates.items():
            kept = [question.id for question in questions if question.id in ids]
            chosen.setdefault(recording_id, []).extend(kept)
    return {recording_id: sorted(ids) for recording_id, ids in chosen.items()}


def _own_choice(task: Task) -> list[str] | None:
    if task.config.method == "reference":
        return None
    found: list[str] = task.shared.get(task.source.recording_id, [])
    return found


def _judged(task: Task) -> Iterable[Judged]:
    """Which questions stay, after filters, verifier and reviewers."""
    facts, settings = _facts(task), task.config.quality

    def verify(questions: Sequence[Question]) -> dict[str, str]:
        return verify_questions(
            questions,
            task.source.video,
            facts.camera,
            _gaze_table(task),
            task.labeller(),
            log=_log(task),
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
    decisions = _decisions(task)
    note_outdated(task, judged, decisions)
    return apply_to_questions(judged, decisions, facts.recording_id)


def _answers(task: Task) -> dict[str, str]:
    """The answers that a recorded labeller gives."""
    recorded = task.config.labeller.recorded
    return {"answers": file_digest(task.config.path.parent / recorded)} if recorded else {}


def _reviewed(task: Task) -> dict[str, str]:
    """What reviewers said of this recording: others are not made again for it."""
    own = of_recording(_decisions(task), task.source.recording_id)
    return {"decisions": digest(own)} if own else {}


def _words(task: Task) -> dict[str, str]:
    asked = _answers(task) if task.config.method == "reference" else {}
    return {**asked, "words": repr(sorted(task.shared.items()))}


def _chosen(task: Task) -> dict[str, str]:
    asked = _answers(task) if task.config.quality.verify else {}
    return {**asked, **_reviewed(task), "chosen": repr(_own_choice(task))}


PER_RECORDING = (
    Stage("recordings", _recordings, (), lambda _: (), _files),
    Stage(
        "fixations", _fixations, ("recordings",), lambda config: (config.fixations, config.scenes)
    ),
    Stage(
        "labels",
        _labels,
        ("recordings", "fixations"),
        lambda config: (config.labels, config.labeller),
        _answers,
    ),
    Stage(
        "views",
        _views,
        ("recordings", "labels"),
        lambda config: (config.views, config.labeller),
        _answers,
    ),
    Stage(
        "episodes",
        _episodes,
        ("labels", "fixations"),
        lambda config: config.episodes,
        _reviewed,
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
    ),
)
"""What needs the questions of all recordings."""

NAMES = (*(stage.name for stage in (*PER_RECORDING, *ASKING, *JUDGING)), "release")
"""All stages in order; the release is made of all recordings at once."""
