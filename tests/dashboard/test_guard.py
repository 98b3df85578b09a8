"""Who may look at the page, asked over raw sockets."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from benchkit.dashboard import guard, server
from benchkit.dashboard.access import Access, check_host, read_token
from benchkit.dashboard.checks import CheckedRequest, RequestRefusal
from benchkit.dashboard.guard import Guard
from benchkit.errors import UsageError
from tests.dashboard.raw import TOKEN, connected, handshake, read_answer, request, served, talk


class Recorder:
    """An application that notes what reaches it; its WebSocket is accepted and ended."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        self.reached.append(scope.get("method", "WEBSOCKET"))
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close"})
            return
        if scope["method"] in ("POST", "PUT", "DELETE"):
            self.bodies.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"reached"})


app = Recorder()
logged: list[str] = []


@pytest.fixture(scope="module")
def access() -> Iterator[Access]:
    with served(lambda access: Guard(app, access, logged.append)) as access:
        yield access


@pytest.fixture(autouse=True)
def fresh() -> None:
    app.reached.clear()
    app.bodies.clear()
    logged.clear()


def test_only_what_our_own_page_asks_with_the_token_is_answered(access: Access) -> None:
    """Method x Host x Origin x token: nothing reaches the application that one of them speaks against."""
    ours = f"{access.host}:{access.port}"
    hosts = [ours, f"localhost:{access.port}", f"evil.example:{access.port}", access.host, None]
    origins = [None, "null", "http://evil.example", "same"]
    for method, host, origin, token in product(
        ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PATCH"), hosts, origins, (TOKEN, "wrong", None)
    ):
        app.reached.clear()
        named = f"http://{host}" if origin == "same" else origin
        answer = talk(access, request(access, method, host=host, origin=named, token=token))
        allowed = (
            host in hosts[:2]
            and (origin == "same" or (origin is None and method in ("GET", "HEAD")))
            and method in ("GET", "HEAD", "POST", "DELETE")
            and token == TOKEN
        )
        case = (method, host, origin, token)
        assert (answer.status == 200, app.reached) == (allowed, [method] if allowed else []), case
        assert allowed or 400 <= answer.status < 500, case


def test_a_websocket_is_for_our_own_pages_alone(access: Access) -> None:
    """Its Origin is required, also from our own machine and with the token."""
    assert talk(access, handshake(access)).status == 101
    assert app.reached == ["WEBSOCKET"]
    for changes in (
        {"origin": None},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": f"http://{access.host}:1"},
        {"origin": f"https://{access.host}:{access.port}"},
        {"host": f"evil.example:{access.port}"},
        {"token": None},
        {"token": "wrong"},
        {"Sec_Fetch_Site": "cross-site"},
    ):
        assert talk(access, handshake(access, **changes)).status == 403, changes
    assert app.reached == ["WEBSOCKET"]


def test_a_foreign_name_that_points_here_is_refused_and_logged_with_the_remedy(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name is not ours, whatever its address."""
    monkeypatch.setattr(guard.RefusalLog, "QUIET_S", 0.0)  # another test may have been refused just now
    answer = talk(access, request(access, host=f"rebound.evil.example:{access.port}"))
    assert answer.status == 403
    assert f"open {access.origin}" in answer.body
    assert logged == [f"refused GET / from 127.0.0.1: {answer.body.strip()}"]


def test_refusals_are_logged_once_for_a_while(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of requests makes no flood of lines, and control characters reach no terminal."""
    log = guard.RefusalLog(logged.append)
    asked = CheckedRequest(access, "GET", "/\x1b[2J", "", [])
    refusal = RequestRefusal(403, "no")
    for _ in range(3):
        log.note(("1.2.3.4", 5), asked, refusal)
    assert len(logged) == 1
    assert "\x1b" not in logged[0]
    monkeypatch.setattr(guard.RefusalLog, "QUIET_S", 0.0)
    log.note(None, asked, refusal)
    assert logged[1].startswith("refused GET /")


def test_another_page_cannot_fetch_ours(access: Access) -> None:
    """What the browser says of the asking page counts; a link that was typed or ours is fine."""
    for site, status in {
        "same-origin": 200,
        "none": 200,
        "cross-site": 403,
        "same-site": 403,
        "": 403,
    }.items():
        assert talk(access, request(access, Sec_Fetch_Site=site)).status == status, site


def test_the_printed_link_becomes_a_cookie(access: Access) -> None:
    """No script sees it, no other site sends it, and the token leaves the address."""
    answer = talk(access, request(access, path=f"/runs?model=a%20b&token={TOKEN}&page=2", token=None))
    assert (answer.status, answer.header("location")) == (303, "/runs?model=a+b&page=2")
    assert answer.header("set-cookie") == f"{access.cookie}={TOKEN}; HttpOnly; SameSite=Strict; Path=/"
    assert talk(access, request(access, path="/?token=wrong")).status == 401
    assert (
        talk(access, request(access, "POST", f"/?token={TOKEN}", origin=access.origin, token=None)).status
        == 401
    )
    assert app.reached == []


def test_the_link_may_be_clicked_in_a_terminal_that_is_a_page(access: Access) -> None:
    """A redirect would not carry the new cookie there, so that a page of ours asks again."""
    from_elsewhere = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    answer = talk(access, request(access, path=f"/?token={TOKEN}", token=None, **from_elsewhere))
    assert answer.status == 200
    assert 'content="0; url=/"' in answer.body
    odd = talk(
        access, request(access, path=f"/%22%3E%3Cscript%3E?token={TOKEN}", token=None, **from_elsewhere)
    )
    assert "<script>" not in odd.body
    assert talk(access, request(access, path=f"/?token={TOKEN}", Sec_Fetch_Site="cross-site")).status == 403


def test_paths_with_tricks_reach_nobody(access: Access) -> None:
    """Out of the root, to another host, with what is no text."""
    for path in (
        "/../etc/passwd",
        "/static/../../x",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/a/..%2f..%2fb",
        "/%2e%2e%5cx",
        "/a\\b",
        "/models/..\\..\\b/../c",
        "/a%00b",
        "/a%0d%0aSet-Cookie:x=1",
        f"//evil.example/?token={TOKEN}",
        "http://evil.example/",
        "*",
        "/./x",
    ):
        answer = talk(access, request(access, path=path))
        assert answer.status == 400, path
        assert answer.header("location") is None
    assert app.reached == []
    for path in ("/models/a%2Fb.c..d", "/models/C%3A%5Ca.gguf", "/runs/a%5Cb"):
        assert talk(access, request(access, path=path)).status == 200


def test_every_answer_carries_the_policy(access: Access) -> None:
    """Refusals too: nothing foreign is loaded, framed, guessed, kept or told the address."""
    for asked in (request(access), request(access, token=None), request(access, path="/api/x", token=None)):
        answer = talk(access, asked)
        for name, value in guard.HEADERS:
            assert answer.header(name.decode()) == value.decode()
        assert "default-src 'none'" in (answer.header("content-security-policy") or "")
        assert answer.header("server") is None
    assert '{"error": "the token is missing' in answer.body


def test_bodies_are_json_alone(access: Access) -> None:
    """What a form of another page can send is refused before anybody reads it."""
    post = {"method": "POST", "origin": access.origin, "body": "{}"}
    assert talk(access, request(access, **post)).status == 200
    assert talk(access, request(access, **post, content_type="Application/JSON; charset=UTF-8")).status == 200
    assert app.bodies == [b"{}", b"{}"]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        assert talk(access, request(access, **post, content_type=kind)).status == 415, kind
    chunked = request(
        access, "POST", origin=access.origin, Transfer_Encoding="chunked", Content_Type="application/json"
    )
    assert talk(access, chunked + b"3\r\n[1]\r\n0\r\n\r\n").status == 200
    assert app.bodies[-1] == b"[1]"


def test_a_body_without_end_is_cut_short(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its announced length or by what came."""
    monkeypatch.setattr(guard, "MOST_BODY_BYTES", 1000)
    long = request(access, "POST", origin=access.origin, body="1" * 1001)
    assert talk(access, long).status == 413
    chunked = request(
        access, "POST", origin=access.origin, Transfer_Encoding="chunked", Content_Type="application/json"
    )
    assert talk(access, chunked + b"3e9\r\n" + b"1" * 1001 + b"\r\n0\r\n\r\n").status == 413
    assert app.reached == []


def test_slow_clients_are_let_go_and_others_served_meanwhile(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that says nothing, half a head, half a body, or a second request by halves."""
    monkeypatch.setattr(server, "HEAD_S", 2.5)
    monkeypatch.setattr(guard, "BODY_S", 2.5)
    whole = request(access)
    half_body = request(access, "POST", origin=access.origin, body="{}", content_length="9")
    kept_open = whole.replace(b"Connection: close\r\n", b"")
    with ExitStack() as stack:
        clients = []
        for sent in (b"", whole[:20], half_body, kept_open):
            clients.append(stack.enter_context(connected(access)))
            clients[-1].sendall(sent)
        answer = b""
        while b"reached" not in answer:
            chunk = clients[3].recv(65536)
            assert chunk, answer
            answer += chunk
        clients[3].sendall(whole[:20])
        assert any(talk(access, whole).status == 200 for _ in range(4)), "we may be slow once"
        assert [read_answer(client).status for client in clients] == [0, 0, 408, 0]


def test_more_connections_than_there_are_places(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that has been silent for longest makes room."""
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 10)
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(access)) for _ in range(40)]
        assert talk(access, request(access)).status == 200
        assert read_answer(clients[0]).status == 0


@pytest.mark.heavy
def test_ten_thousand_connections(access: Access) -> None:
    """However many are opened and left alone, the page is answered and no place is lost."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, count = resource.getrlimit(resource.RLIMIT_NOFILE)[0], 10_000
    if hard != resource.RLIM_INFINITY and hard < 2 * count:
        pytest.skip(f"needs {2 * count} open files, the limit here is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * count, hard))
    try:
        with ExitStack() as stack:
            for number in range(count):
                stack.enter_context(connected(access))
                if number % 2000 == 0:
                    assert talk(access, request(access)).status == 200
            assert talk(access, request(access)).status == 200
        assert talk(access, request(access)).status == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_names_of_the_page() -> None:
    """On this machine its own names; elsewhere what was named; on every address no foreign name."""
    here, there, everywhere = (Access(host, 8484, TOKEN) for host in ("127.0.0.1", "box.lan", "0.0.0.0"))
    own = ["127.0.0.1:8484", "localhost:8484", "LOCALHOST:8484", "[::1]:8484"]
    assert [here.is_ours(name) for name in own] == [True] * 4
    foreign = [
        "localhost",
        "localhost:80",
        "127.0.0.1.evil:8484",
        "evil:8484",
        "",
        ":8484",
        "192.168.1.5:8484",
    ]
    assert [here.is_ours(name) for name in foreign] == [False] * 7
    assert there.is_ours("box.lan:8484")
    assert not there.is_ours("localhost:8484")
    assert everywhere.is_ours("192.168.1.5:8484")
    assert everywhere.is_ours("[fe80::1]:8484")
    assert not everywhere.is_ours("evil.example:8484")
    assert Access("127.0.0.1", 80, TOKEN).is_ours("localhost")
    assert Access("::1", 8484, "t").address == "http://[::1]:8484/?token=t"


def test_other_machines_need_a_token_of_the_users_own(tmp_path: Path) -> None:
    """Each message says what it means and what to do."""
    check_host("localhost", None, 8484)
    check_host("::1", None, 8484)
    check_host("0.0.0.0", tmp_path, 8484)
    with pytest.raises(
        UsageError, match=r"--host 0\.0\.0\.0 lets other machines reach .* --token-file FILE, or .* ssh -L"
    ):
        check_host("0.0.0.0", None, 8484)
    file = tmp_path / "token"
    with pytest.raises(UsageError, match=r"no token in .*: No such file or directory; make one with"):
        read_token(file)
    file.write_text("a" * 20 + "\n")
    file.chmod(0o644)
    with pytest.raises(UsageError, match="others may read it: chmod 600"):
        read_token(file)
    file.chmod(0o600)
    assert read_token(file) == "a" * 20
    for text in ("short", "with a space in it, long", "größer-als-sechzehn"):
        file.write_text(text)
        with pytest.raises(UsageError, match="holds no token"):
            read_token(file)


def test_a_taken_port_is_named() -> None:
    """With the way out."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            UsageError, match=f"port {port} on 127.0.0.1: Address already in use; name another with --port"
        ):
            server.listen("127.0.0.1", port)
    with pytest.raises(UsageError, match=r"port 0 on no-such-host\.invalid: .*"):
        server.listen("no-such-host.invalid", 0)
