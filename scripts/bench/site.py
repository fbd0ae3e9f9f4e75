#!/usr/bin/env python3
"""How long a leaderboard's site takes to build, how large its pages are, and how they feel.

Made-up results: 200 models x 13 types, each with 1,106 samples and the second with 8,521. With
Chromium and Playwright the pages are also used: the table is sorted and filtered, two models are
compared, samples are filtered, searched and scrolled. Each act is done 20 times; what a reader
waits for is the time to the next frame.

    python scripts/bench/site.py [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import runpy
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from sightline.leaderboard.board import Axis, Board, QuestionText
from sightline.leaderboard.results import entries as entry_files
from sightline.leaderboard.results.entry_names import entry_path, samples_path
from sightline.leaderboard.results.sample_rows import Sample, write_samples
from sightline.leaderboard.site import addresses, build, comparing, samples
from sightline.records import Outcome

if TYPE_CHECKING:
    from sightline.leaderboard.records import Entry

_TESTS = Path(__file__).parents[2] / "tests"
fixtures = SimpleNamespace(**runpy.run_path(str(_TESTS / "leaderboard_fixtures.py")))
browsing = SimpleNamespace(**runpy.run_path(str(_TESTS / "browser" / "browsing.py")))

MODELS = 200
TYPES = tuple(f"(Motion Understanding) Kind {number}" for number in range(13))
SIZES = (1106, 8521)
HUB_DATASET = "org/videos@0123456789abcdef0123456789abcdef01234567"
WORDS = ("behind", "the", "board", "left", "of", "its", "middle", "where", "person", "picks", "cup")
LONG_RESPONSE = "x" * 2_000_000


def main() -> None:
    """Make results, build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, help="leave results and site in this new folder")
    keep = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patch:
        folder = keep or Path(scratch)
        board = fixtures.register(patch, wide_board())
        entries = make_results(board, folder / "results")
        request = build.Request(folder / "results", datasets={board.benchmark: folder})
        start, worked = time.perf_counter(), time.process_time()
        built = build.build(request, folder / "site")
        worked = time.process_time() - worked
        print(f"built in {time.perf_counter() - start:.1f} s, {worked:.1f} s of CPU: {built}")
        sizes(folder / "site", board, entries)
        try:
            with browsing.chromium() as chromium:
                use(chromium, folder / "site", board, entries)
        except browsing.NoBrowserError as error:
            print(f"the pages were not used: {error}")


def wide_board() -> Board:
    """The toy's board with 13 types as its first axis, and as many questions as StreamGaze."""
    axis = Axis("type", "Type", TYPES, {name: f"K{at}" for at, name in enumerate(TYPES)})
    toy: Board = fixtures.toy_board()
    asked = questions()
    return replace(toy, axes=(axis,), published=lambda: (), questions=lambda _: asked)


def questions() -> list[QuestionText]:
    """Questions of 25 words with four options of 8."""
    draw = random.Random(0)  # noqa: S311 (plausible, not secret)
    return [
        QuestionText(
            question_id=f"question_{at:05d}",
            text=f"{words(draw, 25)}?",
            options=tuple(f"{letter}. {words(draw, 8)}" for letter in "ABCD"),
            answer=draw.choice("ABCD"),
            slices={"type": TYPES[at % len(TYPES)]},
            media=(f"media/videos/clip_{at % 300}.mp4",),
        )
        for at in range(max(SIZES))
    ]


def words(draw: random.Random, count: int) -> str:
    """Some words."""
    return " ".join(draw.choices(WORDS, k=count))


def make_results(board: Board, results: Path) -> list[Entry]:
    """Write a results repository; its runs in the order of their models' numbers."""
    asked = list(board.questions(results))
    made = []
    for at, one in enumerate(fixtures.entries(MODELS, seed=1, board=board)):
        facts = {**one.facts, "dataset": {**one.facts["dataset"], "origin": HUB_DATASET}}
        entry = replace(one, facts=facts)
        path = results / entry_path(entry)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(entry_files.to_json(entry), encoding="utf-8")
        size = SIZES[at] if at < len(SIZES) else SIZES[0]
        rows = run_of(board, asked[:size], seed=at)
        write_samples(results / samples_path(entry_path(entry)), entry, board, rows)
        made.append(entry)
    return made


def run_of(board: Board, asked: list[QuestionText], seed: int) -> list[Sample]:
    """Samples of 60 words; the first response of the first two runs is 2 MB long."""
    draw = random.Random(seed)  # noqa: S311 (plausible, not secret)
    found = []
    for at, question in enumerate(asked):
        said = draw.choice("ABCD")
        one = Sample(
            question_id=question.question_id,
            response=words(draw, 60) if at or seed >= len(SIZES) else LONG_RESPONSE,
            error=None,
            outcome=Outcome.RIGHT if said == question.answer else Outcome.WRONG,
            predictions=dict.fromkeys(board.parsers, said),
            message_hash=f"{draw.getrandbits(256):064x}",
            frames=(50, 300)[seed % 2],
            input_tokens=9000 + draw.randrange(900),
            output_tokens=70,
            slices=dict(question.slices),
        )
        found.append(one)
    return found


def places(board: Board, entries: list[Entry]) -> dict[str, str]:
    """The pages that are used and weighed."""
    setting = board.settings[0]
    runs = {
        f"samples {size}": samples.address(samples.Browser(board, entry))
        for entry, size in zip(entries, SIZES, strict=False)
    }
    table = addresses.table(board.benchmark, setting.name)
    return {"table": table, "compare": comparing.address(board, setting), **runs}


def sizes(site: Path, board: Board, entries: list[Entry]) -> None:
    """Print the bytes of pages and of what they load, as they are and packed."""
    shown = [site / place for place in places(board, entries).values()]
    shown += [one.with_suffix(".js") for one in shown if one.name.endswith("-compare.html")]
    for page in list(shown):
        shown += [one for one in (page.with_suffix("") / "index.js",) if one.is_file()]
        shown += [one for one in (page.with_suffix("") / "data-1.js",) if one.is_file()]
    shown += sorted((site / board.benchmark / "outcomes").iterdir())[:2]
    for path in [*shown, *sorted((site / "assets").iterdir())]:
        content = path.read_bytes()
        packed = len(gzip.compress(content))
        print(f"{len(content):>10,} bytes {packed:>9,} gzip  {path.relative_to(site).as_posix()}")
    files = [one for one in site.rglob("*") if one.is_file()]
    print(f"{sum(one.stat().st_size for one in files):>10,} bytes in {len(files)} files")


MEASURE = """async (act) => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const [script, all] = [[], []];
  for (let turn = 0; turn < 20; turn += 1) {
    await frame();
    const start = performance.now();
    eval(act)(turn);
    script.push(performance.now() - start);
    await frame();
    all.push(performance.now() - start);
  }
  const middle = (times) => times.sort((a, b) => a - b)[10].toFixed(1);
  return `script ${middle(script)} ms (at most ${Math.max(...script).toFixed(1)}), ` +
    `to the next frame ${middle(all)} ms (at most ${Math.max(...all).toFixed(1)})`;
}"""


def changed(control: str, value: str) -> str:
    """JavaScript of an act: another value in a control, as JavaScript of the turn's number."""
    return (
        f"(turn) => {{ const one = document.getElementById({json.dumps(control)}); "
        f"one.value = {value}; "
        "one.dispatchEvent(new Event(one.type === 'search' ? 'input' : 'change')); }"
    )


ACTS: dict[str, dict[str, str]] = {
    "table": {
        "sort by accuracy": (
            "(turn) => document.querySelector('th[data-key=headline] button').click()"
        ),
        "sort by a type": (
            "(turn) => document.querySelectorAll('th[data-axis] button')[turn % 13].click()"
        ),
        "filter by text": changed("filter-text", "['1', '1b', 'lab-3', ''][turn % 4]"),
    },
    "compare": {
        "another second model": changed(
            "second", "document.getElementById('second').options[turn + 2].value"
        ),
    },
    "samples": {
        "filter by outcome": changed("outcome", "'RW'[turn % 2]"),
        "search": changed("words", "['', 'c', 'cu', 'cup', 'person'][turn % 5]"),
        "scroll": "(turn) => { document.getElementById('samples').scrollTop += 5000; }",
        "key j": (
            "(turn) => document.getElementById('samples').dispatchEvent("
            "new KeyboardEvent('keydown', { key: 'j', bubbles: true }))"
        ),
    },
}


def use(chromium: Any, site: Path, board: Board, entries: list[Entry]) -> None:
    """Open each page from its folder and print how long each act takes."""
    for name, place in places(board, entries).items():
        context = chromium.new_context(bypass_csp=True)  # the measuring script uses eval
        page = context.new_page()
        page.goto((site / place).as_uri())
        page.wait_for_timeout(300)
        loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        elements = page.evaluate("document.querySelectorAll('*').length")
        print(f"{name}: loaded after {loaded:.0f} ms, {elements:,} elements")
        for act, script in ACTS[name.split(maxsplit=1)[0]].items():
            print(f"{name}: {act}: {page.evaluate(MEASURE, script)}")
        context.close()


if __name__ == "__main__":
    main()
