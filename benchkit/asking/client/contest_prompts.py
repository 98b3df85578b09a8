"""How a contest's problem is asked. The words are ours; what is said, and how, follows the tool named."""

from __future__ import annotations

from collections.abc import Callable

from benchkit.asking.script.base import Message, Prompt
from benchkit.errors import UnknownName
from benchkit.languages import PYTHON, Language

SYSTEM = (
    "You write {language} programs that solve programming problems. You are given a problem and answer with "
    "a correct program that does what it asks and passes all of its tests."
)
PROGRAM = (
    "Your program reads the input from standard input and prints the answer to standard output. Do not run "
    "it on the examples. Put the whole program into one block like this:\n"
    "```{label}\n{comment} YOUR CODE HERE\n```"
)
FUNCTION = "Complete this code, and put all of it into one block:\n```{label}\n{starter}\n```"


def _official(statement: str, form: str, language: Language) -> tuple[Message, ...]:
    """LiveCodeBench's generic chat form: a system line, the question, and the format of the answer."""
    question = f"### Question:\n{statement}\n\n### Format:\n{form}\n\n### Answer:\n"
    return _message("system", _named(SYSTEM, language)), _message("user", question)


def _plain(statement: str, form: str, _language: Language) -> tuple[Message, ...]:
    return (_message("user", f"{statement}\n\n{form}"),)


ContestStyle = Callable[[str, str, Language], tuple[Message, ...]]
"""Makes messages of a problem's statement and of what its answer must look like."""

CONTEST_STYLES: dict[str, ContestStyle] = {
    "lcb": _official,
    "plain": _plain,
}


def contest_prompt(style: str, statement: str, starter: str, language: Language = PYTHON) -> Prompt:
    if style not in CONTEST_STYLES:
        raise UnknownName("prompt style", style, CONTEST_STYLES)
    form = _named(FUNCTION if starter.strip() else PROGRAM, language).replace("{starter}", starter.rstrip())
    return Prompt(CONTEST_STYLES[style](statement, form, language))


def _named(text: str, language: Language) -> str:
    """The text with the language's name, fence label and comment sign in their places."""
    places = {"{language}": language.title, "{label}": language.labels[0], "{comment}": language.comment}
    for place, word in places.items():
        text = text.replace(place, word)
    return text


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}
