"""MMSI-Video-Bench accuracy for `evaluate.load`: the same parsers and the same counts.

Every package is imported on a line of its own: the loader of `evaluate` reads the imports with a
regular expression.
"""
# ruff: noqa: INP001 (the loader takes a folder with one script, not a package)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import datasets
import evaluate

from mmsi_video import metric

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Accuracy on MMSI-Video-Bench from raw model responses. The headline is the authors' own answer
extraction; EASI's and a strict, option-aware parser read the same responses beside it.
"""

_INPUTS = """\
Args:
    predictions: raw model responses; None for a question that was never answered.
    references: gold letters.
    options: the option texts of each question, in order; needed for chance and for the strict
        parser to know the letters.
    types: the type of each question; adds one accuracy a type and category.
    ids: the id of each question; adds difficulty and the sub-benchmarks.
    clusters: the video(s) of each question; the interval is clustered by them.
Returns:
    all shares in percent: accuracy, interval, failure_rate, chance, counts of outcomes, accuracy
    by parser, disagreement, and slices.
"""

_CITATION = """\
@article{mmsi_video_bench,
  title = {MMSI-Video-Bench: A Holistic Benchmark for Video-Based Spatial Intelligence},
  journal = {arXiv preprint arXiv:2512.10863},
  year = {2025}
}
"""


class MMSIVideoAccuracy(evaluate.Metric):  # type: ignore[misc] # evaluate ships no types
    """The metric as `evaluate` wants it; mmsi_video.metric does the work."""

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
        options: Sequence[Sequence[str]] | None = None,
        types: Sequence[str] | None = None,
        ids: Sequence[str] | None = None,
        clusters: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        return metric.compute(
            predictions, references, options=options, types=types, ids=ids, clusters=clusters
        )
