"""The history: what was run, kept for good.

base.py        what every store offers
stores.py      the makes of stores, and the one function that opens them from a path or URL
json_file/     the first make: one JSON file
postgresql/    the second one: a database that several boxes share
csv_file.py    the third one: a table of runs that a report wrote, only to be read
leases.py      what such a store offers several boxes: one group of runs, one box at a time
index/         a cache beside such a file, from which lists and single runs are read
record.py      a run as its JSON record, and back; a new field of a run goes there and into benchkit.records
heads.py       what a run is called; listing.py: what a list shows of it; naming.py: families
finding.py     filter, order and page of a list
choosing.py    one run by what a person typed
notes.py       notes and tags, in a small file
artifacts.py   a run's small files, lines of JSON in them; sealed.py opens a file below the run's folder alone
adding.py      a run or a results file made elsewhere becomes a run of this history
copying.py     all of one history into another one
recognizing.py which harness wrote a file or folder of results

To add a store, write its class and its line in STORES.
"""

from benchkit.telling.history.choosing import find_run
from benchkit.telling.history.record import as_json, from_record, to_record
from benchkit.telling.history.stores import open_store

__all__ = ["as_json", "find_run", "from_record", "open_store", "to_record"]
