"""Annotated actions of each dataset, as its own files have them."""

import json

import pytest

from sightline.errors import DatasetError
from streamgaze_task.pipeline.recordings.actions import read_actions
from streamgaze_task.pipeline.recordings.find import find
from streamgaze_task.pipeline.recordings.spec import RecordingsSettings
from streamgaze_task.pipeline.records import Action

LAYOUTS = {
    "egtea": ("videos/v1.mp4", "gaze_data/v1.txt"),
    "ego4d": ("v2/full_scale/v1.mp4", "v2/gaze/v1.csv"),
    "egoexolearn": ("full/v1.mp4", "full/gazes_30fps_npy/v1.npy"),
    "holoassist": ("full/v1/Export_py/Video.mp4", "full/v1/Export_py/v1_gaze_2d.csv"),
}


def read(folder, name, file, text):
    """The actions of v1 after the file was written."""
    for path in (*LAYOUTS[name], file):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    (folder / file).write_text(text if isinstance(text, str) else json.dumps(text), "utf-8")
    (source,) = find(RecordingsSettings(name, str(folder)), folder)
    return read_actions(source)


EGTEA = (
    "# Clip ID; Clip Prefix (Unique); Video Session; Starting Time (ms); Ending Time (ms); "
    "Action Label; Verb Label; Noun Label(s)\n"
    "2; p; v1; 2500; 4000; Open  Jar; Open; Jar\n"
    "1; p; v1; 500; 2250; Take Knife; Take; Knife\n"
    "3; p; v2; 0; 1000; Wash Pan; Wash; Pan\n"
)


def test_egtea_milliseconds_with_blanks_in_the_header(tmp_path):
    """One file for all videos, semicolons."""
    made = read(tmp_path, "egtea", "raw_annotations/action_labels.csv", EGTEA)
    assert made.actions == (Action(0.5, 2.25, "Take Knife"), Action(2.5, 4.0, "Open Jar"))
    assert made.notes == ()


def test_egoexolearn_one_list_a_video(tmp_path):
    """What has no text is no action."""
    given = [
        {"start": 3.5, "end": 4, "textAttribute_en": "cuts the cucumber"},
        {"start": 1, "end": 2.5, "textAttribute_en": "takes a knife"},
        {"start": 5, "end": 6, "textAttribute_en": ""},
        {"start": 5, "end": 6},
    ]
    made = read(tmp_path, "egoexolearn", "annotations/v1.json", given)
    assert made.actions == (
        Action(1.0, 2.5, "takes a knife"),
        Action(3.5, 4.0, "cuts the cucumber"),
    )


def test_egoexolearn_the_table_of_all_videos(tmp_path):
    """The fine annotation."""
    text = (
        "video_uid,scene,start_sec,end_sec,narration_en_no_hand_prompt,annotation_id,subset\n"
        'v1,lab,0.5,1.5,"add water, slowly",1,train\nv2,lab,0,1,other,2,train\n'
    )
    made = read(tmp_path, "egoexolearn", "annotations/fine_annotation_trainvaltest_en.csv", text)
    assert made.actions == (Action(0.5, 1.5, "add water, slowly"),)


def event(start, end, verb, noun, label="Fine grained action"):
    """One event as HoloAssist has it."""
    return {"label": label, "start": start, "end": end, "attributes": {"Verb": verb, "Noun": noun}}


def test_holoassist_verb_and_noun_of_fine_grained_actions(tmp_path):
    """Dropped where either is none."""
    given = [
        {"video_name": "other", "events": [event(0, 1, "grab", "cup")]},
        {
            "video_name": "v1",
            "events": [
                event(3, 4, "grab", "battery"),
                event(1, 2, "approach", "camera"),
                event(5, 6, "none", "camera"),
                event(5, 6, "rotate", "none"),
                event(7, 8, "open", "lid", label="Coarse grained action"),
                {"label": "Conversation", "start": "?"},
            ],
        },
    ]
    made = read(tmp_path, "holoassist", "full/data-annnotation-trainval-v1_1.json", given)
    assert made.actions == (Action(1.0, 2.0, "approach camera"), Action(3.0, 4.0, "grab battery"))
    assert made.notes == ()


def test_a_plain_table(tmp_path):
    """Ours: start, end, text."""
    made = read(tmp_path, "ego4d", "actions/v1.csv", "start,end,text\n2,3,pour\n1,2,open\n")
    assert [action.text for action in made.actions] == ["open", "pour"]


def test_a_few_malformed_ones_are_told(tmp_path):
    """With the line."""
    text = "start,end,text\n" + "".join(f"{i},{i + 1},a{i}\n" for i in range(9)) + "5,4,back\n"
    made = read(tmp_path, "ego4d", "actions/v1.csv", text)
    assert len(made.actions) == 9
    assert "line 11: it ends at 4 s" in made.notes[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("start,end,text\n" + "1,soon,cut\n" * 9, "line 2: 'soon' is no number"),
        ("start,end,text\n" + ",2,cut\n" * 9, "line 2: start is missing"),
        ("start,end,text\n" + "1,2\n" * 9, "line 2: the line is too short"),
        ('start,end,text\n"1,5","2,5",cut\n', "decimal comma.*export again"),
        ("start;end;text\n1;2;cut\n", "columns start, end, text, with ',' between"),
        ("start,start,end,text\n1,1,2,cut\n", "one column 'start', but has 2"),
    ],
)
def test_what_is_wrong_with_actions_is_told_as_such(tmp_path, text, words):
    """A bad number is no bad text."""
    with pytest.raises(DatasetError, match=f"(?s){words}"):
        read(tmp_path, "ego4d", "actions/v1.csv", text)


@pytest.mark.parametrize(
    ("file", "given", "words"),
    [
        ("annotations/v1.json", "[{", "JSON"),
        ("annotations/v1.json", "[" * 100_000, "JSON"),
        ("annotations/v1.json", {"start": 1}, "list"),
        ("annotations/v1.json", [3] * 9, "9 of 9"),
        ("annotations/v1.json", [{"start": "1", "end": 2, "textAttribute_en": "x"}] * 9, "numbers"),
        ("annotations/v1.json", [{"start": 1, "end": 1e99, "textAttribute_en": "x"}] * 9, "inside"),
        ("annotations/v1.json", [{"start": 1, "end": 2, "textAttribute_en": [1]}] * 9, "a text"),
        ("annotations/v1.json", [{"events": [3] * 9}], "a text"),
        ("annotations/fine_annotation_trainvaltest_en.csv", "a,b\n1,2\n", "video_uid"),
        ("annotations/fine_annotation_trainvaltest_en.csv", "", "video_uid"),
    ],
)
def test_annotations_that_cannot_be_read(tmp_path, file, given, words):
    """One sentence, never a traceback."""
    with pytest.raises(DatasetError, match=words):
        read(tmp_path, "egoexolearn", file, given)


def test_nan_is_no_time(tmp_path):
    """Python's JSON reads it."""
    text = '[{"start": NaN, "end": 2, "textAttribute_en": "x"}]'
    with pytest.raises(DatasetError, match="inside a video"):
        read(tmp_path, "egoexolearn", "annotations/v1.json", text)


def test_a_recording_without_annotations_has_none(tmp_path):
    """They are not needed."""
    for path in LAYOUTS["egtea"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (source,) = find(RecordingsSettings("egtea", str(tmp_path)), tmp_path)
    assert read_actions(source).actions == ()


def test_a_file_that_changed_is_read_again(tmp_path):
    """What is kept in memory is not stale."""
    assert len(read(tmp_path, "ego4d", "actions/v1.csv", "start,end,text\n1,2,a\n").actions) == 1
    text = "start,end,text\n1,2,a\n2,3,b\n"
    assert len(read(tmp_path, "ego4d", "actions/v1.csv", text).actions) == 2
