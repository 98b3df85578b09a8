//! One table, a line a case: pattern, path, and whether they match.

use glob_match::*;

macro_rules! table {
    ($name:ident: $($pattern:literal $path:literal $wanted:literal;)+) => {
        #[test]
        fn $name() {
            $(
                let found = Glob::new($pattern).unwrap().clone().matches($path);
                assert_eq!(found, $wanted, "{} with {}", $pattern, $path);
            )+
        }
    };
}

table! { whole:
    "lib" "lib" true;
    "lib" "libs" false;
    "lib" "alib" false;
    "Lib" "lib" false;
    "" "" true;
}

table! { wildcards:
    "l?b" "l\u{e9}b" true;
    "l?b" "l/b" false;
    "l?b" "lb" false;
    "*" "" true;
    "*" ".x" true;
    "*x" "a/x" false;
    "a*x" "axbx" true;
    "a*x" "axb" false;
}

table! { deep:
    "a/**/z" "a/z" true;
    "a/**/z" "a/b/c/z" true;
    "a/**/z" "a/bz" false;
    "a/**/z" "a/b/cz" false;
    "a/**" "a/" true;
    "a/**" "a" false;
    "a/**" "a/b/c" true;
    "**/z" "z" true;
    "**/z" "a/b/z" true;
    "**/z" "az" false;
    "**" "a/b" true;
    "**" "" true;
    "a**z" "a/z" false;
    "a**z" "abz" true;
    "**z" "a/z" false;
    "a/z**" "a/z/b" false;
    "a/**z" "a/b/z" false;
    "a**/z" "a/b/z" false;
}

table! { sets:
    "[ac]" "c" true;
    "[ac]" "b" false;
    "[a-c]" "a" true;
    "[a-c]" "c" true;
    "[a-c]" "d" false;
    "[a-c]" "-" false;
    "[!a-c]" "b" false;
    "[!a-c]" "z" true;
    "x[!a]y" "x/y" false;
    "x[+-9]y" "x/y" false;
    "[]b]" "]" true;
    "[]b]" "b" true;
    "[!]b]" "]" false;
    "[!]b]" "x" true;
    "[a-]" "-" true;
    "[-a]" "-" true;
    "[-a]" "b" false;
    "[\\]" "\\" true;
    "[*]" "x" false;
}

table! { escapes:
    "\\*" "*" true;
    "\\*" "x" false;
    "\\?" "x" false;
    "\\[x]" "[x]" true;
    "\\\\" "\\" true;
    "\\x" "x" true;
}

#[test]
fn errors() {
    let error = |pattern| Glob::new(pattern).unwrap_err();
    assert_eq!(error("a["), GlobError::OpenSet);
    assert_eq!(error("a[]"), GlobError::OpenSet);
    assert_eq!(error("a[!]"), GlobError::OpenSet);
    assert_eq!(error("a[b-a]"), GlobError::BadRange);
    assert_eq!(error("a\\"), GlobError::TrailingEscape);
    assert!(Glob::new("[b-b]").unwrap().matches("b"));
}
