"""The messages between pool, judge and jail.

    setup.py    a worker's settings at its start, and its zygote's facts about the machine
    line.py     pool and judge, both trusted: length and marshalled plain data
    deadline.py pool and judge: until when a judge may compute
    frames.py   judge and jail: requests, replies with a fixed head, the report of a program's end
    codec.py    values as bytes
    decoding.py … and back: the reader that bounds what a value from the jail can be
    values.py   values of more types, packed into plain data between a test and its candidate
    replies.py  one reply of a program, read as a claim
To add a kind of reply: its letter in frames.py, its writer in jail/functions.py, its reader in replies.py.
"""
