# ruff: noqa: E501
# Programs are quoted line by line as they are.
"""More hostile answers to "write add(a, b)": against the sandbox's own code in the jail, its pipes, its tidying."""

from __future__ import annotations

from tests.judging.sandbox.hostile_cases import Case, in_call

FURTHER = [
    Case(
        "reads_its_frames_for_answers",
        "import os, sys\ndef add(a, b):\n  f = sys._getframe()\n  while f:\n    for v in f.f_locals.values():\n      if isinstance(v, tuple) and len(v) == 3 and v[:2] == (a, b): return v[2]\n    f = f.f_back\n  return 0",
        "wrong error",
    ),
    Case(
        "replies_of_every_kind",
        in_call(
            "for kind in range(256):\n  try: os.write(4, bytes([kind]) + bytes(8) + (0).to_bytes(8, 'little'))\n  except OSError: pass\nreturn 0"
        ),
        "wrong error",
    ),
    Case(
        "reply_spliced",
        in_call(
            "r, w = os.pipe(); os.write(w, b'V' + bytes(8) + (1).to_bytes(8, 'little') + b'T')\nos.splice(r, 4, 18); return 0"
        ),
        "wrong error",
    ),
    Case(
        "reply_from_a_thread",
        in_call(
            "import threading\ndef flood():\n  while True:\n    try: os.write(4, b'V' + bytes(8) + (5).to_bytes(8, 'little') + b'i\\3\\0\\0\\0')\n    except OSError: return\nthreading.Thread(target=flood, daemon=True).start(); time.sleep(0.3); return 0"
        ),
        "wrong error output_limit",
    ),
    Case(
        "reply_of_alike_keys",
        in_call(
            "n=3000\nbody = b'<' + n.to_bytes(4,'little') + b''.join(b'l\\x05\\0\\0\\0' + b''.join(((i*(2**61-1))>>15*k&0x7fff).to_bytes(2,'little') for k in range(5)) for i in range(1,n+1))\nos.write(4, b'V' + bytes(8) + len(body).to_bytes(8, 'little') + body); time.sleep(9)"
        ),
        "wrong error timeout",
        wall_s=1,
    ),
    Case(
        "raised_with_every_builtin_name",
        in_call(
            "import builtins\nfor n in dir(builtins):\n  body = b'X\\0' + n.encode() + b'\\0t'\n  os.write(4, b'E' + bytes(8) + len(body).to_bytes(8, 'little') + body)\nreturn 0"
        ),
        "wrong error",
    ),
    Case(
        "codec_module_replaced",
        "import sys\nm = sys.modules.get('benchkit.judging.sandbox.wire.codec')\nclass L:\n  def __getattr__(s, n): return lambda *a, **k: b'T'\nif m: m.encode = lambda v: b'i\\3\\0\\0\\0'\ndef add(a, b): return 0",
        "wrong error",
    ),
    Case(
        "os_write_replaced",
        "import os\nw = os.write\nos.write = lambda fd, d: w(fd, b'V' + bytes(8) + (1).to_bytes(8, 'little') + b'T') and len(d)\ndef add(a, b): return 0",
        "wrong error",
    ),
    Case(
        "perf_counter_raises",
        "import time\ndef no(): raise SystemExit(0)\ntime.perf_counter = no\nimport sys\nfor m in list(sys.modules.values()):\n  if hasattr(m, 'perf_counter'): m.perf_counter = no\ndef add(a, b): return 0",
        "wrong error",
    ),
    Case(
        "immortal_finalizer",
        "class A:\n  def __del__(self):\n    import os\n    try: os.write(4, b'V' + bytes(8) + (1).to_bytes(8, 'little') + b'T')\n    except OSError: pass\n    A()\nA()\ndef add(a, b): return 0",
        "wrong error memory timeout",
        wall_s=1,
    ),
    Case(
        "import_hook",
        "import sys\nclass H:\n  def find_spec(s, *a): raise SystemExit(0)\nsys.meta_path.insert(0, H())\ndef add(a, b): import zoneinfo; return 0",
        "wrong error",
    ),
    Case(
        "signal_in_write",
        "import signal, os\ndef h(*a): os._exit(0)\nsignal.signal(signal.SIGALRM, h)\nsignal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\ndef add(a, b):\n  while True: pass",
        "wrong error",
    ),
    Case(
        "gc_callback",
        "import gc\ngc.callbacks.append(lambda *a: __import__('os')._exit(0))\ndef add(a, b): gc.collect(); return 0",
        "wrong error",
    ),
    Case(
        "stack_smashed",
        "import ctypes\ndef add(a, b):\n  x = ctypes.create_string_buffer(8); ctypes.memset(ctypes.addressof(x) - 4096, 255, 1 << 20); return 0",
        "wrong error",
    ),
    Case(
        "int_with_index",
        "class E(int):\n  def __index__(s): raise SystemExit(0)\n  def __int__(s): raise SystemExit(0)\ndef add(a, b): return E(0)",
        "wrong error",
    ),
    Case(
        "dict_with_items",
        "class E(dict):\n  def items(s):\n    while True: yield 1, 1\ndef add(a, b): return E()",
        "wrong error timeout",
        wall_s=1,
    ),
    Case(
        "fraction_fake",
        "class Fraction:\n  def __int__(s): return 3\n  def __eq__(s, o): return True\nFraction.__module__ = 'fractions'\ndef add(a, b): return Fraction()",
        "wrong error",
    ),
    Case(
        "class_with_slots_and_eq",
        "class E:\n  __slots__ = ()\n  __eq__ = lambda s, o: o == 3 or True\n  __hash__ = None\ndef add(a, b): return E()",
        "wrong error",
    ),
    Case(
        "deleted_files_held",
        in_call(
            "for n in range(20):\n  f = os.open('x', 66); os.posix_fallocate(f, 0, 30 << 20); os.unlink('x')\nreturn 0"
        ),
        "wrong error output_limit",
    ),
    Case(
        "madvise_storm",
        in_call(
            "import mmap\nm = mmap.mmap(-1, 1 << 28)\nwhile True:\n  m[::4096] = b'x' * (1 << 16); m.madvise(4)"
        ),
        "timeout",
        wall_s=0.6,
    ),
    Case(
        "children_stopped",
        "import os, signal, time\nfor _ in range(5):\n  p = os.fork()\n  if p == 0:\n    while True: time.sleep(9)\n  os.kill(p, signal.SIGSTOP)",
        "passed error",
        whole=True,
        processes=16,
    ),
    Case(
        "child_holds_stdout",
        "import os, time\nif os.fork() == 0: time.sleep(60)\nprint(1)",
        "passed error",
        whole=True,
        processes=4,
    ),
    Case(
        "proc_of_others",
        in_call(
            "for p in os.listdir('/proc'):\n  if p.isdigit() and int(p) != os.getpid():\n    for n in ('environ', 'maps', 'cmdline'):\n      try:\n        if open(f'/proc/{p}/{n}').read(): return (p, n)\n      except OSError: pass\nreturn 0"
        ),
        "wrong error",
    ),
    Case(
        "listener_stolen",
        in_call(
            "for fd in range(3, 256):\n  try:\n    import fcntl; fcntl.ioctl(fd, 0xC0502100, bytearray(80))\n  except OSError: pass\nreturn 0"
        ),
        "wrong error",
    ),
    Case(
        "inherited_descriptors",
        in_call(
            "found = []\nfor fd in range(5, 256):\n  try: os.fstat(fd); found.append(fd)\n  except OSError: pass\nif not found: raise OSError\nreturn found"
        ),
    ),
    Case(
        "pidfd_getfd",
        in_call("if ctypes.CDLL(None).syscall(438, 3, 0, 0) < 0: raise OSError\nreturn 0"),
        "wrong error",
    ),
    Case(
        "rename_exchange",
        in_call(
            "if ctypes.CDLL(None).renameat2(-100, b'{outside}/file', -100, b'x', 2): raise OSError\nreturn 0"
        ),
        "wrong error",
    ),
]
