"""`sightline check`: every problem of a folder at once, and how it ends."""

from __future__ import annotations

import json
import os
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.cli import main
from streamgaze_task.builder import build as build_streamgaze

_TESTS = Path(__file__).parents[2]
gaze = SimpleNamespace(**runpy.run_path(str(_TESTS / "tiny_streamgaze.py")))


@pytest.fixture
def broken(built, tmp_path):
    """One that is broken in many ways."""
    folder = Path(shutil.copytree(built, tmp_path / "dataset"))
    card = (folder / "README.md").read_text()
    card = card.replace("license: cc-by-nc-4.0", "license: mit\nlicense: mit")
    card += f"\n<script>1</script>\n\nhf_{'aB3' * 12} in /home/somebody/x\n"
    (folder / "README.md").write_text(card)
    (folder / "dataset.py").write_text("raise SystemExit\n")
    (folder / "dataset_infos.json").write_text("{}")
    (folder / "media" / "link.mp4").symlink_to("/etc/passwd")
    next((folder / "media" / "videos").rglob("*.mp4")).unlink()
    with open(os.fsencode(folder / "media") + b"/bad\xff\x1b.mp4", "wb"):  # noqa: PTH123 (bytes)
        pass
    return folder


def places(output):
    """Place -> severities, of the JSON report."""
    held = {}
    for one in json.loads(output):
        held.setdefault(one["where"], set()).add(one["severity"])
    return held


def test_a_built_dataset_passes(built, capsys):
    """Exit status 0; the last line names the folder."""
    assert main(["check", str(built)]) == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert last.startswith(f"{built}: ")
    assert "error" not in last


def test_a_built_streamgaze_dataset_passes(tmp_path, capsys):
    """By the same command: the folder says what it is."""
    build_streamgaze(gaze.make(tmp_path / "release"), tmp_path / "dataset")
    assert main(["check", str(tmp_path / "dataset")]) == 0
    assert "nothing to mend" in capsys.readouterr().out


def test_every_problem_is_told_at_once(broken, capsys):
    """By all checks, with place, severity and mend; exit status 1."""
    assert main(["check", str(broken), "--json"]) == 1
    output = capsys.readouterr().out
    held = places(output)
    assert held["dataset.py"] == {"error", "warning"}
    assert held["dataset_infos.json"] == {"error", "warning"}
    assert held["media/link.mp4"] == {"error"}
    assert held["README.md license"] == {"error"}
    assert "error" in held["README.md"]
    lines = (broken / "README.md").read_text().splitlines()
    assert held[f"README.md:{len(lines)}"] == {"error"}
    assert any(place.startswith("media/bad") for place in held)
    assert sum("media/videos" in place for place in held) >= 1
    errors = [one for one in json.loads(output) if one["severity"] == "error"]
    assert all(one["what"] and one["where"] for one in errors)
    assert sum(bool(one["mend"]) for one in errors) > len(errors) / 2


def test_secrets_and_escapes_do_not_reach_the_screen(broken, capsys):
    """One finding is one line of text."""
    assert main(["check", str(broken)]) == 1
    output = capsys.readouterr().out
    assert "aB3aB3" not in output
    assert "somebody" not in output
    assert all(line.isprintable() for line in output.splitlines())
    output.encode("utf-8")
    assert "error" in output.splitlines()[-1]


def test_the_folder_is_never_written_to(broken):
    """A look changes nothing."""
    before = {path: path.lstat().st_mtime_ns for path in broken.rglob("*")}
    main(["check", str(broken)])
    assert {path: path.lstat().st_mtime_ns for path in broken.rglob("*")} == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "build.json cannot be read"),
        (b"", "build.json cannot be read"),
        (b"[]", "must hold an object"),
        (b"{}", "names no benchmark"),
        (b'{"benchmark": 7}', "names no benchmark"),
        (b'{"benchmark": "mmsi-video", "publication": {"media": 7}}', "publication.media"),
        (b"\xff\xfe", "build.json cannot be read"),
    ],
)
def test_what_is_no_dataset_is_one_error(tmp_path, capsys, content, words):
    """Exit status 1, on standard error, with what to do next."""
    if content is not None:
        (tmp_path / "build.json").write_bytes(content)
    assert main(["check", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert "next: " in captured.err


def test_a_benchmark_that_is_not_installed(tmp_path, capsys):
    """Exit status 2: the command cannot work here."""
    (tmp_path / "build.json").write_text('{"benchmark": "another"}')
    assert main(["check", str(tmp_path)]) == 2
    assert "another" in capsys.readouterr().err


def test_a_folder_that_is_not_there(tmp_path, capsys):
    """Exit status 1."""
    assert main(["check", str(tmp_path / "nothing")]) == 1
    assert "must be a folder" in capsys.readouterr().err


def test_help_says_what_it_does(capsys):
    """With an example."""
    with pytest.raises(SystemExit) as ended:
        main(["check", "--help"])
    assert ended.value.code == 0
    output = capsys.readouterr().out
    assert "every problem at once" in output
    assert "sightline check mmsi-video" in output


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dataset", "streamgaze_dataset"])
def test_the_sample_datasets_have_nothing_to_mend(request, capsys, name):
    """No error and no warning."""
    folder = request.getfixturevalue(name)
    assert main(["check", str(folder)]) == 0
    assert "nothing to mend" in capsys.readouterr().out
