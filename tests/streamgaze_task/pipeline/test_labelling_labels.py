"""Labels of fixations and views of frames: what is asked, in which order, and what comes of it."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sightline.errors import DatasetError, EvaluationError
from sightline.progress import Silent
from streamgaze_task.gaze import GazeTable
from streamgaze_task.pipeline import lines
from streamgaze_task.pipeline.labelling.labels import label_fixations, take_views
from streamgaze_task.pipeline.labelling.log import AnswerLog
from streamgaze_task.pipeline.labelling.names import unified
from streamgaze_task.pipeline.labelling.pool import Pool
from streamgaze_task.pipeline.labelling.settings import LabelSettings, ViewSettings
from streamgaze_task.pipeline.records import FoundFixation, LabelledFixation

SCRIPT = Path(__file__).with_name("scripted_labeller.py")
scripted = runpy.run_path(str(SCRIPT))
Scripted, sensible, labels_of = (scripted[name] for name in ("Scripted", "sensible", "labels_of"))


SURROGATES = json.dumps(
    {
        "gazed": {"name": "\ud800<b>cup</b>", "caption": "\ud800"},
        "beside": [],
        "sure": True,
        "outside": [{"name": "../../etc"}],
    }
)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Six seconds, ten frames a second."""
    return scripted["write_video"](tmp_path_factory.mktemp("videos") / "v.mp4")


def text_of(labels):
    """As the stage's file would have them."""
    return "\n".join(lines.line_of(label) for label in labels)


def test_every_fixation_is_labelled_with_unified_names(video, tmp_path):
    """Each thing in one place only, the same at every run."""
    labeller = Scripted()
    labels = labels_of(video, labeller, tmp_path / "a.jsonl")
    assert [label.number for label in labels] == list(range(6))
    for label in labels:
        assert label.problem == ""
        assert label.gazed.attributes == {"color": "grey"}
        names = [label.gazed.name, *(t.name for t in (*label.beside, *label.outside))]
        assert names == [unified(name) for name in names]
        assert len(set(names)) == len(names)
        assert label.sure
    assert text_of(labels_of(video, Scripted(), tmp_path / "b.jsonl")) == text_of(labels)


def test_labels_survive_the_way_to_disk_and_back(video, tmp_path):
    """As the stage after this one reads them."""
    labels = labels_of(video, Scripted(), tmp_path / "a.jsonl")
    lines.write(tmp_path / "labels.jsonl", {"key": "k"}, labels)
    assert lines.read(tmp_path / "labels.jsonl", LabelledFixation) == labels


def test_rounds_ask_first_what_is_gazed_at_then_what_is_around(video, tmp_path):
    """Two queries a fixation."""
    labeller = Scripted()
    labels_of(video, labeller, tmp_path / "a.jsonl", count=5)
    keys = labeller.keys
    assert keys == [
        "gazed/0", "gazed/1", "outside/0", "outside/1",
        "gazed/2", "gazed/3", "outside/2", "outside/3", "gazed/4", "outside/4",
    ]  # fmt: skip


def test_names_are_offered_from_the_next_round_on_whatever_the_order_of_answers(video, tmp_path):
    """Nothing depends on which answer came first."""
    forward, backward = Scripted(), Scripted(backwards=True)
    labels = labels_of(video, forward, tmp_path / "a.jsonl")
    assert text_of(labels_of(video, backward, tmp_path / "b.jsonl")) == text_of(labels)
    prompts = {query.key: query.text for query in forward.asked}
    assert "use exactly that one" not in prompts["gazed/0"] + prompts["gazed/1"]
    pool = Pool(40)
    for label in labels[:2]:
        pool.add([label.gazed.name, *(thing.name for thing in (*label.beside, *label.outside))])
    assert f"exactly that one: {', '.join(pool.offered)}." in prompts["gazed/2"]
    named = [labels[3].gazed.name, *(thing.name for thing in labels[3].beside)]
    assert f"Do not name: {', '.join(named)}." in prompts["outside/3"]
    none = Scripted()
    labels_of(video, none, tmp_path / "c.jsonl", pool=0)
    assert not any("exactly that one" in query.text for query in none.asked)


def test_the_most_frequent_names_are_offered_first_and_only_so_many():
    """Equal ones by the alphabet."""
    pool = Pool(3, ["pan", "cup", "cup"])
    pool.add(["pan", "pot", "axe", "cup"])
    assert pool.offered == ("cup", "pan", "axe")
    assert Pool(0, ["cup"]).offered == ()


def test_crops_follow_the_gaze_and_fall_back_to_the_fixation(video, tmp_path):
    """Gaze that moves, gaze that is lost, gaze that jumps away."""
    # Gaze that moves during fixation 0, is lost during 1, and jumps away for a moment in 2.
    seconds = [k / 100 for k in range(600)]
    x = [0.2 + 0.1 * at if at < 0.6 else 0.32 for at in seconds]
    y = [0.8 if at < 0.6 else 0.7 for at in seconds]
    valid = [not 0.55 <= at < 1.15 for at in seconds]
    for k, at in enumerate(seconds):
        if at >= 1.2:
            x[k], y[k] = (0.99, 0.01) if at < 1.4 else (0.33, 0.71)
    gaze = GazeTable.from_columns({"seconds": seconds, "x": x, "y": y, "valid": valid})
    labeller = Scripted()
    labels_of(video, labeller, tmp_path / "a.jsonl", count=3, gaze=gaze)
    facts = {query.key: query.facts for query in labeller.asked}
    images = {query.key: query.images for query in labeller.asked}
    assert len(images["outside/0"]) == len(images["gazed/0"]) == 2
    (first, second), fixed = facts["outside/0"]["centres"], facts["outside/1"]["centres"]
    assert first[0] < second[0]
    assert fixed == [[41.0, 96.0]] * 2
    assert facts["outside/2"]["centres"] == [[51.0, 89.0], [52.0, 90.0]]
    for key, told in facts.items():
        assert told["radius"] == pytest.approx(80 * 0.230868 / 0.577350, abs=1e-3)
        if key.startswith("gazed"):
            assert told["centre"] == [31.0, 31.0]
            assert {image.size for image in images[key]} == {(63, 63)}
    for image, centre in zip(images["outside/0"], facts["outside/0"]["centres"], strict=True):
        pixels = np.asarray(image)
        assert image.size == (160, 128)
        assert not pixels[int(centre[1]), int(centre[0])].any()


def test_an_answer_that_never_can_be_read_loses_nothing_but_itself(video, tmp_path):
    """The others are labelled."""

    def answer(query):
        return "I do not know." if "gazed/2" in query.key else sensible(query)

    labeller = Scripted(answer)
    labels = labels_of(video, labeller, tmp_path / "a.jsonl", tries=2)
    assert labels[2].problem == "gazed: no answer of 2 could be read: it has no JSON object"
    assert labels[2].gazed is None
    assert not labels[2].sure
    assert [label.problem for label in labels if label.number != 2] == [""] * 5
    assert "outside/2" not in labeller.keys
    assert "gazed/2/again/1" in labeller.keys


def test_surroundings_that_are_missing_keep_what_was_gazed_at_but_it_is_not_sure(video, tmp_path):
    """Nobody may conclude that nothing was there."""

    def answer(query):
        if query.key.startswith("outside/1"):
            return {}["out of order"]
        return sensible(query)

    label = labels_of(video, Scripted(answer), tmp_path / "a.jsonl")[1]
    assert label.gazed is not None
    assert label.outside == ()
    assert not label.sure
    assert label.problem == "outside: 'out of order'"


def test_an_answer_that_was_cut_off_is_not_sure(video, tmp_path):
    """More may have been there."""

    def answer(query):
        whole = sensible(query)
        return whole[:-2] if query.key == "outside/1" else whole

    labels = labels_of(video, Scripted(answer), tmp_path / "a.jsonl")
    assert [label.sure for label in labels] == [True, False, True, True, True, True]
    assert labels[1].problem == ""


def test_a_fixation_after_the_end_says_so(video, tmp_path):
    """And no fixation is no error."""
    late = [FoundFixation(0, 1.0, 1.5, 0.5, 0.5), FoundFixation(1, 60.0, 61.0, 0.5, 0.5)]
    log, camera = AnswerLog(tmp_path / "a.jsonl"), scripted["CAMERA"]
    labels = label_fixations(video, late, camera, None, Scripted(), log, LabelSettings(), Silent())
    assert [label.problem for label in labels] == ["", "it begins after the video's end"]
    assert (
        label_fixations(video, [], camera, None, Scripted(), log, LabelSettings(), Silent()) == []
    )


def test_the_published_variant_shows_squares_offers_no_names_and_asks_once(video, tmp_path):
    """Faults included."""
    broken = Scripted(lambda query: "?" if query.key == "gazed/1" else sensible(query))
    labels = labels_of(video, broken, tmp_path / "a.jsonl", method="reference")
    assert {image.size for query in broken.asked for image in query.images} == {(448, 448)}
    assert not any("exactly that one" in query.text for query in broken.asked)
    assert not any("/again/" in key for key in broken.keys)
    assert "dot" not in broken.asked[0].text
    assert labels[1].problem.startswith("gazed: no answer of 1")


def test_a_run_that_is_killed_goes_on_to_the_same_labels(video, tmp_path):
    """By SIGKILL, with its last line torn: only the rest is asked."""
    labels = text_of(labels_of(video, Scripted(), tmp_path / "whole.jsonl"))
    total = len((tmp_path / "whole.jsonl").read_text().splitlines())
    log = tmp_path / "killed.jsonl"
    code = (
        "import runpy, sys\n"
        "from pathlib import Path\n"
        "s = runpy.run_path(sys.argv[1])\n"
        "s['labels_of'](Path(sys.argv[2]), s['Scripted'](dies_after=5), Path(sys.argv[3]))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(SCRIPT), str(video), str(log)], check=False
    )
    assert ended.returncode == -9
    assert len(log.read_text().splitlines()) == 5
    log.write_bytes(log.read_bytes()[:-7])  # the last line was on its way
    labeller = Scripted()
    assert text_of(labels_of(video, labeller, log)) == labels
    assert len(labeller.keys) == total - 4
    again = Scripted(lambda _: pytest.fail("asked again"))
    assert text_of(labels_of(video, again, log)) == labels


def test_a_labeller_that_breaks_down_stops_the_run_and_keeps_its_answers(video, tmp_path):
    """An exception is no answer."""
    labels = text_of(labels_of(video, Scripted(), tmp_path / "whole.jsonl"))

    def breaks(query):
        if query.key == "outside/3":
            raise RuntimeError("out of memory")
        return sensible(query)

    with pytest.raises(RuntimeError, match="out of memory"):
        labels_of(video, Scripted(breaks), tmp_path / "a.jsonl")
    labeller = Scripted()
    assert text_of(labels_of(video, labeller, tmp_path / "a.jsonl")) == labels
    assert labeller.keys[0] == "outside/3"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "x" * 10_000_000,
        '{"gazed":' * 30_000,
        SURROGATES,
    ],
    ids=("html", "endless", "deep", "surrogates"),
)
def test_hostile_answers_leave_labels_that_can_be_written(video, tmp_path, hostile):
    """Small, and with names that are names."""
    labels = labels_of(video, Scripted(lambda _: hostile), tmp_path / "a.jsonl", count=3)
    lines.write(tmp_path / "labels.jsonl", {"key": "k"}, labels)
    assert lines.read(tmp_path / "labels.jsonl", LabelledFixation) == labels
    assert (tmp_path / "labels.jsonl").stat().st_size < 5000
    assert (tmp_path / "a.jsonl").stat().st_size < 3_000_000
    for label in labels:
        assert label.problem or label.gazed.name == "cup"
        assert all("/" not in thing.name for thing in label.outside)


def test_views_are_taken_at_regular_times(video, tmp_path):
    """And resumed without a question."""
    labeller = Scripted()
    log = AnswerLog(tmp_path / "a.jsonl")
    views = take_views(video, labeller, log, ViewSettings(round=4), Silent(), names=["whisk"])
    assert [view.seconds for view in views] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert all(view.seen and not view.problem for view in views)
    assert not any(set(view.seen) & set(view.partly) for view in views)
    shown = [scripted["stamped"]["index_of"](query.images[0]) for query in labeller.asked]
    assert shown == [0, 10, 20, 30, 40, 50]
    assert "exactly that one: whisk." in labeller.asked[0].text
    assert views[0].seen[0] in labeller.asked[4].text.split("exactly that one: ")[1]
    again = Scripted(lambda _: pytest.fail("asked again"))
    log = AnswerLog(tmp_path / "a.jsonl")
    settings = ViewSettings(round=4)
    assert take_views(video, again, log, settings, Silent(), names=["whisk"]) == views
    assert take_views(video, again, log, ViewSettings(every_seconds=0.0), Silent()) == []


def test_a_view_that_cannot_be_read_says_why(video, tmp_path):
    """The others are there."""

    def answer(query):
        return '{"seen": ["cup", ' if query.key.startswith("view/10") else sensible(query)

    log = AnswerLog(tmp_path / "a.jsonl")
    views = take_views(video, Scripted(answer), log, ViewSettings(), Silent())
    assert [bool(view.problem) for view in views] == [False, True, False, False, False, False]
    assert "its end is missing" in views[1].problem
    assert views[1].seen == ()


def test_a_labeller_out_of_order_stops_the_run(video, tmp_path):
    """Rather than finish with nothing."""
    log = AnswerLog(tmp_path / "a.jsonl")
    with pytest.raises(EvaluationError, match="in a row"):
        take_views(
            video, Scripted(lambda _: {}["x"]), log, ViewSettings(every_seconds=0.1), Silent()
        )


def test_no_video_is_an_error_and_no_label(tmp_path):
    """The recording is at fault, not a fixation."""
    (tmp_path / "v.mp4").write_bytes(b"no video")
    with pytest.raises(DatasetError):
        labels_of(tmp_path / "v.mp4", Scripted(), tmp_path / "a.jsonl")


def test_the_log_can_be_read_by_people(video, tmp_path):
    """One line an answer, with what it answers."""
    labels_of(video, Scripted(), tmp_path / "a.jsonl", count=1)
    told = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [line["key"] for line in told] == ["gazed/0", "outside/0"]
    assert set(told[0]) == {"asked", "digest", "key", "text"}
