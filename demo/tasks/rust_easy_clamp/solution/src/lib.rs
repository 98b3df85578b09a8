pub fn clamp(value: i64, low: i64, high: i64) -> Option<i64> {
    if low > high {
        return None;
    }
    Some(value.min(high).max(low))
}

pub fn total(values: &[i64]) -> i64 {
    values.iter().sum()
}
