"""Exercises of our own in the layout of a polyglot checkout, and answers to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

Files = Mapping[str, str]

PYTHON: Files = {
    ".docs/introduction.md": "# Introduction\n\nNumbers can be halved.",
    ".docs/instructions.md": "# Instructions\n\nHalve an even number; an odd one is a ValueError.",
    ".docs/instructions.append.md": "# Instructions append\n\nThe message is `odd`.",
    ".meta/example.py": "def halve(n):\n    if n % 2:\n        raise ValueError('odd')\n    return n // 2\n",
    "halve.py": "def halve(n):\n    pass\n",
    "halve_test.py": """import unittest

from halve import halve


class HalveTest(unittest.TestCase):
    def test_even(self):
        self.assertEqual(halve(8), 4)

    def test_odd(self):
        with self.assertRaises(ValueError) as error:
            halve(3)
        self.assertEqual(error.exception.args[0], "odd")
""",
}
JAVASCRIPT: Files = {
    ".docs/instructions.md": "# Instructions\n\nSay hello.",
    ".meta/proof.ci.js": "export const hello = (name) => ({ text: `hello ${name}`, to: undefined });\n",
    "hello.js": "export const hello = () => {\n  throw new Error('Remove this');\n};\n",
    "hello.spec.js": """import { hello } from './hello';

describe('hello', () => {
  test('by name', () => {
    expect(hello('Ada')).toEqual({ text: 'hello Ada' });
  });

  xtest('throws nothing', () => {
    expect(() => hello('x')).not.toThrow();
  });

  xit('is left out', () => {
    expect(hello('x')).toBe(null);
  });
});
""",
}
GO: Files = {
    ".docs/instructions.md": "# Instructions\n\nDouble a number.",
    ".meta/example.go": "package double\n\nfunc Double(n int) int { return 2 * n }\n",
    "double.go": 'package double\n\nfunc Double(n int) int { panic("implement it") }\n',
    "double_test.go": (
        'package double\n\nimport "testing"\n\n'
        "func TestDouble(t *testing.T) {\n\tif Double(4) != 8 {\n\t\tt.Fatal(Double(4))\n\t}\n}\n"
    ),
    "go.mod": "module double\n\ngo 1.18\n",
}
RUST: Files = {
    ".docs/instructions.md": "# Instructions\n\nTriple a number.",
    ".meta/example.rs": "pub fn triple(n: i32) -> i32 {\n    3 * n\n}\n",
    "src/lib.rs": "pub fn triple(_n: i32) -> i32 {\n    todo!()\n}\n",
    "Cargo.toml": '[package]\nname = "tri-ple"\nversion = "0.1.0"\nedition = "2021"\n',
    "tests/tri-ple.rs": (
        "use tri_ple::triple;\n\n#[test]\nfn one() {\n    assert_eq!(triple(1), 3);\n}\n\n"
        "#[test]\n#[ignore]\nfn two() {\n    assert_eq!(triple(2), 6);\n}\n"
    ),
}
CPP: Files = {
    ".docs/instructions.md": "# Instructions\n\nAdd two numbers.",
    ".meta/example.h": "#pragma once\nnamespace sum { int add(int a, int b); }\n",
    ".meta/example.cpp": '#include "sum.h"\nint sum::add(int a, int b) { return a + b; }\n',
    "sum.h": "#pragma once\nnamespace sum {}\n",
    "sum.cpp": '#include "sum.h"\n',
    "sum_test.cpp": (
        '#include "sum.h"\n#include "test/catch.hpp"\n\n'
        'TEST_CASE("one") { REQUIRE(sum::add(1, 2) == 3); }\n'
        '#if defined(EXERCISM_RUN_ALL_TESTS)\nTEST_CASE("two") { REQUIRE(sum::add(-1, 1) == 0); }\n#endif\n'
    ),
}
JAVA_MAIN, JAVA_TEST = "src/main/java", "src/test/java"
JAVA_EXAMPLE = ".meta/src/reference/java"
JAVA_WINNER = "Winner winner(List<Integer> left, List<Integer> right)"
JAVA_TEST_HEAD = """import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

"""
JAVA_HALVE: Files = {
    ".docs/instructions.md": "# Instructions\n\nHalve an even number, refuse an odd one.",
    f"{JAVA_EXAMPLE}/Halve.java": (
        "class Halve {\n    int halve(int n) {\n"
        '        if (n % 2 != 0) throw new IllegalArgumentException("odd");\n'
        "        return n / 2;\n    }\n}\n"
    ),
    f"{JAVA_MAIN}/Halve.java": (
        "class Halve {\n    int halve(int n) {\n"
        '        throw new UnsupportedOperationException("Delete this");\n    }\n}\n'
    ),
    f"{JAVA_TEST}/HalveTest.java": JAVA_TEST_HEAD
    + """public class HalveTest {
    private Halve halve;

    @BeforeEach
    public void setUp() {
        halve = new Halve();
    }

    @Test
    public void even() {
        assertThat(halve.halve(8)).isEqualTo(4);
    }

    @Disabled("Remove to run test")
    @Test
    public void odd() {
        assertThatExceptionOfType(IllegalArgumentException.class)
            .isThrownBy(() -> halve.halve(3))
            .withMessage("odd");
    }
}
""",
    "build.gradle": "plugins {\n    id 'java'\n}\n",
    "gradlew": "#!/bin/sh\nexit 1\n",
    "gradle/wrapper/gradle-wrapper.properties": "distributionUrl=none\n",
}
# A class that is given, one to write, and an example of two sources, the second with imports of its own.
JAVA_GAME: Files = {
    ".docs/instructions.md": "# Instructions\n\nWho won: the side with more points, NONE if even.",
    f"{JAVA_EXAMPLE}/Points.java": (
        "import java.util.List;\n\npublic class Points {\n    static int sum(List<Integer> points) {\n"
        "        return points.stream().mapToInt(each -> each).sum();\n    }\n}\n"
    ),
    f"{JAVA_EXAMPLE}/Game.java": (
        f"import java.util.List;\n\nclass Game {{\n    {JAVA_WINNER} {{\n"
        "        int ahead = Points.sum(left) - Points.sum(right);\n"
        "        return ahead > 0 ? Winner.LEFT : ahead < 0 ? Winner.RIGHT : Winner.NONE;\n    }\n}\n"
    ),
    f"{JAVA_EXAMPLE}/Winner.java": "enum Winner { LEFT, RIGHT, NONE }\n",
    f"{JAVA_MAIN}/Winner.java": "enum Winner { LEFT, RIGHT, NONE }\n",
    f"{JAVA_MAIN}/Game.java": (
        f"import java.util.List;\n\nclass Game {{\n    {JAVA_WINNER} {{\n        return null;\n    }}\n}}\n"
    ),
    f"{JAVA_TEST}/GameTest.java": "import java.util.List;\n"
    + JAVA_TEST_HEAD
    + """public class GameTest {
    @Test
    public void left() {
        assertThat(new Game().winner(List.of(1, 2), List.of(2))).isEqualTo(Winner.LEFT);
    }

    @Disabled
    @Test
    public void even() {
        assertThat(new Game().winner(List.of(), List.of())).isEqualTo(Winner.NONE);
    }
}
""",
}
JAVA_GAME_IN_ONE = (
    f"import java.util.List;\n\nclass Game {{\n    {JAVA_WINNER} {{\n"
    "        int ahead = Points.sum(left) - Points.sum(right);\n"
    "        return ahead > 0 ? Winner.LEFT : ahead < 0 ? Winner.RIGHT : Winner.NONE;\n    }\n}\n\n"
    "class Points {\n    static int sum(List<Integer> points) {\n"
    "        return points.stream().mapToInt(each -> each).sum();\n    }\n}\n"
)
# Two files to write, a test with a helper of its own beside it.
JAVA_WORDS: Files = {
    ".docs/instructions.md": "# Instructions\n\nThe words of a line, in order; a missing line is a NoLine.",
    f"{JAVA_EXAMPLE}/Words.java": (
        "import java.util.List;\n\nclass Words {\n    List<String> of(String line) throws NoLine {\n"
        '        if (line == null) throw new NoLine("no line");\n'
        '        return List.of(line.trim().split("\\\\s+"));\n    }\n}\n'
    ),
    f"{JAVA_EXAMPLE}/NoLine.java": (
        "class NoLine extends Exception {\n    NoLine(String why) {\n        super(why);\n    }\n}\n"
    ),
    f"{JAVA_MAIN}/Words.java": "class Words {}\n",
    f"{JAVA_MAIN}/NoLine.java": "class NoLine extends Exception {}\n",
    f"{JAVA_TEST}/Lines.java": 'class Lines {\n    static final String LINE = " one  two ";\n}\n',
    f"{JAVA_TEST}/WordsTest.java": JAVA_TEST_HEAD
    + """public class WordsTest {
    @Test
    public void inOrder() throws NoLine {
        assertThat(new Words().of(Lines.LINE)).containsExactly("one", "two");
    }

    @Disabled("Remove to run test")
    @Test
    public void missing() {
        assertThatExceptionOfType(NoLine.class).isThrownBy(() -> new Words().of(null)).withMessage("no line");
    }
}
""",
}


def java_row(files: Files, solution: str, *tests: str) -> tuple[Files, list[str], list[str], list[str]]:
    return (
        files,
        [f"{JAVA_MAIN}/{name}.java" for name in solution.split()],
        [f"{JAVA_TEST}/{name}.java" for name in tests],
        [name for name in files if name.startswith(JAVA_EXAMPLE)],
    )


FILES: Mapping[str, tuple[Files, list[str], list[str], list[str]]] = {
    "python/halve": (PYTHON, ["halve.py"], ["halve_test.py"], [".meta/example.py"]),
    "javascript/hello": (JAVASCRIPT, ["hello.js"], ["hello.spec.js"], [".meta/proof.ci.js"]),
    "go/double": (GO, ["double.go"], ["double_test.go"], [".meta/example.go"]),
    "rust/tri-ple": (RUST, ["src/lib.rs", "Cargo.toml"], ["tests/tri-ple.rs"], [".meta/example.rs"]),
    "cpp/sum": (CPP, ["sum.cpp", "sum.h"], ["sum_test.cpp"], [".meta/example.cpp", ".meta/example.h"]),
    "java/halve": java_row(JAVA_HALVE, "Halve", "HalveTest"),
    "java/game": java_row(JAVA_GAME, "Game", "GameTest"),
    "java/words": java_row(JAVA_WORDS, "Words NoLine", "WordsTest", "Lines"),
}
EXAMPLES: Mapping[str, Files] = {
    name: {
        solution: files[source]
        for solution in solutions
        for source in examples
        if Path(source).suffix == Path(solution).suffix
        and (Path(source).suffix != ".java" or Path(source).name == Path(solution).name)
    }
    for name, (files, solutions, _tests, examples) in FILES.items()
} | {"java/game": {f"{JAVA_MAIN}/Game.java": JAVA_GAME_IN_ONE}}


def write_exercise(checkout: Path, name: str) -> Path:
    """The exercise's folder in a checkout."""
    language, _, exercise = name.partition("/")
    folder = checkout / language / "exercises" / "practice" / exercise
    files, solution, test, example = FILES[name]
    config = json.dumps({"files": {"solution": solution, "test": test, "example": example}})
    for path, text in {**files, ".meta/config.json": config}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def answer(files: Files) -> str:
    return "\n\n".join(f"{name}\n```\n{text}```" for name, text in files.items())
