//! Patterns for paths: split into parts, which are matched by recursion.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobError {
    OpenSet,
    BadRange,
    TrailingEscape,
}

#[derive(Clone, Debug)]
enum Piece {
    Char(char),
    Question,
    Stars,
    Class { not: bool, singles: Vec<char>, ranges: Vec<(char, char)> },
}

#[derive(Clone, Debug)]
enum Part {
    Deep,
    Plain(Vec<Piece>),
}

#[derive(Clone, Debug)]
pub struct Glob {
    parts: Vec<Part>,
}

impl Glob {
    pub fn new(pattern: &str) -> Result<Glob, GlobError> {
        let mut parts = vec![];
        let mut pieces = vec![];
        let mut stars = 0; // the part so far, if it is made of stars alone
        let mut rest = pattern.chars().peekable();
        loop {
            let next = rest.next();
            match next {
                None | Some('/') => {
                    let pieces = std::mem::take(&mut pieces);
                    parts.push(if stars == 2 && pieces.len() == 2 { Part::Deep } else { Part::Plain(pieces) });
                    stars = 0;
                    if next.is_none() {
                        return Ok(Glob { parts });
                    }
                }
                Some('*') => {
                    stars += 1;
                    pieces.push(Piece::Stars);
                }
                Some('?') => pieces.push(Piece::Question),
                Some('\\') => {
                    let escaped = rest.next().ok_or(GlobError::TrailingEscape)?;
                    if escaped == '/' {
                        parts.push(Part::Plain(std::mem::take(&mut pieces)));
                        stars = 0;
                    } else {
                        pieces.push(Piece::Char(escaped));
                    }
                }
                Some('[') => {
                    let not = rest.next_if_eq(&'!').is_some();
                    let mut body = vec![rest.next().ok_or(GlobError::OpenSet)?];
                    loop {
                        match rest.next().ok_or(GlobError::OpenSet)? {
                            ']' => {
                                // A range may end in no `]`, so the first one that follows a member closes the set.
                                break;
                            }
                            member => body.push(member),
                        }
                    }
                    let (mut singles, mut ranges) = (vec![], vec![]);
                    let mut body = &body[..];
                    while let Some(&low) = body.first() {
                        if body.len() > 2 && body[1] == '-' {
                            if body[2] < low {
                                return Err(GlobError::BadRange);
                            }
                            ranges.push((low, body[2]));
                            body = &body[3..];
                        } else {
                            singles.push(low);
                            body = &body[1..];
                        }
                    }
                    pieces.push(Piece::Class { not, singles, ranges });
                }
                Some(plain) => pieces.push(Piece::Char(plain)),
            }
        }
    }

    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<Vec<char>> = path.split('/').map(|name| name.chars().collect()).collect();
        walk(&self.parts, &names)
    }
}

fn walk(parts: &[Part], names: &[Vec<char>]) -> bool {
    match parts {
        [] => names.is_empty(),
        [Part::Deep] => !names.is_empty(),
        [Part::Deep, rest @ ..] => (0..=names.len()).any(|skip| walk(rest, &names[skip..])),
        [Part::Plain(pieces), rest @ ..] => {
            !names.is_empty() && name_fits(pieces, &names[0]) && walk(rest, &names[1..])
        }
    }
}

fn name_fits(pieces: &[Piece], name: &[char]) -> bool {
    let (Some(piece), found) = (pieces.first(), name.first()) else {
        return name.is_empty();
    };
    let one = match (piece, found) {
        (Piece::Stars, _) => {
            return name_fits(&pieces[1..], name) || (!name.is_empty() && name_fits(pieces, &name[1..]))
        }
        (_, None) => false,
        (Piece::Question, Some(_)) => true,
        (Piece::Char(wanted), Some(found)) => wanted == found,
        (Piece::Class { not, singles, ranges }, Some(found)) => {
            let within = ranges.iter().any(|(low, high)| low <= found && found <= high);
            (within || singles.contains(found)) != *not
        }
    };
    one && name_fits(&pieces[1..], &name[1..])
}
