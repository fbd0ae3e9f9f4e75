"""The stand-in for the Hub, seen by a client that does nothing on its own."""

import base64
import hashlib
import json
import runpy
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

hub = runpy.run_path(str(Path(__file__).parent / "hub/load.py"))["hub"]
DATA = bytes(range(200))
BATCH = "/datasets/org/x.git/info/lfs/objects/batch"


@pytest.fixture
def org(local_hub):
    """A Hub with one dataset of alice's."""
    local_hub.organisation("org", members=["alice"])
    local_hub.alice = local_hub.token("alice")
    local_hub.commit("org/x", "alice", {"m/a.mp4": DATA, "a.txt": b"text", "e.txt": b""})
    return local_hub


def get(org, path, method="GET", **headers):
    """An anonymous request."""
    return hub.ask(org.url, method, path, **headers)


def lines(*operations, summary="m", **header):
    """The body of a commit."""
    head = {"key": "header", "value": {"summary": summary, **header}}
    rows = [{"key": key, "value": value} for key, value in operations]
    return "".join(json.dumps(row) + "\n" for row in [head, *rows]).encode()


def file(path, data):
    """A line that puts a small file."""
    return "file", {"path": path, "content": base64.b64encode(data).decode(), "encoding": "base64"}


def commit(org, body, path="/api/datasets/org/x/commit/main", token=None):
    """The answer to a commit."""
    return hub.ask(org.url, "POST", path, body, token=token or org.alice)


@given(first=st.integers(0, 260), last=st.none() | st.integers(0, 260))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_range_is_that_part_of_the_file(org, first, last):
    """206 with exactly these bytes, 416 beyond the end, all of it for what is no range."""
    wanted = f"bytes={first}-{'' if last is None else last}"
    reply = get(org, "/datasets/org/x/resolve/main/m/a.mp4", Range=wanted)
    end = len(DATA) if last is None else min(last + 1, len(DATA))
    if first >= len(DATA):
        assert (reply.status, reply.body) == (416, b"")
        assert reply.headers["Content-Range"] == f"bytes */{len(DATA)}"
    elif end <= first:
        assert (reply.status, reply.body) == (200, DATA)
    else:
        assert (reply.status, reply.body) == (206, DATA[first:end])
        assert reply.headers["Content-Range"] == f"bytes {first}-{end - 1}/{len(DATA)}"


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [
        ("bytes=-10", 206, DATA[-10:]),
        ("bytes=-900", 206, DATA),
        ("bytes=-0", 416, b""),
        ("bytes=0-1,5-6", 200, DATA),
        ("lines=1-2", 200, DATA),
        ("bytes=-", 200, DATA),
    ],
)
def test_other_ranges(org, wanted, status, body):
    """Suffixes; what is not understood is answered with the whole file."""
    reply = get(org, "/datasets/org/x/resolve/main/m/a.mp4", Range=wanted)
    assert (reply.status, reply.body) == (status, body)


def test_what_a_client_reads_from_the_headers(org):
    """Commit, digest by kind of file, size; also for what is not there."""
    large = get(org, "/datasets/org/x/resolve/main/m/a.mp4", "HEAD")
    assert (large.status, large.body) == (200, b"")
    assert large.headers["Content-Length"] == large.headers["X-Linked-Size"] == "200"
    sha256 = hashlib.sha256(DATA).hexdigest()
    assert large.headers["ETag"] == large.headers["X-Linked-Etag"] == f'"{sha256}"'
    small = get(org, "/datasets/org/x/resolve/main/a.txt")
    oid = hashlib.sha1(b"blob 4\0text", usedforsecurity=False).hexdigest()
    assert (small.headers["ETag"], small.headers["X-Linked-Etag"]) == (f'"{oid}"', None)
    absent = get(org, "/datasets/org/x/resolve/main/none.txt", "HEAD")
    assert (absent.status, absent.headers["X-Error-Code"]) == (404, "EntryNotFound")
    head = org.head("org/x")
    assert {r.headers["X-Repo-Commit"] for r in (large, small, absent)} == {head}
    revision = get(org, "/datasets/org/x/resolve/v9/a.txt", "HEAD")
    assert (revision.status, revision.headers["X-Error-Code"]) == (404, "RevisionNotFound")
    unknown = get(org, "/api/datasets/org/y")
    assert (unknown.status, unknown.headers["X-Error-Code"]) == (401, "RepoNotFound")
    assert get(org, "/api/nothing").status == 404
    assert get(org, "/api/datasets/org/x/settings", "POST").status == 405


def test_a_tree_comes_in_pages(org):
    """A thousand rows each on the real one; the pages together are the tree."""
    org.commit("org/x", "alice", {f"d/{n}/f.txt": b"1" for n in range(5)})
    for recursive, count in (("false", 5), ("true", 16)):
        org.tree_page, path, rows, pages = 4, "/api/datasets/org/x/tree/main", [], 0
        path += f"?recursive={recursive}"
        while path:
            reply = get(org, path)
            rows += reply.json()
            link = reply.headers["Link"] or ""
            path, pages = link.partition(">")[0].removeprefix(f"<{org.url}"), pages + 1
        assert len({row["path"] for row in rows}) == len(rows)
        assert pages == -(-len(rows) // 4)
        assert len(rows) == count
    inside = get(org, "/api/datasets/org/x/tree/main/" + quote("d/3", safe="")).json()
    assert [(row["type"], row["path"]) for row in inside] == [("file", "d/3/f.txt")]
    assert get(org, "/api/datasets/org/x/tree/main/none").status == 404
    org.tree_page = 1000
    expanded = get(org, "/api/datasets/org/x/tree/main?expand=true").json()
    by_path = {row["path"]: row["lastCommit"]["id"] for row in expanded}
    assert by_path["d"] == org.head("org/x") != by_path["m"]


@pytest.mark.parametrize("kind", ["form", "json"])
def test_paths_are_asked_for_as_a_form_or_as_json(org, kind):
    """Files and folders; what is not there is left out."""
    form = ("paths=a.txt&paths=m&paths=none", "application/x-www-form-urlencoded")
    given_json = (json.dumps({"paths": ["a.txt", "m", "none"]}), "application/json")
    body, content_type = form if kind == "form" else given_json
    path = "/api/datasets/org/x/paths-info/main"
    reply = hub.ask(org.url, "POST", path, body.encode(), Content_Type=content_type)
    rows = [(row["type"], row["path"]) for row in reply.json()]
    assert rows == [("file", "a.txt"), ("directory", "m")]


def test_how_a_file_is_to_be_sent(org):
    """By its ending, its size or its content; with what is there now, to skip what is the same."""
    files = [
        {"path": "m/a.mp4", "size": 200, "sample": ""},
        {"path": "a.txt", "size": 4, "sample": base64.b64encode(b"text").decode()},
        {"path": "new.json", "size": 11_000_000, "sample": ""},
        {"path": "new.dat", "size": 9, "sample": base64.b64encode(b"a\0b").decode()},
        {"path": "é.txt", "size": 600, "sample": base64.b64encode("é".encode() * 256).decode()},
        {"path": "empty.parquet", "size": 0, "sample": ""},
    ]
    path = "/api/datasets/org/x/preupload/main"
    told = hub.ask(org.url, "POST", path, {"files": files}, token=org.alice).json()["files"]
    modes = ["lfs", "regular", "lfs", "lfs", "regular", "regular"]
    assert [one["uploadMode"] for one in told] == modes
    oid = hashlib.sha1(b"blob 4\0text", usedforsecurity=False).hexdigest()
    assert [one.get("oid") for one in told[:3]] == [hashlib.sha256(DATA).hexdigest(), oid, None]
    org.commit("org/x", "alice", {".gitattributes": b"*.json filter=lfs -text\n"})
    files = [{"path": "q/a.json", "size": 4, "sample": ""}, {"path": "a.mp4", "size": 4}]
    told = hub.ask(org.url, "POST", path, {"files": files}, token=org.alice).json()["files"]
    assert [one["uploadMode"] for one in told] == ["lfs", "regular"]


def upload(org, data, *, announced=None):
    """Where a large file is to be sent."""
    objects = [{"oid": hashlib.sha256(announced or data).hexdigest(), "size": len(data)}]
    asked = {"operation": "upload", "objects": objects}
    return hub.ask(org.url, "POST", BATCH, asked, token=org.alice).json()["objects"][0]


def test_a_large_file_must_be_what_it_was_announced_as(org):
    """Other bytes, fewer bytes, no signature: refused, and still missing. Chunks are as good."""
    data = b"x" * 5000
    place = upload(org, data)["actions"]["upload"]["href"]
    assert hub.ask(org.url, "PUT", place, b"y" * 5000).status == 400
    assert hub.ask(org.url, "PUT", place, b"x" * 4999).status == 400
    assert hub.ask(org.url, "PUT", place.replace("signature=", "signature=0"), data).status == 403
    pointer = ("lfsFile", {"path": "v.mp4", "oid": upload(org, data)["oid"], "size": 5000})
    before = org.head("org/x")
    refused = commit(org, lines(file("b.txt", b"1"), pointer))
    assert (refused.status, org.head("org/x")) == (400, before)
    chunks = iter([data[:1], data[1:4000], data[4000:]])
    assert hub.ask(org.url, "PUT", place, chunks).status == 200
    assert "actions" not in upload(org, data)
    other_size = ("lfsFile", {"path": "v.mp4", "oid": pointer[1]["oid"], "size": 1})
    assert commit(org, lines(other_size)).status == 400
    assert commit(org, lines(file("b.txt", b"1"), pointer)).status == 200
    assert org.read("org/x", "v.mp4") == data
    # What another repository has is not there in this one.
    org.commit("org/y", "alice", {"z.mp4": b"z" * 99})
    assert "actions" in upload(org, b"z" * 99)
    objects = [{"oid": "no digest", "size": 1}, {"oid": pointer[1]["oid"], "size": 4999}]
    told = hub.ask(org.url, "POST", BATCH, {"objects": objects}, token=org.alice).json()["objects"]
    assert [one["error"]["code"] for one in told] == [422, 422]


def test_commits_that_git_could_not_have(org):
    """Each is a 400 and leaves nothing behind."""
    before = org.head("org/x")
    for path in ("../a", "/a", "a//b", "a/./b", ".git/config", "a.txt/b", ""):
        assert commit(org, lines(file(path, b"1"))).status == 400, path
    assert commit(org, lines(("file", {"path": "a", "content": "*"}))).status == 400
    assert commit(org, lines(file("a.txt", b"a" * 10_485_761))).status == 400
    assert commit(org, lines(("other", {"path": "a"}))).status == 400
    assert commit(org, lines(summary="")).status == 400
    assert commit(org, lines(), "/api/datasets/org/x/commit/none").status == 404
    assert org.head("org/x") == before
    # An empty commit is one, though the client never sends it.
    assert commit(org, lines()).status == 200
    assert org.head("org/x") != before
    stale = commit(org, lines(file("a.txt", b"2"), parentCommit=before))
    assert stale.status == 412


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("---\na: [1\n---\n", "bad YAML"),
        ("---\na: 1\na: 2\n---\n", "duplicated mapping key: a"),
        ("---\n- a\n---\n", "metadata is no mapping"),
        ("---\nlicense: MIT Licence!\n---\n", '"license" must be one of'),
        ("---\nconfigs:\n- config_name: a\n- config_name: a\n---\n", "names a config twice"),
        ("---\nconfigs: {a: b}\n---\n", '"configs" must be an array'),
        ("---\ntags: [1]\n---\n", '"tags" must be an array of strings'),
    ],
)
def test_a_card_that_is_none(org, card, said):
    """Validation and a commit say the same; nothing is committed."""
    before = org.head("org/x")
    checked = hub.ask(org.url, "POST", "/api/validate-yaml", {"content": card})
    assert checked.status == 400
    assert said in checked.json()["errors"][0]["message"]
    refused = commit(org, lines(file("README.md", card.encode())))
    assert (refused.status, org.head("org/x")) == (400, before)
    assert said in refused.json()["errors"][0]["message"]


def test_a_card_without_metadata_is_only_warned_about(org):
    """As is one whose metadata is empty; a good one passes in silence."""
    for card, warned in (("# Text\n", 1), ("---\n{}\n---\n", 1), ("---\nlicense: mit\n---\n", 0)):
        told = hub.ask(org.url, "POST", "/api/validate-yaml", {"content": card})
        assert (told.status, len(told.json()["warnings"])) == (200, warned)


def test_what_is_redirected_carries_no_token(tmp_path):
    """Large files at another host name, by an address that is enough; small ones nearby."""
    with hub.LocalHub(tmp_path / "hub", redirect_lfs=True) as running:
        running.commit("org/x", "alice", {"m/a b.mp4": DATA, "a.txt": b"text"})
        running.repository("org/x").private = True
        token = running.token("org")
        small = hub.ask(running.url, "GET", "/datasets/org/x/resolve/main/a.txt", token=token)
        assert small.status == 307
        assert small.headers["Location"].startswith("/api/resolve-cache/datasets/org/x/")
        assert hub.ask(running.url, "GET", small.headers["Location"]).status == 401
        assert hub.ask(running.url, "GET", small.headers["Location"], token=token).body == b"text"
        path = "/datasets/org/x/resolve/main/m/a%20b.mp4"
        large = hub.ask(running.url, "HEAD", path, token=token)
        assert (large.status, large.headers["X-Linked-Size"]) == (302, "200")
        assert large.headers["Location"].startswith(running.url.replace("127.0.0.1", "localhost"))
        there = hub.ask(running.url, "GET", large.headers["Location"], Range="bytes=5-9")
        assert (there.status, there.body) == (206, DATA[5:10])
        forged = large.headers["Location"][:-1] + "x"
        assert hub.ask(running.url, "GET", forged).status == 403
        code = """
import json
from huggingface_hub import hf_hub_download
path = hf_hub_download("org/x", "m/a b.mp4", repo_type="dataset")
print(json.dumps(list(open(path, "rb").read())))
"""
        assert hub.run_client(running.url, tmp_path, code, token=token) == list(DATA)
        assert [record.user for record in running.log.records("^/_cdn/")] == [None] * 3
