"""A plan as lines of text: what would be sent, which rows differ, what is left alone.

Names and values come from a repository and from tables that others may have written, so every one
is made visible first: nothing reaches a terminal but printable characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.publishing.plan import bytes_to_send, record_of
from sightline.wording import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sightline.publishing.records import LocalFile, Plan, RemoteState, Wish
    from sightline.publishing.row_changes import Keys, RowChanges

FILES_SHOWN = 20
"""How many files of each kind are named; the rest is counted."""

ROWS_SHOWN = 5
"""How many rows of each kind are named; the rest is counted."""

COLUMNS_SHOWN = 10
"""How many columns of each kind are named; the rest is counted."""

_NAME_LENGTH = 200
_KEY_LENGTH = 60
_REASON_LENGTH = 300
_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "KB"))


def plan_lines(
    wish: Wish,
    state: RemoteState,
    decided: Plan,
    local: Mapping[str, LocalFile],
    changes: Mapping[str, RowChanges],
    *,
    private: bool,
) -> list[str]:
    """What a commit would do, for people.

    Args:
        wish: what was asked for.
        state: the repository as it is.
        decided: the plan.
        local: name -> file, for all that is to stand in the repository.
        changes: config -> how its rows differ; of configs whose tables are added, changed or
            deleted. They are told under the first of these.
        private: whether the repository is, or will be, private.

    Returns:
        A line that sums it up, and one or more for each file that is not simply the same.
    """
    waiting, record = dict(changes), record_of(state)
    lines = [_head(wish, state, decided, local, private=private)]

    def changed(name: str) -> Iterator[str]:
        yield f"  ~ {visible(name)}  {local[name].size:,} bytes"
        yield from _rows(name, waiting)

    def added(name: str) -> Iterator[str]:
        yield f"  + {visible(name)}  {local[name].size:,} bytes"
        yield from _rows(name, waiting)

    def deleted(name: str) -> Iterator[str]:
        yield f"  - {visible(name)}"
        yield from _rows(name, waiting)

    lines += _listed(decided.changed, changed, "changed")
    lines += _listed(decided.added, added, "added")
    lines += _listed(decided.deleted, deleted, "deleted")
    lines += _listed(decided.conflicts, lambda name: [_conflict(name, record, decided)], "of these")
    lines += _listed(
        decided.left, lambda name: [f"  . {visible(name)} is not ours and stays"], "left alone"
    )
    return lines


def row_lines(changes: RowChanges) -> list[str]:
    """How the rows of a config differ, one line for each kind of difference, without indent."""
    config = f"`{visible(changes.config)}`"
    if changes.unreadable:
        why = visible(changes.unreadable, _REASON_LENGTH)
        return [f"the rows of {config} on the Hub cannot be read: {why}"]
    lines = [
        f"{_count(keys, 'differs', 'differ', config)} in `{visible(column)}`: {_keys(keys)}"
        for column, keys in changes.changed.items()
    ]
    for keys, one, many in (
        (changes.added, "is new", "are new"),
        (changes.removed, "is gone", "are gone"),
    ):
        if keys.count:
            lines.append(f"{_count(keys, one, many, config)}: {_keys(keys)}")
    lines += _columns(changes, config)
    if changes.order_changed:
        lines.append(f"the rows of {config} stand in another order")
    if changes.empty:
        lines.append(f"the rows of {config} are the same; their file is written in another way")
    if changes.duplicates.count:
        keys = changes.duplicates
        lines.append(
            f"on the Hub {keys.count:,} {'key names' if keys.count == 1 else 'keys name'} several "
            f"rows of {config}, compared by their order: {_keys(keys)}"
        )
    return lines


def visible(text: str, length: int = _NAME_LENGTH) -> str:
    """A text of others on one line, cut at `length`, with nothing but printable characters."""
    return printable(text[:length]) + ("..." if len(text) > length else "")


def size_text(count: int) -> str:
    """A number of bytes for people: ``85.6 KB``; a KB is 1000 bytes."""
    for unit, name in _UNITS:
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} bytes"


def _head(
    wish: Wish,
    state: RemoteState,
    decided: Plan,
    local: Mapping[str, LocalFile],
    *,
    private: bool,
) -> str:
    where = visible(wish.revision) if state.exists else f"new, {visible(wish.revision)}"
    if wish.create_pr:
        where = f"a pull request to {where}"
    place = f"{visible(wish.repository)} ({where}, {'private' if private else 'public'})"
    rest = f"{len(decided.same):,} the same, {len(decided.left):,} left alone"
    if decided.empty:
        return f"{place}: nothing to do; {rest}"
    files = "file" if len(decided.added) == 1 else "files"
    return (
        f"{place}: {len(decided.added):,} {files} added, {len(decided.changed):,} changed, "
        f"{len(decided.deleted):,} deleted, {rest}; "
        f"{size_text(bytes_to_send(decided, local))} to send"
    )


def _listed(names: Sequence[str], told: Callable[[str], Iterable[str]], rest: str) -> Iterator[str]:
    """The lines of each name, the later ones only counted; what a table's rows say is never cut.

    Card and tables come before what lies deeper: hundreds of videos must not push them out.
    """
    cut = 0
    for i, name in enumerate(sorted(names, key=lambda name: (name.count("/") > 1, name))):
        first, *others = told(name)
        if i < FILES_SHOWN or others:
            yield first
            yield from others
        else:
            cut += 1
    if cut:
        yield f"  and {cut:,} more {rest}"


def _rows(name: str, waiting: dict[str, RowChanges]) -> list[str]:
    """What is to be said of a config's rows, once: under the first of its tables."""
    config, _, rest = name.partition("/")
    if config not in waiting or not rest.endswith(".parquet"):
        return []
    return [f"      {line}" for line in row_lines(waiting.pop(config))]


def _conflict(name: str, record: Mapping[str, object] | None, decided: Plan) -> str:
    shown = visible(name)
    if name in decided.added:
        return f"  ! {shown} was removed from the Hub by somebody else since the last publication"
    if record is None or name not in record:
        return f"  ! {shown} is on the Hub with another content, and we did not put it there"
    stays = "" if name in decided.changed else "; it is no longer wanted here and stays there"
    return f"  ! {shown} was changed on the Hub by somebody else since the last publication{stays}"


def _columns(changes: RowChanges, config: str) -> Iterator[str]:
    types = changes.columns_retyped.items()
    for names, what in (
        ([f"`{visible(name)}`" for name in changes.columns_added], "new in"),
        ([f"`{visible(name)}`" for name in changes.columns_removed], "gone from"),
        (
            [
                f"`{visible(name)}` ({visible(old)}, now {visible(new)})"
                for name, (old, new) in types
            ],
            "of another type in",
        ),
    ):
        if names:
            more = len(names) - COLUMNS_SHOWN
            shown = ", ".join(names[:COLUMNS_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
            yield f"{'column' if len(names) == 1 else 'columns'} {what} {config}: {shown}"


def _count(keys: Keys, one: str, many: str, config: str) -> str:
    if keys.count == 1:
        return f"1 row of {config} {one}"
    return f"{keys.count:,} rows of {config} {many}"


def _keys(keys: Keys) -> str:
    """``question_0001, question_0007 and 10 more``; the parts of a key with a blank between."""
    shown = [
        visible(" ".join("null" if part is None else str(part) for part in key), _KEY_LENGTH)
        for key in keys.first[:ROWS_SHOWN]
    ]
    more = keys.count - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")
