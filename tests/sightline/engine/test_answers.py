"""The answers on disk: what is found again, and what a broken file cannot harm."""

from __future__ import annotations

import errno
import json
import os
import runpy
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.engine.answers import AnswerLog
from sightline.engine.jobs import Reply
from sightline.errors import EvaluationError

ranks = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "engine_rank.py")))

JOB = ranks.job(7)

REPLIES = st.builds(
    Reply,
    text=st.text(),
    thinking=st.none() | st.text(),
    error=st.none(),
    input_tokens=st.none() | st.integers(0, 1 << 40),
    output_tokens=st.none() | st.integers(0, 1 << 40),
    reasoning_tokens=st.none() | st.integers(0, 1 << 40),
    seconds=st.none() | st.floats(0, 1e6),
    details=st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.floats(0, 1))),
)


def lines_of(folder):
    """The file of the first process, line by line."""
    return (folder / "answers-0.jsonl").read_bytes().split(b"\n")


def test_an_answer_is_found_again_in_the_same_and_in_a_later_run(tmp_path):
    """Whole, with everything that the backend told."""
    reply = Reply("B", thinking="well", output_tokens=3, seconds=0.25, details={"batch": 2})
    with AnswerLog.open(tmp_path / "deep" / "answers") as log:
        log.append("key", JOB, reply)
        assert log.known(["key", "other"]) == {"key": reply}
        assert log.written == 1
    with AnswerLog.open(tmp_path / "deep" / "answers") as log:
        assert log.known({"key"}) == {"key": reply}
        assert log.known([]) == {}


def test_a_line_tells_people_what_was_asked(tmp_path):
    """And tools: what an answer costs is learned from it."""
    with AnswerLog.open(tmp_path) as log:
        log.append("key", JOB, Reply("日本", input_tokens=9))
    [line, rest] = lines_of(tmp_path)
    assert rest == b""
    told = json.loads(line)
    assert datetime_is_utc(told.pop("time"))
    assert told == {
        "key": "key",
        "task": "echo",
        "split": "test",
        "doc_id": 7,
        "question_id": "q0007",
        "message_hash": "hash7",
        "protocol": "echo-1",
        "frames": 3,
        "pixels": 0,
        "characters": 20,
        "repeat": 0,
        "generation": {"max_new_tokens": 8},
        "text": "日本",
        "input_tokens": 9,
    }
    assert "日本".encode() in line


def datetime_is_utc(text):
    """ISO 8601, in UTC."""
    return text.endswith("+00:00") and len(text) == len("2026-01-01T00:00:00+00:00")


def test_errors_and_answers_without_a_key_are_kept_but_never_found(tmp_path):
    """Both stand in the file for reading."""
    with AnswerLog.open(tmp_path) as log:
        log.append("bad", JOB, Reply("", error="OSError: no frame"))
        log.append(None, JOB, Reply("foreign"))
        assert log.known(["bad", "None"]) == {}
        log.append("bad", JOB, Reply("better"))
        assert log.known(["bad"]) == {"bad": Reply("better")}
    assert len(lines_of(tmp_path)) == 4
    assert b"no frame" in lines_of(tmp_path)[0]


def test_the_first_answer_to_a_job_stays_the_answer(tmp_path):
    """Whatever a second run at the same time has added."""
    with AnswerLog.open(tmp_path) as one, AnswerLog.open(tmp_path) as two:
        two.append("key", JOB, Reply("second file"))
        one.append("key", JOB, Reply("first file"))
        one.append("key", JOB, Reply("first file, later"))
        assert one.known(["key"]) == two.known(["key"]) == {"key": Reply("first file")}


def test_each_process_has_a_file_of_its_own_and_a_free_one_is_taken_again(tmp_path):
    """So files do not grow in number with every run."""
    with AnswerLog.open(tmp_path) as one, AnswerLog.open(tmp_path) as two:
        one.append("a", JOB, Reply("1"))
        two.append("b", JOB, Reply("2"))
        assert two.known(["a", "b"]) == {"a": Reply("1"), "b": Reply("2")}
    with AnswerLog.open(tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "answers-0.jsonl",
        "answers-1.jsonl",
    ]


def test_the_file_of_a_killed_process_is_free(tmp_path):
    """Its lock dies with it."""
    hold = (
        "import os, sys; from pathlib import Path; from sightline.engine.answers import AnswerLog\n"
        "log = AnswerLog.open(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with AnswerLog.open(tmp_path) as log:
            log.append("a", JOB, Reply("1"))
        assert (tmp_path / "answers-0.jsonl").read_bytes() == b""
        holder.kill()
    with AnswerLog.open(tmp_path) as log:
        log.append("b", JOB, Reply("2"))
    assert (tmp_path / "answers-0.jsonl").read_bytes() != b""


def test_without_locks_every_process_makes_a_new_file(tmp_path, monkeypatch):
    """Some cluster file systems have none; two processes must still not share a file."""

    def no_locks(*_):
        raise OSError(errno.ENOSYS, "not here")

    monkeypatch.setattr("sightline.engine.answers.fcntl.flock", no_locks)
    for number in range(3):
        with AnswerLog.open(tmp_path) as log:
            log.append(f"key{number}", JOB, Reply(str(number)))
            assert len(log.known({"key0", "key1", "key2"})) == number + 1
    assert len(list(tmp_path.iterdir())) == 3


@given(reply=REPLIES)
def test_any_reply_comes_back_as_it_was(reply, tmp_path_factory):
    """Line ends, separators and all."""
    folder = tmp_path_factory.mktemp("answers")
    with AnswerLog.open(folder) as log:
        log.append("key", JOB, reply)
        log.append("next", JOB, Reply("next"))
        assert log.known(["key", "next"]) == {"key": reply, "next": Reply("next")}


def test_half_a_character_comes_back_as_it_was(tmp_path):
    """A model that is cut off between two tokens of one character leaves such a text."""
    with AnswerLog.open(tmp_path) as log:
        log.append("key", JOB, Reply("\ud83d"))
        assert log.known(["key"]) == {"key": Reply("\ud83d")}


@given(junk=st.binary(max_size=200), end=st.sampled_from([b"", b"\n"]))
def test_no_junk_in_a_file_harms_what_stands_before_and_after_it(junk, end, tmp_path_factory):
    """A broken last line, or lines of somebody else."""
    folder = tmp_path_factory.mktemp("answers")
    with AnswerLog.open(folder) as log:
        log.append("before", JOB, Reply("1"))
    with (folder / "answers-0.jsonl").open("ab") as file:
        file.write(junk + end)
    with AnswerLog.open(folder) as log:
        log.append("after", JOB, Reply("2"))
        assert log.known(["before", "after"]) == {"before": Reply("1"), "after": Reply("2")}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"key": "k", "text": "cut', "Invalid control character"),
        (b"[1, 2]", "must be an object, but is list"),
        (b'"text"', "must be an object, but is str"),
        (b'{"key": "\xff"}', "codec can't decode"),
        (b"\xff\xfe\x00", "Expecting value"),
        (b"[" * 200_000, "recursion"),
        (b"9" * 5000, "line 2: "),
        (b'{"text": "no key"}', "not as this version writes it: key"),
        (b'{"key": "k"}', "not as this version writes it: no text"),
        (b'{"key": 5, "text": "x"}', "not as this version writes it: key"),
        (b'{"key": "k", "text": null}', "not as this version writes it: text"),
        (b'{"key": "k", "text": "x", "input_tokens": "9"}', "input_tokens"),
        (b'{"key": "k", "text": "x", "output_tokens": true}', "output_tokens"),
        (b'{"key": "k", "text": "x", "input_tokens": 1.5}', "input_tokens"),
        (b'{"key": "k", "text": "x", "details": []}', "details"),
        (b'{"key": "k", "text": "' + b"x" * 300 + b'"}', "longer than"),
    ],
)
def test_a_strange_line_is_named_and_passed_over(line, reason, tmp_path, caplog, monkeypatch):
    """One warning a file, with the place of the first."""
    if reason == "longer than":
        monkeypatch.setattr("sightline.engine.answers.LARGEST", 100)
    (tmp_path / "answers-3.jsonl").write_bytes(
        b'{"key": "a", "text": "1"}\n' + line + b"\n" + b'\n{"key": "b", "text": "2"}\n' + b"{}\n"
    )
    with AnswerLog.open(tmp_path) as log:
        assert log.known(["a", "b", "k"]) == {"a": Reply("1"), "b": Reply("2")}
    [message] = [record.getMessage() for record in caplog.records]
    assert message.startswith(
        f"sightline: {tmp_path}/answers-3.jsonl: 2 line(s) are no whole answers and are passed "
        "over; the first is line 2: "
    )
    assert reason in message


def test_a_last_line_without_its_end_is_no_answer(tmp_path, caplog):
    """Even when what is there happens to be whole JSON: its end has never been on disk."""
    (tmp_path / "answers-0.jsonl").write_bytes(b'{"key": "a", "text": "1"}')
    with AnswerLog.open(tmp_path) as log:
        assert log.known(["a"]) == {}
        assert "line 1: cut short" in caplog.text
        log.append("b", JOB, Reply("2"))
        assert "b" in log.known(["a", "b"])


def test_other_things_in_the_folder_are_left_alone(tmp_path):
    """Also one that would block whoever opens it."""
    os.mkfifo(tmp_path / "answers-9.jsonl")
    (tmp_path / "answers-x.jsonl").mkdir()
    (tmp_path / "notes.jsonl").write_text('{"key": "a", "text": "1"}\n')
    with AnswerLog.open(tmp_path) as log:
        assert log.known(["a"]) == {}


def test_threads_write_whole_lines(tmp_path):
    """Those of a server's backend."""
    with AnswerLog.open(tmp_path) as log:

        def work(name):
            for number in range(20):
                log.append(f"{name}{number}", JOB, Reply(name * 3000))

        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        keys = {f"{name}{number}": Reply(name * 3000) for name in "abcd" for number in range(20)}
        assert log.known(keys) == keys


@pytest.mark.parametrize("step", ["write", "sync"])
def test_a_full_disk_is_said_and_harms_nothing_after_it_is_mended(tmp_path, monkeypatch, step):
    """Half a line may be there; a later answer begins a line of its own."""
    log = AnswerLog.open(tmp_path)
    log.append("a", JOB, Reply("1"))

    def full(*_):
        if step == "write":
            log._file.write(b'{"key": "b", "te')
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        if step == "write":
            broken.setattr(log, "_write", full)
        else:
            broken.setattr("sightline.engine.answers.os.fsync", full)
        with pytest.raises(EvaluationError) as caught:
            log.append("b", JOB, Reply("2"))
    assert str(tmp_path) in caught.value.message
    assert "No space left on device" in caught.value.message
    assert "free space" in caught.value.next_step
    assert log.written == 1
    log.append("c", JOB, Reply("3"))
    assert log.known(["a", "c"]) == {"a": Reply("1"), "c": Reply("3")}
    log.close()


def test_an_answer_after_the_end_is_refused(tmp_path):
    """A thread that is still at work must not write into a file that is somebody else's by now."""
    log = AnswerLog.open(tmp_path)
    log.close()
    with pytest.raises(EvaluationError, match="after the answers were closed"):
        log.append("a", JOB, Reply("1"))


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    """Before anything is asked."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EvaluationError, match="cannot be written to: Not a directory"):
        AnswerLog.open(tmp_path / "file" / "answers")
