"""When ranks that make no progress are stopped: a rule on times, without any process."""

from __future__ import annotations

import pytest

from sightline.launching.patience import Patience, Progress, overdue

RULE = Patience(silence=45.0, ended=600.0)


@pytest.mark.parametrize(
    ("now", "ends", "last", "pause", "late"),
    [
        (1e6, {}, None, 0.0, False),
        (1e6, {}, 5.0, 0.0, False),
        (145.0, {1: (-9, 100.0)}, None, 0.0, False),
        (145.1, {1: (-9, 100.0)}, None, 0.0, True),
        (145.1, {1: (-9, 100.0)}, 90.0, 0.0, True),
        (145.1, {1: (-9, 100.0)}, 101.0, 0.0, False),
        (1e4, {1: (-9, 100.0)}, 1e4 - 1, 0.0, False),
        (300.0, {1: (-9, 100.0)}, None, 100.0, False),
        (300.1, {1: (-9, 100.0)}, None, 100.0, True),
        (700.0, {1: (0, 100.0)}, None, 0.0, False),
        (700.1, {1: (0, 100.0)}, None, 0.0, True),
        (700.1, {1: (0, 100.0)}, 200.0, 0.0, False),
        (146.0, {1: (1, 100.0), 2: (-9, 140.0)}, None, 0.0, True),
        (146.0, {1: (0, 100.0), 2: (-9, 140.0)}, None, 0.0, False),
    ],
)
def test_ranks_are_stopped_only_after_a_loss_and_a_silence(now, ends, last, pause, late):
    """A slow model (long pauses between answers) is given twice its pause."""
    progress = Progress(None, last=last, pause=pause)
    assert (overdue(now, ends, progress, RULE) is not None) == late


def test_progress_is_what_grows(tmp_path):
    """Answers of earlier runs are none; a file that comes later is; each file has its pauses."""
    folder = tmp_path / "answers"
    progress = Progress(folder)
    progress.look(0.0)
    folder.mkdir()
    (folder / "answers-0.jsonl").write_text("a\n")
    progress.look(10.0)
    assert (progress.last, progress.pause) == (10.0, 0.0)
    progress.look(20.0)
    assert progress.last == 10.0
    (folder / "answers-1.jsonl").write_text("a\n")
    progress.look(25.0)
    assert (progress.last, progress.pause) == (25.0, 0.0)
    (folder / "answers-0.jsonl").write_text("a\nb\n")
    progress.look(30.0)
    assert (progress.last, progress.pause) == (30.0, 20.0)


def test_what_was_there_before_is_no_progress(tmp_path):
    """The first look only counts."""
    (tmp_path / "answers-0.jsonl").write_text("a\n")
    progress = Progress(tmp_path)
    progress.look(0.0)
    progress.look(1.0)
    assert progress.last is None


def test_without_a_folder_there_is_none():
    """Models of others keep no answers: after a loss, what they do is lost as well."""
    progress = Progress(None)
    progress.look(0.0)
    assert overdue(100.0, {0: (1, 0.0)}, progress, RULE)
