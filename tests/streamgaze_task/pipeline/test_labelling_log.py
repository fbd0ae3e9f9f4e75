"""Answers on disk: none is asked again, whatever happened to the process or to the file."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
from PIL import Image

from sightline.errors import DatasetError, EvaluationError
from streamgaze_task.pipeline.labelling.asking import read_all
from streamgaze_task.pipeline.labelling.labeller import Answer, Query
from streamgaze_task.pipeline.labelling.log import AnswerLog, ask_all, digest_of, name_of
from streamgaze_task.pipeline.labelling.repair import LONGEST, UnreadableError

scripted = runpy.run_path(str(Path(__file__).with_name("scripted_labeller.py")))
Scripted = scripted["Scripted"]


def queries(count, text="what?"):
    """Some, without pictures."""
    return [Query(f"view/{k}", "view", text) for k in range(count)]


def test_what_was_answered_is_not_asked_again(tmp_path):
    """By no later run, in another process."""
    path = tmp_path / "deep" / "answers.jsonl"
    first = Scripted(lambda query: f"says {query.key}")
    found = ask_all(first, AnswerLog(path), queries(5))
    second = Scripted(lambda _: "another answer")
    assert ask_all(second, AnswerLog(path), queries(5)) == found
    assert second.keys == []
    assert ask_all(second, AnswerLog(path), queries(7))["view/6"].text == "another answer"
    assert second.keys == ["view/5", "view/6"]


def test_another_prompt_picture_fact_or_labeller_is_another_question():
    """Everything that an answer depends on counts."""
    image, other = Image.new("RGB", (4, 3)), Image.new("RGB", (3, 4))
    base = Query("gazed/1", "gazed", "what?", (image,), {"radius": 2.0})
    unlike = [
        Query("gazed/2", "gazed", "what?", (image,), {"radius": 2.0}),
        Query("gazed/1", "outside", "what?", (image,), {"radius": 2.0}),
        Query("gazed/1", "gazed", "what!", (image,), {"radius": 2.0}),
        Query("gazed/1", "gazed", "what?", (other,), {"radius": 2.0}),
        Query("gazed/1", "gazed", "what?", (image, image), {"radius": 2.0}),
        Query("gazed/1", "gazed", "what?", (image,), {"radius": 2.5}),
    ]
    digests = {digest_of(query) for query in [base, *unlike]}
    assert len(digests) == 7
    same = Query("gazed/1", "gazed", "what?", (image.copy(),), {"radius": 2.0})
    assert digest_of(base) == digest_of(same)
    assert name_of(base, {"model": "a"}) != name_of(base, {"model": "b"})


def test_a_torn_line_and_strange_lines_are_passed_over(tmp_path):
    """The answers around them count."""
    path = tmp_path / "answers.jsonl"
    ask_all(Scripted(lambda query: query.key), AnswerLog(path), queries(3))
    whole = path.read_bytes()
    strange = b'\n[]\n{"asked": 3, "text": "x"}\nno json\n\xff\xfe\n' + b"[" * 5000 + b"\n"
    path.write_bytes(strange + whole[:-20])
    labeller = Scripted(lambda query: query.key)
    found = ask_all(labeller, AnswerLog(path), queries(4))
    assert labeller.keys == ["view/2", "view/3"]
    assert [found[f"view/{k}"].text for k in range(4)] == [f"view/{k}" for k in range(4)]
    again = Scripted(lambda _: pytest.fail("asked again"))
    assert ask_all(again, AnswerLog(path), queries(4)) == found


def test_half_a_surrogate_pair_and_endless_answers_come_back_as_they_were_given(tmp_path):
    """To the first run as to the second."""
    path = tmp_path / "answers.jsonl"
    texts = {"view/0": "\ud800 <b>\u2028\n", "view/1": "\U0001f600" * 3_000_000}
    found = ask_all(Scripted(lambda query: texts[query.key]), AnswerLog(path), queries(2))
    assert found["view/0"].text == texts["view/0"]
    assert found["view/1"].text == texts["view/1"][:LONGEST]
    again = Scripted(lambda _: pytest.fail("asked again"))
    assert ask_all(again, AnswerLog(path), queries(2)) == found
    assert path.stat().st_size < 20 * LONGEST


def test_errors_are_not_kept_and_asked_again_by_the_next_run(tmp_path):
    """An error is no answer."""
    path = tmp_path / "answers.jsonl"
    labeller = Scripted(lambda query: {"view/0": "fine"}[query.key])
    found = ask_all(labeller, AnswerLog(path), queries(2))
    assert found["view/1"] == Answer("view/1", "", "'view/1'")
    second = Scripted(lambda _: "better")
    assert ask_all(second, AnswerLog(path), queries(2))["view/1"].text == "better"
    assert second.keys == ["view/1"]


def test_errors_in_a_row_stop_the_run_and_keep_what_was_answered(tmp_path):
    """A server that is down labels nothing."""
    path = tmp_path / "answers.jsonl"
    labeller = Scripted(lambda query: {"view/0": "fine"}[query.key])
    log = AnswerLog(path)
    with pytest.raises(EvaluationError, match="20 times in a row"):
        ask_all(labeller, log, queries(100))
    assert len(labeller.keys) == 21
    assert len(path.read_text().splitlines()) == 1
    assert len(ask_all(labeller, AnswerLog(path), queries(60), most_errors=0)) == 60


class Deaf(Scripted):
    """A labeller that some queries never reach.

    Args:
        lost: their keys.
    """

    def __init__(self, *lost):
        super().__init__(lambda query: query.key)
        self._lost = lost

    def ask(self, asked):
        """No connection for those."""
        for answer in super().ask(asked):
            gone = answer.key in self._lost
            yield Answer(answer.key, "", "no connection", unanswered=True) if gone else answer


def test_a_round_that_nobody_answers_stops_the_run(tmp_path):
    """It would take twenty times the server's patience otherwise."""
    every = [f"view/{k}" for k in range(8)]
    with pytest.raises(EvaluationError, match="none of 8 queries: no connection"):
        ask_all(Deaf(*every), AnswerLog(tmp_path / "a"), queries(8))
    log = AnswerLog(tmp_path / "b")
    ask_all(Deaf(*every[1:]), log, queries(8))
    assert (log.answered, log.unanswered, log.latest_error) == (1, 7, "no connection")
    assert len(ask_all(Deaf(*every), AnswerLog(tmp_path / "b"), queries(8))) == 8  # one is known
    ask_all(Deaf(*every), AnswerLog(tmp_path / "c"), queries(3))  # too few to tell


def test_errors_with_known_answers_between_are_not_in_a_row(tmp_path):
    """A run that is resumed asks only what failed, and it failed now and then."""
    path = tmp_path / "answers.jsonl"
    lost = [f"view/{k}" for k in range(0, 48, 2)]
    for _ in range(2):
        log = AnswerLog(path)
        for begin in range(0, 48, 8):
            ask_all(Deaf(*lost), log, queries(48)[begin : begin + 8])
        assert log.unanswered == 24


def test_labellers_that_miscount_are_noticed(tmp_path):
    """Too few, too many, or to nobody's question."""

    class Silent(Scripted):
        def ask(self, asked):
            yield Answer(asked[0].key, "a")
            yield Answer(asked[0].key, "b")

    class Babbling(Scripted):
        def ask(self, _):
            yield Answer("view/99", "a")

    found = ask_all(Silent(), AnswerLog(tmp_path / "a"), queries(2))
    assert found["view/0"].text == "a"
    assert found["view/1"].error == "the labeller gave no answer"
    with pytest.raises(EvaluationError, match="was not asked"):
        ask_all(Babbling(), AnswerLog(tmp_path / "b"), queries(2))
    with pytest.raises(ValueError, match="must differ"):
        ask_all(Silent(), AnswerLog(tmp_path / "c"), queries(1) * 2)


def test_a_log_that_cannot_be_written_says_so(tmp_path):
    """And one that cannot be read."""
    log = AnswerLog(tmp_path / "file" / "a.jsonl")
    assert log.get("anything") is None
    (tmp_path / "file").write_text("")
    with pytest.raises(EvaluationError, match="cannot be written"):
        ask_all(Scripted(lambda _: "x"), log, queries(1))
    with pytest.raises(DatasetError, match="cannot be read"):
        AnswerLog(tmp_path / "file" / "a.jsonl").get("anything")


def numbers(text):
    """A reader."""
    try:
        return int(json.loads(text))
    except ValueError as error:
        raise UnreadableError("it is no number") from error


def test_unread_answers_are_asked_again_with_the_reason(tmp_path):
    """With keys of their own, so that a log can be played again."""
    texts = {"view/0": "1", "view/1": "hm", "view/2": "hm", "view/2/again/1": "hmm",
             "view/1/again/1": "2", "view/2/again/2": "hmmm"}  # fmt: skip
    labeller = Scripted(lambda query: texts[query.key])
    found = read_all(labeller, AnswerLog(tmp_path / "a"), queries(3), numbers, tries=3)
    assert [found[f"view/{k}"].value for k in range(3)] == [1, 2, None]
    assert found["view/2"].problem == "no answer of 3 could be read: it is no number"
    assert labeller.keys == [
        "view/0", "view/1", "view/2", "view/1/again/1", "view/2/again/1", "view/2/again/2",
    ]  # fmt: skip
    prompts = {query.key: query.text for query in labeller.asked}
    assert prompts["view/2/again/1"].startswith("what?\n\n")
    assert prompts["view/2/again/1"].count("it is no number") == 1
    assert prompts["view/2/again/2"].count("it is no number") == 1
    again = Scripted(lambda _: pytest.fail("asked again"))
    log = AnswerLog(tmp_path / "a")
    assert read_all(again, log, queries(3), numbers, tries=3) == found


def test_an_error_is_final_and_readers_may_differ(tmp_path):
    """Backends try again themselves."""
    labeller = Scripted(lambda query: {"view/0": "7", "view/1": "7"}[query.key])
    readers = {"view/0": numbers, "view/1": str.upper, "view/2": numbers}
    found = read_all(labeller, AnswerLog(tmp_path / "a"), queries(3), readers, tries=3)
    assert [found[f"view/{k}"].value for k in range(3)] == [7, "7", None]
    assert found["view/2"].problem == "'view/2'"
    assert len(labeller.keys) == 3
