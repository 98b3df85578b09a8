//! A log that keeps the latest records within a budget of bytes.

use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Debug,
    Info,
    Warning,
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Counted from 0 over everything that was ever logged.
    pub number: u64,
    pub level: Level,
    pub text: String,
}

/// What a reader gets.
#[derive(Debug, PartialEq, Eq)]
pub struct Read<'a> {
    /// How many records between the reader's place and the first one given were thrown away before it came.
    pub missed: u64,
    pub records: Vec<&'a Record>,
    /// The place to read from next time: the number after the last record given. If none is given it is the number of the record
    /// that would be given first, were there one: that of the oldest one kept, or of the next one logged, but never before `from`.
    pub next: u64,
}

pub struct RingLog {
    budget: usize,
    used: usize,
    next_number: u64,
    records: VecDeque<Record>,
}

impl RingLog {
    /// A log whose kept texts are at most `budget` bytes together.
    pub fn new(budget: usize) -> RingLog {
        RingLog { budget, used: 0, next_number: 0, records: VecDeque::new() }
    }

    /// Logs a text and returns its number. The oldest records are thrown away, no more than needed. A text that is longer than the
    /// whole budget is cut to the longest beginning of whole characters that fits; this may be empty. White space at the end of
    /// the text (before it is cut) is not logged.
    pub fn log(&mut self, level: Level, text: &str) -> u64 {
        let mut text = text.trim();
        if text.len() > self.budget {
            let mut end = self.budget;
            while !text.is_char_boundary(end) {
                end += 1;
            }
            text = &text[..end];
        }
        while self.used + text.len() >= self.budget && !self.records.is_empty() {
            self.drop_oldest();
        }
        self.used += text.len();
        let number = self.next_number;
        self.next_number += 1;
        self.records.push_back(Record { number, level, text: text.to_string() });
        number
    }

    fn drop_oldest(&mut self) {
        if let Some(record) = self.records.pop_front() {
            self.used -= record.text.len();
        }
    }

    /// Bytes of all texts that are kept.
    pub fn used(&self) -> usize {
        self.used
    }

    /// How many records are kept.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The record with this number, if it is kept.
    pub fn get(&self, number: u64) -> Option<&Record> {
        let at = number.saturating_sub(self.oldest());
        self.records.get(usize::try_from(at).ok()?)
    }

    /// The number of the oldest record kept, or of the next one logged.
    fn oldest(&self) -> u64 {
        self.next_number - self.records.len() as u64
    }

    /// Up to `most` records from the number `from` on, oldest first.
    pub fn read(&self, from: u64, most: usize) -> Read<'_> {
        let oldest = self.oldest();
        let missed = if self.records.is_empty() { 0 } else { oldest.saturating_sub(from) };
        let start = from.max(oldest);
        let skip = usize::try_from(start - oldest).unwrap_or(usize::MAX);
        let records: Vec<_> = self.records.iter().skip(skip).take(most).collect();
        let next = records.last().map_or(from, |last| last.number + 1);
        Read { missed, records, next }
    }

    /// The latest `most` records that are at least of this level, oldest first.
    pub fn tail(&self, least: Level, most: usize) -> Vec<&Record> {
        let mut found: Vec<_> = self.records.iter().rev().take(most).filter(|record| record.level >= least).collect();
        found.reverse();
        found
    }

    /// Changes the budget; throws the oldest records away until the rest fits.
    pub fn set_budget(&mut self, budget: usize) {
        self.budget = budget;
        while self.used > self.budget {
            self.drop_oldest();
        }
    }

    /// Forgets all records. Numbers go on where they were.
    pub fn clear(&mut self) {
        self.records.clear();
    }
}
