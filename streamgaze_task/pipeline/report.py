"""What a run found, counted at every stage: nothing goes missing unseen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.tables import Column, Note, Table, render
from streamgaze_task.pipeline.facts import RecordingFacts
from streamgaze_task.pipeline.outdated import outdated_of
from streamgaze_task.pipeline.quality.verify import NOT_VERIFIED
from streamgaze_task.pipeline.records import Episode, FoundFixation, Judged, LabelledFixation, View
from streamgaze_task.pipeline.stages import NAMES
from streamgaze_task.task_names import TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from streamgaze_task.pipeline.stage import Task


REPORT = "report.json"
REPORT_PAGE = "report.html"
_MOST_REASONS = 5


@dataclass(frozen=True)
class RunReport:
    """What a run found."""

    name: str
    out: Path
    facts: dict[str, Any]
    """Counts of every stage, plain JSON types."""
    failed: dict[str, str]
    """Recording -> why it was left behind."""
    released: bool
    """Whether there is a release of all this."""
    said: str = ""
    """What is to be told of the release of this or an earlier run, but for its counts."""
    empty: bool = False
    """Whether there is no release because no question is left."""

    def as_json(self) -> dict[str, Any]:
        """For ``report.json``."""
        return {"name": self.name, **self.facts, "failed": self.failed, "released": self.released}

    def text(self) -> str:
        """For the terminal."""
        blocks: list[Table | Note] = [Note(f"{self.name}: {line}") for line in _lines(self.facts)]
        if "questions" in self.facts:
            blocks.append(_tasks(self.facts))
        blocks += [Note(note) for note in self.facts.get("files_left_aside", ())]
        for name, note in self.facts.get("notes", {}).items():
            blocks.append(Note(f"{name}: {'; '.join(note)}"))
        for name, why in self.failed.items():
            blocks.append(Note(f"{name} was left behind: {why}", warning=True))
        blocks.append(Note(f"the same with reasons: {self.out / REPORT_PAGE}"))
        if unanswered(self.facts):
            blocks.append(Note(unanswered(self.facts), warning=True))
        if self.empty:
            blocks.append(Note(NOTHING_LEFT, warning=True))
        if self.said:
            blocks.append(Note(self.said, warning=True))
        if self.released:
            release = self.out / "release"
            blocks.append(
                Note(f"next: sightline build streamgaze --release {release} --out DATASET")
            )
        elif self.failed:
            blocks.append(
                Note("mend them and run the same command again, or add --skip-failed", warning=True)
            )
        return render(blocks)


NOTHING_LEFT = (
    "no question is left, so there is no release: the counts tell at which stage they were lost"
)


def unanswered(facts: Mapping[str, Any]) -> str:
    """What is there for want of a labeller's answer, and what to do; empty where nothing is."""
    counts = {
        "labels": sum(facts.get("label_problems", {}).values()),
        "views": sum(facts.get("view_problems", {}).values()),
        "verified questions": facts.get("questions_not_verified", 0),
    }
    told = " and ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    if not told:
        return ""
    return (
        f"the labeller gave no answer that could be used for {told}; the same command asks again "
        "what nobody answered, and with --retry-problems all of it"
    )


def facts_of(tasks: Sequence[Task], until: str) -> dict[str, Any]:
    """Counts over all recordings that did not fail, up to a stage."""
    facts: dict[str, Any] = {"recordings": len(tasks)}
    done = NAMES[: NAMES.index(until) + 1]
    found = [task.read("recordings", RecordingFacts)[0] for task in tasks]
    facts["minutes"] = round(sum(one.video.seconds for one in found) / 60, 2)
    facts["notes"] = {one.recording_id: list(one.notes) for one in found if one.notes}
    if "fixations" in done:
        fixations = [one for task in tasks for one in task.read("fixations", FoundFixation)]
        facts["fixations"] = len(fixations)
        facts["fixations_dropped"] = _counted(one.dropped for one in fixations if one.dropped)
    if "labels" in done:
        labels = [one for task in tasks for one in task.read("labels", LabelledFixation)]
        facts["labelled"] = sum(not one.problem for one in labels)
        facts["labels_unsure"] = sum(not one.problem and not one.sure for one in labels)
        facts["label_problems"] = _counted(one.problem for one in labels if one.problem)
    if "views" in done:
        views = [one for task in tasks for one in task.read("views", View)]
        facts["views"] = len(views)
        facts["view_problems"] = _counted(one.problem for one in views if one.problem)
    if "episodes" in done:
        episodes = [one for task in tasks for one in task.read("episodes", Episode)]
        facts["episodes"] = len(episodes)
        facts["episodes_unknown"] = sum(not one.gazed for one in episodes)
    if "judged" in done:
        facts["outdated_decisions"] = sum(len(outdated_of(task)) for task in tasks)
        judged = [one for task in tasks for one in task.read("judged", Judged)]
        facts["questions"] = _questions(judged)
        facts["questions_not_verified"] = sum(one.reason.startswith(NOT_VERIFIED) for one in judged)
    return facts


def _counted(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _questions(judged: Sequence[Judged]) -> dict[str, Any]:
    """Per task: how many stayed, and which filter dropped the others."""
    told = {}
    for task in TASKS:
        own = [one for one in judged if one.question.task == task.code]
        told[task.code] = {
            "made": len(own),
            "kept": sum(not one.dropped for one in own),
            "dropped": _counted(one.dropped for one in own if one.dropped),
        }
    return told


def _lines(facts: dict[str, Any]) -> list[str]:
    told = [f"{facts['recordings']} recording(s), {facts['minutes']} minutes of video"]
    if "fixations" in facts:
        dropped = sum(facts["fixations_dropped"].values())
        told.append(
            f"{facts['fixations']} fixations, {dropped} not used{_why(facts, 'fixations_dropped')}"
        )
    if "labelled" in facts:
        told.append(
            f"{facts['labelled']} labelled, {facts['labels_unsure']} of them unsure"
            f"{_why(facts, 'label_problems')}"
        )
    if "views" in facts:
        told.append(f"{facts['views']} views{_why(facts, 'view_problems')}")
    if "episodes" in facts:
        told.append(f"{facts['episodes']} episodes, {facts['episodes_unknown']} of them unknown")
    if facts.get("outdated_decisions"):
        told.append(
            f"{facts['outdated_decisions']} decisions of reviewers not applied (gaze merge names "
            "them, and why)"
        )
    return told


def _why(facts: dict[str, Any], name: str) -> str:
    """The most frequent reasons; the page has them all."""
    most = sorted(facts[name].items(), key=lambda one: (-one[1], one[0]))
    told = [f"{why}: {count}" for why, count in most[:_MOST_REASONS]]
    if len(most) > _MOST_REASONS:
        told.append(f"and {len(most) - _MOST_REASONS:,} other reasons")
    return f" ({', '.join(told)})" if told else ""


def _tasks(facts: dict[str, Any]) -> Table:
    baseline = facts.get("baselines", {})
    rows = []
    for task in TASKS:
        own = facts["questions"][task.code]
        blind = baseline.get(task.code, {})
        rows.append(
            (
                task.paper,
                str(own["made"]),
                str(own["kept"]),
                _percent(blind.get("text")),
                _percent(blind.get("against_text")),
                _percent(blind.get("position")),
                _percent(blind.get("chance")),
                ", ".join(f"{why}: {count}" for why, count in own["dropped"].items()),
            )
        )
    return Table(
        "questions; percent right by guessing: by the text, against it, by the option's position",
        (
            Column("task", text=True),
            Column("made"),
            Column("kept"),
            Column("text"),
            Column("against"),
            Column("position"),
            Column("chance"),
            Column("dropped by", text=True, drop=1),
        ),
        tuple(rows),
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}"
