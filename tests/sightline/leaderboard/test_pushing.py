"""Submissions as pull requests of a results repository: pushed, verified, merged, fetched."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest

from sightline.errors import PublishError, SubmissionError, UsageError
from sightline.leaderboard.checks.run import check_package
from sightline.leaderboard.checks.subject import own_dataset
from sightline.leaderboard.results import repository
from sightline.leaderboard.results.entries import from_json, read_entries, to_json
from sightline.leaderboard.results.entry_names import entry_path
from sightline.leaderboard.results.on_hub import verify_on_hub
from sightline.leaderboard.results.pushing import push
from sightline.leaderboard.results.seeding import seed
from sightline.progress import Silent
from sightline.publishing.hub import Hub

_HERE = Path(__file__).parent
packages = SimpleNamespace(**runpy.run_path(str(_HERE / "results_packages.py")))
hub = runpy.run_path(str(_HERE.parents[1] / "hub/load.py"))["hub"]
toys = packages.toys
RESULTS = "org/results"
# What huggingface_hub 2.4 says to its own HTTP library; it is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture(autouse=True)
def board(monkeypatch):
    """The toy is the only benchmark, and a Hub on loopback may be asked."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    return toys.register(monkeypatch)


@pytest.fixture
def data(tmp_path):
    """The toy's dataset."""
    return packages.dataset(tmp_path / "dataset")


@pytest.fixture
def running(local_hub, board, tmp_path):
    """A Hub with a seeded results repository of alice's; bob is a stranger."""
    local_hub.organisation("org", members=["alice"])
    seed(tmp_path / "seeded", [board])
    local_hub.add(RESULTS, tmp_path / "seeded")
    return local_hub


@pytest.fixture
def pushed(running, data, tmp_path):
    """A factory: pushes a package as somebody and returns the commit; `said` has the lines."""
    made = []

    def make(texts=packages.SOME, *, user="bob", token=None, create_pr=True, **more):
        dry_run = more.pop("dry_run", False)
        made.append(tmp_path / f"package-{len(made)}")
        path = packages.package(made[-1], data, texts, **more)
        make.said = []
        way = Hub(endpoint=running.url, token=token or running.token(user), patience_seconds=2)
        return push(
            path,
            RESULTS,
            create_pr=create_pr,
            dry_run=dry_run,
            progress=Silent(),
            tell=make.said.append,
            hub=way,
            dataset=data,
        )

    return make


def verified(running, data, revision):
    """What a maintainer is told: the lines, and whether one is an error."""
    way = Hub(endpoint=running.url, token=running.token("alice"), patience_seconds=2)
    place = f"{RESULTS}@{revision}"
    found = verify_on_hub(place, {"toy": own_dataset(data)}, progress=Silent(), hub=way)
    text = "\n".join(one.line() for one in found)
    return text, any(one.severity == "error" for one in found)


def fetched(running, tmp_path):
    """The repository's main as a folder."""
    folder = tmp_path / "fetched"
    for name in running.files(RESULTS):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(running.read(RESULTS, name))
    return folder


def test_two_submissions_are_verified_merged_and_listed(running, pushed, data, tmp_path):
    """Both start from the same main; each touches its own two files and no other."""
    before = running.files(RESULTS)
    one = pushed()
    two = pushed(packages.OTHERS, model="lab/other-2b")
    assert (one.revision, two.revision) == ("refs/pr/1", "refs/pr/2")
    assert running.files(RESULTS) == before
    for commit, folder in ((one, "org__toy-1b"), (two, "lab__other-2b")):
        new = running.files(RESULTS, commit.revision).keys() - before.keys()
        assert {name.rpartition("/")[0] for name in new} == {f"results/toy/{folder}"}
        assert sorted(name[-5:] for name in new) == [".json", "rquet"]
        told, wrong = verified(running, data, commit.revision)
        assert not wrong, told
        assert "on toy_plain: 50.0 % follows from its samples" in told
    titles = [one.title for one in running.repository(RESULTS).discussions]
    assert titles == ["org/toy-1b on toy_plain: 50.0 %", "lab/other-2b on toy_plain: 50.0 %"]
    running.merge(RESULTS, 1, "alice")
    told, wrong = verified(running, data, "refs/pr/2")
    assert not wrong, told
    running.merge(RESULTS, 2, "alice")
    found = read_entries(fetched(running, tmp_path))
    assert found.problems == ()
    runs = [one for one in found.entries if one.kind == "run"]
    assert [one.model for one in runs] == ["lab/other-2b", "org/toy-1b"]
    assert len(found.entries) == 2 + 6
    rows = repository.samples(next((tmp_path / "fetched").glob("results/toy/org__*/*.parquet")))
    assert [row.response for row in rows] == [*packages.SOME[:5], None]
    told, wrong = verified(running, data, "main")
    assert not wrong, told


def test_what_is_there_is_not_sent_again(running, pushed):
    """The same run, by a pull request or at once; another run of the model is another file."""
    pushed(user="alice", create_pr=False)
    head = running.head(RESULTS)
    assert pushed() is None
    assert "has this run already" in pushed.said[-1]
    assert pushed(user="alice", create_pr=False) is None
    assert running.head(RESULTS) == head
    pushed(packages.OTHERS, user="alice", create_pr=False)
    runs = [name for name in running.files(RESULTS) if "org__toy-1b" in name]
    assert len(runs) == 4


def test_a_run_on_the_hub_never_changes(running, pushed):
    """The same responses with other facts."""
    pushed(user="alice", create_pr=False)
    head = running.head(RESULTS)
    with pytest.raises(SubmissionError, match="never changes; nothing was sent"):
        pushed(notes="another note")
    with pytest.raises(SubmissionError, match="case alone; nothing was sent"):
        pushed(packages.OTHERS, model="ORG/Toy-1b")
    assert running.head(RESULTS) == head
    assert running.repository(RESULTS).discussions == []


def test_a_dry_run_and_a_refused_package_send_nothing(running, pushed):
    """The check comes before anything is asked of the Hub."""
    assert pushed(dry_run=True) is None
    assert pushed.said[-1] == "dry run: nothing was changed"
    assert len([line for line in pushed.said if line.startswith("add results/toy/")]) == 2
    running.log.clear()
    with pytest.raises(SubmissionError, match="is refused"):
        pushed(scores={"overall": {"accuracy": 99.0}})
    assert running.log.records() == []
    assert running.repository(RESULTS).discussions == []


def test_a_wrong_token_is_told_and_never_shown(running, pushed):
    """Revoked, and one that may not write to main."""
    token = running.token("bob")
    running.revoke(token)
    with pytest.raises(PublishError) as caught:
        pushed(token=token)
    assert "token" in str(caught.value)
    assert token not in str(caught.value) + "".join(pushed.said)
    with pytest.raises(PublishError, match="may not"):
        pushed(create_pr=False)
    assert running.repository(RESULTS).discussions == []


def test_an_absent_repository_is_told(running, pushed, monkeypatch):
    """Nobody makes one by a spelling."""
    monkeypatch.setitem(globals(), "RESULTS", "org/reslts")
    with pytest.raises(PublishError, match="no results repository"):
        pushed()
    assert len(running.state.repositories) == 1


def test_somebody_who_merges_in_between_loses_nothing(running, pushed):
    """A commit to main is refused and goes well again; a pull request does not mind."""

    def merge():
        running.commit(RESULTS, "alice", {"results/toy/new.txt": b"x"})

    running.fail(hub.Fault(method="POST", path="/commit/", before=merge, times=1))
    with pytest.raises(PublishError, match="somebody else changed"):
        pushed(user="alice", create_pr=False)
    assert "results/toy/new.txt" in running.files(RESULTS)
    commit = pushed(user="alice", create_pr=False)
    files = running.files(RESULTS, commit.oid)
    assert "results/toy/new.txt" in files
    running.fail(hub.Fault(method="POST", path="/commit/", before=merge_other(running), times=1))
    assert pushed(packages.OTHERS).revision == "refs/pr/1"
    running.merge(RESULTS, 1, "alice")
    assert "results/toy/other.txt" in running.files(RESULTS)


def merge_other(running):
    """Another commit of somebody else."""
    return lambda: running.commit(RESULTS, "alice", {"results/toy/other.txt": b"x"})


def request(running, files):
    """A pull request of a stranger's with these files; its revision."""
    api = huggingface_hub.HfApi(endpoint=running.url, token=running.token("bob"))
    operations = [
        huggingface_hub.CommitOperationDelete(name)
        if content is None
        else huggingface_hub.CommitOperationAdd(name, content)
        for name, content in files.items()
    ]
    made = api.create_commit(
        RESULTS, operations, commit_message="mine", repo_type="dataset", create_pr=True
    )
    return made.pr_revision


def honest(data, tmp_path, **more):
    """The two files of a good submission, by name."""
    report = check_package(packages.package(tmp_path / "honest", data, **more), data)
    folder = tmp_path / "honest-results"
    repository.place(folder, repository.submission_of(report))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}


FORGED = {
    "value": lambda one: {**one, "value": 99.0, "low": 98.0, "high": 100.0},
    "cells": lambda one: {**one, "cells": {**one["cells"], "kind": {}}},
    "parsers": lambda one: {**one, "parsers": {**one["parsers"], "alone": 77.0}},
    "counts": lambda one: {**one, "counts": {**one["counts"], "right": 6, "wrong": 0}},
    "faults": lambda one: {**one, "faults": []},
    "notes": lambda one: {**one, "notes": ["verified by the maintainers"]},
    "facts": lambda one: {
        **one, "facts": {**one["facts"], "scores": {**one["facts"]["scores"], "expected": 7}}
    },
    "dataset": lambda one: {
        **one, "facts": {**one["facts"], "dataset": {**one["facts"]["dataset"], "checksums": {}}}
    },
}  # fmt: skip


@pytest.mark.parametrize("part", FORGED)
def test_a_forged_entry_is_refused(running, data, tmp_path, part):
    """Each number and sentence of an entry follows from the responses, or it is refused."""
    files = honest(data, tmp_path)
    (name,) = [name for name in files if name.endswith(".json")]
    forged = json.dumps(FORGED[part](json.loads(files[name]))).encode()
    told, wrong = verified(running, data, request(running, {**files, name: forged}))
    assert wrong
    assert part in told
    assert " ok " not in told


def test_forged_samples_are_refused(running, data, tmp_path):
    """Better responses than the entry's, and the entry of better ones."""
    files, better = honest(data, tmp_path), honest(data, tmp_path / "b", texts=list("ABCDAB"))
    entry, samples = sorted(files)
    told, wrong = verified(running, data, request(running, {**files, samples: better[max(better)]}))
    assert wrong
    assert "its rows are of" in told
    other = from_json(better[min(better)], "x.json")
    told, wrong = verified(
        running, data, request(running, {entry: to_json(other).encode(), samples: files[samples]})
    )
    assert wrong
    assert "by its content it must lie at" in told


TOUCHING = {
    "changes this file": {"README.md": b"---\nlicense: mit\n---\nmine\n"},
    "no file of a result": {"run.py": b"print()"},
    "removes this file": {"README.md": None},
}


@pytest.mark.parametrize("words", TOUCHING)
def test_a_request_that_touches_more_is_refused(running, data, tmp_path, words):
    """Even with a good submission in it."""
    revision = request(running, {**honest(data, tmp_path), **TOUCHING[words]})
    told, wrong = verified(running, data, revision)
    assert wrong
    assert words in told


def test_a_request_with_a_printed_row_is_refused(running, data, tmp_path):
    """Nobody submits what papers print."""
    rows = read_entries(tmp_path / "seeded").entries
    row = next(one for one in rows if one.kind == "published")
    forged = replace(row, model="New-7B")
    files = {entry_path(forged): to_json(forged).encode()}
    told, wrong = verified(running, data, request(running, files))
    assert wrong
    assert "is not printed so" in told


def test_a_request_that_breaks_the_results_is_refused(running, pushed, data, tmp_path):
    """Somebody else's run is removed or changed; a file that is no entry."""
    pushed(user="alice", create_pr=False)
    names = [name for name in running.files(RESULTS) if "org__toy-1b" in name]
    good = honest(data, tmp_path, texts=packages.OTHERS)
    for files in ({**good, names[0]: None}, {**good, names[0]: b"{}"}, {names[1]: b"PAR1"}):
        told, wrong = verified(running, data, request(running, files))
        assert wrong
        assert "s this file" in told
    told, wrong = verified(running, data, request(running, {"results/toy/b__c/d.json": b"{}"}))
    assert wrong
    assert "an entry's keys are fixed" in told


def test_without_a_dataset_nothing_is_verified(running, pushed):
    """It is an error, not silence."""
    commit = pushed()
    way = Hub(endpoint=running.url, token=running.token("alice"), patience_seconds=2)
    found = verify_on_hub(f"{RESULTS}@{commit.revision}", {}, progress=Silent(), hub=way)
    assert [one.severity for one in found if "dataset of your own" in one.what] == ["error"]
    with pytest.raises(UsageError, match="ORG/NAME"):
        verify_on_hub("no such folder", {}, progress=Silent(), hub=way)
