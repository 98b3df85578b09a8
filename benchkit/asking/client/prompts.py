"""The prompt styles by name. The words are ours; what is asked, and in which shape, follows the tool named.

A problem's prompt is code either way: a function's head with its docstring (HumanEval), or a docstring with
the task and an example (MBPP). A style turns it into messages for the chat template, or, for base models,
into text to continue with the strings that end it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from benchkit.asking.script.base import Message, Prompt
from benchkit.errors import UnknownName, UsageError

NEXT_THING = ("\nif __name__", "\nprint(", "\nassert ", "\n```")
AFTER_BODY = (
    "\ndef ",
    "\nclass ",
    *NEXT_THING,
)  # the prompt ends within a function: anything at column 0 is new
AFTER_DOCSTRING = ('\n"""', *NEXT_THING)  # the answer begins at column 0: only a new task or a test ends it


@dataclass(frozen=True)
class Style:
    """One way to ask."""

    about: str
    instruction: str  # with the place of the problem's prompt as {prompt}
    begun: str = ""  # the answer's beginning, put into the model's mouth
    after_body: tuple[str, ...] | None = AFTER_BODY  # None: this tool asks no base models
    after_docstring: tuple[str, ...] = AFTER_DOCSTRING
    tidy: Callable[[str], str] = str.strip

    def chat(self, prompt: str) -> Prompt:
        """Messages for an instruction model."""
        messages: list[Message] = [_said("user", self.instruction, self.tidy(prompt))]
        if self.begun:
            messages.append(_said("assistant", self.begun, self.tidy(prompt)))
        return Prompt(tuple(messages))

    def for_completion(self) -> Callable[[str], Prompt]:
        """How base models are asked, where the tool does so."""
        if self.after_body is None:
            raise UsageError(
                f"{self.about} asks no base models: with --mode completion choose another --prompt"
            )
        return self._completion

    def _completion(self, prompt: str) -> Prompt:
        """Text to continue; it ends where a new task would begin."""
        return Prompt(prompt, stop=(self.after_docstring if _is_docstring(prompt) else self.after_body) or ())


STYLES: dict[str, Style] = {
    "plain": Style(
        about="this tool",
        instruction=(
            "Write the Python code that is asked for here. Reply with all of it, imports included, "
            "in one ```python block.\n\n```python\n{prompt}\n```"
        ),
    ),
    "evalplus": Style(
        about="evalplus",
        instruction=(
            "Give one self-contained Python script, in a markdown code block, which solves this problem:\n"
            "```python\n{prompt}\n```"
        ),
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
        after_docstring=("\nif __name__", "\ndef main(", "\nprint(", '\n"""', "\nassert"),
    ),
    "lm-eval": Style(
        about="lm-evaluation-harness",
        instruction=(
            "Solve the problem that follows, and be sure that your solution passes its tests:\n"
            "```python\n{prompt}\n```"
        ),
        begun="The function, completed:\n```python\n{prompt}\n",
        after_body=("\nclass", "\ndef", "\n#", "\nif", "\nprint"),
    ),
    "simple-evals": Style(
        about="simple-evals",
        instruction=(
            "Below are the signature and the docstring of a function. Implement the whole function as they "
            "describe it. Your answer should be the function's code and nothing else.\n{prompt}"
        ),
        after_body=None,
        tidy=str,
    ),
}


def find_style(name: str) -> Style:
    try:
        return STYLES[name]
    except KeyError:
        raise UnknownName("prompt style", name, STYLES) from None


def with_prefill(prompt: Prompt, text: str) -> str:
    """The whole answer where the model went on from what was put into its mouth; it may also start anew."""
    heads = re.findall(r"^((?:def|class) +\w+)", prompt.prefill, re.MULTILINE)
    if heads and re.search(rf"^\s*{heads[-1]}\b", text, re.MULTILINE):
        return text
    return prompt.prefill + text


def _said(role: str, template: str, prompt: str) -> Message:
    return {"role": role, "content": template.replace("{prompt}", prompt)}


def _is_docstring(prompt: str) -> bool:
    return prompt.lstrip().startswith(('"""', "'''"))
