"""The board of StreamGaze: settings, scores per test point, the mean of tasks, printed rows."""

import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.accuracy import complete
from sightline.errors import ResponsesError
from sightline.leaderboard.board import board_of
from sightline.records import Outcome, Response
from streamgaze_task import published
from streamgaze_task.benchmark import BENCHMARK
from streamgaze_task.builder import build
from streamgaze_task.items import Item
from streamgaze_task.leaderboard import board
from streamgaze_task.scoring import score
from streamgaze_task.task_names import CODES
from streamgaze_task.tasks.settings import read_settings

TESTS = Path(__file__).parents[1]
tiny = SimpleNamespace(**runpy.run_path(str(TESTS / "tiny_streamgaze.py")))
runs = SimpleNamespace(**runpy.run_path(str(TESTS / "streamgaze_runs.py")))
PINNED = json.loads((TESTS / "conformance/streamgaze_pinned_scores.json").read_text())
BOARD = board()
VISUAL = BOARD.settings[0]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Three videos and questions of all ten tasks."""
    folder = tmp_path_factory.mktemp("streamgaze")
    tiny.make(folder / "release")
    build(folder / "release", folder / "dataset", progress=False)
    return folder / "dataset"


def test_the_installed_benchmark_gives_this_board():
    """The board is found by the benchmark's name; EASI has no StreamGaze."""
    assert board_of("streamgaze").settings == BOARD.settings
    assert BOARD.easi is None


def test_importing_the_board_is_light():
    """No heavy library, so that `--help` and site building stay quick."""
    code = "import sys, streamgaze_task.leaderboard as b; b.board(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pyarrow", "datasets", "torch", "huggingface_hub"} & set(done.stdout.split())


@pytest.mark.parametrize("setting", BOARD.settings, ids=lambda setting: setting.name)
def test_a_setting_is_its_ten_tasks_and_their_protocol(setting):
    """As lmms-eval is told of them."""
    assert setting.tasks == BENCHMARK.leaves(setting.name)
    assert len(setting.tasks) == 10
    entries = BENCHMARK.entries()
    blocks = [entries[task]["lmms_eval_specific_kwargs"]["default"] for task in setting.tasks]
    assert {read_settings(block).protocol for block in blocks} == {setting.protocol}
    assert setting.title
    assert setting.frames


def test_settings_have_titles_of_their_own():
    """No two tables go by one name."""
    assert len({one.title for one in BOARD.settings}) == len(BOARD.settings) == 10
    assert BOARD.axes[0].members == CODES


def test_a_test_point_is_scored_by_its_own_response(built):
    """One response per request; a proactive question has several."""
    ids = [one.question_id for one in BOARD.expected(built, VISUAL)]
    points = [one for one in ids if one.startswith("gta-0001@")]
    assert len(points) > 1
    scores = BOARD.rescore(
        built, VISUAL, [Response(points[1], "Yes"), Response(points[0], None, "timed out")]
    )
    assert [one.question_id for one in scores] == ids
    found = {one.question_id: one for one in scores}
    assert found[points[0]].outcome is Outcome.ERROR
    assert found[points[1]].outcome in (Outcome.RIGHT, Outcome.WRONG)
    assert sum(one.outcome is Outcome.MISSING for one in scores) == len(ids) - 2


@pytest.mark.parametrize(
    ("ids", "said"),
    [(["nfi-0001", "nfi-0001"], "more than once"), (["gta-0001"], "not in the dataset")],
)
def test_a_request_twice_or_a_question_instead_of_its_points_is_refused(built, ids, said):
    """A proactive question itself is no request."""
    with pytest.raises(ResponsesError, match=said):
        BOARD.rescore(built, VISUAL, [Response(one, "A") for one in ids])


def summarised(choice="A", alert="Yes"):
    """The report of one text for all requests of four questions a task."""
    scores = runs.answered(runs.requests(runs.split()), choice=choice, alert=alert)
    return BOARD.summarise(complete(scores, scores), VISUAL, "org/a")


def test_the_headline_is_the_mean_of_ten_tasks_with_an_interval():
    """A quarter of the choices and three fifths of the alerts, whatever the tasks' sizes."""
    made = summarised()
    json.dumps(made, allow_nan=False)
    head = BOARD.headline(made)
    assert head.value == pytest.approx((8 * 25 + 2 * 60) / 10)
    assert 0 < head.low < head.value < head.high < 100
    assert made["parsers"]["reference"]["accuracy"] == head.value
    assert set(made["parsers"]) == set(BOARD.parsers)
    assert made["protocol"] == "visual/grid-32"


def test_cells_are_tasks_and_families():
    """A family is the mean of its tasks; a task that is absent has no value."""
    cells = BOARD.cells(summarised())
    assert {member: cell["value"] for member, cell in cells["family"].items()} == {
        "past": 25.0,
        "present": 25.0,
        "proactive": 60.0,
    }
    assert cells["task"]["gta"]["expected"] == 20
    scores = runs.answered(runs.requests(runs.split(codes=("nfi",))))
    few = BOARD.cells(BOARD.summarise(scores, VISUAL, "org/a"))
    assert few["task"]["oaa"]["value"] is few["family"]["proactive"]["value"] is None


def test_questions_are_requests_with_their_time(built):
    """Yes or no for test points, the letter for others; recordings by their paths."""
    found = list(BOARD.questions(built))
    expected = BOARD.expected(built, VISUAL)
    assert [one.question_id for one in found] == [one.question_id for one in expected]
    for text, one in zip(found, expected, strict=True):
        assert text.answer == (one.answer if text.options else one.answer.lower())
        assert all((built / path).is_file() for path in text.media)
        assert "[asked at 00:" in text.text


def test_every_printed_row_is_there_with_its_faults():
    """The main table, the gaze prompt table, and people in every setting."""
    rows = BOARD.published()
    people = [row for row in rows if row.kind == "people"]
    assert {row.setting for row in people} == {one.name for one in BOARD.settings}
    assert rows[: len(people)] == people
    models = [row for row in rows if row.kind == "model"]
    assert len(models) == len(published.rows()) + 4
    by_name = {row.name: row for row in models}
    assert by_name["GPT-4o"].value == 53.5
    assert by_name["GPT-4o"].slices["task"]["oie"] == 72.9
    assert any("after the question" in fault for fault in by_name["Dispider 7B"].faults)
    assert any("proactive metric" in fault for fault in by_name["GPT-4o"].faults)
    assert "gta" not in by_name["AssistGaze"].slices["task"]
    members = {axis.name: set(axis.members) for axis in BOARD.axes}
    for row in rows:
        assert row.faults
        assert all(set(cells) <= members[axis] for axis, cells in row.slices.items())


@pytest.mark.parametrize("case", PINNED["cases"], ids=lambda c: f"{c['task']} {c['response'][:30]}")
def test_recorded_responses_keep_their_scores(case):
    """Where one changes, raise PROTOCOL_VERSION in streamgaze_task.leaderboard and record anew."""
    assert BOARD.protocol_version == PINNED["protocol_version"]
    options = ("A. to the left", "B. to the right", "C. straight ahead", "D. the red ball")
    asked = {
        "nfi": Item("nfi-0001", "nfi", "B", "B", options, "v"),
        "gta": Item("gta-0001@1", "gta", "YES", None, (), "v", 1, 10.0, 5.0),
    }[case["task"]]
    found = score(asked, Response(asked.id, case["response"]))
    assert dict(found.predictions) == case["predictions"]
    assert {parser: one.value for parser, one in found.outcomes.items()} == case["outcomes"]
