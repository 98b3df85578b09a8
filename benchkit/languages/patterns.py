"""A Syntax of patterns, for languages with brackets that are not parsed.

What defines a name is found by a pattern, and where it ends by its brackets; those in comments and strings do
not count.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LARGEST = 100_000  # characters; no hand-written answer is longer
PAIRS = {")": "(", "]": "[", "}": "{"}
BODY_LINE = re.compile(r"^(?: {2,}|\t)\S", re.MULTILINE)
BODY_SIGN = re.compile(r"^(?: {2,}|\t)\S|[;{}]\s*$", re.MULTILINE)  # prose has neither
ANY_NAME = r"\w+"
OPENED_COMMENT = re.compile(r"(?<!/)/\*")  # that no // has begun


@dataclass(frozen=True)
class PatternSyntax:
    """The Syntax of a language in which brackets enclose a function's body."""

    definition: str  # a pattern for the head of a definition, with the place of its name as {name}
    code_line: str  # a pattern for a line that can only be code
    ignored: str  # a pattern for comments and strings, in which brackets mean nothing

    def longest_code(self, text: str) -> str:
        """Up to the last line that closes all brackets or can only be code."""
        text = text[:LARGEST]
        end = 0
        for closed in self._balanced_ends(text):
            line = text[text.rfind("\n", 0, closed) + 1 : closed]
            if line.rstrip().endswith(tuple(PAIRS)) or re.match(self.code_line, line):
                end = closed + 1
        return text[:end]

    def defines(self, code: str, name: str | None) -> bool:
        if len(code) > LARGEST or not self.is_closed(code):
            return False
        return bool(code.strip()) if name is None else self.definition_start(code, name) is not None

    def definition_start(self, text: str, name: str | None) -> int | None:
        match = self._search(rf"^{self._head(re.escape(name))}", text) if name else None
        return match.start() if match else None

    def indented_definition(self, text: str, name: str | None) -> str:
        match = re.search(rf"^([ \t]+){self._head(re.escape(name))}", text, re.MULTILINE) if name else None
        if match is None:
            return ""
        lines = re.compile(rf"(?:{match[1]}.*(?:\n|$)|[ \t]*\n)*").match(text, match.start())
        return self.longest_code(textwrap.dedent(lines[0])) if lines else ""

    def last_head(self, text: str) -> str | None:
        heads = [match[0] for match in re.finditer(rf"^{self._head(ANY_NAME)}", text, re.MULTILINE)]
        return heads[-1] if heads else None

    def code_start(self, text: str) -> int | None:
        match = self._search(rf"^(?:{self.code_line}|{self._head(ANY_NAME)})", text)
        return match.start() if match else None

    def body_start(self, text: str) -> int | None:
        match = BODY_LINE.search(text)
        return match.start() if match else None

    def may_be_body(self, code: str) -> bool:
        return self._search(rf"^{self._head(ANY_NAME)}", code) is None

    def without_last_words(self, code: str) -> str:
        return code

    def under_signature(self, prompt: str, body: str, name: str | None) -> str | None:
        """The body's own last bracket may be missing, or close the function."""
        head = self._open_head(prompt, name)
        if head is None or not BODY_SIGN.search(body):
            return None
        for closing in ("", "\n}"):
            program = self._closed(f"{head}\n{body[:LARGEST].strip(chr(10))}{closing}\n", len(head))
            if program is not None:
                return program
        return None

    def completed(self, code: str, blocks: Sequence[str], prompt: str, name: str | None) -> str:
        """Of the prompt what comes before the function, unless the code has its first line as well."""
        helpers = [block for block in blocks if block != code and self._is_helper(block, code)]
        start = self.definition_start(prompt, name)
        preamble = re.sub(self.ignored, "", prompt[:start], flags=re.MULTILINE).strip() if start else ""
        if preamble and preamble.partition("\n")[0].strip() not in code:
            helpers = [prompt[:start].rstrip(), *helpers]
        return "\n".join([*helpers, code])

    def continuation(self, prompt: str, text: str, name: str | None) -> str | None:
        """A completion that stopped before the function's last bracket gets that bracket."""
        if self._open_head(prompt, name) is None:
            return None
        program = prompt + text[:LARGEST]
        return self._closed(program, len(prompt)) or self._closed(f"{program}\n}}", len(program))

    def ends_in_function(self, prompt: str) -> bool:
        return not self.is_closed(prompt)

    def _is_helper(self, block: str, code: str) -> bool:
        """Whether the block defines a name that the code reads and does not define."""
        names = re.finditer(rf"^{self._head(r'(?P<name>' + ANY_NAME + ')')}", block, re.MULTILINE)
        read = {match["name"] for match in names}.intersection(re.findall(ANY_NAME, code))
        return any(self.definition_start(code, name) is None for name in read)

    def _head(self, name: str) -> str:
        """The pattern of a definition whose name has this pattern."""
        return self.definition.replace("{name}", name)

    def _search(self, pattern: str, text: str) -> re.Match[str] | None:
        return re.search(pattern, text, re.MULTILINE)

    def _open_head(self, prompt: str, name: str | None) -> str | None:
        """The prompt up to its function's opening bracket; None where it begins no such function."""
        if self.definition_start(prompt, name) is None:
            return None
        return prompt.rstrip() if self.ends_in_function(prompt) else None

    def _closed(self, program: str, beyond: int) -> str | None:
        """The program up to where all brackets are closed for the first time beyond this place."""
        ends = (end for end, depth in self._depths(program) if depth == 0 and end > beyond)
        end = next(ends, None)
        return None if end is None else program[:end] + "\n"

    def is_closed(self, text: str) -> bool:
        """Whether all brackets outside of comments and strings are paired."""
        depths = [depth for _, depth in self._depths(text)]
        return not depths or (depths[-1] == 0 and min(depths) >= 0)

    def _balanced_ends(self, text: str) -> Iterator[int]:
        """The ends of lines where no bracket is open, up to a bracket that closes none."""
        depths = iter([*self._depths(text), (len(text) + 1, 0)])
        place, depth = next(depths)
        current = 0
        for line in re.finditer(r"\n|\Z", text):
            while place <= line.start():
                current = depth
                if current < 0:
                    return
                place, depth = next(depths)
            if current == 0:
                yield line.start()

    def _depths(self, text: str) -> Iterator[tuple[int, int]]:
        """The place after each bracket and the number of open ones; -1 at one that closes none."""
        open_ones: list[str] = []
        pattern = rf"(?P<ignored>{self.ignored})|[(){{}}\[\]]"
        for token in re.finditer(pattern, _without_endless_comments(text), re.MULTILINE):
            if token["ignored"] is not None:
                continue
            bracket = token[0]
            if bracket not in PAIRS:
                open_ones.append(bracket)
            elif not open_ones or open_ones.pop() != PAIRS[bracket]:
                yield token.end(), -1
                return
            yield token.end(), len(open_ones)


def _without_endless_comments(text: str) -> str:
    """As long as the text: for the end of each comment that has none, all of it would be searched."""
    before, end, rest = text.rpartition("*/")
    return before + end + OPENED_COMMENT.sub("  ", rest)
