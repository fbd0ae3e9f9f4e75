"""Which rows of a config differ between two sets of Parquet files, by their keys.

The old files come from the Hub: whatever is wrong with them is told and never fails. Rows are
compared by digests of their values, and a config with row groups is compared group by group, so
that no more than two clips are in memory however large the tables are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sightline.errors import DatasetError
from sightline.publishing.row_tables import Tables, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sightline.dataset_rules import Config
    from sightline.publishing.row_tables import Key, Rows

FIRST = 20
"""How many keys are kept by name; the rest is counted."""


@dataclass(frozen=True)
class Keys:
    """Some rows of a table: how many, and the first of them."""

    count: int = 0
    """How many rows."""
    first: tuple[Key, ...] = ()
    """The keys of the first `FIRST`, in the table's order."""

    def and_one(self, key: Key) -> Keys:
        """The same and one more."""
        kept = (*self.first, key) if len(self.first) < FIRST else self.first
        return Keys(self.count + 1, kept)


@dataclass(frozen=True)
class RowChanges:
    """How the rows of a config differ from older ones."""

    config: str
    """Name of the config."""
    added: Keys = Keys()
    """Rows that are new."""
    removed: Keys = Keys()
    """Rows that are gone."""
    changed: Mapping[str, Keys] = field(default_factory=dict)
    """Top-level column -> rows whose value in it is another one; columns without such are left
    out. A row may be under several columns."""
    columns_added: tuple[str, ...] = ()
    """Columns that are new."""
    columns_removed: tuple[str, ...] = ()
    """Columns that are gone."""
    columns_retyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Column -> its old and its new type, as Arrow spells them."""
    order_changed: bool = False
    """Whether the rows that both have stand in another order."""
    duplicates: Keys = Keys()
    """Keys that the old rows have more than once; such rows are compared by their position among
    equals."""
    unreadable: str = ""
    """Why the old rows could not be compared; empty when they could. Then nothing else is set."""

    @property
    def empty(self) -> bool:
        """Whether both hold the same rows in the same order."""
        return self == RowChanges(self.config, duplicates=self.duplicates)


def row_changes(config: Config, old: Sequence[Path], new: Sequence[Path]) -> RowChanges:
    """Compare the rows of a config.

    Args:
        config: its key columns say which rows are the same one; where it has a `group`, every row
            group must hold one value of that column.
        old: Parquet files as they are on the Hub, in order; of another schema, or garbage, or none.
        new: the files that are to take their place, in order.

    Raises:
        DatasetError: the new files cannot be read or lack key columns, or a row group of theirs
            holds several groups.
    """
    before, after = Tables(old, config), Tables(new, config)
    try:
        return _compared(config, before.open(), after.open())
    except UnreadableError as error:
        if error.tables is before:
            return RowChanges(config.name, unreadable=str(error))
        raise DatasetError(
            f"the new rows of {config.name} cannot be read: {error}",
            next_step="see what is wrong with them: sightline check",
        ) from error


def _compared(config: Config, before: Tables, after: Tables) -> RowChanges:
    """Group by group; a config without groups is one."""
    found = _Found()
    for group in after.groups:
        if group not in before.groups:
            found.add(after.keys(group))
        else:
            found.compare(*_both(config, before, after, group))
    for group in before.groups:
        if group not in after.groups:
            found.remove(before.keys(group))
    found.see_order(before.groups, after.groups)
    old, new = before.types or after.types, after.types or before.types
    return RowChanges(
        config.name,
        added=found.added,
        removed=found.removed,
        changed={name: found.changed[name] for name in new if name in found.changed},
        columns_added=tuple(name for name in new if name not in old),
        columns_removed=tuple(name for name in old if name not in new),
        columns_retyped={
            name: (str(old[name]), str(kind))
            for name, kind in new.items()
            if name in old and old[name] != kind
        },
        order_changed=found.order_changed,
        duplicates=found.duplicates,
    )


def _both(config: Config, before: Tables, after: Tables, group: bytes) -> tuple[Rows, Rows]:
    """One group's rows, old and new, without what is seen to be equal as a whole: columns, or all.

    Equal keys in a group that is equal as a whole are no news: the new rows have them, too.
    """
    key = list(config.key)
    columns = [name for name in after.types if name in before.types and name not in key]
    if config.group is None:
        return before.rows(group, columns), after.rows(group, columns)
    old, new = before.table(group, key + columns), after.table(group, key + columns)
    if old.select(key).equals(new.select(key)):
        # NaN makes a column unequal here: it is then compared value by value.
        columns = [name for name in columns if not old.column(name).equals(new.column(name))]
        if not columns:
            return {}, {}
    return before.digested(old.to_batches(), columns), after.digested(new.to_batches(), columns)


@dataclass
class _Found:
    """What was found so far."""

    added: Keys = Keys()
    removed: Keys = Keys()
    duplicates: Keys = Keys()
    changed: dict[str, Keys] = field(default_factory=dict)
    order_changed: bool = False

    def add(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self.added = self.added.and_one(key)

    def remove(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self.removed = self.removed.and_one(key)

    def see_order(self, old: Iterable[Any], new: Iterable[Any]) -> None:
        """Whether what both have stands in another order."""
        old, new = dict.fromkeys(old), dict.fromkeys(new)
        if [it for it in old if it in new] != [it for it in new if it in old]:
            self.order_changed = True

    def compare(self, old: Rows, new: Rows) -> None:
        """One group that both have."""
        self.add(key for row, (key, _) in new.items() if row not in old)
        self.remove(key for row, (key, _) in old.items() if row not in new)
        self.see_order(old, new)
        for (_, place), (key, _) in old.items():
            if place == 1:
                self.duplicates = self.duplicates.and_one(key)
        for row, (key, digests) in new.items():
            before = old[row][1] if row in old else digests
            for column in (name for name in digests if digests[name] != before[name]):
                self.changed[column] = self.changed.get(column, Keys()).and_one(key)
