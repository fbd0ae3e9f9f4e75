r"""A question as text and as a plan of messages, without touching any media.

A plan says what stands where: text, frame 12 of clip 0, reference image 1. It is decided here, from
the record alone; :mod:`mmsi_video.messages` turns it into real images. So the prompt of a whole run
can be read, compared and hashed without the media.

Text follows the official loader: the release's four pieces are joined as
``system_prompt + "\n" + task_prompt + user_prompt + format_prompt``, cut at the marks ``<video>``
and ``<image>``, empty pieces dropped and pieces of mere white space kept. The n-th ``<video>`` mark
is the n-th clip and the n-th ``<image>`` mark the n-th reference image, in whatever order they
stand; the official API, InternVL and LLaVA code paths assume that all videos come first.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sightline.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mmsi_video.profiles import Profile
    from mmsi_video.schema import Sample

VIDEO_MARK = "<video>"
IMAGE_MARK = "<image>"

_MARK = re.compile(f"({re.escape(VIDEO_MARK)}|{re.escape(IMAGE_MARK)})")


@dataclass(frozen=True)
class Text:
    """A piece of text."""

    text: str
    """Never empty; white space is kept."""


@dataclass(frozen=True)
class FrameImage:
    """One frame, shown as an image."""

    clip: int
    """Which clip of the sample, from 0."""
    index: int
    """Which released frame of the clip, from 0."""


@dataclass(frozen=True)
class RefImage:
    """One reference image."""

    ordinal: int
    """Which reference image of the sample, from 0."""


@dataclass(frozen=True)
class FrameVideo:
    """Several frames of one clip, shown as one video."""

    clip: int
    """Which clip of the sample, from 0."""
    indices: tuple[int, ...]
    """Which released frames of the clip, ascending, at least one."""


@dataclass(frozen=True)
class VideoFile:
    """One clip, handed over as its mp4."""

    clip: int
    """Which clip of the sample, from 0."""


Part = Text | FrameImage | RefImage | FrameVideo | VideoFile


@dataclass(frozen=True)
class Message:
    """One turn."""

    role: Literal["system", "user"]
    parts: tuple[Part, ...]
    """In reading order."""


def prompt_without_system(sample: Sample, *, task_specific: bool = True) -> str:
    """Task, question and format as one text, marks included.

    Args:
        sample: the question.
        task_specific: False leaves the task prompt out (the official loader has that switch).
    """
    task = sample.task_prompt if task_specific else ""
    return f"{task}{sample.user_prompt}{sample.format_prompt}"


def full_prompt(sample: Sample, *, task_specific: bool = True) -> str:
    """The system prompt, one line break, then :func:`prompt_without_system`."""
    return f"{sample.system_prompt}\n{prompt_without_system(sample, task_specific=task_specific)}"


def plan(
    sample: Sample,
    indices: Sequence[Sequence[int]],
    profile: Profile,
    *,
    task_specific: bool = True,
) -> tuple[Message, ...]:
    """What the model is shown, in reading order.

    Args:
        sample: the question.
        indices: the frames of each clip, from :func:`sightline.sampling.proportional_indices`;
            not looked at when the profile hands over the mp4.
        profile: the form of the messages.
        task_specific: False leaves the task prompt out.

    Raises:
        DatasetError: the marks do not fit the clips and reference images of the sample.
        ValueError: `indices` does not fit the sample or the profile.
    """
    if profile.video != "file":
        _check_indices(sample, indices)
    if profile.system == "inline":
        text = full_prompt(sample, task_specific=task_specific)
        return (Message("user", _joined(_parts(sample, text, indices, profile))),)
    text = prompt_without_system(sample, task_specific=task_specific)
    user = Message("user", _joined(_parts(sample, text, indices, profile)))
    return (*_system_message(sample), user)


def message_hash(
    messages: Sequence[Message], sample: Sample, profile: Profile, *, max_frames: int | None
) -> str:
    """SHA-256 that names exactly what is shown: equal hashes, equal input.

    It covers roles, texts, the profile's parameters at this cap, and each image by content: the
    digest of its clip's frames with its index, or the digest of the reference image. An mp4 counts
    by its path and the digest of the released frames.
    """
    told = {
        "profile": profile.parameters(max_frames),
        "messages": [
            {"role": message.role, "parts": [_named(part, sample) for part in message.parts]}
            for message in messages
        ],
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _check_indices(sample: Sample, indices: Sequence[Sequence[int]]) -> None:
    if len(indices) != len(sample.clips):
        raise ValueError(
            f"{sample.id}: indices must have one list per clip ({len(sample.clips)}), "
            f"but got {len(indices)}"
        )
    for number, (clip, chosen) in enumerate(zip(sample.clips, indices, strict=True)):
        if any(not 0 <= index < clip.frame_count for index in chosen):
            raise ValueError(
                f"{sample.id}: indices[{number}] must be in [0, {clip.frame_count}), "
                f"but got {list(chosen)}"
            )


def _system_message(sample: Sample) -> tuple[Message, ...]:
    if _MARK.search(sample.system_prompt):
        raise DatasetError(
            f"{sample.id}: system_prompt holds a {VIDEO_MARK} or {IMAGE_MARK} mark, but this "
            f"profile sends it as a system message, which carries text only"
        )
    if not sample.system_prompt:
        return ()
    return (Message("system", (Text(sample.system_prompt),)),)


def _parts(
    sample: Sample, text: str, indices: Sequence[Sequence[int]], profile: Profile
) -> Iterator[Part]:
    """Cut the text at the marks and put the media in their places."""
    pieces = _MARK.split(text)
    _check_count(sample, VIDEO_MARK, pieces, expected=len(sample.clips))
    _check_count(sample, IMAGE_MARK, pieces, expected=len(sample.ref_image_sha256))
    clip = image = 0
    for piece in pieces:
        if piece == VIDEO_MARK:
            yield from _video(sample, clip, indices, profile)
            clip += 1
        elif piece == IMAGE_MARK:
            yield RefImage(image)
            image += 1
        elif piece:
            yield Text(piece)


def _check_count(sample: Sample, mark: str, pieces: Sequence[str], *, expected: int) -> None:
    got = pieces.count(mark)
    if got != expected:
        kind = "clip" if mark == VIDEO_MARK else "reference image"
        raise DatasetError(
            f"{sample.id}: the prompt must have one {mark} mark per {kind} ({expected}), "
            f"but got {got}",
            next_step="check the record's prompt fields in the release",
        )


def _video(
    sample: Sample, clip: int, indices: Sequence[Sequence[int]], profile: Profile
) -> Iterator[Part]:
    """What a `<video>` mark becomes."""
    if profile.video == "file":
        yield VideoFile(clip)
    elif profile.video == "frames":
        if not indices[clip]:
            raise ValueError(
                f"{sample.id}: clip {clip} got no frame, and profile {profile.name!r} cannot show "
                f"a video without frames; use rule 'official'"
            )
        yield FrameVideo(clip, tuple(indices[clip]))
    else:
        for number, index in enumerate(indices[clip], start=1):
            yield Text(profile.label.replace("{n}", str(number)))
            yield FrameImage(clip, index)
            yield Text(profile.end)


def _joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Neighbouring texts as one, empty ones dropped."""
    joined: list[Part] = []
    for part in parts:
        if not isinstance(part, Text):
            joined.append(part)
        elif part.text:
            last = joined[-1] if joined else None
            if isinstance(last, Text):
                joined[-1] = Text(last.text + part.text)
            else:
                joined.append(part)
    return tuple(joined)


def _named(part: Part, sample: Sample) -> dict[str, Any]:
    """The part by content, as plain JSON types."""
    if isinstance(part, Text):
        return {"text": part.text}
    if isinstance(part, RefImage):
        return {"reference": sample.ref_image_sha256[part.ordinal]}
    clip = sample.clips[part.clip]
    if isinstance(part, FrameImage):
        return {"frame": [clip.frames_sha256, part.index]}
    if isinstance(part, FrameVideo):
        return {"frames": [clip.frames_sha256, list(part.indices)]}
    return {"file": [clip.video_path, clip.frames_sha256]}
