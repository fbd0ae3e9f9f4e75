"""The sample release: the authors' layout, every promise about its contents, true answers."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from mmsi_video import categories, sample_release
from mmsi_video.rendering.clip import RATES, Clip
from mmsi_video.rendering.media import Archive
from mmsi_video.rendering.places import tour
from mmsi_video.rendering.records import questions, record
from mmsi_video.rendering.world import Pose, World
from mmsi_video.sample_release import VARIANTS, make_sample, write
from sightline.choices import options_in_text
from sightline.errors import UsageError

FIELDS = {
    "id", "type", "video_list", "frames_list", "ref_images", "system_prompt", "task_prompt",
    "user_prompt", "format_prompt", "ori_question", "options", "ground_truth", "hint",
}  # fmt: skip
FRAME_NAME = re.compile(r"(\d\d):(\d\d\.\d\d)_frame_(\d+\.\d\d)_(\d+)\.jpg")


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
    with pytest.raises(UsageError, match="No space left on device\n  next: free some space"):
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
