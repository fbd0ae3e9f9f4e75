"""Small built datasets with recordings of several sources, for the tests of publishing."""

from __future__ import annotations

import json
import runpy
import shutil
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_TESTS = Path(__file__).parents[2]
tiny = SimpleNamespace(**runpy.run_path(str(_TESTS / "tiny_release.py")))
tiny_streamgaze = SimpleNamespace(**runpy.run_path(str(_TESTS / "tiny_streamgaze.py")))

CLIPS = (
    ("scannet/a.mp4",),
    ("ego4d/b.mp4",),
    ("ego4d/c.mp4", "scannet/a.mp4"),
    ("nowhere/d.mp4",),
)
"""The recordings of the four questions; nothing tells where the last one was taken from."""
PICTURES = {"ref/s.jpg": 201, "ref/e.jpg": 202, "ref/both.jpg": 203}
"""Reference images of the first three questions, each with a shade of its own."""


def reference(name: str) -> bytes:
    """The bytes of a reference image."""
    return tiny.jpeg(PICTURES[name])


def records() -> list[dict[str, Any]]:
    """Four questions: of ScanNet, of Ego4D, of both, and of a source that nothing tells."""
    made = [tiny.record(number) for number in range(4)]
    for record, paths, image in zip(made, CLIPS, [*PICTURES, None], strict=True):
        record["video_list"] = [
            {"path": path, "start": 6.0, "end": 7.5, "base_fps": 2.0} for path in paths
        ]
        record["frames_list"] = [tiny.frame_names(Path(path).stem, 4) for path in paths]
        marks = "<image> " if image else ""
        text = f"What is this? {marks}A. left B. right C. up D. down"
        record |= {"user_prompt": text, "ori_question": text}
        record["ref_images"] = [image] if image else []
        record["task_prompt"] = "<video>" * len(paths)
    return made


def mmsi(out: Path, shard_bytes: int = 500_000_000) -> Path:
    """A MMSI-Video-Bench dataset of these questions."""
    from mmsi_video.builder import build

    made = records()
    content = tiny.content(made)
    content["ref_images"] = {name: reference(name) for name in PICTURES}
    release = tiny.make_release(out.with_name(f"{out.name}-release"), made, members=content)
    build(release, out, shard_bytes=shard_bytes, progress=False)
    return out


def streamgaze(out: Path) -> Path:
    """A StreamGaze dataset: three recordings of three sources, each with its overlay, and gaze."""
    from streamgaze_task.builder import build

    release = tiny_streamgaze.make(
        out.with_name(f"{out.name}-release"),
        metadata={
            source: tiny_streamgaze.metadata(video, centre=True)
            for video, source in tiny_streamgaze.VIDEOS.items()
        },
    )
    build(release, out, no_gaze_recovery=True, progress=False)
    return out


def copied(folder: Path, to: Path) -> Path:
    """A dataset that a test may spoil."""
    return Path(shutil.copytree(folder, to))


def change_facts(folder: Path, **changes: Any) -> None:
    """Let ``build.json`` say something else."""
    path = folder / "build.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}), encoding="utf-8")


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def traces(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """All files and folders below a folder with mode, time of change of content, and content."""
    return {
        path.relative_to(folder).as_posix(): (
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in [folder, *sorted(folder.rglob("*"))]
    }


def plain_cards(monkeypatch: Any) -> None:
    """Cards that say in bytes what they were given: tests see it, and drawing takes seconds."""
    # What builds a dataset takes the real card by its name, so it must not meet another one first.
    import mmsi_video.release.rows  # noqa: F401 (as above)
    import streamgaze_task.release.rows  # noqa: F401 (as above)
    from sightline.publishing import publication

    def draw(folder: Path, _: Any, facts: Any) -> dict[str, bytes]:
        seen = sorted(name for name in tree(folder) if name.startswith("media/"))
        return {"assets/seen.png": json.dumps([seen, facts["rows"]]).encode()}

    def render(rules: Any, facts: Any) -> str:
        return f"# {rules.title}\n{json.dumps(facts)}\n"

    monkeypatch.setattr(publication.pictures, "draw_pictures", draw)
    monkeypatch.setattr(publication.render, "render_card", render)
    monkeypatch.setattr(publication.croissant, "croissant", render)


@contextmanager
def published(folder: Path, media: Any, previous: Any = None, **wish: Any) -> Iterator[Any]:
    """The publication of a folder, as long as the block lasts."""
    from sightline.progress import Silent
    from sightline.publishing.publication import publication
    from sightline.publishing.records import Wish

    with publication(Wish(folder, "org/mmsi", media, **wish), previous, Silent()) as made:
        yield made


def content(folder: Path, media: Any, previous: Any = None, **wish: Any) -> dict[str, bytes]:
    """The files of a folder's publication."""
    with published(folder, media, previous, **wish) as made:
        return tree(made.folder)


def beside(folder: Path) -> list[str]:
    """What lies in the same folder."""
    return sorted(path.name for path in folder.parent.iterdir() if path.name != folder.name)
