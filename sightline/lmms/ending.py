"""How a run that cannot go on ends: with a status that tells it, whoever has called the model.

lmms-eval's command line catches every ``Exception``, prints it and exits with status 0. A
SystemExit passes.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from typing import NoReturn

from sightline.errors import SightlineError

_COMMAND_LINE = ("lmms_eval.__main__", "__main__")
_CATCHES_ALL = "cli_evaluate"


def end_run(error: BaseException) -> NoReturn:
    """End this rank because of an error; called where the model gives up.

    Under lmms-eval's command line the error is told once on stderr and the process ends: with
    status 1, 130 for KeyboardInterrupt, a SystemExit's own. One of several ranks ends at once,
    without what the interpreter and torch.distributed do at exit: that may wait for a peer that is
    gone, or for a thread that waits for it. So whatever must not be lost has to be on disk before.
    For other callers the error is raised as it is.

    Args:
        error: why; answers are on disk, nothing is to be closed any more.

    Raises:
        SystemExit: under the command line, one rank alone.
        BaseException: `error`, for callers in Python.
    """
    if not under_command_line():
        raise error
    status = _status(error)
    _tell(error)
    if _several_ranks():
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    raise SystemExit(status) from error


def under_command_line() -> bool:
    """Whether lmms-eval's command line has called us, which swallows errors."""
    frame = sys._getframe()  # noqa: SLF001 (who called us is the question)
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if frame.f_code.co_name == _CATCHES_ALL and module in _COMMAND_LINE:
            return True
        frame = frame.f_back  # type: ignore[assignment] # the outermost has none
    return False


def _status(error: BaseException) -> int:
    if isinstance(error, SystemExit):
        # As the interpreter reads it: None is success, a text is a failure.
        code = error.code
        return code if isinstance(code, int) else int(code is not None)
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def _tell(error: BaseException) -> None:
    """The message; a mistake in the code also with its place."""
    if isinstance(error, SystemExit):
        text = error.code if isinstance(error.code, str) else ""
    elif isinstance(error, KeyboardInterrupt):
        text = "sightline: interrupted"
    elif isinstance(error, SightlineError):
        text = f"sightline: {error}"
    else:
        lines = traceback.format_exception(error)
        text = f"{''.join(lines)}sightline: {type(error).__name__}: {error}"
    if text:
        # One call: the lines of several ranks must not mix.
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _several_ranks() -> bool:
    torch = sys.modules.get("torch")  # where it was not imported, there are no ranks
    if torch is None or not torch.distributed.is_available():
        return False
    distributed = torch.distributed
    return bool(distributed.is_initialized() and distributed.get_world_size() > 1)
