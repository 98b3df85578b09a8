use parcel_states::{advance, Event, NotAllowed, Parcel, ParseError, Status};
use std::collections::HashSet;
use std::error::Error;

const STATUSES: [(Status, &str); 7] = [
    (Status::Ordered, "ordered"),
    (Status::Packed, "packed"),
    (Status::Shipped, "shipped"),
    (Status::Delivered, "delivered"),
    (Status::Returned, "returned"),
    (Status::Lost, "lost"),
    (Status::Cancelled, "cancelled"),
];
const EVENTS: [(Event, &str); 7] = [
    (Event::Pack, "pack"),
    (Event::Ship, "ship"),
    (Event::Deliver, "deliver"),
    (Event::Return, "return"),
    (Event::Lose, "lose"),
    (Event::Find, "find"),
    (Event::Cancel, "cancel"),
];

/// A row a status, a column an event; `.` is not allowed.
const TABLE: [&str; 7] = ["P.....C", ".S..L.C", "..DRL..", "..DR...", "P...L..", "....LS.", "CCCCCCC"];

fn expected(row: usize, column: usize) -> Option<Status> {
    let found = TABLE[row].as_bytes()[column];
    let letters = b"OPSDRLC";
    letters.iter().position(|&letter| letter == found).map(|at| STATUSES[at].0)
}

#[test]
fn every_transition_is_as_it_was() {
    for (row, (status, _)) in STATUSES.into_iter().enumerate() {
        for (column, (event, _)) in EVENTS.into_iter().enumerate() {
            let wanted = expected(row, column).ok_or(NotAllowed { status, event });
            assert_eq!(status.after(event), wanted, "{status:?} {event:?}");
        }
    }
}

#[test]
fn the_old_function_answers_as_before() {
    for (row, (_, status)) in STATUSES.into_iter().enumerate() {
        for (column, (_, event)) in EVENTS.into_iter().enumerate() {
            let wanted = match expected(row, column) {
                Some(next) => STATUSES.iter().find(|each| each.0 == next).unwrap().1.to_string(),
                None => format!("ERROR: {status} parcel cannot {event}"),
            };
            assert_eq!(advance(status, event), wanted);
        }
    }
}

#[test]
fn the_old_function_reads_sloppy_words() {
    assert_eq!(advance("  ORDERED\n", "\tPack "), "packed");
    assert_eq!(advance(" Lost", "SHIP"), "ERROR: lost parcel cannot ship");
}

#[test]
fn the_old_errors_show_words_trimmed_and_unchanged() {
    assert_eq!(advance(" Parked ", "pack"), "ERROR: unknown status \"Parked\"");
    assert_eq!(advance("lost", " Burn It "), "ERROR: unknown event \"Burn It\"");
    assert_eq!(advance("", ""), "ERROR: unknown status \"\"");
    assert_eq!(advance("packed", ""), "ERROR: unknown event \"\"");
}

#[test]
fn cancelled_takes_any_event_even_unknown_ones() {
    assert_eq!(advance("Cancelled", "explode"), "cancelled");
    assert_eq!(advance("cancelled", ""), "cancelled");
}

#[test]
fn words_of_statuses() {
    for (status, word) in STATUSES {
        assert_eq!(status.to_string(), word);
        assert_eq!(word.parse(), Ok(status));
        assert_eq!(format!(" {}\t", word.to_uppercase()).parse(), Ok(status));
    }
}

#[test]
fn words_of_events() {
    for (event, word) in EVENTS {
        assert_eq!(event.to_string(), word);
        assert_eq!(word.parse(), Ok(event));
        assert_eq!(format!("\n{}", word.to_uppercase()).parse(), Ok(event));
    }
}

#[test]
fn unknown_words_are_errors_with_a_text() {
    let status: ParseError = " Packet".parse::<Status>().unwrap_err();
    let event: ParseError = "PACKED ".parse::<Event>().unwrap_err();
    assert_eq!(status.to_string(), "unknown status \"Packet\"");
    assert_eq!(event.to_string(), "unknown event \"PACKED\"");
    assert_ne!(status, event);
    assert_eq!(status.clone(), " Packet ".trim_end().parse::<Status>().unwrap_err());
}

#[test]
fn refusals_are_errors_with_a_text() {
    let refused: Box<dyn Error> = Box::new(Status::Ordered.after(Event::Find).unwrap_err());
    assert_eq!(refused.to_string(), "ordered parcel cannot find");
    let unread: Box<dyn Error> = Box::new("x".parse::<Event>().unwrap_err());
    assert!(unread.downcast_ref::<ParseError>().is_some());
}

#[test]
fn only_cancelled_is_final() {
    let last: Vec<_> = STATUSES.into_iter().filter(|each| each.0.is_final()).collect();
    assert_eq!(last, [(Status::Cancelled, "cancelled")]);
}

#[test]
fn a_parcel_remembers_where_it_was() {
    let mut parcel = Parcel::new();
    assert_eq!((parcel.status(), parcel.history()), (Status::Ordered, &[Status::Ordered][..]));
    assert_eq!(parcel.apply(Event::Pack), Ok(Status::Packed));
    assert_eq!(parcel.apply(Event::Lose), Ok(Status::Lost));
    assert_eq!(parcel.apply(Event::Find), Ok(Status::Shipped));
    let went = [Status::Ordered, Status::Packed, Status::Lost, Status::Shipped];
    assert_eq!((parcel.status(), parcel.history()), (Status::Shipped, &went[..]));
    assert_eq!(went.into_iter().collect::<HashSet<_>>().len(), 4);
}

#[test]
fn a_refused_event_leaves_the_parcel_as_it_is() {
    let mut parcel = Parcel::new();
    let refused = parcel.apply(Event::Deliver).unwrap_err();
    assert_eq!((refused.status, refused.event), (Status::Ordered, Event::Deliver));
    assert_eq!(parcel.history(), [Status::Ordered]);
    parcel.apply(Event::Cancel).unwrap();
    assert_eq!(parcel.apply(Event::Ship), Ok(Status::Cancelled));
    assert_eq!(parcel.history(), [Status::Ordered, Status::Cancelled]);
}
