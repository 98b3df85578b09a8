//! Moves parcels from status to status.

/// The status after an event, or a text that begins with `ERROR: `.
pub fn advance(status: &str, event: &str) -> String {
    let s = status.trim().to_ascii_lowercase();
    let e = event.trim().to_ascii_lowercase();
    if s != "ordered"
        && s != "packed"
        && s != "shipped"
        && s != "delivered"
        && s != "returned"
        && s != "lost"
        && s != "cancelled"
    {
        return format!("ERROR: unknown status \"{}\"", status.trim());
    }
    // A parcel that is cancelled does not care what happens to it, whatever that is.
    if s == "cancelled" {
        return "cancelled".to_string();
    }
    if e == "cancel" {
        if s == "ordered" || s == "packed" {
            return "cancelled".to_string();
        }
        return format!("ERROR: {} parcel cannot {}", s, e);
    }
    if e == "pack" {
        if s == "ordered" {
            return "packed".to_string();
        } else if s == "returned" {
            // A returned parcel is packed again for the next customer.
            return "packed".to_string();
        }
    } else if e == "ship" {
        if s == "packed" {
            return "shipped".to_string();
        }
    } else if e == "deliver" {
        if s == "shipped" || s == "delivered" {
            // The second scan at the door is no error.
            return "delivered".to_string();
        }
    } else if e == "return" {
        if s == "shipped" || s == "delivered" {
            return "returned".to_string();
        }
    } else if e == "lose" {
        if s != "delivered" && s != "ordered" {
            return "lost".to_string();
        }
    } else if e == "find" {
        if s == "lost" {
            return "shipped".to_string();
        }
    } else {
        return format!("ERROR: unknown event \"{}\"", event.trim());
    }
    format!("ERROR: {} parcel cannot {}", s, e)
}
