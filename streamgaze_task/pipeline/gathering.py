"""What must be known of all recordings: the words of questions, and which questions are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamgaze_task.pipeline.known import facts_of, scanpath_of
from streamgaze_task.pipeline.quality.choosing import choose
from streamgaze_task.pipeline.quality.judging import by_filters
from streamgaze_task.pipeline.questions.rules import Rules
from streamgaze_task.pipeline.records import Episode, Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from streamgaze_task.pipeline.config import Config
    from streamgaze_task.pipeline.stage import Task


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
        actions += [action.text for action in facts_of(task).actions]
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
