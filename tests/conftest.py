"""Fixtures that several rooms share: one rendered release, one dataset, tiny checkpoints.

They are made once per test session, by the project itself, from nothing but its code.
"""

from __future__ import annotations

import os
import runpy
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# These machines are shared: how long an example takes says nothing about the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

# Before any test imports something of Hugging Face: constants are read at import. Tests that need
# a Hub start one on loopback, in a process of their own.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_XET"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
for name in [*os.environ]:
    if name.startswith("SIGHTLINE_") or name in ("MMSI_VIDEO_DATASET", "STREAMGAZE_DATASET"):
        del os.environ[name]
# A run in the background, or under nohup, has signals ignored, and all its children too: no test
# could send one.
for number, usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGTERM, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)
# Looking first costs each run some seconds; the tests of the preflight ask for it.
os.environ["SIGHTLINE_PREFLIGHT"] = "0"


@pytest.fixture(scope="session", autouse=True)
def _empty_hf_home(tmp_path_factory):
    """No test sees the caches of this machine."""
    home = str(tmp_path_factory.mktemp("hf-home"))
    os.environ["HF_HOME"] = home
    yield
    os.environ.pop("HF_HOME", None)


@pytest.fixture
def local_hub(tmp_path):
    """A running Hub on loopback with nothing in it, see tests/hub."""
    package = runpy.run_path(str(Path(__file__).parent / "hub/load.py"))["hub"]
    with package.LocalHub(tmp_path / "local-hub") as running:
        yield running


@pytest.fixture(scope="session")
def sample_release(tmp_path_factory) -> Path:
    """A whole rendered sample release, in the layout that the authors use."""
    from mmsi_video.sample_release import make_sample

    out = tmp_path_factory.mktemp("release") / "official"
    make_sample(out, seed=0, variant="official")
    return out


@pytest.fixture(scope="session")
def dataset(sample_release, tmp_path_factory) -> Path:
    """The dataset built from the sample release."""
    from mmsi_video.builder import build

    out = tmp_path_factory.mktemp("dataset") / "mmsi-video"
    build(sample_release, out)
    return out


@pytest.fixture(scope="session")
def streamgaze_release(tmp_path_factory) -> Path:
    """The whole rendered sample release of StreamGaze; a minute's work, for slow tests."""
    from streamgaze_task.sample_release import make_sample

    out = tmp_path_factory.mktemp("streamgaze-release") / "official"
    make_sample(out, seed=0, variant="official")
    return out


@pytest.fixture(scope="session")
def streamgaze_dataset(streamgaze_release, tmp_path_factory) -> Path:
    """The dataset built from it, with the gaze recovered from the overlay videos."""
    from streamgaze_task.builder import build

    out = tmp_path_factory.mktemp("streamgaze-dataset") / "streamgaze"
    build(streamgaze_release, out)
    return out


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """A factory: family -> folder of a tiny random-weight checkpoint of that architecture.

    `style` is how it answers, see `sightline.tiny_models`.
    """
    made: dict[tuple[str, str], Path] = {}

    def make(family: str, style: str = "letter") -> Path:
        from sightline.tiny_models import make_tiny_model

        if family == "smolvlm":
            pytest.importorskip("num2words", reason="SmolVLM's processor needs num2words")
        if (family, style) not in made:
            out = tmp_path_factory.mktemp("models") / f"{family}-{style}"
            made[family, style] = make_tiny_model(family, out, style=style)
        return made[family, style]

    return make


@pytest.fixture(scope="session")
def tiny_processor(tiny_model):
    """A factory: family -> its tiny checkpoint's processor, the same one each time: change none."""
    loaded: dict[tuple[str, str], Any] = {}

    def load(family: str, style: str = "talkative") -> Any:
        transformers = pytest.importorskip("transformers", reason="needs sightline[eval]")
        if (family, style) not in loaded:
            folder = tiny_model(family, style)
            loaded[family, style] = transformers.AutoProcessor.from_pretrained(folder)
        return loaded[family, style]

    return load
