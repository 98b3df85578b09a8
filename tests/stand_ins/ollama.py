"""Ollama's program and HTTP API, as far as a benchmark needs them, with faults on demand.

Written after https://github.com/ollama/ollama/blob/main/docs/api.md and, for what a model in memory tells,
`ProcessModelResponse` in api/types.go there. `ollama serve` listens at OLLAMA_HOST; blobs are checked against
their digest and then forgotten. OLLAMA_FAULTS is a list of what shall go wrong, with commas between: FAULTS.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = {
    "small context": "takes less context than asked for, and says nothing",
    "half on the GPU": "puts a part of the model in VRAM only",
    "on the CPU": "puts nothing in VRAM",
    "keeps": "says that it unloaded, and did not",
    "forgets": "says that it loaded, and did not",
    "never loads": "a load that goes on for ever",
    "never answers": "a chat completion that never comes",
    "out of memory": "refuses to load for want of memory",
    "out of VRAM": "its llama.cpp finds no room on the GPU",
    "unknown architecture": "its llama.cpp does not know the model",
    "no template": "finds no chat template",
    "dies": "ends as soon as it has to load",
    "refuses to start": "`ollama serve` ends at once",
    "no split files": "cannot make a model of several files",
}
REFUSALS = {
    "out of memory": "model requires more system memory (14.1 GiB) than is available (7.8 GiB)",
    "out of VRAM": "llama-server process has terminated: exit status 1: "
    "allocating 9000.00 MiB on device 0: cudaMalloc failed: out of memory",
    "unknown architecture": "llama-server process has terminated: exit status 1: "
    "error loading model: unknown model architecture: 'brandnew'",
}
SIZE = 1000 << 20
models: dict[str, dict[str, Any]] = {}
loaded: dict[str, dict[str, Any]] = {}
blobs: set[str] = set()


def faulty(name: str) -> bool:
    assert name in FAULTS, name
    return name in os.environ.get("OLLAMA_FAULTS", "").split(",")


class Api(BaseHTTPRequestHandler):
    """Both APIs: Ollama's own and the OpenAI-compatible one."""

    def do_HEAD(self) -> None:
        self.reply(None, 200 if self.path.rpartition("/")[2] in blobs else 404)

    def do_GET(self) -> None:
        found: dict[str, Any] = {
            "/api/version": {"version": "0.12.0"},
            "/api/tags": {"models": [{"name": name} for name in models]},
            "/api/ps": {"models": list(loaded.values())},
            "/v1/models": {"object": "list", "data": [{"id": name, "object": "model"} for name in models]},
        }
        self.reply(found.get(self.path), 200 if self.path in found else 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/api/blobs/"):
            return self.take_blob(body)
        asked = json.loads(body)
        act = {
            "/api/create": self.create,
            "/api/generate": self.generate,
            "/api/show": self.show,
            "/v1/chat/completions": self.chat,
        }[self.path]
        if self.path != "/api/create" and asked["model"] not in models:
            return self.reply({"error": f"model '{asked['model']}' not found"}, 404)
        return act(asked)

    def do_DELETE(self) -> None:
        name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["model"]
        self.reply(None, 200 if models.pop(name, None) else 404)

    def take_blob(self, body: bytes) -> None:
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        fits = self.path.rpartition("/")[2] == digest
        if fits:
            blobs.add(digest)
        self.reply(None if fits else {"error": "digest mismatch"}, 201 if fits else 400)

    def create(self, asked: dict[str, Any]) -> None:
        missing = [name for name, digest in asked["files"].items() if digest not in blobs]
        if missing or (len(asked["files"]) > 1 and faulty("no split files")):
            return self.reply({"error": f"invalid file name or digest: {missing or 'several files'}"}, 400)
        models[asked["model"]] = asked
        return self.reply({"status": "success"})

    def generate(self, asked: dict[str, Any]) -> None:
        name = asked["model"]
        if asked["keep_alive"] == 0:
            if not faulty("keeps"):
                loaded.pop(name, None)
            return self.reply({"model": name, "response": "", "done": True, "done_reason": "unload"})
        for fault, text in REFUSALS.items():
            if faulty(fault):
                return self.reply({"error": text}, 500)
        if faulty("dies"):
            print("panic: runtime error", flush=True)
            os._exit(2)
        while faulty("never loads"):
            time.sleep(1)
        if not faulty("forgets"):
            loaded[name] = in_memory(name)
        return self.reply({"model": name, "response": "", "done": True, "done_reason": "load"})

    def show(self, asked: dict[str, Any]) -> None:
        template = "{{ .Prompt }}" if faulty("no template") else "<|user|>{{ .Prompt }}<|assistant|>"
        self.reply({"template": template, "parameters": str(models[asked["model"]]["parameters"])})

    def chat(self, asked: dict[str, Any]) -> None:
        while faulty("never answers"):
            time.sleep(1)
        message = {"role": "assistant", "content": "A"}
        choice = {"index": 0, "finish_reason": "length", "message": message}
        answer = {"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 1}}
        self.reply(answer | {"model": asked["model"]})

    def reply(self, found: Any, status: int = 200) -> None:
        data = b"" if found is None else json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def in_memory(name: str) -> dict[str, Any]:
    settings = models[name]["parameters"]
    on_cpu = settings.get("num_gpu") == 0 or faulty("on the CPU")
    share = 0.0 if on_cpu else 0.5 if faulty("half on the GPU") else 1.0
    return {
        "name": name,
        "model": name,
        "size": SIZE,
        "size_vram": int(SIZE * share),
        "context_length": min(settings["num_ctx"], 256 if faulty("small context") else 1 << 20),
        "expires_at": "2318-04-11T07:04:08Z",
    }


def main() -> None:
    if sys.argv[1] == "--version":
        print("Warning: could not connect to a running Ollama instance\nWarning: client version is 0.12.0")
        return
    assert sys.argv[1] == "serve"
    if faulty("refuses to start"):
        sys.exit("Error: could not create directory mkdir /usr/share/ollama: permission denied")
    host, _, port = os.environ["OLLAMA_HOST"].rpartition(":")
    print(f"Listening on {host}:{port}", flush=True)
    ThreadingHTTPServer((host, int(port)), Api).serve_forever()


if __name__ == "__main__":
    main()
