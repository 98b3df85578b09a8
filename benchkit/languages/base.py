"""Protocols of a programming language: its syntax, its toolchain, and how programs are built and run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from benchkit.languages.building import Commands, Recipe, Toolchain

RETURNED = "returned.json"


class Syntax(Protocol):
    """Questions about text that the extraction of code from answers asks. No method ever raises."""

    # As many of the first lines as are code, where prose or half a line follows; empty where none are.
    def longest_code(self, text: str) -> str: ...

    # Whether this is whole code that defines the name; without a name, whether it is whole code at all.
    def defines(self, code: str, name: str | None) -> bool: ...

    # Where the text sets out to define the name, in sound code or not; None where it does not.
    def definition_start(self, text: str, name: str | None) -> int | None: ...

    # The definition where all of its lines are indented, as Markdown marks code; empty where there is none.
    def indented_definition(self, text: str, name: str | None) -> str: ...

    # The first words of the last definition that the text begins, such as "def add"; None where it has none.
    def last_head(self, text: str) -> str | None: ...

    # Where the first line lies that can only be code; None where there is no such line.
    def code_start(self, text: str) -> int | None: ...

    # Where the first line lies that is indented as a function's body is; None where there is no such line.
    def body_start(self, text: str) -> int | None: ...

    # Whether this block may be the body of a function, without the function's head.
    def may_be_body(self, code: str) -> bool: ...

    # The code without a last line of prose that happens to be sound code.
    def without_last_words(self, code: str) -> str: ...

    # The prompt's function with this body, its indentation repaired; None where that makes no function.
    def under_signature(self, prompt: str, body: str, name: str | None) -> str | None: ...

    # The code after what it uses of an answer's other blocks, and after those imports and helpers of the
    # prompt that it does not define itself.
    def completed(self, code: str, blocks: Sequence[str], prompt: str, name: str | None) -> str: ...

    # The prompt and its raw completion, without what a base model adds after the function; None where the
    # two make no code that defines the name.
    def continuation(self, prompt: str, text: str, name: str | None) -> str | None: ...

    # Whether what follows the prompt belongs to a function that the prompt begins.
    def ends_in_function(self, prompt: str) -> bool: ...


class ContestRules(Protocol):
    """How a contest's grader runs an answer, where that is more than running the program."""

    # Libraries that answers count on beyond the standard one, and a program that prints which version of
    # each it can import, as a JSON object (null: none).
    libraries: tuple[str, ...]
    library_versions: str

    # The source after the imports and limits that answers count on. `same_interpreter`: it will run on the
    # interpreter that runs us.
    def prepared(self, source: str, *, same_interpreter: bool) -> str: ...

    # The source in the form that the grader gives it, for a program that failed with this message in its own
    # form; None where that form would not help.
    def second_form(self, source: str, failure: str) -> str | None: ...

    # What a test calls for the method that the contest names.
    def callable_name(self, method: str, source: str) -> str: ...


class Language(Protocol):
    """One programming language."""

    # As a problems file and a record name it: "python".
    name: str

    # As a prompt names it: "Python".
    title: str

    # What models write after the ticks of a fence, in lower case; prompts use the first.
    labels: tuple[str, ...]

    # Of a source file: ".py".
    suffix: str

    # What begins a comment up to the line's end.
    comment: str

    # Text that ends a raw completion: of a function's body, and of a whole definition at the top level.
    stops_after_body: tuple[str, ...]
    stops_after_definition: tuple[str, ...]

    # Whether the sandbox keeps its interpreter loaded: then source is run, called and tested in a fork of it
    # (`Program(source=…)`, `load`, `check`), and the recipes below are for other places.
    preloaded: bool

    # How a contest's grader changes an answer before it runs it; None: not at all.
    @property
    def contests(self) -> ContestRules | None: ...

    @property
    def syntax(self) -> Syntax: ...

    # The toolchain on this machine, with version and caches. Raises MissingDependency with the command that
    # installs it.
    def find_toolchain(self) -> Toolchain: ...

    # Fill the toolchain's caches, once; called outside of the sandbox, before anything is timed.
    def fill_caches(self, toolchain: Toolchain) -> None: ...

    # How one file of source becomes a program that reads stdin and writes stdout.
    def program(self, source: str) -> Recipe: ...

    # A program that calls the entry point with the arguments that stdin holds as a JSON list, and writes
    # what it returns, as JSON, into the file RETURNED. None: its values have types that JSON does not know,
    # or it is preloaded and called in a fork.
    def calling_program(self, source: str, entry_point: str) -> Recipe | None: ...

    # A program that runs this test of the entry point and, once all checks have passed, prints the token.
    def tested_program(self, source: str, test: str, entry_point: str, token: str) -> Recipe: ...

    # How a workspace with a folder `tests` is built and tested where its task does not say.
    def workspace(self) -> Commands: ...
