"""Published datasets read from a Hub: whole configs, single clips and videos, and the bytes."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

tools = SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "published_datasets.py")))
hub, said_by, VIDEO = tools.hub, tools.said_by, tools.VIDEO
NOWHERE = "http://127.0.0.1:9"
SLACK = 1 << 16
"""Bytes beside the content: listings, cards, headers of files."""

LOAD = """
import logging
from datasets import Image, load_dataset, logging as theirs
theirs.disable_progress_bar()

def rows(repository, config, streaming, **options):
    data = load_dataset(repository, config, split="test", streaming=streaming, **options)
    for name, feature in (data.features or {}).items():
        if isinstance(feature, Image):
            data = data.cast_column(name, Image(decode=False))
    return list(data)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The datasets as they were built."""
    root = tmp_path_factory.mktemp("built")
    mmsi = tools.make_mmsi(root / "mmsi")
    shutil.copytree(mmsi, root / "later")
    card = root / "later/README.md"
    card.write_text(card.read_text() + "\nA later word.\n")
    streamgaze = tools.make_streamgaze(root / "streamgaze")
    text = tools.annotations_of(mmsi, root / "text")
    return SimpleNamespace(mmsi=mmsi, later=root / "later", streamgaze=streamgaze, text=text)


@pytest.fixture(scope="module")
def running(built):
    """A Hub that has them: public, gated, private, and without recordings."""
    with hub.LocalHub() as running:
        running.organisation("org", members=["alice"])
        running.add("org/mmsi", built.mmsi, tag="v1")
        running.add("org/streamgaze", built.streamgaze)
        running.add("org/text", built.text)
        running.add("org/gated", built.mmsi, gated=True)
        running.repository("org/gated").granted.append("bob")
        running.add("org/private", built.mmsi, private=True)
        running.tokens = {name: running.token(name) for name in ("alice", "bob", "carol")}
        yield running


@pytest.fixture
def counted(running):
    """The same, with an empty log."""
    running.log.clear()
    return running


def footer_bytes(file):
    """Bytes of a footer with its length and mark."""
    return int.from_bytes(file.read_bytes()[-8:-4], "little") + 8


# load_dataset


@pytest.mark.parametrize("name", ["mmsi", "streamgaze"])
def test_every_config_loads_streaming_and_not(running, built, tmp_path, name):
    """Row by row what the builder wrote, pictures byte for byte."""
    folder = getattr(built, name)
    configs = sorted(path.parent.name for path in folder.glob("*/*.parquet"))
    code = LOAD + (
        "repository, folder, *configs = sys.argv[1:]\n"
        "for config in configs:\n"
        "    local = rows(folder, config, False)\n"
        "    say([config, len(local), local == rows(repository, config, False),\n"
        "         local == rows(repository, config, True)])\n"
    )
    said = said_by(running.url, tmp_path, code, f"org/{name}", str(folder), *configs)
    expected = {
        config: sum(pq.read_metadata(file).num_rows for file in (folder / config).iterdir())
        for config in configs
    }
    assert said == [[config, expected[config], True, True] for config in configs]


def test_a_tag_a_commit_and_a_branch_are_loaded(built, tmp_path):
    """Each gives the questions of its commit."""
    with hub.LocalHub() as running:
        first = running.add("org/bench", built.streamgaze, tag="v1")
        running.add("org/bench", built.text)
        code = LOAD + (
            "for revision in sys.argv[1:]:\n"
            "    say(len(rows('org/bench', 'questions', False, revision=revision)))\n"
        )
        said = said_by(running.url, tmp_path, code, "v1", first, "main")
    counts = [
        sum(pq.read_metadata(file).num_rows for file in (folder / "questions").iterdir())
        for folder in (built.streamgaze, built.streamgaze, built.text)
    ]
    assert said == counts
    assert counts[0] != counts[2]


@pytest.mark.parametrize(
    ("user", "expected"), [(None, [None, None]), ("bob", [4, None]), ("alice", [4, 4])]
)
def test_load_dataset_needs_the_right_token(running, tmp_path, user, expected):
    """Granted or a member: the questions; anybody else: an error of datasets."""
    code = LOAD + (
        "for name in ('org/gated', 'org/private'):\n"
        "    try:\n        say(len(rows(name, None, False)))\n"
        "    except Exception as error:\n        say(None)\n"
    )
    assert said_by(running.url, tmp_path, code, token=running.tokens.get(user)) == expected


# Bytes


def test_the_questions_alone_weigh_what_they_weigh(counted, built, tmp_path):
    """Neither frames nor videos are touched."""
    code = LOAD + "say(len(rows('org/mmsi', None, False)))"
    assert said_by(counted.url, tmp_path, code) == [4]
    weight = sum(file.stat().st_size for file in (built.mmsi / "questions").iterdir())
    assert counted.log.sent() < 1.3 * weight + SLACK
    assert not counted.log.records("resolve/[^/]+/(frames|videos|media)/")


def test_one_clip_weighs_what_its_frames_weigh(counted, built, tmp_path):
    """Footers once, then one request a clip and nothing but its row group."""
    code = (
        "one = sightline.load_clip('org/mmsi@v1', 'src/clip1')\n"
        "say([one.origin, sizes(one)])\n"
        "say(one.frames[0].image.size)\n"
    )
    more = "two = sightline.load_clip('org/mmsi', 'src/clip2', revision='v1')\nsay(sizes(two))\n"
    (file,) = (built.mmsi / "frames").iterdir()
    origin, first = said_by(counted.url, tmp_path / "1", code)[0]
    assert origin == f"org/mmsi@{counted.head('org/mmsi', 'v1')}"
    assert len(first) == 4
    alone = counted.log.sent()
    assert sum(first) > 200_000
    assert alone < 1.3 * sum(first) + SLACK + footer_bytes(file)
    assert alone < file.stat().st_size / 2
    counted.log.clear()
    second = said_by(counted.url, tmp_path / "2", code + more)[2]
    requests = counted.log.records()
    assert len(requests) == 7  # the commit, the card (2), the listing, a footer, two clips
    assert sum(second) < requests[-1].sent < 1.05 * sum(second)
    assert requests[-1].range is not None


def test_one_video_weighs_what_it_weighs(counted, built, tmp_path):
    """It alone is fetched, and once; frames come from that file."""
    code = (
        "path = sightline.media_path('org/streamgaze', sys.argv[1])\n"
        "say(path.stat().st_size)\n"
        "clip = sightline.load_clip('org/streamgaze', sys.argv[1], end_seconds=3)\n"
        "say([frame.seconds for frame in clip.frames])\n"
        "say(str(clip.video) == str(path))\n"
    )
    said = said_by(counted.url, tmp_path, code, VIDEO)
    original = built.streamgaze / f"media/videos/original/{VIDEO}.mp4"
    assert said == [original.stat().st_size, [0.0, 1.0, 2.0], True]
    assert counted.log.sent("resolve/[^/]+/media/", "GET") == said[0]
    assert counted.log.sent() < said[0] + SLACK
    counted.log.clear()
    assert said_by(counted.url, tmp_path, code, VIDEO) == said
    assert not counted.log.records("resolve/[^/]+/media/")


def test_many_files_of_frames_are_one_config(tmp_path):
    """A clip of any of them, by its own footer."""
    folder = tools.make_mmsi(tmp_path / "mmsi", shard_bytes=300_000)
    assert len([*(folder / "frames").iterdir()]) > 1
    code = (
        "for clip in sys.argv[2:]:\n"
        "    here, there = (sightline.load_clip(d, clip) for d in (sys.argv[1], 'org/shards'))\n"
        "    say([len(there.frames), here.frames == there.frames])\n"
    )
    clips = [f"src/clip{i}" for i in range(4)]
    with hub.LocalHub() as running:
        running.add("org/shards", folder)
        said = said_by(running.url, tmp_path / "home", code, str(folder), *clips)
    assert said == [[4, True]] * 4


# Which commit


def test_a_process_stays_at_one_commit(built, tmp_path):
    """A branch that moves while it is read does not mix two datasets; a new process sees it."""
    code = (
        "first = sightline.load_clip('org/moving', 'src/clip0').origin\n"
        "say([first, sightline.load_clip('org/moving', 'src/clip1').origin])\n"
    )
    with hub.LocalHub() as running:
        running.add("org/moving", built.mmsi)
        before = running.head("org/moving")
        armed = hub.Fault(
            path="resolve/[^/]+/frames",
            skip=1,
            status=None,
            before=lambda: running.add("org/moving", built.later),
        )
        running.fail(armed)
        said = said_by(running.url, tmp_path, code)
        assert said == [[f"org/moving@{before}"] * 2]
        after = running.head("org/moving")
        assert after != before
        code = "say(sightline.load_clip('org/moving', 'src/clip0').origin)"
        assert said_by(running.url, tmp_path, code) == [f"org/moving@{after}"]


def test_what_is_in_the_cache_needs_no_network(running, tmp_path):
    """By its commit at once; by its branch when the Hub may not be asked."""
    commit = running.head("org/mmsi")
    fetch = (
        "from huggingface_hub import snapshot_download\n"
        "snapshot_download('org/mmsi', repo_type='dataset')\n"
    )
    said_by(running.url, tmp_path, fetch)
    code = (
        "clip = attempt(sightline.load_clip, sys.argv[1], 'src/clip3')\n"
        "say([clip.origin, len(clip.frames)] if not isinstance(clip, str) else clip)\n"
        "say(str(attempt(sightline.media_path, sys.argv[1], 'src/clip3')).split('/')[-1])\n"
    )
    expected = [[f"org/mmsi@{commit}", 4], "clip3.mp4"]
    assert said_by(NOWHERE, tmp_path, code, f"org/mmsi@{commit}") == expected
    assert said_by(NOWHERE, tmp_path, code, "org/mmsi", HF_HUB_OFFLINE="1") == expected
    (unreached, _) = said_by(NOWHERE, tmp_path, code, "org/mmsi")
    assert unreached.startswith("DatasetError the Hub cannot be reached for org/mmsi: ")


def test_a_video_that_was_fetched_is_there_without_a_network(running, tmp_path):
    """By the name of its branch too: the cache knows what that meant."""
    code = "say(str(attempt(sightline.media_path, 'org/streamgaze', sys.argv[1])))"
    online = said_by(running.url, tmp_path, code, VIDEO)
    assert online[0].endswith(f"{VIDEO}.mp4")
    assert said_by(NOWHERE, tmp_path, code, VIDEO, HF_HUB_OFFLINE="1") == online


def test_a_cache_without_the_clip_says_so(running, tmp_path):
    """The Hub may not be asked, and only the card was downloaded."""
    fetch = (
        "from huggingface_hub import hf_hub_download\n"
        "hf_hub_download('org/mmsi', 'build.json', repo_type='dataset')\n"
    )
    said_by(running.url, tmp_path, fetch)
    code = "say(attempt(sightline.load_clip, 'org/mmsi', 'src/clip3'))"
    (said,) = said_by(NOWHERE, tmp_path, code, HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE forbids to ask the Hub\n  next: unset HF_HUB_OFFLINE" in said


# What the Hub refuses


_GATED = "org/gated is gated: its authors want you to accept their terms"
_PRIVATE = "there is no dataset org/private on the Hub, or it is private"
_REFUSED = {
    "org/absent": "there is no dataset org/absent on the Hub, or it is private",
    "org/mmsi@v9": "org/mmsi has no revision 'v9'",
    f"org/mmsi@{'0' * 40}": f"org/mmsi has no revision '{'0' * 40}'",
    "org/text": 'holds annotations only (build.json: publication.media = "none")',
}


@pytest.mark.parametrize(
    ("user", "messages"),
    [
        (None, {"org/gated": _GATED, "org/private": _PRIVATE}),
        ("carol", {"org/gated": _GATED, "org/private": _PRIVATE}),
        ("alice", _REFUSED),
    ],
)
def test_each_refusal_has_its_own_words(running, tmp_path, user, messages):
    """Both functions say it, with a next step."""
    code = (
        "for dataset in sys.argv[1:]:\n"
        "    for call in (sightline.load_clip, sightline.media_path):\n"
        "        say(attempt(call, dataset, 'src/clip0'))\n"
    )
    said = said_by(running.url, tmp_path, code, *messages, token=running.tokens.get(user))
    expected = [message for message in messages.values() for _ in range(2)]
    assert len(said) == len(expected)
    for one, message in zip(said, expected, strict=True):
        assert one.startswith("DatasetError ")
        assert message in one
        assert "\n  next: " in one


def test_with_access_gated_and_private_clips_are_read(running, tmp_path):
    """The token of the environment is used, for ranges too, and shown nowhere."""
    code = "say(sizes(sightline.load_clip(sys.argv[1], 'src/clip0')))"
    for dataset, user in (("org/gated", "bob"), ("org/private", "alice")):
        token = running.tokens[user]
        assert len(said_by(running.url, tmp_path, code, dataset, token=token)[0]) == 4


@pytest.mark.parametrize("token", ["hf_" + "x" * 34, "hf_secret\nwith a line"])
def test_a_wrong_token_is_told_and_not_shown(running, tmp_path, token):
    """Nor is one that no header can hold, which the client quotes in its error."""
    code = "say(attempt(sightline.load_clip, 'org/mmsi', 'src/clip0'))"
    (said,) = said_by(running.url, tmp_path, code, token=token)
    assert said.startswith("DatasetError the Hub does not accept the token that was sent for org/")
    assert token.split()[0] not in said


def test_large_files_behind_another_host_are_read(built, tmp_path):
    """As on the real Hub, which answers with an address of its storage."""
    code = "say(sizes(sightline.load_clip('org/mmsi', 'src/clip1')))"
    with hub.LocalHub(redirect_lfs=True) as running:
        running.add("org/mmsi", built.mmsi)
        (said,) = said_by(running.url, tmp_path, code)
    assert len(said) == 4


@pytest.mark.parametrize(
    "effect", [{"status": 503}, {"lose_answer": True}, {"drop_response_after": 1000}], ids=str
)
def test_a_hiccup_of_the_hub_is_not_noticed(built, tmp_path, effect):
    """A request that failed once is asked again."""
    code = "say(sizes(sightline.load_clip('org/mmsi', 'src/clip1')))"
    with hub.LocalHub() as running:
        running.add("org/mmsi", built.mmsi)
        armed = running.fail(hub.Fault(path="resolve/[^/]+/frames", skip=1, **effect))
        (said,) = said_by(running.url, tmp_path, code)
        assert armed.happened == 1
    assert len(said) == 4


def test_a_listing_of_strangers_is_no_path_of_ours(built, tmp_path):
    """A table on the Hub that names a file outside of it: nothing is opened or fetched."""
    folder = Path(shutil.copytree(built.text, tmp_path / "text"))
    (file,) = (folder / "videos").glob("*.parquet")
    table = pq.read_table(file)
    rows = [row | {"video_path": "../../../../etc/passwd"} for row in table.to_pylist()]
    pq.write_table(table.from_pylist(rows, schema=table.schema), file)
    code = "say(attempt(sightline.media_path, 'org/text', '../../../../etc/passwd'))"
    with hub.LocalHub() as running:
        running.add("org/text", folder)
        (said,) = said_by(running.url, tmp_path / "home", code)
    assert "must stay inside the dataset" in said
