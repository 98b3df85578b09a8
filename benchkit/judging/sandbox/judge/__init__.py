"""The trusted process of one worker: runs the tests, keeps clock and limits, decides the verdict.

    fork_server.py    the process that all judges are forked from, their imports done once
    main.py           a judge's main loop, and its table of requests (run, check, load)
    whole_program.py  runs a whole program; checking.py runs a test; conversation.py calls functions
    candidate.py      what a test holds of its candidate; stand_ins.py: of objects that stay in the jail;
                      exceptions.py makes the candidate's exceptions anew for it
    prompts.py        what a test may use of a prompt that need not be whole Python
    running.py        one program in the jail: its pipes, its clock, its end
    watchdog.py       interrupts and ends a judge whose own code overruns the program's time
    disk.py           stops a program that fills a folder which no mount limits
    outcomes.py       from how a program ended to its verdict
    launch.py         starts the zygote at one level and speaks with it; containers.py does it by an engine
    cgroups.py        limits that all processes of a program share
To add a way to run code: a file with a function (jail, ...) -> (Outcome, whether the jail is usable), and its
entry in main.py's table.
"""
