"""Judges answers that change a workspace, in every language of the catalogue.

judge.py       judges one answer: an Attempt
testing.py     builds and tests a workspace; tested.py holds the outcome
kept.py        in a run of several rounds: what was tested before is not tested again
programs.py    runs the programs of that in the sandbox
cases.py       answers to tasks in the small form
proof.py       parses the report of a test program
feedback.py    the test output that a model gets after a failed try
browser.py     runs a page's tests in a browser: a second opinion and a screenshot
artifacts.py   the files of an attempt in the run's folder
generation.py  judges tests that a model wrote: false alarms, mutants killed
packages.py    the packages that tasks declare
heavy_programs.py  builds the heavy inputs of tasks, by which answers are timed
toolchains.py  finds the toolchains of this machine
verify.py      the gate for tasks: references pass, everything else fails
harnesses/     one file a language
"""
