"""Two models side by side: the data are right, the browser's test is Python's, text is text."""

from __future__ import annotations

import html
import json
import re
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.intervals import sign_test
from sightline.leaderboard.site import comparing, render
from sightline.leaderboard.site.scripts import call

_HERE = Path(__file__)
fixtures = SimpleNamespace(**runpy.run_path(str(_HERE.parents[3] / "leaderboard_fixtures.py")))
scripts = SimpleNamespace(**runpy.run_path(str(_HERE.with_name("site_scripts.py"))))

BOARD = fixtures.toy_board()
SETTING = BOARD.settings[0]
SITE = render.Site("Site")
SLICES = {"q-1": {"kind": "moving"}, "q-2": {"kind": "still", "size": "large"}, "q-3": {}}


def written(tmp_path, entries, outcomes):
    """The page, and what its data file calls with."""
    place = comparing.write(BOARD, SETTING, entries, outcomes, tmp_path, site=SITE)
    data = (tmp_path / "toy" / "toy_plain-compare.js").read_text(encoding="utf-8")
    page = (tmp_path / place).read_text(encoding="utf-8")
    return page, arguments(data)[0]


def arguments(text):
    """Values of a data file; its function's name is dropped."""
    inside = re.fullmatch(r"\w+\((.*)\);\n", text, re.DOTALL)[1]
    return json.loads(f"[{inside}]")


def run(**outcomes):
    """Outcomes by question; q_1 stands for q-1."""
    named = {name.replace("_", "-"): outcome for name, outcome in outcomes.items()}
    return comparing.RunOutcomes(named, {name: SLICES[name] for name in named})


def test_one_letter_a_question_in_the_order_of_the_dataset_and_a_dash_for_an_unknown_one(tmp_path):
    """The first run gives the order; the slices follow it."""
    first, second = fixtures.entry(model="org/a"), fixtures.entry(model="org/b")
    outcomes = {
        comparing.key(first): run(q_1="right", q_2="wrong", q_3="unparsed"),
        comparing.key(second): run(q_3="missing", q_1="error"),
    }
    _, data = written(tmp_path, [first, second], outcomes)
    letters = {}
    for one in data["entries"]:
        key, said = arguments((tmp_path / "toy" / one["file"]).read_text(encoding="utf-8"))
        letters[key] = said
    assert letters == {comparing.key(first): "RWU", comparing.key(second): "E-M"}
    kind, size = data["axes"]
    assert (kind["of"], size["of"]) == ([0, 1, -1], [-1, 1, -1])


def test_printed_rows_can_be_chosen_and_have_no_outcomes(tmp_path):
    """And rows of another setting are not there."""
    printed = fixtures.entry(kind="published", model="Printed 9B", run="toy_plain", low=None)
    other = fixtures.entry(setting="toy_wide")
    page, data = written(tmp_path, [printed, fixtures.entry(), other], {})
    assert [one["kind"] for one in data["entries"]] == ["published, not re-run", "run"]
    assert data["entries"][0]["low"] is None
    assert all(one["file"] is None for one in data["entries"])
    assert not (tmp_path / "toy" / "outcomes").exists()
    assert "Printed 9B (published, not re-run)" in page


def test_cells_follow_the_members_and_hold_no_number_that_json_has_not(tmp_path):
    """By axis, then by member."""
    cells = {"kind": {"still": {"value": float("nan")}}, "size": {"small": {"value": 12.3456}}}
    _, data = written(tmp_path, [fixtures.entry(cells=cells)], {})
    assert data["entries"][0]["cells"] == [None, None, 12.346, None]


@pytest.mark.parametrize("name", fixtures.HOSTILE)
def test_names_from_strangers_are_text_on_the_page_and_in_its_data(tmp_path, name):
    """The page and its data agree on the key, and no file is named by it."""
    entry = replace(fixtures.entry(), kind="published", model=name)
    outcomes = {comparing.key(entry): run(q_1="right")}
    page, data = written(tmp_path, [entry], outcomes)
    for raw in ("<script>alert", "<img", "<svg onload"):
        assert raw not in page
        for path in tmp_path.rglob("*.js"):
            assert raw not in path.read_text(encoding="utf-8")
    chosen = re.findall(r'<option value="([^"]*)"', page)
    assert [html.unescape(one) for one in chosen] == 2 * [data["entries"][0]["key"]]
    files = {one.relative_to(tmp_path).as_posix() for one in tmp_path.rglob("*") if one.is_file()}
    assert len(files) == 3
    assert all(
        re.fullmatch(r"toy/(outcomes/[0-9a-f]{16}|toy_plain-compare)\.\w+", f) for f in files
    )


def test_without_javascript_the_page_is_a_table_of_all_models(tmp_path):
    """Headlines with their intervals."""
    page, _ = written(
        tmp_path, [fixtures.entry(model="org/a", value=12.34, low=1.0, high=22.0)], {}
    )
    static = re.search("<noscript>(.*)</noscript>", page, re.DOTALL)[1]
    assert "org/a" in static
    assert "12.3" in static
    assert "1.0 to 22.0" in static


def test_a_table_without_models_has_a_page(tmp_path):
    """It says so."""
    page, data = written(tmp_path, [], {})
    assert "There is no model yet" in page
    assert data["entries"] == []


def test_a_data_file_is_ascii_and_closes_or_comments_nothing():
    """It reads back as what was given."""
    text = call("f", "</script><!--\u2028\u2029\ud800\u202e", {"<a>": "é"})
    assert text.isascii()
    assert "<" not in text
    assert text.count("\n") == 1
    assert arguments(text) == ["</script><!--\u2028\u2029\ud800\u202e", {"<a>": "é"}]
    with pytest.raises(ValueError, match="JSON"):
        call("f", float("nan"))


def test_the_browsers_p_values_are_pythons(tmp_path):
    """Small and large counts, and those below the smallest double."""
    few = [(ups, downs) for ups in range(12) for downs in range(12)]
    many = [(1018, 3456), (4000, 4100), (300, 301), (1, 1000), (0, 1074), (0, 1100), (4260, 4261)]
    pairs = few + many
    said = scripts.value_of(
        "compare.js",
        f"{json.dumps(pairs)}.map(([u, d]) => sightlineStatistics.signTest(u, d))",
        tmp_path,
    )
    assert said == pytest.approx([sign_test(*pair) for pair in pairs], rel=1e-12, abs=5e-324)


def test_the_browser_corrects_by_holms_steps(tmp_path):
    """0.01 x 4, 0.03 x 3, then never smaller again."""
    said = scripts.value_of(
        "compare.js", "sightlineStatistics.holm([0.01, null, 0.04, 0.03, 0.9])", tmp_path
    )
    assert said == pytest.approx([0.04, None, 0.09, 0.09, 0.9])


def test_the_browser_counts_flips_among_questions_of_both_runs(tmp_path):
    """Of all questions, and of one member."""
    expression = (
        "[sightlineStatistics.paired('RRWU-', 'RWRRR', null, null),"
        " sightlineStatistics.paired('RRWU-', 'RWRRR', [0, 0, 1, 1, 1], 1)]"
    )
    everything, one = scripts.value_of("compare.js", expression, tmp_path)
    assert everything == {
        "questions": 4,
        "first": 2,
        "second": 3,
        "firstOnly": 1,
        "secondOnly": 2,
    }
    assert one == {"questions": 2, "first": 0, "second": 2, "firstOnly": 0, "secondOnly": 2}
