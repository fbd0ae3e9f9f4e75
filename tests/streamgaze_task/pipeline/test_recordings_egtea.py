"""BeGaze exports, written here by hand, and the published table of them computed by hand."""

import numpy as np
import pytest

from sightline.errors import DatasetError
from streamgaze_task.pipeline.recordings.begaze import read_published, read_samples

V1 = "{}\tSMP\t1\t{}\t{}\t{}\t{}"


def export(path, rows, *, count_line=9, header_lines=34):
    """A file with that many header lines, the count of samples on the given one (from 0)."""
    header = [f"## line {i}" for i in range(header_lines)]
    header[count_line] = f"## Number of Samples:\t{len(rows)}"
    path.write_text("\n".join([*header, *rows]) + "\n", encoding="utf-8")
    return path


def v1(path, samples, **more):
    """Version 1: x is the fourth cell, y the fifth, the frame the sixth, the type the last."""
    return export(path, [V1.format(i, *sample) for i, sample in enumerate(samples)], **more)


def v2_row(x, y, stamp, kind):
    """Version 2: 26 cells; x is the sixth, y the seventh, the stamp the second last."""
    return " ".join(["0"] * 5 + [str(x), str(y)] + ["0"] * 17 + [stamp, kind])


def test_samples_of_one_frame_are_spread_over_it(tmp_path):
    """Two samples of one frame stand half a frame apart."""
    rows = [(640, 480, 48, "Fixation"), (320, 240, 48, "Saccade"), (960, 720, 49, "-")]
    samples = read_samples(v1(tmp_path / "a.txt", rows)).samples
    assert samples.seconds.tolist() == [2.0, 2.0 + 0.5 / 24, 49 / 24]
    assert samples.x.tolist() == [0.5, 0.25, 0.75]
    assert samples.y.tolist() == [0.5, 0.25, 0.75]
    assert samples.types.tolist() == ["fixation", "saccade", "unknown"]
    assert samples.valid.all()


def test_version_two_reads_the_clock_at_24_frames_a_second(tmp_path):
    """HH:MM:SS:FF, also beyond an hour."""
    rows = [v2_row(640, 480, "00:01:02:06", "Fixation"), v2_row(1, 2, "01:00:00:00", "Saccade")]
    samples = read_samples(export(tmp_path / "a.txt", rows, count_line=10)).samples
    assert samples.seconds.tolist() == [62.25, 3600.0]
    assert (samples.x[0], samples.y[0]) == (0.5, 0.5)


def test_blinks_nothing_and_the_outside_are_not_valid(tmp_path):
    """And only what was seen has a place."""
    rows = [
        (0, 0, 0, "Blink"),
        (0, 0, 1, "Fixation"),
        (1400, 10, 2, "Fixation"),
        ("-", "-", 3, "-"),
        (10, 10, 4, "Fixation"),
    ]
    samples = read_samples(v1(tmp_path / "a.txt", rows)).samples
    assert samples.types.tolist() == ["blink", "untracked", "outside", "untracked", "fixation"]
    assert samples.valid.tolist() == [False, False, False, False, True]
    assert np.isnan(samples.x[[0, 1, 3]]).all()


def test_the_published_table_by_hand(tmp_path):
    """Running means, clamps, zeros for untracked frames, types."""
    # Frame 1 has three samples: (100 + 200) / 2 = 150, (150 + 400) / 2 = 275, of 1280.
    # Its y stays 96 of 960. Its type is that of the last. Frame 2 has none: (0, 0), untracked.
    # Frame 3 lies beyond: x is clamped to 1279, y to 0, and the type is not truncated.
    rows = [
        (100, 96, 1, "Fixation"),
        (200, 96, 1, "Fixation"),
        (400, 96, 1, "Saccade"),
        (1500, -7, 3, "Fixation"),
        (0, 0, 4, "Blink"),
    ]
    table = read_published(v1(tmp_path / "a.txt", rows))
    assert table.x.tolist() == [0, 275 / 1280, 0, float(np.float32(1279) / np.float32(1280)), 0]
    assert table.y.tolist() == [0, float(np.float32(0.1)), 0, 0, 0]
    assert table.types.tolist() == ["untracked", "saccade", "untracked", "fixation", "unknown"]
    assert table.seconds.tolist() == [0, 1 / 24, 2 / 24, 3 / 24, 4 / 24]


def test_a_few_bad_lines_are_told_with_their_numbers(tmp_path):
    """Messages of the tracker among its samples."""
    rows = [V1.format(i, 640, 480, i, "Fixation") for i in range(400)]
    rows[7] = "# Message: trial starts"
    rows[9] = V1.format(9, 640, 480, -3, "Fixation")
    read = read_samples(export(tmp_path / "a.txt", rows))
    assert len(read.samples) == 398
    (note,) = read.notes
    assert "2 malformed" in note
    assert "line 42" in note
    assert "line 44" in note


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1 2 3", "7 cells"),
        (V1.format(0, 5, "x5", 3, "Fixation"), "no number"),
        (V1.format(0, 5, 5, 10**9, "Fixation"), "frame"),
        (V1.format(0, 5, 5, "1:2", "Fixation"), "HH:MM:SS:FF"),
        (V1.format(0, "1_0", 5, 1, "Fixation"), "no number"),
    ],
)
def test_many_bad_lines_are_refused(tmp_path, row, words):
    """A file of another kind is no recording without samples."""
    with pytest.raises(DatasetError, match=words):
        read_samples(export(tmp_path / "a.txt", [row] * 20))


def test_one_decimal_comma_is_enough_to_refuse(tmp_path):
    """Then no other number can be trusted."""
    rows = [V1.format(i, "640.5", "480.5", i, "Fixation") for i in range(400)]
    rows[300] = V1.format(300, "640,5", "480.5", 300, "Fixation")
    with pytest.raises(DatasetError, match=r"line 335.*decimal comma"):
        read_samples(export(tmp_path / "a.txt", rows))


@pytest.mark.parametrize("count_line", [8, 11])
def test_a_file_that_is_no_export_is_refused(tmp_path, count_line):
    """The count of samples stands in line 10 or 11."""
    path = v1(tmp_path / "a.txt", [(1, 1, 1, "Fixation")], count_line=count_line)
    for read in (read_samples, read_published):
        with pytest.raises(DatasetError, match="BeGaze"):
            read(path)


def test_windows_line_ends_byte_order_mark_and_code_page_do_not_matter(tmp_path):
    """As devices export them."""
    path = v1(tmp_path / "a.txt", [(640, 480, 24, "Fixation")])
    text = path.read_bytes().replace(b"\n", b"\r\n").replace(b"## line 3", b"## 36,5 \xb0C")
    path.write_bytes(b"\xef\xbb\xbf" + text)
    assert read_samples(path).samples.seconds.tolist() == [1.0]


def test_a_header_alone_is_refused(tmp_path):
    """Thirty-four lines and nothing after them."""
    with pytest.raises(DatasetError, match="none after its header"):
        read_samples(v1(tmp_path / "a.txt", []))
