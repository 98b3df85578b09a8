"""Who has no certificate of the cluster, or only what somebody else has sent, begins nothing."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchkit.link.calls import Box, Calls, GroupState, Operation, Refused
from benchkit.link.certificates import CERTIFICATE, KEY, cluster_folder, make_certificates
from benchkit.running.orders import OnLostBox, order_of
from benchkit.running.plan import plan_run
from benchkit.serving.gguf import read_model_file, sha256_of
from benchkit.settings import RunSettings
from tests.running.boxes.fleet import DESK, SOON_S, Fleet, fleet_in
from tests.support import free_port, wait_until

pytest.importorskip("distributed")
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(280)]
GROUP = "group"
ALERT = b"\x15"  # the first byte of a TLS record that says no


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A head and one box with one model."""
    with fleet_in(tmp_path_factory.mktemp("fleet"), free_port(), "alpha", thinks_s=1.0) as fleet:
        fleet.write_models(1)
        fleet.start_box("alpha")
        fleet.wait_for_boxes("alpha")
        yield fleet


@pytest.fixture
def calls(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Of the desk, which has a certificate."""
    monkeypatch.setenv("XDG_CONFIG_HOME", fleet.environment(DESK)["XDG_CONFIG_HOME"])
    with Calls(fleet.address) as calls:
        yield calls


def place_of(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def places(fleet: Fleet, calls: Calls) -> list[tuple[str, int]]:
    """Where the cluster listens: the head, and where the box takes messages."""
    (box,) = calls.boxes()
    return [(fleet.host, fleet.port), place_of(box.address)]


def order(fleet: Fleet, attempt: int) -> str:
    model = fleet.root / "models" / "m0.gguf"
    settings = RunSettings(benchmark="demo", server="llama-server", model=model, script_args=("--limit", "9"))
    plans = (plan_run(settings, "20260101-000000-000000"),)
    sent = order_of(plans, GROUP, OnLostBox.WAIT, 20.0, sha256_of(read_model_file(model)))
    return replace(sent, attempt=attempt).to_json()


def state(calls: Calls, box: Box, attempt: int) -> str:
    looked = calls.ask(box, Operation.LOOK, asked={GROUP: attempt}, seen={GROUP: {}}, wait_s=0)
    return str(looked[GROUP]["state"])


def test_a_plain_client_is_answered_nothing(fleet: Fleet, calls: Calls) -> None:
    """Neither by the head nor by a box, whatever it says."""
    for place in places(fleet, calls):
        for said in (b"GET / HTTP/1.0\r\n\r\n", b"\0" * 64):
            with socket.create_connection(place, SOON_S) as plain:
                plain.sendall(said)
                with suppress(ConnectionError):
                    assert plain.recv(1) in (b"", ALERT)


def test_a_strangers_certificate_is_refused(
    fleet: Fleet, calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another cluster, or none: the connection ends before a message; the cluster's own is let in."""
    own = cluster_folder()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    make_certificates("alpha", [])
    for place in places(fleet, calls):
        assert lets_in(place, own)
        assert not lets_in(place, cluster_folder())
        assert not lets_in(place, None)


def lets_in(place: tuple[str, int], folder: Path | None) -> bool:
    """Whether the other end says something; it begins, with what it can pack messages into."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if folder is not None:
        context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    try:
        with (
            socket.create_connection(place, SOON_S) as plain,
            context.wrap_socket(plain) as secured,
        ):
            return bool(secured.recv(1))
    except (ssl.SSLError, ConnectionError):
        return False


class Recorder:
    """Stands between a client and a box, and keeps what the client sends."""

    def __init__(self, there: tuple[str, int]) -> None:
        self._there = there
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"tls://127.0.0.1:{self._listening.getsockname()[1]}"
        self.sent: list[bytearray] = []  # by connection
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listening.accept()
                there = socket.create_connection(self._there)
                kept = bytearray()
                self.sent.append(kept)
                for source, target, copy in ((here, there, kept), (there, here, bytearray())):
                    threading.Thread(target=self._pass_on, args=(source, target, copy), daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket, copy: bytearray) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                copy += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def replay(self) -> None:
        """All of it again, each connection by itself, to its end."""
        for data in self.sent:
            with socket.create_connection(self._there, SOON_S) as again, suppress(ConnectionError):
                again.sendall(data)
                with suppress(OSError):  # the box may have hung up by now
                    again.shutdown(socket.SHUT_WR)
                while again.recv(1 << 16):
                    pass


def test_a_replayed_message_begins_nothing(fleet: Fleet, calls: Calls) -> None:
    """Whoever has recorded the order to begin a group can send it again: the box takes none of it."""
    (box,) = calls.boxes()
    with closing(Recorder(place_of(box.address))) as between:
        through = Box(box.name, between.address)
        calls.ask(through, Operation.START, order=order(fleet, 1))
        assert state(calls, box, 1) == GroupState.WORKING
        calls.ask(box, Operation.STOP, group=GROUP, attempt=1, forget=True)
        assert state(calls, box, 1) == GroupState.UNKNOWN
        assert any(len(data) > 1000 for data in between.sent)
        between.replay()
        assert state(calls, box, 1) == GroupState.UNKNOWN
    calls.ask(box, Operation.START, order=order(fleet, 1))  # the same from one of the cluster
    assert state(calls, box, 1) == GroupState.WORKING
    calls.ask(box, Operation.STOP, group=GROUP, attempt=1, forget=True)


def test_a_late_message_of_an_attempt_that_is_over_changes_nothing(fleet: Fleet, calls: Calls) -> None:
    """One that was under way for long, or was sent twice: the present attempt goes on."""
    (box,) = calls.boxes()
    calls.ask(box, Operation.START, order=order(fleet, 2))
    calls.ask(box, Operation.START, order=order(fleet, 2))
    with pytest.raises(Refused, match="attempt 1 at group is over"):
        calls.ask(box, Operation.START, order=order(fleet, 1))
    calls.ask(box, Operation.STOP, group=GROUP, attempt=1, forget=True)
    assert state(calls, box, 1) == GroupState.LOST
    assert state(calls, box, 2) == GroupState.WORKING
    wait_until(lambda: fleet.asked().total() >= 1, SOON_S)
    calls.ask(box, Operation.STOP, group=GROUP, attempt=2, forget=True)
    assert max(fleet.asked().values()) == 1
