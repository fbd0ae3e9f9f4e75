"""The card: front matter, configs and text, however strange."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.checking import card
from sightline.checking.front_matter import MAX_BYTES, MAX_DEPTH, read_front_matter
from sightline.checking.opened import open_dataset
from sightline.checking.patterns import matching
from sightline.progress import Silent

BODY = """
# Name

The paper: https://arxiv.org/abs/2512.10863

    load_dataset("org/name")

## Licence

```bibtex
@misc{name, title = {Name}}
```
"""


@pytest.fixture
def folder(built, tmp_path):
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(built, tmp_path / "dataset"))


def head(**changes):
    """The front matter of a fine card, changed; None takes a key out."""
    config = [
        {"config_name": name, "data_files": [{"split": "test", "path": f"{name}/test-*"}]}
        for name in ("questions", "frames", "videos")
    ]
    config[0]["default"] = True
    whole = {
        "configs": config,
        "language": ["en"],
        "license": "cc-by-nc-4.0",
        "pretty_name": "MMSI-Video-Bench",
        "size_categories": ["n<1K"],
        "task_categories": ["video-text-to-text"],
        "tags": ["video"],
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not None}


def configs(**changes):
    """The configs of a fine card, the first of them changed; None takes a key out."""
    first, *others = head()["configs"]
    first = {**first, **changes}
    return [{key: value for key, value in first.items() if value is not None}, *others]


def write(folder, values, body=BODY):
    """A card of these values or of this text."""
    text = values if isinstance(values, str) else yaml.safe_dump(values, sort_keys=False)
    (folder / "README.md").write_text(f"---\n{text}---\n{body}", encoding="utf-8")


def found(folder):
    """All findings, each of which can be printed."""
    findings = list(card.check(open_dataset(folder), Silent()))
    assert all(one.line().isprintable() for one in findings)
    return findings


def told(folder, severity="error"):
    """What the findings of that severity say, in one text."""
    return "\n".join(one.line() for one in found(folder) if one.severity == severity)


def test_a_fine_card_has_nothing_to_mend(folder):
    """And neither has one with Windows' line ends."""
    write(folder, head())
    assert found(folder) == []
    text = (folder / "README.md").read_text()
    (folder / "README.md").write_bytes(text.replace("\n", "\r\n").encode())
    assert found(folder) == []


def test_the_builders_card_has_no_error(built):
    """Whatever it may lack."""
    assert told(built) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"license": None}, "missing"),
        ({"license": "cc-by-4.0"}, "as the release is, not 'cc-by-4.0'"),
        ({"license": "apache-2.0"}, "as the release is"),
        ({"license": ["cc-by-nc-4.0", "mit"]}, "as the release is"),
        ({"license": "cc-by-nc-40"}, "did you mean cc-by-nc-4.0?"),
        ({"license": 4.0}, "must be a text"),
        ({"license": "other"}, "license_link"),
        ({"size_categories": ["1K<n<10K"]}, "4 questions are n<1K"),
        ({"size_categories": 5}, "4 questions are n<1K"),
        ({"task_categories": ["video-question-answering"]}, "did you mean"),
        ({"task_categories": 7}, "a list of texts"),
        ({"task_categories": [{}]}, "a list of texts"),
        ({"tags": [1, 2]}, "a list of texts"),
        ({"tags": {"a": "b"}}, "a list of texts"),
        ({"language": ["English"]}, "codes such as en"),
        ({"language": {"en": 1}}, "codes such as en"),
        ({"pretty_name": ["a"]}, "a text"),
        ({"configs": None}, "load_dataset would guess"),
        ({"configs": {}}, "load_dataset would guess"),
        ({"configs": "questions"}, "load_dataset would guess"),
        ({"configs": [1, None, [], {}, {"config_name": 3}]}, "configs[4]"),
        ({"configs": configs()[1:]}, "configs[questions]: this config is missing"),
        ({"configs": [*configs(), configs()[1]]}, "stands 2 times"),
        ({"configs": configs(config_name="extra")}, "no such config"),
        ({"configs": configs(default=None)}, "the default must be questions alone, but is none"),
        ({"configs": configs(default="yes")}, "true or false"),
        ({"configs": configs(data_files=None)}, "a list of split and path"),
        ({"configs": configs(data_files="questions/*")}, "a list of split and path"),
        ({"configs": configs(data_files=["questions/*"])}, "a list of split and path"),
        ({"configs": configs(data_files=[{"split": "test", "path": {}}])}, "a list of split"),
        ({"configs": configs(drop_labels=True)}, "'drop_labels' changes what load_dataset reads"),
        ({"configs": configs(data_dir="/")}, "'data_dir' changes"),
        ({"dataset_info": [{"config_name": "extra"}]}, "no such config"),
        ({"dataset_info": 3}, "cannot be read"),
    ],
)
def test_front_matter_that_is_wrong(folder, changes, words):
    """Each fault by itself."""
    write(folder, head(**changes))
    assert words in told(folder)


def one_path(path, split="test"):
    """Configs of which the first has this path."""
    return head(configs=configs(data_files=[{"split": split, "path": path}]))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (one_path("questions/train-*"), "finds no file"),
        (one_path("questions/test-*", "test-mini"), "refuses '-'"),
        (one_path("questions/test-*", "train"), "the split must be test"),
        (one_path("*/test-*"), "no Parquet files of questions/"),
        (one_path("**"), "no Parquet files of questions/"),
        (one_path("media/videos/**"), "no Parquet files of questions/"),
        (one_path("frames/test-*"), "found 2 times, by frames, questions"),
        (one_path(["questions/test-*", "questions/*"]), "found 2 times, by questions"),
        (one_path("frames/test-*"), "no path of the config questions finds this table"),
        (one_path("../dataset/questions/test-*"), "must lie in the dataset"),
        (one_path("/etc/*"), "must lie in the dataset"),
        (one_path("hf://datasets/org/other/test-*"), "must lie in the dataset"),
        (one_path("https://example.org/test.parquet"), "must lie in the dataset"),
        (one_path("questions/{test,train}-*"), "only * and ?"),
        (one_path("questions/[t]est-*"), "only * and ?"),
        (one_path("questions/" + "*a" * 400), "too long"),
        (one_path("questions/" + "*?" * 100 + "x"), "finds no file"),
        (one_path([7]), "must be a text"),
    ],
)
def test_paths_that_find_other_files(folder, values, words):
    """Each config finds its own tables, all of them, once, and never looks outside."""
    write(folder, values)
    assert words in told(folder)


FILES = ("questions/test-0.parquet", "questions/a/test-1.parquet", "media/a/b.mp4", "x.parquet")


@pytest.mark.parametrize(
    "pattern",
    ["questions/test-*", "**", "*", "**/test-?.parquet", "m*/**", "*/*/*", "x.*", "questions"],
)
def test_patterns_find_what_load_dataset_finds(tmp_path, pattern):
    """Compared with the library's own search."""
    from datasets.data_files import resolve_pattern

    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    ours = {str(tmp_path / name) for name in matching(pattern, FILES)}
    try:
        assert ours == set(resolve_pattern(pattern, str(tmp_path)))
    except FileNotFoundError:
        assert ours == set()


def test_two_defaults(folder):
    """`load_dataset` would raise."""
    values = head()
    values["configs"][1]["default"] = True
    write(folder, values)
    assert "but is questions and frames" in told(folder)


def test_several_faults_are_told_at_once(folder):
    """Not the first one only."""
    write(folder, head(license="mit", tags=1, size_categories=["n>1T"]), "# nothing")
    errors = [one for one in found(folder) if one.severity == "error"]
    assert {one.where for one in errors} == {
        "README.md license",
        "README.md tags",
        "README.md size_categories",
    }
    assert len([one for one in found(folder) if one.severity == "warning"]) == 4


def info(rows, **more):
    """A `dataset_info` of the videos config."""
    splits = [{"name": "test", "num_bytes": 1, "num_examples": rows}]
    return [{"config_name": "videos", "splits": splits, **more}]


def test_dataset_info_is_compared_with_the_tables(folder):
    """Equal is allowed, stale is an error: load_dataset would raise."""
    import pyarrow.parquet as pq
    from datasets import Features

    table = folder / "videos" / "test-00000-of-00001.parquet"
    rows = pq.read_metadata(table).num_rows
    features = Features.from_arrow_schema(pq.read_schema(table))._to_yaml_list()
    write(folder, head(dataset_info=info(rows, features=features)))
    assert found(folder) == []
    write(folder, head(dataset_info=info(rows + 1)))
    assert "stale dataset_info: it says" in told(folder)
    write(folder, head(dataset_info=info(rows, features=features[1:])))
    assert "stale dataset_info: its features" in told(folder)
    table.write_bytes(b"broken")
    assert "cannot be compared" in told(folder)


BOMB = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(9))
HOSTILE = {
    "a bomb of aliases": BOMB,
    "a chain of aliases": "a: &a 1\nb: *a\n",
    "a deep flow": "a: " + "[" * 5000 + "]" * 5000 + "\n",
    "a deep mapping": "a: " + "{b: " * 2000 + "}" * 2000 + "\n",
    "a deep block": "".join(" " * i + f"k{i}:\n" for i in range(100)),
    "ten megabytes": "a: " + "x" * 10_000_000 + "\n",
    "a tab": "a:\n\t- b\n",
    "an object of Python": "a: !!python/object/apply:os.system ['true']\n",
    "a wrong tag": "a: !!timestamp x\nb: !!bool x\n",
    "a wrong date": "a: 2020-99-99\n",
    "an unhashable key": "? [a, b]\n: c\n? {a: b}\n: c\n",
    "two documents": "a: 1\n...\nb: 2\n",
    "a list": "- a\n- b\n",
    "a text": "nothing else\n",
    "nothing": "\n",
    "equal keys": "license: mit\nlicense: cc-by-nc-4.0\n",
    "a number as key": "1: 2\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_front_matter_is_told_and_not_followed(folder, text):
    """In a moment, and with a place where there is one."""
    write(folder, text)
    front = [one for one in found(folder) if one.where == "README.md" and one.severity == "error"]
    assert front


@pytest.mark.parametrize("key", [*head(), "dataset_info", "license_name"])
@pytest.mark.parametrize("value", [1, 1.5, "x", True, [], {}, [[]], [{}], {"a": {"b": [1]}}])
def test_wrong_types_stop_nothing(folder, key, value):
    """Whatever a key holds."""
    write(folder, head(**{key: value}))
    found(folder)


def test_a_number_of_many_digits(folder):
    """Which Python refuses to write."""
    write(folder, yaml.safe_dump(head(tags=None)) + "tags: 0x" + "f" * 50_000 + "\n")
    assert "a very large int" in told(folder)


def test_equal_keys_are_told_with_their_lines(folder):
    """Inside of lists, too; readers take one or the other."""
    text = yaml.safe_dump(head()).replace("license:", "license: mit\nlicense:")
    write(folder, text.replace("  default: true\n", "  default: false\n  default: true\n"))
    assert "the key license stands twice" in told(folder)
    assert "the key default stands twice" in told(folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no card"),
        (b"", "must begin with a line ---"),
        (b"# Title\n", "must begin with a line ---"),
        (b"---\na: 1\n", "must begin with a line ---"),
        (b"\xef\xbb\xbf---\na: 1\n---\n", "byte order mark"),
        (b"\n---\na: 1\n---\n", "--- at once"),
        (b"---\na: \xff\n---\n", "no UTF-8 at byte 7"),
        ("---\na: 1\n---\n".encode("utf-16"), "no UTF-8 at byte 0"),
        (b"---\na: 1\n---\n---\nlicense: mit\n---\n", "second front matter"),
        (b"---\na: 1\n---\n" + b"x" * card.MAX_BYTES, "are not read"),
        (b"---\n" + b"\n" * 1_000_000, "must begin with a line ---"),
        (b" " * 1_900_000, "must begin with a line ---"),
    ],
)
def test_cards_without_a_front_matter(folder, content, words):
    """Or with one that readers do not find."""
    (folder / "README.md").unlink()
    if content is not None:
        (folder / "README.md").write_bytes(content)
    assert words in told(folder)


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("arxiv.org/abs/2512.10863", "a link to the paper"),
        ("load_dataset(", "an example with load_dataset"),
        ("## Licence", "a section about the licence"),
        ("@misc{", "a citation"),
    ],
)
def test_what_people_look_for_is_missed(folder, lost, words):
    """As a warning."""
    write(folder, head(), BODY.replace(lost, ""))
    (finding,) = found(folder)
    assert finding.severity == "warning"
    assert words in finding.what


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "< SCRIPT src=x>",
        "<iframe src='https://example.org'></iframe>",
        "<img src=https://example.org/a.png onerror=alert(1)>",
        "<img src='a'/onload = 'x'>",
        "[click](javascript:alert(1))",
        "[click](JavaScript :alert(1))",
        "[click](data:text/html,hello)",
    ],
)
def test_a_card_is_text(folder, text):
    """Nothing in it acts in a reader's browser."""
    write(folder, head(), f"{BODY}\n{text}\n")
    assert "a card is text" in told(folder)


def test_pictures_that_the_card_shows_are_there(folder):
    """Relative ones; what lies elsewhere is not looked for."""
    (folder / "assets").mkdir()
    (folder / "assets" / "a b.png").write_bytes(b"x")
    pictures = "![a](assets/a%20b.png) ![b](./assets/no.png) <img width=3 src='assets/not.png'>"
    more = "![c](https://example.org/a.png) ![d](../../../etc/passwd) ![e](//example.org/b.png)"
    write(folder, head(), f"{BODY}\n{pictures}\n{more}\n")
    missing = [one.what.split()[3] for one in found(folder)]
    assert missing == ["assets/no.png,", "../../../etc/passwd,", "assets/not.png,"]


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_any_text_is_a_card_or_is_told(text):
    """Nothing raises, and what is readable is a mapping of texts."""
    for whole in (text, f"---\n{text}\n---\n", f"---\na: {text}\n---\n{text}"):
        read = read_front_matter(whole)
        assert all(isinstance(key, str) for key in read.values)


def test_the_limits_are_far_above_real_cards(built):
    """A hundredth of what is read."""
    text = (built / "README.md").read_text()
    assert len(text) < min(MAX_BYTES, card.MAX_BYTES) / 10
    assert MAX_DEPTH > 10
