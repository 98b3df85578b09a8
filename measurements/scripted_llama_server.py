#!/usr/bin/env python3
"""A real llama-server whose answers are scripted: what it computes takes its time, and its text is another.

Started in place of llama-server (`--llama-server`) it starts the real one, named in REAL_LLAMA_SERVER, with
the same arguments on another port, and passes all that is asked on to it. Only the text of a streamed
answer about a problem `add_N` is replaced: by a right solution where SCRIPTED_STRENGTHS (a JSON file, model
-> numbers of the problems that it solves) says so, by a wrong one elsewhere, as many tokens long as was
allowed.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REAL = os.environ["REAL_LLAMA_SERVER"]
_HOP = ("transfer-encoding", "connection", "content-length")


def main() -> None:
    if "--port" not in sys.argv:
        os.execv(REAL, [REAL, *sys.argv[1:]])
    place = sys.argv.index("--port") + 1
    ours, theirs = int(sys.argv[place]), free_port()
    real = subprocess.Popen([REAL, *sys.argv[1:place], str(theirs), *sys.argv[place + 1 :]])
    signal.signal(signal.SIGTERM, lambda *_: real.terminate())
    solves = json.loads(Path(os.environ["SCRIPTED_STRENGTHS"]).read_text())
    alias = sys.argv[sys.argv.index("-a") + 1]
    ThreadingHTTPServer.request_queue_size = 128
    server = ThreadingHTTPServer(("127.0.0.1", ours), handler(theirs, frozenset(solves.get(alias, ()))))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.exit(real.wait())


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def handler(port: int, solves: frozenset[int]) -> type[BaseHTTPRequestHandler]:
    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def log_message(self, *_: object) -> None:
            """The real one writes the log."""

        def do_GET(self) -> None:
            self.pass_on(None, None)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = json.loads(body or b"{}")
            match = re.search(r"add_(\d+)", json.dumps(asked.get("messages", "")))
            if match is None or not asked.get("stream"):
                self.pass_on(body, None)
                return
            number = int(match[1])
            right = number if number in solves else number + 1
            text = f"```python\ndef add_{number}(x):\n    return x + {right}\n```\n"
            self.pass_on(json.dumps(asked | {"ignore_eos": True}).encode(), text)

        def pass_on(self, body: bytes | None, text: str | None) -> None:
            kept = {
                name: value for name, value in self.headers.items() if name.lower() not in ("host", *_HOP)
            }
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
                connection.request(self.command, self.path, body, kept)
                answer = connection.getresponse()
            except OSError:  # it does not listen yet
                self.connection.close()
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.end_headers()
            for line in answer if text is None else scripted(answer, text):
                self.wfile.write(line)
                self.wfile.flush()

    return Passing


def scripted(lines: Iterable[bytes], text: str) -> Iterator[bytes]:
    """The events of a stream, with this text in the first of them and blanks in the others."""
    for line in lines:
        if not line.startswith(b"data: {"):
            yield line
            continue
        event = json.loads(line[6:])
        for choice in event.get("choices", ()):
            text, choice["delta"] = " ", choice["delta"] | {"content": text}
            if choice.get("finish_reason") == "length":
                choice["finish_reason"] = "stop"
        yield b"data: " + json.dumps(event).encode() + b"\n"


if __name__ == "__main__":
    main()
