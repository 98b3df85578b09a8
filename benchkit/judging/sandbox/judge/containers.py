"""Starts a worker's zygote in a container of its own: no network, read-only, without rights, with limits.

The container gets two things of ours, both read-only: this package's source, and a socket to the judge.
Inside, the zygote lays on every layer that the container allows. To use another image: BENCH_SANDBOX_IMAGE
(it needs python3 of 3.11 or newer); it is never pulled unasked.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import shutil
import socket
import subprocess
from pathlib import Path
from time import monotonic
from typing import IO

from benchkit.judging.sandbox.base import MIB
from benchkit.judging.sandbox.missing import LevelMissing

IMAGE = "python:3.12-slim"
_PACKAGE = Path(__file__).resolve().parents[3]
_START_S = 60.0
_MEMORY_MB = 4096  # of the container; each program has its own, smaller limit
_PROCESSES = 512
_ENTRY = (
    "import sys; sys.path.insert(1, '/bench'); "
    "from benchkit.judging.sandbox.jail.zygote import main_in_container; main_in_container({})"
)


class JailContainer:
    """One container and the control socket to the zygote in it."""

    def __init__(self, engine: str, folder: str, log: IO[bytes], private_bytes: int) -> None:
        if shutil.which(engine) is None:
            raise LevelMissing(f"there is no {engine} command")
        self.engine = engine
        self.name = f"bench-sandbox-{secrets.token_hex(8)}"
        os.chmod(folder, 0o711)  # the container's user, whichever that is outside, may pass but not list  # noqa: PTH101
        address = Path(folder) / self.name  # a name that cannot be guessed
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(address))
            address.chmod(0o666)
            listener.listen(1)
            self.process = subprocess.Popen(
                _command(engine, self.name, folder, private_bytes),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
            self.pid = self.process.pid
            self.control = self._connected(listener)
        address.unlink()

    def _connected(self, listener: socket.socket) -> socket.socket:
        deadline = monotonic() + _START_S
        while monotonic() < deadline and self.process.poll() is None:
            if select.select([listener], [], [], 0.1)[0]:
                return listener.accept()[0]
        self.stop()
        raise LevelMissing(f"{self.engine} started no container")

    def stop(self) -> None:
        """The zygote ends when its judge hangs up; a container that stays all the same is removed."""
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run([self.engine, "rm", "--force", self.name], capture_output=True, timeout=30)
            self.process.kill()
            self.process.wait()


def _command(engine: str, name: str, folder: str, private_bytes: int) -> list[str]:
    """As documented for `docker run` and `podman run`; both take the same words."""
    uid, gid = (os.getuid(), os.getgid()) if os.getuid() else (65534, 65534)
    entry = _ENTRY.format(f"'/bench/control/{name}', '/bench/private'")
    return [
        *(engine, "run", "--rm", "--pull", "never", "--name", name),
        *("--network", "none", "--read-only", "--cap-drop", "ALL", "--ipc", "private"),
        *("--security-opt", "no-new-privileges", "--security-opt", "label=disable"),
        *("--pids-limit", str(_PROCESSES), "--memory", f"{_MEMORY_MB}m", "--memory-swap", f"{_MEMORY_MB}m"),
        *(
            "--user",
            f"{uid}:{gid}",
            *(("--userns", "keep-id") if engine == "podman" and uid != 65534 else ()),
        ),
        *("--tmpfs", f"/bench/private:rw,exec,nosuid,nodev,size={private_bytes // MIB}m,mode=1777"),
        *("--volume", f"{_PACKAGE}:/bench/benchkit:ro", "--volume", f"{folder}:/bench/control:ro"),
        *("--workdir", "/", "--env", "LANG=C.UTF-8", "--entrypoint", "python3"),
        os.environ.get("BENCH_SANDBOX_IMAGE", IMAGE),
        *("-I", "-S", "-B", "-X", "utf8", "-c", entry),
    ]
