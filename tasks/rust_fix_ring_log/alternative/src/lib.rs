//! A log that keeps the latest records within a budget of bytes.

use std::collections::BTreeMap;

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
    next: u64,
    kept: BTreeMap<u64, Record>,
}

impl RingLog {
    pub fn new(budget: usize) -> RingLog {
        RingLog { budget, next: 0, kept: BTreeMap::new() }
    }

    pub fn log(&mut self, level: Level, text: &str) -> u64 {
        let mut cut = String::new();
        for each in text.trim_end().chars() {
            if cut.len() + each.len_utf8() > self.budget {
                break;
            }
            cut.push(each);
        }
        self.shrink(self.budget - cut.len());
        let number = self.next;
        self.kept.insert(number, Record { number, level, text: cut });
        self.next = number + 1;
        number
    }

    fn shrink(&mut self, most: usize) {
        let mut used = self.used();
        while used > most {
            match self.kept.pop_first() {
                Some((_, gone)) => used -= gone.text.len(),
                None => return,
            }
        }
    }

    pub fn used(&self) -> usize {
        self.kept.values().map(|record| record.text.len()).sum()
    }

    pub fn len(&self) -> usize {
        self.kept.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    pub fn get(&self, number: u64) -> Option<&Record> {
        self.kept.get(&number)
    }

    pub fn read(&self, from: u64, most: usize) -> Read<'_> {
        let oldest = self.kept.keys().next().copied().unwrap_or(self.next);
        let records: Vec<&Record> = self.kept.range(from..).map(|pair| pair.1).take(most).collect();
        let next = match records.last() {
            Some(last) => last.number + 1,
            None if from < oldest => oldest,
            None => from,
        };
        Read { missed: if from < oldest { oldest - from } else { 0 }, records, next }
    }

    pub fn tail(&self, least: Level, most: usize) -> Vec<&Record> {
        let all: Vec<&Record> = self.kept.values().filter(|record| record.level >= least).collect();
        all[all.len().saturating_sub(most)..].to_vec()
    }

    pub fn set_budget(&mut self, budget: usize) {
        self.budget = budget;
        self.shrink(budget);
    }

    pub fn clear(&mut self) {
        self.kept = BTreeMap::new();
    }
}
