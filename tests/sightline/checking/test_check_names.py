"""Which files may be in a dataset's folder, and what may stand in its texts."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.checking import names
from sightline.checking.opened import open_dataset
from sightline.progress import Silent
from sightline.wording import short, shown


@pytest.fixture
def folder(built, tmp_path):
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(built, tmp_path / "dataset"))


def found(folder):
    """Place -> (severity, what) of all findings."""
    findings = list(names.check(open_dataset(folder), Silent()))
    assert len({(one.where, one.what) for one in findings}) == len(findings)
    return {one.where: (one.severity, one.what) for one in findings}


def test_a_built_dataset_has_nothing_to_mend(built):
    """Not even a note."""
    assert found(built) == {}


@pytest.mark.parametrize(
    ("name", "severity", "words"),
    [
        ("dataset.py", "error", "loading script"),
        ("anything.py", "error", "loading script"),
        ("tools/make.py", "warning", "needs no Python"),
        ("dataset_infos.json", "error", "stale"),
        ("questions/dataset_info.json", "error", "save_to_disk"),
        ("dataset_dict.json", "error", "save_to_disk"),
        ("questions/state.json", "error", "save_to_disk"),
        (".huggingface.yaml", "error", "second front matter"),
        ("questions/data-00000-of-00001.arrow", "error", "Arrow"),
        ("videos.zip", "error", "archive"),
        ("videos.tar.gz", "error", "archive"),
        ("media/more.tar", "warning", "archive"),
        ("README.md.unfinished", "warning", "unfinished"),
        ("media/videos/a.mp4.partial", "warning", "unfinished"),
        ("media/.DS_Store", "warning", "left behind"),
        ("Thumbs.db", "warning", "left behind"),
        (".env", "error", "secrets"),
        ("media/server.pem", "error", "secrets"),
        ("id_rsa", "error", "secrets"),
        ("hf_token.txt", "error", "secrets"),
        ("media/token", "error", "secrets"),
    ],
)
def test_files_that_must_not_be_there(folder, name, severity, words):
    """Each by its name, wherever it lies."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"x")
    assert found(folder)[name][0] == severity
    assert words in found(folder)[name][1]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("media/00:06.jpg", "Windows forbids :"),
        ("media/a\\b.mp4", "Windows forbids \\"),
        ("media/what?.mp4", "Windows forbids ?"),
        ("media/end.", "dot or a space"),
        ("media/end ", "dot or a space"),
        ("media/ begin.mp4", "begins with a space"),
        ("media/con.mp4", "device"),
        ("media/COM1", "device"),
        ("media/" + "é" * 130, "260 bytes"),
        ("media/e\u0301.mp4", "NFC"),
        ("media/abc\u202egpj.mp4", "invisible"),
        ("media/line\nbreak.mp4", "invisible"),
        ("media/\x1b[2Jx.mp4", "invisible"),
    ],
)
def test_names_that_do_not_work_everywhere(built, name, words):
    """By the name alone, as some cannot be made on every disk."""
    opened = open_dataset(built)
    with_it = replace(opened, files={**opened.files, name: 1})
    (finding,) = names.check(with_it, Silent())
    assert finding.severity == "error"
    assert words in finding.what
    assert finding.where.isprintable()
    assert finding.line().isprintable()


def test_a_name_that_is_no_utf8_is_told_and_not_printed(folder):
    """As Linux allows; the report itself is UTF-8."""
    raw = os.fsencode(folder / "media") + b"/bad\xff.mp4"
    with open(raw, "wb"):  # noqa: PTH123 (bytes)
        pass
    (finding,) = names.check(open_dataset(folder), Silent())
    assert "no UTF-8" in finding.what
    finding.line().encode("utf-8")


def test_a_bad_folder_is_told_once(built):
    """And not for each file in it."""
    opened = open_dataset(built)
    many = {f"media/a:b/{i}.mp4": 1 for i in range(50)}
    (finding,) = names.check(replace(opened, files={**opened.files, **many}), Silent())
    assert finding.where == "media/a:b"


def test_names_that_differ_in_case_alone(built):
    """Files, and folders, of which only the folders are told."""
    opened = open_dataset(built)
    more = {
        "media/A.mp4": 1,
        "media/a.mp4": 1,
        "Videos/test-00000-of-00001.parquet": 1,
        "STRASSE": 1,
        "straße": 1,
    }
    findings = names.check(replace(opened, files={**opened.files, **more}), Silent())
    assert {one.where for one in findings} == {"media/A.mp4", "Videos", "STRASSE"}


def test_links_and_special_files_are_errors(folder):
    """A repository holds neither; a link could show what lies outside."""
    (folder / "media" / "link.mp4").symlink_to("/etc/passwd")
    (folder / "outside").symlink_to(folder.parent, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    held = found(folder)
    assert set(held) == {"media/link.mp4", "outside", "pipe"}
    assert {severity for severity, _ in held.values()} == {"error"}


def test_what_tools_leave_behind_is_one_finding_a_folder(folder):
    """However many files are in it."""
    for name in (
        ".git/objects/aa",
        ".git/HEAD",
        ".cache/huggingface/x.lock",
        "a/__pycache__/b.pyc",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    held = found(folder)
    assert {where: severity for where, (severity, _) in held.items()} == dict.fromkeys(
        (".git/", ".cache/", "a/__pycache__/"), "warning"
    )
    assert "2 file(s)" in held[".git/"][1]


def test_the_hubs_limits(built):
    """Fewer than so many entries in a folder, files in all and bytes in one."""
    opened = open_dataset(built)
    many = {f"media/f{i // 5000}/{i}.jpg": 1 for i in range(names.MAX_FILES)}
    crowded = {f"media/g/{i}.jpg": 1 for i in range(names.MAX_IN_FOLDER)}
    large = {"media/large.mp4": names.MAX_BYTES}
    fine = {f"media/h/{i}.jpg": 1 for i in range(names.MAX_IN_FOLDER - 1)}
    files = {**opened.files, **many, **crowded, **large, **fine}
    findings = list(names.check(replace(opened, files=files), Silent()))
    assert {one.where for one in findings} == {"", "media/g/", "media/large.mp4"}
    assert {one.severity for one in findings} == {"error"}


TOKEN = "hf_" + "aB3" * 12


@pytest.mark.parametrize("name", ["README.md", "eval.yaml", "croissant.json", "NOTICE"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"token: {TOKEN}", "a token of the Hub"),
        (f'"url": "https://user:{TOKEN}@huggingface.co"', "a token of the Hub"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("built in /home/somebody/data", "path of a machine"),
        ('"cache": "/home/me/.cache"', "path of a machine"),
        ("C:\\Users\\Me\\data", "path of a machine"),
        ("see file:///data/x", "path of a machine"),
    ],
)
def test_texts_hold_no_secret_and_no_machine(folder, name, text, words):
    """The line is told, and what stands there is not repeated."""
    before = (folder / name).read_text() if (folder / name).exists() else "\n"
    (folder / name).write_text(f"{before}\n{text}\n", encoding="utf-8")
    line = before.count("\n") + 2
    findings = [one for one in names.check(open_dataset(folder), Silent()) if words in one.what]
    assert [one.where for one in findings] == [f"{name}:{line}"]
    assert TOKEN not in findings[0].line()
    assert "somebody" not in findings[0].line()


def test_the_folders_own_path_is_a_machines_path(folder):
    """Wherever it lies."""
    text = f"{(folder / 'README.md').read_text()}\nRun it on {folder.resolve()}.\n"
    (folder / "README.md").write_text(text.replace(f"{folder.resolve()}.", f"{folder.resolve()} x"))
    assert len(found(folder)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/home/page and media/videos/tmp/x.mp4",
        "`hf_transfer` and hf_xet and /data and and/or",
        "hf_" + "a" * 29,
        "hf://datasets/org/name/home/x",
    ],
)
def test_texts_that_are_fine(folder, text):
    """Addresses, relative paths, names of packages."""
    (folder / "README.md").write_text(f"{(folder / 'README.md').read_text()}\n{text}\n")
    assert found(folder) == {}


@given(st.text())
def test_any_text_can_be_shown(text):
    """In one line of UTF-8 that a terminal only prints."""
    assert shown(text).isprintable()
    assert short(text).isprintable()
    assert len(shown(text, 40)) <= 40 * 10


@given(st.recursive(st.one_of(st.none(), st.integers(), st.text()), st.lists, max_leaves=20))
def test_any_value_can_be_shown(value):
    """Numbers of a million digits among them."""
    assert short(value).isprintable()
    assert short([value, 10**5000]).isprintable()
