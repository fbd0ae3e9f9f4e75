"""What a submission says of a run, and what a verifier would miss in it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sightline.errors import SubmissionError
from sightline.findings import Finding
from sightline.hub.pinned import COMMIT, REPOSITORY
from sightline.leaderboard.records import RESPONSES, SCHEMA_VERSION
from sightline.leaderboard.submission import run_facts
from sightline.leaderboard.submission.lines import encoded, submitted
from sightline.leaderboard.submission.scrubbing import Machine, clean_text, cleaned, is_path
from sightline.leaderboard.submission.submission_schema import schema, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sightline.leaderboard.board import Board
    from sightline.leaderboard.records import FinishedRun
    from sightline.records import Score

__all__ = ["Declaration", "manifest", "missing", "schema", "validate"]

_WEIGHTS = ("pretrained", "adapter")
"""Arguments that name weights: ``org/name``, or a folder."""


@dataclass(frozen=True)
class Declaration:
    """What only the submitter knows."""

    name: str
    """``org/name``."""
    revision: str | None = None
    """Commit of open weights, or the dated version of an API."""
    access: str | None = None
    """``open-weights`` or ``api``."""
    url: str | None = None
    """Where to read about the model."""
    base_model: str | None = None
    """``org/name`` of what it was made from."""
    precision: str | None = None
    """``bfloat16``; None: what the run's ``dtype`` says."""
    notes: str = ""
    """What else a reader must know."""


def manifest(
    run: FinishedRun,
    board: Board,
    declaration: Declaration,
    scores: Sequence[Score],
    *,
    machine: Machine | None = None,
    mended: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The manifest of a run, without secrets and local paths.

    Args:
        run: with its scores in the order in which the responses are to be packed.
        board: of its benchmark.
        declaration: what the submitter says.
        scores: of the whole split, scored again: one per question, those not asked as missing.
        machine: what is private here; None: nothing but what is secret everywhere.
        mended: told each place where a secret or a path was taken out.

    Raises:
        SubmissionError: the run does not tell when it was made, or the declaration holds a secret
            or a local path.
    """
    here = machine or Machine()
    _check_public(declaration, here)
    setting = board.setting(run.setting)
    lines = submitted(run, here, mended)
    sha256 = hashlib.sha256(encoded(lines)).hexdigest()
    facts = cleaned(run_facts.facts(run), here, mended, "$.run")
    return {
        "schema_version": SCHEMA_VERSION,
        "benchmark": board.benchmark,
        "setting": setting.name,
        "protocol": {
            "version": board.protocol_version,
            "name": setting.protocol or setting.name,
            "parser": board.headline_parser,
            "parsers": list(board.parsers),
        },
        "model": _model(declaration, facts["model_args"]),
        "dataset": _dataset(run, len(scores)),
        "run": {"id": f"{run_facts.stamp(run).replace('_', '-')}-{sha256[:8]}", **facts},
        "inputs": run_facts.inputs(lines),
        "responses": {
            "file": RESPONSES,
            "sha256": sha256,
            "count": len(lines),
            "errors": sum(one.response is None for one in lines),
        },
        "scores": cleaned(
            board.summarise(scores, setting, declaration.name), here, mended, "$.scores"
        ),
        "notes": declaration.notes,
    }


def _check_public(declaration: Declaration, machine: Machine) -> None:
    """What the submitter wrote is theirs: it is not mended but refused."""
    for name, said in asdict(declaration).items():
        if said is not None and clean_text(str(said), machine) != said:
            raise SubmissionError(
                f"--{name.replace('_', '-')} holds a secret or a local path",
                next_step="write it without: everybody can read a submission",
            )


def _model(declaration: Declaration, arguments: Mapping[str, Any]) -> dict[str, Any]:
    dtype = arguments.get("dtype")
    return {
        "name": declaration.name,
        "revision": declaration.revision or _pinned(declaration.name, arguments),
        "access": declaration.access,
        "url": declaration.url,
        "base_model": declaration.base_model,
        "precision": declaration.precision or (dtype if isinstance(dtype, str) else None),
    }


def _pinned(name: str, arguments: Mapping[str, Any]) -> str | None:
    """The commit at which the run itself loaded that very model."""
    revision = str(arguments.get("revision") or "")
    same = arguments.get("pretrained") == name
    return revision if same and COMMIT.fullmatch(revision) else None


def _dataset(run: FinishedRun, questions: int) -> dict[str, Any]:
    revision, origin = run.dataset.get("revision"), str(run.dataset.get("origin") or "")
    pinned = isinstance(revision, str) and COMMIT.fullmatch(revision) is not None
    named = pinned and not is_path(origin)
    return {
        "origin": f"{origin.partition('@')[0]}@{revision}" if named else "folder",
        "revision": revision if named else None,
        "checksums": dict(run.dataset.get("checksums") or {}),
        "questions": questions,
    }


def missing(found: Mapping[str, Any]) -> list[Finding]:
    """What a verifier would want to know and the manifest does not say.

    An error at ``responses.count`` says that the run is partial, which one may want to submit all
    the same; any other error makes the package worthless.
    """
    model, dataset, run = found["model"], found["dataset"], found["run"]
    responses, inputs = found["responses"], found["inputs"]
    return [
        finding
        for wanting, finding in (
            (responses["count"] < dataset["questions"], _partial(responses, dataset)),
            (responses["errors"], _failed(responses)),
            *_of_model(model, run["model_args"]),
            *_of_dataset(dataset),
            (not run["generation"], _warning("run.generation", "the settings of generation")),
            (not run["seeds"], _warning("run.seeds", "the seeds")),
            (inputs["messages_sha256"] is None, _warning("inputs", "what the model was shown")),
            (run["tokens"] is None, _note("run.tokens", "the backend counted no tokens")),
            (run["wall_seconds"] is None, _note("run.wall_seconds", "the time is not known")),
            (run["as_of_packing"], _note("run.libraries", _AS_OF_PACKING)),
        )
        if wanting
    ]


_AS_OF_PACKING = "libraries and hardware are those of this machine now: the run did not record them"


def _of_model(
    model: Mapping[str, Any], arguments: Mapping[str, Any]
) -> Iterable[tuple[bool, Finding]]:
    access, revision = model["access"], str(model["revision"] or "")
    pin = "add --revision with the commit of the weights (40 hex digits)"
    local = [n for n in _WEIGHTS if n in arguments and not REPOSITORY.fullmatch(str(arguments[n]))]
    unread = [n for n in local if arguments.get(f"{n}_sha256") is None]
    return (
        (access is None, _warning("model.access", "access", "add --access open-weights or api")),
        (
            access != "api" and not COMMIT.fullmatch(revision),
            Finding("warning", "the model's revision is not pinned", pin, "model.revision"),
        ),
        (
            access == "api" and not revision,
            _warning("model.revision", "the version of the API", "add --revision, its dated name"),
        ),
        (
            bool(unread),
            _warning(
                f"run.model_args.{', '.join(unread)}",
                "which weights were in that folder",
                "submit where the run was made, so that they can be read",
            ),
        ),
    )


def _of_dataset(dataset: Mapping[str, Any]) -> Iterable[tuple[bool, Finding]]:
    from_hub = "run on the dataset on the Hub, at a commit: <BENCHMARK>_DATASET=org/name@commit"
    what = "the dataset was a folder: others can only compare its checksums"
    return (
        (dataset["revision"] is None, Finding("warning", what, from_hub, "dataset.revision")),
        (
            not dataset["checksums"],
            Finding(
                "error",
                "the run does not say which dataset it was made on",
                "run again with this version of our tasks",
                "dataset.checksums",
            ),
        ),
    )


def _partial(responses: Mapping[str, Any], dataset: Mapping[str, Any]) -> Finding:
    gone = dataset["questions"] - responses["count"]
    return Finding(
        "error",
        f"partial run: {gone:,} of {dataset['questions']:,} questions were not asked",
        "run again without --limit, or add --allow-partial: they count as missing",
        "responses.count",
    )


def _failed(responses: Mapping[str, Any]) -> Finding:
    return Finding(
        "warning",
        f"{responses['errors']:,} responses are errors of the run, and count as not right",
        "give the command of the run again: it asks those anew",
        "responses.errors",
    )


def _warning(where: str, what: str, mend: str = "") -> Finding:
    return Finding("warning", f"not known: {what}", mend, where)


def _note(where: str, what: str) -> Finding:
    return Finding("note", what, "", where)
