from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Features, Image, Value
from hypothesis import given
from hypothesis import strategies as st

from sightline.checking.opened import open_dataset
from sightline.errors import DatasetError, UsageError
from sightline.media_choice import MediaChoice
from sightline.parquet import ClipReader
from sightline.progress import Silent
from sightline.publishing import selecting
from sightline.publishing.contents import contents
from sightline.publishing.selecting import select_config
from sightline.staging import Staging

small = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("small_datasets.py"))))

NONE, ALL = MediaChoice(included=False), MediaChoice(included=True)
QUESTIONS = "questions/test-00000-of-00001.parquet"


def _only(*sources):
    return MediaChoice(included=True, sources=frozenset(sources))


@pytest.fixture(scope="module")
def mmsi(tmp_path_factory):
    """A dataset whose frames lie in a file per clip."""
    return small.mmsi(tmp_path_factory.mktemp("mmsi") / "d", shard_bytes=1)


@pytest.fixture(scope="module")
def streamgaze(tmp_path_factory):
    """A dataset of three sources, with gaze."""
    return small.streamgaze(tmp_path_factory.mktemp("streamgaze") / "d")


def _select(folder, config, media, out):
    dataset = open_dataset(folder)
    staging = Staging(out / "tables", "key")
    parts = select_config(dataset, dataset.rules.config(config), media, staging, Silent())
    for part in parts:
        assert (staging.folder / part.name).stat().st_size == part.size
    return [staging.folder / part.name for part in parts]


def _rows(files):
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def _tables(folder, config):
    return sorted((folder / config).glob("*.parquet"))


@pytest.mark.parametrize(
    ("media", "clips"),
    [
        (NONE, []),
        (_only(), []),
        (_only("scannet"), ["scannet/a"]),
        (_only("ego4d"), ["ego4d/b", "ego4d/c"]),
        (_only("ego4d", "unknown"), ["ego4d/b", "ego4d/c", "nowhere/d"]),
        (ALL, ["ego4d/b", "ego4d/c", "nowhere/d", "scannet/a"]),
    ],
    ids=["none", "of-nobody", "scannet", "ego4d", "two", "all"],
)
def test_frames_are_those_of_allowed_sources(mmsi, tmp_path, media, clips):
    """Whole clips stay or go; what stays is equal in every column, in the same order."""
    found = _rows(_select(mmsi, "frames", media, tmp_path))
    wanted = [
        row
        for row in _rows(_tables(mmsi, "frames"))
        if any(row["clip_id"].startswith(clip) for clip in clips)
    ]
    assert found == wanted
    assert len(found) == 4 * len(clips)


def test_a_config_of_which_all_is_allowed_is_written_with_the_same_bytes(tmp_path):
    """So what is written anew has the footer, row groups and encodings that a build gives."""
    whole = small.mmsi(tmp_path / "one-file")
    for config in ("frames", "questions"):
        (made,) = _select(whole, config, ALL, tmp_path / config)
        assert made.read_bytes() == (whole / config / made.name).read_bytes()


def test_a_clip_that_stays_has_its_own_row_group(mmsi, tmp_path):
    """As readers of single clips need it."""
    files = _select(mmsi, "frames", _only("ego4d", "scannet"), tmp_path)
    assert [file.name for file in files] == ["test-00000-of-00001.parquet"]
    before, after = ClipReader(_tables(mmsi, "frames")), ClipReader(files)
    assert list(after.keys) == [key for key in before.keys if "nowhere" not in key]
    for key in after.keys:
        assert list(map(bytes, after.read(key))) == list(map(bytes, before.read(key)))


def test_a_row_group_of_several_sources_goes_as_a_whole(mmsi, tmp_path):
    """What a build never writes: rather too little is published than what was not allowed."""
    folder = small.copied(mmsi, tmp_path / "d")
    frames = _tables(folder, "frames")
    table = pa.concat_tables(pq.read_table(path) for path in frames)
    frames[0].unlink()
    pq.write_table(table, frames[0])
    assert pq.read_metadata(frames[0]).num_row_groups == 1
    whole = _rows(frames[1:])
    found = _rows(_select(folder, "frames", _only("scannet", "ego4d"), tmp_path))
    assert found == [row for row in whole if "nowhere" not in row["clip_id"]]


def test_files_are_divided_and_numbered_anew(mmsi, tmp_path, monkeypatch):
    """Large configs come in several files, without a gap where one went away."""
    monkeypatch.setattr(selecting, "SHARD_BYTES", 1)
    files = _select(mmsi, "frames", _only("ego4d"), tmp_path)
    assert [file.name for file in files] == [f"test-{i:05d}-of-00002.parquet" for i in range(2)]


@pytest.mark.parametrize(
    ("media", "shown"),
    [
        (NONE, []),
        (_only("scannet"), ["ref/s.jpg"]),
        (_only("ego4d"), ["ref/e.jpg"]),
        (_only("unknown"), []),
        (_only("ego4d", "scannet"), ["ref/s.jpg", "ref/e.jpg", "ref/both.jpg"]),
    ],
    ids=["none", "scannet", "ego4d", "unknown", "both"],
)
def test_a_question_keeps_its_pictures_only_where_all_its_sources_are_allowed(
    mmsi, tmp_path, media, shown
):
    """All else stays: how many there were, and their checksums, can still be seen."""
    files = _select(mmsi, "questions", media, tmp_path)
    before, after = _rows(_tables(mmsi, "questions")), _rows(files)
    for old, new in zip(before, after, strict=True):
        assert {**new, "ref_images": None} == {**old, "ref_images": None}
        kept = old["ref_images"] if old["ref_image_paths"][:1] in [[s] for s in shown] else []
        assert new["ref_images"] == kept
    assert [row["ref_image_paths"] for row in after] == [
        ["ref/s.jpg"],
        ["ref/e.jpg"],
        ["ref/both.jpg"],
        [],
    ]
    data = b"".join(file.read_bytes() for file in files)
    for name in small.PICTURES:
        assert (small.reference(name) in data) == (name in shown)


def test_what_was_left_out_of_questions_leaves_the_columns_as_they_are(mmsi, tmp_path):
    """The schema with its features is the same, so `load_dataset` sees the same columns."""
    (made,) = _select(mmsi, "questions", NONE, tmp_path)
    before, after = pq.read_schema(mmsi / QUESTIONS), pq.read_schema(made)
    assert after.equals(before, check_metadata=True)
    assert b"huggingface" in after.metadata


def test_a_table_is_selected_only_where_something_must_be_left_out(mmsi, streamgaze):
    """Every other table is taken as it is."""
    frames = {f"frames/{path.name}" for path in _tables(mmsi, "frames")}
    assert len(frames) == 4
    both = frames | {QUESTIONS}
    dataset = open_dataset(mmsi)
    assert contents(dataset, ALL).selected == ()
    assert both <= set(contents(dataset, ALL).files)
    chosen = contents(dataset, _only("scannet"))
    assert [config.name for config in chosen.selected] == ["questions", "frames"]
    assert set(chosen.tables) == both
    assert chosen.files == ("media/videos/scannet/a.mp4", "videos/test-00000-of-00001.parquet")
    assert contents(open_dataset(streamgaze), NONE).selected == ()


def test_streamgaze_gives_the_recordings_of_a_source_with_their_overlays(streamgaze):
    """Gaze is no recording: it stays whatever the choice."""
    dataset = open_dataset(streamgaze)
    always = tuple(
        f"{config}/test-00000-of-00001.parquet" for config in ("gaze", "questions", "videos")
    )
    assert contents(dataset, NONE).files == always
    egtea = tuple(f"media/videos/{kind}/OP01-R01-TinySalad.mp4" for kind in ("original", "overlay"))
    assert contents(dataset, _only("egtea")).files == (always[0], *egtea, *always[1:])
    media = [name for name in contents(dataset, ALL).files if name.startswith("media/")]
    assert len(media) == 6


def test_a_source_that_does_not_exist_is_refused_with_those_that_do(streamgaze):
    """A misspelt name must not publish less than was wanted."""
    with pytest.raises(UsageError, match=r"sources \(egta\) must be among") as caught:
        contents(open_dataset(streamgaze), _only("egta", "egtea"))
    assert "this dataset has recordings of: egoexolearn, egtea, holoassist" in str(caught.value)


def _write_questions(folder, change):
    """Let the questions be something else, and the rest stay."""
    path = folder / QUESTIONS
    table = change(pq.read_table(path))
    path.unlink()
    pq.write_table(table, path)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: (f / QUESTIONS).write_bytes(b"PAR1 no"), "cannot be checked"),
        (lambda f: (f / QUESTIONS).unlink(), "must have the tables of `questions`"),
        (
            lambda f: _write_questions(f, lambda t: t.drop_columns(["clips"])),
            "0 columns 'clips'",
        ),
        (
            lambda f: _write_questions(f, lambda t: t.drop_columns(["ref_images"])),
            "the columns of `questions` must be",
        ),
        (
            lambda f: _write_questions(f, lambda t: _clips(t, [None] * 4)),
            "the row with id question_0000 does not tell its sources",
        ),
        (
            lambda f: _write_questions(
                f, lambda t: t.append_column("more", pa.array([b"\xff\xd8 picture"] * 4))
            ),
            "the columns of `questions` must be",
        ),
    ],
    ids=["no-parquet", "lost", "no-column", "no-pictures", "null", "one-more-column"],
)
def test_a_faulty_table_is_refused(mmsi, tmp_path, spoil, words):
    """Never by a traceback, and never by publishing what nobody looked at."""
    folder = small.copied(mmsi, tmp_path / "d")
    spoil(folder)

    def publish():
        contents(open_dataset(folder), NONE)
        _select(folder, "questions", NONE, tmp_path)

    with pytest.raises(DatasetError, match=words):
        publish()


def _clips(table, values):
    field = table.schema.field("clips")
    return table.set_column(table.schema.names.index("clips"), field, pa.array(values, field.type))


def test_a_table_that_the_build_did_not_make_is_no_part_of_it(mmsi, tmp_path):
    """Strays are neither read nor published, whatever is in them."""
    folder = small.copied(mmsi, tmp_path / "d")
    (folder / "questions/test-00001-of-00001.parquet").write_bytes(b"no table")
    assert contents(open_dataset(folder), NONE).tables[-1] == QUESTIONS
    (made,) = _select(folder, "questions", NONE, tmp_path)
    assert pq.read_metadata(made).num_rows == 4


@given(allowed=st.lists(st.booleans(), max_size=12))
def test_a_picture_column_is_null_exactly_where_it_is_not_allowed(allowed):
    """Also for a column that holds one picture a row."""
    features = Features({"id": Value("int32"), "picture": Image()})
    pictures = [
        None if i % 4 == 3 else {"bytes": bytes([i]), "path": str(i)} for i in range(len(allowed))
    ]
    columns = {"id": list(range(len(allowed))), "picture": pictures}
    table = pa.Table.from_pydict(columns, schema=features.arrow_schema)
    values = selecting._blanked(table, ["picture"], allowed)
    assert values["id"].to_pylist() == columns["id"]
    assert values["picture"].to_pylist() == [
        picture if keep else None for picture, keep in zip(pictures, allowed, strict=True)
    ]
    assert values["picture"].type == table.schema.field("picture").type
