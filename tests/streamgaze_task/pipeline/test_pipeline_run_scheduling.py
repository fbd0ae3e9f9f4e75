"""Which recording is worked on when, and what a failure does to the others: with toy stages."""

from __future__ import annotations

import runpy
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import DatasetError, UsageError
from streamgaze_task.pipeline import run
from streamgaze_task.pipeline.config import read_config
from streamgaze_task.pipeline.stage import Stage

small = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("small_recordings.py"))))

NAMES = ("recordings", "fixations", "episodes", "questions", "judged")


@dataclass(frozen=True)
class Word:
    """What a toy stage makes."""

    text: str


class Told:
    """A progress that remembers, one entry a phase."""

    def __init__(self):
        self.totals = []
        self.done = []

    def start(self, _what, total):
        """Another phase."""
        self.totals.append(total)
        self.done.append(0)

    def advance(self, by=1):
        """Some units are done, or will never be."""
        self.done[-1] += by


class Toy:
    """Toy stages in place of the real ones: what was made in which order, and what fails."""

    def __init__(self, folder, monkeypatch):
        (folder / "config.yaml").write_text(
            "name: toy\nout: made\nlabeller: {kind: rendered}\n"
            "recordings: [{format: table, folder: raw}]\n"
        )
        self.config = read_config(folder / "config.yaml")
        self.made, self.fails, self.gathered = [], {}, []
        stages = {name: self.stage(name) for name in NAMES}
        monkeypatch.setattr(run, "_STAGES", stages)
        phases = (
            (tuple(stages[name] for name in NAMES[:3]), None, ""),
            ((stages["questions"],), self.gather, "episodes"),
            ((stages["judged"],), self.gather, "questions"),
        )
        monkeypatch.setattr(run, "PHASES", phases)

    def stage(self, name):
        """A stage that reads the one before it."""
        needs = NAMES[: NAMES.index(name)][-1:]

        def make(task):
            self.made.append((task.source.recording_id, name))
            if (task.source.recording_id, name) in self.fails:
                raise self.fails[task.source.recording_id, name]
            yield Word(name)

        return Stage(name, make, needs, lambda config: config.name)

    def gather(self, tasks):
        """What is known of all recordings."""
        self.gathered.append([task.source.recording_id for task in tasks])
        return {"all": self.gathered[-1]}

    def run(self, ids, **more):
        """Run the stages for these recordings."""
        sources = [SimpleNamespace(recording_id=name) for name in ids]
        return run.run_stages(self.config, sources, **more)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Toy stages."""
    return Toy(tmp_path, monkeypatch)


def test_a_recording_is_finished_before_the_next_is_begun(toy):
    """Within what needs no others; behind a barrier all of them go on."""
    toy.run("ab")
    assert toy.made == [
        *(("a", name) for name in NAMES[:3]),
        *(("b", name) for name in NAMES[:3]),
        *((each, "questions") for each in "ab"),
        *((each, "judged") for each in "ab"),
    ]
    assert toy.gathered == [["a", "b"], ["a", "b"]]


def test_a_failure_ends_only_its_recording(toy):
    """What is known of all is then known without it, and the count of units is still right."""
    toy.fails["b", "fixations"] = DatasetError("torn", next_step="mend it")
    told = Told()
    outcome = toy.run("abc", progress=told)
    assert outcome.failed == {"b": "fixations: torn\n  next: mend it"}
    assert [one for one in toy.made if one[0] == "b"] == [("b", "recordings"), ("b", "fixations")]
    assert toy.gathered == [["a", "c"], ["a", "c"]]
    assert told.totals == told.done == [9, 2, 2]
    assert outcome.made == {**dict.fromkeys(NAMES[1:], 2), "recordings": 3}


def test_a_failure_behind_a_barrier_too(toy):
    """Its earlier files stay."""
    toy.fails["a", "questions"] = DatasetError("none")
    outcome = toy.run("ab")
    assert set(outcome.failed) == {"a"}
    assert toy.gathered == [["a", "b"], ["b"]]
    assert small.of_stage(toy.config.out, "episodes", "a").is_file()


def test_our_errors_have_no_traceback_and_others_do(toy):
    """A fault of the program must say where it is."""
    toy.fails["a", "recordings"] = DatasetError("torn")
    toy.fails["b", "recordings"] = KeyError("lost")
    failed = toy.run("ab").failed
    assert failed["a"] == "recordings: torn"
    assert "Traceback" in failed["b"]
    assert "KeyError: 'lost'" in failed["b"]


def test_what_the_disk_refuses_is_told_without_a_traceback(toy):
    """It is no fault of the program."""
    toy.fails["a", "recordings"] = OSError(28, "No space left on device")
    told = toy.run("ab").failed["a"]
    assert "No space left on device" in told
    assert "next: free some space" in told
    assert "Traceback" not in told


def test_all_may_fail(toy):
    """Nothing is gathered of nobody."""
    for each in "ab":
        toy.fails[each, "recordings"] = DatasetError("torn")
    told = Told()
    assert set(toy.run("ab", progress=told).failed) == {"a", "b"}
    assert toy.gathered == []
    assert told.totals == told.done == [6]


def test_what_is_done_is_not_made_again(toy):
    """And after a failure only what is missing is."""
    toy.fails["b", "episodes"] = DatasetError("torn")
    toy.run("ab")
    toy.fails.clear()
    toy.made.clear()
    outcome = toy.run("ab")
    assert toy.made == [("b", "episodes"), ("b", "questions"), ("b", "judged")]
    assert outcome.made["recordings"] == 0
    toy.made.clear()
    assert sum(toy.run("ab").made.values()) == 0
    assert toy.made == []


@pytest.mark.parametrize("until", NAMES)
def test_until_is_the_last_stage(toy, until):
    """No later one is begun, nor anything gathered for it."""
    toy.run("ab", until=until)
    assert {name for _, name in toy.made} == set(NAMES[: NAMES.index(until) + 1])
    assert len(toy.gathered) == max(0, NAMES.index(until) - 2)


def test_others_words_are_used_where_there_are_any(toy):
    """A task of a cluster works on some recordings, and knows those that are there of all."""
    toy.run("ab", until="episodes")
    every = [SimpleNamespace(recording_id=name) for name in "abz"]
    toy.run("a", everyone=every)
    assert toy.gathered == [["a", "b"], ["a"]]


def test_what_was_being_written_by_a_killed_run_goes_away(toy):
    """Its name is only this file's; others' files stay."""
    folder = toy.config.work / "fixations"
    (toy.config.work / "locks").mkdir(parents=True)
    folder.mkdir()
    (folder / ".a.jsonl-x1").write_text("half")
    (folder / ".b.jsonl-x1").write_text("half")
    toy.run("a")
    assert sorted(path.name for path in folder.iterdir()) == [".b.jsonl-x1", "a.jsonl"]


@given(st.dictionaries(st.sampled_from("abcd"), st.sampled_from(NAMES)))
def test_any_failures_leave_the_others_whole(tmp_path_factory, failing):
    """Every recording has just the files of the stages before its failure."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        toy = Toy(tmp_path_factory.mktemp("toy"), monkeypatch)
        toy.fails = {(one, stage): DatasetError("x") for one, stage in failing.items()}
        told = Told()
        outcome = toy.run("abcd", progress=told)
        assert set(outcome.failed) == set(failing)
        assert told.totals == told.done
        for one in "abcd":
            whole = NAMES[: NAMES.index(failing[one])] if one in failing else NAMES
            there = [n for n in NAMES if small.of_stage(toy.config.out, n, one).is_file()]
            assert there == list(whole)
        assert max(Counter(toy.made).values()) == 1


class _Deadly:
    """Kills the process that it is handed to."""

    def __reduce__(self):
        return signal.raise_signal, (signal.SIGKILL,)


def test_a_killed_process_says_what_to_do(toy, monkeypatch):
    """The machine was out of memory, say: no traceback of pools, and the way on."""
    monkeypatch.setattr(run, "work", _Deadly())
    with pytest.raises(DatasetError, match=r"(?s)a process died at recordings.*fewer --workers"):
        toy.run("ab", workers=2)


def test_two_recordings_of_one_name_are_refused(tmp_path):
    """Their files would be one; the message names both."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for suffix in (".mp4", ".csv"):
            (tmp_path / folder / f"same{suffix}").write_bytes(b"")
    path = tmp_path / "config.yaml"
    path.write_text(
        "name: toy\nout: made\nlabeller: {kind: rendered}\nrecordings:\n"
        "- {format: table, folder: a}\n- {format: table, folder: b}\n"
    )
    with pytest.raises(UsageError, match=r"two recordings are called same: .*b.* and .*a"):
        run.sources_of(read_config(path))
