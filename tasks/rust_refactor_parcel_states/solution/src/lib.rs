//! Moves parcels from status to status.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    Ordered,
    Packed,
    Shipped,
    Delivered,
    Returned,
    Lost,
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    Pack,
    Ship,
    Deliver,
    Return,
    Lose,
    Find,
    Cancel,
}

/// A word that names no status or no event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    kind: &'static str,
    word: String,
}

/// An event that cannot happen in this status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAllowed {
    pub status: Status,
    pub event: Event,
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "unknown {} \"{}\"", self.kind, self.word)
    }
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} parcel cannot {}", self.status, self.event)
    }
}

impl Error for ParseError {}
impl Error for NotAllowed {}

impl Status {
    const ALL: [Status; 7] = [
        Status::Ordered,
        Status::Packed,
        Status::Shipped,
        Status::Delivered,
        Status::Returned,
        Status::Lost,
        Status::Cancelled,
    ];

    /// The status after an event.
    pub fn after(self, event: Event) -> Result<Status, NotAllowed> {
        use Status::*;
        match (self, event) {
            (Cancelled, _) => Ok(Cancelled),
            (Ordered | Packed, Event::Cancel) => Ok(Cancelled),
            (Ordered | Returned, Event::Pack) => Ok(Packed),
            (Packed, Event::Ship) => Ok(Shipped),
            (Shipped | Delivered, Event::Deliver) => Ok(Delivered),
            (Shipped | Delivered, Event::Return) => Ok(Returned),
            (Packed | Shipped | Returned | Lost, Event::Lose) => Ok(Lost),
            (Lost, Event::Find) => Ok(Shipped),
            (status, event) => Err(NotAllowed { status, event }),
        }
    }

    /// No event leads out of it.
    pub fn is_final(self) -> bool {
        Event::ALL.iter().all(|&event| self.after(event).map_or(true, |next| next == self))
    }

    fn word(self) -> &'static str {
        match self {
            Status::Ordered => "ordered",
            Status::Packed => "packed",
            Status::Shipped => "shipped",
            Status::Delivered => "delivered",
            Status::Returned => "returned",
            Status::Lost => "lost",
            Status::Cancelled => "cancelled",
        }
    }
}

impl Event {
    const ALL: [Event; 7] = [
        Event::Pack,
        Event::Ship,
        Event::Deliver,
        Event::Return,
        Event::Lose,
        Event::Find,
        Event::Cancel,
    ];

    fn word(self) -> &'static str {
        match self {
            Event::Pack => "pack",
            Event::Ship => "ship",
            Event::Deliver => "deliver",
            Event::Return => "return",
            Event::Lose => "lose",
            Event::Find => "find",
            Event::Cancel => "cancel",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

impl fmt::Display for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

impl FromStr for Status {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Status, ParseError> {
        let word = text.trim();
        let found = Status::ALL.into_iter().find(|status| status.word().eq_ignore_ascii_case(word));
        found.ok_or_else(|| ParseError { kind: "status", word: word.to_string() })
    }
}

impl FromStr for Event {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Event, ParseError> {
        let word = text.trim();
        let found = Event::ALL.into_iter().find(|event| event.word().eq_ignore_ascii_case(word));
        found.ok_or_else(|| ParseError { kind: "event", word: word.to_string() })
    }
}

/// One parcel and where it has been.
pub struct Parcel {
    history: Vec<Status>,
}

impl Parcel {
    pub fn new() -> Parcel {
        Parcel { history: vec![Status::Ordered] }
    }

    pub fn status(&self) -> Status {
        self.history[self.history.len() - 1]
    }

    pub fn apply(&mut self, event: Event) -> Result<Status, NotAllowed> {
        let next = self.status().after(event)?;
        if next != self.status() {
            self.history.push(next);
        }
        Ok(next)
    }

    pub fn history(&self) -> &[Status] {
        &self.history
    }
}

impl Default for Parcel {
    fn default() -> Self {
        Self::new()
    }
}

/// The status after an event, or a text that begins with `ERROR: `.
pub fn advance(status: &str, event: &str) -> String {
    advanced(status, event).map_or_else(|error| format!("ERROR: {error}"), |next| next.to_string())
}

fn advanced(status: &str, event: &str) -> Result<Status, Box<dyn Error>> {
    let status: Status = status.parse()?;
    if status == Status::Cancelled {
        return Ok(status); // whatever the event is, even if there is no such event
    }
    Ok(status.after(event.parse()?)?)
}
