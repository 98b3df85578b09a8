use lru_cache::*;
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

#[derive(Clone, Default)]
struct Hand(Rc<Cell<u64>>);

impl Hand {
    fn at(&self, millis: u64) {
        self.0.set(millis);
    }
}

impl Clock for Hand {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.get())
    }
}

type Texts = LruCache<String, u32, Hand>;

fn cache(limit: u64) -> (Texts, Hand) {
    let hand = Hand::default();
    (LruCache::new(limit, hand.clone()), hand)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Inserts and tells the keys that went.
fn put(cache: &mut Texts, key: &str, weight: u64) -> Vec<String> {
    let done = cache.insert(key.to_string(), 1, weight, Expiry::Never).expect("it fits");
    done.evicted.into_iter().map(|(key, _)| key).collect()
}

fn keys(cache: &Texts) -> String {
    cache.iter().map(|(key, _)| key.as_str()).collect()
}

#[test]
fn least_recently_used_go_until_it_fits() {
    let (mut cache, _) = cache(10);
    for (key, weight) in [("a", 3), ("b", 3), ("c", 3)] {
        assert!(put(&mut cache, key, weight).is_empty());
    }
    assert_eq!(cache.get("a"), Some(&1));
    assert_eq!(put(&mut cache, "d", 4), ["b"]);
    assert_eq!(keys(&cache), "dac");
    assert_eq!(put(&mut cache, "e", 7), ["c", "a", "d"]);
    assert_eq!((cache.len(), cache.weight(), cache.limit()), (1, 7, 10));
    assert_eq!(cache.stats(), Stats { hits: 1, evicted: 4, ..Stats::default() });
}

#[test]
fn looking_is_not_using() {
    let (mut cache, _) = cache(3);
    for key in ["a", "b", "c"] {
        put(&mut cache, key, 1);
    }
    assert_eq!(cache.peek("a"), Some(&1));
    assert!(cache.contains("a") && !cache.contains("z"));
    assert!(cache.pin("a") && cache.unpin("a"));
    assert_eq!(keys(&cache), "cba");
    assert_eq!(put(&mut cache, "d", 1), ["a"]);
    assert_eq!((cache.stats().hits, cache.stats().misses), (0, 0));
}

#[test]
fn hits_and_misses_are_counted() {
    let (mut cache, hand) = cache(9);
    cache.insert("a".into(), 5, 1, Expiry::After(ms(10))).unwrap();
    assert_eq!(cache.get("a").copied(), Some(5));
    assert_eq!(cache.get("b"), None);
    hand.at(10);
    assert_eq!(cache.get("a"), None);
    assert_eq!(cache.stats(), Stats { hits: 1, misses: 2, evicted: 0, expired: 1 });
}

#[test]
fn replacing_frees_the_old_weight_first() {
    let (mut cache, _) = cache(10);
    put(&mut cache, "a", 6);
    put(&mut cache, "b", 4);
    let done = cache.insert("a".into(), 2, 6, Expiry::Never).unwrap();
    assert_eq!(done, Inserted { replaced: Some(1), evicted: vec![] });
    assert_eq!(keys(&cache), "ab");
    let done = cache.insert("b".into(), 3, 9, Expiry::Never).unwrap();
    assert_eq!(done, Inserted { replaced: Some(1), evicted: vec![("a".to_string(), 2)] });
    assert_eq!((cache.weight(), cache.stats().evicted), (9, 1));
}

#[test]
fn weightless_entries_are_evicted_in_their_turn() {
    let (mut cache, _) = cache(5);
    put(&mut cache, "a", 0);
    put(&mut cache, "b", 5);
    put(&mut cache, "c", 0);
    assert_eq!(cache.len(), 3);
    assert_eq!(put(&mut cache, "d", 1), ["a", "b"]);
    assert_eq!(keys(&cache), "dc");
}

#[test]
fn entries_expire_when_the_clock_reaches_their_time() {
    let (mut cache, hand) = cache(9);
    hand.at(100);
    cache.insert("a".into(), 1, 2, Expiry::After(ms(50))).unwrap();
    cache.insert("z".into(), 1, 1, Expiry::After(ms(0))).unwrap();
    cache.insert("n".into(), 1, 4, Expiry::After(Duration::MAX)).unwrap();
    assert!(!cache.contains("z"));
    hand.at(149);
    assert_eq!(cache.get("a"), Some(&1));
    hand.at(150);
    assert_eq!(cache.peek("a"), None);
    assert_eq!((cache.len(), cache.weight(), keys(&cache)), (1, 4, "n".to_string()));
    hand.at(u64::MAX);
    assert!(cache.contains("n"));
}

#[test]
fn idle_entries_live_from_get_to_get() {
    let (mut cache, hand) = cache(9);
    cache.insert("a".into(), 1, 1, Expiry::Idle(ms(10))).unwrap();
    cache.insert("b".into(), 1, 1, Expiry::Idle(ms(10))).unwrap();
    cache.insert("c".into(), 1, 1, Expiry::After(ms(12))).unwrap();
    for time in [9, 18] {
        hand.at(time);
        assert_eq!(cache.get("a"), Some(&1));
        cache.peek("b");
        cache.get("c");
    }
    assert_eq!(keys(&cache), "a");
    hand.at(27);
    assert!(cache.contains("a"));
    hand.at(28);
    assert!(cache.is_empty());
}

#[test]
fn only_methods_that_may_change_remove_what_expired() {
    let (mut cache, hand) = cache(9);
    for key in ["a", "b", "c"] {
        cache.insert(key.into(), 1, 3, Expiry::After(ms(5))).unwrap();
    }
    cache.pin("c");
    hand.at(5);
    assert_eq!((cache.len(), cache.weight(), cache.iter().count()), (0, 0, 0));
    assert_eq!(cache.stats().expired, 0);
    assert!(!cache.unpin("a"));
    assert_eq!(cache.stats().expired, 3);
    assert_eq!(put(&mut cache, "d", 9), Vec::<String>::new());
    assert_eq!(cache.remove("a"), None);
    assert_eq!(cache.stats(), Stats { expired: 3, ..Stats::default() });
}

#[test]
fn the_expired_make_room_before_anybody_is_evicted() {
    let (mut cache, hand) = cache(10);
    put(&mut cache, "a", 5);
    cache.insert("b".into(), 7, 5, Expiry::After(ms(5))).unwrap();
    hand.at(6);
    assert!(put(&mut cache, "c", 5).is_empty());
    cache.insert("a".into(), 1, 1, Expiry::After(ms(1))).unwrap();
    hand.at(7);
    let done = cache.insert("a".into(), 2, 1, Expiry::Never).unwrap();
    assert_eq!(done.replaced, None);
    assert_eq!(cache.stats(), Stats { expired: 2, ..Stats::default() });
}

#[test]
fn pinned_entries_are_passed_over() {
    let (mut cache, _) = cache(4);
    for key in ["a", "b", "c", "d"] {
        put(&mut cache, key, 1);
    }
    assert!(cache.pin("a") && cache.pin("a") && cache.pin("c"));
    assert!(!cache.pin("x"));
    assert_eq!(put(&mut cache, "e", 2), ["b", "d"]);
    assert!(cache.unpin("a"));
    assert_eq!(put(&mut cache, "f", 1), ["a"]);
    assert_eq!(keys(&cache), "fec");
    assert_eq!(cache.remove("c"), Some(1));
    put(&mut cache, "c", 2);
    assert_eq!(put(&mut cache, "g", 4), ["f", "c"]);
}

#[test]
fn a_refusal_gives_the_value_back_and_changes_nothing() {
    let (mut cache, _) = cache(10);
    put(&mut cache, "a", 6);
    put(&mut cache, "b", 3);
    cache.pin("a");
    let refused = cache.insert("c".into(), 77, 11, Expiry::Never).unwrap_err();
    assert_eq!(refused, Refused { value: 77, reason: Reason::TooHeavy });
    let refused = cache.insert("c".into(), 78, 5, Expiry::Never).unwrap_err();
    assert_eq!(refused, Refused { value: 78, reason: Reason::Pinned });
    let refused = cache.insert("b".into(), 79, 5, Expiry::Never).unwrap_err();
    assert_eq!(refused.reason, Reason::Pinned);
    cache.insert("a".into(), 2, 11, Expiry::Never).unwrap_err();
    assert_eq!((cache.peek("b"), keys(&cache), cache.weight()), (Some(&1), "ba".to_string(), 9));
    assert_eq!(cache.stats().evicted, 0);
}

#[test]
fn a_replaced_entry_stays_pinned_and_a_new_one_is_not() {
    let (mut cache, hand) = cache(10);
    cache.insert("a".into(), 1, 6, Expiry::Never).unwrap();
    cache.pin("a");
    let done = cache.insert("a".into(), 2, 9, Expiry::After(ms(5))).unwrap();
    assert_eq!(done.replaced, Some(1));
    let refused = cache.insert("b".into(), 0, 2, Expiry::Never).unwrap_err();
    assert_eq!(refused.reason, Reason::Pinned);
    hand.at(5);
    assert!(put(&mut cache, "a", 10).is_empty());
    assert_eq!(put(&mut cache, "b", 2), ["a"]);
}

#[test]
fn resize_evicts_in_order_or_refuses() {
    let (mut cache, _) = cache(10);
    for (key, weight) in [("a", 2), ("b", 3), ("c", 4)] {
        put(&mut cache, key, weight);
    }
    cache.pin("a");
    cache.get("b");
    assert_eq!(cache.resize(1), Err(PinnedWeight(2)));
    assert_eq!((cache.limit(), cache.len()), (10, 3));
    assert_eq!(cache.resize(6).unwrap(), [("c".to_string(), 1)]);
    assert_eq!(cache.resize(2).unwrap(), [("b".to_string(), 1)]);
    assert_eq!(cache.resize(20).unwrap(), []);
    assert_eq!((cache.limit(), keys(&cache), cache.stats().evicted), (20, "a".to_string(), 2));
}

#[test]
fn greatest_weights_do_not_overflow() {
    let (mut cache, _) = cache(u64::MAX);
    assert!(put(&mut cache, "a", u64::MAX).is_empty());
    assert_eq!(put(&mut cache, "b", u64::MAX - 1), ["a"]);
    cache.pin("b");
    let refused = cache.insert("c".into(), 1, u64::MAX, Expiry::Never).unwrap_err();
    assert_eq!(refused.reason, Reason::Pinned);
    assert!(put(&mut cache, "c", 1).is_empty());
    assert_eq!(cache.weight(), u64::MAX);
}

#[test]
fn values_are_dropped_when_they_leave() {
    let hand = Hand::default();
    let mut cache: LruCache<u8, Rc<()>, Hand> = LruCache::new(2, hand.clone());
    let value = Rc::new(());
    cache.insert(1, value.clone(), 1, Expiry::Never).unwrap();
    cache.insert(1, value.clone(), 1, Expiry::After(ms(1))).unwrap();
    cache.insert(2, value.clone(), 1, Expiry::Never).unwrap();
    assert_eq!(Rc::strong_count(&value), 3);
    hand.at(1);
    assert!(cache.get(&1).is_none());
    assert_eq!(Rc::strong_count(&value), 2);
    drop(cache.insert(3, value.clone(), 2, Expiry::Never).unwrap());
    assert_eq!(Rc::strong_count(&value), 2);
    drop(cache.remove(&3));
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn no_operation_walks_over_all_entries() {
    let hand = Hand::default();
    let count = 30_000;
    let mut cache: LruCache<u64, u64, Hand> = LruCache::new(count, hand.clone());
    let began = Instant::now();
    for key in 0..2 * count {
        hand.at(key);
        let expiry = if key % 2 == 0 { Expiry::Idle(ms(3 * count)) } else { Expiry::Never };
        let done = cache.insert(key, key, 1, expiry).unwrap();
        assert_eq!(done.evicted.len(), usize::from(key >= count));
        assert_eq!(cache.get(&key), Some(&key));
        assert!(began.elapsed() < Duration::from_secs(12), "too slow: {key} of {}", 2 * count);
    }
    assert_eq!(cache.len() as u64, count);
}
