//! Sums samples up in buckets of time.

use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    Fixed(u32),
    Day,
    Week,
    Month,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    Skip,
    Empty,
    Last,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadInput {
    Changes,
    Width,
    Value,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    pub start: i64,
    pub end: i64,
    pub count: usize,
    pub sum: f64,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub first: Option<f64>,
    pub last: Option<f64>,
}

const DAY: i64 = 86_400;

/// Local time by the latest change at or before a time.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Since when which offset holds; the first one since ever.
    parts: Vec<(i64, i64)>,
}

impl Zone {
    pub fn new(offset: i32, changes: Vec<(i64, i32)>) -> Result<Zone, BadInput> {
        if changes.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(BadInput::Changes);
        }
        let first = (i64::MIN / 2, i64::from(offset));
        let others = changes.into_iter().map(|(time, offset)| (time, i64::from(offset)));
        Ok(Zone { parts: std::iter::once(first).chain(others).collect() })
    }

    /// The greatest local time that the clocks have shown up to a time.
    fn furthest(&self, time: i64) -> i64 {
        let mut furthest = i64::MIN;
        for (at, &(since, offset)) in self.parts.iter().enumerate() {
            if since > time {
                break;
            }
            let until = self.parts.get(at + 1).map_or(time, |next| time.min(next.0 - 1));
            furthest = furthest.max(until + offset);
        }
        furthest
    }

    /// The earliest time at which the clocks show `local` or later.
    fn earliest(&self, local: i64) -> i64 {
        let mut found = None;
        for (at, &(since, offset)) in self.parts.iter().enumerate() {
            let time = since.max(local - offset);
            if self.parts.get(at + 1).map_or(true, |next| time < next.0) {
                found = Some(time);
                break;
            }
        }
        found.expect("the last part has no end")
    }
}

/// Year and month (0 to 11), as months since the year 0.
fn month_of(day: i64) -> i64 {
    // Counted from 0000-03-01, in eras of 400 years, so that the leap day is the last of a year.
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    (era * 400 + year) * 12 + month + 2
}

/// The first day of a month that is given as months since the year 0.
fn first_day(month: i64) -> i64 {
    let (year, month) = ((month - 2).div_euclid(12), (month - 2).rem_euclid(12));
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 - 719_468
}

fn sample_order(samples: &mut [(i64, f64)]) {
    samples.sort_by_key(|sample| sample.0);
}

pub struct Bucketer {
    width: Width,
    zone: Zone,
    fill: Fill,
    lateness: u64,
    latest: Option<i64>,
    open: BTreeMap<i64, Vec<(i64, f64)>>,
    before: Option<Bucket>,
    late: usize,
}

impl Bucketer {
    pub fn new(width: Width, zone: Zone, fill: Fill, lateness: u64) -> Result<Bucketer, BadInput> {
        if width == Width::Fixed(0) {
            return Err(BadInput::Width);
        }
        let open = BTreeMap::new();
        Ok(Bucketer { width, zone, fill, lateness, latest: None, open, before: None, late: 0 })
    }

    pub fn span(&self, time: i64) -> (i64, i64) {
        if let Width::Fixed(length) = self.width {
            let length = i64::from(length);
            let start = time.div_euclid(length) * length;
            return (start, start + length);
        }
        let number = self.number(self.zone.furthest(time).div_euclid(DAY));
        let start = self.zone.earliest(self.first_day_of(number) * DAY);
        // The next start that lies later: a change may skip whole buckets.
        let next = (number + 1..).map(|number| self.zone.earliest(self.first_day_of(number) * DAY));
        let end = next.into_iter().find(|&end| end > start).expect("time goes on");
        (start, end)
    }

    /// The number of the day, week or month that a day lies in.
    fn number(&self, day: i64) -> i64 {
        match self.width {
            Width::Week => (day + 3).div_euclid(7),
            Width::Month => month_of(day),
            Width::Day | Width::Fixed(_) => day,
        }
    }

    fn first_day_of(&self, number: i64) -> i64 {
        match self.width {
            Width::Week => number * 7 - 3,
            Width::Month => first_day(number),
            Width::Day | Width::Fixed(_) => number,
        }
    }

    fn watermark(&self) -> Option<i128> {
        self.latest.map(|latest| i128::from(latest) - i128::from(self.lateness))
    }

    pub fn push(&mut self, time: i64, value: f64) -> Result<Vec<Bucket>, BadInput> {
        if !value.is_finite() {
            return Err(BadInput::Value);
        }
        let (start, end) = self.span(time);
        if self.watermark().is_some_and(|mark| i128::from(end) <= mark) {
            self.late += 1;
            return Ok(Vec::new());
        }
        self.open.entry(start).or_default().push((time, value));
        self.latest = self.latest.max(Some(time));
        let mut closed = Vec::new();
        while let Some((&start, _)) = self.open.first_key_value() {
            if self.watermark().map_or(true, |mark| i128::from(self.span(start).1) > mark) {
                break;
            }
            self.close_first(&mut closed);
        }
        Ok(closed)
    }

    pub fn late(&self) -> usize {
        self.late
    }

    pub fn finish(mut self) -> Vec<Bucket> {
        let mut closed = Vec::new();
        while !self.open.is_empty() {
            self.close_first(&mut closed);
        }
        closed
    }

    fn close_first(&mut self, closed: &mut Vec<Bucket>) {
        let Some((start, mut samples)) = self.open.pop_first() else { return };
        self.fill_gap(start, closed);
        sample_order(&mut samples);
        let values: Vec<f64> = samples.iter().map(|sample| sample.1).collect();
        let bucket = Bucket {
            start,
            end: self.span(start).1,
            count: values.len(),
            sum: values.iter().fold(0.0, |sum, value| sum + value),
            min: values.iter().copied().reduce(f64::min),
            max: values.iter().copied().reduce(f64::max),
            first: values.first().copied(),
            last: values.last().copied(),
        };
        self.before = Some(bucket.clone());
        closed.push(bucket);
    }

    fn fill_gap(&self, until: i64, closed: &mut Vec<Bucket>) {
        let Some(before) = self.before.as_ref().filter(|_| self.fill != Fill::Skip) else { return };
        let value = if self.fill == Fill::Last { before.last } else { None };
        let mut start = before.end;
        while start < until {
            let end = self.span(start).1;
            let (min, max, first, last) = (value, value, value, value);
            closed.push(Bucket { start, end, count: 0, sum: 0.0, min, max, first, last });
            start = end;
        }
    }
}
