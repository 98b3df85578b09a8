//! Sums samples up in buckets of time.

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
pub struct Zone {}

impl Zone {
    pub fn new(offset: i32, changes: Vec<(i64, i32)>) -> Result<Zone, BadInput> {
        let _ = (offset, changes);
        todo!()
    }
}

pub struct Bucketer {}

impl Bucketer {
    pub fn new(width: Width, zone: Zone, fill: Fill, lateness: u64) -> Result<Bucketer, BadInput> {
        let _ = (width, zone, fill, lateness);
        todo!()
    }

    pub fn span(&self, time: i64) -> (i64, i64) {
        let _ = time;
        todo!()
    }

    pub fn push(&mut self, time: i64, value: f64) -> Result<Vec<Bucket>, BadInput> {
        let _ = (time, value);
        todo!()
    }

    pub fn late(&self) -> usize {
        todo!()
    }

    pub fn finish(self) -> Vec<Bucket> {
        todo!()
    }
}
