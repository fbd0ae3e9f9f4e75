"""``eval.yaml``: what the Hub must know to keep leaderboards of a dataset.

The Hub takes one of the frameworks that it lists (``packages/tasks/src/eval.ts`` of
huggingface/hf.js) and puts a dataset on its boards by hand. lmms-eval is not among them so far, so
the file is ready and nothing of ours depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.dataset_cards.front_matter import as_yaml
from sightline.dataset_rules import SPLIT

if TYPE_CHECKING:
    from sightline.dataset_rules import DatasetRules


def eval_yaml(rules: DatasetRules, framework: str = "lmms-eval") -> str:
    """The text of ``eval.yaml``: one leaderboard a task, one number a model, in percent.

    Args:
        rules: of the benchmark.
        framework: ``evaluation_framework``.
    """
    numbers = "; ".join(f"{task.id}: {task.what}" for task in rules.board)
    return as_yaml(
        {
            "name": rules.title,
            "description": f"{rules.title} (arXiv {rules.pretty['arxiv']}). {numbers}.",
            "evaluation_framework": framework,
            "tasks": [
                {"id": task.id, "config": task.config, "split": SPLIT} for task in rules.board
            ],
        }
    )
