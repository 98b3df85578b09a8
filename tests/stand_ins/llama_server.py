#!/usr/bin/env python3
"""Stands in for llama-server where the real one cannot be had: with a GPU, and with faults.

Speaks the part of its command line and HTTP that we use, after llama.cpp's tools/server/README.md; its log
lines are those that llama.cpp b1-0c1e570 prints (src/llama-model.cpp, ggml/src/ggml-cuda/ggml-cuda.cu,
common/). The model is a path and nothing more. Faults come in STAND_IN: "layers-that-fit=20 ignore-term".

gpu              a GPU is there, as --list-devices and the log say
free=N           so many MiB of its memory are free
layers-that-fit=N   more GPU layers than N do not fit: what CUDA says then, and exit 1
offloads=N       offload no more than N layers without a word of complaint
context=N        give each slot N tokens, whatever was asked
slow-load=S      take S seconds to load
alias=NAME       serve another model
mute             accept connections and answer nothing
no-token         be healthy and never finish an answer
dies-answering   exit in the middle of an answer, once the first token has been given
crashes          at the second answer: a failed assertion, the way ggml_abort gives up; gdb and all
crashes-as-of-old   the same, of a build that does not know GGML_NO_BACKTRACE
hangs-later      after /props was asked: answer nothing but /health, count nothing
thinks=S         after the first token: take S seconds for an answer, and count batches meanwhile
grinds=S         the same, on all that a core gives, and count nothing
asked=FILE       note each question there with its model, one JSON list a line
ignore-term      do not end on SIGTERM
daemon           leave a daemonised grandchild, with the model's path in its command line
bind-late=S      listen only after S seconds
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULTS = {
    name: value for name, _, value in (w.partition("=") for w in os.environ.get("STAND_IN", "").split())
}
LAYERS = 32
FREE = FAULTS.get("free", "12000")
GPU = f"CUDA0: NVIDIA GeForce RTX 4090 (24080 MiB, {FREE} MiB free)"


def main() -> None:
    if "--version" in sys.argv:
        print("version: 0.5.0-dev (build 1, commit 0c1e570)", file=sys.stderr)
        return
    if "--list-devices" in sys.argv:
        print(f"Available devices:\n  {GPU if 'gpu' in FAULTS else '(none)'}")
        return
    if "ignore-term" in FAULTS:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    asked = options()
    if "daemon" in FAULTS:
        leave_daemon(asked.m)
    time.sleep(float(FAULTS.get("bind-late", 0)))
    try:
        server = Server(asked)
    except OSError:
        where = f"hostname: {asked.host}, port: {asked.port}"
        say(f"E srv         start: couldn't bind HTTP server socket, {where}")
        say("E srv  llama_server: exiting due to HTTP server error")
        sys.exit(1)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    load(asked)
    server.ready = True
    while True:
        signal.pause()


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("-m", "-a", "--host", "-lv"):
        parser.add_argument(name)
    for name in ("--port", "-np", "-c", "-ngl"):
        parser.add_argument(name, type=int)
    parser.add_argument("--metrics", action="store_true")
    return parser.parse_args()


def say(line: str) -> None:
    print(f"0.00.000.001 {line}", file=sys.stderr, flush=True)


def load(asked: argparse.Namespace) -> None:
    """Say what llama.cpp says while it loads."""
    if "gpu" in FAULTS:
        say(f"I cmn  common_param:   - {GPU.replace(':', '   :', 1)}")
        amounts = f"21474 MiB of device memory vs. {FREE} MiB of free device memory"
        say(f"I common_params_fit_impl: projected to use {amounts}")
    time.sleep(float(FAULTS.get("slow-load", 0)))
    layers = LAYERS + 1 if asked.ngl is None else min(asked.ngl, LAYERS + 1)
    if "layers-that-fit" in FAULTS and layers > int(FAULTS["layers-that-fit"]):
        run_out_of_memory()
    layers = min(layers, int(FAULTS.get("offloads", layers)))
    if "gpu" in FAULTS and layers:
        say(f"I load_tensors: offloaded {layers}/{LAYERS + 1} layers to GPU")
        say("I load_tensors:        CUDA0 model buffer size = 10000.00 MiB")
    say("I load_tensors:   CPU_Mapped model buffer size =   512.00 MiB")
    say(
        "I llama_kv_cache: size =    0.25 MiB (   512 cells,   2 layers,  2/2 seqs), K (f16):    0.12 MiB, "
        "V (f16):    0.12 MiB"
    )


def run_out_of_memory() -> None:
    failed = "allocating 20480.00 MiB on device 0: cudaMalloc failed: out of memory"
    say(f"E ggml_backend_cuda_buffer_type_alloc_buffer: {failed}")
    say("E alloc_tensor_range: failed to allocate CUDA0 buffer of size 21474836480")
    say("E llama_model_load: error loading model: unable to allocate CUDA0 buffer")
    say("E llama_model_load_from_file_impl: failed to load model")
    say("E srv  llama_server: exiting due to model loading error")
    sys.exit(1)


def crash() -> None:
    """As ggml_abort does: the message, then gdb's view of this process, then SIGABRT."""
    print("/src/ggml/src/ggml.c:2101: GGML_ASSERT(ne == 4) failed", file=sys.stderr, flush=True)
    if "GGML_NO_BACKTRACE" not in os.environ or "crashes-as-of-old" in FAULTS:
        attach = ["-ex", f"attach {os.getpid()}", "-ex", "bt -frame-info source-and-location"]
        subprocess.run(
            ["gdb", "--batch", "-ex", "set style enabled on", *attach, "-ex", "detach", "-ex", "quit"]
        )
    os.abort()


def leave_daemon(mark: str) -> None:
    """A grandchild in a session of its own, whose parent is gone."""
    code = "import os, sys, time; os.fork() and os._exit(0); os.setsid(); time.sleep(600)"
    subprocess.Popen([sys.executable, "-c", code, mark]).wait()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, asked: argparse.Namespace) -> None:
        super().__init__((asked.host, asked.port), Answer)
        self.asked = asked
        self.ready = False
        self.answered = 0
        self.described = False
        self.batches = 0
        self.busy = 0


class Answer(BaseHTTPRequestHandler):
    server: Server

    def is_refused(self) -> bool:
        """Without the key in LLAMA_API_KEY only /health answers."""
        key = os.environ.get("LLAMA_API_KEY")
        if not key or self.path == "/health" or self.headers.get("Authorization") == f"Bearer {key}":
            return False
        self.reply({"error": {"code": 401, "message": "Invalid API Key"}}, 401)
        return True

    def do_GET(self) -> None:
        if self.is_refused():
            return
        if "mute" in FAULTS or (self.hangs() and self.path != "/health"):
            time.sleep(600)
        if not self.server.ready:
            self.reply({"error": {"code": 503, "message": "Loading model"}}, 503)
        elif self.path == "/health":
            self.reply({"status": "ok"})
        elif self.path == "/metrics":
            self.metrics()
        else:
            self.reply(self.props() if self.path == "/props" else {"data": [{"id": self.alias()}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        if self.is_refused():
            return
        if "asked" in FAULTS and asked.get("stream"):
            with open(FAULTS["asked"], "a") as log:  # noqa: PTH123 - quicker, as all that this file imports
                log.write(json.dumps([self.alias(), asked["messages"][-1]["content"]]) + "\n")
        if "no-token" in FAULTS or self.hangs():
            time.sleep(600)
        if "dies-answering" in FAULTS and self.server.answered:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
            self.wfile.flush()
            say("E CUDA error: an illegal memory access was encountered")
            os._exit(134)
        if self.server.answered and FAULTS.keys() & {"crashes", "crashes-as-of-old"}:
            crash()
        if self.server.answered:
            self.think(float(FAULTS.get("thinks", 0)))
            self.grind(float(FAULTS.get("grinds", 0)))
        self.server.answered += 1
        if asked.get("stream"):
            self.stream("a")
            return
        message = {"role": "assistant", "content": "a"}
        self.reply({"choices": [{"message": message}], "usage": {"completion_tokens": 1}})

    def stream(self, text: str) -> None:
        """As server-sent events: a token, the reason for the end, the usage."""
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        events = [{"choices": [choice]}, {"choices": [end]}, {"choices": [], "usage": usage}]
        lines = [*map(json.dumps, events), "[DONE]"]
        data = "".join(f"data: {line}\n\n" for line in lines).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def think(self, seconds: float) -> None:
        self.server.busy += 1
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.05)
            self.server.batches += 1
        self.server.busy -= 1

    def grind(self, seconds: float) -> None:
        self.server.busy += 1
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
        self.server.busy -= 1

    def hangs(self) -> bool:
        return "hangs-later" in FAULTS and self.server.described

    def alias(self) -> str:
        return FAULTS.get("alias") or self.server.asked.a

    def metrics(self) -> None:
        counters = {"n_decode_total": self.server.batches, "requests_processing": self.server.busy}
        self.reply("".join(f"llamacpp:{name} {number}\n" for name, number in counters.items()))

    def props(self) -> dict[str, object]:
        self.server.described = True
        asked = self.server.asked
        context = int(FAULTS.get("context", asked.c // asked.np))
        return {
            "default_generation_settings": {"n_ctx": context},
            "total_slots": asked.np,
            "model_path": asked.m,
            "chat_template": "{{ messages }}",
            "build_info": "b1-0c1e570",
        }

    def reply(self, body: object, status: int = 200) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Be as quiet as the real one."""


if __name__ == "__main__":
    main()
