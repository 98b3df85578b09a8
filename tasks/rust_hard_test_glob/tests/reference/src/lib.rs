//! Patterns for paths: compiled to tokens, matched with a set of places that are reached at once.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobError {
    OpenSet,
    BadRange,
    TrailingEscape,
}

#[derive(Clone, Debug)]
enum Token {
    One(char),
    Any,
    Star,
    Parts,
    Rest,
    Set(bool, Vec<(char, char)>),
}

#[derive(Clone, Debug)]
pub struct Glob {
    tokens: Vec<Token>,
}

impl Glob {
    pub fn new(pattern: &str) -> Result<Glob, GlobError> {
        let chars: Vec<char> = pattern.chars().collect();
        let mut tokens = Vec::new();
        let mut at = 0;
        while at < chars.len() {
            match chars[at] {
                '?' => tokens.push(Token::Any),
                '*' => {
                    let begins = at == 0 || chars[at - 1] == '/';
                    let double = chars.get(at + 1) == Some(&'*');
                    if begins && double && at + 2 == chars.len() {
                        tokens.push(Token::Rest);
                        at += 1;
                    } else if begins && double && chars[at + 2] == '/' {
                        tokens.push(Token::Parts);
                        at += 2;
                    } else {
                        tokens.push(Token::Star);
                    }
                }
                '[' => at = set(&chars, at + 1, &mut tokens)?,
                '\\' => {
                    at += 1;
                    tokens.push(Token::One(*chars.get(at).ok_or(GlobError::TrailingEscape)?));
                }
                other => tokens.push(Token::One(other)),
            }
            at += 1;
        }
        Ok(Glob { tokens })
    }

    pub fn matches(&self, path: &str) -> bool {
        let chars: Vec<char> = path.chars().collect();
        // reached[i]: the tokens so far match the first i characters
        let mut reached = vec![false; chars.len() + 1];
        reached[0] = true;
        for token in &self.tokens {
            reached = step(token, &chars, &reached);
        }
        reached[chars.len()]
    }
}

/// Reads a set that begins at `at`; the place of its `]`.
fn set(chars: &[char], mut at: usize, tokens: &mut Vec<Token>) -> Result<usize, GlobError> {
    let negated = chars.get(at) == Some(&'!');
    if negated {
        at += 1;
    }
    let first = at;
    let mut members = Vec::new();
    loop {
        let low = *chars.get(at).ok_or(GlobError::OpenSet)?;
        if low == ']' && at > first {
            break;
        }
        let is_range = chars.get(at + 1) == Some(&'-') && chars.get(at + 2).is_some_and(|&high| high != ']');
        let high = if is_range { chars[at + 2] } else { low };
        if high < low {
            return Err(GlobError::BadRange);
        }
        members.push((low, high));
        at += if is_range { 3 } else { 1 };
    }
    tokens.push(Token::Set(negated, members));
    Ok(at)
}

fn step(token: &Token, chars: &[char], before: &[bool]) -> Vec<bool> {
    let mut after = vec![false; before.len()];
    let mut open = false;
    for at in 0..before.len() {
        match token {
            Token::Star => {
                open = before[at] || (open && chars[at - 1] != '/');
                after[at] = open;
            }
            Token::Rest => {
                open |= before[at];
                after[at] = open;
            }
            Token::Parts => {
                after[at] = before[at] || (open && chars[at - 1] == '/');
                open |= before[at];
            }
            _ if at > 0 && before[at - 1] => after[at] = fits(token, chars[at - 1]),
            _ => {}
        }
    }
    after
}

fn fits(token: &Token, found: char) -> bool {
    match token {
        Token::One(wanted) => found == *wanted,
        Token::Any => found != '/',
        Token::Set(negated, members) => {
            let inside = members.iter().any(|&(low, high)| (low..=high).contains(&found));
            found != '/' && inside != *negated
        }
        _ => false,
    }
}
