//! Patterns for paths.
//!
//! A pattern always has to match the whole path. Letters of different case are different. Paths are plain text: `/` separates their
//! parts, and neither `.` nor `..` nor a leading dot is anything special. In a pattern
//!
//! - `?` matches one character other than `/`;
//! - `*` matches any number of characters other than `/`, also none;
//! - `**` is special only where it is a whole part, that is, with the pattern's beginning or a `/` before it and a `/` or the pattern's
//!   end behind it. `**/` matches any number of whole parts with their `/`, also none: `a/**/b` matches `a/b` and `a/x/y/b`.
//!   At the end, `**` matches everything that is left, also nothing: `a/**` matches `a/`, `a/b` and `a/b/c`, but not `a`.
//!   Elsewhere two stars are no more than one: `a**b` matches what `a*b` matches;
//! - `[abc]` matches one of the characters, `[a-f]` one between the two, both included; `[!…]` matches one character that is not in the
//!   set. No set ever matches `/`. A `]` directly after `[` or `[!` is an ordinary member, and so is a `-` that comes first or last.
//!   In a set `\`, `*`, `?` and `[` are ordinary characters;
//! - `\` outside a set makes the character after it an ordinary one;
//! - every other character matches itself. Characters are those of Unicode, not bytes.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobError {
    /// A `[` whose set is not closed.
    OpenSet,
    /// A range in a set whose ends are the wrong way round, such as `[z-a]`.
    BadRange,
    /// A `\` at the pattern's end.
    TrailingEscape,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Glob {}

impl Glob {
    /// Compiles a pattern. Where a pattern has several errors, any one of them is reported.
    pub fn new(pattern: &str) -> Result<Glob, GlobError> {
        let _ = pattern;
        unimplemented!()
    }

    /// Does the pattern match the whole path?
    pub fn matches(&self, path: &str) -> bool {
        let _ = path;
        unimplemented!()
    }
}
