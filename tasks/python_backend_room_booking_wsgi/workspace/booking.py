"""Room bookings as a WSGI application on SQLite."""

import sqlite3


def create_app(connection: sqlite3.Connection, now):
    raise NotImplementedError
