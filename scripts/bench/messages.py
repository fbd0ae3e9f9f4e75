#!/usr/bin/env python3
"""How long `doc_to_messages` takes per question, ours beside upstream's, on the same frames.

Both ways are run in turn on made-up 640 x 480 JPEG frames, in one process: ours out of the
`frames` config, upstream's out of loose files. Upstream decodes every frame on the spot; we hand
out open files, so the table also says what it costs us when a backend then decodes them all.
Peak memory is measured in a process per case.

    python scripts/bench/messages.py
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CAPS = (50, 300)
FRAMES = 400


def main() -> None:
    """Print the table, or run one case when told to by ourselves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=9, help="timed runs per case (9)")
    parser.add_argument("--case", nargs=3, metavar=("WHO", "CAP", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        who, cap, folder = arguments.case
        print(json.dumps(peak(who, int(cap), Path(folder))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder)
        for cap in CAPS:
            report(cap, folder, arguments.repeat)


def report(cap: int, folder: Path, repeat: int) -> None:
    """One block of the table."""
    cases = {who: messages_of(who, cap, folder) for who in ("upstream", "ours")}
    cases["ours, then decoded"] = lambda: decoded(cases["ours"]())
    times: dict[str, list[float]] = {who: [] for who in cases}
    for turn in range(repeat + 1):
        for who, make in cases.items():
            start = time.perf_counter()
            made = make()
            spent = time.perf_counter() - start
            del made
            if turn:  # the first turn warms imports and the page cache
                times[who].append(spent)
    base = statistics.median(times["upstream"])
    for who, values in times.items():
        middle = statistics.median(values)
        print(
            f"{cap:>4} frames  {who:<20} {middle * 1000:9.2f} ms  {base / middle:7.2f} x upstream"
        )
    for who in cases:
        print(f"{cap:>4} frames  {who:<20} {in_own_process(who, cap, folder):9.1f} MB above start")


def in_own_process(who: str, cap: int, folder: Path) -> float:
    """Peak memory of one call, MB above what the process had before it."""
    command = [sys.executable, __file__, "--case", who, str(cap), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def peak(who: str, cap: int, folder: Path) -> float:
    """The same, measured in this process."""
    make = messages_of(who.partition(",")[0], cap, folder)
    one_small = messages_of(who.partition(",")[0], 1, folder)
    decoded(one_small())
    before = high_water()
    made = make()
    if "decoded" in who:
        decoded(made)
    return high_water() - before


def high_water() -> float:
    """Peak resident memory of this process, MB (ru_maxrss would begin with the parent's)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return float(line.split()[1]) / 1024


def decoded(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Have every image decoded, as a model's processor does."""
    for message in messages:
        for item in message["content"]:
            if item["type"] == "image":
                item["url"].load()
    return messages


def messages_of(who: str, cap: int, folder: Path) -> Callable[[], list[dict[str, Any]]]:
    """A call that makes the messages of the one question."""
    if who == "ours":
        os.environ["MMSI_VIDEO_DATASET"] = str(folder)
        from mmsi_video.tasks import hooks  # noqa: PLC0415 (after the environment is set)

        doc = hooks.process_docs(None)[0]
        settings = {
            "task": "bench",
            "profile": "frames",
            "max_frames": cap,
            "rule": "official",
            "task_specific": True,
        }
        return lambda: hooks.doc_to_messages(doc, settings)
    upstream = load_upstream(folder)
    doc = {
        **prompts(),
        "frames_list": [[f"{i}.jpg" for i in range(FRAMES)]],
        "ref_images": [],
    }
    return lambda: upstream.doc_to_messages_frames(doc, {"default": {"max_frame": cap}})


def load_upstream(folder: Path) -> Any:
    """lmms-eval's own hooks, reading frames from our folder."""
    root = importlib.util.find_spec("lmms_eval")
    if root is None or not root.submodule_search_locations:
        sys.exit('lmms-eval is missing; install it: pip install -e ".[eval]"')
    path = Path(root.submodule_search_locations[0]) / "tasks" / "mmsi_video" / "utils.py"
    spec = importlib.util.spec_from_file_location("upstream_mmsi_video", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.cache_dir = str(folder)
    return module


def prompts() -> dict[str, str]:
    """The four pieces of the prompt."""
    return {
        "system_prompt": "Each frame shows its time.",
        "task_prompt": "Look. ",
        "user_prompt": "<video> Where does the camera turn? A. left B. right",
        "format_prompt": " Answer with one letter.",
    }


def make_data(folder: Path) -> None:
    """The same frames as loose files and as a `frames` config, and one question."""
    import pyarrow as pa  # noqa: PLC0415 (not for the peak of upstream's process)
    import pyarrow.parquet as pq  # noqa: PLC0415 (as above)

    from mmsi_video import columns  # noqa: PLC0415 (as above)

    files = [jpeg(i) for i in range(FRAMES)]
    print(f"{FRAMES} frames of 640 x 480, {sum(map(len, files)) / FRAMES / 1024:.0f} kB each")
    (folder / "frames").mkdir()
    (folder / "questions").mkdir()
    for i, data in enumerate(files):
        (folder / "frames" / f"{i}.jpg").write_bytes(data)
    features = columns.features()
    frames = [
        {
            "clip_id": "clip",
            "index": i,
            "frame_path": f"{i}.jpg",
            "timestamp_seconds": float(i),
            "image": {"bytes": data, "path": None},
        }
        for i, data in enumerate(files)
    ]
    write_frames(frames, folder / "frames" / "test-00000-of-00001.parquet")
    arrow = features["questions"].arrow_schema
    pq.write_table(
        pa.Table.from_pylist([question()], schema=arrow),
        folder / "questions" / "test-00000-of-00001.parquet",
    )


def write_frames(frames: list[dict[str, Any]], path: Path) -> None:
    """One clip, stored as `sightline build` stores it."""
    import pyarrow as pa  # noqa: PLC0415 (not for the peak of upstream's process)
    import pyarrow.parquet as pq  # noqa: PLC0415 (as above)

    from mmsi_video import columns  # noqa: PLC0415 (as above)

    pq.write_table(
        pa.Table.from_pylist(frames, schema=columns.features()["frames"].arrow_schema),
        path,
        compression="none",
        use_dictionary=False,
        write_statistics=["clip_id"],
    )


def question() -> dict[str, Any]:
    """The one question, as a row of the `questions` config."""
    clip = {
        "clip_id": "clip",
        "video_path": "media/videos/clip.mp4",
        "start_seconds": 0.0,
        "end_seconds": float(FRAMES - 1),
        "base_fps": 1.0,
        "frame_count": FRAMES,
        "frames_sha256": "0" * 64,
    }
    return {
        **prompts(),
        "id": "question_0000",
        "type": "Planning",
        "category": "Planning",
        "level": "Planning",
        "ori_question": "Where does the camera turn? A. left B. right",
        "options": ["A. left", "B. right"],
        "ground_truth": "A",
        "clips": [clip],
        "ref_images": [],
        "ref_image_paths": [],
        "ref_image_sha256": [],
    }


def jpeg(number: int, size: tuple[int, int] = (640, 480)) -> bytes:
    """A frame with as much detail as a photograph: smooth noise."""
    import numpy as np  # noqa: PLC0415 (as above)
    from PIL import Image  # noqa: PLC0415 (as above)

    noise = np.random.default_rng(number).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=90)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
