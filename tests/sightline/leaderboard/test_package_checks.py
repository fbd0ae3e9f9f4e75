"""The checks of a package one by one: dataset, inputs, patterns, leaks, and the report."""

from __future__ import annotations

import json
import math
import runpy
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.leaderboard.board import Headline
from sightline.leaderboard.checks import leaks, patterns, schema, scores
from sightline.leaderboard.checks.letters import chi_square, tail
from sightline.leaderboard.checks.run import check_package
from sightline.leaderboard.checks.subject import Rescored, own_dataset
from sightline.records import Outcome, Score

TOYS = runpy.run_path(str(Path(__file__).with_name("toy_packages.py")))
TOY, ToyPackage = TOYS["TOY"], TOYS["ToyPackage"]
NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    """The checker's dataset, of the only benchmark there is."""
    TOYS["TOY"]["register"](monkeypatch)
    return TOYS["make_dataset"](tmp_path / "dataset")


def told(report, severity):
    """The findings of a severity as lines."""
    return [one.line() for one in report.findings if one.severity == severity]


def checked(package, folder, dataset, **options):
    """The report on a package that is written as a folder."""
    return check_package(package.write(folder / "package"), dataset, now=NOW, **options)


def test_a_good_package_has_our_scores_and_may_become_an_entry(dataset, tmp_path):
    """One score a question, and the report is the board's of these."""
    report = checked(ToyPackage(dataset), tmp_path, dataset)

    assert told(report, "error") == told(report, "warning") == []
    assert report.entry_ready
    assert [one.question_id for one in report.scores] == [f"q-{number}" for number in range(6)]
    assert report.report["overall"]["accuracy"] == 83.3333
    assert json.loads(json.dumps(report.as_dict()))["entry_ready"] is True


def test_every_problem_is_told_at_once(dataset, tmp_path):
    """Digest, schema, names, dataset, questions and numbers in one report."""
    package = ToyPackage(dataset)
    package.manifest["model"]["name"] = "nobody"
    package.manifest["dataset"]["questions"] = 7
    package.manifest["scores"]["overall"]["right"] = 6
    package.lines[5]["question_id"] = "q-9"

    report = checked(package, tmp_path, dataset)

    lines = "\n".join(told(report, "error"))
    for part in ("responses.sha256", "model.name", "dataset.questions", "q-9", "overall.right"):
        assert part in lines
    assert not report.entry_ready


def test_an_honest_partial_run_is_flagged_and_missing_counts_as_wrong(dataset, tmp_path):
    """Its headline is over the whole split."""
    report = checked(ToyPackage(dataset, answers=("A", "B", "C")), tmp_path, dataset)

    assert told(report, "error") == []
    assert "partial run: 3 of 6 questions are missing and count as wrong: q-3, q-4, q-5" in (
        "\n".join(told(report, "warning"))
    )
    assert report.report["overall"]["accuracy"] == 50.0
    assert report.entry_ready


def test_a_failed_sample_is_scored_as_an_error(dataset, tmp_path):
    """A null response with its reason is nothing that could be right."""
    report = checked(ToyPackage(dataset, answers=(None, *TOYS["ANSWERS"][1:])), tmp_path, dataset)

    assert told(report, "error") == []
    assert report.scores[0].outcome is Outcome.ERROR
    assert "the run failed on 1" in "\n".join(told(report, "warning"))


@pytest.mark.parametrize(
    ("revisions", "severity", "words"),
    [
        (("a" * 40, "a" * 40), None, ""),
        (("a" * 40, "b" * 40), "error", f"({'a' * 40}) must be {'b' * 40}"),
        (("a" * 40, None), "note", "is not verified: the dataset to check with is a folder"),
        ((None, "b" * 40), None, ""),
    ],
)
def test_the_revision_must_be_the_checkers(revisions, severity, words, dataset, tmp_path):
    """Where both have one; a folder has none, and that is said."""
    declared, own = revisions
    package = ToyPackage(dataset)
    package.manifest["dataset"]["revision"] = declared

    report = check_package(package.write(tmp_path / "p"), own_dataset(dataset, own), now=NOW)

    found = [one for one in report.findings if "revision" in one.line()]
    assert [one.severity for one in found] == ([severity] if severity else [])
    assert words in "".join(one.line() for one in found)
    assert report.entry_ready is (severity != "error")


def test_a_run_on_the_whole_dataset_is_scored_with_its_annotations(dataset, tmp_path):
    """Published without pictures its tables have other bytes; it says of which they are."""
    own = own_dataset(dataset, "b" * 40, "org/annotations")
    (name,) = [name for name in own.checksums if name.startswith("questions/")]
    package = ToyPackage(dataset)
    package.manifest["dataset"] |= {"origin": f"org/full@{'a' * 40}", "revision": "a" * 40}
    package.manifest["dataset"]["checksums"] = {
        **package.manifest["dataset"]["checksums"], name: "7" * 64
    }  # fmt: skip
    written = package.write(tmp_path / "p")
    told_so = replace(own, built={name: "7" * 64})
    report = check_package(written, told_so, now=NOW)
    assert told(report, "error") == []
    assert "another repository than org/annotations" in "\n".join(told(report, "note"))
    for other in (own, replace(own, built={name: "8" * 64})):
        report = check_package(written, other, now=NOW)
        assert "the questions are others" in "\n".join(told(report, "error"))


def test_questions_files_that_differ_in_any_way_are_refused(dataset, tmp_path):
    """Another file, a missing one and a further one."""
    for number, edit in enumerate(({"questions/x.parquet": "0" * 64}, None)):
        package = ToyPackage(dataset)
        sums = package.manifest["dataset"]["checksums"]
        package.manifest["dataset"]["checksums"] = {**sums, **edit} if edit else {}
        report = check_package(package.write(tmp_path / f"{number}"), dataset, now=NOW)
        assert "the questions are others" in "\n".join(told(report, "error"))


def test_another_build_is_no_other_dataset_but_is_told(dataset, tmp_path):
    """build.json pins media, which scoring does not read."""
    package = ToyPackage(dataset)
    package.manifest["dataset"]["checksums"]["build.json"] = "0" * 64

    report = checked(package, tmp_path, dataset)

    assert told(report, "error") == []
    assert any("build.json is not the one of the run" in line for line in told(report, "note"))


@pytest.mark.usefixtures("dataset")
def test_a_dataset_of_another_benchmark_is_told(tmp_path):
    """The checker may name the wrong folder."""
    other = TOYS["make_dataset"](tmp_path / "other", "chess")

    report = checked(ToyPackage(other), tmp_path, other)

    assert "the dataset to check with is one of 'chess'" in "\n".join(told(report, "error"))


@pytest.mark.parametrize(
    ("details", "severity", "words"),
    [
        ({"message_hash": None}, "warning", "1 responses do not say what was shown"),
        ({"message_hash": "xyz"}, "error", "message_hash of 1 responses is no SHA-256: q-0"),
        ({"message_hash": f"{1:064x}"}, "warning", "2 responses share their message_hash"),
        ({"frame_indices": [[0, 1], [2]]}, "error", "frame_indices of 1 responses"),
        ({"frame_indices": [[1, 0]]}, "error", "frame_indices of 1 responses"),
        ({"frame_indices": [True]}, "error", "frame_indices of 1 responses"),
        ({"frame_indices": "all"}, "error", "frame_indices of 1 responses"),
        ({"task": "toy_wide_still"}, "error", "details.task of 1 responses"),
        ({"protocol": ["plain"]}, "error", "details.protocol of 1 responses"),
        ({"predictions": {"first": "B", "alone": None}}, "error", "details.predictions of 1"),
    ],
)
def test_details_that_cannot_be_are_told(details, severity, words, dataset, tmp_path):
    """Hashes, frames, task and protocol, and what was predicted."""
    package = ToyPackage(dataset)
    package.lines[0]["details"].update(details)
    package.seal()

    report = checked(package, tmp_path, dataset)

    assert words in "\n".join(told(report, severity))


def test_totals_of_the_manifest_follow_from_the_responses(dataset, tmp_path):
    """Errors, frames and the digest of all messages."""
    package = ToyPackage(dataset)
    package.manifest["responses"]["errors"] = 1
    package.manifest["inputs"] = {
        "frames": {"fewest": 2, "most": 9, "total": 12},
        "messages_sha256": "0" * 64,
    }

    report = checked(package, tmp_path, dataset)

    assert [line.split(": ")[1] for line in told(report, "error")] == [
        "responses.errors",
        "inputs.frames",
        "inputs.messages_sha256",
    ]


def test_more_details_than_can_be_looked_at_are_refused(dataset, tmp_path, monkeypatch):
    """In all responses together; long lists of frames are one value each."""
    package = ToyPackage(dataset)
    for line in package.lines:
        line["details"]["frame_indices"] = [list(range(2))]
        line["details"]["times"] = list(range(5000))
    package.seal()
    good = checked(package, tmp_path / "good", dataset)
    monkeypatch.setattr(schema, "MOST_DETAILS_IN_ALL", 30)
    bad = checked(package, tmp_path / "bad", dataset)

    assert told(good, "error") == []
    assert "details hold more than 30 values in all" in "".join(told(bad, "error"))


def test_messages_that_can_be_made_again_are_compared(dataset, tmp_path, monkeypatch):
    """A changed prompt or frame is refused; equal ones are counted."""
    must = {f"q-{n}": {"message_hash": f"{n:064x}", "frame_indices": [[0, 1]]} for n in range(6)}
    board = replace(TOY["toy_board"](), shown=lambda *_: must)
    TOYS["TOY"]["register"](monkeypatch, board)
    package = ToyPackage(dataset)

    good = checked(package, tmp_path / "good", dataset)
    package.lines[2]["details"]["message_hash"] = "e" * 64
    package.lines[3]["details"]["frame_indices"] = [[0, 2]]
    package.seal()
    bad = checked(package, tmp_path / "bad", dataset)

    assert any("message_hash: 6 of 6 made again and equal" in one for one in told(good, "note"))
    assert good.entry_ready
    assert [("q-2" in one, "q-3" in one) for one in told(bad, "error")] == [
        (False, True),
        (True, False),
    ]


def test_a_secret_in_a_manifest_is_told_and_not_repeated(dataset, tmp_path):
    """Nor is a path of the machine."""
    package = ToyPackage(dataset)
    package.manifest["run"]["model_args"] = {"key": "hf_" + "a1B2" * 9, "at": "/home/me/model"}

    lines = told(checked(package, tmp_path, dataset), "warning")

    assert {line.split(": ")[1] for line in lines} == {"run.model_args.key", "run.model_args.at"}
    assert "a1B2" not in "".join(lines)


def test_a_fault_of_ours_refuses_the_package_and_ends_nothing(dataset, tmp_path, monkeypatch):
    """A check that breaks is an error of the report; the reason's class is told."""

    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(patterns, "check", broken)

    report = checked(ToyPackage(dataset), tmp_path, dataset)

    assert "cannot be checked to the end: ZeroDivisionError" in "\n".join(told(report, "error"))
    assert not report.entry_ready


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
), st.sampled_from([2e-6, 1.0, -3.5]))  # fmt: skip
def test_a_report_equals_itself_and_no_other(value, change):
    """Whatever it holds; within the tolerance, and not a bit beyond."""
    ours = {"a": value, "b": [1.0]}

    assert list(scores.check({"scores": json.loads(json.dumps(ours))}, ours)) == []
    assert list(scores.check({"scores": {**ours, "b": [1.0 + 1e-7]}}, ours)) == []
    assert len(list(scores.check({"scores": {**ours, "b": [1.0 + change]}}, ours))) == 1
    assert len(list(scores.check({"scores": {**ours, "b": [1.0, change]}}, ours))) == 1
    assert len(list(scores.check({"scores": {**ours, "c": value}}, ours))) == 1


@pytest.mark.parametrize(
    ("statistic", "degrees", "chance"),
    # Tables of the distribution: Abramowitz and Stegun 1964, table 26.8.
    [(3.84146, 1, 0.05), (5.99146, 2, 0.05), (7.81473, 3, 0.05), (16.2662, 3, 0.001),
     (11.0705, 5, 0.05), (20.5150, 5, 0.001), (0.0, 4, 1.0), (2.16749, 7, 0.95)],
)  # fmt: skip
def test_the_tail_of_chi_square_is_that_of_the_tables(statistic, degrees, chance):
    """Five digits of both."""
    assert math.isclose(tail(statistic, degrees), chance, rel_tol=2e-4)


def test_chi_square_by_hand():
    """(4-2)^2/2 + (0-2)^2/2 = 4 with one degree."""
    assert chi_square({"A": 4}, {"A": 2, "B": 2, "C": 0}) == (4.0, 1)


def run_of(answers, key="ABCD", text="{}"):
    """Scores of a run that says these letters to questions whose keys go round."""
    board = TOY["toy_board"]()
    made = []
    for number, said in enumerate(answers):
        gold = key[number % len(key)]
        outcome = Outcome.RIGHT if said == gold else Outcome.WRONG
        made.append(
            Score(
                f"q-{number}", gold, 4, outcome, dict.fromkeys(board.parsers, said),
                dict.fromkeys(board.parsers, outcome), {}, "v",
                details={"response": text.format(said)},
            )
        )  # fmt: skip
    return made


def found_in(made, value=50.0, **run):
    """What the patterns' check tells of scores."""
    board = replace(TOY["toy_board"](), headline=lambda _: Headline(value, None, None))
    manifest = TOY["manifest"]()
    manifest["run"] = {**manifest["run"], **run}
    rescored = Rescored(tuple(made), {})
    found = patterns.check(board, board.settings[0], manifest, rescored)
    return [one.what for one in found if one.severity == "warning"]


ROUND = [("ABCD"[n % 4] if n % 3 else "ABCD"[n // 2 % 4]) for n in range(200)]
"""An ordinary run: two of three right, and no letter preferred."""

EXPLAINED = "Because of what frame 7 shows, the answer is {}"


def test_an_ordinary_run_has_no_pattern():
    """Two of three right, texts that differ by letter."""
    assert found_in(run_of(ROUND)) == []


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (run_of("A" * 200), "200 of 200 predictions are the letter A"),
        (run_of("A" * 140 + "BCD" * 20), "the predicted letters are far from the key's"),
        (run_of("A" * 200), "all 200 responses are the same: 'A'"),
        (run_of(ROUND, text=EXPLAINED), "4 long texts are the response to many questions"),
        (run_of("ABCD" * 50), "200 of 200 responses are the key, without a word beside it"),
        ([replace(one, outcome=Outcome.UNPARSED) for one in run_of(ROUND)],
         "200 of 200 responses have no prediction"),
        ([replace(one, outcome=Outcome.ERROR, details={}) for one in run_of(ROUND)],
         "the run failed on every question"),
        ([replace(one, predictions={"first": "A", "alone": None}) for one in run_of(ROUND)],
         "the parsers read other predictions in 100.0 % of the responses"),
    ],
)  # fmt: skip
def test_each_pattern_is_told(made, words):
    """In words that say how often."""
    assert any(words in one for one in found_in(made))


def test_explained_right_answers_are_no_copy_of_the_key():
    """A model may be good."""
    made = [
        replace(one, details={"response": f"{one.question_id} shows a cup: {one.answer}"})
        for one in run_of("ABCD" * 50)
    ]

    assert found_in(made) == []


def test_more_than_people_and_faster_than_models_are_told():
    """By the board's row of people, and by wall time and tokens of all ranks."""
    made = run_of(ROUND)

    assert "96.00 % is more than people have (Human: 95.0 %)" in found_in(made, 96.0)
    assert any("no model is so fast" in one for one in found_in(made, wall_seconds=0.5, ranks=1))
    assert found_in(made, wall_seconds=0.5, ranks=8) == []
    tokens = {"input": 1, "output": 10**9}
    assert any("1,000,000,000 tokens" in one for one in found_in(made, tokens=tokens))


def test_a_response_that_repeats_a_hidden_text_is_told(tmp_path):
    """The hint of its own question, whatever its case and punctuation; not that of another."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "questions").mkdir()
    hint = "The cup moves left, then the hand follows it."
    table = pa.table({"id": ["q-0", "q-1", "q-2"], "hint": [hint, "Look!", None]})
    pq.write_table(table, tmp_path / "questions/test.parquet")
    board = replace(TOY["toy_board"](), benchmark="mmsi-video")
    said = f"I know: {hint.upper()} So A"
    made = [replace(one, details={"response": said}) for one in run_of("AAA")]

    found = list(leaks.check(board, made, tmp_path))

    assert [one.severity for one in found] == ["warning"]
    assert found[0].what.startswith("1 responses hold a text of the dataset")
    assert found[0].what.endswith(": q-0")
