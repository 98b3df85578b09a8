"""Short links as an ASGI application: closures and a table of routes, two SQL tables, codes from the row's number."""

import json
import sqlite3
import string
from urllib.parse import parse_qsl

LETTERS = set(string.ascii_lowercase + string.digits + "-")


def create_app(connection: sqlite3.Connection):
    connection.executescript(
        """
        CREATE TABLE IF NOT EXISTS links (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE, url TEXT, hits INTEGER);
        CREATE TABLE IF NOT EXISTS made (url TEXT PRIMARY KEY, code TEXT);
        """
    )

    def run(sql, *values):
        with connection:
            return connection.execute(sql, values).fetchall()

    def as_object(row):
        return {"code": row[0], "url": row[1], "hits": row[2]}

    def by_code(code):
        return next((as_object(row) for row in run("SELECT code, url, hits FROM links WHERE code = ?", code)), None)

    def next_code():
        (highest,) = run("SELECT coalesce(max(id), 0) FROM links")[0]
        while True:
            highest += 1
            code = f"l-{highest:x}"
            if not by_code(code):
                return code

    def error(status, text, **headers):
        return status, {"error": text}, headers

    def post_links(part, query, body):
        try:
            given = json.loads(str(body, "utf-8"))
        except ValueError:
            given = None
        if type(given) is not dict:
            return error(400, "invalid json")
        url, code = given.get("url"), given.get("code")
        if not valid_url(url):
            return error(400, "invalid url")
        if code is None:
            for (known,) in run("SELECT code FROM made WHERE url = ?", url):
                return 200, by_code(known), {"location": "/" + known}
            code = next_code()
            run("INSERT INTO made VALUES (?, ?)", url, code)
        elif type(code) is not str or not set(code) <= LETTERS or len(code) not in range(3, 21):
            return error(400, "invalid code")
        elif code == "links" or by_code(code):
            return error(409, "code taken")
        run("INSERT INTO links (code, url, hits) VALUES (?, ?, 0)", code, url)
        return 201, by_code(code), {"location": "/" + code}

    def get_links(part, query, body):
        chosen = {"limit": "20", "offset": "0", **dict(parse_qsl(query.decode(), keep_blank_values=True))}
        for name, least, most in (("limit", 1, 100), ("offset", 0, 2**60)):
            text = chosen[name]
            if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
                return error(400, f"invalid {name}")
        rows = run("SELECT code, url, hits FROM links ORDER BY id")
        start = int(chosen["offset"])
        part = rows[start:start + int(chosen["limit"])]
        return 200, {"links": [as_object(row) for row in part], "total": len(rows)}, {}

    def get_link(code, query, body):
        link = by_code(code)
        return (200, link, {}) if link else error(404, "not found")

    def delete_link(code, query, body):
        if not by_code(code):
            return error(404, "not found")
        run("DELETE FROM links WHERE code = ?", code)
        run("DELETE FROM made WHERE code = ?", code)
        return 204, None, {}

    def peek(code, query, body):
        link = by_code(code)
        return (302, None, {"location": link["url"]}) if link else error(404, "not found")

    def follow(code, query, body):
        run("UPDATE links SET hits = hits + 1 WHERE code = ?", code)
        return peek(code, query, body)

    routes = {
        "all": {"GET": get_links, "HEAD": get_links, "POST": post_links},
        "one": {"DELETE": delete_link, "GET": get_link, "HEAD": get_link},
        "go": {"GET": follow, "HEAD": peek},
    }

    def route(path):
        parts = path.split("/")[1:]
        if parts == ["links"]:
            return "all", ""
        if len(parts) == 2 and parts[0] == "links" and parts[1]:
            return "one", parts[1]
        if len(parts) == 1 and parts[0]:
            return "go", parts[0]
        return None, ""

    async def respond(scope, receive):
        kind, part = route(scope["path"])
        if kind is None:
            return error(404, "not found")
        handler = routes[kind].get(scope["method"])
        if handler is None:
            return error(405, "method not allowed", allow=", ".join(sorted(routes[kind])))
        body = bytearray()
        if scope["method"] == "POST":
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > 10000:
                    return error(413, "body too large")
                if not message.get("more_body"):
                    break
        return handler(part, scope["query_string"], bytes(body))

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["type"] != "http":
            raise ValueError(scope["type"])
        status, content, extra = await respond(scope, receive)
        body = json.dumps(content, ensure_ascii=False).encode() if content is not None else b""
        headers = [(b"content-length", b"%d" % len(body))]
        if body:
            headers.append((b"content-type", b"application/json"))
        headers += [(name.encode(), value.encode()) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})

    return app


def valid_url(url):
    if type(url) is not str or len(url) > 2000 or any(letter.isspace() for letter in url):
        return False
    scheme, found, rest = url.partition("://")
    return bool(found and rest) and scheme.lower() in ("http", "https")
