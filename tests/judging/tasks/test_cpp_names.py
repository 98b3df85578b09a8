"""Headers of an answer in C++ that touch the checks of a test which includes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchkit.judging.tasks.harnesses import HARNESSES, Trial, Unfit
from benchkit.judging.tasks.harnesses.base import support
from benchkit.judging.tasks.harnesses.cpp_names import changed_name, leaves_alone
from benchkit.languages import Toolchain
from benchkit.languages.cpp import GXX

HEADER = b"""#pragma once
namespace Catch { int checks; }
#define REQUIRE(...) Catch::checks += (__VA_ARGS__)
#define INFO(text) text
"""
TOUCHING = {
    "takes it away": "#undef REQUIRE\n",
    "over two lines": "#un\\\ndef REQU\\ \nIRE\n",
    "behind a comment": "# /* why\n */ undef /* this */ REQUIRE\n",
    "as a digraph": "%: define REQUIRE(x)\n",
    "asks for it": "#ifdef REQUIRE\nint easy;\n#endif\n",
    "opens its namespace": "namespace Catch { bool passes; }\n",
    "defines a word of it": "#define checks other\n",
    "keeps it aside": '#pragma pop_macro("REQUIRE")\n',
    "by an operator": '_Pragma("GCC system_header")\n',
    "as the system's": "#pragma GCC system_header\n",
}
PLAIN = {
    "guards": "#ifndef SUM_H\n#define SUM_H\n#pragma once\nint add(int a, int b);\n#endif\n",
    "macros of its own": "#define TWICE(x) (2 * (x))\n#undef TWICE\n",
    "its words in lower case": "// require that\nint require(int info);\n",
}


@pytest.mark.parametrize("text", TOUCHING.values(), ids=TOUCHING)
def test_a_header_that_touches_the_checks_is_known(text: str) -> None:
    """However it is written."""
    assert not leaves_alone(HEADER, [b"int a;\n", text.encode()])


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_other_macros_touch_nothing(text: str) -> None:
    """A header's guard, names that are its own."""
    assert leaves_alone(HEADER, [text.encode()])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("#undef CHECK_EQ\n#define CHECK_EQ(a, b) (void)0\n", "CHECK_EQ"),
        ("namespace check { void fail(const char*, int, const std::string&) {} }\n", "check"),
        ('#pragma push_macro ("CHECK")\n', "CHECK"),
        ('_Pragma("pop_macro(\\"CHECK\\")")\n', "CHECK"),
        ("bool check(int n);\n#pragma GCC diagnostic push\n// CHECK\n", ""),
    ],
)
def test_an_answer_that_changes_our_checks_is_refused(text: str, name: str) -> None:
    """Tests include our header before the answer's: nothing would be checked any more."""
    assert changed_name(support("check.hpp"), text.encode()) == name
    files = {"ring.hpp": text.encode(), "test_ring.cpp": b'#include "check.hpp"\n#include "ring.hpp"\n'}
    trial = Trial(files, ("test_ring.cpp",))
    toolchain = Toolchain("12", {GXX: Path("/usr/bin/g++")})
    if not name:
        assert HARNESSES["cpp"].plan(trial, toolchain).build
        return
    with pytest.raises(Unfit, match=f"ring.hpp changes {name}, which belongs to the tests"):
        HARNESSES["cpp"].plan(trial, toolchain)
