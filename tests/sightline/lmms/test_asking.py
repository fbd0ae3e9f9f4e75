"""lmms-eval's requests as jobs, and where answers are kept."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

asking = pytest.importorskip("sightline.lmms.asking", reason="needs the extra: eval")


def request(doc_id, *, task="foreign", **metadata):
    """As much of an Instance as is read."""
    arguments = (f"text {doc_id}", lambda doc: [doc], {"max_new_tokens": 4}, doc_id, task, "test")
    return SimpleNamespace(args=arguments, metadata=metadata)


def replies(count):
    """Replies with a number each; the second is an error."""
    from sightline.engine.jobs import Reply

    made = [Reply(f"answer {i}", input_tokens=i) for i in range(count)]
    made[1:2] = [Reply("", error="broken")]
    return made


DOCUMENTS = {"foreign": {"test": ["a", "b", "c"]}}


def test_padding_gets_an_empty_result_and_no_job():
    """Results stand where their requests stand."""
    from sightline.records import ERROR_MARK

    made = asking.Requests([request(0), request(2, __padding_only__=True), request(1)], DOCUMENTS)
    assert [job.doc_id for job in made.jobs] == [0, 1]
    results = made.results(replies(2))
    assert [result.text for result in results] == ["answer 0", "", ERROR_MARK + "broken"]
    assert results[0].token_counts.input_tokens == 0


def test_a_rank_with_padding_only_can_make_messages_for_others():
    """Its share may hold any document of the task."""
    from sightline.engine.jobs import Job

    made = asking.Requests([request(0, __padding_only__=True)], DOCUMENTS)
    assert made.jobs == []
    assert made.messages(Job("foreign", "test", 2, 0, {}, "")) == ["c"]


def test_repeats_are_told_apart():
    """lmms-eval's --repeats asks a document several times."""
    made = asking.Requests([request(0), request(1), request(0)], DOCUMENTS)
    assert [(job.doc_id, job.repeat) for job in made.jobs] == [(0, 0), (1, 0), (0, 1)]


def test_somebody_elses_task_is_not_described():
    """Nothing is known of its input, so its answers are never taken from an earlier run."""
    (job,) = asking.Requests([request(0)], DOCUMENTS).jobs
    assert job.asked is None
    assert job.key({}) is None


@pytest.mark.parametrize(
    ("named", "variable", "arguments", "expected"),
    [
        ("mine", "theirs", ["--output_path", "out"], "mine"),
        (None, "theirs", ["--output_path", "out"], "theirs"),
        (None, None, ["lmms_eval", "--output_path", "out"], "out/answers"),
        (None, None, ["lmms_eval", "--output_path=out"], "out/answers"),
        (None, None, ["lmms_eval", "--output_path"], None),
        (None, None, ["lmms_eval"], None),
    ],
)
def test_where_answers_are_kept(monkeypatch, named, variable, arguments, expected):
    """The user's folder, `sightline eval`'s, or beside lmms-eval's results."""
    monkeypatch.delenv(asking.ANSWERS, raising=False)
    if variable is not None:
        monkeypatch.setenv(asking.ANSWERS, variable)
    found = asking.answers_folder(named, arguments)
    assert found == (None if expected is None else Path(expected))
