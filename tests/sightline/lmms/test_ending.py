"""How a rank ends that cannot go on: lmms-eval swallows errors, a shell must see them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from sightline.errors import EvaluationError
from sightline.launching.launch import launch
from sightline.lmms.ending import end_run, under_command_line

COMMAND_LINE = """
import sys
from sightline.errors import EvaluationError
from sightline.lmms.ending import end_run
def give_up():
    try:
        raise {error}
    except BaseException as error:  # as our model does
        end_run(error)
def cli_evaluate():
    try:
        give_up()
    except Exception as error:  # as lmms-eval's command line does
        print("swallowed", error)
"""


def under_lmms_eval(error: str) -> subprocess.CompletedProcess:
    """What becomes of an error under a command line that swallows it, as lmms-eval's does."""
    code = COMMAND_LINE.format(error=error) + "cli_evaluate()\n"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        ("EvaluationError('too many', next_step='mend')", 1, "sightline: too many\n  next: mend\n"),
        ("KeyboardInterrupt()", 130, "sightline: interrupted\n"),
        ("SystemExit(143)", 143, ""),
        ("SystemExit('words')", 1, "words\n"),
        ("SystemExit()", 0, ""),
        ("KeyError('x')", 1, "sightline: KeyError: 'x'\n"),
    ],
)
def test_the_status_passes_lmms_eval(error, status, told):
    """And the message is told once; a traceback only for mistakes in the code."""
    done = under_lmms_eval(error)
    assert done.returncode == status
    assert "swallowed" not in done.stdout
    assert done.stderr.endswith(told)
    assert done.stderr.count(told) == 1 or not told
    assert ("Traceback" in done.stderr) == ("KeyError" in error)


def test_other_callers_get_the_error_itself():
    """A script or a notebook decides what becomes of it."""
    error = EvaluationError("too many")
    with pytest.raises(EvaluationError) as raised:
        end_run(error)
    assert raised.value is error


def test_only_the_function_that_swallows_counts():
    """One of the same name elsewhere does not."""

    def cli_evaluate():
        return under_command_line()

    assert not cli_evaluate()


@pytest.mark.slow
@pytest.mark.skipif(find_spec("lmms_eval") is None, reason="needs sightline[eval]")
def test_lmms_eval_is_recognised(tmp_path):
    """Its real command line, whichever way it is started; it swallows what we ask in its course."""
    (tmp_path / "probe.py").write_text(
        "import lmms_eval.tasks\n"
        "from sightline.lmms.ending import end_run\n"
        "def give_up(*_, **__): end_run(RuntimeError('probe'))\n"
        "lmms_eval.tasks.TaskManager.__init__ = give_up\n"
    )
    run = (
        "import sys, probe, runpy; sys.argv = ['x', '--model', 'dummy', '--tasks', 'mmsi_video']; "
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for start in (
        "runpy.run_module('lmms_eval', run_name='__main__', alter_sys=True)",
        "import lmms_eval.__main__ as m; m.cli_evaluate()",
    ):
        done = subprocess.run(
            [sys.executable, "-c", run + start],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "sightline: RuntimeError: probe" in done.stderr
        assert done.returncode == 1


GLOO = """
import os, signal, threading, time
from torch import distributed
distributed.init_process_group("gloo")
distributed.barrier()
if distributed.get_rank() == 1:
    os.kill(os.getpid(), signal.SIGKILL)
threading.Thread(target=lambda: time.sleep(600)).start()
def give_up():
    distributed.barrier()
"""


@pytest.mark.slow
def test_a_rank_without_its_peer_ends_at_once(tmp_path):
    """Neither torch.distributed nor a thread that waits for the lost peer holds it up."""
    body = COMMAND_LINE.format(error="None").replace("raise None", "wait()")
    script = tmp_path / "rank.py"
    script.write_text(body + GLOO.replace("give_up", "wait") + "cli_evaluate()\n")
    ended = launch([sys.executable, str(script)], dict(os.environ), ranks=3)
    assert ended.statuses == {1: -9, 0: 1, 2: 1}
    assert ended.stopped == {}
