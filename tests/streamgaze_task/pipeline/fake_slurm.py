"""Programs in place of Slurm's: sbatch queues, and a test runs the queue as Slurm would.

As Slurm does: array tasks with their variables, a job after what it depends on, the environment of
whoever handed it over, the log files named in the script. Unlike Slurm: one task after the other.
"""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

_SBATCH = """#!{python}
import json, os, pathlib, sys
queue = pathlib.Path({queue!r})
number = 100 + len(list(queue.glob("*.json")))
*options, script = sys.argv[1:]
job = {{"options": options, "script": pathlib.Path(script).read_text(), "env": dict(os.environ)}}
(queue / f"{{number}}.json").write_text(json.dumps(job))
print(f"Submitted batch job {{number}} on cluster fake")
"""
_SRUN = """#!/bin/sh
while :; do
  case "$1" in
    -n) shift 2 ;;
    -*) shift ;;
    *) exec "$@" ;;
  esac
done
"""
_SCONTROL = """#!/bin/sh
[ "$1 $2" = "show hostnames" ] && echo "$3"
"""


class FakeSlurm:
    """Programs in a folder of their own, and the jobs that they were handed."""

    def __init__(self, folder):
        self.queue, self.bin = folder / "queue", folder / "bin"
        self.queue.mkdir(parents=True)
        self.bin.mkdir()
        sbatch = _SBATCH.format(python=sys.executable, queue=str(self.queue))
        for name, text in (("sbatch", sbatch), ("srun", _SRUN), ("scontrol", _SCONTROL)):
            path = self.bin / name
            path.write_text(text)
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        self.ended = {}
        """Number of a job -> completed, failed or cancelled."""

    @property
    def env(self):
        """For who hands jobs over: Slurm's programs and the system's, none of our environment."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SLURM")}
        return {**kept, "PATH": f"{self.bin}:/usr/bin:/bin"}

    @property
    def jobs(self):
        """Number -> what was handed over, in order."""
        found = sorted(self.queue.glob("*.json"))
        return {path.stem: json.loads(path.read_text()) for path in found}

    def run(self):
        """Run everything that waits; returns how each job of the queue ended, in order."""
        for number, job in self.jobs.items():
            if number not in self.ended:
                self.ended[number] = self._end_of(number, job)
        return list(self.ended.values())

    def _end_of(self, number, job):
        options = dict(one.removeprefix("--").split("=", 1) for one in job["options"])
        kind, _, others = options.get("dependency", "afterok:").partition(":")
        assert kind == "afterok"
        if any(self.ended[other] != "completed" for other in others.split(":") if other):
            assert lines_of(job["script"])["kill-on-invalid-dep"] == "yes"
            return "cancelled"
        went = [self._task(number, job, options, task) for task in array_of(job["script"])]
        return "completed" if all(went) else "failed"

    def _task(self, number, job, options, task):
        added = dict(one.split("=") for one in options["export"].split(",") if "=" in one)
        told = {
            "SLURM_JOB_ID": number,
            "SLURM_ARRAY_JOB_ID": number,
            "SLURM_ARRAY_TASK_ID": str(task),
            "SLURM_NODELIST": "node1",
        }
        script = self.queue / f"{number}.sh"
        script.write_text(job["script"])
        log = Path(lines_of(job["script"])["output"].replace("%A", number).replace("%a", str(task)))
        with log.open("wb") as file:
            done = subprocess.run(
                ["bash", script],
                env={**job["env"], **added, **told},
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=1800,
            )
        return done.returncode == 0


def lines_of(script):
    """What `#SBATCH` lines say: name -> value."""
    found = re.findall(r"^#SBATCH --([^=\n]+)(?:=(.*))?$", script, re.MULTILINE)
    return dict(found)


def array_of(script):
    """Numbers of the tasks."""
    first, last = lines_of(script)["array"].partition("%")[0].split("-")
    return range(int(first), int(last) + 1)


def commands_of(script):
    """What the shell reads of a script: everything but comments."""
    return [line for line in script.splitlines() if line.strip() and not line.startswith("#")]
