"""Rows as Markdown, LaTeX, CSV, JSON, the Hub's YAML and EASI's files, read back."""

import csv
import io
import json
import re
import runpy
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sightline.errors import SubmissionError, UsageError
from sightline.leaderboard.exports import csv_text, easi, eval_results, latex, markdown
from sightline.leaderboard.exports.grid import grid_of
from sightline.leaderboard.exports.json_text import json_text
from sightline.leaderboard.results.entries import from_json
from sightline.wording import on_screen

toy = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "leaderboard_fixtures.py")))
BOARD = toy.toy_board()
TASKS = ("toy_plain", "toy_plain_moving")
ANY_TEXT = st.text(max_size=60) | st.sampled_from(toy.HOSTILE)


def named(model):
    """The grid of one entry whose model has that name."""
    return grid_of(BOARD, [toy.entry(model=model)])


def markdown_cells(text):
    """What a reader of Markdown shows: rows of cells, and every kind of token in them."""
    tokens = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").parse(text)
    rows, kinds = [], set()
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        if token.type == "inline":
            kinds |= {child.type for child in token.children}
            rows[-1].append("".join(child.content for child in token.children))
    return rows, kinds


@pytest.mark.parametrize("model", [name for name in toy.HOSTILE if name])
def test_markdown_shows_any_name_as_it_is(model):
    """No markup, no new cell, no new row: a reader of Markdown finds the very name."""
    rows, kinds = markdown_cells(markdown.markdown(named(model)))
    assert kinds <= {"text", "text_special"}
    assert len(rows) == 2
    assert {len(row) for row in rows} == {8}
    assert rows[1][0] == on_screen(model).strip()


def test_markdown_has_one_column_for_each_member_and_says_what_was_not_rerun():
    """Percent with one decimal, a dash where nothing is printed."""
    rows, _ = markdown_cells(markdown.markdown(grid_of(BOARD, toy.entries(1, seed=3))))
    assert rows[0][:6] == ["Model", "Setting", "Overall", "95 % interval", "Mov", "Still"]
    by_name = {row[0]: row for row in rows[1:]}
    assert by_name["Human"][2:5] == ["95.0", "-", "95.0"]
    assert by_name["Human"][-1] == "people, published; its types come to 94.5"
    assert by_name["Partial-8B"][-1].startswith("published, not re-run; ")
    assert by_name["Partial-8B"][4:6] == ["66.7", "-"]


@pytest.mark.parametrize("text", ["see www.evil.example", "http://evil.example", "a@evil.example"])
def test_markdown_makes_no_link_or_mention(text):
    """GitHub links bare addresses and tells people who are mentioned."""
    assert not re.search(r"www\.|(?<!\\)://|@", markdown.escaped(text))


def latex_text(text):
    """What LaTeX prints of an escaped text, by its rules; fails on anything unescaped."""
    printed = {
        "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<",
        "textgreater": ">", "textbar": "|", "textquotedbl": '"', "textasciigrave": "`",
        "textquotesingle": "'",
    }  # fmt: skip
    found = []
    pattern = re.compile(
        r"\\([a-z]+)\{\}|\\([{}$&#%_])|\{([\[\]*])\}|-\{\}|([^\\{}$&#%_~^<>|\"`'*])"
    )
    place = 0
    while place < len(text):
        match = pattern.match(text, place)
        assert match, f"unescaped at {place}: {text[place : place + 20]!r}"
        name, sign, braced, plain = match.groups()
        if name:
            found.append(printed[name])
        else:
            found.append(sign or braced or plain or "-")
        place = match.end()
    return "".join(found)


@given(ANY_TEXT)
def test_latex_prints_any_name_as_it_is(model):
    """Every character that means something to LaTeX is escaped, and nothing else changes."""
    assert latex_text(latex.escaped(on_screen(model))) == on_screen(model)


@pytest.mark.parametrize("model", toy.HOSTILE)
def test_latex_rows_stay_rows(model):
    """One line a row, as many cells as the head, and no option after the end of a row."""
    lines = latex.latex(named(model)).splitlines()
    rows = [line for line in lines if line.endswith(r"\\")]
    assert len(lines) == 8
    assert len(rows) == 2
    cells = [re.split(r"(?<!\\)&", row) for row in rows]
    assert len(cells[0]) == len(cells[1]) == 8
    assert not rows[1].startswith(("[", "*"))
    assert lines[1] == r"\begin{tabular}{llrrrrrl}"
    assert lines[2:8:2] + lines[7:] == [r"\toprule", r"\midrule", r"\bottomrule", r"\end{tabular}"]


@given(ANY_TEXT)
def test_csv_starts_no_formula_and_keeps_the_name(model):
    """A reader of CSV finds the name, behind a ' where it could be taken for a formula."""
    (head, row) = csv.reader(io.StringIO(csv_text.csv_table(named(model))))
    assert len(row) == len(head)
    assert not row[0].lstrip().startswith(("=", "+", "-", "@", "\uff1d"))
    assert row[0].removeprefix("'") == on_screen(model).removeprefix("'")


@pytest.mark.parametrize("text", ["=1", " =1", "\t+1", "\n@x", "\uff1d1", "-"])
def test_what_a_spreadsheet_takes_for_a_formula_is_guarded(text):
    """Whatever stands before the sign."""
    assert csv_text.guarded(text) == f"'{text}"
    assert csv_text.guarded("a=1") == "a=1"


def test_csv_has_every_axis_and_plain_numbers():
    """Empty where nothing is known; the values unrounded."""
    rows = list(csv.DictReader(io.StringIO(csv_text.csv_table(grid_of(BOARD, toy.entries(2))))))
    assert [*rows[0]][-4:] == ["kind: moving", "kind: still", "size: small", "size: large"]
    human = next(row for row in rows if row["model"] == "Human")
    assert (human["value"], human["low"], human["size: small"]) == ("95.0", "", "")
    assert float(rows[0]["low"]) < float(rows[0]["value"]) < float(rows[0]["high"])


def test_json_is_what_a_results_repository_holds():
    """One entry reads back as itself, several as a list."""
    entry = toy.entry()
    assert from_json(json_text([entry]), "entry.json") == entry
    both = json.loads(json_text([entry, replace(entry, model="org/other")]))
    assert [one["model"] for one in both] == ["org/toy-1b", "org/other"]
    with pytest.raises(SubmissionError, match="ORG/NAME"):
        json_text([replace(entry, model="../../etc")])


def results(entry=None, **changes):
    """The Hub's results of an entry."""
    return eval_results.eval_results(BOARD, entry or toy.entry(), TASKS, **changes)


def test_the_hub_reads_its_own_results_back():
    """By huggingface_hub's parser, and as its own writer would write them."""
    hub = pytest.importorskip("huggingface_hub._eval_results", reason="an older huggingface_hub")
    text = eval_results.as_yaml(results(source_url="https://example.org/run"))
    first, second = hub.parse_eval_result_entries(yaml.safe_load(text))
    assert (first.dataset_id, first.task_id, first.value) == ("org/toy", "toy_plain", 33.33)
    assert first.dataset_revision == "a" * 40
    assert first.date == "2026-11-21T23:30:55+00:00"
    assert first.source_url == "https://example.org/run"
    assert (second.task_id, second.value) == ("toy_plain_moving", 33.33)
    assert hub.eval_result_entries_to_yaml([first, second]) == yaml.safe_load(text)
    for part in (
        "percent",
        "2 frames",
        "parser first",
        "lmms-eval 0.7.3",
        "sightline 0.1.0",
        "random 0",
    ):
        assert part in first.notes


@pytest.mark.parametrize("text", toy.HOSTILE)
def test_hostile_words_stay_inside_the_notes(text):
    """YAML reads back the same structure whatever a submitter wrote."""
    facts = toy.manifest(run={**toy.manifest()["run"], "libraries": {"sightline": text}})
    found = results(toy.entry(facts=facts, faults=(text,)))
    back = yaml.safe_load(eval_results.as_yaml(found))
    assert back == found
    assert {key for one in back for key in one} == {"dataset", "value", "date", "notes"}
    assert back[0]["notes"].isprintable()


def test_only_runs_of_settings_with_a_board_and_a_dataset_go_to_the_hub():
    """Each refusal says what to do."""
    with pytest.raises(UsageError, match="printed row"):
        results(toy.entry(kind="published"))
    with pytest.raises(UsageError, match="toy_wide has no leaderboard"):
        results(toy.entry(setting="toy_wide"))
    folder = toy.manifest(dataset={"origin": "folder", "revision": None})
    with pytest.raises(UsageError, match="--dataset-id"):
        results(toy.entry(facts=folder))
    other = results(toy.entry(facts=folder), dataset="org/other")
    assert other[0]["dataset"] == {"id": "org/other", "task_id": "toy_plain"}


def test_results_that_are_there_stay_and_our_own_are_replaced():
    """Same dataset and task: replaced; everything else: kept, in its order."""
    other = {"dataset": {"id": "org/other", "task_id": "x"}, "value": 1}
    old = {"dataset": {"id": "org/toy", "task_id": "toy_plain"}, "value": 2.0}
    there = yaml.safe_dump([old, other, {"odd": "thing"}]).encode()
    merged = yaml.safe_load(eval_results.merged(there, results(), "f.yaml"))
    assert merged == [other, {"odd": "thing"}, *results()]
    again = eval_results.merged(eval_results.as_yaml(results()).encode(), results(), "f.yaml")
    assert again == eval_results.as_yaml(results())


@pytest.mark.parametrize(
    "there",
    [
        b"a: b",
        b"- just text",
        b"[unclosed",
        b"!!python/object:os.system {}",
        b"\xff\xfe\x00",
        b"- " * 3000,
        b"x" * (1 << 21),
    ],
)
def test_a_file_that_cannot_be_read_is_left_alone(there):
    """A refusal that names the file, and nothing else."""
    with pytest.raises(UsageError, match=r"f\.yaml is there and cannot be read"):
        eval_results.merged(there, results(), "f.yaml")


def test_easi_gets_every_key_in_percent():
    """All benchmarks of EASI-8 are null, ours is the number of the row."""
    found = json.loads(easi.as_json(easi.payload(BOARD, toy.entry(), easi.EasiModel(remarks="x"))))
    assert [*found] == [
        "modelName", "modelType", "precision", "revision", "weightType", "baseModel", "backend",
        "remarks", "scores", "subScores",
    ]  # fmt: skip
    assert found["scores"] == {**dict.fromkeys(easi.REQUIRED), "toy": 33.3333}
    assert found["subScores"] == {"toy": {"moving_accuracy": 33.3333}}
    assert found["remarks"].startswith("x percent; ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "chat"}, "model type"),
        ({"precision": "fp8"}, "precision"),
        ({"weight_type": "original"}, "weight type"),
        ({"backend": "us"}, "backend"),
        ({"weight_type": "Delta"}, "needs the base model"),
        ({"base_model": "../x"}, "base model"),
        ({"revision": "a b"}, "revision"),
    ],
)
def test_easi_words_are_checked_before_people_send_them(change, said):
    """Only what EASI's form takes."""
    with pytest.raises(UsageError, match=said):
        easi.EasiModel(**change)


def test_easi_refuses_what_it_does_not_have():
    """Another benchmark, a printed row, a model without a name of the Hub."""
    model = easi.EasiModel()
    with pytest.raises(UsageError, match="EASI does not have Toy"):
        easi.payload(replace(BOARD, easi=None), toy.entry(), model)
    with pytest.raises(UsageError, match="printed row"):
        easi.payload(BOARD, toy.entry(kind="people"), model)
    with pytest.raises(UsageError, match="org/name"):
        easi.payload(BOARD, toy.entry(model="<b>/x"), model)


def test_easi_zip_has_every_answer_and_fits(monkeypatch):
    """The extracted answer beside the response; the same bytes again; refused when too large."""
    scores = toy.toy_scores(["Answer: A", "=1+1", None, "B", "C", "D"])
    content = easi.results_zip(BOARD, toy.entry(), scores)
    assert content == easi.results_zip(BOARD, toy.entry(), scores)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        rows = [json.loads(line) for line in archive.read(name).decode().splitlines()]
    assert name == "toy_plain.jsonl"
    assert [row["extracted_answer"] for row in rows] == ["A", None, None, "B", "C", "D"]
    assert [row["response"] for row in rows][:3] == ["Answer: A", "=1+1", None]
    monkeypatch.setattr(easi, "LARGEST_BYTES", len(content) - 1)
    with pytest.raises(UsageError, match="EASI's server takes at most"):
        easi.results_zip(BOARD, toy.entry(), scores)
    with pytest.raises(UsageError, match="--no-zip"):
        easi.results_zip(BOARD, toy.entry(), ())
