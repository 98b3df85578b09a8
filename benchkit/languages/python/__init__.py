"""Python: what is parsed with `ast`, and what graders add to an answer.

syntax.py    does it parse, what does it define, where does it end
assembly.py  puts a body under its signature, and the prompt's imports and helpers before an answer
contests.py  an answer as LiveCodeBench runs it
answers.py   these three under the names of the protocols
asserts.py   asserts that call a function, as a test of a candidate
language.py  the language itself, made of these
"""

from benchkit.languages.python.language import Python, python_packages_folder

__all__ = ["Python", "python_packages_folder"]
