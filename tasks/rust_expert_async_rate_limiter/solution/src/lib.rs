//! A token bucket that futures wait for in the order in which they came.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Where the limiter has its time from.
pub trait Clock: Send + Sync {
    fn now(&self) -> Duration;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcquireError {
    TooMany,
    Closed,
}

impl fmt::Display for AcquireError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            AcquireError::TooMany => "more tokens than the bucket holds",
            AcquireError::Closed => "the limiter is closed",
        })
    }
}

impl std::error::Error for AcquireError {}

struct Waiter {
    id: u64,
    n: u32,
    waker: Waker,
}

struct State {
    tokens: u32,
    /// The begun interval's start; of no meaning while the bucket is full.
    since: u128,
    queue: VecDeque<Waiter>,
    /// Ids of waiters that have their tokens and do not know it yet.
    granted: Vec<u64>,
    next_id: u64,
    closed: bool,
}

struct Shared {
    capacity: u32,
    interval: u128,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Clone)]
pub struct RateLimiter {
    shared: Arc<Shared>,
}

enum Stage {
    New,
    Waiting(u64),
    Done,
}

pub struct Acquire {
    limiter: RateLimiter,
    n: u32,
    stage: Stage,
}

/// Wakers to be woken once the lock is released.
type Wakers = Vec<Waker>;

fn wake(wakers: Wakers) -> usize {
    let count = wakers.len();
    wakers.into_iter().for_each(Waker::wake);
    count
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The state as it is now, and those who were granted by that.
    fn up_to_date(&self) -> (MutexGuard<'_, State>, Wakers) {
        let mut state = self.lock();
        let now = self.clock.now().as_nanos();
        self.refill(&mut state, now);
        let wakers = self.grant(&mut state, now);
        (state, wakers)
    }

    fn refill(&self, state: &mut State, now: u128) {
        if state.tokens == self.capacity {
            return;
        }
        let whole = now.saturating_sub(state.since) / self.interval;
        let room = u128::from(self.capacity - state.tokens);
        if whole >= room {
            state.tokens = self.capacity;
        } else {
            state.tokens += whole as u32;
            state.since += whole * self.interval;
        }
    }

    fn take(&self, state: &mut State, n: u32, now: u128) {
        if n > 0 && state.tokens == self.capacity {
            state.since = now;
        }
        state.tokens -= n;
    }

    fn grant(&self, state: &mut State, now: u128) -> Wakers {
        let mut wakers = Vec::new();
        while state.queue.front().is_some_and(|head| head.n <= state.tokens) {
            if let Some(head) = state.queue.pop_front() {
                self.take(state, head.n, now);
                state.granted.push(head.id);
                wakers.push(head.waker);
            }
        }
        wakers
    }
}

impl RateLimiter {
    pub fn new(capacity: u32, interval: Duration, clock: Arc<dyn Clock>) -> RateLimiter {
        assert!(capacity > 0, "a bucket without room");
        assert!(!interval.is_zero(), "an interval of no length");
        let state = State {
            tokens: capacity,
            since: 0,
            queue: VecDeque::new(),
            granted: Vec::new(),
            next_id: 0,
            closed: false,
        };
        let interval = interval.as_nanos();
        RateLimiter { shared: Arc::new(Shared { capacity, interval, clock, state: Mutex::new(state) }) }
    }

    pub fn acquire(&self, n: u32) -> Acquire {
        Acquire { limiter: self.clone(), n, stage: Stage::New }
    }

    pub fn try_acquire(&self, n: u32) -> bool {
        let (mut state, wakers) = self.shared.up_to_date();
        let free = n == 0 || (state.queue.is_empty() && n <= state.tokens);
        let taken = !state.closed && free;
        if taken {
            let now = self.shared.clock.now().as_nanos();
            self.shared.take(&mut state, n, now);
        }
        drop(state);
        wake(wakers);
        taken
    }

    pub fn available(&self) -> u32 {
        self.look(|state| state.tokens)
    }

    pub fn waiting(&self) -> usize {
        self.look(|state| state.queue.len())
    }

    pub fn tick(&self) -> usize {
        let (state, wakers) = self.shared.up_to_date();
        drop(state);
        wake(wakers)
    }

    pub fn next_wake(&self) -> Option<Duration> {
        self.look(|state| {
            let missing = state.queue.front()?.n - state.tokens;
            let nanos = state.since + u128::from(missing) * self.shared.interval;
            let seconds = u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX);
            Some(Duration::new(seconds, (nanos % 1_000_000_000) as u32))
        })
    }

    pub fn close(&self) {
        let (mut state, mut wakers) = self.shared.up_to_date();
        state.closed = true;
        wakers.extend(state.queue.drain(..).map(|waiter| waiter.waker));
        drop(state);
        wake(wakers);
    }

    fn look<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        let (state, wakers) = self.shared.up_to_date();
        let found = read(&state);
        drop(state);
        wake(wakers);
        found
    }
}

impl Acquire {
    fn decide(&mut self, context: &Context<'_>) -> (Poll<Result<(), AcquireError>>, Wakers) {
        let shared = &self.limiter.shared;
        let (mut state, wakers) = shared.up_to_date();
        let result = match self.stage {
            Stage::Waiting(id) => {
                if let Some(at) = state.granted.iter().position(|&each| each == id) {
                    state.granted.swap_remove(at);
                    Poll::Ready(Ok(()))
                } else if let Some(waiter) = state.queue.iter_mut().find(|waiter| waiter.id == id) {
                    waiter.waker = context.waker().clone();
                    Poll::Pending
                } else {
                    Poll::Ready(Err(AcquireError::Closed))
                }
            }
            _ if self.n > shared.capacity => Poll::Ready(Err(AcquireError::TooMany)),
            _ if state.closed => Poll::Ready(Err(AcquireError::Closed)),
            _ if self.n == 0 => Poll::Ready(Ok(())),
            _ if state.queue.is_empty() && self.n <= state.tokens => {
                let now = shared.clock.now().as_nanos();
                shared.take(&mut state, self.n, now);
                Poll::Ready(Ok(()))
            }
            _ => {
                let id = state.next_id;
                state.next_id += 1;
                state.queue.push_back(Waiter { id, n: self.n, waker: context.waker().clone() });
                self.stage = Stage::Waiting(id);
                Poll::Pending
            }
        };
        drop(state);
        (result, wakers)
    }
}

impl Future for Acquire {
    type Output = Result<(), AcquireError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (result, wakers) = self.decide(context);
        if result.is_ready() {
            self.stage = Stage::Done;
        }
        wake(wakers);
        result
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        let Stage::Waiting(id) = self.stage else { return };
        let shared = &self.limiter.shared;
        let (mut state, mut wakers) = shared.up_to_date();
        if let Some(at) = state.granted.iter().position(|&each| each == id) {
            state.granted.swap_remove(at);
            state.tokens = shared.capacity.min(state.tokens.saturating_add(self.n));
        }
        state.queue.retain(|waiter| waiter.id != id);
        let now = shared.clock.now().as_nanos();
        wakers.extend(shared.grant(&mut state, now));
        drop(state);
        wake(wakers);
    }
}
