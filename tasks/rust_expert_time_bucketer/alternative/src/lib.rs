//! The same by walking: days are stepped through one by one, and starts are searched for by bisection.

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

#[derive(Clone, Debug)]
pub struct Zone {
    offset: i32,
    changes: Vec<(i64, i32)>,
}

impl Zone {
    pub fn new(offset: i32, changes: Vec<(i64, i32)>) -> Result<Zone, BadInput> {
        let mut before = None;
        for &(time, _) in &changes {
            if before.is_some_and(|before| before >= time) {
                return Err(BadInput::Changes);
            }
            before = Some(time);
        }
        Ok(Zone { offset, changes })
    }

    /// The local day of a time, never falling: the greatest that there was up to then.
    fn day(&self, time: i64) -> i64 {
        let mut offset = self.offset;
        let mut greatest = i64::MIN;
        for &(change, next) in &self.changes {
            if change > time {
                break;
            }
            greatest = greatest.max(change - 1 + i64::from(offset));
            offset = next;
        }
        greatest.max(time + i64::from(offset)).div_euclid(86_400)
    }
}

/// Year, month and day of the month by walking from a year near by.
fn date(day: i64) -> (i64, usize, i64) {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970 + day.div_euclid(146_097) * 400;
    let mut rest = day.rem_euclid(146_097);
    while rest >= 365 + i64::from(leap(year)) {
        rest -= 365 + i64::from(leap(year));
        year += 1;
    }
    let february = 28 + i64::from(leap(year));
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while rest >= lengths[month] {
        rest -= lengths[month];
        month += 1;
    }
    (year, month, rest)
}

pub struct Bucketer {
    width: Width,
    zone: Zone,
    fill: Fill,
    lateness: i128,
    mark: i128,
    samples: Vec<(i64, f64)>,
    gap: Option<(i64, f64)>,
    late: usize,
}

impl Bucketer {
    pub fn new(width: Width, zone: Zone, fill: Fill, lateness: u64) -> Result<Bucketer, BadInput> {
        match width {
            Width::Fixed(0) => Err(BadInput::Width),
            _ => Ok(Bucketer {
                width,
                zone,
                fill,
                lateness: lateness.into(),
                mark: i128::MIN,
                samples: vec![],
                gap: None,
                late: 0,
            }),
        }
    }

    /// A number that is the same for all times of a bucket, and greater for later buckets.
    fn label(&self, time: i64) -> i64 {
        let day = match self.width {
            Width::Fixed(length) => return time.div_euclid(length.into()),
            _ => self.zone.day(time),
        };
        match self.width {
            Width::Week => (day - 4).div_euclid(7),
            Width::Month => {
                let (year, month, _) = date(day);
                year * 12 + month as i64
            }
            _ => day,
        }
    }

    pub fn span(&self, time: i64) -> (i64, i64) {
        let label = self.label(time);
        let mut step = 1;
        let mut below = time - 1;
        while self.label(below) >= label {
            below -= step;
            step *= 2;
        }
        let (mut above, mut step) = (time + 1, 1);
        while self.label(above) <= label {
            above += step;
            step *= 2;
        }
        (self.turn(below, time, label), self.turn(time, above, label + 1))
    }

    /// The first time after `low` and up to `high` whose label is at least the one given.
    fn turn(&self, mut low: i64, mut high: i64, label: i64) -> i64 {
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.label(middle) >= label {
                high = middle;
            } else {
                low = middle;
            }
        }
        high
    }

    pub fn push(&mut self, time: i64, value: f64) -> Result<Vec<Bucket>, BadInput> {
        if value.is_nan() || value.is_infinite() {
            return Err(BadInput::Value);
        }
        if i128::from(self.span(time).1) <= self.mark {
            self.late += 1;
            return Ok(vec![]);
        }
        let at = self.samples.partition_point(|sample| sample.0 <= time);
        self.samples.insert(at, (time, value));
        self.mark = self.mark.max(i128::from(time) - self.lateness);
        Ok(self.emit(self.mark))
    }

    fn emit(&mut self, mark: i128) -> Vec<Bucket> {
        let mut out: Vec<Bucket> = vec![];
        while let Some(&(time, _)) = self.samples.first() {
            let (start, end) = self.span(time);
            if i128::from(end) > mark {
                break;
            }
            let count = self.samples.partition_point(|sample| sample.0 < end);
            let mine: Vec<_> = self.samples.drain(..count).map(|sample| sample.1).collect();
            if let (Some((mut from, value)), true) = (self.gap, self.fill != Fill::Skip) {
                while from < start {
                    let end = self.span(from).1;
                    let same = (self.fill == Fill::Last).then_some(value);
                    let (min, max, first, last) = (same, same, same, same);
                    out.push(Bucket { start: from, end, count: 0, sum: 0.0, min, max, first, last });
                    from = end;
                }
            }
            let mut bucket = Bucket {
                start,
                end,
                count,
                sum: 0.0,
                min: None,
                max: None,
                first: Some(mine[0]),
                last: Some(mine[count - 1]),
            };
            for value in mine {
                bucket.sum += value;
                bucket.min = Some(bucket.min.map_or(value, |min| if value < min { value } else { min }));
                bucket.max = Some(bucket.max.map_or(value, |max| if value > max { value } else { max }));
            }
            self.gap = Some((end, bucket.last.unwrap()));
            out.push(bucket);
        }
        out
    }

    pub fn late(&self) -> usize {
        self.late
    }

    pub fn finish(mut self) -> Vec<Bucket> {
        self.emit(i128::MAX)
    }
}
