"""What was published, read back the way everybody will read it, and compared with the folder.

load_dataset answers from a cache, without a word, when it has one and the Hub refuses. So the
reading is done by another process (`sightline.publishing.reader`) whose caches are new, at a fixed
commit. Checksums are compared here, by the Hub's own listing.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sightline.errors import PublishError
from sightline.publishing.hub import Hub
from sightline.publishing.plan import git_blob_oid
from sightline.staging import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sightline.dataset_rules import Config, DatasetRules
    from sightline.progress import Progress
    from sightline.publishing.records import RemoteFile

_SHOWN = 10
_CACHES = (
    "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_DATASETS_CACHE", "HF_XET_CACHE", "HF_ASSETS_CACHE",
    "HF_MODULES_CACHE", "HF_TOKEN_PATH", "TRANSFORMERS_OFFLINE",
)  # fmt: skip
_REFRESH = "run the same command again; what is right already stays as it is"


@dataclass(frozen=True)
class Verified:
    """What was compared and found equal."""

    commit: str
    """The commit that was read."""
    rows: Mapping[str, int]
    """Config -> rows that were read by load_dataset and compared."""
    files: int
    """Files whose size and checksum were compared."""
    bytes: int
    """Their bytes."""


def compare_with_hub(
    folder: Path,
    rules: DatasetRules,
    repository: str,
    revision: str,
    *,
    how: Literal["rows", "files"] = "rows",
    progress: Progress,
    hub: Hub | None = None,
    digests: Mapping[str, str] | None = None,
) -> Verified:
    """Compare a folder with what a revision of a repository gives.

    Args:
        folder: what was published.
        rules: of its benchmark.
        repository: ``org/name``.
        revision: a commit, branch, tag or ``refs/pr/N``; what it names now is read.
        how: ``rows`` reads every table by load_dataset; ``files`` only those without pictures, and
            of the others checksums.
        progress: told about bytes read for checksums, and about rows.
        hub: the way there; None: as the environment says.
        digests: name -> SHA-256 of files of the folder, where they are known already.

    Raises:
        PublishError: something differs, or cannot be read; says what, and that the commit stands.
    """
    hub = hub or Hub()
    commit = hub.resolve(repository, revision)
    at = f"{repository}@{commit[:12]}"
    files, size = _compare_files(folder, hub.files(repository, commit), at, progress, digests or {})
    # A table without rows is a file, and no config: load_dataset cannot open one.
    configs = [config for config in rules.configs if _row_count(folder, [config])]
    if how == "files":
        configs = [config for config in configs if not config.media_columns]
    job = {
        "folder": str(folder.resolve()),
        "repository": repository,
        "commit": commit,
        "configs": [{"name": config.name, "key": config.key} for config in configs],
    }
    rows = _read_back(job, hub, at, progress, _row_count(folder, configs))
    return Verified(commit, rows, files, size)


def _tables(folder: Path, config: Config) -> list[Path]:
    return sorted(folder.glob(f"{config.name}/*.parquet"))


def _row_count(folder: Path, configs: Sequence[Config]) -> int:
    import pyarrow.parquet as pq  # noqa: PLC0415 (heavy; the other process needs it elsewhere)

    return sum(
        pq.read_metadata(path).num_rows for config in configs for path in _tables(folder, config)
    )


def _compare_files(
    folder: Path,
    there: Mapping[str, RemoteFile],
    at: str,
    progress: Progress,
    digests: Mapping[str, str],
) -> tuple[int, int]:
    """Number and bytes of the folder's files, which must all stand in the listing."""
    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    sizes = {name: (folder / name).stat().st_size for name in names}
    progress.start("compare files", sum(sizes.values()))
    wrong: list[str] = []
    for name in names:
        wrong += _difference(folder / name, there.get(name), sizes[name], digests.get(name))
        progress.advance(sizes[name])
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise PublishError(
            f"{at} does not hold the files of {folder}: {'; '.join(wrong[:_SHOWN])}{more}; the "
            "commit stands",
            next_step=_REFRESH,
        )
    return len(names), sum(sizes.values())


def _difference(
    path: Path, remote: RemoteFile | None, size: int, digest: str | None
) -> Iterator[str]:
    """What is wrong with one file of the listing."""
    if remote is None:
        yield f"{path.name} is missing"
    elif remote.size != size:
        yield f"{remote.name} has {remote.size:,} bytes, not {size:,}"
    elif remote.sha256 is not None and remote.sha256 != (digest or file_sha256(path)):
        yield f"{remote.name} has another SHA-256, {remote.sha256[:12]}"
    elif remote.sha256 is None and remote.oid != git_blob_oid(path):
        yield f"{remote.name} has another content, {remote.oid[:12]}"


def _read_back(
    job: Mapping[str, Any], hub: Hub, at: str, progress: Progress, total: int
) -> dict[str, int]:
    """Rows of each config, as the other process counted and found them equal.

    Raises:
        PublishError: it found a difference, or died.
    """
    progress.start("read back (rows)", total)
    rows: dict[str, int] = {config["name"]: 0 for config in job["configs"]}
    ended, error = False, ""
    with tempfile.TemporaryDirectory(prefix="sightline-verify-") as home:
        for line in _reader(job, hub, Path(home)):
            if "rows" in line:
                rows[line["config"]] += line["rows"]
                progress.advance(line["rows"])
            ended, error = ended or "end" in line, line.get("error", error)
    if error or not ended:
        secret = hub.environment().get("HF_TOKEN")
        error = error.replace(secret, "<token>") if secret else error
        raise PublishError(
            f"{at}: {error or 'reading it back ended without a word'}; the commit stands",
            next_step=_REFRESH,
        )
    return rows


def _reader(job: Mapping[str, Any], hub: Hub, home: Path) -> Iterator[dict[str, Any]]:
    """The lines of the other process; its last words are an error where it dies."""
    with (home / "errors").open("w+", encoding="utf-8", errors="replace") as errors:
        with subprocess.Popen(
            [sys.executable, "-m", "sightline.publishing.reader"],
            env=_environment(hub, home),
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        ) as process:
            try:
                assert process.stdin is not None  # noqa: S101 (for the type checker: a pipe)
                assert process.stdout is not None  # noqa: S101 (as above)
                # One that died at once tells why in its errors, below.
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.write(json.dumps(job))
                    process.stdin.close()
                for line in process.stdout:
                    yield json.loads(line)
                process.wait()
            finally:
                process.kill()
        if process.returncode:
            errors.seek(0)
            words = " ".join(errors.read().split())[-600:]
            yield {"error": f"reading it back failed: {words}"}


def _environment(hub: Hub, home: Path) -> dict[str, str]:
    """This process's, but with new caches, on line, and quiet."""
    kept = {name: value for name, value in os.environ.items() if name not in _CACHES}
    quiet = {
        "HF_HUB_OFFLINE": "0",
        "HF_DATASETS_OFFLINE": "0",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    }
    return {**kept, **quiet, **hub.environment(), "HF_HOME": str(home / "home")}
