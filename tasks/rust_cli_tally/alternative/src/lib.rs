//! tally, as one pass over bytes and a sorted vector.

use std::collections::HashMap;
use std::io::{BufRead, ErrorKind, Write};

enum Stop {
    Usage(String),
    Failed(String),
    Quiet,
}

fn value<'a>(args: &[&'a str], at: usize) -> Result<&'a str, Stop> {
    match args.get(at + 1) {
        Some(value) => Ok(value),
        None => Err(Stop::Usage(format!("{} needs a value", args[at]))),
    }
}

fn positive(args: &[&str], at: usize) -> Result<u32, Stop> {
    let text = value(args, at)?;
    let mut total = Some(0u32);
    for each in text.chars() {
        total = match (total, each.to_digit(10)) {
            (Some(total), Some(digit)) => total.checked_mul(10).and_then(|total| total.checked_add(digit)),
            _ => None,
        };
    }
    match total {
        Some(1..) => Ok(total.unwrap()),
        _ => Err(Stop::Usage(format!("{} needs a whole number above 0, not {text}", args[at]))),
    }
}

fn work(
    args: &[&str],
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), Stop> {
    let (mut field, mut most, mut least) = (0u32, u32::MAX, 1u32);
    let mut separator: Option<char> = None;
    let (mut small, mut sorted) = (false, false);
    let mut at = 0;
    while at < args.len() {
        match args[at] {
            "-f" => field = positive(args, at)?,
            "-n" => most = positive(args, at)?,
            "-m" => least = positive(args, at)?,
            "-d" => {
                let text = value(args, at)?;
                if text.chars().count() != 1 {
                    return Err(Stop::Usage(format!("-d needs one character, not {text}")));
                }
                separator = text.chars().next();
            }
            "-i" => small = true,
            "-a" => sorted = true,
            other => return Err(Stop::Usage(format!("unknown option {other}"))),
        }
        at += if "-f-n-m-d".contains(args[at]) { 2 } else { 1 };
    }

    let mut counts: HashMap<String, u32> = HashMap::new();
    let (mut number, mut without) = (0, 0);
    loop {
        number += 1;
        let mut bytes = Vec::new();
        let read = input.read_until(b'\n', &mut bytes);
        let size = read.map_err(|error| Stop::Failed(format!("line {number}: cannot be read: {error}")))?;
        if size == 0 {
            break;
        }
        let mut line = match std::str::from_utf8(&bytes) {
            Ok(line) => line,
            Err(_) => return Err(Stop::Failed(format!("line {number}: is not UTF-8"))),
        };
        if let Some(rest) = line.strip_suffix("\r\n").or(line.strip_suffix('\n')) {
            line = rest;
        }
        let fields: Vec<&str> = match (field, separator) {
            (0, _) => vec![line],
            (_, Some(separator)) => line.split(separator).collect(),
            (_, None) => line.split_whitespace().collect(),
        };
        match fields.get(field.saturating_sub(1) as usize) {
            None => without += 1,
            Some(key) => {
                let key = if small { key.to_lowercase() } else { String::from(*key) };
                *counts.entry(key).or_insert(0) += 1;
            }
        }
    }

    let mut rows: Vec<(u32, String)> = counts.into_iter().map(|(key, count)| (count, key)).collect();
    rows.retain(|row| row.0 >= least);
    rows.sort_by(|a, b| {
        let by_count = if sorted { std::cmp::Ordering::Equal } else { b.0.cmp(&a.0) };
        by_count.then_with(|| a.1.cmp(&b.1))
    });
    rows.truncate(most as usize);
    let text: String = rows.iter().map(|(count, key)| format!("{count}\t{key}\n")).collect();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Stop::Quiet,
        kind => Stop::Failed(format!("cannot write: {kind}")),
    })?;
    if without > 0 {
        let _ = err.write_all(format!("tally: {without} lines without field {field}\n").as_bytes());
    }
    Ok(())
}

pub fn run(args: &[&str], input: &mut dyn BufRead, out: &mut dyn Write, err: &mut dyn Write) -> i32 {
    let (code, why) = match work(args, input, out, err) {
        Ok(()) | Err(Stop::Quiet) => return 0,
        Err(Stop::Usage(why)) => (2, why),
        Err(Stop::Failed(why)) => (1, why),
    };
    let _ = err.write_all(format!("tally: {why}\n").as_bytes());
    code
}
