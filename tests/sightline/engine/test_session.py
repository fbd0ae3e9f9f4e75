"""A session whose ranks are threads: who asks what, and what each gets back."""

from __future__ import annotations

import logging
import runpy
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.engine.answers import AnswerLog
from sightline.engine.jobs import Reply
from sightline.engine.peers import Peers
from sightline.engine.session import answer_all
from sightline.errors import EvaluationError

ranks = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "engine_rank.py")))
job, reply_to = ranks.job, ranks.reply_to


class ThreadPeers(Peers):
    """Ranks that are threads of this process."""

    def __init__(self, rank, table, barrier):
        super().__init__(rank, len(table))
        self.table, self.barrier = table, barrier

    def gather(self, value):
        """Through a table of values."""
        self.table[self.rank] = value
        self.barrier.wait(600)
        values = list(self.table)
        self.barrier.wait(600)
        return values


class Backend:
    """Answers as the jobs say; what is asked is counted."""

    def __init__(self, identity=ranks.IDENTITY, reply=reply_to):
        self.identity, self.reply = identity, reply
        self.asked = []

    def ask(self, jobs, done):
        """One after the other."""
        for asked in jobs:
            self.asked.append(asked)
            done(asked, self.reply(asked))


def run(wishes, backends, folders=None, max_errors=10):
    """One session of as many ranks as there are wishes; replies or exceptions per rank."""
    table, barrier = [None] * len(wishes), threading.Barrier(len(wishes))

    def work(rank):
        peers = ThreadPeers(rank, table, barrier)
        log = AnswerLog.open(folders[rank]) if folders else None
        try:
            return answer_all(
                wishes[rank], backends[rank], log=log, peers=peers, max_errors=max_errors
            )
        except Exception as error:  # noqa: BLE001 (compared by the tests)
            return error
        finally:
            if log:
                log.close()

    with ThreadPoolExecutor(len(wishes)) as pool:
        return list(pool.map(work, range(len(wishes))))


def alone(jobs, backend, folder=None, max_errors=10):
    """One rank; its replies."""
    [replies] = run([jobs], [backend], [folder] if folder else None, max_errors)
    if isinstance(replies, Exception):
        raise replies
    return replies


@given(
    wishes=st.lists(st.lists(st.integers(0, 12), max_size=8), min_size=1, max_size=4),
    foreign=st.sets(st.integers(0, 12)),
    answered=st.lists(st.sets(st.integers(0, 12)), min_size=4, max_size=4),
)
def test_every_rank_gets_its_replies_and_nothing_is_asked_twice(
    wishes, foreign, answered, tmp_path_factory
):
    """However jobs lie on the ranks, and whatever each machine has on its own disk."""

    def one(number):
        return (
            replace(job(number), asked=None, order=f"q{number}")
            if number in foreign
            else job(number)
        )

    wanted = [[one(number) for number in numbers] for numbers in wishes]
    folders = [tmp_path_factory.mktemp("answers") for _ in wishes]
    on_disk = set()
    for folder, numbers in zip(folders, answered, strict=False):
        with AnswerLog.open(folder) as log:
            for number in numbers:
                log.append(one(number).key(ranks.IDENTITY), one(number), reply_to(one(number)))
                on_disk |= {number} - foreign
    backends = [Backend() for _ in wishes]
    told = run(wanted, backends, folders)
    assert told == [[reply_to(asked) for asked in jobs] for jobs in wanted]
    asked = Counter(asked.doc_id for backend in backends for asked in backend.asked)
    assert asked == Counter({number for numbers in wishes for number in numbers} - on_disk)


def test_work_is_shared_out(tmp_path):
    """A rank that was asked for nothing works for the others."""
    backends = [Backend(), Backend(), Backend()]
    jobs = [job(number) for number in range(30)]
    told = run([jobs, [], []], backends, [tmp_path] * 3)
    assert told == [[reply_to(asked) for asked in jobs], [], []]
    assert all(len(backend.asked) > 5 for backend in backends)


def test_a_repeat_is_a_job_of_its_own(tmp_path):
    """Asked again within a run, found again in the next."""
    jobs = [job(1, repeat=0), job(1, repeat=1)]
    assert len({reply.text for reply in alone(jobs, Backend(), tmp_path)}) == 2
    later = Backend()
    assert alone(jobs, later, tmp_path) == [reply_to(asked) for asked in jobs]
    assert later.asked == []


CHANGES = {
    "identity": {"identity": {**ranks.IDENTITY, "revision": "2"}},
    "message": {"message_hash": "other frames"},
    "protocol": {"protocol": "echo-2"},
    "question": {"question_id": "other"},
    "task": {"task": "echo_long"},
    "generation": {"generation": {"max_new_tokens": 9}},
    "repeat": {"repeat": 1},
}


@pytest.mark.parametrize("what", [*CHANGES, "nothing"])
def test_an_answer_is_never_found_under_other_circumstances(what, tmp_path):
    """And always under the same."""
    alone([job(1)], Backend(), tmp_path)
    changes = dict(CHANGES.get(what, {}))
    later = Backend(identity=changes.pop("identity", ranks.IDENTITY))
    alone([job(1, **changes)], later, tmp_path)
    assert len(later.asked) == (what != "nothing")


def test_without_a_log_everything_is_asked_every_time():
    """Nothing is kept."""
    for _ in range(2):
        backend = Backend()
        assert alone([job(1)], backend) == [reply_to(job(1))]
        assert len(backend.asked) == 1


def test_a_session_without_jobs_asks_nothing(tmp_path):
    """All ranks empty."""
    backends = [Backend(), Backend()]
    assert run([[], []], backends, [tmp_path] * 2) == [[], []]


def test_the_end_is_told_once(tmp_path, caplog):
    """By rank 0, with the numbers of all ranks."""
    alone([job(1), job(2)], Backend(), tmp_path)
    caplog.clear()
    caplog.set_level(logging.WARNING, "sightline.engine.session")

    def reply(asked):
        return Reply("", error="OSError: gone") if asked.doc_id == 3 else reply_to(asked)

    wishes = [[job(1), job(2)], [job(3), job(4), job(5)]]
    run(wishes, [Backend(reply=reply), Backend(reply=reply)], [tmp_path] * 2)
    said = [record.getMessage() for record in caplog.records]
    assert [line.rpartition(",")[0] for line in said if "asked" in line] == [
        "sightline: asked 3, known 2, errors 1"
    ]


def failing(asked):
    """A model that can do nothing."""
    return Reply("", error=f"OSError: no {asked.doc_id}")


def test_errors_are_replies_until_they_are_too_many(tmp_path):
    """What was answered before is on disk, and the next run asks the rest."""
    jobs = [job(number) for number in range(6)]

    def reply(asked):
        return failing(asked) if asked.doc_id in (2, 4) else reply_to(asked)

    told = alone(jobs, Backend(reply=reply), tmp_path / "a", max_errors=2)
    assert [asked.error for asked in told] == [
        None,
        None,
        "OSError: no 2",
        None,
        "OSError: no 4",
        None,
    ]
    with pytest.raises(EvaluationError, match="2 samples failed, more than max_errors=1"):
        alone(jobs, Backend(reply=reply), tmp_path / "b", max_errors=1)
    later = Backend()
    assert alone(jobs, later, tmp_path / "b") == [reply_to(asked) for asked in jobs]
    assert [asked.doc_id for asked in later.asked] == [2, 4, 5]


def test_a_run_whose_every_reply_is_an_error_has_no_results(tmp_path):
    """Over all ranks together; all of them say so."""
    wishes = [[job(1)], [job(2), job(3)]]
    told = run(wishes, [Backend(reply=failing)] * 2, [tmp_path] * 2)
    assert len(told) == 2
    for error in told:
        assert isinstance(error, EvaluationError)
        assert "every one of the 3 samples failed; the first: echo q0001: OSError: no 1" in str(
            error
        )


def test_a_rerun_may_fail_on_all_that_was_missing(tmp_path):
    """One broken sample stays one, however often the command is run."""
    jobs = [job(1), job(2)]

    def reply(asked):
        return failing(asked) if asked.doc_id == 2 else reply_to(asked)

    for _ in range(2):
        told = alone(jobs, Backend(reply=reply), tmp_path)
        assert told == [reply_to(job(1)), failing(job(2))]


class Broken(Backend):
    """Answers some of its jobs and then does what it should not."""

    def __init__(self, fault):
        super().__init__()
        self.fault = fault

    def ask(self, jobs, done):
        """Two answers, and the fault."""
        super().ask(jobs[:2], done)
        self.fault(jobs, done)


def burn(*_):
    """A device that fails."""
    raise MemoryError("the device is on fire")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lambda *_: None, r"no reply to 3 of 5 requests, the first is echo q0002: .* Broken"),
        (lambda jobs, done: done(jobs[0], Reply("again")), "a reply too many: to echo q0000"),
        (lambda _, done: done(job(99), Reply("?")), "a reply too many: to echo q0099"),
    ],
    ids=["silent", "twice", "unasked"],
)
def test_a_backend_that_loses_or_invents_replies_is_found_out(fault, message, tmp_path):
    """Never silence; and what it did answer is kept."""
    jobs = [job(number) for number in range(5)]
    with pytest.raises(EvaluationError, match=message):
        alone(jobs, Broken(fault), tmp_path)
    later = Backend()
    alone(jobs, later, tmp_path)
    assert [asked.doc_id for asked in later.asked] == [2, 3, 4]


def test_a_backend_cannot_hide_that_the_run_must_stop(tmp_path):
    """One that answers in threads may lose what `done` raises there."""

    class Deaf(Backend):
        def ask(self, jobs, done):
            with ThreadPoolExecutor(2) as pool:
                for asked in jobs:
                    pool.submit(done, asked, failing(asked))

    with pytest.raises(EvaluationError, match="more than max_errors=0"):
        alone([job(1), job(2)], Deaf(), tmp_path, max_errors=0)


def test_a_rank_that_fails_ends_all_but_only_after_they_have_finished(tmp_path, caplog):
    """Its own error is raised there; the others are told of it."""
    jobs = [job(number) for number in range(30)]
    wishes = [jobs[rank::3] for rank in range(3)]
    backends = [Backend(), Broken(burn), Backend()]
    told = run(wishes, backends, [tmp_path] * 3)
    assert isinstance(told[1], MemoryError)
    for rank in (0, 2):
        assert isinstance(told[rank], EvaluationError)
        assert "rank 1 failed: MemoryError: the device is on fire" in told[rank].message
        assert "run the same command again" in told[rank].next_step
    assert "rank 1 failed, and waits for the others" in caplog.text
    asked = {asked.doc_id for backend in backends for asked in backend.asked}
    later = [Backend()]
    assert run([jobs], later, [tmp_path]) == [[reply_to(asked) for asked in jobs]]
    assert {asked.doc_id for asked in later[0].asked} == set(range(30)) - asked


def test_a_rank_that_cannot_read_its_disk_ends_all(tmp_path, monkeypatch):
    """Before anything is asked."""
    bad = tmp_path / "bad"

    def known(self, _):
        if self.folder == bad:
            raise EvaluationError("cannot be read")
        return {}

    monkeypatch.setattr(AnswerLog, "known", known)
    backends = [Backend(), Backend()]
    told = run([[job(1)], [job(2)]], backends, [tmp_path, bad])
    assert [type(error) for error in told] == [EvaluationError, EvaluationError]
    assert "rank 1 failed: EvaluationError: cannot be read" in told[0].message
    assert [backend.asked for backend in backends] == [[], []]


def test_ranks_with_different_models_are_refused(tmp_path):
    """Their answers would be mixed up."""
    backends = [Backend(), Backend(identity={"model": "echo", "revision": "2"})]
    told = run([[job(1)], [job(2)]], backends, [tmp_path] * 2)
    for error in told:
        assert isinstance(error, EvaluationError)
        assert "all ranks must ask the same model" in error.message
