"""The sample release: the authors' layout, equal bytes for equal seeds, true answers."""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import re
import tarfile
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from sightline.errors import UsageError
from streamgaze_task import sample_release
from streamgaze_task.rendering import metadata, world
from streamgaze_task.rendering.entries import files
from streamgaze_task.rendering.kinds import COLOURS, KINDS
from streamgaze_task.rendering.marks import GREEN, mark
from streamgaze_task.rendering.painter import SKIN, Painter, sprite
from streamgaze_task.rendering.scanpath import LONGEST, SHORTEST, script_of
from streamgaze_task.rendering.truth import truth, truth_of
from streamgaze_task.rendering.videos import BY_ID, VIDEOS
from streamgaze_task.sample_release import ARCHIVES, NESTED, VARIANTS, make_sample, write
from streamgaze_task.task_names import SOURCES, TASKS, task_of
from streamgaze_task.timestamps import seconds, span

SHORT = tuple(replace(video, seconds=5.0) for video in VIDEOS if video.video_id[0] != "P")
"""One video of each source, too short for questions."""
MULTIPLE_CHOICE = [task for task in TASKS if task.family != "proactive"]


@pytest.fixture(scope="module", params=[0, 3])
def scripts(request):
    """What happens in the four videos, for two seeds; nothing is drawn for it."""
    return tuple(script_of(video, request.param) for video in VIDEOS)


@pytest.fixture(scope="module")
def asked(scripts):
    """Code of a task -> [(entry, its only question)], as the JSON files hold them."""
    made = files(scripts, 0)
    return {task.code: [(e, e["questions"][0]) for e in made[task.file]] for task in TASKS}


@pytest.fixture(scope="module")
def scanpath(scripts):
    """Name of the mp4 -> fixations as the truth function tells them."""
    return {f"{s.video.video_id}.mp4": truth_of(s).fixations for s in scripts}


@pytest.fixture(scope="module")
def script(scripts):
    """Name of the mp4 -> script."""
    return {f"{s.video.video_id}.mp4": s for s in scripts}


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


def _words(option):
    return option.partition(". ")[2]


def _key(question):
    """The right option's words, and the others'."""
    place = "ABCD".index(question["answer"])
    options = [_words(option) for option in question["options"]]
    return options[place], [text for k, text in enumerate(options) if k != place]


def _group(text):
    """What stands in braces: ``{a, b}`` -> ["a", "b"]."""
    return [name.strip() for name in re.search(r"\{(.*?)\}", text)[1].split(",")]


def _fixated(fixations, at):
    found = [fixation for fixation in fixations if fixation.start <= at <= fixation.end]
    return found[0] if found else None


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


# --- the questions --------------------------------------------------------------------------


def test_every_task_has_its_questions(asked):
    """Eight of each past and present task, four of each proactive one."""
    assert {code: len(found) for code, found in asked.items()} == {
        task.code: 4 if task.family == "proactive" else 8 for task in TASKS
    }


def test_questions_are_recognised_by_their_words(asked):
    """Text, file name and ``task_type`` all say the same task."""
    for task in TASKS:
        for _, question in asked[task.code]:
            assert question["task_type"] in task.task_types
            assert task_of(question["question"], f"{task.file}.json").code == task.code


@pytest.mark.parametrize("task", MULTIPLE_CHOICE, ids=lambda task: task.code)
def test_options_are_four_different_ones_and_every_letter_is_right_as_often(asked, task):
    """``A. text`` to ``D. text``; the key is spread evenly."""
    for _, question in asked[task.code]:
        assert [option[:3] for option in question["options"]] == ["A. ", "B. ", "C. ", "D. "]
        assert len({_words(option) for option in question["options"]}) == 4
    assert Counter(q["answer"] for _, q in asked[task.code]) == dict.fromkeys("ABCD", 2)


def test_times_lie_in_the_video(asked):
    """Stamps and spans can be read, and end before the video does."""
    for found in asked.values():
        for entry, question in found:
            length = BY_ID[entry["video_path"].removesuffix(".mp4")].seconds
            start, end = span(entry["response_time"])
            assert 0 <= start < end <= length
            points = question.get("test_info", [{"realtime": question["time_stamp"]}])
            assert all(0 < seconds(point["realtime"]) < length for point in points)


def test_legal_oddities_are_in(asked):
    """A stamp with hours, entries with and without the task's own fields."""
    stamps = [q["time_stamp"] for task in MULTIPLE_CHOICE for _, q in asked[task.code]]
    assert sum(stamp.count(":") == 2 for stamp in stamps) == 1
    for task in MULTIPLE_CHOICE:
        extra = ["input_video_clip" in question for _, question in asked[task.code]]
        assert 0 < sum(extra) < len(extra)


@pytest.mark.parametrize("code", ["oie", "oih"])
def test_identified_object_is_fixated_for_two_seconds(asked, scanpath, code):
    """Someone who sees the last two seconds before the question can know the answer."""
    for entry, question in asked[code]:
        at = seconds(question["time_stamp"])
        fixation = _fixated(scanpath[entry["video_path"]], at)
        assert fixation.thing == _key(question)[0]
        assert fixation.start <= at - 2


def test_gaze_is_known_when_a_present_question_is_asked(asked, script):
    """The tracker does not lose the two seconds before it."""
    for code in ("oie", "oih", "oar"):
        for entry, question in asked[code]:
            at = seconds(question["time_stamp"])
            chosen = script[entry["video_path"]]
            assert all(world.gaze(chosen, at - back) for back in (0.1, 0.5, 1.0, 1.5, 1.9))


def test_easy_distractors_are_not_in_the_room_and_hard_ones_are_in_view(asked, script):
    """The difference between OI-E and OI-H."""
    for entry, question in asked["oie"]:
        names = {thing.name for thing in script[entry["video_path"]].things}
        assert not names & set(_key(question)[1])
    for entry, question in asked["oih"]:
        at, chosen = seconds(question["time_stamp"]), script[entry["video_path"]]
        for name in _key(question)[1]:
            assert world.seen_part(chosen, name, at - 0.5) > 0.9


def test_colours_are_in_the_pixels_under_the_gaze(asked, script, scanpath):
    """The answered colour is painted where the wearer looks, the offered others are not."""
    painters = {}
    for entry, question in asked["oar"]:
        name, at = entry["video_path"], seconds(question["time_stamp"])
        right, wrong = _key(question)
        if "shape" in question["question"]:
            assert KINDS[_fixated(scanpath[name], at).thing].shape == right
            continue
        painter = painters.setdefault(name, Painter(script[name]))
        x, y = map(int, world.gaze(script[name], at - 0.5))
        patch = painter.frame(at - 0.5)[max(y - 12, 0) : y + 12, max(x - 12, 0) : x + 12].astype(
            int
        )
        counts = {c: (np.abs(patch - COLOURS[c]).sum(2) < 24).sum() for c in (right, *wrong)}
        assert max(counts, key=counts.get) == right, (question, counts)


def test_never_gazed_is_never_fixated_and_the_others_were(asked, scanpath, script):
    """NFI: also not beside a fixation, in no part of the video; and it was in view before."""
    for entry, question in asked["nfi"]:
        name, at = entry["video_path"], seconds(question["time_stamp"])
        right, wrong = _key(question)
        before = {f.thing for f in scanpath[name] if f.end <= at}
        assert set(wrong) <= before
        groups = [world.in_circle(script[name], look) for look in script[name].looks]
        assert right not in {thing for group in groups for thing in group}
        views = [world.seen_part(script[name], right, t / 4) for t in range(int(4 * at))]
        assert sum(part > 0.9 for part in views) >= 4
        assert _group(question["question"]) == [_words(o) for o in question["options"]]


def test_next_object_follows_the_group(asked, scanpath):
    """OTP: the fixation after the only one on the group; its answer began 2 s before."""
    for entry, question in asked["otp"]:
        at = seconds(question["time_stamp"])
        group = _group(question["question"])
        so_far = [f for f in scanpath[entry["video_path"]] if f.start < at]
        places = [i for i, f in enumerate(so_far) if f.thing in group]
        assert len(places) == 1
        assert so_far[places[0] + 1].thing == _key(question)[0]
        assert so_far[places[0] + 1].start <= at - 2


def test_only_the_right_sequence_happened(asked, scanpath):
    """GSM: of the four orders, exactly the answer occurs among the fixations so far."""
    for entry, question in asked["gsm"]:
        at = seconds(question["time_stamp"])
        things = [f.thing for f in scanpath[entry["video_path"]] if f.start < at]
        triples = set(zip(things, things[1:], things[2:], strict=False))
        right, wrong = _key(question)

        def names(text):
            return tuple(group.strip("{}").split(",")[0] for group in text.split(">"))

        assert names(right) in triples
        assert not triples & {names(text) for text in wrong}


def test_recalled_scene_as_the_metadata_tells_it(asked, scripts):
    """SR: the table's row of that fixation lists the three others as visible, not the answer."""
    rows = list(csv.DictReader(io.StringIO(metadata.table(scripts))))
    for entry, question in asked["sr"]:
        first = _group(question["question"])[0]
        row = next(
            row
            for row in rows
            if f"{row['video_name']}.mp4" == entry["video_path"]
            and ast.literal_eval(row["representative_object"])["object_identity"] == first
        )
        assert float(row["episode_start_time"]) <= seconds(question["time_stamp"]) - 2
        around = ast.literal_eval(row["other_objects_outside_fov"])
        seen = {item["object_identity"] for item in around}
        right, wrong = _key(question)
        assert set(wrong) <= seen
        assert right not in seen


def test_next_action_is_near_and_its_hand_is_in_view(asked, script):
    """FAP: the action begins 3 to 60 s later, no other option within a minute."""
    painters = {}
    for entry, question in asked["fap"]:
        name, at = entry["video_path"], seconds(question["time_stamp"])
        chosen = script[name]
        right, wrong = _key(question)
        coming = [a for a in chosen.actions if a.start > at]
        assert coming[0].job.sentence == right
        assert 3 < coming[0].start - at <= 60
        assert not {a.job.sentence for a in coming if a.start <= at + 60} & set(wrong)
        painter = painters.setdefault(name, Painter(chosen))
        hand = (painter.frame(at - 0.5) == SKIN).all(2).sum()
        assert hand > 60, (question, hand)


def test_gaze_alerts_follow_the_fixations(asked, scanpath):
    """GTA: 1 at the instants at which the target is fixated, and the first one is asked for."""
    for entry, question in asked["gta"]:
        target = question["target_object"]
        found = [f for f in scanpath[entry["video_path"]] if f.thing == target]
        assert abs(seconds(question["first_appearance"]) - found[0].start) < 1
        for point in question["test_info"]:
            at = seconds(point["realtime"])
            assert point["type"] == any(f.start <= at < f.end for f in found)


def test_appearance_alerts_follow_the_pixels(asked, script):
    """OAA: 1 where the drawing of the target is found in the frame, 0 where it is not."""
    cv2 = pytest.importorskip("cv2")
    for entry, question in asked["oaa"]:
        chosen, target = script[entry["video_path"]], question["target_object"]
        painter = Painter(chosen)
        drawn = np.asarray(sprite(target, chosen.thing(target).colour, round(chosen.size)))
        solid = np.repeat((drawn[..., 3:] == 255).astype(np.uint8), 3, axis=2)
        for point in question["test_info"]:
            frame = painter.frame(seconds(point["realtime"]))
            away = cv2.matchTemplate(frame, drawn[..., :3].copy(), cv2.TM_SQDIFF, mask=solid)
            found = away.min() / solid.sum() < 100
            assert found == point["type"], (question, point, away.min() / solid.sum())


@pytest.mark.parametrize("code", ["gta", "oaa"])
def test_test_points_are_few_and_of_both_labels(asked, code):
    """Up to five, in order; the stated intervals give the same labels as the exact ones."""
    name = {"gta": "fixation_intervals", "oaa": "appearance_intervals"}[code]
    for _, question in asked[code]:
        points = question["test_info"]
        assert 3 <= len(points) <= 5
        assert {point["type"] for point in points} == {0, 1}
        times = [seconds(point["realtime"]) for point in points]
        assert times == sorted(times)
        for point in points:
            inside = any(
                seconds(i["start"]) <= seconds(point["realtime"]) <= seconds(i["end"])
                for i in question[name]
            )
            assert inside == point["type"]


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
