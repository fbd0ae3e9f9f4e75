"""What bites on the Hub: each known trap, and that our datasets are not in it.

Some tests show the trap itself first, on a dataset made for it, so that they notice when it is
gone. The clients are the installed `datasets` and `huggingface_hub`, on a Hub of our own.
"""

from __future__ import annotations

import json
import re
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
import yaml

from sightline.benchmarks import all_benchmarks

tools = SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "published_datasets.py")))
hub, said_by = tools.hub, tools.said_by
NAMES = ("mmsi", "streamgaze")

LOAD = """
from datasets import get_dataset_config_names, load_dataset, logging as theirs
theirs.disable_progress_bar()

def tried(*arguments, **options):
    try:
        data = load_dataset(*arguments, split="test", **options)
        return [sorted(data.features), data.num_rows]
    except Exception as error:  # which one it is, is what the test asks
        return f"{type(error).__name__}: {error}"
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Both datasets as they are published."""
    root = tmp_path_factory.mktemp("built")
    return {"mmsi": tools.make_mmsi(root / "m"), "streamgaze": tools.make_streamgaze(root / "s")}


@pytest.fixture(scope="module")
def running(built):
    """A Hub that has them."""
    with hub.LocalHub() as running:
        for name, folder in built.items():
            running.add(f"org/{name}", folder)
        yield running


def front_matter(folder):
    """The YAML of the card."""
    return yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])


def footer(folder, config):
    """The schema that stands in the footers of a config."""
    return pq.read_schema(next(iter(sorted((folder / config).glob("*.parquet")))))


def test_one_kind_of_file_for_all_configs(running, built, tmp_path):
    """`datasets` takes the reader of the first config for all: so each is Parquet, and opens."""
    code = LOAD + (
        "for name in sys.argv[1:]:\n"
        "    say([[c, tried(name, c)] for c in get_dataset_config_names(name)])\n"
    )
    said = said_by(running.url, tmp_path, code, *(f"org/{name}" for name in NAMES))
    for name, configs in zip(NAMES, said, strict=True):
        assert {config for config, _ in configs} == {
            path.parent.name for path in built[name].glob("*/*.parquet")
        }
        for config, (columns, rows) in configs:
            assert columns == sorted(footer(built[name], config).names)
            assert rows > 0


def test_another_kind_of_file_would_break_it(built, tmp_path):
    """The trap itself: a config of loose videos beside Parquet cannot be opened."""
    folder = Path(shutil.copytree(built["mmsi"], tmp_path / "mixed"))
    card = folder / "README.md"
    entry = "- config_name: loose\n  data_files:\n  - split: test\n    path: media/**\nlanguage:"
    card.write_text(card.read_text().replace("language:", entry, 1))
    with hub.LocalHub() as running:
        running.add("org/mixed", folder)
        (said,) = said_by(running.url, tmp_path / "home", LOAD + "say(tried('org/mixed', 'loose'))")
    assert isinstance(said, str)


@pytest.mark.parametrize("name", NAMES)
def test_no_config_has_loose_media_in_its_folder(built, name):
    """A push of a config deletes every other file in its folder; media are elsewhere."""
    folders = {
        Path(files["path"]).parts[0]
        for config in front_matter(built[name])["configs"]
        for files in config["data_files"]
    }
    assert "media" not in folders
    for folder in folders:
        assert {path.suffix for path in (built[name] / folder).iterdir()} == {".parquet"}


@pytest.mark.parametrize("name", NAMES)
def test_the_card_has_one_default_config_and_plain_split_names(built, name):
    """Without a default nothing opens by the name alone; a split may hold no hyphen."""
    configs = front_matter(built[name])["configs"]
    assert [config["config_name"] for config in configs if config.get("default")] == ["questions"]
    splits = {files["split"] for config in configs for files in config["data_files"]}
    assert splits == {"test"}
    assert all(re.fullmatch(r"\w+(\.\w+)*", split) for split in splits)


def test_the_name_alone_opens_the_questions(running, built, tmp_path):
    """What people type first."""
    code = LOAD + "for name in sys.argv[1:]:\n    say(tried(name))\n"
    said = said_by(running.url, tmp_path, code, *(f"org/{name}" for name in NAMES))
    for name, (columns, _) in zip(NAMES, said, strict=True):
        assert columns == sorted(footer(built[name], "questions").names)


def test_whole_paths_of_pictures_survive(running, built, tmp_path):
    """`push_to_hub` cuts them to their last part; files written by ourselves keep them."""
    code = LOAD + (
        "from datasets import Image\n"
        "for options in ({}, {'streaming': True}):\n"
        "    data = load_dataset('org/mmsi', 'frames', split='test', **options)\n"
        "    rows = list(data.cast_column('image', Image(decode=False)))\n"
        "    say([[row['image']['path'], row['frame_path'], row['clip_id']] for row in rows])\n"
    )
    whole, streamed = said_by(running.url, tmp_path, code)
    assert whole == streamed
    assert len(whole) == pq.read_metadata(next((built["mmsi"] / "frames").iterdir())).num_rows
    for path, frame_path, clip_id in whole:
        assert path == f"frames/{frame_path}"
        assert "/" in frame_path
        assert clip_id


def test_names_of_frames_need_no_file_of_their_own(built):
    """They hold ':' and '.', which WebDataset and Windows cannot take: so they are in a table."""
    names = pq.read_table(built["mmsi"] / "frames", columns=["frame_path"])["frame_path"]
    assert any(":" in name for name in names.to_pylist())
    for name in NAMES:
        files = [path for path in built[name].rglob("*") if path.is_file()]
        assert not [path for path in files if set(':*?"<>|') & set(path.name)]


@pytest.mark.parametrize("name", NAMES)
def test_the_columns_stand_in_the_footers_alone(built, name):
    """A `dataset_info` in the card goes stale; the footers cannot."""
    assert "dataset_info" not in front_matter(built[name])
    assert not (built[name] / "dataset_infos.json").exists()
    for config in front_matter(built[name])["configs"]:
        record = json.loads(footer(built[name], config["config_name"]).metadata[b"huggingface"])
        assert record["info"]["features"]


def test_a_stale_dataset_info_would_break_it(built, tmp_path):
    """The trap itself: wrong counts in the card stop the load."""
    folder = Path(shutil.copytree(built["streamgaze"], tmp_path / "stale"))
    card = folder / "README.md"
    text = (
        "dataset_info:\n- config_name: questions\n  features:\n  - name: id\n    dtype: int64\n"
        "  splits:\n  - name: test\n    num_bytes: 1\n    num_examples: 1\nlanguage:"
    )
    card.write_text(card.read_text().replace("language:", text, 1))
    with hub.LocalHub() as running:
        running.add("org/stale", folder)
        (said,) = said_by(running.url, tmp_path / "home", LOAD + "say(tried('org/stale'))")
    assert isinstance(said, str)


@pytest.mark.parametrize("name", NAMES)
def test_no_code_is_in_the_dataset(built, name):
    """A script called like the repository stops every load."""
    code = {".py", ".pkl", ".pickle", ".pt", ".pth", ".sh", ".so"}
    assert not [path for path in built[name].rglob("*") if path.suffix in code]


def test_a_script_with_the_name_of_the_repository_would_break_it(built, tmp_path):
    """The trap itself."""
    folder = Path(shutil.copytree(built["streamgaze"], tmp_path / "scripted"))
    (folder / "scripted.py").write_text("raise SystemExit('run')\n")
    with hub.LocalHub() as running:
        running.add("org/scripted", folder)
        (said,) = said_by(running.url, tmp_path / "home", LOAD + "say(tried('org/scripted'))")
    assert "scripts are no longer supported" in said


@pytest.mark.parametrize("name", NAMES)
def test_no_value_nears_two_gibibytes(built, name):
    """Arrow holds no more in one value: whole videos are files beside the tables."""
    for config in front_matter(built[name])["configs"]:
        features = json.loads(footer(built[name], config["config_name"]).metadata[b"huggingface"])
        assert '"Video"' not in json.dumps(features)
        assert '"Json"' not in json.dumps(features)
    assert any(path.suffix == ".mp4" for path in (built[name] / "media").rglob("*"))


def test_a_copy_in_the_cache_is_never_taken_silently(built, tmp_path):
    """A repository that was closed after a first load: `datasets` goes on without a word.

    The trap itself, then our own readers: by a branch they refuse, and by a commit, which means
    the same bytes for ever, they say which one it is.
    """
    code = LOAD + (
        "say(tried('org/closing'))\n"
        "for name in sys.argv[1:]:\n"
        "    clip = attempt(sightline.load_clip, name, 'src/clip0')\n"
        "    say(clip if isinstance(clip, str) else clip.origin)\n"
    )
    fetch = (
        "from huggingface_hub import snapshot_download\n"
        "snapshot_download('org/closing', repo_type='dataset')\n"
    )
    with hub.LocalHub() as running:
        commit = running.add("org/closing", built["mmsi"])
        origin = f"org/closing@{commit}"
        names = ("org/closing", origin)
        (first, branch, pinned) = said_by(running.url, tmp_path, fetch + code, *names)
        assert branch == pinned == origin
        running.add("org/closing", built["mmsi"], private=True)
        (again, branch, pinned) = said_by(running.url, tmp_path, code, *names)
    assert again == first
    assert branch.startswith("DatasetError there is no dataset org/closing on the Hub, or it is pr")
    assert pinned == origin


@pytest.mark.parametrize("name", ["mmsi-video", "streamgaze"])
def test_leaderboards_name_tasks_that_are_ours(name):
    """lmms-eval has a task `mmsi_video` for another dataset; ours takes its place by the plugin.

    That it does is tested with the plugin; here: no leaderboard names a task that is not ours.
    """
    benchmark = all_benchmarks()[name]
    board = [task.id for task in benchmark.call("dataset_rules").board]
    assert board
    assert set(board) <= set(benchmark.task_names())
