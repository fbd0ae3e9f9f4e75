"""The edge between a plan and real media: images, lists of images and paths to mp4 files.

Only the frames that a plan names are read, and they are decoded when somebody looks at their
pixels: an image handed out here is an open JPEG, not a bitmap, so 300 frames cost what their files
cost. The burnt-in time in the top left corner is part of the protocol; nothing is ever cropped.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol

from PIL import Image, JpegImagePlugin

from mmsi_video.profiles import target_size
from mmsi_video.prompts import FrameImage, FrameVideo, RefImage, Text, VideoFile
from sightline.errors import DatasetError, UsageError
from sightline.serving.images import DETAIL_VARIABLE, FORMAT_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mmsi_video.profiles import Profile, Resize
    from mmsi_video.prompts import Message, Part
    from mmsi_video.schema import Sample

_JPEG_NAMES = ("JPEG", "JPG")
_JPEG_START = b"\xff\xd8\xff"
_FILTERS = {
    "square": Image.Resampling.BICUBIC,
    "grid": Image.Resampling.BICUBIC,
    "shrink": Image.Resampling.LANCZOS,
}


class FrameReader(Protocol):
    """What we need of :class:`sightline.parquet_reader.ClipReader`."""

    def read(
        self, key: str, columns: Sequence[str] = ..., rows: Sequence[int] | None = ...
    ) -> list[Any]:
        """The values of one column in those rows of a clip, in that order."""


@dataclass(frozen=True)
class SampleMedia:
    """Where the media of one question are."""

    sample: Sample
    """The question."""
    frames: FrameReader
    """Over the dataset's ``frames`` config, keyed by clip id; images come as file bytes."""
    references: tuple[bytes, ...]
    """The reference images' files, in order."""
    video_path: Callable[[str], Path]
    """The dataset's relative path of an mp4 -> a file on this machine."""


def chat_messages(
    plan: Sequence[Message], media: SampleMedia, profile: Profile, *, max_frames: int | None
) -> list[dict[str, Any]]:
    """The plan as lmms-eval's chat messages, with images and paths in their places.

    Args:
        plan: from :func:`mmsi_video.prompts.plan`.
        media: where the media of this sample are.
        profile: the profile that the plan was made with.
        max_frames: the cap that the plan was made with; some resizing depends on it.

    Returns:
        ``{"role", "content": [{"type": "text", "text"} | {"type": "image", "url": PIL image} |
        {"type": "video", "url": list of PIL images, or str}]}`` per message.

    Raises:
        DatasetError: a frame, reference image or clip is missing or no image.
    """
    parts = [part for message in plan for part in message.parts]
    opener = _Opener(media, profile, profile.resize_at(max_frames), _frames(parts, media))
    return [
        {"role": message.role, "content": [opener.item(part) for part in message.parts]}
        for message in plan
    ]


def check_environment(profile: Profile) -> None:
    """Refuse a profile whose promise this process would not keep.

    Raises:
        UsageError: file bytes are to be passed on, but lmms-eval would make PNG files of them; or
            the `detail` of the profile is not the one that the backend puts on images.
    """
    wanted = os.environ.get(FORMAT_VARIABLE, "PNG")
    if profile.image_bytes == "original" and wanted.upper() not in _JPEG_NAMES:
        raise UsageError(
            f"profile {profile.name!r} passes JPEG files on untouched, but lmms-eval would send "
            f"{wanted} files",
            next_step=f"use --model sightline_openai, or set {FORMAT_VARIABLE}=JPEG",
        )
    sent = os.environ.get(DETAIL_VARIABLE)
    if profile.detail != sent:
        raise UsageError(
            f"profile {profile.name!r} asks for images with detail {profile.detail or 'unset'}, "
            f"but this backend sends {sent or 'unset'}",
            next_step="api_low_detail goes with --model sightline_openai (detail=low); every "
            "other profile with every other backend",
        )


@dataclass(frozen=True)
class _Opener:
    """Turns parts into content items."""

    media: SampleMedia
    profile: Profile
    step: Resize | None
    frames: Mapping[tuple[int, int], bytes | memoryview]

    def item(self, part: Part) -> dict[str, Any]:
        if isinstance(part, Text):
            return {"type": "text", "text": part.text}
        if isinstance(part, VideoFile):
            clip = self.media.sample.clips[part.clip]
            return {"type": "video", "url": str(self.media.video_path(clip.video_path))}
        if isinstance(part, FrameVideo):
            return {"type": "video", "url": [self._frame(part.clip, i) for i in part.indices]}
        if isinstance(part, FrameImage):
            return {"type": "image", "url": self._frame(part.clip, part.index)}
        return {"type": "image", "url": self._reference(part)}

    def _frame(self, clip: int, index: int) -> Image.Image:
        name = f"frame {index} of clip {self.media.sample.clips[clip].clip_id}"
        return self._image(self.frames[clip, index], name, self.step)

    def _reference(self, part: RefImage) -> Image.Image:
        if part.ordinal >= len(self.media.references):
            raise DatasetError(
                f"{self.media.sample.id}: expected at least {part.ordinal + 1} reference images, "
                f"but the dataset has {len(self.media.references)}",
                next_step="build the dataset again from the release",
            )
        step = self.step if self.step and self.step.references else None
        name = f"reference image {part.ordinal}"
        return self._image(self.media.references[part.ordinal], name, step)

    def _image(self, data: bytes | memoryview, name: str, step: Resize | None) -> Image.Image:
        try:
            image = _opened(data, original=self.profile.image_bytes == "original")
            return image if step is None else _resized(image, step)
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            # Pillow says SyntaxError for a file that starts like a JPEG and is none.
            raise DatasetError(
                f"{self.media.sample.id}: {name} is not a readable image: {error}",
                next_step="build the dataset again from the release",
            ) from error


def _frames(parts: Sequence[Part], media: SampleMedia) -> dict[tuple[int, int], bytes | memoryview]:
    """(clip, index) -> file bytes of every frame that the plan names; one read per clip."""
    wanted: dict[int, list[int]] = {}
    for part in parts:
        if isinstance(part, FrameImage):
            wanted.setdefault(part.clip, []).append(part.index)
        elif isinstance(part, FrameVideo):
            wanted.setdefault(part.clip, []).extend(part.indices)
    found = {}
    for clip, indices in wanted.items():
        files = media.frames.read(
            media.sample.clips[clip].clip_id, columns=("image",), rows=indices
        )
        for index, data in zip(indices, files, strict=True):
            found[clip, index] = data
    return found


class FileJpeg(JpegImagePlugin.JpegImageFile):
    """A JPEG that still has its file, for decoders that are faster than Pillow's.

    Args:
        data: the file.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.undecoded: bytes | None = data
        """The file, until Pillow has decoded it or is told to decode it in another way: from then
        on the pixels may be others."""

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> Any:
        """Choose a smaller or a grey version, as Pillow does."""
        self.undecoded = None
        return super().draft(mode, size)

    def load(self) -> Any:
        """Decode, as Pillow does."""
        self.undecoded = None
        return super().load()

    def save(
        self,
        fp: str | bytes | os.PathLike[str] | os.PathLike[bytes] | IO[bytes],
        format: str | None = None,  # noqa: A002 (Pillow's name)
        **params: Any,
    ) -> None:
        """Write the file's own bytes when JPEG is asked for; encode otherwise.

        lmms-eval's API backends save every image into a buffer. Encoding 50 frames takes seconds
        as PNG, and as JPEG changes their pixels.
        """
        file = self._file()
        is_stream = not isinstance(fp, (str, bytes, os.PathLike))
        if file is not None and (format or "").upper() in _JPEG_NAMES and is_stream:
            fp.write(file)  # type: ignore[union-attr] # a stream
        else:
            super().save(fp, format, **params)

    def _file(self) -> bytes | None:
        """The file, while it says what the pixels are."""
        return self.undecoded


class OriginalJpeg(FileJpeg):
    """A JPEG that stays its file, whoever has looked at its pixels.

    The official code sends the files to API models as they are.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.original = data

    def _file(self) -> bytes:
        return self.original


def _opened(file: bytes | memoryview, *, original: bool) -> Image.Image:
    # The image outlives the question: it must not keep the dataset's file mapped.
    data = bytes(file)
    if not data.startswith(_JPEG_START):
        return Image.open(io.BytesIO(data))
    return OriginalJpeg(data) if original else FileJpeg(data)


def _resized(image: Image.Image, step: Resize) -> Image.Image:
    size = target_size(*image.size, step)
    if size == image.size:
        return image
    small = image.convert("RGB").resize(size, _FILTERS[step.rule])
    if step.jpeg_quality is None:
        return small
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=step.jpeg_quality)
    return OriginalJpeg(buffer.getvalue())
