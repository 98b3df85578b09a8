"""Judges answers that change a workspace, in every language of the catalogue.

judge.py       one answer to one Attempt
testing.py     builds and tests a workspace in the sandbox
proof.py       what a test program proves
generation.py  tests that a model wrote: false alarms, mutants killed
toolchains.py  what this machine has to do it with
verify.py      the gate for tasks: the reference passes, everything else fails
harnesses/     one file a language
"""
