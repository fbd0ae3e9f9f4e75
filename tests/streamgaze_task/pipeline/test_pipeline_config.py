"""A configuration: strict, small, and harmless whatever stands in it."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import UsageError
from streamgaze_task.pipeline.config import LARGEST, digest, read_config

LEAST = {
    "name": "own",
    "out": "made",
    "labeller": {"kind": "rendered"},
    "recordings": [{"format": "table", "folder": "raw"}],
}


def written(folder, text) -> Path:
    """A configuration with this text, or these values."""
    path = folder / "config.yaml"
    path.write_text(text if isinstance(text, str) else yaml.safe_dump(text), "utf-8")
    return path


def read(folder, **changes):
    """The least configuration with changes."""
    return read_config(written(folder, {**LEAST, **changes}))


def test_the_least_configuration_has_every_default(tmp_path):
    """Name, out, a labeller and one folder are enough."""
    config = read(tmp_path)
    assert (config.seed, config.method, config.name) == (0, "sightline", "own")
    assert config.views.every_seconds == 1.0


def test_paths_are_relative_to_the_configuration(tmp_path, monkeypatch):
    """Wherever the command is called from, and however the file is named there."""
    written(tmp_path, LEAST)
    monkeypatch.chdir(tmp_path)
    config = read_config(Path("config.yaml"))
    assert config.out == tmp_path / "made"
    assert config.work == tmp_path / "made/work"
    monkeypatch.chdir("/")
    assert config.out.is_absolute()


def test_an_absolute_out_stays_where_it_is(tmp_path):
    """And one beside the configuration's folder is allowed too."""
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "a").mkdir()
    assert read(tmp_path / "a", out=str(elsewhere)).out == elsewhere
    assert read(tmp_path / "a", out="../b").out.resolve() == tmp_path / "b"


@pytest.mark.parametrize("name", ["name", "out", "recordings"])
def test_what_is_needed_must_be_there(tmp_path, name):
    """The message names it."""
    given = {key: value for key, value in LEAST.items() if key != name}
    with pytest.raises(UsageError, match=rf"config\.yaml must have {name}"):
        read_config(written(tmp_path, given))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sead": 1}, r"no setting 'sead'\n  next: did you mean seed"),
        ({"views": {"evry_seconds": 1}}, r"views has no setting 'evry_seconds'"),
        ({"labeller": {"kind": "magic"}}, r"labeller\.kind must be one of hf, openai"),
        ({"labeller": {}}, r"labeller must have kind"),
        ({"labeller": {"kind": "recorded"}}, r"kind recorded needs recorded"),
        ({"method": "other"}, r"method must be one of sightline, reference"),
        ({"seed": 1.5}, r"seed must be a whole number"),
        ({"seed": True}, r"seed must be a whole number"),
        ({"name": 3}, r"name must be a text"),
        ({"name": " "}, r"name must be a text, but is ' '"),
        ({"name": "\ud800"}, r"name must be a text, but is '.ud800'"),
        ({"out": ""}, r"out must be a folder's name, but is ''"),
        ({"out": "a\0b"}, r"out must be a folder's name"),
        ({"out": "\udcff"}, r"out must be a folder's name"),
        ({"out": "~nobody-is-called-this/x"}, r"out must be a folder's name"),
        ({"recordings": []}, r"recordings must name at least one folder"),
        ({"recordings": {}}, r"recordings must be a list"),
        ({"recordings": ["raw"]}, r"recordings\[0\] must be names with values"),
        ({"recordings": [{"format": "vhs", "folder": "a"}]}, r"recordings\[0\]: format \('vhs'\)"),
        ({"recordings": [{"format": "table"}]}, r"recordings\[0\] must have folder"),
        (
            {"recordings": [{"format": "table", "folder": "a", "files": {"video": "../{id}"}}]},
            r"recordings\[0\]: ",
        ),
        (
            {"recordings": [{"format": "egtea", "folder": "a", "columns": {"x": "u"}}]},
            r"columns are for the format table",
        ),
        ({"views": [1]}, r"views must be names with values"),
        ({"views": {"every_seconds": float("nan")}}, r"every_seconds"),
        ({"views": {"every_seconds": -1}}, r"every_seconds"),
        ({"labels": {"fov_degrees": 90}}, r"fov_degrees \(90"),
        ({"labels": {"round": "8"}}, r"labels\.round must be a whole number"),
        ({"cluster": {"engine": "pbs"}}, r"cluster\.engine must be one of slurm"),
        ({"cluster": {"tasks": -1}}, r"cluster: .*tasks"),
        ({"release": {"overlay": True}}, "has no setting 'release'"),
        ({"questions": {"tasks": ["nfi", "xyz"]}}, r"questions"),
    ],
)
def test_what_is_unknown_or_ill_typed_is_refused(tmp_path, changes, said):
    """With its place in the file."""
    with pytest.raises(UsageError, match=said):
        read(tmp_path, **changes)


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch hurt']",
        "name: !!python/object/new:os.system ['touch hurt']",
        "name: !!python/name:os.system",
        "!!python/object:builtins.object {}",
        "name: !own thing",
        "{",
        "name: [",
        "a: b: c",
        "\t",
        "? [a]\n: b",
        "name: 2001-99-99",
        "seed: " + "9" * 5000,
        "name: own\nname: twice",
        "labeller: {kind: rendered, kind: hf}",
        "[" * 5000,
        "--- 1\n--- 2",
        "name: \x07",
    ],
)
def test_hostile_yaml_is_refused_and_does_nothing(tmp_path, monkeypatch, text):
    """One error, whatever PyYAML makes of it; no tag makes an object."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"config\.yaml cannot be read"):
        read_config(written(tmp_path, text))
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize("text", ["", "just text", "[1, 2]", "7", "null", "{}", "{1: 2}"])
def test_what_is_no_configuration_is_refused(tmp_path, text):
    """YAML, but not ours."""
    with pytest.raises(UsageError):
        read_config(written(tmp_path, text))


def test_aliases_cannot_unfold(tmp_path):
    """A billion laughs are refused before anything is built or shown of them."""
    laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    laughs += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 12)]
    path = written(tmp_path, "\n".join(laughs))
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match="aliases"):
            read_config(path)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def test_aliases_do_not_reach_the_free_mappings(tmp_path):
    """`extra_body` takes anything, and its text is part of every key: so it must be finite."""
    text = yaml.safe_dump(LEAST).replace(
        "kind: rendered", "kind: rendered\n  extra_body: &a {a: *a}"
    )
    with pytest.raises(UsageError, match="aliases"):
        read_config(written(tmp_path, text))


def test_a_file_of_any_size_is_read_to_its_bound_only(tmp_path):
    """Also one that never ends."""
    path = written(tmp_path, "# " + "x" * LARGEST)
    with pytest.raises(UsageError, match="at most"):
        read_config(path)
    if Path("/dev/zero").exists():
        with pytest.raises(UsageError, match="at most"):
            read_config(Path("/dev/zero"))


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"name: \xff", b"\x00" * 100])
def test_bytes_that_are_no_text_are_refused(tmp_path, data):
    """A picture named as a configuration, say."""
    path = tmp_path / "config.yaml"
    path.write_bytes(data)
    with pytest.raises(UsageError):
        read_config(path)


def test_a_missing_file_and_a_folder_say_how_to_begin(tmp_path):
    """The next step is a command."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(UsageError, match="sightline gaze recordings OUT"):
            read_config(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
PARTS = ("name", "out", "seed", "method", "recordings", "fixations", "scenes", "labeller")
PARTS += ("labels", "views", "episodes", "questions", "quality", "cluster")


@given(st.sampled_from(PARTS), JSON)
def test_any_value_anywhere_is_taken_or_refused_in_words(tmp_path_factory, part, value):
    """Nothing but UsageError comes out."""
    folder = tmp_path_factory.getbasetemp() / "any-config"
    folder.mkdir(exist_ok=True)
    with suppress(UsageError):
        read(folder, **{part: value})


def test_equal_settings_have_equal_digests(tmp_path):
    """And what answers do not depend on is no part of them."""
    plain = read(tmp_path, labeller={"kind": "openai", "model": "m"}).labeller
    same = read(tmp_path, labeller={"model": "m", "kind": "openai", "concurrency": 3}).labeller
    other = read(tmp_path, labeller={"kind": "openai", "model": "n"}).labeller
    assert digest(plain) == digest(same) != digest(other)


@pytest.mark.parametrize(
    "value",
    [
        "!!int ''",
        "!!int '+'",
        "!!float ''",
        "!!bool maybe",
        "!!timestamp then",
        "!!map x",
        "!!set x",
    ],
)
def test_a_tag_that_does_not_fit_its_value_is_refused(tmp_path, value):
    """PyYAML ends with whatever error it comes upon."""
    path = tmp_path / "config.yaml"
    path.write_text(f"name: x\nseed: {value}\n")
    with pytest.raises(UsageError, match="config"):
        read_config(path)


def test_out_may_lie_in_the_home(tmp_path, monkeypatch):
    """As the recordings may; no folder is called `~`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "config.yaml"
    path.write_text(
        "name: x\nout: ~/made\nlabeller: {kind: rendered}\n"
        "recordings: [{format: table, folder: raw}]\n"
    )
    assert read_config(path).out == tmp_path / "made"
