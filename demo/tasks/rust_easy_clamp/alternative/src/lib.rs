pub fn clamp(value: i64, low: i64, high: i64) -> Option<i64> {
    match (low > high, value < low, value > high) {
        (true, _, _) => None,
        (_, true, _) => Some(low),
        (_, _, true) => Some(high),
        _ => Some(value),
    }
}

pub fn total(values: &[i64]) -> i64 {
    let mut found = 0;
    for each in values {
        found += each;
    }
    found
}
