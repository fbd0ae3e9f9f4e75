"""Which recordings a folder holds, and what is told of whatever was left out."""

import os

import pytest

from sightline.errors import DatasetError, UsageError
from streamgaze_task.pipeline.recordings.find import find, survey
from streamgaze_task.pipeline.recordings.patterns import safe_names
from streamgaze_task.pipeline.recordings.spec import RecordingsSettings
from streamgaze_task.pipeline.settings import settings_from


def files(folder, *names):
    """Empty files below a folder, which is given back."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def table(folder, **more):
    """Settings, or samples, of a table with these values."""
    return RecordingsSettings("table", str(folder), **more)


def test_videos_gaze_and_actions_are_matched_by_name(tmp_path):
    """In folders of their own."""
    files(tmp_path, "videos/b.mp4", "videos/a.mov", "gaze/a.csv", "gaze/b.parquet", "actions/a.csv")
    a, b = find(table(tmp_path), tmp_path)
    assert (a.recording_id, a.video.name, a.gaze[0].name, a.source) == ("a", "a.mov", "a.csv", None)
    assert (a.actions.name, b.actions) == ("a.csv", None)
    assert b.gaze[0].name == "b.parquet"
    assert a.camera.name == "published"


def test_a_flat_folder_gives_each_file_one_role(tmp_path):
    """Actions are not taken for gaze."""
    files(tmp_path, "a.mp4", "a.csv", "a_actions.csv", "b.mp4", "b_gaze.csv")
    found = survey(table(tmp_path), tmp_path)
    assert [source.gaze[0].name for source in found.sources] == ["a.csv", "b_gaze.csv"]
    assert found.sources[0].actions.name == "a_actions.csv"
    assert found.notes == ()


def test_a_folder_relative_to_the_configuration(tmp_path):
    """Not to where the command runs."""
    files(tmp_path / "deep" / "er", "a.mp4", "a.csv")
    assert len(find(RecordingsSettings("table", "deep/er"), tmp_path)) == 1


def test_nothing_is_lost_in_silence(tmp_path):
    """A video without gaze, and gaze without a video."""
    files(tmp_path, "a.mp4", "a.csv", "lonely.mp4", "gaze/blind.csv")
    found = survey(table(tmp_path), tmp_path)
    assert [source.recording_id for source in found.sources] == ["a"]
    assert [note.rpartition("/")[2] for note in found.notes] == [
        "blind.csv: left out, because there is no video",
        "lonely.mp4: left out, because there is no gaze",
    ]


def told(folder, **more):
    """Names of the videos and gaze files that are taken, and notes without the folder."""
    found = survey(table(folder, **more), folder)
    taken = [(one.video.name, one.gaze[0].relative_to(folder).as_posix()) for one in found.sources]
    return taken, [note.replace(f"{folder}/", "") for note in found.notes]


def test_a_second_video_of_one_name_is_told(tmp_path):
    """Of a.mp4 beside a.mov the mp4 is taken, whatever the order of the patterns or of the disk."""
    files(tmp_path, "videos/a.mov", "videos/a.mkv", "videos/a.mp4", "gaze/a.csv", "a.mp4")
    notes = [
        f"{name}: not read, because videos/a.mp4 is taken"
        for name in ("a.mp4", "videos/a.mkv", "videos/a.mov")
    ]
    assert told(tmp_path) == ([("a.mp4", "gaze/a.csv")], notes)
    any_suffix = {"video": "videos/{id}.*"}
    assert told(tmp_path, files=any_suffix) == ([("a.mp4", "gaze/a.csv")], notes[1:])


@pytest.mark.parametrize(
    ("names", "video"),
    [
        (("s1/a.mp4", "s2/a.mp4"), "*/{id}.mp4"),
        (("s1/a.mp4", "s2/a.mov"), "*/{id}.*"),
        (("s1/a.mp4", "s1/a.MP4"), "s1/{id}.mp4"),
    ],
)
def test_two_recordings_of_one_name_are_refused(tmp_path, names, video):
    """Nothing says which of them is meant; but videos that nobody looks into may have one name."""
    files(tmp_path, *names, "s1/a.csv", "s1/x.mp4", "s2/x.mp4")
    both = {"video": video, "gaze": "*/{id}.csv"}
    with pytest.raises(UsageError, match=r"(?s)two recordings are called a: .*rename") as caught:
        find(RecordingsSettings("table", str(tmp_path), files=both), tmp_path)
    assert all(name in str(caught.value) for name in names)
    (tmp_path / names[1]).unlink()
    assert len(find(RecordingsSettings("table", str(tmp_path), files=both), tmp_path)) == 1


def test_further_gaze_and_actions_are_told(tmp_path):
    """With the file that is taken."""
    files(tmp_path, "videos/a.mp4", "gaze/a.csv", "gaze/a.parquet", "a_gaze.csv", "a_actions.csv")
    files(tmp_path, "actions/a.csv")
    taken, notes = told(tmp_path)
    assert taken == [("a.mp4", "gaze/a.csv")]
    assert notes == [
        "a_actions.csv: not read, because actions/a.csv is taken",
        "a_gaze.csv: not read, because gaze/a.csv is taken",
        "gaze/a.parquet: not read, because gaze/a.csv is taken",
    ]


def test_actions_that_are_not_read_are_told(tmp_path):
    """Those of no video, and those that no pattern fits."""
    files(tmp_path, "videos/a.mp4", "gaze/a.csv", "actions/A.csv", "actions/a.json", "actions/.x")
    found = survey(table(tmp_path), tmp_path)
    assert found.sources[0].actions is None
    assert [note.replace(f"{tmp_path}/", "") for note in found.notes] == [
        "actions/A.csv: left out, because there is no video",
        "actions: a.json not read, because actions are looked for in actions/{id}.csv",
    ]


def test_suffixes_may_be_in_upper_case(tmp_path):
    """Cameras and Windows write them so; one as in the pattern comes first."""
    files(tmp_path, "videos/GX01.MP4", "gaze/GX01.CSV", "actions/GX01.Csv", "gaze/GX01.csv")
    found = survey(table(tmp_path), tmp_path)
    (source,) = found.sources
    assert [source.video.name, source.gaze[0].name] == ["GX01.MP4", "GX01.csv"]
    assert source.actions.name == "GX01.Csv"
    assert [note.rpartition("/")[2] for note in found.notes] == ["GX01.csv is taken"]
    (tmp_path / "gaze/GX01.csv").unlink()
    assert survey(table(tmp_path), tmp_path).sources[0].gaze[0].name == "GX01.CSV"
    folder = files(tmp_path / "exo", "full/a.MP4", "full/gazes_30fps_npy/a.NPY")
    assert len(find(RecordingsSettings("egoexolearn", str(folder)), folder)) == 1


def test_names_keep_their_case(tmp_path):
    """On every machine: A and a are two recordings."""
    files(tmp_path, "a.mp4", "A.csv")
    with pytest.raises(DatasetError, match="no gaze"):
        find(table(tmp_path), tmp_path)


def test_a_recording_is_told_in_one_line(tmp_path):
    """With all its files."""
    files(tmp_path, "videos/a.mp4", "gaze/a.csv", "actions/a.csv", "b.mp4", "b.csv")
    a, b = find(table(tmp_path), tmp_path)
    assert a.text() == "a  table  videos/a.mp4, gaze: gaze/a.csv, actions: actions/a.csv"
    assert b.text() == "b  table  b.mp4, gaze: b.csv, actions: none"


def test_holoassist_is_named_by_its_sessions(tmp_path):
    """All its videos have the same name."""
    for name in ("R007-7July", "z001"):
        base = f"full/{name}/Export_py"
        files(tmp_path, f"{base}/Video_pitchshift.mp4", f"{base}/{name}_gaze_2d.csv")
    files(tmp_path, "full/z001/Export_py/R007-7July_gaze_2d.csv", "full/z9/Export_py/Video.mp4")
    files(tmp_path, "full/z9/Export_py/Eyes/Eyes_sync.txt")
    found = survey(RecordingsSettings("holoassist", str(tmp_path)), tmp_path)
    assert [source.recording_id for source in found.sources] == ["R007-7July", "z001"]
    assert found.sources[1].gaze[0].name == "z001_gaze_2d.csv"
    assert len(found.notes) == 1
    assert "poses and intrinsics and timing, or no gaze" in found.notes[0]


def test_files_may_lie_elsewhere(tmp_path):
    """Patterns of the configuration take the place of the format's."""
    files(tmp_path, "clips/a/scene.mp4", "clips/a/eye.csv", "clips/b/scene.mp4", "all.csv")
    given = {"video": "clips/{id}/scene.mp4", "gaze": ["clips/{id}/eye.csv"], "actions": "all.csv"}
    found = survey(table(tmp_path, files=given), tmp_path)
    assert [(source.recording_id, source.actions.name) for source in found.sources] == [
        ("a", "all.csv")
    ]
    assert len(found.notes) == 1


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    """Of files, of folders, and in circles."""
    outside = files(tmp_path / "outside", "a.csv", "b.csv", "c/x.csv")
    inside = files(tmp_path / "inside", "a.mp4", "b.mp4", "b.csv")
    (inside / "a.csv").symlink_to(outside / "a.csv")
    (inside / "gaze").symlink_to(outside / "c")
    (inside / "loop.csv").symlink_to(inside / "loop.csv")
    found = survey(table(inside), tmp_path)
    assert [source.recording_id for source in found.sources] == ["b"]
    assert any("a.csv: not read, because it is a link" in note for note in found.notes)
    assert any("x.csv: not read" in note for note in found.notes)


def test_links_inside_the_folder_are(tmp_path):
    """They show nothing that is not there anyway."""
    files(tmp_path, "a.mp4", "store/one.csv")
    (tmp_path / "a.csv").symlink_to(tmp_path / "store" / "one.csv")
    assert len(find(table(tmp_path), tmp_path)) == 1


def test_ids_are_safe_and_unique_names_of_files():
    """Also where upper and lower case are one."""
    made = safe_names(["ok-1.2_x", "a b", "a/b", "A_b", "..", "ä", "x" * 500, "con?*"])
    assert made["ok-1.2_x"] == "ok-1.2_x"
    assert len({name.lower() for name in made.values()}) == len(made)
    for name in made.values():
        assert name
        assert len(name) < 170
        assert not name.startswith(".")
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def test_an_id_does_not_depend_on_later_names():
    """So that adding recordings keeps what was made."""
    few, more = safe_names(["a b", "a/b"]), safe_names(["a b", "a/b", "a?b"])
    assert {name: more[name] for name in few} == dict(few)


def test_names_that_are_no_unicode_are_told_or_taken(tmp_path):
    """Linux has such names."""
    files(tmp_path, "a.mp4", "a.csv")
    for suffix in (b".mp4", b".csv"):
        with open(os.fsencode(tmp_path) + b"/\xff" + suffix, "wb"):  # noqa: PTH123 (bytes)
            pass
    made = [source.recording_id for source in find(table(tmp_path), tmp_path)]
    assert len(made) == 2
    assert all(name.isascii() for name in made)


def test_only_some(tmp_path):
    """And a name that is not there is refused."""
    files(tmp_path, "a.mp4", "a.csv", "b.mp4", "b.csv")
    (source,) = find(table(tmp_path, only=("b",)), tmp_path)
    assert source.recording_id == "b"
    with pytest.raises(UsageError, match="'bb'"):
        find(table(tmp_path, only=("bb",)), tmp_path)


def test_an_empty_folder_says_what_was_looked_for(tmp_path):
    """With the patterns."""
    with pytest.raises(DatasetError, match=r"gaze_data/\{id\}.txt"):
        find(RecordingsSettings("egtea", str(tmp_path)), tmp_path)
    with pytest.raises(UsageError, match="is none"):
        find(RecordingsSettings("egtea", "not/there"), tmp_path)


def test_category_and_camera(tmp_path):
    """The format's own, or as the configuration states them."""
    files(tmp_path, "videos/a.avi", "gaze_data/a.txt")
    (usual,) = find(RecordingsSettings("egtea", str(tmp_path)), tmp_path)
    (other,) = find(
        RecordingsSettings("egtea", str(tmp_path), category="Kitchen", camera="published"), tmp_path
    )
    (wide,) = find(RecordingsSettings("egtea", str(tmp_path), hfov_degrees=100.0), tmp_path)
    assert (usual.category, usual.source, usual.camera.name) == ("EGTEA", "egtea", "egtea")
    assert (other.category, other.camera.hfov_degrees) == ("Kitchen", 90)
    assert (wide.camera.hfov_degrees, wide.camera.aspect) == (100, usual.camera.aspect)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"folder": "x"}, "must have format"),
        ({"format": "tobii", "folder": "x"}, "egtea, ego4d"),
        ({"format": "table", "folder": " "}, "folder"),
        ({"format": "table", "folder": "x", "camera": "gopro"}, "hfov_degrees"),
        ({"format": "table", "folder": "x", "hfov_degrees": 180}, "between 0 and 180"),
        ({"format": "table", "folder": "x", "files": {"video": "../{id}.mp4"}}, r"\.\."),
        ({"format": "table", "folder": "x", "files": {"video": "/etc/{id}.mp4"}}, "absolute"),
        ({"format": "table", "folder": "x", "files": {"video": "**/{id}.mp4"}}, "special"),
        ({"format": "table", "folder": "x", "files": {"video": 3}}, "files.video"),
        ({"format": "table", "folder": "x", "files": {"eyes": "a"}}, "eyes"),
        ({"format": "table", "folder": "x", "columns": {"tim": "t"}}, "did you mean time"),
        ({"format": "table", "folder": "x", "columns": {"units": "hours"}}, "columns.units"),
        ({"format": "table", "folder": "x", "columns": {"size": [1280]}}, "size"),
        ({"format": "table", "folder": "x", "columns": {"rate": 0}}, "rate"),
        ({"format": "table", "folder": "x", "columns": {"separator": "||"}}, "separator"),
        ({"format": "table", "folder": "x", "columns": {"valid_values": ["Yes"]}}, "lower case"),
        ({"format": "egtea", "folder": "x", "columns": {"x": "a"}}, "format table"),
        ({"format": "holoassist", "folder": "x", "max_gap_seconds": -1}, "max_gap_seconds"),
    ],
)
def test_settings_are_strict(given, words):
    """Every mistake is found before any file is read, and says where."""
    with pytest.raises(UsageError, match=words) as caught:
        settings_from(RecordingsSettings, given, "recordings[2]")
    assert str(caught.value).startswith("recordings[2]")
