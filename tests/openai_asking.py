"""Jobs to be asked of the server in openai_server.py, and what came of them."""

from __future__ import annotations

from sightline.engine.jobs import Asked, Job
from sightline.serving.backend import OpenAIBackend
from sightline.serving.settings import ServerSettings


def job(number, group=None, **generation):
    """One question; without a group it tells nothing of itself."""
    asked = None
    if group is not None:
        asked = Asked(f"q{number}", group, float(number), f"h{number}", "p/1", 0, 0, 1)
    return Job("task", "test", number, 0, generation, order="", asked=asked)


def messages_of(asked):
    """One line of text that names the job."""
    return [{"role": "user", "content": [{"type": "text", "text": f"question {asked.doc_id}"}]}]


def settings(server, **changes):
    """Quick ones."""
    base = {"model": "m", "base_url": server.url, "retry_backoff_s": 0.001, "timeout": 300.0}
    return ServerSettings(**{**base, "concurrency": 4, **changes})


class Asking:
    """A backend and what came of it."""

    def __init__(self, server, *, messages=messages_of, split=None, grace=5.0, **changes):
        self.lines, self.replies, self.order = [], {}, []
        self.backend = OpenAIBackend(
            settings(server, **changes), messages, split=split, say=self.lines.append, grace=grace
        )

    def done(self, asked, reply):
        """What the engine does with a reply."""
        assert asked.doc_id not in self.replies
        self.replies[asked.doc_id] = reply
        self.order.append(asked.doc_id)

    def ask(self, jobs):
        """All replies so far, by the document."""
        self.backend.ask(jobs, self.done)
        return self.replies
