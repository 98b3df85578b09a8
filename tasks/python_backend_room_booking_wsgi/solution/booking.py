"""Room bookings as a WSGI application on SQLite."""

import json
import re
import sqlite3
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl

SCHEMA = """
CREATE TABLE IF NOT EXISTS room (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, folded TEXT UNIQUE, capacity INTEGER);
CREATE TABLE IF NOT EXISTS booking (
    id INTEGER PRIMARY KEY AUTOINCREMENT, room_id INTEGER, start TEXT, "end" TEXT, who TEXT, people INTEGER
);
CREATE TABLE IF NOT EXISTS replay (key TEXT PRIMARY KEY, room_id INTEGER, request TEXT, booking TEXT);
"""
COLUMNS = ("id", "room_id", "start", "end", "who", "people")
SELECT = 'SELECT id, room_id, start, "end", who, people FROM booking '
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:(00|15|30|45)")
LONGEST = timedelta(hours=8)


class Refused(Exception):
    def __init__(self, status, code, message="", headers=(), **more):
        super().__init__(message)
        self.status = status
        self.headers = list(headers)
        self.content = {"error": code, "message": message, **more}


def parse_time(text):
    """The time, or None when the text is none."""
    if not isinstance(text, str) or not TIME.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M")
    except ValueError:
        return None


def is_whole(value, least, most):
    return type(value) is int and least <= value <= most


def is_text(value):
    return isinstance(value, str) and bool(value.strip())


def parse_body(environ):
    data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    try:
        body = json.loads(data.decode("utf-8"))
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "bad_json", "a JSON object is needed")
    return body


def query_number(query, name, default, most):
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise Refused(400, "bad_query", f"{name} is a number from 1 to {most}")
    return int(text)


def query_time(query, name):
    if name in query and parse_time(query[name]) is None:
        raise Refused(400, "bad_query", f"{name} is no time")
    return query.get(name)


def refuse_wrong(fields):
    if fields:
        raise Refused(422, "invalid", "wrong fields", fields=sorted(fields))


class App:
    routes = (
        (re.compile("/rooms"), {"GET": "list_rooms", "POST": "make_room"}),
        (re.compile("/rooms/([0-9]+)/bookings"), {"GET": "list_bookings", "POST": "make_booking"}),
        (re.compile("/bookings/([0-9]+)"), {"DELETE": "delete_booking", "GET": "show_booking"}),
    )

    def __init__(self, connection, now):
        self.connection = connection
        self.now = now
        connection.executescript(SCHEMA)

    def __call__(self, environ, start_response):
        try:
            with self.connection:
                status, content, headers = self.dispatch(environ)
        except Refused as refused:
            status, content, headers = refused.status, refused.content, refused.headers
        body = b""
        if content is not None:
            body = json.dumps(content).encode()
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    def dispatch(self, environ):
        for pattern, methods in self.routes:
            match = pattern.fullmatch(environ.get("PATH_INFO", ""))
            if match:
                if environ["REQUEST_METHOD"] not in methods:
                    raise Refused(405, "bad_method", headers=[("Allow", ", ".join(methods))])
                # A number too large for SQLite is no id either.
                ids = [min(int(number), 2**62) for number in match.groups()]
                return getattr(self, methods[environ["REQUEST_METHOD"]])(environ, *ids)
        raise Refused(404, "not_found", "no such path")

    def rows(self, sql, *values):
        return self.connection.execute(sql, values).fetchall()

    def bookings(self, condition, *values):
        return [dict(zip(COLUMNS, row)) for row in self.rows(SELECT + condition, *values)]

    def room_capacity(self, room):
        found = self.rows("SELECT capacity FROM room WHERE id = ?", room)
        if not found:
            raise Refused(404, "not_found", "no such room")
        return found[0][0]

    def booking(self, number):
        found = self.bookings("WHERE id = ?", number)
        if not found:
            raise Refused(404, "not_found", "no such booking")
        return found[0]

    def make_room(self, environ):
        body = parse_body(environ)
        name, capacity = body.get("name"), body.get("capacity")
        wrong = [] if is_text(name) and len(name.strip()) <= 50 else ["name"]
        refuse_wrong(wrong + ([] if is_whole(capacity, 1, 500) else ["capacity"]))
        name = name.strip()
        try:
            cursor = self.connection.execute(
                "INSERT INTO room (name, folded, capacity) VALUES (?, ?, ?)", (name, name.casefold(), capacity)
            )
        except sqlite3.IntegrityError:
            raise Refused(409, "name_taken", "another room has this name") from None
        return 201, {"id": cursor.lastrowid, "name": name, "capacity": capacity}, []

    def list_rooms(self, environ):
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        least = query_number(query, "min_capacity", 1, 10**9)
        start, end = query_time(query, "free_from"), query_time(query, "free_to")
        if (start is None) != (end is None) or (start is not None and end <= start):
            raise Refused(400, "bad_query", "free_from and free_to belong together, the later one after the earlier")
        rows = self.rows("SELECT id, name, capacity FROM room WHERE capacity >= ? ORDER BY folded", least)
        rooms = [dict(zip(("id", "name", "capacity"), row)) for row in rows]
        if start is not None:
            rooms = [room for room in rooms if not self.overlapping(room["id"], start, end)]
        return 200, {"rooms": rooms}, []

    def overlapping(self, room, start, end):
        return self.bookings('WHERE room_id = ? AND start < ? AND "end" > ? ORDER BY start LIMIT 1', room, end, start)

    def make_booking(self, environ, room):
        capacity = self.room_capacity(room)
        body = parse_body(environ)
        key = environ.get("HTTP_IDEMPOTENCY_KEY")
        request = json.dumps(body, sort_keys=True)
        if key:
            for known_room, known_request, booking in self.rows("SELECT room_id, request, booking FROM replay WHERE key = ?", key):
                if (known_room, known_request) != (room, request):
                    raise Refused(409, "key_reused", "the key belongs to another request")
                return self.made(json.loads(booking))
        self.check_booking(body, capacity)
        in_way = self.overlapping(room, body["start"], body["end"])
        if in_way:
            raise Refused(409, "overlap", "the room is taken", booking_id=in_way[0]["id"])
        values = (room, body["start"], body["end"], body["who"].strip(), body.get("people", 1))
        cursor = self.connection.execute(
            'INSERT INTO booking (room_id, start, "end", who, people) VALUES (?, ?, ?, ?, ?)', values
        )
        booking = dict(zip(COLUMNS, (cursor.lastrowid, *values)))
        if key:
            self.rows("INSERT INTO replay VALUES (?, ?, ?, ?)", key, room, request, json.dumps(booking))
        return self.made(booking)

    @staticmethod
    def made(booking):
        return 201, booking, [("Location", f"/bookings/{booking['id']}")]

    def check_booking(self, body, capacity):
        start, end = parse_time(body.get("start")), parse_time(body.get("end"))
        wrong = set()
        if start is None or start < self.now():
            wrong.add("start")
        if end is None or ("start" not in wrong and not start < end <= start + LONGEST):
            wrong.add("end")
        if not is_text(body.get("who")):
            wrong.add("who")
        if not is_whole(body.get("people", 1), 1, capacity):
            wrong.add("people")
        refuse_wrong(wrong)

    def list_bookings(self, environ, room):
        self.room_capacity(room)
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        limit = query_number(query, "limit", 20, 100)
        after = query_time(query, "from") or ""
        before = query_time(query, "to") or "9999-99"
        # Bookings of a room never share a start, so that the start of the last one shown is a cursor that holds.
        cursor = query_time(query, "cursor") or ""
        found = self.bookings(
            'WHERE room_id = ? AND "end" > ? AND start < ? AND start > ? ORDER BY start LIMIT ?', room, after, before, cursor, limit + 1
        )
        shown = found[:limit]
        return 200, {"bookings": shown, "next": shown[-1]["start"] if len(found) > limit else None}, []

    def show_booking(self, environ, number):
        return 200, self.booking(number), []

    def delete_booking(self, environ, number):
        if parse_time(self.booking(number)["start"]) < self.now():
            raise Refused(409, "started", "the booking has begun")
        self.rows("DELETE FROM booking WHERE id = ?", number)
        return 204, None, []


def create_app(connection: sqlite3.Connection, now):
    return App(connection, now)
