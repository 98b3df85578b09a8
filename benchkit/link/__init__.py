"""What the boxes of a cluster have in common with whoever sends them runs.

certificates.py  the cluster's own authority, one certificate a box, and where they lie
wire.py          Dask.distributed as it is used here: mutual TLS, nothing unpickled, no plain port
connections.py   connections that come to nothing are closed, at both ends
probing.py       why a head cannot be reached, in words
own_address.py   at which of its addresses a box can be reached
patience.py      how long an answer is waited for on a machine that stands still now and then
calls.py         questions to the head and to boxes, and their answers

Only wire.py, connections.py and calls.py import the optional library, and only once a command needs it.
"""
