"""Everything about a reviewer's decisions, in one place to import from."""

from streamgaze_task.pipeline.review.applying import (
    apply_to_labels,
    apply_to_questions,
    not_applied,
)
from streamgaze_task.pipeline.review.files import read_decisions, write_decisions
from streamgaze_task.pipeline.review.merging import merge
from streamgaze_task.pipeline.review.verdicts import Agreement, Conflict, Decision, Decisions

__all__ = [
    "Agreement",
    "Conflict",
    "Decision",
    "Decisions",
    "apply_to_labels",
    "apply_to_questions",
    "merge",
    "not_applied",
    "read_decisions",
    "write_decisions",
]
