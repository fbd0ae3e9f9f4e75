"""StreamGaze accuracy for `evaluate.load`: the same parsers and the same means.

Every package is imported on a line of its own: the loader of `evaluate` reads the imports with a
regular expression.
"""
# ruff: noqa: INP001 (the loader takes a folder with one script, not a package)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import datasets
import evaluate

from streamgaze_task import metric

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Accuracy on StreamGaze from raw model responses: the unweighted mean of its tasks. The headline is
the authors' own reading of a response; a strict, option-aware parser reads the same ones beside it.
"""

_INPUTS = """\
Args:
    predictions: raw model responses; None for a request that was never answered.
    references: gold letters; YES or NO for test points of proactive questions.
    tasks: the task of each request, by its code ("oie") or the paper's name ("OI-E").
    options: the option texts of each request, in order, empty for test points; needed for chance
        and for the strict parser to know the letters.
    videos: the video of each request; the interval is clustered by them.
Returns:
    all shares in percent: accuracy (mean of the tasks), interval, micro, mean_of_families,
    failure_rate, chance, counts of outcomes, accuracy by parser, disagreement, tasks, families,
    alerts.
"""

_CITATION = """\
@article{streamgaze,
  title = {StreamGaze: Gaze-Guided Temporal Reasoning and Proactive Understanding in Streaming Videos},
  journal = {arXiv preprint arXiv:2512.01707},
  year = {2025}
}
"""  # noqa: E501 (a title is not broken)


class StreamGazeAccuracy(evaluate.Metric):  # type: ignore[misc] # evaluate ships no types
    """The metric as `evaluate` wants it; streamgaze_task.metric does the work."""

    def _info(self) -> Any:
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features({"predictions": text, "references": text}),
        )

    def _compute(
        self,
        *,
        predictions: Sequence[str | None],
        references: Sequence[str],
        tasks: Sequence[str],
        options: Sequence[Sequence[str]] | None = None,
        videos: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        return metric.compute(predictions, references, tasks, options=options, videos=videos)
