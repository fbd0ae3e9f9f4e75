"""All checks of packages in their order; what a stranger wrote never ends them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sightline import findings
from sightline.errors import SightlineError
from sightline.findings import Finding
from sightline.leaderboard.checks import (
    dataset,
    inputs,
    leaks,
    model_and_run,
    patterns,
    privacy,
    questions,
    schema,
    scores,
    twins,
)
from sightline.leaderboard.checks.identity import subject_of
from sightline.leaderboard.checks.reading import read_package
from sightline.leaderboard.checks.subject import OwnDataset, Rescored, Subject, own_dataset, said
from sightline.wording import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sightline.leaderboard.records import Package
    from sightline.records import Score

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckReport:
    """What the checks found out about one package."""

    path: Path
    """The package."""
    findings: tuple[Finding, ...]
    """All of them, in the order of the checks."""
    package: Package | None = None
    """As read; None when it cannot be."""
    scores: tuple[Score, ...] = ()
    """Ours, one for each question of the split; empty when nothing could be scored."""
    report: Mapping[str, Any] = field(default_factory=dict)
    """Ours, as `Board.summarise` makes it; empty likewise."""

    @property
    def entry_ready(self) -> bool:
        """Whether an entry may be made of it: scored by us, and no error."""
        return bool(self.scores) and not findings.failed(self.findings)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain JSON types."""
        manifest = self.package.manifest if self.package else {}
        name = said(manifest, "model", "name")
        overall = self.report.get("overall")
        return {
            "package": self.path.name,
            "model": shown(name) if isinstance(name, str) else None,
            "entry_ready": self.entry_ready,
            "summary": findings.summary(self.findings),
            "findings": findings.as_report(self.findings),
            "overall": dict(overall) if isinstance(overall, dict) else None,
        }


def check_package(
    path: Path,
    board_dataset: Path | OwnDataset | None = None,
    *,
    now: datetime | None = None,
) -> CheckReport:
    """Look at one package from all sides; every problem, not only the first.

    Args:
        path: a folder or a zip file; nothing of it is run, unpacked or trusted.
        board_dataset: the checker's own dataset of its benchmark, never one that the package names.
            Without it nothing can be scored again, which is an error of its own.
        now: what "in the future" is measured by; the clock's time by default.

    Raises:
        DatasetError: the checker's dataset is none.
    """
    if board_dataset is None or isinstance(board_dataset, OwnDataset):
        ours = board_dataset
    else:
        ours = own_dataset(board_dataset)
    return _report(path, lambda _: ours, now or datetime.now(timezone.utc))


def check_packages(
    paths: Iterable[Path],
    datasets: Mapping[str, OwnDataset],
    *,
    now: datetime | None = None,
) -> Iterator[CheckReport]:
    """Look at several packages, and at whether two of them hold the same responses.

    Args:
        paths: folders and zip files.
        datasets: benchmark -> the checker's own dataset.
        now: as for `check_package`.

    Returns:
        A report for each, as soon as it is made; a package is compared with those before it.
    """
    before: list[tuple[str, twins.Fingerprint]] = []
    for path in paths:
        report = _report(path, datasets.get, now or datetime.now(timezone.utc))
        if report.package is None:
            yield report
            continue
        print_ = (str(path), twins.Fingerprint(report.package))
        same = [found for one in before for _, found in twins.check([one, print_])]
        before.append(print_)
        yield CheckReport(
            path, (*report.findings, *same), report.package, report.scores, report.report
        )


def _report(
    path: Path, dataset_of: Callable[[str], OwnDataset | None], now: datetime
) -> CheckReport:
    package, found = read_package(path)
    if package is None:
        return CheckReport(path, tuple(found))
    try:
        rescored = check_read(package, dataset_of, now, found)
    except Exception as error:  # noqa: BLE001 (a stranger's file must not end the checks of others: it is refused)
        _log.debug("the checks of %s ended early", path, exc_info=True)
        rescored = None
        told = error.message if isinstance(error, SightlineError) else f"{type(error).__name__}"
        found.append(Finding("error", f"cannot be checked to the end: {shown(told)}"))
    if rescored is None:
        return CheckReport(path, tuple(found), package)
    return CheckReport(path, tuple(found), package, rescored.scores, rescored.report)


def check_read(
    package: Package,
    dataset_of: Callable[[str], OwnDataset | None],
    now: datetime,
    found: list[Finding],
    *,
    whole: bool = True,
) -> Rescored | None:
    """Run every check that can be run on what was read.

    Args:
        package: manifest and responses; nothing in it is trusted.
        dataset_of: benchmark -> the checker's own dataset; None where there is none.
        now: what "in the future" is measured by.
        found: findings are added here, so that those before a crash are kept.
        whole: whether the responses say what was shown; the samples of a results repository do
            not say which frames.

    Returns:
        Our scores; None where none could be made.
    """
    found += schema.check(package.manifest, package.responses)
    found += model_and_run.check(package.manifest, now)
    found += privacy.check(package.manifest)
    subject = subject_of(package, found)
    if subject is None:
        return None
    ours = dataset_of(subject.board.benchmark)
    if ours is None:
        found.append(
            Finding(
                "error",
                "nothing was scored again: that needs a dataset of your own",
                f"add --dataset FOLDER or org/name@revision, of {subject.board.title}",
            )
        )
        return None
    return _rescored(subject, ours, found, whole=whole)


def _rescored(subject: Subject, ours: OwnDataset, found: list[Finding], *, whole: bool) -> Rescored:
    board, setting, package = subject.board, subject.setting, subject.package
    expected = [one.question_id for one in board.expected(ours.folder, setting)]
    found += dataset.check(board, package.manifest, ours, len(expected))
    found += questions.check(package.responses, expected)
    usable: Sequence[Any] = questions.usable(package.responses, expected)
    rescored = scores.rescore(subject, usable, ours)
    found += scores.check(package.manifest, rescored.report)
    found += scores.check_declared(usable, rescored.scores)
    if whole:
        found += inputs.check(subject, usable, ours.folder)
    found += patterns.check(board, setting, package.manifest, rescored)
    found += leaks.check(board, rescored.scores, ours.folder)
    return rescored
