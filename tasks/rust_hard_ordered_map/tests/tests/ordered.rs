use ordered_map::{ordered_map, Ordered};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{mpsc, Arc, Condvar, Mutex};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// Runs a test with a deadline of its own, so that a deadlock is a failure.
fn within_time(test: impl FnOnce() + Send + 'static) {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        test();
        sender.send(()).unwrap();
    });
    if receiver.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("it hangs");
    }
    thread.join().expect("the test passes");
}

/// A number that others can wait for.
#[derive(Clone, Default)]
struct Count(Arc<(Mutex<usize>, Condvar)>);

impl Count {
    fn add(&self) -> usize {
        let mut count = self.0 .0.lock().unwrap();
        *count += 1;
        self.0 .1.notify_all();
        *count
    }

    fn now(&self) -> usize {
        *self.0 .0.lock().unwrap()
    }

    fn wait_for(&self, least: usize) {
        let guard = self.0 .0.lock().unwrap();
        let (guard, _) = self.0 .1.wait_timeout_while(guard, PATIENCE / 2, |count| *count < least).unwrap();
        assert!(*guard >= least, "{} instead of {least}", *guard);
    }
}

fn message(payload: Box<dyn std::any::Any + Send>) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| text.to_string())).unwrap()
}

fn panic_of<R>(results: &mut Ordered<R>) -> String {
    message(catch_unwind(AssertUnwindSafe(|| results.next().is_some())).expect_err("no panic"))
}

#[test]
fn results_are_in_order_whoever_is_first() {
    within_time(|| {
        let done = Count::default();
        let mine = done.clone();
        let mut results = ordered_map(0..4, 4, 4, move |item| {
            mine.wait_for(3 - item);
            mine.add();
            item * 10
        });
        assert_eq!(results.by_ref().collect::<Vec<_>>(), [0, 10, 20, 30]);
        assert_eq!((results.next(), results.next()), (None, None));
    });
}

#[test]
fn many_items_few_threads() {
    within_time(|| {
        let words = (0..2_000).map(|n| n.to_string());
        let lengths: usize = ordered_map(words, 3, 7, |word| word.len()).sum();
        assert_eq!(lengths, 10 + 180 + 2_700 + 4_000);
        assert_eq!(ordered_map(Vec::<u8>::new(), 2, 2, |n| n).next(), None);
        assert_eq!(ordered_map([1, 2, 3], 9, 1, |n| n + 1).collect::<Vec<_>>(), [2, 3, 4]);
    });
}

#[test]
fn all_workers_run_at_once_and_before_anybody_asks() {
    within_time(|| {
        let inside = Count::default();
        let mine = inside.clone();
        let results = ordered_map(0..9, 3, 5, move |_| {
            mine.add();
            mine.wait_for(3);
        });
        inside.wait_for(3);
        assert_eq!(results.count(), 9);
    });
}

#[test]
fn no_more_calls_at_once_than_workers() {
    within_time(|| {
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = most.clone();
        let results = ordered_map(0..200, 2, 50, move |_| {
            most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
            std::thread::yield_now();
            inside.fetch_sub(1, SeqCst);
        });
        assert_eq!(results.count(), 200);
        assert!(seen.load(SeqCst) <= 2);
    });
}

#[test]
fn the_window_bounds_what_is_taken() {
    within_time(|| {
        let (taken, asked) = (Count::default(), Arc::new(AtomicUsize::new(0)));
        let (mine, bound) = (taken.clone(), asked.clone());
        let input = (0..300).map(move |item| (item, mine.add() <= 4 + bound.load(SeqCst)));
        let mut results = ordered_map(input, 3, 4, |item| item);
        taken.wait_for(4);
        std::thread::sleep(Duration::from_millis(20));
        for item in 0..300 {
            asked.fetch_add(1, SeqCst);
            assert_eq!(results.next(), Some((item, true)));
            if item < 290 {
                taken.wait_for(item + 5);
            }
        }
    });
}

#[test]
fn a_slow_input_holds_nothing_back() {
    within_time(|| {
        let (sender, receiver) = mpsc::channel();
        sender.send(1).unwrap();
        let mut results = ordered_map(receiver, 2, 3, |n| n * 2);
        assert_eq!(results.next(), Some(2));
        sender.send(4).unwrap();
        assert_eq!(results.next(), Some(8));
        drop(sender);
        assert_eq!(results.next(), None);
    });
}

#[test]
fn the_input_is_not_asked_after_its_end() {
    within_time(|| {
        let asked = Count::default();
        let mine = asked.clone();
        let input = std::iter::from_fn(move || (mine.add() != 3).then_some(1));
        let mut results = ordered_map(input, 4, 8, |n| n);
        assert_eq!(results.by_ref().count(), 2);
        assert_eq!(results.next(), None);
        assert_eq!(asked.now(), 3);
    });
}

#[test]
fn a_panic_of_work_comes_in_its_turn() {
    within_time(|| {
        let token = Arc::new(());
        let held = token.clone();
        let work = move |n| if n == 4 && Arc::strong_count(&held) > 0 { panic!("no {n}") } else { n };
        let mut results = ordered_map(0.., 1, 6, work);
        // The panic should have happened before the first call of next; where one cannot see that, this waits in vain.
        for _ in 0..30 {
            if Arc::strong_count(&token) > 1 {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        assert_eq!(results.by_ref().take(4).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(panic_of(&mut results), "no 4");
        assert_eq!((results.next(), results.next()), (None, None));
    });
}

#[test]
fn a_panic_of_the_input_comes_in_its_turn() {
    within_time(|| {
        let input = (0..9).map(|n| if n == 2 { panic!("broken") } else { n });
        let mut results = ordered_map(input, 2, 5, |n| n + 1);
        assert_eq!((results.next(), results.next()), (Some(1), Some(2)));
        assert_eq!(panic_of(&mut results), "broken");
        assert_eq!(results.next(), None);
    });
}

#[test]
fn nothing_is_left_at_the_end_or_after_a_panic() {
    within_time(|| {
        let token = Arc::new(());
        for bad in [7, 2] {
            let (in_input, in_work) = (token.clone(), token.clone());
            let input = (0..5).inspect(move |_| drop(in_input.clone()));
            let mut results = ordered_map(input, 2, 3, move |n| {
                assert_ne!(n, bad, "as told");
                in_work.clone()
            });
            let _ = catch_unwind(AssertUnwindSafe(|| while results.next().is_some() {}));
            assert_eq!(Arc::strong_count(&token), 1);
            assert!(results.next().is_none());
        }
    });
}

#[test]
fn dropping_waits_and_leaves_nothing() {
    within_time(|| {
        let (token, begun, ended) = (Arc::new(()), Count::default(), Count::default());
        let (mine, first, last) = (token.clone(), begun.clone(), ended.clone());
        let results = ordered_map(0..150, 2, 100, move |n| {
            if first.add() > 3 {
                std::thread::sleep(Duration::from_millis(60));
            }
            last.add();
            (n, mine.clone())
        });
        begun.wait_for(4);
        drop(results);
        assert_eq!(Arc::strong_count(&token), 1);
        assert_eq!(begun.now(), ended.now());
        assert!(begun.now() < 100);
        let begun = Count::default();
        let first = begun.clone();
        let results = ordered_map(0..9, 2, 9, move |_| assert!(first.add() < 2, "nobody fetches this"));
        begun.wait_for(2);
        drop(results);
    });
}

#[test]
fn zero_is_refused() {
    for (workers, window) in [(0, 1), (1, 0)] {
        let call = AssertUnwindSafe(|| drop(ordered_map(0..3, workers, window, |n| n)));
        let told = message(catch_unwind(call).expect_err("0 was accepted"));
        assert!(told.contains("must be at least 1"), "{told}");
    }
}
