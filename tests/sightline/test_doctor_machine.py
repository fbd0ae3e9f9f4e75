"""The checks of the installation and of the machine before a run."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sightline.findings import failed
from sightline.preflight import host, machine, software


def of(found, severity):
    """What the findings of one severity say, with their mends."""
    return [f"{one.what} -> {one.mend}" for one in found if one.severity == severity]


# The installation


@pytest.fixture
def versions(monkeypatch):
    """Versions of distributions, which a test may change; None is not installed."""
    changed = {}
    real = software.metadata.version

    def version(name):
        found = changed.get(name, "")
        if found is None:
            raise software.metadata.PackageNotFoundError(name)
        return found or real(name)

    monkeypatch.setattr(software.metadata, "version", version)
    return changed


def test_this_installation_has_its_base_libraries():
    """What these tests run on."""
    found = list(software.check(evaluates=False))
    assert of(found, "error") == []
    assert any("Python 3." in line for line in of(found, "ok"))


@pytest.mark.parametrize(("evaluates", "severity"), [(True, "error"), (False, "warning")])
def test_a_missing_extra_is_an_error_only_before_a_run(versions, evaluates, severity):
    """Scoring and building need none of it."""
    versions["lmms-eval"] = None
    [line] = [one for one in of(software.check(evaluates=evaluates), severity) if "lmms" in one]
    assert "lmms-eval is not installed" in line
    assert "pip install -e '.[eval]'" in line


def test_a_version_outside_its_range_is_an_error(versions):
    """Named with the range."""
    versions["pyarrow"] = "3.0"
    assert any(
        "pyarrow 3.0 must be >=21" in line for line in of(software.check(evaluates=False), "error")
    )


def test_torchvision_of_another_torch_is_an_error(versions, monkeypatch):
    """The pair is compiled together; a build for an accelerator counts as its version."""
    versions |= {"torch": "2.15.0+cu130", "torchvision": "0.29.2"}
    real = software.metadata.requires
    needs = {"torchvision": ["numpy", "torch==2.15.0"]}
    monkeypatch.setattr(software.metadata, "requires", lambda n: needs.get(n) or real(n))
    assert not any("torchvision" in line for line in of(software.check(evaluates=True), "error"))
    versions["torch"] = "2.14.1"
    [line] = [one for one in of(software.check(evaluates=True), "error") if "built for" in one]
    assert "torch ==2.15.0, but 2.14.1 is here" in line


def test_secrets_are_never_shown():
    """Only that they are set."""
    found = list(host.switches({"HF_TOKEN": "hf_abc", "SIGHTLINE_API_KEY": "k1", "HF_HOME": "/x"}))
    [line] = of(found, "note")
    assert "hf_abc" not in line
    assert "k1" not in line
    assert "HF_TOKEN=(set)" in line
    assert "HF_HOME=/x" in line


def test_a_switch_that_hides_our_tasks_is_a_warning():
    """It is easily forgotten."""
    assert of(host.switches({"SIGHTLINE_TASKS": "0"}), "warning")
    assert not of(host.switches({"SIGHTLINE_TASKS": "only"}), "warning")


def test_tasks_of_the_same_name_are_told(tmp_path):
    """Whatever file they stand in."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.yaml").write_text("dataset_path: x\ntask: mmsi_video\n")
    (tmp_path / "b.yaml").write_text("group: 'streamgaze'\ntask:\n  - a\n  - b\n")
    (tmp_path / "c.yaml").write_text("task: somebody_elses\n# task: mmsi_video_sc\n")
    assert host.shadowed(tmp_path) == ["mmsi_video", "streamgaze"]


# The machine

SMI = """0, GPU-aa, NVIDIA H200, 143771, 143000, 570.1
1, GPU-bb, NVIDIA H200, 143771, 1000, 570.1
garbage
2, GPU-cc, NVIDIA Odd, [N/A], [N/A], 570.1
"""


def test_gpus_are_those_that_the_environment_leaves():
    """By number or name, in its order; as CUDA does, up to the first that is none."""
    gpus = machine.parsed(SMI)
    assert [gpu.index for gpu in gpus] == ["0", "1"]
    assert [gpu.index for gpu in machine.chosen(gpus, "1,0")] == ["1", "0"]
    assert [gpu.index for gpu in machine.chosen(gpus, "GPU-bb")] == ["1"]
    assert [gpu.index for gpu in machine.chosen(gpus, "0,7,1")] == ["0"]
    assert machine.chosen(gpus, "") == []


@pytest.mark.parametrize(
    ("ranks", "on_cpu", "severity", "what"),
    [
        (3, False, "error", "3 ranks need as many GPUs"),
        (1, False, "note", "1 GPU(s) stay idle"),
        (3, True, "note", "CPU (asked for)"),
    ],
)
def test_ranks_are_compared_with_gpus(ranks, on_cpu, severity, what):
    """One each, unless the run is on the CPU."""
    found = list(machine.check(machine.parsed(SMI), ranks, on_cpu=on_cpu))
    assert any(what in line for line in of(found, severity))
    assert failed(found) is (severity == "error")


def test_any_number_of_ranks_may_share_a_cpu():
    """It is slow, but it works."""
    [finding] = machine.check([], 4, on_cpu=False)
    assert finding.severity == "note"


def test_a_full_disk_is_a_warning_and_a_closed_one_an_error(tmp_path, monkeypatch):
    """Before hours of work end there."""
    usage = SimpleNamespace(free=10)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage)
    later = tmp_path / "not" / "yet"
    assert of(machine.check_disk({"results": later}), "warning")
    usage.free = 1 << 40
    assert of(machine.check_disk({"results": later}), "ok")
    monkeypatch.setattr(machine.os, "access", lambda *_: False)
    assert of(machine.check_disk({"results": later}), "error")
