"""The tasks of StreamGaze as a table: which names there are, and what each of them is."""

from __future__ import annotations


def task_lines() -> dict[str, str]:
    """Task name -> one line that says what it measures."""
    return {}
