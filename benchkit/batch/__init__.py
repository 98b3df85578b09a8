"""Many models, many benchmarks, one command before bed.

planfile.py   a plan as a person wrote it, checked whole
models.py     which GGUF files a path, glob or folder means
expand.py     models x benchmarks x matrix -> entries, those that share a server side by side
estimate.py   the memory and the time an entry is expected to take
preview.py    --dry-run's table
night.py      the loop: what is left, limits, failures in a row
state.py      the journal beside the history, from which a later night goes on
display.py    the live table, or a plain line a minute
inhibit.py    no sleep meanwhile
notify.py     tells somebody who is not looking
summary.py    the morning's table
starter.py    --init: a plan for the GGUF files that are here

A new setting of a plan: one line in planfile.SETTINGS and one in expand._KINDS.
"""
