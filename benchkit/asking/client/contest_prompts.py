"""How a contest's problem is asked. The words are ours; what is said, and how, follows the tool named."""

from __future__ import annotations

from collections.abc import Callable

from benchkit.asking.script.base import Message, Prompt
from benchkit.errors import UnknownName

SYSTEM = (
    "You write Python programs that solve programming problems. You are given a problem and answer with a "
    "correct program that does what it asks and passes all of its tests."
)
PROGRAM = (
    "Your program reads the input from standard input and prints the answer to standard output. Do not run "
    "it on the examples. Put the whole program into one block like this:\n```python\n# YOUR CODE HERE\n```"
)
FUNCTION = "Complete this code, and put all of it into one block:\n```python\n{starter}\n```"


def _official(statement: str, starter: str) -> tuple[Message, ...]:
    """LiveCodeBench's generic chat form: a system line, the question, and the format of the answer."""
    question = f"### Question:\n{statement}\n\n### Format:\n{_format(starter)}\n\n### Answer:\n"
    return _said("system", SYSTEM), _said("user", question)


def _plain(statement: str, starter: str) -> tuple[Message, ...]:
    return (_said("user", f"{statement}\n\n{_format(starter)}"),)


CONTEST_STYLES: dict[str, Callable[[str, str], tuple[Message, ...]]] = {"lcb": _official, "plain": _plain}


def contest_prompt(style: str, statement: str, starter: str) -> Prompt:
    if style not in CONTEST_STYLES:
        raise UnknownName("prompt style", style, CONTEST_STYLES)
    return Prompt(CONTEST_STYLES[style](statement, starter))


def _format(starter: str) -> str:
    return FUNCTION.replace("{starter}", starter.rstrip()) if starter.strip() else PROGRAM


def _said(role: str, content: str) -> Message:
    return {"role": role, "content": content}
