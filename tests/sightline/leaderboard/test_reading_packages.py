"""Reading packages and their JSON: bounds, every problem at once, and nothing raised."""

from __future__ import annotations

import json
import runpy
import string
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.leaderboard.checks import json_text, members, reading
from sightline.leaderboard.checks.json_text import BadJsonError, parse
from sightline.leaderboard.checks.reading import read_package

TOYS = runpy.run_path(str(Path(__file__).with_name("toy_packages.py")))
ToyPackage = TOYS["ToyPackage"]


@pytest.fixture
def package(tmp_path):
    """A good package in memory."""
    return ToyPackage(TOYS["make_dataset"](tmp_path / "dataset"))


def told(findings):
    """The findings as lines."""
    return [one.line() for one in findings]


@pytest.mark.parametrize("form", ["write", "zip"])
def test_a_good_package_is_read_as_it_was_written(form, package, tmp_path):
    """Manifest and responses, in order, with everything in them."""
    read, found = read_package(getattr(package, form)(tmp_path / "package"))

    assert found == []
    assert read.manifest == package.manifest
    assert [vars(one) for one in read.responses] == package.lines


def test_a_readme_may_stand_beside_the_two_files(package, tmp_path):
    """It is not read; what a computer drops into folders of a zip is not held against it either."""
    path = package.zip(tmp_path / "p.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README.md", "\x1b hello")

    assert read_package(path)[1] == []


def test_details_may_be_left_out(package, tmp_path):
    """A line without them has none."""
    del package.lines[0]["details"]
    package.seal()

    read, found = read_package(package.write(tmp_path / "p"))

    assert found == []
    assert read.responses[0].details == {}


def test_every_bad_line_is_told_with_its_number(package, tmp_path):
    """Not only the first; the good lines around them are read."""
    good = package.encoded()
    bad = [
        b'{"question_id": "", "response": "A"}',
        b'{"question_id": "a\\u0000b", "response": "A"}',
        b'{"question_id": 7, "response": "A"}',
        b'{"question_id": "x", "response": 7}',
        b'{"question_id": "x", "response": null}',
        b'{"question_id": "x", "response": "A", "error": "lost"}',
        b'{"question_id": "x"}',
        b'{"question_id": "x", "response": "A", "score": 1}',
        b'{"question_id": "x", "response": "A", "details": []}',
        b"",
        b'{"question_id": "x", "response": "A"',
    ]
    data = good + b"\n".join(bad) + b"\n"
    package.seal(data)

    read, found = read_package(package.write(tmp_path / "p", responses=data))

    assert len(read.responses) == 6
    assert [one.where for one in found] == [
        f"responses.jsonl, line {number}" for number in range(7, 7 + len(bad))
    ]


def test_many_bad_lines_are_counted_and_reading_stops(package, tmp_path, monkeypatch):
    """A file of nothing but noise costs no more than its first lines."""
    monkeypatch.setattr(reading, "_MOST_BAD_LINES", 30)
    data = b"noise\n" * 1000

    _, found = read_package(package.write(tmp_path / "p", responses=data))

    lines = told(found)
    assert len(lines) == 22
    assert "and 10 more of this kind" in lines[20]
    assert "has 30 bad lines; what follows was not looked at" in lines[21]


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (("MOST_LINES", 5), "has more than 5 lines"),
        (("MOST_VALUES", 20), "has more than 20 values"),
        (("LARGEST_UNPACKED", 100), "has more than 100 bytes"),
        (("LARGEST_LINE", 50), "is longer than 50 bytes"),
    ],
)
def test_what_is_too_much_is_refused(limit, reason, package, tmp_path, monkeypatch):
    """Lines, values, bytes; a line that is too long is one fault, not several."""
    monkeypatch.setattr(reading, *limit)

    _, found = read_package(package.write(tmp_path / "p"))

    assert any(reason in line for line in told(found))
    assert len(found) <= 6


def test_files_of_a_folder_that_are_too_large_are_not_read(package, tmp_path, monkeypatch):
    """Both together count."""
    monkeypatch.setattr(members, "LARGEST_UNPACKED", 100)

    read, found = read_package(package.write(tmp_path / "p"))

    assert read is None
    assert "must have at most 100 bytes" in told(found)[0]


def test_a_zip_that_is_too_large_is_not_opened(package, tmp_path, monkeypatch):
    """By its size on disk."""
    monkeypatch.setattr(members, "LARGEST_PACKED", 100)

    read, found = read_package(package.zip(tmp_path / "p.zip"))

    assert read is None
    assert "must have at most 100 bytes" in told(found)[0]


def test_a_path_without_anything_is_a_finding(tmp_path):
    """Also a file that was removed meanwhile ends no check."""
    read, found = read_package(tmp_path / "nothing")

    assert read is None
    assert told(found) == ["error    cannot be read: No such file or directory"]


def test_a_folder_inside_of_a_zip_is_refused_with_what_to_do(package, tmp_path):
    """What people get when they zip the folder and not its files."""
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in package.files().items():
            archive.writestr(f"package/{name}", data)

    read, found = read_package(path)

    assert read is None
    assert "put submission.json and responses.jsonl at the top of it" in told(found)[0]
    assert "responses.jsonl: is not in the package" in told(found)[-1]


def test_a_damaged_member_is_a_finding(package, tmp_path):
    """Its checksum is compared."""
    path = package.zip(tmp_path / "p.zip")
    data = bytearray(path.read_bytes())
    start = data.find(b"submission.json") + len("submission.json")
    data[start + 40 : start + 60] = b"\0" * 20
    path.write_bytes(data)

    read, found = read_package(path)

    assert read is None
    assert "is damaged" in told(found)[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, -2.5, 1e3, "\\ud83d\\ude00", null, true]}', None),
        (b"-99999999999999999999", 1 - 10**20),
        (b"[" * 50 + b"]" * 50, None),
        (b'"' + b"x" * 1_000_000 + b'"', "x" * 1_000_000),
    ],
)
def test_what_is_within_the_limits_is_read(text, value):
    """Exactly at each limit, and as Python's reader does."""
    assert parse(text, 2_000_000) == (json.loads(text) if value is None else value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"100000000000000000000", "more than 20 digits"),
        (b"0." + b"1" * 100, "more than 64 characters"),
        (b"[" * 51 + b"]" * 51, "more than 50 deep"),
        (b'{"a":' * 51 + b"1" + b"}" * 51, "more than 50 deep"),
        (b'"' + b"x" * 1_000_001 + b'"', "1,000,001 characters"),
        (b'{"' + b"x" * 1_000_001 + b'": 1}', "1,000,001 characters"),
        (b'{"\\udfff": 1}', "surrogate pair"),
        (b'[{"a": 1, "a": 1}]', "'a' more than once"),
        (b"[NaN]", "number NaN"),
        (b"[1e400]", "too large"),
        (b"{} {}", "not JSON"),
        (b"", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b" " * 2_000_001, "longer than 2,000,000 bytes"),
    ],
)
def test_what_is_over_a_limit_is_refused_with_the_reason(text, reason):
    """One above each limit."""
    with pytest.raises(BadJsonError, match=reason):
        parse(text, 2_000_000)


@given(st.recursive(
    st.none() | st.booleans() | st.integers(1 - 10**20, 10**20 - 1) | st.text(string.printable),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
))  # fmt: skip
def test_ordinary_json_is_read_back(value):
    """The limits take nothing away from what people write."""
    assert parse(json.dumps(value).encode(), 1_000_000) == value


def test_texts_finds_every_string_with_its_place():
    """Keys as well as values."""
    found = set(json_text.texts({"a": ["x", {"b": "y"}]}))

    assert found == {("", "a"), ("a[0]", "x"), ("a[1]", "b"), ("a[1].b", "y")}


@given(st.binary(max_size=300), st.binary(max_size=300), st.booleans())
def test_no_bytes_raise_anything(manifest, responses, zipped):
    """Whatever the two files hold, there are findings and no exception."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p"
        if zipped:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("submission.json", manifest)
                archive.writestr("responses.jsonl", responses)
        else:
            path.mkdir()
            (path / "submission.json").write_bytes(manifest)
            (path / "responses.jsonl").write_bytes(responses)

        _, found = read_package(path)

    assert found
    assert all(one.severity == "error" for one in found)


@given(st.data())
def test_no_damage_to_a_zip_raises_anything(data):
    """Any bytes of it changed or cut."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        package = ToyPackage(TOYS["make_dataset"](root / "dataset"))
        path = package.zip(root / "p.zip")
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(content) - 1))
            content[at] = data.draw(st.integers(0, 255))
        path.write_bytes(content[: data.draw(st.integers(0, len(content)))])

        read, found = read_package(path)

    assert found or read.manifest == package.manifest
