"""The history as one JSON file that people and `jq` can read, one run a line.

file.py       the store: reads the file once for as long as nobody changes it
content.py    what the file held at one moment; document.py: the whole file, in every layout
appending.py  one run more, in place; journal.py makes that safe against crashes and power cuts
deleting.py   one run less, by writing the file anew
"""
