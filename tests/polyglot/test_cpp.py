"""Exercises in C++: a header of the answer shares a file with the tests, and Catch2 is precompiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from benchkit.asking.tasks import Task, load_catalogue
from benchkit.errors import MissingDependency
from benchkit.judging.sandbox import open_sandbox
from benchkit.judging.tasks.harnesses import HARNESSES, Trial
from benchkit.judging.tasks.harnesses.boost import defines_only_guards, first_header, header_of_boost
from benchkit.judging.tasks.judge import TaskJudge
from benchkit.judging.tasks.testing import Tester
from benchkit.judging.tasks.toolchains import find_toolchains
from benchkit.verdict import Verdict
from tests.polyglot.exercises import answer, write_exercise
from tests.polyglot.test_polyglot_runs import lay_down_catch, replay

# The first test of each process compiles Catch2, 15 s of processor time; once ended, the next begins anew.
pytestmark = pytest.mark.timeout(900)
SUM = "cpp/sum"
ADDS_NOTHING = '#include "sum.h"\nint sum::add(int, int) { return 7; }\n'
HEADER = "#pragma once\n{}namespace sum {{ int add(int a, int b); }}\n"
TRICKS = {
    "checks nothing": "#undef REQUIRE\n#define REQUIRE(...) (void)(__VA_ARGS__)\n",
    "tests nothing": "#ifdef TEST_CASE\n#undef TEST_CASE\n#define TEST_CASE(name) void test()\n#endif\n",
}


@pytest.mark.heavy
@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
def test_a_header_cannot_take_the_checks_out_of_the_tests(
    trick: str, tmp_path: Path, shared_data: Path
) -> None:
    """Tests include it before Catch2, which therefore has the last word."""
    lay_down_catch(shared_data, write_exercise(tmp_path / "checkout", SUM))
    files = {"sum.h": HEADER.format(trick), "sum.cpp": ADDS_NOTHING}
    row = replay(tmp_path / "checkout", SUM, answer(files), tmp_path / "out")
    assert (row["verdict"], row["checks"]) == ("wrong", 2)


PAIR = "boost/pair.hpp"
BEGINNINGS = {
    "at once": (f"#include <{PAIR}>\n", "", PAIR),
    "in a guard": (f"// why\n#ifndef SUM_H\n#define SUM_H\n\n#include <{PAIR}>\n#endif\n", "", PAIR),
    "in the other guard": (
        f"/* a\n b */\n#if !defined(SUM_H)\n#define SUM_H\n#include <{PAIR}> // why\n",
        "",
        PAIR,
    ),
    "by a header": (f'#pragma once\n#include "{PAIR}"\n', '#include "sum.h"\nint a;\n', PAIR),
    "after another": (f"#include <string>\n#include <{PAIR}>\n", "", "string"),
    "after a macro": (f"#define SIZE long\n#include <{PAIR}>\n", "", ""),
    "after code": (f"int a;\n#include <{PAIR}>\n", "", ""),
    "under a condition": (f"#ifdef __GNUC__\n#include <{PAIR}>\n#endif\n", "", ""),
    "under a guard that is defined": (
        f"#ifndef __GNUC__\n#define __GNUC__\n#include <{PAIR}>\n#endif\n",
        "",
        "",
    ),
    "under a guard of Boost's": (
        f"#ifndef BOOST_PAIR_HPP\n#define BOOST_PAIR_HPP\n#include <{PAIR}>\n#endif\n",
        "",
        "",
    ),
    "in a comment": (f"// \\\n#include <{PAIR}>\nint a;\n", "", ""),
    "nowhere": ("", "", ""),
    "in a circle": ('#include "sum.h"\n', '#include "sum.h"\n', ""),
}


@pytest.mark.parametrize(("header", "source", "named"), BEGINNINGS.values(), ids=BEGINNINGS)
def test_the_header_that_a_source_begins_with(header: str, source: str, named: str) -> None:
    """Before any other code of its own or of its headers; what may not be so does not count."""
    files = {"sum.h": header.encode(), "sum.cpp": source.encode()}
    assert first_header("sum.cpp" if source else "sum.h", files) == named


def test_a_macro_of_the_answer_keeps_boost_behind_it() -> None:
    """A guard does not; of several headers of Boost none is precompiled."""
    assert defines_only_guards([b"#ifndef SUM_H\n#define SUM_H\n#endif\n", b"int a;\n"])
    assert not defines_only_guards([b"#define SIZE long\n"])
    assert not defines_only_guards([b"#define BOOST_PAIR_HPP\n"])
    include = f"#include <{PAIR}>\n".encode()
    assert header_of_boost([include, b"int a;\n", include]) == PAIR
    assert header_of_boost([include, b'#include "boost/other.hpp"\n']) == ""


# Stands for Boost: a macro before it changes what it is.
STAND_IN = """#ifndef BOOST_PAIR_HPP
#define BOOST_PAIR_HPP
#include <string>
#ifndef SIZE
#define SIZE short
#endif
namespace boost { struct pair { SIZE left, right; }; }
#endif
"""
WITH_BOOST: Mapping[str, str] = {
    "sum.h": f"#pragma once\n#include <{PAIR}>\nnamespace sum {{ int add(boost::pair both); }}\n",
    "sum.cpp": '#include "sum.h"\nint sum::add(boost::pair both) { return both.left + both.right; }\n',
}
TEST = f"""#include "sum.h"
#include "test/catch.hpp"
#include <{PAIR}>

TEST_CASE("one") {{ REQUIRE(sum::add(boost::pair{{1, 2}}) == 3); }}
TEST_CASE("size") {{ REQUIRE(sizeof(boost::pair) == 2 * sizeof(SIZE)); }}
"""
ADDED = {
    "as the example": ({}, True, (Verdict.PASSED,)),
    "without the include": (
        {"sum.h": "#pragma once\nnamespace boost { struct pair; }\nnamespace sum { int add(pair both); }\n"},
        False,
        (Verdict.ERROR,),
    ),
    "a header that needs what Boost includes": (
        {"sum.h": WITH_BOOST["sum.h"].replace("#include <", "std::string a;\n#include <")},
        False,
        (Verdict.ERROR,),
    ),
    "a macro before it": (
        {"sum.h": WITH_BOOST["sum.h"].replace("#include <", "#define SIZE int\n#include <")},
        False,
        (Verdict.PASSED,),
    ),
    "its checks taken away": (
        {
            "sum.h": WITH_BOOST["sum.h"] + TRICKS["checks nothing"],
            "sum.cpp": '#include "sum.h"\nint sum::add(boost::pair) { return 7; }\n',
        },
        True,
        (Verdict.WRONG,),
    ),
    "its guard taken": (
        {"sum.h": "#define BOOST_PAIR_HPP\n#define SIZE int\n" + WITH_BOOST["sum.h"]},
        False,
        (Verdict.ERROR,),
    ),
    "an answer of its own type": (
        {"sum.h": WITH_BOOST["sum.h"] + "inline bool operator==(boost::pair, int) { return true; }\n"},
        True,
        (Verdict.PASSED,),
    ),
}


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TaskJudge]:
    """With a stand-in for Boost, and a folder of its own for what is precompiled."""
    place, ours = tmp_path_factory.mktemp("boost"), tmp_path_factory.mktemp("ours")
    above = (folder for folder in place.parents if folder.name.startswith(("pytest-", "popen-")))
    for folder in (ours, place, *above):
        folder.chmod(folder.stat().st_mode | 0o055)
    (place / "boost").mkdir()
    (place / PAIR).write_text(STAND_IN)
    (place / "boost" / "version.hpp").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchkit.languages.cpp.boost_folder", lambda: place)
        patch.setattr("benchkit.judging.tasks.harnesses.boost.boost_folder", lambda: place)
        patch.setattr("benchkit.judging.tasks.harnesses.cpp.shared_folder", lambda: ours)
        toolchains = find_toolchains(["cpp"])
        if isinstance(missing := toolchains.by_language["cpp"], MissingDependency):
            pytest.skip(str(missing))
        with open_sandbox(workers=1, toolchains=toolchains.folders) as sandbox:
            yield TaskJudge(Tester(sandbox, toolchains.by_language))


@pytest.fixture
def task(tmp_path: Path, shared_data: Path) -> Task:
    folder = write_exercise(tmp_path, SUM)
    lay_down_catch(shared_data, folder)
    (folder / "sum_test.cpp").write_text(TEST)
    return load_catalogue(tmp_path).problems[0]


@pytest.mark.heavy
@pytest.mark.parametrize(("files", "precompiled", "verdicts"), ADDED.values(), ids=ADDED)
def test_boost_is_precompiled_where_nobody_can_tell(
    files: Mapping[str, str],
    precompiled: bool,
    verdicts: tuple[Verdict, ...],
    task: Task,
    judge: TaskJudge,
) -> None:
    """The verdict is that of headers in their places."""
    whole = {**WITH_BOOST, **files}
    toolchain = judge.toolchain("cpp")
    assert not isinstance(toolchain, MissingDependency)
    content = {name: text.encode() for name, text in whole.items()}
    plan = HARNESSES["cpp"].plan(Trial({**content, **task.tests}, tuple(task.tests)), toolchain)
    compiling = plan.files["bench_build.sh"].decode().splitlines()
    own = next(line for line in compiling if "-c -o 0.o" in line)
    assert ("-include bench_boost.hpp" in own) is precompiled
    attempt = judge.judge_answer(task, answer(whole))
    assert attempt.verdict in verdicts, attempt.detail


@pytest.mark.heavy
def test_a_header_of_boost_that_cannot_be_precompiled_stays_in_its_place(
    task: Task, judge: TaskJudge
) -> None:
    """An exercise is judged as without it; here the header is not there, which the compiler tells."""
    other = {
        name: text.replace(PAIR, "boost/is_not_there.hpp") for name, text in {**WITH_BOOST, "t": TEST}.items()
    }
    toolchain = judge.toolchain("cpp")
    assert not isinstance(toolchain, MissingDependency)
    content = {name: text.encode() for name, text in other.items()}
    tests = {**task.tests, "sum_test.cpp": content.pop("t")}
    plan = HARNESSES["cpp"].plan(Trial({**content, **tests}, tuple(tests)), toolchain)
    assert "bench_boost" not in plan.files["bench_build.sh"].decode()
