"""What a person gets wrong, and what strangers try: one clear line each, and nothing runs."""

from __future__ import annotations

import asyncio
import pickle
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, tzinfo
from errno import EACCES
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, Self, cast
from unittest.mock import Mock

import pytest
from click.testing import CliRunner

from benchkit.commands.cluster import command
from benchkit.errors import ClusterError, MissingDependency, UsageError
from benchkit.link import certificates
from benchkit.link.calls import Calls
from benchkit.link.certificates import (
    CERTIFICATE,
    KEY,
    Credentials,
    cluster_folder,
    make_certificates,
    own_credentials,
)
from benchkit.link.probing import probe
from benchkit.link.wire import DEFAULT_PORT, head_address, prepare
from benchkit.running.boxes.groups import make_groups_folder
from benchkit.running.executors.sending import Boxes, Sent
from tests.running.boxes.fleet import DESK, SOON_S, STAND_IN, Fleet, fleet_in
from tests.support import free_port, wait_until

heavy = pytest.mark.heavy
BOXES = ("alpha", "beta")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two boxes with two models; beta has another build of its engine."""
    pytest.importorskip("distributed")
    with fleet_in(tmp_path_factory.mktemp("fleet"), free_port(), *BOXES) as fleet:
        fleet.write_models(2)
        other = fleet.folder("beta") / "llama-server"
        other.write_text(
            '#!/bin/sh\n[ "$1" = --version ] && { echo "version: 9.9 (build 2, commit abc)" >&2; exit; }\n'
            f'exec {STAND_IN} "$@"\n'
        )
        other.chmod(0o755)
        fleet.start_box("alpha")
        fleet.start_box("beta", LLAMA_SERVER=str(other))
        fleet.wait_for_boxes(*BOXES)
        yield fleet


def complaint(result: subprocess.CompletedProcess[str], code: int) -> str:
    assert result.returncode == code, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://head",
        "tcp://head:1",
        "head:port",
        "head:0",
        "head:99999",
        "a@head",
        "head/x",
        "head:1#x",
        "head?x=1",
        "a..b",
        ".head",
        "a" * 64,
        "my head",
    ],
)
def test_what_is_no_address_of_a_head_is_refused(text: str) -> None:
    """Before anything is asked of the network."""
    with pytest.raises(UsageError, match="it is no address of a head: give HOST or HOST:PORT"):
        head_address(text)


def test_addresses_of_a_head() -> None:
    """A port is optional, and so is the scheme."""
    assert head_address("head") == ("head", DEFAULT_PORT)
    assert head_address("tls://10.0.0.1:9") == ("10.0.0.1", 9)
    assert head_address("[fe80::1]:9") == ("fe80::1", 9)


def own_cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cluster's folder that was just made."""
    pytest.importorskip("cryptography")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    make_certificates("alpha", ["beta"])
    return cluster_folder()


@pytest.mark.parametrize("wrong", ["", "a..b", "x y", "1.2.3.4:5"])
def test_a_head_listens_at_no_place_that_is_none(wrong: str, tmp_path: Path) -> None:
    """An empty host is not every host."""
    pytest.importorskip("distributed")
    from benchkit.running.boxes.head import run_head

    credentials = Credentials("alpha", *(tmp_path / name for name in ("a", "c", "k")))
    with pytest.raises(UsageError, match="it is no address of a head"):
        asyncio.run(run_head(wrong, 1, credentials, lambda: None))


def test_a_head_listens_at_an_address_of_ipv6_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that is taken there is told with the next step."""
    pytest.importorskip("distributed")
    own_cluster(tmp_path, monkeypatch)
    prepare()
    from benchkit.running.boxes.head import run_head

    try:
        taken = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with (
        taken,
        pytest.raises(ClusterError, match=r"::1, port \d+: Address already in use; --host and --port"),
    ):
        asyncio.run(run_head("::1", taken.getsockname()[1], own_credentials(), lambda: None))


def test_certificates_that_cannot_be_used_are_told_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over, damaged, in a folder of somebody else, or half made when `cluster init` was killed."""
    folder = own_cluster(tmp_path, monkeypatch)
    with monkeypatch.context() as later:
        later.setattr(certificates, "datetime", Later)
        with pytest.raises(UsageError, match=r"was valid until .*remove .* on each box and begin with"):
            own_credentials()
    for half_made in (folder / KEY, folder / CERTIFICATE):
        half_made.unlink()
        (folder / CERTIFICATE).unlink(missing_ok=True)  # it is written last
        make_certificates("alpha", [])
        assert own_credentials().name == "alpha"
    (folder / KEY).write_text("no key")
    with pytest.raises(UsageError, match=r"are no certificates: copy the box's folder again"):
        own_credentials()
    monkeypatch.setattr(Path, "is_file", denied)
    for use in (own_credentials, lambda: make_certificates("alpha", [])):
        with pytest.raises(UsageError, match="cannot be read: Permission denied"):
            use()


def test_a_key_that_others_may_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ssh does it: copied by hand, it was not kept for its owner."""
    key = own_cluster(tmp_path / "a b", monkeypatch) / KEY
    key.chmod(0o640)
    with pytest.raises(
        UsageError, match=r"others may read the key of this box: chmod 600 '/.*a b/.*box.key'"
    ):
        own_credentials()


def test_without_a_home_the_place_of_certificates_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom the machine does not know, as in a container."""
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(Path, "home", Mock(side_effect=RuntimeError("Could not determine home directory.")))
    with pytest.raises(UsageError, match="name a place with XDG_CONFIG_HOME"):
        own_credentials()


def test_a_wrong_clock_is_not_told_as_another_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one machine's clock the certificate of the other is of the future: here, there, and one's own."""
    folder = own_cluster(tmp_path, monkeypatch)
    with monkeypatch.context() as later:
        later.setattr(certificates, "datetime", Later)
        with suppress(UsageError):
            make_certificates("alpha", ["gamma"])
    now = own_credentials()
    gamma = folder / "boxes" / "gamma"
    future = Credentials("gamma", gamma / "authority.pem", gamma / CERTIFICATE, gamma / KEY)
    for head, client, told in (
        (future, now, "is not valid by this machine's clock .*: set the clock"),
        (now, future, "finds our certificate not valid by its clock: set the clock there"),
    ):
        with one_handshake(head) as port, pytest.raises(ClusterError, match=told):
            probe("127.0.0.1", port, client)
    for name in (CERTIFICATE, KEY):
        (folder / name).write_bytes((gamma / name).read_bytes())
    with pytest.raises(UsageError, match=r"is valid from .* on: this machine's clock is behind, set it"):
        own_credentials()


@contextmanager
def one_handshake(credentials: Credentials) -> Iterator[int]:
    """The port of a head that takes one connection, and says no more than TLS does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(credentials.certificate, credentials.key)
    context.load_verify_locations(credentials.authority)
    context.verify_mode = ssl.CERT_REQUIRED

    def serve() -> None:
        plain, _ = listening.accept()
        with plain, suppress(OSError), context.wrap_socket(plain, server_side=True):
            pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = Thread(target=serve)
        serving.start()
        yield listening.getsockname()[1]
        serving.join()


def test_a_box_is_not_made_a_certificate_of_its_own_name_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two boxes of one name could not both join; a name that is empty is not the host's either."""
    folder = own_cluster(tmp_path, monkeypatch)
    with pytest.raises(UsageError, match="alpha is this box itself: name the others alone"):
        make_certificates("alpha", ["gamma", "alpha"])
    assert [one.name for one in (folder / "boxes").iterdir()] == ["beta"]
    given = CliRunner().invoke(command, ["init", "--name", ""])
    assert isinstance(given.exception, UsageError)
    assert "'' is no box's name" in str(given.exception)


def test_a_name_that_cannot_be_looked_up_for_now_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a reboot the network is not up yet; a name that there is not is refused."""
    for code, may_pass in ((socket.EAI_AGAIN, True), (socket.EAI_NONAME, False)):
        connect = Mock(side_effect=socket.gaierror(code, ""))
        monkeypatch.setattr(socket, "create_connection", connect)
        with pytest.raises(ClusterError, match="head") as told:
            probe("head", 1, cast("Credentials", None))
        assert told.value.may_pass is may_pass


def test_where_no_box_has_joined_the_next_step_is_told() -> None:
    """By a batch, as by `cluster status`."""
    sent = cast("Sent", SimpleNamespace(was_taken=False, stays=False))
    assert Boxes(cast("Calls", None)).why_homeless(sent) == (
        "no box has joined: bench_runner.py cluster join on each"
    )


class Later(datetime):
    """A clock that is eleven years on."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(days=11 * 366)


def denied(path: Path) -> bool:
    raise PermissionError(EACCES, "Permission denied", str(path))


def test_a_runs_folder_that_cannot_be_made_is_told_before_a_box_joins(tmp_path: Path) -> None:
    """Not when the first group comes."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--runs-dir .*file/runs cannot be made: Not a directory"):
        make_groups_folder(tmp_path / "file" / "runs")


def test_without_the_extra_the_command_that_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, with pip and the lock file."""
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(
        MissingDependency, match=r"dask, which a cluster needs, .* -m pip install .*cluster\.lock"
    ):
        prepare()


@heavy
def test_wrong_addresses_are_told_apart(fleet: Fleet) -> None:
    """No such host, nobody listening, and something else that listens."""
    status = ("cluster", "status")
    assert "no host of the name nowhere.invalid" in complaint(fleet.run(DESK, *status, "nowhere.invalid"), 1)
    assert "no head listens at 127.0.0.1:1: start one" in complaint(
        fleet.run(DESK, *status, "127.0.0.1:1"), 1
    )
    with socket.create_server(("127.0.0.1", 0)) as plain:
        other = subprocess.Popen(
            [sys.executable, "-c", "import socket, sys; s = socket.socket(fileno=int(sys.argv[1]))\n"
             "while True: c, _ = s.accept(); c.recv(9); c.sendall(b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n')",
             str(plain.fileno())], pass_fds=[plain.fileno()],
        )  # fmt: skip
        where = f"127.0.0.1:{plain.getsockname()[1]}"
        assert "is no head of a cluster" in complaint(fleet.run(DESK, *status, where), 1)
        other.kill()
        other.wait()
    batch = fleet.run(DESK, "batch", "plan.yaml", "--cluster", "tcp://head")
    assert complaint(batch, 2)


@heavy
def test_certificates_of_another_cluster_and_none_at_all_are_refused(fleet: Fleet) -> None:
    """By both sides, each in words; a box's key that belongs elsewhere as well."""
    status = ("cluster", "status", fleet.address)
    assert "this box has no certificate" in complaint(fleet.run("stranger", *status), 2)
    assert fleet.run("stranger", "cluster", "init", "--name", "stranger").returncode == 0
    assert "belongs to another cluster" in complaint(fleet.run("stranger", *status), 1)
    place = Path("config", "bench_runner", "cluster")
    stolen = fleet.folder(DESK) / place / "authority.pem"
    (fleet.folder("stranger") / place / "authority.pem").write_bytes(stolen.read_bytes())
    assert "is of another cluster than" in complaint(fleet.run("stranger", *status), 2)
    with socket.create_connection(("127.0.0.1", fleet.port)) as plain:
        plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
        plain.settimeout(20)
        with suppress(ConnectionError):
            assert plain.recv(100)[:1] in (b"", b"\x15")  # nothing, or an alert of TLS


@heavy
def test_a_second_box_of_one_name_is_refused(fleet: Fleet) -> None:
    """It has a copy of another box's certificate."""
    fleet.give_certificate("copy", "alpha")
    joined = fleet.run("copy", "cluster", "join", fleet.address, "--models", str(fleet.root / "models"))
    assert "a box of the name alpha is in the cluster already" in complaint(joined, 1)
    again = fleet.run("alpha", "cluster", "join", fleet.address)
    assert "alpha has joined already" in complaint(again, 2)


@heavy
def test_what_fits_nowhere_is_told_before_the_night(fleet: Fleet) -> None:
    """No box has the file, no box has the room, no box runs commands: each with each box's reason."""
    stranger = fleet.folder(DESK) / "other.gguf"
    stranger.write_bytes((fleet.root / "models" / "m0.gguf").read_bytes().replace(b"m0", b"mX"))
    known = fleet.root / "models" / "m1.gguf"
    run = (DESK, "batch", "plan.yaml", "--cluster", fleet.address)
    fleet.write_plan([stranger])
    told = complaint(fleet.run(*run), 2)
    assert "nothing of the plan can run" in told
    assert "alpha: it has no file of other" in told
    assert "beta: it has no file of other" in told
    fleet.write_plan([{"path": str(known), "context": 2_000_000_000}])
    assert "m1.gguf needs about" in complaint(fleet.run(*run), 2)
    (fleet.folder(DESK) / "mine.py").write_text("print(1)\n")
    mine = {"name": "mine", "script": "mine.py", "parser": "human_eval"}
    fleet.write_plan([known], benchmarks=[mine])
    assert "it runs no commands of others (script)" in complaint(fleet.run(*run), 2)
    fleet.write_plan([{"base_url": "http://127.0.0.1:9/v1", "name": "m"}])
    assert "a cluster runs model files" in complaint(fleet.run(*run), 2)
    fleet.write_plan([known], on_lost_box="run")
    assert "on_lost_box: 'run' is neither move nor wait" in complaint(fleet.run(*run), 2)
    assert fleet.runs == []


@heavy
def test_what_one_box_cannot_take_goes_to_the_other_and_other_builds_are_told(fleet: Fleet) -> None:
    """A group that fits nowhere is told, and the others run all the same."""
    stranger = fleet.folder(DESK) / "other.gguf"
    stranger.write_bytes((fleet.root / "models" / "m0.gguf").read_bytes().replace(b"m0", b"mX"))
    fleet.write_plan([stranger, fleet.root / "models" / "m1.gguf"], problems=1)
    batch = fleet.run(DESK, "batch", "plan.yaml", "--cluster", fleet.address)
    assert batch.returncode == 1
    assert "demo on other: no box can take it: alpha: it has no file of other" in batch.stderr
    assert "other builds of llama-server may answer otherwise: alpha" in batch.stderr
    assert [run["model"] for run in fleet.runs] == ["m1"]
    assert "1 not run" in batch.stdout


class Touch:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@heavy
def test_heads_and_boxes_run_nothing_that_a_message_brings(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for who has a certificate: what runs code is no operation, and nothing is unpickled."""
    monkeypatch.setenv("XDG_CONFIG_HOME", fleet.environment(DESK)["XDG_CONFIG_HOME"])
    from benchkit.link.calls import Calls, Operation

    marker = fleet.root / "marker"
    with Calls(fleet.address) as calls:
        box = next(one for one in calls.boxes() if one.name == "alpha")
        attempts = calls.now(_attack([f"tls://{fleet.address}", box.address], marker), SOON_S)
        assert attempts == 10
        assert [one.name for one in calls.boxes()] == list(BOXES)
        assert calls.ask(box, Operation.FACTS)["name"] == "alpha"
        with pytest.raises(Exception, match=r"alpha: it knows no group|alpha: .*is no file"):
            calls.ask(box, Operation.FILE, group="../../x", run="y", name="/etc/passwd", offset=0)
    assert not marker.exists()


async def _attack(addresses: list[str], marker: Path) -> int:
    from distributed.core import ConnectionPool
    from distributed.protocol.serialize import ToPickle, to_serialize

    from benchkit.link.certificates import own_credentials
    from benchkit.link.wire import security_of

    bomb, code = Touch(marker), pickle.dumps(Touch(marker))
    arguments = security_of(own_credentials()).get_connection_args("client")
    pool = ConnectionPool(connection_args=arguments)
    await pool.start()
    tried = 0
    for address in addresses:
        for operation, told in (
            ("run", {"function": code}),
            ("run_function", {"function": code}),
            ("terminate", {}),
            ("identity", {"n_workers": ToPickle(bomb)}),
            ("box_facts", {"body": to_serialize(bomb)}),
        ):
            tried += 1
            with suppress(Exception):
                await asyncio.wait_for(getattr(pool(address), operation)(**told), 10)
    await pool.close()
    return tried


@heavy
def test_a_head_whose_port_is_taken_says_so(fleet: Fleet) -> None:
    """And a box that is in no cluster can leave none."""
    head = fleet.run(DESK, "cluster", "head", "--host", "127.0.0.1", "--port", str(fleet.port))
    assert f"cannot listen at 127.0.0.1, port {fleet.port}: Address already in use" in complaint(head, 1)
    assert "desk has joined no cluster on this machine" in complaint(fleet.run(DESK, "cluster", "leave"), 2)
    left = fleet.run("beta", "cluster", "leave")
    assert left.returncode == 0
    wait_until(lambda: fleet.processes["beta"].poll() is not None)
