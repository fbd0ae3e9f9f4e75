"""The YAML at the top of a card, read with limits: strangers write it.

PyYAML's own loader takes the last of two equal keys, follows aliases (a few lines of them stand for
gigabytes) and falls over deep nesting. This one tells the first, and refuses the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from sightline.wording import short, shown

if TYPE_CHECKING:
    from collections.abc import Hashable

MAX_BYTES = 200_000
"""The longest front matter that is read; real ones have some thousand bytes."""
MAX_DEPTH = 30
"""How deep its lists and mappings may lie in each other."""

# The form that the Hub and huggingface_hub look for.
_BLOCK = re.compile(r"\A(\s*---(?:\r\n|\r|\n))([\S\s]*?)((?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|\Z))")


@dataclass(frozen=True)
class FrontMatter:
    """What a card's front matter holds, and what is wrong with it."""

    values: dict[str, Any] = field(default_factory=dict)
    """Its keys; empty where it cannot be read."""
    body: str = ""
    """The card's text below it; all of the text where there is none."""
    faults: tuple[str, ...] = ()
    """What makes it unreadable, or readable in two ways, each a sentence without a full stop."""

    @property
    def readable(self) -> bool:
        """Whether `values` is what the card says."""
        return not self.faults


def read_front_matter(text: str) -> FrontMatter:
    """Read the front matter of a card.

    Args:
        text: the whole card; any length, any content.
    """
    if text.startswith("\ufeff"):
        read = read_front_matter(text.lstrip("\ufeff"))
        fault = "the card begins with a byte order mark, which hides its front matter from readers"
        return FrontMatter(read.values, read.body, (fault, *read.faults))
    block = _BLOCK.match(text)
    if block is None:
        fault = "the card must begin with a line ---, YAML and another line ---"
        return FrontMatter({}, text, (fault,))
    body = text[block.end() :]
    values, faults = _read(block.group(2))
    if block.group(1).splitlines()[0] != "---":
        faults.append("the card must begin with --- at once: `datasets` overlooks it further down")
    second = _BLOCK.match(body)
    if second is not None and _read(second.group(2))[0]:
        faults.append("there is a second front matter below the first, which readers overlook")
    return FrontMatter(values, body, tuple(faults))


def _read(block: str) -> tuple[dict[str, Any], list[str]]:
    size = len(block.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        return {}, [f"the front matter has {size:,} bytes; more than {MAX_BYTES:,} are not read"]
    loader = None
    try:
        loader = _Loader(block)
        values = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        return {}, [_told(error)]
    # PyYAML raises nearly anything where a tag and its value do not fit: !!bool x, !!timestamp x.
    except Exception as error:  # noqa: BLE001
        kind = type(error).__name__
        return {}, [f"the front matter is no YAML: {kind}: {shown(' '.join(str(error).split()))}"]
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(values, dict):
        return {}, [f"the front matter must be a mapping of keys, not {short(values)}"]
    faults = [
        f"the key {shown(key)} stands twice in one mapping (line {line}); readers take either"
        for key, line in loader.twice
    ]
    odd = [key for key in values if not isinstance(key, str)]
    faults += [f"the key {short(key)} must be a text" for key in odd]
    return {key: value for key, value in values.items() if isinstance(key, str)}, faults


def _told(error: yaml.MarkedYAMLError) -> str:
    """What the reader complains of, with its line in the card."""
    mark = error.problem_mark or error.context_mark
    # The first line of the card is the ---.
    line = f" in line {mark.line + 2}" if mark is not None else ""
    return f"the front matter is no YAML{line}: {shown(error.problem or str(error.context))}"


class _Loader(yaml.SafeLoader):
    """A safe loader that notes equal keys and refuses aliases and depth."""

    def __init__(self, block: str) -> None:
        super().__init__(block)
        self.twice: list[tuple[str, int]] = []
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose a node, unless it is an alias or lies too deep."""
        if self.check_event(yaml.AliasEvent):
            raise self._refused("aliases (*name) are not read")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._refused(f"nested deeper than {MAX_DEPTH} levels")
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _refused(self, problem: str) -> yaml.MarkedYAMLError:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        return yaml.composer.ComposerError(None, None, problem, event.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 (PyYAML's own signature)
        """Construct a mapping and note which of its keys stand twice."""
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            name = (key.tag, str(key.value))
            if isinstance(key, yaml.ScalarNode) and name in seen:
                self.twice.append((key.value, key.start_mark.line + 2))
            seen.add(name)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping
