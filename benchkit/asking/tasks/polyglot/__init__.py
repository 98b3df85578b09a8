"""A catalogue as a checkout of Aider's polyglot benchmark: exercises of Exercism in six languages.

checkout.py   LANGUAGE/exercises/practice/EXERCISE to tasks
languages.py  which files of an exercise are tests, and what makes all of them run, a row a language
pinned.py     the one commit that scores are published for: its archive, its content

To add a language: its row in languages.py; its tests need a harness in judging/tasks.
"""

from benchkit.asking.tasks.polyglot.checkout import is_checkout, read_checkout
from benchkit.asking.tasks.polyglot.languages import PolyglotRules
from benchkit.asking.tasks.polyglot.pinned import COMMIT, EXERCISES, fetch_checkout

__all__ = ["COMMIT", "EXERCISES", "PolyglotRules", "fetch_checkout", "is_checkout", "read_checkout"]
