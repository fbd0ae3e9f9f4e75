"""The sample browser: everything of a run is there, in parts, as text, and media only by link."""

from __future__ import annotations

import json
import re
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.errors import SubmissionError
from sightline.leaderboard.board import QuestionText
from sightline.leaderboard.results.sample_rows import Sample
from sightline.leaderboard.site import render, sample_data, samples
from sightline.records import Outcome

_HERE = Path(__file__)
fixtures = SimpleNamespace(**runpy.run_path(str(_HERE.parents[3] / "leaderboard_fixtures.py")))
scripts = SimpleNamespace(**runpy.run_path(str(_HERE.with_name("site_scripts.py"))))

BOARD = fixtures.toy_board()
ENTRY = fixtures.entry()
SITE = render.Site("Site")
QUESTIONS = {one.question_id: one for one in BOARD.questions(Path("unused"))}


def sample(number=0, **changes):
    """A sample of the toy; `changes` are other fields."""
    fields = {
        "question_id": f"q-{number}",
        "response": "A",
        "error": None,
        "outcome": Outcome.RIGHT,
        "predictions": {"first": "A", "alone": None},
        "message_hash": "f" * 64,
        "frames": 50,
        "input_tokens": 9000,
        "output_tokens": 2,
        "slices": {"kind": "moving", "size": None},
    }
    return Sample(**(fields | changes))


def written(tmp_path, rows, *, entry=ENTRY, questions=QUESTIONS):
    """The page's text, its index, and its chunks."""
    browser = samples.Browser(BOARD, entry)
    place = samples.write(browser, rows, questions, tmp_path, site=SITE)
    folder = (tmp_path / place).with_suffix("")
    chunks = [
        arguments(folder / f"data-{number}.js")
        for number in range(len(list(folder.glob("data-*.js"))))
    ]
    assert [number for number, _ in chunks] == list(range(len(chunks)))
    page = (tmp_path / place).read_text(encoding="utf-8")
    return page, arguments(folder / "index.js")[0], [one for _, one in chunks]


def arguments(path):
    """Values that a data file calls with."""
    text = path.read_text(encoding="utf-8")
    inside = re.fullmatch(r"\w+\((.*)\);\n", text, re.DOTALL)[1]
    return json.loads(f"[{inside}]")


@pytest.mark.parametrize(("count", "chunks"), [(0, []), (250, [250]), (601, [250, 250, 101])])
def test_every_sample_is_in_the_index_and_in_one_chunk(tmp_path, count, chunks):
    """None is lost at the ends."""
    page, index, parts = written(tmp_path, [sample(number) for number in range(count)])
    assert [len(one) for one in parts] == chunks
    assert index["ids"] == [f"q-{number}" for number in range(count)]
    assert index["outcomes"] == "R" * count
    assert f"{count:,} samples" in page


def test_the_index_tells_outcomes_members_and_the_beginning_of_questions(tmp_path):
    """-1 where an axis does not apply, nothing where the question is not known."""
    long = QuestionText("q-1", "word " * 100, (), "yes", {}, ())
    rows = [
        sample(0, outcome=Outcome.MISSING, slices={"kind": "still"}),
        sample(1, outcome=Outcome.UNPARSED, slices={}),
    ]
    _, index, _ = written(tmp_path, rows, questions={"q-1": long})
    assert index["outcomes"] == "MU"
    assert [axis["of"] for axis in index["axes"]] == [[1, -1], [-1, -1]]
    assert index["words"][0] == ""
    assert len(index["words"][1]) == samples.SHORT


def test_a_detail_holds_what_was_asked_said_and_read(tmp_path):
    """And no key for what is not known."""
    _, _, [[one]] = written(tmp_path, [sample()])
    assert one == {
        "question": "Where does thing 0 go?",
        "options": ["A. left", "B. right", "C. up", "D. down"],
        "answer": "A",
        "media": ["media/videos/v-0.mp4"],
        "predictions": [["first", "A"], ["alone", None]],
        "slices": [["kind", "moving"]],
        "frames": "50",
        "tokens": "9,000 in, 2 out",
        "hash": "f" * 64,
        "response": "A",
    }


def test_an_empty_response_is_another_thing_than_none(tmp_path):
    """One was said, the other failed."""
    rows = [sample(0, response=""), sample(1, response=None, error="out of memory")]
    _, _, [[empty, failed]] = written(tmp_path, rows)
    assert empty["response"] == ""
    assert "response" not in failed
    assert failed["error"] == "out of memory"


def test_a_response_of_two_megabytes_is_cut_and_says_so(tmp_path):
    """The page stays small."""
    _, _, [[one]] = written(tmp_path, [sample(response="x" * 2_000_000)])
    assert len(one["response"]) == sample_data.LONGEST
    assert one["response_length"] == 2_000_000
    assert sum(path.stat().st_size for path in tmp_path.rglob("*")) < 100_000


@pytest.mark.parametrize("text", fixtures.HOSTILE)
def test_text_from_strangers_stays_text(tmp_path, text):
    """In the page, the index and the chunk; the chunk has it verbatim."""
    question = QuestionText("q-0", text, (text,), text, {}, (text,))
    row = sample(0, response=text, error=text, predictions={"first": text})
    page, _, [[one]] = written(tmp_path, [row], questions={"q-0": question})
    assert one["response"] == one["question"] == one["media"][0] == text
    shown = "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.*s"))
    for raw in ("<script>alert", "<img", "<svg onload"):
        assert raw not in page
        assert raw not in shown


@pytest.mark.parametrize("run", ["../../x", "a/b", "", "20261121-233055-1a2b3c4d/.."])
def test_a_run_whose_name_leads_elsewhere_is_refused(tmp_path, run):
    """Before anything is written."""
    with pytest.raises(SubmissionError, match="run"):
        written(tmp_path, [sample()], entry=replace(ENTRY, run=run))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("origin", "base"),
    [
        (f"org/name@{'a' * 40}", f"https://huggingface.co/datasets/org/name/resolve/{'a' * 40}/"),
        ("folder", None),
        ("org/name@main", None),
        ("https://evil.example/org/name@aaaaaaa", None),
        ("javascript:alert(1)//org/name@aaaaaaa", None),
        ("../..@aaaaaaa", None),
        (7, None),
    ],
)
def test_recordings_are_linked_only_to_a_pinned_dataset_of_the_hub(origin, base):
    """Anything else is shown as a path."""
    assert sample_data.media_base({"dataset": {"origin": origin}}) == base


def test_facts_without_a_dataset_have_no_links():
    """And facts are a stranger's."""
    assert sample_data.media_base({}) is None
    assert sample_data.media_base({"dataset": "org/name"}) is None


def test_without_javascript_the_first_samples_are_a_table(tmp_path):
    """And the page names the file with all of them."""
    rows = [sample(number % 6, outcome=Outcome.WRONG) for number in range(samples.STATIC + 50)]
    page, _, _ = written(tmp_path, rows)
    static = re.search("<noscript>(.*)</noscript>", page, re.DOTALL)[1]
    assert static.count('<tr><th scope="row">') == samples.STATIC
    assert "Where does thing 5 go?" in static
    assert "wrong" in static
    assert f"{ENTRY.run}.parquet" in page


INDEX = {
    "ids": ["q-1", "q-2", "q-3"],
    "outcomes": "RWR",
    "words": ["Where is the CUP?", "cup or door", "door"],
    "axes": [{"of": [0, 1, -1]}],
}


@pytest.mark.parametrize(
    ("outcome", "text", "member", "found"),
    [
        ("", "", -1, [0, 1, 2]),
        ("R", "", -1, [0, 2]),
        ("", " cup ", -1, [0, 1]),
        ("", "Q-3", -1, [2]),
        ("", "", 1, [1]),
        ("R", "door", 1, []),
    ],
)
def test_filters_and_search_pass_what_they_say(tmp_path, outcome, text, member, found):
    """By outcome, by words in any case, by member."""
    wanted = json.dumps({"outcome": outcome, "text": text, "members": [member]})
    expression = f"sightlineSampleList.passing({json.dumps(INDEX)}, {wanted})"
    assert scripts.value_of("samples.js", expression, tmp_path) == found


def test_only_rows_near_the_visible_ones_are_drawn(tmp_path):
    """At the top, in the middle, at the end, and with few rows."""
    expression = (
        "[[0, 700, 72, 8521], [72000, 700, 72, 8521], [612800, 700, 72, 8521], [0, 700, 72, 3]]"
        ".map((one) => sightlineSampleList.visible(...one))"
    )
    said = scripts.value_of("samples.js", expression, tmp_path)
    assert said == [[0, 16], [994, 1016], [8505, 8521], [0, 3]]
