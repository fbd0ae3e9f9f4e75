"""Secrets and local paths, kept out of what is handed to others.

What we write ourselves (arguments, reports, errors) is mended. What a model said is never changed:
a response that holds a secret or a path of this machine is named, and nothing is packed.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

HIDDEN = "[removed]"
"""Stands where a secret stood."""

_SHORTEST_SECRET = 8

_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:api[_-]?key|apikey|access[_-]?key|private[_-]?key|key|tokens?|secrets?"
    r"|pass(?:word|wd|phrase)?|credentials?|auth|authorization|cookies?|bearer)"
    r"(?:$|[_.-](?:id|value|file)$)",
    re.IGNORECASE,
)
"""Names of arguments and variables whose value is a secret."""

_SHAPES = (
    r"\b(?:hf|api_org)_[A-Za-z0-9]{16,}",
    r"\bsk-[A-Za-z0-9_-]{16,}",
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\b(?:gh[pousr]_|github_pat_|glpat-)[A-Za-z0-9_-]{16,}",
    r"\bAIza[0-9A-Za-z_-]{30,}",
    r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    r"(?i:\bbearer\s+[A-Za-z0-9._~+/=-]{8,})",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?",
    r"(?<=://)[^/\s@:]+:[^/\s@]+(?=@)",
)
_TOKEN = re.compile("|".join(_SHAPES))

_ROOTS = "home|root|Users|tmp|var|mnt|media|data|opt|srv|usr|etc|private|workspace|scratch|work"
_POSIX = rf"(?:~[\w.-]*)?/(?:[^\s/'\"<>|,;:()\[\]]+/)+[^\s'\"<>|,;:()\[\]]*|/(?:{_ROOTS})\b|~/"
_PATH = re.compile(
    rf"(?:(?<![\w./:<~-])|(?<=file://))(?:{_POSIX})"
    r"|(?<![A-Za-z])[A-Za-z]:[\\/][^\s'\"<>|,;()\[\]]*"
    r"|\\\\[\w.-]+\\[^\s'\"<>|,;()\[\]]+"
)
"""An absolute path inside a text; the path of a web address is none."""

_WHOLE_PATH = re.compile(r"(?:file://)?(?:/\S|~[\w.-]*(?:/|\Z)|[A-Za-z]:[\\/]|\\\\).*", re.DOTALL)


@dataclass(frozen=True)
class Machine:
    """What is private about this machine."""

    secrets: tuple[str, ...] = ()
    """Values of secrets, each at least 8 characters long."""
    places: tuple[str, ...] = ()
    """Folders whose names tell who works here, the longest first."""


def this_machine(*, folders: Iterable[Path] = ()) -> Machine:
    """The secrets in this environment and in the Hub's token file, and the folders of this user.

    Args:
        folders: further ones: those of the run and of the dataset.
    """
    found = {v.strip() for k, v in os.environ.items() if _SECRET_NAME.search(k)}
    found |= {token.strip() for token in (_hub_token(),) if token}
    secrets = {value for value in found if len(value) >= _SHORTEST_SECRET and " " not in value}
    homes = [Path.home(), Path.cwd(), Path(tempfile.gettempdir()), *folders]
    homes += [Path(os.environ[name]) for name in ("HF_HOME", "HF_HUB_CACHE") if os.getenv(name)]
    places = {str(form) for one in homes for form in (one.absolute(), one.resolve())}
    return Machine(
        tuple(sorted(secrets, key=len, reverse=True)),
        tuple(sorted((one for one in places if one != "/"), key=len, reverse=True)),
    )


def _hub_token() -> str | None:
    from huggingface_hub import get_token  # noqa: PLC0415 (heavy; reads the token file)

    return get_token()


def is_secret_name(name: str) -> bool:
    """Whether an argument of that name carries a secret: ``api_key``, ``token``."""
    return _SECRET_NAME.search(name) is not None


def is_path(text: str) -> bool:
    """Whether a whole text is an absolute path of some machine."""
    return _WHOLE_PATH.fullmatch(text) is not None and "\n" not in text


def base_name(path: str) -> str:
    """The last part of a path, of whichever system."""
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1].lstrip("~") or "folder"


def cleaned(value: Any, machine: Machine, mended: Callable[[str], None], place: str = "$") -> Any:
    """A JSON value of our own making without secrets and absolute paths.

    Texts and lists whose name is a secret's are left out; a path becomes its last
    part; a secret inside a text becomes ``[removed]``.

    Args:
        value: plain JSON types.
        machine: what is private here.
        mended: told each place that was changed, and how.
        place: where the value stands.
    """
    if isinstance(value, dict):
        return dict(_members(value, machine, mended, place))
    if isinstance(value, (list, tuple)):
        return [cleaned(v, machine, mended, f"{place}[{i}]") for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value
    text = clean_text(value, machine)
    if text != value:
        mended(f"{place}: a secret or a local path was taken out")
    return text


def _members(
    value: Mapping[str, Any], machine: Machine, mended: Callable[[str], None], place: str
) -> Iterator[tuple[str, Any]]:
    for key, member in value.items():
        name = clean_text(str(key), machine)
        if is_secret_name(name) and isinstance(member, (str, list)):
            mended(f"{place}.{name}: left out, its name is that of a secret")
            continue
        yield name, cleaned(member, machine, mended, f"{place}.{name}")


def clean_text(text: str, machine: Machine) -> str:
    """A text of our own making without secrets and absolute paths."""
    for secret in machine.secrets:
        text = text.replace(secret, HIDDEN)
    text = _TOKEN.sub(HIDDEN, text)
    if is_path(text):
        return base_name(text)
    for place in machine.places:
        text = _of(place).sub(lambda found: base_name(found[0]), text)
    return _PATH.sub(lambda found: base_name(found[0]), text)


def leaks(text: str, machine: Machine) -> list[str]:
    """What of this machine a text holds, in words that repeat none of it."""
    found = ["a secret of this machine"] if any(one in text for one in machine.secrets) else []
    if any(_of(place).search(text) for place in machine.places):
        found.append("a path of this machine")
    return found


def leaks_inside(value: Any, machine: Machine, place: str = "$") -> Iterator[str]:
    """The places of a JSON value, keys too, that hold something of this machine."""
    if leaks(
        "\n".join(_texts(value)), machine
    ):  # nearly always there is none, and no place to tell
        yield from _leaks_at(value, machine, place)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield str(key)
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            if not isinstance(member, (int, float)):
                yield from _texts(member)


def _leaks_at(value: Any, machine: Machine, place: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from (f"{place}: a key is {what}" for what in leaks(str(key), machine))
            yield from _leaks_at(member, machine, f"{place}.{key}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _leaks_at(member, machine, f"{place}[{index}]")
    elif isinstance(value, str):
        yield from (f"{place}: holds {what}" for what in leaks(value, machine))


@cache
def _of(place: str) -> re.Pattern[str]:
    """The place and what lies in it; of ``/tmp``, which anybody may write, only what lies in it."""
    rest = r"(?:[\\/][^\s'\"<>|,;:()\[\]]*)"
    shallow = len(Path(place).parts) <= 2  # noqa: PLR2004 (the root and one folder)
    return re.compile(
        rf"(?<![\w/.]){re.escape(place)}" + (rf"{rest}(?<=[\w])" if shallow else rf"{rest}?(?!\w)")
    )
