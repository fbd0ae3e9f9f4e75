"""The sample release: the authors' layout, equal bytes for equal seeds, true answers."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tarfile
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from sightline.errors import UsageError
from streamgaze_task import sample_release
from streamgaze_task.rendering import metadata
from streamgaze_task.rendering.marks import GREEN, mark
from streamgaze_task.rendering.painter import Painter, sprite
from streamgaze_task.rendering.scanpath import LONGEST, SHORTEST, script_of
from streamgaze_task.rendering.truth import truth, truth_of
from streamgaze_task.rendering.videos import BY_ID, VIDEOS
from streamgaze_task.sample_release import ARCHIVES, NESTED, VARIANTS, make_sample, write
from streamgaze_task.task_names import SOURCES, TASKS

SHORT = tuple(replace(video, seconds=5.0) for video in VIDEOS if video.video_id[0] != "P")
"""One video of each source, too short for questions."""


@pytest.fixture(scope="module", params=[0, 3])
def scripts(request):
    """What happens in the four videos, for two seeds; nothing is drawn for it."""
    return tuple(script_of(video, request.param) for video in VIDEOS)


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A release of three short videos in both variants."""
    made = {}
    for variant in VARIANTS:
        made[variant] = tmp_path_factory.mktemp(variant)
        write(made[variant], SHORT, seed=5, packed=variant == "official")
    return made


def _digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# --- the files ------------------------------------------------------------------------------


def test_official_layout(short):
    """Ten question files, three tables and six archives, and nothing else."""
    expected = {f"qa/{task.file}.json" for task in TASKS}
    expected |= {f"metadata/{source}.csv" for source in SOURCES}
    expected |= {
        f"videos/videos_{source}_{kind}.tar.gz"
        for source in SOURCES
        for kind in ("original", "viz")
    }
    assert set(_digests(short["official"])) == expected


def test_unpacked_layout(short):
    """The evaluation code's layout: two flat folders with the same names."""
    folder = short["unpacked"] / "videos"
    assert {path.name for path in folder.iterdir()} == {"original_video", "gaze_viz_video"}
    names = {f"{video.video_id}.mp4" for video in SHORT}
    assert {path.name for path in (folder / "original_video").iterdir()} == names
    assert {path.name for path in (folder / "gaze_viz_video").iterdir()} == names


def test_both_variants_hold_the_same(short):
    """What the archives hold is what the folders hold; questions and tables are equal."""
    packed, loose = short["official"], short["unpacked"]
    for folder, ending in ARCHIVES.items():
        for source in SOURCES:
            name = f"videos_{source}_{ending}"
            with tarfile.open(packed / "videos" / f"{name}.tar.gz") as archive:
                for member in archive:
                    below, _, file = member.name.rpartition("/")
                    assert below == (name if source in NESTED else "")
                    content = archive.extractfile(member).read()
                    assert content == (loose / "videos" / folder / file).read_bytes()
    for part in ("qa", "metadata"):
        assert _digests(packed / part) == _digests(loose / part)


def test_archives_carry_no_dates_and_no_owners(short):
    """Neither gzip nor tar says when and by whom it was made."""
    for path in (short["official"] / "videos").iterdir():
        assert path.read_bytes()[4:8] == b"\0\0\0\0"
        with tarfile.open(path) as archive:
            for member in archive:
                assert (member.mtime, member.uid, member.gid, member.uname) == (0, 0, 0, "")
                assert member.isfile()


def test_the_same_seed_gives_the_same_bytes(short, tmp_path):
    """Every file of the release, archives included."""
    write(tmp_path, SHORT, seed=5, packed=True)
    assert _digests(tmp_path) == _digests(short["official"])


def test_another_seed_draws_another_video():
    """Other things stand elsewhere."""
    assert script_of(VIDEOS[0], 0).things != script_of(VIDEOS[0], 1).things


@pytest.mark.parametrize("video", SHORT, ids=lambda video: video.source)
def test_size_and_rate_of_the_videos(short, video):
    """Both mp4 of a video have its size, its rate and its number of frames."""
    av = pytest.importorskip("av")
    for folder in ARCHIVES:
        path = short["unpacked"] / "videos" / folder / f"{video.video_id}.mp4"
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert (stream.width, stream.height) == (video.width, video.height)
            assert stream.average_rate == video.fps
            assert sum(1 for _ in container.decode(stream)) == video.frame_count


@pytest.mark.parametrize("video", SHORT, ids=lambda video: video.source)
def test_overlay_shows_the_true_gaze(short, video):
    """The green pixels that only the overlay has lie around the true gaze, or nowhere."""
    av = pytest.importorskip("av")
    known = truth_of(script_of(video, 5))
    frames = []
    for folder in ARCHIVES:
        path = short["unpacked"] / "videos" / folder / f"{video.video_id}.mp4"
        with av.open(str(path)) as container:
            frames.append([f.to_ndarray(format="rgb24").astype(int) for f in container.decode()])
    for i, (clean, marked) in enumerate(zip(*frames, strict=True)):
        new = (np.abs(marked - GREEN).sum(2) < 150) & (np.abs(clean - marked).sum(2) > 90)
        assert (new.sum() > 80) == known.valid[i], i
        if known.valid[i]:
            rows, columns = np.nonzero(new)
            away = np.hypot(
                columns.mean() - known.x[i] * video.width, rows.mean() - known.y[i] * video.height
            )
            assert away < 2.0, i


def test_a_folder_with_files_is_refused(tmp_path):
    """Nothing that exists is ever overwritten."""
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match="exists and is not an empty folder"):
        make_sample(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_unknown_variant_is_refused(tmp_path):
    """The error names those that there are."""
    with pytest.raises(UsageError, match="official, unpacked"):
        make_sample(tmp_path / "out", variant="rearranged")


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    """Neither the folder nor the one beside it in which it was made."""

    def full(folder, *_args, **_options):
        (folder / "part").write_text("begun")
        raise OSError("No space left on device")

    monkeypatch.setattr(sample_release, "write", full)
    with pytest.raises(UsageError, match="No space left on device"):
        make_sample(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_make_sample_takes_an_empty_folder(tmp_path, monkeypatch):
    """The release appears in its place, readable by others."""
    monkeypatch.setattr("streamgaze_task.rendering.videos.VIDEOS", SHORT[:1])
    out = tmp_path / "out"
    out.mkdir()
    make_sample(out, seed=-1, variant="unpacked")
    assert {path.name for path in out.iterdir()} == {"qa", "metadata", "videos"}
    assert out.stat().st_mode & 0o777 == 0o755


# --- the gaze -------------------------------------------------------------------------------


def test_videos_last_three_to_six_minutes():
    """And they come from all three sources, one at another size and rate."""
    assert all(180 <= video.seconds <= 360 for video in VIDEOS)
    assert {video.source for video in VIDEOS} == set(SOURCES)
    assert len({(video.width, video.height, video.fps) for video in VIDEOS}) > 1


@pytest.mark.parametrize("name", BY_ID)
def test_truth_has_a_row_for_every_frame(name):
    """Gaze lies in the frame where it is valid, is NaN where it is not, and both happen."""
    known = truth(name, seed=0)
    assert len(known.seconds) == BY_ID[name].frame_count
    for axis in (known.x, known.y):
        assert ((axis[known.valid] >= 0) & (axis[known.valid] < 1)).all()
        assert np.isnan(axis[~known.valid]).all()
    assert 0.85 < known.valid.mean() < 0.99


def test_fixations_are_as_long_as_stated_and_apart(scripts):
    """2.5 to 8 s each, in order, without overlap."""
    for known in map(truth_of, scripts):
        for fixation in known.fixations:
            assert SHORTEST - 1e-9 <= fixation.end - fixation.start <= LONGEST
        ends = [fixation.end for fixation in known.fixations]
        assert all(a < f.start for a, f in zip(ends, known.fixations[1:], strict=False))


def test_gaze_stays_on_what_is_fixated(scripts):
    """While nothing moves, all gaze of a fixation lies within 6 px of its mean."""
    for known in map(truth_of, scripts):
        video = known.video
        for fixation in known.fixations:
            inside = (known.seconds >= fixation.start) & (known.seconds < fixation.end)
            inside &= known.valid
            away = np.hypot(
                (known.x[inside] - fixation.x) * video.width,
                (known.y[inside] - fixation.y) * video.height,
            )
            assert fixation.moving or away.max() < 6


def test_the_pixels_show_the_thing_that_is_fixated(scripts):
    """In the clean frame the drawing of the fixated thing is found at the gaze."""
    chosen = scripts[3]
    painter, known = Painter(chosen), truth_of(chosen)
    for fixation in [f for f in known.fixations if not f.moving][:3]:
        at = fixation.start + 1.5
        frame = painter.frame(at).astype(int)
        drawn = sprite(fixation.thing, chosen.thing(fixation.thing).colour, round(chosen.size))
        box = np.asarray(drawn).astype(int)
        solid = box[..., 3] == 255
        x, y = fixation.x * known.video.width, fixation.y * known.video.height
        left, top = round(x - drawn.width / 2), round(y - drawn.height / 2)
        differences = [
            np.abs(_cut(frame, left + dx, top + dy, box.shape) - box[..., :3])[solid].mean()
            for dx in range(-8, 9)
            for dy in range(-8, 9)
        ]
        assert min(differences) < 3


def _cut(frame, left, top, shape):
    padded = np.pad(frame, ((60, 60), (60, 60), (0, 0)))
    return padded[top + 60 : top + 60 + shape[0], left + 60 : left + 60 + shape[1]]


def test_overlay_is_clipped_and_absent_outside():
    """At a corner only the inner part is drawn; outside, and without gaze, nothing."""
    frame = np.full((60, 80, 3), 128, np.uint8)
    for gaze in (None, (-1.0, 10.0), (80.0, 10.0), (10.0, 60.0)):
        mark(frame, gaze, 20)
        assert (frame == 128).all()
    mark(frame, (0.9, 0.9), 20)
    assert tuple(frame[0, 0]) == GREEN
    assert tuple(frame[0, 20]) == (255, 0, 0)


def test_metadata_has_a_row_per_fixation(scripts):
    """With the columns that the authors' step 3 reads."""
    for chosen in scripts:
        rows = list(csv.DictReader(io.StringIO(metadata.table([chosen]))))
        assert len(rows) == len(chosen.looks)
        for row, look in zip(rows, chosen.looks, strict=True):
            assert row["video_name"] == chosen.video.video_id
            assert float(row["episode_start_time"]) == pytest.approx(look.start, abs=1e-3)
            length = float(row["episode_end_time"]) - float(row["episode_start_time"])
            assert float(row["duration"]) == pytest.approx(length, abs=2e-3)


@pytest.mark.slow
def test_whole_release_is_small_and_complete(streamgaze_release):
    """Under 60 MB, with all videos of the table in the archives and 72 questions."""
    paths = [path for path in streamgaze_release.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in paths) < 60e6
    names = []
    for path in (streamgaze_release / "videos").iterdir():
        with tarfile.open(path) as archive:
            names += [member.name.rpartition("/")[2] for member in archive]
    assert Counter(names) == {f"{name}.mp4": 2 for name in BY_ID}
    rows = [json.loads(path.read_text()) for path in (streamgaze_release / "qa").iterdir()]
    assert sum(map(len, rows)) == 72
