use column_names::{column_name, column_number, column_range};

const PAIRS: [(u32, &str); 12] = [
    (1, "A"),
    (2, "B"),
    (25, "Y"),
    (26, "Z"),
    (27, "AA"),
    (52, "AZ"),
    (53, "BA"),
    (702, "ZZ"),
    (703, "AAA"),
    (1379, "BAA"),
    (18278, "ZZZ"),
    (u32::MAX, "MWLQKWU"),
];

#[test]
fn numbers_have_names() {
    for (number, name) in PAIRS {
        assert_eq!(column_name(number).as_deref(), Some(name));
    }
}

#[test]
fn names_have_numbers() {
    for (number, name) in PAIRS {
        assert_eq!(column_number(name), Some(number), "{name}");
    }
}

#[test]
fn there_is_no_column_0() {
    assert_eq!(column_name(0), None);
}

#[test]
fn small_letters_are_accepted() {
    assert_eq!(column_number("z"), Some(26));
    assert_eq!(column_number("aZ"), Some(52));
    assert_eq!(column_number("Zz"), Some(702));
}

#[test]
fn other_texts_are_refused() {
    for name in ["", " ", "A ", " A", "A1", "1", "-A", "A-B", "Ä", "É", "@", "[", "`", "{", "AÄ", "A\n"] {
        assert_eq!(column_number(name), None, "{name:?}");
    }
}

#[test]
fn too_large_names_are_refused() {
    for name in ["MWLQKWV", "MWLQKXA", "ZZZZZZZ", "AAAAAAAA", "ZZZZZZZZZZZZZZZZZZZZZZZZ"] {
        assert_eq!(column_number(name), None, "{name}");
    }
    assert_eq!(column_number("mwlqkwu"), Some(u32::MAX));
}

#[test]
fn there_and_back() {
    for number in (1..20_000).chain([475_254, 475_255, 12_356_630, 321_272_406, 321_272_407]) {
        let name = column_name(number).unwrap();
        assert_eq!(column_number(&name), Some(number), "{name}");
    }
}

#[test]
fn ranges_include_both_ends() {
    assert_eq!(column_range(25, 28), ["Y", "Z", "AA", "AB"]);
    assert_eq!(column_range(3, 3), ["C"]);
    assert_eq!(column_range(4, 3), Vec::<String>::new());
    assert_eq!(column_range(0, 2), ["A", "B"]);
    assert_eq!(column_range(0, 0), Vec::<String>::new());
    assert_eq!(column_range(u32::MAX - 1, u32::MAX), ["MWLQKWT", "MWLQKWU"]);
}
