use glob_match::{Glob, GlobError};

fn check(pattern: &str, yes: &[&str], no: &[&str]) {
    let glob = Glob::new(pattern).expect(pattern);
    for path in yes {
        assert!(glob.matches(path), "{pattern} should match {path:?}");
    }
    for path in no {
        assert!(!glob.matches(path), "{pattern} should not match {path:?}");
    }
}

#[test]
fn plain_text_is_itself_and_whole() {
    check("abc", &["abc"], &["ab", "abcd", "xabc", "ABC", "", "abc/"]);
    check("", &[""], &["a", "/"]);
    check("a.b", &["a.b"], &["axb"]);
    check("ä€", &["ä€"], &["a€"]);
}

#[test]
fn question_mark_is_one_character() {
    check("a?c", &["abc", "aäc", "a€c", "a?c", "a.c"], &["ac", "a/c", "abbc"]);
    check("?", &["x", "."], &["", "/", "xy"]);
}

#[test]
fn star_stays_within_a_part() {
    check("*", &["", "abc", ".hidden", "€"], &["/", "a/b", "a/"]);
    check("a*c", &["ac", "abc", "abcbc"], &["a/c", "ab/c", "acb"]);
    check("*.rs", &[".rs", "lib.rs"], &["src/lib.rs", "lib.rs.txt"]);
    check("*a*b*", &["ab", "xaxbx", "aab"], &["ba", "a/b"]);
    check("src/*", &["src/", "src/x"], &["src", "src/x/y"]);
}

#[test]
fn two_stars_cross_parts() {
    check("a/**/b", &["a/b", "a/x/b", "a/x/y/b", "a//b"], &["ab", "a/xb", "a/x/yb", "a", "a/b/c", "ax/b"]);
    check("**/b", &["b", "x/b", "x/y/b", "/b"], &["xb", "x/yb", "b/x"]);
    check("a/**", &["a/", "a/b", "a/b/c", "a/b/"], &["a", "ab", "b/a/c"]);
    check("**", &["", "a", "a/b/c", "/"], &[]);
    check("**/x/**", &["x/", "a/x/b/c", "x/x"], &["x", "a/x"]);
}

#[test]
fn two_stars_elsewhere_are_one() {
    check("a**b", &["ab", "axb"], &["a/b", "a/x/b"]);
    check("**b", &["b", "xb"], &["x/b"]);
    check("a/**b", &["a/b", "a/xb"], &["a/x/b"]);
    check("a/b**", &["a/b", "a/bx"], &["a/b/x"]);
    check("a**/b", &["a/b", "axx/b"], &["a/x/b"]);
}

#[test]
fn sets() {
    check("[abc]", &["a", "b", "c"], &["d", "", "ab", "A", "[abc]"]);
    check("[b-d]", &["b", "c", "d"], &["a", "e", "-"]);
    check("x[a-cx-z0]", &["xa", "xc", "xx", "xz", "x0"], &["xd", "xw", "x1", "x"]);
    check("[!a-c]", &["d", "!", "€", "-"], &["a", "b", "c", "/", ""]);
    check("a[!x]b", &["ayb"], &["a/b", "axb", "ab"]);
    check("a[.-0]b", &["a.b", "a0b"], &["a/b"]);
    check("a[/]b", &[], &["a/b", "a[/]b"]);
    check("[ä-ü]", &["ö", "ä", "ü"], &["a", "o"]);
    check("[a!]", &["a", "!"], &["b"]);
}

#[test]
fn odd_members_of_sets() {
    check("[]a]", &["]", "a"], &["[", "[]a]", "b"]);
    check("[!]a]", &["b", "["], &["]", "a"]);
    check("[-a]", &["-", "a"], &["b"]);
    check("[a-]", &["-", "a"], &["b", "]"]);
    check("[!-a]", &["b"], &["-", "a"]);
    check("[*?]", &["*", "?"], &["a", ""]);
    check("[[]", &["["], &["]"]);
    check(r"[\]", &[r"\"], &["]"]);
    check(r"[\n]", &[r"\", "n"], &["\n"]);
    check("]", &["]"], &[]);
}

#[test]
fn escapes() {
    check(r"\*", &["*"], &["a", "", r"\*"]);
    check(r"a\?", &["a?"], &["ab"]);
    check(r"\[a]", &["[a]"], &["a"]);
    check(r"\\", &[r"\"], &[r"\\"]);
    check(r"\a\€", &["a€"], &[]);
}

#[test]
fn errors() {
    for (pattern, error) in [
        ("[", GlobError::OpenSet),
        ("[a", GlobError::OpenSet),
        ("[]", GlobError::OpenSet),
        ("[!]", GlobError::OpenSet),
        ("x[!", GlobError::OpenSet),
        ("[a-", GlobError::OpenSet),
        ("[z-a]", GlobError::BadRange),
        ("[a-cz-y]", GlobError::BadRange),
        ("\\", GlobError::TrailingEscape),
        (r"abc\", GlobError::TrailingEscape),
        (r"\\\", GlobError::TrailingEscape),
    ] {
        assert_eq!(Glob::new(pattern).err(), Some(error), "{pattern}");
    }
    check("[a-a]", &["a"], &["b"]);
}
