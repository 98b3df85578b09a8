"""Ollama's HTTP API: https://github.com/ollama/ollama/blob/main/docs/api.md"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request

from benchkit.errors import ServerError
from benchkit.serving.servers.http import HttpReply, ask, no_answer, send

DEFAULT_PORT = 11434
VERSION_S, VERSION_TRIES = 3.0, 2
ANSWER_S = 20.0
UPLOAD_S = 3600.0


@dataclass(frozen=True)
class OllamaApi:
    """One Ollama server; each method raises ServerError in Ollama's own words."""

    url: str

    def version(self) -> str | None:
        """None where no Ollama answers; who is slow is asked again, for the machine may stand still."""
        for _ in range(VERSION_TRIES):
            try:
                body = ask(f"{self.url}/api/version", timeout=VERSION_S).json()
            except TimeoutError:
                continue
            except OSError:
                return None
            return str(body["version"]) if isinstance(body, dict) and "version" in body else None
        return None

    def upload(self, file: Path, sha256: str) -> None:
        """Give it the file's bytes, unless it has them."""
        url = f"{self.url}/api/blobs/sha256:{sha256}"
        if self._send(Request(url, method="HEAD"), ANSWER_S).ok:
            return
        with file.open("rb") as data:
            headers = {"Content-Length": str(file.stat().st_size)}
            reply = self._send(Request(url, data, headers, method="POST"), UPLOAD_S)
        _accepted(reply, f"take {file.name}")

    def create(self, name: str, digests: Mapping[str, str], parameters: Mapping[str, int]) -> None:
        """A model of uploaded files, with settings that its name stands for from now on."""
        files = {file: f"sha256:{digest}" for file, digest in digests.items()}
        body = {"model": name, "files": files, "parameters": dict(parameters), "stream": False}
        _accepted(self._ask("create", body, UPLOAD_S), f"make a model of {', '.join(files)}")

    def load(self, name: str, timeout: float) -> None:
        """An empty request only loads; a negative time keeps it loaded."""
        body = {"model": name, "keep_alive": -1, "stream": False}
        _accepted(self._ask("generate", body, timeout), "load it")

    def unload(self, name: str) -> None:
        body = {"model": name, "keep_alive": 0, "stream": False}
        _accepted(self._ask("generate", body, ANSWER_S), "unload it")

    def running(self) -> list[dict[str, Any]]:
        """What is in memory, each with `size`, `size_vram` and `context_length`."""
        return self._listed("ps")

    def names(self) -> list[str]:
        """All models it has."""
        return [str(one.get("name")) for one in self._listed("tags")]

    def instance(self, name: str) -> dict[str, Any] | None:
        return next((one for one in self.running() if one.get("name") == name), None)

    def show(self, name: str) -> dict[str, Any]:
        body = self._ask("show", {"model": name}, ANSWER_S).json()
        return body if isinstance(body, dict) else {}

    def delete(self, name: str) -> None:
        """No error if it is not there."""
        body = json.dumps({"model": name}).encode()
        self._send(Request(f"{self.url}/api/delete", body, method="DELETE"), ANSWER_S)

    def _listed(self, path: str) -> list[dict[str, Any]]:
        reply = self._ask(path, None, ANSWER_S)
        body = reply.json() if reply.ok else None
        entries = body.get("models") if isinstance(body, dict) else None
        return [entry for entry in entries or () if isinstance(entry, dict)]

    def _ask(self, path: str, body: Any, timeout: float) -> HttpReply:
        url = f"{self.url}/api/{path}"
        try:
            return ask(url, body, timeout=timeout)
        except OSError as error:
            raise no_answer(url, error, timeout) from error

    def _send(self, request: Request, timeout: float) -> HttpReply:
        try:
            return send(request, timeout)
        except OSError as error:
            raise no_answer(request.full_url, error, timeout) from error


def address() -> str:
    """Where Ollama listens, by its own variable; one that listens everywhere is here too."""
    given = os.environ.get("OLLAMA_HOST", "").strip()
    parts = urlsplit(given if "://" in given else f"http://{given}")
    default = {"http": 80, "https": 443}[parts.scheme] if "://" in given else DEFAULT_PORT
    host = parts.hostname or "127.0.0.1"
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    return f"{parts.scheme}://{host}:{parts.port or default}"


def _accepted(reply: HttpReply, what: str) -> None:
    if not reply.ok:
        raise ServerError(f"Ollama cannot {what} ({reply.status}): {reply.message()}")
