"""Short links as an ASGI application on SQLite."""

import sqlite3


def create_app(connection: sqlite3.Connection):
    raise NotImplementedError
