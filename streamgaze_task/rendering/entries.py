"""The drafts as the release's ten JSON files: with letters, in the authors' spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamgaze_task.release.layout import ABILITIES
from streamgaze_task.rendering import ask_past, ask_present, ask_proactive
from streamgaze_task.rendering.chance import chance, shuffled
from streamgaze_task.rendering.story import Draft, Story, spread
from streamgaze_task.task_names import TASKS
from streamgaze_task.timestamps import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from streamgaze_task.rendering.world import Script
    from streamgaze_task.task_names import TaskName

LETTERS = "ABCD"
PER_VIDEO = 2
"""Questions of each past and present task per video."""
MAKERS: dict[str, Callable[[Story], Iterator[Draft]]] = {
    "nfi": ask_past.never_gazed,
    "otp": ask_past.next_after,
    "sr": ask_past.scene_recall,
    "gsm": ask_past.transition_pattern,
    "oie": ask_present.identification_easy,
    "oih": ask_present.identification_hard,
    "oar": ask_present.attribute,
    "fap": ask_present.future_action,
    "gta": ask_proactive.gaze_alert,
    "oaa": ask_proactive.appearance_alert,
}
"""Code of a task -> what finds its questions in a video."""


def drafts(scripts: Sequence[Script], seed: int) -> dict[str, list[Draft]]:
    """Code of a task -> its questions on all videos, in the videos' order."""
    found: dict[str, list[Draft]] = {code: [] for code in MAKERS}
    for script in scripts:
        story = Story(script)
        for code, make in MAKERS.items():
            story.rng = chance(seed, script.video.video_id, code)
            # A maker may find fewer than three things to offer beside the answer.
            full = [d for d in make(story) if not d.answer or len(d.wrong) == len(LETTERS) - 1]
            found[code] += spread(full, PER_VIDEO, story.rng)
    return found


def files(scripts: Sequence[Script], seed: int) -> dict[str, list[dict[str, Any]]]:
    """File name without suffix -> its entries, for all ten tasks."""
    found = drafts(scripts, seed)
    return {task.file: entries(found[task.code], task, seed) for task in TASKS}


def entries(asked: Sequence[Draft], task: TaskName, seed: int) -> list[dict[str, Any]]:
    """The entries of one file; every letter is right about equally often.

    Legal oddities of the real files are kept: every third entry has lost its task's own fields
    (the evaluator needs none of them), and one time stamp is ``HH:MM:SS``.
    """
    rng = chance(seed, task.code, "letters")
    places = shuffled([k % len(LETTERS) for k in range(len(asked))], rng)
    made = []
    for number, (draft, place) in enumerate(zip(asked, places, strict=True)):
        question = (
            _choice(draft, shuffled(draft.wrong, rng), place, bare=number % 3 == 2)  # noqa: PLR2004 (every third)
            if draft.answer
            else {"question": draft.question, "time_stamp": stamp(draft.at), **draft.extras}
        )
        if task.code == "oih" and number == 0:
            question["time_stamp"] = f"00:{question['time_stamp']}"
        video = draft.script.video
        start, end = draft.span
        made.append(
            {
                "response_time": f"[{stamp(start)} - {stamp(min(end, video.seconds))}]",
                "questions": [
                    {
                        "task_type": task.task_types[0],
                        **question,
                        "required_ability": ABILITIES[task.code],
                    }
                ],
                "video_categories": video.category,
                "video_path": f"{video.video_id}.mp4",
            }
        )
    return made


def _choice(draft: Draft, wrong: list[str], place: int, *, bare: bool) -> dict[str, Any]:
    """A question with four options, the right one at `place`."""
    words = [*wrong[:place], draft.answer, *wrong[place:]]
    question: dict[str, Any] = {
        "question": draft.question.replace("{options}", "{" + ", ".join(words) + "}"),
        "time_stamp": stamp(draft.at),
        "answer": LETTERS[place],
        "options": [f"{letter}. {text}" for letter, text in zip(LETTERS, words, strict=True)],
    }
    if bare:
        return question
    clip = [int(draft.span[0]), int(draft.span[1])]
    return {**question, **draft.extras, "input_video_clip": clip}
