"""Row groups by ranges, from files of strangers; and what the Hub refuses, in our words."""

from __future__ import annotations

from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import DatasetError, SightlineError
from sightline.hub import pinned
from sightline.hub.clips import TAIL_BYTES, RemoteClips, RemoteParquet
from sightline.hub.errors import Asked, translated, without_secrets
from sightline.hub.pinned import HubDataset, inside

COMMIT = "ab" * 20


class Held:
    """A dataset whose files are bytes; counts what is asked for."""

    origin = f"org/name@{COMMIT}"

    def __init__(self, **files):
        self.files = {f"{name}.parquet": data for name, data in files.items()}
        self.asked = []

    def part(self, name, start, end):
        """As :meth:`HubDataset.part`."""
        assert 0 <= start < end <= len(self.files[name])
        self.asked.append((name, start, end))
        return self.files[name][start:end]

    @property
    def sizes(self):
        """Name -> bytes."""
        return {name: len(data) for name, data in self.files.items()}


def clips(*keys, rows=3, size=50_000):
    """A file with a row group per key: its number in the first byte of each picture."""
    file = pa.BufferOutputStream()
    schema = pa.schema([("clip_id", pa.string()), ("index", pa.int32()), ("image", pa.binary())])
    with pq.ParquetWriter(file, schema, compression="none", use_dictionary=["clip_id"]) as writer:
        for number, key in enumerate(keys):
            columns = [[key] * rows, [*range(rows)], [bytes([number % 256]) * size] * rows]
            writer.write_table(pa.table(columns, schema=schema))
    return file.getvalue().to_pybytes()


WHOLE = clips("a", "b", "c")


def test_a_clip_is_one_request_after_the_footers():
    """Nothing between, and no byte of another clip."""
    held = Held(one=WHOLE, two=clips("d", "e"))
    reader = RemoteClips(held, held.sizes)
    assert reader.keys == ("a", "b", "c", "d", "e")
    assert len(held.asked) == 2
    rows = reader.read("e", ("index", "image"))
    assert rows == [(i, bytes([1]) * 50_000) for i in range(3)]
    ((name, start, end),) = held.asked[2:]
    assert name == "two.parquet"
    assert 150_000 < end - start < 151_000


def test_a_long_footer_is_read_in_two_pieces():
    """The second request has what the first did not."""
    keys = [f"clip {i:04d} with a name of some length" for i in range(400)]
    held = Held(many=clips(*keys, rows=1, size=10))
    reader = RemoteClips(held, held.sizes)
    assert reader.keys == tuple(keys)
    (first, second) = held.asked
    assert first[2] - first[1] == TAIL_BYTES
    assert second[2] == first[1]
    assert reader.read(keys[300], ("clip_id",)) == [(keys[300],)]


def test_a_small_file_comes_whole_at_once():
    """Then nothing more is asked for."""
    held = Held(small=clips("a", size=10))
    reader = RemoteClips(held, held.sizes)
    assert reader.read("a", ("index",)) == [(0,), (1,), (2,)]
    assert len(held.asked) == 1


def test_columns_that_are_not_there_are_named():
    """A dataset of another form."""
    held = Held(one=WHOLE)
    with pytest.raises(DatasetError, match=r"one.parquet of org/name@.* must have the columns x"):
        RemoteClips(held, held.sizes).read("a", ("x", "image"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PAR1",
        b"\xff\xff\xff\xffPAR1",
        b"\0" * 100 + b"\x10\0\0\0PAR1",
        b"\0" * 100 + b"\xff\xff\xff\x7fPAR1",
        WHOLE[:-1],
        WHOLE[:-4] + b"PARE",
        b"<html>not found</html>",
    ],
)
def test_what_is_no_parquet_file_is_refused(data):
    """No length that a file claims is believed."""
    with pytest.raises(DatasetError, match="must be a whole Parquet file"):
        RemoteParquet(Held(one=data), "one.parquet", len(data))


@given(st.data())
def test_a_file_cut_anywhere_is_refused(data):
    """As a broken upload leaves it."""
    cut = WHOLE[: data.draw(st.integers(0, len(WHOLE) - 1))]
    with pytest.raises(DatasetError):
        RemoteParquet(Held(one=cut), "one.parquet", len(cut))


def test_a_row_group_with_other_bytes_is_an_error_or_another_picture():
    """The footer is whole, the pages are not: pyarrow's complaint becomes ours."""
    held = Held(one=WHOLE)
    reader = RemoteClips(held, held.sizes)
    held.files["one.parquet"] = bytes(len(WHOLE))
    with pytest.raises(DatasetError, match="must be a whole Parquet file"):
        reader.read("b", ("image",))


def test_row_groups_need_no_order_but_no_clip_has_two():
    """They are found by the footer; half of a clip is never given for the whole."""
    held = Held(one=clips("b", "a"))
    assert RemoteClips(held, held.sizes).read("a", ("image",))[0][0][:1] == bytes([1])
    for files in ({"one": clips("a", "a")}, {"one": clips("a"), "two": clips("b", "a")}):
        held = Held(**files)
        with pytest.raises(DatasetError, match="must have one row group for clip_id 'a'"):
            RemoteClips(held, held.sizes)


# Ranges over HTTP


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [(206, b"cd", b"cd"), (200, b"abcdef", b"cd"), (206, b"c", None), (200, b"abc", None)],
)
def test_a_range_is_never_taken_for_another(monkeypatch, status, content, expected):
    """A proxy that sends the whole file, or a part of a part."""
    answer = SimpleNamespace(status_code=status, content=content)
    monkeypatch.setattr("huggingface_hub.utils.http_backoff", lambda *_, **__: answer)
    monkeypatch.setattr("huggingface_hub.utils.hf_raise_for_status", lambda _: None)
    dataset = HubDataset("org/name", COMMIT, Asked("org/name"))
    if expected is None:
        with pytest.raises(DatasetError, match="bytes 2 to 4 were asked for, but 1 came"):
            dataset.part("a.parquet", 2, 4)
    else:
        assert dataset.part("a.parquet", 2, 4) == expected


def test_a_hub_that_names_no_commit_is_refused(monkeypatch):
    """Its name becomes part of paths."""
    monkeypatch.setattr(pinned, "_commits", {})
    info = SimpleNamespace(sha="../../etc")
    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", lambda *_, **__: info)
    with pytest.raises(DatasetError, match="does not say which commit org/name is"):
        pinned.on_hub(Asked("org/name"))


@given(st.text(alphabet="ab./\\:\0", max_size=12))
def test_a_path_stays_inside_whatever_it_is(path):
    """Either an error, or below the dataset, on every system."""
    try:
        parts = inside(path).parts
    except DatasetError:
        return
    assert parts
    assert not {"..", "/"} & set(parts)
    assert "\\" not in path


# Words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Illegal header value b'Bearer hf_abc\\n'", "Illegal header value b'Bearer ...'"),
        ("token hf_AbCdEf0123 is wrong", "token hf_... is wrong"),
        (
            "GET https://cdn.example/x?Signature=abc&Key=d failed",
            "GET https://cdn.example/x?... failed",
        ),
        ("http://user:pass@host/x", "http://...@host/x"),
        ("nothing secret at https://host/x", "nothing secret at https://host/x"),
    ],
)
def test_messages_hold_no_secret(text, expected):
    """Tokens, and addresses that give access by themselves."""
    assert without_secrets(text) == expected


class HTTPError(Exception):
    """Like those of the HTTP library, which are known by their name."""

    def __init__(self, text, status=None):
        super().__init__(text)
        self.response = SimpleNamespace(status_code=status) if status else None


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "does not accept the token"),
        (403, "may not read org/name@v1"),
        (429, "too many requests"),
        (502, "failed with status 502"),
        (None, "cannot be reached for org/name: no route"),
    ],
)
def test_each_status_has_its_words(status, message):
    """And a next step."""
    expected = rf"^VARIABLE: .*{message}(?s:.*)next: "
    asked = Asked("org/name", "v1", before="VARIABLE: ")
    with pytest.raises(DatasetError, match=expected), translated(asked):
        raise HTTPError("no route", status)


def test_an_error_that_quotes_a_token_has_no_cause():
    """A traceback would show it."""
    with pytest.raises(DatasetError) as caught, translated(Asked("org/name")):
        raise HTTPError("Illegal header value b'Bearer hf_abc'")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "hf_abc" not in str(caught.value)


def test_faults_of_our_own_pass_as_they_are():
    """Only the Hub, the network and the disk are translated."""
    for error in (KeyError("x"), SightlineError("ours")):
        with pytest.raises(type(error)) as caught, translated(Asked("org/name")):
            raise error
        assert caught.value is error


def test_a_full_disk_is_no_matter_of_the_network():
    """It says what to free."""
    with pytest.raises(SightlineError, match="the disk is full"), translated(Asked("org/name")):
        raise OSError(28, "No space left on device")
