"""The card says what the data are, opens every config, and takes no markup from strangers."""

from __future__ import annotations

import dataclasses
import re
import shutil
import unicodedata

import pytest
import yaml
from datasets import load_dataset
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sightline.benchmarks import benchmark
from sightline.dataset_cards.leaves import leaves
from sightline.dataset_cards.markdown import code, link, plain
from sightline.dataset_cards.render import render_card
from sightline.errors import DatasetError

_MARKDOWN = MarkdownIt("commonmark").enable("table")
HOSTILE = "a|b<script>`x`\n# [y](http://z) **w** {{ 1 }} $$e$$ &amp; \\|"


class _OneOfEachKey(yaml.SafeLoader):
    """YAML in which no mapping has a key twice."""

    def construct_mapping(self, node, deep=False):  # noqa: FBT002 (PyYAML's signature)
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), keys
        return super().construct_mapping(node, deep=deep)


def _parts(text):
    """The front matter, parsed, and the Markdown after it."""
    start, head, body = text.split("---\n", 2)
    assert start == ""
    return yaml.load(head, _OneOfEachKey), body  # noqa: S506 (it is a SafeLoader)


def _published(facts, media="none", **changes):
    return {**facts, "publication": {"repository": "org/name", "media": media, **changes}}


def _tables(body):
    """The cells of every table, as text, rows by tables."""
    tables, row = [], None
    for token in _MARKDOWN.parse(body):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            row = []
            tables[-1].append(row)
        elif token.type == "inline" and row is not None:
            row.append("".join(child.content for child in token.children))
        elif token.type == "table_close":
            row = None
    return tables


def _markup(body):
    """Types of all tokens but text, and what HTML there is."""
    kinds, html = set(), []
    for token in _MARKDOWN.parse(body):
        for child in token.children or [token]:
            kinds.add(child.type)
            if "html" in child.type:
                html.append(child.content)
    return kinds, html


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_every_config_opens_through_the_card(built, told, tmp_path, streaming):
    """With as many rows as build.json says."""
    rules, facts = told(built)
    head, _ = _parts((built / "README.md").read_text(encoding="utf-8"))
    names = [entry["config_name"] for entry in head["configs"]]
    assert names == [config.name for config in rules.configs]
    for name in names:
        rows = load_dataset(
            str(built), name, split="test", streaming=streaming, cache_dir=str(tmp_path / "cache")
        )
        assert sum(1 for _ in rows) == facts["rows"][name]
        assert rows.features == rules.config(name).features


def test_annotations_alone_open_too(tiny_mmsi, told, tmp_path):
    """Without frames and recordings, through the card of such a publication."""
    rules, facts = told(tiny_mmsi)
    folder = tmp_path / "published"
    for name in ("questions", "videos"):
        shutil.copytree(tiny_mmsi / name, folder / name)
    del facts["rows"]["frames"]
    (folder / "README.md").write_text(render_card(rules, _published(facts)), encoding="utf-8")
    for name in ("questions", "videos"):
        rows = load_dataset(str(folder), name, split="test", cache_dir=str(tmp_path / "cache"))
        assert len(rows) == facts["rows"][name]
    default = load_dataset(str(folder), split="test", cache_dir=str(tmp_path / "cache"))
    assert len(default) == facts["rows"]["questions"]
    with pytest.raises(ValueError, match="BuilderConfig 'frames' not found"):
        load_dataset(str(folder), "frames", cache_dir=str(tmp_path / "cache"))


def test_the_builder_writes_this_card(built, told):
    """The same facts give the same text; nothing of the template is left in it."""
    text = render_card(*told(built))
    assert text == (built / "README.md").read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert not re.search(r"\{\{|\{%|%\}|\bNone\b|\n\n\n|[ \t]\n", text)


def test_every_column_is_documented(built, told):
    """One line for each leaf and no other, in the rules and on the card."""
    rules, facts = told(built)
    _, body = _parts(render_card(rules, facts))
    cells = {tuple(row) for table in _tables(body) for row in table}
    for config in rules.configs:
        parts = leaves(config.features)
        assert [leaf.path for leaf in parts] == list(config.fields)
        assert all(config.fields.values())
        for leaf in parts:
            what = config.fields[leaf.path].replace("`", "")
            assert (leaf.shown, leaf.type_text, what) in cells


def test_leaves_of_structs_and_lists():
    """Path for the rules, with brackets for people."""
    rules = benchmark("mmsi-video").call("dataset_rules")
    found = {leaf.path: leaf for leaf in leaves(rules.config("questions").features)}
    clip = found["clips.clip_id"]
    assert (clip.shown, clip.type_text, clip.column) == ("clips[].clip_id", "string", "clips")
    assert found["ref_images"].type_text == "list of image"
    assert found["options"].type_text == "list of string"


def test_counts_stand_beside_the_published_ones(tiny_mmsi, told):
    """By type and by difficulty, with chance."""
    _, body = _parts(render_card(*told(tiny_mmsi)))
    rows = {row[0]: row[1:] for table in _tables(body) for row in table}
    assert rows["Planning"] == ["1", "124", "25.0 %"]
    assert rows["(Motion Understanding) Instance Motion"] == ["0", "90", ""]
    assert [rows[name][1] for name in ("hard", "medium", "easy")] == ["327", "400", "379"]
    assert sum(int(rows[name][0]) for name in ("hard", "medium", "easy")) == 4


def test_the_first_version_of_facts_has_a_card_too(tiny_mmsi, told):
    """Its survey did not count difficulties: no table, no error."""
    rules, facts = told(tiny_mmsi)
    del facts["survey"]["difficulties"]
    assert "| difficulty | questions |" not in render_card(rules, facts)


def test_streamgaze_counts_tasks_and_families(tiny_streamgaze, told):
    """The ten tasks in the paper's order, then the three families."""
    _, body = _parts(render_card(*told(tiny_streamgaze)))
    counts = [table for table in _tables(body) if table[0][-1] == "chance"]
    rows = {row[0]: row[1:] for table in counts for row in table}
    assert rows["oie"] == ["OI-E, Object Identification (Easy)", "1", "1,469", "25.0 %"]
    assert rows["past"][1:3] == ["6", "1,529"]


def test_tasks_on_the_card_exist(built, told):
    """What people copy runs."""
    rules, facts = told(built)
    found = benchmark(rules.benchmark)
    text = render_card(rules, facts)
    assert re.findall(r"--tasks (\S+)", text)[0] in found.tasks
    assert f"{found.dataset_variable}=PATH_OR_REPO " in text
    published = render_card(rules, _published(facts))
    assert f"{found.dataset_variable}=org/name@main " in published
    assert "PATH_OR_REPO" not in published


def test_code_on_the_card_is_python(built, told):
    """Every example compiles, whatever is published."""
    rules, facts = told(built)
    cards = [facts, _published(facts), _published(facts, "all"), _published(facts, ["x"])]
    for told_now in cards:
        blocks = re.findall(r"```python\n(.*?)```", render_card(rules, told_now), re.DOTALL)
        assert blocks
        for block in blocks:
            compile(block, "card", "exec")


def test_the_card_says_which_recordings_are_there(built, told):
    """None, some by name, or all; only then does it say how to fetch one."""
    rules, facts = told(built)
    none = render_card(rules, _published(facts))
    assert "**Annotations only:**" in none
    assert "media_path" not in none
    source = rules.sources[0]
    some = render_card(rules, _published(facts, [source.name, "else_where"]))
    assert "**Recordings of some sources**" in some
    assert f"{plain(source.title)}, else\\_where." in some
    here = [row for table in _tables(_parts(some)[1]) if table[0][-1] == "here" for row in table]
    assert [row[0] for row in here if row[-1] == "yes"] == [source.title]
    every = render_card(rules, _published(facts, "all"))
    assert "**All recordings**" in every
    assert 'sightline.media_path("org/name"' in every
    assert "do not publish them" in render_card(rules, facts)
    assert "do not publish them" not in every


def test_terms_of_every_source_are_told(built, told):
    """Title, terms and whether recordings may be passed on."""
    rules, facts = told(built)
    assert rules.sources
    rows = {row[0]: row for table in _tables(_parts(render_card(rules, facts))[1]) for row in table}
    for source in rules.sources:
        assert rows[source.title][1] == source.terms


def test_changes_and_pictures_are_shown(built, told):
    """Lines as text; only pictures that we draw."""
    rules, facts = told(built)
    names = [
        "assets/counts.png",
        "assets/contact_sheet.jpg",
        "../x.png",
        "assets/x.png",
        "http://z",
    ]
    text = render_card(rules, _published(facts, changes=["First | version"], pictures=names))
    assert "## Changes\n\n- First \\| version\n" in text
    assert re.findall(r"!\[[^\]]+\]\((.*?)\)", text) == [
        "assets/contact_sheet.jpg",
        "assets/counts.png",
    ]
    assert "## Changes" not in render_card(rules, _published(facts))


def test_what_was_left_out_is_told(built, told):
    """Twenty of the problems, and how many more."""
    rules, facts = told(built)
    assert "Left out" not in render_card(rules, facts)
    facts["skipped"] = [f"q{i}" for i in range(22)]
    facts["problems"] = [f"file.json[{i}]: options must be <list>" for i in range(22)]
    text = render_card(rules, facts)
    assert "22 question(s) of the release" in text
    assert "- file.json\\[19\\]: options must be &lt;list&gt;\n- and 2 more" in text


def test_strangers_write_no_markup(tiny_mmsi, told):
    """A type, a message, a line of changes and a release that try to."""
    rules, facts = told(tiny_mmsi)
    clean, _ = _markup(_parts(render_card(rules, _published(facts, changes=["x"])))[1])
    facts["survey"]["types"][0]["type"] = HOSTILE
    facts["survey"]["rates"] = {HOSTILE: 1}
    facts["release"].update(repository=HOSTILE, revision=HOSTILE)
    facts["skipped"], facts["problems"] = [HOSTILE], [HOSTILE, "- - x", "1. y", "===", "---"]
    text = render_card(rules, _published(facts, changes=[HOSTILE, "---\nlicense: mit"]))
    head, body = _parts(text)
    assert head["license"] == "cc-by-nc-4.0"
    kinds, html = _markup(body)
    assert kinds <= clean | {"html_inline"}
    assert set(html) <= {"<!-- -->"}
    for table in _tables(body):
        assert {len(row) for row in table} == {len(table[0])}
    shown = {row[0].replace("<!-- -->", "") for table in _tables(body) for row in table}
    assert " ".join(HOSTILE.split()) in shown


def test_unknown_sources_are_only_names(tiny_mmsi, told):
    """Whatever somebody typed after --sources."""
    rules, facts = told(tiny_mmsi)
    text = render_card(rules, _published(facts, ["<b>|x"]))
    assert "&lt;b&gt;\\|x. Of the others" in text


@given(st.text(max_size=400))
def test_plain_text_stays_text(text):
    """One cell, no markup in it, and read back it is what it was, on one line."""
    cell = plain(text)
    assert "\n" not in cell
    tokens = _MARKDOWN.parse(f"| x |\n|---|\n| {cell} |\n| end |")
    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 3
    children = [child for child in inline[1].children if child.content != "<!-- -->"]
    assert {child.type for child in children} <= {"text", "text_special"}
    read = "".join(child.content for child in children)
    words = " ".join(text.split())
    shown = "".join(mark for mark in words if unicodedata.category(mark)[0] != "C")
    shown = " ".join(shown.split())
    assert read == (shown if len(shown) <= 300 else f"{shown[:300]} ...")


@given(st.text(max_size=60))
def test_plain_text_begins_no_block(text):
    """No heading, list, quote, rule or code at the start of a line either."""
    kinds = {token.type for token in _MARKDOWN.parse(f"x\n\n{plain(text)}\n")}
    assert kinds <= {"paragraph_open", "inline", "paragraph_close"}


def test_code_font_is_for_plain_names():
    """A mark that ends it makes it text."""
    assert code("media/videos/a-1.mp4") == "`media/videos/a-1.mp4`"
    assert code("a`b") == "a\\`b"
    assert code("a|b") == "a\\|b"


def test_links_lead_to_the_web_only():
    """Anything else is text."""
    assert link("t|", "https://x.org/a?b=1") == "[t\\|](https://x.org/a?b=1)"
    for address in ("", "javascript:x", "https://x.org/a) [b](c", "http://x y"):
        assert link("t", address) == "t"


def test_facts_that_lack_something_are_named(built, told):
    """Not a traceback, and never a card with holes."""
    rules, facts = told(built)
    for key in ("survey", "rows", "release", "problems"):
        less = {name: value for name, value in facts.items() if name != key}
        with pytest.raises(DatasetError, match=rf"must hold what the card .*{key}"):
            render_card(rules, less)
    facts["survey"] = {}
    with pytest.raises(DatasetError, match="build the dataset again"):
        render_card(rules, facts)


def test_a_template_cannot_name_what_is_not_there(tiny_mmsi, told, tmp_path, monkeypatch):
    """A slip in a template is an error, not an empty place."""
    rules, facts = told(tiny_mmsi)
    (tmp_path / "slip_package").mkdir()
    (tmp_path / "slip_package/__init__.py").touch()
    (tmp_path / "slip_package/card.md").write_text("{{ no_such_word }}")
    monkeypatch.syspath_prepend(str(tmp_path))
    slip = dataclasses.replace(rules, card="slip_package:card.md")
    with pytest.raises(DatasetError, match="no_such_word"):
        render_card(slip, facts)
