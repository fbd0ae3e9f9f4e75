"""The pictures show what is there: counts of the facts, frames of the folder."""

from __future__ import annotations

import io
import runpy
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from sightline.dataset_cards.contact_sheet import CELL, contact_sheet
from sightline.dataset_cards.count_chart import count_chart
from sightline.dataset_cards.pictures import draw_pictures
from sightline.errors import UsageError

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "tiny_release.py")))
SHEETS = {"assets/contact_sheet.jpg", "assets/contact_sheet.png"}


def _open(data):
    return Image.open(io.BytesIO(data))


def _rows(*counts, name="x", published=None):
    return [{"name": name, "count": count, "published": published} for count in counts]


def _blue(data):
    """How many pixels have the colour of the bars."""
    picture = _open(data).convert("RGB")
    return sum(count for count, colour in picture.getcolors(1 << 20) if colour[2] > colour[0] + 80)


def test_both_pictures_are_drawn(built, told):
    """Small, of a thousand pixels, and always the same bytes."""
    pytest.importorskip("matplotlib", reason="needs sightline[publish]")
    drawn = draw_pictures(built, *told(built))
    chart = drawn.pop("assets/counts.png")
    assert (_open(chart).format, _open(chart).width) == ("PNG", 1000)
    assert len(chart) < 80_000
    ((name, sheet),) = drawn.items()
    assert name in SHEETS
    assert len(sheet) < 400_000
    assert {"jpg": "JPEG", "png": "PNG"}[name[-3:]] == _open(sheet).format
    again = draw_pictures(built, *told(built))
    assert (again["assets/counts.png"], again[name]) == (chart, sheet)


def test_the_chart_tells_nothing_of_when_and_by_what(built, told):
    """No date, no software, no path."""
    pytest.importorskip("matplotlib", reason="needs sightline[publish]")
    chart = draw_pictures(built, *told(built))["assets/counts.png"]
    assert not {"Software", "Creation Time", "date"} & set(_open(chart).info)
    assert b"tEXt" not in chart
    assert b"atplotlib" not in chart


def test_bars_are_as_long_as_counts():
    """More questions, more of the bars' colour; none, none."""
    pytest.importorskip("matplotlib", reason="needs sightline[publish]")
    none, one, two = (
        _blue(count_chart(_rows(n, 4, published=4), "t", "published")) for n in (0, 2, 4)
    )
    assert 0 < none < one < two


def test_names_of_strangers_are_drawn_as_they_are():
    """No mathematics, no warning about a missing character, no line break."""
    pytest.importorskip("matplotlib", reason="needs sightline[publish]")
    names = ("$\\frac{1}$", "$x", "a\nb\x00", "\u202e\U0001f600\u6f22", "", "l" * 500)
    for name in names:
        assert _open(count_chart(_rows(3, name=name), name, name)).width == 1000
    assert _open(count_chart([], "none", "published")).width == 1000


def test_a_users_settings_change_nothing(monkeypatch):
    """Neither does drawing change theirs."""
    mpl = pytest.importorskip("matplotlib", reason="needs sightline[publish]")
    plain = count_chart(_rows(1, 2), "t", "published")
    monkeypatch.setitem(mpl.rcParams, "axes.facecolor", "red")
    monkeypatch.setitem(mpl.rcParams, "font.size", 30)
    assert count_chart(_rows(1, 2), "t", "published") == plain
    assert mpl.rcParams["axes.facecolor"] == "red"


def test_without_matplotlib_it_says_what_to_install(built, told, monkeypatch):
    """An extra that only publishing needs."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install '\.\[publish\]'"):
        draw_pictures(built, *told(built))


def test_a_folder_without_recordings_has_no_sheet(built, tmp_path):
    """Annotations alone show nothing."""
    for name in ("questions", "videos"):
        shutil.copytree(built / name, tmp_path / name)
    assert contact_sheet(tmp_path) is None


def test_the_sheet_shows_files_of_the_folder_only(tiny_mmsi, tmp_path):
    """Links out of it are not followed."""
    (tmp_path / "media/videos").mkdir(parents=True)
    outside = tiny_mmsi / "media/videos/src/clip0.mp4"
    (tmp_path / "media/videos/a.mp4").symlink_to(outside)
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames/test-0.parquet").symlink_to(next((tiny_mmsi / "frames").glob("*.parquet")))
    assert contact_sheet(tmp_path) is None
    shutil.copy(outside, tmp_path / "media/videos/b.mp4")
    assert contact_sheet(tmp_path) is not None


def test_videos_are_shown_where_there_are_no_frames(tiny_streamgaze):
    """Eight cells: three clean videos and three overlays, then a second time of the first."""
    kind, data = contact_sheet(tiny_streamgaze)
    assert kind in ("jpg", "png")
    width, height = _open(data).size
    assert (width // CELL[0], height // CELL[1]) == (4, 2)


def test_what_cannot_be_decoded_is_left_out(tmp_path):
    """The rest is shown; of nothing there is no sheet."""
    folder = tmp_path / "media/videos"
    folder.mkdir(parents=True)
    (folder / "broken.mp4").write_bytes(b"no video")
    (folder / "short.mp4").write_bytes(tiny.mp4()[:200])
    assert contact_sheet(tmp_path) is None
    (folder / "\u202ename | with <marks> and more than a caption can hold.mp4").write_bytes(
        tiny.mp4()
    )
    _, data = contact_sheet(tmp_path)
    assert _open(data).width < 4 * CELL[0] + 50


def test_a_sheet_of_noise_is_small():
    """The worst that recordings can be."""
    import numpy as np

    from sightline.dataset_cards.contact_sheet import _encoded, _sheet

    noise = np.random.default_rng(0).integers(0, 256, (8, CELL[1], CELL[0], 3), np.uint8)
    kind, data = _encoded(_sheet([("noise", Image.fromarray(picture)) for picture in noise]))
    assert kind == "jpg"
    assert len(data) < 400_000
