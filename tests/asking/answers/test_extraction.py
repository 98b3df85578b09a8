"""From answers as models really write them to code that runs."""

from __future__ import annotations

import time

import pytest

from benchkit.asking.answers import Rung, extract
from benchkit.languages import LANGUAGES, PYTHON, Language
from tests.support import wait_until

PROMPT = '''from typing import List
import math


def helper(x: int) -> int:
    """ Twice x. """
    return 2 * x


def solve(numbers: List[int]) -> int:
    """ Sum of the doubled numbers.
    >>> solve([1, 2])
    6
    """
'''
WHOLE = "def solve(numbers: List[int]) -> int:\n    return sum(helper(n) for n in numbers)\n"
ALONE = "def solve(numbers):\n    return sum(2 * n for n in numbers)\n"
BROKEN = "def solve(numbers):\n    return None\n"
BODY = "    total = 0\n    for n in numbers:\n        total += helper(n)\n    return total\n"

GOOD = {
    "labelled fence": (f"Sure!\n\n```python\n{WHOLE}```\nHope it helps.", Rung.LABELLED_FENCE),
    "label in capitals": (f"```Python\n{ALONE}```", Rung.LABELLED_FENCE),
    "label py3": (f"```py3\n{ALONE}```", Rung.LABELLED_FENCE),
    "label in braces": (f"```{{.python}}\n{ALONE}```", Rung.LABELLED_FENCE),
    "label with attributes": (f'```python title="a.py"\n{ALONE}```', Rung.LABELLED_FENCE),
    "tildes": (f"~~~python\n{ALONE}~~~", Rung.LABELLED_FENCE),
    "four ticks": (f"````python\n{ALONE}````", Rung.LABELLED_FENCE),
    "fence without label": (f"```\n{ALONE}```", Rung.FENCE_WITH_ENTRY_POINT),
    "fence with another label": (f"```text\n{ALONE}```", Rung.FENCE_WITH_ENTRY_POINT),
    "several, the last one good": (
        f"First try:\n```python\n{BROKEN}```\nBetter:\n```python\n{ALONE}```",
        Rung.LABELLED_FENCE,
    ),
    "example of use after the code": (
        f"```python\n{ALONE}```\nUse it:\n```python\nprint(solve([1, 2]))\n```",
        Rung.LABELLED_FENCE,
    ),
    "output after the code": (f"```python\n{ALONE}```\nOutput:\n```\n6\n```", Rung.LABELLED_FENCE),
    "shell before the code": (f"```bash\npip install x\n```\n```python\n{ALONE}```", Rung.LABELLED_FENCE),
    "labelled wins over unlabelled": (f"```python\n{ALONE}```\n```\n{BROKEN}```", Rung.LABELLED_FENCE),
    "tests that import the function": (
        f"```python\n{ALONE}```\nTests:\n```python\nfrom answer import solve\n\nassert solve([1])\n```",
        Rung.LABELLED_FENCE,
    ),
    "Markdown within Markdown": (
        f"````markdown\n# Solution\n```python\n{ALONE}```\n````",
        Rung.LABELLED_FENCE,
    ),
    "unclosed fence": (f"Here:\n```python\n{ALONE}", Rung.LABELLED_FENCE),
    "unclosed fence and prose": (
        f"```python\n{ALONE}\nThis function doubles each number, and adds.",
        Rung.LABELLED_FENCE,
    ),
    "closed in mid-line": (f"```python\n{ALONE.rstrip()}```", Rung.LABELLED_FENCE),
    "opened in mid-line": (f"Here is the code: ```python\n{ALONE}```", Rung.LABELLED_FENCE),
    "fence in a list": (
        "1. Do this:\n   ```python\n" + "".join(f"   {line}\n" for line in ALONE.splitlines()) + "   ```\n",
        Rung.LABELLED_FENCE,
    ),
    "fence within a docstring": (
        '```python\ndef solve(numbers):\n    """Adds.\n\n    ```\n    solve([1])\n    ```\n    """\n'
        "    return sum(2 * n for n in numbers)\n```\nDone.",
        Rung.LABELLED_FENCE,
    ),
    "helper in another block": (
        "```python\ndef twice(n):\n    return 2 * n\n```\nthen\n"
        "```python\ndef solve(numbers):\n    return sum(twice(n) for n in numbers)\n```",
        Rung.LABELLED_FENCE,
    ),
    "helper after the function": (
        "```python\ndef solve(numbers):\n    return sum(_twice(n) for n in numbers)\n\n\n"
        "def _twice(n):\n    return FACTOR * n\n\n\nFACTOR = 2\n```",
        Rung.LABELLED_FENCE,
    ),
    "decorators": (
        "```python\nimport functools\n\ndef deco(f):\n    @functools.wraps(f)\n    def inner(*a):\n"
        "        return f(*a)\n    return inner\n\n@deco\n@functools.lru_cache(maxsize=None)\n"
        "def _cached(n):\n    return 2 * n\n\n@deco\ndef solve(numbers):\n"
        "    return sum(map(_cached, numbers))\n```",
        Rung.LABELLED_FENCE,
    ),
    "try-import": (
        "```python\ntry:\n    import no_such_module as fast\nexcept ImportError:\n    fast = None\n\n"
        "def solve(numbers):\n    return sum(2 * n for n in numbers) if fast is None else 0\n```",
        Rung.LABELLED_FENCE,
    ),
    "generator and class": (
        "```python\nclass Doubler:\n    def __call__(self, n):\n        return 2 * n\n\n"
        "def doubled(numbers):\n    for n in numbers:\n        yield Doubler()(n)\n\n"
        "def solve(numbers):\n    return sum(doubled(numbers))\n```",
        Rung.LABELLED_FENCE,
    ),
    "a lambda": ("```python\nsolve = lambda numbers: sum(2 * n for n in numbers)\n```", Rung.LABELLED_FENCE),
    "future import stays first": (
        "```python\nfrom __future__ import annotations\n\n" + WHOLE + "```",
        Rung.LABELLED_FENCE,
    ),
    "Windows line ends": (f"Sure:\n\n```python\n{ALONE}```\n".replace("\n", "\r\n"), Rung.LABELLED_FENCE),
    "tabs": (
        "```python\ndef solve(numbers):\n\treturn sum(2 * n for n in numbers)\n```",
        Rung.LABELLED_FENCE,
    ),
    "Unicode": (
        "Voilà 🎉 — «code»:\n```python\ndef solve(numbers):\n    größe = 'λ→π'  # 例\n"
        "    return sum(2 * n for n in numbers) if größe else 0\n```\nÇa va.",
        Rung.LABELLED_FENCE,
    ),
    "byte order mark": (f"\ufeff{ALONE}", Rung.BARE_CODE),
    "prose with backticks": (
        f"The `solve` function uses ``sum`` and a `lambda`:\n\n```python\n{ALONE}```\nwhere `n` is a number.",
        Rung.LABELLED_FENCE,
    ),
    "bare code": (ALONE, Rung.BARE_CODE),
    "bare code between prose": (
        f"Here is the solution:\n\n{ALONE}\nThis solution adds up the numbers.",
        Rung.BARE_CODE,
    ),
    "bare code, indented as Markdown has it": (
        "Here:\n\n" + "".join(f"    {line}\n" for line in ALONE.splitlines()) + "\nIt adds them up.",
        Rung.BARE_CODE,
    ),
    "bare code, a last word": (f"{ALONE}\nExplanation", Rung.BARE_CODE),
    "bare code with constants and imports": (
        "import functools\nFACTOR = 2\n\n\n@functools.cache\ndef twice(n):\n    return FACTOR * n\n\n\n"
        "def solve(numbers):\n    return sum(twice(n) for n in numbers)\n",
        Rung.BARE_CODE,
    ),
    "bare code, example in a fence": (f"{ALONE}\nExample:\n```\nsolve([1, 2])  # 6\n```", Rung.BARE_CODE),
    "bare code beside inline backticks": (f"Use `sum`.\n\n{ALONE}\nNote: `solve` is pure.", Rung.BARE_CODE),
    "body": (BODY, Rung.BODY),
    "body, first indent lost": (BODY.lstrip(), Rung.BODY),
    "body, all indent lost": (
        "total = 0\nfor n in numbers:\n    total += helper(n)\nreturn total",
        Rung.BODY,
    ),
    "body, one line": ("return sum(helper(n) for n in numbers)", Rung.BODY),
    "body with tabs": ("\treturn sum(helper(n) for n in numbers)", Rung.BODY),
    "body in a fence": (f"```python\n{BODY}```", Rung.BODY),
    "body in a fence, indent lost": ("```python\n" + BODY.lstrip() + "```", Rung.BODY),
    "body after prose": (f"The body is:\n\n{BODY}", Rung.BODY),
    "body before prose": (f"{BODY}\nIt adds the doubled numbers.", Rung.BODY),
    "thought, then code": (
        f"<think>\nMaybe\n```python\n{BROKEN}```\nno.\n</think>\n\n```python\n{ALONE}```",
        Rung.LABELLED_FENCE,
    ),
    "thought after the code": (
        f"```python\n{ALONE}```\n<think>\n```python\n{BROKEN}```",
        Rung.LABELLED_FENCE,
    ),
    "thought opened in the prompt": (
        f"Perhaps\n```python\n{BROKEN}```\n</think>\n```python\n{ALONE}```",
        Rung.LABELLED_FENCE,
    ),
    "two thoughts": (
        f"<think>a</think>\n```python\n{ALONE}```\n<think>b\n```python\n{BROKEN}```\n</think>",
        Rung.LABELLED_FENCE,
    ),
    "Mistral's thought": (f"[THINK]{BROKEN}[/THINK]{ALONE}", Rung.BARE_CODE),
    "Kimi's thought": (f"◁think▷{BROKEN}◁/think▷```python\n{ALONE}```", Rung.LABELLED_FENCE),
    "Seed's thought": (f"<seed:think>{BROKEN}</seed:think>\n```python\n{ALONE}```", Rung.LABELLED_FENCE),
    "Harmony channels": (
        f"<|channel|>analysis<|message|>Try ```python\n{BROKEN}```<|end|><|start|>assistant"
        f"<|channel|>final<|message|>```python\n{ALONE}```<|return|>",
        Rung.LABELLED_FENCE,
    ),
    "Harmony without its tokens": (
        f"analysisWe need to add.\n```python\n{BROKEN}```assistantfinal```python\n{ALONE}```",
        Rung.LABELLED_FENCE,
    ),
    "a tag inside the code": (
        "```python\ndef solve(numbers):\n    tag = '<think>'\n    return sum(2 * n for n in numbers)\n```",
        Rung.LABELLED_FENCE,
    ),
}

EMPTY = {
    "nothing": "",
    "blank": " \n\n\t",
    "refusal": "I'm sorry, but I can't help with that.",
    "one word": "Sorry",
    "thought never closed": f"<think>\nI would write\n```python\n{ALONE}```\nbut wait",
    "Harmony without a final channel": f"<|channel|>analysis<|message|>```python\n{ALONE}```",
    "only a thought": f"<think>{ALONE}</think>\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_answer_gives_code_that_runs(name: str) -> None:
    """Each way of answering gives a whole program that computes the right result, by the rung expected."""
    answer, rung = GOOD[name]
    code = extract(answer, prompt=PROMPT, entry_point="solve")
    namespace: dict[str, object] = {}
    exec(code.source, namespace)
    solve = namespace["solve"]
    assert callable(solve)
    assert solve([1, 2]) == 6
    assert code.rung is rung


@pytest.mark.parametrize("name", EMPTY)
def test_no_code_is_told_as_such(name: str) -> None:
    """An answer without code gives none, and says so."""
    code = extract(EMPTY[name], prompt=PROMPT, entry_point="solve")
    assert (code.source, code.rung) == ("", Rung.NONE)


@pytest.mark.parametrize("answer", [f"```python\n{WHOLE[:-20]}", WHOLE[:-20], f"```\n{WHOLE[:-20]}\n```"])
def test_half_a_function_stays_the_models_mistake(answer: str) -> None:
    """Code with a syntax error is handed on as it is, not taken for an answer without code."""
    code = extract(answer, prompt=PROMPT, entry_point="solve")
    assert "def solve" in code.source
    with pytest.raises(SyntaxError):
        compile(code.source, "answer", "exec")


def test_fence_without_the_function_is_the_last_resort() -> None:
    """A block that defines something else is judged as it is, with the prompt's helpers before it."""
    code = extract("```python\ndef other(n):\n    return helper(n)\n```", prompt=PROMPT, entry_point="solve")
    assert code.rung is Rung.ANY_FENCE
    assert code.source.index("def helper") < code.source.index("def other")


def test_answers_own_helper_wins_over_the_prompts() -> None:
    """A helper that the answer defines itself is not given by the prompt a second time."""
    code = extract(
        f"```python\ndef helper(x):\n    return 3 * x\n\n{WHOLE}```", prompt=PROMPT, entry_point="solve"
    )
    assert code.source.count("def helper") == 1


def test_whole_program_is_looked_for_without_an_entry_point() -> None:
    """Contest answers have no function to look for: the last Python block is the program."""
    code = extract("Idea:\n```python\nx = 1\n```\nFinal:\n```python\nprint(int(input()) * 2)\n```\n")
    assert (code.source, code.rung) == ("print(int(input()) * 2)\n", Rung.LABELLED_FENCE)
    assert extract("n = int(input())\nprint(n)").rung is Rung.BARE_CODE


CONTINUATIONS = {
    "body": BODY,
    "goes on with tests": BODY + "\n\nassert solve([1]) == 99\nprint(solve(input()))\n",
    "goes on with another try": BODY + "\n\n" + BROKEN,
    "breaks off in the next function": BODY + "\n\ndef other(x):\n    return (",
    "starts over": "\n\n" + PROMPT + BODY,
    "leads into prose": BODY + "\nThis is the solution to the problem above.\n",
    "main block": BODY + "\n\nif __name__ == '__main__':\n    print(solve(eval(input())))\n",
    "answers as in a chat": f"```python\n{ALONE}```\n",
}


@pytest.mark.parametrize("name", CONTINUATIONS)
def test_raw_completion_is_put_after_its_prompt(name: str) -> None:
    """A base model's completion gives the function, without what the model rambled on to."""
    code = extract(CONTINUATIONS[name], prompt=PROMPT, entry_point="solve", continues=True)
    namespace: dict[str, object] = {"__name__": "answer"}
    exec(code.source, namespace)
    solve = namespace["solve"]
    assert callable(solve)
    assert solve([1, 2]) == 6


SENTENCE = "The function adds `numbers` up, see below; import it from there: def or class, x = y.\n"
LONG = {
    "prose": SENTENCE * (1_000_000 // len(SENTENCE)),
    "prose in one line": (SENTENCE.strip() + " ") * (1_000_000 // len(SENTENCE)),
    "prose and code": SENTENCE * 5_000 + f"```python\n{ALONE}```\n" + SENTENCE * 6_000,
    "one token": "a" * 1_000_000,
    "backticks": "```\n" * 250_000,
    "thoughts": "<think>\n" * 120_000,
    "closed thoughts": "<think></think>\n" * 60_000,
    "lines of code": "x = 1\n" * 160_000,
    "the same block again and again": f"```python\n{ALONE}```\n" * 13_000,
    "blocks of half a function": "```python\ndef solve(x):\n    return x +\n```\n" * 25_000,
    "open parentheses": "(" * 1_000_000,
    "indented lines": "    if x:\n" * 100_000,
    "definitions": "def solve(x):\n" * 70_000,
    "ticks in a line": "`" * 1_000_000,
    "blank lines": "\n" * 1_000_000,
    "spaces": " " * 1_000_000,
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_answer_takes_no_time(name: str) -> None:
    """A megabyte of anything is read in time linear in its length; of prose, in under 0.2 s."""
    if "prose" in name:
        # A busy neighbour on the same core slows even processor time: once undisturbed is enough.
        wait_until(lambda: _seconds(LONG[name]) < 0.2)
    else:
        assert _seconds(LONG[name]) < 3


LOOPS = {
    "blank lines": ("", "\n", ""),
    "spaces": ("", " ", ""),
    "a line without an end": ("```\n", "-", "1\n```"),
    "words": ("    ", "not ", "text"),
    "opened comments": ("", "/* ", "{}"),
    "templates": ("template <", ">", ""),
    "annotations": ("", "@Override\n", ""),
    "quotes": ("", "\"'", ""),
}


@pytest.mark.parametrize("language", ["cpp", "go", "java", "javascript", "rust"])
def test_an_answer_that_goes_round_in_circles_takes_no_time(language: str) -> None:
    """Models fall into repeating one token: in a language that is not parsed, too, that is soon read."""
    for name, (before, token, after) in LOOPS.items():
        answer = before + token * (60_000 // len(token)) + after
        assert _seconds(answer, LANGUAGES[language]) < 3, name


def _seconds(answer: str, language: Language = PYTHON) -> float:
    start = time.process_time()
    extract(answer, prompt=PROMPT, entry_point="solve", language=language)
    return time.process_time() - start
