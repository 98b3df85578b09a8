"""Judges answers that change a workspace, in every language of the catalogue.

judge.py       one answer to one Attempt
testing.py     builds and tests a workspace; tested.py what became of it
programs.py    the sandbox's part of that
cases.py       answers to tasks in the small form
proof.py       what a test program proves
feedback.py    what a model is told after a failed try
browser.py     pages once more in a browser: a second opinion and a picture
artifacts.py   what an attempt leaves in its folder
generation.py  tests that a model wrote: false alarms, mutants killed
packages.py    the packages that tasks declare
toolchains.py  what this machine has to do it with
verify.py      the gate for tasks: the reference passes, everything else fails
harnesses/     one file a language
"""
