"""Packages that were made to harm or to lie: each is refused with its reason, and runs nothing."""

from __future__ import annotations

import argparse
import io
import json
import os
import pickle
import runpy
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from sightline.leaderboard.checks import check_command

TOYS = runpy.run_path(str(Path(__file__).with_name("toy_packages.py")))
ToyPackage = TOYS["ToyPackage"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the checker's dataset, where the toy is the only benchmark."""
    TOYS["TOY"]["register"](monkeypatch)
    TOYS["make_dataset"](tmp_path / "dataset")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments):
    """Run the command; its exit status."""
    parser = argparse.ArgumentParser()
    check_command.add(parser.add_subparsers())
    parsed = parser.parse_args(["check", *map(str, arguments)])
    return parsed.run(parsed)


def snapshot(folder):
    """Every file with its size: what a check must leave as it is."""
    return {path: path.lstat().st_size for path in sorted(folder.rglob("*"))}


def changed(**paths):
    """A maker of packages whose manifest says something else, at ``a__b`` for a.b."""

    def make(package, folder):
        for path, value in paths.items():
            *above, last = path.split("__")
            part = package.manifest
            for key in above:
                part = part[key]
            part[last] = value
        return package.write(folder)

    return make


def text_changed(old, new):
    """A maker of packages whose manifest's text is another."""

    def make(package, folder):
        text = json.dumps(package.manifest)
        assert old in text
        return package.write(folder, manifest=text.replace(old, new, 1).encode())

    return make


def lines_changed(change, *, rescored=False):
    """A maker of packages with other lines, sealed again as a forger would."""

    def make(package, folder):
        change(package.lines)
        if rescored:
            package.rescore()
        package.seal()
        return package.write(folder)

    return make


def responses(data):
    """A maker of packages with other bytes as responses, sealed again."""

    def make(package, folder):
        package.seal(data)
        return package.write(folder, responses=data)

    return make


def zipped(edit):
    """A maker of zips with more in them."""

    def make(package, folder):
        path = package.zip(folder.with_suffix(".zip"))
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            edit(archive)
        return path

    return make


def member(name, data=b"x", mode=None):
    """An edit that adds a member."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    if mode is not None:
        info.create_system, info.external_attr = 3, mode << 16
    return zipped(lambda archive: archive.writestr(info, data))


def nested_zip(archive):
    """An edit that puts a zip into the zip."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as inside:
        inside.writestr("submission.json", "{}")
    archive.writestr("more.zip", inner.getvalue())


def encrypted(package, folder):
    """A zip whose members are marked as encrypted."""
    path = package.zip(folder.with_suffix(".zip"))
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    path.write_bytes(data)
    return path


def lying_bomb(package, folder):
    """A zip that says it unpacks to 200 GB."""
    path = package.zip(folder.with_suffix(".zip"))
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 4)
    data[at + 24 : at + 28] = struct.pack("<I", 0xFFFFFFF0)
    path.write_bytes(data)
    return path


def twice_in_zip(archive):
    """An edit that adds a second manifest."""
    with pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("submission.json", "{}")


def many_members(archive):
    """An edit that adds 3,000 empty members."""
    for number in range(3000):
        archive.writestr(f"{number}", b"")


def linked_file(package, folder):
    """A folder whose responses are a link to a file outside."""
    package.write(folder)
    secret = folder.with_name("secret.txt")
    secret.write_text("secret words")
    (folder / "responses.jsonl").unlink()
    (folder / "responses.jsonl").symlink_to(secret)
    return folder


def linked_package(package, folder):
    """A link to a package."""
    folder.symlink_to(package.write(folder.with_name("real")))
    return folder


def pipe(package, folder):
    """A folder whose responses are a pipe, from which reading never returns."""
    package.write(folder)
    (folder / "responses.jsonl").unlink()
    os.mkfifo(folder / "responses.jsonl")
    return folder


def extra_file(package, folder):
    """A folder with a script beside the two files."""
    package.write(folder)
    (folder / "run.sh").write_text(f"#!/bin/sh\ntouch {folder.with_name('ran')}\n")
    (folder / "run.sh").chmod(0o755)
    return folder


def plain_file(data):
    """A maker of files that are no zips."""

    def make(_package, folder):
        folder.write_bytes(data)
        return folder

    return make


def cut_zip(package, folder):
    """A zip that was not fetched to its end."""
    path = package.zip(folder.with_suffix(".zip"))
    path.write_bytes(path.read_bytes()[:-40])
    return path


def empty_zip(_package, folder):
    """A zip with nothing in it."""
    with zipfile.ZipFile(folder, "w"):
        return folder


class Trap:
    """What unpickles into a new file."""

    def __reduce__(self):
        return (os.system, ("touch ran",))


HUGE = "x" * 10_000_000
DEEP = "[" * 1_000_000
FORGED = 99.9
ONE_LINE = b'{"question_id": "q-0", "response": "A", "error": null, "details": {"n": %s}}\n'

HOSTILE = {
    # Files that harm.
    "path out of the zip": (member("../../evil.txt"), "leaves its folder by '..'"),
    "absolute path": (member("/evil/evil.txt"), "is absolute"),
    "drive letter": (member("C:/evil.txt"), "starts with a drive letter"),
    "symbolic link in a zip": (
        member("responses.txt", b"/etc/passwd", stat.S_IFLNK | 0o777),
        "a symbolic link",
    ),
    "symbolic link in a folder": (linked_file, "is a link"),
    "symbolic link as package": (linked_package, "is a link"),
    "pipe": (pipe, "must be a plain file"),
    "bomb": (zipped(lambda z: z.writestr("README.md", b"0" * 40_000_000)), "a zip bomb"),
    "bomb by its header": (lying_bomb, "unpacks to 4,294,967,280 bytes"),
    "zip in a zip": (zipped(nested_zip), "an archive inside of an archive"),
    "encrypted": (encrypted, "is encrypted"),
    "a member twice": (zipped(twice_in_zip), "more than once"),
    "other case": (member("Submission.JSON"), "differs from one of ours in upper and lower case"),
    "executable in a zip": (member("run.sh", b"#!/bin/sh\ntouch ran\n", 0o100755), "run.sh"),
    "executable in a folder": (extra_file, "run.sh"),
    "thousands of members": (zipped(many_members), "lists far more members"),
    "empty zip": (empty_zip, "is not in the package"),
    "cut zip": (cut_zip, "whole zip file"),
    "no zip": (plain_file(b"#!/bin/sh\ntouch ran\n"), "whole zip file"),
    "empty file": (plain_file(b""), "whole zip file"),
    # Texts that harm.
    "10 MB string in the manifest": (changed(notes=HUGE), "is longer than 4,194,304 bytes"),
    "2 MB string in the manifest": (changed(notes=HUGE[:2_000_000]), "2,000,000 characters"),
    "10 MB string in a response": (
        lines_changed(lambda lines: lines[0].update(response=HUGE)),
        "is longer than 2,097,152 bytes",
    ),
    "deep JSON": (text_changed('"notes": ""', f'"notes": {DEEP}'), "nested more than 50 deep"),
    "deep JSON in a response": (responses(ONE_LINE % DEEP.encode()), "nested more than 50 deep"),
    "60 deep": (responses(ONE_LINE % (b"[" * 60 + b"]" * 60)), "nested more than 50 deep"),
    "a key twice": (text_changed('"notes"', '"benchmark": "x", "notes"'), "'benchmark' more than"),
    "a million keys": (
        responses(ONE_LINE % (b"{" + b",".join([b'"a":1'] * 300_000) + b"}")),
        "'a' more than once",
    ),
    "NaN": (text_changed('"wall_seconds": 60.5', '"wall_seconds": NaN'), "the number NaN"),
    "Infinity": (
        text_changed('"wall_seconds": 60.5', '"wall_seconds": -Infinity'),
        "the number -Infinity",
    ),
    "1e999": (text_changed('"wall_seconds": 60.5', '"wall_seconds": 1e999'), "which is too large"),
    "huge whole number": (
        text_changed('"wall_seconds": 60.5', f'"wall_seconds": {"9" * 3_000_000}'),
        "a whole number of more than 20 digits",
    ),
    "byte order mark": (responses(b"\xef\xbb\xbf" + ONE_LINE % b"1"), "byte order mark"),
    "UTF-16": (responses((ONE_LINE % b"1").decode().encode("utf-16")), "byte order mark"),
    "no UTF-8": (responses(b'{"question_id": "\xff\xfe"}\n'), "is not UTF-8 (at byte 17)"),
    "half a surrogate pair": (responses(ONE_LINE % b'"\\ud800"'), "half of a surrogate pair"),
    "pickle": (responses(pickle.dumps(Trap())), "is not"),
    "a crowd of details": (
        responses(ONE_LINE % (b"[" + b",".join([b"{}"] * 30_000) + b"]")),
        "must hold at most 2,000 values",
    ),
    "no object": (responses(b"[1, 2]\n"), "must be an object, but is list"),
    "script in the model's name": (
        changed(model__name="<script>alert(1)</script>/x"),
        "must be named ORG/NAME",
    ),
    "path in the model's name": (changed(model__name="../../etc"), "must be named ORG/NAME"),
    "turned name": (changed(model__name="org/\u202egnp"), "invisible character U+202E"),
    "escape sequence in a note": (changed(notes="\x1b[2Jgone"), "invisible character U+001B"),
    "script as address": (changed(model__url="javascript:alert(1)"), "must be an address"),
    # Packages that lie.
    "forged score": (changed(scores__overall__accuracy=FORGED), "must be 83.3333, which follows"),
    "forged slice": (
        changed(scores__slices__kind__moving__right=2),
        "scores.slices.kind.moving.right: must be 3",
    ),
    "more scores": (changed(scores__bonus=99.0), "must not be there"),
    "no scores": (changed(scores={}), "but is missing"),
    "changed response": (
        lambda package, folder: package.write(
            folder, responses=package.encoded().replace(b"I think C", b"I think D")
        ),
        "responses.sha256",
    ),
    "changed response, sealed again": (
        lines_changed(lambda lines: lines[0].update(response="Answer: D")),
        "scores.overall.right: must be 4, which follows",
    ),
    "wrong answers left out": (lines_changed(lambda lines: lines.pop(0)), "overall.missing"),
    "ids twice": (
        lines_changed(lambda lines: lines.append(dict(lines[0]))),
        "1 questions have more than one response: q-0 (2 times)",
    ),
    "unknown ids": (
        lines_changed(lambda lines: lines[5].update(question_id="q-66")),
        "1 responses are to questions that the setting does not have: q-66",
    ),
    "no responses": (responses(b""), "none of the 6 questions has a response"),
    "declared outcome": (
        lines_changed(lambda lines: lines[0]["details"].update(outcome="wrong")),
        "details.outcome of 1 responses do not follow",
    ),
    "other revision": (changed(dataset__revision="main"), "must be a commit of 40 hex digits"),
    "other questions": (
        changed(dataset__checksums={"questions/test-00000-of-00001.parquet": "0" * 64}),
        "the questions are others",
    ),
    "fewer questions": (changed(dataset__questions=5), "dataset.questions: must be 6"),
    "negative count": (changed(responses__count=-1), "responses.count"),
    "negative tokens": (changed(run__tokens={"input": -5, "output": 1}), "must not be negative"),
    "true as a number": (changed(protocol__version=True), "protocol.version (True) must be 1"),
    "later schema": (changed(schema_version=2), "must be 1, but is 2"),
    "later protocol": (changed(protocol__version=7), "protocol of Toy is version 7"),
    "unknown benchmark": (changed(benchmark="../toy"), "benchmark ('../toy') must be one of: toy"),
    "unknown setting": (changed(setting="toy_huge"), "setting ('toy_huge') of Toy must be one of"),
    "list as setting": (changed(setting=["toy_plain"]), "must be one of: toy_plain, toy_wide"),
    "another setting's run": (changed(setting="toy_wide"), "details.protocol of 6 responses"),
    "run of tomorrow": (changed(run__date="2036-01-01T00:00:00+00:00"), "lies in the future"),
    "run id of another": (changed(run__id="20261121-233055-00000000"), "first 8 digits"),
    "another day's run id": (
        lambda package, folder: changed(
            run__id="20251121-233055-" + package.manifest["responses"]["sha256"][:8]
        )(package, folder),
        "must start with the day",
    ),
    "everything a text": (changed(model="x", dataset="x", run="x", scores="x"), "must be text"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_package_is_refused_with_its_reason(name, place, capsys):
    """Exit status 1, the reason in plain characters, and nothing written, run or changed."""
    make, reason = HOSTILE[name]
    package = make(ToyPackage(place / "dataset"), place / "hostile")
    before = snapshot(place)

    status = check(package, "--dataset", "dataset")

    told = capsys.readouterr().out
    assert status == 1
    assert reason in told
    assert ": refused;" in told
    assert "cannot be checked to the end" not in told
    assert told.replace("\n", "").isprintable()
    assert max(map(len, told.splitlines())) < 2000
    assert snapshot(place) == before


@pytest.mark.parametrize("form", ["write", "zip"])
def test_a_good_package_passes_in_both_forms(form, place, capsys):
    """The same package, unharmed: no error, and it may become an entry."""
    package = getattr(ToyPackage(place / "dataset"), form)(place / "good.zip")

    assert check(package, "--dataset", "dataset") == 0

    told = capsys.readouterr().out
    assert "error" not in told
    assert "good.zip: may become an entry; nothing to mend" in told


def test_a_hostile_package_does_not_end_the_check_of_the_others(place, capsys):
    """The good one after it is still looked at, and the exit status tells of the bad one."""
    bad = empty_zip(None, place / "bad")
    good = ToyPackage(place / "dataset").write(place / "good")

    assert check(bad, good, "--dataset", "dataset") == 1

    told = capsys.readouterr().out
    assert f"{bad}: refused; 2 errors" in told
    assert f"{good}: may become an entry" in told
