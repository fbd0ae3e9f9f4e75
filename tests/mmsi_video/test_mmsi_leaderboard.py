"""The board of MMSI-Video-Bench: settings, scores from responses alone, printed rows, EASI."""

import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmsi_video import categories, published
from mmsi_video.benchmark import BENCHMARK
from mmsi_video.builder import build
from mmsi_video.leaderboard import board, report
from mmsi_video.questions import Question
from mmsi_video.scoring import score
from sightline.errors import DatasetError, ResponsesError, UsageError
from sightline.leaderboard.board import all_boards, board_of
from sightline.records import Outcome, Response

TESTS = Path(__file__).parents[1]
tiny = SimpleNamespace(**runpy.run_path(str(TESTS / "tiny_release.py")))
runs = SimpleNamespace(**runpy.run_path(str(TESTS / "scored_runs.py")))
PINNED = json.loads((TESTS / "conformance/mmsi_video_pinned_scores.json").read_text())
BOARD = board()
U50, SC, NATIVE, SINGLE = BOARD.settings


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Four questions: the second with an image, the third with two videos."""
    folder = tmp_path_factory.mktemp("mmsi")
    build(tiny.make_release(folder / "release"), folder / "dataset", progress=False)
    return folder / "dataset"


def test_the_installed_benchmark_gives_this_board():
    """The board is found by the benchmark's name."""
    found = board_of("mmsi-video")
    assert found.settings == BOARD.settings
    assert "mmsi-video" in {one.benchmark for one in all_boards()}


def test_importing_the_board_is_light():
    """No heavy library, so that `--help` and site building stay quick."""
    code = "import sys, mmsi_video.leaderboard as b; b.board(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pyarrow", "datasets", "torch", "huggingface_hub"} & set(done.stdout.split())


def test_settings_are_tasks_and_their_protocols_those_of_the_tasks():
    """Each setting's tasks exist; `mmsi_video` is the same as `mmsi_video_u50`."""
    names = {name for one in BOARD.settings for name in (*one.tasks, *one.aliases)}
    assert names == set(BENCHMARK.tasks)
    assert BOARD.setting("mmsi_video") is U50
    assert [one.protocol for one in BOARD.settings] == [*published.SETTINGS, "native", "native"]
    with pytest.raises(UsageError, match="mmsi_video_u50"):
        BOARD.setting("mmsi_video_u51")


def test_axes_have_short_heads_for_every_member():
    """13 columns fit beside each other, and no two share a head."""
    assert [axis.name for axis in BOARD.axes] == [*categories.AXES]
    for axis in BOARD.axes:
        assert set(axis.short) == set(axis.members)
        assert len(set(axis.short.values())) == len(axis.members)
        assert max(map(len, axis.short.values())) <= 11


def test_expected_is_the_split_of_the_setting(built):
    """The single-input setting leaves out images and second videos."""
    assert [one.question_id for one in BOARD.expected(built, U50)] == [
        f"question_{number:04d}" for number in range(4)
    ]
    single = BOARD.expected(built, SINGLE)
    assert [one.question_id for one in single] == ["question_0000", "question_0003"]
    assert {one.outcome for one in single} == {Outcome.MISSING}


def test_responses_are_scored_from_their_text_alone(built):
    """Every question gets a score: right, wrong, failed, or never asked."""
    scores = BOARD.rescore(
        built,
        U50,
        [
            Response("question_0002", None, "out of memory"),
            Response("question_0000", "Answer: A"),
            Response("question_0001", "no idea"),
        ],
    )
    assert [one.outcome for one in scores] == [
        Outcome.RIGHT,
        Outcome.UNPARSED,
        Outcome.ERROR,
        Outcome.MISSING,
    ]
    assert scores[0].details["response"] == "Answer: A"
    made = BOARD.summarise(scores, U50, "org/x")
    assert (made["expected"], made["partial"], made["protocol"]) == (4, True, "Uniform-50")
    assert BOARD.headline(made).value == 25.0


@pytest.mark.parametrize(
    ("setting", "ids", "said"),
    [
        (U50, ["question_0000", "question_0000"], "more than once"),
        (U50, ["question_9999"], "not in the dataset"),
        (SINGLE, ["question_0001"], "not in the dataset"),
    ],
)
def test_a_question_twice_or_from_elsewhere_is_refused(built, setting, ids, said):
    """As is one that another setting has."""
    with pytest.raises(ResponsesError, match=said):
        BOARD.rescore(built, setting, [Response(one, "A") for one in ids])


def test_no_dataset_is_an_error_that_says_so(tmp_path):
    """Nothing is scored against nothing."""
    with pytest.raises(DatasetError):
        BOARD.expected(tmp_path, U50)


def test_cells_are_the_slices_and_the_whole_sub_benchmarks():
    """Of 1,106 answers A; what has no question has no value."""
    split = runs.published_split()
    made = BOARD.summarise(runs.answered(split), U50, "org/a")
    json.dumps(made, allow_nan=False)
    cells = BOARD.cells(made)
    assert set(cells) == {*categories.AXES, "sub_benchmark"}
    assert cells["type"]["Planning"]["expected"] == 124
    assert cells["sub_benchmark"]["robot"]["expected"] == 204
    head = BOARD.headline(made)
    assert head.value == pytest.approx(100 * 277 / 1106, abs=1e-4)
    assert head.low < head.value < head.high
    few = report(runs.answered(split[:1]), U50, "org/a")
    assert BOARD.cells(few)["type"]["Planning"] == {
        "value": None, "low": None, "high": None, "expected": 0, "failure_rate": None,
    }  # fmt: skip


def test_questions_show_text_without_options_and_no_hint(built):
    """Recordings by their paths in the dataset."""
    found = list(BOARD.questions(built))
    assert [one.question_id for one in found] == [
        one.question_id for one in BOARD.expected(built, U50)
    ]
    assert found[1].text == "What is this? <image>"
    assert found[0].options == ("A. left", "B. right", "C. up", "D. down")
    assert len(found[2].media) == 2
    assert all((built / path).is_file() for one in found for path in one.media)
    assert "it moves" not in repr(found)


def test_every_printed_row_is_there_with_its_fault():
    """39 rows in two settings; people and chance in all four, and before the models."""
    rows = BOARD.published()
    models = [row for row in rows if row.kind == "model"]
    assert len(models) == 39
    assert [row.kind for row in rows[:8]] == ["people", "chance"] * 4
    assert {row.setting for row in rows[:8]} == {one.name for one in BOARD.settings}
    partial = [row for row in models if row.questions != 1106]
    assert {row.name for row in partial} == {
        "Doubao-1.5-thinking",
        "Seed-1.6-vision",
        "QwenVL3-8B",
    }
    assert all(row.faults for row in partial)
    assert all(row.source for row in rows)


def test_printed_cells_belong_to_the_axes():
    """Every printed member is one of ours, and the number is the printed one."""
    members = {axis.name: set(axis.members) for axis in BOARD.axes}
    members["sub_benchmark"] = set(categories.SUB_BENCHMARKS)
    for row in BOARD.published():
        for axis, cells in row.slices.items():
            assert set(cells) <= members[axis]
    best = next(row for row in BOARD.published() if row.name == "O3" and row.setting == SC.name)
    assert best.value == 37.34
    assert best.slices["type"]["Planning"] == best.slices["category"]["Planning"] == 34.7
    assert best.slices["category"]["Spatial Construction"] == 39.0
    assert best.slices["difficulty"]["hard"] == 19.3


def test_easi_has_percent_and_five_parts_of_uniform_50_only():
    """Values in 0..100; another setting is refused."""
    scores = runs.answered(runs.published_split())
    found = BOARD.easi(BOARD.summarise(scores, U50, "org/a"))
    assert found["scores"]["mmsi_video_bench"] == pytest.approx(100 * 277 / 1106, abs=1e-4)
    assert set(found["subScores"]["mmsi_video_bench"]) == {
        "cross_video_accuracy",
        "motion_understanding_accuracy",
        "planning_accuracy",
        "prediction_accuracy",
        "spatial_construction_accuracy",
    }
    with pytest.raises(UsageError, match="Uniform-50 only"):
        BOARD.easi(BOARD.summarise(scores, SC, "org/a"))


@pytest.mark.parametrize("case", PINNED["cases"], ids=lambda case: case["response"][:30])
def test_recorded_responses_keep_their_scores(case):
    """Where one changes, raise PROTOCOL_VERSION in mmsi_video.leaderboard and record it anew."""
    assert BOARD.protocol_version == PINNED["protocol_version"]
    options = ("A. to the left", "B. to the right", "C. straight ahead", "D. the red ball")
    question = Question("question_0000", "B", options, {"type": "Planning"}, "clip")
    found = score(question, Response(question.id, case["response"]))
    assert dict(found.predictions) == case["predictions"]
    assert {parser: one.value for parser, one in found.outcomes.items()} == case["outcomes"]
