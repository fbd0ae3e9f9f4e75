from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import subprocess
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.errors import BrokenReleaseError, DatasetError, ReleaseError
from streamgaze_task import recovery
from streamgaze_task.builder import build, check
from streamgaze_task.questions import read_gaze

builds = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("tiny_builds.py"))))
tiny, OIE = builds.tiny, builds.OIE
EGTEA, _, HOLO = tiny.VIDEOS
ABOUT_EGTEA = ["gsm-0001", "gta-0001", "nfi-0001", "oar-0001"]


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_truncated_tar_gz_is_refused(tmp_path, share):
    """The message names the archive; its videos are not all called missing."""
    release = tiny.make(tmp_path / "r")
    path = release / "videos/videos_egtea_original.tar.gz"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    text = builds.refusal(release, tmp_path / "out")
    assert "videos_egtea_original.tar.gz: must be a whole " in text
    assert "the release has no video" not in text
    with pytest.raises(BrokenReleaseError, match="next: get the release again"):
        builds.quick_build(release, tmp_path / "out", skip_broken=True)


def test_json_that_is_cut_short_is_refused_with_its_place(tmp_path):
    """Line, column and character; everything else that is wrong is told in the same breath."""
    release = builds.spoilt(tmp_path / "r", data=b"no video")
    path = release / f"qa/{OIE}.json"
    path.write_text(path.read_text()[:200])
    text = builds.refusal(release, tmp_path / "out")
    assert f"{OIE}.json line 9 column 2: is not whole JSON" in text
    assert "(the file was cut short?)" in text
    assert "must be an mp4 that can be decoded" in text
    assert "next: get the release again" in text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "must be an mp4 that can be decoded"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "must be an mp4 that can be decoded"),
        (tiny.original(0)[:300], "must be an mp4 that can be decoded"),
        (bytes(5000), "must be an mp4 that can be decoded"),
    ],
    ids=["empty", "playlist", "cut", "zeros"],
)
@pytest.mark.parametrize("kind", ["egtea_original", "egtea_viz"])
def test_a_corrupt_mp4_breaks_every_question_that_needs_it(tmp_path, data, message, kind):
    """Clean or overlay: all four are told, and left out when that is asked for."""
    release = builds.spoilt(tmp_path / "r", kind, data)
    text = builds.refusal(release, tmp_path / "out")
    assert "the release has 4 problem(s):" in text
    assert text.count(f"videos_{kind}.tar.gz:'{EGTEA}.mp4' {message}") == 4
    assert all(f"{name} video_path: " in text for name in ABOUT_EGTEA)
    report = builds.quick_build(release, tmp_path / "out", skip_broken=True)
    assert sorted(report.skipped) == ABOUT_EGTEA
    assert len(builds.ids(tmp_path / "out")) == 9
    assert "left out: 4 sample(s)" in report.text()
    assert not (
        tmp_path / f"out/media/videos/{'original' if 'or' in kind else 'overlay'}/{EGTEA}.mp4"
    ).exists()
    with pytest.raises(DatasetError, match="was built with --skip-broken and lacks 4"):
        builds.quick_build(release, tmp_path / "out")


def _index_first(path, frames):
    """An mp4 whose index stands in front, so that a cut leaves it readable."""
    import av

    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("mpeg4", rate=tiny.FPS)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


def test_an_mp4_that_ends_in_the_middle_is_told(tmp_path):
    """Its index promises more; the message says where the data ends."""
    data = _index_first(tmp_path / "a.mp4", tiny.frames(0))
    release = builds.spoilt(tmp_path / "r", data=data[: len(data) // 2])
    text = builds.refusal(release, tmp_path / "out")
    assert "must be a whole mp4, but its data ends at " in text


def test_an_overlay_that_cannot_be_decoded_is_told(tmp_path, monkeypatch):
    """Its packets are whole, its pictures are not; only reading the gaze finds that out."""
    real = recovery.recover

    def recover(overlay, original):
        if overlay.stem == EGTEA:
            raise DatasetError(f"{overlay} must be an mp4 that can be decoded: it is not")
        return real(overlay, original)

    monkeypatch.setattr(recovery, "recover", recover)
    release = tiny.make(tmp_path / "r")
    with pytest.raises(BrokenReleaseError, match=r"has 4 problem\(s\)") as caught:
        build(release, tmp_path / "out")
    message = f"media/videos/overlay/{EGTEA}.mp4 must be an mp4 that can be decoded: it is not"
    assert f"gta-0001 video_path: {message}" in str(caught.value)
    report = build(release, tmp_path / "out", skip_broken=True)
    assert sorted(report.skipped) == ABOUT_EGTEA
    assert read_gaze(tmp_path / "out", EGTEA).kind == "none"
    assert read_gaze(tmp_path / "out", HOLO).kind == "recovered"
    assert str(tmp_path) not in (tmp_path / "out/build.json").read_text()


def test_a_missing_video_is_told_by_every_question_about_it(tmp_path):
    """An overlay alone does not do."""
    media = tiny.media()
    del media["egtea_original"]
    release = tiny.make(tmp_path / "r", media=media)
    text = builds.refusal(release, tmp_path / "out")
    name = f"the release has no video '{EGTEA}.mp4' (only one with the gaze drawn in)"
    assert text.count(name) == 4
    report = builds.quick_build(release, tmp_path / "out", skip_broken=True)
    assert sorted(report.skipped) == ABOUT_EGTEA
    assert not (tmp_path / f"out/media/videos/overlay/{EGTEA}.mp4").exists()


def test_two_videos_of_one_name_cannot_both_be_meant(tmp_path):
    """Each question about them is told where both lie."""
    media = tiny.media()
    media["holoassist_original"][f"{EGTEA}.mp4"] = tiny.original(2)
    release = tiny.make(tmp_path / "r", media=media)
    text = builds.refusal(release, tmp_path / "out")
    message = (
        f"videos_holoassist_original.tar.gz:'{EGTEA}.mp4' is another video of the same name as "
        f"videos_egtea_original.tar.gz:'{EGTEA}.mp4'"
    )
    assert text.count(message) == 4
    builds.quick_build(release, tmp_path / "out", skip_broken=True)
    assert not (tmp_path / f"out/media/videos/original/{EGTEA}.mp4").exists()


def test_a_second_video_of_a_name_that_is_damaged_is_told(tmp_path):
    """It cannot be compared with the first."""
    media = tiny.media()
    media["holoassist_original"] = {f"{EGTEA}.mp4": tiny.original(0)}
    release = tiny.make(tmp_path / "r", media=media, suffix=".tar")
    path = release / "videos/videos_holoassist_original.tar"
    path.write_bytes(path.read_bytes()[:9000])
    text = builds.refusal(release, tmp_path / "out")
    assert f"videos_holoassist_original.tar:'{EGTEA}.mp4' is damaged" in text
    assert "  - videos_holoassist_original.tar: must be a whole tar file" in text


def test_a_zip_that_is_none_is_refused(tmp_path):
    """Its videos are not all called missing."""
    release = tiny.make(tmp_path / "r", media={})
    (release / "videos").mkdir()
    (release / "videos/videos_egtea_original.zip").write_bytes(b"PK")
    text = builds.refusal(release, tmp_path / "out")
    assert "the release has 1 problem(s):" in text
    assert "videos_egtea_original.zip: must be a whole zip file" in text


def test_a_release_without_usable_videos_is_refused(tmp_path):
    """Whatever is skipped, nothing is left."""
    release = tiny.make(tmp_path / "r", media={})
    with pytest.raises(BrokenReleaseError, match="no question is left"):
        builds.quick_build(release, tmp_path / "out", skip_broken=True)


def test_a_video_shorter_than_its_questions(tmp_path):
    """A window without any frame is a problem; one that is only cut is told and kept."""
    questions = [tiny.question(OIE, time_stamp=stamp) for stamp in ("00:19", "01:19", "01:20")]
    past = tiny.question("past_scene_recall", time_stamp="09:00")
    alert = tiny.alert("appearance", test_info=[{"realtime": "05:00", "type": 1}])
    qa = builds.about(EGTEA, *questions) | {
        "past_scene_recall": [tiny.entry(EGTEA, past)],
        "proactive_object_appearance_alert": [tiny.entry(EGTEA, alert)],
    }
    release = tiny.make(tmp_path / "r", qa=qa)
    text = builds.refusal(release, tmp_path / "out")
    assert "the release has 1 problem(s):" in text
    assert (
        f"{OIE}.json[0].questions[2] oie-0003 time_stamp 01:20: asks about 20 s to 80 s, but the "
        f"video ends at 20.0 s: nothing can be shown"
    ) in text
    report = builds.quick_build(release, tmp_path / "out", skip_broken=True)
    assert builds.ids(tmp_path / "out") == ["sr-0001", "oie-0001", "oie-0002", "oaa-0001"]
    assert "beyond the end of the video (clamped): 3 of 4, by 520.0 s at most" in report.text()


def test_an_unknown_task_file_is_refused_by_name(tmp_path):
    """Or left out by it."""
    qa = tiny.qa() | {"present_new_task": [tiny.entry(EGTEA, tiny.question(OIE))]}
    release = tiny.make(tmp_path / "r", qa=qa)
    text = builds.refusal(release, tmp_path / "out")
    assert "  - present_new_task.json: must be one of the task files (" in text
    report = builds.quick_build(release, tmp_path / "out", skip_broken=True)
    assert report.skipped == ("present_new_task.json",)
    assert len(builds.ids(tmp_path / "out")) == 13


def test_all_problems_are_reported_at_once(tmp_path):
    """Questions, times, missing and damaged videos in one message."""
    qa = tiny.qa()
    del qa["past_scene_recall"][0]["questions"][0]["answer"]
    qa["past_object_transition_prediction"][0]["video_path"] = "gone.mp4"
    qa[OIE][0]["questions"][0]["time_stamp"] = "59:00"
    release = builds.spoilt(tmp_path / "r", data=b"no video", qa=qa)
    (release / "qa/x.json").write_text("[{")
    text = builds.refusal(release, tmp_path / "out")
    assert "the release has 8 problem(s):" in text
    assert "x.json line 1 column 3: is not whole JSON" in text
    assert "past_scene_recall.json[0].questions[0] sr-0001 answer: is missing" in text
    assert "otp-0001 video_path: the release has no video 'gone.mp4'" in text
    assert f"{OIE}.json[0].questions[0] oie-0001 time_stamp 59:00: asks about" in text
    assert text.count("must be an mp4 that can be decoded") == 4


def test_a_release_of_which_nothing_is_left_is_refused(tmp_path):
    """An empty dataset helps nobody."""
    question = tiny.question(OIE)
    del question["answer"]
    release = tiny.make(tmp_path / "r", qa=builds.about(EGTEA, question))
    with pytest.raises(BrokenReleaseError, match="no question is left"):
        builds.quick_build(release, tmp_path / "out", skip_broken=True)


def test_a_release_without_questions_is_refused(tmp_path):
    """Files that are there and empty."""
    release = tiny.make(tmp_path / "r", qa={OIE: []})
    with pytest.raises(BrokenReleaseError, match="must have questions, but has none"):
        builds.quick_build(release, tmp_path / "out")
    with pytest.raises(BrokenReleaseError, match="must have questions, but has none"):
        check(release)


def test_a_folder_that_is_no_release_is_refused_before_anything_is_made(tmp_path):
    """It says what must be there."""
    (tmp_path / "r").mkdir()
    text = builds.refusal(tmp_path / "r", tmp_path / "out")
    assert "qa/*.json: is missing: the release has no task file" in text
    assert "give the folder that holds `qa`" in text


def test_a_task_file_in_both_layouts_is_refused(tmp_path):
    """Which of the two is meant nobody can say."""
    release = tiny.make(tmp_path / "r")
    tiny.make(tmp_path / "r", below="dataset", media={}, metadata={}, qa=builds.about(EGTEA))
    text = builds.refusal(release, tmp_path / "out")
    assert f"{OIE}.json: must be in the release once, but is there 2 times" in text


def _harmful(name, **fields):
    info = tarfile.TarInfo(name)
    info.size = fields.pop("size", 0)
    for key, value in fields.items():
        setattr(info, key, value)
    return info


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (_harmful("../x"), "'../x': unsafe entry: path '../x' leaves its folder by '..'"),
        (_harmful("/x.mp4"), "unsafe entry: path '/x.mp4' is absolute"),
        (
            _harmful("l.mp4", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
            "'l.mp4': unsafe entry: a symbolic link",
        ),
        (_harmful("d.mp4", type=tarfile.CHRTYPE), "'d.mp4': unsafe entry: a device"),
        (_harmful("z.mp4", size=300 << 20), "unsafe archive: unpacks to 314,"),
    ],
    ids=["escape", "absolute", "symlink", "device", "bomb"],
)
@pytest.mark.parametrize("skip_broken", [False, True], ids=["plain", "skip"])
def test_an_archive_that_was_made_to_harm_is_always_refused(tmp_path, info, message, skip_broken):
    """Even when no question asks for the entry, and nothing is written anywhere else."""
    release = tiny.make(tmp_path / "in/r")
    path = release / "videos/videos_egtea_original.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(info, io.BytesIO(bytes(info.size)))
        good = tarfile.TarInfo(f"{EGTEA}.mp4")
        good.size = len(tiny.original(0))
        archive.addfile(good, io.BytesIO(tiny.original(0)))
    before = builds.tree(release)
    with pytest.raises(BrokenReleaseError) as caught:
        builds.quick_build(release, tmp_path / "in/out", skip_broken=skip_broken)
    assert message in str(caught.value)
    assert not (tmp_path / "in/out").exists()
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "in/x").exists()
    assert builds.tree(release) == before


def test_no_network_is_told_at_once_with_a_way_out(tmp_path):
    """A closed port on loopback is as good as a pulled plug."""
    program = """
import sys
from sightline.errors import SightlineError
from streamgaze_task.builder import build
try:
    build("org/gaze", sys.argv[1])
except SightlineError as error:
    print(error)
"""
    environment = {
        **{key: value for key, value in os.environ.items() if "OFFLINE" not in key},
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "HF_HOME": str(tmp_path / "home"),
    }
    command = [sys.executable, "-c", program, str(tmp_path / "out")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "the Hub cannot be reached for org/gaze" in done.stdout
    assert "give their folder with --release" in done.stdout
    assert not (tmp_path / "out").exists()


@settings(max_examples=25)
@given(data=st.data())
def test_a_release_with_flipped_bytes_is_built_or_refused(tmp_path_factory, data):
    """No byte of any file makes anything but a dataset or a clear refusal."""
    folder = tmp_path_factory.mktemp("flipped")
    release = tiny.make(
        folder / "r",
        suffix=data.draw(st.sampled_from([".tar", ".tar.gz"])),
        qa=builds.about(EGTEA, tiny.question(OIE))
        | {"proactive_gaze_triggered_alert": [tiny.entry(EGTEA, tiny.alert())]},
    )
    files = sorted(
        path for path in release.rglob("*") if path.is_file() and "holo" not in path.name
    )
    path = data.draw(st.sampled_from(files))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    with contextlib.suppress(ReleaseError):
        builds.quick_build(release, folder / "out", skip_broken=data.draw(st.booleans()))


def test_the_places_of_problems_are_kept_with_the_dataset(tmp_path):
    """In build.json, for those who look later."""
    qa = tiny.qa()
    qa[OIE][0]["questions"][0]["answer"] = "Z"
    release = tiny.make(tmp_path / "r", qa=qa)
    builds.quick_build(release, tmp_path / "out", skip_broken=True)
    facts = json.loads((tmp_path / "out/build.json").read_text())
    assert facts["skipped"] == ["oie-0001"]
    place = f"{OIE}.json[0].questions[0] oie-0001 answer"
    assert facts["problems"] == [f"{place}: must name one of the options A to D, but is 'Z'"]
