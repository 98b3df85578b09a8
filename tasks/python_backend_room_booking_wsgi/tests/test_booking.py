import io
import json
import sqlite3
import unittest
from datetime import datetime
from urllib.parse import quote, urlencode

from booking import create_app


class Answer:
    def __init__(self, status, headers, body):
        self.status = int(status.split()[0])
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body
        self.json = json.loads(body) if body else None


class BookingTest(unittest.TestCase):
    def setUp(self):
        self.connection = sqlite3.connect(":memory:")
        self.addCleanup(self.connection.close)
        self.time = datetime(2026, 3, 2, 8, 5)
        self.app = create_app(self.connection, lambda: self.time)

    def call(self, method, path, body=None, key=None, **query):
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": urlencode(query), "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(data + b"trailing"), "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }
        if data:
            environ["CONTENT_LENGTH"] = str(len(data))
        if key is not None:
            environ["HTTP_IDEMPOTENCY_KEY"] = key
        started = []
        parts = self.app(environ, lambda status, headers, exc_info=None: started.append((status, headers)))
        content = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        self.assertEqual(len(started), 1)
        answer = Answer(*started[0], content)
        if answer.status != 204:
            self.assertEqual(answer.headers.get("content-length"), str(len(content)))
            self.assertEqual(answer.headers.get("content-type"), "application/json")
        return answer

    def error(self, status, code, *arguments, **query):
        answer = self.call(*arguments, **query)
        self.assertEqual((answer.status, answer.json["error"]), (status, code))
        self.assertIsInstance(answer.json["message"], str)
        return answer

    def room(self, name="Blue", capacity=10):
        answer = self.call("POST", "/rooms", {"name": name, "capacity": capacity})
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json["id"]

    @staticmethod
    def wish(start, end, day="2026-03-03", **more):
        return {"start": f"{day}T{start}", "end": f"{day}T{end}", "who": "Ada", **more}

    def book(self, room, start, end, **more):
        answer = self.call("POST", f"/rooms/{room}/bookings", self.wish(start, end, **more))
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json["id"]

    def starts(self, room, **query):
        return [b["start"][-5:] for b in self.call("GET", f"/rooms/{room}/bookings", **query).json["bookings"]]

    def test_rooms_are_made_and_listed(self):
        answer = self.call("POST", "/rooms", {"name": "  blue \u00e9 ", "capacity": 4, "floor": 2})
        self.assertEqual(answer.json, {"id": answer.json["id"], "name": "blue \u00e9", "capacity": 4})
        self.room("Amber", 12)
        self.room("cyan", 8)
        self.assertEqual([r["name"] for r in self.call("GET", "/rooms").json["rooms"]], ["Amber", "blue \u00e9", "cyan"])
        self.assertEqual([r["capacity"] for r in self.call("GET", "/rooms", min_capacity="8").json["rooms"]], [12, 8])
        self.error(409, "name_taken", "POST", "/rooms", {"name": "BLUE \u00c9", "capacity": 1})
        for value in ("0", "x", "-1", "", "\u0663"):
            self.error(400, "bad_query", "GET", "/rooms", min_capacity=value)

    def test_invalid_rooms(self):
        cases = [({}, ["capacity", "name"]), ({"name": " ", "capacity": 0}, ["capacity", "name"]), ({"name": "a", "capacity": True}, ["capacity"]),
                 ({"name": "a", "capacity": 2.5}, ["capacity"]), ({"name": "a" * 51, "capacity": 500}, ["name"]), ({"name": 5, "capacity": 501}, ["capacity", "name"])]
        for body, fields in cases:
            answer = self.error(422, "invalid", "POST", "/rooms", body)
            self.assertEqual(answer.json["fields"], fields)
        for body in (None, b"{", b"[]", b"\xff", b"null"):
            self.error(400, "bad_json", "POST", "/rooms", body)

    def test_free_rooms(self):
        blue, red = self.room("Blue"), self.room("Red")
        self.book(blue, "10:00", "11:00")

        def free(start, end):
            rooms = self.call("GET", "/rooms", free_from=f"2026-03-03T{start}", free_to=f"2026-03-03T{end}").json["rooms"]
            return [r["id"] for r in rooms]

        self.assertEqual(free("09:00", "10:15"), [red])
        self.assertEqual(free("10:15", "10:30"), [red])
        self.assertEqual([free("09:00", "10:00"), free("11:00", "12:00")], [[blue, red]] * 2)
        t = "2026-03-03T10:00"
        for query in ({"free_from": t}, {"free_to": t}, {"free_from": t, "free_to": t}, {"free_from": t, "free_to": "tomorrow"}):
            self.error(400, "bad_query", "GET", "/rooms", **query)

    def test_booking_is_made_and_read(self):
        room = self.room()
        answer = self.call("POST", f"/rooms/{room}/bookings", self.wish("09:15", "17:15", who=" Bo ", people=10))
        booking = answer.json
        self.assertEqual(answer.headers["location"], f"/bookings/{booking['id']}")
        self.assertEqual(booking, {"id": booking["id"], "room_id": room, "start": "2026-03-03T09:15", "end": "2026-03-03T17:15", "who": "Bo", "people": 10})
        self.assertEqual(self.call("GET", f"/bookings/{booking['id']}").json, booking)
        other = self.book(room, "08:15", "08:30", day="2026-03-02")
        self.assertEqual(self.call("GET", f"/bookings/{other}").json["people"], 1)

    def test_invalid_bookings(self):
        path = f"/rooms/{self.room(capacity=3)}/bookings"
        good = self.wish("10:00", "11:00")
        cases = [({}, ["end", "start", "who"]), ({**good, "people": 4, "who": "\t"}, ["people", "who"]), ({**good, "people": None}, ["people"]),
                 ({**good, "people": True}, ["people"]), ({**good, "start": "2026-03-03T11:00"}, ["end"]), ({**good, "end": "2026-03-03T18:15"}, ["end"]),
                 ({**good, "start": "2026-03-02T08:00", "end": "2026-03-02T09:00"}, ["start"]), ({**good, "start": "x", "end": "2026-03-01T09:00"}, ["start"])]
        for body, fields in cases:
            with self.subTest(body=body):
                self.assertEqual(self.error(422, "invalid", "POST", path, body).json["fields"], fields)
        for time in ("2026-02-30T10:00", "2026-03-03 10:00", "2026-03-03T10:00:00", "2026-03-03T9:00", "2026-03-03T10:10", "2026-03-03T24:00",
                     "2026-03-03T10:00Z", "20260303T1000", 5, None, "2026-03-03T10:00 ", "202\u0666-03-03T10:00"):
            with self.subTest(time=time):
                self.assertEqual(self.error(422, "invalid", "POST", path, {**good, "end": time}).json["fields"], ["end"])
        self.assertEqual(self.call("GET", path).json, {"bookings": [], "next": None})

    def test_overlaps(self):
        room, other = self.room(), self.room("Red")
        late, early = self.book(room, "12:00", "13:00"), self.book(room, "10:00", "11:00")
        for start, end, way in (("10:15", "10:30", early), ("09:00", "14:00", early), ("10:45", "12:15", early), ("12:45", "13:15", late), ("12:00", "13:00", late)):
            answer = self.error(409, "overlap", "POST", f"/rooms/{room}/bookings", self.wish(start, end))
            self.assertEqual(answer.json["booking_id"], way)
        self.book(room, "11:00", "12:00")
        self.book(room, "09:00", "10:00")
        self.book(other, "10:00", "11:00")

    def test_same_key_gives_the_same_answer(self):
        room, other = self.room(), self.room("Red")
        path, wish = f"/rooms/{room}/bookings", self.wish("10:00", "11:00", extra=[1, {"a": 2, "b": 3}])
        first = self.call("POST", path, wish, key="k1")
        turned = json.dumps({**{k: wish[k] for k in reversed(list(wish))}, "extra": [1, {"b": 3, "a": 2}]}, indent=3).encode()
        again = self.call("POST", path, turned, key="k1")
        self.assertEqual((again.status, again.json, again.headers["location"]), (201, first.json, first.headers["location"]))
        self.assertEqual(len(self.starts(room)), 1)
        self.error(409, "key_reused", "POST", f"/rooms/{other}/bookings", wish, key="k1")
        self.error(409, "key_reused", "POST", path, {"start": 5}, key="k1")
        self.error(400, "bad_json", "POST", path, b"[]", key="k1")
        self.error(409, "overlap", "POST", path, wish, key="k2")
        self.error(409, "overlap", "POST", path, wish, key="")
        self.call("DELETE", first.headers["location"])
        self.time = datetime(2027, 1, 1)
        self.app = create_app(self.connection, lambda: self.time)
        self.assertEqual(self.call("POST", path, wish, key="k1").json, first.json)
        self.assertEqual(self.starts(room), [])

    def test_keys_of_failed_requests_are_free(self):
        room = self.room()
        path = f"/rooms/{room}/bookings"
        blocker = self.book(room, "10:00", "11:00")
        self.error(409, "overlap", "POST", path, self.wish("10:00", "11:00"), key="k")
        self.error(422, "invalid", "POST", path, {}, key="k")
        self.call("DELETE", f"/bookings/{blocker}")
        self.assertEqual(self.call("POST", path, self.wish("10:00", "11:00"), key="k").status, 201)

    def test_list_from_and_to(self):
        room = self.room()
        for start, end in (("12:00", "13:00"), ("10:00", "11:00"), ("11:00", "12:00")):
            self.book(room, start, end)
        self.book(self.room("Red"), "10:00", "11:00")
        self.assertEqual(self.starts(room), ["10:00", "11:00", "12:00"])
        self.assertEqual(self.starts(room, **{"from": "2026-03-03T11:00"}), ["11:00", "12:00"])
        self.assertEqual(self.starts(room, **{"from": "2026-03-03T10:45"}), ["10:00", "11:00", "12:00"])
        self.assertEqual(self.starts(room, to="2026-03-03T12:00"), ["10:00", "11:00"])
        self.assertEqual(self.starts(room, to="2026-03-03T12:15", **{"from": "2026-03-03T12:00"}), ["12:00"])
        for name, value in (("from", "x"), ("to", "2026-03-03T10:05"), ("limit", "0"), ("limit", "101"), ("limit", "x"), ("cursor", "x"), ("cursor", ""), ("cursor", "9\u00b2")):
            self.error(400, "bad_query", "GET", f"/rooms/{room}/bookings", **{name: value})

    def test_pages_hold_while_bookings_change(self):
        room, path = self.room(), "/rooms/{}/bookings"
        path = path.format(room)
        ids = {hour: self.book(room, f"{hour}:00", f"{hour}:30") for hour in range(10, 22)}
        page = self.call("GET", path, limit="4").json
        self.assertEqual([b["start"][-5:-3] for b in page["bookings"]], ["10", "11", "12", "13"])
        self.book(room, "09:00", "09:30")
        for hour in (10, 13, 15):
            self.call("DELETE", f"/bookings/{ids[hour]}")
        self.assertIsInstance(page["next"], str)
        seen = []
        while page["next"]:
            page = self.call("GET", path, limit="4", cursor=page["next"]).json
            seen.append([b["start"][-5:-3] for b in page["bookings"]])
        self.assertEqual(seen, [["14", "16", "17", "18"], ["19", "20", "21"]])

    def test_last_page_that_is_full_has_no_next(self):
        room = self.room()
        for hour in range(10, 14):
            self.book(room, f"{hour}:00", f"{hour}:30")
        page = self.call("GET", f"/rooms/{room}/bookings", limit="2").json
        page = self.call("GET", f"/rooms/{room}/bookings", limit="2", cursor=page["next"]).json
        self.assertEqual((len(page["bookings"]), page["next"]), (2, None))

    def test_delete(self):
        room = self.room()
        first = self.book(room, "10:00", "11:00")
        answer = self.call("DELETE", f"/bookings/{first}")
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.error(404, "not_found", "GET", f"/bookings/{first}")
        self.error(404, "not_found", "DELETE", f"/bookings/{first}")
        second = self.book(room, "10:00", "11:00")
        self.assertNotEqual(first, second)
        self.time = datetime(2026, 3, 3, 10, 0)
        self.assertEqual(self.call("DELETE", f"/bookings/{second}").status, 204)
        third = self.book(room, "10:00", "11:00")
        self.time = datetime(2026, 3, 3, 10, 1)
        self.error(409, "started", "DELETE", f"/bookings/{third}")

    def test_paths_and_methods(self):
        room = self.room()
        for path in ("/", "/room", "/rooms/", f"/rooms/{room}", "/bookings", "/rooms/0/bookings", "/rooms/99/bookings", f"/rooms/0x{room}/bookings",
                     "/rooms/-1/bookings", "/bookings/x", "/bookings/7", f"/rooms/{room}/bookings/1", "/bookings/" + quote("\u00b2")):
            self.error(404, "not_found", "GET", path)
        self.error(404, "not_found", "POST", "/rooms/99/bookings", b"{")
        for method, path, allowed in (("PUT", "/rooms", "GET, POST"), ("DELETE", f"/rooms/{room}/bookings", "GET, POST"), ("POST", "/bookings/7", "DELETE, GET")):
            answer = self.error(405, "bad_method", method, path)
            self.assertEqual(answer.headers["allow"], allowed)
