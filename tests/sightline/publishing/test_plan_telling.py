from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.media_choice import MediaChoice
from sightline.publishing.plan import plan
from sightline.publishing.records import LocalFile, Plan, RemoteFile, RemoteState, Wish
from sightline.publishing.row_changes import Keys, RowChanges
from sightline.publishing.telling import (
    FILES_SHOWN,
    ROWS_SHOWN,
    plan_lines,
    row_lines,
    size_text,
    visible,
)

WISH = Wish(Path("bench"), "org/bench", MediaChoice(included=True))
NOTHING = Plan((), (), (), (), (), ())
QUESTIONS = "questions/test-00000-of-00001.parquet"
REPOSITORY = RemoteState("org/bench", exists=True, private=True, head="0" * 40, files={})


def _local(*names, size=1000):
    return {name: LocalFile(name, Path(name), size, "0" * 64) for name in names}


def _lines(decided, *, local=None, changes=None, wish=WISH, state=REPOSITORY, private=True):
    files = _local(*decided.added, *decided.changed) if local is None else local
    return plan_lines(wish, state, decided, files, changes or {}, private=private)


def test_a_plan_is_told_file_by_file_with_the_rows_under_their_table():
    """Every kind of file once; the rows under the first table of their config."""
    decided = Plan(
        added=("media/a.mp4",),
        changed=(QUESTIONS, "videos/test-00000-of-00001.parquet"),
        deleted=("media/b.mp4",),
        same=("build.json", "README.md"),
        left=(".gitattributes",),
        conflicts=(),
    )
    local = _local("media/a.mp4", size=2_000_000) | _local(*decided.changed, size=85_554)
    keys = Keys(12, tuple((f"question_{i:04d}",) for i in range(12)))
    changes = {
        "questions": RowChanges(
            "questions", changed={"options": keys}, added=Keys(1, (("question_0042",),))
        )
    }
    assert _lines(decided, local=local, changes=changes) == [
        (
            "org/bench (main, private): 1 file added, 2 changed, 1 deleted, 2 the same, "
            "1 left alone; 2.2 MB to send"
        ),
        f"  ~ {QUESTIONS}  85,554 bytes",
        (
            "      12 rows of `questions` differ in `options`: question_0000, question_0001, "
            "question_0002, question_0003, question_0004 and 7 more"
        ),
        "      1 row of `questions` is new: question_0042",
        "  ~ videos/test-00000-of-00001.parquet  85,554 bytes",
        "  + media/a.mp4  2,000,000 bytes",
        "  - media/b.mp4",
        "  . .gitattributes is not ours and stays",
    ]


def test_the_rows_of_a_config_are_told_once():
    """Under the first of its tables; another config, or a file beside it, is not meant."""
    names = ("frames/test-0.parquet", "frames/test-1.parquet", "frames/x.txt", "frames2/t.parquet")
    changes = {"frames": RowChanges("frames", order_changed=True)}
    lines = _lines(replace(NOTHING, changed=names[1:], deleted=names[:1]), changes=changes)
    assert [line.strip() for line in lines].count(
        "the rows of `frames` stand in another order"
    ) == 1
    assert lines[1:3] == [
        "  ~ frames/test-1.parquet  1,000 bytes",
        "      the rows of `frames` stand in another order",
    ]


def test_nothing_to_do_is_said_in_the_first_line():
    """And the files of others are still named."""
    decided = replace(NOTHING, same=("README.md",), left=("notes.md",))
    assert _lines(decided) == [
        "org/bench (main, private): nothing to do; 1 the same, 1 left alone",
        "  . notes.md is not ours and stays",
    ]


@pytest.mark.parametrize(
    ("wish", "state", "private", "place"),
    [
        (WISH, REPOSITORY, False, "(main, public)"),
        (WISH, RemoteState("org/bench", exists=False), True, "(new, main, private)"),
        (replace(WISH, create_pr=True), REPOSITORY, True, "(a pull request to main, private)"),
        (replace(WISH, revision="next"), REPOSITORY, True, "(next, private)"),
    ],
)
def test_the_first_line_says_where_it_goes_and_who_will_see_it(wish, state, private, place):
    """Repository, branch, new or not, private or public."""
    head = _lines(NOTHING, wish=wish, state=state, private=private)[0]
    assert head.startswith(f"org/bench {place}: ")


def _conflicting(record):
    """A repository where README.md, eval.yaml and media/b.mp4 are others', media/a.mp4 is gone."""
    names = ("build.json", "README.md", "eval.yaml", "media/b.mp4")
    facts = {"files": {name: {"bytes": 9, "sha256": "a" * 64} for name in record}}
    files = {name: RemoteFile(name, 5, "b" * 40, "b" * 64) for name in names}
    return replace(REPOSITORY, files=files, facts=facts)


def test_each_conflict_says_what_somebody_else_did():
    """Changed, removed, never ours, changed and no longer wanted."""
    state = _conflicting(("README.md", "media/a.mp4", "media/b.mp4"))
    local = _local("build.json", "README.md", "eval.yaml", "media/a.mp4")
    decided = plan(local, state, lambda _: "")
    told = [line for line in _lines(decided, local=local, state=state) if line[2] == "!"]
    since = "by somebody else since the last publication"
    assert told == [
        f"  ! README.md was changed on the Hub {since}",
        "  ! eval.yaml is on the Hub with another content, and we did not put it there",
        f"  ! media/a.mp4 was removed from the Hub {since}",
        (
            f"  ! media/b.mp4 was changed on the Hub {since}; it is no longer wanted here and "
            "stays there"
        ),
    ]


def test_long_lists_are_cut_with_a_true_count():
    """But never a table whose rows are told, and what lies deep comes last."""
    media = tuple(f"assets/{i:04d}.png" for i in range(570))
    deep = "a/b/c.mp4"
    decided = replace(NOTHING, added=(deep, *media, QUESTIONS))
    changes = {"questions": RowChanges("questions", added=Keys(1, (("q1",),)))}
    lines = _lines(decided, changes=changes)
    named = [line.split()[1] for line in lines if line.startswith("  + ")]
    assert named == [*media[:FILES_SHOWN], QUESTIONS]
    assert lines[-1] == f"  and {571 - FILES_SHOWN} more added"
    assert "572 files added" in lines[0]


def test_every_difference_of_rows_has_its_line():
    """Rows, columns, types, order, equal keys; keys of several parts have blanks between."""
    found = RowChanges(
        "frames",
        added=Keys(ROWS_SHOWN + 1, tuple(("clip", i) for i in range(ROWS_SHOWN + 1))),
        removed=Keys(1, (("clip", None),)),
        columns_added=("t",),
        columns_removed=tuple(f"c{i}" for i in range(12)),
        columns_retyped={"index": ("int64", "int32")},
        order_changed=True,
        duplicates=Keys(2, (("a", 0), ("b", 0))),
    )
    assert row_lines(found) == [
        "6 rows of `frames` are new: clip 0, clip 1, clip 2, clip 3, clip 4 and 1 more",
        "1 row of `frames` is gone: clip null",
        "column new in `frames`: `t`",
        (
            "columns gone from `frames`: `c0`, `c1`, `c2`, `c3`, `c4`, `c5`, `c6`, `c7`, `c8`, "
            "`c9` and 2 more"
        ),
        "column of another type in `frames`: `index` (int64, now int32)",
        "the rows of `frames` stand in another order",
        "on the Hub 2 keys name several rows of `frames`, compared by their order: a 0, b 0",
    ]


def test_a_table_may_change_without_its_rows():
    """Other bytes, the same rows."""
    assert row_lines(RowChanges("frames")) == [
        "the rows of `frames` are the same; their file is written in another way"
    ]


def test_rows_that_cannot_be_read_say_why():
    """In one line, whatever the reader's message is."""
    (line,) = row_lines(RowChanges("frames", unreadable="bad\n" + "x" * 5000))
    assert line.startswith("the rows of `frames` on the Hub cannot be read: bad\\nxxx")
    assert len(line) < 400


HOSTILE = "a\x1b[31m\r\nb\u202ec\x00\ud800\x9b"


def test_nothing_of_others_reaches_the_terminal_unseen():
    """Names on the Hub, keys, columns, types and messages."""
    keys = Keys(1, ((HOSTILE, 1),))
    changes = RowChanges(
        "questions",
        added=keys,
        removed=keys,
        changed={HOSTILE: keys},
        columns_removed=(HOSTILE,),
        columns_retyped={HOSTILE: (HOSTILE, "int32")},
        duplicates=keys,
    )
    decided = Plan(
        added=(HOSTILE,),
        changed=(QUESTIONS,),
        deleted=(HOSTILE + "1",),
        same=(),
        left=(HOSTILE + "2",),
        conflicts=(HOSTILE + "3",),
    )
    state = replace(REPOSITORY, repository=HOSTILE)
    wish = replace(WISH, repository=HOSTILE, revision=HOSTILE)
    for told in (changes, RowChanges("questions", unreadable=HOSTILE)):
        lines = _lines(decided, wish=wish, state=state, changes={"questions": told})
        assert all(line.isprintable() for line in lines)
        assert any(r"a\x1b[31m\r\nb\u202ec\x00\ud800\x9b" in line for line in lines)


@given(st.text(), st.integers(0, 50))
def test_visible_text_is_one_printable_line_of_bounded_length(text, length):
    """Whatever characters it had; an escape takes at most ten."""
    shown = visible(text, length)
    assert shown.isprintable()
    assert len(shown) <= 10 * length + 3
    if text.isprintable() and len(text) <= length:
        assert shown == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (85_554, "85.6 KB"),
        (2_085_554, "2.1 MB"),
        (10**10, "10.0 GB"),
    ],
)
def test_sizes_are_told_in_units_of_a_thousand(count, text):
    """As the Hub does."""
    assert size_text(count) == text
