"""Tokens never reach lmms-eval's log."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sightline.lmms.secrets import HIDDEN, without_tokens

TOKEN = "hf_" + "abcDEF0123456789" * 2


@pytest.mark.parametrize("text", ["", "token", "the hf_hub_log_args are empty", "hf_short"])
def test_other_text_stays(text, monkeypatch):
    """Also where the variable holds an everyday word."""
    monkeypatch.setenv("HF_TOKEN", "token")
    assert without_tokens(text) == text


def test_tokens_of_the_environment_and_their_like_are_hidden(monkeypatch):
    """The variable's value whatever it looks like, and every other text in a token's shape."""
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-some-server")
    said = without_tokens(f"{{'token': '{TOKEN}', 'key': 'a-key-of-some-server'}}")
    assert said == f"{{'token': '{HIDDEN}', 'key': '{HIDDEN}'}}"


def test_lmms_evals_logger_says_no_token_once_our_plugin_is_loaded():
    """By its own import alone, also in an exception's message and with added sinks."""
    pytest.importorskip("lmms_eval", reason="needs sightline[eval]")
    code = """
import os, sys
import lmms_eval.models
from loguru import logger
logger.remove()
logger.add(sys.stdout, format="{message}")
logger.info(f"Evaluation tracker args: {{'token': '{os.environ['HF_TOKEN']}'}}")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"Evaluation tracker args: {{'token': '{HIDDEN}'}}" in done.stdout
    assert TOKEN not in done.stdout + done.stderr
