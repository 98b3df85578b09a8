//! tally: counts lines by a field.

use std::collections::BTreeMap;
use std::io::{self, BufRead, ErrorKind, Write};

#[derive(Default)]
struct Options {
    field: Option<u32>,
    separator: Option<char>,
    first: Option<u32>,
    least: Option<u32>,
    ignore_case: bool,
    by_key: bool,
}

fn options(args: &[&str]) -> Result<Options, String> {
    let mut found = Options::default();
    let mut rest = args.iter();
    while let Some(&option) = rest.next() {
        match option {
            "-i" => found.ignore_case = true,
            "-a" => found.by_key = true,
            "-f" | "-d" | "-n" | "-m" => {
                let value = *rest.next().ok_or_else(|| format!("{option} needs a value"))?;
                match option {
                    "-f" => found.field = Some(number(option, value)?),
                    "-n" => found.first = Some(number(option, value)?),
                    "-m" => found.least = Some(number(option, value)?),
                    _ => found.separator = Some(one_character(value)?),
                }
            }
            _ => return Err(format!("unknown option {option}")),
        }
    }
    Ok(found)
}

fn number(option: &str, value: &str) -> Result<u32, String> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|&number: &u32| digits && number > 0);
    number.ok_or_else(|| format!("{option} needs a whole number above 0, not {value}"))
}

fn one_character(value: &str) -> Result<char, String> {
    let mut chars = value.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(format!("-d needs one character, not {value}")),
    }
}

impl Options {
    fn key<'a>(&self, line: &'a str) -> Option<&'a str> {
        let Some(field) = self.field else { return Some(line) };
        let skip = field as usize - 1;
        match self.separator {
            Some(separator) => line.split(separator).nth(skip),
            None => line.split_whitespace().nth(skip),
        }
    }
}

struct Counts {
    keys: BTreeMap<String, u64>,
    skipped: u64,
}

fn count(options: &Options, input: &mut dyn BufRead) -> Result<Counts, String> {
    let mut counts = Counts { keys: BTreeMap::new(), skipped: 0 };
    let mut line = String::new();
    for number in 1u64.. {
        line.clear();
        if input.read_line(&mut line).map_err(|error| format!("line {number}: {error}"))? == 0 {
            break;
        }
        let bare = line.strip_suffix('\n').map_or(&line[..], |bare| bare.strip_suffix('\r').unwrap_or(bare));
        match options.key(bare) {
            Some(key) if options.ignore_case => *counts.keys.entry(key.to_lowercase()).or_default() += 1,
            Some(key) => *counts.keys.entry(key.to_string()).or_default() += 1,
            None => counts.skipped += 1,
        }
    }
    Ok(counts)
}

fn print(options: &Options, counts: &Counts, out: &mut dyn Write) -> io::Result<()> {
    let least = options.least.unwrap_or(1).into();
    let mut rows: Vec<_> = counts.keys.iter().filter(|row| *row.1 >= least).collect();
    if !options.by_key {
        rows.sort_by_key(|row| std::cmp::Reverse(*row.1));
    }
    for (key, count) in rows.into_iter().take(options.first.map_or(usize::MAX, |first| first as usize)) {
        writeln!(out, "{count}\t{key}")?;
    }
    out.flush()
}

/// Runs the program; its exit code.
pub fn run(args: &[&str], input: &mut dyn BufRead, out: &mut dyn Write, err: &mut dyn Write) -> i32 {
    let complain = |err: &mut dyn Write, why: String| drop(writeln!(err, "tally: {why}"));
    let options = match options(args) {
        Ok(options) => options,
        Err(why) => {
            complain(err, why);
            return 2;
        }
    };
    let counts = match count(&options, input) {
        Ok(counts) => counts,
        Err(why) => {
            complain(err, why);
            return 1;
        }
    };
    match print(&options, &counts, out) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => return 0,
        Err(error) => {
            complain(err, error.to_string());
            return 1;
        }
        Ok(()) => {}
    }
    if let (Some(field), 1..) = (options.field, counts.skipped) {
        complain(err, format!("{} lines without field {field}", counts.skipped));
    }
    0
}
