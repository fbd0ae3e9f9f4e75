"""The sample release: the authors' layout, every promise about its contents, true answers."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import subprocess
import sys
import zipfile
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmsi_video import categories, sample_release
from mmsi_video.rendering import (
    ask_camera_motion,
    ask_future,
    ask_motion,
    ask_people,
    ask_room,
    ask_twice,
)
from mmsi_video.rendering.clip import RATES, Clip, time_label
from mmsi_video.rendering.draft import Draft, chance
from mmsi_video.rendering.furniture import COLOURS
from mmsi_video.rendering.media import Archive, mp4
from mmsi_video.rendering.painter import render, with_label
from mmsi_video.rendering.places import HOUSES, TOURS, house, tour
from mmsi_video.rendering.questions import MAKERS
from mmsi_video.rendering.records import questions, record
from mmsi_video.rendering.world import Pose, Room, Thing, World, bearing, eight_way, turned
from mmsi_video.sample_release import VARIANTS, make_sample, write
from sightline.choices import options_in_text
from sightline.errors import UsageError

FIELDS = {
    "id", "type", "video_list", "frames_list", "ref_images", "system_prompt", "task_prompt",
    "user_prompt", "format_prompt", "ori_question", "options", "ground_truth", "hint",
}  # fmt: skip
FRAME_NAME = re.compile(r"(\d\d):(\d\d\.\d\d)_frame_(\d+\.\d\d)_(\d+)\.jpg")
ALL_MAKERS = [pytest.param(make, id=make.__name__) for makers in MAKERS.values() for make in makers]


@pytest.fixture(scope="module")
def made():
    """The questions of seed 0; nothing is drawn for them."""
    return questions(0)


@pytest.fixture(scope="module")
def rows(made):
    """Their records in the official shape."""
    return [record(question) for question in made]


@pytest.fixture(scope="module")
def few(made):
    """Three questions with the shortest clips: one with two videos, one with an image."""
    by_size = sorted(made, key=lambda question: sum(clip.count for clip in question.draft.clips))
    two = next(question for question in by_size if len(question.draft.clips) == 2)
    pictured = next(question for question in by_size if question.draft.images)
    return [by_size[0], two, pictured]


def _digest(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def _written(folder, few, *, rearranged=False):
    folder.mkdir()
    write(folder, few, rearranged=rearranged)
    return folder


# --- the folder -----------------------------------------------------------------------------


def test_writes_the_four_files_of_the_authors(sample_release):
    """The release is one JSON file and three archives, and nothing else."""
    names = {path.name for path in sample_release.iterdir()}
    assert names == {"mmsivideo.json", "videos.zip", "frames.zip", "ref_images.zip"}


def test_stays_small(sample_release):
    """The whole release is at most 15 MB."""
    assert sum(path.stat().st_size for path in sample_release.iterdir()) <= 15_000_000


def test_archives_hold_exactly_what_the_records_name(sample_release):
    """No file is missing from an archive, none is there twice, none is there unused."""
    rows = json.loads((sample_release / "mmsivideo.json").read_text(encoding="utf-8"))
    named = {
        "videos": {video["path"] for row in rows for video in row["video_list"]},
        "frames": {name for row in rows for names in row["frames_list"] for name in names},
        "ref_images": {name for row in rows for name in row["ref_images"]},
    }
    for folder, names in named.items():
        with zipfile.ZipFile(sample_release / f"{folder}.zip") as archive:
            assert Counter(archive.namelist()) == Counter(names), folder
            assert archive.testzip() is None


def test_every_clip_is_a_playable_video_of_the_right_length(sample_release):
    """Each mp4 has the frames' size and lasts as long as its record says, from time 0 on."""
    import av

    rows = json.loads((sample_release / "mmsivideo.json").read_text(encoding="utf-8"))
    videos = {
        video["path"]: (video, names)
        for row in rows
        for video, names in zip(row["video_list"], row["frames_list"], strict=True)
    }
    frames = zipfile.ZipFile(sample_release / "frames.zip")
    archive = zipfile.ZipFile(sample_release / "videos.zip")
    with archive, frames:
        for path, (video, names) in videos.items():
            with av.open(io.BytesIO(archive.read(path))) as container:
                stream = container.streams.video[0]
                first = Image.open(io.BytesIO(frames.read(names[0])))
                assert (stream.width, stream.height) == first.size
                assert stream.codec_context.name == "h264"
                assert stream.frames >= len(names)
                duration = (stream.frames - 1) / stream.average_rate
                assert float(duration) == pytest.approx(video["end"] - video["start"])


def test_same_seed_gives_the_same_bytes(tmp_path, few):
    """Two runs write identical files."""
    first, second = (_written(tmp_path / name, few) for name in ("first", "second"))
    assert _digest(first) == _digest(second)


def test_another_seed_gives_other_questions(made):
    """The seed changes ids, answers and worlds."""
    other = questions(1)
    assert [q.id for q in made] != [q.id for q in other]
    assert {q.draft.answer for q in made} != {q.draft.answer for q in other}
    assert tour(0, 0).world != tour(1, 0).world


def test_refuses_a_folder_with_something_in_it(tmp_path):
    """What lies in the way is named, left as it is, and the next step told."""
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is not an empty folder\n  next: name a folder"):
        make_sample(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_refuses_a_file_as_folder(tmp_path):
    """A file with the folder's name is in the way, too."""
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is not an empty folder"):
        make_sample(tmp_path / "out")


def test_refuses_an_unknown_variant(tmp_path):
    """The message lists the variants there are."""
    message = r"variant \('best'\) must be one of: official, rearranged"
    with pytest.raises(UsageError, match=message):
        make_sample(tmp_path / "out", variant="best")


def test_fills_an_empty_folder(tmp_path, few, monkeypatch):
    """An empty folder is as good as none."""
    monkeypatch.setattr("mmsi_video.rendering.records.questions", lambda _: few)
    (tmp_path / "out").mkdir()
    make_sample(tmp_path / "out", variant="rearranged")
    assert len(list((tmp_path / "out").iterdir())) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_leaves_nothing_behind_when_the_disk_is_full(tmp_path, few, monkeypatch):
    """A write that fails is told with its reason, and no half release stays."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mmsi_video.rendering.records.questions", lambda _: few)
    monkeypatch.setattr(Archive, "add", full)
    with pytest.raises(UsageError, match="No space left on device\n  next: the release needs"):
        make_sample(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_contact_sheet_shows_every_question(tmp_path, few):
    """The script draws both variants on one page each."""
    script = Path(__file__).parents[2] / "scripts" / "contact_sheet.py"
    for rearranged in (False, True):
        folder = _written(tmp_path / VARIANTS[rearranged], few, rearranged=rearranged)
        page = tmp_path / f"{folder.name}.png"
        command = [sys.executable, script, folder, page]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"3 questions on {page}\n"
        with Image.open(page) as picture:
            assert picture.width == 2608


def test_shows_no_bar_without_a_terminal(tmp_path, few, capfd):
    """Logs and pipes get no progress bar."""
    _written(tmp_path / "out", few)
    assert capfd.readouterr() == ("", "")


# --- the records ----------------------------------------------------------------------------


def test_records_have_every_field(rows):
    """The official shape has exactly the fields that the authors' records have."""
    assert {frozenset(row) for row in rows} == {frozenset(FIELDS)}
    assert {frozenset(video) for row in rows for video in row["video_list"]} == {
        frozenset({"path", "start", "end", "base_fps"})
    }


def test_every_type_at_least_three_times(rows):
    """All 13 types, under the names of the release."""
    counts = Counter(row["type"] for row in rows)
    assert set(counts) == {kind.name for kind in categories.TYPES}
    assert min(counts.values()) >= 3


@pytest.mark.parametrize("seed", [0, 1, 7, 99])
def test_every_slice_has_members(seed):
    """Ids are those of the benchmark, in order, and no difficulty or sub-type is empty."""
    ids = [question.id for question in questions(seed)]
    assert ids == sorted(set(ids))
    found = {pair for i in ids for pair in categories.sub_benchmarks(i).items()}
    axes = {"difficulty": categories.DIFFICULTIES, **categories.SUB_BENCHMARKS}
    assert found == {(axis, member) for axis, members in axes.items() for member in members}


def test_cross_video_questions_have_two_videos(rows):
    """Two for those, one for all others."""
    for row in rows:
        assert len(row["video_list"]) == (2 if row["type"].startswith("(Cross-Video)") else 1)


@pytest.mark.parametrize("rearranged", [False, True], ids=VARIANTS)
def test_marks_agree_with_media(made, rearranged):
    """As many marks of each kind as videos and images; the question itself has image marks only."""
    for question in made:
        row = record(question, rearranged=rearranged)
        prompt = row["system_prompt"] + row["task_prompt"] + row["user_prompt"]
        prompt += row["format_prompt"]
        assert prompt.count("<video>") == len(row["video_list"]) == len(row["frames_list"])
        assert prompt.count("<image>") == len(row["ref_images"])
        assert row["ori_question"].count("<image>") == len(row["ref_images"])
        assert "<video>" not in row["ori_question"]


def test_reference_images_none_one_and_two(rows):
    """Questions without, with one and with two reference images, one of them across videos."""
    assert {len(row["ref_images"]) for row in rows} == {0, 1, 2}
    assert any(row["ref_images"] for row in rows if len(row["video_list"]) == 2)


def test_options_are_four_to_six_and_stand_in_the_question(rows):
    """4, 5 and 6 options occur, and reading them from the text gives the same list."""
    assert {len(row["options"]) for row in rows} == {4, 5, 6}
    for row in rows:
        assert options_in_text(row["ori_question"]) == row["options"]
        assert len({option[3:] for option in row["options"]}) == len(row["options"])


@pytest.mark.parametrize("seed", [0, 3])
def test_letters_are_balanced(seed):
    """A model that always says the same letter gains nothing."""
    counts = Counter(question.answer for question in questions(seed))
    assert set("ABCD") <= set(counts)
    assert max(counts.values()) - min(counts[one] for one in "ABCD") <= 2
    assert counts["E"] >= 3
    assert counts["F"] >= 2


def test_ground_truth_names_the_answer(made, rows):
    """The letter is that of the option which the world model calls right."""
    for question, row in zip(made, rows, strict=True):
        chosen = row["options"]["ABCDEF".index(row["ground_truth"])]
        assert chosen == f"{row['ground_truth']}. {question.draft.answer}"


def test_hint_can_be_recognised_and_is_in_no_prompt(rows):
    """Each rationale names its question, so a leak shows; no prompt field holds it."""
    for row in rows:
        mark = f"[rationale of {row['id']}]"
        assert row["hint"].startswith(mark)
        assert not any(mark in str(value) for key, value in row.items() if key != "hint")


def test_totals_of_frames_reach_every_range(rows):
    """One and two videos: fewer than 50, 50 to 300 and more than 300 base-rate frames."""
    totals = {
        (len(row["frames_list"]), 0 if total < 50 else 1 if total <= 300 else 2)
        for row in rows
        for total in [sum(map(len, row["frames_list"]))]
    }
    assert totals == {(videos, band) for videos in (1, 2) for band in (0, 1, 2)}


def test_totals_include_those_that_lose_the_last_frame(rows):
    """55 and 100 (of one and of two videos) and 343 hit the official float rule's trap."""
    totals = {(len(row["frames_list"]), sum(map(len, row["frames_list"]))) for row in rows}
    assert {(1, 55), (1, 100), (2, 100), (2, 55), (1, 343)} <= totals


def test_several_base_rates(rows):
    """Five rates, the odd 0.66 among them."""
    rates = {video["base_fps"] for row in rows for video in row["video_list"]}
    assert rates == {0.66, 1.0, 2.0, 4.0, 5.0} == set(RATES)


def test_many_clips_start_late_and_some_at_zero(rows):
    """Most clips are cut from the middle of a recording."""
    starts = [video["start"] for row in rows for video in row["video_list"]]
    assert sum(start > 0 for start in starts) > len(starts) / 2
    assert 0.0 in starts


def test_frame_names_tell_time_interval_and_index(rows):
    """Time stamp = index times interval; first and last are the clip's start and end."""
    for row in rows:
        for video, names in zip(row["video_list"], row["frames_list"], strict=True):
            times = []
            for name in names:
                minutes, seconds, interval, index = FRAME_NAME.fullmatch(
                    name.rpartition("/")[2]
                ).groups()
                times.append(60 * int(minutes) + float(seconds))
                assert times[-1] == pytest.approx(int(index) * float(interval))
            assert times == sorted(set(times))
            assert (times[0], times[-1]) == (video["start"], video["end"])


def test_frame_name_of_the_specification():
    """The authors' own example of a name."""
    clip = Clip("clip", 9, RATES[0.66], 4, lambda _: World(()), lambda _: Pose(0, 0, 0))
    assert clip.frame_name(0) == "clip/00:06.00_frame_1.50_4.jpg"
    assert clip.label(0) == "00m 06.00s"


def test_some_questions_share_a_clip(rows):
    """As in the benchmark, several questions may ask about one video."""
    counts = Counter(video["path"] for row in rows for video in row["video_list"])
    assert max(counts.values()) >= 2


def test_prompts_explain_label_and_format(rows):
    """The system prompt says what the drawn time means; videos come before the question."""
    for row in rows:
        assert "00m 06.00s" in row["system_prompt"]
        assert "letter" in row["format_prompt"]
        assert row["user_prompt"].index("<video>") < row["user_prompt"].index("Question:")


# --- the other variant ----------------------------------------------------------------------


def test_rearranged_asks_the_same(made):
    """Ids, questions, answers and media do not depend on the variant."""
    for question in made:
        official, other = record(question), record(question, rearranged=True)
        for field in ("id", "type", "ori_question", "ground_truth", "frames_list", "ref_images"):
            assert official[field] == other[field]


def test_rearranged_leaves_out_and_adds_fields(made):
    """No options, no hint, two fields that nobody knows."""
    for question in made:
        row = record(question, rearranged=True)
        assert set(row) == FIELDS - {"options", "hint"} | {"source_dataset", "annotator_note"}


def test_rearranged_puts_image_marks_first(made):
    """Where there is an image, its mark precedes the video's; elsewhere nothing changes."""
    for question in made:
        row = record(question, rearranged=True)
        if row["ref_images"]:
            assert row["user_prompt"].index("<image>") < row["user_prompt"].index("<video>")
        else:
            assert row["user_prompt"] == record(question)["user_prompt"]


def test_rearranged_archives_repeat_their_folder(tmp_path, few):
    """The same entries under `frames/`, `videos/` and `ref_images/`, byte for byte."""
    plain = _written(tmp_path / "plain", few)
    nested = _written(tmp_path / "nested", few, rearranged=True)
    for folder in sample_release.FOLDERS:
        with (
            zipfile.ZipFile(plain / f"{folder}.zip") as one,
            zipfile.ZipFile(nested / f"{folder}.zip") as other,
        ):
            assert {f"{folder}/{n}": one.read(n) for n in one.namelist()} == {
                n: other.read(n) for n in other.namelist()
            }


# --- the makers -----------------------------------------------------------------------------


@pytest.mark.parametrize("make", ALL_MAKERS)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_every_seed_gives_a_question(make, seed):
    """No seed leaves a maker without a clear answer, and the draft repeats itself exactly."""
    first, second = make(seed), make(seed)
    assert (first.text, first.answer, first.wrong) == (second.text, second.answer, second.wrong)
    assert first.answer not in first.wrong


@pytest.mark.parametrize("make", ALL_MAKERS)
def test_answers_vary_with_the_seed(make):
    """The answer is not baked into the question."""
    assert len({(make(seed).text, make(seed).answer) for seed in range(12)}) > 1


def test_draft_needs_four_to_six_options():
    """Too few options are refused, and so are two alike."""
    with pytest.raises(ValueError, match="must be 4 to 6 different ones"):
        Draft((), "Which?", "a", ("b", "c"), "because")
    with pytest.raises(ValueError, match="must be 4 to 6 different ones"):
        Draft((), "Which?", "a", ("b", "c", "c", "d"), "because")


def test_draft_needs_a_mark_per_image():
    """A forgotten mark is refused."""
    with pytest.raises(ValueError, match="must number 0"):
        Draft((), "<image>?", "a", ("b", "c", "d"), "because")


# --- truth in the pixels --------------------------------------------------------------------


def _where(picture, colour):
    """Middle (x, y) in pixels and number of the pixels that have the hue of a vivid colour."""
    wanted = np.array(COLOURS[colour], float)
    pixels = np.asarray(picture, float)[20:]
    bright = pixels.max(axis=2, keepdims=True)
    near = np.abs(pixels / np.maximum(bright, 1) - wanted / wanted.max()).max(axis=2) < 0.16
    found = np.argwhere(near & (bright[..., 0] > 60))
    if not len(found):
        return None
    return found[:, 1].mean(), found[:, 0].mean() + 20, len(found)


def _track(clip, colour):
    """Where a colour is in every base-rate frame that shows it."""
    places = [_where(clip.picture(i * clip.video_factor), colour) for i in range(clip.count)]
    return [place for place in places if place]


def _drafts(make, suits, count=4):
    """The first drafts of a maker that can be checked: with hues to look for, say."""
    return [draft for draft in map(make, range(60)) if suits(draft)][:count]


def _hued(draft):
    told = " ".join((draft.text, draft.answer, *draft.wrong)).split()
    return not {"white", "black"} & set(told)


ROLLING = _drafts(ask_motion.rolling_ball, _hued, 6)
AIMED = _drafts(ask_future.ball_will_hit, _hued)
TURNED = _drafts(ask_camera_motion.basic_move, lambda draft: "turns" in draft.answer)


@pytest.mark.parametrize("draft", ROLLING, ids=lambda draft: draft.answer)
def test_rolling_ball_is_seen_to_roll_as_answered(draft):
    """The coloured spot moves left, right, or grows or shrinks, as the answer says."""
    colour = re.search(r"the (\w+) ball", draft.text)[1]
    track = _track(draft.clips[0], colour)
    (x0, _, n0), (x1, _, n1) = track[0], track[-1]
    if abs(x1 - x0) > 80:
        seen = "from left to right" if x1 > x0 else "from right to left"
    else:
        seen = "towards the camera" if n1 > 2 * n0 else "away from the camera"
    assert seen == draft.answer


@pytest.mark.parametrize("seed", range(4))
def test_fastest_ball_has_the_longest_way_on_the_floor(seed):
    """Pixels moved times distance (from the ball's height in the picture) is largest for it."""
    draft = ask_motion.fastest_ball(seed)
    way = {}
    for option in (draft.answer, *draft.wrong):
        colour = option.split()[1]
        track = [place for place in _track(draft.clips[0], colour) if place[2] > 8]
        # A ball of fixed size: its distance goes with one over its diameter in pixels.
        size = math.sqrt(np.median([n for _, _, n in track]))
        way[option] = abs(track[-1][0] - track[0][0]) / size
    assert max(way, key=way.get) == draft.answer


@pytest.mark.parametrize("draft", TURNED, ids=lambda draft: draft.answer)
def test_camera_turn_is_seen_as_answered(draft):
    """A turn to the right carries things to the left, and the other way round."""
    clip = draft.clips[0]
    shifts = []
    for i in range(6, 14):
        one, two = (
            np.asarray(clip.picture(clip.video_factor * k).convert("L"), float)[60:180]
            for k in (i, i + 1)
        )
        error = {
            s: np.abs(one[:, 60:260] - two[:, 60 + s : 260 + s]).mean() for s in range(-50, 51, 2)
        }
        shifts.append(min(error, key=error.get))
    seen = "right" if np.median(shifts) < 0 else "left"
    assert seen in draft.answer


@pytest.mark.parametrize("seed", range(5))
def test_stack_is_seen_in_the_order_of_the_answer(seed):
    """From the top of the picture down: the two blocks to lift, then the wanted one."""
    draft = ask_future.stacked_blocks(seed)
    picture = draft.clips[0].picture(0)
    wanted = re.search(r"wants the (\w+) block", draft.text)[1]
    order = re.fullmatch(r"first the (\w+) block, then the (\w+) one", draft.answer)
    heights = [_where(picture, colour)[1] for colour in (*order.groups(), wanted)]
    assert heights == sorted(heights)


@pytest.mark.parametrize("seed", range(3))
def test_blocks_are_seen_as_often_as_counted(seed):
    """The colours that either camera sees are as many as the answer says."""
    draft = ask_twice.blocks_in_all(seed)
    seen = set()
    for clip in draft.clips:
        picture = np.asarray(clip.picture(clip.video_count // 2), int)[60:190]
        for colour in ("red", "yellow", "green", "blue", "purple", "white", "black"):
            # The lit top of a block keeps the block's own colour, lightened by its shade.
            if _saturated(picture, colour) > 25:
                seen.add(colour)
    assert len(seen) == int(draft.answer)


def _saturated(picture, colour):
    """Number of pixels that are a shade of exactly this colour, as the painter shades boxes."""
    wanted = np.array(COLOURS[colour], float)
    factors = np.linspace(0.7, 0.97, 20)
    shades = (wanted * factors[:, None]).round()
    close = np.abs(picture[:, :, None, :] - shades[None, None]).max(axis=3).min(axis=2) <= 6
    return int(close.sum())


@pytest.mark.parametrize("draft", AIMED, ids=lambda draft: draft.answer)
def test_ball_is_seen_on_the_line_to_the_answer(draft):
    """The spot's path, drawn on, comes closest to the thing that the answer names."""
    colour = re.search(r"If the (\w+) ball", draft.text)[1]
    options = {
        option: re.search(r"(\w+) (?:pot|\w+$)", option)[1]
        for option in (draft.answer, *draft.wrong)
    }
    clip = draft.clips[0]
    track = _track(clip, colour)
    (x0, y0, _), (x1, y1, _) = track[0], track[-1]
    turn = {}
    for option, tint in options.items():
        x, y, _ = _where(clip.picture(0), tint)
        turn[option] = abs(
            turned(math.degrees(math.atan2(x - x0, y0 - y) - math.atan2(x1 - x0, y0 - y1)))
        )
    assert min(turn, key=turn.get) == draft.answer


def test_label_is_drawn_top_left():
    """The time stands in white on black in the top left corner, and nothing else changes."""
    room = Room("room", -3, -3, 3, 3, ("pink",) * 4)
    plain = render(World((room,)), Pose(0, 0, 0), (320, 240))
    labelled = with_label(plain.copy(), time_label(600))
    changed = np.argwhere((np.asarray(plain) != np.asarray(labelled)).any(axis=2))
    bottom, right = changed.max(axis=0)
    assert changed.min(axis=0).tolist() == [0, 0]
    assert bottom < 24
    assert right < 110
    corner = np.asarray(labelled)[: bottom + 1, : right + 1]
    assert corner.min() == 0
    assert corner.max() == 255


def test_frames_of_one_clip_carry_different_labels():
    """Two frames of a camera that stands still differ in the label alone."""
    room = Room("room", -3, -3, 3, 3, ("pink",) * 4)
    world = World((room,))
    clip = Clip("still", 3, RATES[2.0], 7, lambda _: world, lambda _: Pose(0, 0, 0))
    first, last = (np.asarray(clip.picture(i)) for i in (0, clip.video_count - 1))
    changed = np.argwhere((first != last).any(axis=2))
    assert changed.max(axis=0)[0] < 24
    assert (clip.label(0), clip.label(2)) == ("00m 03.50s", "00m 04.50s")


# --- the world model ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [(0, 1, "in front"), (1, 1, "front-right"), (1, 0, "to the right"), (-1, -1, "back-left")],
)
def test_bearing_follows_the_picture(x, y, name):
    """What the world model calls right is on the right half of the picture."""
    pose = Pose(0, 0, 0, view=120)
    assert eight_way(bearing(pose, x, y)) == name
    if y > 0:
        room = Room("room", -6, -6, 6, 6, ("pale blue",) * 4)
        place = _where(
            render(World((room,), things=(Thing("box", "red", 3 * x, 3 * y),)), pose, (320, 240)),
            "red",
        )
        assert (place[0] > 170) == (x > 0)


@given(st.floats(-1e4, 1e4))
def test_turned_stays_in_its_range(angle):
    """An angle is brought into (-180, 180] and keeps its direction."""
    small = turned(angle)
    assert -180 < small <= 180 + 1e-9
    assert math.cos(math.radians(small)) == pytest.approx(math.cos(math.radians(angle)), abs=1e-6)


@pytest.mark.parametrize("number", range(len(TOURS)))
def test_tour_shows_every_named_thing(number):
    """Over a tour, each thing that a question can name comes well into view."""
    place = tour(5, number)
    for thing in ask_room.named(place.world):
        closest = min(abs(place.bearing(i, thing)) for i in range(place.clip.count))
        assert closest < 20


@pytest.mark.parametrize("number", range(len(HOUSES)))
def test_house_walk_stays_inside_and_visits_all_rooms(number):
    """The camera goes through doorways only, and through all four rooms in order."""
    place = house(3, number)
    world = place.clip.world(0.0)
    visited = []
    for i in range(place.clip.count):
        pose = place.clip.pose(place.clip.progress(i))
        assert any(room.contains(pose.x, pose.y) for room in world.rooms)
        visited.append(world.room_at(pose.x, pose.y).name)
    assert tuple(dict.fromkeys(visited)) == place.names


def test_two_people_never_share_a_place():
    """People keep at least half a metre apart, so that their order is seen."""
    for seed in range(8):
        clip = ask_people.two_people(seed).clips[0]
        for i in range(clip.count):
            one, two = [t for t in clip.world(clip.progress(i)).things if t.kind == "person"]
            assert math.hypot(one.x - two.x, one.y - two.y) > 0.5


def test_nearer_room_hides_the_farther_one():
    """A wall between two rooms covers what is behind it, its doorway does not."""
    room = Room("near", 0, 0, 4, 4, ("pale blue",) * 4)
    far = Room("far", 0, 4, 4, 8, ("pink",) * 4)
    from mmsi_video.rendering.world import Opening

    box = Thing("box", "red", 3.4, 6)
    door = Opening(("near", "far"), 2, 4)
    hidden = render(World((room, far), (door,), things=(box,)), Pose(3.4, 1, 0), (320, 240))
    shown = render(World((room, far), (door,), things=(box.at(2, 6),)), Pose(2, 1, 0), (320, 240))
    assert _where(hidden, "red") is None
    assert _where(shown, "red") is not None


def test_chance_depends_on_seed_and_place():
    """The same place gives the same numbers, another seed or place others."""
    assert chance(1, "a").random() == chance(1, "a").random()
    assert len({chance(1, "a").random(), chance(2, "a").random(), chance(1, "b").random()}) == 3


def test_mp4_repeats_itself_and_starts_at_zero():
    """Equal pictures give equal bytes; the first frame's time is 0."""
    import av

    pictures = [Image.new("RGB", (32, 32), (10 * i, 0, 90)) for i in range(9)]
    first, second = (mp4(pictures, size=(32, 32), fps=Fraction(2, 3)) for _ in range(2))
    assert first == second
    with av.open(io.BytesIO(first)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([1.5 * i for i in range(9)])
