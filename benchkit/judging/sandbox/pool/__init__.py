"""The caller's process: hands programs to workers and reads what they answer.

pool.py         a Sandbox: its workers, taken by the calling thread and given back after each program
worker.py       the pool's end of one judge process
loaded.py       a loaded program and the results of its calls, as the caller sees them
fork_server.py  starts the process that the judges are forked from, and sends it orders
places.py       what the workers must know of the machine: readable folders, search path, user
delegation.py   finds the cgroup that was delegated to us
"""
