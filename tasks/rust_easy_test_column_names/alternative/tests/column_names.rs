//! An independent model: names are counted on letter by letter, and everything is compared with it.

use column_names::*;

/// The name after this one, as one counts on by hand.
fn next(name: &str) -> String {
    let mut letters: Vec<u8> = name.bytes().collect();
    for letter in letters.iter_mut().rev() {
        if *letter < b'Z' {
            *letter += 1;
            return String::from_utf8(letters).unwrap();
        }
        *letter = b'A';
    }
    letters.insert(0, b'A');
    String::from_utf8(letters).unwrap()
}

#[test]
fn agrees_with_counting_by_hand() {
    let mut name = "A".to_string();
    for number in 1..=20_000 {
        assert_eq!(column_name(number), Some(name.clone()));
        assert_eq!(column_number(&name), Some(number));
        assert_eq!(column_number(&name.to_lowercase()), Some(number));
        name = next(&name);
    }
}

#[test]
fn range_is_the_same_as_one_after_the_other() {
    let name = |number| column_name(number).unwrap();
    assert_eq!(column_range(1, 3), ["A", "B", "C"]);
    assert_eq!(column_range(700, 704), (700..705).map(name).collect::<Vec<_>>());
    assert!(column_range(9, 8).is_empty());
    assert!(column_range(9, 1).is_empty());
    assert_eq!(column_range(0, 1), ["A"]);
    assert_eq!(column_range(u32::MAX, u32::MAX).len(), 1);
}

#[test]
fn edges() {
    assert!(column_name(0).is_none());
    let last = column_name(u32::MAX).unwrap();
    assert_eq!(column_number(&last), Some(u32::MAX));
    assert_eq!(column_number(&next(&last)), None);
    assert_eq!(column_number(&"A".repeat(8)), None);
    assert_eq!(column_number(&"z".repeat(100)), None);
}

#[test]
fn no_other_characters() {
    for code in (0..256).filter_map(char::from_u32).filter(|c| !c.is_ascii_alphabetic()) {
        for name in [format!("{code}"), format!("B{code}"), format!("{code}B"), format!("B{code}B")] {
            assert_eq!(column_number(&name), None, "{name:?}");
        }
    }
    assert_eq!(column_number(""), None);
    assert_eq!(column_number("ſ"), None);
}
