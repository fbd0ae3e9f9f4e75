"""Python, the libraries and their versions, against what the project asks for."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

from sightline.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = "sightline"
EXTRA = "eval"
"""The extra without which nothing is evaluated."""


def check(*, evaluates: bool) -> Iterator[Finding]:
    """Look at the installed versions; nothing of them is imported.

    Args:
        evaluates: whether a run is to follow, for which the extra `eval` must be there.
    """
    try:
        from packaging.requirements import Requirement  # noqa: PLC0415 (may be missing)
    except ImportError:
        yield Finding("error", "the package packaging is not installed", "pip install packaging")
        return
    needed = [Requirement(line) for line in metadata.requires(PROJECT) or ()]
    found = metadata.metadata(PROJECT)
    yield _python(found["Requires-Python"] or "")
    base = [one for one in needed if _applies(one, "")]
    extra = [one for one in needed if _applies(one, EXTRA) and one not in base]
    yield from _all_of(base, "pip install -e . in the clone", "error", "libraries")
    severity = "error" if evaluates else "warning"
    yield from _all_of(extra, f"pip install -e '.[{EXTRA}]' in the clone", severity, f"[{EXTRA}]")
    yield from _vision_fits_torch(Requirement)


def _applies(requirement: Any, extra: str) -> bool:
    marker = requirement.marker
    if marker is None:
        return extra == ""
    return bool(marker.evaluate({"extra": extra})) and (extra == "" or "extra" in str(marker))


def _python(wanted: str) -> Finding:
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 (see check)

    version = platform.python_version()
    if SpecifierSet(wanted).contains(version, prereleases=True):
        return Finding("ok", f"Python {version} on {platform.platform(terse=True)}")
    return Finding("error", f"Python {version} must be {wanted}", "use another interpreter")


def _all_of(needed: list[Any], mend: str, severity: Any, what: str) -> Iterator[Finding]:
    """A finding for each that is missing or of another version; one for all when there is none."""
    good = []
    for requirement in needed:
        version = installed(requirement.name)
        if version is None:
            yield Finding(severity, f"{requirement.name} is not installed ({what})", mend)
        elif not requirement.specifier.contains(version, prereleases=True):
            yield Finding(
                severity, f"{requirement.name} {version} must be {requirement.specifier}", mend
            )
        else:
            good.append(f"{requirement.name} {version}")
    if good:
        yield Finding("ok", f"{what}: {', '.join(sorted(good))}")


def installed(name: str) -> str | None:
    """The version of an installed distribution; None when there is none."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _vision_fits_torch(requirement_type: Any) -> Iterator[Finding]:
    """Torchvision names the one torch that it was compiled against."""
    torch = installed("torch")
    vision = installed("torchvision")
    if torch is None or vision is None:
        return
    for line in metadata.requires("torchvision") or ():
        needed = requirement_type(line)
        # A build for one accelerator (+cu130) fits the plain version that is named.
        plain = torch.partition("+")[0]
        if needed.name == "torch" and not needed.specifier.contains(plain, prereleases=True):
            yield Finding(
                "error",
                f"torchvision {vision} was built for torch {needed.specifier}, but {torch} is here",
                "install both from the same index in one pip command",
            )
