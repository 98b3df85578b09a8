"""Room bookings over a small store of JSON documents: SQLite keeps the documents, Python compares and sorts."""

import base64
import binascii
import json
import sqlite3
from datetime import datetime
from urllib.parse import parse_qs

REASONS = {200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
           409: "Conflict", 422: "Unprocessable Entity"}


class Problem(Exception):
    pass


def fail(status, code, allow=None, **more):
    raise Problem(status, {"error": code, "message": code.replace("_", " "), **more}, {"Allow": allow} if allow else {})


class Store:
    def __init__(self, connection):
        self.connection = connection
        connection.execute("CREATE TABLE IF NOT EXISTS document (kind TEXT, key TEXT, content TEXT, PRIMARY KEY (kind, key))")

    def get(self, kind, key):
        row = self.connection.execute("SELECT content FROM document WHERE kind = ? AND key = ?", (kind, str(key))).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind, key, content):
        with self.connection:
            self.connection.execute("REPLACE INTO document VALUES (?, ?, ?)", (kind, str(key), json.dumps(content)))

    def drop(self, kind, key):
        with self.connection:
            self.connection.execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, str(key)))

    def all(self, kind):
        return [json.loads(row[0]) for row in self.connection.execute("SELECT content FROM document WHERE kind = ?", (kind,))]

    def next_id(self, kind):
        number = (self.get("counter", kind) or 0) + 1
        self.put("counter", kind, number)
        return number


def to_time(value):
    try:
        time = datetime.strptime(value, "%Y-%m-%dT%H:%M")
    except (TypeError, ValueError):
        return None
    return time if time.strftime("%Y-%m-%dT%H:%M") == value and time.minute % 15 == 0 else None


def stripped(value):
    return value.strip() if isinstance(value, str) else ""


def whole(value, most):
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most


class Query:
    def __init__(self, text):
        self.values = {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}

    def take(self, name, convert, default=None):
        if name not in self.values:
            return default
        result = convert(self.values[name])
        if result is None:
            fail(400, "bad_query")
        return result


def number_up_to(most):
    def convert(text):
        return int(text) if text.isascii() and text.isdigit() and len(text) < 12 and 1 <= int(text) <= most else None

    return convert


def read_cursor(text):
    try:
        return to_time(base64.b64decode(text.encode(), validate=True).decode())
    except (binascii.Error, UnicodeError):
        return None


def make_cursor(booking):
    return base64.b64encode(booking["start"].encode()).decode()


def create_app(connection: sqlite3.Connection, now):
    store = Store(connection)

    def of_room(room):
        return sorted((b for b in store.all("booking") if b["room_id"] == room), key=lambda b: b["start"])

    def clash(room, start, end):
        return next((b for b in of_room(room) if to_time(b["start"]) < end and start < to_time(b["end"])), None)

    def get_rooms(request):
        query = request.query()
        least = query.take("min_capacity", number_up_to(10**10), 1)
        start, end = query.take("free_from", to_time), query.take("free_to", to_time)
        if (start or end) and not (start and end and start < end):
            fail(400, "bad_query")
        rooms = [r for r in store.all("room") if r["capacity"] >= least and not (start and clash(r["id"], start, end))]
        return 200, {"rooms": sorted(rooms, key=lambda room: room["name"].casefold())}, {}

    def post_rooms(request):
        body = request.body()
        name = stripped(body.get("name"))
        checks = {"capacity": whole(body.get("capacity"), 500), "name": 0 < len(name) <= 50}
        request.check(checks)
        if any(room["name"].casefold() == name.casefold() for room in store.all("room")):
            fail(409, "name_taken")
        room = {"id": store.next_id("room"), "name": name, "capacity": body["capacity"]}
        store.put("room", room["id"], room)
        return 201, room, {}

    def get_bookings(request, room):
        query = request.query()
        limit = query.take("limit", number_up_to(100), 20)
        first, last = query.take("from", to_time, datetime.min), query.take("to", to_time, datetime.max)
        behind = query.take("cursor", read_cursor, datetime.min)
        found = [b for b in of_room(room["id"]) if to_time(b["end"]) > first and behind < to_time(b["start"]) < last]
        rest = found[limit:]
        return 200, {"bookings": found[:limit], "next": make_cursor(found[limit - 1]) if rest else None}, {}

    def post_bookings(request, room):
        body = request.body()
        key = request.environ.get("HTTP_IDEMPOTENCY_KEY", "")
        known = store.get("key", key) if key else None
        if known:
            if known["room"] != room["id"] or known["body"] != body:
                fail(409, "key_reused")
            return 201, known["answer"], {"Location": f"/bookings/{known['answer']['id']}"}
        start, end = to_time(body.get("start")), to_time(body.get("end"))
        start_right = start is not None and start >= now()
        end_right = end is not None and (not start_right or 0 < (end - start).total_seconds() <= 8 * 3600)
        people = body.get("people", 1)
        who = stripped(body.get("who"))
        request.check({"start": start_right, "end": end_right, "who": bool(who), "people": whole(people, room["capacity"])})
        in_way = clash(room["id"], start, end)
        if in_way:
            fail(409, "overlap", booking_id=in_way["id"])
        answer = {"id": store.next_id("booking"), "room_id": room["id"], "start": body["start"], "end": body["end"],
                  "who": who, "people": people}
        store.put("booking", answer["id"], answer)
        if key:
            store.put("key", key, {"room": room["id"], "body": body, "answer": answer})
        return 201, answer, {"Location": f"/bookings/{answer['id']}"}

    def get_booking(request, booking):
        return 200, booking, {}

    def delete_booking(request, booking):
        if to_time(booking["start"]) < now():
            fail(409, "started")
        store.drop("booking", booking["id"])
        return 204, None, {}

    def find_route(path):
        parts = path.split("/")[1:]
        if parts == ["rooms"]:
            return {"GET": get_rooms, "POST": post_rooms}, None
        if len(parts) == 3 and parts[0] == "rooms" and parts[2] == "bookings" and is_id(parts[1]):
            return {"GET": get_bookings, "POST": post_bookings}, ("room", parts[1])
        if len(parts) == 2 and parts[0] == "bookings" and is_id(parts[1]):
            return {"DELETE": delete_booking, "GET": get_booking}, ("booking", parts[1])
        return fail(404, "not_found")

    def handle(request):
        handlers, named = find_route(request.environ["PATH_INFO"])
        handler = handlers.get(request.environ["REQUEST_METHOD"])
        if handler is None:
            fail(405, "bad_method", allow=", ".join(handlers))
        if named is None:
            return handler(request)
        found = store.get(named[0], named[1].lstrip("0"))
        if found is None:
            fail(404, "not_found")
        return handler(request, found)

    def app(environ, start_response):
        try:
            status, content, headers = handle(Request(environ))
        except Problem as problem:
            status, content, headers = problem.args
        data = json.dumps(content, ensure_ascii=False).encode() if content is not None else b""
        if data:
            headers = {**headers, "Content-Type": "application/json", "Content-Length": str(len(data))}
        start_response(f"{status} {REASONS[status]}", list(headers.items()))
        return iter([data])

    return app


def is_id(text):
    return text.isascii() and text.isdigit()


class Request:
    def __init__(self, environ):
        self.environ = environ

    def query(self):
        return Query(self.environ.get("QUERY_STRING", ""))

    def body(self):
        raw = self.environ["wsgi.input"].read(int(self.environ.get("CONTENT_LENGTH") or "0"))
        try:
            value = json.loads(raw.decode())
        except ValueError:
            value = None
        return value if isinstance(value, dict) else fail(400, "bad_json")

    @staticmethod
    def check(checks):
        wrong = sorted(name for name, right in checks.items() if not right)
        if wrong:
            fail(422, "invalid", fields=wrong)
