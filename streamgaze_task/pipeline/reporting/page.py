"""What a run found as one HTML file: no script, nothing asked of another place.

The frame and the style are those of the pages of `sightline report` and `sightline compare`.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from sightline.leaderboard.site import texts
from sightline.leaderboard.site.charts import ChartRow, bars
from streamgaze_task.pipeline.report import NOTHING_LEFT, unanswered
from streamgaze_task.task_names import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streamgaze_task.pipeline.report import RunReport


_OF_RECORDINGS = ("fixations found", "labelled", "episodes of known things", "questions kept")
"""What the table of recordings shows of the funnel."""


def report_page(report: RunReport, recordings: Mapping[str, Mapping[str, Any]]) -> str:
    """The page of a run; the same facts give the same bytes.

    Args:
        report: of the run.
        recordings: id -> the same counts of this recording alone.
    """
    funnel = list(_funnel(report.facts))
    tasks = [_task(task.code, task.title, report.facts) for task in TASKS]
    return _rendered(
        title=f"{report.name}: what was made",
        report=report,
        facts=report.facts,
        unanswered=unanswered(report.facts),
        nothing_left=NOTHING_LEFT if report.empty else "",
        funnel=funnel,
        columns=[what for what, *_ in funnel if what in _OF_RECORDINGS],
        tasks=tasks if "questions" in report.facts else [],
        guessing=_guessing(tasks),
        recordings=[(name, facts, dict(_kept(facts))) for name, facts in recordings.items()],
    )


def _funnel(facts: Mapping[str, Any]) -> Iterable[tuple[str, int, int, str]]:
    """What is counted, how much of it there is, of how much, and what became of the others."""
    if "fixations" in facts:
        found, dropped = facts["fixations"], facts["fixations_dropped"]
        yield "fixations found", found, found, ""
        yield "long enough and steady", found - sum(dropped.values()), found, why(dropped)
    if "labelled" in facts:
        asked = facts["labelled"] + sum(facts["label_problems"].values())
        yield "labelled", facts["labelled"], asked, why(facts["label_problems"])
        sure = facts["labelled"] - facts["labels_unsure"]
        yield "labeller is sure", sure, asked, ""
    if "views" in facts:
        problems, views = facts["view_problems"], facts["views"]
        yield "views answered", views - sum(problems.values()), views, why(problems)
    if "episodes" in facts:
        known = facts["episodes"] - facts["episodes_unknown"]
        yield "episodes", facts["episodes"], facts["episodes"], ""
        yield "episodes of known things", known, facts["episodes"], ""
    if "questions" in facts:
        made = sum(task["made"] for task in facts["questions"].values())
        dropped = _all_dropped(facts)
        yield "questions made", made, made, ""
        yield "questions kept", made - sum(dropped.values()), made, why(dropped)


def _all_dropped(facts: Mapping[str, Any]) -> dict[str, int]:
    total: dict[str, int] = {}
    for task in facts["questions"].values():
        for name, count in task["dropped"].items():
            total[name] = total.get(name, 0) + count
    return dict(sorted(total.items()))


def why(counts: Mapping[str, int]) -> str:
    """Reasons with their counts, in words."""
    return ", ".join(f"{reason}: {count:,}" for reason, count in counts.items())


def _task(code: str, title: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    counts = facts.get("questions", {}).get(code, {"made": 0, "kept": 0, "dropped": {}})
    return {"title": title, **counts, "blind": facts.get("baselines", {}).get(code, {})}


def _guessing(tasks: Iterable[Mapping[str, Any]]) -> Markup | str:
    """How far the texts alone lead, beside chance."""
    rows = [
        ChartRow(
            f"{task['title']} ({task['kept']:,})",
            100 * blind["text"],
            100 * blind["text_interval"][0],
            100 * blind["text_interval"][1],
            chance=100 * blind["chance"],
        )
        for task in tasks
        if (blind := task["blind"]) and blind.get("text") is not None
    ]
    return bars(rows, title="Right by the texts alone") if rows else ""


def _kept(facts: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    for what, count, _, _ in _funnel(facts):
        yield what, count


def _rendered(**context: Any) -> str:
    own = files("streamgaze_task.pipeline.reporting")
    shared = files("sightline.comparing") / "templates"
    sources = {name: (shared / name).read_text("utf-8") for name in ("page.html", "page.css")}
    environment = Environment(
        loader=DictLoader({**sources, "report.html": (own / "report.html").read_text("utf-8")}),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(why=why, share=_share)
    style = environment.get_template("page.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # Only this very style sheet counts, no script runs and nothing is fetched.
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return environment.get_template("report.html").render(
        style=Markup(style),  # noqa: S704 (our own file)
        policy=Markup(policy),  # noqa: S704 (our own words)
        **context,
    )


def _share(value: float | None) -> str:
    return texts.percent(None if value is None else 100 * value)


def _visible(value: object) -> object:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return texts.shown(value)
