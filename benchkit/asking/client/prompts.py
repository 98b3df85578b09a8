"""The prompt styles by name. The words are ours; what is asked, and in which shape, follows the tool named.

A problem's prompt is code either way: a function's head with its docstring (HumanEval), or a docstring with
the task and an example (MBPP). A style turns it into messages for the chat template, or, for base models,
into text to continue with the strings that end it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchkit.asking.script.base import Message, Prompt
from benchkit.errors import UnknownName, UsageError

if TYPE_CHECKING:
    from benchkit.languages import Language

Prompter = Callable[[str, "Language"], Prompt]
"""Turns a problem's prompt and its language into what the model is sent."""


@dataclass(frozen=True)
class Stops:
    """A tool's own strings that end a raw completion of Python; empty: the language's strings."""

    after_body: tuple[str, ...] = ()
    after_definition: tuple[str, ...] = ()


@dataclass(frozen=True)
class Style:
    """One prompt style."""

    about: str
    # With places for the problem's {prompt}, its {language} and the {label} of that language's fences.
    instruction: str
    begun: str = ""  # the beginning of the answer, sent as a prefill
    completes: bool = True  # whether the tool can ask base models
    stops: Stops = Stops()
    tidy: Callable[[str], str] = str.strip

    def chat(self, prompt: str, language: Language) -> Prompt:
        """Messages for an instruction model."""
        tidied = self.tidy(prompt)
        asked = _message("user", self.instruction, tidied, language)
        if not self.begun:
            return Prompt((asked,))
        begun = _message("assistant", self.begun, tidied, language)
        return Prompt((asked, begun), prefill_head=language.syntax.last_head(tidied))

    def for_completion(self) -> Prompter:
        """The prompter for base models; UsageError where the tool has none."""
        if not self.completes:
            raise UsageError(
                f"{self.about} asks no base models: with --mode completion choose another --prompt"
            )
        return self._completion

    def _completion(self, prompt: str, language: Language) -> Prompt:
        """Text to continue; it ends where a new task would begin."""
        own = self.stops if language.name == "python" else Stops()
        if language.syntax.ends_in_function(prompt):
            return Prompt(prompt, stop=own.after_body or language.stops_after_body)
        return Prompt(prompt, stop=own.after_definition or language.stops_after_definition)


STYLES: dict[str, Style] = {
    "plain": Style(
        about="this tool",
        instruction=(
            "Write the {language} code that is asked for here. Reply with all of it, imports included, "
            "in one ```{label} block.\n\n```{label}\n{prompt}\n```"
        ),
    ),
    "evalplus": Style(
        about="evalplus",
        instruction=(
            "Give one self-contained {language} script, in a markdown code block, which solves this "
            "problem:\n```{label}\n{prompt}\n```"
        ),
        stops=Stops(
            after_body=(
                "\nif __name__",
                "\ndef main(",
                "\nprint(",
                "\ndef ",
                "\nclass ",
                "\nimport ",
                "\nfrom ",
                "\nassert ",
            ),
            after_definition=("\nif __name__", "\ndef main(", "\nprint(", '\n"""', "\nassert"),
        ),
    ),
    "lm-eval": Style(
        about="lm-evaluation-harness",
        instruction=(
            "Solve the problem that follows, and be sure that your solution passes its tests:\n"
            "```{label}\n{prompt}\n```"
        ),
        begun="The function, completed:\n```{label}\n{prompt}\n",
        stops=Stops(
            after_body=("\nclass", "\ndef", "\n#", "\nif", "\nprint"),
        ),
    ),
    "simple-evals": Style(
        about="simple-evals",
        instruction=(
            "Below are the signature and the docstring of a function. Implement the whole function as they "
            "describe it. Your answer should be the function's code and nothing else.\n{prompt}"
        ),
        completes=False,
        tidy=str,
    ),
}


def find_style(name: str) -> Style:
    try:
        return STYLES[name]
    except KeyError:
        raise UnknownName("prompt style", name, STYLES) from None


def with_prefill(prompt: Prompt, text: str) -> str:
    """The prefill and the answer that continues it; the answer alone where the model started anew."""
    head = prompt.prefill_head
    if head and re.search(rf"^\s*{re.escape(head)}\b", text, re.MULTILINE):
        return text
    return prompt.prefill + text


def _message(role: str, template: str, prompt: str, language: Language) -> Message:
    named = template.replace("{language}", language.title).replace("{label}", language.labels[0])
    return {"role": role, "content": named.replace("{prompt}", prompt)}
