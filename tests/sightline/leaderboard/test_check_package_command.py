"""`sightline leaderboard check`: exit statuses, the JSON report, several packages and datasets."""

from __future__ import annotations

import argparse
import json
import runpy
from pathlib import Path

import pytest

from sightline.errors import DatasetError, UsageError
from sightline.leaderboard.checks import check_command
from sightline.leaderboard.checks.subject import own_dataset

TOYS = runpy.run_path(str(Path(__file__).with_name("toy_packages.py")))
ToyPackage = TOYS["ToyPackage"]
PUBLISHED = runpy.run_path(str(Path(__file__).parents[1] / "published_datasets.py"))

OWN = """
from sightline.leaderboard.checks.sources import own_datasets

found = own_datasets([sys.argv[1]])["mmsi-video"]
files = [path for path in found.folder.rglob("*") if path.is_file()]
names = sorted(path.relative_to(found.folder).as_posix() for path in files)
say([found.revision, dict(found.checksums), names])
"""


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    """The checker's dataset, of the only benchmark there is."""
    TOYS["TOY"]["register"](monkeypatch)
    return TOYS["make_dataset"](tmp_path / "dataset")


def check(*arguments):
    """Run the command; its exit status."""
    parser = argparse.ArgumentParser()
    check_command.add(parser.add_subparsers())
    parsed = parser.parse_args(["check", *map(str, arguments)])
    return parsed.run(parsed)


def test_the_json_report_has_every_finding_and_our_numbers(dataset, tmp_path, capsys):
    """Plain types, pure ASCII, and the numbers that we computed."""
    package = ToyPackage(dataset)
    package.manifest["scores"]["overall"]["accuracy"] = 99.9
    forged = package.write(tmp_path / "forged\x1b[2J")
    good = ToyPackage(dataset).zip(tmp_path / "good.zip")
    report = tmp_path / "report.json"

    assert check(forged, good, "--dataset", dataset, "--json", report) == 1

    text = report.read_text(encoding="utf-8")
    assert text.isascii()
    one, two = json.loads(text)["packages"]
    assert one["overall"]["accuracy"] == 83.3333
    assert not one["entry_ready"]
    assert [f["where"] for f in one["findings"] if f["severity"] == "error"] == [
        "submission.json: scores.overall.accuracy"
    ]
    assert two["entry_ready"]
    assert two["model"] == "org/toy-1b"
    assert "\x1b" not in capsys.readouterr().out


def test_strict_fails_with_warnings(dataset, tmp_path):
    """A partial run passes and is flagged; with --strict it fails."""
    partial = ToyPackage(dataset, answers=("A", "B", "C")).write(tmp_path / "partial")

    assert check(partial, "--dataset", dataset) == 0
    assert check(partial, "--dataset", dataset, "--strict") == 1


def test_without_a_dataset_nothing_passes(dataset, tmp_path, capsys):
    """What was not scored again is not true yet."""
    package = ToyPackage(dataset).write(tmp_path / "p")

    assert check(package) == 1
    assert "nothing was scored again" in capsys.readouterr().out


def test_the_dataset_is_never_one_that_the_package_names(dataset, tmp_path, capsys):
    """A package cannot bring its own questions."""
    package = ToyPackage(dataset)
    package.manifest["dataset"]["origin"] = str(dataset)

    assert check(package.write(tmp_path / "p")) == 1
    assert "nothing was scored again" in capsys.readouterr().out


def test_the_same_responses_under_two_names_are_told(dataset, tmp_path, capsys):
    """The second one gets the warning, with the first one's name."""
    one = ToyPackage(dataset).write(tmp_path / "one")
    two = ToyPackage(dataset, model="other/model").write(tmp_path / "two")

    assert check(one, two, "--dataset", dataset, "--strict") == 1

    told = capsys.readouterr().out
    assert f"6 of 6 responses are those of {one}: 'other/model' here, 'org/toy-1b' there" in told
    assert told.count("responses are those of") == 1


def test_a_dataset_that_is_none_is_an_error_of_the_command(dataset, tmp_path):
    """That is no fault of the packages."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="must be a built dataset"):
        check(tmp_path, "--dataset", tmp_path / "empty")
    with pytest.raises(DatasetError, match="must be a folder that exists"):
        check(tmp_path, "--dataset", tmp_path / "nowhere")
    other = TOYS["make_dataset"](tmp_path / "other", "chess")
    with pytest.raises(UsageError, match="must say of which benchmark it is"):
        check(tmp_path, "--dataset", other)
    with pytest.raises(UsageError, match="is the second one of toy"):
        check(tmp_path, "--dataset", dataset, "--dataset", dataset)


def test_a_report_that_cannot_be_written_is_told(dataset, tmp_path):
    """With the reason; the place for it must be there."""
    package = ToyPackage(dataset).write(tmp_path / "p")

    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        check(package, "--dataset", dataset, "--json", tmp_path / "no/where.json")


def test_the_help_has_an_example(capsys):
    """And ends well."""
    with pytest.raises(SystemExit) as ended:
        check("--help")

    assert ended.value.code == 0
    assert "sightline leaderboard check submission.zip --dataset" in capsys.readouterr().out


def test_a_dataset_on_the_hub_is_fetched_at_its_commit_without_media(local_hub, tmp_path):
    """Its checksums are those of the build; neither frames nor recordings come."""
    built = PUBLISHED["make_mmsi"](tmp_path / "mmsi")
    local_hub.organisation("org", members=["alice"])
    local_hub.add("org/mmsi", built)

    [[revision, sums, files]] = PUBLISHED["said_by"](
        local_hub.url, tmp_path / "home", OWN, "org/mmsi"
    )

    assert len(revision) == 40
    assert sums == own_dataset(built).checksums
    tables = [f"{name}/test-00000-of-00001.parquet" for name in ("questions", "videos")]
    assert files == ["README.md", "build.json", *tables]
