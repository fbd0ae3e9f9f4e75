"""`--model sightline_openai` against a server on loopback that answers in OpenAI's protocol."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class _Handler(BaseHTTPRequestHandler):
    """Keeps each request; answers B, or with an error when it was told to."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        failed = len(self.server.requests) in self.server.broken
        choice = {"index": 0, "message": {"role": "assistant", "content": "B"}}
        answer = {"id": "1", "object": "chat.completion", "created": 0, "model": "m"}
        answer |= {"choices": [{**choice, "finish_reason": "stop"}]}
        data = json.dumps({"error": {"message": "out of order"}} if failed else answer).encode()
        self.send_response(400 if failed else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def server():
    """A server that keeps what it was asked."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    running.requests, running.broken = [], ()
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def evaluate(server, dataset, tmp_path, detail=""):
    """Run two questions; the records of both."""
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    arguments = f"model=gpt-4o,base_url={url},api_key=none,max_retries=1,retry_backoff_s=0{detail}"
    command = [sys.executable, "-m", "lmms_eval", "--model", "sightline_openai"]
    command += ["--model_args", arguments, "--tasks", "mmsi_video", "--limit", "2"]
    command += ["--output_path", str(tmp_path / "out"), "--log_samples"]
    environment = {**os.environ, "MMSI_VIDEO_DATASET": str(dataset), "HF_HOME": str(tmp_path)}
    environment.pop("LMMS_IMAGE_ENCODE_FORMAT", None)
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    found = sorted(tmp_path.glob("out/*/*_samples_mmsi_video.jsonl"))
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    lines = found[0].read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["mmsi_video_accuracy"] for line in lines]


@pytest.mark.slow
def test_official_api_form_reaches_the_server(server, dataset, tmp_path):
    """A system message, the release's own JPEG bytes in order, and detail low on every image."""
    from mmsi_video.questions import read_questions
    from sightline.parquet_reader import ClipReader

    records = evaluate(server, dataset, tmp_path)
    assert [record["predictions"]["official"] for record in records] == ["B", "B"]
    assert {record["details"]["profile"] for record in records} == {"api_low_detail"}
    samples = {sample.id: sample for sample in read_questions(dataset)}
    sent = {request["messages"][1]["content"][-1]["text"]: request for request in server.requests}
    for record in records:
        sample = samples[record["question_id"]]
        (request,) = [body for text, body in sent.items() if text.endswith(sample.format_prompt)
                      and sample.options[0] in text]  # fmt: skip
        system, user = request["messages"]
        assert system["role"] == "system"
        assert system["content"][0]["text"] == sample.system_prompt
        images = [item["image_url"] for item in user["content"] if item["type"] == "image_url"]
        assert {image["detail"] for image in images} == {"low"}
        reader = ClipReader(dataset / "frames", key="clip_id")
        frames = [
            data
            for clip, rows in zip(sample.clips, record["details"]["frame_indices"], strict=True)
            for data in reader.read(clip.clip_id, rows=rows)
        ]
        bodies = [base64.b64decode(image["url"].partition(",")[2]) for image in images]
        assert bodies[: len(frames)] == frames
        assert len(bodies) == len(frames) + len(sample.ref_image_sha256)


@pytest.mark.slow
def test_refused_requests_are_errors_of_the_run(server, dataset, tmp_path):
    """A server that answers 400 gives the outcome error with its reason, never wrong."""
    server.broken = (1,)
    records = evaluate(server, dataset, tmp_path)
    (failed,) = [record for record in records if record["outcome"] == "error"]
    assert "out of order" in failed["error"]
