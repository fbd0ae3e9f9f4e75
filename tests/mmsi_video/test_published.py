"""The published numbers add up, or say where they do not."""

import pytest

from mmsi_video import categories, published

COUNTS = {kind.key: kind.count for kind in categories.TYPES}


@pytest.mark.parametrize(("setting", "number"), [("Uniform-50", 25), ("Sufficient-Coverage", 14)])
def test_settings_are_apart_and_best_comes_first(setting, number):
    """39 rows in two settings; no other setting has any."""
    rows = published.rows(setting)
    assert len(rows) == number
    assert {row.setting for row in rows} == {setting}
    assert [row.percent for row in rows] == sorted((row.percent for row in rows), reverse=True)
    assert published.rows("native") == ()


def test_recovered_counts_give_the_printed_averages():
    """Right by questions is the README's two-decimal average in every row that has counts."""
    rows = [row for setting in published.SETTINGS for row in published.rows(setting)]
    counted = [row for row in rows if row.right is not None]
    assert len(counted) == 38
    for row in counted:
        assert 100 * row.right / row.questions == pytest.approx(row.percent, abs=0.006), row.model


def test_three_rows_are_not_on_all_questions_and_say_so():
    """Two on 714, one on an unknown number; every other row is on 1,106."""
    rows = [row for setting in published.SETTINGS for row in published.rows(setting)]
    faulty = {(row.model, row.questions) for row in rows if row.fault}
    expected = {("Doubao-1.5-thinking", 714), ("Seed-1.6-vision", 714), ("QwenVL3-8B", None)}
    assert faulty == expected
    assert {row.questions for row in rows if not row.fault} == {1106}


def test_every_row_has_every_column():
    """13 types, 4 columns, 3 difficulties, 3 sub-benchmarks."""
    for setting in published.SETTINGS:
        for row in published.rows(setting):
            assert set(row.types) == set(COUNTS)
            assert set(row.columns) == set(published.COLUMNS)
            assert set(row.difficulty) == set(categories.DIFFICULTIES)
            assert set(row.sub_benchmarks) == set(categories.SUB_BENCHMARKS)


def test_columns_of_a_full_row_follow_from_its_types():
    """The weighted mean of the types is the printed column, within rounding."""
    for row in published.rows("Uniform-50"):
        if not row.fault:
            for column, percent in row.columns.items():
                own = published.column_of_types(row.types, column)
                assert own == pytest.approx(percent, abs=0.15), (row.model, column)


def test_baselines_are_human_and_random():
    """As printed, although their averages do not follow from their own types."""
    found = published.baselines()
    assert (found["human"].percent, found["random"].percent) == (96.4, 24.1)
    mean = sum(found["human"].types[key] * count for key, count in COUNTS.items()) / 1106
    assert mean == pytest.approx(94.8, abs=0.05)
    assert "does not follow" in found["human"].note


def test_findings_sources_and_easi_runs_are_kept():
    """What the checks found, where the numbers come from, and EASI's re-runs."""
    assert any("714" in finding for finding in published.findings())
    assert "2512.10863" in published.sources()["paper"]
    assert {run["model"] for run in published.easi_verification()} >= {"InternVL3-78B"}
