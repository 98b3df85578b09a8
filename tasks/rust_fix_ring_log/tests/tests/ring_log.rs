use ring_log::{Level, RingLog};
use Level::*;

fn filled(budget: usize, texts: &[&str]) -> RingLog {
    let mut log = RingLog::new(budget);
    for text in texts {
        log.log(Info, text);
    }
    log
}

fn texts(log: &RingLog) -> Vec<&str> {
    log.read(0, usize::MAX).records.into_iter().map(|record| record.text.as_str()).collect()
}

fn numbers(log: &RingLog, from: u64, most: usize) -> (u64, Vec<u64>, u64) {
    let read = log.read(from, most);
    (read.missed, read.records.iter().map(|record| record.number).collect(), read.next)
}

#[test]
fn a_record_that_fills_the_budget_exactly_throws_nobody_away() {
    let mut log = filled(10, &["aaaa", "bbb", "ccc"]);
    assert_eq!((log.used(), texts(&log)), (10, vec!["aaaa", "bbb", "ccc"]));
    assert_eq!(log.log(Error, "d"), 3);
    assert_eq!((log.used(), texts(&log)), (7, vec!["bbb", "ccc", "d"]));
}

#[test]
fn a_long_text_is_cut_to_the_budget() {
    let log = filled(4, &["a", "bcdefgh"]);
    assert_eq!((log.len(), log.used(), texts(&log)), (1, 4, vec!["bcde"]));
}

#[test]
fn cuts_leave_whole_characters_within_the_budget() {
    for (budget, wanted) in [(1, ""), (2, ""), (3, "€"), (4, "€"), (5, "€ä"), (6, "€äx"), (7, "€äx"), (8, "€äxö")] {
        let log = filled(budget, &["€äxöyyy"]);
        assert_eq!(texts(&log), [wanted], "{budget}");
        assert!(log.used() <= budget);
    }
}

#[test]
fn white_space_goes_at_the_end_only() {
    assert_eq!(texts(&filled(20, &["  a b \t\n", "\n"])), ["  a b", ""]);
    assert_eq!(texts(&filled(3, &["ab      ", "abc \u{2003}"])), ["abc"]);
}

#[test]
fn a_budget_of_nothing_keeps_empty_texts() {
    let log = filled(0, &["a", "", "€"]);
    assert_eq!((log.len(), log.used(), texts(&log)), (3, 0, vec!["", "", ""]));
}

#[test]
fn empty_texts_go_in_their_turn_and_no_sooner() {
    let mut log = filled(4, &["", "ab", "", "cd"]);
    assert_eq!(log.len(), 4);
    log.log(Info, "");
    assert_eq!(log.len(), 5);
    log.log(Info, "e");
    assert_eq!(texts(&log), ["", "cd", "", "e"]);
}

#[test]
fn only_kept_records_are_found_by_number() {
    let log = filled(3, &["a", "b", "c", "d"]);
    assert_eq!(log.get(0), None);
    assert_eq!(log.get(1).map(|record| record.text.as_str()), Some("b"));
    assert_eq!(log.get(3).map(|record| record.number), Some(3));
    assert_eq!((log.get(4), log.get(u64::MAX), RingLog::new(3).get(0)), (None, None, None));
}

#[test]
fn readers_go_on_where_they_were() {
    let mut log = filled(9, &["a", "b", "c"]);
    assert_eq!(numbers(&log, 0, 2), (0, vec![0, 1], 2));
    assert_eq!(numbers(&log, 2, 2), (0, vec![2], 3));
    assert_eq!(numbers(&log, 3, 2), (0, vec![], 3));
    log.log(Info, "d");
    assert_eq!(numbers(&log, 3, 2), (0, vec![3], 4));
}

#[test]
fn readers_hear_what_they_missed_once() {
    let log = filled(2, &["a", "b", "c", "d", "e"]);
    assert_eq!(numbers(&log, 1, 1), (2, vec![3], 4));
    assert_eq!(numbers(&log, 1, 0), (2, vec![], 3));
    assert_eq!(numbers(&log, 3, 0), (0, vec![], 3));
    assert_eq!(numbers(&log, 4, 9), (0, vec![4], 5));
}

#[test]
fn readers_of_an_emptied_log() {
    let mut log = filled(9, &["a", "b", "c"]);
    log.clear();
    assert_eq!(numbers(&log, 1, 5), (2, vec![], 3));
    assert_eq!(numbers(&log, 3, 5), (0, vec![], 3));
    log.log(Info, "d");
    assert_eq!(numbers(&log, 0, 5), (3, vec![3], 4));
}

#[test]
fn readers_may_be_ahead() {
    let log = filled(9, &["a", "b"]);
    assert_eq!(numbers(&log, 7, 5), (0, vec![], 7));
    assert_eq!(numbers(&log, u64::MAX, 5), (0, vec![], u64::MAX));
    assert_eq!(numbers(&RingLog::new(4), 2, 5), (0, vec![], 2));
}

#[test]
fn tail_counts_what_is_of_the_level() {
    let mut log = RingLog::new(100);
    for level in [Error, Info, Warning, Debug, Debug, Info] {
        log.log(level, "x");
    }
    let tail = |least, most| log.tail(least, most).iter().map(|record| record.number).collect::<Vec<_>>();
    assert_eq!(tail(Warning, 2), [0, 2]);
    assert_eq!(tail(Info, 2), [2, 5]);
    assert_eq!(tail(Debug, 3), [3, 4, 5]);
    assert_eq!(tail(Error, 9), [0]);
    assert_eq!(tail(Debug, 0), Vec::<u64>::new());
}

#[test]
fn a_cleared_log_has_its_whole_budget_again() {
    let mut log = filled(4, &["ab", "cd"]);
    log.clear();
    assert!(log.is_empty() && log.used() == 0);
    assert_eq!(log.log(Info, "abcd"), 2);
    assert_eq!((log.len(), log.used()), (1, 4));
}

#[test]
fn a_smaller_budget_throws_the_oldest_away() {
    let mut log = filled(9, &["ab", "cd", "efg"]);
    log.set_budget(5);
    assert_eq!((texts(&log), log.used()), (vec!["cd", "efg"], 5));
    log.set_budget(4);
    log.log(Info, "h");
    assert_eq!(texts(&log), ["efg", "h"]);
    log.set_budget(0);
    assert!(log.is_empty());
}
