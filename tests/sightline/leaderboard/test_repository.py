"""A results repository in a folder: what is put there, what is refused, what reads it."""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sightline.errors import SubmissionError
from sightline.leaderboard.checks.run import check_package
from sightline.leaderboard.results import repository, repository_card
from sightline.leaderboard.results.entries import read_entries
from sightline.leaderboard.results.sample_rows import rows_of
from sightline.records import Outcome

packages = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("results_packages.py"))))
toys = packages.toys
NOW = datetime(2026, 12, 1, tzinfo=timezone.utc)
LOAD = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
names = get_dataset_config_names(sys.argv[1])
print(json.dumps({n: load_dataset(sys.argv[1], n, split="test")[:] for n in names}))
"""


@pytest.fixture(autouse=True)
def board(monkeypatch):
    """The toy is the only benchmark."""
    return toys.register(monkeypatch)


@pytest.fixture
def data(tmp_path):
    """Its dataset."""
    return packages.dataset(tmp_path / "dataset")


@pytest.fixture
def checked(data, tmp_path):
    """A factory: responses -> a package that was checked."""
    made = []

    def make(texts=packages.SOME, **changes):
        made.append(tmp_path / f"package-{len(made)}")
        path = packages.package(made[-1], data, texts, **changes)
        return check_package(path, data, now=NOW)

    return make


@pytest.fixture
def results(tmp_path):
    """The repository; not there yet."""
    return tmp_path / "results-repository"


def test_a_checked_package_becomes_two_files_and_a_card(checked, results):
    """Entry and samples lie where their content says; the entry reads back."""
    report = checked()
    assert [one.line() for one in report.findings if one.severity == "error"] == []
    entry, beside, card = repository.add(results, report)
    run = report.package.manifest["run"]["id"]
    assert entry == results / f"results/toy/org__toy-1b/{run}.json"
    assert beside == entry.with_suffix(".parquet")
    assert card == results / "README.md"
    found = read_entries(results)
    assert found.problems == ()
    (only,) = found.entries
    assert only.value == pytest.approx(50.0)
    assert only.faults == ("partial run: 1 of 6 missing",)
    assert {path.name for path in entry.parent.iterdir()} == {entry.name, beside.name}


def test_samples_have_every_question_with_what_was_said(checked, results):
    """Verbatim; a missing one and a failed one, too."""
    _, path, _ = repository.add(results, checked())
    rows = repository.samples(path)
    assert [row.question_id for row in rows] == [f"q-{i}" for i in range(6)]
    third = rows[2]
    assert (third.response, third.outcome) == ("x B", Outcome.WRONG)
    assert third.predictions == {"first": "B", "alone": None}
    assert (third.frames, third.input_tokens, third.output_tokens) == (3, 102, 2)
    assert third.slices == {"kind": "moving", "size": "small"}
    assert len(third.message_hash) == 64
    last = rows[5]
    assert (last.outcome, last.response, last.error) == (Outcome.MISSING, None, None)
    assert (last.frames, last.message_hash, last.slices["size"]) == (None, None, None)
    other = repository.add(results, checked(packages.OTHERS))[1]
    assert repository.samples(other)[5].error == "out of memory"


def test_the_same_run_again_is_nothing_to_do(checked, results):
    """Not even a new time of the files."""
    report = checked()
    paths = repository.add(results, report)
    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in paths]
    assert repository.add(results, report) == ()
    assert [(path.stat().st_mtime_ns, path.read_bytes()) for path in paths] == before


def test_equal_runs_give_equal_bytes(checked, results, tmp_path):
    """Whoever adds them."""
    report = checked()
    one = repository.add(results, report)
    other = repository.add(tmp_path / "elsewhere", report)
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_a_run_never_changes(checked, results):
    """The same id with other facts is refused, and the old one stays."""
    path = repository.add(results, checked())[0]
    before = path.read_bytes()
    with pytest.raises(SubmissionError, match="never changes"):
        repository.add(results, checked(notes="another note"))
    assert path.read_bytes() == before


def test_half_an_entry_is_made_whole(checked, results):
    """A kill between the two files leaves samples without an entry, or somebody removed them."""
    report = checked()
    entry, beside, _ = repository.add(results, report)
    before = beside.read_bytes()
    entry.unlink()
    assert len(repository.add(results, report)) == 2
    beside.unlink()
    assert len(repository.add(results, report)) == 2
    assert beside.read_bytes() == before


def test_another_run_of_a_model_is_another_file(checked, results):
    """And another setting's, too."""
    repository.add(results, checked())
    repository.add(results, checked(packages.OTHERS))
    repository.add(results, checked(packages.OTHERS[::-1], setting="toy_wide"))
    assert [one.setting for one in read_entries(results).entries].count("toy_plain") == 2
    assert len(read_entries(results).entries) == 3


def test_a_refused_package_is_not_added(checked, results):
    """A forged report, a run without a dataset to check it."""
    forged = checked(scores={"overall": {"accuracy": 99.0}})
    with pytest.raises(SubmissionError, match="is refused: "):
        repository.add(results, forged)
    with pytest.raises(SubmissionError, match="is refused: "):
        repository.add(results, check_package(forged.path, None, now=NOW))
    assert not results.exists()


def test_nothing_is_written_through_a_link(checked, results, tmp_path):
    """A folder of the repository, or the file itself."""
    (tmp_path / "else").mkdir()
    results.mkdir()
    (results / "results").symlink_to(tmp_path / "else")
    with pytest.raises(SubmissionError, match="is a link"):
        repository.add(results, checked())
    assert list((tmp_path / "else").iterdir()) == []


def test_folders_that_differ_in_case_alone_are_refused(checked, results):
    """They are one folder on some file systems."""
    repository.add(results, checked())
    with pytest.raises(SubmissionError, match="case alone"):
        repository.add(results, checked(model="ORG/toy-1b"))


@pytest.mark.slow
def test_load_dataset_opens_the_samples(checked, results, tmp_path):
    """Of all runs, whatever their setting, by the card alone; and a repository without any run."""
    repository.add(results, checked())
    repository.add(results, checked(packages.OTHERS, setting="toy_wide"))
    found = loaded(results, tmp_path)
    assert list(found) == ["toy"]
    assert (
        found["toy"]["setting"] == ["toy_plain"] * 6 + ["toy_wide"] * 6
        or found["toy"]["setting"] == ["toy_wide"] * 6 + ["toy_plain"] * 6
    )
    assert set(found["toy"]["model"]) == {"org/toy-1b"}
    assert found["toy"]["response"].count("x B") == 1
    assert found["toy"]["input_tokens"].count(100) == 2


def loaded(folder, tmp_path):
    """What load_dataset makes of a repository, in a process with no network and no cache."""
    environment = {**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_card_names_only_benchmarks_with_samples(checked, results):
    """A glob that fits no file would make every config unloadable."""
    results.mkdir()
    card = repository_card.refresh(results)
    assert "configs" not in card.read_text()
    assert repository_card.refresh(results) is None
    repository.add(results, checked())
    assert "path: results/toy/*/*.parquet" in card.read_text()
    shutil.rmtree(results / "results")
    repository_card.refresh(results)
    assert "configs" not in card.read_text()


def test_a_maintainers_card_is_kept(checked, results):
    """Only the configs are ours."""
    results.mkdir()
    (results / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n\n# Our board\n")
    repository.add(results, checked())
    text = (results / "README.md").read_text()
    assert text.startswith("---\nlicense: cc-by-4.0\nconfigs:\n- config_name: toy\n")
    assert text.endswith("---\n\n# Our board\n")
    (results / "README.md").write_text("---\na: [\n---\n")
    with pytest.raises(SubmissionError, match="README"):
        repository_card.refresh(results)


SCHEMAS = {
    "not every column": lambda table: table.drop_columns(["outcome"]),
    "columns that samples do not have": lambda table: table.append_column(
        "more", pa.array([1] * 6)
    ),
    "columns that are no texts or numbers": lambda table: table.set_column(
        4, "response", pa.array([1] * 6)
    ),
    "two columns of one name": lambda table: table.append_column(
        "prediction_first", table["prediction_first"]
    ),
    "outcome": lambda table: table.set_column(6, "outcome", pa.array(["won"] * 6)),
    "question_id": lambda table: table.set_column(
        3, "question_id", pa.array([None] * 6, pa.string())
    ),
}


@pytest.mark.parametrize("words", SCHEMAS)
def test_samples_of_another_form_are_refused(checked, results, words):
    """Each column is what it must be, or nothing is read."""
    path = repository.add(results, checked())[1]
    pq.write_table(SCHEMAS[words](pq.read_table(path)), path)
    with pytest.raises(SubmissionError, match=words):
        repository.samples(path)


def test_samples_of_another_run_are_refused(checked, results):
    """They were copied."""
    entry, path, _ = repository.add(results, checked())
    (made,) = read_entries(results).entries
    assert entry.exists()
    with pytest.raises(SubmissionError, match="its rows are of"):
        repository.samples(path, replace(made, model="org/else"))


@pytest.mark.parametrize("codec", ["zstd", "gzip", "brotli"])
def test_strong_packing_is_refused(checked, results, codec):
    """A few bytes of it may stand for gigabytes; snappy cannot."""
    path = repository.add(results, checked())[1]
    pq.write_table(pq.read_table(path), path, compression=codec)
    with pytest.raises(SubmissionError, match="another packing"):
        repository.samples(path)


def test_a_text_in_many_rows_is_held_once(checked, results):
    """A dictionary of one long text and many rows is a small file."""
    path = repository.add(results, checked())[1]
    rows = pq.read_table(path)
    many = pa.concat_tables([rows.slice(0, 1)] * 20_000).combine_chunks()
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["A" * 1_000_000])
    pq.write_table(many.set_column(4, "response", long), path, store_schema=False)
    assert path.stat().st_size < 1 << 20
    found = rows_of(path)
    assert len({id(row["response"]) for row in found}) == 1
    assert len(found) == 20_000


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", b"{}"])
def test_what_is_no_parquet_is_refused(tmp_path, content):
    """With its name."""
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(SubmissionError, match=r"x\.parquet"):
        repository.samples(tmp_path / "x.parquet")


def test_a_cut_or_changed_file_is_refused_or_read_whole(checked, results):
    """Whatever byte was changed, one kind of error."""
    path = repository.add(results, checked())[1]
    content = path.read_bytes()
    for at in range(0, len(content), 97):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        with contextlib.suppress(SubmissionError):
            assert len(rows_of(path)) <= 6
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(SubmissionError):
        rows_of(path)
