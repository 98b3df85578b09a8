"""An index of a history file in the cache folder: lists and single runs without reading the whole file.

It knows of each run where its line lies and the facts that lists are filtered and ordered by. It is a cache:
whoever deletes it loses nothing, and where it is not current nothing is taken from it.

cursor.py      how far the file is in the index; whether the file has grown, or is another one now
lines.py       the runs' lines behind a cursor
database.py    the SQLite file: its tables, its cursor
building.py    following the file: what was appended, or all of it anew beside the old index
queries.py     filters, orders and pages as SQL
reader.py      answers of one index file
history.py     a store that keeps the index of its file current while somebody looks

For a page: `history.open_indexed(place)`. Commands use what is there: `reader.current_index(path)`.

A new fact to filter or order by is a line of the table COLUMNS beside this folder; then VERSION in
database.py goes up.
"""
