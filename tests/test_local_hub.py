"""The stand-in for the Hub, seen by the real huggingface_hub."""

import runpy
from pathlib import Path

import pytest

hub = runpy.run_path(str(Path(__file__).parent / "hub/load.py"))["hub"]

CLIENT = """
import json, os, sys, warnings
from pathlib import Path
from huggingface_hub import *
from huggingface_hub.errors import *
api = HfApi()
kind = {"repo_type": "dataset"}
def said(call, *arguments, **more):
    try:
        return repr(call(*arguments, **more))
    except Exception as error:  # which one it is, is what the test asks
        status = getattr(getattr(error, "response", None), "status_code", None)
        return [type(error).__name__, status, " ".join(str(error).split())]
def tell(*values):
    print(json.dumps(values))
"""
CARD = "---\nlicense: mit\n---\n\n# A dataset\n"


@pytest.fixture
def org(local_hub):
    """A Hub with an organisation of alice's, and two strangers."""
    local_hub.organisation("org", members=["alice"])
    local_hub.tokens = {name: local_hub.token(name) for name in ("alice", "bob")}
    local_hub.tokens["reader"] = local_hub.token("alice", role="read")
    return local_hub


def run(running, home, code, *arguments, user="alice", **more):
    """Code after the prelude, as a user (None: anonymous)."""
    token = running.tokens.get(user, user)
    whole = CLIENT + code
    return hub.run_client(running.url, home, whole, *arguments, token=token, **more)


def test_what_is_uploaded_is_what_is_downloaded(org, tmp_path):
    """Small and large files, a folder, an empty file, a name with a blank; sizes and digests."""
    folder = tmp_path / "folder"
    (folder / "media").mkdir(parents=True)
    (folder / "README.md").write_text(CARD)
    (folder / "media/a b.mp4").write_bytes(bytes(range(256)) * 5000)
    (folder / "empty.json").write_bytes(b"")
    code = """
api.create_repo("org/x", private=True, **kind)
first = api.upload_folder(repo_id="org/x", folder_path=sys.argv[1], **kind)
again = api.upload_folder(repo_id="org/x", folder_path=sys.argv[1], **kind)
one = hf_hub_download("org/x", "media/a b.mp4", **kind)
all_of_it = Path(snapshot_download("org/x", **kind))
info = api.dataset_info("org/x", files_metadata=True)
stored = vars(info).get("used_storage") or info.usedStorage
tell(first.oid, again.oid, Path(one).stat().st_size,
     sorted(p.relative_to(all_of_it).as_posix() for p in all_of_it.rglob("*") if p.is_file()),
     {s.rfilename: [s.size, s.lfs and s.lfs.sha256] for s in info.siblings},
     [info.sha, info.private, info.card_data.license, stored])
"""
    first, again, size, names, siblings, facts = run(org, tmp_path / "home", code, str(folder))
    files = org.files("org/x")
    assert first == again == org.head("org/x") == facts[0]
    assert size == 1_280_000
    assert names == [".gitattributes", "README.md", "empty.json", "media/a b.mp4"] == list(files)
    assert siblings["media/a b.mp4"] == [1_280_000, files["media/a b.mp4"]]
    assert siblings["README.md"] == [len(CARD), None]
    assert facts[1:3] == [True, "mit"]
    assert facts[3] == 1_280_000 + len(CARD) + siblings[".gitattributes"][0]
    assert org.read("org/x", "README.md").decode() == CARD
    # Once up, and once down each: the second upload and the snapshot's large file cost nothing.
    assert org.log.received(r"^/_lfs/") == org.log.sent(r"media/a b\.mp4$") == 1_280_000
    assert len(org.log.records(r"/commit/main$")) == 1


def test_names_of_revisions(org, tmp_path):
    """Branches, tags, full and short commits; what exists already or not is said as such."""
    code = """
api.create_repo("org/x", **kind)
first = api.upload_file(path_or_fileobj=b"1", path_in_repo="a/f.txt", repo_id="org/x", **kind).oid
api.create_tag("org/x", tag="v1", tag_message="one", **kind)
api.create_branch("org/x", branch="next", **kind)
second = api.upload_file(path_or_fileobj=b"2", path_in_repo="a/f.txt", repo_id="org/x",
                         revision="next", **kind).oid
texts = [Path(hf_hub_download("org/x", "a/f.txt", revision=r, **kind)).read_text()
         for r in ("main", "v1", "next", first, second)]
refs = api.list_repo_refs("org/x", **kind)
tell(first, second, texts, api.dataset_info("org/x", revision=second[:8]).sha,
     [[b.name, b.target_commit] for b in refs.branches],
     [[t.name, t.ref, t.target_commit] for t in refs.tags],
     [c.commit_id for c in api.list_repo_commits("org/x", revision="next", **kind)],
     said(api.create_tag, "org/x", tag="v1", **kind)[:2],
     said(api.create_branch, "org/x", branch="next", **kind)[:2],
     said(api.create_repo, "org/x", **kind)[:2],
     said(api.dataset_info, "org/x", revision="v9")[:2],
     said(api.delete_tag, "org/x", tag="v9", **kind)[:2],
     said(api.delete_branch, "org/x", branch="next", **kind),
     said(api.delete_tag, "org/x", tag="v1", **kind))
"""
    told = run(org, tmp_path / "home", code)
    first, second, texts, short, branches, tags, history, *refused = told
    assert texts == ["1", "1", "2", "1", "2"]
    assert short == second
    assert branches == [["main", first], ["next", second]]
    assert tags == [["v1", "refs/tags/v1", first]]
    assert history[:2] == [second, first]
    assert len(history) == 3
    exists, unknown = ["HfHubHTTPError", 409], ["RevisionNotFoundError", 404]
    assert refused == [exists, exists, exists, unknown, unknown, "None", "None"]
    assert org.repository("org/x").tags == {}


def test_who_may_do_what(org, tmp_path):
    """Wrong, expired, read-only, foreign and no tokens, with public and private repositories."""
    org.commit("org/open", "alice", {"f.txt": b"1"})
    org.commit("org/closed", "alice", {"f.txt": b"1"})
    org.repository("org/closed").private = True
    code = """
def write(name):
    return api.upload_file(path_or_fileobj=b"2", path_in_repo="g", repo_id=name, **kind)
tell(said(whoami), *[said(call, name) for name in ("org/open", "org/closed", "org/absent")
     for call in (api.dataset_info, write)], said(api.create_repo, "org/new", **kind))
"""
    expired = org.token("alice")
    org.revoke(expired)
    seen = {}
    for user in ("reader", "bob", None, "hf_wrong", expired):
        told = run(org, tmp_path / f"home-{user}", code, user=user)
        seen[user] = [one[:2] if isinstance(one, list) else "yes" for one in told]
    no, gone, lost = "HfHubHTTPError", ["RepositoryNotFoundError", 404], "RepositoryNotFoundError"
    forbidden, refused, unknown = [no, 403], [no, 401], [lost, 401]
    reader = ["yes", "yes", forbidden, "yes", forbidden, gone, gone, forbidden]
    assert seen["reader"] == reader
    assert seen["bob"] == ["yes", "yes", forbidden, gone, gone, gone, gone, forbidden]
    # Nobody is not told whether a repository is private or absent.
    assert seen[None][0] == ["LocalTokenNotFoundError", None]
    assert seen[None][1:7] == ["yes", unknown, unknown, unknown, unknown, unknown]
    assert seen[None][7] == refused
    for token in ("hf_wrong", expired):
        assert seen[token] == [refused] * 8
    assert org.files("org/open").keys() == {".gitattributes", "f.txt"}


def test_a_gated_dataset_opens_to_whoever_was_let_in(org, tmp_path):
    """401 for nobody, 403 for a stranger, files for members and the one who was granted."""
    org.commit("org/gated", "alice", {"f.txt": b"1"})
    code = 'api.update_repo_settings("org/gated", gated="manual", **kind); tell(1)'
    run(org, tmp_path / "settings", code)
    code = """
tell(said(hf_hub_download, "org/gated", "f.txt", **kind)[:2],
     said(api.dataset_info, "org/gated")[:2] == "Da", said(api.auth_check, "org/gated", **kind)[:2])
"""
    refused = "GatedRepoError"
    assert run(org, tmp_path / "a", code, user=None) == [[refused, 401], True, [refused, 401]]
    assert run(org, tmp_path / "b", code, user="bob") == [[refused, 403], True, [refused, 403]]
    assert run(org, tmp_path / "c", code, user="reader")[1:] == [True, "No"]
    run(org, tmp_path / "d", 'tell(said(api.grant_access, "org/gated", "bob", **kind))')
    assert run(org, tmp_path / "e", code, user="bob")[1:] == [True, "No"]


def test_a_commit_is_all_or_nothing(org, tmp_path):
    """A bad card, a path that git cannot have, an absent file to delete: nothing of it is there."""
    org.commit("org/x", "alice", {"a.txt": b"1", "d/b.txt": b"2", "d/c.txt": b"3"})
    before = org.head("org/x")
    code = """
def commit(*operations, **more):
    return api.create_commit("org/x", operations, commit_message="m", **kind, **more).oid
good = CommitOperationAdd("good.txt", b"x")
class Raw(CommitOperationAdd):
    def __post_init__(self):
        self.upload_info = CommitOperationAdd("x", self.path_or_fileobj).upload_info
tell(said(commit, good, CommitOperationAdd("README.md", b"---\\na: 1\\na: 2\\n---\\n")),
     said(commit, good, CommitOperationDelete("none.txt")),
     said(commit, good, CommitOperationDelete("none/")),
     said(commit, good, CommitOperationAdd("a.txt/x", b"1")),
     said(commit, good, Raw("../up.txt", b"1")),
     said(commit, good, parent_commit="0" * 40))
"""
    card, absent, folder, inside, up, parent = run(org, tmp_path / "home", code)
    assert card[:2] == ["ValueError", None]
    assert "duplicated mapping key: a" in card[2]
    assert absent[:2] == folder[:2] == ["RemoteEntryNotFoundError", 404]
    assert inside[:2] == up[:2] == ["BadRequestError", 400]
    assert parent[:2] == ["HfHubHTTPError", 412]
    assert "A commit has happened since" in parent[2]
    assert org.head("org/x") == before
    code = """
copied = api.create_commit("org/x", [CommitOperationDelete("d/"), CommitOperationAdd("v.mp4", b"v"),
    CommitOperationCopy("a.txt", "copy.txt")], commit_message="m",
    parent_commit=sys.argv[1], **kind)
api.create_commit("org/x", [CommitOperationCopy("v.mp4", "w.mp4")], commit_message="m", **kind)
tell(copied.oid)
"""
    run(org, tmp_path / "home", code, before)
    files = org.files("org/x")
    assert set(files) == {".gitattributes", "a.txt", "copy.txt", "v.mp4", "w.mp4"}
    assert files["v.mp4"] == files["w.mp4"]


def test_a_pull_request_is_merged_over_what_main_became(org, tmp_path):
    """A stranger's; the other changes of main stay, a clash is refused, the discussion tells it."""
    org.commit("org/x", "alice", {"a.txt": b"1", "b.txt": b"1", "c.txt": b"1"})
    code = """
def propose(**files):
    add, delete = CommitOperationAdd, CommitOperationDelete
    operations = [add(f"{n}.txt", t.encode()) if t else delete(f"{n}.txt")
                  for n, t in files.items()]
    return api.create_commit("org/x", operations, commit_message="p", create_pr=True, **kind)
one, two = propose(a="2", b=""), propose(c="2")
more = api.upload_file(path_or_fileobj=b"3", path_in_repo="n.txt", repo_id="org/x",
                       revision=one.pr_revision, **kind)
tell(one.pr_num, two.pr_num, one.pr_revision, more.oid,
     said(api.merge_pull_request, "org/x", 1, **kind))
"""
    one, two, revision, last, refused = run(org, tmp_path / "bob", code, user="bob")
    assert (one, two, revision) == (1, 2, "refs/pr/1")
    assert refused[:2] == ["HfHubHTTPError", 403]
    assert org.head("org/x", "refs/pr/1") == last
    assert org.read("org/x", "a.txt") == b"1"
    org.commit("org/x", "alice", {"c.txt": b"9"})
    code = """
listed = [[d.num, d.status, d.author] for d in api.get_repo_discussions("org/x", **kind)]
api.comment_discussion("org/x", 1, "good", **kind)
api.merge_pull_request("org/x", 1, **kind)
clash = said(api.merge_pull_request, "org/x", 2, **kind)
found = api.get_discussion_details("org/x", 2, **kind).conflicting_files
api.change_discussion_status("org/x", 2, "closed", **kind)
one = api.get_discussion_details("org/x", 1, **kind)
tell(listed, clash, found, one.status, one.merge_commit_oid, [e.type for e in one.events],
     api.get_discussion_details("org/x", 2, **kind).status)
"""
    listed, clash, found, status, merged, events, closed = run(org, tmp_path / "alice", code)
    assert listed == [[2, "open", "bob"], [1, "open", "bob"]]
    assert clash[:2] == ["HfHubHTTPError", 409]
    assert (found, status, merged) == (["c.txt"], "merged", org.head("org/x"))
    assert events == ["comment", "commit", "commit", "comment", "status-change"]
    assert closed == "closed"
    assert set(org.files("org/x")) == {".gitattributes", "a.txt", "c.txt", "n.txt"}
    assert (org.read("org/x", "a.txt"), org.read("org/x", "c.txt")) == (b"2", b"9")


def test_an_owner_s_room_is_finite(org, tmp_path):
    """What does not fit is refused before it is sent, and nothing of it is committed."""
    org.commit("org/x", "alice", {"f.txt": b"1"})
    org.quota("org", 50_000)
    code = """
def put(path, size):
    return said(api.upload_file, path_or_fileobj=b"v" * size, path_in_repo=path, repo_id="org/x",
                **kind)
tell(put("v.mp4", 60_000), put("t.txt", 60_000), put("w.mp4", 20_000)[:2])
"""
    large, small, fits = run(org, tmp_path / "home", code)
    for refused in (large, small):
        assert refused[:2] == ["HfHubHTTPError", 403]
        assert "storage limit reached" in refused[2]
    assert fits[:2] == "Co"
    assert org.log.received(r"^/_lfs/") == 20_000
    assert set(org.files("org/x")) == {".gitattributes", "f.txt", "w.mp4"}


def test_models_and_spaces_too(org, tmp_path):
    """The same name in three kinds; deletion takes one of them."""
    code = """
for kind in ("model", "dataset", "space"):
    more = {"space_sdk": "static"} if kind == "space" else {}
    api.create_repo("org/x", repo_type=kind, **more)
    api.upload_file(path_or_fileobj=kind.encode(), path_in_repo="f.bin", repo_id="org/x",
                    repo_type=kind)
texts = [Path(hf_hub_download("org/x", "f.bin", repo_type=kind)).read_text()
         for kind in ("model", "dataset", "space")]
api.delete_repo("org/x", repo_type="dataset")
tell(texts, said(api.dataset_info, "org/x")[:2], api.model_info("org/x").id,
     [m.id for m in api.list_models(author="org")], [d.id for d in api.list_datasets(author="org")])
"""
    texts, gone, *rest = run(org, tmp_path / "home", code)
    assert texts == ["model", "dataset", "space"]
    assert gone == ["RepositoryNotFoundError", 404]
    assert rest == ["org/x", ["org/x"], []]


def test_a_failed_download_can_fall_back_to_the_cache_in_silence(org, tmp_path):
    """The documented trap: a client that has an older copy does not say that the Hub refused."""
    first = org.commit("org/x", "alice", {"f.txt": b"1"})
    code = 'tell(Path(hf_hub_download("org/x", "f.txt", **kind)).read_text())'
    assert run(org, tmp_path / "home", code) == ["1"]
    org.commit("org/x", "alice", {"f.txt": b"2"})
    org.repository("org/x").private = True
    code = """
tell(said(hf_hub_download, "org/x", "f.txt", **kind), said(snapshot_download, "org/x", **kind))
"""
    fresh = run(org, tmp_path / "fresh", code, user=None)
    assert [one[:2] for one in fresh] == [["RepositoryNotFoundError", 401]] * 2
    # The same refusals, but with an older copy at hand: both give it, and no word of refusal.
    for path in run(org, tmp_path / "home", code, user=None):
        assert f"snapshots/{first}" in path
