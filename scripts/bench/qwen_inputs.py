"""Samples for `inputs.py`: made-up frames, and both ways from them to Qwen2.5-VL's tensors."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from messages import jpeg, write_frames

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = 300
SIZES = {"640x480": (640, 480), "644x476": (644, 476)}
"""The usual size, which lmms-eval resizes with Pillow before the processor sees it, and one that
neither resizes."""
LARGEST_DEVIATION = 0.2758
"""By which Qwen2.5-VL divides a channel, the largest of the three."""


def make_data(folder: Path) -> None:
    """Frames of each size, loose and as a `frames` config, and a tiny checkpoint."""
    from sightline.tiny_models import make_tiny_model  # noqa: PLC0415 (heavy)

    make_tiny_model("qwen2_5_vl", folder / "model")
    for name, size in SIZES.items():
        files = [jpeg(i, size) for i in range(FRAMES)]
        (folder / name / "loose").mkdir(parents=True)
        for i, data in enumerate(files):
            (folder / name / "loose" / f"{i:03d}.jpg").write_bytes(data)
        rows = [
            {
                "clip_id": "clip",
                "index": i,
                "frame_path": f"{i:03d}.jpg",
                "timestamp_seconds": float(i),
                "image": {"bytes": data, "path": None},
            }
            for i, data in enumerate(files)
        ]
        write_frames(rows, folder / name / "frames.parquet")
        print(f"{FRAMES} frames of {name}, {sum(map(len, files)) / FRAMES / 1024:.0f} kB each")


def chosen(count: int) -> list[int]:
    """Evenly spread frames."""
    return [i * FRAMES // count for i in range(count)]


def chat(images: list[Any]) -> list[dict[str, Any]]:
    """The one question."""
    items = [{"type": "image", "url": image} for image in images]
    return [{"role": "user", "content": [*items, {"type": "text", "text": "Where? A or B"}]}]


def processor(folder: Path) -> Any:
    """Qwen2.5-VL's, with the default limits of its image processor."""
    from transformers import AutoProcessor, Qwen2VLImageProcessor  # noqa: PLC0415 (heavy)

    made = AutoProcessor.from_pretrained(folder / "model")
    made.image_processor = Qwen2VLImageProcessor()
    return made


def our_images(data: Path, count: int, *, original: bool = False) -> list[Any]:
    """Frames as our tasks hand them out."""
    from mmsi_video.messages import FileJpeg, OriginalJpeg  # noqa: PLC0415 (heavy)

    kind = OriginalJpeg if original else FileJpeg
    return [kind(bytes(file)) for file in reader(data).read("clip", rows=chosen(count))]


READERS: dict[Path, Any] = {}


def reader(data: Path) -> Any:
    """One for each file: it is kept by the task, too."""
    from sightline.parquet_reader import ClipReader  # noqa: PLC0415 (heavy)

    if data not in READERS:
        READERS[data] = ClipReader(data / "frames.parquet")
    return READERS[data]


def upstream_images(data: Path, count: int) -> list[Any]:
    """Frames as upstream's task hands them out: read and decoded."""
    from PIL import Image  # noqa: PLC0415 (heavy)

    images = []
    for i in chosen(count):
        with Image.open(data / "loose" / f"{i:03d}.jpg") as image:
            images.append(image.convert("RGB"))
    return images


def prepare_ours(made: Any, data: Path, count: int) -> Any:
    """As `--model sightline` does."""
    from sightline.models.inputs import read_prompt, tensors  # noqa: PLC0415 (heavy)

    prompt = read_prompt(chat(our_images(data, count)), max_frames=1)
    return tensors(prompt, made)


def prepare_upstream(made: Any, data: Path, count: int) -> Any:
    """As lmms-eval 0.7.3's chat model qwen2_5_vl does."""
    from lmms_eval.protocol import ChatMessages  # noqa: PLC0415 (heavy)
    from qwen_vl_utils import process_vision_info  # noqa: PLC0415 (heavy)

    messages = ChatMessages(messages=chat(upstream_images(data, count)))
    limits = {"max_pixels": 1605632, "min_pixels": 256 * 28 * 28, "nframes": 32}
    batch = [messages.to_hf_messages(video_kwargs=limits)]
    texts = made.apply_chat_template(batch, tokenize=False, add_generation_prompt=True)
    images, _, _ = process_vision_info(batch, return_video_kwargs=True, return_video_metadata=True)
    return made(
        text=texts,
        images=images,
        videos=None,
        video_metadata=None,
        padding=True,
        padding_side="right",
        return_tensors="pt",
    )


def timed(call: Callable[[], Any], repeat: int) -> tuple[list[float], list[float], Any]:
    """Milliseconds of wall and CPU time of each call, warm, and what the last one gave."""
    call()
    wall, cpu, result = [], [], None
    for _ in range(repeat):
        result = None  # given back before the next, as in a run
        start, busy = time.perf_counter(), time.process_time()
        result = call()
        wall.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - busy) * 1000)
    return wall, cpu, result


def in_turn(cases: dict[str, Callable[[], Any]], repeat: int) -> dict[str, float]:
    """Median milliseconds of each, taken alternately after one warm turn."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(repeat + 1):
        for name, call in cases.items():
            start = time.perf_counter()
            result = call()
            spent = (time.perf_counter() - start) * 1000
            del result
            if turn:
                times[name].append(spent)
    return {name: statistics.median(values) for name, values in times.items()}


def difference(case: str, of: dict[str, list[dict[str, Any]]], folder: Path) -> str:
    """Whether the tensors are the same, and else how far the first image is from upstream's."""
    import torch  # noqa: PLC0415 (heavy)

    digests = {run["digest"] for runs in of.values() for run in runs}
    if len(digests) == 1:
        return "tensors identical"
    size = case.split(maxsplit=1)[0]
    ours, theirs = (torch.load(folder / f"{who}-{size}.pt") for who in of)
    levels = (ours - theirs).abs() * 255 * LARGEST_DEVIATION
    return f"levels differ by {levels.mean():.3f} (mean), {levels.max():.1f} (max)"
