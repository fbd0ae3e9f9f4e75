from __future__ import annotations

import contextlib
import io
import stat
import struct
import threading
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.archives import Archive, Limits, clean_name
from sightline.errors import ReleaseError


def _zip(path, *members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for info, data in members:
            archive.writestr(info, data)
    return path


def _entry(name, **fields):
    info = zipfile.ZipInfo(name)
    for key, value in fields.items():
        setattr(info, key, value)
    return info


def _texts(archive):
    return [str(problem) for problem in archive.problems]


@pytest.mark.parametrize("raw", ["a/b.jpg", "./a//b.jpg", "a/./b.jpg"])
def test_harmless_spellings_of_a_name_are_one_name(raw):
    """Dots and doubled slashes do not matter."""
    assert clean_name(raw) == "a/b.jpg"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("../x", "leaves its folder by '..'"),
        ("a/../../x", "leaves its folder by '..'"),
        ("/etc/passwd", "is absolute"),
        ("C:/x", "starts with a drive letter"),
        ("a\\b", "has a backslash"),
        ("a\nb", "has control characters"),
        ("", "is empty"),
        ("./", "is empty"),
        ("a" * 300, "is too long"),
        ("\ud800", "is not valid Unicode"),
    ],
)
def test_a_name_that_leaves_its_folder_is_refused_with_the_reason(raw, reason):
    """Nothing but a plain relative path is a name."""
    with pytest.raises(ValueError, match=reason):
        clean_name(raw)


def test_a_time_in_a_name_is_no_drive_letter():
    """The authors' frame names hold colons."""
    assert clean_name("00:06.00_frame_1.50_4.jpg") == "00:06.00_frame_1.50_4.jpg"


@pytest.mark.parametrize("prefix", ["", "frames/", "./frames/", "data/mmsi/frames/"])
def test_the_folder_name_may_or_may_not_be_repeated_inside(tmp_path, prefix):
    """A member is found by its name below `frames`, whatever stands before."""
    path = _zip(tmp_path / "frames.zip", (f"{prefix}a/1.jpg", b"1"), (f"{prefix}b/2.jpg", b"2"))
    with Archive(path, folder="frames") as archive:
        assert archive.problems == ()
        assert archive.read("a/1.jpg") == b"1"
        assert archive.read("./b/2.jpg") == b"2"
        assert "frames/c.jpg" not in archive


def test_what_macs_add_to_archives_is_not_seen(tmp_path):
    """`__MACOSX` and `.DS_Store` neither count nor spoil the repeated folder."""
    path = _zip(tmp_path / "v.zip", ("v/a", b"1"), ("__MACOSX/v/._a", b"2"), ("v/.DS_Store", b"3"))
    with Archive(path, folder="v") as archive:
        assert len(archive) == 1
        assert archive.read("a") == b"1"


def test_copy_writes_the_same_bytes_as_read(tmp_path):
    """Large members can be streamed."""
    data = bytes(range(256)) * 40_000
    with Archive(_zip(tmp_path / "v.zip", ("a", data))) as archive:
        target = io.BytesIO()
        assert archive.copy("a", target) == len(data)
        assert target.getvalue() == archive.read("a") == data


def test_threads_may_share_an_archive(tmp_path):
    """Every thread reads its own members whole."""
    members = [(f"{i}", bytes([i]) * 100_000) for i in range(20)]
    with Archive(_zip(tmp_path / "v.zip", *members)) as archive:
        found: dict[str, bytes] = {}

        def read(name):
            found[name] = archive.read(name)

        threads = [threading.Thread(target=read, args=(name,)) for name, _ in members]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == dict(members)


@pytest.mark.parametrize("name", ["../x", "/x", "C:\\x", "a\\..\\x"])
def test_an_entry_that_points_out_of_the_archive_is_a_problem(tmp_path, name):
    """The problem names the archive, the entry and the reason."""
    with Archive(_zip(tmp_path / "frames.zip", (name, b"1"), ("ok", b"2"))) as archive:
        assert len(archive.problems) == 1
        assert "frames.zip:" in _texts(archive)[0]
        assert "unsafe entry: path" in _texts(archive)[0]
        assert name not in archive
        assert archive.read("ok") == b"2"


def test_a_symbolic_link_is_a_problem_and_is_not_read(tmp_path):
    """A link could point anywhere."""
    link = _entry("link", create_system=3, external_attr=(stat.S_IFLNK | 0o777) << 16)
    with Archive(_zip(tmp_path / "frames.zip", (link, b"/etc/passwd"))) as archive:
        assert _texts(archive) == [
            "frames.zip:'link': unsafe entry: a symbolic link; only plain files are read"
        ]
        with pytest.raises(ReleaseError, match="there is no 'link' in it"):
            archive.read("link")


def test_a_member_that_says_10_gb_is_a_problem(tmp_path):
    """The declared size is enough; nothing is unpacked."""
    path = _zip(tmp_path / "frames.zip", ("a.jpg", b"1" * 100), compression=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, central + 24, 4_000_000_000)
    path.write_bytes(bytes(data))
    with Archive(path, limits=Limits(member_bytes=1_000_000_000)) as archive:
        assert any("says that it unpacks to 4,000,000,000 bytes" in t for t in _texts(archive))
        assert any("a zip bomb" in text for text in _texts(archive))
        assert "a.jpg" not in archive


def test_a_member_that_unpacks_to_a_thousand_times_its_size_is_a_problem(tmp_path):
    """Zeros pack 1,000 to 1, pictures and videos do not."""
    zeros = bytes(3 << 20)
    path = _zip(tmp_path / "frames.zip", ("a.jpg", zeros), compression=zipfile.ZIP_DEFLATED)
    with Archive(path) as archive:
        assert _texts(archive) == [
            "frames.zip:'a.jpg': unsafe entry: unpacks to more than 100 times its size (a zip bomb)"
        ]


def test_no_more_is_read_than_the_directory_declares(tmp_path):
    """A member that lies about its size ends in an error, not in memory."""
    zeros = bytes(3 << 20)
    path = _zip(tmp_path / "frames.zip", ("a.jpg", zeros), compression=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 10)
    path.write_bytes(bytes(data))
    with Archive(path) as archive, pytest.raises(ReleaseError, match="is damaged"):
        archive.read("a.jpg")


def test_entries_that_share_their_bytes_are_a_problem(tmp_path):
    """Overlapping members are how a bomb hides its ratio."""
    path = _zip(tmp_path / "v.zip", ("a", b"x" * 1000), ("b", b"y" * 1000))
    data = bytearray(path.read_bytes())
    second = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, second + 42, 0)
    path.write_bytes(bytes(data))
    with Archive(path) as archive:
        assert any("unsafe entry: overlaps" in text for text in _texts(archive))


def test_an_encrypted_member_is_a_problem(tmp_path):
    """Nobody gave us a password."""
    path = _zip(tmp_path / "v.zip", ("a", b"x"))
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    path.write_bytes(bytes(data))
    with Archive(path) as archive:
        assert _texts(archive) == ["v.zip:'a': is encrypted; only plain members are read"]


def test_a_member_that_stands_twice_is_a_problem(tmp_path):
    """Which of the two is meant?"""
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = _zip(tmp_path / "v.zip", ("a", b"x"), ("a", b"y"))
    with Archive(path) as archive:
        assert _texts(archive) == ["v.zip:'a': is in the archive more than once"]


def test_a_file_that_is_a_folder_too_is_a_problem(tmp_path):
    """No file system could hold both."""
    with Archive(_zip(tmp_path / "v.zip", ("a", b"x"), ("a/b", b"y"))) as archive:
        assert _texts(archive) == ["v.zip:'a/b': lies in 'a', which is a file"]


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.98])
def test_a_truncated_zip_cannot_be_read_and_says_so(tmp_path, keep):
    """The directory stands at the end, so a cut archive has no members at all."""
    path = _zip(tmp_path / "frames.zip", ("a", b"x" * 1000), ("b", b"y" * 1000))
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
    with Archive(path) as archive:
        assert not archive.readable
        assert len(archive) == 0
        assert "frames.zip: must be a whole zip file, but cannot be read" in _texts(archive)[0]


def test_a_flipped_byte_is_found_when_the_member_is_read(tmp_path):
    """The checksum in the archive is compared."""
    path = _zip(tmp_path / "frames.zip", ("a", b"x" * 1000))
    path.write_bytes(path.read_bytes().replace(b"xxxx", b"xyxx", 1))
    with Archive(path) as archive, pytest.raises(ReleaseError, match="'a' is damaged: Bad CRC"):
        archive.read("a")


@settings(max_examples=150)
@given(data=st.data())
def test_a_damaged_archive_gives_problems_or_release_errors_only(tmp_path_factory, data):
    """Whatever bytes are changed, nothing else is ever raised."""
    path = tmp_path_factory.mktemp("fuzz") / "v.zip"
    _zip(path, ("a", b"x" * 50), ("d/b", b"y" * 50), compression=zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    with Archive(path, folder="d") as archive:
        for name in ("a", "d/b", "b"):
            if name in archive:
                with contextlib.suppress(ReleaseError):
                    archive.read(name)
