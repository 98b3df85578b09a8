"""What an answer comes to: whole files, blocks and diffs as models write them, and what is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchkit.asking.answers.edits import Applied, Malformed, Workspace, apply_answer, patch_of

LRU = """package lru

import "fmt"

type Cache struct {
\tsize int
}

func (c *Cache) Get(key string) string {
\tif c == nil {
\t\treturn ""
\t}
\treturn fmt.Sprint(key)
}

func (c *Cache) Put(key string) {
\tc.size++
}
"""
UTIL = "package lru\n\nfunc twice(n int) int {\n\treturn n + n\n}\n"
FILES = {"lru.go": LRU.encode(), "util.go": UTIL.encode(), "go.mod": b"module lru\n"}


def applied(response: str, editable: tuple[str, ...] = ("lru.go", "util.go")) -> Applied:
    found = apply_answer(response, Workspace(FILES, editable, ("go",)))
    assert found is not None
    return found


def lru_after(response: str) -> str:
    return applied(response).files["lru.go"].decode()


def why_malformed(response: str, editable: tuple[str, ...] = ("lru.go", "util.go")) -> str:
    with pytest.raises(Malformed) as error:
        apply_answer(response, Workspace(FILES, editable, ("go",)))
    return str(error.value)


@pytest.mark.parametrize(
    "head",
    [
        "lru.go\n```go",
        "**lru.go**\n```go",
        "### `lru.go`\n\n```go",
        "File: lru.go\n```go",
        "Here is the new `lru.go`:\n```",
        "```go lru.go",
        "```go:lru.go",
        "```lru.go",
        '```go title="lru.go"',
        "```go\n// lru.go",
        "./lru.go\n~~~go",
    ],
)
def test_a_whole_file_is_named_before_its_fence_in_its_label_or_in_its_first_line(head: str) -> None:
    close = "~~~" if "~~~" in head else "```"
    found = applied(f"I changed it.\n\n{head}\npackage lru\n\nvar A = 1\n{close}\nThat is all.")
    assert found.changed == ("lru.go",)
    assert "var A = 1\n" in found.files["lru.go"].decode()
    assert found.forms == ("whole",)


def test_the_only_editable_file_needs_no_name_and_the_longest_fence_is_it() -> None:
    response = "Run this:\n```sh\ngo test\n```\nand\n```go\npackage lru\n\nvar B = 2\n```\n"
    assert applied(response, ("lru.go",)).files["lru.go"] == b"package lru\n\nvar B = 2\n"


def test_two_editable_files_and_no_name_is_malformed() -> None:
    assert "no fence names its file" in why_malformed("```go\npackage lru\n```")


def test_prose_alone_is_no_answer() -> None:
    assert apply_answer("I cannot do that.", Workspace(FILES, ("lru.go",))) is None


EDIT = "lru.go\n<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"


@pytest.mark.parametrize(
    ("search", "replacement", "gone", "there"),
    [
        ("\tc.size++", "\tc.size += 2", "c.size++", "\n\tc.size += 2\n"),
        ("c.size++", "c.size += 2\nc.size--", "c.size++", "\n\tc.size += 2\n\tc.size--\n"),
        (
            "    c.size++",
            "    if c.size > 0 {\n        c.size--\n    }",
            "++",
            "\n\tif c.size > 0 {\n\t\tc.size--\n\t}\n",
        ),
        (
            'import "fmt"\ntype Cache struct {',
            'import "os"\n\ntype Cache struct {',
            '"fmt"',
            'import "os"\n\ntype',
        ),
        (
            "func (c *Cache) Get(key string) string {\n...\n\treturn fmt.Sprint(key)",
            "func (c *Cache) Get(key string) string {\n...\n\treturn key",
            "Sprint",
            '\tif c == nil {\n\t\treturn ""\n\t}\n\treturn key\n',
        ),
        ("\tc.size++   ", "\tc.size = 7", "c.size++", "\tc.size = 7\n"),
    ],
    ids=[
        "exact",
        "uniform indentation",
        "spaces for tabs",
        "a lost blank line",
        "three dots",
        "trailing space",
    ],
)
def test_a_block_is_found_exactly_or_as_leniently_as_models_need(
    search: str, replacement: str, gone: str, there: str
) -> None:
    after = lru_after(EDIT.format(search, replacement))
    assert gone not in after
    assert there in after


def test_a_block_for_the_wrong_file_finds_the_other_editable_one() -> None:
    found = applied(EDIT.format("\treturn n + n", "\treturn 2 * n"))
    assert found.changed == ("util.go",)


def test_blocks_may_stand_in_a_fence_and_one_name_serves_several() -> None:
    one, two = EDIT.format("\tc.size++", "\tc.size--"), EDIT.format('import "fmt"', 'import f "fmt"')
    after = lru_after(f"```go\n{one}\n{two.partition(chr(10))[2]}```\n")
    assert "c.size--" in after
    assert 'import f "fmt"' in after


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (EDIT.format("\tno such line", "x"), "is not there: 'no such line'"),
        (EDIT.format("size++", "x"), "is not there as whole lines, only within lines: 'size++'"),
        (EDIT.format("\t}", "x") + EDIT.format("}", "x"), "stands in"),
        ("lru.go\n<<<<<<< SEARCH\n\tc.size++\n=======\nx\n", "without its >>>>>>> REPLACE"),
        ("lru.go\n<<<<<<< SEARCH\n\tc.size++\n", "without its ======="),
        (EDIT.format("", "x"), "the file is not empty"),
    ],
)
def test_a_block_that_cannot_be_applied_is_malformed_with_its_reason(response: str, why: str) -> None:
    assert why in why_malformed(response)


def test_an_answer_is_never_half_applied() -> None:
    good, bad = EDIT.format("\tc.size++", "\tc.size--"), EDIT.format("nowhere", "x")
    assert "nowhere" in why_malformed(good + bad)


HUNK = (
    "--- a/lru.go\n+++ b/lru.go\n{}\n func (c *Cache) Put(key string) {{\n-\tc.size++\n+\tc.size += 2\n }}\n"
)


@pytest.mark.parametrize(
    "diff",
    [
        HUNK.format("@@ -16,3 +16,3 @@"),
        HUNK.format("@@ -1,99 +400,2 @@"),
        HUNK.format(f"@@ -{'9' * 5000},3 +16,3 @@"),
        HUNK.format("@@"),
        HUNK.format("@@ ... @@"),
        HUNK.format("@@ -16,3 +16,3 @@").replace("\n func", "\nfunc").replace("\n }", "\n}"),
        HUNK.format("@@ -16,3 +16,3 @@").replace("-\tc.", "-c.").replace("+\tc.", "+c."),
        HUNK.format("@@ -16,3 +16,3 @@").replace("a/lru.go", "lru.go").replace("b/lru.go", "lru.go"),
        "diff --git a/lru.go b/lru.go\nindex 123..456 100644\n" + HUNK.format("@@ -16,3 +16,3 @@"),
        "--- a/lru.go\n+++ b/lru.go\n@@ -9,9 +9,9 @@\n func (c *Cache) Get(key string) string {\n"
        '\tif c == nil {\n \t\treturn ""\n \t}\n }\n \n func (c *Cache) Put(key string) {\n'
        "-\tc.size++\n+\tc.size += 2\n }\n",
        HUNK.format("@@ -15,4 +15,4 @@\n // a line that is not there"),
    ],
    ids=[
        *(
            "right",
            "wrong numbers",
            "a number of 5,000 digits",
            "bare @@",
            "dots",
            "context without its space",
            "lost indentation",
        ),
        *("no prefixes", "git's head", "a skipped line of context", "invented context"),
    ],
)
@pytest.mark.parametrize("fenced", [True, False])
def test_a_diff_is_applied_as_models_write_it(diff: str, fenced: bool) -> None:
    after = lru_after(f"So:\n```diff\n{diff}```\nDone." if fenced else diff)
    assert after == LRU.replace("c.size++", "c.size += 2")


def test_a_diff_makes_a_new_file_and_takes_one_away() -> None:
    response = (
        "--- /dev/null\n+++ b/new.go\n@@ -0,0 +1,2 @@\n+package lru\n+var N = 1\n"
        "--- a/util.go\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-package lru\n"
    )
    found = applied(response, ("new.go", "util.go"))
    assert found.files["new.go"] == b"package lru\nvar N = 1\n"
    assert "util.go" not in found.files


@pytest.mark.parametrize(
    ("diff", "why"),
    [
        (HUNK.format("@@ -16,3 +16,3 @@").replace("c.size++", "c.length++"), "hunk 1 are not there"),
        ("--- a/lru.go\n+++ b/lru.go\n", "without a hunk"),
        ("diff --git a/a.go b/b.go\nrename from lru.go\nrename to b.go\n", "renames a file"),
        (
            "--- a/lru.go\n+++ b/lru.go\n@@ -900,0 +901,1 @@\n+var Z = 1\n",
            "neither context nor a line number",
        ),
    ],
)
def test_a_diff_that_cannot_be_applied_is_malformed_with_its_reason(diff: str, why: str) -> None:
    assert why in why_malformed(diff)


def test_forms_may_be_mixed() -> None:
    whole = "util.go\n```go\npackage lru\n```\n"
    found = applied(EDIT.format("\tc.size++", "\tc.size--") + whole)
    assert found.changed == ("lru.go", "util.go")
    assert found.forms == ("whole", "edits")


@pytest.mark.parametrize("name", ["../x.go", "/etc/passwd", "a/../../x.go", "..\\x.go"])
def test_a_path_outside_of_the_workspace_makes_the_answer_malformed(name: str) -> None:
    assert "outside of the workspace" in why_malformed(f"{name}\n```go\npackage lru\n```\n")


def test_a_protected_file_is_left_as_it_is_and_that_is_told() -> None:
    found = applied("lru.go\n```go\npackage lru\n```\n\ngo.mod\n```\nmodule other\n```\n")
    assert found.changed == ("lru.go",)
    assert found.files["go.mod"] == b"module lru\n"
    assert found.refused == ("go.mod: only lru.go, util.go may be changed",)
    assert "only what it may not" in why_malformed("go.mod\n```\nmodule other\n```\n")


@pytest.mark.parametrize(
    ("response", "why"),
    [
        ("lru.go\n```go\npackage\0lru\n```\n", "NUL bytes"),
        ("lru.go\n```go\n" + "x" * 5_000_001 + "\n```\n", "may be written"),
        ("".join(f"f{n}.go\n```go\npackage f\n```\n" for n in range(1000)), "an answer of 1,000 files"),
        ("--- a/lru.go\n+++ b/lru.go\n@@ @@\n" + "+x\n" * 34_000_000, "an answer of"),
        ("lru.go\n```go\n\ud800\n```\n", "characters that no file can hold"),
    ],
    ids=["NUL", "5 MB", "1,000 files", "100 MB", "half a character"],
)
def test_what_is_no_text_or_too_much_is_refused(response: str, why: str) -> None:
    assert why in why_malformed(response)


def test_line_ends_tabs_and_other_encodings_stay_as_the_file_has_them() -> None:
    files = {"a b.txt": b"one\r\ntwo\tcaf\xe9\r\nthree\r\n"}
    edit = "a b.txt\n<<<<<<< SEARCH\none\n=======\nONE\n>>>>>>> REPLACE\n"
    found = apply_answer(edit.replace("\n", "\r\n"), Workspace(files, ("a b.txt",)))
    assert found is not None
    assert found.files["a b.txt"] == b"ONE\r\ntwo\tcaf\xe9\r\nthree\r\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a.txt": b"1\n2\n3\n"}, {"a.txt": b"1\nII\n3\n"}),
        ({"a.txt": b"1\n2"}, {"a.txt": b"1\n2\n"}),
        ({"a.txt": b"1\r\n2\r\n"}, {"a.txt": b"1\r\nII\r\n"}),
        ({}, {"new/file name.txt": b"x\n", "empty.txt": b""}),
        ({"gone.txt": b"x\ny\n"}, {}),
        ({'caf\u00e9 "q".txt': b"\xe9\n"}, {'caf\u00e9 "q".txt': b"\xe8\n\x0c\n"}),
        ({"big.txt": b"1\n" * 15000}, {"big.txt": b"2\n" * 15000}),
    ],
    ids=["a line", "no last line end", "CRLF", "new", "deleted", "odd names and bytes", "large"],
)
def test_the_patch_applies_with_git(
    tmp_path: Path, before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    for name, content in before.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    patch = patch_of(before, after)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    done = subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, capture_output=True)
    assert done.returncode == 0, done.stderr
    left = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    assert left == after
