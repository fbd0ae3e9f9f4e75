"""The questions of a run, from the dataset or from what a result file tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmsi_video import categories
from mmsi_video.schema import Sample
from sightline import choices
from sightline.errors import DatasetError, ResponsesError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sightline.records import Score

_COLUMNS = (
    "id",
    "type",
    "ori_question",
    "options",
    "ground_truth",
    "system_prompt",
    "task_prompt",
    "user_prompt",
    "format_prompt",
    "clips",
    "ref_image_sha256",
)
"""What a Sample needs; media and the hint stay where they are."""


DATASET_NEEDED = "add --dataset FOLDER, the dataset that `sightline build mmsi-video` made"
_BUILD = "make it with `sightline build mmsi-video --release RELEASE --out DATASET`"


@dataclass(frozen=True)
class Question:
    """A question as far as a result file tells it: enough to score."""

    id: str
    """Id as in the release."""
    answer: str
    """The gold letter."""
    options: tuple[str, ...]
    """The options in order of their letters."""
    slices: Mapping[str, str]
    """Axis -> member."""
    cluster: str
    """Names the video(s) asked about."""

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        for name in ("id", "answer", "cluster"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name} ({getattr(self, name)!r}) must be text")
        if not all(isinstance(option, str) for option in self.options):
            raise TypeError(f"options ({self.options!r}) must be texts")
        letters = choices.LETTERS[: len(self.options)]
        if len(self.options) < 2 or len(self.answer) != 1 or self.answer not in letters:  # noqa: PLR2004 (a choice needs two)
            raise ValueError(
                f"answer ({self.answer!r}) must be the letter of one of {len(self.options)} options"
            )
        for axis, member in self.slices.items():
            if member not in categories.AXES.get(axis, ()):
                raise ValueError(f"slice {axis!r} has no member {member!r}")

    @classmethod
    def of_score(cls, score: Score) -> Question:
        """The question inside a score of ours.

        Raises:
            KeyError: the score does not carry its options.
            TypeError, ValueError: it is damaged.
        """
        options = score.details["options"]
        if not isinstance(options, list):
            raise TypeError(f"options ({options!r}) must be a list")
        return cls(score.question_id, score.answer, tuple(options), score.slices, score.cluster)

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Question:
        """The question inside a record of the release, as the official code stores it.

        Raises:
            KeyError, TypeError, ValueError: the record is not whole.
        """
        options = record.get("options") or choices.options_in_text(record["ori_question"])
        videos = [f"{v['path']}[{v.get('start')},{v.get('end')}]" for v in record["video_list"]]
        return cls(
            id=record["id"],
            answer=record["ground_truth"],
            options=tuple(options),
            slices=categories.slices(record["id"], record["type"]),
            cluster="|".join(videos),
        )


def read_questions(dataset: Path) -> tuple[Sample, ...]:
    """Every question of a built dataset, in its order, without any media.

    Raises:
        DatasetError: there is no such dataset, or it is another one.
    """
    from sightline.parquet_reader import read_rows  # noqa: PLC0415 (pyarrow is heavy)

    try:
        rows = read_rows(dataset / "questions", _COLUMNS, next_step=_BUILD)
        return tuple(Sample.from_row(row) for row in rows)
    except (KeyError, TypeError) as error:
        raise DatasetError(f"{dataset} cannot be read: {error}", next_step=_BUILD) from error


def by_id(samples: Sequence[Sample]) -> dict[str, Sample]:
    """The questions by their id."""
    return {sample.id: sample for sample in samples}


def single_input(sample: Sample) -> bool:
    """Whether the single-input task has it: one video and no reference image.

    lmms-eval's own task says "not cross-video" instead of "one video": the same 773 of the
    published questions, where exactly the cross-video ones have two.
    """
    return len(sample.clips) == 1 and not sample.ref_image_sha256


def denominator(scores: Sequence[Score]) -> tuple[int, tuple[str, ...]]:
    """How many questions there were, when no dataset says it: never just those that are here.

    The scores may say it (``expected`` in the details of all of them); else it is the published
    number. The second value is what the reader of the table must know.

    Raises:
        ResponsesError: there are more questions than the published benchmark has.
    """
    stated = {one.details.get("expected") for one in scores}
    number = stated.pop() if len(stated) == 1 else None
    if isinstance(number, int) and number >= len(scores):
        return number, ()
    published = categories.PUBLISHED_QUESTIONS
    if len(scores) > published:
        raise ResponsesError(
            f"{len(scores)} questions are more than the published {published}",
            next_step=DATASET_NEEDED,
        )
    if len(scores) == published:
        return published, ()
    note = (
        f"No dataset was given: the denominator is the published {published:,} questions, "
        f"{len(scores):,} of them are in this file. --dataset FOLDER sets another."
    )
    return published, (note,)
