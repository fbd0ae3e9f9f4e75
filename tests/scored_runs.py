"""Small made-up questions and runs, for the tests of scoring and its tables."""

from mmsi_video import categories
from mmsi_video.questions import Question
from mmsi_video.schema import Clip, Sample
from mmsi_video.scoring import score
from sightline.records import Response

TYPES = [kind.name for kind in categories.TYPES]


def sample(number, **changes):
    """One question with four or five options; its type goes round the 13."""
    options = [f"{letter}. way {number} {letter}" for letter in "ABCDE"[: 4 + number % 2]]
    question = f"Where is thing {number}?"
    values = {
        "id": f"question_{number:04d}",
        "type": TYPES[number % len(TYPES)],
        "question": question,
        "options": tuple(options),
        "answer": "ABCD"[number % 4],
        "system_prompt": "You see frames.",
        "task_prompt": "Watch <video>",
        "user_prompt": "\n".join([question, *options]),
        "format_prompt": "Answer with the letter.",
        "clips": (Clip(f"clip-{number // 2}", "media/videos/a.mp4", 3.0, 9.0, 2.0, 12, "0" * 64),),
        "ref_image_sha256": (),
    }
    return Sample(**(values | changes))


def published_split():
    """1,106 questions with the published number of each type."""
    names = [kind.name for kind in categories.TYPES for _ in range(kind.count)]
    return [
        Question(
            id=f"question_{number:04d}",
            answer="ABCD"[number % 4],
            options=("one", "two", "three", "four"),
            slices=categories.slices(f"question_{number:04d}", name),
            cluster=f"clip-{number // 2}",
        )
        for number, name in enumerate(names)
    ]


def answered(questions, text="Answer: A", **details):
    """Every question answered with the same text."""
    return [score(q, Response(q.id, text), details=details) for q in questions]
