import asyncio
import json
import re
import sqlite3
import unittest

from links import create_app


class Answer:
    def __init__(self, messages):
        start, *bodies = messages
        assert start["type"] == "http.response.start", start
        assert all(body["type"] == "http.response.body" for body in bodies), bodies
        assert bodies and not bodies[-1].get("more_body"), bodies
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self.body = b"".join(body.get("body", b"") for body in bodies)

    @property
    def json(self):
        return json.loads(self.body)


async def call(app, method, path, chunks=(b"",), query=b""):
    messages = [{"type": "http.request", "body": c, "more_body": i + 1 < len(chunks)} for i, c in enumerate(chunks)]
    sent = []

    async def receive():
        await asyncio.sleep(0)
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
             "raw_path": path.encode(), "query_string": query, "headers": [], "scheme": "http"}
    await asyncio.wait_for(app(scope, receive, send), 10)
    return Answer(sent)


class LinksTest(unittest.TestCase):
    def setUp(self):
        self.connection = sqlite3.connect(":memory:")
        self.addCleanup(self.connection.close)
        self.app = create_app(self.connection)

    def call(self, method, path, body=None, query=""):
        chunks = [b""] if body is None else [body if isinstance(body, bytes) else json.dumps(body).encode()]
        answer = asyncio.run(call(self.app, method, path, chunks, query.encode()))
        if answer.status != 204 and method != "HEAD":
            self.assertEqual(answer.headers["content-length"], str(len(answer.body)))
        if answer.body:
            self.assertEqual(answer.headers["content-type"], "application/json")
        return answer

    def make(self, url="https://example.org/a", **more):
        answer = self.call("POST", "/links", {"url": url, **more})
        self.assertEqual(answer.status, 201)
        return answer.json["code"]

    def check_error(self, status, text, *arguments):
        answer = self.call(*arguments)
        self.assertEqual((answer.status, answer.json), (status, {"error": text}))
        return answer

    def test_make_with_code_and_follow(self):
        answer = self.call("POST", "/links", {"url": "HTTPS://example.org/\u00fc?a=b", "code": "my-1", "colour": 3})
        self.assertEqual((answer.status, answer.headers["location"]), (201, "/my-1"))
        self.assertEqual(answer.json, {"code": "my-1", "url": "HTTPS://example.org/\u00fc?a=b", "hits": 0})
        self.make("http://x", code="abc")
        answer = self.call("GET", "/abc")
        self.assertEqual((answer.status, answer.headers["location"], answer.body), (302, "http://x", b""))

    def test_made_codes(self):
        codes = [self.make(f"https://example.org/{n}", code=None) for n in range(50)]
        self.assertEqual(len(set(codes)), 50)
        for code in codes:
            self.assertRegex(code, r"\A[a-z0-9-]{3,20}\Z")
            self.assertNotEqual(code, "links")

    def test_same_url_gets_the_same_made_code(self):
        given = self.make("http://x", code="given")
        made = self.make("http://x")
        self.assertNotEqual(made, given)
        self.call("GET", f"/{made}")
        answer = self.call("POST", "/links", {"url": "http://x"})
        self.assertEqual((answer.status, answer.json), (200, {"code": made, "url": "http://x", "hits": 1}))
        self.assertEqual(answer.headers["location"], f"/{made}")
        self.make("http://x", code="other")
        self.assertEqual(self.call("GET", "/links").json["total"], 3)

    def test_hits_count_get_only(self):
        self.make(code="abc")
        for method in ("GET", "HEAD", "GET", "HEAD"):
            answer = self.call(method, "/abc")
            self.assertEqual((answer.status, answer.body), (302, b""))
            self.assertEqual(answer.headers["location"], "https://example.org/a")
        self.assertEqual(self.call("GET", "/links/abc").json["hits"], 2)

    def test_head_has_the_length_of_get(self):
        self.make(code="abc")
        for path in ("/links/abc", "/links"):
            got, head = self.call("GET", path), self.call("HEAD", path)
            self.assertEqual((head.status, head.body), (200, b""))
            self.assertEqual(head.headers["content-length"], got.headers["content-length"])
        head = self.call("HEAD", "/nothing")
        self.assertEqual((head.status, head.body), (404, b""))

    def test_list(self):
        for n in range(25):
            self.make(f"http://x/{n}", code=f"c-{99 - n}")

        def listed(query):
            answer = self.call("GET", "/links", query=query).json
            self.assertEqual(answer["total"], 25)
            return [int(link["url"].rsplit("/")[-1]) for link in answer["links"]]

        self.assertEqual(listed(""), list(range(20)))
        self.assertEqual(listed("limit=3&offset=22&x=y"), [22, 23, 24])
        self.assertEqual(listed("limit=100"), list(range(25)))
        self.assertEqual(listed("offset=30"), [])
        self.assertEqual(listed("limit=5&limit=2"), [0, 1])

    def test_bad_list_parameters(self):
        for value in ("0", "101", "-1", "x", "1.5", "%D9%A3", ""):
            self.check_error(400, "invalid limit", "GET", "/links", None, f"limit={value}")
        for value in ("-1", "x", "+1", ""):
            self.check_error(400, "invalid offset", "GET", "/links", None, f"offset={value}")
        self.check_error(400, "invalid limit", "GET", "/links", None, "offset=x&limit=x")

    def test_bad_links(self):
        for body in (b"", b"{", b"[]", b'"http://x"', b"null", b'{"url": "http://\xff"}'):
            self.check_error(400, "invalid json", "POST", "/links", body)
        for url in (None, 5, "", "example.org", "ftp://x", "http://", "https://", "http://a b", "http://a\n", " http://a",
                    "http://\u00a0", "http://" + "x" * 1994):
            self.check_error(400, "invalid url", "POST", "/links", {"url": url, "code": "!"})
        self.check_error(400, "invalid url", "POST", "/links", {"code": "abc"})
        for code in ("ab", "a" * 21, "ABC", "a_b", "", "abc\n", 123, True, "\u00e9\u00e9\u00e9", "a/b"):
            self.check_error(400, "invalid code", "POST", "/links", {"url": "http://x", "code": code})
        self.assertEqual(self.call("GET", "/links").json, {"links": [], "total": 0})
        self.make("http://" + "x" * 1993, code="a" * 20)

    def test_taken_codes(self):
        self.make(code="abc")
        self.check_error(409, "code taken", "POST", "/links", {"url": "http://new", "code": "abc"})
        self.check_error(409, "code taken", "POST", "/links", {"url": "http://new", "code": "links"})
        self.assertEqual(self.call("GET", "/links/abc").json["url"], "https://example.org/a")

    def test_delete(self):
        code = self.make("http://x")
        answer = self.call("DELETE", f"/links/{code}")
        self.assertEqual((answer.status, answer.body), (204, b""))
        for method, path in (("GET", f"/{code}"), ("GET", f"/links/{code}"), ("DELETE", f"/links/{code}")):
            self.check_error(404, "not found", method, path)
        self.make("http://x", code=code)
        self.assertEqual(self.call("GET", f"/links/{code}").json["hits"], 0)

    def test_routes_that_do_not_exist(self):
        self.make(code="abc")
        for method in ("GET", "POST", "PUT"):
            for path in ("/", "/links/", "/abc/", "/links/abc/", "/a/b", "//abc", "/links/a/b"):
                self.check_error(404, "not found", method, path)
        self.check_error(404, "not found", "GET", "/ABC")
        self.check_error(404, "not found", "GET", "/abc' OR '1'='1")

    def test_methods_that_are_not_there(self):
        for path, methods in (("/links", "GET, HEAD, POST"), ("/links/abc", "DELETE, GET, HEAD"), ("/abc", "GET, HEAD")):
            answer = self.check_error(405, "method not allowed", "PATCH", path)
            self.assertEqual(answer.headers["allow"], methods)

    def test_body_in_pieces_and_too_large(self):
        body = json.dumps({"url": "http://x/\u00e9", "code": "abc"}, ensure_ascii=False).encode()
        pieces = [body[i:i + 1] for i in range(len(body))]
        answer = asyncio.run(call(self.app, "POST", "/links", pieces))
        self.assertEqual((answer.status, answer.json["url"]), (201, "http://x/\u00e9"))
        body = json.dumps({"url": "http://y", "pad": ""}).encode()
        body = body.replace(b'""', b'"' + b"p" * (10_000 - len(body)) + b'"')
        self.assertEqual(self.call("POST", "/links", body).status, 201)
        self.check_error(413, "body too large", "POST", "/links", body + b" ")
        answer = asyncio.run(call(self.app, "POST", "/links", [b" " * 6000, b" " * 4000, b" "]))
        self.assertEqual(answer.status, 413)

    def test_second_application_on_the_same_database(self):
        made = self.make("http://x")
        self.call("GET", f"/{made}")
        self.app = create_app(self.connection)
        answer = self.call("POST", "/links", {"url": "http://x"})
        self.assertEqual((answer.status, answer.json["code"], answer.json["hits"]), (200, made, 1))

    def test_lifespan_and_other_scopes(self):
        incoming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        sent = []

        async def receive():
            return incoming.pop(0)

        async def send(message):
            sent.append(message["type"])

        asyncio.run(asyncio.wait_for(self.app({"type": "lifespan"}, receive, send), 10))
        self.assertEqual([re.sub("lifespan.", "", kind) for kind in sent], ["startup.complete", "shutdown.complete"])
        with self.assertRaises(ValueError):
            asyncio.run(asyncio.wait_for(self.app({"type": "websocket"}, receive, send), 10))
