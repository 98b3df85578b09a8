//! Samples of eighty years in buckets of days, weeks and months of a place whose clocks change twice a year.

use time_bucketer::{Bucketer, Fill, Width, Zone};

pub fn heavy() -> String {
    let changes: Vec<(i64, i32)> = (0..160i64)
        .map(|half| (half * 15_778_800 + 7_000_000, if half % 2 == 0 { 7_200 } else { 3_600 }))
        .collect();
    let mut results = Vec::new();
    for width in [Width::Day, Width::Week, Width::Month, Width::Fixed(3_600)] {
        let zone = Zone::new(3_600, changes.clone()).unwrap();
        let mut bucketer = Bucketer::new(width, zone, Fill::Skip, 7_200).unwrap();
        let (mut buckets, mut count, mut sum) = (0usize, 0usize, 0.0f64);
        for step in 0..60_000i64 {
            let time = step * 40_000 + (step * 7_919) % 5_000;
            for bucket in bucketer.push(time, ((step * 31) % 257) as f64 / 8.0).unwrap() {
                buckets += 1;
                count += bucket.count;
                sum += bucket.sum;
            }
        }
        for bucket in bucketer.finish() {
            buckets += 1;
            count += bucket.count;
            sum += bucket.sum;
        }
        results.push(format!("{buckets} {count} {sum:.3}"));
    }
    results.join(";")
}
