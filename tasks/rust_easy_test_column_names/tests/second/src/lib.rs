//! Names of spreadsheet columns, by the length of the name first.

pub fn column_name(number: u32) -> Option<String> {
    let mut rest = u64::from(number).checked_sub(1)?;
    let (mut length, mut count) = (1, 26u64);
    while rest >= count {
        rest -= count;
        count *= 26;
        length += 1;
    }
    let mut name = String::new();
    for place in (0..length).rev() {
        let digit = rest / 26u64.pow(place) % 26;
        name.push((b'A' + digit as u8) as char);
    }
    Some(name)
}

pub fn column_number(name: &str) -> Option<u32> {
    let shorter: u64 = (1..name.len()).take(8).map(|length| 26u64.pow(length as u32)).sum();
    if name.is_empty() || name.len() > 7 {
        return None;
    }
    let place = name.bytes().try_fold(0u64, |place, byte| match byte {
        b'A'..=b'Z' => Some(place * 26 + u64::from(byte - b'A')),
        b'a'..=b'z' => Some(place * 26 + u64::from(byte - b'a')),
        _ => None,
    })?;
    u32::try_from(shorter + place + 1).ok()
}

pub fn column_range(first: u32, last: u32) -> Vec<String> {
    let mut names = vec![];
    let mut next = u64::from(first.max(1));
    while next <= u64::from(last) {
        names.extend(column_name(next as u32));
        next += 1;
    }
    names
}
