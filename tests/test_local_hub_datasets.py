"""The stand-in for the Hub, seen by the real datasets: pushed, loaded, streamed, read in parts."""

import runpy
from pathlib import Path

import pytest

hub = runpy.run_path(str(Path(__file__).parent / "hub/load.py"))["hub"]

PUSH = """
import json
from datasets import Dataset, DatasetDict
rows = [{"id": n, "text": "t" * n} for n in range(20)]
questions = Dataset.from_list(rows)
DatasetDict({"test": questions}).push_to_hub("org/x", "questions", private=True, set_default=True)
Dataset.from_list([{"clip": "a"}]).push_to_hub("org/x", "clips", split="test")
from huggingface_hub import HfApi
HfApi().create_tag("org/x", tag="v1", repo_type="dataset")
DatasetDict({"test": questions.select(range(3))}).push_to_hub("org/x", "questions")
pull = questions.select(range(1)).push_to_hub("org/x", "questions", split="test", create_pr=True)
print(json.dumps([pull.pr_revision]))
"""
LOAD = """
import json, sys
from datasets import load_dataset
def rows(config, **more):
    return len(list(load_dataset("org/x", config, split="test", **more)))
counts = [rows(config, streaming=streaming, revision=revision) for streaming in (False, True)
          for config in ("questions", "clips") for revision in (None, "v1", sys.argv[1])]
try:
    found = rows(None)
except ValueError as error:
    found = str(error)
print(json.dumps([counts, rows(None, revision="v1"), found]))
"""
PARTS = """
import json
from huggingface_hub import HfFileSystem
files = HfFileSystem()
with files.open("datasets/org/y@main/m/a.mp4", block_size=1000, cache_type="none") as file:
    file.seek(5_000)
    middle = file.read(100)
    file.seek(-10, 2)
    end = file.read()
size = files.info("datasets/org/y/m/a.mp4")["size"]
print(json.dumps([list(middle), list(end), size, files.ls("datasets/org/y/m", detail=False)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("redirect", [False, True], ids=["direct", "redirected"])
def test_what_is_pushed_is_loaded(tmp_path, redirect):
    """Two configs, a second push, a pull request, a tag; streaming and not; all private."""
    with hub.LocalHub(tmp_path / "hub", redirect_lfs=redirect) as running:
        running.organisation("org", members=["alice"])
        token = running.token("alice")
        (revision,) = hub.run_client(running.url, tmp_path / "push", PUSH, token=token)
        assert revision == "refs/pr/1"
        home = tmp_path / "load"
        counts, tagged, said = hub.run_client(running.url, home, LOAD, revision, token=token)
        assert counts == [3, 20, 1, 1, 1, 1] * 2
        # The documented trap: a second push rewrites the config's entry, and `default` is gone.
        assert tagged == 20
        assert said.startswith("Config name is missing")
        assert running.repository("org/x").private
        card = running.read("org/x", "README.md").decode()
        assert card.count("config_name:") >= 2
        # A stranger with an empty cache gets nothing, and no row goes over the wire.
        running.log.clear()
        said = "import datasets\ntry: datasets.load_dataset('org/x')\n"
        said += "except Exception as error: print('\"' + type(error).__name__ + '\"')"
        assert hub.run_client(running.url, tmp_path / "other", said) == "DatasetNotFoundError"
        assert running.log.sent(r"\.parquet$") == 0


def test_a_part_of_a_file_is_all_that_is_sent(local_hub, tmp_path):
    """HfFileSystem reads ranges; the log counts the bytes."""
    data = bytes(n % 251 for n in range(100_000))
    local_hub.commit("org/y", "alice", {"m/a.mp4": data})
    middle, end, size, listed = hub.run_client(local_hub.url, tmp_path, PARTS)
    assert (bytes(middle), bytes(end), size) == (data[5000:5100], data[-10:], 100_000)
    assert listed == ["datasets/org/y/m/a.mp4"]
    assert local_hub.log.sent(r"a\.mp4$") == 110
    ranges = [record.range for record in local_hub.log.records(r"a\.mp4$", "GET")]
    assert ranges == ["bytes=5000-5099", "bytes=99990-99999"]
