"""The REST API of the LM Studio stand-in, and its OpenAI-compatible one: `lms_rest.py DESCRIPTOR HOME`.

Written after https://lmstudio.ai/docs/developer/rest (v1) and
https://lmstudio.ai/docs/developer/rest/endpoints (v0).
"""

from __future__ import annotations

import json
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.stand_ins.lms import downloaded, faulty, memory


class Rest(BaseHTTPRequestHandler):
    """The HTTP API."""

    def do_GET(self) -> None:
        with memory() as loaded:
            now = list(loaded)
        if self.path == "/v1/models":
            names = [one["identifier"] for one in now] + [model["modelKey"] for model in downloaded()]
            return self.reply({"object": "list", "data": [{"id": n, "object": "model"} for n in names]})
        if self.path == "/api/v1/models" and not faulty("before 0.4"):
            return self.reply({"models": [as_v1(model, now) for model in downloaded()]})
        if self.path == "/api/v0/models":
            return self.reply({"object": "list", "data": [as_v0(one) for one in now]})
        return self.reply({"error": f"Unexpected endpoint or method. (GET {self.path})"}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        while faulty("never answers"):
            time.sleep(1)
        with memory() as loaded:
            known = any(one["identifier"] == body["model"] for one in loaded)
        if not known:
            return self.reply({"error": {"message": f"Model {body['model']!r} not found"}}, 404)
        answer: dict[str, Any] = {
            "object": "chat.completion",
            "model": body["model"],
            "choices": [{"finish_reason": "length", "message": {"role": "assistant", "content": "A"}}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
        }
        if self.path.startswith("/api/v0/"):
            build = "avx2" if faulty("on the CPU") else "nvidia-cuda12-avx2"
            answer["runtime"] = {"name": f"llama.cpp-linux-x86_64-{build}", "version": "1.50.0"}
        return self.reply(answer)

    def reply(self, found: Any, status: int = 200) -> None:
        data = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def as_v1(model: dict[str, Any], loaded: list[dict[str, Any]]) -> dict[str, Any]:
    instances = [
        {
            "id": one["identifier"],
            "config": {"context_length": one["contextLength"], "parallel": one["parallel"]},
        }
        for one in loaded
        if one["path"] == model["path"]
    ]
    return {"type": "llm", "key": model["modelKey"], "format": "gguf", "loaded_instances": instances}


def as_v0(instance: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": instance["identifier"],
        "object": "model",
        "type": "llm",
        "compatibility_type": "gguf",
        "state": "loaded",
        "max_context_length": instance["maxContextLength"],
        "loaded_context_length": instance["contextLength"],
    }


if __name__ == "__main__":
    server = ThreadingHTTPServer(("", 0), Rest, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=int(sys.argv[1]))  # it listens already
    server.serve_forever()
