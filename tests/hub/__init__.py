"""A Hub on loopback for tests: what huggingface_hub and datasets call, answered as it does.

In a test file::

    hub = runpy.run_path(str(Path(__file__).parents[1] / "hub/load.py"))["hub"]

    with hub.LocalHub(tmp_path / "hub") as running:  # or the fixture `local_hub`
        running.organisation("org", members=["alice"])
        token = running.token("alice")  # role="read": may not write
        running.add("org/bench", folder, tag="v1")  # a folder becomes a commit
        running.fail(hub.Fault(method="PUT", path="/_lfs/", status=500, times=2))
        hub.run_client(running.url, tmp_path / "home", CODE, token=token)  # its last line, JSON
        assert running.log.received(r"^/_lfs/") == 1234  # body bytes that really came

Clients run in processes of their own (`environment` for other commands), because huggingface_hub
reads its settings when it is imported. Standard library and PyYAML only.

It knows: tokens with a role, organisations, private and gated repositories, datasets, models and
spaces; commits with parent check, all or nothing; branches, tags, pull requests, merges; large
files by their sha256; ranges; storage limits; validation of a card; faults on demand; a log. Its
state lies in a folder, so it can be stopped and started again.

It leaves out: Xet (clients are started with HF_HUB_DISABLE_XET=1), uploads in parts, .gitignore on
upload, moving and duplicating repositories, squashing, leaderboards and evaluation results, the
dataset viewer, scans, likes and downloads (always 0).
"""

from .clients import Reply, ask, environment, run_client
from .errors import HubError
from .faults import Armed, Fault
from .log import Log, Record
from .server import LocalHub

__all__ = [
    "Armed",
    "Fault",
    "HubError",
    "LocalHub",
    "Log",
    "Record",
    "Reply",
    "ask",
    "environment",
    "run_client",
]
