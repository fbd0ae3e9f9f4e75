"""Only what a run wrote is replaced, and one configuration at a time works in a folder."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sightline.cli import main
from sightline.errors import UsageError
from streamgaze_task.pipeline import release_seal
from streamgaze_task.pipeline.config import read_config
from streamgaze_task.pipeline.make import plan_text, write_review
from streamgaze_task.pipeline.run import run_stages, sources_of
from streamgaze_task.pipeline.workplace import claimed

HERE = Path(__file__).parent
small = SimpleNamespace(**runpy.run_path(str(HERE / "small_recordings.py")))
runs = SimpleNamespace(**runpy.run_path(str(HERE / "test_pipeline_run.py")))
whole, run, raw, make = runs.whole, runs.run, runs.raw, runs.make


def put(path):
    """A file of somebody's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("years of work")
    return path


def refused(config, told):
    """A run and a dry run are refused, before the first stage; the message."""
    before = small.contents(config.parent)
    for action in (make, lambda path: plan_text(read_config(path))):
        with pytest.raises(UsageError, match=told) as raised:
            action(config)
        assert "give another `out`" in str(raised.value)
        assert small.contents(config.parent) == before


# --- what a person keeps there ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("release/videos/precious.mp4", r"no run wrote what is there: videos/precious\.mp4"),
        ("release/qa/past_gaze_sequence_matching.json", "no run wrote what is there: qa/"),
        ("release", "no run wrote what is there: release"),
        (".release-new/mine", r"no run wrote what is there: \.release-new"),
        (".release-old/mine", r"no run wrote what is there: \.release-old"),
        ("report.json", r"has a report\.json or report\.html that no run wrote"),
        ("report.html", r"has a report\.json or report\.html that no run wrote"),
        ("report.json/inside", r"report\.json or report\.html that no run wrote"),
    ],
)
def test_what_is_there_before_the_first_run_is_not_touched(raw, name, told):
    """`out` may be any folder; nothing is made in it, either."""
    small.change(raw, out=".")
    put(raw.parent / name)
    refused(raw, told)


def test_a_folder_to_work_in_that_no_run_made_is_refused(raw):
    """`work` is a name that people use; an empty folder harms nobody."""
    small.change(raw, out=".")
    mine = put(raw.parent / "work/clips/mine.mp4")
    before = small.contents(raw.parent)
    with pytest.raises(UsageError, match="would be worked in, but no run made it"):
        make(raw, until="recordings")
    assert small.contents(raw.parent) == before
    mine.unlink()
    mine.parent.rmdir()
    make(raw, until="recordings")


@pytest.mark.parametrize("name", ["notes.txt", "qa/notes.txt", "videos/original_video/mine.mp4"])
def test_what_was_put_into_a_release_is_not_deleted(run, name):
    """Also where the release would be made again, in the midst of our own files."""
    put(run.parent / "benchmark/release" / name)
    small.change(run, seed=7)
    refused(run, f"no run wrote what is there: {name}")


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_without_a_note_nothing_is_known_to_be_ours(run, harm):
    """A download of a release may have the very names of ours."""
    note = run.parent / "benchmark/work/release.json"
    note.unlink() if harm == "gone" else note.write_text("{}\n")
    refused(run, "no run wrote what is there: .* and [0-9]+ more")
    shutil.rmtree(run.parent / "benchmark/release")
    assert make(run).released


def test_another_release_in_the_place_of_ours_is_not_deleted(run):
    """The note tells of files that are no longer there."""
    out = run.parent / "benchmark/release"
    shutil.rmtree(out)
    put(out / "videos/original_video/theirs.mp4")
    put(out / "metadata/egtea.csv")
    refused(run, "no run wrote what is there: videos/original_video/theirs")


def test_a_link_in_the_place_of_a_release_is_not_replaced(run, tmp_path):
    """Whoever made it has a reason."""
    out = run.parent / "benchmark/release"
    out.rename(tmp_path / "elsewhere")
    out.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    refused(run, "no run wrote what is there: release")


@pytest.mark.parametrize("folder", ["release", "work"])
def test_recordings_do_not_lie_where_files_are_replaced(raw, folder):
    """They would be gone with the release that they are read from."""
    small.change(raw, out="raw_gaze_dataset")
    table = raw.parent / "raw_gaze_dataset/table"
    table.rename(table.with_name(folder))
    given = [{"format": "table", "folder": f"raw_gaze_dataset/{folder}", "hfov_degrees": 90}]
    small.change(raw, recordings=given)
    refused(raw, "recordings must not lie where `out` puts its files")


@pytest.mark.parametrize("moment", ["writing", "noting", "swapping", "swapped"])
def test_a_kill_while_the_release_is_written_needs_nothing_of_anybody(run, monkeypatch, moment):
    """The same command ends with the same bytes; here the release is another one than before."""
    out = run.parent / "benchmark"
    small.change(run, seed=7)
    undisturbed = shutil.copytree(run.parent, run.parent.with_name("undisturbed"))
    make(undisturbed / "config.yaml")
    with monkeypatch.context() as patch:
        _die_at(moment, out / "release", patch)
        with pytest.raises(_KilledError):
            make(run)
    assert make(run).released
    for part in ("release", "work"):
        expected = small.contents(undisturbed / "benchmark" / part)
        differ = small.changed(expected, small.contents(out / part))
        # The note has times of videos, the lock the configuration's place.
        assert differ <= {"release.json", "locks/configuration.txt"}
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


class _KilledError(BaseException):
    """In place of a kill: nothing is put away afterwards."""


def _die_at(moment, release, patch):
    """End a run there as a kill does."""
    patch.setattr(release_seal, "_bring_back", lambda _: None)
    replace, write = Path.replace, release_seal.lines.write
    notes = []

    def die(*_):
        raise _KilledError

    def dying_write(path, header, records):
        done = write(path, header, records)
        notes.append(path)
        return die() if len(notes) == 2 and moment == "swapping" else done

    def dying_replace(path, target):
        found = replace(path, target)
        ends = release.with_name(".release-old") if moment == "noting" else release
        return die() if Path(target) == ends else found

    if moment == "writing":
        patch.setattr(release_seal, "seal", die)
    elif moment == "swapping":
        patch.setattr(release_seal.lines, "write", dying_write)
    else:
        patch.setattr(Path, "replace", dying_replace)


# --- what else could be deleted -----------------------------------------------------------------


def test_a_review_deletes_no_folder_beside_its_clips(run, tmp_path):
    """Clips of a recording that is no more go away; whatever else is there stays."""
    kept = run.parent / "benchmark/work/clips"
    for name in ("mine", "gone"):
        put(kept / name / f"{'0a' * 16}.mp4")
    mine = put(kept / "mine/notes.txt")
    write_review(read_config(run), tmp_path / "page", only=[small.TABLE], progress=runs.Silent())
    assert mine.read_text() == "years of work"
    assert {path.name for path in kept.iterdir()} == {small.TABLE, "mine"}
    assert [path.name for path in mine.parent.iterdir()] == ["notes.txt"]


# --- two configurations -------------------------------------------------------------------------


HOLDS = """
import sys
from pathlib import Path
from streamgaze_task.pipeline.config import read_config
from streamgaze_task.pipeline.workplace import claimed

with claimed(read_config(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(run):
    """Another process that works in the folder of a run, by its configuration."""
    command = [sys.executable, "-c", HOLDS, str(run)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def another(run):
    """Another configuration of the same folder."""
    path = run.with_name("another.yaml")
    shutil.copy2(run, path)
    small.change(path, fixations={"rule": "velocity"})
    return path


@pytest.mark.usefixtures("other")
def test_a_run_of_another_configuration_is_refused_while_one_is_at_work(run, tmp_path, capsys):
    """Whatever it would do there; nothing is made, asked again or cut."""
    path, out = another(run), run.parent / "benchmark"
    before = small.contents(out)
    for words in (("run", path), ("run", path, "--retry-problems"), ("run", path, "--workers", 2)):
        assert main(["gaze", *map(str, words)]) == 2
        told = " ".join(capsys.readouterr().err.split())
        assert f"{out} is being made from {run}, as that file was when its run began" in told
        assert "give each its own `out`" in told
    assert main(["gaze", "review", str(path), "--out", str(tmp_path / "page")]) == 2
    config = read_config(path)
    with pytest.raises(UsageError, match="is being made from"):
        run_stages(config, sources_of(config), until="recordings")  # as a task of a cluster does
    assert small.contents(out) == before


@pytest.mark.usefixtures("other")
def test_a_run_of_the_same_configuration_is_not(run):
    """Under another name of its file and divided over another cluster, too."""
    same = run.with_name("same.yaml")
    shutil.copy2(run, same)
    small.change(same, cluster={"tasks": 3})
    assert make(same).released


def test_a_folder_is_taken_over_once_a_run_has_ended(run, other):
    """However it ended: killed, it cannot say so."""
    other.kill()
    other.wait()
    path = another(run)
    assert make(path, until="fixations").facts["fixations"] > 0
    with claimed(read_config(path)), pytest.raises(UsageError, match=r"another\.yaml"):
        make(run)
    assert make(run).released


def test_what_a_failed_claim_leaves_is_no_claim(run):
    """Refused, one holds nothing."""
    one, two = read_config(run), read_config(another(run))
    with claimed(one), pytest.raises(UsageError), claimed(two):
        pass
    with claimed(two), claimed(two):
        pass


# --- what the disk refuses ----------------------------------------------------------------------

SMALL_DISK = """
import resource, sys
from sightline.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
sys.exit(main(["gaze", "run", sys.argv[1]]))
"""


def test_a_full_disk_is_told_in_a_sentence(raw):
    """And what to do; no traceback."""
    done = subprocess.run(
        [sys.executable, "-c", SMALL_DISK, str(raw)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "recordings failed" in done.stderr
    assert "next: free some space" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "name",
    ["work", "work/recordings", "work/locks", "work/locks/release.lock", "work/release.json"],
)
def test_a_file_for_a_folder_and_the_other_way_round_are_told(raw, capsys, name):
    """At the start, or as the recordings' failure."""
    path = raw.parent / "benchmark" / name
    (raw.parent / "benchmark/work/locks").mkdir(parents=True)
    if path.suffix:
        path.mkdir()
    else:
        shutil.rmtree(path, ignore_errors=True)
        put(path)
    assert main(["gaze", "run", str(raw)]) in (1, 2)
    told = capsys.readouterr()
    assert "next: " in told.err
    assert "Traceback" not in told.out + told.err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_no_text_are_told(raw, capsys):
    """A stray file's name stops no run; it stands in the report, which is JSON and UTF-8."""
    folder = raw.parent / "raw_gaze_dataset/table/videos"
    (folder / os.fsdecode(b"lone\xff.mp4")).write_bytes(b"")
    assert main(["gaze", "run", str(raw), "--until", "recordings"]) == 0
    assert "lone?.mp4" in "".join(capsys.readouterr().out.split())
    text = (raw.parent / "benchmark/report.json").read_text("utf-8")
    (note,) = json.loads(text)["files_left_aside"]
    assert os.fsencode("lone\udcff.mp4") in os.fsencode(note)
    assert "lone" in (raw.parent / "benchmark/report.html").read_text("utf-8")


def test_a_terminal_that_knows_few_characters_shows_escapes(raw):
    """And nothing ends for it."""
    (raw.parent / "raw_gaze_dataset/table/videos/lone\u00e9.mp4").write_bytes(b"")
    done = subprocess.run(
        small.command("gaze", "run", raw, "--dry-run"),
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr
    assert rb"lone\xe9.mp4" in done.stdout
