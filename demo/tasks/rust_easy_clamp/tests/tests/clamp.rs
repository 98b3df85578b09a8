use easy_clamp::{clamp, total};

#[test]
fn below() {
    assert_eq!(clamp(1, 2, 5), Some(2));
}

#[test]
fn above() {
    assert_eq!(clamp(9, 2, 5), Some(5));
}

#[test]
fn within() {
    assert_eq!(clamp(3, 2, 5), Some(3));
}

#[test]
fn at_bounds() {
    assert_eq!(clamp(5, 5, 5), Some(5));
}

#[test]
fn negative() {
    assert_eq!(clamp(-9, -5, -2), Some(-5));
}

#[test]
fn wrong_way_round() {
    assert_eq!(clamp(1, 3, 2), None);
}

#[test]
fn total_of_some() {
    assert_eq!(total(&[1, 2, 3]), 6);
}

#[test]
fn total_of_nothing() {
    assert_eq!(total(&[]), 0);
}
