//! Maps an iterator's items in several threads and gives the results in order.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;

type Outcome<R> = Result<R, Box<dyn Any + Send>>;

struct State<R> {
    asked: usize,
    taken: usize,
    /// Somebody is in the input's `next`.
    taking: bool,
    /// No further items: the input has ended, something has panicked, or nobody reads any more.
    closed: bool,
    running: usize,
    results: BTreeMap<usize, Outcome<R>>,
}

struct Shared<R> {
    state: Mutex<State<R>>,
    changed: Condvar,
}

impl<R> Shared<R> {
    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<R>>) -> MutexGuard<'a, State<R>> {
        self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn change<T>(&self, change: impl FnOnce(&mut State<R>) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Waits for the right to take the next item; false if there will be none.
    fn may_take(&self, window: usize) -> bool {
        let mut state = self.lock();
        loop {
            if state.closed {
                return false;
            }
            if !state.taking && state.taken < window.saturating_add(state.asked) {
                state.taking = true;
                return true;
            }
            state = self.wait(state);
        }
    }
}

/// The results, in the order of the input.
pub struct Ordered<R> {
    shared: Arc<Shared<R>>,
    threads: Vec<JoinHandle<()>>,
    next: usize,
}

/// Calls `work` for each item in `workers` threads, at most `window` items ahead of the one who reads.
pub fn ordered_map<I, R, F>(input: I, workers: usize, window: usize, work: F) -> Ordered<R>
where
    I: IntoIterator,
    I::IntoIter: Send + 'static,
    I::Item: Send + 'static,
    R: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
{
    assert!(workers > 0, "workers must be at least 1");
    assert!(window > 0, "window must be at least 1");
    let results = BTreeMap::new();
    let state = State { asked: 0, taken: 0, taking: false, closed: false, running: 0, results };
    let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
    let input = Arc::new(Mutex::new(input.into_iter()));
    let work = Arc::new(work);
    let start = |_| {
        let (shared, input, work) = (shared.clone(), input.clone(), work.clone());
        std::thread::spawn(move || run(&shared, &input, window, &*work))
    };
    let threads = (0..workers).map(start).collect();
    Ordered { shared, threads, next: 0 }
}

fn run<I: Iterator, R>(shared: &Shared<R>, input: &Mutex<I>, window: usize, work: &impl Fn(I::Item) -> R) {
    while shared.may_take(window) {
        let taken = catch_unwind(AssertUnwindSafe(|| {
            input.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).next()
        }));
        let started = shared.change(|state| {
            state.taking = false;
            let number = state.taken;
            match taken {
                Ok(Some(item)) => {
                    state.taken += 1;
                    state.running += 1;
                    return Some((number, item));
                }
                Ok(None) => {}
                Err(panic) => drop(state.results.insert(number, Err(panic))),
            }
            state.closed = true;
            None
        });
        let Some((number, item)) = started else { return };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(item)));
        shared.change(|state| {
            state.running -= 1;
            state.closed |= outcome.is_err();
            state.results.insert(number, outcome);
        });
    }
}

impl<R> Ordered<R> {
    fn end(&mut self) {
        self.shared.change(|state| state.closed = true);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        let unfetched = self.shared.change(|state| std::mem::take(&mut state.results));
        drop(unfetched);
    }
}

impl<R> Iterator for Ordered<R> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        if self.threads.is_empty() {
            return None;
        }
        self.shared.change(|state| state.asked += 1);
        let mut state = self.shared.lock();
        let outcome = loop {
            if let Some(outcome) = state.results.remove(&self.next) {
                break Some(outcome);
            }
            if state.closed && !state.taking && state.running == 0 {
                break None;
            }
            state = self.shared.wait(state);
        };
        drop(state);
        self.next += 1;
        match outcome {
            Some(Ok(result)) => Some(result),
            Some(Err(panic)) => {
                self.end();
                resume_unwind(panic)
            }
            None => {
                self.end();
                None
            }
        }
    }
}

impl<R> Drop for Ordered<R> {
    fn drop(&mut self) {
        self.end();
    }
}
