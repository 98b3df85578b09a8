use time_bucketer::{BadInput, Bucket, Bucketer, Fill, Width, Zone};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// 2024-03-31T01:00:00Z and 2024-10-27T01:00:00Z: a place one hour east of Greenwich goes to summer time and back.
const SPRING: i64 = 1_711_846_800;
const AUTUMN: i64 = 1_729_990_800;

fn east() -> Zone {
    Zone::new(3_600, vec![(SPRING, 7_200), (AUTUMN, 3_600)]).unwrap()
}

fn utc() -> Zone {
    Zone::new(0, vec![]).unwrap()
}

fn span(width: Width, zone: &Zone, time: i64) -> (i64, i64) {
    Bucketer::new(width, zone.clone(), Fill::Skip, 0).unwrap().span(time)
}

fn tens(fill: Fill, lateness: u64) -> Bucketer {
    Bucketer::new(Width::Fixed(10), utc(), fill, lateness).unwrap()
}

fn starts(buckets: &[Bucket]) -> Vec<i64> {
    buckets.iter().map(|bucket| bucket.start).collect()
}

#[test]
fn fixed_buckets_start_at_multiples_also_before_1970() {
    let odd = Zone::new(1_234, vec![(50, -1_234)]).unwrap();
    assert_eq!(span(Width::Fixed(60), &odd, 119), (60, 120));
    assert_eq!(span(Width::Fixed(60), &odd, 120), (120, 180));
    assert_eq!(span(Width::Fixed(60), &odd, -1), (-60, 0));
    assert_eq!(span(Width::Fixed(7), &odd, -14), (-14, -7));
}

#[test]
fn days_have_23_24_or_25_hours() {
    let zone = east();
    let spring = SPRING - 2 * HOUR;
    assert_eq!(span(Width::Day, &zone, SPRING), (spring, spring + 23 * HOUR));
    assert_eq!(span(Width::Day, &zone, spring - 1), (spring - DAY, spring));
    let autumn = AUTUMN - 3 * HOUR;
    assert_eq!(span(Width::Day, &zone, AUTUMN - 1), (autumn, autumn + 25 * HOUR));
    assert_eq!(span(Width::Day, &zone, autumn + 25 * HOUR), (autumn + 25 * HOUR, autumn + 49 * HOUR));
    assert_eq!(span(Width::Day, &utc(), -1), (-DAY, 0));
}

#[test]
fn weeks_start_on_local_mondays() {
    assert_eq!(span(Width::Week, &utc(), 0), (-3 * DAY, 4 * DAY));
    assert_eq!(span(Width::Week, &utc(), 4 * DAY), (4 * DAY, 11 * DAY));
    let monday = AUTUMN - 3 * HOUR - 6 * DAY;
    let (start, end) = span(Width::Week, &east(), AUTUMN);
    assert_eq!((start, end - start), (monday, 7 * DAY + HOUR));
    let (start, end) = span(Width::Week, &east(), SPRING);
    assert_eq!((end, end - start), (SPRING + 21 * HOUR, 7 * DAY - HOUR));
}

#[test]
fn months_follow_the_calendar() {
    let month = |time| span(Width::Month, &utc(), time);
    assert_eq!(month(0), (0, 31 * DAY));
    assert_eq!(month(-1), (-31 * DAY, 0));
    let february = 951_782_400; // 2000-02-29
    assert_eq!(month(february), (february - 28 * DAY, february + DAY));
    let march = -2_203_891_200; // 1900-03-01
    assert_eq!(month(march - 1), (march - 28 * DAY, march));
    assert_eq!(month(march), (march, march + 31 * DAY));
    let (start, end) = span(Width::Month, &east(), SPRING);
    assert_eq!((start, end), (SPRING - 2 * HOUR - 30 * DAY, SPRING + 21 * HOUR));
}

#[test]
fn months_tile_all_of_time() {
    for from in [-99_000_000_000, 80_000_000_000] {
        let mut start = span(Width::Month, &utc(), from).0;
        let mut lengths = [0; 32];
        for _ in 0..4_800 {
            let (found, end) = span(Width::Month, &utc(), start);
            assert_eq!(found, start);
            lengths[((end - start) / DAY) as usize] += 1;
            start = end;
        }
        assert_eq!(lengths[28..], [303, 97, 1_600, 2_800]);
    }
}

#[test]
fn a_day_without_midnight_begins_with_the_change() {
    let change = 10 * DAY - HOUR;
    let zone = Zone::new(1_800, vec![(change, 1_800 + 7_200)]).unwrap();
    // At 23:30 the clocks go to 01:30.
    assert_eq!(span(Width::Day, &zone, change), (change, change + DAY - 5_400));
    assert_eq!(span(Width::Day, &zone, change - 1), (9 * DAY - 1_800, change));
}

#[test]
fn a_day_with_two_midnights_begins_with_the_first() {
    let change = 10 * DAY + 600;
    let zone = Zone::new(0, vec![(change, -3_600)]).unwrap();
    for time in [10 * DAY, change, change + 1_000, change + 2_999, change + 3_000, 11 * DAY] {
        assert_eq!(span(Width::Day, &zone, time), (10 * DAY, 11 * DAY + HOUR), "{time}");
    }
    assert_eq!(span(Width::Day, &zone, 10 * DAY - 1).1, 10 * DAY);
}

#[test]
fn skipped_days_do_not_exist() {
    let change = 30 * DAY;
    let zone = Zone::new(-43_200, vec![(change, 43_200 + 43_200)]).unwrap();
    // From noon of the 30th of January to midnight after the 31st.
    assert_eq!(span(Width::Day, &zone, change - 1), (29 * DAY + DAY / 2, change));
    assert_eq!(span(Width::Day, &zone, change), (change, change + DAY));
    assert_eq!(span(Width::Month, &zone, change), (change, change + 28 * DAY));
    let mut days = Bucketer::new(Width::Day, zone, Fill::Empty, 0).unwrap();
    days.push(change - 1, 1.0).unwrap();
    days.push(change + DAY, 1.0).unwrap();
    assert_eq!(starts(&days.finish()), [change, change + DAY]);
}

#[test]
fn bad_input_is_named_and_changes_nothing() {
    assert_eq!(Zone::new(0, vec![(5, 1), (5, 2)]).unwrap_err(), BadInput::Changes);
    assert_eq!(Zone::new(0, vec![(6, 1), (5, 2)]).unwrap_err(), BadInput::Changes);
    assert!(matches!(Bucketer::new(Width::Fixed(0), utc(), Fill::Skip, 0), Err(BadInput::Width)));
    let mut buckets = tens(Fill::Skip, 0);
    buckets.push(5, 1.0).unwrap();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(buckets.push(1_000, value), Err(BadInput::Value));
    }
    assert_eq!(buckets.push(6, 2.0), Ok(vec![]));
    assert_eq!((buckets.late(), buckets.finish().len()), (0, 1));
}

#[test]
fn a_bucket_sums_its_samples_up() {
    let mut buckets = tens(Fill::Skip, 0);
    for (time, value) in [(15, 4.0), (12, -2.0), (19, 1.0), (12, 3.0), (19, 2.0)] {
        assert_eq!(buckets.push(time, value), Ok(vec![]));
    }
    let wanted = Bucket {
        start: 10,
        end: 20,
        count: 5,
        sum: 8.0,
        min: Some(-2.0),
        max: Some(4.0),
        first: Some(-2.0),
        last: Some(2.0),
    };
    assert_eq!(buckets.push(20, 0.5), Ok(vec![wanted]));
}

#[test]
fn the_order_of_pushing_does_not_change_a_sum() {
    let samples = [(1, 1e16), (2, 1.0), (3, -1e16), (4, 0.1), (4, 1e17), (4, -1e17)];
    let in_order = samples.iter().fold(0.0, |sum, sample| sum + sample.1);
    for order in [[0, 1, 2, 3, 4, 5], [3, 4, 5, 2, 1, 0], [2, 0, 3, 1, 4, 5]] {
        let mut buckets = tens(Fill::Skip, 0);
        for at in order {
            buckets.push(samples[at].0, samples[at].1).unwrap();
        }
        assert_eq!(buckets.finish()[0].sum, in_order);
    }
}

#[test]
fn buckets_close_at_the_watermark() {
    let mut buckets = tens(Fill::Skip, 5);
    for (time, closed) in [(3, vec![]), (24, vec![0]), (12, vec![]), (25, vec![10]), (61, vec![20])] {
        assert_eq!(starts(&buckets.push(time, 1.0).unwrap()), closed, "{time}");
    }
    assert_eq!(starts(&buckets.finish()), [60]);
    let mut never = tens(Fill::Skip, u64::MAX);
    for time in [90_000_000_000, -90_000_000_000, 0] {
        assert_eq!(never.push(time, 1.0), Ok(vec![]));
    }
    assert_eq!(starts(&never.finish()), [-90_000_000_000, 0, 90_000_000_000]);
}

#[test]
fn late_samples_are_dropped_and_counted() {
    let mut buckets = tens(Fill::Empty, 5);
    for (time, late) in [(5, 0), (44, 0), (29, 1), (30, 1), (45, 1), (39, 2), (-500, 3)] {
        buckets.push(time, 1.0).unwrap();
        assert_eq!(buckets.late(), late, "{time}");
    }
    assert_eq!(buckets.finish().iter().map(|bucket| bucket.count).sum::<usize>(), 2);
}

#[test]
fn gaps_are_filled_when_the_next_bucket_comes() {
    let run = |fill| {
        let mut buckets = tens(fill, 0);
        let mut all = vec![];
        for (time, value) in [(5, 1.0), (6, 3.0), (35, 9.0), (40, 2.0), (99, 4.0)] {
            all.push(buckets.push(time, value).unwrap());
        }
        all.push(buckets.finish());
        all
    };
    let counts = |all: Vec<Vec<Bucket>>| -> Vec<Vec<i64>> { all.iter().map(|each| starts(each)).collect() };
    let none = Vec::<i64>::new;
    assert_eq!(counts(run(Fill::Skip)), [none(), none(), vec![0], vec![30], vec![40], vec![90]]);
    let filled = counts(run(Fill::Empty));
    assert_eq!(filled[2..], [vec![0], vec![10, 20, 30], vec![40], vec![50, 60, 70, 80, 90]]);
    assert_eq!(counts(run(Fill::Last)), filled);
}

#[test]
fn what_gaps_are_filled_with() {
    let gap = |fill| {
        let mut buckets = tens(fill, 0);
        buckets.push(5, 7.0).unwrap();
        buckets.push(4, 9.0).unwrap();
        buckets.push(21, 1.0).unwrap();
        buckets.finish().remove(0)
    };
    let (start, end, count, sum) = (10, 20, 0, 0.0);
    let filled = |value| Bucket { start, end, count, sum, min: value, max: value, first: value, last: value };
    assert_eq!(gap(Fill::Empty), filled(None));
    assert_eq!(gap(Fill::Last), filled(Some(7.0)));
    assert_eq!(gap(Fill::Skip).count, 1);
}
