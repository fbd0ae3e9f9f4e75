"""The published numbers add up, or say where they do not."""

import pytest

from streamgaze_task import published
from streamgaze_task.task_names import BY_CODE, CODES, PUBLISHED_QUESTIONS


def test_fourteen_rows_and_the_best_comes_first():
    """13 models and the people."""
    rows = published.rows()
    assert len(rows) == 13
    assert [row.overall for row in rows] == sorted((row.overall for row in rows), reverse=True)
    assert published.people().model == "Human"
    assert (published.people().overall, published.people().frames) == (82.7, None)


def test_the_overall_is_the_mean_of_the_ten_tasks_in_ten_rows_and_the_others_say_so():
    """In the last printed digit; AssistGaze's is its mean over the present tasks."""
    off = {}
    for row in (*published.rows(), published.people()):
        mean = row.mean(CODES)
        if mean is None or abs(mean - row.overall) > 0.05 + 1e-9:
            off[row.model] = row
    assert set(off) == {"AssistGaze", "GPT-4o", "Dispider 7B", "Human"}
    for row in off.values():
        assert "overall" in row.fault
    assert off["AssistGaze"].families["present"] == pytest.approx(22.3, abs=0.05)
    assert off["AssistGaze"].families["proactive"] is None
    assert off["AssistGaze"].mean(CODES) is None


def test_every_row_has_every_task_in_the_papers_order():
    """In percent; only AssistGaze lacks the proactive ones."""
    for row in (*published.rows(), published.people()):
        assert tuple(row.tasks) == CODES
        holes = {code for code, share in row.tasks.items() if share is None}
        assert holes == ({"gta", "oaa"} if row.model == "AssistGaze" else set())
        assert all(0 <= share <= 100 for share in row.tasks.values() if share is not None)
        assert row.choice_mean is not None


def test_rows_of_wrappers_that_see_the_future_are_marked_and_say_so():
    """The published code of three ignores the window."""
    ahead = {row.model for row in published.rows() if row.sees_future}
    assert ahead == {"MiniCPM-V 8B", "Kangaroo 7B", "Dispider 7B"}
    for row in published.rows():
        assert row.sees_future == ("future" in (row.fault or ""))


def test_the_gaze_prompts_are_averages_of_their_families():
    """4 past, 4 present, 2 proactive, as printed within a thousandth."""
    rows = published.gaze_prompting()
    assert [row.gaze_prompt for row in rows] == ["nogaze", "text", "visual", "salience"]
    for row in rows:
        past, present, proactive = (row.families[f] for f in ("past", "present", "proactive"))
        assert 0.4 * past + 0.4 * present + 0.2 * proactive == pytest.approx(row.overall, abs=0.1)
    assert published.prompted_model() == "Qwen2.5-VL 7B"


def test_counts_findings_and_sources_are_kept():
    """Third parties counted 8,473 of 8,521 questions."""
    counts = published.questions()
    assert counts == {code: BY_CODE[code].counted for code in counts}
    assert sum(counts.values()) == 8473 < PUBLISHED_QUESTIONS
    assert any("multi-triggering" in finding for finding in published.findings())
    assert "2512.01707" in published.sources()["table"]
