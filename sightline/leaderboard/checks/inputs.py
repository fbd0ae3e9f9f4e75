"""What models were shown, as far as a package tells it: frames and the hashes of messages.

A hash that is only declared proves nothing. Where the board can make the messages of a setting
again from the dataset, each is compared; else the report says that it was not.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from sightline.findings import Finding
from sightline.leaderboard.checks.subject import said, some
from sightline.wording import short, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sightline.leaderboard.checks.subject import Subject
    from sightline.leaderboard.records import SubmittedResponse

_HASH = re.compile(r"[0-9a-f]{64}")
_WHERE = "responses.jsonl"


def check(
    subject: Subject, responses: Sequence[SubmittedResponse], dataset: Path
) -> Iterator[Finding]:
    """Hashes, frames, tasks and protocols of all responses.

    Args:
        subject: the package and its board.
        responses: at most one a question, all of the split.
        dataset: the checker's.
    """
    yield from _hashes(responses)
    yield from _declared(subject, responses)
    yield from _totals(subject.package.manifest, subject.package.responses)
    again = subject.board.shown
    if again is None:
        yield Finding(
            "note",
            f"messages and frames are those that the package declares: {subject.board.title} "
            "offers no way to make them again",
        )
    else:
        yield from _compared(responses, again, subject, dataset)


def _hashes(responses: Sequence[SubmittedResponse]) -> Iterator[Finding]:
    hashes = {one.question_id: one.details.get("message_hash") for one in responses}
    absent = [name for name, one in hashes.items() if one is None]
    odd = [name for name, one in hashes.items() if one is not None and not _is_hash(one)]
    counted = Counter(one for one in hashes.values() if isinstance(one, str))
    shared = [name for name, one in hashes.items() if isinstance(one, str) and counted[one] > 1]
    if absent:
        yield _warning(f"{len(absent):,} responses do not say what was shown (no message_hash)")
    if odd:
        yield _error(f"message_hash of {len(odd):,} responses is no SHA-256: {_names(odd)}")
    if shared:
        yield _warning(
            f"{len(shared):,} responses share their message_hash with that of another question: "
            f"{_names(shared)}"
        )


def _declared(subject: Subject, responses: Sequence[SubmittedResponse]) -> Iterator[Finding]:
    """Details that speak of another task or protocol, or of more frames than their own cap."""
    setting = subject.setting
    tasks = {setting.name, *setting.tasks, *setting.aliases}
    rules = (
        ("task", [one for one in responses if _other(one, "task", tasks)], setting.name),
        (
            "protocol",
            [one for one in responses if _other(one, "protocol", {setting.protocol})],
            setting.protocol,
        ),
    )
    for key, others, wanted in rules:
        if others and wanted:
            yield _error(
                f"details.{key} of {len(others):,} responses is not that of {wanted}, but for "
                f"example {short(others[0].details[key])}: {_ids(others)}"
            )
    faulty = [one for one in responses if not _frames_fit(one.details)]
    if faulty:
        yield _error(
            f"frame_indices of {len(faulty):,} responses are no rising frame numbers within "
            f"max_frames: {_ids(faulty)}"
        )


def _totals(
    manifest: Mapping[str, Any], responses: Sequence[SubmittedResponse]
) -> Iterator[Finding]:
    """What the manifest says of all responses together, where it does."""
    failed = sum(one.response is None for one in responses)
    if said(manifest, "responses", "errors") not in (None, failed):
        yield Finding(
            "error",
            f"must be {failed:,}, but is {short(said(manifest, 'responses', 'errors'))}",
            where="submission.json: responses.errors",
        )
    frames = said(manifest, "inputs", "frames")
    if frames is not None and frames != frames_shown(responses):
        yield Finding(
            "error",
            f"must be {frames_shown(responses)}, but is {short(frames)}",
            where="submission.json: inputs.frames",
        )
    declared = said(manifest, "inputs", "messages_sha256")
    if declared is not None and declared != messages_digest(responses):
        yield Finding(
            "error",
            "does not follow from the message_hash of the responses",
            where="submission.json: inputs.messages_sha256",
        )


def messages_digest(responses: Iterable[SubmittedResponse]) -> str | None:
    """SHA-256 over ``question_id message_hash``, one a line, sorted; None where one has no hash."""
    pairs = [(one.question_id, one.details.get("message_hash")) for one in responses]
    if not all(isinstance(sha, str) for _, sha in pairs):
        return None
    lines = sorted(f"{name} {sha}\n" for name, sha in pairs)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def frames_shown(responses: Iterable[SubmittedResponse]) -> dict[str, int] | None:
    """Fewest, most and all frames of the responses together; None where one tells none."""
    told = [one.details.get("frame_indices") for one in responses]
    counts = [_count(indices) for indices in told if isinstance(indices, list)]
    if not counts or len(counts) < len(told):
        return None
    return {"fewest": min(counts), "most": max(counts), "total": sum(counts)}


def _count(indices: list[Any]) -> int:
    return sum(len(one) if isinstance(one, list) else 1 for one in indices)


def _compared(
    responses: Sequence[SubmittedResponse],
    again: Callable[..., Mapping[str, Any]],
    subject: Subject,
    dataset: Path,
) -> Iterator[Finding]:
    details = {one.question_id: one.details for one in responses}
    must = again(dataset, subject.setting, details)
    for key in ("frame_indices", "message_hash"):
        told = [one for one in responses if one.details.get(key) is not None]
        known = [one for one in told if key in must.get(one.question_id, {})]
        other = [one for one in known if one.details[key] != must[one.question_id][key]]
        if other:
            yield _error(
                f"{key} of {len(other):,} responses is not what {subject.setting.title} shows: "
                f"{_ids(other)}",
                "the run saw other frames or another prompt; it belongs to no table",
            )
        yield Finding(
            "note", f"{key}: {len(known) - len(other):,} of {len(responses):,} made again and equal"
        )


def _frames_fit(details: Mapping[str, Any]) -> bool:
    """Whether the frames are rising numbers, one list or one for each clip, within the cap."""
    indices = details.get("frame_indices")
    if indices is None:
        return True
    if not isinstance(indices, list):
        return False
    clips = indices if all(isinstance(one, list) for one in indices) else [indices]
    cap = details.get("max_frames")
    total = sum(map(len, clips))
    if isinstance(cap, int) and not isinstance(cap, bool) and total > max(cap, len(clips)):
        return False
    return all(_rises(clip) for clip in clips)


def _rises(clip: list[Any]) -> bool:
    if not all(type(one) is int and one >= 0 for one in clip):
        return False
    return all(one <= after for one, after in itertools.pairwise(clip))


def _other(one: SubmittedResponse, key: str, wanted: set[str]) -> bool:
    value = one.details.get(key)
    return value is not None and (not isinstance(value, str) or value not in wanted)


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _ids(responses: Sequence[SubmittedResponse]) -> str:
    return _names([one.question_id for one in responses])


def _names(names: Sequence[str]) -> str:
    return some([shown(name, 60) for name in names])


def _error(what: str, mend: str = "") -> Finding:
    return Finding("error", what, mend, _WHERE)


def _warning(what: str) -> Finding:
    return Finding("warning", what, where=_WHERE)
