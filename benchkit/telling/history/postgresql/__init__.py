"""The history as tables of a PostgreSQL database, which several boxes share.

address.py    the URL: what it must name, and what must not stand in it
link.py       one connection a process and address, opened when it is needed; its errors in our words
silence.py    a server that says nothing any more, for which nobody waits for ever
schema.py     the tables and views, made once and brought up to date; newer and foreign ones are refused
rows.py       a run as a row of the table `run`, and back
adding.py     one run more, with its small files
attempt_files.py   the small files of a run, its answers and verdicts, so that every box can read them
checking.py   what is wrong with what is stored
queries.py    filters, orders and pages as SQL
leases.py     one group of runs, one box at a time
spool.py      records that wait on this box while the store takes none
store.py      the store

To change the tables, add a list of statements to VERSIONS in schema.py; never change one that was released.
"""
