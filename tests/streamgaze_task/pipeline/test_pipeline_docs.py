"""What docs/pipeline.md shows as configuration is configuration."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from streamgaze_task.pipeline.config import read_config

TEXT = (Path(__file__).parents[3] / "docs" / "pipeline.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
LINES = [line for block in BLOCKS for line in re.split(r"\n(?=\w)", block.strip())]


def test_there_are_examples():
    """The page shows parts of a configuration."""
    assert len(LINES) >= 8


@pytest.mark.parametrize("part", LINES, ids=lambda part: part.split(":")[0])
def test_every_example_is_accepted(part, tmp_path):
    """Each part, set into a whole configuration."""
    whole = {
        "name": "own",
        "out": "benchmark",
        "labeller": {"kind": "rendered"},
        "recordings": [{"format": "table", "folder": "mine"}],
        **yaml.safe_load(part),
    }
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    assert read_config(path).name == "own"
