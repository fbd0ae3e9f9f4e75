"""The real Hub, for whoever has a token: publish there, and compare our stand-in with it.

Off by default. It needs two variables::

    SIGHTLINE_TEST_HUB=org/name-of-a-scratch-dataset HF_TOKEN=hf_... scripts/test -m network

The dataset is made private when it is not there; it is never deleted, and its content is replaced.
"""

import json
import os
import runpy
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

_TESTS = Path(__file__).parent
hub = runpy.run_path(str(_TESTS / "hub/load.py"))["hub"]
tiny = runpy.run_path(str(_TESTS / "tiny_streamgaze.py"))


def _asked_for():
    """The variable, as it was before conftest.py cleared all of ours from this process.

    Linux keeps the environment that a process was started with; elsewhere the one of conftest.py's
    parent cannot be seen, and the test is skipped.
    """
    try:
        started_with = Path("/proc/self/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    prefix = b"SIGHTLINE_TEST_HUB="
    return next((v[len(prefix) :].decode() for v in started_with if v.startswith(prefix)), None)


REAL = "https://huggingface.co"
REPOSITORY = _asked_for()
TOKEN = os.environ.get("HF_TOKEN")
pytestmark = [
    pytest.mark.network,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (REPOSITORY and TOKEN),
        reason="needs SIGHTLINE_TEST_HUB=org/name and HF_TOKEN (on Linux): see this file",
    ),
]
LOAD = """
import json, sys
from datasets import load_dataset
from huggingface_hub import HfApi, hf_hub_download
sha = HfApi().dataset_info(sys.argv[1]).sha
path = hf_hub_download(sys.argv[1], "build.json", revision=sha, repo_type="dataset")
rows = len(load_dataset(sys.argv[1], "questions", split="test", revision=sha))
print(json.dumps([sha, rows, json.load(open(path))]))
"""
HEADERS = ("X-Repo-Commit", "ETag", "X-Linked-Etag", "X-Linked-Size", "X-Error-Code")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are answers here."""

    def redirect_request(self, *_):
        """Follow none."""


def _ask(url, method, path, token, body=None):
    """Status, headers and body of one request."""
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url + path, data, headers, method=method)  # noqa: S310 (http)
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers, answer.read()


def _environment(url, home, token):
    """As the tests' clients; the real Hub gets its own large file protocol."""
    variables = hub.environment(url, home, token)
    if url == REAL:
        del variables["HF_HUB_DISABLE_XET"]
    return variables


def _publish(url, home, token, folder):
    """By our own command, with recordings, into a private dataset."""
    command = [sys.executable, "-m", "sightline.cli", "publish", str(folder), REPOSITORY]
    command += ["--include-media", "--private", "--overwrite"]
    environment = _environment(url, home, token)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert token not in done.stdout + done.stderr


def _loaded(url, home, token):
    """Commit, rows of the questions, and build.json, as a client gets them."""
    command = [sys.executable, "-c", LOAD, REPOSITORY]
    environment = _environment(url, home, token)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _shapes(url, token, video):
    """What a Hub answers to the calls of its clients: statuses, keys, and headers that are read."""
    api, place = f"/api/datasets/{REPOSITORY}", f"/datasets/{REPOSITORY}/resolve/main"
    info = json.loads(_ask(url, "GET", f"{api}?blobs=true", token)[2])
    tree = json.loads(_ask(url, "GET", f"{api}/tree/main?recursive=true", token)[2])
    refs = json.loads(_ask(url, "GET", f"{api}/refs", token)[2])
    asked = {"files": [{"path": "a.mp4", "size": 9, "sample": "AAAA"}]}
    upload = json.loads(_ask(url, "POST", f"{api}/preupload/main", token, asked)[2])
    heads = {}
    for path in ("README.md", "build.json", video, "there-is-no-such-file"):
        status, headers, _ = _ask(url, "HEAD", f"{place}/{path}", token)
        heads[path] = (status, {name for name in HEADERS if headers[name]})
    return {
        "info": set(info),
        "sibling": {key for one in info["siblings"] for key in one},
        "files": {row["path"]: (row["oid"], row["size"]) for row in tree if row["type"] == "file"},
        "row": {key for row in tree for key in row},
        "refs": set(refs),
        "mode": {key for one in upload["files"] for key in one},
        "heads": heads,
    }


def test_the_real_hub_takes_what_we_publish_and_our_stand_in_answers_like_it(tmp_path):
    """The same facts come back from both; whatever ours tells, the real one tells, too."""
    from streamgaze_task.builder import build

    tiny["make"](tmp_path / "release")
    folder = tmp_path / "built"
    build(tmp_path / "release", folder)
    video = next(folder.rglob("*.mp4")).relative_to(folder).as_posix()
    with hub.LocalHub(tmp_path / "hub", redirect_lfs=True) as running:
        token = running.token(REPOSITORY.split("/", maxsplit=1)[0])
        seen = {}
        for name, url, key in (("real", REAL, TOKEN), ("ours", running.url, token)):
            _publish(url, tmp_path / name, key, folder)
            seen[name] = (_loaded(url, tmp_path / f"{name}-load", key), _shapes(url, key, video))
    (_, rows, facts), real = seen["real"]
    (_, our_rows, our_facts), ours = seen["ours"]
    assert (rows, facts) == (our_rows, our_facts)
    built = json.loads((folder / "build.json").read_text())
    for name in built.keys() - {"files", "rows", "publication"}:
        assert facts[name] == built[name], name
    for name in ("info", "sibling", "row", "refs", "mode"):
        assert ours[name] <= real[name], name
    mine = {path: fact for path, fact in ours["files"].items() if path != ".gitattributes"}
    assert mine.items() <= real["files"].items()
    assert ours["heads"] == real["heads"]
