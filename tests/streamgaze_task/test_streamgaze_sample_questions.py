"""The questions of the sample release: every key is true by what was drawn."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections import Counter

import numpy as np
import pytest

from streamgaze_task.rendering import metadata, world
from streamgaze_task.rendering.entries import files
from streamgaze_task.rendering.kinds import COLOURS, KINDS
from streamgaze_task.rendering.painter import SKIN, Painter, sprite
from streamgaze_task.rendering.scanpath import script_of
from streamgaze_task.rendering.truth import truth_of
from streamgaze_task.rendering.videos import BY_ID, VIDEOS
from streamgaze_task.task_names import TASKS, task_of
from streamgaze_task.timestamps import seconds, span

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
