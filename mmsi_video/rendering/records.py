"""Drafts -> records of ``mmsivideo.json``: ids, letters and the four pieces of the prompt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmsi_video import categories
from mmsi_video.rendering.draft import Draft, chance, shuffled
from mmsi_video.rendering.questions import MAKERS
from sightline.choices import letter

if TYPE_CHECKING:
    from random import Random

SYSTEM_PROMPT = (
    "You answer questions about space and motion in videos. The frames of a video are given in the "
    "order of time. The white text in the top left corner of a frame, for example 00m 06.00s, is "
    "the time at which it was taken, counted from the beginning of the original recording; a "
    "question that names a time means this one. Exactly one option is right. Reply with the letter "
    "of that option and nothing else."
)
TASK_PROMPTS = {
    "Spatial Construction": "Work out how the place in the video is laid out.\n",
    "Motion Understanding": "Watch what moves in the video, the camera included.\n",
    "Planning": "Plan an action in the place that the video shows.\n",
    "Prediction": "Tell what will happen after the end of the video.\n",
    "Cross-Video Reasoning": "Put together what the two videos show.\n",
}
"""Category -> task_prompt."""
FORMAT_PROMPT = "\nAnswer with the option's letter from the given choices directly."


@dataclass(frozen=True)
class Question:
    """A draft with everything that depends on the other questions."""

    id: str
    """``question_0000`` and so on."""
    type: categories.QuestionType
    draft: Draft
    options: tuple[str, ...]
    """``A. to the left`` and so on."""
    answer: str
    """The right letter."""

    @property
    def hint(self) -> str:
        """The rationale; it names the question, so that a leak of it is recognised."""
        return f"[rationale of {self.id}] {self.draft.answer}: {self.draft.reason}."

    @property
    def text(self) -> str:
        """The question with its options, the release's ``ori_question``."""
        return "\n".join([self.draft.text, *self.options])

    def image_path(self, image: int) -> str:
        """A reference image's path below ``ref_images/``."""
        return f"{self.id}/image_{image + 1}.jpg"


def _ids(count: int, rng: Random) -> list[str]:
    """Ids of the benchmark, so that every difficulty and every sub-type has a member."""
    pool = shuffled((f"question_{i:04d}" for i in range(categories.PUBLISHED_QUESTIONS)), rng)
    wanted = [("difficulty", member) for member in categories.DIFFICULTIES]
    wanted += [(axis, m) for axis, members in categories.SUB_BENCHMARKS.items() for m in members]
    chosen = [
        next(i for i in pool if categories.sub_benchmarks(i).get(axis) == member)
        for axis, member in wanted
    ]
    return list(dict.fromkeys([*chosen, *pool]))[:count]


def _lettered(draft: Draft, used: Counter[str], rng: Random) -> tuple[tuple[str, ...], str]:
    """Options in an order that gives the right one the letter used least so far."""
    letters = [letter(i) for i in range(len(draft.wrong) + 1)]
    answer = min(shuffled(letters, rng), key=lambda one: used[one])
    words = shuffled(draft.wrong, rng)
    words.insert(letters.index(answer), draft.answer)
    return tuple(f"{one}. {word}" for one, word in zip(letters, words, strict=True)), answer


def questions(seed: int) -> list[Question]:
    """All questions of the sample release, sorted by id."""
    rng = chance(seed, "ids and letters")
    by_key = {kind.key: kind for kind in categories.TYPES}
    drafts = [(by_key[key], make(seed)) for key, makers in MAKERS.items() for make in makers]
    used: Counter[str] = Counter()
    made = []
    for name, (kind, draft) in zip(shuffled(_ids(len(drafts), rng), rng), drafts, strict=True):
        options, answer = _lettered(draft, used, rng)
        used[answer] += 1
        made.append(Question(name, kind, draft, options, answer))
    return sorted(made, key=lambda question: question.id)


def _user_prompt(question: Question, *, images_first: bool) -> str:
    count = len(question.draft.clips)
    names = ["Video"] if count == 1 else [f"Video {i + 1}" for i in range(count)]
    videos = "\n".join(f"{name}: <video>" for name in names)
    asked = f"Question: {question.text}"
    return f"{asked}\n{videos}\n" if images_first else f"{videos}\n{asked}\n"


def record(question: Question, *, rearranged: bool = False) -> dict[str, Any]:
    """One object of ``mmsivideo.json``.

    `rearranged` writes it as other hands might: no `options`, no `hint`, two unknown fields, and
    the `<image>` marks before the `<video>` marks.
    """
    clips = question.draft.clips
    fields: dict[str, Any] = {
        "id": question.id,
        "type": question.type.name,
        "video_list": [
            {
                "path": f"{clip.key}.mp4",
                "start": clip.start_seconds,
                "end": clip.end_seconds,
                "base_fps": clip.rate.fps,
            }
            for clip in clips
        ],
        "frames_list": [[clip.frame_name(i) for i in range(clip.count)] for clip in clips],
        "ref_images": [question.image_path(i) for i in range(len(question.draft.images))],
        "system_prompt": SYSTEM_PROMPT,
        "task_prompt": TASK_PROMPTS[question.type.category],
        "user_prompt": _user_prompt(
            question, images_first=rearranged and bool(question.draft.images)
        ),
        "format_prompt": FORMAT_PROMPT,
        "ori_question": question.text,
        "ground_truth": question.answer,
    }
    if rearranged:
        return fields | {"source_dataset": "drawn", "annotator_note": {"round": 2, "checked": True}}
    return fields | {"options": list(question.options), "hint": question.hint}
