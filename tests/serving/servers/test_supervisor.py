"""The supervisor, with a shell or Python for a server, in each of its kinds."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchkit.serving.servers.process import KIND_VARIABLE, Process
from tests.serving.servers.conftest import survivors
from tests.support import code_for_everyone, wait_until

KINDS = ("namespace", "subreaper", "group")
DAEMONISE = "import os, sys, time; os.fork() and os._exit(0); os.setsid(); time.sleep(600)"
NOBODY = 65534
SHORT_RUNNER = """
import os, time
from pathlib import Path
from benchkit.serving.servers.process import Process

mark = sys.argv[1]
command = ["sh", "-c", "echo server of $(id -u); sleep 600; :", mark]
process = Process(command, Path(mark + ".log"), os.environ)
deadline = time.monotonic() + 120
while not process.output() and time.monotonic() < deadline:
    time.sleep(0.02)
print(process.output(), flush=True)
os.kill(os.getpid(), 9)
"""
FORBIDDEN_MAPS = """
import os
from benchkit.serving.servers import supervisor

def forbidden(path, text):
    raise PermissionError(13, "Permission denied", path)

supervisor._write = forbidden
sys.argv = ["supervisor.py", str(os.pipe()[0]), "auto", "sh", "-c", "echo I am $(id -u); exit 7"]
os._exit(supervisor.main())
"""
A_FAMILY = """
import signal, subprocess, sys, time
if {ignores}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if {daemon}:
    subprocess.run([sys.executable, "-c", {daemonise!r}, sys.argv[1]])
subprocess.Popen(["sh", "-c", "sleep 600; :", sys.argv[1]])
print("running", flush=True)
time.sleep(600)
"""


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv(KIND_VARIABLE, request.param)
    if request.param == "namespace" and run(tmp_path / "try", "true").wait_for_end() == 127:
        pytest.skip("no PID namespace can be made here")
    return str(request.param)


class Waiting(Process):
    """A process, and a wait for its end."""

    def wait_for_end(self) -> int | None:
        self.ended_within(120)
        code = self.exit_code()
        self.stop()
        return code


def run(mark: Path, *command: str) -> Waiting:
    """The command, with a path in its environment and its arguments that tells its processes from others."""
    return Waiting([*command], mark.with_suffix(".log"), dict(os.environ))


def python(mark: Path, code: str) -> Waiting:
    return run(mark, sys.executable, "-c", code, str(mark))


@pytest.mark.usefixtures("kind")
def test_passes_on_the_exit_code(tmp_path: Path) -> None:
    """What the server ends with is what we see."""
    assert run(tmp_path / "x", "sh", "-c", "exit 7").wait_for_end() == 7


@pytest.mark.usefixtures("kind")
def test_passes_on_the_signal(tmp_path: Path) -> None:
    """A server killed by a signal shows as 128 and its number."""
    assert run(tmp_path / "x", "sh", "-c", "kill -11 $$").wait_for_end() == 128 + 11


@pytest.mark.usefixtures("kind")
def test_a_program_that_cannot_be_executed(tmp_path: Path) -> None:
    """The log says what could not be started and why."""
    process = run(tmp_path / "x", str(tmp_path / "no-such-program"))
    assert process.wait_for_end() == 127
    assert f"cannot start {tmp_path}/no-such-program: No such file" in process.output()


def test_a_namespace_numbers_anew(kind: str, tmp_path: Path) -> None:
    """Only in a namespace does the server see itself as an early process."""
    process = run(tmp_path / "x", "sh", "-c", "echo I am $$")
    process.wait_for_end()
    assert ("I am 2\n" in process.output()) == (kind == "namespace")


@pytest.mark.usefixtures("kind")
def test_asks_politely_first(tmp_path: Path) -> None:
    """SIGTERM reaches the server, and its own good-bye is heard."""
    process = run(
        tmp_path / "x",
        "sh",
        "-c",
        'trap "echo good-bye; exit 0" TERM; echo running; while :; do sleep 0.01; done',
    )
    wait_for("running", process)
    assert process.stop() is False
    assert "good-bye" in process.output()
    assert process.exit_code() == 0


@pytest.mark.parametrize("ignores", [False, True])
def test_ends_all_that_the_server_started(
    kind: str, ignores: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Children and, where the system allows it, daemonised grandchildren end with the server."""
    monkeypatch.setattr("benchkit.serving.servers.process.TERM_GRACE_S", 0.3 if ignores else 20)
    mark = tmp_path / "x"
    daemon = kind != "group"
    process = python(mark, A_FAMILY.format(ignores=ignores, daemon=daemon, daemonise=DAEMONISE))
    wait_for("running", process)
    whole = 3 + daemon  # with the supervisor
    wait_until(lambda: len(survivors(mark)) >= whole)
    assert process.stop() is ignores
    wait_until(lambda: survivors(mark) == [])


@pytest.mark.parametrize("reaper", ["auto", "subreaper"])
def test_a_server_that_ends_takes_its_orphans_with_it(
    reaper: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that crashes leaves its daemon no more than one that is stopped."""
    monkeypatch.setenv(KIND_VARIABLE, reaper)
    mark = tmp_path / "x"
    leave_daemon = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {DAEMONISE!r}, sys.argv[1]])"
    )
    assert python(mark, leave_daemon).wait_for_end() == 0
    wait_until(lambda: survivors(mark) == [])


@pytest.mark.usefixtures("kind")
def test_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    """Only the runner's end counts, not that of the thread which happened to start the server."""
    started: list[Waiting] = []
    thread = threading.Thread(target=lambda: started.append(run(tmp_path / "x", "sleep", "600")))
    thread.start()
    thread.join()
    time.sleep(0.3)
    assert started[0].exit_code() is None
    started[0].stop()


@pytest.mark.parametrize("reaper", ["auto", "subreaper"])
def test_the_supervisor_itself_is_killed(
    reaper: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even without the supervisor the server ends: the kernel sees to it."""
    monkeypatch.setenv(KIND_VARIABLE, reaper)
    mark = tmp_path / "x"
    process = python(mark, "print('running', flush=True); import time; time.sleep(600)")
    wait_for("running", process)
    process._supervisor.kill()
    wait_until(lambda: survivors(mark) == [])
    process.stop()


def test_without_being_root() -> None:
    """An ordinary user gets a namespace where the system allows it, else a subreaper; both end the server."""
    python = an_ordinary_users_python()
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        done = as_nobody(python, SHORT_RUNNER, str(folder / "x"), XDG_CACHE_HOME=name)
        assert f"server of {NOBODY if os.getuid() == 0 else os.getuid()}" in done.stdout, done.stderr
        wait_until(lambda: survivors(folder) == [])


def test_user_namespaces_that_take_no_user() -> None:
    """Where AppArmor lets a user namespace be made but not filled (Ubuntu 24.04), the server still runs."""
    done = as_nobody(an_ordinary_users_python(), FORBIDDEN_MAPS)
    me = NOBODY if os.getuid() == 0 else os.getuid()
    assert (done.stdout, done.stderr, done.returncode) == (f"I am {me}\n", "", 7)


def an_ordinary_users_python() -> str:
    if os.getuid() != 0:
        return sys.executable
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        with suppress(OSError):
            if as_nobody(python, "import benchkit.serving.servers.process").returncode == 0:
                return python
    pytest.skip("an ordinary user has no Python 3.11 here that can read this repository")


def as_nobody(
    python: str, code: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    nobody = NOBODY if os.getuid() == 0 else None
    with code_for_everyone() as root:
        return subprocess.run(
            [python, "-c", f"import sys; sys.path.insert(0, {str(root)!r})\n{code}", *arguments],
            cwd="/",
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            user=nobody,
            group=nobody,
            extra_groups=None if nobody is None else [],
        )


def wait_for(word: str, process: Process) -> None:
    wait_until(lambda: word in process.output())
