# ruff: noqa: E501
# Programs are quoted line by line as they are.
"""Hostile answers to "write add(a, b)", by what they try; none may pass, harm, hang or outlive its time.

`{outside}` is a folder of the tester's own that no program may read or change, `{pid}` the tester's process.
"""

from __future__ import annotations

from dataclasses import dataclass

# The trusted test of every function case: 6 calls, none of whose results a program can know beforehand.
TEST = """
def check(candidate):
    import random
    assert candidate(1, 2) == 3
    for _ in range(5):
        a, b = random.randrange(10**9), random.randrange(10**9)
        assert candidate(a, b) == a + b
"""


@dataclass(frozen=True)
class Case:
    """One hostile program and what may become of it."""

    name: str
    source: str
    verdicts: str = "error"  # those allowed, a space between them
    whole: bool = False  # run as a program, not called as a function
    wall_s: float = 5.0
    memory_mb: int = 512
    processes: int = 1

    @property
    def is_ended(self) -> bool:
        """By its time limit, or may be; all others end by themselves, with no more processor time than that."""
        return "timeout" in self.verdicts.split()


def in_call(body: str) -> str:
    """The attack inside the function."""
    lines = "\n".join("    " + line for line in body.strip("\n").splitlines())
    return f"import os, sys, signal, time, ctypes\ndef add(a, b):\n{lines}\n"


EXIT = [
    Case("exit_import", "import sys; sys.exit(0)"),
    Case("exit_call", in_call("sys.exit(0)")),
    Case("_exit_import", "import os; os._exit(0)"),
    Case("_exit_call", in_call("os._exit(0)")),
    Case("system_exit_raised", in_call("raise SystemExit")),
    Case("atexit_exit", in_call("import atexit; atexit.register(os._exit, 0); sys.exit(0)")),
    Case("sigkill_itself", in_call("os.kill(os.getpid(), signal.SIGKILL)")),
    Case("sigterm_itself", in_call("os.kill(os.getpid(), signal.SIGTERM); time.sleep(9)")),
    Case("keyboard_interrupt", in_call("raise KeyboardInterrupt")),
    Case("generator_exit", in_call("raise GeneratorExit")),
    Case("exception_named_passed", in_call("raise Exception('passed')")),
    Case(
        "exception_str_exits",
        "class E(Exception):\n def __str__(self): import os; os._exit(0)\ndef add(a, b): raise E",
    ),
    Case(
        "exception_str_hangs",
        "class E(Exception):\n def __str__(self):\n  while True: pass\ndef add(a, b): raise E",
        "timeout",
        wall_s=0.4,
    ),
    Case(
        "exception_str_raises", "class E(BaseException):\n def __str__(self): raise E\ndef add(a, b): raise E"
    ),
    Case("execv", in_call("os.execv(sys.executable, [sys.executable, '-c', 'print(\"passed\")'])")),
    Case("exec_shell", in_call("os.execv('/bin/sh', ['sh', '-c', 'exit 0'])")),
    Case("abort", in_call("os.abort()")),
    Case("skip_test", in_call("import unittest; raise unittest.SkipTest('passed')")),
    Case("stop_iteration", in_call("raise StopIteration(a + b)")),
    Case("assertion_error", in_call("raise AssertionError('passed')")),
]

CRASH = [
    Case("ctypes_null", in_call("ctypes.string_at(0)")),
    Case("parentheses", "(" * 200_000 + ")" * 200_000, "error memory"),
    Case("unary_minuses", "x = " + "-" * 100_000 + "1", "error memory"),
    Case(
        "unlimited_recursion",
        in_call("sys.setrecursionlimit(10**9)\nreturn add(a, b)"),
        "error memory timeout",
    ),
    Case(
        "c_recursion",
        "import sys; sys.setrecursionlimit(10**9)\nclass A:\n def __repr__(self): return repr(self)\n"
        "def add(a, b): return repr(A())",
        "error memory timeout",
    ),
    Case(
        "bad_coding_line", "# -*- coding: no-such-coding -*-\ndef add(a, b): return a + b + 1", "error wrong"
    ),
    Case("nul_in_source", "def add(a, b):\n    return '\0'"),
    Case("surrogate_in_source", "def add(a, b):\n    return '\udc80'", "error"),
    Case("huge_source", "x = [" + "1," * 3_000_000 + "]\ndef add(a, b): return 0", "error memory wrong"),
    Case("no_function", "def sub(a, b): return a - b"),
    Case("not_a_function", "add = 3"),
    Case("syntax_error", "def add(a, b) return a"),
    Case("empty_source", ""),
]

HANG = [
    Case("loop", in_call("while True: pass"), "timeout", wall_s=0.4),
    Case(
        "loop_catches_all",
        in_call("while True:\n  try:\n    while True: pass\n  except BaseException: pass"),
        "timeout",
        wall_s=0.4,
    ),
    Case(
        "ignore_signals",
        in_call(
            "for s in range(1, 65):\n  try: signal.signal(s, signal.SIG_IGN)\n"
            "  except (OSError, ValueError): pass\nwhile True: pass"
        ),
        "timeout",
        wall_s=0.4,
    ),
    Case(
        "alarm_ignored",
        in_call("signal.signal(signal.SIGALRM, signal.SIG_IGN); signal.alarm(0)\nwhile True: time.sleep(1)"),
        "timeout",
        wall_s=0.4,
    ),
    Case("long_c_call", in_call("return sum(range(10**12))"), "timeout", wall_s=0.4),
    Case("big_power", in_call("return 7 ** (10**9)"), "timeout memory", wall_s=0.4),
    Case(
        "regex_backtrack",
        in_call("import re; return re.match('(a+)+$', 'a'*64 + 'b')"),
        "timeout",
        wall_s=0.4,
    ),
    Case("sleep", in_call("time.sleep(99)"), "timeout", wall_s=0.4),
    Case("stop_itself", in_call("os.kill(os.getpid(), signal.SIGSTOP)"), "timeout", wall_s=0.4),
    Case("loop_at_import", "while True: pass", "timeout", wall_s=0.4),
    Case(
        "thread_non_daemon",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()\n"
        "def add(a, b): return 0",
        "wrong",
    ),
    Case(
        "thread_non_daemon_program",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()",
        "timeout",
        whole=True,
        wall_s=0.4,
    ),
    Case(
        "eq_hangs", "class E:\n def __eq__(self, o):\n  while True: pass\ndef add(a, b): return E()", "wrong"
    ),
    Case(
        "repr_hangs",
        "class E(int):\n def __repr__(self):\n  while True: pass\n __str__ = __repr__\n"
        "def add(a, b): return E(0)",
        "wrong",
    ),
    Case(
        "hash_hangs",
        "class E(str):\n def __hash__(self):\n  while True: pass\ndef add(a, b): return E('x')",
        "wrong",
    ),
    Case(
        "iter_hangs",
        "class E(list):\n def __iter__(self):\n  while True: pass\ndef add(a, b): return E([1])",
        "wrong",
    ),
    Case("generator_endless", "def add(a, b):\n  while True: yield 1", "wrong"),
    Case(
        "reduce_hangs",
        "class E:\n def __reduce__(self):\n  while True: pass\ndef add(a, b): return E()",
        "wrong",
    ),
    Case(
        "patched_time",
        "import time\ntime.time = time.monotonic = time.perf_counter = lambda: 0.0\n"
        "def add(a, b):\n  while True: pass",
        "timeout",
        wall_s=0.4,
    ),
    Case(
        "exit_hangs",
        "import atexit\n@atexit.register\ndef f():\n  while True: pass",
        "timeout",
        whole=True,
        wall_s=0.4,
    ),
    Case(
        "del_hangs",
        "class E:\n def __del__(self):\n  while True: pass\nx = E()\ndef add(a, b): return 0",
        "wrong",
    ),
    Case("flood_then_hang", in_call("while True: os.write(1, b'x' * 65536)"), "timeout", wall_s=0.4),
]

CHEAT = [
    Case(
        "always_equal",
        "class E:\n __eq__ = lambda s, o: True\n __ne__ = lambda s, o: False\n"
        " __bool__ = lambda s: True\ndef add(a, b): return E()",
        "wrong",
    ),
    Case(
        "int_subclass",
        "class E(int):\n __eq__ = lambda s, o: True\n __hash__ = int.__hash__\ndef add(a, b): return E(0)",
        "wrong",
    ),
    Case(
        "str_subclass",
        "class E(str):\n __eq__ = lambda s, o: True\n __hash__ = str.__hash__\ndef add(a, b): return E()",
        "wrong",
    ),
    Case("list_subclass", "class E(list):\n __eq__ = lambda s, o: True\ndef add(a, b): return E()", "wrong"),
    Case(
        "metaclass_instance_check",
        "class M(type):\n __instancecheck__ = lambda *a: True\n"
        " __subclasscheck__ = lambda *a: True\n __eq__ = lambda *a: True\n __hash__ = type.__hash__\n"
        "class E(metaclass=M): pass\ndef add(a, b): return E",
        "wrong",
    ),
    Case(
        "class_attribute_lies",
        "class E:\n __class__ = int\n __eq__ = lambda s, o: True\ndef add(a, b): return E()",
        "wrong error",
    ),
    Case(
        "frames",
        in_call(
            "f = sys._getframe()\nwhile f:\n  for v in list(f.f_locals.values()):\n"
            "    if isinstance(v, dict) and 'check' in v: v['check'] = lambda c: None\n  f = f.f_back\nreturn 0"
        ),
        "wrong",
    ),
    Case(
        "gc_search",
        in_call(
            "import gc\nfor o in gc.get_objects():\n"
            "  if isinstance(o, dict) and 'candidate' in o: o['candidate'] = lambda *a: 0\nreturn 0"
        ),
        "wrong error",
    ),
    Case(
        "source_of_caller",
        in_call(
            "import inspect\nfor f in inspect.stack():\n"
            "  if f.function == 'check': return eval(f.code_context[0].split('==')[1])\nreturn 0"
        ),
        "wrong error",
    ),
    Case(
        "forged_replies",
        in_call(
            "for fd in range(256):\n  for kind in b'LVDOET':\n"
            "    try: os.write(fd, bytes([kind]) + bytes(8) + (1).to_bytes(8, 'little') + b'N')\n"
            "    except OSError: pass\nos._exit(0)"
        ),
        "error wrong",
    ),
    Case(
        "forged_text",
        in_call(
            "for fd in range(256):\n  try: os.write(fd, b'passed\\n' * 100)\n"
            "  except OSError: pass\nos._exit(0)"
        ),
    ),
    Case(
        "forged_token",
        in_call(
            "for fd in range(256):\n"
            "  try: os.write(fd, b'T' + bytes(8) + (32).to_bytes(8, 'little') + bytes(32))\n"
            "  except OSError: pass\nos._exit(0)"
        ),
        "error wrong",
    ),
    Case(
        "reply_of_huge_length",
        in_call("os.write(4, b'V' + bytes(8) + b'\\xff' * 8); time.sleep(99)"),
        wall_s=1.0,
    ),
    Case(
        "reply_flood",
        in_call("while True: os.write(4, b'V' + bytes(8) + (1).to_bytes(8, 'little') + b'N')"),
        "error wrong output_limit",
        wall_s=1.0,
    ),
    Case(
        "reply_half",
        in_call("os.write(4, b'V' + bytes(8) + (100).to_bytes(8, 'little') + b'N'); os._exit(0)"),
    ),
    Case(
        "reply_nested_bomb",
        in_call(
            "body = b'[\\x01\\0\\0\\0' * 100000 + b'N'\n"
            "os.write(4, b'V' + bytes(8) + len(body).to_bytes(8, 'little') + body); os._exit(0)"
        ),
        "error wrong",
    ),
    Case(
        "reply_marshal_code",
        in_call(
            "body = b'c' + bytes(50)\n"
            "os.write(4, b'V' + bytes(8) + len(body).to_bytes(8, 'little') + body); os._exit(0)"
        ),
        "error wrong",
    ),
    Case(
        "reply_wrong_size",
        in_call(
            "body = b'[\\xff\\xff\\xff\\x7f'\n"
            "os.write(4, b'V' + bytes(8) + len(body).to_bytes(8, 'little') + body); os._exit(0)"
        ),
        "error wrong",
    ),
    Case(
        "wrong_digest",
        in_call(
            "body = bytes(16) + (10**5).to_bytes(8, 'little')\n"
            "os.write(4, b'D' + bytes(8) + len(body).to_bytes(8, 'little') + body); os._exit(0)"
        ),
        "error wrong",
    ),
    Case("read_requests", in_call("os.set_blocking(3, False)\nreturn os.read(3, 10**6)"), "error wrong"),
    Case("mutate_arguments", "def add(a, b):\n  return None", "wrong"),
    Case(
        "patch_builtins",
        "import builtins\nbuiltins.__dict__.update(AssertionError=Exception, isinstance="
        "lambda *a: True, sum=lambda *a: 0, abs=lambda x: 0, len=lambda x: 0)\ndef add(a, b): return 0",
        "wrong error timeout",
        wall_s=0.4,
    ),
    Case(
        "patch_marshal",
        "import marshal\nmarshal.dumps = lambda *a: b'T'\ndef add(a, b): return [0]",
        "wrong error",
    ),
    Case(
        "patch_codec",
        "import sys\nfor m in list(sys.modules.values()):\n"
        "  if hasattr(m, 'encode') and hasattr(m, 'decode'): m.encode = m.decode = lambda *a: b'T'\n"
        "def add(a, b): return 0",
        "wrong error",
    ),
    Case(
        "patch_numpy",
        "try:\n  import numpy\n  numpy.allclose = lambda *a, **k: True\nexcept ImportError: pass\n"
        "def add(a, b): return 0",
        "wrong",
    ),
    Case(
        "settrace",
        in_call(
            "def t(f, e, x):\n  return t\nsys.settrace(t)\nf = sys._getframe()\n"
            "while f:\n  f.f_trace = t; f = f.f_back\nreturn 0"
        ),
        "wrong",
    ),
    Case(
        "sys_modules",
        "import sys\nsys.modules.clear()\nsys.modules['benchkit'] = None\ndef add(a, b): return 0",
        "wrong error",
    ),
    Case(
        "print_passed",
        in_call("print('passed', flush=True); os.write(1, b'passed'); os.write(2, b'passed')\nreturn 0"),
        "wrong",
    ),
    Case("own_check", "def check(candidate): pass\nTEST = None\ndef add(a, b): return 0", "wrong"),
    Case("returns_true", "def add(a, b): return True", "wrong"),
    Case("returns_not_implemented", "def add(a, b): return NotImplemented", "wrong"),
    Case("returns_nan", "def add(a, b): return float('nan')", "wrong"),
    Case("returns_itself", "def add(a, b): return add", "wrong"),
    Case("coroutine", "async def add(a, b): return a + b", "wrong"),
    Case("mock", "from unittest.mock import MagicMock, ANY\ndef add(a, b): return ANY", "wrong"),
    Case(
        "reply_at_import",
        "import os\nos.write(4, b'L' + bytes(16) + (b'V' + bytes(8) + (1).to_bytes(8, 'little') + b'T') * 9)\n"
        "def add(a, b): return True",
        "wrong",
    ),
    Case(
        "reply_twice",
        in_call(
            "for _ in '12': os.write(4, b'V' + bytes(8) + (5).to_bytes(8, 'little') + b'i\\3\\0\\0\\0')\nreturn 0"
        ),
        "wrong",
    ),
    Case(
        "reply_of_negative_length",
        in_call("os.write(4, b'V' + bytes(8) + (-17).to_bytes(8, 'little', signed=True)); time.sleep(99)"),
        wall_s=1.0,
    ),
    Case(
        "reply_drips",
        in_call("for byte in b'V' + bytes(16): os.write(4, bytes([byte])); time.sleep(0.1)"),
        "timeout",
        wall_s=0.2,
    ),
    Case(
        "reply_digests_for_ever",
        in_call(
            "for _ in range(99): os.write(4, b'D' + bytes(8) + (24).to_bytes(8, 'little') + bytes(24))\nreturn 0"
        ),
        "error wrong",
    ),
    Case(
        "reply_unhashable_item",
        in_call(
            "body = b'<\\1\\0\\0\\0[\\0\\0\\0\\0'\n"
            "os.write(4, b'V' + bytes(8) + len(body).to_bytes(8, 'little') + body); time.sleep(99)"
        ),
        wall_s=1.0,
    ),
    Case(
        "reply_raised_by_exit",
        in_call(
            "body = b'X\\0exit\\0passed'\n"
            "os.write(4, b'E' + bytes(8) + len(body).to_bytes(8, 'little') + body); time.sleep(99)"
        ),
        "wrong error",
        wall_s=1.0,
    ),
    Case(
        "descriptors_passed_on",
        in_call(
            "import socket\nfor _ in range(60):\n  x, y = socket.socketpair()\n"
            "  socket.send_fds(x, [b'x'], [x.fileno(), y.fileno(), 4]); socket.send_fds(y, [b'x'], [y.fileno(), 4])\n"
            "  x.close(); y.close()\nreturn 0"
        ),
        "wrong error",
    ),
    Case(
        "patch_frames",
        "import sys\nframes = sys.modules['benchkit.judging.sandbox.wire.frames']\n"
        "frames.write_reply = lambda fd, *_: __import__('os').write(\n"
        "  fd, b'V' + bytes(8) + (1).to_bytes(8, 'little') + b'T')\ndef add(a, b): return 0",
        "wrong error",
    ),
    Case("hostile_float", "class E(float):\n __float__ = lambda s: 3.0\ndef add(a, b): return E()", "wrong"),
    Case("float_near", "def add(a, b): return (a + b) * (1 + 1e-9)", "wrong"),
    Case(
        "numpy_in_name",
        "class E:\n def item(s): return s\nE.__module__ = 'numpy'\ndef add(a, b): return E()",
        "wrong",
    ),
    Case(
        "getattribute_exits",
        "class E(dict):\n def __getattribute__(s, n): raise SystemExit(0)\n items = keys = None\n"
        "def add(a, b): return E()",
        "wrong",
    ),
    Case(
        "list_that_grows",
        "import threading\nx = [0]\ndef loop():\n  while True: x[0] += 1\n"
        "threading.Thread(target=loop, daemon=True).start()\ndef add(a, b): return x",
        "wrong",
    ),
    Case(
        "metaclass_call", "class M(type):\n __call__ = lambda c, *a: c\nclass add(metaclass=M): pass", "wrong"
    ),
    Case("exception_group", "def add(a, b): raise BaseExceptionGroup('passed', [KeyboardInterrupt()])"),
    Case(
        "exception_of_odd_bases",
        "class M(type):\n def mro(c): return [c, RuntimeError, Exception, BaseException, object]\n"
        "class E(RuntimeError, metaclass=M): pass\ndef add(a, b): raise E",
    ),
    Case("audit_hook", in_call("sys.addaudithook(lambda *a: os._exit(0)); open('/dev/null')")),
    Case("builtin_integer_overwritten", in_call("ctypes.memset(id(a) + 24, 0, 4); return a"), "wrong error"),
]

INPUT_OUTPUT = [
    Case("close_descriptors", in_call("os.closerange(0, 256); return 0")),
    Case("close_replies", in_call("os.close(4); time.sleep(99)"), "error", wall_s=2.0),
    Case("dup_over_replies", in_call("os.dup2(1, 4); return 0"), "error timeout", wall_s=0.4),
    Case("read_stdin", in_call("return input()")),
    Case("stdout_none", in_call("sys.stdout = sys.stderr = None; print('x'); return 0"), "wrong"),
    Case("stdout_flood", in_call("for _ in range(300): sys.stdout.write('x' * 10**6)\nreturn 0"), "wrong"),
    Case("fd1_flood", in_call("for _ in range(300): os.write(1, b'x' * 10**6)\nreturn 0"), "wrong"),
    Case(
        "program_stdout_flood",
        "import sys\nfor _ in range(300): sys.stdout.write('x' * 10**6)",
        "output_limit",
        whole=True,
    ),
    Case(
        "program_fd1_flood",
        "import os\nfor _ in range(300): os.write(1, b'x' * 10**6)",
        "output_limit",
        whole=True,
    ),
    Case(
        "program_stderr_flood", "import os\nwhile True: os.write(2, b'x' * 10**6)", "output_limit", whole=True
    ),
    Case("returns_nul", "def add(a, b): return '\\0'", "wrong"),
    Case("returns_surrogates", "def add(a, b): return '\\ud800\\udfff'", "wrong"),
    Case("returns_huge_int", "def add(a, b): return 10 ** 100000", "wrong"),
    Case("returns_huge_list", "def add(a, b): return [0] * 10**8", "memory wrong"),
    Case("returns_large_list", "def add(a, b): return list(range(2 * 10**6))", "wrong memory timeout"),
    Case(
        "returns_deep_list",
        "def add(a, b):\n  x = []\n  for _ in range(10**5): x = [x]\n  return x",
        "wrong error",
    ),
    Case("returns_self_list", "def add(a, b):\n  x = []; x.append(x); return x", "wrong"),
    Case("returns_self_dict", "def add(a, b):\n  x = {}; x[0] = x; return x", "wrong"),
    Case(
        "returns_shared_bomb",
        "def add(a, b):\n  x = [0]\n  for _ in range(60): x = [x, x]\n  return x",
        "timeout memory wrong",
        wall_s=1.0,
    ),
    Case("returns_huge_text", "def add(a, b): return 'x' * (200 << 20)", "wrong memory"),
    Case("exception_huge_text", "def add(a, b): raise ValueError('x' * (100 << 20))"),
    Case(
        "exception_odd_names",
        "E = type('passed\\0BaseException\\0\\ud800', (Exception,), {})\n"
        "def add(a, b): raise E('\\ud800\\0')",
    ),
]

HARM = [
    Case("fork_bomb", in_call("while True: os.fork()"), "error timeout", wall_s=1.0),
    Case(
        "fork_bomb_program",
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
        "timeout",
        whole=True,
        wall_s=0.6,
        processes=16,
    ),
    Case(
        "sleeping_forks",
        "import os, time\nfor _ in range(30):\n  try:\n    if os.fork() == 0: time.sleep(99)\n"
        "  except OSError: pass\n",
        "passed error",
        whole=True,
        processes=40,
    ),
    Case(
        "sleeping_forks_refused",
        "import os, time\nfor _ in range(30):\n  if os.fork() == 0: time.sleep(99)",
        "error",
        whole=True,
    ),
    Case(
        "daemon",
        "import os, time, sys\nif os.fork() == 0:\n  try: os.setsid()\n  except OSError: pass\n"
        "  if os.fork() == 0:\n    for fd in (0, 1, 2): os.close(fd)\n    time.sleep(99)\n  os._exit(0)\n"
        "os.wait()",
        "passed error",
        whole=True,
        processes=8,
    ),
    Case(
        "threads",
        in_call(
            "import threading\ntry:\n"
            "  while True: threading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n"
            "except RuntimeError: return 0"
        ),
        "wrong memory error",
        wall_s=3,
    ),
    Case("memory_bomb", in_call("x = []\nwhile True: x.append(bytearray(10**7))"), "memory"),
    Case("memory_at_once", in_call("x = bytearray(10**10); return 0"), "memory"),
    Case(
        "memory_mmap",
        in_call("import mmap; m = mmap.mmap(-1, 10**10); m.write(b'x' * 10**9); return 0"),
        "error memory",
    ),
    Case("memory_program", "x = []\nwhile True: x.append(bytearray(10**7))", "memory", whole=True),
    Case(
        "big_file",
        in_call("with open('big', 'wb') as f:\n  for _ in range(150): f.write(b'x' * 10**6)\nreturn 0"),
        "error",
    ),
    Case(
        "many_big_files",
        "for n in range(64):\n with open(f'f{n}', 'wb') as f:\n  for _ in range(60): f.write(b'x' * 10**6)\n"
        "import time; time.sleep(99)",
        "output_limit error",
        whole=True,
    ),
    Case(
        "many_files",
        in_call("for n in range(10**5): open(f'f{n}', 'w').close()\nreturn 0"),
        "error wrong timeout output_limit",
        wall_s=1,
    ),
    Case("overwrite_outside", in_call("open('{outside}/file', 'w').write('x'); return 0")),
    Case("append_outside", in_call("open('{outside}/file', 'a').write('x'); return 0")),
    Case("create_outside", in_call("open('{outside}/new', 'w').write('x'); return 0")),
    Case("create_in_usr", in_call("open('/usr/lib/bench-hostile', 'w').write('x'); return 0")),
    Case("create_in_tmp", in_call("open('/tmp/../tmp/../var/tmp/bench-hostile', 'w').write('x'); return 0")),
    Case("delete_outside", in_call("os.unlink('{outside}/file'); return 0")),
    Case("truncate_outside", in_call("os.truncate('{outside}/file', 0); return 0")),
    Case("open_truncate_outside", in_call("os.open('{outside}/file', os.O_RDONLY | os.O_TRUNC); return 0")),
    Case("rename_outside", in_call("os.rename('{outside}/file', 'stolen'); return 0")),
    Case("link_outside", in_call("os.link('{outside}/file', 'linked'); return 0")),
    Case("chmod_outside", in_call("os.chmod('{outside}/file', 0o777); return 0"), "error wrong"),
    Case("chmod_folder_outside", in_call("os.chmod('{outside}', 0o777); return 0"), "error wrong"),
    Case("utime_outside", in_call("os.utime('{outside}/file', (0, 0)); return 0"), "error wrong"),
    Case("xattr_outside", in_call("os.setxattr('{outside}/file', 'user.x', b'x'); return 0")),
    Case("chown_outside", in_call("os.chown('{outside}/file', os.getuid(), os.getgid()); return 0")),
    Case(
        "symlink_outside",
        in_call("os.symlink('{outside}', 'way'); open('way/file', 'w').write('x'); return 0"),
    ),
    Case("proc_root", in_call("open('/proc/1/root{outside}/file').read(); return 0")),
    Case("proc_cwd_of_parent", in_call("os.listdir(f'/proc/{os.getppid() or 1}/cwd'); return 0")),
    Case(
        "left_behind",
        in_call(
            "os.makedirs('a/b/c'); open('a/b/f', 'w').close(); os.symlink('/', 'a/root')\n"
            "os.symlink('{outside}', 'a/b/way'); os.mkfifo('a/pipe'); os.chmod('a/b', 0); os.chmod('a', 0); return 0"
        ),
        "wrong",
    ),
    Case(
        "deep_folders",
        in_call("for n in range(1000):\n  os.mkdir('d'); os.chdir('d')\nreturn 0"),
        "wrong error",
    ),
    Case(
        "private_folder_locked", in_call("open('x', 'w').close(); os.chmod('.', 0); return 0"), "wrong error"
    ),
    Case(
        "private_folder_replaced",
        in_call("h = os.environ['HOME']; os.chdir('/')\nos.rename(h, h + 'x'); return 0"),
    ),
    Case("kill_parent", in_call("os.kill(os.getppid() or {pid}, signal.SIGKILL); return 0"), "error wrong"),
    Case("kill_tester", in_call("os.kill({pid}, signal.SIGKILL); return 0")),
    Case("stop_parent", in_call("os.kill(os.getppid() or {pid}, signal.SIGSTOP); return 0"), "error wrong"),
    Case("kill_all", in_call("os.kill(-1, signal.SIGKILL); return 0"), "error wrong"),
    Case("kill_group", in_call("os.killpg(0, signal.SIGKILL); return 0"), "error wrong"),
    Case("kill_pid_1", in_call("os.kill(1, signal.SIGKILL); return 0"), "error wrong"),
    Case(
        "kill_neighbours",
        in_call(
            "for n in range(1, 3000):\n  try: os.kill({pid} + n - 1500, 9)\n  except OSError: pass\nreturn 0"
        ),
        "wrong error",
    ),
    Case("sigqueue", in_call("if ctypes.CDLL(None).sigqueue({pid}, 9, 0): raise OSError\nreturn 0")),
    Case("pidfd_signal", in_call("fd = os.pidfd_open({pid}); signal.pidfd_send_signal(fd, 9); return 0")),
    Case(
        "fcntl_owner_signal",
        in_call("import fcntl\nfcntl.fcntl(3, 8, {pid}); fcntl.fcntl(3, 10, 9); return 0"),
    ),
    Case(
        "ptrace_parent",
        in_call(
            "if ctypes.CDLL(None, use_errno=True).ptrace(16, os.getppid() or {pid}, 0, 0):\n"
            "  raise OSError\nreturn 0"
        ),
    ),
    Case("memory_of_parent", in_call("open(f'/proc/{os.getppid() or 1}/mem', 'rb+'); return 0")),
    Case("memory_of_tester", in_call("open('/proc/{pid}/mem', 'rb+'); return 0")),
    Case("environ_of_tester", in_call("return open('/proc/{pid}/environ').read()")),
    Case(
        "limits_of_tester",
        in_call("import resource; resource.prlimit({pid}, resource.RLIMIT_CPU, (1, 1)); return 0"),
    ),
    Case(
        "raise_own_limits",
        in_call(
            "import resource\nresource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2); return 0"
        ),
    ),
    Case("renice", in_call("os.setpriority(os.PRIO_PROCESS, {pid}, 19); return 0")),
    Case("renice_all", in_call("os.setpriority(os.PRIO_USER, 0, 19); return 0")),
    Case("scheduler", in_call("os.sched_setaffinity({pid}, [0]); return 0")),
    Case("sysv_shm", in_call("if ctypes.CDLL(None).shmget(1, 4096, 0o1666) < 0: raise OSError\nreturn 0")),
    Case("sysv_semaphore", in_call("if ctypes.CDLL(None).semget(1, 1, 0o1666) < 0: raise OSError\nreturn 0")),
    Case("sysv_queue", in_call("if ctypes.CDLL(None).msgget(1, 0o1666) < 0: raise OSError\nreturn 0")),
    Case("posix_shm", in_call("open('/dev/shm/bench-hostile', 'w').write('x'); return 0")),
    Case(
        "posix_shm_library",
        in_call(
            "from multiprocessing import shared_memory\n"
            "shared_memory.SharedMemory('bench-hostile', create=True, size=4096); return 0"
        ),
    ),
    Case(
        "posix_queue",
        in_call("if ctypes.CDLL(None).mq_open(b'/bench', 0o102, 0o666, None) < 0: raise OSError\nreturn 0"),
    ),
    Case("tcp", in_call("import socket; socket.create_connection(('127.0.0.1', 80), 1); return 0")),
    Case("tcp_listen", in_call("import socket; socket.create_server(('127.0.0.1', 0)); return 0")),
    Case(
        "udp",
        in_call(
            "import socket\n"
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53)); return 0"
        ),
    ),
    Case(
        "unix_socket",
        in_call(
            "import socket; socket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')\nreturn 0"
        ),
    ),
    Case(
        "abstract_socket",
        in_call("import socket; socket.socket(socket.AF_UNIX).bind('\\0bench-hostile'); return 0"),
    ),
    Case(
        "unix_datagram_pair",
        in_call("import socket\na, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\nreturn 0"),
    ),
    Case("netlink", in_call("import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); return 0")),
    Case("vsock", in_call("import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM); return 0")),
    Case("secret", in_call("return open('{outside}/secret').read()")),
    Case("secret_listing", in_call("return os.listdir('{outside}')")),
    Case("secret_in_root_home", in_call("return os.listdir(os.path.dirname('{outside}'))")),
    Case("etc_shadow", in_call("return open('/etc/shadow').read()")),
    Case("shell", in_call("if ctypes.CDLL(None).system(b'echo passed'): raise OSError\nreturn 0"), "error"),
    Case("popen", in_call("import subprocess; subprocess.run(['/bin/true'], check=True); return 0")),
    Case("posix_spawn", in_call("os.posix_spawn('/bin/true', ['true'], {}); return 0")),
    Case("vfork_ctypes", in_call("if ctypes.CDLL(None).syscall(58) < 0: raise OSError\nos._exit(0)")),
    Case(
        "clone3_ctypes",
        in_call(
            "x = (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17)\n"
            "if ctypes.CDLL(None).syscall(435, x, 64) < 0: raise OSError\nreturn 0"
        ),
    ),
    Case(
        "reload_os",
        "import importlib, os, sys\nimportlib.reload(os); importlib.reload(sys)\ndef add(a, b): return 0",
        "wrong error",
    ),
    Case(
        "plant_usercustomize",
        in_call(
            "import site\nd = site.getusersitepackages(); os.makedirs(d)\n"
            "open(d + '/usercustomize.py', 'w').write('x'); return 0"
        ),
        "error wrong",
    ),
    Case(
        "plant_sitecustomize",
        in_call(
            "d = [p for p in sys.path if 'packages' in p][0]\n"
            "open(d + '/sitecustomize.py', 'w').write('x'); return 0"
        ),
    ),
    Case(
        "plant_pyc",
        in_call(
            "import json; d = os.path.dirname(json.__file__)\n"
            "open(d + '/hostile.py', 'w').write('x'); return 0"
        ),
    ),
    Case("environment_token", in_call("return str(dict(os.environ))"), "wrong"),
    Case("unshare_user", in_call("if ctypes.CDLL(None).unshare(0x10000000): raise OSError\nreturn 0")),
    Case(
        "mount",
        in_call("if ctypes.CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, None): raise OSError\nreturn 0"),
    ),
    Case("chroot", in_call("os.chroot('.'); return 0")),
    Case("setuid_root", in_call("os.setuid(0); return 0"), "error wrong"),
    Case("bpf", in_call("if ctypes.CDLL(None).syscall(321, 0, 0, 0) < 0: raise OSError\nreturn 0")),
    Case(
        "io_uring", in_call("if ctypes.CDLL(None).syscall(425, 8, bytes(120)) < 0: raise OSError\nreturn 0")
    ),
    Case("keyctl", in_call("if ctypes.CDLL(None).syscall(250, 0, -3, 1) < 0: raise OSError\nreturn 0")),
    Case("memfd", in_call("os.memfd_create('x'); return 0")),
    Case("userfaultfd", in_call("if ctypes.CDLL(None).syscall(323, 0) < 0: raise OSError\nreturn 0")),
    Case(
        "process_vm",
        in_call("if ctypes.CDLL(None).syscall(310, {pid}, 0, 0, 0, 0, 0) < 0: raise OSError\nreturn 0"),
    ),
    Case("handle_open", in_call("if ctypes.CDLL(None).syscall(304, 0, 0, 0) < 0: raise OSError\nreturn 0")),
    Case("tty_inject", in_call("import fcntl; fcntl.ioctl(0, 0x5412, b'x'); return 0")),
    Case("open_terminal", in_call("open('/dev/tty', 'w'); return 0")),
    Case("raw_memory_device", in_call("open('/dev/mem', 'rb'); return 0")),
    Case(
        "mknod_device",
        in_call(
            "import stat; os.mknod('d', 0o600 | stat.S_IFBLK, os.makedev(254, 0))\n"
            "open('d', 'rb').read(1); return 0"
        ),
    ),
    Case("sysctl", in_call("open('/proc/sys/kernel/core_pattern', 'w').write('|/bin/sh'); return 0")),
    Case("sysrq", in_call("open('/proc/sysrq-trigger', 'w').write('c'); return 0")),
    Case("cgroup_escape", in_call("open('/sys/fs/cgroup/cgroup.procs', 'w').write('0'); return 0")),
    Case(
        "int80",
        in_call(
            "import mmap\nm = mmap.mmap(-1, 4096, prot=7)\n"
            "m.write(b'\\xb8\\x02\\0\\0\\0\\xcd\\x80\\xc3')\n"
            "f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))\n"
            "if f() < 0: raise OSError\nreturn 0"
        ),
    ),
    Case("x32_call", in_call("if ctypes.CDLL(None).syscall(0x40000000 | 57) < 0: raise OSError\nreturn 0")),
    Case("access_mode_3", in_call("os.open('{outside}/file', 3 | os.O_TRUNC); return 0")),
    Case(
        "opened_by_path_only",
        in_call("os.fchdir(os.open('{outside}', os.O_PATH | os.O_DIRECTORY)); return open('secret').read()"),
    ),
    Case("file_without_name_outside", in_call("os.open('{outside}', os.O_TMPFILE | os.O_RDWR); return 0")),
    Case("file_flags", in_call("import fcntl; fcntl.ioctl(os.open(os.__file__, 0), 0x40086602, bytes(8))")),
    Case(
        "written_by_number",
        in_call("open(f'/proc/self/fd/{os.open(\"{outside}/file\", os.O_PATH)}', 'w').write('x')"),
    ),
    Case("secret_in_new_namespace", in_call("if ctypes.CDLL(None).setns(3, 0): raise OSError\nreturn 0")),
    Case(
        "become_parent_of_all", in_call("if ctypes.CDLL(None).prctl(36, 1, 0, 0, 0): raise OSError\nreturn 0")
    ),
    Case("outlive_the_parent", in_call("if ctypes.CDLL(None).prctl(1, 0, 0, 0, 0): raise OSError\nreturn 0")),
    Case("be_attachable", in_call("if ctypes.CDLL(None).prctl(4, 1, 0, 0, 0): raise OSError\nreturn 0")),
    Case("realtime", in_call("os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)); return 0")),
    Case("never_out_of_memory", in_call("open('/proc/self/oom_score_adj', 'w').write('-999'); return 0")),
    Case(
        "clone_into_namespace",
        in_call(
            "if ctypes.CDLL(None).unshare(0x20000) and ctypes.CDLL(None).unshare(0x80): raise OSError\nreturn 0"
        ),
    ),
    Case("host_name", in_call("if ctypes.CDLL(None).sethostname(b'x', 1): raise OSError\nreturn 0")),
    Case("clock", in_call("time.clock_settime(time.CLOCK_REALTIME, 0); return 0")),
    Case("watch_files", in_call("if ctypes.CDLL(None).inotify_init() < 0: raise OSError\nreturn 0")),
    Case(
        "socket_to_a_name",
        in_call("import socket; socket.socketpair()[0].sendto(b'x', '/run/systemd/notify'); return 0"),
    ),
    Case(
        "odd_nodes_left",
        in_call(
            "import stat\nfor n in range(50):\n  os.mkfifo(f'f{n}'); os.mknod(f's{n}', stat.S_IFSOCK | 0o777)\n"
            "for n in (b'-rf', b'*', b'\\xff\\n' * 120): os.mkdir(n, 0o3000)\nreturn 0"
        ),
        "wrong",
    ),
    Case("text_of_a_gigabyte", in_call("return '%1000000000d' % 1"), "memory"),
    Case(
        "no_limits_left",
        in_call(
            "import resource\nfor which in range(16):\n  try: resource.setrlimit(which, (0, 0))\n"
            "  except (OSError, ValueError): pass\nreturn 0"
        ),
        "wrong error timeout memory",
    ),
    Case(
        "child_nobody_waits_for",
        "import ctypes, time\nfor _ in range(3):\n"
        "  if ctypes.CDLL(None).syscall(56, 9, 0, 0, 0, 0) == 0: time.sleep(99)",
        "passed error",
        whole=True,
        processes=8,
    ),
    Case(
        "excepthook_exits",
        "import sys, os\nsys.excepthook = lambda *a: (print('passed'), sys.stdout.flush(), os.kill(0, 9))\n1 / 0",
        "error",
        whole=True,
    ),
]

CASES = [*EXIT, *CRASH, *HANG, *CHEAT, *INPUT_OUTPUT, *HARM]
