"""The reference's own results: ``<model>/results[_viz]/<task file>_output.json``.

``src/benchmark/*.py`` of daeunni/StreamGaze write the task file again, entry by entry, with what
the model said: ``model_predictions`` beside the questions of past and present tasks, ``response``
inside the test points of proactive ones. An entry whose video was not found stands there without
them, and a file that was interrupted is short; both are missing here, in the denominator. Every
model wrapper answers one blank when it fails, so one blank is an error here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.accuracy import listed
from sightline.errors import DatasetError, ResponsesError
from sightline.jsonl import read_list
from sightline.records import Response, Score
from streamgaze_task.parsers.reference import compared
from streamgaze_task.release.records import video_id_of
from streamgaze_task.scoring import score
from streamgaze_task.timestamps import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from streamgaze_task.schema import Request, Sample

_SUFFIX = "_output.json"
_OVERLAY_FOLDER = "results_viz"
_FOLDERS = ("results", _OVERLAY_FOLDER)
FAILED = " "
"""What every published wrapper answers when it raises an exception."""

FAILED_REASON = "the model's wrapper failed: it answers one blank on any exception"
_OVERLAY_NOTE = (
    "The authors' scripts show the overlay videos in the folder `results` too: only a run of "
    "eval.py by hand can be without gaze, and the files do not tell."
)


@dataclass(frozen=True)
class Results:
    """What the files of one model say."""

    scores: tuple[Score, ...]
    """One per request that was answered, or failed."""
    samples: tuple[Sample, ...]
    """The questions of the split: all ten tasks for a folder, one task file for a file."""
    protocol: str
    """``<gaze prompt>/<sampling>``, as far as the folder tells it."""
    model: str
    """The model's folder."""
    source: str
    """What was read, in words."""
    notes: tuple[str, ...]
    """What else the reader of the tables must know."""


def find_results(path: Path) -> list[Path]:
    """The result files in a folder: in it, or in the folders that the scripts make there."""
    folders = [path, *(path / name for name in _FOLDERS)]
    inner = (folder for folder in sorted(path.iterdir()) if folder.is_dir())
    folders += [folder / name for folder in inner for name in _FOLDERS]
    found = {file for folder in folders for file in folder.glob(f"*{_SUFFIX}")}
    return sorted(found)


def read_results(path: Path, dataset: Path, samples: Sequence[Sample]) -> Results:
    """Read the results of one model and match them with the dataset.

    Args:
        path: ``results/<model>``, a folder in it, or one file.
        dataset: the built dataset.
        samples: its questions.

    Raises:
        ResponsesError: the files are of several runs, cannot be read, or do not belong to the
            dataset; the message has the file and the entry.
        DatasetError: the dataset cannot be read.
    """
    files = [path] if path.is_file() else find_results(path)
    folders = sorted({file.parent for file in files})
    if len(folders) != 1:
        raise ResponsesError(
            f"{path} must hold the results of one run, but has {len(folders)}: "
            + listed(str(folder) for folder in folders),
            next_step="name one of these folders",
        )
    places = _places(dataset, samples)
    scores: list[Score] = []
    skipped = 0
    for file in files:
        own = _places_of(file, places)
        for request, response, place in _answers(file, own):
            if request is None:
                skipped += 1
            else:
                scores.append(score(request, response, details={"file": place}))
    folder = folders[0]
    overlay = folder.name == _OVERLAY_FOLDER
    names = {_stem(file) for file in files}
    absent = [stem for stem in places if stem not in names and path.is_dir()]
    notes = [] if overlay else [_OVERLAY_NOTE]
    if absent:
        notes.append(f"No result file for {', '.join(absent)}: all their requests are missing.")
    if skipped:
        notes.append(
            f"{skipped} question(s) of the files are not in the dataset: they were left out when "
            "it was built."
        )
    chosen = places if path.is_dir() else {stem: places[stem] for stem in names}
    kept = {sample.id for own in chosen.values() for sample in own.values()}
    return Results(
        scores=tuple(scores),
        samples=tuple(sample for sample in samples if sample.id in kept),
        protocol=f"{'visual' if overlay else 'not stated'}/the model's published wrapper",
        model=folder.parent.name if folder.name in _FOLDERS else folder.name,
        source=f"the reference's results in {folder.parent.name}/{folder.name}",
        notes=tuple(notes),
    )


_Places = dict[tuple[int, int], "Sample"]
"""(entry, question) in a task file -> question."""


def _places(dataset: Path, samples: Sequence[Sample]) -> dict[str, _Places]:
    """Where each question stands in the release: task file without suffix -> its places."""
    import pyarrow as pa  # noqa: PLC0415 (heavy; the command line imports this package)
    import pyarrow.parquet as pq  # noqa: PLC0415 (as above)

    columns = ["id", "release_file", "release_entry", "release_question"]
    known = {sample.id: sample for sample in samples}
    found: defaultdict[str, _Places] = defaultdict(dict)
    try:
        for file in sorted((dataset / "questions").glob("*.parquet")):
            for row in pq.read_table(file, columns=columns).to_pylist():
                stem = row["release_file"].rpartition("/")[2].removesuffix(".json")
                place = row["release_entry"], row["release_question"]
                found[stem][place] = known[row["id"]]
    except (OSError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
        raise DatasetError(
            f"{dataset} does not tell where its questions stand in the release: {error!r}",
            next_step="build it again with `sightline build streamgaze`",
        ) from error
    return dict(found)


def _stem(file: Path) -> str:
    return file.name.removesuffix(".json").removesuffix("_output")


def _places_of(file: Path, places: Mapping[str, _Places]) -> _Places:
    if _stem(file) not in places:
        raise ResponsesError(
            f"{file} is of no task file of the dataset, which has {', '.join(sorted(places))}",
            next_step=f"name it <task file>{_SUFFIX}, as the authors' scripts do",
        )
    return places[_stem(file)]


def _answers(file: Path, places: _Places) -> Iterator[tuple[Request | None, Response | None, str]]:
    """Every answered question of a file; None for a question that the dataset leaves out."""
    for number, entry in enumerate(read_list(file)):
        place = f"{file}[{number}]"
        questions = _field(entry, "questions", place)
        predictions = _field(entry, "model_predictions", place)
        for position, question in enumerate(questions):
            where = f"{place}.questions[{position}]"
            _object(question, where)
            sample = places.get((number, position))
            if sample is None:
                yield None, None, where
                continue
            _same_question(sample, entry, question, where)
            if sample.points:
                yield from _points(sample, question, where)
            elif position < len(predictions):
                prediction = _object(
                    predictions[position], f"{place}.model_predictions[{position}]"
                )
                _same_text(sample, prediction.get("question", sample.question), where)
                request = sample.requests()[0]
                yield request, _response(request.id, prediction.get("model_prediction")), where


def _points(
    sample: Sample, question: Mapping[str, Any], where: str
) -> Iterator[tuple[Request, Response, str]]:
    """The answered test points; those without a label are asked, but nobody counts them."""
    tests = [_object(test, where) for test in _field(question, "test_info", where)]
    tests = [test for test in tests if test.get("type") is not None]
    told = [(_seconds(test.get("realtime"), where), test["type"]) for test in tests]
    if told != [(point.seconds, point.label) for point in sample.points]:
        raise _other_dataset(where, sample, "the test points differ")
    for request, test in zip(sample.requests(), tests, strict=True):
        if "response" in test:
            yield request, _response(request.id, test["response"]), f"{where} {test['realtime']}"


def _response(request_id: str, said: object) -> Response:
    """What a wrapper returned; the authors' scorer reads anything as text."""
    if said is None:
        return Response(request_id, None, error="the record has no response")
    if said == FAILED:
        return Response(request_id, None, error=FAILED_REASON)
    return Response(request_id, said if isinstance(said, str) else str(said))


def _same_question(
    sample: Sample, entry: Mapping[str, Any], question: Mapping[str, Any], where: str
) -> None:
    _same_text(sample, question.get("question"), where)
    video = entry.get("video_path", entry.get("video"))
    if not isinstance(video, str) or video_id_of(video) != sample.video.video_id:
        raise _other_dataset(where, sample, f"the video is {video!r}")
    stamp = question.get("time_stamp")
    if stamp is not None and _seconds(stamp, where) != sample.time_seconds:
        raise _other_dataset(where, sample, f"the time stamp is {stamp!r}")
    key = question.get("answer")
    if not sample.points and compared(str(key)) != compared(str(sample.released_answer)):
        raise _other_dataset(where, sample, f"the answer is {key!r}")


def _same_text(sample: Sample, text: object, where: str) -> None:
    if not isinstance(text, str) or text.strip() != sample.question.strip():
        raise _other_dataset(where, sample, "the question is another one")


def _other_dataset(where: str, sample: Sample, what: str) -> ResponsesError:
    return ResponsesError(
        f"{where} is not {sample.id} of the dataset: {what}",
        next_step="score against the dataset built from the release that the run was made on",
    )


def _seconds(stamp: object, where: str) -> float:
    try:
        return seconds(str(stamp))
    except ValueError as error:
        raise ResponsesError(f"{where}: {error}") from error


def _field(row: object, key: str, place: str) -> Sequence[Any]:
    """A list in an object; empty when it is not there."""
    value = _object(row, place).get(key, [])
    if not isinstance(value, list):
        raise ResponsesError(f"{place}: {key} must be a list, but is {type(value).__name__}")
    return value


def _object(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ResponsesError(f"{place}: must be an object, but is {type(value).__name__}")
    return value
