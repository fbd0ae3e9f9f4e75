from __future__ import annotations

import contextlib
import gzip
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.archives import Limits
from sightline.errors import ReleaseError
from sightline.tar_archives import TarArchive, TarMember

SMALL = {"a.mp4": b"first", "folder/b.mp4": b"second" * 1000, "c.txt": b""}


def _entry(name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def _tar(path, *entries, form=tarfile.PAX_FORMAT, zipped=True):
    """A tar of these entries, as some tool would have written it."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=form) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    path.write_bytes(gzip.compress(plain.getvalue()) if zipped else plain.getvalue())
    return path


def _whole(path, **options):
    return _tar(path, *(_entry(name, data) for name, data in SMALL.items()), **options)


def _read(archive):
    """All members with their bytes."""
    found = {}
    for member in archive.members():
        target = io.BytesIO()
        assert member.copy(target) == member.size
        found[member.name] = target.getvalue()
    return found


def _texts(archive):
    return [str(problem) for problem in archive.problems]


@pytest.mark.parametrize("zipped", [True, False], ids=["gz", "plain"])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_members_come_in_order_with_their_bytes(tmp_path, form, zipped):
    """Whatever the name of the file says about compression."""
    archive = TarArchive(_whole(tmp_path / "a.bin", form=form, zipped=zipped))
    assert _read(archive) == SMALL
    assert archive.readable
    assert not archive.problems


def test_a_member_may_be_passed_over(tmp_path):
    """The next one is read all the same."""
    archive = TarArchive(_whole(tmp_path / "a.tar.gz"))
    found = {}
    for member in archive.members():
        if member.name.startswith("folder"):
            target = io.BytesIO()
            member.copy(target)
            found[member.name] = target.getvalue()
    assert found == {"folder/b.mp4": SMALL["folder/b.mp4"]}
    assert not archive.problems


def test_an_archive_can_be_streamed_again(tmp_path):
    """Each pass starts at the front."""
    archive = TarArchive(_whole(tmp_path / "a.tar.gz"))
    assert _read(archive) == _read(archive) == SMALL


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_and_comments_are_understood(tmp_path, form):
    """Names above 100 characters stand in headers of their own; other headers are ignored."""
    name = "/".join(["folder" * 10] * 4) + "/\u00e9.mp4"
    info, data = _entry(f"./{name}", b"x")
    info.pax_headers = {"comment": "hello", "mtime": "1.5"}
    archive = TarArchive(_tar(tmp_path / "a.tar.gz", (info, data), form=form))
    assert _read(archive) == {name: b"x"}


def test_a_global_header_changes_nothing(tmp_path):
    """As git writes one into its archives."""
    plain = io.BytesIO()
    headers = {"comment": "0123456789abcdef"}
    with tarfile.open(fileobj=plain, mode="w", pax_headers=headers) as archive:
        archive.addfile(*_file("a.mp4", b"x"))
    (tmp_path / "a.tar").write_bytes(plain.getvalue())
    assert _read(TarArchive(tmp_path / "a.tar")) == {"a.mp4": b"x"}


def _file(name, data):
    info, _ = _entry(name, data)
    return info, io.BytesIO(data)


@pytest.mark.parametrize("name", ["__MACOSX/a.mp4", "._a.mp4", "x/.DS_Store", "x/._b.mp4"])
def test_what_macos_adds_is_ignored(tmp_path, name):
    """Nobody asks for it."""
    archive = TarArchive(_tar(tmp_path / "a.tar.gz", _entry(name, b"x"), _entry("a.mp4", b"y")))
    assert _read(archive) == {"a.mp4": b"y"}
    assert not archive.problems


def test_folders_are_no_members(tmp_path):
    """Not even the one that stands for all, as `tar c .` writes it."""
    folders = (_entry(name, type=tarfile.DIRTYPE) for name in ("./", "videos"))
    archive = TarArchive(_tar(tmp_path / "a.tar.gz", *folders, _entry("videos/a.mp4", b"y")))
    assert _read(archive) == {"videos/a.mp4": b"y"}
    assert not archive.problems


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (_entry("../x", b"1"), "unsafe entry: path '../x' leaves its folder by '..'"),
        (_entry("a/../../x", b"1"), "leaves its folder by '..'"),
        (_entry("/etc/passwd", b"1"), "unsafe entry: path '/etc/passwd' is absolute"),
        (_entry("C:/x", b"1"), "starts with a drive letter"),
        (_entry("a\\b", b"1"), "has a backslash"),
        (_entry("a\nb", b"1"), "has control characters"),
        (_entry("l.mp4", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "a symbolic link"),
        (_entry("l.mp4", type=tarfile.LNKTYPE, linkname="a.mp4"), "a hard link"),
        (_entry("d.mp4", type=tarfile.CHRTYPE), "a device"),
        (_entry("d.mp4", type=tarfile.BLKTYPE), "a device"),
        (_entry("p.mp4", type=tarfile.FIFOTYPE), "a pipe"),
        (_entry("q.mp4", b"1", type=b"Q"), "of the unknown kind b'Q'"),
        (_entry("big.mp4", bytes(101)), "says that it has 101 bytes, more than the 100"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else value[0].name,
)
def test_an_unsafe_entry_is_told_and_passed_over(tmp_path, entry, reason):
    """The entries after it are read; nothing appears anywhere."""
    path = _tar(tmp_path / "in.tar.gz", entry, _entry("good.mp4", b"y"))
    archive = TarArchive(path, limits=Limits(member_bytes=100))
    assert _read(archive) == {"good.mp4": b"y"}
    (text,) = _texts(archive)
    assert text.startswith(f"in.tar.gz:{entry[0].name!r}: ")
    assert reason in text
    assert archive.readable
    assert [p.name for p in tmp_path.iterdir()] == ["in.tar.gz"]


def test_a_sparse_file_is_refused(tmp_path):
    """Its size is not the size of its content."""
    info, data = _entry("s.mp4", b"1")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": "1000000000"}
    archive = TarArchive(_tar(tmp_path / "a.tar.gz", (info, data), _entry("good.mp4", b"y")))
    assert _read(archive) == {"good.mp4": b"y"}
    assert "a sparse file" in _texts(archive)[0]


def test_a_repeated_name_is_told(tmp_path):
    """The first is taken: which one a tool would unpack is not certain."""
    archive = TarArchive(_tar(tmp_path / "a.tar", _entry("a.mp4", b"1"), _entry("./a.mp4", b"2")))
    assert _read(archive) == {"a.mp4": b"1"}
    assert _texts(archive) == ["a.tar:'./a.mp4': is in the archive more than once"]


def test_too_many_entries_end_the_reading(tmp_path):
    """A real archive has some hundred."""
    path = _tar(tmp_path / "a.tar.gz", *(_entry(f"{i}.mp4", b"1") for i in range(4)))
    archive = TarArchive(path, most_entries=3)
    assert sorted(_read(archive)) == ["0.mp4", "1.mp4", "2.mp4"]
    assert _texts(archive) == ["a.tar.gz: unsafe archive: it has more than 3 entries"]
    assert not archive.readable


def test_a_bomb_is_refused_by_what_it_declares(tmp_path):
    """Many times the size of the file: before any of it is unpacked."""
    path = _tar(tmp_path / "a.tar.gz", _entry("a.mp4", bytes(3 << 20)))
    archive = TarArchive(path, limits=Limits(ratio=2))
    assert _read(archive) == {}
    assert "unsafe archive: unpacks to 3,145,728 bytes or more, but 2,097,152" in _texts(archive)[0]


def test_a_header_that_declares_terabytes_is_refused(tmp_path):
    """Base-256 sizes can say anything."""
    info, _ = _entry("a.mp4")
    info.size = 1 << 50
    path = tmp_path / "a.tar"
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    archive = TarArchive(path)
    assert _read(archive) == {}
    assert "unsafe archive: unpacks to 1,125,899,906,842,624 bytes" in _texts(archive)[0]


def test_a_huge_extension_header_is_not_read_into_memory(tmp_path):
    """Names have a thousand characters at most."""
    info, _ = _entry("././@PaxHeader", type=tarfile.XHDTYPE)
    info.size = 1 << 40
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    archive = TarArchive(tmp_path / "a.tar")
    assert _read(archive) == {}
    assert "unsafe archive: a header of 1,099,511,627,776 bytes" in _texts(archive)[0]


@pytest.mark.parametrize("zipped", [True, False], ids=["gz", "plain"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_an_archive_that_was_cut_short_is_told(tmp_path, share, zipped):
    """What could be read before it broke off is right, and the archive is not whole."""
    entries = [_entry(f"{i}.mp4", bytes(range(256)) * 400) for i in range(8)]
    path = _tar(tmp_path / "a.tar.gz", *entries, zipped=zipped)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    archive = TarArchive(path)
    found = {}
    with contextlib.suppress(ReleaseError):
        for member in archive.members():
            target = io.BytesIO()
            member.copy(target)
            found[member.name] = target.getvalue()
    assert not archive.readable
    assert all(data == entries[0][1] for data in found.values())
    assert len(found) < 8
    (text,) = _texts(archive)
    assert text.startswith("a.tar.gz: must be a whole ")


def test_a_cut_member_is_told_where_it_is_read(tmp_path):
    """The copy fails with the member's name; then the stream ends."""
    path = _tar(tmp_path / "a.tar", _entry("a.mp4", bytes(5000)), zipped=False)
    path.write_bytes(path.read_bytes()[:3000])
    archive = TarArchive(path)
    members = archive.members()
    with pytest.raises(ReleaseError, match=r"a\.tar:'a\.mp4' is damaged: .* ends early"):
        next(members).copy(io.BytesIO())
    assert list(members) == []
    assert len(archive.problems) == 1


def test_a_tar_without_its_end_mark_was_cut(tmp_path):
    """Even when the cut lies between two members, where other readers see nothing wrong."""
    path = _whole(tmp_path / "a.tar", zipped=False)
    data = path.read_bytes()
    path.write_bytes(data[:1024])
    archive = TarArchive(path)
    assert _read(archive) == {"a.mp4": b"first"}
    assert "ends early (was it cut?)" in _texts(archive)[0]


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path):
    """Its checksum is wrong."""
    path = _whole(tmp_path / "a.tar", zipped=False)
    data = bytearray(path.read_bytes())
    data[1024 + 20] ^= 1
    path.write_bytes(bytes(data))
    archive = TarArchive(path)
    assert list(_read(archive)) == ["a.mp4"]
    assert "a header is damaged" in _texts(archive)[0]


def test_the_checksum_of_gzip_is_compared(tmp_path):
    """It stands after the last member."""
    path = _whole(tmp_path / "a.tar.gz")
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(bytes(data))
    archive = TarArchive(path)
    assert _read(archive) == SMALL
    assert "cannot be unpacked" in _texts(archive)[0]


def test_two_archives_in_one_file_are_told(tmp_path):
    """The second would be overlooked."""
    one = _whole(tmp_path / "a.tar", zipped=False).read_bytes()
    (tmp_path / "a.tar").write_bytes(one + one)
    archive = TarArchive(tmp_path / "a.tar")
    assert _read(archive) == SMALL
    assert "several archives in one file" in _texts(archive)[0]


def test_endless_padding_is_refused(tmp_path):
    """Zeros shrink to a thousandth."""
    whole = _whole(tmp_path / "a.tar", zipped=False).read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(whole + bytes(20 << 20)))
    archive = TarArchive(tmp_path / "a.tar.gz")
    assert _read(archive) == SMALL
    assert "many empty bytes after its end" in _texts(archive)[0]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" + bytes(600), b"\x1f\x8b", b"x" * 2000])
def test_what_is_no_tar_is_told(tmp_path, data):
    """By its name, without a traceback."""
    (tmp_path / "a.tar.gz").write_bytes(data)
    archive = TarArchive(tmp_path / "a.tar.gz")
    assert _read(archive) == {}
    assert not archive.readable
    assert _texts(archive)[0].startswith("a.tar.gz: must be a whole ")


def test_a_member_is_read_once_in_its_turn(tmp_path):
    """Later its bytes have gone by: others must not be taken for them."""
    members = TarArchive(_whole(tmp_path / "a.tar.gz")).members()
    first = next(members)
    assert isinstance(first, TarMember)
    first.copy(io.BytesIO())
    message = r"a\.tar\.gz:'a\.mp4' can be read once, in its turn"
    with pytest.raises(ReleaseError, match=message):
        first.copy(io.BytesIO())
    second = next(members)
    next(members)
    with pytest.raises(ReleaseError, match="can be read once"):
        second.copy(io.BytesIO())
    assert list(members) == []


@settings(max_examples=60)
@given(data=st.data())
def test_flipped_bytes_end_in_members_or_problems(tmp_path_factory, data):
    """No byte makes anything but a member, a problem or a ReleaseError."""
    path = _whole(
        tmp_path_factory.mktemp("tar") / "a.tar", zipped=data.draw(st.booleans(), "zipped")
    )
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    with contextlib.suppress(ReleaseError):
        _read(TarArchive(path))


def _pax(records, declared=None):
    """A plain tar that begins with an extension header of these bytes."""
    info, _ = _entry("././@PaxHeader", type=tarfile.XHDTYPE)
    info.size = len(records) if declared is None else declared
    padded = records + bytes(-len(records) % 512)
    member, data = _entry("a.mp4", b"x")
    rest = member.tobuf(tarfile.USTAR_FORMAT) + data + bytes(511) + bytes(1024)
    return info.tobuf(tarfile.USTAR_FORMAT) + padded + rest


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_pax(b"no number=1\n"), "an extension header is damaged"),
        (_pax(b"99 path=b.mp4\n"), "an extension header is damaged"),
        (_pax(b"10 size=-1\n"[:11]), "an extension header is damaged"),
        (_pax(b"11 size=-1\n"), "an entry's size is no number"),
        (_pax(b"12 size=1e3\n"), "an entry's size is no number"),
        (_pax(b"", 600)[:700], "ends early (was it cut?)"),
        (_pax(b"")[: 512 + 512 + 100], "ends early (was it cut?)"),
        (_pax(b"")[: 512 + 300], "ends early (was it cut?)"),
    ],
)
def test_damaged_extension_headers_are_told(tmp_path, data, message):
    """They decide the name and size of what follows, so nothing after them can be trusted."""
    (tmp_path / "a.tar").write_bytes(data)
    archive = TarArchive(tmp_path / "a.tar")
    for member in archive.members():
        member.copy(io.BytesIO())
    assert message in _texts(archive)[0]
    assert not archive.readable


def test_the_size_in_an_extension_header_counts(tmp_path):
    """For files that are too large for the usual field."""
    (tmp_path / "a.tar").write_bytes(_pax(b"10 size=1\n"))
    assert _read(TarArchive(tmp_path / "a.tar")) == {"a.mp4": b"x"}


def test_a_negative_size_is_told(tmp_path):
    """Base-256 numbers have a sign."""
    info, _ = _entry("a.mp4")
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 12
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "a.tar").write_bytes(bytes(header) + bytes(1024))
    archive = TarArchive(tmp_path / "a.tar")
    assert _read(archive) == {}
    assert "an entry has a negative size" in _texts(archive)[0]
