"""Commands of ours in processes of their own, without the time that each needs to import its libraries.

A server has them imported; for each command it forks. What the command starts, it starts as always. One whose
environment changes the interpreter itself, as PYTHONPATH does, gets a new interpreter.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent
LARGEST_REQUEST = 1 << 20
OF_THE_INTERPRETER = ("PYTHON", "LC_", "LANG")
NOT_IMPORTED = ("benchkit.serving.servers.xllamacpp_child",)  # a program that loads an engine
LIBRARIES = ("requests", "yaml", "psutil", "rich.console", "rich.progress", "tabulate")


def run_script(
    name: str,
    *arguments: str | Path,
    folder: Path | None = None,
    timeout: float = 240,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """The script of that name with these arguments, as a person would call it in this folder.

    `env` adds to the environment of this process.
    """
    everything = {**os.environ, **(env or {})}
    return run_command(ROOT / name, [*map(str, arguments)], folder or Path.cwd(), everything, timeout)


def run_command(
    script: Path, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """The script's exit code and what it printed, as of subprocess.run."""
    command = [sys.executable, str(script), *arguments]
    if script.parent != ROOT or _of_the_interpreter(environment) != _of_the_interpreter(os.environ):
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace",
            timeout=timeout, check=False,
        )  # fmt: skip
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        request = {"command": command[1:], "folder": str(folder), "environment": dict(environment)}
        returncode = _ask(request, (stdout.fileno(), stderr.fileno()), timeout)
        return subprocess.CompletedProcess(command, returncode, _text(stdout), _text(stderr))


@cache
def _server() -> socket.socket:
    """The connection to it; it ends when this process does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    atexit.register(server.wait)
    atexit.register(ours.close)
    return ours


def _ask(request: dict[str, Any], outputs: tuple[int, int], timeout: float) -> int:
    ours, theirs = socket.socketpair()
    with ours, ours.makefile("rb") as replies:
        with theirs:
            message = json.dumps(request).encode()
            socket.send_fds(_server(), [message], [*outputs, theirs.fileno()])
        ours.settimeout(timeout)
        command = int(replies.readline())
        try:
            return int(replies.readline())
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.kill(command, signal.SIGKILL)
            raise subprocess.TimeoutExpired(request["command"], timeout) from None


def _of_the_interpreter(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(OF_THE_INTERPRETER)}


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode("utf-8", "replace").replace("\r\n", "\n"))


def serve(requests: socket.socket) -> None:
    """Until the test's end of the connection is closed."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, LARGEST_REQUEST, 3)
        if not message:
            return
        waiting = os.fork()
        if waiting == 0:
            requests.close()
            _wait_for_command(json.loads(message), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass


def _wait_for_command(request: dict[str, Any], stdout: int, stderr: int, replies: int) -> NoReturn:
    """In a process between: it tells the command's number and its exit code, as a parent learns it."""
    command = os.fork()
    if command == 0:
        os.close(replies)
        _become(request, stdout, stderr)
    os.close(stdout)
    os.close(stderr)
    os.write(replies, b"%d\n" % command)
    _, status = os.waitpid(command, 0)
    os.write(replies, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(request: dict[str, Any], stdout: int, stderr: int) -> NoReturn:
    """The command, as if this process had been started for it."""
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.closerange(3, max(stdout, stderr) + 1)
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    sys.argv = request["command"]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        if ended.code is not None and not isinstance(ended.code, int):
            raise  # a text: the interpreter prints it
        _end(ended.code or 0)
    _end(0)


def _end(code: int) -> NoReturn:
    """All that an interpreter does at its end but taking the modules apart, which takes most of the time.

    Whatever is unusual is left to the interpreter itself.
    """
    threading._shutdown()  # type: ignore[attr-defined]  # private, and no other name does it
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        sys.exit(code)
    os._exit(code & 0xFF)


def _import_all() -> None:
    for package in ("benchkit", "parsers"):
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if module.name not in NOT_IMPORTED:
                with contextlib.suppress(ModuleNotFoundError):  # of a library that is optional
                    import_module(module.name)
    for library in LIBRARIES:
        import_module(library)


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    connection = socket.socket(fileno=int(sys.argv[1]))
    _import_all()
    gc.freeze()
    serve(connection)
