"""A results repository with all that a site can meet, and the site that the project builds of it.

200 models of 13 kinds of questions, printed rows with hostile names, three runs with 600 samples.
Load with ``runpy.run_path``.
"""

from __future__ import annotations

import random
import runpy
import types
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.leaderboard.board import Axis, Board, QuestionText
from sightline.leaderboard.results.entries import to_json
from sightline.leaderboard.results.entry_names import entry_path, samples_path
from sightline.leaderboard.results.sample_rows import Sample, write_samples
from sightline.records import Outcome

if TYPE_CHECKING:
    from sightline.leaderboard.records import Entry

_fixtures = Path(__file__).parents[1] / "leaderboard_fixtures.py"
toys = types.SimpleNamespace(**runpy.run_path(str(_fixtures)))

KINDS = ("moving", "still", *(f"kind number {number} of questions" for number in range(3, 14)))
AXES = (
    Axis("kind", "Kind", KINDS, {kind: f"K{number}" for number, kind in enumerate(KINDS, 1)}),
    Axis("size", "Size", ("small", "large"), {"small": "S", "large": "L"}),
)
ALPHA, BETA, HOSTILE_RUN = "lab-a/alpha-7b", "lab-b/beta-7b", "lab-c/hostile-1b"
SKILLS = {ALPHA: 0.62, BETA: 0.48, HOSTILE_RUN: 0.3}
"""Model -> how many of its answers are right, about; these three have all samples."""
IMAGE = '<img src=x onerror="globalThis.__pwned=1">'
SCRIPT = "</script><script>globalThis.__pwned=2</script>"
HOSTILE = (
    *(text for text in toys.HOSTILE if text),
    IMAGE,
    SCRIPT,
    '" onmouseover="globalThis.__pwned=3" x="',
    "javascript:globalThis.__pwned=4",
)
"""What strangers may put where a text stands."""

QUESTIONS = tuple(
    QuestionText(
        question_id=f"q-{number:03d}",
        text=f"{HOSTILE[number] if number < len(HOSTILE) else ''} Where does thing {number} go?",
        options=("A. left", f"B. {IMAGE}" if number < 5 else "B. right", "C. up", "D. down"),
        answer="ABCD"[number % 4],
        slices={"kind": KINDS[number % 13], "size": ("small", "large")[number % 2]},
        media=(f"media/videos/v {number // 2}.mp4",),
    )
    for number in range(600)
)
"""Three files of samples."""

LONG = "word " * 8_000
"""Longer than what a page holds of a response."""


def board() -> Board:
    """The toy with more kinds and more questions."""
    made: Board = toys.toy_board(axes=AXES, questions=lambda _dataset: QUESTIONS)
    return made


def make_results(folder: Path) -> None:
    """Write the results repository."""
    made = board()
    few = sample_rows("lab/any")[:6]
    shown = [*toys.entries(200, board=made), *toys.entries(4, 1, board=made, setting="toy_wide")]
    for entry in [*map(_whole, shown), *_hostile_rows()]:
        _place(folder, entry, few)
    for model in SKILLS:
        rows = sample_rows(model)
        _place(folder, _run(made, model, rows), rows)


def sample_rows(model: str) -> tuple[Sample, ...]:
    """What a run said to every question; the same for the same model."""
    chance = random.Random(model)  # noqa: S311 (plausible, not secret)
    skill = SKILLS.get(model, 0.5)
    return tuple(_sample(number, skill, chance, model) for number in range(len(QUESTIONS)))


def _place(folder: Path, entry: Entry, rows: tuple[Sample, ...]) -> None:
    path = folder / entry_path(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json(entry), encoding="utf-8")
    if entry.samples:
        write_samples(folder / samples_path(entry_path(entry)), entry, board(), rows)


def _whole(entry: Entry) -> Entry:
    """A row whose counts come to all questions, or nearly so when it has a fault."""
    if entry.kind != "run":
        return entry
    right, missing = round(len(QUESTIONS) * entry.value / 100), 12 if entry.faults else 0
    counts = {"right": right, "wrong": len(QUESTIONS) - right - missing, "unparsed": 0}
    return replace(entry, counts={**counts, "missing": missing, "error": 0})


def _sample(number: int, skill: float, chance: random.Random, model: str) -> Sample:
    question = QUESTIONS[number]
    draw = chance.random()
    outcome = Outcome.RIGHT if draw < skill else Outcome.WRONG
    if draw > 0.97:
        outcome = (Outcome.UNPARSED, Outcome.ERROR)[number % 2]
    said = question.answer if outcome is Outcome.RIGHT else "ABCD"[(number + 1) % 4]
    response: str | None = f"I think\nthe answer is  {said}."
    if outcome is Outcome.UNPARSED:
        said, response = None, "No idea."
    if outcome is Outcome.ERROR:
        said, response = None, None
    elif model == HOSTILE_RUN and number < len(HOSTILE):
        response = f"{HOSTILE[number]} {response}"
    elif number == 40:
        response = f"{LONG}{response}"
    return Sample(
        question_id=question.question_id,
        response=response,
        error=f"out of memory {IMAGE}" if outcome is Outcome.ERROR else None,
        outcome=outcome,
        predictions={"first": said, "alone": None},
        message_hash=f"{number:064x}",
        frames=8,
        input_tokens=1000 + number,
        output_tokens=7,
        slices=dict(question.slices),
    )


def _run(made: Board, model: str, rows: tuple[Sample, ...]) -> Entry:
    """A plausible row with the numbers of its samples."""
    number = (ALPHA, BETA, HOSTILE_RUN).index(model)
    counts = {one.value: sum(row.outcome is one for row in rows) for one in Outcome}
    value = 100 * counts["right"] / len(rows)
    run = f"2026120{number + 1}-120000-{number:08x}"
    template = toys.entries(1, number, board=made)[0]
    hostile = model == HOSTILE_RUN
    facts = toys.manifest(
        model={**toys.manifest()["model"], "name": model, "url": f"https://hub.example/{model}"},
        run={**toys.manifest()["run"], "id": run, "date": f"2026-12-0{number + 1}T12:00:00+00:00"},
        notes=SCRIPT if hostile else "",
    )
    if hostile:
        facts["model"] |= {"url": "javascript:globalThis.__pwned=5", "revision": IMAGE}
        facts["run"] |= {"backend": SCRIPT, "model_args": {IMAGE: SCRIPT}}
    return replace(
        template,
        model=model,
        run=run,
        value=value,
        low=max(0.0, value - 4),
        high=min(100.0, value + 4),
        counts=counts,
        faults=HOSTILE[:6] if hostile else (),
        notes=HOSTILE[6:12] if hostile else ("8 frames",),
        facts=facts,
        samples=f"{run}.parquet",
    )


def _hostile_rows() -> list[Entry]:
    """A printed row for each hostile text, which stands in its name, its notes and its source."""
    printed = next(one for one in toys.entries(0) if one.kind == "published")
    return [
        replace(
            printed,
            model=text,
            value=10.0 + number,
            faults=(text,),
            notes=(text,),
            facts={"source": text, "questions": 600, "access": "open-source"},
        )
        for number, text in enumerate(HOSTILE)
    ]


def build_site(folder: Path, monkeypatch: Any) -> Path:
    """Make the results and build their site; the toy is the only benchmark meanwhile.

    Returns:
        The folder with ``index.html``.
    """
    from sightline.leaderboard.site import build

    made = toys.register(monkeypatch, board())
    results, out = folder / "results", folder / "site"
    results.mkdir(parents=True)
    make_results(results)
    build.build(build.Request(results, datasets={made.benchmark: folder}), out)
    return out
