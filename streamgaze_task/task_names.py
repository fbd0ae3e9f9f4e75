"""The ten tasks and every name they go by: one vocabulary, aliases of the other two.

Three vocabularies are mixed in the authors' repository (daeunni/StreamGaze): the paper's
abbreviations, the released file names, and the pipeline's ``task_type``. Where they disagree the
question's own text decides: two of the repository's scripts map file names of the past tasks to the
wrong sub-type, so a file name alone proves nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Family = Literal["past", "present", "proactive"]
"""Which part of the stream a question is about; it decides the window."""

FAMILIES: tuple[Family, ...] = ("past", "present", "proactive")
"""The families, in the order of the paper's table."""

PUBLISHED_QUESTIONS = 8521
"""Questions of the release (the authors' README)."""

PUBLISHED_VIDEOS = 285
"""Videos of the release (the authors' README)."""

SOURCES = ("egtea", "egoexolearn", "holoassist")
"""Where the released videos come from: EGTEA Gaze+, EgoExoLearn, HoloAssist."""


@dataclass(frozen=True)
class TaskName:
    """One of the ten tasks."""

    code: str
    """What users type and rows carry: ``oie``."""
    paper: str
    """The paper's abbreviation, as in its table: ``OI-E``."""
    title: str
    """In words."""
    family: Family
    """Past, present or proactive."""
    file: str
    """Name of its file in ``qa/``, without the suffix."""
    task_types: tuple[str, ...]
    """What the pipeline writes into ``task_type``; two tasks may share one."""
    counted: int
    """Questions per task as third parties counted them in a repack of the release, which lacks 4
    of the videos (8,473 in all); the authors publish none."""


TASKS: tuple[TaskName, ...] = (
    TaskName(
        "nfi",
        "NFI",
        "Non-Fixated Object Identification",
        "past",
        "past_non_fixated_object_identification",
        ("Scanpath_Never_Gazed",),
        638,
    ),
    TaskName(
        "otp",
        "OTP",
        "Object Transition Prediction",
        "past",
        "past_object_transition_prediction",
        ("Scanpath_Next_After_Group",),
        494,
    ),
    TaskName(
        "sr", "SR", "Scene Recall", "past", "past_scene_recall", ("Scene_Reconstruction",), 211
    ),
    TaskName(
        "gsm",
        "GSM",
        "Gaze Sequence Matching",
        "past",
        "past_gaze_sequence_matching",
        ("Scanpath_Transition_Pattern",),
        186,
    ),
    TaskName(
        "oie",
        "OI-E",
        "Object Identification (Easy)",
        "present",
        "present_object_identification_easy",
        ("Object_Identification",),
        1469,
    ),
    TaskName(
        "oih",
        "OI-H",
        "Object Identification (Hard)",
        "present",
        "present_object_identification_hard",
        ("Object_Identification",),
        1005,
    ),
    TaskName(
        "oar",
        "OAR",
        "Object Attribute Recognition",
        "present",
        "present_object_attribute_recognition",
        ("Object_Attribute",),
        1401,
    ),
    TaskName(
        "fap",
        "FAP",
        "Future Action Prediction",
        "present",
        "present_future_action_prediction",
        ("Future_Action_Prediction",),
        921,
    ),
    TaskName(
        "gta",
        "GTA",
        "Gaze-Triggered Alert",
        "proactive",
        "proactive_gaze_triggered_alert",
        ("Object_Remind_Easy",),
        283,
    ),
    TaskName(
        "oaa",
        "OAA",
        "Object Appearance Alert",
        "proactive",
        "proactive_object_appearance_alert",
        ("Object_Remind_Hard",),
        1865,
    ),
)
"""The ten tasks, in the order of the paper's table."""

BY_CODE: Mapping[str, TaskName] = MappingProxyType({task.code: task for task in TASKS})
"""Code -> task."""

CODES: tuple[str, ...] = tuple(BY_CODE)
"""The ten codes, in the order of the paper's table."""

_PIPELINE_SUFFIXES = {
    "past_never_gazed_tasks": "nfi",
    "past_next_after_group_tasks": "otp",
    "past_transition_pattern_tasks": "gsm",
    "past_scene_reconstruction_tasks": "sr",
    "present_ident_tasks": "oie",
    "present_ident_tasks_hard": "oih",
    "present_attr_tasks": "oar",
    "future_action_tasks": "fap",
    "future_remind_easy_tasks": "gta",
    "future_remind_hard_tasks": "oaa",
}
"""End of the pipeline's output file names (without ``.json`` or ``_filtered``) -> code."""

_OBJECT = "oi"
"""What a text says of object identification: it is the file that says easy or hard."""

_TEXTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("nfi", r"\bnever\s+(?:gaz|look|fixat)"),
        ("gsm", r"\b(?:transition|sequence)s?\b.*\b(?:match|pattern)|\bgaze pattern\b(?!.*action)"),
        ("otp", r"\bgaze(?:s|d)?\s+(?:at|on)?\s*next\b|\bnext\s+(?:gaze|look|fixat)"),
        ("sr", r"\bbackground\b|\bwas\s+not\s+visible\b|\bnot\s+(?:visible|present)\b"),
        ("fap", r"\baction\b.*\b(?:next|will)\b|\bwill\b.*\b(?:do|action)\b"),
        ("gta", r"\bmonitor\s+my\s+gaze\b|\balert\b.*\bgaze\b"),
        ("oaa", r"\bwatch\s+the\s+scene\b|\balert\b.*\bappear"),
        (
            "oar",
            r"\b(?:colou?r|material|shape|size|state|texture)\b.*\b(?:object|gaz|look|this|it)\b",
        ),
        ("oar", r"\btypically\s+used\b|\bmade\s+of\b"),
        (_OBJECT, r"\bwhat\s+is\s+this\b|\bcurrently\s+(?:gaz|look)|\bwhich\s+object\b.*\bgaz"),
    )
)
"""Sub-types by their wording, the first that fits wins. The wording of the pipeline and of the
paper's figure; what nothing fits is told by its file."""


def by_file(name: str) -> TaskName | None:
    """The task that a file name speaks of; None when it speaks of none.

    Args:
        name: with or without folder and ``.json``: a released name, one of the pipeline's
            (``egtea_past_never_gazed_tasks_filtered``), or a result (``..._output``).
    """
    stem = re.sub(r"(?:\.json|_output|_filtered)+$", "", name.rpartition("/")[2])
    for task in TASKS:
        if stem == task.file:
            return task
    found = [code for suffix, code in _PIPELINE_SUFFIXES.items() if stem.endswith(suffix)]
    return BY_CODE[found[0]] if found else None


def by_text(question: str, file: TaskName | None) -> TaskName | None:
    """The task that a question's own words speak of; None when nothing is recognised.

    Args:
        question: its text.
        file: what its file says, which alone tells easy from hard object identification.
    """
    for code, pattern in _TEXTS:
        if pattern.search(question):
            if code == _OBJECT:
                return file if file is not None and file.code in {"oie", "oih"} else None
            return BY_CODE[code]
    return None


def task_of(question: str, file_name: str, task_type: str | None = None) -> TaskName | None:
    """The task of a question: its words first, then its file, then the pipeline's ``task_type``.

    Args:
        question: its text.
        file_name: the file that it stands in.
        task_type: what the entry says, if anything; it cannot tell easy from hard.

    Returns:
        None when nothing tells.
    """
    file = by_file(file_name)
    typed = [task for task in TASKS if task_type in task.task_types]
    return by_text(question, file) or file or (typed[0] if len(typed) == 1 else None)
