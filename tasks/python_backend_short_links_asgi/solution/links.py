"""Short links as an ASGI application on SQLite."""

import json
import re
import secrets
import sqlite3
from urllib.parse import parse_qs

MAX_BODY = 10_000
URL = re.compile(r"https?://\S+", re.IGNORECASE)
CODE = re.compile(r"[a-z0-9-]{3,20}")
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
RESERVED = "links"
SCHEMA = """
CREATE TABLE IF NOT EXISTS link (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    made INTEGER NOT NULL,
    hits INTEGER NOT NULL DEFAULT 0
)
"""


class Refused(Exception):
    def __init__(self, status, text, headers=()):
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = dict(headers)


class Store:
    def __init__(self, connection):
        self.connection = connection
        with connection:
            connection.execute(SCHEMA)

    def select(self, rest, *values):
        rows = self.connection.execute(f"SELECT code, url, hits FROM link {rest}", values)
        return [dict(zip(("code", "url", "hits"), row)) for row in rows]

    def find(self, code):
        found = self.select("WHERE code = ?", code)
        if not found:
            raise Refused(404, "not found")
        return found[0]

    def find_made(self, url):
        return next(iter(self.select("WHERE url = ? AND made", url)), None)

    def add(self, url, code):
        made = code is None
        while made and (code is None or self.select("WHERE code = ?", code)):
            code = "".join(secrets.choice(ALPHABET) for _ in range(7))
        try:
            with self.connection:
                self.connection.execute("INSERT INTO link (code, url, made) VALUES (?, ?, ?)", (code, url, made))
        except sqlite3.IntegrityError:
            raise Refused(409, "code taken") from None
        return self.find(code)

    def count_hit(self, code):
        with self.connection:
            self.connection.execute("UPDATE link SET hits = hits + 1 WHERE code = ?", (code,))

    def delete(self, code):
        self.find(code)
        with self.connection:
            self.connection.execute("DELETE FROM link WHERE code = ?", (code,))

    def total(self):
        return self.connection.execute("SELECT count(*) FROM link").fetchone()[0]


async def read_body(receive):
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY:
            raise Refused(413, "body too large")
    return body


def parse_link(body):
    try:
        given = json.loads(body.decode("utf-8"))
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Refused(400, "invalid json")
    url, code = given.get("url"), given.get("code")
    if not isinstance(url, str) or len(url) > 2000 or not URL.fullmatch(url):
        raise Refused(400, "invalid url")
    if code is not None and not (isinstance(code, str) and CODE.fullmatch(code)):
        raise Refused(400, "invalid code")
    return url, code


def parse_number(query, name, default, least, most):
    text = query.get(name, [default])[-1]
    if not re.fullmatch("[0-9]{1,15}", text) or not least <= int(text) <= most:
        raise Refused(400, f"invalid {name}")
    return int(text)


class App:
    def __init__(self, connection):
        self.store = Store(connection)

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self.live(receive, send)
        elif scope["type"] == "http":
            await self.serve(scope, receive, send)
        else:
            raise ValueError(f"no {scope['type']} here")

    async def live(self, receive, send):
        kind = ""
        while kind != "lifespan.shutdown":
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})

    async def serve(self, scope, receive, send):
        try:
            status, content, headers = await self.answer(scope, receive)
        except Refused as refused:
            status, content, headers = refused.status, {"error": refused.text}, refused.headers
        body = b"" if content is None else json.dumps(content).encode()
        if content is not None:
            headers = {"content-type": "application/json", **headers}
        headers = {**headers, "content-length": str(len(body))}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def answer(self, scope, receive):
        match = re.fullmatch(r"/(links)|/links/([^/]+)|/([^/]+)", scope["path"], re.DOTALL)
        if not match:
            raise Refused(404, "not found")
        everything, held, followed = match.groups()
        method = scope["method"]
        if everything:
            self.allow(method, "GET", "HEAD", "POST")
            if method == "POST":
                return self.make(*parse_link(await read_body(receive)))
            return self.list(scope["query_string"])
        if held:
            self.allow(method, "DELETE", "GET", "HEAD")
            if method == "DELETE":
                self.store.delete(held)
                return 204, None, {}
            return 200, self.store.find(held), {}
        self.allow(method, "GET", "HEAD")
        return self.follow(followed, method)

    def allow(self, method, *methods):
        if method not in methods:
            raise Refused(405, "method not allowed", {"allow": ", ".join(methods)})

    def make(self, url, code):
        if code == RESERVED:
            raise Refused(409, "code taken")
        known = self.store.find_made(url) if code is None else None
        link = known or self.store.add(url, code)
        return (200 if known else 201), link, {"location": f"/{link['code']}"}

    def list(self, query_string):
        query = parse_qs(query_string.decode(), keep_blank_values=True)
        limit = parse_number(query, "limit", "20", 1, 100)
        offset = parse_number(query, "offset", "0", 0, 10**15)
        links = self.store.select("ORDER BY number LIMIT ? OFFSET ?", limit, offset)
        return 200, {"links": links, "total": self.store.total()}, {}

    def follow(self, code, method):
        link = self.store.find(code)
        if method == "GET":
            self.store.count_hit(code)
        return 302, None, {"location": link["url"]}


def create_app(connection: sqlite3.Connection):
    return App(connection)
