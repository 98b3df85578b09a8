"""The jailed side: what runs in the zygote and in the programs forked from it. Standard library alone.

    zygote.py      forked from its judge before that knows anything, then one fork a program
    descriptors.py what a fork gets and leaves; ending.py ends it with all that it started
    setting.py     what it has around it: warm modules, its level, its private folder
    rehearsal.py   what every fork does, done before the first
    confine.py     what a fork does to itself before it runs a program's code, layer by layer
    namespaces.py  a root of its own: the toolchain read-only, a private /tmp, nothing else
    landlock.py    the same by rules on paths, where there are no namespaces
    threads.py     how many threads a program may have, where no namespace counts them
    seccomp.py     which system calls a program may make, each rule with its reason
    syscalls.py    the system calls themselves (ctypes); numbers.py their numbers
    functions.py   serves calls of a loaded program; sharing.py those of a test, with what both sides share
    programs.py    runs a whole program; semaphores.py is multiprocessing's for one without other processes
    folder.py      empties the private folder, whatever was left in it

Nothing here decides a verdict, and nothing here ever sees a test's expected value.
"""
