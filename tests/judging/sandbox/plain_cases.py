# ruff: noqa: E501
# Programs are quoted line by line as they are.
"""Solutions with tests as people write them; what plain Python says of each is what the sandbox has to say."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """One solution and its test."""

    name: str
    source: str
    test: str
    prompt: str = ""
    passes: bool = True  # in plain Python, and so here
    inside: bool = False  # the test can only run beside the code
    entry_point: str = "f"


def checked(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"def check(candidate):\n{lines}\n"


STACK = "class Stack:\n    def __init__(self):\n        self.items = []\n    def push(self, x):\n        self.items.append(x)\n    def pop(self):\n        return self.items.pop()\n"
POINT = "from dataclasses import dataclass\n\n@dataclass\nclass Point:\n    x: int\n    y: int\n\n"
LIMIT = "class LimitError(Exception):\n    def __init__(self, limit):\n        super().__init__(f'over {limit}')\n        self.limit = limit\n\n"
SHARED = "kept = []\ndef f(x):\n    kept.append(x)\n    return kept"

CASES = [
    # prompts that are no whole Python
    Case("bare_def", "def f():\n    return 1", checked("assert candidate() == 1"), "def f():\n"),
    Case(
        "bare_def_with_arguments",
        "def f(a, b): return a + b",
        checked("assert candidate(1, 2) == 3"),
        "def f(a, b):",
    ),
    Case(
        "prose",
        "def f(a): return a",
        checked("assert candidate(1) == 1"),
        "Write a function f(a) that doesn't change a.",
    ),
    Case(
        "imports_then_bare_def",
        "import math\ndef f(a): return a * 2",
        checked("assert math.isclose(candidate(1.0), 2.0)"),
        "import math\n\ndef f(a: float) -> float:\n",
    ),
    Case(
        "byte_order_mark",
        "\ufeffdef f(a): return a",
        checked("assert candidate(1) == 1"),
        "\ufeffdef f(a):\n    ...",
    ),
    Case(
        "stub_of_another_function",
        "def g(a): return a + 1\ndef f(a): return g(a)",
        checked("assert candidate(1) == g(1)"),
        "def g(a):\n    '''One more.'''\n\ndef f(a):\n    pass\n",
        inside=True,
    ),
    # classes
    Case(
        "class_entry",
        STACK,
        checked("s = candidate()\ns.push(1)\nassert s.pop() == 1"),
        "class Stack:\n",
        inside=True,
        entry_point="Stack",
    ),
    Case(
        "class_entry_wrong",
        STACK.replace("pop()", "pop(0)"),
        checked("s = candidate()\ns.push(1); s.push(2)\nassert s.pop() == 2"),
        "class Stack:\n",
        passes=False,
        inside=True,
        entry_point="Stack",
    ),
    Case(
        "class_entry_in_prose",
        STACK,
        checked("s = candidate()\ns.push(1)\nassert s.pop() == 1"),
        "Implement a stack.",
        inside=True,
        entry_point="Stack",
    ),
    Case(
        "class_entry_by_name",
        STACK,
        "s = Stack()\ns.push(3)\nassert s.pop() == 3",
        "",
        inside=True,
        entry_point="Stack",
    ),
    Case(
        "class_that_is_compared",
        POINT,
        checked("assert candidate(1, 2) == candidate(1, 2) != candidate(2, 1)"),
        "class Point:\n    '''A point.'''",
        inside=True,
        entry_point="Point",
    ),
    Case(
        "class_with_operators",
        "class V:\n    def __init__(s, x): s.x = x\n    def __add__(s, o): return V(s.x + o.x)\n    def __eq__(s, o): return s.x == o.x",
        checked("assert candidate(1) + candidate(2) == candidate(3)"),
        "class V:\n    def __init__(self, x):\n        ...\n",
        inside=True,
        entry_point="V",
    ),
    Case(
        "classmethod",
        "class V:\n    @classmethod\n    def of(cls, s): return int(s)",
        checked("assert candidate.of('3') == 3"),
        "class V: ...",
        inside=True,
        entry_point="V",
    ),
    Case(
        "subclass_of_the_entry",
        "class V:\n    def f(self): return 1",
        checked("class W(candidate): pass\nassert W().f() == 1"),
        "Write it.",
        inside=True,
        entry_point="V",
    ),
    Case(
        "isinstance_of_the_entry",
        "class V: pass",
        checked("assert isinstance(candidate(), candidate)"),
        "Write it.",
        inside=True,
        entry_point="V",
    ),
    Case(
        "dataclass_of_the_prompt",
        POINT + "def f(p): return Point(p.y, p.x)",
        checked("assert candidate(Point(1, 2)) == Point(2, 1)"),
        POINT + "def f(p):\n    '''Swap.'''\n",
        inside=True,
    ),
    Case(
        "dataclass_of_the_prompt_returned",
        POINT + "def f(x): return Point(x, x)",
        checked("assert candidate(1) == Point(1, 1)"),
        POINT + "def f(x):\n    '''Twice.'''\n",
        inside=True,
    ),
    Case(
        "object_with_attributes",
        "class R: pass\ndef f(x):\n    r = R(); r.total = x; return r",
        checked("assert candidate(3).total == 3"),
        inside=True,
    ),
    Case(
        "namedtuple_field",
        "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(a): return P(a, a)",
        checked("assert candidate(1).x == 1 and candidate(1) == (1, 1)"),
        inside=True,
    ),
    Case(
        "linked_list_of_the_prompt",
        "class Node:\n    def __init__(self, v, n=None): self.v, self.n = v, n\ndef f(node):\n    return 0 if node is None else node.v + f(node.n)",
        checked("assert candidate(None) == 0\nassert candidate(Node(1, Node(2))) == 3"),
        "class Node:\n    def __init__(self, v, n=None):\n        self.v, self.n = v, n\n\ndef f(node):\n    '''Sum.'''\n",
        inside=True,
    ),
    # functions and coroutines that are returned
    Case("closure", "def f(n): return lambda x: x + n", checked("assert candidate(2)(3) == 5"), inside=True),
    Case(
        "closure_kept",
        "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n        return n\n    return g",
        checked("g = candidate()\nassert [g(), g()] == [1, 2]"),
        inside=True,
    ),
    Case(
        "closures_in_a_tuple",
        "def f(): return (lambda: 1), (lambda: 2)",
        checked("one, two = candidate()\nassert one() + two() == 3"),
        inside=True,
    ),
    Case(
        "partial",
        "from functools import partial\ndef f(n): return partial(pow, n)",
        checked("assert candidate(2)(3) == 8"),
        inside=True,
    ),
    Case(
        "decorator",
        "def f(g): return lambda *a: g(*a) * 2",
        checked("@candidate\ndef one(): return 1\nassert one() == 2"),
        inside=True,
    ),
    Case(
        "coroutine",
        "async def f(x): return x + 1",
        "import asyncio\n" + checked("assert asyncio.run(candidate(1)) == 2"),
        inside=True,
    ),
    Case(
        "coroutine_wrong",
        "async def f(x): return x",
        "import asyncio\n" + checked("assert asyncio.run(candidate(1)) == 2"),
        passes=False,
        inside=True,
    ),
    Case(
        "awaited",
        "async def f(x): return x + 1",
        "import asyncio\n"
        + checked("async def main():\n    assert await candidate(1) == 2\nasyncio.run(main())"),
        inside=True,
    ),
    Case(
        "async_generator",
        "async def f(n):\n    for i in range(n): yield i",
        "import asyncio\n"
        + checked(
            "async def main():\n    assert [i async for i in candidate(3)] == [0, 1, 2]\nasyncio.run(main())"
        ),
        inside=True,
    ),
    Case(
        "context_manager",
        "from contextlib import contextmanager\n@contextmanager\ndef f(log):\n    log.append('in')\n    yield 3\n    log.append('out')",
        checked("log = []\nwith candidate(log) as x: assert x == 3\nassert log == ['in', 'out']"),
        inside=True,
    ),
    # iterators: item by item, at arm's length
    Case(
        "generator",
        "def f(n):\n    for i in range(n): yield i * i",
        checked("assert list(candidate(3)) == [0, 1, 4]"),
    ),
    Case(
        "generator_wrong",
        "def f(n):\n    for i in range(n): yield i",
        checked("assert list(candidate(3)) == [0, 1, 4]"),
        passes=False,
    ),
    Case(
        "endless_generator",
        "def f():\n    n = 0\n    while True:\n        yield n\n        n += 1",
        "from itertools import islice\n" + checked("assert list(islice(candidate(), 3)) == [0, 1, 2]"),
    ),
    Case(
        "generator_that_is_sent_to",
        "def f():\n    x = yield 0\n    while True: x = yield x * 2",
        checked("g = candidate()\nnext(g)\nassert g.send(4) == 8"),
    ),
    Case(
        "generator_that_raises",
        "def f():\n    yield 1\n    raise ValueError('end')",
        checked(
            "g = candidate()\nassert next(g) == 1\ntry:\n    next(g)\nexcept ValueError as e:\n    assert str(e) == 'end'\nelse:\n    assert False"
        ),
    ),
    Case(
        "generator_is_no_list",
        "def f(n): return (i for i in range(n))",
        checked("assert candidate(2) == [0, 1]"),
        passes=False,
    ),
    Case(
        "map_object", "def f(xs): return map(abs, xs)", checked("assert tuple(candidate([-1, 2])) == (1, 2)")
    ),
    Case(
        "dict_values",
        "def f(d): return d.values()",
        checked("assert sorted(candidate({1: 3, 2: 1})) == [1, 3]"),
    ),
    Case(
        "range_object",
        "def f(n): return range(n)",
        checked("assert candidate(3) == range(3) and list(candidate(2)) == [0, 1]"),
    ),
    Case(
        "generator_passed_back",
        "def f(x=None):\n    if x is None: return (i for i in range(3))\n    return sum(x)",
        checked("assert candidate(candidate()) == 3"),
    ),
    # arguments and results that are changed in place
    Case(
        "sorted_in_place",
        "def f(xs): xs.sort()",
        checked("xs = [3, 1, 2]\nassert candidate(xs) is None\nassert xs == [1, 2, 3]"),
    ),
    Case(
        "not_sorted_in_place",
        "def f(xs): sorted(xs)",
        checked("xs = [3, 1, 2]\ncandidate(xs)\nassert xs == [1, 2, 3]"),
        passes=False,
    ),
    Case(
        "matrix_in_place",
        "def f(m):\n    m.reverse()\n    for r in m: r.append(0)",
        checked("m = [[1], [2]]\nrow = m\ncandidate(m)\nassert m == [[2, 0], [1, 0]] and row is m"),
    ),
    Case(
        "dict_in_place",
        "def f(d): d.update(b=2); del d['a']",
        checked("d = {'a': 1}\ncandidate(d)\nassert d == {'b': 2}"),
    ),
    Case("set_in_place", "def f(s): s |= {2}", checked("s = {1}\ncandidate(s)\nassert s == {1, 2}")),
    Case(
        "named_argument_in_place",
        "def f(*, xs): xs.append(1)",
        checked("xs = []\ncandidate(xs=xs)\nassert xs == [1]"),
    ),
    Case(
        "argument_left_alone",
        "def f(xs): xs.append(1); return xs",
        checked("xs = [1]\nassert candidate(xs) == [1, 1]\nassert xs == [1], 'changed its argument'"),
        passes=False,
    ),
    Case(
        "changed_before_it_raises",
        "def f(xs): xs.append(1); raise ValueError",
        checked("xs = []\ntry: candidate(xs)\nexcept ValueError: pass\nassert xs == [1]"),
    ),
    Case(
        "argument_is_returned",
        "def f(xs): xs.append(1); return xs",
        checked("xs = []\nassert candidate(xs) is xs == [1]"),
    ),
    Case(
        "argument_of_two_calls",
        "def f(xs): xs.append(len(xs)); return len(xs)",
        checked("xs = []\ncandidate(xs); xs.append(9)\nassert candidate(xs) == 3 and xs == [0, 9, 2]"),
    ),
    Case(
        "result_is_changed_later",
        SHARED,
        checked("a = candidate(1)\nb = candidate(2)\nassert a == [1] and b == [1, 2]"),
        passes=False,
    ),
    Case(
        "result_is_shared",
        SHARED,
        checked("a = candidate(1)\nb = candidate(2)\nassert a is b and a == [1, 2]"),
    ),
    Case(
        "default_argument_is_shared",
        "def f(x, xs=[]): xs.append(x); return xs",
        checked("assert candidate(1) == [1]\nassert candidate(2) == [2]"),
        passes=False,
    ),
    Case(
        "results_of_their_own",
        "def f(x): return [x]",
        checked("a = candidate(1)\na.append(5)\nassert candidate(1) == [1] and a == [1, 5]"),
    ),
    # exceptions
    Case(
        "exception_of_the_prompt",
        LIMIT + "def f(n):\n    if n > 3: raise LimitError(3)\n    return n",
        checked(
            "assert candidate(1) == 1\ntry:\n    candidate(4)\nexcept LimitError as e:\n    assert e.limit == 3 and str(e) == 'over 3'\nelse:\n    assert False"
        ),
        LIMIT + "def f(n):\n    ...\n",
    ),
    Case(
        "exception_of_the_prompt_not_raised",
        LIMIT + "def f(n):\n    raise ValueError",
        checked("try:\n    candidate(4)\nexcept LimitError:\n    pass"),
        LIMIT + "def f(n):\n    ...\n",
        passes=False,
    ),
    Case(
        "key_error_text",
        "def f(d, k): return d[k]",
        checked(
            "try:\n    candidate({}, 'a')\nexcept KeyError as e:\n    assert str(e) == \"'a'\" and e.args == ('a',)\nelse:\n    assert False"
        ),
    ),
    Case(
        "own_exception_text",
        "class E(ValueError):\n    def __str__(self): return 'mine'\ndef f(): raise E(1)",
        checked(
            "try:\n    candidate()\nexcept ValueError as e:\n    assert str(e) == 'mine' and type(e).__name__ == 'E'\nelse:\n    assert False"
        ),
    ),
    Case(
        "exception_of_a_library",
        "import json\ndef f(s): return json.loads(s)",
        "import json\n"
        + checked(
            "try:\n    candidate('{')\nexcept json.JSONDecodeError as e:\n    assert e.pos == 1\nelse:\n    assert False"
        ),
    ),
    Case(
        "os_error_number",
        "def f(p): return open(p)",
        checked(
            "try:\n    candidate('/nowhere')\nexcept FileNotFoundError as e:\n    assert e.errno == 2\nelse:\n    assert False"
        ),
    ),
    Case(
        "raised_for_unittest",
        "def f(x): return 1 / x",
        "import unittest\n"
        + checked(
            "case = unittest.TestCase()\ncase.assertRaises(ZeroDivisionError, candidate, 0)\ncase.assertEqual(candidate(1), 1.0)"
        ),
    ),
    # tests that lean on the solution
    Case(
        "imports_of_the_solution",
        "import math\ndef f(x): return math.sqrt(x)",
        checked("assert candidate(4) == math.sqrt(4)"),
        inside=True,
    ),
    Case(
        "helper_of_the_solution",
        "def g(x): return x\ndef f(x): return g(x)",
        checked("assert candidate(4) == g(4)"),
        inside=True,
    ),
    Case(
        "global_of_the_solution",
        "count = 0\ndef f():\n    global count\n    count += 1",
        checked("candidate(); candidate()\nassert count == 2"),
        inside=True,
    ),
    Case("entry_by_name", "def f(x): return x + 1", checked("assert f(1) == 2")),
    Case(
        "entry_by_name_recursive_test",
        "def f(x): return x + 1",
        "def helper(x):\n    return f(f(x))\n" + checked("assert helper(1) == 3"),
    ),
    Case(
        "signature",
        "def f(a, b=2): return a + b",
        "import inspect\n" + checked("assert str(inspect.signature(candidate)) == '(a, b=2)'"),
        inside=True,
    ),
    Case("docstring", "def f():\n    'Doc.'", checked("assert candidate.__doc__ == 'Doc.'"), inside=True),
    Case(
        "name_of_the_class_of_its_own_object",
        "class Point:\n    pass\ndef f(): return Point()",
        checked("found = candidate()\nassert type(found).__name__ == 'Point'"),
    ),
    Case("name", "def f(): pass", checked("candidate()\nassert candidate.__name__ == 'f'")),
    Case(
        "is_a_coroutine_function",
        "async def f(): return 1",
        "import inspect\n" + checked("assert inspect.iscoroutinefunction(candidate)"),
        inside=True,
    ),
    Case(
        "timed_by_a_wrapper",
        "def f(x): return x",
        "from functools import partial\n"
        + checked("assert partial(candidate, 3)() == 3 and list(map(candidate, [1, 2])) == [1, 2]"),
    ),
    Case(
        "threads_of_the_test",
        "def f(x): return x * 2",
        "from concurrent.futures import ThreadPoolExecutor\n"
        + checked(
            "with ThreadPoolExecutor(4) as pool:\n    assert list(pool.map(candidate, range(50))) == [2 * n for n in range(50)]"
        ),
    ),
    Case(
        "caught_by_a_bare_except",
        "def f(n): return lambda x: x + n",
        checked("try:\n    y = candidate(2)(3)\nexcept:\n    y = None\nassert y == 5"),
        inside=True,
    ),
    # libraries
    Case(
        "thread_pool_of_multiprocessing",
        "from multiprocessing.dummy import Pool\ndef f(xs):\n    with Pool(2) as p: return p.map(abs, xs)",
        checked("assert candidate([-1, 2]) == [1, 2]"),
    ),
    Case(
        "chain_map",
        "from collections import ChainMap\ndef f(a, b): return ChainMap(a, b)",
        checked("assert candidate({1: 2}, {3: 4}) == {1: 2, 3: 4}"),
    ),
    Case(
        "abstract_set",
        "from collections.abc import Set\nclass S(Set):\n    def __init__(s, xs): s.xs = list(xs)\n    def __contains__(s, x): return x in s.xs\n    def __iter__(s): return iter(s.xs)\n    def __len__(s): return len(s.xs)\ndef f(xs): return S(xs)",
        checked("assert candidate([1, 2]) == {1, 2}"),
    ),
    Case(
        "counter_methods",
        "from collections import Counter\ndef f(s): return Counter(s)",
        checked("assert candidate('aab').most_common(1) == [('a', 2)] and candidate('a') == {'a': 1}"),
    ),
    Case(
        "counter_argument",
        "def f(c): return c.most_common(1)",
        "from collections import Counter\n" + checked("assert candidate(Counter('aab')) == [('a', 2)]"),
    ),
    Case(
        "deque",
        "from collections import deque\ndef f(xs): return deque(xs)",
        "from collections import deque\n"
        + checked("assert candidate([1, 2]) == deque([1, 2]) and candidate([1])[0] == 1"),
    ),
    Case(
        "decimal",
        "from decimal import Decimal\ndef f(s): return Decimal(s) / 3",
        "from decimal import Decimal\n"
        + checked("assert candidate('1') == Decimal(1) / 3 and isinstance(candidate('1'), Decimal)"),
    ),
    Case(
        "fraction",
        "from fractions import Fraction\ndef f(a, b): return Fraction(a, b)",
        "from fractions import Fraction\n"
        + checked("assert candidate(1, 3) == Fraction(1, 3) != candidate(1, 2)"),
    ),
    Case(
        "dates",
        "from datetime import date, timedelta\ndef f(d): return d + timedelta(days=1)",
        "from datetime import date\n" + checked("assert candidate(date(2024, 2, 28)) == date(2024, 2, 29)"),
    ),
    Case(
        "ordered_dict",
        "from collections import OrderedDict\ndef f(d): return OrderedDict(sorted(d.items()))",
        checked(
            "assert list(candidate({2: 1, 1: 2}).items()) == [(1, 2), (2, 1)]\ncandidate({1: 2}).move_to_end(1)"
        ),
    ),
    # strict tests
    Case("int_by_type", "def f(x): return x", checked("r = candidate(3)\nassert type(r) is int")),
    Case(
        "numpy_int_by_type",
        "import numpy as np\ndef f(x): return np.int64(x)",
        checked("r = candidate(3)\nassert r == 3 and type(r) is int"),
        passes=False,
    ),
    Case(
        "numpy_int",
        "import numpy as np\ndef f(x): return np.int64(x)",
        checked("r = candidate(3)\nassert r == 3 and [r] == [3] and r + 1 == 4"),
    ),
    Case(
        "numpy_bool_is_true",
        "import numpy as np\ndef f(x): return np.bool_(x)",
        checked("assert candidate(1) is True"),
        passes=False,
    ),
    Case(
        "numpy_bools_in_a_list",
        "import numpy as np\ndef f(x): return [np.bool_(x)]",
        checked("assert candidate(1)[0] is True"),
        passes=False,
    ),
    Case(
        "numpy_float",
        "import numpy as np\ndef f(xs): return np.mean(xs)",
        checked("assert abs(candidate([1, 2]) - 1.5) < 1e-9 and isinstance(candidate([1]), float)"),
    ),
    Case(
        "numpy_array",
        "import numpy as np\ndef f(xs): return np.array(xs) * 2",
        "import numpy as np\n"
        + checked(
            "r = candidate([[1, 2], [3, 4]])\nassert r.shape == (2, 2) and (r == np.array([[2, 4], [6, 8]])).all()"
        ),
    ),
    Case(
        "numpy_argument",
        "def f(a): a += 1; return a.sum()",
        "import numpy as np\n" + checked("a = np.zeros((2, 2))\nassert candidate(a) == 4.0 and a[0, 0] == 1"),
    ),
    Case(
        "int_that_equals_nothing",
        "class I(int):\n    def __eq__(s, o): return False\n    __hash__ = int.__hash__\ndef f(x): return I(x)",
        checked("assert candidate(3) == 3"),
        passes=False,
    ),
    Case(
        "int_subclass",
        "class I(int): pass\ndef f(x): return I(x)",
        checked("assert candidate(3) == 3 and isinstance(candidate(3), int)"),
    ),
    Case(
        "bool_is_true",
        "def f(x): return x > 0",
        checked("assert candidate(1) is True and candidate(0) is False"),
    ),
    Case(
        "big_integers",
        "def f(n):\n    r = 1\n    for i in range(1, n + 1): r *= i\n    return r",
        "import math\n" + checked("assert candidate(500) == math.factorial(500)"),
    ),
    # what people write beside that
    Case(
        "str_of_object",
        "class R:\n    def __str__(s): return 'r!'\ndef f(): return R()",
        checked("assert str(candidate()) == 'r!'"),
    ),
    Case(
        "repr_of_object",
        POINT + "def f(x): return Point(x, x)",
        checked("assert repr(candidate(1)) == 'Point(x=1, y=1)'"),
        "Return a point.",
    ),
    Case(
        "len_of_object",
        "class R:\n    def __len__(s): return 3\n    def __getitem__(s, i): return i * 2\ndef f(): return R()",
        checked("r = candidate()\nassert len(r) == 3 and r[2] == 4"),
    ),
    Case(
        "iterate_object",
        "class R:\n    def __init__(s, n): s.n = n\n    def __iter__(s): return iter(range(s.n))\ndef f(n): return R(n)",
        checked("r = candidate(3)\nassert list(r) == [0, 1, 2] == list(r)"),
    ),
    Case(
        "operators_prose",
        "class V:\n    def __init__(s, x): s.x = x\n    def __add__(s, o): return V(s.x + o.x)\n    def __eq__(s, o): return s.x == o.x\n",
        checked("assert candidate(1) + candidate(2) == candidate(3)"),
        "Implement a vector V with +.",
        entry_point="V",
    ),
    Case(
        "comparison",
        "from functools import total_ordering\n@total_ordering\nclass V:\n    def __init__(s, x): s.x = x\n    def __eq__(s, o): return s.x == o.x\n    def __lt__(s, o): return s.x < o.x\n",
        checked("assert candidate(1) < candidate(2) and sorted([candidate(3), candidate(1)])[0].x == 1"),
        "A vector type V.",
        entry_point="V",
        inside=True,
    ),
    Case(
        "print_captured",
        "def f(x): print('hi', x)",
        "import io, contextlib\n"
        + checked(
            "out = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    candidate(1)\nassert out.getvalue() == 'hi 1\\n'"
        ),
        inside=True,
    ),
    Case(
        "patched_input",
        "def f(): return int(input()) * 2",
        "from unittest.mock import patch\n"
        + checked("with patch('builtins.input', return_value='4'):\n    assert candidate() == 8"),
        inside=True,
    ),
    Case(
        "file_read",
        "def f(path): return open(path).read()",
        "import os, tempfile\n"
        + checked(
            "with tempfile.TemporaryDirectory() as folder:\n    p = os.path.join(folder, 'a')\n"
            "    open(p, 'w').write('x')\n    assert candidate(p) == 'x'"
        ),
        inside=True,
    ),
    Case(
        "memoryview",
        "def f(): return memoryview(b'ab')",
        checked("assert candidate() == b'ab' and bytes(candidate()) == b'ab'"),
    ),
    Case("slice_object", "def f(): return slice(1, 2)", checked("assert [1, 2, 3][candidate()] == [2]")),
    Case("none_and_ellipsis", "def f(): return ...", checked("assert candidate() is ...")),
    Case("type_returned", "def f(x): return type(x)", checked("assert candidate(1) is int")),
    Case(
        "raise_from",
        "def f():\n    try: 1 / 0\n    except ZeroDivisionError as e: raise ValueError('bad') from e",
        checked(
            "try: candidate()\nexcept ValueError as e: assert isinstance(e.__cause__, ZeroDivisionError)\nelse: assert 0"
        ),
        inside=True,
    ),
    Case(
        "stop_iteration",
        "def f(): raise StopIteration",
        checked("try: candidate()\nexcept StopIteration: pass\nelse: assert 0"),
        inside=True,
    ),
    Case(
        "system_exit",
        "import sys\ndef f(): sys.exit(3)",
        checked("try: candidate()\nexcept SystemExit as e: assert e.code == 3\nelse: assert 0"),
        inside=True,
    ),
    Case(
        "warning",
        "import warnings\ndef f(): warnings.warn('old', DeprecationWarning); return 1",
        "import warnings\n"
        + checked(
            "with warnings.catch_warnings(record=True) as w:\n    warnings.simplefilter('always')\n    candidate()\nassert len(w) == 1"
        ),
        inside=True,
    ),
    Case(
        "path_returned",
        "from pathlib import Path\ndef f(p): return Path(p)",
        "from pathlib import Path\n" + checked("assert candidate('a') == Path('a')"),
    ),
    Case(
        "uuid",
        "import uuid\ndef f(): return uuid.UUID(int=1)",
        "import uuid\n" + checked("assert candidate() == uuid.UUID(int=1)"),
    ),
    Case(
        "enum",
        "from enum import Enum\nclass Color(Enum):\n    RED = 1\ndef f(n): return Color(n)",
        checked("assert candidate(1) is Color.RED and candidate(1).name == 'RED'"),
        "from enum import Enum\nclass Color(Enum):\n    RED = 1\n\ndef f(n):\n    pass\n",
        inside=True,
    ),
    Case(
        "int_enum",
        "from enum import IntEnum\nclass L(IntEnum):\n    A = 1\ndef f(): return L.A",
        checked("assert candidate() == 1 and candidate() + 1 == 2"),
    ),
    Case(
        "lru_cache_info",
        "from functools import lru_cache\n@lru_cache(None)\ndef f(n): return n if n < 2 else f(n-1) + f(n-2)",
        checked("assert candidate(80) == 23416728348467685\nassert candidate.cache_info().misses == 81"),
        inside=True,
    ),
    Case(
        "mock_argument",
        "def f(api): return api.get(3)",
        "from unittest.mock import Mock\n"
        + checked(
            "api = Mock()\napi.get.return_value = 5\nassert candidate(api) == 5\napi.get.assert_called_once_with(3)"
        ),
        inside=True,
    ),
    Case(
        "unittest_class",
        "def f(x): return x + 1",
        "import unittest\nclass T(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(f(1), 2)\n    def test_error(self):\n        with self.assertRaises(TypeError):\n            f('a')\ndef check(candidate):\n    result = unittest.TestResult()\n    unittest.defaultTestLoader.loadTestsFromTestCase(T).run(result)\n    assert result.wasSuccessful() and result.testsRun == 2\n",
    ),
    Case(
        "unittest_class_wrong",
        "def f(x): return x",
        "import unittest\nclass T(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(f(1), 2)\ndef check(candidate):\n    result = unittest.TestResult()\n    unittest.defaultTestLoader.loadTestsFromTestCase(T).run(result)\n    assert result.wasSuccessful()\n",
        passes=False,
    ),
    Case(
        "async_gather",
        "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x",
        "import asyncio\n"
        + checked(
            "async def main():\n    return await asyncio.gather(*map(candidate, range(3)))\nassert asyncio.run(main()) == [0, 1, 2]"
        ),
        inside=True,
    ),
    Case(
        "type_hints",
        "def f(x: int) -> str: return str(x)",
        "from typing import get_type_hints\n"
        + checked("assert get_type_hints(candidate) == {'x': int, 'return': str}"),
        inside=True,
    ),
    Case(
        "numpy_allclose",
        "import numpy as np\ndef f(a): return np.linalg.inv(a)",
        "import numpy as np\n"
        + checked("a = np.array([[2., 0], [0, 4]])\nassert np.allclose(candidate(a) @ a, np.eye(2))"),
    ),
    Case(
        "regex_match",
        "import re\ndef f(s): return re.match(r'(a+)', s)",
        checked(
            "assert candidate('aab').group(1) == 'aa'\nassert candidate('b') is None\nassert candidate('a')"
        ),
        inside=True,
    ),
    Case(
        "custom_exception_of_solution",
        "class MyError(Exception): pass\ndef f(): raise MyError('x')",
        checked("try: candidate()\nexcept MyError: pass\nelse: assert 0"),
        inside=True,
    ),
    Case(
        "star_args",
        "def f(*a, **k): return a, k",
        checked("assert candidate(1, *[2], x=3, **{'y': 4}) == ((1, 2), {'x': 3, 'y': 4})"),
    ),
    Case(
        "swap_rows",
        "def f(m): m[0], m[1] = m[1], m[0]",
        checked("m = [[1], [2]]\ncandidate(m)\nassert m == [[2], [1]]"),
    ),
    Case(
        "string_io",
        "def f(file): return file.read().upper()",
        "import io\n" + checked("assert candidate(io.StringIO('a')) == 'A'"),
        inside=True,
    ),
    Case(
        "contains_of_object",
        "class R:\n    def __contains__(s, x): return x > 2\ndef f(): return R()",
        checked("r = candidate()\nassert 3 in r and 1 not in r"),
        "class R: a container",
        inside=True,
    ),
    # what library types, groups of exceptions and generators do beyond their values
    Case(
        "default_factory",
        "from collections import defaultdict\ndef f(words):\n    d = defaultdict(list)\n    for w in words: d[w[0]].append(w)\n    return d",
        checked("d = candidate(['a', 'b'])\nassert d == {'a': ['a'], 'b': ['b']} and d['z'] == []"),
    ),
    Case(
        "array_of_numbers",
        "from array import array\ndef f(): return array('i', [1, 2])",
        "from array import array\n" + checked("assert candidate() == array('i', [1, 2]) != [1, 2]"),
    ),
    Case(
        "not_implemented",
        "def f(): return NotImplemented",
        checked("assert candidate() is NotImplemented"),
    ),
    Case(
        "decode_error",
        "def f(b): return b.decode('ascii')",
        checked(
            "try: candidate(b'\\xff')\nexcept UnicodeDecodeError as e: assert (e.start, e.encoding) == (0, 'ascii')\nelse: assert 0"
        ),
    ),
    Case(
        "exception_group",
        "def f(x): raise ExceptionGroup('many', [ValueError(x), TypeError(x)])",
        checked(
            "try: candidate(1)\nexcept ExceptionGroup as g: assert len(g.exceptions) == 2\nelse: assert 0"
        ),
        inside=True,
    ),
    Case(
        "exception_group_divided",
        "def f(x): raise ExceptionGroup('many', [ValueError(x), TypeError(x)])",
        checked(
            "hits = []\ntry: candidate(1)\nexcept* ValueError: hits.append(1)\nexcept* TypeError: hits.append(2)\nassert hits == [1, 2]"
        ),
        inside=True,
    ),
    Case(
        "exception_group_by_its_text",
        "def f(x): raise ExceptionGroup('many', [ValueError(x)])",
        checked("try: candidate(1)\nexcept Exception as e: assert 'many' in str(e)\nelse: assert 0"),
    ),
    Case(
        "thrown_into_a_generator",
        "def f():\n    try: yield 1\n    except ValueError: yield 2",
        checked("g = candidate()\nnext(g)\nassert g.throw(ValueError) == 2"),
        inside=True,
    ),
    Case(
        "returned_by_a_generator",
        "def f():\n    yield 1\n    return 5",
        checked(
            "def outer():\n    found.append((yield from candidate()))\nfound = []\nassert list(outer()) == [1] and found == [5]"
        ),
    ),
    Case(
        "copy_of_the_candidate",
        "def f(x): return 2 * x",
        checked("import copy\nassert copy.copy(candidate)(2) == copy.deepcopy([candidate])[0](2) == 4"),
    ),
    Case(
        "class_in_brackets",
        "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass f(Generic[T]):\n    def __init__(s, x): s.x = x",
        checked("assert candidate[int](3).x == 3"),
        inside=True,
    ),
    Case(
        "members_of_an_enum",
        "import enum\nclass f(enum.Enum):\n    A = 1\n    B = 2",
        checked(
            "assert [m.value for m in candidate] == [1, 2] and candidate['B'].value == len(candidate) == 2"
        ),
        inside=True,
    ),
    Case(
        "replaced_clock",
        "import time\ndef f(): return time.time()",
        checked("import time\ntime.time = lambda: 5\nassert candidate() == 5"),
        inside=True,
    ),
    Case(
        "replaced_clock_by_name",
        "import time\ndef f(): return time.time()",
        checked("import time as t\nsetattr(t, 'time', lambda: 5)\nassert candidate() == 5"),
        inside=True,
    ),
    Case(
        "class_in_prose_with_methods_of_a_list",
        STACK.replace("Stack", "Pile").replace("push", "append"),
        checked("s = candidate()\ns.append(1); s.append(2)\nassert s.pop() == 2"),
        "Implement a pile.",
        inside=True,
        entry_point="Pile",
    ),
    Case(
        "function_named_like_a_class_that_returns_what_equals_all",
        "class Diff:\n    def __init__(self, *_): pass\n    def __ne__(self, _): return True\n    def __eq__(self, other): return False",
        checked("assert candidate([1, 2], [2]) == [1]"),
        "Find the difference.",
        passes=False,
        entry_point="Diff",
    ),
]
