"""Right programs, one for each way in which LiveCodeBench's own grader fails right code.

That grader moves all imports to the top, wraps the rest into a function of a module that is not `__main__`,
and calls it in its own process with stand-ins for `sys.stdin` and `sys.stdout`. Each of these fails in its
testing_util.py of July 2025 under Python 3.11; `measurements/livecodebench.py` shows it again.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Right:
    """A program that adds up the numbers of its input, in its own way."""

    way: str  # of doing it, as a sentence's end: "it …"
    source: str
    input: str = "3\n1 2 3\n"
    output: str = "6\n"
    method: str | None = None  # of Solution, where this is no program but a function
    earlier: tuple[tuple[str, str], ...] = ()  # tests before this one


SUM = "print(sum(map(int, input().split())))"

RIGHT = (
    Right(
        "goes through the lines of sys.stdin",
        "import sys\nlines = [line for line in sys.stdin]\nprint(sum(map(int, lines[1].split())))",
    ),
    Right(
        "goes through the lines of sys.stdin.buffer",
        "import sys\nlines = [line for line in sys.stdin.buffer]\nprint(sum(map(int, lines[1].split())))",
    ),
    Right(
        "reads two lines with sys.stdin.buffer.readline",
        "import sys\ninput = sys.stdin.buffer.readline\ninput()\nprint(sum(map(int, input().split())))",
    ),
    Right(
        "takes sys.stdin.buffer.readlines",
        "import sys\nprint(sum(map(int, sys.stdin.buffer.readlines()[1].split())))",
    ),
    Right(
        "wraps sys.stdin.buffer in a reader of its own",
        "import io, sys\nreader = io.TextIOWrapper(sys.stdin.buffer)\nreader.readline()\n"
        "print(sum(map(int, reader.readline().split())))",
    ),
    Right(
        "reads all of open(0)",
        "print(sum(map(int, open(0).read().split()[1:])))",
    ),
    Right(
        "reads bytes from open(0, 'rb')",
        "lines = open(0, 'rb').read().split(b'\\n')\nprint(sum(map(int, lines[1].split())))",
    ),
    Right(
        "reads descriptor 0 itself",
        "import os\nprint(sum(map(int, os.read(0, 1 << 20).split()[1:])))",
    ),
    Right(
        "asks how large its input is",
        "import io, os, sys\nsize = os.fstat(sys.stdin.fileno()).st_size\n"
        "data = io.BytesIO(os.read(0, max(size, 1 << 16)))\ndata.readline()\n"
        "print(sum(map(int, data.readline().split())))",
    ),
    Right(
        "reads /dev/stdin by its path",
        "from pathlib import Path\nprint(sum(map(int, Path('/dev/stdin').read_text().split()[1:])))",
    ),
    Right(
        "takes one character at a time",
        "import sys\ntext = ''\nwhile character := sys.stdin.read(1):\n    text += character\n"
        "print(sum(map(int, text.split('\\n')[1].split(' '))))",
    ),
    Right(
        "takes every line of readlines for a number",
        "import sys\nprint(sum(int(line) for line in sys.stdin.readlines()))",
        "1\n2\n3\n",
    ),
    Right(
        "writes to sys.stdout.buffer",
        "import sys\nn, *numbers = map(int, sys.stdin.read().split())\n"
        "sys.stdout.buffer.write(b'%d\\n' % sum(numbers))",
    ),
    Right(
        "writes to descriptor 1 itself",
        "import os\ninput()\nos.write(1, str(sum(map(int, input().split()))).encode())",
    ),
    Right(
        "prints when it is left, through atexit",
        "import atexit\ninput()\nnumbers = map(int, input().split())\n"
        "atexit.register(lambda: print(sum(numbers)))",
    ),
    Right(
        "runs in a thread with a large stack, 100,000 calls deep, which nobody waits for",
        "import sys, threading\nsys.setrecursionlimit(1 << 20)\nthreading.stack_size(512 << 20)\n"
        "def deep(n):\n    return deep(n - 1) + 1 if n else 0\n"
        "def main():\n    input()\n    numbers = list(map(int, input().split()))\n"
        "    print(sum(numbers) + deep(100_000) - 100_000)\n"
        "threading.Thread(target=main).start()",
    ),
    Right(
        "leaves through quit() when it is done",
        f"input()\n{SUM}\nquit()\nprint('more')",
    ),
    Right(
        "leaves through os._exit when it is done",
        f"import os, sys\ninput()\n{SUM}\nsys.stdout.flush()\nos._exit(0)",
    ),
    Right(
        "has more after its `if __name__ == '__main__'`",
        f"def main():\n    input()\n    {SUM}\n\nif __name__ == '__main__':\n    main()\n\ndone = True",
    ),
    Right(
        "asks for `'__main__' == __name__`",
        f"def main():\n    input()\n    {SUM}\n\nif '__main__' == __name__:\n    main()",
    ),
    Right(
        "begins with `from __future__ import annotations`",
        f'"""Adds."""\nfrom __future__ import annotations\ninput()\n{SUM}',
    ),
    Right(
        "has a class Solution and calls it",
        "class Solution:\n    def add(self, numbers):\n        return sum(numbers)\n\n"
        "input()\nprint(Solution().add(map(int, input().split())))",
    ),
    Right(
        "counts in a global variable",
        "total = 0\ndef add(number):\n    global total\n    total += number\n\n"
        "input()\nfor number in map(int, input().split()):\n    add(number)\nprint(total)",
    ),
    Right(
        "keeps a variable in globals()",
        "total = 0\ninput()\nfor number in map(int, input().split()):\n    globals()['total'] += number\n"
        "print(total)",
    ),
    Right(
        "defines a variable through exec",
        "input()\nexec('total = ' + '+'.join(input().split()))\nprint(total)",
    ),
    Right(
        "calls its variable like a builtin function",
        "input()\nsum = sum(map(int, input().split()))\nprint(sum)",
    ),
    Right(
        "replaces input after it has called it",
        "import sys\nn = int(input())\ninput = lambda: sys.stdin.readline().strip()\n"
        "print(sum(map(int, input().split())))",
    ),
    Right(
        "imports * where that is tried first",
        f"try:\n    from math import *\nexcept ImportError:\n    pass\ninput()\n{SUM}",
    ),
    Right(
        "imports a name again that it had defined anew",
        "def gcd(a, b):\n    return 0\ninput()\nfrom math import gcd\n"
        "print(sum(gcd(int(word), 0) for word in input().split()))",
    ),
    Right(
        "looks itself up as the module __main__",
        "import __main__\ntotal = 0\ninput()\nfor word in input().split():\n    __main__.total += int(word)\n"
        "print(total)",
    ),
    Right(
        "pickles an object of its own class",
        "import pickle\nclass Numbers(list):\n    pass\n\ninput()\n"
        "numbers = pickle.loads(pickle.dumps(Numbers(map(int, input().split()))))\nprint(sum(numbers))",
    ),
    Right(
        "has a dataclass whose types are written as texts",
        "from dataclasses import dataclass\n@dataclass\nclass Number:\n    value: 'int'\n\ninput()\n"
        "print(sum(Number(int(word)).value for word in input().split()))",
    ),
    Right(
        "is a function after `from __future__ import annotations`",
        "from __future__ import annotations\nclass Solution:\n    def add(self, numbers):\n"
        "        return sum(numbers)",
        "[1, 2, 3]",
        "6",
        method="add",
    ),
    Right(
        "is a function that keeps its work in its object, as a new one each time",
        "class Solution:\n    def __init__(self):\n        self.total = 0\n\n    def add(self, numbers):\n"
        "        for number in numbers:\n            self.total += number\n        return self.total",
        "[1, 2, 3]",
        "6",
        method="add",
        earlier=(("[4, 5]", "9"),),
    ),
)
