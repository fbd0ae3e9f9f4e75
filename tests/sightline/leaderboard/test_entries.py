"""Entries: made from scores, written as JSON, and read from strangers."""

from __future__ import annotations

import json
import os
import runpy
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import SubmissionError
from sightline.leaderboard.results.entries import (
    ENTRY_LIMIT_BYTES,
    entry_of,
    from_json,
    read_entries,
    to_json,
)
from sightline.leaderboard.results.entry_names import entry_path, model_folder, printed_slug
from sightline.records import Response

_ROOT = Path(__file__).parents[2]
toys = SimpleNamespace(**runpy.run_path(str(_ROOT / "leaderboard_fixtures.py")))
RUN = "20261121-233055-1a2b3c4d"


@pytest.fixture
def entry():
    """A row of the toy, by the function under test."""
    return made(["A", "B", "C", "A", "B", "A"])


def made(texts, **changes):
    """The toy's row of these responses; None is a question without one."""
    board = toys.toy_board()
    setting = board.settings[0]
    said = [Response(f"q-{i}", text) for i, text in enumerate(texts) if text is not None]
    scores = board.rescore(Path(), setting, said)
    report = board.summarise(scores, setting, "org/toy-1b")
    manifest = toys.manifest(**changes)
    return entry_of(board, setting, manifest, scores, report, f"{manifest['run']['id']}.parquet")


def changed(entry, **changes):
    """The entry's JSON with other values."""
    return json.dumps({**json.loads(to_json(entry)), **changes})


def put(folder, path, text):
    """A file of a repository."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return target


def test_an_entry_says_what_follows_from_the_scores():
    """All right; then one wrong, one unread, one missing."""
    whole = made(list("ABCDAB"))
    assert (whole.value, whole.kind, whole.setting, whole.run) == (100.0, "run", "toy_plain", RUN)
    assert whole.parsers == {"first": 100.0, "alone": 100.0}
    assert whole.faults == ()
    assert whole.notes == ("frames: 2 frames", "backend: sightline")
    partial = made(["A", "A", "none", "D", "A", None])
    assert partial.value == pytest.approx(50.0)
    assert partial.counts == {"right": 3, "wrong": 1, "unparsed": 1, "missing": 1, "error": 0}
    assert partial.faults == ("partial run: 1 of 6 missing",)
    assert partial.cells["kind"]["moving"]["value"] == pytest.approx(33.3333)


def test_the_submitters_scores_are_replaced():
    """What the manifest claims is nowhere in the entry."""
    forged = made(["B"] * 6, scores={"overall": {"accuracy": 99.9}})
    assert forged.facts["scores"]["overall"]["accuracy"] == pytest.approx(33.3333)
    assert "99.9" not in to_json(forged)


def test_json_is_stable_and_read_back(entry):
    """Equal entries give equal texts whatever the order of their keys."""
    turned = replace(entry, facts=dict(reversed(entry.facts.items())))
    assert to_json(turned) == to_json(entry)
    assert from_json(to_json(entry), "x.json") == entry
    assert from_json(to_json(entry).encode(), "x.json") == entry


@pytest.mark.parametrize("name", [one for one in toys.HOSTILE if one])
def test_printed_names_of_any_kind_are_kept_and_stay_in_their_folder(name):
    """A file's name comes from any text; the text itself is kept as it is."""
    row = replace(
        toys.entry(), kind="published", model=name, run="toy_plain", samples=None, counts={}
    )
    path = entry_path(row)
    assert from_json(to_json(row), path).model == name
    assert path.startswith("results/toy/published/")
    assert path.count("/") == 3
    assert len(path.rsplit("/", 1)[1]) < 150


WRONG = {
    "kind": ["winner", None, 1, ["run"]],
    "schema_version": [2, 1.0, True, "1"],
    "benchmark": ["../toy", "Toy", "", "a/b", None],
    "setting": ["..", "toy plain", 3],
    "model": ["toy", "a/b/c", "../b", "a__b/c", "a_/b", "a/b\n", "a/", "a/..", "a/.b", "-a/b", ""],
    "run": ["", "..", "20261121-233055-1A2B3C4D", "../../20261121-233055-1a2b3c4d", None],
    "value": [-0.1, 100.1, "50", None, True, 10**400, [1]],
    "low": [None, 101, "1", 99.0],
    "high": [None, -1, True],
    "cells": [[], {"type": 1}, {"type": {"a": 1}}, {"type": {"a": {"value": 1}}}],
    "parsers": [{"first": "1"}, {"first": 101}, {"": 1}, []],
    "counts": [{"right": -1}, {"right": 1.5}, {"rihgt": 1}, {"right": True}, []],
    "faults": ["x", [1], ["x" * 5000], ["x"] * 1000, {}],
    "notes": [None, [None], ["\ud800"]],
    "facts": [[], None, {"a": "\ud800"}, {"a": 10**30}],
    "samples": [None, "other.parquet", "../20261121-233055-1a2b3c4d.parquet", 3],
}


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, many in WRONG.items() for v in many])
def test_a_wrong_value_is_refused_with_its_file(entry, key, value):
    """Every field, one fault each."""
    with pytest.raises(SubmissionError) as caught:
        from_json(changed(entry, **{key: value}), "results/toy/x.json")
    assert "results/toy/x.json" in str(caught.value) or key in ("model", "run", "samples")


def test_keys_are_fixed(entry):
    """One too many, one too few, one twice."""
    values = json.loads(to_json(entry))
    with pytest.raises(SubmissionError, match="unknown keys: rank"):
        from_json(json.dumps({**values, "rank": 1}), "x.json")
    del values["value"]
    with pytest.raises(SubmissionError, match="has no value"):
        from_json(json.dumps(values), "x.json")
    twice = to_json(entry).replace('"value"', '"value": 99, "value"')
    with pytest.raises(SubmissionError, match="stands twice"):
        from_json(twice, "x.json")


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", "{", b"\xff\xfe", b"\x80", '{"a": NaN}', '{"a": Infinity}',
        '{"a": -Infinity}', "[" * 100_000, '{"a":' * 100_000, "9" * 10_000,
        " " * (ENTRY_LIMIT_BYTES + 1),
    ],
)  # fmt: skip
def test_what_is_no_entry_is_refused(text):
    """Whatever it is, one kind of error with the file's name."""
    with pytest.raises(SubmissionError, match=r"x\.json: "):
        from_json(text, "x.json")


def test_numbers_that_become_infinite_are_refused(entry):
    """JSON has 1e999; Python reads infinity."""
    for place in ('"value": ', '"wall_seconds": '):
        start = to_json(entry).index(place) + len(place)
        text = to_json(entry)[:start] + "1e999" + to_json(entry)[start:].lstrip("0123456789.")
        with pytest.raises(SubmissionError, match=r"x\.json"):
            from_json(text, "x.json")


def test_deep_facts_are_refused(entry):
    """Readers of the page recur over them."""
    deep = {}
    for _ in range(200):
        deep = {"a": deep}
    with pytest.raises(SubmissionError, match="deeper"):
        from_json(changed(entry, facts=deep), "x.json")


names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,6}", fullmatch=True)


@given(st.tuples(names, names), st.tuples(names, names))
def test_two_models_never_share_a_folder(one, other):
    """Or one of them has no folder at all."""
    try:
        folders = model_folder("/".join(one)), model_folder("/".join(other))
    except SubmissionError:
        return
    assert (folders[0] == folders[1]) == (one == other)


@given(st.text(), st.text())
def test_two_printed_names_never_share_a_file(one, other):
    """Not even where they differ in case, blanks or signs alone."""
    assert (printed_slug(one) == printed_slug(other)) == (one == other)


def test_a_repository_is_read_in_order(tmp_path, entry):
    """Only what is where it belongs, with its samples."""
    other = made(list("ABCDAB"), model={"name": "org/b"})
    for one in (other, entry):
        put(tmp_path, entry_path(one), to_json(one))
        put(tmp_path, entry_path(one).replace(".json", ".parquet"), "")
    found = read_entries(tmp_path)
    assert [one.model for one in found.entries] == ["org/b", "org/toy-1b"]
    assert found.problems == ()
    assert read_entries(tmp_path / "results/toy").entries == ()


def test_what_does_not_belong_is_told_and_left_out(tmp_path, entry):
    """Each with its place; the good entry is there all the same."""
    path = entry_path(entry)
    put(tmp_path, path, to_json(entry))
    put(tmp_path, path.replace(".json", ".parquet"), "")
    put(tmp_path, "results/toy/org__other/" + path.rsplit("/", 1)[1], to_json(entry))
    put(tmp_path, "results/toy/org__toy-1b/20261121-233055-00000000.json", "{}")
    put(tmp_path, "results/toy/org__toy-1b/20261121-233055-00000001.parquet", "")
    put(tmp_path, "results/toy/org__toy-1b/run.py", "")
    put(tmp_path, "results/toy/org__toy-1b/deep/er.json", "{}")
    put(tmp_path, "results/loose.json", "{}")
    put(tmp_path, "results/toy/ORG__toy-1b/" + path.rsplit("/", 1)[1], "{}")
    (tmp_path / "results/toy/org__toy-1b/link.json").symlink_to(tmp_path / path)
    (tmp_path / "results/linked").symlink_to(tmp_path / "results/toy")
    os.mkfifo(tmp_path / "results/toy/org__toy-1b/pipe.json")
    found = read_entries(tmp_path)
    assert found.entries == (entry,)
    told = "\n".join(one.line() for one in found.problems)
    for words in (
        f"by its content it must lie at {path}",
        "00000000.json: an entry's keys are fixed",
        "00000001.parquet: samples without a readable entry",
        "run.py: neither an entry nor its samples",
        "results/toy/org__toy-1b/deep: a link, or no regular file",
        "loose.json: neither an entry nor its samples",
        "link.json: a link, or no regular file",
        "results/linked: a link, or no regular file",
        "pipe.json: a link, or no regular file",
        "differ in case alone",
    ):
        assert words in told, told
    assert all(one.severity == "error" for one in found.problems)


def test_missing_samples_are_told(tmp_path, entry):
    """A run whose responses nobody can see is no run."""
    put(tmp_path, entry_path(entry), to_json(entry))
    (only,) = read_entries(tmp_path).problems
    assert "not there" in only.what


def test_a_results_folder_that_is_a_link_is_not_followed(tmp_path, entry):
    """It may lead anywhere."""
    put(tmp_path / "else", entry_path(entry), to_json(entry))
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository/results").symlink_to(tmp_path / "else/results")
    found = read_entries(tmp_path / "repository")
    assert found.entries == ()
    assert "not followed" in found.problems[0].what


def test_no_folder_is_an_error(tmp_path):
    """With what to do."""
    with pytest.raises(SubmissionError, match="must be a folder"):
        read_entries(tmp_path / "absent")


def test_an_entry_that_json_cannot_hold_is_not_written(entry):
    """NaN, objects, half a character."""
    for facts in ({"a": float("nan")}, {"a": object()}, {"a": "\ud800"}):
        with pytest.raises(SubmissionError, match="is not JSON"):
            to_json(replace(entry, facts=facts))


def test_an_entry_of_every_kind_reads_back():
    """As helper functions of the page make them."""
    for one in toys.entries(20):
        assert asdict(from_json(to_json(one), "x.json")) == asdict(one)
