"""A server on loopback that answers in OpenAI's protocol: fails on demand, and keeps prefixes.

The prefix cache is vLLM's as its documentation describes it: a prompt is a row of blocks of tokens,
a block is known by its content and by all blocks before it, an image counts with the hash of its
content, and the block used longest ago goes first (of one prompt: its last block).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BLOCK_TOKENS = 16
"""vLLM's block size."""

CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class Failure:
    """What happens to one request instead of an answer."""

    status: int = 500
    message: str = "out of order"
    code: str | None = None
    headers: dict = field(default_factory=dict)
    dropped: bool = False
    """Closes the connection without a word."""
    empty: bool = False
    """Status 200 without a choice."""
    hangs: float = 0.0
    """Seconds before anything happens; with status 200, a late answer."""


def context_error(limit, tokens):
    """As vLLM refuses a prompt that is too long."""
    message = f"This model's maximum context length is {limit} tokens, your request has {tokens}"
    return Failure(400, message, "context_length_exceeded")


def answer_of(messages):
    """The letter that the server answers to these messages."""
    text = json.dumps(messages, sort_keys=True).encode()
    return "ABCD"[hashlib.sha256(text).digest()[0] % 4]


def tokens_of(messages, image_tokens):
    """A prompt as tokens: 4 characters, or the name of an image, as often as it has tokens."""
    tokens = []
    for message in messages:
        content = message["content"]
        items = [{"type": "text", "text": content}] if isinstance(content, str) else content
        tokens.append(f"<{message['role']}>")
        for item in items:
            if item["type"] == "text":
                text = item["text"]
                starts = range(0, len(text), CHARACTERS_PER_TOKEN)
                tokens += [text[at : at + CHARACTERS_PER_TOKEN] for at in starts]
            else:
                url = item["image_url"]["url"].encode()
                tokens += [hashlib.blake2b(url, digest_size=16).hexdigest()] * image_tokens
    return tokens


class PrefixCache:
    """Blocks of prompts, those used longest ago forgotten first.

    Args:
        capacity: blocks.
    """

    def __init__(self, capacity):
        self.capacity = capacity
        self._blocks = OrderedDict()
        self._lock = threading.Lock()

    @staticmethod
    def blocks(tokens):
        """The names of the full blocks of a prompt."""
        names, parent = [], ""
        for at in range(0, len(tokens) - BLOCK_TOKENS + 1, BLOCK_TOKENS):
            told = "\0".join([parent, *tokens[at : at + BLOCK_TOKENS]])
            parent = hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
            names.append(parent)
        return names

    def hits(self, tokens, names):
        """Tokens of the prompt that need not be computed; its last one always is."""
        with self._lock:
            count = 0
            for name in names:
                if name not in self._blocks:
                    break
                count += 1
        if count * BLOCK_TOKENS == len(tokens):
            count -= 1
        return max(count, 0) * BLOCK_TOKENS

    def keep(self, names):
        """Keep the blocks of a prompt; its first ones longest."""
        with self._lock:
            for name in reversed(names):
                self._blocks[name] = None
                self._blocks.move_to_end(name)
            while len(self._blocks) > self.capacity:
                self._blocks.popitem(last=False)


class OpenAIServer(ThreadingHTTPServer):
    """The server and what it has seen.

    Args:
        image_tokens: of each image.
        cache_blocks: capacity of the prefix cache; 0 has none, and tells nothing of it.
        shares_early: whether a prompt's blocks are found by others while it is being computed.
        seconds_per_token: of each prompt token that is not in the cache.
        seconds: of each answer, beside.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        *,
        image_tokens=90,
        cache_blocks=0,
        shares_early=False,
        seconds_per_token=0.0,
        seconds=0.0,
    ):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.image_tokens = image_tokens
        self.cache = PrefixCache(cache_blocks) if cache_blocks else None
        self.shares_early = shares_early
        self.seconds_per_token, self.seconds = seconds_per_token, seconds
        self.key = None
        self.models = ("m",)
        self.context = None
        self.thinking = None
        self.finish_reason = "stop"
        self.failures = deque()
        self.always = None
        self.lists = None  # a failure of the list of models
        self.keeps_bodies = True
        self.bodies = []
        self.paths = []
        self.most_in_flight = 0
        self.prompt_tokens = 0
        self.cached_tokens = 0
        self.asked = 0
        self._in_flight = 0
        self._lock = threading.Lock()

    @property
    def url(self):
        """What goes into base_url."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def hit_rate(self):
        """Share of all prompt tokens that were in the cache."""
        return self.cached_tokens / self.prompt_tokens if self.prompt_tokens else 0.0

    def fail(self, *failures):
        """The next requests fail like this, in turn."""
        self.failures.extend(failures)

    def handle_error(self, request, client_address):
        """A client that went away is no news."""

    @contextlib.contextmanager
    def one_more(self):
        """Count a request that is being answered."""
        with self._lock:
            self.asked += 1
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def refusal(self, authorization):
        """What happens to a request with a wrong key; None when it is right."""
        if self.key is None or authorization == f"Bearer {self.key}":
            return None
        return Failure(401, f"Incorrect API key provided: {authorization}", "invalid_api_key")

    def failure(self, body, authorization):
        """What is to happen to a request instead of an answer; None when it is answered."""
        if refused := self.refusal(authorization):
            return refused
        if body.get("model") not in self.models:
            return Failure(404, f"The model `{body.get('model')}` does not exist.")
        with self._lock:
            if self.failures:
                return self.failures.popleft()
        return self.always

    def computed(self, messages):
        """Compute a prompt: tokens and those of them that were cached."""
        tokens = tokens_of(messages, self.image_tokens)
        names = PrefixCache.blocks(tokens) if self.cache else []
        cached = self.cache.hits(tokens, names) if self.cache else 0
        if self.cache and self.shares_early:
            self.cache.keep(names)
        time.sleep(self.seconds + self.seconds_per_token * (len(tokens) - cached))
        if self.cache and not self.shares_early:
            self.cache.keep(names)
        with self._lock:
            self.prompt_tokens += len(tokens)
            self.cached_tokens += cached
        return len(tokens), cached


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: a second one would wait for an acknowledgement

    def do_GET(self):
        """The list of models."""
        failure = self.server.lists
        refused = self.server.refusal(self.headers.get("Authorization", ""))
        if (failure or refused) and self._fails(failure or refused):
            return
        models = [{"id": name, "object": "model"} for name in self.server.models]
        self._write(200, {"object": "list", "data": models})

    def do_POST(self):
        """A chat completion."""
        data = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(data)
        with self.server.one_more():
            self.server.paths.append(self.path)
            if self.server.keeps_bodies:
                self.server.bodies.append(body)
            failure = self.server.failure(body, self.headers.get("Authorization", ""))
            if failure is not None and self._fails(failure):
                return
            self._answer(body)

    def _fails(self, failure):
        """Whether nothing else is to be said."""
        time.sleep(failure.hangs)
        if failure.dropped:
            self.close_connection = True
            self.connection.close()
        elif failure.empty:
            self._write(200, {"id": "1", "error": {"message": failure.message}})
        elif failure.status != 200:
            error = {"message": failure.message, "code": failure.code, "type": "error"}
            self._write(failure.status, {"error": error}, failure.headers)
        else:
            return False
        return True

    def _answer(self, body):
        server = self.server
        tokens, cached = server.computed(body["messages"])
        if server.context is not None and tokens > server.context:
            self._fails(context_error(server.context, tokens))
            return
        usage = {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1}
        if server.cache:
            usage["prompt_tokens_details"] = {"cached_tokens": cached}
        message = {"role": "assistant", "content": answer_of(body["messages"])}
        if server.thinking:
            message["reasoning_content"] = server.thinking
            usage["completion_tokens_details"] = {"reasoning_tokens": len(server.thinking)}
        choice = {"index": 0, "message": message, "finish_reason": server.finish_reason}
        answer = {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"]}
        self._write(200, {**answer, "choices": [choice], "usage": usage})

    def _write(self, status, content, headers=None):
        data = json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, *_):
        """Nothing."""


@contextlib.contextmanager
def running(**options):
    """A server that runs while the block does."""
    server = OpenAIServer(**options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
