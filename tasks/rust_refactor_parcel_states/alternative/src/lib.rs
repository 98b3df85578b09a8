//! The same with one macro for both lists of words and a table of transitions.

use std::fmt;

macro_rules! words {
    ($name:ident, $kind:literal, $($variant:ident = $word:literal),+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($variant),+
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(match self { $($name::$variant => $word),+ })
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                match text.trim().to_ascii_lowercase().as_str() {
                    $($word => Ok($name::$variant),)+
                    _ => Err(ParseError(format!("unknown {} \"{}\"", $kind, text.trim()))),
                }
            }
        }
    };
}

words!(
    Status, "status", Ordered = "ordered", Packed = "packed", Shipped = "shipped", Delivered = "delivered",
    Returned = "returned", Lost = "lost", Cancelled = "cancelled"
);
words!(
    Event, "event", Pack = "pack", Ship = "ship", Deliver = "deliver", Return = "return", Lose = "lose",
    Find = "find", Cancel = "cancel"
);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(String);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAllowed {
    pub status: Status,
    pub event: Event,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} parcel cannot {}", self.status, self.event)
    }
}

impl std::error::Error for ParseError {}
impl std::error::Error for NotAllowed {}

const TABLE: [(Status, Event, Status); 14] = [
    (Status::Ordered, Event::Cancel, Status::Cancelled),
    (Status::Ordered, Event::Pack, Status::Packed),
    (Status::Packed, Event::Cancel, Status::Cancelled),
    (Status::Packed, Event::Ship, Status::Shipped),
    (Status::Packed, Event::Lose, Status::Lost),
    (Status::Shipped, Event::Deliver, Status::Delivered),
    (Status::Shipped, Event::Return, Status::Returned),
    (Status::Shipped, Event::Lose, Status::Lost),
    (Status::Delivered, Event::Deliver, Status::Delivered),
    (Status::Delivered, Event::Return, Status::Returned),
    (Status::Returned, Event::Pack, Status::Packed),
    (Status::Returned, Event::Lose, Status::Lost),
    (Status::Lost, Event::Lose, Status::Lost),
    (Status::Lost, Event::Find, Status::Shipped),
];

impl Status {
    pub fn after(self, event: Event) -> Result<Status, NotAllowed> {
        if self.is_final() {
            return Ok(self);
        }
        for (from, by, to) in TABLE {
            if (from, by) == (self, event) {
                return Ok(to);
            }
        }
        Err(NotAllowed { status: self, event })
    }

    pub fn is_final(self) -> bool {
        self == Status::Cancelled
    }
}

#[derive(Debug)]
pub struct Parcel {
    before: Vec<Status>,
    now: Status,
}

impl Parcel {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Parcel {
        Parcel { before: vec![Status::Ordered], now: Status::Ordered }
    }

    pub fn status(&self) -> Status {
        self.now
    }

    pub fn apply(&mut self, event: Event) -> Result<Status, NotAllowed> {
        let to = self.now.after(event)?;
        if to != self.now {
            self.now = to;
            self.before.push(to);
        }
        Ok(to)
    }

    pub fn history(&self) -> &[Status] {
        &self.before
    }
}

pub fn advance(status: &str, event: &str) -> String {
    let from = match status.parse::<Status>() {
        Err(error) => return format!("ERROR: {error}"),
        Ok(from) if from.is_final() => return from.to_string(),
        Ok(from) => from,
    };
    match event.parse().map(|event| from.after(event)) {
        Err(error) => format!("ERROR: {error}"),
        Ok(Err(error)) => format!("ERROR: {error}"),
        Ok(Ok(to)) => to.to_string(),
    }
}
