"""A registry of Rust's crates on a real socket of this machine.

It speaks what https://doc.rust-lang.org/cargo/reference/registry-index.html documents as the sparse protocol:
`config.json`, a file of JSON lines for each crate, and archives with their SHA-256.
"""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Crate:
    """One version of a crate, with what it needs of others."""

    name: str
    version: str
    files: Mapping[str, bytes]
    needs: Mapping[str, str] = field(default_factory=dict)

    @property
    def archive(self) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as tar:
            for name, content in sorted(self.files.items()):
                entry = tarfile.TarInfo(f"{self.name}-{self.version}/{name}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        return out.getvalue()


@contextmanager
def crates_registry(crates: Iterable[Crate], *, lie: bool = False) -> Iterator[str]:
    """Its address as Cargo names it; `lie`: its archives are not what the index says."""
    pages: dict[str, bytes] = {}
    index: dict[str, list[str]] = {}
    for crate in crates:
        archive = crate.archive
        pages[f"/archives/{crate.name}/{crate.version}"] = archive + (b"more" if lie else b"")
        index.setdefault(_place(crate.name), []).append(_line(crate, sha256(archive).hexdigest()))
    pages |= {f"/index/{place}": "\n".join(lines).encode() for place, lines in index.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = pages.get(self.path)
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_words: object) -> None:
            """Nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    base = f"http://127.0.0.1:{server.server_port}"
    config = {"dl": f"{base}/archives/{{crate}}/{{version}}", "api": None}
    pages["/index/config.json"] = json.dumps(config).encode()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"sparse+{base}/index/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _place(name: str) -> str:
    """Of a crate's file in the index: names of up to three letters have folders of their own."""
    if len(name) < 4:
        return "/".join([str(len(name)), *([name[0]] if len(name) == 3 else []), name])
    return f"{name[:2]}/{name[2:4]}/{name}"


def _line(crate: Crate, checksum: str) -> str:
    needs: list[dict[str, object]] = [
        {
            "name": name,
            "req": asked,
            "features": [],
            "optional": False,
            "default_features": True,
            "target": None,
            "kind": "normal",
        }
        for name, asked in crate.needs.items()
    ]
    known = {"name": crate.name, "vers": crate.version, "deps": needs, "cksum": checksum}
    return json.dumps({**known, "features": {}, "yanked": False})
