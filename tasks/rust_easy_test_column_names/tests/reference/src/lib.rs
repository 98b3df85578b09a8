//! Names of spreadsheet columns.

pub fn column_name(number: u32) -> Option<String> {
    if number == 0 {
        return None;
    }
    let mut rest = number;
    let mut letters = Vec::new();
    while rest > 0 {
        let digit = (rest - 1) % 26;
        letters.push(char::from(b'A' + digit as u8));
        rest = (rest - 1) / 26;
    }
    letters.reverse();
    Some(letters.into_iter().collect())
}

pub fn column_number(name: &str) -> Option<u32> {
    if name.is_empty() {
        return None;
    }
    let mut number: u32 = 0;
    for letter in name.chars() {
        if !letter.is_ascii_alphabetic() {
            return None;
        }
        let digit = letter.to_ascii_uppercase() as u32 - 'A' as u32 + 1;
        number = number.checked_mul(26)?;
        number = number.checked_add(digit)?;
    }
    Some(number)
}

pub fn column_range(first: u32, last: u32) -> Vec<String> {
    (first..=last).filter_map(column_name).collect()
}
